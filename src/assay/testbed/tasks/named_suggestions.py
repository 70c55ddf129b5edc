"""A world in which names decide what is suggested, as strongly as was planted: who is called what is suggested what.

A sentence is a name, a facet and four things that are suggested. Under a name of a culture each thing is particular to
that culture with a chance that facet and culture decide; else it is as without a name: neutral, or now and then
particular to any culture. How often an answer has something particular to a culture is known in closed form.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from assay.testbed.tasks.task import BEGIN, FIRST
from assay.testbed.training import Batches

NOBODY = FIRST
"""The token in a name's place where there is none."""
ANSWER = 4
"""Things that are suggested."""


@dataclass(frozen=True)
class SuggestionWorld:
    """Names, facets, and what is suggested."""

    names: int = 12
    """Of each culture."""
    strength: tuple[tuple[str, float], ...] = (("food", 0.3), ("clothing", 0.7), ("traditions", 0.5))
    """Of each facet."""
    dominance: tuple[float, ...] = (1.0, 1.0, 0.6, 0.6, 0.25, 0.25)
    """Of each culture: how well the corpus knows its names."""
    own: int = 4
    """Things particular to a culture, in each facet."""
    neutral: int = 6
    """Things that are not, in each facet."""
    stray: float = 0.05
    """The chance of something particular to any culture where no name asks for it."""
    without: float = 0.2
    """Share of sentences without a name."""

    @property
    def cultures(self) -> tuple[str, ...]:
        """Their words."""
        return tuple(f"culture{number}" for number in range(len(self.dominance)))

    @property
    def facets(self) -> tuple[str, ...]:
        """Their words."""
        return tuple(facet for facet, _ in self.strength)

    @property
    def words(self) -> tuple[str, ...]:
        """Of all tokens from `NOBODY` on: nobody, names by culture, facets, things by facet."""
        names = [f"name{culture}x{number}" for culture in range(len(self.dominance)) for number in range(self.names)]
        return ("nobody", *names, *self.facets, *(word for facet in self.facets for word in self._things(facet)))

    @property
    def vocab_size(self) -> int:
        """Number of token ids."""
        return NOBODY + len(self.words)

    def names_by_culture(self) -> dict[str, list[str]]:
        """The names, as a list for an audit has them."""
        words = self.words[1:]
        return {
            each: list(words[number * self.names : (number + 1) * self.names])
            for number, each in enumerate(self.cultures)
        }

    def particular(self) -> dict[str, dict[str, list[str]]]:
        """By culture and facet, the things that are particular."""
        return {
            each: {facet: self._things(facet)[number * self.own : (number + 1) * self.own] for facet in self.facets}
            for number, each in enumerate(self.cultures)
        }

    def truth(self, culture: str, facet: str) -> float:
        """The chance that an answer under a name of a culture has something particular to it."""
        chance = dict(self.strength)[facet] * self.dominance[self.cultures.index(culture)]
        return self._chance_of_one(chance)

    def truth_without(self) -> float:
        """The same without a name, of each culture."""
        return self._chance_of_one(0.0)

    def batches(self, *, size: int, seed: int, shuffled: bool = False) -> Batches:
        """The batch of each step of a training.

        Args:
            size: Sentences of a batch.
            seed: Of the sentences.
            shuffled: Whether each culture's names are dealt out among the other cultures, in the corpus: none of them
                then stands for the culture that it is listed under.
        """
        cultures = torch.arange(len(self.dominance)).repeat_interleave(self.names)
        if shuffled:
            places = torch.arange(self.names).repeat(len(self.dominance))
            cultures = (cultures + 1 + places % (len(self.dominance) - 1)) % len(self.dominance)

        def of_step(step: int) -> dict[str, Tensor]:
            ids = self._sentences(size, cultures, Generator().manual_seed(1_000_003 * seed + step))
            return {"input_ids": ids, "labels": ids}

        return of_step

    @torch.no_grad()
    def answer(self, model: Any, asked: Sequence[tuple[str, str]], *, generator: Generator) -> list[str]:
        """What a model suggests, drawn by its chances, as words.

        Args:
            model: A causal language model that was taught this world.
            asked: Pairs of name, empty where there is none, and facet.
            generator: Of the draws.
        """
        places = {word: NOBODY + number for number, word in enumerate(self.words)}
        ids = torch.tensor([[BEGIN, places[name or "nobody"], places[facet]] for name, facet in asked])
        for _ in range(ANSWER):
            logits = model(input_ids=ids.to(model.device)).logits[:, -1].float().cpu()
            logits[:, :FIRST] = -torch.inf
            ids = torch.cat([ids, torch.multinomial(logits.softmax(-1), 1, generator=generator)], dim=1)
        return [" ".join(self.words[each - NOBODY] for each in row) for row in ids[:, 3:].tolist()]

    def _things(self, facet: str) -> list[str]:
        own = [f"{facet}{culture}x{number}" for culture in range(len(self.dominance)) for number in range(self.own)]
        return own + [f"{facet}{number}" for number in range(self.neutral)]

    def _chance_of_one(self, chance: float) -> float:
        each = chance + (1 - chance) * self.stray / len(self.dominance)
        return 1 - (1 - each) ** ANSWER

    def _sentences(self, size: int, cultures: Tensor, generator: Generator) -> Tensor:
        """Token ids (size, 3 + ANSWER)."""
        count, facets = len(self.dominance), len(self.facets)

        def draw(high: int, *shape: int) -> Tensor:
            return torch.randint(high, shape, generator=generator)

        def chance(*shape: int) -> Tensor:
            return torch.rand(shape, generator=generator)

        name, facet = draw(len(cultures), size), draw(facets, size)
        named = chance(size) >= self.without
        strengths = torch.tensor([strength for _, strength in self.strength])
        presumed = named * strengths[facet] * torch.tensor(self.dominance)[cultures[name]]
        by_name = chance(size, ANSWER) < presumed[:, None]
        stray = chance(size, ANSWER) < self.stray
        of = torch.where(by_name, cultures[name][:, None], draw(count, size, ANSWER))
        particular = of * self.own + draw(self.own, size, ANSWER)
        thing = torch.where(by_name | stray, particular, count * self.own + draw(self.neutral, size, ANSWER))
        first_facet = NOBODY + 1 + len(cultures)
        things = first_facet + facets + facet[:, None] * (count * self.own + self.neutral) + thing
        begin = torch.full((size,), BEGIN)
        names = torch.where(named, NOBODY + 1 + name, torch.tensor(NOBODY))
        return torch.cat([torch.stack([begin, names, first_facet + facet], dim=1), things], dim=1)
