"""Whether a summary counts other things than the paper does."""

import re

from assay.claims.context import Figure
from assay.claims.judging.case import Case, Disagreement, is_in_korean
from assay.claims.meanings import things
from assay.claims.meanings.counting import RAW
from assay.claims.numbers.agreement import Agreement, agreement


def count(case: Case) -> Disagreement | None:
    """A count of other things, of which the paper has another count."""
    if not case.reference.is_number or not case.figure.is_number:
        return None
    here, there = case.ours.counted, case.theirs.counted
    is_other = bool(here and there) and not things.count_alike(here, there)
    is_other = is_other and there not in _named_beside(case.figure)
    if is_other and case.has_figure(here) and not _is_qualified_alike(case):
        return Disagreement("count", here.removeprefix(RAW), there.removeprefix(RAW))
    if is_other and _counts_as_many(case, here):
        return Disagreement("count", here.removeprefix(RAW), there.removeprefix(RAW))
    if case.counts_exchanged():
        return Disagreement("count", here.removeprefix(RAW) or "something else", there.removeprefix(RAW))
    ours, theirs = set(case.figure.count_noun), set(case.reference.count_noun)
    for _, rival in case.source.abstract():
        others = set(rival.count_noun) if rival.is_number else set()
        is_theirs = bool(ours & (others - theirs)) and not ours & (theirs - others) and bool(theirs - others)
        is_theirs = is_theirs and not _has_its_own_noun(case, rival)
        if is_theirs and rival.sentence is case.reference.sentence and case.is_exchanged_with(rival):
            return Disagreement("count", " ".join(case.figure.count_noun), " ".join(case.reference.count_noun))
    return None


def _named_beside(figure: Figure) -> frozenset[str]:
    """What a Korean phrase names beside its number, any of which may be counted: ``54개 언어 이미지``."""
    if not is_in_korean(figure):
        return frozenset()
    text, sentence = figure.sentence.text, figure.sentence
    before = _PHRASE_BEFORE.search(text[sentence.start : figure.quantity.start])
    after = _PHRASE_AFTER.match(text, figure.quantity.end, sentence.end)
    phrases = [(sentence.start + before.start(), figure.quantity.start)] if before else []
    phrases += [after.span()] if after else []
    return frozenset(noun.key for phrase in phrases for noun in things.counted(text, *phrase))


_PHRASE_BEFORE = re.compile(r"(?:[가-힣A-Za-z-]+(?<![은는이가을를의에서로와과도며고만])\s){1,3}$")
_PHRASE_AFTER = re.compile(
    r"(?:개국|개|종|명|편|건|장|가지|쌍|곳|대)?\s?[가-힣]+(?<![은는을를의에로와과도며고만])\s[가-힣]+"
)


def _counts_as_many(case: Case, thing: str) -> bool:
    """Whether another figure of the abstract gives as many of what the summary counts: that one is meant."""
    return any(
        other is not case.reference
        and other.is_number
        and agreement(case.figure.amount, other.amount) >= Agreement.ROUNDED
        and case.source.reader.read(other).counted == thing
        for _, other in case.source.abstract()
    )


def _is_qualified_alike(case: Case) -> bool:
    """Whether both counts have an adjective that no other count of the paper has: ``four frozen models, variants``."""
    shared = set(case.figure.count_noun) & set(case.reference.count_noun)
    others = (each for _, each in case.source.abstract() if each is not case.reference and each.is_number)
    return bool(shared) and all(not shared & set(each.count_noun) for each in others)


def _has_its_own_noun(case: Case, rival: Figure) -> bool:
    """Whether the summary counts by the number of ``rival`` what the paper counts by it."""
    nouns = set(rival.count_noun) - set(case.reference.count_noun)
    return any(
        each is not case.figure and agreement(each.amount, rival.amount) and set(each.count_noun) & nouns
        for each in case.figure.sentence.figures
    )
