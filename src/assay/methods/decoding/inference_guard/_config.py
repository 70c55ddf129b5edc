"""The settings of the search."""

import math
from dataclasses import dataclass
from typing import Literal

RULES = ("auto", "budget", "absolute", "relative")


@dataclass(frozen=True)
class GuardConfig:
    """How much an answer may cost, and how it is searched for."""

    budget: float = 10.0
    """What the tokens of one answer may cost together (official code's README for its cost model)."""
    samples: int = 16
    """N: blocks that are sampled at each step, shared by the beams (ours; the paper's tables name 128)."""
    beams: int = 4
    """K: answers that go on after each step (ours)."""
    block: int = 8
    """Tokens of a block (ours; 32 for a model of 7B)."""
    attempts: int = 3
    """M: how often a step is sampled again while no candidate is admissible (ours)."""
    push: float = 2.0
    """How much the logit of a token falls for each time that it stood in a rejected block of its step (ours)."""
    discount: float = 1.0
    """Of costs, by each token (ours: none)."""
    temperature: float = 1.0
    """Of the samples (ours)."""
    top_p: float = 1.0
    """Of the samples (ours)."""
    rule: Literal["auto", "budget", "absolute", "relative"] = "auto"
    """Which candidates within the budget are admissible.

    ``budget``: all. ``absolute``: where the critic gives a safe end more than one half (paper). ``relative``: where it
    gives at least `share` of what it gives the best (ours). ``auto``: ``budget`` without a critic; with one,
    ``relative`` where the model alone ended safe less often than in 0.6 of the rollouts, since one half would then
    reject nearly all, and else ``absolute``.
    """
    share: float = 0.7
    """Of the rule ``relative`` (ours)."""
    charge_prompt: bool = False
    """Whether what the prompt costs is taken off the budget first (ours)."""
    on_fail: Literal["refuse", "raise"] = "refuse"
    """What becomes of a prompt without an answer within the budget: `refusal`, or an error with all other answers."""
    refusal: str = "I cannot answer this within the safety budget."
    rows: int = 128
    """Rows of a batch, at most, whatever their prompts; at least the samples of one prompt (ours)."""

    def __post_init__(self) -> None:
        if not 0 <= self.budget < math.inf:
            raise ValueError(f"budget is {self.budget}: give a finite number, 0 or more")
        for name in ("samples", "beams", "block", "rows"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: give 1 or more")
        if self.beams > self.samples:
            raise ValueError(f"{self.samples} samples cannot fill {self.beams} beams: give no more beams than samples")
        if self.attempts < 0 or self.push < 0:
            raise ValueError(f"attempts is {self.attempts} and push {self.push}: give 0 or more")
        if not 0 < self.discount <= 1:
            raise ValueError(f"discount is {self.discount}: give more than 0, up to 1")
        if self.rule not in RULES:
            raise ValueError(f"rule is {self.rule!r}: give {', '.join(RULES)}")
        if not 0 < self.share <= 1:
            raise ValueError(f"share is {self.share}: give more than 0, up to 1")
        if self.on_fail not in {"refuse", "raise"}:
            raise ValueError(f"on_fail is {self.on_fail!r}: give refuse or raise")
        if self.on_fail == "refuse" and not self.refusal.strip():
            raise ValueError("refusal is empty: a reader could take it for an answer")
