"""The base class of all records, and the few types that both papers and findings use."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from assay.papers.ids import read_key
from assay.papers.text import normalise

PaperId = Annotated[str, AfterValidator(read_key), Field(examples=["2502.18137"])]
"""An arXiv id without version; any link form is accepted and reduced to it."""

Line = Annotated[str, AfterValidator(normalise)]
"""Text on one line, normalised by `assay.papers.text.normalise`."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Noun(BaseModel):
    """Base of all nouns: immutable, and a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


ClaimKind = Literal["absolute", "relative", "points", "times", "count", "trend"]
"""What sort of figure: a score, length or rate as it stands; a change in per cent of the baseline; a difference in
percentage points; a ratio to the baseline; a number of things; no figure, but which way something goes along something
else."""


class Place(Noun):
    """Where words stand in a paper: characters ``start`` to ``end`` of one of its parts."""

    part: str
    """``title``, ``abstract``, or the heading of a section or the number of a table of the full text."""
    start: int = Field(ge=0)
    end: int
