"""Whether a summary gives a figure of another sort: hours for years, a change for a level, failures for successes."""

import re

from assay.claims.judging.case import Case, Disagreement
from assay.claims.judging.telling import is_failure, is_success
from assay.claims.meanings.counting import RAW
from assay.claims.meanings.levels import is_relative, level_or_change
from assay.claims.numbers.agreement import Agreement, agreement


def unit(case: Case) -> Disagreement | None:
    """Hours for years, or so many things for so many minutes or gigabytes."""
    for one, other in ((case.figure, case.reference), (case.reference, case.figure)):
        if one.amount.unit not in TIMES | _BYTES:
            continue
        reading = case.ours if other is case.figure else case.theirs
        span = _SPAN.match(other.after)
        thing = span[0].strip(" -") if span else reading.counted.removeprefix(RAW)
        if other.amount.unit or not thing or (span is None and reading.counted in {"hour", "step", "turn"}):
            continue
        words = one.amount.unit, thing
        return Disagreement("unit", *(words if one is case.figure else words[::-1]))
    return None


_BYTES = frozenset({"KB", "MB", "GB", "TB"})
TIMES = frozenset({"ms", "s", "min", "h", "days", "weeks"})
_SPAN = re.compile(r"[\s-]?(?:years?|decades?|months?|centur(?:y|ies)|년|개월|달)(?![A-Za-z])")


def kind(case: Case) -> Disagreement | None:
    """Where something stands, for the difference to another, or the reverse; points for per cent of the baseline."""
    units = case.figure.amount.unit, case.reference.amount.unit
    if units[0] == "points" and is_relative(case.reference):
        return Disagreement("kind", "points", "relative")
    if units == ("%", "points") and (case.figure.is_change or case.reference.is_change):
        return Disagreement("kind", "per cent", "points")
    if case.figure.amount.unit == "x" and case.reference.amount.unit == "%" and case.theirs.end:
        return Disagreement("kind", "a change", "a level")
    ours, theirs = level_or_change(case.figure, case.ours), level_or_change(case.reference, case.theirs)
    if not ours or not theirs or ours == theirs:
        return None
    return Disagreement("kind", ours, theirs)


def outcome(case: Case) -> Disagreement | None:
    """What fails for what succeeds, or the reverse."""
    if case.is_change or case.figure.amount.unit != "%" or case.reference.amount.unit != "%":
        return None
    if (
        agreement(case.figure.amount, case.reference.amount) < Agreement.ROUNDED
        or case.ours.denied
        or case.theirs.denied
    ):
        return None
    outcomes = [(is_failure(each), is_success(each)) for each in (case.figure, case.reference)]
    if _ERROR_RATE.search(case.figure.before[-12:]) and not any(outcomes[1]):
        outcomes[1] = False, bool(case.theirs.metric.any) and case.theirs.metric.any <= _SUCCESSES
    if set(outcomes) != {(True, False), (False, True)}:
        return None
    rest = 100 - case.figure.amount.high
    if any(each.amount.unit == "%" and each.amount.high == rest for _, each in case.source.abstract()):
        return None  # it is what another share leaves
    words = "what fails", "what succeeds"
    return Disagreement("kind", *(words if outcomes[0][0] else words[::-1]))


_SUCCESSES = frozenset({"accuracy", "success rate", "pass@1"})
_ERROR_RATE = re.compile(r"(?:오답|오류|에러|실패)[율률][은이]?\s$|\b(?:error|failure)\srate\s(?:of|is)\s$")
