"""Compares the claims of two versions of a text: those whose figure changed, that appeared, and that vanished.

Two claims are of the same thing if they have the same metric on the same data set; among several such, those in the
same words but for the figures belong together, then those against the same baseline. New words for the same figure are
no erratum.
"""

import re
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import date
from typing import Literal

from assay.papers.models import Claim, Line, Noun, Paper, PaperId
from assay.papers.text import fold


class Change(Noun):
    """What became of one claim."""

    what: Literal["changed", "appeared", "vanished"]
    before: Claim | None = None
    """The claim as it was; ``None`` for one that appeared."""
    after: Claim | None = None
    """The claim as it is; ``None`` for one that vanished."""


class Erratum(Noun):
    """What changed in a paper's claims when its text did."""

    paper: PaperId
    title: Line
    version: int | None = None
    """The arXiv version that brought it; ``None`` where that is not known."""
    seen: date | None = None
    """When the new text was read."""
    changes: tuple[Change, ...]


class Conflict(Noun):
    """A recorded claim for which another source gives another figure."""

    paper: PaperId
    title: Line
    day: date | None = None
    """The first day that listed the paper."""
    claim: Claim


class Errata(Noun):
    """The errata log."""

    changes: tuple[Erratum, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


def changes(before: Paper, after: Paper) -> tuple[Change, ...]:
    """Compare the claims in title and abstract of two versions of a paper, in the order of the text."""
    from assay.claims.extract import extract  # noqa: PLC0415 - reading an erratum extracts nothing

    return compare_claims(extract(before), extract(after))


def compare_claims(before: Sequence[Claim], after: Sequence[Claim]) -> tuple[Change, ...]:
    """Pair the claims of two texts: first those that changed or vanished, then those that appeared."""
    old, new = list(before), list(after)
    # A figure that stands twice in one text and once in the other has not changed.
    figures = {_figure(claim) for claim in new}, {_figure(claim) for claim in old}
    old = [claim for claim in old if _figure(claim) not in figures[0]]
    new = [claim for claim in new if _figure(claim) not in figures[1]]
    successors: dict[str, Claim] = {}
    for likeness in _LIKENESSES:
        _pair(old, new, likeness, successors)
    rewordings: dict[str, Claim] = {}
    _pair([claim for claim in old if claim.key not in successors], _unpaired(new, successors), _value, rewordings)
    old_changes = [
        Change(what="changed", before=claim, after=successors[claim.key])
        if claim.key in successors
        else Change(what="vanished", before=claim)
        for claim in old
        if claim.key not in rewordings
    ]
    return (
        *old_changes,
        *(Change(what="appeared", after=claim) for claim in _unpaired(_unpaired(new, successors), rewordings)),
    )


def _unpaired(claims: Sequence[Claim], pairs: Mapping[str, Claim]) -> list[Claim]:
    """The claims that are paired with no old one."""
    keys = {claim.key for claim in pairs.values()}
    return [claim for claim in claims if claim.key not in keys]


def _pair(
    old: Sequence[Claim], new: Sequence[Claim], likeness: Callable[[Claim], Hashable], pairs: dict[str, Claim]
) -> None:
    """Add to ``pairs``, by the old claim's key, the first new claim that is like it and not paired yet."""
    for claim in old:
        if claim.key not in pairs:
            like = next((other for other in _unpaired(new, pairs) if likeness(other) == likeness(claim)), None)
            if like is not None:
                pairs[claim.key] = like


def _value(claim: Claim) -> Hashable:
    return (claim.direction, claim.along) if claim.value is None else claim.value, claim.unit, claim.kind


def _figure(claim: Claim) -> Hashable:
    return _value(claim), fold(claim.dataset), fold(claim.metric)


def _measure(claim: Claim) -> tuple[Hashable, ...]:
    return fold(claim.metric), fold(claim.dataset), claim.unit, claim.kind


def _subject(claim: Claim) -> Hashable:
    return *_measure(claim), fold(claim.baseline)


def _wording(claim: Claim) -> Hashable:
    return *_measure(claim), re.sub(r"\d+([.,]\d+)*", "0", claim.quote)


_LIKENESSES = (_wording, _subject, _measure)
"""By what an old claim and a new one are paired; the surest first."""
