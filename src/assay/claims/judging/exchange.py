"""Whether two figures of a summary's sentence have changed places."""

import re

from assay.claims.context import Figure
from assay.claims.judging.rivals import words_of
from assay.claims.meanings.counting import is_raw
from assay.claims.meanings.likeness import is_versus
from assay.claims.meanings.meaning import Reading
from assay.claims.naming.named import OWN
from assay.claims.numbers.agreement import Agreement, agreement, are_of_one_unit
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
    for _, rival in source.abstract():
        is_alike = are_of_one_unit(rival.amount, reference.amount) and rival.is_number == reference.is_number
        is_alike = is_alike and may_be_mistaken(rival, reference)
        others = [each for each in beside if agreement(each.amount, rival.amount)]
        is_alike = is_alike and all(_are_measured_alike(each, figure) for each in others)
        if not is_alike or len(others) != 1 or others[0].is_elliptical or agreement(figure.amount, rival.amount):
            continue
        ours, beside_it, theirs, its = (
            _features(source.reader.read(each), is_count=reference.is_number)
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
            return ", ".join(next(words)), ", ".join(next(words)), rival
    return None


def may_be_mistaken(one: Figure, other: Figure) -> bool:
    """Whether two figures are near enough to be taken for each other: three stages are not 35 billion parameters."""
    low, high = sorted(abs(each.amount.high) for each in (one, other))
    return bool(one.amount.unit) or high <= _FAR * low


_FAR = 100_000


def places_exchanged(figure: Figure, reference: Figure, source: Source) -> tuple[str, str, Figure] | None:
    """Whether two figures of a summary's sentence, of whatever units, have changed the places that they are of.

    A place is a data set, a task or a field; the paper gives each of two places one of the two figures, and the
    summary the other one.

    Returns:
        As `fits_crosswise`.
    """
    read = source.reader.read
    if figure.is_number:
        return None
    ours, theirs = _places(read(figure)), _places(read(reference))
    for rival in reference.sentence.figures if ours and theirs and not ours & theirs else ():
        its = _places(read(rival))
        others = [each for each in figure.sentence.figures if agreement(each.amount, rival.amount)]
        if rival is reference or len(others) != 1 or others[0] is figure or its & theirs:
            continue
        beside = _places(read(others[0]))
        if ours & its and beside & theirs and not beside & its and not agreement(others[0].amount, reference.amount):
            return ", ".join(sorted(ours & its)), ", ".join(sorted(beside & theirs)), rival
    return None


def _places(reading: Reading) -> frozenset[str]:
    return (reading.dataset.own | reading.other.own | reading.topic.own) - {OWN}


def compares_crosswise(figure: Figure, reference: Figure, source: Source) -> tuple[str, str, Figure] | None:
    """Whether a summary's sentence and the paper's compare the same two figures, each starting from the other's start.

    Where a name or a word tells that the summary speaks of the other side, both are right.

    Returns:
        What the summary gives the figure of, what it is of, and the paper's other figure; ``None`` if they agree.
    """
    for ours in figure.sentence.changes:
        for theirs in reference.sentence.changes if figure in ours else ():
            if reference not in theirs or ours.index(figure) == theirs.index(reference):
                continue
            other, rival = ours[1 - ours.index(figure)], theirs[1 - theirs.index(reference)]
            if agreement(other.amount, rival.amount) < Agreement.ROUNDED or _speaks_of_other_side(ours, theirs, source):
                continue
            sides = "what is compared", "what it is compared with"
            return (*sides, rival) if figure is ours[1] else (*sides[::-1], rival)
    return None


def _speaks_of_other_side(ours: tuple[Figure, Figure], theirs: tuple[Figure, Figure], source: Source) -> bool:
    """Whether the side that the summary begins with is the one that the paper compares with."""
    (_, main), (base, result) = (tuple(map(source.reader.read, pair)) for pair in (ours, theirs))
    named = (main.method.own | main.other.own | main.dataset.own) - {OWN}
    if named:
        return not named & (result.method.any | result.other.any | result.dataset.any)
    compared = _COMPARED_WITH.search(theirs[0].sentence.words)
    said = main.words.own | main.concepts.own | main.topic.own
    if compared is not None and (said | main.words.all | main.topic.all) & words_of(compared["rival"]):
        return True
    return _IS_OLD.search(ours[1].before[-60:] + " # " + ours[1].after[:25]) is not None or bool(
        said
        & (base.words.own | base.concepts.own | base.topic.own | base.passed)
        - (result.words.own | result.concepts.own | result.topic.own)
    )


_COMPARED_WITH = re.compile(
    r"\b(?:than|over|outperform\w*|surpass\w*|exceed\w*|beat\w*|compar(?:ed|able|ing)\s(?:to|with)|relative\sto|against)\s"
    r"(?P<rival>[^(),;:.\d]{3,60})"
)
_IS_OLD = re.compile(
    r"\b(?:baselines?|before|base|originals?|originally|previous(?:ly)?|prior|earlier|existing|standard|vanilla|without|others?|old)\b"
    r"|기존|이전|원래|종전|기준선|바탕"
)


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


def _features(reading: Reading, *, is_count: bool) -> _Features:
    """All that a sentence says of a figure; of a Korean one, what English has a word for. Names weigh most."""
    names = () if is_count else (reading.dataset, reading.method, reading.other)  # all counts are of one data set
    strong = (*names, reading.metric, reading.topic, reading.size, reading.beside)
    weak = (reading.words, reading.concepts)  # of a Korean sentence, its words in Latin script
    features = {(2, thing) for each in strong for thing in each.own}
    features |= {(1, thing) for each in weak for thing in each.own}
    features |= {(1 if is_raw(reading.counted) else 2, reading.counted)}
    return frozenset(feature for feature in features if feature[1] not in {"", OWN})
