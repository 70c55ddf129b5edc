"""Whether the words around a summary's figure are those around another figure of the paper."""

from assay.claims.judging.case import Case, Disagreement, is_in_korean
from assay.claims.judging.directions import pair_of
from assay.claims.judging.exchange import compares_crosswise, fits_crosswise, places_exchanged
from assay.claims.judging.whose import names_of
from assay.claims.meanings.likeness import is_versus
from assay.claims.meanings.meaning import Reading
from assay.claims.numbers.agreement import agreement, are_of_one_unit
from assay.claims.numbers.sorts import Sort


def context(case: Case) -> Disagreement | None:
    """The words that are the paper's for another figure, and none that are for this one alone.

    A summary in another language than the paper's has only what both have words for.
    """
    if case.reference.is_number or case.reference.amount.sort is not Sort.FIGURE:
        return None
    if is_versus(case.reference):
        return None
    is_foreign = is_in_korean(case.figure)
    read = _topics if is_foreign else _words_of
    ours, theirs = read(case.ours), read(case.theirs)
    for _, rival in case.source.abstract():
        if (
            rival.is_number
            or rival.is_change != case.reference.is_change
            or not are_of_one_unit(rival.amount, case.reference.amount)
            or agreement(case.figure.amount, rival.amount)
            or is_versus(rival)
            or (rival.amount.low < rival.amount.high) != (case.reference.amount.low < case.reference.amount.high)
        ):
            continue
        if any(agreement(each.amount, rival.amount) for each in pair_of(case.figure)):
            continue  # words go for both ends of a change
        its = case.source.reader.read(rival)
        if names_of(case.ours) & (names_of(case.theirs) - names_of(its)):
            continue  # the names tell that it is this one
        others = read(its)
        needed = 1 if is_foreign or rival.sentence is case.reference.sentence else 2
        apart = theirs - others
        if apart and len(ours & (others - theirs)) >= needed and not ours & apart:
            words = ", ".join(sorted(ours & (others - theirs))), ", ".join(sorted(theirs - others))
            return Disagreement("context", *words, rival)
    return None


def _words_of(reading: Reading) -> frozenset[str]:
    return reading.words.own | reading.topic.own


def _topics(reading: Reading) -> frozenset[str]:
    return reading.topic.own | reading.metric.own


def crosswise(case: Case) -> Disagreement | None:
    """Two figures of the summary's sentence that fit the paper's the other way round."""
    crossing = fits_crosswise(case.figure, case.reference, case.source) or places_exchanged(
        case.figure, case.reference, case.source
    )
    return None if crossing is None else Disagreement("context", *crossing)


def turned(case: Case) -> Disagreement | None:
    """Two figures that either side compares, and the summary the other way round: ``0.46 against 0.48``."""
    crossing = compares_crosswise(case.figure, case.reference, case.source)
    return None if crossing is None else Disagreement("side", *crossing)
