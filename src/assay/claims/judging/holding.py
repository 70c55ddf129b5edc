"""Whether a summary gives the figure of one subject to another, by the grammar of both sentences."""

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
    if not ours.is_sure or not theirs.is_sure:
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
    if not case.is_change or case.figure.amount.unit != case.reference.amount.unit:
        return None
    source = case.source
    ours, theirs = source.holders.of(case.figure).over, source.holders.of(case.reference).over
    may_be_one = source.bearers.may_be_one
    if not ours or not theirs or any(may_be_one(a, b, frozenset()) for a in ours for b in theirs):
        return None
    for _, each in source.abstract():
        is_alike = each.amount.unit == case.reference.amount.unit and not agreement(case.figure.amount, each.amount)
        if is_alike and any(may_be_one(a, b, frozenset()) for a in ours for b in source.holders.of(each).over):
            return Disagreement("comparison", f"to {in_words(ours)}", f"compared to {in_words(theirs)}", each)
    return None
