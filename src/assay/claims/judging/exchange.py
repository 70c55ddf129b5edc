"""Whether two figures of a summary's sentence have changed places."""

import re

from assay.claims.context import Figure
from assay.claims.meanings.counting import is_raw
from assay.claims.meanings.likeness import is_versus
from assay.claims.meanings.meaning import Reading
from assay.claims.naming.named import OWN
from assay.claims.numbers.agreement import agreement, are_of_one_unit
from assay.claims.source import Source


def takes_its_place(figure: Figure, field: str, pair: tuple[Figure, Figure], source: Source) -> bool:
    """Whether the paper gives the second of a pair of what the summary gives ``figure`` of.

    Args:
        figure: the summary's figure, which is of something else.
        field: in what it is.
        pair: another figure of the summary's sentence, and the paper's that has its value.
        source: the paper.
    """
    other, reference = pair
    ours, beside = (_of(field, source.reader.read(each)) for each in (figure, other))
    if figure.amount.unit != other.amount.unit or ours & beside or (field == "size" and not beside):
        return False
    if not beside and sum(each.amount.unit == other.amount.unit for each in other.sentence.figures) > len(pair):
        return False
    return any(reference in source.figures_of.get(thing, ()) for thing in ours)


def _of(field: str, reading: Reading) -> frozenset[str]:
    """What a figure is of in one field, if that field names things."""
    ties = {
        "metric": reading.metric,
        "data set": reading.dataset,
        "method": reading.method,
        "name": reading.other,
        "size": reading.size,
    }
    return ties[field].own - {OWN} if field in ties else frozenset()


def fits_crosswise(figure: Figure, reference: Figure, source: Source) -> tuple[str, str, Figure] | None:
    """Whether a figure of a summary and another one of its sentence fit two of the paper's better the other way round.

    What tells them apart is all that either sentence says of them: names, metrics, topics, and the other words that
    both languages have. Each of the two figures of the summary has the value of one of the paper's.

    Returns:
        What fits the paper's other figure, what would fit ``reference``, and that other figure; ``None`` if they fit
        as they stand, or as well.
    """
    if figure.is_elliptical:
        return None
    beside = [each for each in figure.sentence.figures if not agreement(each.amount, reference.amount)]
    if is_versus(reference) or len(beside) < len(figure.sentence.figures) - 1:
        return None
    is_foreign = _HANGUL.search(figure.sentence.words) is not None
    for _, rival in source.abstract():
        is_alike = are_of_one_unit(rival.amount, reference.amount) and rival.is_number == reference.is_number
        others = [each for each in beside if agreement(each.amount, rival.amount)]
        is_alike = is_alike and all(_are_measured_alike(each, figure) for each in others)
        if not is_alike or len(others) != 1 or others[0].is_elliptical or agreement(figure.amount, rival.amount):
            continue
        ours, beside_it, theirs, its = (
            _features(source.reader.read(each), is_foreign=is_foreign, is_count=reference.is_number)
            for each in (figure, others[0], reference, rival)
        )
        straight = _weigh(ours & (theirs - its)) + _weigh(beside_it & (its - theirs))
        fits = ours & (its - theirs), beside_it & (theirs - its)
        if not all(fits) and any(
            _are_shared(each, source.reader.read(by)) for each, by in zip(fits, (reference, rival), strict=True)
        ):
            continue
        is_told = all(fits) or (not straight and any(weight > 1 for each in fits for weight, _ in each))
        if sum(map(_weigh, fits)) > straight + (1 if is_told else 2):
            words = (sorted(thing for _, thing in each) for each in (ours & (its - theirs), theirs - its))
            return " ".join(next(words)), " ".join(next(words)), rival
    return None


def _are_measured_alike(one: Figure, other: Figure) -> bool:
    """Whether two figures of a summary have one unit, whether both say it or not."""
    units = [each.amount.unit or each.amount.implied for each in (one, other)]
    return one.amount.unit == other.amount.unit or units[0] == units[1]


def _are_shared(features: "_Features", reading: Reading) -> bool:
    """Whether a figure shares one of the names with the one before it: ``LakeBench: 41.5% against 40.2%``."""
    shared = reading.dataset.shared | reading.method.shared | reading.other.shared
    return any(thing in shared for _, thing in features)


_Features = frozenset[tuple[int, str]]
"""What a sentence says of a figure: each thing with its weight."""


def _weigh(features: _Features) -> int:
    return sum(weight for weight, _ in features)


def _features(reading: Reading, *, is_foreign: bool, is_count: bool = False) -> _Features:
    """All that a sentence says of a figure; of a Korean one, what English has a word for. Names weigh most."""
    names = () if is_count else (reading.dataset, reading.method, reading.other)  # all counts are of one data set
    strong = (*names, reading.metric, reading.topic, reading.size)
    weak = (reading.concepts,) if is_foreign else (reading.words, reading.concepts)
    features = {(2, thing) for each in strong for thing in each.own}
    features |= {(1, thing) for each in weak for thing in each.own}
    features |= {(1 if is_raw(reading.counted) else 2, reading.counted)}
    return frozenset(feature for feature in features if feature[1] not in {"", OWN})


_HANGUL = re.compile(r"[가-힣]")
