"""Where is it from? Made-up things of two regions, learnt by heart, one region more often than the other.

A thing has a title and one country, and is asked for by options behind letters. A hint may tell its region; a picture
may show its country, and shows another one in 30 of 100 cases. Training has all of that and none, in turn.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Any

import torch
from torch import Tensor

from assay.testbed.tasks.task import ASK, BEGIN, FIRST, IGNORED, Batch, step_generator

REGIONS = ("rich", "poor")
OPTIONS = 4
_NOISE = 0.3


@dataclass(frozen=True)
class RegionalFacts:
    """Things with their countries, and questions about them in tokens."""

    things: int = 60
    """Of each region."""
    countries: int = 12
    """Of each region."""
    rich_share: float = 40 / 45
    """Of the questions in training that are about the rich region."""
    seed: int = 0

    @property
    def vocab_size(self) -> int:
        """Letters, hints, pictures, countries, things."""
        return self._thing(2 * self.things)

    @cached_property
    def regions(self) -> dict[str, str]:
        """The region of each country, by name."""
        return {self.country_name(i): REGIONS[i // self.countries] for i in range(2 * self.countries)}

    @cached_property
    def _country_of(self) -> Tensor:
        """(things of both regions,)."""
        generator = torch.Generator().manual_seed(self.seed)
        own = torch.randint(self.countries, (2 * self.things,), generator=generator)
        return own + self.countries * (torch.arange(2 * self.things) >= self.things)

    def country_name(self, number: int) -> str:
        """``rich 3``."""
        return f"{REGIONS[number // self.countries]} {number % self.countries}"

    def records(self) -> list[dict[str, Any]]:
        """Every thing with its title, its country and its picture, which is drawn once."""
        records = []
        for thing in range(2 * self.things):
            random = Random(f"{self.seed} {thing}")  # noqa: S311 - a draw, not a secret
            country = int(self._country_of[thing])
            shown = random.randrange(2 * self.countries) if random.random() < _NOISE else country
            records.append(
                {"id": thing, "title": f"thing {thing}", "countries": [self.country_name(country)], "image": shown}
            )
        return records

    def batch(self, size: int, seed: int, step: int) -> Batch:
        """The batch of a step of a training: questions whose last token, the letter, carries a label."""
        generator = step_generator(seed, step)

        def chance(share: float) -> Tensor:
            return torch.rand(size, generator=generator) < share

        rich = chance(self.rich_share)
        thing = torch.randint(self.things, (size,), generator=generator) + self.things * (~rich).long()
        right = self._country_of[thing]
        every = torch.arange(2 * self.countries).expand(size, -1)
        near = every // self.countries == (right // self.countries)[:, None]
        luck = torch.rand((size, 2 * self.countries), generator=generator)
        # Half of the questions have wrong options of the thing's own region.
        luck = luck + 2.0 * (near & chance(0.5)[:, None])
        wrong = luck.scatter(1, right[:, None], -1.0).argsort(1, descending=True)[:, : OPTIONS - 1]
        place = torch.randint(OPTIONS, (size, 1), generator=generator)
        at = torch.arange(OPTIONS).expand(size, -1)
        shown = torch.where(
            at == place, right[:, None], wrong.gather(1, (at - (at > place).long()).clamp(0, OPTIONS - 2))
        )
        seen = torch.where(chance(_NOISE), torch.randint(2 * self.countries, (size,), generator=generator), right)
        hint = torch.where(chance(0.5), right // self.countries, -1)
        image = torch.where(chance(0.5), seen, -1)
        ids = torch.cat([self._asked(thing, hint, image, shown), FIRST + place], dim=1)
        labels = torch.full_like(ids, IGNORED)
        labels[:, -1] = ids[:, -1]
        return {"input_ids": ids, "labels": labels}

    def choose(self, model: Any, questions: Sequence[Mapping[str, Any]]) -> list[int]:
        """The option that a model finds likeliest for each question.

        Args:
            model: Trained on this.
            questions: Each with ``title``, ``choices``, and ``hint`` and ``image``, which may be ``None``.
        """
        numbers = {name: number for number, name in enumerate(self.regions)}
        thing = torch.tensor([int(each["title"].rpartition(" ")[2]) for each in questions])
        hint = torch.tensor([-1 if each["hint"] is None else REGIONS.index(each["hint"]) for each in questions])
        image = torch.tensor([-1 if each["image"] is None else each["image"] for each in questions])
        shown = torch.tensor([[numbers[choice] for choice in each["choices"]] for each in questions])
        with torch.no_grad():
            logits = model(input_ids=self._asked(thing, hint, image, shown).to(model.device)).logits[:, -1]
        chosen: list[int] = logits[:, FIRST : FIRST + OPTIONS].argmax(-1).tolist()
        return chosen

    def _asked(self, thing: Tensor, hint: Tensor, image: Tensor, shown: Tensor) -> Tensor:
        """(size, 5 + 2 options): begin, thing, hint, picture (-1 is none of them), letters with options, ask."""
        size = len(thing)
        letters = (FIRST + torch.arange(OPTIONS)).expand(size, -1)
        first_hint = FIRST + OPTIONS + 1
        first_image = first_hint + len(REGIONS) + 1
        pairs = torch.stack([letters, shown + first_image + 2 * self.countries], dim=-1).reshape(size, -1)
        head = torch.stack(
            [torch.full((size,), BEGIN), thing + self._thing(0), hint + first_hint, image + first_image], dim=1
        )
        return torch.cat([head, pairs, torch.full((size, 1), ASK)], dim=1)

    def _thing(self, number: int) -> int:
        """The token of a thing: behind letters, hints with none, pictures with none, and countries."""
        return FIRST + OPTIONS + 1 + len(REGIONS) + 1 + 4 * self.countries + number
