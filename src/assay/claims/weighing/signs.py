"""Tells in numbers how a figure of a summary compares with the paper's of its value, and with the paper's others."""

from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from assay.claims.context import Figure
from assay.claims.judging.case import Case, is_in_korean
from assay.claims.judging.exchange import may_be_mistaken
from assay.claims.meanings.meaning import Reading
from assay.claims.naming.named import OWN
from assay.claims.numbers.agreement import agreement, are_of_one_unit
from assay.claims.weighing.nearness import KINDS, Nearness

OBJECTS: Final = "objects "
"""What the sign of a rule that finds a disagreement begins with."""
_STRONG: Final = ("metric", "dataset", "method", "other", "sibling", "size", "topic", "beside", "counted")
_TIES: Final = (*_STRONG, "words", "concepts")
_UNITS: Final = {"": 0, "%": 1, "x": 2, "points": 3}
_MEASURED: Final = 4
_NONE: Final = -9.0
"""Stands for the comparison with a rival or a partner where there is none."""
_LITTLE: Final = 0.1
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


def signs(case: Case, objections: Collection[str], nearness: Nearness, *, is_exchanged: bool) -> Signs:
    """Compare a figure of a summary with the paper's of its value.

    Args:
        case: the two.
        objections: the names of the rules that find a disagreement.
        nearness: of the figures of the abstract.
        is_exchanged: whether another figure of the sentence is of what this one should be of.
    """
    figure, reference = case.figure, case.reference
    row = {f"{OBJECTS}{name}": 1.0 for name in objections}
    row |= {"objections": len(objections), "exchanged": is_exchanged, "korean": is_in_korean(figure)}
    row |= _facts(figure, "our") | _facts(reference, "their")
    row |= _way_signs(case) | _tie_signs(case)
    row["agreement"] = agreement(figure.amount, reference.amount)
    row["shared words"] = len(figure.sentence.stems & reference.sentence.stems)
    row["covered"] = row["shared words"] / max(1, len(figure.sentence.stems))
    row["around"], row["near"] = (len(one & other) for one, other in _around(figure, reference))
    abstract = [each for _, each in case.source.abstract()]
    row["places"] = sum(bool(agreement(figure.amount, each.amount)) for each in abstract)
    rivals = [each for each in abstract if _is_rival(each, case)]
    row |= _nearness_signs(case, rivals, nearness)
    return _beside_rivals(case, rivals, row)


def _facts(figure: Figure, whose: str) -> dict[str, float]:
    return {
        f"{whose} unit": _UNITS.get(figure.amount.unit, _MEASURED),
        f"{whose} number": figure.is_number,
        f"{whose} word": figure.is_word,
        f"{whose} change": figure.is_change,
        f"{whose} figures": len(figure.sentence.figures),
    }


def _around(figure: Figure, reference: Figure) -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    return (figure.around, reference.around), (figure.near, reference.near)


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


def _is_rival(figure: Figure, case: Case) -> bool:
    is_one = are_of_one_unit(figure.amount, case.reference.amount)
    return figure is not case.reference and is_one and not agreement(case.figure.amount, figure.amount)


def _nearness_signs(case: Case, rivals: list[Figure], nearness: Nearness) -> dict[str, float]:
    """How near the words of the summary's sentence are to its figure and to the paper's, and to rivals of that."""
    own = nearness.of(case.figure, case.reference)
    others = [nearness.of(case.figure, each) for each in rivals]
    mine, most = sum(own.values()), max((sum(each.values()) for each in others), default=0.0)
    row = {"nearness": mine, "rival nearness": most, "nearer": mine - most, "share": mine / (mine + most + _LITTLE)}
    row |= {f"nearer {kind}": own[kind] - max((each[kind] for each in others), default=0.0) for kind in KINDS}
    swaps = [_NONE]
    for rival, near in zip(rivals, others, strict=True):
        for partner in _partners(case.figure, rival):
            straight = mine + sum(nearness.of(partner, rival).values())
            cross = sum(near.values()) + sum(nearness.of(partner, case.reference).values())
            swaps.append((cross - straight) / (cross + straight + _LITTLE))
    return row | {"swap": max(swaps)}


def _partners(figure: Figure, rival: Figure) -> Iterable[Figure]:
    """The other figures of the summary's sentence that have a rival's value."""
    others = (each for each in figure.sentence.figures if each is not figure)
    return (each for each in others if agreement(each.amount, rival.amount))


def _beside_rivals(case: Case, rivals: list[Figure], row: dict[str, float]) -> Signs:
    """Add how well the figure fits the rival that it fits best, with the summary's own figure of that value."""
    read, ours, theirs = case.source.reader.read, _own(case.ours), _own(case.theirs)
    row["rivals"] = len(rivals)
    row["rivals beside"] = sum(each.sentence is case.reference.sentence for each in rivals)
    row["their net"] = _NONE
    best: Signs | None = None
    for rival in rivals:
        its = _own(read(rival))
        partner = next(iter(_partners(case.figure, rival)), None)
        beside = _own(read(partner)) if partner is not None else {}
        cross = straight = 0
        signs_of: dict[str, float] = {}
        for tie in _TIES:
            weight = 2 if tie in _STRONG else 1
            fits, stays = ours[tie] & (its[tie] - theirs[tie]), ours[tie] & (theirs[tie] - its[tie])
            across, along = len(fits), len(stays)
            if beside:
                across += len(beside[tie] & (theirs[tie] - its[tie]))
                along += len(beside[tie] & (its[tie] - theirs[tie]))
            signs_of[f"{tie} across"] = across - along
            cross, straight = cross + weight * across, straight + weight * along
        is_alike = rival.is_change == case.reference.is_change and rival.is_number == case.reference.is_number
        signs_of |= {"their net": cross - straight, "across": cross, "along": straight, "partner": partner is not None}
        signs_of |= {"alike": is_alike and may_be_mistaken(rival, case.reference)}
        signs_of |= {"same sentence": rival.sentence is case.reference.sentence}
        key = signs_of["alike"], signs_of["their net"], cross
        if best is None or key > (best.row["alike"], best.row["their net"], best.row["across"]):
            fits_it = frozenset().union(*(ours[tie] & (its[tie] - theirs[tie]) for tie in _TIES))
            apart = frozenset().union(*(theirs[tie] - its[tie] for tie in _TIES))
            best = Signs(signs_of, rival, fits_it, apart)
    if best is None:
        return Signs(row, None, frozenset(), frozenset())
    return best._replace(row=row | best.row)
