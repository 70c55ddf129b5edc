"""Deals the names of a list out to the figures of one: ``31% and 22% on A and B``, ``A and B reach 31% and 22%``."""

import re
from collections.abc import Sequence
from typing import Final

from assay.claims.wording.changes import NOUN_OF_CHANGE
from assay.claims.wording.datasets import NO_SET
from assay.claims.wording.metric_names import is_metric
from assay.claims.wording.phrases import MODEL_NAME, PROPER, reach
from assay.papers.models import Claim
from assay.papers.sentences import Span

_JOINT = r"(?:,?\s(?:and|or|&)\s|,\s|\s?/\s?)"
_BETWEEN_FIGURES = re.compile(rf"\s?%?{_JOINT}(?:(?:up\sto|only|about|over|by|of|to)\s)?[~+]?")
_NAMES = rf"{PROPER}(?:{_JOINT}{PROPER})+"
_ON_NAMES = re.compile(
    rf"\b(?P<by>[Oo]n|[Ff]or|[Ii]n|[Aa]cross|with|using|through)\s(?:the\s|both\s)?(?:(?:challenging|popular|standard|public|hard)\s)?(?P<names>{_NAMES})"
)
_OVER_NAMES = re.compile(
    rf"[^,;()]{{0,60}}?\b(?:over|than|compared\s(?:to|with)|against)\s(?:the\s)?(?P<names>{_NAMES})"
)
_FOR_METRICS = re.compile(
    r"\s(?:in|for|of)\s(?:terms\sof\s)?(?P<names>(?:[a-zA-Z@][\w@.-]*\s?){1,3}(?:(?:,\s(?:and\s)?|\sand\s)(?:[a-zA-Z@][\w@.-]*\s?){1,3})+),?\srespectively"
)
_LISTED = re.compile(
    rf"\b(?P<kind>models?|LLMs?|VLMs?|VLAs?|architectures?|backbones?|polic(?:y|ies)|benchmarks?|data\s?sets?|tasks?|baselines?|methods?)"
    rf"(?:\s\(|:\s|,?\s(?:such\sas|like|including|namely)\s)(?:e\.g\.,?\s|i\.e\.,?\s)?(?P<names>{_NAMES})"
)
"""Names that say at the head of a sentence what its lists of figures run through: ``three models (A, B and C)``."""
_GAINS_IN = re.compile(
    rf"\s(?:[a-z]+\s)?(?:{NOUN_OF_CHANGE})\sin\s(?P<names>[a-z][\w-]*(?:\s[\w-]+)?\sand\s[a-z][\w-]*(?:\s[\w-]+)?)(?=[,.;]|\s?$|\s(?:on|over|compared|for|across)\b)"
)
"""``4% and 2% gains in syntactic and semantic accuracy``."""
_SLASHED_AFTER = re.compile(r"\s(?:for|on|in|under)\s(?:the\s)?(?P<names>[a-z][\w@-]*(?:/[\w@-]+)+)")
"""``by 30/10/4% in warm/cool/cold caches``."""
_AT_KINDS = re.compile(
    r"(?:\s(?!(?:at|under|with|on|across)\b)[\w-]+){0,3}\s(?:at|under|with|on|across)\s(?:the\s|both\s)?(?P<names>[a-z][\w-]*(?:\s(?!and\b)[\w-]+)?(?:,\s(?!and\b)[a-z][\w-]*(?:\s(?!and\b)[\w-]+)?)*,?\sand\s[a-z][\w-]*(?:\s[\w-]+)?),?\srespectively"
)
"""``of 4% and 2% at the warm and cold levels, respectively``."""
_WITH_AND_WITHOUT = re.compile(r"\swith\sand\swithout\s(?:the\s)?(?P<names>[\w-]+(?:\s(?!on\b|in\b|for\b)[\w-]+){0,2})")
_NAMES_BEFORE = re.compile(
    rf"(?P<names>{_NAMES})\s(?P<verb>(?:(?!by\b)[a-z]+\s){{0,6}}?)(?:(?:by|of|up\sto|to|only|just|an?|about|over)\s)*[~+]?$"
)


def deal(claims: Sequence[Claim], figures: Sequence[tuple[int, int]], text: str, sentence: Span) -> list[Claim]:
    """The claims of a sentence, where a list of names belongs to a list of figures each with its own.

    Args:
        claims: of the sentence, in order.
        figures: where the figure of each stands in ``text``.
        text: the text of the sentence and of what stands around it.
        sentence: where the sentence stands in it.
    """
    dealt = list(claims)
    first = 0
    while first < len(dealt):
        last = first
        while last + 1 < len(dealt) and _is_next(dealt, figures, text, last):
            last += 1
        if last > first:
            start, end = figures[first][0], figures[last][1]
            within = reach(sentence, start, end)
            _deal_run(dealt, slice(first, last + 1), text[within.start : start], text[end : within.end])
        first = last + 1
    return dealt


def _deal_before(claims: list[Claim], run: slice) -> None:
    """Deal out to changes what the figures before them are of: ``an F1 of 71 and a BLEU of 30, 5% and 3% above``."""
    many = run.stop - run.start
    before = claims[max(0, run.start - many) : run.start]
    metrics = {each.metric for each in before}
    if len(metrics) != many or any(each.kind != "absolute" for each in before):
        return
    for n, each in enumerate(before, start=run.start):
        if claims[n].kind in {"relative", "points"} and claims[n].metric in {"performance", before[-1].metric}:
            shared = {field: getattr(each, field) for field in ("metric", "better", "dataset", "setting")}
            claims[n] = claims[n].model_copy(update=shared)


def _not_twice(claim: Claim, field: str, name: str) -> dict[str, str]:
    """Empties the setting where it says no more than whose the figure is."""
    return {"setting": ""} if field == "subject" and claim.setting == name else {}


def _is_next(claims: Sequence[Claim], figures: Sequence[tuple[int, int]], text: str, n: int) -> bool:
    between = text[figures[n][1] : figures[n + 1][0]]
    return claims[n].kind == claims[n + 1].kind != "count" and _BETWEEN_FIGURES.fullmatch(between) is not None


def _deal_run(claims: list[Claim], run: slice, left: str, right: str) -> None:
    """Deal out to figures that follow each other at once, as many names as there are figures."""
    many = run.stop - run.start
    says_so = "respectively" in right
    if says_so:
        _deal_before(claims, run)
    before = _joined(_NAMES_BEFORE.search(left))
    on = _ON_NAMES.search(right) or (_joined(_ON_NAMES.search(left)) if says_so else None)
    both = _WITH_AND_WITHOUT.match(right)
    slashed = _SLASHED_AFTER.match(right)
    listed = _LISTED.search(left) if says_so or many > _PAIR else None
    over = _OVER_NAMES.match(right) if says_so else None
    sets = _names(on)
    for field, names in (
        ("setting" if on and _is_setting(on) else "dataset", sets),
        (_field_of_listed(listed), _names(listed)),
        ("baseline", _names(over)),
        ("setting", slashed["names"].split("/") if slashed else []),
        ("setting", _names(_AT_KINDS.match(right))),
        ("setting", [f"{by} {both['names']}" for by in ("with", "without")] if both else []),
        ("metric", _names((_FOR_METRICS.match(right) if says_so else None) or _GAINS_IN.match(right))),
        (_role(before), _names(before)),
    ):
        if field and len(names) == many and not (field == "subject" and len(sets) == many):
            claims[run] = [
                claim.model_copy(update={field: name, **_not_twice(claim, field, name)})
                for claim, name in zip(claims[run], names, strict=True)
            ]


_PAIR: Final = 2


def _field_of_listed(listed: re.Match[str] | None) -> str:
    """What the names are that a sentence lists at its head; empty for rivals, which it lists but for itself."""
    if listed is None or re.match("baseline|method", listed["kind"]):
        return ""
    return "dataset" if re.match("bench|data|task", listed["kind"]) else "setting"


def _joined(names: re.Match[str] | None) -> re.Match[str] | None:
    """A list of names before the figures if "and" joins it: a comma alone may part a name from a subject."""
    return names if names and re.search(r"\s(?:and|or|&)\s|/", names["names"]) else None


def _is_setting(on: re.Match[str]) -> bool:
    """Whether the names of a list are what figures were reached with, and not where: models, or after ``through``."""
    names = on["names"]
    return on["by"] in {"with", "using", "through"} or bool(MODEL_NAME.match(names) or NO_SET.match(names))


def _role(names: re.Match[str] | None) -> str:
    """What the names before a list of figures are: subjects if they have a verb, else what was changed or where."""
    if names is not None and all(map(is_metric, _names(names))):
        return "metric"
    if names is None or names["verb"]:
        return "subject"
    return "setting" if MODEL_NAME.match(names["names"]) else "dataset"


def _names(match: re.Match[str] | None) -> list[str]:
    """The names of a list; in ``ToyBench Lite, Full, and Hard`` the later ones share the first word of the first."""
    if match is None:
        return []
    names = [each for each in re.split(_JOINT, match["names"].rstrip(".")) if each]
    head, _, tail = names[0].rpartition(" ")
    if head and tail.isalpha() and all(" " not in each and each.isalpha() for each in names[1:]):
        return [names[0], *(f"{head} {each}" for each in names[1:])]
    return names
