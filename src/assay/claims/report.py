"""The reports of `assay check`: many summaries, each with the check against its paper; or a text, paper by paper."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import AwareDatetime

from assay.papers.findings import Check, Findings, State
from assay.papers.models import Line, Noun, PaperId, Refusal


class CheckedSummary(Noun):
    """One summary of a digest, held against its paper."""

    source: str
    """Who wrote it: the kind of the digest, ``assay``, ``catalogue``, or the name of a model."""
    day: date | None = None
    """The day of the digest it stands in."""
    title: Line
    check: Check

    @property
    def is_checked(self) -> bool:
        """Whether there was anything to hold it against."""
        return "abstract" in self.check.searched or "full text" in self.check.searched

    @property
    def is_in_trouble(self) -> bool:
        """Whether a figure or a comparison is wrong, a name slipped, or the summary is of another paper."""
        has_slip = any(name.near for name in self.check.names)
        is_wrong = self.check.has_wrong_figure or bool(self.check.wrong_comparisons)
        return is_wrong or has_slip or self.check.crossed


class DroppedOpinion(Noun):
    """What a language model said that does not count."""

    paper: PaperId
    language: str
    figure: Line
    """The figure, or the sentence that compares, as the summary writes it."""
    why: Line


class Judging(Noun):
    """What came of asking a language model about what the rules left open; the opinions stand with the findings."""

    model: Line
    figures: int
    """Unsupported figures that have an opinion now."""
    comparisons: int = 0
    """Unchecked comparisons that have one."""
    dropped: tuple[DroppedOpinion, ...] = ()
    hopeless: int = 0
    """Unsupported figures and unchecked comparisons that no text at hand can tell of: nothing was asked about them."""
    left: int = 0
    """Those that were not reached, because the model stopped answering or no more were to be asked about."""
    stopped: Line = ""
    """Why the model stopped answering, if it did."""
    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    recorded: int = 0
    """Questions that were answered before, and cost nothing now."""


class CheckReport(Noun):
    """What came of checking many summaries."""

    summaries: tuple[CheckedSummary, ...] = ()
    without_text: tuple[PaperId, ...] = ()
    """Papers of which neither abstract nor full text is at hand; their summaries are in ``summaries`` all the same."""
    compared: tuple[CheckedSummary, ...] = ()
    """Summaries of our own catalogue, held against the same texts, so that a digest can be seen beside them."""
    refused: tuple[Refusal, ...] = ()
    """Pieces of files that could not be read."""
    judging: Judging | None = None
    """What a language model was asked, if one was."""


Basis = Literal["full text", "abstract", "title", "not in the archive", "in doubt", "none named"]
"""What a stretch of a text was held against: how much of its paper is at hand, or why no paper was looked at."""


class Choice(Noun):
    """A paper of the archive that may be meant."""

    paper: PaperId
    title: Line
    words: Line
    """What the text, or the reader, calls it."""


class Stretch(Findings):
    """A stretch of a text that is about one paper, held against it; or about none that is known.

    The findings have their places in ``text``; all of them are of the part ``text``.
    """

    text: str
    """As it was written, line breaks and all: the stretches make up the whole text."""
    paper: PaperId | None = None
    title: Line = ""
    words: Line = ""
    """The words of the text that name the paper; empty where the reader named it."""
    basis: Basis
    withdrawn: AwareDatetime | None = None
    """When the paper was taken back, if it was."""
    choices: tuple[Choice, ...] = ()
    """Where several papers fit, or one that may not be meant: which they are. None of them was looked at."""

    @property
    def is_checked(self) -> bool:
        """Whether there was anything to hold it against."""
        return self.basis in {"abstract", "full text"}


class CheckedText(Noun):
    """A text that speaks of papers, every figure held against the paper that it is about."""

    stretches: tuple[Stretch, ...]
    """In the order of the text."""
    counts: Mapping[State, int]
    """How many of its figures are in each state."""
