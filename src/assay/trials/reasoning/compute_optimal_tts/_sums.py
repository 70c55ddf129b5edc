"""Worked sums for compute-optimal search: SmolLM2-135M-Instruct tuned to work them out, and rewards of its steps.

The policy is the testbed's, whose steps are lines and can be checked exactly. The rewards are a head on the frozen body
of a copy that was tuned for longer, fitted to labels of the policy's own answers. Beside rewards that know the policy's
errors stand two that should be of less use: 3 of 10 labels wrong, and labels of made-up errors alone.
"""

import random
from dataclasses import dataclass, replace
from functools import partial
from time import process_time
from typing import Any

import torch

from assay.methods._answers import same_answer
from assay.methods.reasoning.compute_optimal_tts import (
    Outcome,
    Policy,
    SearchConfig,
    StepLabels,
    label_steps,
    search,
    train_step_rewards,
)
from assay.testbed.pretrained import LanguageModel
from assay.testbed.tasks.worked_sums import WorkedSum, draw_worked_sums
from assay.testbed.tuned_policy import step_ids, tuned_policy
from assay.trials import Bench
from assay.trials.reasoning.compute_optimal_tts._arms import Questions, record, restore, tree_outcomes

GOOD, NOISY, FOREIGN = "labels of the policy's own answers", "3 of 10 labels wrong", "labels of made-up errors"
_LONGER = 100
"""Updates of the policy that is tuned for longer; the other has 70."""


@dataclass(frozen=True)
class Size:
    """How much is sampled."""

    rollouts: tuple[int, int]
    """Questions that rewards learn from, and samples of each."""
    validation: tuple[int, int]
    test: int
    n: tuple[int, int]
    pool: int
    parts: int
    temperatures: tuple[float, ...]
    terms: tuple[int, int]
    tokens: int = 64
    steps: int = 12
    step_tokens: int = 24


@dataclass(frozen=True)
class World:
    """Policies and rewards."""

    policy: Policy
    longer: Policy
    rewards: dict[str, Any]
    size: Size

    def tree(self, n: int, temperature: float = 0.7) -> SearchConfig:
        """A beam of n lines."""
        whole = self.whole(n, temperature)
        size = self.size
        return replace(whole, method="beam", width=min(4, n), steps=size.steps, step_tokens=size.step_tokens)

    def whole(self, n: int, temperature: float = 0.7) -> SearchConfig:
        """So many samples."""
        return SearchConfig("majority", n=n, temperature=temperature, tokens=self.size.tokens)

    def sample(self, questions: Questions, config: SearchConfig, kind: str | None, seed: int) -> list[Any]:
        """What a search comes to, as JSON can hold it; under rewards of a kind, or none."""
        rewards = None if kind is None else self.rewards[kind]
        return record(search(self.policy, questions.prompts, config, rewards, seed=seed))


def make_world(bench: Bench, lm: LanguageModel, size: Size) -> World:
    """The policies in bfloat16, and rewards of each kind."""
    if bench.quick:  # too little time to tune anything: what comes out means nothing, and shows that it runs
        tuned = longer = lm
    else:
        tuned, longer = tuned_policy(lm), tuned_policy(lm, steps=_LONGER)
        for each in (tuned, longer):
            model: Any = each.model
            model.to(torch.bfloat16)
    world = World(_policy(tuned), _policy(longer), {}, size)
    labels = _labels(bench, world, tuned)
    for kind in [GOOD] if bench.quick else labels:
        world.rewards[kind] = train_step_rewards(longer.model, labels[kind])
    return world


def _policy(lm: LanguageModel) -> Policy:
    return Policy(lm.model, lm.tokenizer, step_end="\n", is_whole=lambda text: "\n" in text.partition("Answer:")[2])


def draw_questions(number: int, size: Size, *, seed: int) -> Questions:
    """Sums to ask."""
    sums = _draw(number, size, seed=seed)
    return Questions([each.prompt for each in sums], lambda at, answer: same_answer(answer, sums[at].answer))


def _draw(number: int, size: Size, *, seed: int) -> list[WorkedSum]:
    return draw_worked_sums(number, terms=size.terms, seed=seed)


def search_trees(
    bench: Bench, world: World, questions: Questions, name: str, config: SearchConfig, kind: str = GOOD
) -> list[Outcome]:
    """What a search of trees comes to for each question; kept under the name."""
    solutions = bench.once(name, partial(world.sample, questions, config, kind, 5))
    return tree_outcomes(questions, restore(solutions))


def time_questions(
    world: World, questions: Questions, arms: dict[str, tuple[SearchConfig, Any]]
) -> dict[str, list[float]]:
    """CPU time of single questions, the arms in turns."""
    seconds: dict[str, list[float]] = {arm: [] for arm in arms}
    for prompt in questions.prompts:
        for arm, (config, scores) in arms.items():
            began = process_time()
            search(world.policy, [prompt], config, scores, seed=9)
            seconds[arm].append(process_time() - began)
    return {arm: each[1:] or each for arm, each in seconds.items()}  # the first warms up


def _labels(bench: Bench, world: World, lm: LanguageModel) -> dict[str, list[StepLabels]]:
    """Steps with exact labels, by where they come from."""
    number, each = world.size.rollouts
    sums = _draw(number, world.size, seed=1)
    config = world.whole(each, temperature=1.0)
    asked = Questions([one.prompt for one in sums], lambda *_: False)
    sampled = restore(bench.once("answers that rewards learn from", partial(world.sample, asked, config, None, 1)))
    check = lambda at, steps: [float(right) for right in sums[at].right_steps(steps)]  # noqa: E731
    own = label_steps(world.policy, sampled, check)
    made_up = [_with_error(lm, one, 10 * at + copy) for at, one in enumerate(sums) for copy in range(each)]
    own += made_up[:4] if bench.quick else []  # so that labels are not all alike
    draw = random.Random(bench.seed)  # noqa: S311 - noise, not a secret
    noisy = [replace(row, values=[1 - v if draw.random() < 0.3 else v for v in row.values]) for row in own]
    return {GOOD: own, NOISY: noisy, FOREIGN: made_up}


def _with_error(lm: LanguageModel, one: WorkedSum, seed: int) -> StepLabels:
    """The worked solution; in two of three, one line's result is off by one or two, and the rest as it was."""
    draw, steps = random.Random(seed), list(one.steps)  # noqa: S311
    if draw.random() < 2 / 3:
        at = draw.randrange(len(steps))
        head, _, value = steps[at].rpartition(" ")
        steps[at] = f"{head} {int(value) + draw.choice((-2, -1, 1, 2))}\n"
    ids, ends = step_ids(lm, [one.prompt]), []
    for step in steps:
        ids += step_ids(lm, [step])
        ends.append(len(ids))
    return StepLabels(ids, ends, [float(right) for right in one.right_steps(steps)])
