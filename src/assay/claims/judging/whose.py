"""Whether a figure is given to another name than the paper's: a data set, a method, a variant, a size, a rival."""

import re

from assay.claims.context import Figure
from assay.claims.judging.case import RARE, Case, Disagreement
from assay.claims.meanings.meaning import Reading
from assay.claims.naming.named import OWN, VARIANT, are_kin, are_one, same
from assay.claims.numbers.agreement import agreement, are_of_one_unit
from assay.claims.numbers.sorts import Sort


def another_dataset(case: Case) -> Disagreement | None:
    """Another data set, which the paper names too."""
    ours = case.ours.dataset.own - {OWN}
    theirs = case.theirs.dataset.own if case.figure.is_number else case.theirs.dataset.all
    is_known = all(map(case.source.reader.is_dataset, theirs)) and all(map(case.source.reader.knows, ours))
    theirs = theirs or case.theirs.other.own
    if case.figure.is_number and all(_is_origin(name, case.reference) for name in ours):
        return None  # what is counted is of one data set, and comes from others
    if case.counts_something_else or not are_apart(case, ours, theirs):
        return None
    is_known = is_known and not case.figure.is_number  # "210 CT scans" are of whatever data set
    if not is_known and not all(map(case.has_figure, ours)):
        return None
    return Disagreement("data set", in_words(ours), in_words(theirs))


def passed_one(case: Case) -> Disagreement | None:
    """The level of what is better than another one, given as the other's."""
    ours, passed = case.ours.method.own, case.theirs.passed
    if case.is_change or case.reference.is_number or not ours or not ours <= passed:
        return None
    return Disagreement("method", in_words(ours), f"of what is compared with {in_words(ours)}")


def other_side(case: Case) -> Disagreement | None:
    """The level of what is compared, given as that of what it is compared with, or the reverse."""
    if case.is_change or case.figure.is_number or case.ours.end:
        return None
    rivals = [each for pair in case.reference.sentence.changes if case.reference in pair for each in pair]
    rivals = [each for each in rivals if each is not case.reference and not each.is_change]
    if len(rivals) != 1:
        return None
    is_base = case.reference.is_baseline
    if is_base and case.theirs.end:
        return None  # where something of its own started
    others = case.theirs.method.own
    ours = case.ours.method.all if others - {OWN} else case.ours.method.own
    if is_base and ours == {OWN} and OWN not in others and not case.figure.is_baseline and not _is_of_base(case.ours):
        return Disagreement("side", "the paper's own", "what it is compared with", rivals[0])
    if not is_base and OWN not in ours and _is_of_base(case.ours) and not _is_of_base(case.theirs):
        return Disagreement("side", "what it is compared with", "what is compared", rivals[0])
    return None


def _is_of_base(reading: Reading) -> bool:
    return "base" in reading.topic.own


def another_name(case: Case) -> Disagreement | None:
    """The figure of another name, of which the paper has another figure."""
    ours, theirs = case.ours.other.own, case.theirs.other.all or case.theirs.dataset.all
    if case.figure.is_number and case.figure.amount.high < RARE:
        return None
    if case.counts_something_else or not are_apart(case, ours, theirs):
        return None
    together = case.source.reader.are_listed_together
    if not all(case.has_figure(name) or all(together(name, other) for other in theirs) for name in ours):
        return None
    if case.is_change and ours <= case.theirs.names | case.theirs.other.others | case.theirs.method.others:
        return None  # what is compared may be named anywhere in the sentence
    return Disagreement("name", in_words(ours), in_words(theirs))


def name_beside(case: Case) -> Disagreement | None:
    """The figure of one name for that of another, where the paper's sentence gives that name a figure of its own."""
    here, there = (methods_of(each) for each in (case.ours, case.theirs))
    if case.figure.is_number or len(here) != 1 or len(there) > 1 or any(are_one(min(here), name) for name in there):
        return None
    if here & (case.theirs.method.any | case.theirs.other.any | case.theirs.dataset.any):
        return None  # it may go for the whole sentence
    if case.figure.amount.unit == "x" and not there:
        return None  # what it is compared with may be named anywhere
    holders = frozenset() if case.is_change else case.source.holders.of(case.reference).names
    if any(are_one(min(here), name) for name in holders):
        return None  # it goes on: "reaches 95% on one but only 46% on the other"
    for rival in case.reference.sentence.figures:
        is_alike = (are_of_one_unit(rival.amount, case.reference.amount) or there) and not rival.is_number
        names = methods_of(case.source.reader.read(rival))
        if is_alike and here <= names and not agreement(case.figure.amount, rival.amount):
            return Disagreement("name", in_words(here), in_words(there) or "something else", rival)
    return None


def name_elsewhere(case: Case) -> Disagreement | None:
    """The level of one name for that of another, of whatever sort either is, where the paper has a level of both."""
    if case.is_change or case.figure.is_number:
        return None
    here, there = (_all_names(each) for each in (case.ours, case.theirs))
    strange = frozenset(name for name in here if not any(case.are_one(name, other) for other in there))
    said = case.ours.names | here | case.ours.method.others | case.ours.dataset.others
    if not there or not strange or any(case.are_one(name, other) for name in there for other in said):
        return None
    loose = case.theirs.names - there
    if any(are_one(a, b) or are_kin(a, b) for a in strange for b in loose) or not all(map(case.has_level, strange)):
        return None
    return Disagreement("name", in_words(strange), in_words(there))


def _all_names(reading: Reading) -> frozenset[str]:
    return methods_of(reading) | (reading.dataset.own - {OWN})


def names_of(reading: Reading) -> frozenset[str]:
    """The names and sizes that go with a figure closest, but the paper's own."""
    return (reading.method.own | reading.other.own | reading.dataset.own | reading.size.own) - {OWN}


def methods_of(reading: Reading) -> frozenset[str]:
    """The names that go with a figure closest, but data sets and the paper's own."""
    return (reading.method.own | reading.other.own) - {OWN}


def another_size(case: Case) -> Disagreement | None:
    """The figure of a model of another size, of which the paper has another figure."""
    sentences = case.figure.sentence, case.reference.sentence
    if case.figure.is_number or not any(
        each.amount.sort is Sort.SIZE for sentence in sentences for each in sentence.figures
    ):
        return None  # both only have names that end in sizes
    ours, theirs = case.ours.size.own, case.theirs.size.any
    if not ours or not theirs or ours & (theirs | case.theirs.size.free) or not all(map(case.has_figure, ours)):
        return None
    return Disagreement("size", in_words(ours), in_words(theirs))


def another_variant(case: Case) -> Disagreement | None:
    """The figure of a variant of the method, where the paper has another one of that variant: ``-L`` and ``-XL``."""
    ours, theirs = case.ours.sibling.own, case.theirs.sibling.any
    if case.figure.is_number or not ours or not theirs or ours & (theirs | case.theirs.sibling.free):
        return None
    for name in ours:
        longer = {each for each in theirs if each.startswith(name)}
        is_place = [_is_place(each, case.reference) for each in (name, *theirs)]
        if OWN in case.ours.method.own and not is_place[0] and all(is_place[1:]):
            return None  # one has figures, the other is where it has them
        if longer and not longer <= case.ours.sibling.others:
            return None  # a summary may call the variant by the name of all
        if not case.has_figure(VARIANT + name):
            return None
    return Disagreement("method", in_words(ours), in_words(theirs))


def _is_place(name: str, figure: Figure) -> bool:
    """Whether a figure's sentence says *on* before a name."""
    return any(same(match[1]).startswith(name) for match in _PLACES.finditer(figure.sentence.words))


def _is_origin(name: str, figure: Figure) -> bool:
    """Whether a figure's sentence says that something comes from what has a name."""
    return any(name in same(match[1]) for match in _ORIGINS.finditer(figure.sentence.words))


_ORIGINS = re.compile(r"\bfrom\s([^.;:()]{3,80})")
_PLACES = re.compile(r"\b(?:on|in)\s(?:the\s)?([\w-]+)")


def are_apart(case: Case, ours: frozenset[str], theirs: frozenset[str]) -> bool:
    """Whether both sides name something, and the paper's sentence does not name what the summary's does."""
    if not ours or not theirs:
        return False
    if any(are_one(name, other) for name in theirs for other in case.ours.names - ours - {OWN}):
        return False  # the summary names it too
    theirs |= case.theirs.names - {OWN}
    return not any(
        case.are_one(a, b) or (are_kin(a, b) and not _are_told_apart(case, a, b)) for a in ours for b in theirs
    )


def _are_told_apart(case: Case, one: str, other: str) -> bool:
    """Whether the paper has figures of both."""
    return one in case.source.figures_of and other in case.source.figures_of


def in_words(names: frozenset[str]) -> str:
    """Names as a report has them."""
    return " and ".join(sorted("the paper's own" if name == OWN else name for name in names))
