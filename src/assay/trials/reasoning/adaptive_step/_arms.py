"""The arms of AdaptiveStep's trials: where answers are cut, how many rollouts labels may cost, and what rewards choose.

Every arm has the same answers of the same policy, labels all of their ends, which cost no rollout, and spends as many
rollouts on borders: an arm with fewer borders an answer reaches more answers. Its borders are drawn at random from all
that its cuts give, so that a smaller budget is a part of a larger one.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import comb
from typing import Any

from assay.methods._branches import Branches, Sampling, Stop, Usage, Written
from assay.methods.reasoning.adaptive_step import (
    LabelledSteps,
    Rollouts,
    Steps,
    StepTraining,
    label_by_rollouts,
    reduce_scores,
    score_steps,
    train_step_rewards,
)

ADAPTIVE, LINES, FIXED = "AdaptiveStep", "line breaks", "steps of equal length"
ENDS = "ends of answers alone, no rollouts"

Cut = Callable[[Written], list[int]]
"""After how many tokens each step of an answer ends."""


@dataclass(frozen=True)
class Sampled:
    """Answers of a policy to questions, as many to each."""

    prompts: Sequence[Sequence[int]]
    answers: Sequence[Sequence[Written]]
    right: Sequence[Sequence[bool]]

    @property
    def written(self) -> list[Written]:
        """All answers."""
        return [each for group in self.answers for each in group]

    def log_probs(self) -> list[list[float]]:
        """Of each token of each answer."""
        return [each.log_probs for each in self.written]

    def cut(self, cut: Cut) -> list[Steps]:
        """Every answer with the ends of its steps."""
        return [
            Steps(prompt, each.tokens, cut(each))
            for prompt, group in zip(self.prompts, self.answers, strict=True)
            for each in group
        ]

    def rows(self, cut: Cut) -> list[tuple[list[int], list[int]]]:
        """The whole text of each answer, and after how many tokens of it each step ends."""
        steps = self.cut(cut)
        return [([*each.prompt, *each.tokens], [len(each.prompt) + end for end in each.ends]) for each in steps]


@dataclass(frozen=True)
class Policy:
    """What writes answers, and how they are checked."""

    model: Any
    verify: Callable[[Any, Any], bool]
    tokens: int
    temperature: float
    tokenizer: Any = None
    stop: Stop | None = None

    def sample(
        self, prompts: Sequence[Sequence[int]], number: int, *, seed: int, usage: Usage | None = None
    ) -> Sampled:
        """So many answers to each prompt, all side by side."""
        rows = [at for at in range(len(prompts)) for _ in range(number)]
        branches = Branches.read(self.model, prompts, method="Sampling", usage=usage).select(rows)
        written = branches.write(self.tokens, sampling=Sampling(self.temperature), stop=self.stop, seed=seed)
        groups = [written[at * number : (at + 1) * number] for at in range(len(prompts))]
        right = [[self.is_right(p, each.tokens) for each in group] for p, group in zip(prompts, groups, strict=True)]
        return Sampled(prompts, groups, right)

    def is_right(self, prompt: Sequence[int], tokens: Sequence[int]) -> bool:
        """Whether an answer is right, as the labels have it."""
        if self.tokenizer is None:
            return self.verify(list(prompt), list(tokens))
        decode = self.tokenizer.decode
        return self.verify(decode(list(prompt)), decode(list(tokens), skip_special_tokens=True))


@dataclass(frozen=True)
class Labels:
    """The labels of an arm, and in which order its borders may be paid for."""

    steps: Sequence[LabelledSteps]
    order: Mapping[tuple[tuple[int, ...], tuple[int, ...]], int]
    rollouts: int
    """Of each border."""

    def within(self, budget: int) -> list[LabelledSteps]:
        """Those that so many rollouts pay for, and all ends of answers."""
        paid = budget // self.rollouts
        return [_keep(each, lambda key: self.order.get(key, -1) < paid) for each in self.steps]


def label(
    policy: Policy,
    steps: Sequence[Steps],
    *,
    budget: int,
    rollouts: Rollouts,
    seed: int,
    usage: Usage | None = None,
) -> Labels:
    """Label the borders that so many rollouts pay for, drawn from all of these steps."""
    keys = sorted({(tuple(each.prompt), tuple(each.tokens[:e])) for each in steps for e in each.ends[:-1]})
    random.Random(seed).shuffle(keys)  # noqa: S311 - no secret
    order = {key: at for at, key in enumerate(keys)}
    paid = budget // rollouts.number
    chosen = [
        replace(
            each,
            ends=[
                end
                for end in each.ends
                if end == len(each.tokens) or order[tuple(each.prompt), tuple(each.tokens[:end])] < paid
            ],
        )
        for each in steps
    ]
    labelled = label_by_rollouts(
        policy.model,
        chosen,
        policy.verify,
        rollouts,
        tokenizer=policy.tokenizer,
        stop=policy.stop,
        seed=seed,
        usage=usage,
    )
    return Labels(labelled, order, rollouts.number)


def train(policy: Policy, labelled: Sequence[LabelledSteps], training: StepTraining, **how: Any) -> Any:
    """A model of step rewards from hard labels, as the paper has them."""
    return train_step_rewards(policy.model, [each.labels() for each in labelled], training, **how)


def best_of_n(
    rewards: Any, sampled: Sampled, cut: Cut, *, number: int | None = None, states: Any = None
) -> list[float]:
    """How often the answer is right whose worst step scores best, for each question.

    Args:
        rewards: A model of step rewards.
        sampled: Answers to each question.
        cut: Into steps.
        number: Answers to choose from, the mean over all choices of so many; all by default.
        states: Of the answers' texts, if they were read.
    """
    rows = sampled.rows(cut)
    scores = [reduce_scores(each, "min") for each in score_steps(rewards, rows, batch=64, states=states)]
    size = len(sampled.answers[0])
    number = number or size
    results = []
    for question, right in enumerate(sampled.right):
        own = scores[question * size : (question + 1) * size]
        order = sorted(range(size), key=[-each for each in own].__getitem__)
        # The one of rank r is the best of a choice that takes it and all others from behind it.
        results.append(sum(right[at] * comb(size - 1 - rank, number - 1) for rank, at in enumerate(order)))
    return [each / comb(size, number) for each in results]


def rollouts_to_reach(target: float, budgets: Sequence[int], scores: Sequence[float]) -> float:
    """After how many rollouts a score is reached, on lines between budgets; twice the last where it never is."""
    before, least = 0.0, scores[0]
    for budget, score in zip(budgets, scores, strict=True):
        if score >= target:
            return budget if score <= least else before + (budget - before) * max(0.0, target - least) / (score - least)
        before, least = float(budget), score
    return 2.0 * budgets[-1]


def _keep(each: LabelledSteps, paid: Callable[[Any], bool]) -> LabelledSteps:
    answer = each.answer
    prompt, tokens = tuple(answer.prompt), tuple(answer.tokens)
    kept = [at for at, end in enumerate(answer.ends) if end == len(tokens) or paid((prompt, tokens[:end]))]
    return LabelledSteps(replace(answer, ends=[answer.ends[at] for at in kept]), tuple(each.values[at] for at in kept))
