"""What a figure is of, and whether two sentences that give one figure give it of the same thing."""

from dataclasses import dataclass
from typing import Literal

from assay.papers.models import Bound, ClaimKind


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a sentence says of one of its figures; what it does not say is empty.

    Names and phrases are as the sentence has them, in either language.
    """

    metric: str = ""
    """What was measured; of a count, what is counted."""
    dataset: str = ""
    subject: str = ""
    """Whose figure it is."""
    baseline: str = ""
    """What the subject is compared with."""
    direction: Literal["", "up", "down"] = ""
    """Which way the metric goes."""
    negated: bool = False
    """Whether the sentence denies it: ``does not reach 62%``."""
    bound: Bound = ""
    kind: ClaimKind | Literal[""] = ""
    role: Literal["", "own", "baseline"] = ""
    """Whether it is the subject's own figure or that of what it is compared with, where the sentence gives both."""
    setting: str = ""
