"""Answers that are measured: written by every way in turn, and held against others."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from assay.methods._branches import Branches
from assay.trials import Bench

Answers = list[dict[str, Any]]
"""Of each request what `write_answer` gives: tokens, seconds, passes."""


def measure(bench: Bench, calls: Mapping[str, Callable[..., Any]], prompts: Sequence[Tensor]) -> dict[str, Answers]:
    """Have every arm answer every prompt, in turns, so that a machine that slows down slows all of them."""
    written: dict[str, Answers] = {arm: [] for arm in calls}
    names = list(calls)
    for at, prompt in enumerate(bench.progress(prompts, "answers")):
        turn = at % len(names)
        for arm in names[turn:] + names[:turn]:
            written[arm].append(bench.once(f"{arm}, answer {at} of {len(prompts)}", partial(calls[arm], prompt)))
    return written


def by_pair(answers: Answers, what: str, unit: float = 1.0, size: int = 2) -> list[float]:
    """Seconds or passes a token, over each two requests."""
    groups = [answers[at : at + size] for at in range(0, len(answers), size)]
    return [unit * sum(each[what] for each in group) / sum(len(each["tokens"]) for each in group) for group in groups]


def same(answers: Answers, others: Sequence[Sequence[int]]) -> float:
    """Per cent of the answers that are the others'."""
    equal = [each["tokens"] == list(other) for each, other in zip(answers, others, strict=True)]
    return 100.0 * equal.count(True) / len(equal)


def greedy(model: Any, prompts: Sequence[Sequence[int]], new: int) -> list[list[int]]:
    """Greedy answers, token by token, 32 at once."""
    answers: list[list[int]] = []
    for start in range(0, len(prompts), 32):
        branches = Branches.read(model, prompts[start : start + 32], method="Greedy decoding")
        answers += [written.tokens for written in branches.write(new)]
    return answers


@torch.no_grad()
def likelihood(model: Any, prompts: Sequence[Tensor], answers: Answers) -> float:
    """Mean log-probability of all tokens of the answers, in nats."""
    logs = []
    for prompt, answer in zip(prompts, answers, strict=True):
        ids = torch.cat([prompt, torch.tensor(answer["tokens"], device=prompt.device)])[None]
        known = model(input_ids=ids).logits[0, len(prompt) - 1 : -1].float().log_softmax(-1)
        logs.append(known.gather(-1, ids[0, len(prompt) :, None])[:, 0])
    return float(torch.cat(logs).mean())
