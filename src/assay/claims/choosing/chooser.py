"""Chooses the fields of claims: every candidate is weighed for every field, and the likeliest is taken."""

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from math import log
from typing import Final

from assay.claims.choosing.candidates import Candidate, candidates, find_phrases
from assay.claims.choosing.context import FIELDS, Context, Figure
from assay.claims.choosing.signs import all_fields, look, one_field, overlap, words
from assay.papers.models import Claim

TIMES: Final = 4.0
"""What the rules read stays unless another candidate is this many times as likely (chosen on labelled abstracts)."""
MOST: Final = 60
"""Figures of a sentence that are chosen for; one of more is a table that was pasted into the text."""
Weights = Mapping[str, Sequence[float]]
"""By sign, a weight for each field."""


def choose_fields(context: Context, weights: Weights | None = None) -> Iterator[Claim]:
    """The claims of an abstract, each with the fields that are likeliest.

    Counts stay as the rules read them, and so does what stands in a sentence of more figures than any of prose has.
    """
    weights = _weights() if weights is None else weights
    phrases = find_phrases(context)
    for figure in context.figures:
        if figure.claim.kind == "count" or context.figures_in(context.sentence_of(figure.start)) > MOST:
            yield figure.claim
            continue
        offered = candidates(context, figure, phrases)
        chosen = {}
        for name, scores in zip(FIELDS, weigh(context, figure, offered, weights), strict=True):
            chosen[name] = pick(offered, scores, figure.field(name))
        yield figure.claim.model_copy(update=chosen | {"metric": chosen["metric"] or "value"})


def weigh(context: Context, figure: Figure, offered: Sequence[Candidate], weights: Weights) -> list[list[float]]:
    """The score of each candidate for each field."""
    sight = look(context, figure)
    scores: list[list[float]] = [[] for _ in FIELDS]
    for candidate in offered:
        signs, position = all_fields(context, figure, candidate, sight)
        known = [weights[sign] for sign in signs if sign in weights]
        for at, name in enumerate(FIELDS):
            own = (weights[sign][at] for sign in one_field(name, candidate, sight, position) if sign in weights)
            scores[at].append(sum(row[at] for row in known) + sum(own))
    return scores


def pick(offered: Sequence[Candidate], scores: Sequence[float], rule: str) -> str:
    """The likeliest candidate; what the rules read where that is alike, or not much less likely."""
    best = max(range(len(scores)), key=scores.__getitem__)
    if not rule:
        return offered[best].text
    read = next(at for at, each in enumerate(offered) if each.text.lower() == rule.lower())
    is_alike = _is_alike(words(offered[best].text), words(rule))
    return rule if is_alike or scores[best] - scores[read] <= log(TIMES) else offered[best].text


def _is_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether one wording holds the other, or they share half of their words."""
    return bool(one and other) and (one <= other or other <= one or overlap(one, other) >= 0.5)


@cache
def _weights() -> Weights:
    """What was learnt."""
    data = files("assay.claims.choosing").joinpath("weights.json.gz").read_bytes()
    rows: dict[str, list[float]] = json.loads(gzip.decompress(data))
    return rows
