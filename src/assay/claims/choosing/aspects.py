"""Chooses how a figure is meant: of which kind it is, which way it goes, and how exactly it is told."""

import re
from collections.abc import Mapping
from math import log
from typing import Final

from assay.claims.choosing.encoder import ASPECTS
from assay.claims.encoders.transformer import Floats
from assay.claims.wording import better
from assay.papers.models import Claim

TIMES: Final = 2.0
"""What the rules read stays unless something else is this many times as likely."""
PLAINLY: Final = 10.0
"""The same where the rules have read a change, a direction or a bound: that takes a word that says so."""
_UNSAID: Final = frozenset(("absolute", ""))
_CHANGES: Final = {"relative": "%", "points": "points", "times": "x"}
"""Of each kind of a change the unit that it is in."""


def choose_aspects(claim: Claim, written: str, metric: str, heard: Mapping[str, Floats]) -> dict[str, str]:
    """How a figure is meant, as what changes of its claim.

    Args:
        claim: As the rules read it; where they read both ends of a change, kind and direction follow from these.
        written: The figure as it stands in the text.
        metric: What was chosen as its metric.
        heard: What the encoder says of each aspect.
    """
    bound = _pick("bound", claim.bound, heard, _times(claim.bound))
    if claim.between is not None:
        return {"bound": bound}
    kind = _pick("kind", claim.kind, heard, _times(claim.kind))
    unit = claim.unit if kind == claim.kind else _unit(claim, kind, written)
    if unit is None:
        kind, unit = claim.kind, claim.unit
    # A direction that goes with another kind, or with a metric of which less is better, is worth no more than others.
    is_another = kind != claim.kind or better(metric, kind) != claim.better
    direction = _pick("direction", claim.direction, heard, 1.0 if is_another else _times(claim.direction))
    return {"kind": kind, "unit": unit, "direction": direction, "bound": bound}


def _times(rule: str) -> float:
    return TIMES if rule in _UNSAID else PLAINLY


def _pick(name: str, rule: str, heard: Mapping[str, Floats], times: float) -> str:
    """The likeliest; what the rules read where that is not so many times less likely, or nothing to choose from."""
    meant, logits = ASPECTS[name], heard[name]
    best = int(logits.argmax())
    is_likelier = rule in meant and logits[best] - logits[meant.index(rule)] > log(times)
    return meant[best] if is_likelier else rule


def _unit(claim: Claim, kind: str, written: str) -> str | None:
    """The unit of a figure that is of another kind than the rules read; ``None`` where it can be of no such kind."""
    unit = claim.unit
    if unit == "points":
        if _POINTS.search(written) or not _PER_CENT.search(written):
            return None
        unit = "%"
    may_be = {"%": {"absolute", "relative", "points"}, "": {"absolute", "points", "times"}}.get(unit, {"absolute"})
    if kind not in may_be or (kind == "times" and min(claim.ends) <= 0):
        return None
    return _CHANGES.get(kind, unit)


_PER_CENT: Final = re.compile("%|per ?cent", re.IGNORECASE)
_POINTS: Final = re.compile(r"points?|pts?\b|pp\b|%\s?p\b|포인트", re.IGNORECASE)
