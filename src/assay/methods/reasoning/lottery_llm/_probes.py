"""Items for the five abilities: short texts that go on with one of a few words, drawn from a seed.

An item is a context and one or more steps. Behind each step's lead stands one of its options, and one alone is right.
An item counts as right if every step is. The right words of earlier steps are shown before later ones, which changes no
item: where an earlier step is wrong the item is wrong anyway.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

ABILITIES = ("needle", "routing", "planning", "operations", "chain")
"""Retrieval from the prompt, knowing which resource is needed, planning, precise basic operations, and reasoning over
what stands far apart."""

_PLANS_SHOWN, _PROGRAMS_SHOWN = 4, 2
_REGISTERS = ("A", "B", "C", "D", "E", "F")

_PLACES = (
    "bakery chapel factory harbour hospital library museum orchard stadium theatre windmill brewery school prison "
    "market castle station garden bridge tower farm hotel mine palace"
).split()
_WORDS = (
    "river silver apple tiger cloud paper stone honey winter dragon garden mirror copper rabbit island summer "
    "window bottle engine forest candle hammer planet ticket"
).split()
_RESOURCES = {
    "calculator": (
        "What is {a} times {b}?",
        "Add {a} to {b}.",
        "How much is {a} minus {b}?",
        "Divide {a} by {b}.",
        "What is the sum of {a}, {b} and {c}?",
        "What is the square root of {a}?",
        "Multiply {a} by itself.",
        "How many times does {b} go into {a}?",
        "Round {a} divided by {b} to the nearest number.",
        "What is {a} per cent of {b}?",
        "Compute {a} + {b} * {c}.",
        "Which number is half of {a}?",
    ),
    "encyclopedia": (
        "Who wrote the book {title}?",
        "In which year was the {place} of {town} built?",
        "Who founded the town of {town}?",
        "What is the population of {town}?",
        "Which river flows through {town}?",
        "Where was {name} born?",
        "How tall is the {place} of {town}?",
        "Who is the mayor of {town}?",
        "What language is spoken in {town}?",
        "When did {name} of {town} die?",
        "Which country does {town} belong to?",
        "What is the {place} of {town} famous for?",
    ),
    "nothing": (
        "Say hello to {name}.",
        "Write a short poem about a {thing}.",
        "Tell {name} a joke about a {thing}.",
        "Thank {name} for the {thing}.",
        "Repeat the word {thing}.",
        "Wish {name} a nice day.",
        "Invent a name for a {thing}.",
        "Write a birthday card for {name}.",
        "Say something kind about {name}.",
        "Make up a story about a {thing}.",
        "Ask {name} how the day was.",
        "Write a slogan for a {thing}.",
    ),
}
_NAMES = "Anna Peter Maria Jonas Clara Martin Laura Simon Julia Oscar".split()
_TOWNS = "Velden Marrow Tarsk Olbeck Quint Harrow Lindal Brask Corvin Estrel".split()


@dataclass(frozen=True)
class Step:
    """A choice between words."""

    lead: str
    """What stands before the word, without the space between them."""
    answer: str
    """The right option."""
    options: tuple[str, ...]


@dataclass(frozen=True)
class Item:
    """One item of a probe."""

    ability: str
    context: str
    """Read once for all items that share it."""
    steps: tuple[Step, ...]
    length: int
    """In the probe's own unit: facts, questions shown, tasks, words or registers, hops."""
    group: str
    """Items of one group are not independent of each other: intervals are those of groups."""

    @property
    def chance(self) -> float:
        """How often guessing is right."""
        return prod(1 / len(step.options) for step in self.steps)

    @property
    def prompt(self) -> str:
        """All up to the first answer."""
        return self.context + self.steps[0].lead

    @property
    def answers(self) -> tuple[str, ...]:
        """The right word of each step."""
        return tuple(step.answer for step in self.steps)


@dataclass(frozen=True)
class Probes:
    """How many items there are, and how long they are. All values are ours: the paper gives none."""

    items: int = 120
    """Of each ability, at least."""
    facts: tuple[int, ...] = (6, 16)
    """In a needle's context, in turn."""
    depths: tuple[float, ...] = (0.0, 0.25, 0.5, 0.75, 1.0)
    """Where in the context the facts stand that are asked for: 0 is its beginning."""
    tasks: int = 3
    """To be put in order."""
    copied: int = 6
    """Words to be written again."""
    registers: int = 2
    """Of a program of one operation."""
    people: int = 3
    """In the context of a chain: each has a place, and each place a word."""
    seed: int = 0

    def __post_init__(self) -> None:
        sizes = {"facts": (2, len(_PLACES)), "tasks": (2, len(_WORDS)), "copied": (2, len(_WORDS)),
                 "registers": (2, len(_REGISTERS)), "people": (2, len(_NAMES)), "items": (1, 1_000_000)}  # fmt: skip
        for name, (least, most) in sizes.items():
            value = getattr(self, name)
            values = value if isinstance(value, tuple) else (value,)
            if not values or not all(least <= each <= most for each in values):
                raise ValueError(f"{name} is {value}: give from {least} to {most}")
        if not self.depths or not all(0 <= each <= 1 for each in self.depths):
            raise ValueError(f"depths are {self.depths}: give shares of the context, from 0 to 1")

    def draw(self, ability: str) -> list[Item]:
        """The items of one ability; the same for the same settings.

        Raises:
            ValueError: There is no such ability.
        """
        if ability not in ABILITIES:
            raise ValueError(f"no probe is called {ability!r}: choose {', '.join(ABILITIES)}")
        chance = random.Random(f"{self.seed} {ability}")  # noqa: S311 - a draw, not a secret
        items: list[Item] = []
        for number in range(self.items):
            items += _DRAW[ability](self, chance, number)
            if len(items) >= self.items:
                break
        return items


def _needles(probes: Probes, chance: random.Random, number: int) -> list[Item]:
    """Facts in a row, and one asked for at each depth."""
    count = probes.facts[number % len(probes.facts)]
    places, words = chance.sample(_PLACES, count), tuple(chance.sample(_WORDS, count))
    facts = [f"The password of the {place} is {word}." for place, word in zip(places, words, strict=True)]
    context = " ".join(facts) + "\n"
    asked = sorted({round(depth * (count - 1)) for depth in probes.depths})
    return [
        Item("needle", context, (Step(f"The password of the {places[at]} is", words[at], words),), count, context)
        for at in asked
    ]


def _routings(_: Probes, chance: random.Random, __: int) -> list[Item]:
    """Six questions with the resource that each takes, and one more question of each kind."""
    kinds = tuple(_RESOURCES)
    drawn = {kind: chance.sample(_RESOURCES[kind], 3) for kind in kinds}
    shown = [(template, kind) for kind in kinds for template in drawn[kind][:2]]
    chance.shuffle(shown)
    context = "".join(f"{_fill(template, chance)} -> {kind}\n" for template, kind in shown)
    return [
        Item(
            "routing", context, (Step(f"{_fill(drawn[kind][2], chance)} ->", kind, kinds),), len(shown), drawn[kind][2]
        )
        for kind in kinds
    ]


def _plans(probes: Probes, chance: random.Random, _: int) -> list[Item]:
    """Tasks of which one has to come before another, told in any order, and their order; four plans are shown."""
    context, order = "", [""]
    for number in range(_PLANS_SHOWN + 1):
        order = chance.sample(_WORDS, probes.tasks)
        told = [f"{one} before {other}." for one, other in pairwise(order)]
        chance.shuffle(told)
        context += f"{' '.join(told)} Order:" + ("" if number == _PLANS_SHOWN else f" {', '.join(order)}\n")
    steps = tuple(
        Step("," if at else "", name, tuple(sorted(order[at:]))) for at, name in enumerate(order[:-1])
    )  # the last task is what is left
    return [Item("planning", context, steps, probes.tasks, context)]


def _operations(probes: Probes, chance: random.Random, number: int) -> list[Item]:
    """In turn words to be copied, and registers before and after an operation."""
    return (_copies if number % 2 else _programs)(probes, chance)


def _copies(probes: Probes, chance: random.Random) -> list[Item]:
    shown, words = (chance.sample(_WORDS, probes.copied) for _ in range(2))
    context = f"copy: {' '.join(shown)} -> {' '.join(shown)}\ncopy: {' '.join(words)} ->"
    steps = tuple(Step("", word, tuple(sorted(words))) for word in words)
    return [Item("operations", context, steps, probes.copied, context)]


def _programs(probes: Probes, chance: random.Random) -> list[Item]:
    names = _REGISTERS[: probes.registers]
    context = ""
    for _ in range(_PROGRAMS_SHOWN):
        before, operation, after, _options = _run(names, chance)
        context += f"start: {_state(before)}\n{operation}: {_state(after)}\n"
    before, operation, after, options = _run(names, chance)
    context += f"start: {_state(before)}\n{operation}:"
    steps = tuple(Step(f"{',' if at else ''} {name} =", after[name], options) for at, name in enumerate(names))
    return [Item("operations", context, steps, probes.registers, context)]


def _run(names: Sequence[str], chance: random.Random) -> tuple[dict[str, str], str, dict[str, str], tuple[str, ...]]:
    """Registers, an operation, the registers behind it, and the words that occur."""
    *values, spare = chance.sample(_WORDS, len(names) + 1)
    before = dict(zip(names, values, strict=True))
    one, other = chance.sample(list(names), 2)
    operation, changed = chance.choice([
        (f"copy {one} to {other}", {other: before[one]}),
        (f"swap {one} and {other}", {one: before[other], other: before[one]}),
        (f"set {one} to {spare}", {one: spare}),
    ])  # fmt: skip
    return before, operation, before | changed, tuple(sorted([*values, spare]))


def _state(registers: dict[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in registers.items())


def _chains(probes: Probes, chance: random.Random, _: int) -> list[Item]:
    """Who works where, then the word of each place in another order; from two of the people to their words."""
    count = probes.people
    people, places, words = (tuple(chance.sample(names, count)) for names in (_NAMES, _PLACES, _WORDS))
    told = [f"{person} works in the {place}." for person, place in zip(people, places, strict=True)]
    facts = [f"The password of the {place} is {word}." for place, word in zip(places, words, strict=True)]
    chance.shuffle(facts)
    context = " ".join(told + facts) + "\n"
    return [
        Item(
            "chain",
            context,
            (
                Step(f"{people[at]} works in the", places[at], places),
                Step(f". The password of the {places[at]} is", words[at], words),
            ),
            2,
            context,
        )
        for at in chance.sample(range(count), 2)
    ]


def _fill(template: str, chance: random.Random) -> str:
    return template.format(
        a=chance.randrange(10, 1000), b=chance.randrange(10, 1000), c=chance.randrange(10, 1000),
        name=chance.choice(_NAMES), town=chance.choice(_TOWNS), place=chance.choice(_PLACES),
        thing=chance.choice(_WORDS), title=f"The {chance.choice(_WORDS).title()} of {chance.choice(_TOWNS)}",
    )  # fmt: skip


_DRAW: dict[str, Callable[[Probes, random.Random, int], list[Item]]] = {
    "needle": _needles,
    "routing": _routings,
    "planning": _plans,
    "operations": _operations,
    "chain": _chains,
}
