"""Chooses the fields of claims: every candidate is weighed for every field, twice, and the likeliest is taken."""

import gzip
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import repeat
from math import log
from typing import Final, NamedTuple

from assay.claims.choosing.aspects import TIMES, choose_aspects
from assay.claims.choosing.candidates import GENERIC, Candidate, candidates, find_phrases
from assay.claims.choosing.context import FIELDS, Context, Figure
from assay.claims.choosing.encoder import Encoder, Heard, load_encoder
from assay.claims.choosing.second_look import LIKELIHOOD, Chosen, log_likelihoods, signs_again, signs_beside
from assay.claims.choosing.signs import all_fields, look, one_field, overlap, words
from assay.claims.choosing.window import window
from assay.claims.wording import better
from assay.papers.models import Claim

MOST: Final = 60
"""Figures of a sentence that are chosen for; one of more is a table that was pasted into the text."""
SignWeights = Mapping[str, Sequence[float]]
"""By sign, a weight for each field."""


class Learnt(NamedTuple):
    """What was learnt: the weights of the signs at the first look at a result, those at the second, and an encoder."""

    first: SignWeights
    second: SignWeights
    encoder: Encoder | None = None
    """Has as much to say at the first look as the signs have; without one they are all that counts."""


class Looked(NamedTuple):
    """A result after the first look."""

    figure: Figure
    offered: list[Candidate]
    scores: list[list[float]]
    """By field, of each candidate."""
    chosen: Chosen
    heard: Heard | None = None


def choose_fields(context: Context, learnt: Learnt | None = None) -> Iterator[Claim]:
    """The claims of an abstract, each with the fields that are likeliest.

    Counts stay as the rules read them, and so does what stands in a sentence of more figures than any of prose has, or
    in a script that the encoder does not know.
    """
    learnt = _learnt() if learnt is None else learnt
    looked = look_first(context, [each for each in context.figures if _is_chosen_for(context, each)], learnt)
    waiting = zip(looked, look_again(looked, learnt.second), strict=True)
    for figure in context.figures:
        if not _is_chosen_for(context, figure):
            yield figure.claim
            continue
        of_figure, chosen = next(waiting)
        is_silent = learnt.encoder is not None and of_figure.heard is None
        yield figure.claim if is_silent else _complete(context, of_figure, chosen)


def _complete(context: Context, looked: Looked, chosen: Chosen) -> Claim:
    """The claim of a figure with what was chosen for it."""
    figure = looked.figure
    rule = figure.field("metric")
    metric = chosen["metric"] or (rule if rule in GENERIC else "value")
    metric = "speed" if _SPEEDUP.fullmatch(metric) else metric
    written = context.text[figure.start : figure.end]
    aspects = {} if looked.heard is None else choose_aspects(figure.claim, written, metric, looked.heard.aspects)
    claim = figure.claim.model_copy(update={**chosen, **aspects, "metric": metric})
    return claim.model_copy(update={"better": better(metric, claim.kind)})


_SPEEDUP: Final = re.compile(r"(?:speed-?ups?|acceleration)", re.IGNORECASE)
"""What a change is called that has speed as its metric; the rules call it so, and so do readers who look for it."""


def _is_chosen_for(context: Context, figure: Figure) -> bool:
    return figure.claim.kind != "count" and context.figures_in(context.sentence_of(figure.start)) <= MOST


def look_first(context: Context, figures: Sequence[Figure], learnt: Learnt) -> list[Looked]:
    """Weigh the candidates of results by themselves: by signs, and by the encoder."""
    phrases = find_phrases(context)
    offered = [candidates(context, each, phrases) for each in figures]
    scores = [weigh(context, *each, learnt.first) for each in zip(figures, offered, strict=True)]
    heard: list[Heard | None] = [None] * len(figures)
    if learnt.encoder is not None:
        pieces = learnt.encoder.pieces
        windows = [window(context, *each, pieces) for each in zip(figures, offered, strict=True)]
        heard = learnt.encoder.weigh(windows)
    return [look_at(*each) for each in zip(figures, offered, scores, heard, strict=True)]


def look_at(figure: Figure, offered: list[Candidate], scores: list[list[float]], heard: Heard | None) -> Looked:
    """The first look at a result: the scores of its signs, by field, with those of the encoder added."""
    if heard is not None:
        by_field = zip(scores, heard.fields.T.tolist(), strict=True)
        scores = [[one + other for one, other in zip(*each, strict=True)] for each in by_field]
    return Looked(figure, offered, scores, choose(figure, offered, scores, TIMES), heard)


def look_again(looked: Sequence[Looked], weights: SignWeights) -> Iterator[Chosen]:
    """Weigh the candidates of all results of an abstract once more, each beside what was chosen at first."""
    for at, (figure, offered, scores, own, _) in enumerate(looked):
        if not weights:
            yield own
            continue
        before = looked[at - 1].chosen if at else None
        after = looked[at + 1].chosen if at + 1 < len(looked) else None
        beside = [signs_beside(each.text, own, before, after) for each in offered]
        again = []
        for field, name in enumerate(FIELDS):
            likely = log_likelihoods(scores[field])
            signs = map(signs_again, beside, (each.text for each in offered), repeat(figure.field(name)), likely)
            again.append(
                [
                    weights[LIKELIHOOD][field] * first + sum(weights[sign][field] for sign in those if sign in weights)
                    for first, those in zip(likely, signs, strict=True)
                ]
            )
        yield choose(figure, offered, again, 1.0)


def choose(figure: Figure, offered: Sequence[Candidate], scores: Sequence[Sequence[float]], times: float) -> Chosen:
    """What is picked for each field of a result."""
    chosen = {}
    for name, of_field in zip(FIELDS, scores, strict=True):
        may_be = [name == "metric" or not each.is_metric_alone for each in offered]
        of_those = [score if may else _NEVER for score, may in zip(of_field, may_be, strict=True)]
        chosen[name] = pick(offered, of_those, figure.field(name), times)
    return chosen


_NEVER: Final = float("-inf")


def weigh(context: Context, figure: Figure, offered: Sequence[Candidate], weights: SignWeights) -> list[list[float]]:
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


def pick(offered: Sequence[Candidate], scores: Sequence[float], rule: str, times: float = TIMES) -> str:
    """The likeliest candidate; what the rules read where that is alike, or not so many times less likely."""
    best = max(range(len(scores)), key=scores.__getitem__)
    if not rule:
        return offered[best].text
    read = next(at for at, each in enumerate(offered) if each.text.lower() == rule.lower())
    is_alike = _is_alike(words(offered[best].text), words(rule))
    return rule if is_alike or scores[best] - scores[read] <= log(times) else offered[best].text


def _is_alike(one: frozenset[str], other: frozenset[str]) -> bool:
    """Whether one wording holds the other, or they share half of their words."""
    return bool(one and other) and (one <= other or other <= one or overlap(one, other) >= 0.5)


@cache
def _learnt() -> Learnt:
    data = files("assay.claims.choosing").joinpath("weights.json.gz").read_bytes()
    rows: dict[str, dict[str, list[float]]] = json.loads(gzip.decompress(data))
    return Learnt(rows["first"], rows["second"], load_encoder())
