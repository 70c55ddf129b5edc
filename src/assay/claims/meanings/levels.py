"""Tells where something stands from how much it changed: *reaches 62%* and *improves by 62%*."""

import re

from assay.claims.context import Figure
from assay.claims.meanings.meaning import Reading

_LEVEL = re.compile(
    r"(?:\b(?:accuracy|score|rate|F1|reward|performance|precision|recall)\s(?:of|is|was)|\b(?:achiev|reach|attain|scor|obtain|record|get)\w*)\s"
    r"(?:(?:an?|the|about|around|over|up\sto|only|just|nearly|almost)\s){0,3}[~$+(]?$"
)
_BY = re.compile(
    r"\bby\s(?:(?:an?|about|around|over|up\sto|only|just|nearly|almost|average|of|at|least|more|than)\s){0,4}[~+(]?$"
)
_PASSIVE = re.compile(
    r"\b(?:is|are|was|were|been)\s(?:[a-z]+\s)?(?!improv|increas|reduc|decreas|lower|rais|boost|cut|outperform|exceed|surpass|enhanc|beaten)"
    r"[a-z]+(?:ed|en)\sby\s[^,;]{0,20}$"
)
_LEVEL_KOREAN = re.compile(
    r"\s?(?:의\s(?:[가-힣]+\s){0,3}?[가-힣]{1,6}[을를]|[을를]|에)\s(?:[가-힣]+\s)?(?:달성|기록|도달|얻|보[인이였])"
)


def level_or_change(figure: Figure, reading: Reading) -> str:
    """Whether a figure says ``a level`` or ``a change``; empty where the sentence leaves that open."""
    if figure.amount.unit not in {"%", "points", ""}:
        return ""
    if (_BY.search(figure.before) and any(reading.way) and not _PASSIVE.search(figure.before)) or (
        figure.is_change and _BY_KOREAN.match(figure.after)
    ):
        return "a change"
    if reading.end and not any(_is_reach(end) for pair in figure.sentence.changes if figure in pair for end in pair):
        return "a level"
    if not figure.is_change and (_LEVEL.search(figure.before) or _LEVEL_KOREAN.match(figure.after)):
        return "a level"
    return ""


def _is_reach(figure: Figure) -> bool:
    """Whether it says how far a change reaches: ``6%에서 12%까지 높아진다``."""
    return figure.is_change or figure.after.startswith("까지")


_BY_KOREAN = re.compile(r"\s?(?:포인트)?\s?(?:만큼\s)?(?:향상|개선|증가|감소|절감|높|낮|상승|하락|줄|늘|앞|뒤)")
