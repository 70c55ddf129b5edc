"""Whether a summary gives the figure of one subject to another, by the grammar of both sentences."""

import re

from assay.claims.judging.case import Case, Disagreement
from assay.claims.naming.bearers import in_words
from assay.claims.numbers.agreement import agreement, are_of_one_unit


def another_holder(case: Case) -> Disagreement | None:
    """A level of one subject for that of another, of which the paper has a level too, or which it says is beaten.

    What either sentence leaves open, and longer or shorter forms of one name, are none.
    """
    if case.is_change or case.figure.is_number or case.reference.is_number:
        return None
    source = case.source
    ours, theirs = source.holders.of(case.figure), source.holders.of(case.reference)
    if not ours.is_sure or not theirs.is_sure or _is_means(case):
        return None
    known = source.known_holders
    may_be_one = source.bearers.may_be_one
    if any(may_be_one(a, b, known) for a in ours.names for b in theirs.names):
        return None
    rivals = [
        each
        for name, figures in source.held.items()
        if any(may_be_one(name, other, known) for other in ours.names)
        for each in figures
        if are_of_one_unit(each.amount, case.reference.amount) and not agreement(case.figure.amount, each.amount)
    ]
    if not rivals and not ours.names <= theirs.beaten:
        return None
    return Disagreement("method", in_words(ours.names), in_words(theirs.names), rivals[0] if len(rivals) == 1 else None)


def another_rival(case: Case) -> Disagreement | None:
    """A change over one rival for that over another, of which the paper has a change too."""
    units = [each.amount.unit or each.amount.implied for each in (case.figure, case.reference)]
    if not case.is_change or units[0] != units[1]:
        return None
    source = case.source
    ours, theirs = source.holders.of(case.figure).over, source.holders.of(case.reference).over
    may_be_one = source.bearers.may_be_one
    if not ours or not theirs or any(may_be_one(a, b, frozenset()) for a in ours for b in theirs):
        return None
    if _names_both(case, theirs):
        return None  # which change is over which of them is told by a preposition that may be another figure's
    for _, each in source.abstract():
        is_alike = each.amount.unit == case.reference.amount.unit and not agreement(case.figure.amount, each.amount)
        if is_alike and any(may_be_one(a, b, frozenset()) for a in ours for b in source.holders.of(each).over):
            return Disagreement("comparison", f"to {in_words(ours)}", f"compared to {in_words(theirs)}", each)
    return None


_OF_ANOTHER = re.compile(r"(?:의|쓴|사용한|이용한)\s[가-힣\s]*$")
_WITH = re.compile(r"\s?(?:만으로|으로|로)(?![가-힣])")


def _is_means(case: Case) -> bool:
    """Whether somebody did something with so much of what is another's: "Granite의 데이터 10%로"."""
    return bool(_OF_ANOTHER.search(case.figure.before) and _WITH.match(case.figure.after))


def _names_both(case: Case, names: frozenset[str]) -> bool:
    """Whether the summary's sentence names these, too."""
    written = re.sub(r"[\W_]+", "", case.figure.sentence.words.casefold())
    return any(re.sub(r"[\W_]+", "", name.casefold()) in written for name in names)
