"""The control of compute-optimal search: nets that walk through a table, and rewards that know the table or do not.

The policy has seen few walks, and most of them from a few places; the longer-trained one is the same net with more
updates. The body of the rewards has learnt walks from everywhere: it knows what the policy does not. That is a
privilege, and makes this a check of search and rewards rather than evidence for the paper.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import torch

from assay.methods.reasoning.compute_optimal_tts import (
    Policy,
    SearchConfig,
    Solution,
    StepLabels,
    StepTraining,
    label_steps,
    search,
    train_step_rewards,
)
from assay.testbed.models import tiny
from assay.testbed.tasks.table_walk import TableWalk
from assay.testbed.tasks.task import IGNORED
from assay.testbed.training import Batches, train_once
from assay.trials.reasoning.compute_optimal_tts._arms import Questions

_BEGIN, _END, _IS = 1, 2, 3
GOOD, NOISY, FOREIGN, OWN = "good", "3 of 10 labels wrong", "trained on made-up errors", "on the policy's own body"


@dataclass(frozen=True)
class Walks:
    """A table, nets that know it more or less, and questions about it."""

    seed: int
    updates: tuple[int, int, int]
    """Of the policy, of the longer-trained one, of the body of the rewards."""
    rows: int
    """That rewards are trained on."""
    places: int = 24

    @cached_property
    def task(self) -> TableWalk:
        """With its table."""
        return TableWalk(self.places, seed=self.seed)

    def policy(self, model: Any) -> Policy:
        """Each token is a step; the answer stands behind the mark."""
        return Policy(model, step_end=bool, answer=_behind_the_mark, equal=str.__eq__)

    def net(self, updates: int, *, evenly: bool, hidden: int = 48, layers: int = 2) -> Any:
        """A net after so many updates."""
        shape = {"hidden": hidden, "layers": layers}
        return train_once(
            {
                "what": "whole walks",
                "places": self.places,
                "updates": updates,
                "evenly": evenly,
                "seed": self.seed,
                **shape,
            },
            partial(tiny, "llama", vocab_size=self.task.vocabulary, hidden=hidden, layers=layers, seed=self.seed),
            self._batches(evenly=evenly),
            steps=updates,
            lr=3e-3,
            seed=self.seed,
            what="training on walks",
        )

    def body(self) -> Any:
        """The body of the rewards: larger than the policy, since to tell a wrong step takes a layer more."""
        return self.net(self.updates[2], evenly=True, hidden=64, layers=4)

    def _batches(self, *, evenly: bool) -> Batches:
        def of_step(step: int) -> dict[str, torch.Tensor]:
            generator = torch.Generator().manual_seed(1_000_003 * self.seed + step)
            texts = [self.text(walk) for walk in self.task.walks(64, generator, evenly=evenly)]
            longest = max(map(len, texts))
            ids = torch.tensor([text + [0] * (longest - len(text)) for text in texts])
            labels = ids.masked_fill(ids == 0, IGNORED)
            labels[:, :4] = IGNORED
            return {"input_ids": ids, "labels": labels}

        return of_step

    def text(self, walk: Sequence[int]) -> list[int]:
        """A walk with its answer."""
        return [_BEGIN, *walk, _IS, walk[-1], _END]

    def draw(self, number: int, *, seed: int) -> tuple[Questions, list[list[int]]]:
        """Questions from everywhere, and their walks."""
        walks = self.task.walks(number, torch.Generator().manual_seed(seed))
        prompts = [[_BEGIN, *walk[:3]] for walk in walks]
        return Questions(prompts, lambda at, answer: answer == str(walks[at][-1])), walks

    def rewards(self, kind: str, policy: Policy, body: Any) -> Any:
        """A model of step rewards: half of its rows are the policy's own answers, half walks with made-up errors."""
        own = kind != FOREIGN
        questions, walks = self.draw(self.rows // 2, seed=self.seed + 101)
        made_up = [_with_errors(self.text(walk), walk, self.task, at + self.seed) for at, walk in enumerate(walks)]
        rows = [_labelled(text, walk) for text, walk in zip(made_up, walks, strict=True)]
        if own:
            sampled = search(policy, questions.prompts, SearchConfig("majority", n=1, temperature=1.0, tokens=14))
            rows += self.label(policy, sampled, walks)
        else:
            rows *= 2
        if kind == NOISY:
            rows = _flip(rows, 0.3, self.seed)
        random.Random(self.seed).shuffle(rows)  # noqa: S311 - an order, not a secret
        training = StepTraining(body="all", epochs=3, lr=2e-3, batch=64)
        return train_step_rewards(policy.model if kind == OWN else body, rows, training, seed=self.seed)

    def label(self, policy: Policy, solutions: Sequence[Solution], walks: Sequence[Sequence[int]]) -> list[StepLabels]:
        """Exact labels: a step is good if all up to it are."""
        check: Callable[[int, list[str]], list[float]] = lambda number, steps: _right(walks[number], map(int, steps))  # noqa: E731
        return label_steps(policy, solutions, check)


def _behind_the_mark(text: str) -> str:
    words = text.split()
    return words[words.index(str(_IS)) + 1] if str(_IS) in words[:-1] else ""


def _right(walk: Sequence[int], steps: Any) -> list[float]:
    truth, right, labels = [*walk[3:], _IS, walk[-1]], True, []
    for at, step in enumerate(steps):
        right = right and at < len(truth) and step == truth[at]
        labels.append(float(right))
    return labels


def _labelled(text: Sequence[int], walk: Sequence[int]) -> StepLabels:
    steps = text[4:-1]
    return StepLabels([*text[:-1]], [5 + at for at in range(len(steps))], _right(walk, steps))


def _with_errors(text: list[int], walk: Sequence[int], task: TableWalk, seed: int) -> list[int]:
    """One step in three replaced by another place."""
    draw = random.Random(seed)  # noqa: S311
    first = task.vocabulary - task.places
    wrong = [first + draw.randrange(task.places) if draw.random() < 0.3 else token for token in text[4 : len(walk) + 1]]
    return [*text[:4], *wrong, _IS, wrong[-1] if wrong else walk[-1], _END]


def _flip(rows: Sequence[StepLabels], share: float, seed: int) -> list[StepLabels]:
    """The same rows with a share of their labels the wrong way round."""
    draw = random.Random(seed)  # noqa: S311
    return [
        StepLabels(row.tokens, row.ends, [1 - value if draw.random() < share else value for value in row.values])
        for row in rows
    ]
