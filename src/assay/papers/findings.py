"""The result of checking a summary against its paper: figures and comparisons with their states, and foreign names."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from assay.papers.nouns import ClaimKind, Line, Noun, PaperId, Place


class State(StrEnum):
    """What the paper says of a figure."""

    SUPPORTED = "supported"
    """It stands there: the same value in a compatible unit, for the same thing as far as can be told."""
    MISATTRIBUTED = "misattributed"
    """It stands there, of something else: of another metric, data set, method or direction."""
    CONTRADICTED = "contradicted"
    """The paper gives another value for the same thing."""
    UNSUPPORTED = "unsupported"
    """It was not found in what was searched."""
    UNCHECKED = "unchecked"
    """No text of the paper is at hand; of a comparison: no table tells."""


OpinionState = Literal["supported", "misattributed", "contradicted", "cannot tell"]
"""What a language model says of a figure or a comparison, in the words of `State` as far as it can tell."""


class Quote(Noun):
    """A sentence of a paper, or a row of one of its tables."""

    text: Line
    place: Place


class Opinion(Noun):
    """What a reader's own language model says of what the rules could not decide; it changes no state."""

    model: Line
    """The model, as its endpoint calls it."""
    state: OpinionState
    quotes: tuple[Quote, ...] = ()
    """The sentences and rows of the paper that it goes by; none only where it cannot tell."""


class FigureFinding(Noun):
    """One figure of a summary, and what the paper says of it."""

    part: str
    """The part of the summary that it stands in; `Parts` has it under this name, or in `Parts.other`."""
    start: int = Field(ge=0)
    end: int
    """Characters ``start`` to ``end`` of that part are the figure with its unit."""
    text: Line
    """The figure as the summary writes it."""
    value: float | tuple[float, float]
    unit: str
    kind: ClaimKind
    state: State
    quote: Line = ""
    """The sentence of the paper that supports or contradicts it, or has it of something else."""
    place: Place | None = None
    """Where that sentence stands."""
    given: Line = ""
    """Of a contradicted figure, the figure that the paper gives, as it writes it; of a misattributed one, what the
    paper gives it of and what the summary does: ``latency, not memory``."""
    why: Line = ""
    """In words, where a reader would ask: what makes it contradicted, what was searched in vain."""
    opinion: Opinion | None = None
    """Of an unsupported figure, what a language model says of it, where one was asked."""

    @property
    def is_recorded(self) -> bool:
        """Whether it is supported by what somebody noted of the paper alone: the text at hand does not have it."""
        return self.state is State.SUPPORTED and self.place is None


class NameFinding(Noun):
    """A name in a summary, of a model or a benchmark for instance, that the paper does not have."""

    part: str
    start: int = Field(ge=0)
    end: int
    text: Line
    near: Line = ""
    """The name in the paper that was probably meant: ``GPT-4o`` for ``GPT-40``; empty if there is none like it."""


class ComparisonFinding(Noun):
    """An English sentence of a summary that compares in words ("outperforms every baseline"), and what a table says.

    Most are unchecked: only plain sentences are judged, and only where a table has the rows and columns that they name.
    """

    part: str
    start: int = Field(ge=0)
    end: int
    """Characters ``start`` to ``end`` of that part are the sentence."""
    text: Line
    """The sentence."""
    state: Literal[State.SUPPORTED, State.CONTRADICTED, State.UNCHECKED]
    table: Line = ""
    """The table of the paper that tells: ``Table 2``; empty if none does."""
    rows: tuple[Line, ...] = ()
    """Its header and the rows that were compared, cells parted by ``|``."""
    why: Line = ""
    """What was compared: ``Gullwing: so in 6 of 9 comparisons``."""
    opinion: Opinion | None = None
    """Of an unchecked one, what a language model says of it, where one was asked."""


class Findings(Noun):
    """What a check found in a text: figures and comparisons with their states, and names that the paper lacks."""

    language: str
    searched: tuple[str, ...] = ()
    """The texts of the paper that were at hand: ``title``, ``abstract``, ``full text v2``."""
    figures: tuple[FigureFinding, ...] = ()
    """Every figure, in the order of the parts that they stand in."""
    names: tuple[NameFinding, ...] = ()
    """Only those that the paper does not have."""
    comparisons: tuple[ComparisonFinding, ...] = ()
    """English sentences that compare in common words; tables, which tell of them, stand in the full text."""
    crossed: bool = False
    """Whether the text seems to be of another paper."""

    def count(self, state: State) -> int:
        """How many figures are in that state."""
        return sum(finding.state is state for finding in self.figures)

    @property
    def findings(self) -> tuple[FigureFinding | ComparisonFinding, ...]:
        """Its figures, then its comparisons."""
        return (*self.figures, *self.comparisons)

    @property
    def wrong_comparisons(self) -> tuple[ComparisonFinding, ...]:
        """The comparisons that a table speaks against."""
        return tuple(each for each in self.comparisons if each.state is State.CONTRADICTED)

    @property
    def has_wrong_figure(self) -> bool:
        """Whether the paper speaks against a figure: it gives another value, or gives this one of something else."""
        return any(finding.state in {State.MISATTRIBUTED, State.CONTRADICTED} for finding in self.figures)


class Check(Findings):
    """A summary in one language, held against its paper."""

    paper: PaperId
