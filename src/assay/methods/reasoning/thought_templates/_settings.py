"""What reasoning over templates is set up with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from assay.methods._answers import find_answer
from assay.methods._models import as_model
from assay.methods.reasoning.thought_templates._library import TemplateLibrary
from assay.methods.reasoning.thought_templates._prompts import Prompts
from assay.methods.reasoning.thought_templates._solution import Move


@dataclass(frozen=True, eq=False)
class Settings:
    """Two models, a library, and how they work together."""

    navigator: Any
    """Plans: whatever `as_model` takes, a chat model of transformers with its tokenizer or an endpoint among them."""
    reasoner: Any
    """Does the steps: the same."""
    library: TemplateLibrary
    max_steps: int = 10
    """Of a problem (ours; the official code does as many as there are)."""
    max_revisions: int = 2
    """Of a plan (ours)."""
    on_track: Callable[[str, Sequence[Move]], bool] | None = None
    """Whether the last move helps to solve the problem; if not, the navigator revises what is left (paper; the official
    code has no such thing). None for no revisions."""
    least_confidence: float = 0.2
    """Below it a problem or step is done without a template (ours)."""
    chapters: int = 2
    """That a search opens; see `TemplateLibrary.search`."""
    sections: int = 2
    """Of each of them (official code)."""
    adjusts: bool = True
    """Whether the navigator merges its steps with those of the template (official code)."""
    instructs: bool = True
    """Whether the navigator says what each step is for this problem (official code)."""
    tries: int = 3
    """For a plan that can be read (ours; the official code asks for ever)."""
    without_plan: Literal["refuse", "direct"] = "refuse"
    """What is done without one: an error at the end of the batch, or an answer of the reasoner alone."""
    plan_tokens: int = 512
    """Of a plan, at most (ours)."""
    step_tokens: int = 512
    """Of a step, at most (ours; official code: 3,072)."""
    temperature: float = 0.0
    """Of the first try for a plan, and of steps (official code: 0.6)."""
    again_temperature: float = 0.6
    """Of further tries, so that another text comes (official code)."""
    prompts: Prompts = field(default_factory=Prompts)
    find_answer: Callable[[str], str] = find_answer
    """Takes the answer out of what was written last."""
    count_tokens: Callable[[str], int] | None = None
    """For models that bring no tokenizer."""

    def __post_init__(self) -> None:
        for name, least in (("max_steps", 1), ("max_revisions", 0), ("tries", 1), ("plan_tokens", 1),
                            ("step_tokens", 1), ("chapters", 1), ("sections", 1)):  # fmt: skip
            if getattr(self, name) < least:
                raise ValueError(f"{name} is {getattr(self, name)}: give {least} or more")
        if not -1 <= self.least_confidence <= 1:
            raise ValueError(f"least_confidence is {self.least_confidence}: give a cosine, from -1 to 1")
        if self.without_plan not in {"refuse", "direct"}:
            raise ValueError(f"without_plan is {self.without_plan!r}: choose refuse or direct")
        for name in ("temperature", "again_temperature"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} is {getattr(self, name)}: give 0 or more")
        object.__setattr__(self, "navigator", as_model(self.navigator))
        object.__setattr__(self, "reasoner", as_model(self.reasoner))
