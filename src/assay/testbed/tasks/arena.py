"""An arena with planted strengths: real prompts of six topics, and votes on models that are good at some of them.

The prompts are what packages carry: functions of Python's standard library, its manual, facts about countries, terms of
computing, and made ones, sums and games with words. No model answers: who wins is drawn from strengths that were
planted, so that what is fitted to the votes can be held against the truth.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.testbed.prose import foldoc
from assay.testbed.tasks.country_facts import country_facts
from assay.testbed.text import pydoc_topics, stdlib_files

Floats = NDArray[np.float64]

_LONGEST = 180
"""Characters of a prompt."""
_FUNCTION = re.compile(r"^ {0,4}def [a-z]\w+\([^)]*\):\n(?:.+\n){2,4}", re.MULTILINE)


@dataclass(frozen=True, eq=False)
class Arena:
    """Prompts, models, and how strong each model is on each prompt."""

    prompts: tuple[str, ...]
    topics: tuple[str, ...]
    """Of each prompt."""
    models: tuple[str, ...]
    strengths: Floats
    """(prompts, models)."""

    def draw_votes(self, prompts: Sequence[int], count: int, *, seed: int) -> list[dict[str, Any]]:
        """So many votes on prompts of these numbers, each on two models drawn alike; there are no ties."""
        rng = np.random.default_rng(seed)
        votes = []
        for prompt in rng.choice(np.asarray(prompts), size=count):
            first, second = rng.choice(len(self.models), size=2, replace=False)
            wins = rng.random() < 1 / (1 + np.exp(self.strengths[prompt, second] - self.strengths[prompt, first]))
            votes.append(
                {
                    "prompt": self.prompts[prompt],
                    "model_a": self.models[first],
                    "model_b": self.models[second],
                    "winner": "model_a" if wins else "model_b",
                }
            )
        return votes

    def wins(self, prompts: Sequence[int]) -> Floats:
        """(prompts, models): the true chance of each model to beat one drawn from all others."""
        strengths = self.strengths[np.asarray(prompts)]
        rates = 1 / (1 + np.exp(strengths[:, None, :] - strengths[:, :, None]))
        shares: Floats = (rates.sum(2) - 0.5) / (len(self.models) - 1)
        return shares


def plant_arena(per_topic: int, *, models: int, by_topic: float, seed: int) -> Arena:
    """An arena with so many prompts of each topic.

    Args:
        per_topic: Number of prompts.
        models: Number of models.
        by_topic: Spread of the strengths over topics; 0 for models that are as good at all of them. On the average over
            topics they spread by 0.5, and on each prompt by 0.3 more, which no prompt's text tells.
        seed: Of the strengths. The prompts are always the same.

    Raises:
        ValueError: A topic has fewer prompts.
    """
    rng = np.random.default_rng(seed)
    drawn = [(topic, prompt) for topic, prompts in topical_prompts(per_topic).items() for prompt in prompts]
    topics = list(dict.fromkeys(topic for topic, _ in drawn))
    base, special = rng.normal(0, 0.5, models), rng.normal(0, by_topic, (len(topics), models)) if by_topic else 0.0
    of_topic = base + np.broadcast_to(special, (len(topics), models))
    own = rng.normal(0, 0.3, (len(drawn), models))
    strengths = np.stack([of_topic[topics.index(topic)] for topic, _ in drawn]) + own
    names = tuple(f"model-{at:02d}" for at in range(models))
    return Arena(tuple(prompt for _, prompt in drawn), tuple(topic for topic, _ in drawn), names, strengths)


def topical_prompts(count: int) -> dict[str, list[str]]:
    """So many prompts of each of six topics.

    Raises:
        NotFetchedError: The facts about countries are not here and not to be fetched.
        ValueError: A topic has fewer.
    """
    chosen = {}
    for topic, prompts in _sources().items():
        every = list(dict.fromkeys(prompt[:_LONGEST] for prompt in prompts))
        if len(every) < count:
            raise ValueError(f"there are {len(every)} prompts about {topic}, not {count}")
        random.Random(0).shuffle(every)  # noqa: S311 - an order, not a secret
        chosen[topic] = every[:count]
    return chosen


def _sources() -> dict[str, Iterator[str]]:
    rng = random.Random(1)  # noqa: S311
    words = [entry.headword for entry in foldoc().entries if re.fullmatch(r"[a-z]{4,9}", entry.headword)]
    terms = [entry.headword for entry in foldoc().entries if " " in entry.headword]
    games = ("Write the word {} backwards.", "How many vowels has the word {}?", "Find a rhyme for {}.")
    sums = ("What is {} times {}?", "Add {} and {}.", "A shelf holds {} books. How many do {} shelves hold?")
    return {
        "code": (f"What does this function do?\n{code}" for code in _functions()),
        "manual": (f"Explain this paragraph: {text}" for text in pydoc_topics().split("\n\n") if 80 < len(text) < 900),
        "countries": (fact.question for kind in ("capital", "currency", "continent") for fact in country_facts(kind)),
        "computing": (f"What is meant by {term}?" for term in terms),
        "sums": (rng.choice(sums).format(rng.randint(3, 99), rng.randint(3, 99)) for _ in range(2_000)),
        "word games": (rng.choice(games).format(word) for word in words),
    }


def _functions() -> Iterator[str]:
    for at, (_, text) in enumerate(stdlib_files()):
        if at == 60:
            return
        yield from (match.group() for match in _FUNCTION.finditer(text))
