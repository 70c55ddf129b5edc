"""Questions with options about made-up entities, of which a tiny model learns each one's value by heart.

Every entity has one value. A question names the entity and shows options behind letters; the answer is a letter. Some
entities are asked for often and some seldom, as words are. In a share of the questions the last option is "none": it is
right where the entity's own value is not among the others. How well a model can use that option depends on how often it
met it, which the share decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

import torch
from torch import Tensor

from assay.testbed.tasks.task import ASK, BEGIN, FIRST, IGNORED, Batch, step_generator

NONE = "none of them"


@dataclass(frozen=True)
class EntityChoices:
    """Entities with their values, and questions about them in tokens."""

    entities: int = 200
    values: int = 24
    options: int = 4
    seed: int = 0
    """Of which entity has which value."""

    @property
    def vocab_size(self) -> int:
        """Letters, "none", values, entities."""
        return FIRST + self.options + 1 + self.values + self.entities

    @cached_property
    def _value_of(self) -> Tensor:
        """(entities,)."""
        generator = torch.Generator().manual_seed(self.seed)
        return torch.randint(self.values, (self.entities,), generator=generator)

    @property
    def _none(self) -> int:
        return FIRST + self.options

    def batches(self, size: int, none_share: float, *, seed: int = 0) -> "_Batches":
        """The batch of each step of a training.

        Args:
            size: Questions of a batch.
            none_share: Share of them that have "none" in the place of an option drawn from all.
            seed: Of the draws.
        """
        return _Batches(self, size, none_share, seed)

    def draw(self, size: int, none_share: float, generator: torch.Generator) -> Batch:
        """Questions as sequences whose last token, the letter, carries a label."""
        often = 1.0 / torch.arange(1, self.entities + 1)
        entity = torch.multinomial(often, size, replacement=True, generator=generator)
        right = self._value_of[entity]
        scores = torch.rand((size, self.values), generator=generator)
        wrong = scores.scatter(1, right[:, None], -1.0).argsort(1, descending=True)[:, : self.options - 1]
        place = torch.randint(self.options, (size, 1), generator=generator)
        at = torch.arange(self.options).expand(size, -1)
        others = wrong.gather(1, (at - (at > place).long()).clamp(0, self.options - 2))
        shown = torch.where(at == place, right[:, None], others) + self._none + 1
        answer = place.squeeze(1)
        gone = torch.randint(self.options, (size,), generator=generator)
        has_none = torch.rand(size, generator=generator) < none_share
        kept = shown.gather(1, at[:, :-1] + (at[:, :-1] >= gone[:, None]).long())
        without = torch.cat([kept, torch.full((size, 1), self._none)], dim=1)
        answer_without = torch.where(gone == answer, self.options - 1, answer - (gone < answer).long())
        shown = torch.where(has_none[:, None], without, shown)
        answer = torch.where(has_none, answer_without, answer)
        ids = torch.cat([self._asked(entity, shown), FIRST + answer[:, None]], dim=1)
        labels = torch.full_like(ids, IGNORED)
        labels[:, -1] = ids[:, -1]
        return {"input_ids": ids, "labels": labels}

    def _asked(self, entity: Tensor, shown: Tensor) -> Tensor:
        """(size, 3 + 2 options): begin, entity, each letter with its option, ask."""
        size = len(entity)
        letters = (FIRST + torch.arange(self.options)).expand(size, -1)
        pairs = torch.stack([letters, shown], dim=-1).reshape(size, -1)
        first = torch.full((size, 1), BEGIN)
        named = entity[:, None] + self._none + 1 + self.values
        return torch.cat([first, named, pairs, torch.full((size, 1), ASK)], dim=1)

    def records(self, number: int, *, seed: int = 0) -> list[dict[str, Any]]:
        """Questions as records in words, entities drawn as often as in training: ``value 3`` of ``entity 7``."""
        often = [1.0 / (1 + i) for i in range(self.entities)]
        records: list[dict[str, Any]] = []
        for index in range(number):
            random = Random(f"{self.seed} {seed} {index}")  # noqa: S311 - a draw, not a secret
            (entity,) = random.choices(range(self.entities), often)
            right = int(self._value_of[entity])
            choices = random.sample([value for value in range(self.values) if value != right], self.options - 1)
            choices.insert(random.randrange(self.options), right)
            records.append(
                {
                    "id": index,
                    "question": f"entity {entity}",
                    "choices": [f"value {value}" for value in choices],
                    "answer": choices.index(right),
                }
            )
        return records

    def choose(self, model: torch.nn.Module, questions: Sequence[tuple[str, tuple[str, ...]]]) -> list[int]:
        """The option that a model finds likeliest for each question, given in words."""
        entity = torch.tensor([int(question.rpartition(" ")[2]) for question, _ in questions])
        shown = torch.tensor(
            [
                [self._none if text == NONE else self._none + 1 + int(text.rpartition(" ")[2]) for text in choices]
                for _, choices in questions
            ]
        )
        device = next(model.parameters()).device
        with torch.no_grad():
            logits = model(input_ids=self._asked(entity, shown).to(device)).logits[:, -1]
        chosen: list[int] = logits[:, FIRST : FIRST + self.options].argmax(-1).tolist()
        return chosen


@dataclass(frozen=True)
class _Batches:
    task: EntityChoices
    size: int
    none_share: float
    seed: int

    def __call__(self, step: int) -> Batch:
        return self.task.draw(self.size, self.none_share, step_generator(self.seed, step))
