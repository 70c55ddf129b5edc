"""What a search looks for in an index, made of the tokens that stand there: each kind of index says it in its own way.

``None`` in the place of one of these is what no paper can match.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from assay.store.searching.forms import Phrase


@dataclass(frozen=True)
class Tokens:
    """Tokens one after the other."""

    phrase: Phrase
    is_prefix: bool = False
    """Whether the last of them is the beginning of one."""


@dataclass(frozen=True)
class Every:
    """All of these; all papers match none."""

    parts: tuple["Match", ...]


@dataclass(frozen=True)
class Either:
    """One of these, or more."""

    parts: tuple["Match", ...]


@dataclass(frozen=True)
class Without:
    """The one and not the other."""

    kept: "Match"
    left_out: "Match"


Match = Tokens | Every | Either | Without

EVERYTHING = Every(())

Between = tuple[int, int]
"""The first and the last number of the papers that come into question."""


def every(parts: Iterable[Match | None]) -> Match | None:
    """All of these."""
    there: list[Match] = []
    for part in parts:
        if part is None:
            return None
        there += part.parts if isinstance(part, Every) else (part,)
    return there[0] if len(there) == 1 else Every(tuple(there))


def either(parts: Iterable[Match | None]) -> Match | None:
    """One of these, or more."""
    there = tuple(part for part in parts if part is not None)
    return None if not there else there[0] if len(there) == 1 else Either(there)
