"""What a new version of a text says otherwise: claims whose figure changed, that came, and that went.

Two claims are of the same thing if they have the same metric on the same data set; among several such, those in the
same words but for the figures belong together, then those against the same baseline. What was only worded anew is no
erratum.
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
    """What the title and abstract of ``after`` claim otherwise than those of ``before``, in the order of the text."""
    from assay.claims.extract import extract  # noqa: PLC0415 - reading an erratum extracts nothing

    return changed_claims(extract(before), extract(after))


def changed_claims(before: Sequence[Claim], after: Sequence[Claim]) -> tuple[Change, ...]:
    """What became of each claim: first those that are there no more or otherwise, then those that are new."""
    old, new = list(before), list(after)
    # What is said twice is said still if it is said once.
    said = {_figure(claim) for claim in new}, {_figure(claim) for claim in old}
    old = [claim for claim in old if _figure(claim) not in said[0]]
    new = [claim for claim in new if _figure(claim) not in said[1]]
    became: dict[str, Claim] = {}
    for likeness in _LIKENESSES:
        _pair(old, new, likeness, became)
    reworded: dict[str, Claim] = {}
    _pair([claim for claim in old if claim.key not in became], _left(new, became), _value, reworded)
    found = [
        Change(what="changed", before=claim, after=became[claim.key])
        if claim.key in became
        else Change(what="vanished", before=claim)
        for claim in old
        if claim.key not in reworded
    ]
    return (*found, *(Change(what="appeared", after=claim) for claim in _left(_left(new, became), reworded)))


def _left(claims: Sequence[Claim], became: Mapping[str, Claim]) -> list[Claim]:
    """The claims that took no old one's place."""
    taken = {claim.key for claim in became.values()}
    return [claim for claim in claims if claim.key not in taken]


def _pair(
    old: Sequence[Claim], new: Sequence[Claim], likeness: Callable[[Claim], Hashable], became: dict[str, Claim]
) -> None:
    """Add to ``became``, by the old claim's key, the first new claim that is like it and not taken."""
    for claim in old:
        if claim.key not in became:
            like = next((other for other in _left(new, became) if likeness(other) == likeness(claim)), None)
            if like is not None:
                became[claim.key] = like


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
"""By what an old claim finds the new one that took its place; the surest first."""
