"""Tells where something stands from how much it changed: *reaches 62%*, *by 62%*; and at most from on average."""

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
    if figure.amount.unit not in {"%", "points", ""} or _IS_A_CHANGE.search(figure.before):
        return ""
    if (_BY.search(figure.before) and any(reading.way) and not _PASSIVE.search(figure.before)) or (
        figure.is_change and _BY_KOREAN.match(figure.after)
    ):
        return "a change"
    if reading.end and not any(_is_reach(end) for pair in figure.sentence.changes if figure in pair for end in pair):
        return "a level"
    if figure.amount.unit == "%" and _IS_MORE.match(figure.after):
        return "a change"
    return "a level" if not figure.is_change and _is_level(figure) else ""


_IS_A_CHANGE = re.compile(
    r"\b(?:degradation|improvements?|gains?|drop|loss|increase|decrease|reduction|lead|gap)\s"
    r"(?:(?!(?:by|from)\b)[\w-]+\s){0,6}?(?:to|about|of|around)\s(?:just\s|only\s|about\s)?[~+]?$"
)
"""What is measured is a change itself: ``reduces the degradation to 3.4%``."""


def _is_level(figure: Figure) -> bool:
    """Whether a verb says that it is reached, or that so much is done: ``solves 31% of the tasks``."""
    if _LEVEL.search(figure.before) or _LEVEL_KOREAN.match(figure.after) or _TO.search(figure.before):
        return True
    return _DOES.search(figure.before) is not None and _OF_ALL.match(figure.after) is not None


def _is_reach(figure: Figure) -> bool:
    """Whether it says how far a change reaches: ``6%에서 12%까지 높아진다``."""
    return figure.is_change or figure.after.startswith("까지")


def is_relative(figure: Figure) -> bool:
    """Whether a share is said to be one of what was there before: ``a relative gain of 8%``."""
    return (
        re.match(r"\s?\(?(?:relative(?!\sto\b)|상대)", figure.after) is not None
        or _RELATIVE.search(figure.before) is not None
    )


def list_bound(figure: Figure) -> str:
    """The bound of a figure, or of the first of the list that it stands in: ``over 35% and 45%, respectively``."""
    figures = figure.sentence.figures
    units = {"%", "points"} if figure.amount.unit in {"%", "points"} else {figure.amount.unit}
    is_shared = "respectively" in figure.after or "각각" in figure.before
    at = figures.index(figure)
    while at > 0 and is_shared and not figures[at].amount.bound and figures[at - 1].amount.unit in units:
        at -= 1
    return figures[at].amount.bound


def bound_words(figure: Figure) -> str:
    """How a figure is bounded: ``at most``, ``at least``, ``on average`` or ``nearly``; empty if open."""
    is_mean = _MEAN.search(figure.before) or re.match(r"\son\saverage\b", figure.after)
    is_near = _NEARLY.search(figure.before)
    if is_mean:
        return "" if _UP_TO.search(figure.before) else "on average"
    if figure.amount.bound == "at most":
        return "at most" if _UP_TO.search(figure.before) else ""
    return "nearly" if is_near else figure.amount.bound


_TO = re.compile(
    r"\b(?:reduc|lower|cut|rais|lift|increas|improv|boost|bring|drop|fall|rise|push)\w*\s"
    r"(?:(?!(?:compared|relative|up|due|applied|equal|close|similar|thanks|by|from|over)\b)[\w@.-]+\s){1,6}"
    r"to\s(?:(?:about|around|only|just|nearly|almost)\s)?[~$]?$"
)
_DOES = re.compile(
    r"\b(?:completes?|completed|resolves?|resolved|solves?|solved|answers?|answered|passes|passed|wins)\s$"
)
_OF_ALL = re.compile(r"\sof\s(?:the|all|its|their)\s")
_IS_MORE = re.compile(r"\s(?:lower|higher|fewer|better|worse|faster|slower)\b")
_RELATIVE = re.compile(
    r"\b(?:improv|increas|rais|boost|lift|reduc|lower|cut)\w*\s(?:the\s)?relative\s(?:[\w-]+\s){1,10}?by\s(?:(?:up\sto|over|about)\s)?[~+]?$|"
    r"\brelative\s(?:[a-z-]+\s){1,3}(?:of|by)\s(?:(?:up\sto|over|about)\s)?[~+]?$"
)
_UP_TO = re.compile(r"(?:\bup\s?to|\bas\s(?:much|many|high)\sas|최대|최고)\s?(?:an?\s)?[~+]?$", re.IGNORECASE)
_MEAN = re.compile(r"\baverag\w+\s(?:[a-z]+\s)?(?:of\s|by\s)?[~+]?$|평균\s?(?:약\s)?$")
_NEARLY = re.compile(r"\b(?:nearly|almost|just\sunder|just\sbelow)\s(?:an?\s)?[~+]?$")
_BY_KOREAN = re.compile(r"\s?(?:포인트)?\s?(?:만큼\s)?(?:향상|개선|증가|감소|절감|높|낮|상승|하락|줄|늘|앞|뒤)")
