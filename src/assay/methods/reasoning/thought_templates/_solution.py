"""What reasoning over templates comes to: moves, solutions with what they cost, and errors that hold them."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from assay.methods.reasoning.thought_templates._library import Hit
from assay.methods.reasoning.thought_templates._plan import Plan, Step


@dataclass
class Usage:
    """What a solution cost."""

    calls: int = 0
    """Questions to either model."""
    read: int = 0
    """Of all prompts, in `unit`."""
    written: int = 0
    """Of all answers, in `unit`."""
    unit: str = "tokens"
    """``characters`` where a model brings no tokenizer and `count_tokens` is not given."""


@dataclass(frozen=True)
class Move:
    """A step that was done."""

    step: Step
    instruction: str
    """As the reasoner was told."""
    hit: Hit | None
    """The template that it was shown; none if none was near enough."""
    text: str
    """What the reasoner wrote."""


@dataclass
class Solution:
    """A problem, and how far it is solved."""

    problem: str
    plan: Plan | None = None
    """As it was first read."""
    template: Hit | None = None
    """That all of the plan is done by; none where each step has its own, or where none was near enough."""
    trajectory: list[Move] = field(default_factory=list)
    """What was done, in order."""
    left: list[Step] = field(default_factory=list)
    """What is still to be done."""
    answer: str = ""
    """Out of what was written last."""
    confidence: float = 0.0
    """The lowest of all templates that were looked for; see `Hit.confidence`."""
    comparisons: int = 0
    """Cosines that the searches computed."""
    revisions: int = 0
    """How often the plan was revised."""
    is_direct: bool = False
    """Whether the reasoner solved it alone: there was neither a step nor a template near enough, or no plan."""
    is_finished: bool = False
    """Whether all steps were done."""
    usage: Usage = field(default_factory=Usage)
    notes: list[str] = field(default_factory=list)
    """What did not go as planned: no template near enough, no plan, revisions used up."""
    texts: list[str] = field(default_factory=list, repr=False)
    """All that either model wrote for it, in order, whether it was of use or not."""


class ReasoningError(ValueError):
    """Reasoning broke off; `solutions` hold what had been written by then."""

    def __init__(self, message: str, solutions: Sequence[Solution]) -> None:
        super().__init__(message)
        self.solutions = list(solutions)


class PlanError(ReasoningError):
    """A navigator wrote no plan that can be read; `text` is the last that it wrote."""

    def __init__(self, message: str, text: str, solutions: Sequence[Solution]) -> None:
        super().__init__(message, solutions)
        self.text = text
