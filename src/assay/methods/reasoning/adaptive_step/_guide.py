"""Greedy decoding in which a model of step rewards chooses the tokens that the policy is unsure of."""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers.modeling_layers import GenericForTokenClassification

from assay.methods._branches import Branches, Stop, Usage, Written, end_tokens
from assay.methods._scorers import ScoreError, as_step_scorer
from assay.methods.reasoning.adaptive_step._label import TITLE

Texts = Sequence[Sequence[int]]
Values = Callable[[Sequence[int], Texts, Tensor], Tensor]
"""Scores (n, M) of the M candidates (n, M) behind n texts, which are the answers of these numbers."""


@dataclass
class GuidedAnswer:
    """What was written for one prompt."""

    tokens: list[int] = field(default_factory=list)
    guided: list[int] = field(default_factory=list)
    """Places of the tokens that the rewards chose."""
    changed: list[int] = field(default_factory=list)
    """Those of them at which that was not the likeliest token."""
    ended: str = ""
    """``eos``, ``stop`` or ``length``; empty where an error came first."""


class GuideError(ValueError):
    """A score was none; `answers` hold what had been written."""

    def __init__(self, message: str, answers: Sequence[GuidedAnswer]) -> None:
        super().__init__(message)
        self.answers = list(answers)


@dataclass(frozen=True)
class GuidedDecoding:
    """Token-level value-guided decoding: called with a policy, prompts and rewards, it writes answers."""

    threshold: float = 0.25
    """The rewards choose where the policy's highest probability is below this (the code's default; its script for
    mathematics has 0.55). It has nothing to do with a splitter's threshold. At 0 nothing is guided."""
    candidates: int = 8
    """The likeliest tokens that they choose among (code)."""
    tokens: int = 1024
    """Of an answer, at most (code: 1,024 with the prompt)."""

    def __post_init__(self) -> None:
        if not 0 <= self.threshold <= 1:
            raise ValueError(f"threshold is {self.threshold}: give a probability from 0 to 1, and not per cent")
        for name in ("candidates", "tokens"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}: give 1 or more")

    def __call__(
        self,
        model: Any,
        tokenizer: Any,
        prompts: Texts,
        rewards: Any,
        *,
        rewards_tokenizer: Any = None,
        stop: Stop | None = None,
        usage: Usage | None = None,
        rewards_usage: Usage | None = None,
    ) -> list[GuidedAnswer]:
        """Write an answer to each prompt.

        Args:
            model: The policy, a decoder-only model of transformers.
            tokenizer: Of the policy; ``None`` where prompts are ids and the rewards a token classifier of them.
            prompts: Token ids, at least one each.
            rewards: A token classifier of transformers; or a function of (prompt, steps) that gives one score for each
                step, called with the answer so far and a candidate as a single step.
            rewards_tokenizer: Of the classifier, if it is not the policy's. With another vocabulary it reads texts.
            stop: Ends an answer.
            usage: What the policy costs.
            rewards_usage: What the rewards cost, where they share the policy's tokens.

        Raises:
            GuideError: A score is missing or no finite number; what was written is on the error.
            ValueError: Policy or rewards cannot be read row by row.
        """
        values = _values(tokenizer, prompts, rewards, rewards_tokenizer, rewards_usage)
        rows = Branches.read(model, prompts, method=TITLE, usage=usage)
        answers = [GuidedAnswer() for _ in prompts]
        numbers = list(range(len(prompts)))  # which answer each row is
        while live := [number for number in numbers if not answers[number].ended]:
            if len(live) * 2 <= len(numbers):
                rows, numbers = rows.select([numbers.index(number) for number in live]), live
            choose = partial(self._choose, values, {number: answers[number] for number in live})
            try:
                written = rows.write([int(number in live) for number in numbers], adjust=choose)
            except ScoreError as error:
                raise GuideError(str(error), answers) from error
            for number, each in zip(numbers, written, strict=True):
                if each.tokens:
                    self._add(answers[number], each, stop)
        return answers

    def _add(self, answer: GuidedAnswer, written: Written, stop: Stop | None) -> None:
        answer.tokens += written.tokens
        if written.ended == "eos":
            answer.ended = "eos"
        elif stop is not None and stop(answer.tokens):
            answer.ended = "stop"
        elif len(answer.tokens) == self.tokens:
            answer.ended = "length"

    def _choose(
        self, values: Values, answers: Mapping[int, GuidedAnswer], texts: Sequence[Sequence[int]], logits: Tensor
    ) -> Tensor:
        """Logits in which the token that the rewards choose is the likeliest, for each text that is unsure."""
        top, likeliest = logits.float().softmax(-1).max(-1)
        unsure = (top < self.threshold).nonzero()[:, 0].tolist()
        if not unsure:
            return logits
        candidates = logits[unsure].topk(min(self.candidates, logits.shape[-1])).indices
        numbers = [list(answers)[at] for at in unsure]
        scores = values(numbers, [texts[at] for at in unsure], candidates)
        if not bool(scores.isfinite().all()):
            raise ScoreError(f"the rewards gave {scores.tolist()} for candidates: a score is a finite number")
        best = candidates.gather(1, scores.argmax(1, keepdim=True))[:, 0]
        logits = logits.clone()
        logits[unsure, best] = logits[unsure].max(-1).values + 1
        for number, changed in zip(numbers, (best != likeliest[unsure]).tolist(), strict=True):
            place = len(answers[number].tokens)
            answers[number].guided.append(place)
            answers[number].changed += [place] * changed
        return logits


def reference_guided(
    model: Any, prompt: Sequence[int], score: Callable[[Sequence[int]], float], settings: GuidedDecoding
) -> list[int]:
    """The same for one prompt, each text read anew for every token and candidate: slow, and easy to see through.

    Args:
        model: The policy.
        prompt: Token ids.
        score: Of a whole text's token ids.
        settings: The same.
    """
    text = list(prompt)
    ends = end_tokens(model)
    for _ in range(settings.tokens):
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([text], device=model.device)).logits[0, -1].float()
        token = int(logits.argmax())
        if float(logits.softmax(-1).max()) < settings.threshold:
            token = max(
                logits.topk(settings.candidates).indices.tolist(), key=lambda candidate: score([*text, candidate])
            )
        text.append(token)
        if token in ends:
            break
    return text[len(prompt) :]


def _values(tokenizer: Any, prompts: Texts, rewards: Any, rewards_tokenizer: Any, usage: Usage | None) -> Values:
    """What scores candidates: on the tokens of the policy where that is possible, otherwise on texts."""
    if isinstance(rewards, GenericForTokenClassification):
        if rewards_tokenizer is None or rewards_tokenizer.get_vocab() == tokenizer.get_vocab():
            return _CachedValues(rewards, prompts, usage)
        warnings.warn("policy and rewards have different vocabularies: every candidate is read anew", stacklevel=3)
    if tokenizer is None:
        raise ValueError("rewards that read texts need the policy's tokenizer")
    return _TextValues(tokenizer, prompts, rewards, rewards_tokenizer or tokenizer)


class _CachedValues:
    """Scores by a token classifier that reads each token once."""

    def __init__(self, classifier: Any, prompts: Texts, usage: Usage | None) -> None:
        if classifier.config.num_labels > 2:
            raise ValueError(f"the rewards have {classifier.config.num_labels} labels: give a classifier of one or two")
        self.branches = Branches.read(classifier, prompts, method=TITLE, usage=usage)

    def __call__(self, numbers: Sequence[int], texts: Texts, candidates: Tensor) -> Tensor:
        missing: list[list[int]] = [[] for _ in range(len(self.branches))]
        for number, text in zip(numbers, texts, strict=True):
            missing[number] = list(text[len(self.branches.tokens[number]) :])
        self.branches.append(missing)
        each = self.branches.select([number for number in numbers for _ in range(candidates.shape[1])])
        each.append([[token] for token in candidates.flatten().tolist()])
        logits = each.logits.float()
        scores = logits[:, 0] if logits.shape[-1] == 1 else logits[:, 1] - logits[:, 0]
        return scores.view(candidates.shape)


class _TextValues:
    """Scores by whatever scores steps, of texts that are read anew for every candidate."""

    def __init__(self, tokenizer: Any, prompts: Texts, rewards: Any, rewards_tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.prompts = prompts
        self.scorer = as_step_scorer(rewards, rewards_tokenizer, name="the reward model")

    def __call__(self, numbers: Sequence[int], texts: Texts, candidates: Tensor) -> Tensor:
        def decode(tokens: Sequence[int]) -> str:
            text: str = self.tokenizer.decode(list(tokens), skip_special_tokens=False)
            return text

        asked = [
            (decode(self.prompts[number]), [decode([*text[len(self.prompts[number]) :], token])])
            for number, text, row in zip(numbers, texts, candidates.tolist(), strict=True)
            for token in row
        ]
        return torch.tensor([scores[-1] for scores in self.scorer(asked)], device=candidates.device).view(
            candidates.shape
        )
