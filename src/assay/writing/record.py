"""What a model is asked to write: one record in English, and the same record in another language.

The eight parts are those of every summary. Lengths are bounded well above what our own summaries need, so that a
bound is met by a model that rambles and by no other.
"""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from assay.papers.models import ALL_PARTS, Parts

_Line = Annotated[str, Field(max_length=400)]
_Part = Annotated[str, Field(max_length=900)]
_Long = Annotated[str, Field(max_length=1400)]


class _EightParts(BaseModel):
    """The eight parts. All are asked for, because some endpoints know no optional fields; one may be empty."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    one_line: Annotated[str, Field(min_length=1, max_length=400)]
    objective: _Part
    method: _Part
    result: _Part
    implication: _Part
    whats_new: _Part
    technical_details: _Long
    performance: _Part

    def parts(self) -> Parts:
        """The parts as a summary in one language has them."""
        return Parts(**{part: getattr(self, part) for part in ALL_PARTS})


class FigureUsed(BaseModel):
    """A figure that the writer means to use, with the words of the paper that it comes from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Annotated[str, Field(max_length=40)]
    unit: Annotated[str, Field(max_length=40)]
    what: _Line
    quote: _Part


class _Figures(BaseModel):
    """The figures by themselves: inherited fields come in the order of the bases, from the last to the first."""

    figures: Annotated[list[FigureUsed], Field(max_length=30)]


class Record(_EightParts, _Figures):
    """A summary in English. The figures come first: who has looked them up writes them down rightly.

    Servers that hold a model to the schema have it write the fields in the schema's order.
    """


class Rendering(_EightParts):
    """A record in another language."""
