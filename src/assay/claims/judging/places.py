"""Whether a figure is given of another place than the paper's: what it holds on, with, without, under or after.

``2.8x on NVIDIA B200, 3.6x on AMD MI355X``, ``1.41 without guidance and 1.05 with it``: the words of the phrases that
stand right behind a figure, or before it in its clause, tell where the paper uses them for another figure.
"""

import re
from collections.abc import Iterator

from assay.claims.context import JOINED, Figure, content_stems
from assay.claims.judging.case import Case, Disagreement
from assay.claims.meanings.likeness import is_versus
from assay.claims.numbers.agreement import agreement, are_of_one_unit
from assay.claims.numbers.sorts import Sort

__all__ = ["another_place"]


def another_place(case: Case) -> Disagreement | None:
    """The figure of one place or setting for that of another, where the paper has a figure of either."""
    if case.reference.amount.sort is not Sort.FIGURE or case.figure.is_number or case.reference.is_number:
        return None
    here, there = (_words(each) for each in (case.figure, case.reference))
    if _is_start(case.figure) != _is_start(case.reference):
        return None
    if not here or not there:
        return None
    for _, rival in case.source.abstract():
        if not _is_alike(case, rival):
            continue
        its = _words(rival)
        told = here & (its - there)
        if case.is_exchanged_with(rival):
            told &= _words(case.figure, leads=False)  # what a sentence opens with is of all its figures
        if told and there - its and not here & (there - its) and not _is_named_elsewhere(case, there - its):
            return Disagreement("context", _in_words(told), _in_words(there - its), rival)
    return None


def _is_start(figure: Figure) -> bool:
    """Whether another figure of its sentence is compared with it, as the end of a change with the start."""
    return figure.is_baseline


def _is_alike(case: Case, rival: Figure) -> bool:
    """Whether another figure of the paper is of one kind with the one at hand, and has another value."""
    return (
        rival is not case.reference
        and are_of_one_unit(rival.amount, case.reference.amount)
        and (rival.amount.unit == case.reference.amount.unit or rival.amount.implied != "")
        and (rival.is_change == case.reference.is_change or rival.sentence is case.reference.sentence)
        and not rival.is_number
        and (rival.amount.grain < 1) == (case.reference.amount.grain < 1)
        and not agreement(case.figure.amount, rival.amount)
    )


def _is_named_elsewhere(case: Case, words: frozenset[str]) -> bool:
    """Whether the summary has the words for the paper's place in the same clause, if in no such phrase."""
    clause = _clause(case.figure) + " " + re.split(_BREAK, case.figure.after)[0]
    return bool(words & _stems(clause))


def _words(figure: Figure, *, leads: bool = True) -> frozenset[str]:
    """The content words of the places that a figure holds in; what it is without has a minus before it."""
    if is_versus(figure) or _is_listed(figure):
        return frozenset()
    found: set[str] = set()
    for preposition, phrase in _places(figure, leads=leads):
        stems = _stems(phrase) - _SAY_LITTLE
        found |= {f"-{stem}" for stem in stems} if preposition.lower() == "without" else stems
    return frozenset(found)


def _stems(phrase: str) -> frozenset[str]:
    return frozenset(stem for _, stem in content_stems(phrase, 0, len(phrase)))


def _is_listed(figure: Figure) -> bool:
    """Whether it is a member of a list, so that what follows is of all of them."""
    figures = figure.sentence.figures
    at = figures.index(figure)
    pairs = [pair for pair in (figures[max(0, at - 1) : at + 1], figures[at : at + 2]) if len(pair) > 1]
    return any(JOINED.fullmatch(figure.sentence.text[a.quantity.end : b.quantity.start]) for a, b in pairs)


def _places(figure: Figure, *, leads: bool) -> Iterator[tuple[str, str]]:
    """The prepositions of the places with their phrases: right behind the figure, and before it in its clause."""
    clause = _clause(figure)
    lead = _LEAD.match(clause)
    if lead and leads:
        yield lead["preposition"], lead["phrase"]
    if any(figure in pair for pair in figure.sentence.changes):
        return  # the start of a change may be of another place than its end
    behind = _BEHIND.match(_BRACKET.sub("", figure.after))
    if behind:
        yield behind["preposition"], behind["phrase"]
    figures = figure.sentence.figures
    at = figures.index(figure)
    start = figures[at - 1].quantity.end if at else figure.sentence.start
    gap = figure.sentence.text[start : figure.quantity.start]
    if at and (its := _BEHIND.match(gap)):
        gap = gap[its.end() :]
    if len(gap) > len(clause):
        gap = clause
    if behind is None:
        yield from ((each["preposition"], each["phrase"]) for each in _INSIDE.finditer(gap))


def _clause(figure: Figure) -> str:
    return re.split(_BREAK, figure.before)[-1]


_BREAK = re.compile(r"[;:]\s|,\s(?:and|while|whereas|but|where)\s|\s(?:while|whereas|but|where)\s|\s[—–]\s")
_PREPOSITION = r"(?P<preposition>on|in|for|with|without|under|within|after|at)"
_END = (
    r"(?=[,;:()]|\.(?:\s|$)|"
    r"\s(?:and|or|while|whereas|but|than|from|compared|versus|vs|by|of|to|when|where|which|that)\b|$)"
)
_BEHIND = re.compile(
    rf"\)?(?:\s(?!(?:and|or|but|while|whereas|than|to|from|by|on|in|for|with|without|under|at|over)\b)[\w/@-]+){{0,4}}?\s{_PREPOSITION}\s"
    rf"(?P<phrase>[^,;:()]{{2,60}}?){_END}"
)
_BRACKET = re.compile(r"^\s?\([^()]{1,40}\)")
"""What is told in brackets right behind a figure parts it from no place: ``56.7% (+40.0%) on ToyBench``."""
_LEAD = re.compile(
    rf"\s?(?i:{_PREPOSITION})\s(?P<phrase>(?:[\w./+-]+\s){{0,4}}?[\w./+-]+)(?=,\s|\s[A-Z]|\s(?:the|it|its|they|we|our|an?)\s)"
)
_INSIDE = re.compile(
    rf"\b{_PREPOSITION}\s(?P<phrase>[^,;:()\d]{{2,50}}?)(?=[,;:()]|\s(?:and|by|of|to|from|is|are|was|were)\b|$)"
)
_SAY_LITTLE = frozenset(
    "averag mean total term terms case cases most least "
    "task tasks benchm datase data set sets method model models best "
    "time respec genera exampl instan perfor result terms other both one two three "
    "wide broad range variet suite series number".split()
)


def _in_words(words: frozenset[str]) -> str:
    return " ".join(f"without {each[1:]}" if each.startswith("-") else each for each in sorted(words))
