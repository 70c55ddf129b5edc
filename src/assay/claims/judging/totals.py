"""Sums: a figure of a summary that is the total of figures which the paper, or the summary, gives of parts."""

import re
from itertools import combinations

from assay.claims.context import Figure, content_stems
from assay.claims.judging.derived import Derived, Supported
from assay.claims.numbers.agreement import are_of_one_unit
from assay.claims.source import Source


def total(figure: Figure, source: Source) -> Derived | None:
    """The sum of two counts of one sentence of the abstract, told as such or of one noun.

    ``155 tasks between them``; ``800 questions`` where the paper has ``400 English and 400 Chinese questions``.
    """
    ours = figure.amount
    if not figure.is_number:
        return None
    is_told = _IN_ALL.search(figure.before[-20:] + " # " + figure.after[:40]) is not None
    for text, first in source.abstract():
        for second in first.sentence.figures if first.is_number else ():
            is_alike = second is not first and second.is_number and first.amount.sort == second.amount.sort
            if not is_told and not (is_alike and _have_one_noun(first, second, figure)):
                continue
            if is_alike and first.amount.high + second.amount.high == ours.high:
                return Derived(text, first, f"{first.text} and {second.text}")
    return None


def _have_one_noun(first: Figure, second: Figure, ours: Figure) -> bool:
    """Whether two counts of the paper are of one noun that stands behind the second, and so is ours."""
    between = first.sentence.text[first.quantity.end : second.quantity.start]
    theirs, own = (
        {stem for _, stem in content_stems(words, 0, len(words))}
        for words in (re.split(r"[,.;:(]", each.after)[0] for each in (second, ours))
    )
    shared = theirs & own or set(second.count_noun) & set(ours.count_noun)
    return _ONE_ADJECTIVE.fullmatch(between) is not None and bool(shared)


_ONE_ADJECTIVE = re.compile(r"\s[A-Za-z-]*[A-Za-rt-z]\s(?:and|plus)\s")
_IN_ALL = re.compile(
    r"\b(?:between\sthem|together|in\s(?:all|total)|altogether|a\stotal\sof)\b|모두|합쳐|합치|합하|합해|총\s",
    re.IGNORECASE,
)


def total_of_given(figure: Figure, supported: Supported) -> Derived | None:
    """The sum of two or three figures of one unit that the summary gives, told as such: ``27.7 TB together``."""
    told = figure.amount
    if told.low != told.high or told.unit in {"x", "%", "points"}:
        return None
    if not _TOGETHER.search(figure.before[-40:] + " # " + figure.after[:25]):
        return None
    given = {
        reference: text
        for other, (text, reference) in supported.items()
        if other is not figure and reference.amount.low == reference.amount.high and are_of_one_unit(told, other.amount)
    }
    for size in (2, 3):
        for parts in combinations(given, size):
            if len({(each.amount.unit, each.amount.sort) for each in parts}) == 1 and (
                sum(each.amount.high for each in parts) == told.high
            ):
                return Derived(given[parts[0]], parts[0], " and ".join(each.text for each in parts))
    return None


_TOGETHER = re.compile(
    r"\b(?:between\sthem|together|in\s(?:all|total)|altogether|a\stotal\sof|combined|both|add(?:s|ing)?\sup|sums?)\b"
    r"|모두|합쳐|합치|합하|합해|합계|총\s|더하|더해"
)


def total_of_kinds(figure: Figure, source: Source) -> Derived | None:
    """The sum of the counts that a sentence of the abstract gives of two kinds of one thing: 31 models, 20 and 11."""
    told = figure.amount
    thing = source.reader.read(figure).counted
    if not figure.is_number or not thing or told.low != told.high or told.high < _NOT_FEW:
        return None
    for text, first in source.abstract():
        figures = first.sentence.figures
        following = figures[figures.index(first) + 1 :][:1]
        for second in following:
            between = first.sentence.text[first.quantity.end : second.quantity.start]
            kinds = [source.reader.read(each).counted for each in (first, second)]
            is_pair = first.is_number and second.is_number and _LISTED.fullmatch(between) is not None
            if is_pair and kinds == [thing, thing] and first.amount.high + second.amount.high == told.high:
                return Derived(text, first, f"{first.text} and {second.text}")
    return None


_NOT_FEW = 10
_LISTED = re.compile(r"[^.;:()\d]{0,50}?(?:,\s|\sand\s|\splus\s|\sor\s)(?:[a-z]+\s){0,2}")
