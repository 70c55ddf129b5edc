"""Tells ``3 times`` that compares (``3 times faster``) from ``3 times`` that counts (``repeated 3 times``)."""

import re
from typing import Final

FACTOR: Final = re.compile(
    r"\bfactors? of (?:(?:up to|about|around|over|more than|at least|nearly|almost|roughly"
    r"|approximately|as much as)\s|[~≈>]\s?)*$",
    re.IGNORECASE,
)
"""What makes the number after it a multiple: ``by a factor of 3``."""
_COMPARED: Final = re.compile(
    r"[\s-](?:[A-Z][\w+-]*['’]s?|as|the|that|its|their|this|those|these|our|what|more|less|fewer|better|worse|over|compared|relative|than|higher"
    r"|(?:in|of)\s(?:speed|throughput|size|cost|memory|time)|speed-?ups?|improvements?|reductions?|increases?|decreases?|gains?|savings?"
    r"|accelerations?|compression|[a-z]{2,}er\b(?<!number)(?<!answer)(?<!over)(?<!per)(?<!after)(?<!under)(?<!user))\b|%|\s?\)",
    re.IGNORECASE,
)
_OFTEN: Final = re.compile(r"\s(?:per|each|every|an?)\b")
_NEXT: Final = re.compile(r"\s(?:and|or|to)\s[\d.]+\s?(?:times|x|×)")
_CHANGED: Final = re.compile(
    r"\b(?:by|up to|factor|improv\w+|increas\w+|decreas\w+|reduc\w+|rais\w+|rose|rises?|ris(?:es|ing)|cut(?:s|ting)?"
    r"|low(?:ers?|ered|ering)|speed\w*|accelerat\w+|fast\w*|slow\w*|multipl\w+|grow\w*|grew|boost\w*|fall\w*|fell|drop\w*|shr[aiu]nk\w*|scal\w+|exceed\w+"
    r"|gain\w*|sav\w+|compress\w+|outperform\w*|surpass\w*|throughput|efficien\w+|expan\w+|ratio|is|are|become\w*)\b",
    re.IGNORECASE,
)
_OCCURS: Final = re.compile(
    r"\b(?:run|ran|repeat\w*|sampl\w+|ask\w*|call\w*|cited|visit\w*|occur\w*|appear\w*|access\w*|download\w*|select\w*|chos\w+|train\w*"
    r"|evaluat\w+|test\w*|quer\w+|tr(?:y|ied)|view\w*|execut\w+|perform\w*|measur\w*|average[sd]?|appl(?:y|ied)|us(?:ed|es|ing)|invok\w+"
    r"|won|wins?|fail\w*)\s(?:[\w-]+\s){0,4}$",
    re.IGNORECASE,
)


def is_multiple(text: str, unit_at: int, end: int) -> bool:
    """Whether the unit ``text[unit_at:end]`` that follows a number says how many times as much, and not how often."""
    if text[unit_at:end].lower() not in {"times", "twice", "thrice"}:
        return True
    if _OFTEN.match(text, end):
        return False
    is_attached = text[unit_at - 1 : unit_at].isdigit()  # "3times", where LaTeX was lost
    if is_attached or _COMPARED.match(text, end) or _NEXT.match(text, end):
        return True
    before = text[max(0, unit_at - 70) : unit_at]
    before = re.split(r"[.,;:]\s", before)[-1]
    before = re.sub(r"[\w.,×-]+\s?-?$", "", before)
    return _CHANGED.search(before) is not None and _OCCURS.search(before) is None
