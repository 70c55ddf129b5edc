"""Cut answers into steps: where the model was unsure, after given tokens, or every so many."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np

from assay.methods._completions import Completion


@dataclass(frozen=True)
class ConfidenceSplitter:
    """Ends steps at tokens that the model found less likely than a threshold. Make one with `fit`."""

    threshold: float
    """The probability below which a written token is a border."""
    boundary: Literal["before", "after"] = "before"
    """Whether such a token begins the next step (paper) or ends its own."""
    skip: int = 1
    """Tokens at the beginning of an answer that make no border (ours)."""

    def __post_init__(self) -> None:
        if not 0 < self.threshold <= 1:
            raise ValueError(f"threshold is {self.threshold}: give a probability above 0, up to 1, and not per cent")
        if self.boundary not in ("before", "after"):
            raise ValueError(f"boundary is {self.boundary!r}: choose before or after")
        if self.skip < 1:
            raise ValueError(f"skip is {self.skip}: an empty first step has no reward; give 1 or more")

    @classmethod
    def fit(
        cls,
        log_probs: Iterable[Sequence[float]],
        quantile: float = 0.02,
        *,
        boundary: Literal["before", "after"] = "before",
        skip: int = 1,
        masks: Iterable[Sequence[bool]] | None = None,
    ) -> "ConfidenceSplitter":
        """Take the threshold from a sample of answers.

        Args:
            log_probs: Of each token of each answer, in nats: `assay.methods._branches.Written.log_probs`,
                `read_log_probs`, or a server's.
            quantile: The share of tokens that are to be borders (paper: 0.02).
            boundary: See `ConfidenceSplitter.boundary`.
            skip: See `ConfidenceSplitter.skip`; these tokens are not counted here either.
            masks: Of each token whether it may be a border: comments in code may be none.

        Raises:
            ValueError: The quantile is no share, a log-probability is above 0 or no number, or there is no token.
        """
        if not 0 < quantile < 1:
            raise ValueError(f"quantile is {quantile}: give a share of tokens between 0 and 1")
        logs = [_checked(each) for each in log_probs]
        allowed = [[True] * len(each) for each in logs] if masks is None else list(masks)
        counted = [_masked(each, mask, skip) for each, mask in zip(logs, allowed, strict=True)]
        kept = [log for each in counted for _, log in each]
        if not kept:
            raise ValueError(f"{len(logs)} answers have no token behind the first {skip} to take a threshold from")
        # Of probabilities, and above 0 however small they are.
        threshold = max(float(np.quantile(np.exp(kept), quantile)), 1e-300)
        return cls(threshold, boundary, skip)

    def borders(self, log_probs: Sequence[float], mask: Sequence[bool] | None = None) -> list[int]:
        """Places of the tokens that are borders, counted from 0."""
        lowest = math.log(self.threshold)
        allowed = [True] * len(log_probs) if mask is None else mask
        return [place for place, log in _masked(_checked(log_probs), allowed, self.skip) if log < lowest]

    def ends(self, log_probs: Sequence[float], mask: Sequence[bool] | None = None) -> list[int]:
        """After how many tokens each step of an answer ends; the last of these is the answer's length.

        Raises:
            ValueError: A log-probability is above 0 or no number, or the mask has another length.
        """
        shift = int(self.boundary == "after")
        return _with_end([place + shift for place in self.borders(log_probs, mask)], len(log_probs))

    def split(self, tokens: Sequence[int], log_probs: Sequence[float]) -> list[list[int]]:
        """The tokens of each step; joined they are the answer's."""
        if len(tokens) != len(log_probs):
            raise ValueError(f"{len(tokens)} tokens have {len(log_probs)} log-probabilities")
        ends = self.ends(log_probs)
        return [list(tokens[start:end]) for start, end in pairwise([0, *ends])]


def ends_every(length: int, every: int) -> list[int]:
    """After how many tokens each step ends, if all are `every` tokens long but the last."""
    if every < 1:
        raise ValueError(f"steps of {every} tokens: give 1 or more")
    return _with_end(range(every, length, every), length)


def ends_after(tokens: Sequence[int], marks: Collection[int]) -> list[int]:
    """After how many tokens each step ends, if it ends with one of these tokens: those with a line break."""
    return _with_end([place + 1 for place, token in enumerate(tokens) if token in marks], len(tokens))


def step_texts(tokenizer: Any, tokens: Sequence[int], ends: Sequence[int]) -> list[str]:
    """The text of each step; joined they are exactly the answer's text.

    A border within a letter that several tokens share moves before the letter. A step of which nothing is left then is
    an empty text.

    Raises:
        ValueError: The steps do not end with the answer, or the tokenizer does not write from left to right.
    """
    if not ends or ends[-1] != len(tokens):
        raise ValueError(f"steps end after {list(ends)} tokens, and the answer after {len(tokens)}")
    decode = tokenizer.decode
    whole: str = decode(list(tokens), skip_special_tokens=False, clean_up_tokenization_spaces=False)
    places = [0]
    for end in ends[:-1]:
        text = decode(list(tokens[:end]), skip_special_tokens=False, clean_up_tokenization_spaces=False)
        while text and not whole.startswith(text):
            if not text.endswith("\ufffd"):
                raise ValueError(f"{type(tokenizer).__name__} writes a beginning otherwise than the whole: {text!r}")
            text = text[:-1]
        places.append(max(len(text), places[-1]))
    places.append(len(whole))
    return [whole[start:end] for start, end in pairwise(places)]


def completion_steps(completion: Completion, splitter: ConfidenceSplitter) -> list[str]:
    """The text of each step of what a server wrote; joined they are exactly its text."""
    places = [0]
    for end in splitter.ends(completion.log_probs)[:-1]:
        places.append(max(len(completion.beginning(end)[0]), places[-1]))
    places.append(len(completion.text))
    return [completion.text[start:end] for start, end in pairwise(places)]


def read_log_probs(
    model: Any, prompts: Sequence[Sequence[int]], answers: Sequence[Sequence[int]], *, batch: int = 16
) -> list[list[float]]:
    """How likely a model finds each token of answers that are there already, in nats.

    Args:
        model: A causal language model of transformers.
        prompts: Token ids, at least one each.
        answers: Token ids.
        batch: Rows read at once.

    Raises:
        ValueError: A prompt is empty.
    """
    import torch  # noqa: PLC0415 - who cuts what a server wrote needs none

    from assay.methods._patching import evaluating  # noqa: PLC0415

    pairs = [([*prompt, *answer], len(prompt)) for prompt, answer in zip(prompts, answers, strict=True)]
    if not all(start for _, start in pairs):
        raise ValueError("a prompt is empty: the first token of its answer has no probability; begin with a token")
    results: list[list[float]] = [[] for _ in pairs]
    order = sorted(range(len(pairs)), key=lambda place: -len(pairs[place][0]))
    with torch.no_grad(), evaluating(model):
        for first in range(0, len(order), batch):
            part = order[first : first + batch]
            longest = len(pairs[part[0]][0])
            # Padded behind, where nothing before sees it.
            ids = torch.tensor([[*pairs[p][0], *[0] * (longest - len(pairs[p][0]))] for p in part], device=model.device)
            mask = torch.tensor([[1] * len(pairs[p][0]) + [0] * (longest - len(pairs[p][0])) for p in part])
            logits = model(input_ids=ids, attention_mask=mask.to(ids.device)).logits
            for row, place in enumerate(part):
                text, start = pairs[place]
                targets = ids[row, start : len(text)]
                logs = logits[row, start - 1 : len(text) - 1].float().log_softmax(-1)
                results[place] = logs.gather(-1, targets[:, None])[:, 0].tolist()
    return results


def _with_end(ends: Iterable[int], length: int) -> list[int]:
    """Ends in order, without those at the beginning, and with the answer's."""
    return [*sorted({end for end in ends if 0 < end < length}), length]


def _checked(log_probs: Sequence[Any]) -> Sequence[float]:
    for place, log in enumerate(log_probs):
        if not (isinstance(log, int | float) and log <= 1e-4):  # above 0 by rounding alone is none
            raise ValueError(f"log-probability {place} is {log}: give natural logarithms, 0 or less")
    return log_probs


def _masked(log_probs: Sequence[float], mask: Sequence[bool], skip: int) -> list[tuple[int, float]]:
    """Place and log-probability of each token that may be a border."""
    if len(mask) != len(log_probs):
        raise ValueError(f"a mask of {len(mask)} stands beside {len(log_probs)} tokens")
    pairs = enumerate(zip(log_probs, mask, strict=True))
    return [(place, log) for place, (log, may) in pairs if place >= skip and may]
