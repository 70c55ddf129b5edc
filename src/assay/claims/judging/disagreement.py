"""Whether a summary gives a figure of another thing than the paper does.

A disagreement needs positive evidence: the summary ties the figure to one thing, the paper ties it to another, and
knows the first one as a thing of the same sort, best with a figure of its own. What one side leaves open, or what is
only told in other words, is none.
"""

import re
from collections.abc import Callable, Iterator

from assay.claims.context import Figure
from assay.claims.judging.active import is_active, other_size
from assay.claims.judging.case import Case, Disagreement, is_in_korean
from assay.claims.judging.exchange import compares_crosswise, fits_crosswise, places_exchanged
from assay.claims.judging.holding import another_holder, another_rival
from assay.claims.judging.opposites import cases, ease, likeness, mass, rate, sees_failure, standing, superlative
from assay.claims.judging.phrased import another_container, another_group, another_phrase, winner_for_loser
from assay.claims.judging.places import another_place
from assay.claims.judging.rivals import of_a_rival
from assay.claims.judging.sides import is_told_from_other_side, sides_exchanged
from assay.claims.judging.telling import is_failure, is_success
from assay.claims.judging.whose import (
    another_dataset,
    another_name,
    another_size,
    another_variant,
    are_apart,
    in_words,
    methods_of,
    name_beside,
    name_elsewhere,
    names_of,
    other_side,
    passed_one,
)
from assay.claims.judging.winning import winner_exchanged
from assay.claims.meanings import things
from assay.claims.meanings.counting import RAW
from assay.claims.meanings.levels import bound_words, is_relative, level_or_change, list_bound
from assay.claims.meanings.likeness import is_of_what_was_named, is_versus
from assay.claims.meanings.meaning import Reading
from assay.claims.naming.named import OWN, are_one, same
from assay.claims.numbers.agreement import Agreement, agreement, are_of_one_unit
from assay.claims.numbers.sorts import Sort
from assay.claims.source import Source
from assay.claims.tables.cells import cell_disagreements
from assay.claims.tables.meanings import table_figures, table_meaning
from assay.claims.tables.table import is_table


def disagreements(figure: Figure, reference: Figure, source: Source) -> Iterator[Disagreement]:
    """Yield in what a figure of a summary and the paper's figure of the same value disagree.

    Args:
        figure: the summary's.
        reference: the paper's.
        source: the paper.
    """
    case = Case(figure, reference, source)
    if is_table(reference.sentence.text):
        yield from _in_table(case)
        return
    for rule in _RULES:
        if case.is_setting and rule in _OF_WHAT_IS_MEASURED:
            continue
        if is_of_what_was_named(reference) and rule in _OF_WHAT_STANDS_NEAR:
            continue
        if (disagreement := rule(case)) is not None:
            yield disagreement


def _in_table(case: Case) -> Iterator[Disagreement]:
    own = case.source.own_names[-1]
    cell = table_meaning(case.reference.sentence.text, case.reference.quantity.start, own=own)
    if cell is not None:
        rivals = case.source.reader.rivals
        cells = table_figures(case.reference.sentence.text, own=own)
        if own and any(meaning.subject.startswith(own) for _, meaning in cells):
            rivals |= {same(cell.subject)}  # what has a row beside the paper's own is its rival
        for field, ours, theirs in cell_disagreements(case.ours, cell, own=own, rivals=rivals):
            yield Disagreement(field, ours, theirs)


def _metric(case: Case) -> Disagreement | None:
    """Another metric: no paraphrase of it, or one that the paper has other figures of."""
    here, there = case.ours.metric.own, case.theirs.metric.all
    costs = here and all(things.better(metric) < 0 for metric in here) and case.ours.way.direction < 0
    if costs and not case.theirs.metric.any and _OUTPERFORMS.search(case.reference.before[-80:]):
        return Disagreement("metric", in_words(here), "how much better it is")
    is_named = here & there or not all(map(things.is_symbol, here & case.theirs.metric.free))
    if not here or not there or is_named or there == {"performance"} or case.ours.counted or case.theirs.counted:
        return None
    if here == {"length"} and (case.figure.amount.unit in _TIME or not case.theirs.metric.own):
        return None  # so long may be anything
    if any(a.endswith(b) or b.endswith(a) for a in here for b in there):
        return None  # FID may be generation FID
    kin = any(things.are_kin(a, b) for a in here for b in there)
    is_exact = len(case.theirs.metric.own) == len(here) == 1 and not things.may_be_loose(*here, *case.theirs.metric.own)
    if kin and not is_exact and not all(map(case.has_figure, here)):
        return None
    return Disagreement("metric", in_words(here), in_words(there))


_OUTPERFORMS = re.compile(r"\b(?:outperform|surpass|exceed|beat)\w*\s[^,;]{0,50}\bby\s(?:[a-z]+\s){0,4}$")


def _active(case: Case) -> Disagreement | None:
    """The parameters that are active for all that a model has, or the reverse."""
    ours, theirs = is_active(case.figure), is_active(case.reference)
    rival = other_size(case.reference)
    if ours == theirs or rival is None or not (ours or other_size(case.figure)):
        return None
    words = ("active parameters", "all parameters")
    return Disagreement("count", *(words if ours else words[::-1]), rival)


def _comparison(case: Case) -> Disagreement | None:
    """The better and the worse exchanged, or another one that it is better than."""
    if not case.is_change:
        return None
    here, there = case.ours.rank, case.theirs.rank
    has_each_its_own = "respectively" in case.reference.sentence.words
    is_exchanged = here.better & there.worse or here.worse & there.better
    if is_exchanged and not has_each_its_own and not (here.better & there.better or here.worse & there.worse):
        better, worse = in_words(there.better or here.worse), in_words(there.worse or here.better)
        return Disagreement("comparison", "", f"{better} is better than {worse}")
    if OWN in here.worse and OWN not in there.worse and case.theirs.merit > 0 and case.ours.merit:
        return Disagreement("comparison", f"of {in_words(here.better)}", "of the paper's own")
    if OWN in here.worse | there.worse or has_each_its_own or not here.worse <= case.source.reader.rivals:
        return None
    if are_apart(case, here.worse, there.worse):
        return Disagreement("comparison", f"to {in_words(here.worse)}", f"compared to {in_words(there.worse)}")
    return None


def _end(case: Case) -> Disagreement | None:
    """The start of a change for its end."""
    here, there = case.ours.end, case.theirs.end
    if not here or not there or here == there or case.figure.amount.sort is Sort.SIZE:
        return None  # "1B에서" is where as often as from what
    return Disagreement("end", f"the {here}", f"the {there} of the change")


def _direction(case: Case) -> Disagreement | None:
    """The other way, where nobody changed places."""
    ours, theirs = case.ours, case.theirs
    is_ours = not ours.rank.better and ours.rank.worse & theirs.rank.worse
    has_sides = any(ours.rank) and any(theirs.rank) and not is_ours
    if ours.end and not has_sides and case.figure in (pair := _pair_of(case.figure)) and ours.verb * _sign(pair) < 0:
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
    if not opposed or is_part or is_told_from_other_side(case):
        return None
    return Disagreement("direction", _way(ours), _way(theirs))


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


def _pair_of(figure: Figure) -> tuple[Figure, ...]:
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


def _denial(case: Case) -> Disagreement | None:
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


def _bound(case: Case) -> Disagreement | None:
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


def _context(case: Case) -> Disagreement | None:
    """The words that are the paper's for another figure, and none that are for this one alone.

    A summary in another language than the paper's has only what both have words for.
    """
    if case.reference.is_number or case.reference.amount.sort is not Sort.FIGURE:
        return None
    if is_versus(case.reference):
        return None
    is_foreign = is_in_korean(case.figure)
    read = _topics if is_foreign else _words_of
    ours, theirs = read(case.ours), read(case.theirs)
    for _, rival in case.source.abstract():
        if (
            rival.is_number
            or rival.is_change != case.reference.is_change
            or not are_of_one_unit(rival.amount, case.reference.amount)
            or agreement(case.figure.amount, rival.amount)
            or is_versus(rival)
            or (rival.amount.low < rival.amount.high) != (case.reference.amount.low < case.reference.amount.high)
        ):
            continue
        if any(agreement(each.amount, rival.amount) for each in _pair_of(case.figure)):
            continue  # words go for both ends of a change
        its = case.source.reader.read(rival)
        if names_of(case.ours) & (names_of(case.theirs) - names_of(its)):
            continue  # the names tell that it is this one
        others = read(its)
        needed = 1 if is_foreign or rival.sentence is case.reference.sentence else 2
        apart = theirs - others
        if apart and len(ours & (others - theirs)) >= needed and not ours & apart:
            words = " ".join(sorted(ours & (others - theirs))), " ".join(sorted(theirs - others))
            return Disagreement("context", *words, rival)
    return None


def _words_of(reading: Reading) -> frozenset[str]:
    return reading.words.own | reading.topic.own


def _topics(reading: Reading) -> frozenset[str]:
    return reading.topic.own | reading.metric.own


def _crosswise(case: Case) -> Disagreement | None:
    """Two figures of the summary's sentence that fit the paper's the other way round."""
    crossing = fits_crosswise(case.figure, case.reference, case.source) or places_exchanged(
        case.figure, case.reference, case.source
    )
    return None if crossing is None else Disagreement("context", *crossing)


def _turned(case: Case) -> Disagreement | None:
    """Two figures that either side compares, and the summary the other way round: ``0.46 against 0.48``."""
    crossing = compares_crosswise(case.figure, case.reference, case.source)
    return None if crossing is None else Disagreement("side", *crossing)


def _outcome(case: Case) -> Disagreement | None:
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


def _kind(case: Case) -> Disagreement | None:
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


def _unit(case: Case) -> Disagreement | None:
    """Hours for years, or so many things for so many minutes or gigabytes."""
    for one, other in ((case.figure, case.reference), (case.reference, case.figure)):
        if one.amount.unit not in _TIME | _BYTES:
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
_TIME = frozenset({"ms", "s", "min", "h", "days", "weeks"})
_SPAN = re.compile(r"[\s-]?(?:years?|decades?|months?|centur(?:y|ies)|년|개월|달)(?![A-Za-z])")


def _count(case: Case) -> Disagreement | None:
    """A count of other things, of which the paper has another count."""
    if not case.reference.is_number or not case.figure.is_number:
        return None
    here, there = case.ours.counted, case.theirs.counted
    is_other = bool(here and there) and not things.count_alike(here, there)
    if is_other and case.has_figure(here) and not _is_qualified_alike(case):
        return Disagreement("count", here.removeprefix(RAW), there.removeprefix(RAW))
    if is_other and _counts_as_many(case, here):
        return Disagreement("count", here.removeprefix(RAW), there.removeprefix(RAW))
    if case.counts_exchanged():
        return Disagreement("count", here.removeprefix(RAW) or "something else", there.removeprefix(RAW))
    ours, theirs = set(case.figure.count_noun), set(case.reference.count_noun)
    for _, rival in case.source.abstract():
        others = set(rival.count_noun) if rival.is_number else set()
        is_theirs = bool(ours & (others - theirs)) and not ours & (theirs - others) and bool(theirs - others)
        is_theirs = is_theirs and not _has_its_own_noun(case, rival)
        if is_theirs and rival.sentence is case.reference.sentence and case.is_exchanged_with(rival):
            return Disagreement("count", " ".join(case.figure.count_noun), " ".join(case.reference.count_noun))
    return None


def _counts_as_many(case: Case, thing: str) -> bool:
    """Whether another figure of the abstract gives as many of what the summary counts: that one is meant."""
    return any(
        other is not case.reference
        and other.is_number
        and agreement(case.figure.amount, other.amount) >= Agreement.ROUNDED
        and case.source.reader.read(other).counted == thing
        for _, other in case.source.abstract()
    )


def _is_qualified_alike(case: Case) -> bool:
    """Whether both counts have an adjective that no other count of the paper has: ``four frozen models, variants``."""
    shared = set(case.figure.count_noun) & set(case.reference.count_noun)
    others = (each for _, each in case.source.abstract() if each is not case.reference and each.is_number)
    return bool(shared) and all(not shared & set(each.count_noun) for each in others)


def _has_its_own_noun(case: Case, rival: Figure) -> bool:
    """Whether the summary counts by the number of ``rival`` what the paper counts by it."""
    nouns = set(rival.count_noun) - set(case.reference.count_noun)
    return any(
        each is not case.figure and agreement(each.amount, rival.amount) and set(each.count_noun) & nouns
        for each in case.figure.sentence.figures
    )


_RULES: tuple[Callable[[Case], Disagreement | None], ...] = (
    another_dataset,
    _metric,
    passed_one,
    other_side,
    of_a_rival,
    another_variant,
    another_name,
    another_size,
    _active,
    _unit,
    _count,
    _comparison,
    sides_exchanged,
    winner_exchanged,
    name_beside,
    name_elsewhere,
    another_holder,
    another_rival,
    another_group,
    another_phrase,
    another_container,
    winner_for_loser,
    another_place,
    _end,
    _direction,
    _denial,
    _bound,
    _kind,
    _outcome,
    superlative,
    standing,
    ease,
    likeness,
    cases,
    rate,
    mass,
    _context,
    _crosswise,
    _turned,
)


_OF_WHAT_STANDS_NEAR = frozenset(
    {
        another_dataset,
        another_variant,
        another_name,
        name_beside,
        name_elsewhere,
        another_holder,
        _context,
        _crosswise,
    }
)
"""Rules that compare what stands next to the paper's figure, so that they do not hold where a pronoun does."""
_OF_WHAT_IS_MEASURED = (_OF_WHAT_STANDS_NEAR - {_context, _crosswise}) | {_metric, passed_one, other_side}
