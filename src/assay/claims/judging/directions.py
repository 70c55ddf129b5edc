"""Whether a summary says that a figure goes the other way, denies what the paper states, or bounds it otherwise."""

import re

from assay.claims.context import Figure
from assay.claims.judging.case import Case, Disagreement
from assay.claims.judging.opposites import sees_failure
from assay.claims.judging.sides import is_told_from_other_side
from assay.claims.judging.whose import methods_of
from assay.claims.meanings import things
from assay.claims.meanings.levels import bound_words, list_bound
from assay.claims.meanings.meaning import Reading
from assay.claims.naming.named import are_one
from assay.claims.numbers.agreement import Agreement, agreement
from assay.claims.numbers.sorts import Sort


def end(case: Case) -> Disagreement | None:
    """The start of a change for its end."""
    here, there = case.ours.end, case.theirs.end
    if not here or not there or here == there or case.figure.amount.sort is Sort.SIZE:
        return None  # "1B에서" is where as often as from what
    return Disagreement("end", f"the {here}", f"the {there} of the change")


def direction(case: Case) -> Disagreement | None:
    """The other way, where nobody changed places."""
    ours, theirs = case.ours, case.theirs
    is_ours = not ours.rank.better and ours.rank.worse & theirs.rank.worse
    has_sides = any(ours.rank) and any(theirs.rank) and not is_ours
    if ours.end and not has_sides and case.figure in (pair := pair_of(case.figure)) and ours.verb * _sign(pair) < 0:
        return Disagreement("direction", _WAY[ours.verb], _WAY[-ours.verb])
    if has_sides or (ours.way.merit < 0 and methods_of(ours) - (theirs.names - theirs.rank.worse)):
        return None  # another one may be the worse
    named = ours.method.any | ours.other.any
    if sum(ours.way) < 0 and named and all(any(are_one(a, b) for b in theirs.rank.worse) for a in named):
        return None  # it is the worse that is told of
    here, there = ours.way, theirs.way
    if not any(here) and _TIMES_LESS.match(case.reference.after) and _TIMES_OF.search(_beside(case.figure)):
        return Disagreement("direction", "so many times as much", "so many times less")
    metrics = (ours.metric.own & theirs.metric.all) | (ours.metric.all & theirs.metric.own) or (
        theirs.metric.all - _SAY_NO_WAY if not ours.metric.all else frozenset()
    )
    opposed = ours.merit_of(metrics) * theirs.merit_of(metrics) < 0
    if theirs.way.merit and not theirs.metric.all:
        metrics = frozenset(each for each in ours.metric.all - _SAY_NO_WAY if things.better(each) > 0)
        opposed = theirs.way.merit * ours.merit_of(metrics) < 0
    if (
        case.is_in_points
        and there.merit
        and case.reference.quantity.sign != "-"
        and all(things.better(metric) >= 0 for metric in theirs.metric.any)
    ):
        opposed = opposed or (not ours.metric.all and here.direction * there.merit < 0)
    if here.merit > 0 and case.reference.quantity.sign == "-" and _WORSENS.search(case.reference.before):
        opposed = all(things.better(metric) >= 0 for metric in ours.metric.any | theirs.metric.any)
    if here.direction and there.direction:
        is_apart = ours.metric.all and theirs.metric.all and not metrics and not _are_like(case)
        opposed = here.direction != there.direction and not is_apart
    is_part = case.figure.amount.unit == "x" and case.figure.amount.high < 1  # the multiple itself says that it is less
    if not opposed or is_part or is_told_from_other_side(case) or _is_gain(case):
        return None
    return Disagreement("direction", _way(ours), _way(theirs))


def _is_gain(case: Case) -> bool:
    """Whether a gain of what is better when lower is told, which is less of it: ``perplexity gains of 3%``."""
    metrics = case.ours.metric.any | case.theirs.metric.any
    is_lower = bool(metrics) and all(things.better(metric) < 0 for metric in metrics)
    sides = ((case.figure, case.ours), (case.reference, case.theirs))
    return is_lower and any(read.way.direction > 0 and _GAIN.search(_beside(figure)) for figure, read in sides)


_GAIN = re.compile(r"\bgains?\b(?!\s+#)")
"""The noun; what gains a figure itself grows by it."""
_WORSENS = re.compile(r"\b(?:decreas\w+|drops?|declin\w+|degrad\w+|loss(?:es)?|worse)\b[^.;]{0,120}$")
_TIMES_OF = re.compile(
    r"[가-힣A-Za-z]의\s+(?:약\s|최대\s|거의\s)?#\s+(?:다[.\s]|에\s(?:이[르른]|달[하한]|가[깝까])|가\s(?:되|된|됐)|나\s)|#\s+as\s(?:many|much|large|big|long)"
)
"""So many times what something else has: more of it, whatever it is."""
_TIMES_LESS = re.compile(
    r"\s(?:[a-z]+\s)?(?:fewer|less|lower|smaller|shorter|reductions?)\b|\s(?:더\s)?(?:적|줄|낮|짧|작)"
)
_SAY_NO_WAY = frozenset({"speed", "throughput", "efficiency", "parameters", "token count", "data", "size", "length"})
"""Metrics of which more may be as much as less of one that goes without saying, or that only describe a model."""


_WAY = {1: "up", -1: "down"}


def pair_of(figure: Figure) -> tuple[Figure, ...]:
    """The two ends of the change that a figure is one of."""
    pairs = [pair for pair in figure.sentence.changes if figure in pair]
    pairs.sort(key=lambda pair: pair[0].quantity.start > pair[1].quantity.start)  # a start stands before its end
    return pairs[0] if pairs else ()


def _sign(pair: tuple[Figure, ...]) -> int:
    """Whether a change goes up (1) or down (-1) from its start to its end."""
    start, end = (each.amount.high for each in pair)
    return (end > start) - (end < start)


def _are_like(case: Case) -> bool:
    """Whether the metrics of both sides measure one thing: answers are longer by their tokens."""
    return any(
        "length" in {one, other} <= _OF_LENGTH
        for one in case.ours.metric.all
        for other in case.theirs.metric.all
        if one != other
    )


_OF_LENGTH = frozenset({"length", "token count", "time", "training time", "latency"})
"""What is longer by so much may be longer in tokens or in time."""


def _way(reading: Reading) -> str:
    if reading.way.direction:
        return "up" if reading.way.direction > 0 else "down"
    return "better" if reading.merit > 0 else "worse"


def denial(case: Case) -> Disagreement | None:
    """Denied by one and stated by the other."""
    ours, theirs = case.ours.denied, case.theirs.denied
    if bool(ours) == bool(theirs) or (_is_limit(case.figure) or _is_limit(case.reference)):
        return None
    if ours == "not" and case.reference.is_number and sees_failure(case.reference):
        return None  # "12 agents fail to", told in words of its own
    if ours != "no" != theirs and _PRIVATIVE.search(_beside(case.reference if ours else case.figure)):
        return None  # what is absent is not there
    if ours and case.figure.amount.high > case.reference.amount.high and _SHORT.search(_beside(case.figure)):
        return None  # 1,927 do fall short of 2,000
    if "no" in {ours, theirs} and not (case.theirs.beyond if ours else case.ours.beyond):
        return None  # "no model exceeds 62%", and the best one reaches it
    return Disagreement("denial", "denied" if ours else "stated", "stated" if ours else "denied")


def _is_limit(figure: Figure) -> bool:
    """Whether it is told to be an upper limit that nothing need reach: ``under 60%``, and not ``up to 60%``."""
    return figure.amount.bound == "at most" and bound_words(figure) != "at most"


def _beside(figure: Figure) -> str:
    return f"{figure.before[-40:]} # {figure.after[:40]}"


_SHORT = re.compile(r"\b(?:short\sof|reach|quite)\b|못\s?미|미치지|미달|안\s되")
_PRIVATIVE = re.compile(
    r"\b(?:absen(?:t|ce)|lack\w*|miss(?:es|ed|ing)?|without|fail(?:s|ed|ing|ures?)?|omit\w*|exclud\w+|ignor\w+|overlook\w*)\b"
    r"|부재|누락|빠뜨|빠진|없[는이다었]|결여|실패"
)
"""Words that deny without a *not*."""


def bound(case: Case) -> Disagreement | None:
    """At least this much, where the paper has at most this much."""
    if agreement(case.figure.amount, case.reference.amount) < Agreement.WEAK:
        return None  # of what is saved and of what remains, the bounds are turned
    is_of_another = case.counts_something_else and not _may_be_one_count(case) and not _are_both_changes(case)
    if is_of_another or case.ours.denied != case.theirs.denied:
        return None
    ours, theirs = case.figure.amount, case.reference.amount
    if ours.low == ours.high and theirs.low < theirs.high:
        ends = {"at least": theirs.high, "at most": theirs.low}
        is_turned = ends.get(ours.bound) == ours.high
        return Disagreement("bound", ours.bound, f"an end of {case.reference.text}") if is_turned else None
    bounds = list_bound(case.figure), list_bound(case.reference)
    if set(bounds) == {"at least", "at most"}:
        return Disagreement("bound", *bounds)
    if agreement(case.figure.amount, case.reference.amount) < Agreement.SAME:
        return None
    words = bound_words(case.figure), bound_words(case.reference)
    return Disagreement("bound", *words) if set(words) in _OTHER_BOUNDS else None


def _may_be_one_count(case: Case) -> bool:
    """Whether a count is large enough to be the paper's, though a side leaves open of what; a setting has its own."""
    is_setting = _WITH_BOUND.search(case.figure.before) or _UP_TO_KOREAN.match(case.figure.after)
    if case.figure.amount.high < _TELLING or is_setting:
        return False
    return case.may_count_the_same or not case.has_figure(case.ours.counted)


def _are_both_changes(case: Case) -> bool:
    """Whether both numbers tell how much something changed, and count nothing: ``by up to 2 perplexity``."""
    return case.figure.is_change and case.reference.is_change


_WITH_BOUND = re.compile(r"\b(?:with|at|using|for|of)\s(?:up to|at (?:most|least)|more than|over|under)\s$")
_UP_TO_KOREAN = re.compile(r"\s?[가-힣]{0,2}까지\s(?:늘|줄|높|낮|올|내)")
_TELLING = 20
"""A count from which on two of unknown things are taken for one."""
_OTHER_BOUNDS = ({"at most", "on average"}, {"at least", "nearly"})
"""Bounds of one value that cannot both be meant."""
