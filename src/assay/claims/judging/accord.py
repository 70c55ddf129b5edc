"""In what a figure of a summary and one of the paper are of the same thing, whatever their values."""

import re
from collections.abc import Iterator

from assay.claims.context import Figure
from assay.claims.judging.case import Case
from assay.claims.meanings import things
from assay.claims.meanings.counting import is_raw, is_slip
from assay.claims.naming.named import are_one
from assay.claims.numbers.sorts import Sort
from assay.claims.source import Source


def agreements(figure: Figure, reference: Figure, source: Source) -> Iterator[str]:
    """Yield in what a figure of a summary and one of the paper are of the same thing, whatever their values."""
    case = Case(figure, reference, source)
    ours, theirs = case.ours, case.theirs
    if any(are_one(a, b) for a in ours.dataset.own for b in theirs.dataset.all):
        yield "data set"
    if ours.metric.own & theirs.metric.all - {"score", "performance"}:
        yield "metric"
    if (ours.topic.own & theirs.topic.own) or len(ours.words.own & theirs.words.own) > 1:
        yield "context"
    if (ours.rank.worse & theirs.rank.worse) or (ours.rank.better & theirs.rank.better):
        yield "comparison"
    if any(are_one(a, b) for a in ours.method.own | ours.other.own for b in theirs.method.any | theirs.other.all):
        yield "method"
    is_count = {figure.amount.sort, reference.amount.sort} == {Sort.FIGURE} and figure.is_number
    slips = is_slip(figure.amount.high, reference.amount.high)
    is_same_count = things.count_alike(ours.counted, theirs.counted) and is_count and reference.is_number
    if is_same_count and (slips or not is_raw(ours.counted)):
        yield "count"
    if all(each.amount.sort is Sort.SIZE and _counts_parameters(each) for each in (figure, reference)):
        yield "count"
    measures = [other for _, other in source.abstract() if other.amount.unit == reference.amount.unit]
    if reference.amount.unit not in {"", "%", "x", "points"} and len(measures) == 1:
        yield "unit"
    if slips:
        yield "digits"
    if any(ours.way) and (ours.way == theirs.way or ours.merit * theirs.merit > 0):
        yield "direction"


def _counts_parameters(figure: Figure) -> bool:
    return (
        re.match(r"[\s-]*param", figure.after) is not None
        or re.search(r"매개\s?변수|파라미터", figure.before[-12:]) is not None
    )
