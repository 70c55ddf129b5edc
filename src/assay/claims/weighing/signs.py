"""Tells in numbers how a figure of a summary compares with the paper's of its value, and with the paper's others."""

from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from assay.claims.context import Figure
from assay.claims.judging.case import Case, is_in_korean
from assay.claims.judging.exchange import may_be_mistaken
from assay.claims.meanings.meaning import Reading
from assay.claims.naming.named import OWN
from assay.claims.numbers.agreement import agreement, are_of_one_unit
from assay.claims.weighing.attachment import Attachment

OBJECTS: Final = "objects "
"""What the sign of a rule that finds a disagreement begins with."""
_STRONG: Final = ("metric", "dataset", "method", "other", "sibling", "size", "topic", "beside", "counted")
_TIES: Final = (*_STRONG, "words", "concepts")
_UNITS: Final = {"": 0, "%": 1, "x": 2, "points": 3}
_MEASURED: Final = 4
_NONE: Final = -9.0
"""Stands for the comparison with a rival or a partner where there is none."""
NO_SWAP: Final = -1000.0
"""Stands for how much better two figures fit the other way round where there are no two."""
_LITTLE: Final = 0.1
_NOTHING: Final = frozenset[str]()
Things = dict[str, frozenset[str]]
"""By tie, what a sentence says of a figure."""


class Signs(NamedTuple):
    """What a figure's comparison comes to."""

    row: dict[str, float]
    rival: Figure | None
    """The paper's figure that fits best what the summary says of this one, of those that it may have been taken for."""
    fits: frozenset[str]
    """What the summary says, and the paper of that one alone."""
    apart: frozenset[str]
    """What the paper says of the figure with the summary's value, and of that one not."""


def signs(case: Case, objections: Collection[str], attachment: Attachment, *, is_exchanged: bool) -> Signs:
    """Compare a figure of a summary with the paper's of its value.

    Args:
        case: the two.
        objections: the names of the rules that find a disagreement.
        attachment: of the figures of the abstract.
        is_exchanged: whether another figure of the sentence is of what this one should be of.
    """
    figure, reference = case.figure, case.reference
    row = {f"{OBJECTS}{name}": 1.0 for name in objections}
    row |= {"objections": len(objections), "exchanged": is_exchanged, "korean": is_in_korean(figure)}
    row |= _facts(figure, "our") | _facts(reference, "their")
    row |= _way_signs(case) | _tie_signs(case)
    row["agreement"] = agreement(figure.amount, reference.amount)
    row["places"] = sum(bool(agreement(figure.amount, each.amount)) for _, each in case.source.abstract())
    rivals = find_rivals(case)
    row |= fit_signs(figure, reference, rivals, attachment)
    row["rivals"] = len(rivals)
    row["rivals beside"] = sum(each.sentence is reference.sentence for each in rivals)
    row["their net"] = _NONE
    best = max((_beside(case, rival) for rival in rivals), key=_likeness, default=None)
    if best is None:
        return Signs(row, None, frozenset(), frozenset())
    return best._replace(row=row | best.row)


def _facts(figure: Figure, whose: str) -> dict[str, float]:
    return {
        f"{whose} unit": _UNITS.get(figure.amount.unit, _MEASURED),
        f"{whose} number": figure.is_number,
        f"{whose} word": figure.is_word,
        f"{whose} change": figure.is_change,
        f"{whose} figures": len(figure.sentence.figures),
    }


def _way_signs(case: Case) -> dict[str, float]:
    """Which way either goes, and whether it is denied."""
    ours, theirs = case.ours, case.theirs
    return {
        "directions": ours.way.direction * theirs.way.direction,
        "merits": ours.way.merit * theirs.way.merit,
        "our direction": ours.way.direction,
        "their direction": theirs.way.direction,
        "denied": bool(ours.denied) != bool(theirs.denied),
        "ends": (ours.end != theirs.end) if ours.end and theirs.end else -1,
    }


def _tie_signs(case: Case) -> dict[str, float]:
    """Of each tie how much both say, and how much one alone."""
    ours, theirs = _own(case.ours), _own(case.theirs)
    all_ours, all_theirs = _all(case.ours), _all(case.theirs)
    row: dict[str, float] = {}
    for tie in _TIES:
        row[f"{tie} shared"] = len(ours[tie] & theirs[tie])
        row[f"{tie} somewhere"] = len(all_ours[tie] & all_theirs[tie])
        row[f"{tie} ours"] = len(ours[tie] - all_theirs[tie])
        row[f"{tie} theirs"] = len(theirs[tie] - all_ours[tie])
        row[f"{tie} told"] = 2 * bool(ours[tie]) + bool(theirs[tie])
    return row


def _own(reading: Reading) -> Things:
    return _things(reading, "own")


def _all(reading: Reading) -> Things:
    own, shared, distant = (_things(reading, part) for part in ("own", "shared", "distant"))
    return {tie: own[tie] | shared[tie] | distant[tie] for tie in _TIES}


def _things(reading: Reading, part: str) -> Things:
    """What a sentence says of a figure, by tie, in one part of its ties."""
    things = {tie: getattr(getattr(reading, tie), part) - {OWN} for tie in _TIES if tie != "counted"}
    return things | {"counted": frozenset({reading.counted} - {""})}


def find_rivals(case: Case) -> list[Figure]:
    """The other figures of the abstract that the summary may have meant: in the same unit, of another value."""
    return [
        each
        for _, each in case.source.abstract()
        if each is not case.reference
        and are_of_one_unit(each.amount, case.reference.amount)
        and not agreement(case.figure.amount, each.amount)
    ]


def fit_signs(figure: Figure, reference: Figure, rivals: list[Figure], attachment: Attachment) -> dict[str, float]:
    """How well the words that go with the summary's figure fit the paper's, and rivals of that."""
    own = attachment.fit(figure, reference)
    others = [attachment.fit(figure, each) for each in rivals]
    most = max(others, default=0.0)
    row = {"fit": own, "rival's fit": most, "fits better": own - most, "fit's share": own / (own + most + _LITTLE)}
    swaps = []
    for rival, fit in zip(rivals, others, strict=True):
        for partner in partners(figure, rival):
            straight = own + attachment.fit(partner, rival)
            swaps.append(fit + attachment.fit(partner, reference) - straight)
    return row | {"swap": max(swaps, default=NO_SWAP)}


def partners(figure: Figure, rival: Figure) -> Iterator[Figure]:
    """The other figures of the summary's sentence that have a rival's value."""
    others = (each for each in figure.sentence.figures if each is not figure)
    return (each for each in others if agreement(each.amount, rival.amount))


def _beside(case: Case, rival: Figure) -> Signs:
    """How well the summary's figure fits a rival of the paper's, and its own figure of that value the paper's."""
    read, ours, theirs = case.source.reader.read, _own(case.ours), _own(case.theirs)
    its = _own(read(rival))
    partner = next(partners(case.figure, rival), None)
    beside = dict.fromkeys(_TIES, _NOTHING) if partner is None else _own(read(partner))
    row: dict[str, float] = {"across": 0, "along": 0}
    for tie in _TIES:
        it_alone, they_alone = its[tie] - theirs[tie], theirs[tie] - its[tie]
        across = len(ours[tie] & it_alone) + len(beside[tie] & they_alone)
        along = len(ours[tie] & they_alone) + len(beside[tie] & it_alone)
        weight = 2 if tie in _STRONG else 1
        row[f"{tie} across"] = across - along
        row["across"] += weight * across
        row["along"] += weight * along
    is_alike = rival.is_change == case.reference.is_change and rival.is_number == case.reference.is_number
    row |= {"their net": row["across"] - row["along"], "partner": partner is not None}
    row |= {"alike": is_alike and may_be_mistaken(rival, case.reference)}
    row |= {"same sentence": rival.sentence is case.reference.sentence}
    fits = _NOTHING.union(*(ours[tie] & (its[tie] - theirs[tie]) for tie in _TIES))
    apart = _NOTHING.union(*(theirs[tie] - its[tie] for tie in _TIES))
    return Signs(row, rival, fits, apart)


def _likeness(beside: Signs) -> tuple[float, float, float]:
    """By which the rival is chosen that the summary's figure may have been taken from."""
    return beside.row["alike"], beside.row["their net"], beside.row["across"]
