"""Reads whether a share is what remains (``takes 40% of the memory``), what is saved (``60% less``) or what fails."""

import re
from typing import Final, Literal

Role = Literal["", "remains", "saved", "missed"]


def role_of(text: str, start: int, end: int) -> Role:
    """The role of the share ``text[start:end]`` in its clause, in English or Korean; empty where it shows none."""
    before, after = text[max(0, start - 70) : start], text[end : end + 60]
    before = re.split(r"[.;:!?]\s|\n", before)[-1]
    after = re.split(r"[.;:!?]\s|\n", after)[0]
    for role, sign, looks_back in _SIGNS:
        if sign.search(before) if looks_back else sign.match(after):
            return role
    return ""


_ABOUT: Final = (
    r"(?:(?:up to|about|around|over|nearly|almost|roughly|approximately|more than|at least|at most|just|only"
    r"|another|an?|the|average of|a further|some|~|[<>≤≥~(])\s?)*$"
)
_LESSEN: Final = (
    r"(?:sav(?:es?|ed|ing)|reduc(?:es?|ed|ing)|cut(?:s|ting)?|lower(?:s|ed|ing)?|decreas(?:es?|ed|ing)|shr[aiu]nk(?:s|ing)?|slash(?:es|ed|ing)?"
    r"|trim(?:s|med|ming)?|drop(?:s|ped|ping)?|falls?|fell|falling|declin(?:es?|ed|ing)|diminish(?:es|ed|ing)?|shorten(?:s|ed|ing)?)"
)
_REMOVE: Final = (
    r"(?:sav(?:es?|ed|ing)|cut(?:s|ting)?|prun(?:es?|ed|ing)|remov(?:es?|ed|ing)|discard(?:s|ed|ing)?|skip(?:s|ped|ping)?"
    r"|eliminat(?:es?|ed|ing)|drop(?:s|ped|ping)?|avoid(?:s|ed|ing)?|slash(?:es|ed|ing)?)"
)
_COST: Final = (
    r"(?:memory|time|costs?|comput\w+|flops?|param\w+|latency|energy|tokens?|data|budget|size|storage|bandwidth|k/?v|cache|v?ram"
    r"|steps|samples|price|power|traffic|gpus?|weights|operations|lengths?|training|inference|footprint|calls|runtime|examples|labels"
    r"|annotat\w+)"
)
_NO_LINK: Final = r"(?!(?:with|and|using|at|in|on|by|for|while|than|but|of|to|accuracy)\b)"
_LESS = re.compile(
    rf"\s(?:{_NO_LINK}[\w-]+\s){{0,2}}?(?:less|fewer|lower|smaller|shorter|cheaper|reductions?|decreases?|savings?|drop|decline|below)\b",
    re.IGNORECASE,
)  # 60% less, 60% memory reduction, a third cheaper
_LESSENED_BY = re.compile(rf"\b{_LESSEN}\b[^.;]{{0,50}}\bby\s{_ABOUT}", re.IGNORECASE)
_REDUCTION_OF = re.compile(
    rf"\b(?:reductions?|savings?|decreases?|drops?|declines?)\s(?:in\s(?:[\w-]+\s){{1,3}})?of\s{_ABOUT}", re.IGNORECASE
)
_IS_SAVED = re.compile(
    r"\sof\s(?:the\s|its\s|their\s|all\s)?(?:[\w-]+\s){1,3}(?:is|are|was|were)\s"
    r"(?:saved|cut|removed|pruned|skipped|avoided|dropped|discarded)\b"
    r"|\sof\s(?:the\s|its\s|their\s|all\s)?(?:[\w-]+\s){1,3}(?:goes\saway|disappears?|vanish(?:es)?|falls\saway|is\sgone)\b"
)  # 25.9% of the latency is saved
_REMOVED = re.compile(rf"\b{_REMOVE}\s{_ABOUT}", re.IGNORECASE)  # saves 60%
# "40%까지 줄" may mean either.
_KOREAN_LESS = re.compile(
    r"\s?(?!으?로\s)(?:을|를|이|가|만큼|정도|나|가까이|이나|이상)?\s?(?:의\s)?(?:(?!으?로\s|까지\s)[가-힣]{2,6}\s)?"
    r"(?:절감|절약|감소|줄|단축|축소|저렴|덜\s|적은|적게|낮[은아추춰]|짧|아[끼낀낄])"
)
_FAILS = re.compile(
    r"\b(?:fail(?:s|ed|ing)?|miss(?:es|ed|ing)?|gives? up|giving up|los(?:es?|t|ing)|unable)\b(?:\s[a-z]+){0,3}?\s"
    rf"{_ABOUT}",
    re.IGNORECASE,
)  # fails in 63%
_FAILING = re.compile(
    r"\s(?:of\s(?:[\w-]+\s){1,4})?(?:(?:is|are|go|goes|remain|remains|were|was)\s)?"
    r"(?:fails?|failed|unsolved|unnoticed|undetected|missed|wrong|lost|incorrect|unanswered)\b",
    re.IGNORECASE,
)
_KOREAN_FAILS = re.compile(r"(?:못하|실패|틀리|놓치|않)[가-힣]{0,3}\s(?:[가-힣]+\s)?(?:약\s|최대\s)?$")
_LESSENED_TO = re.compile(rf"\b{_LESSEN}\b[^.;]{{0,50}}\bto\s{_ABOUT}", re.IGNORECASE)
_OF_A_COST = re.compile(rf"\s(?:of\s)?(?:the\s|its\s|their\s|that\s)(?:[\w-]+\s){{0,2}}?{_COST}\b", re.IGNORECASE)
_OF_THE_FULL = re.compile(
    r"\sof\s(?:the\s|its\s|that\s)?(?:original|full|dense|baseline|total|standard|vanilla)\b|\sas\s(?:much|many)\b",
    re.IGNORECASE,
)
_OF_ANOTHER = re.compile(
    r"\sof\s(?:what\s)?(?:[A-Z][\w+.-]*(?:['’]s?\b)|(?:the\s|its\s)?(?:mean|average|human|people|experts?|teachers?)\b)"
)
_KOREAN_LEFT = re.compile(
    r"\s?(?:정도|수준)?(?:으)?로\s(?:[가-힣]+\s)?(?:줄|낮|감소|단축|축소|절감|내려|내린|내렸|떨어)|\s?(?:정도)?(?:만(?:으로)?|의)\s|\s?수준|\s?밖에"
)
_SIGNS: Final[tuple[tuple[Role, re.Pattern[str], bool], ...]] = (
    ("missed", _FAILS, True),
    ("missed", _FAILING, False),
    ("missed", _KOREAN_FAILS, True),
    ("saved", _LESS, False),
    ("saved", _LESSENED_BY, True),
    ("saved", _REDUCTION_OF, True),
    ("saved", _REMOVED, True),
    ("saved", _KOREAN_LESS, False),
    ("saved", _IS_SAVED, False),
    ("remains", _LESSENED_TO, True),
    ("remains", _OF_A_COST, False),
    ("remains", _OF_THE_FULL, False),
    ("remains", _OF_ANOTHER, False),
    ("remains", _KOREAN_LEFT, False),
)
"""The first that fits decides; each looks at what stands before the share or after it."""
