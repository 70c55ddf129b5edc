"""Reads from the words around a figure whether it tells a change, which way that goes, and if a rival is beaten."""

import re
from typing import Literal

from assay.claims.wording.phrases import Around

_UP_WORDS = (
    r"improv\w+|increas\w+|gains?|gained|gaining|boost\w*|lift(?:s|ed|ing)?|rais\w+|rises?|rose|enhanc\w+|higher|better|faster|more|larger|greater|"
    r"longer|speed-?ups?|speeds?\sup|speeding\sup|accelerat\w+|outperform\w*|surpass\w*|exceed\w*|beat\w*|advantage|leads?|uplift|"
    r"stronger|double[sd]?|doubling|twice|triple[sd]?|margin|acceleration|growth|lifts?|jumps?|surges?"
)
_DOWN_WORDS = (
    r"reduc\w+|decreas\w+|drop\w*|degrad\w+|declin\w+|lower\w*|fewer|less|smaller|shorter|cheaper|sav(?:es?|ed|ings?)|cut(?:s|ting)?(?!-)|"
    r"shrink\w*|compress\w+|loss|lag\w*|fall\w*|fell|slower|worse|halv\w+|behind|eliminat\w+|discard\w*|remov(?:es|ed|ing)|prun(?:es|ed)|slow-?down|minimi[sz]\w+|slash\w*|trim\w*|diminish\w*|underperform\w*"
)
_DOWN = re.compile(rf"\b(?:{_DOWN_WORDS})\b", re.IGNORECASE)
CHANGE = re.compile(rf"\b(?:{_UP_WORDS}|{_DOWN_WORDS})\b", re.IGNORECASE)
_BY = re.compile(
    r"\bby\s(?:(?:up\sto|over|about|around|approximately|nearly|almost|more\sthan|at\sleast|as\smuch\sas|an?|average|"
    r"averag\w+|of|on|roughly|only|just|a\sfactor)\s)*[~+(]?$",
    re.IGNORECASE,
)
CHANGE_OF = re.compile(
    r"\b(?:improvements?|increases?|gains?|boosts?|reductions?|decreases?|drops?|degradations?|declines?|savings?|speed-?ups?|"
    r"leads?|advantages?|margins?|accelerations?|changes?|differences?|gaps?|loss(?:es)?|uplifts?|lifts?|jumps?|surges?|enhancements?|rises?|growth)\s"
    r"(?:[\w-]+\s){0,4}?(?:of|by|is|up\sto|exceeding|reaching)\s(?:(?:up\sto|over|about|around|approximately|nearly|"
    r"more\sthan|at\sleast|an?|average|roughly)\s)*[~+(]?$",
    re.IGNORECASE,
)
_LOSS_OF = re.compile(r"\bloss\sof\s[~]?$")
"""A loss that has a value is a metric, unless it is of so many points or per cent."""
SAVES = re.compile(
    r"\b(?:sav(?:es?|ed|ing)|eliminat(?:es?|ed|ing)|discard(?:s|ed|ing)?|remov(?:es?|ed|ing)|prun(?:es?|ed|ing)|cut(?:s|ting)?|gain(?:s|ed|ing)|los(?:es?|ing)|grows?|grew|rises?|rose|drops?|dropped|falls?|fell|"
    r"(?:increas|decreas|improv|reduc|boost|rais|lower|degrad|enhanc)(?:e?s|ing))\s(?:(?:up\sto|over|about|around|only|nearly|by)\s)?[~]?$"
    r"|\b(?:increas|decreas|improv|reduc|boost|lower|degrad|enhanc)(?:e?s|ing|e)\s(?:[\w-]+\s){1,5}(?:up\sto|as\smuch\sas)\s[~]?$"
)
_CHANGE_AFTER = re.compile(
    r"\s?-?\(?(?:(?!(?:and|or|on|of|while|with|to|for|which|but|from|by)\b)[\w@/.-]+\s){0,3}?(?:improvements?|increases?|gains?|boosts?|enhancements?|"
    r"higher|better|stronger|weaker|faster|more|larger|greater|longer|speed-?ups?|leads?|advantages?|reductions?|decreases?|drops?|degradations?|"
    r"declines?|lower|fewer|less|smaller|shorter|cheaper|savings?|loss|slower|worse|relative|margin|uplift|acceleration|improved|"
    r"reduced|increased)\b",
    re.IGNORECASE,
)
_CHANGE_NOUN_AFTER = re.compile(
    r"\s?-?(?:(?!(?:and|while|with|on|across)\b)[\w@.'-]+\s){0,3}?(?:improvements?|increases?|gains?|boosts?|drops?|leads?|reductions?)\b"
)


_BRACKET_OF_CHANGE = re.compile(
    r"\b(?:improvements?|increases?|gains?|boosts?|reductions?|decreases?|drops?|degradations?|declines?|speed-?ups?)\b[^();%]{0,60}\([~]?$"
)
"""What stands in brackets behind a change is how large it is: ``clear gains on ToyBench (3.1%)``."""


def is_change(around: Around, *, signed: bool, bare: bool) -> bool:
    """Whether a figure says how much something changed, not where it stands; a ``bare`` one has no unit."""
    near = around.left[-70:]
    if signed or SAVES.search(near) or (CHANGE_OF.search(near) and not (bare and _LOSS_OF.search(near))):
        return True
    if _BRACKET_OF_CHANGE.search(around.left[-110:]):
        return True
    if _BY.search(near) and not (bare and not CHANGE.search(around.left)):
        return True
    if re.match(r"\s?(?:of|on)\b", around.right):
        return False
    return (_CHANGE_NOUN_AFTER if bare else _CHANGE_AFTER).match(around.right) is not None


def is_absolute_change(around: Around) -> bool:
    """Whether a change in per cent is said to be absolute: ``an absolute gain of 3.4%``."""
    if re.match(rf"\s(?:[\w-]+\s){{0,2}}?absolute\s(?:[\w-]+\s){{0,3}}?(?:{NOUN_OF_CHANGE})\b", around.right):
        return True
    return re.search(r"\babsolute\s(?:(?:[\w-]+\s){1,4}(?:of|by)\s(?:[\w-]+\s){0,2}?)?[~+]?$", around.left) is not None


_NEW_CLAUSE = re.compile(
    r"\b(?:achiev\w+|while|with|which|compar\w+|reach\w+|reduc\w+|improv(?:es|ed|ing)|increas(?:es|ing)|decreas(?:es|ing)|boosts|raises|lowers|cuts|delivers|is|are|was|were|has|have|by|than|to|from|"
    r"obtain\w*|respectively|using|we|it)\b|[;:]",
    re.IGNORECASE,
)


def continues_list(between: str) -> bool:
    """Whether two figures with these words between them stand in one list: ``5.7% on A, 10.3% on B``."""
    ends = re.search(r"(?:,|,?\s?\band|,?\s?\bor|&|/|\()\s?(?:up\sto\s|over\s|about\s)?[~+(]?\s?$", between)
    return ends is not None and len(between) < 90 and _NEW_CLAUSE.search(between) is None


def goes_on(between: str) -> bool:
    """Whether two figures with these words between them belong to one statement, so that they share its baseline."""
    return (
        len(between) < 60
        and re.search(r"[;:]|,\s(?:while|which|whereas|but)\b|\b(?:while|whereas|but|it|we)\b", between) is None
    )


_BOUND_BEFORE = re.compile(r"\b(?:more|less|fewer|greater|higher|lower)\sthan\s(?:an?\s)?[~+(]?$")
"""How exactly a figure is meant, and not which way anything goes: ``by more than 40%``."""


_APART = re.compile(r"\s(?:(?P<above>above|ahead\sof|beyond)|below|behind|short\sof)\s(?!(?:the\s|an?\s)?average\b)")
"""Where something stands from what it is compared with: ``2.6 points above a baseline``."""


def apart(around: Around) -> Literal["", "up", "down"]:
    """On which side of what it is compared with something stands, where the words behind a figure say so."""
    stands = _APART.match(around.near_right)
    if stands is None or _BY.search(around.left[-70:]):
        return ""  # "reduces it by 12% beyond what others reach": the verb says which way
    return "up" if stands["above"] else "down"


def direction(around: Around, figure: str) -> Literal["", "up", "down"]:
    """Which way a change goes: by the ``figure`` itself (``doubling``), else by the cue nearest to it."""
    if (own := CHANGE.fullmatch(figure)) is not None:
        return "down" if _DOWN.fullmatch(own[0]) else "up"
    if way := apart(around):
        return way
    right = re.match(r"[^,.;)]{0,45}", around.near_right)
    right_text = re.split(r"\b(?:and|while|but|with)\b", right[0])[0] if right else ""
    first = CHANGE.search(right_text)
    if first is not None and first.start() < 26:
        return "down" if _DOWN.match(first[0]) else "up"
    cues = list(CHANGE.finditer(_BOUND_BEFORE.sub("", around.left)))
    if cues:
        return "down" if _DOWN.match(cues[-1][0]) else "up"
    return "" if first is None else "down" if _DOWN.match(first[0]) else "up"


VERBS_ON = (
    r"improv\w+|increas\w+|boost\w*|lift\w*|rais\w+|enhanc\w+|reduc\w+|decreas\w+|lower\w*|cut\w*|accelerat\w+|speed\w*(?:\sup)?|degrad\w+|"
    r"shrink\w*|sav\w+|compress\w+|minimi[sz]\w+|elevat\w+|advanc\w+|drop\w*"
)
NOUN_OF_CHANGE = (
    r"improvements?|increases?|gains?|boosts?|reductions?|decreases?|drops?|degradations?|declines?|savings?|leads?|"
    r"advantages?|margins?|uplifts?|lifts?|jumps?|surges?|enhancements?|growth|speed-?ups?|acceleration|loss"
)
BEATING = re.compile(
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat\w*|lag\w*|underperform\w*|ahead\sof|behind)\b", re.IGNORECASE
)
AND_BY = re.compile(
    r"^[\s)]*,?\s?and\s(?P<phrase>[^,;]+?)\s\(?by\s(?:(?:up\sto|over|about|around|more\sthan|at\sleast|nearly)\s)?[~+><≥≤]?\s?$"
)


def beats(left: str) -> bool:
    """Whether the last verb before a figure compares with a rival, and does not change a thing."""
    rivals = [match.start() for match in BEATING.finditer(left)]
    things = [match.start() for match in re.finditer(rf"\b(?:{VERBS_ON})\s", left, re.IGNORECASE)]
    return bool(rivals) and rivals[-1] > max(things, default=-1)
