"""Reads from the words around a figure what was measured or counted."""

import re
from collections.abc import Iterator
from typing import Final

from assay.claims.wording.changed import metrics_of_change
from assay.claims.wording.changes import CHANGE, NOUN_OF_CHANGE, VERBS_ON
from assay.claims.wording.counted import count_noun
from assay.claims.wording.metric_names import (
    ACRONYM_AFTER,
    MEMORY,
    METRIC,
    METRIC_OF_UNIT,
    METRIC_WORDS,
    NO_METRIC,
    NOUN_OF,
    NOUNS_AFTER,
    QUALITY_NAME,
    fits_unit,
    is_metric,
    last_metric,
    named,
    tidy,
)
from assay.claims.wording.phrases import MODEL_NAME, STOP, Around, phrase


def metric(around: Around, *, kind: str, unit: str, has_start: bool = False) -> str:
    """What was measured, in the sentence's own words as far as possible; empty if it does not say."""
    if kind == "count":
        return tidy(count_noun(around.right))
    metrics = filter(None, map(tidy, _metrics(around, kind=kind, unit=unit, has_start=has_start)))
    return next((NOUN_OF.get(each, each) for each in metrics if _may_be_of(each, unit)), "")


def _may_be_of(name: str, unit: str) -> bool:
    """Whether a figure in ``unit`` may be of what is named so; not of a model, nor of a metric that has other units."""
    if name.lower() in NO_METRIC or MODEL_NAME.match(name) or name in _NOT_IN.get(unit, ()):
        return False
    return fits_unit(name, unit) or not is_metric(name)


_NOT_IN: Final = {"%": {"speedup", "speedups"}, "points": {"cost", "costs"}}
"""What no figure with such a unit is of."""


def is_moved(around: Around) -> bool:
    """Whether a figure is what a metric was brought to: ``cuts memory to 12 GB``; what is kept there was not."""
    match = _MOVED_TO.search(around.near_left)
    return match is not None and CHANGE.match(match[0]) is not None


def _metrics(around: Around, *, kind: str, unit: str, has_start: bool) -> Iterator[str]:
    """What may be the metric, the likeliest first; empty strings between."""
    left, near_left, right = around.left, around.near_left, around.right
    if kind != "absolute" or has_start:
        yield from metrics_of_change(around, unit)
    if kind == "absolute":
        moved = named(_MOVED_TO.search(near_left))
        yield moved if fits_unit(moved, unit) else ""
    yield named(_SYMBOL_IS.search(near_left))
    yield named(_SPACE.match(right)) if unit in MEMORY else ""
    yield named(_METRIC_IS.search(left) or _NAME_IS.search(left))
    is_share = unit == "%" and kind == "absolute"
    yield named(_METRIC_BEHIND_COLON.search(near_left)) if is_share else ""
    yield named(_METRIC_NEXT.match(right))
    yield named(_PART_OF_THINGS.match(right)) if is_share else ""
    yield _metric_before(left)
    if is_share or (kind == "absolute" and not unit):
        yield named(ACRONYM_AFTER.match(right) or NOUNS_AFTER.match(right))
    yield from _metrics_of_unit(around, unit)
    yield phrase(named(_SHARE.match(right))) if is_share else ""
    yield from _metrics_of_statement(around, kind)


def _metric_before(left: str) -> str:
    """The metric that a figure follows; where models "score 43", it is called a score."""
    name = named(_METRIC_OF.search(left))
    return "score" if name.endswith(" scores") and not _SCORES_OF.search(left) else name


def _metrics_of_unit(around: Around, unit: str) -> Iterator[str]:
    """What a unit is of: a metric named beside it that can have it, or what it always measures."""
    if unit in METRIC_OF_UNIT:
        for name in (named(_METRIC_BEHIND.match(around.right)), last_metric(around.left[-60:])):
            yield name if fits_unit(name, unit) else ""
        yield METRIC_OF_UNIT[unit]
    elif unit not in {"", "%", "points", "x"}:
        yield unit


def _metrics_of_statement(around: Around, kind: str) -> Iterator[str]:
    """What the rest of the statement names, and at last what such a figure is called that nothing names."""
    yield from METRIC.findall(_NEXT_THING.split(around.near_right[:60])[0])
    part = named(_SOME_OF.search(around.left))
    yield "" if _NO_PART.search(part) else part
    yield last_metric(around.left)
    if kind in {"relative", "points"}:
        yield "performance"
    yield from METRIC.findall(re.split(r"[,;(]", around.right)[0])
    if re.search(r"\b(?:scor|achiev|attain|reach|obtain|record)\w*\b", around.left):
        yield "score"


_METRIC_NEXT = re.compile(rf"\s?(?P<phrase>(?:[\w-]+\s)?(?:{METRIC_WORDS}))(?![\w-])")
_NEXT_THING = re.compile(r"[,;]|\sand\san?\s")
_NO_PART = re.compile(rf"\b(?:{NOUN_OF_CHANGE}|total|average|set|number)$")
_METRIC_OF = re.compile(
    rf"(?<![\w'’@-])(?P<phrase>{QUALITY_NAME}|{METRIC_WORDS})(?:\s\([A-Za-z@\d-]{{2,12}}\))?\s(?:of|is|was|reaches|reaching|at|to|scores?\sof|:|=)?\s?(?:up\sto\s|over\s|about\s|only\s|as\s\w+\sas\s|(?!(?:and|or)\b)[\w-]+\s)?[~(+]?$"
)
_METRIC_IS = re.compile(
    rf"(?<![\w'’@-])(?P<phrase>{QUALITY_NAME}|{METRIC_WORDS})(?:\s\([A-Za-z@\d-]{{2,12}}\))?\s?(?:of|is|was|at|reaches|=|:)\s?(?:up\sto\s|over\s|about\s|only\s)?[~(+]?$"
)
_SCORES_OF = re.compile(
    r"\b[A-Z\d][\w@-]*\sscores\b[^,;]*$|\bscores\s(?:\([^()]*\)\s)?(?:of|is|was|at|to|reaching|:|=)[^,;]*$"
)
_NAME_IS = re.compile(
    r"(?<![\w-])(?P<phrase>(?!(?:[GC]PT|LLM|AI|S[Oo]TA)\b)[A-Z][A-Z\d]+(?:[a-z]*(?:-[A-Z\d]+)?|-[a-z]\w*)?|[A-Z]\w*[Ss]core)"
    r"(?:\s?\([\w, -]+\))?\s(?:of|=)\s[~]?$"
)
"""What is named and has a value is a metric, known or not: ``ICC = 0.45``, ``BERTScore of 0.91``."""
_SOME_OF = re.compile(
    r"\b(?:an?|the|its)\s(?P<phrase>(?:[\w-]+\s){0,2}?[\w-]+)\sof\s(?:(?:up\sto|over|about|only|nearly|around|at\sleast|at\smost|(?:less|more)\sthan|under)\s)?[~]?$"
)
_SHARE = re.compile(r"\sof\s(?P<phrase>.+)")
_PART_OF_THINGS = re.compile(
    r"\sof\s(?:the\s|its\s|all\s)?(?P<phrase>(?:(?!(?:the|of|in|on|and|that|which|for)\b)[\w-]+\s){0,3}?[a-z][\w-]*[^s\W]s)(?=[,.;)]|\s(?:in|on|that|which|at|with|and|to|when|by|for|can|are|is|while)\b|\s?$)"
)
"""What a share is of: ``40-60% of questions``."""
_METRIC_BEHIND_COLON = re.compile(
    rf"\((?:best\s|mean\s|average\s|max\s)?(?P<phrase>(?:[\w-]+\s){{0,2}}?(?:{METRIC_WORDS}))[\s:=]{{1,3}}[~]?$"
)
"""``(best F1: 30.3``."""
_SYMBOL_IS = re.compile(r"(?<![\w-])(?P<phrase>(?:partial\s|mean\s|max\s)?[rRρτκ][²2s]?(?:\^2)?)\s?(?:=|≈|≥|>)\s?[~]?$")
"""A statistic by its letter: ``(ρ = 0.72)``."""
_SPACE = re.compile(r"\sof\s(?P<phrase>(?:[\w-]+\s){0,2}(?:memory|space|storage|V?RAM|disk))\b")
_METRIC_BEHIND = re.compile(
    rf"\s(?:(?!(?:with|and|in|on|for|at)\b)[\w-]+\s){{0,3}}?(?P<phrase>{METRIC_WORDS})(?![\w-])"
)
_MOVED_TO = re.compile(
    rf"\b(?:{VERBS_ON}|keep\w*|kept|bring\w*|push\w*|maintain\w*|limit\w*|hold\w*|driv\w+)\s(?:the\s|its\s|their\s)?"
    rf"(?P<phrase>(?:(?!(?:{STOP})\b)[\w@'’-]+\s){{1,5}})(?:of\s[^,;()]{{2,40}}?\s)?(?:down\s)?(?:to|at|below|under|within)\s(?:(?:only|just|merely|about|over|nearly|as\slow\sas)\s)?[~]?$",
    re.IGNORECASE,
)
"""What is brought to where it stands: ``keeping relative drift to 0.13``, ``increases the depth of its cache to 9``."""
