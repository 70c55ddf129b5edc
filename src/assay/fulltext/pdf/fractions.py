"""Puts fractions that are set with a bar on one line: ``3/4``, ``(a+b)/2``."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from assay.fulltext.pdf.characters import Character
from assay.fulltext.pdf.lines import text_on_one_line
from assay.fulltext.pdf.rules import Rule, Rules
from assay.fulltext.scripts import term

_LONGEST = 250.0
"""What is longer, in points, is no bar of a fraction."""

_AXIS = (0.17, 0.34)
"""The bar lies so high above the line, in sizes of its text."""


class Fractions(NamedTuple):
    """What fractions leave of a page."""

    characters: list[Character]
    """Each fraction is one of them."""
    rules: Rules
    """Without the bars."""
    unread: int
    """Fractions with figures whose parts stay one after the other, as they stand in the file."""


class _Fraction(NamedTuple):
    """The places of a fraction's characters in the file, and what stands on its line."""

    first: int
    middle: int
    """The first character below the bar."""
    last: int
    size: float
    """Of the largest of its characters."""


def join_fractions(characters: Sequence[Character], rules: Rules) -> Fractions:
    """The characters of a page with its fractions on one line each, and its rules without their bars."""
    seen = [at for at, each in enumerate(characters) if each.text != " " and not each.hidden]
    letters = [characters[at] for at in seen]
    by_height = sorted((each.baseline, number) for number, each in enumerate(letters))
    fractions = {bar: found for bar in rules.level if (found := _fraction(bar, letters, by_height, rules.level))}
    others = [rule for rule in rules.level if rule not in fractions]
    joined: dict[int, tuple[int, Character]] = {}  # by where it begins in the file: where it ends, and what it is
    bars: set[Rule] = set()
    unread = 0
    for bar in sorted(fractions, key=lambda rule: rule.end - rule.start):  # what is within another one comes first
        fraction = fractions[bar]
        neighbour = _neighbour(fraction, bar, letters)
        if neighbour is None and _belongs_to_table(bar, others):
            continue
        first, middle, end = seen[fraction.first], seen[fraction.middle], seen[fraction.last] + 1
        bars.add(bar)
        above, below = (
            text_on_one_line(list(_replaced(characters, joined, *part))) for part in ((first, middle), (middle, end))
        )
        if above is None or below is None:
            unread += any(each.text.isdigit() for each in characters[first:end])
            continue
        on_line = neighbour or replace(letters[fraction.first], size=fraction.size)
        joined[first] = end, _joined(f"{term(above)}/{term(below)}", bar, on_line, neighbour)
    level = tuple(rule for rule in rules.level if rule not in bars)
    return Fractions(list(_replaced(characters, joined, 0, len(characters))), rules._replace(level=level), unread)


def _fraction(
    bar: Rule, letters: Sequence[Character], by_height: Sequence[tuple[float, int]], level: Sequence[Rule]
) -> _Fraction | None:
    """The fraction of which a rule is the bar: what stands right above and below is as wide as the rule is.

    TeX writes what is above, then what is below, and nothing else between.
    """
    if bar.end - bar.start > _LONGEST:
        return None
    reach = slice(bisect_left(by_height, (bar.at - _TALLEST, 0)), bisect_left(by_height, (bar.at + _TALLEST, 0)))
    near = [number for _, number in by_height[reach] if _is_within(letters[number], bar)]
    rises = {at: letters[at].baseline - bar.at for at in near}
    sizes = [letters[at].size for at, rise in rises.items() if 0 < rise < 0.6 * letters[at].size]
    if not sizes:
        return None
    size = max(sizes)
    lowest, highest = _space_around(bar, level, 1.5 * size)
    above = {at for at, rise in rises.items() if -0.3 * size < rise < highest}
    below = {at for at, rise in rises.items() if lowest < rise <= -0.3 * size}
    middle = next((at for at in sorted(below) if at - 1 in above), None)
    if middle is None:
        return None
    first = last = middle
    while first - 1 in above:
        first -= 1
    while last + 1 in below:
        last += 1
    spans = [_span(letters[first:middle], bar, level), _span(letters[middle : last + 1], bar, level)]
    spare = 0.15 * size + 0.4
    is_filled = max(right - left for left, right in spans) > bar.end - bar.start - spare
    is_centred = all(abs(left + right - bar.start - bar.end) < 2 * spare for left, right in spans)
    return _Fraction(first, middle, last, size) if is_filled and is_centred else None


def _span(part: Sequence[Character], bar: Rule, level: Iterable[Rule]) -> tuple[float, float]:
    """From where to where a part of a fraction goes; fractions in it have a little space on both sides."""
    low, high = min(each.baseline for each in part), max(each.top for each in part)
    inner = [rule for rule in level if low < rule.at < high and bar.start <= rule.start and rule.end <= bar.end]
    lefts = [each.left for each in part] + [rule.start - _BESIDE_FRACTION for rule in inner if rule is not bar]
    rights = [each.right for each in part] + [rule.end + _BESIDE_FRACTION for rule in inner if rule is not bar]
    return min(lefts), max(rights)


_BESIDE_FRACTION = 1.2
"""Points; TeX's own value."""


def _space_around(bar: Rule, level: Sequence[Rule], most: float) -> tuple[float, float]:
    """How far it is down and up from a bar to those of the fractions around it."""
    around = [
        rule.at - bar.at
        for rule in level
        if abs(rule.at - bar.at) < most and rule.start <= bar.start and bar.end <= rule.end and rule is not bar
    ]
    return max((rise for rise in around if rise < 0), default=-most), min((r for r in around if r > 0), default=most)


_TALLEST = 40.0  # points


def _is_within(each: Character, bar: Rule) -> bool:
    return bar.start - 1 <= each.left and each.right <= bar.end + 1


def _neighbour(fraction: _Fraction, bar: Rule, letters: Sequence[Character]) -> Character | None:
    """The character before or after a fraction that stands on its line."""
    for at in (fraction.first - 1, fraction.last + 1):
        if 0 <= at < len(letters):
            each = letters[at]
            if each.size > 0.95 * fraction.size and _AXIS[0] < (bar.at - each.baseline) / each.size < _AXIS[1]:
                return each
    return None


def _belongs_to_table(bar: Rule, level: Iterable[Rule]) -> bool:
    """Whether another rule has the same width, or lies beside it, as those of a table do."""
    return any(
        rule is not bar
        and ((abs(rule.start - bar.start) < 1 and abs(rule.end - bar.end) < 1) or abs(rule.at - bar.at) < 1)
        for rule in level
    )


def _joined(text: str, bar: Rule, on_line: Character, neighbour: Character | None) -> Character:
    """A fraction as one character on its line."""
    size = on_line.size
    baseline = neighbour.baseline if neighbour else bar.at - 0.25 * size
    bottom, top = baseline - 0.2 * size, baseline + 0.7 * size
    return replace(
        on_line, text=text, left=bar.start, right=bar.end, start=bar.start, baseline=baseline, bottom=bottom, top=top
    )


def _replaced(
    characters: Sequence[Character], joined: dict[int, tuple[int, Character]], first: int, end: int
) -> Iterator[Character]:
    """Some of the characters with fractions in place of theirs, each apart from a number before or behind it."""
    at = first
    before: Character | None = None
    while at < end:
        is_fraction = at in joined
        after, each = joined.get(at, (at + 1, characters[at]))
        if before is not None and before.text != " " and is_fraction and _would_fuse(before, each):
            yield _space(before)
        yield each
        before, at = each, after
        if is_fraction:
            while at < end and characters[at].text == " ":
                at += 1  # PDFium sees a space wherever the text comes back to its line
            if at < end and (_is_apart(each, characters[at]) or _would_fuse(each, characters[at])):
                yield _space(each)


def _space(before: Character) -> Character:
    return replace(before, text=" ", left=before.right, start=before.right)


def _is_apart(before: Character, each: Character) -> bool:
    return not 0 <= each.left - before.right < 0.2 * before.size


def _would_fuse(before: Character, each: Character) -> bool:
    """Whether two characters would make one number that is none."""
    return before.text[-1:].isdigit() and each.text[:1].isdigit()
