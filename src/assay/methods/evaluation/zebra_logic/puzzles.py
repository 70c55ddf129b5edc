"""A logic grid puzzle: houses in a row, attributes, clues; as a record, and as the text that a model is asked."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import factorial, log10
from typing import Any

from assay.methods.evaluation.zebra_logic.attributes import ATTRIBUTES

BUCKETS = (("small", 3.0), ("medium", 6.0), ("large", 10.0), ("extra large", float("inf")))
"""Name of a bucket, and the power of ten that its search spaces stay below (lists of sizes in the official code)."""

KINDS = {
    "found_at": "{a} is in house {b}.",
    "not_at": "{a} is not in house {b}.",
    "same_house": "{a} is {b}.",
    "direct_left": "{a} is directly left of {b}.",
    "direct_right": "{a} is directly right of {b}.",
    "side_by_side": "{a} and {b} are next to each other.",
    "left_of": "{a} is somewhere to the left of {b}.",
    "right_of": "{a} is somewhere to the right of {b}.",
    "one_between": "There is one house between {a} and {b}.",
    "two_between": "There are two houses between {a} and {b}.",
}
"""Every kind of clue, as it is put into words. "Somewhere to the left" is true of neighbours as well."""

_OF_HOUSES = ("found_at", "not_at")
_HOUSES = "There are {n} houses in a row, numbered 1 to {n} from left to right. One person lives in each house."

Thing = tuple[int, int]
"""Number of an attribute and of one of its values, both from 0."""


@dataclass(frozen=True)
class Clue:
    """One clue: a thing, and the thing or the house that it is set against."""

    kind: str
    """One of `KINDS`."""
    a: Thing
    b: Thing | int
    """A house, from 1, of ``found_at`` and ``not_at``; else a thing."""

    def allows(self, house: int, other: int) -> bool:
        """Whether it is true with `a` in one house and `b` in another, or being another."""
        apart = other - house
        return {
            "found_at": apart == 0,
            "not_at": apart != 0,
            "same_house": apart == 0,
            "direct_left": apart == 1,
            "direct_right": apart == -1,
            "side_by_side": abs(apart) == 1,
            "left_of": apart > 0,
            "right_of": apart < 0,
            "one_between": abs(apart) == 2,
            "two_between": abs(apart) == 3,
        }[self.kind]


@dataclass(frozen=True)
class Attribute:
    """What each person has one of, such as a pet."""

    name: str
    values: tuple[str, ...]
    """One for each house."""
    phrase: str = "the person whose {name} is {value}"
    """Who is meant by a value, within a clue."""

    def person(self, value: int) -> str:
        """Who has this value."""
        return self.phrase.format(name=self.name.lower(), value=f"`{self.values[value]}`")


@dataclass(frozen=True)
class Puzzle:
    """A puzzle with its clues; `Puzzle.solution` is there once it was solved.

    Raises:
        ValueError: It has no clear text: fewer than two houses or attributes, a value twice, a clue about nothing.
    """

    attributes: tuple[Attribute, ...]
    clues: tuple[Clue, ...]
    solution: tuple[tuple[int, ...], ...] = ()
    """For each attribute the number of the value in each house."""
    id: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        named = f"puzzle {self.id!r}" if self.id else "the puzzle"
        if not self.attributes or self.houses < 2:
            raise ValueError(f"{named} has {self.houses} house{'s' * (self.houses != 1)}: two or more are needed")
        values = [_plain(value) for attribute in self.attributes for value in attribute.values]
        if twice := [value for value in values if values.count(value) > 1]:
            raise ValueError(f"{named} has the value {twice[0]!r} twice, so that its clues are unclear")
        for attribute in self.attributes:
            if len(attribute.values) != self.houses:
                raise ValueError(f"{named} has {len(attribute.values)} of {attribute.name} for {self.houses} houses")
        names = [_plain(attribute.name) for attribute in self.attributes]
        if len(set(names)) < len(names):
            raise ValueError(f"{named} has two attributes of one name: {', '.join(names)}")
        for number, clue in enumerate(self.clues, 1):
            self._check(clue, f"clue {number} of {named}")
        for row in self.solution:
            if sorted(row) != list(range(self.houses)) or len(self.solution) != len(self.attributes):
                raise ValueError(f"{named} has a solution of another shape: {self.solution}")

    def _check(self, clue: Clue, named: str) -> None:
        if clue.kind not in KINDS:
            raise ValueError(f"{named} is of the kind {clue.kind!r}: there are {', '.join(KINDS)}")
        things = [clue.a] if clue.kind in _OF_HOUSES else [clue.a, clue.b]
        for thing in things:
            known = isinstance(thing, tuple) and len(thing) == 2
            if not known or not (0 <= thing[0] < len(self.attributes) and 0 <= thing[1] < self.houses):  # type: ignore[index]
                raise ValueError(f"{named} is about {thing!r}, which is none of its values")
        if clue.kind in _OF_HOUSES and not (isinstance(clue.b, int) and 1 <= clue.b <= self.houses):
            raise ValueError(f"{named} is about house {clue.b!r}: the houses are 1 to {self.houses}")

    @property
    def houses(self) -> int:
        """How many."""
        return len(self.attributes[0].values) if self.attributes else 0

    @property
    def size(self) -> str:
        """Houses by attributes, the name among them: ``4*5``."""
        return f"{self.houses}*{len(self.attributes)}"

    @property
    def search_space(self) -> int:
        """In how many ways all attributes can be dealt to the houses: (N!)^M."""
        states: int = factorial(self.houses) ** len(self.attributes)
        return states

    @property
    def bucket(self) -> str:
        """Which of `BUCKETS` it is in."""
        return bucket(self.houses, len(self.attributes))

    @cached_property
    def header(self) -> list[str]:
        """Of the table that is asked for: ``House`` and the attributes."""
        return ["House", *(attribute.name for attribute in self.attributes)]

    @cached_property
    def rows(self) -> list[list[str]]:
        """The solution as a table, a row for each house."""
        if not self.solution:
            raise ValueError(f"puzzle {self.id!r} was not solved: see `solve`")
        pairs = list(zip(self.attributes, self.solution, strict=True))
        return [
            [str(house + 1), *(attribute.values[row[house]] for attribute, row in pairs)]
            for house in range(self.houses)
        ]

    @property
    def text(self) -> str:
        """The puzzle in words: the houses, the values of each attribute in alphabetical order, and the clues."""
        lines = [_HOUSES.format(n=self.houses), "Each person has something else of each of these:"]
        lines += [
            f"- {each.name}: {', '.join(f'`{value}`' for value in sorted(each.values))}" for each in self.attributes
        ]
        lines += ["", "Clues:"]
        lines += [f"{number}. {self.words(clue)}" for number, clue in enumerate(self.clues, 1)]
        return "\n".join(lines)

    def words(self, clue: Clue) -> str:
        """A clue as a sentence."""
        a = self.attributes[clue.a[0]].person(clue.a[1])
        b = str(clue.b) if isinstance(clue.b, int) else self.attributes[clue.b[0]].person(clue.b[1])
        sentence = KINDS[clue.kind].format(a=a, b=b)
        return sentence[0].upper() + sentence[1:]

    def prompt(self, *, reasoning: bool = True) -> str:
        """What a model is asked: an example that is solved, the puzzle, and what the answer looks like.

        Args:
            reasoning: Whether the answer shall have room to think before the table, as in the paper.
        """
        example = EXAMPLE.answer(EXAMPLE_REASONING if reasoning else "")
        how = ", after your reasoning" if reasoning else ""
        return (
            "Solve the second puzzle. Answer it with one JSON object, as the first one is answered: for each of its "
            f"houses {' and '.join(self.header[1:])}{how}.\n\n"
            f"First puzzle:\n{EXAMPLE.text}\n\nAnswer: {example}\n\n"
            f"Second puzzle:\n{self.text}\n\nAnswer:"
        )

    def answer(self, reasoning: str = "") -> str:
        """The right answer, as a model should write it."""
        table = {f"House {row[0]}": dict(zip(self.header[1:], row[1:], strict=True)) for row in self.rows}
        written = ({"reasoning": reasoning} if reasoning else {}) | {"solution": table}
        return json.dumps(written, ensure_ascii=False)

    def as_record(self, *, reasoning: bool = True) -> dict[str, Any]:
        """As a row of `datasets` or JSONL; `from_record` reads it back."""
        return {
            "id": self.id,
            "size": self.size,
            "bucket": self.bucket,
            "log10_search_space": log10(self.search_space),
            "prompt": self.prompt(reasoning=reasoning),
            "text": self.text,
            "header": self.header,
            "rows": self.rows,
            "values": [list(attribute.values) for attribute in self.attributes],
            "phrases": [attribute.phrase for attribute in self.attributes],
            "clues": [json.dumps([clue.kind, clue.a, clue.b]) for clue in self.clues],
        }

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> "Puzzle":
        """Read what `as_record` made.

        Raises:
            ValueError: It is something else; the record is named.
        """
        named = f"record {record.get('id')!r}"
        try:
            header, rows = record["header"], record["rows"]
            attributes = tuple(
                Attribute(name, tuple(values), phrase)
                for name, values, phrase in zip(header[1:], record["values"], record["phrases"], strict=True)
            )
            columns = zip(attributes, list(zip(*rows, strict=True))[1:], strict=True)
            solution = tuple(tuple(each.values.index(cell) for cell in column) for each, column in columns)
            clues = tuple(
                Clue(kind, tuple(a), tuple(b) if isinstance(b, list) else b)
                for kind, a, b in map(json.loads, record["clues"])
            )
        except KeyError as error:
            raise ValueError(f"{named} has no {error.args[0]!r}, so it is no puzzle") from None
        except (ValueError, TypeError) as error:
            raise ValueError(f"{named} is no puzzle: {error}") from None
        return cls(attributes, clues, solution, str(record["id"]))


def bucket(houses: int, attributes: int) -> str:
    """Which of `BUCKETS` the puzzles of a size are in."""
    power = attributes * log10(factorial(houses))
    return next(name for name, below in BUCKETS if power < below)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


EXAMPLE = Puzzle(
    tuple(Attribute(name, values[6:9], phrase) for name, (values, phrase) in list(ATTRIBUTES.items())[:2]),
    (Clue("direct_left", (0, 2), (1, 0)), Clue("found_at", (0, 0), 3), Clue("right_of", (1, 1), (1, 0))),
    ((2, 1, 0), (2, 0, 1)),
    "example",
)
"""Stands solved before each puzzle; its values are in none that `generate` makes."""
EXAMPLE_REASONING = (
    "Clue 2 puts Greta into house 3. By clue 3 the goldfish is not in house 3, since the pony is to its right. By clue "
    "1 Ivan is directly left of it. So Ivan is in house 1, the goldfish in house 2 with Hugo, the pony in house 3, and "
    "the ferret is left for Ivan."
)
