"""Reads from the words behind a number what it counts."""

import re

from assay.claims.wording.phrases import STOP

_COUNTSTOP = re.compile(rf"^(?:{STOP})$", re.IGNORECASE)
_COUNT_WORD = re.compile(r"(?P<word>(?:[A-Za-z]|\dD\b|\d+-[a-z])[\w'’-]*)(?P<after>[,/]?\s?|$)")


def count_noun(right: str) -> str:
    """What is counted: the noun phrase after the number, up to its plural head; empty if no noun follows."""
    right = re.sub(r"^\+?\s?-?(?:\([\d.]+\s?%\)\s)?(?:(?:out\s)?of\s(?:(?:the|all|its)\s)*(?:\d[\d,]*\s)?)?", "", right)
    words: list[str] = []
    at = 0
    while len(words) < 7 and (match := _COUNT_WORD.match(right, at)):
        word = match["word"]
        joins = word == "and" and words and re.match(r"(?:[\w-]+\s){1,3}?[\w-]*[^s\W]s\b", right[match.end() :])
        modifies = word.endswith("ed") and all(each.endswith("ly") for each in words)
        if _COUNTSTOP.match(word) and not joins and not modifies:
            break
        words.append(word)
        at = match.end()
        plural = re.search(r"[^su]s$", word) is not None and not word.endswith("is")
        if plural and not re.match(rf"(?!(?:{STOP})\b)[\w-]+s\b", right[at:]):
            return " ".join(words)
        if not match["after"]:
            break
    if words and re.search(r"(?:ed|ing|ly)$", words[0]) and len(words) == 1:
        return ""
    return " ".join(words)
