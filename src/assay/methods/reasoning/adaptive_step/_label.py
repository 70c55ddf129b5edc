"""Label steps by rollouts: go on from each border several times, and see how often that comes to the right end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from assay.methods._branches import Branches, Sampling, Stop, Usage
from assay.methods.reasoning._step_rewards import StepLabels
from assay.methods.reasoning.adaptive_step._split import step_texts

TITLE = "AdaptiveStep"

Verify = Callable[[Any, Any], bool]
"""Whether an answer to a prompt is right: of two texts, or without a tokenizer of two lists of token ids."""


@dataclass(frozen=True)
class Steps:
    """An answer that is cut into steps."""

    prompt: Sequence[int]
    """Token ids."""
    tokens: Sequence[int]
    """Of the answer."""
    ends: Sequence[int]
    """After how many tokens of the answer a step ends, in order. What is not named is not labelled."""

    def __post_init__(self) -> None:
        if not self.prompt or not self.ends or list(self.ends) != sorted(set(self.ends)):
            raise ValueError(f"an answer needs a prompt and ends of steps in order, not {list(self.ends)}")
        if not 1 <= self.ends[0] <= self.ends[-1] <= len(self.tokens):
            raise ValueError(f"steps end after {list(self.ends)} of {len(self.tokens)} tokens")


@dataclass(frozen=True)
class Rollouts:
    """How borders are labelled."""

    number: int = 8
    """Continuations of each border (official data; J)."""
    temperature: float = 0.7
    """Of these (ours: that of common use)."""
    tokens: int = 512
    """Of a whole answer, at most (ours)."""
    batch: int = 64
    """Continuations at once (ours)."""

    def __post_init__(self) -> None:
        for name in ("number", "tokens", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: give 1 or more")
        if not self.temperature > 0:
            raise ValueError(f"temperature is {self.temperature}: continuations must differ; give more than 0")


@dataclass(frozen=True)
class LabelledSteps:
    """An answer whose steps have values."""

    answer: Steps
    values: tuple[float, ...]
    """Of each step, the share of continuations that came to a right end; of a whole answer 0 or 1."""

    def labels(self, estimate: Literal["hard", "soft"] = "hard") -> StepLabels:
        """As rows to train on: hard, whether any continuation was right (paper); soft, the share."""
        begin = len(self.answer.prompt)
        values = [float(value > 0) for value in self.values] if estimate == "hard" else list(self.values)
        return StepLabels([*self.answer.prompt, *self.answer.tokens], [begin + end for end in self.answer.ends], values)

    def as_record(self, tokenizer: Any) -> dict[str, Any]:
        """In TRL's format for stepwise supervision, ``prompt``, ``completions`` and ``labels``; and ``values``.

        A border that falls into a letter with others is one with them.
        """
        ends = list(self.answer.ends)
        tokens = self.answer.tokens[: ends[-1]]
        texts = step_texts(tokenizer, tokens, ends)
        steps = [(text, value) for text, value in zip(texts, self.values, strict=True) if text]
        return {
            "prompt": tokenizer.decode(list(self.answer.prompt), skip_special_tokens=False),
            "completions": [text for text, _ in steps],
            "labels": [value > 0 for _, value in steps],
            "values": [value for _, value in steps],
        }


class LabelError(ValueError):
    """A verifier gave what is no verdict; `labelled` are the answers that were finished before."""

    def __init__(self, message: str, labelled: Sequence[LabelledSteps]) -> None:
        super().__init__(message)
        self.labelled = list(labelled)


def label_by_rollouts(
    model: Any,
    answers: Sequence[Steps],
    verify: Verify,
    rollouts: Rollouts | None = None,
    *,
    tokenizer: Any = None,
    stop: Stop | None = None,
    seed: int = 0,
    usage: Usage | None = None,
) -> list[LabelledSteps]:
    """Label each step by what becomes of continuations from its end.

    A whole answer is verified as it is. Beginnings that answers share are gone on with once.

    Args:
        model: The policy, a decoder-only model of transformers.
        answers: With the ends that are to be labelled.
        verify: Whether an answer is right; of (prompt, answer) as texts where there is a tokenizer, else as token ids.
        rollouts: How.
        tokenizer: Of the model.
        stop: Ends a continuation; see `assay.methods._branches.stop_at`.
        seed: Of the continuations.
        usage: To count on: ``written`` is what labels cost.

    Raises:
        LabelError: The verifier gave no bool; what was labelled before is on the error.
    """
    rollouts = rollouts or Rollouts()
    usage = usage if usage is not None else Usage()
    values: dict[tuple[tuple[int, ...], tuple[int, ...]], float] = {}
    judge = _Judge(verify, tokenizer)
    # Longest beginnings first: rows of a batch then end together.
    open_ends = sorted(
        {
            (tuple(each.prompt), tuple(each.tokens[:end]))
            for each in answers
            for end in each.ends
            if end < len(each.tokens)
        },
        key=lambda key: (-len(key[1]), key),
    )
    try:
        for each in answers:
            if each.ends[-1] == len(each.tokens):
                values[tuple(each.prompt), tuple(each.tokens)] = float(judge(each.prompt, each.tokens))
        at_once = max(1, rollouts.batch // rollouts.number)
        for start in range(0, len(open_ends), at_once):
            part = open_ends[start : start + at_once]
            values |= _roll_out(model, part, judge, rollouts, stop, seed + start, usage)
    except _NoVerdictError as error:
        raise LabelError(str(error), _labelled(answers, values)) from None
    return _labelled(answers, values)


def drop_settled(labelled: Sequence[LabelledSteps]) -> list[LabelledSteps]:
    """Without the prompts whose answers are all right or all wrong: nothing tells their steps apart (official data)."""
    ends: dict[tuple[int, ...], set[float]] = {}
    for each in labelled:
        ends.setdefault(tuple(each.answer.prompt), set()).add(float(each.values[-1] > 0))
    return [each for each in labelled if len(ends[tuple(each.answer.prompt)]) > 1]


def _roll_out(
    model: Any,
    beginnings: Sequence[tuple[tuple[int, ...], tuple[int, ...]]],
    judge: "_Judge",
    rollouts: Rollouts,
    stop: Stop | None,
    seed: int,
    usage: Usage,
) -> dict[tuple[tuple[int, ...], tuple[int, ...]], float]:
    """The share of right continuations of each beginning, all written side by side."""
    texts = [[*prompt, *tokens] for prompt, tokens in beginnings]
    rows = [at for at in range(len(texts)) for _ in range(rollouts.number)]
    branches = Branches.read(model, texts, method=TITLE, usage=usage).select(rows)
    budgets = [max(1, rollouts.tokens - len(beginnings[at][1])) for at in rows]
    written = branches.write(budgets, sampling=Sampling(rollouts.temperature), stop=stop, seed=seed)
    right = [0] * len(texts)
    for at, each in zip(rows, written, strict=True):
        prompt, tokens = beginnings[at]
        right[at] += judge(prompt, [*tokens, *each.tokens])
    return {beginning: count / rollouts.number for beginning, count in zip(beginnings, right, strict=True)}


class _NoVerdictError(ValueError):
    pass


@dataclass(frozen=True)
class _Judge:
    """Asks the verifier, and takes nothing but a bool."""

    verify: Verify
    tokenizer: Any

    def __call__(self, prompt: Sequence[int], tokens: Sequence[int]) -> bool:
        sides: list[Any] = [list(prompt), list(tokens)]
        if self.tokenizer is not None:
            sides = [
                self.tokenizer.decode(sides[0], skip_special_tokens=False),
                self.tokenizer.decode(sides[1], skip_special_tokens=True),
            ]
        verdict = self.verify(*sides)
        if not isinstance(verdict, bool | np.bool_):
            raise _NoVerdictError(f"the verifier gave {verdict!r} for {str(sides[1])[:80]!r}: give True or False")
        return bool(verdict)


def _labelled(
    answers: Sequence[Steps], values: dict[tuple[tuple[int, ...], tuple[int, ...]], float]
) -> list[LabelledSteps]:
    """The answers all of whose steps have a value."""
    keys = [[(tuple(each.prompt), tuple(each.tokens[:end])) for end in each.ends] for each in answers]
    return [
        LabelledSteps(each, tuple(values[key] for key in those))
        for each, those in zip(answers, keys, strict=True)
        if all(key in values for key in those)
    ]
