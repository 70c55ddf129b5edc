"""Finds figures of a summary that have changed places, by all that both texts say of them, weighed together.

The rules of `assay.claims.judging.disagreement` each need one clear sign. Where two figures of the summary have the
values of two of the paper's, many faint signs may say that they fit the other way round: names, metrics and words
stand nearer to the other one. The weights of the signs, in ``places.toml``, were learnt from labelled summaries by
``benchmarks/places.py``.
"""

import math
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import combinations
from typing import NamedTuple

from assay.claims.context import Figure
from assay.claims.meanings.nearness import SORTS, Nearness, are_alike
from assay.claims.numbers.agreement import agreement
from assay.claims.numbers.sorts import Sort
from assay.claims.source import Source


class Pair(NamedTuple):
    """Two figures of a summary, and the paper's figure of the value of each."""

    one: Figure
    other: Figure
    of_one: Figure
    of_other: Figure


Signs = Mapping[str, float]
"""How much more the one sign or the other speaks for an exchange than against it."""


def changed_places(supported: Mapping[Figure, Figure], source: Source) -> Iterator[Pair]:
    """Yield the pairs of figures that have changed places, the surest first; each figure in one pair at most.

    Args:
        supported: figures of the summary, each with the paper's of that value.
        source: the paper.
    """
    nearness = Nearness(source.reader)
    pairs = comparable_pairs(supported, source)
    scored = [(score(signs_of(pair, source, nearness), learnt_weights()), pair) for pair in pairs]
    placed: set[Figure] = set()
    for sureness, pair in sorted(scored, key=lambda each: -each[0]):
        if sureness > SURE and pair.one not in placed and pair.other not in placed:
            placed |= {pair.one, pair.other}
            yield pair


def comparable_pairs(supported: Mapping[Figure, Figure], source: Source) -> Iterator[Pair]:
    """The pairs of figures that could be taken for each other: of one unit and size, each the only one of its value."""
    values = Counter(figure.amount.high for figure in supported)
    alone = [each for each in supported if values[each.amount.high] == 1 and not each.is_elliptical]
    for one, other in combinations(alone, 2):
        pair = Pair(one, other, supported[one], supported[other])
        if _are_comparable(pair, source):
            yield pair


def _are_comparable(pair: Pair, source: Source) -> bool:
    one, other, of_one, of_other = pair
    if of_one is of_other or not are_alike(one, other) or not are_alike(of_one, of_other):
        return False
    is_measured = one.amount.sort is Sort.FIGURE  # a size of a model is no result
    if not is_measured or one.amount.unit != other.amount.unit or one.is_change != other.is_change:
        return False
    if any(agreement(a.amount, b.amount) for a, b in ((one, other), (one, of_other), (other, of_one))):
        return False
    if _are_ends(one, other, source) or _is_share(one, other):
        return False  # what is said of one is said of the other
    return not one.is_number or _steps_apart(of_one, of_other) < _MOST_STEPS


def _are_ends(one: Figure, other: Figure, source: Source) -> bool:
    is_pair = any({one, other} == set(pair) for pair in one.sentence.changes)
    return is_pair and bool(source.reader.read(one).end)


def _is_share(part: Figure, whole: Figure) -> bool:
    """Whether one counts some of what the other counts: ``8 of 37 models``."""
    return _OF.fullmatch(part.sentence.text[part.quantity.end : whole.quantity.start]) is not None


_OF = re.compile(r"\s(?:out )?of (?:the )?|개?\s?(?:중|가운데)\s")


def _steps_apart(one: Figure, other: Figure) -> float:
    """How many powers of ten lie between two figures."""
    sizes = [math.log10(abs(float(each.amount.high)) or 1e-6) for each in (one, other)]
    return abs(sizes[0] - sizes[1])


_MOST_STEPS = 1.5


def score(signs: Signs, weights: Mapping[str, float]) -> float:
    """How likely it is that two figures have changed places, as the logarithm of the odds.

    The form of the sentences alone, another order of the figures say, is no reason: what they say must be one too.
    """
    weighed = {name: weights.get(name, 0.0) * value for name, value in signs.items()}
    reasons = sum(value for name, value in weighed.items() if name not in FORM)
    return weights["bias"] + sum(weighed.values()) if reasons > _LEAST else -math.inf


_LEAST = 0.1
SURE = 0.35
"""From which odds on two figures are said to have changed places."""


@cache
def learnt_weights() -> Mapping[str, float]:
    """The weights of the signs that the package has."""
    weights: dict[str, float] = tomllib.loads(files(__package__).joinpath("places.toml").read_text(encoding="utf-8"))
    return weights


def signs_of(pair: Pair, source: Source, nearness: Nearness) -> Signs:
    """Everything that speaks for or against an exchange."""
    return dict(_of_nearness(pair, nearness)) | {"counted": _count_fit(pair, source)} | _of_form(pair)


def _of_nearness(pair: Pair, nearness: Nearness) -> Iterator[tuple[str, float]]:
    """By sort of thing: how much nearer it stands crosswise; and how many things are nearer crosswise or straight."""
    one, other, of_one, of_other = map(nearness.of, pair)
    for sort in SORTS:
        crosswise = straight = more = less = 0.0
        for thing in (one.keys() | other.keys()) & (of_one.keys() | of_other.keys()):
            if thing[0] != sort:
                continue
            a, b, x, y = (each.get(thing, 0.0) for each in (one, other, of_one, of_other))
            crosswise += a * y + b * x
            straight += a * x + b * y
            lean = _lean(a, b) * _lean(x, y)
            more, less = more + max(-lean, 0), less + max(lean, 0)
        if crosswise or straight:
            yield f"nearer.{sort}", _clipped(crosswise - straight)
            yield f"crosswise.{sort}", _clipped(more)
            yield f"straight.{sort}", _clipped(less)


def _lean(one: float, other: float) -> float:
    return (one - other) / (one + other + 1e-9)


def _count_fit(pair: Pair, source: Source) -> float:
    """How much better what the figures count fits crosswise."""
    one, other, of_one, of_other = (source.reader.read(each).counted for each in pair)

    def fit(ours: str, theirs: str) -> int:
        return int(ours != "" and ours == theirs)

    return float(fit(one, of_other) + fit(other, of_one) - fit(one, of_one) - fit(other, of_other))


FORM = frozenset({"same order", "many of ours", "many of theirs", "number"})
"""The signs of a pair's form."""


def _of_form(pair: Pair) -> dict[str, float]:
    """The form of the pair: figures in the same order on both sides, many like them, bare numbers."""
    one, other, of_one, of_other = pair
    are_together = one.sentence is other.sentence and of_one.sentence is of_other.sentence
    is_same = (one.quantity.start < other.quantity.start) == (of_one.quantity.start < of_other.quantity.start)
    return {
        "same order": (0.5 if is_same else -0.5) if are_together else 0.0,
        "many of ours": float(_has_many(one)),
        "many of theirs": float(_has_many(of_one)),
        "number": float(one.is_number),
    }


def _has_many(figure: Figure) -> bool:
    return sum(are_alike(each, figure) for each in figure.sentence.figures) > len(("one", "other"))


def _clipped(value: float) -> float:
    return max(-3.0, min(3.0, value))
