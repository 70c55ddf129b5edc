"""Reads the figures of a sentence in order: which are one, which are the ends of a change, and of what kind each is."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final, NamedTuple

from assay.claims import wording
from assay.claims.numbers.quantities import Quantity
from assay.claims.wording import Around
from assay.papers.models import ClaimKind
from assay.papers.sentences import Span


def join_shares(text: str, figures: Sequence[Quantity]) -> list[Quantity]:
    """The figures, a share by its two counts as one: the 39 of ``39/102 tasks``, whose whole is 102."""
    joined: list[Quantity] = []
    for figure in figures:
        last = joined[-1] if joined else None
        if last and (pair := _SHARE.fullmatch(text, last.start, figure.end)) and _is_share(pair):
            joined[-1] = _share(last, pair)
        elif (alone := _SHARE.fullmatch(text, figure.start, figure.end)) and int(alone["whole"]) > _FRACTION:
            joined.append(_share(figure, alone))
        else:
            joined.append(figure)
    return joined


def _is_share(pair: re.Match[str]) -> bool:
    """Whether two counts with a slash between them are one of the other: what they count follows."""
    return int(pair["part"]) <= int(pair["whole"]) and _COUNTED.match(pair.string, pair.end()) is not None


def _share(figure: Quantity, pair: re.Match[str]) -> Quantity:
    part, whole = Decimal(pair["part"]), Decimal(pair["whole"])
    return replace(figure, end=pair.end(), low=part, high=part, unit="", whole=whole)


_SHARE = re.compile(r"(?P<part>\d{1,6})/(?P<whole>\d{1,6})")
_COUNTED = re.compile(r"\s(?:of\sthe\s)?(?:[\w-]+\s){0,2}?[a-z-]+s\b|\s\(\d")
_FRACTION: Final = 10
"""Up to this denominator a number with a slash is a fraction: ``3/4 of the memory``."""


class Reading(NamedTuple):
    """One figure of a sentence while the sentence is read."""

    figure: Quantity
    origin: Quantity | None
    """Where it started, if it is the end of a change."""
    around: Around
    kind: ClaimKind
    in_list: bool
    """Whether it goes on with the list that the reading before it belongs to."""


BARE_JOINT = re.compile(r"(?:\s?/\s?|,\s(?:and\s)?|\sand\s)[+~]?")


def read_figures(text: str, figures: Sequence[Quantity], place: Span) -> Iterator[Reading]:
    """Read the figures of the sentence at ``place``; the start of a change is read with its end."""
    previous: Reading | None = None
    last_of_run = _last_of_runs(text, figures)
    at = 0
    while at < len(figures):
        origin = figures[at] if at + 1 < len(figures) and _is_change(text, figures[at], figures[at + 1]) else None
        at += origin is not None
        figure, opening = figures[at], origin or figures[at]
        at += 1
        last = last_of_run[at - 1]
        within = wording.reach(place, opening.start, figures[last].end)
        end = min(within.end, figures[last + 1].start) if last + 1 < len(figures) else within.end
        around = Around(
            left=text[within.start : opening.start],
            right=text[figures[last].end : within.end].lstrip(_CLOSING),
            near_left=text[max(within.start, previous.figure.end if previous else 0) : opening.start],
            near_right=text[figures[last].end : end].lstrip(_CLOSING),
            opening=text[place.start : min(figures[0].start, place.start + wording.REACH)],
        )
        in_list = previous is not None and wording.continues_list(around.near_left)
        kind = _kind(figure, around, origin, is_decimal=_DECIMAL.fullmatch(text, figure.start, figure.end) is not None)
        is_alike = previous is not None and (previous.figure.unit, previous.figure.sign) == (figure.unit, figure.sign)
        if (
            previous is not None
            and origin is None
            and in_list
            and is_alike
            and kind == "absolute"
            and previous.kind != "count"
        ):
            kind = previous.kind
        previous = Reading(figure, origin, around, kind, in_list)
        yield previous


def _last_of_runs(text: str, figures: Sequence[Quantity]) -> list[int]:
    """Of each figure the last of those that follow it at once: what stands behind is of all: ``5%/2% higher``."""
    last = list(range(len(figures)))
    for n in range(len(figures) - 2, -1, -1):
        between = text[figures[n].end : figures[n + 1].start]
        if figures[n].unit == figures[n + 1].unit and BARE_JOINT.fullmatch(between) is not None:
            last[n] = last[n + 1]
    return last


_CLOSING: Final = "$*`}"  # what LaTeX or Markdown may close right after a figure
_ARROW = re.compile(r"\s?(?:->|=>|→|\\to|\\?rightarrow|⟶)\s?")
_TO = re.compile(
    r"\s?(?:\([^()]{1,40}\)\s)?(?:(?!to\b|and\b)[\w-]+\s){0,6}?to\s(?:(?:over|about|around|approximately|nearly|only|just|as\s\w+\sas|an?|the)\s)*[~$]?"
)
_FROM = re.compile(
    r"(?<!ranging )(?<!ranges )\b(?:from|of)\s(?:(?:over|about|around|approximately|nearly|an?|the|average)\s)*[~$(]?$"
)


def _is_change(text: str, start: Quantity, end: Quantity) -> bool:
    """Whether two figures are the ends of a change: ``from 57.2 to 70.8``, ``57.2 -> 70.8``."""
    between = text[start.end : end.start]
    if start.is_range or end.is_range:
        return False
    if _ARROW.fullmatch(between):
        return True
    return _TO.fullmatch(between) is not None and _FROM.search(text, max(0, start.start - 40), start.start) is not None


_DECIMAL = re.compile(r"\d+\.\d+")
"""Written so, ``68.0`` counts nothing."""
_BEFORE_MINUS = re.compile(r"(?:\(|(?:^|\s|,|/)(?:with|and|or|but|by|of|versus|vs\.?)\s|/)$")
"""Behind these words a minus is one, and no dash: ``+4.1% accuracy and -3.3% tokens``."""
_MOST_POINTS: Final = 100
"""What is more than this and has no unit is no change in points."""


def _kind(figure: Quantity, around: Around, origin: Quantity | None, *, is_decimal: bool) -> ClaimKind:
    if figure.unit == "x" or (figure.whole is not None and not figure.unit):
        return "times" if figure.unit else "count"
    if figure.unit == "points" or (figure.unit == "%" and wording.is_absolute_change(around)):
        return "points"
    if origin is not None or figure.unit not in {"", "%"}:
        return "absolute"
    signed = figure.sign == "+" or (figure.sign == "-" and _BEFORE_MINUS.search(around.left) is not None)
    change = wording.is_change(around, signed=signed, bare=not figure.unit)
    if figure.unit == "%":
        return "relative" if change else "absolute"
    whole = not (figure.sign or is_decimal) and figure.value == figure.value.to_integral_value()
    if whole and (not change or figure.value > _MOST_POINTS) and wording.count_noun(around.right):
        return "count"
    return "points" if change else "absolute"
