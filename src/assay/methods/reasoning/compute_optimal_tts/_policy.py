"""What writes answers step by step, and what comes of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from assay.methods._answers import Equal, find_answer, same_answer
from assay.methods._branches import Stop, Written, end_tokens, stop_at

TITLE = "Test-time search"

Prompt = str | Sequence[int]
"""A text, coded as the tokenizer does it; or token ids."""


@dataclass(frozen=True)
class Policy:
    """A language model that writes answers, where their steps end, and how an answer is read."""

    model: Any
    """A decoder-only model of transformers."""
    tokenizer: Any = None
    """Without one, texts are token ids with spaces between them."""
    step_end: str | Stop = "\n\n"
    """What ends a step, as text (paper); or whether one ends here, of its tokens so far."""
    is_whole: Callable[[str], bool] | None = None
    """Whether the text of an answer is whole, so that no end token is waited for."""
    answer: Callable[[str], str] = find_answer
    """Takes the answer out of a text."""
    equal: Equal = same_answer
    """Whether two answers are the same."""

    def __post_init__(self) -> None:
        if isinstance(self.step_end, str) and not self.step_end:
            raise ValueError("step_end is empty: give the text that ends a step")
        if isinstance(self.step_end, str) and self.tokenizer is None:
            raise ValueError("a text ends steps only with a tokenizer: give one, or a function of a step's tokens")

    def ids(self, prompt: Prompt) -> list[int]:
        """Token ids of a prompt."""
        if not isinstance(prompt, str):
            return list(prompt)
        if self.tokenizer is None:
            raise ValueError(f"the prompt {prompt[:40]!r} is a text, and the policy has no tokenizer: give token ids")
        ids: list[int] = self.tokenizer(prompt)["input_ids"]
        return ids

    def text(self, tokens: Sequence[int]) -> str:
        """The text of tokens, end tokens left out."""
        if self.tokenizer is None:
            return " ".join(str(token) for token in tokens if token not in self.ends)
        text: str = self.tokenizer.decode(list(tokens), skip_special_tokens=True)
        return text

    @cached_property
    def ends(self) -> set[int]:
        """Tokens that end an answer."""
        return end_tokens(self.model)

    @cached_property
    def ends_step(self) -> Stop:
        """Whether a step ends here, of its tokens so far."""
        return stop_at(self.tokenizer, [self.step_end]) if isinstance(self.step_end, str) else self.step_end

    def ends_answer(self, tokens: Sequence[int]) -> bool:
        """Whether an answer is whole, of all its tokens."""
        return self.is_whole is not None and self.is_whole(self.text(tokens))

    def split(self, tokens: Sequence[int]) -> list[list[int]]:
        """The steps of an answer; end tokens belong to none."""
        steps: list[list[int]] = [[]]
        for token in tokens:
            if token in self.ends:
                continue
            steps[-1].append(token)
            if self.ends_step(steps[-1]):
                steps.append([])
        return [step for step in steps if step]


@dataclass
class Candidate:
    """An answer, or the beginning of one."""

    tokens: list[int] = field(default_factory=list)
    """All that was written, an end token included."""
    steps: list[list[int]] = field(default_factory=list)
    """Its tokens by step, without an end token."""
    scores: list[float] = field(default_factory=list)
    """Of each step, where there are rewards."""
    log_prob: float = 0.0
    """In nats, by the policy at temperature 1."""
    ended: str = ""
    """``eos``; ``whole``; ``length`` where a budget was used up within a step; empty for a beginning."""
    text: str = ""
    answer: str = ""

    @property
    def is_finished(self) -> bool:
        """Whether the policy came to an end."""
        return self.ended in ("eos", "whole")

    def copy(self) -> "Candidate":
        """One that can be gone on with."""
        return Candidate(list(self.tokens), list(self.steps), list(self.scores), self.log_prob, self.ended, self.text)

    def add(self, written: Written, policy: Policy, *, whole: bool) -> None:
        """Put behind it what was written: one step, or a whole answer."""
        self.tokens += written.tokens
        self.log_prob += sum(written.log_probs)
        if whole:
            self.steps += policy.split(written.tokens)
        elif step := [token for token in written.tokens if token not in policy.ends]:
            self.steps.append(step)
        self.text = policy.text(self.tokens)
        if written.ended == "eos":
            self.ended = "eos"
        elif policy.ends_answer(self.tokens):
            self.ended = "whole"
        elif written.ended == "length":
            self.ended = "length"


@dataclass
class Solution:
    """What a search came to for one prompt."""

    prompt: list[int]
    """Its token ids."""
    candidates: list[Candidate] = field(default_factory=list)
    """Answers that were written whole, or those that the trees kept; where no line of a tree ended, how far they came.
    Only finished ones vote, if there are any."""
    answer: str = ""
    chosen: int = -1
    """Which candidate stands for the answer, -1 for none: the one with the best score, or else the first."""
    share: float = 0.0
    """Of the votes, or of the scores."""
    is_finished: bool = False
    """Whether any candidate was; otherwise the answer is read from a beginning."""
    tokens: int = 0
    """Written for this prompt, lines that were dropped included."""


class SearchError(ValueError):
    """The rewards gave what is no score; `solutions` hold what had been written."""

    def __init__(self, message: str, solutions: Sequence[Solution]) -> None:
        super().__init__(message)
        self.solutions = list(solutions)
