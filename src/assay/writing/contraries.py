"""Turns a statement into one that cannot hold as well: another figure, or the other direction."""

import re
from collections.abc import Mapping
from typing import Final


def another_figure(sentence: str, place: tuple[int, int]) -> tuple[str, tuple[int, int]] | None:
    """The sentence with another figure of the same form, and its place; None if the figure is not in digits.

    Of what is *at least* so much, more is told, since less would be so as well.

    Args:
        sentence: what is said.
        place: where in it the figure starts and ends.
    """
    start, end = place
    figure = sentence[start:end]
    is_least = _LEAST_BEFORE.search(sentence[:start]) or _LEAST_AFTER.match(sentence, end)
    factor = _MORE if is_least or figure.rstrip().endswith(("x", "×")) else _LESS
    other = _NUMBER.sub(lambda match: _another(match[0], factor), figure)
    return (sentence[:start] + other + sentence[end:], (start, start + len(other))) if other != figure else None


def turned_round(sentence: str) -> str:
    """The sentence with the last word that compares in its opposite; empty if there is none.

    The last one alone: *as the cache grows, accuracy rises* says the same with both turned round.
    """
    for match in reversed(list(_COMPARES.finditer(sentence))):
        word, before = match[0], sentence[: match.start()]
        is_name = word[0].isupper() and (before.strip() or _NAME_AFTER.match(sentence, match.end()))
        if not is_name and not (_ARTICLE.search(before) and word in _NOUNS):
            other = _OPPOSITES[word.lower()]
            if word.lower() in {"more", "most"} and _ADJECTIVE.match(sentence, match.end()):
                other = {"more": "less", "most": "least"}[word.lower()]
            other = other[0].upper() + other[1:] if word[0].isupper() else other
            return before + other + sentence[match.end() :]
    return ""


def _another(number: str, factor: float) -> str:
    """A number that is so many times as large, written in the same way."""
    digits = number.replace(",", "")
    decimals = len(digits.partition(".")[2])
    value = float(digits) * factor
    value = value if f"{value:.{decimals}f}" != digits else float(digits) + _STEP
    return f"{value:{',' if ',' in number else ''}.{decimals}f}"


_NUMBER: Final = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_LESS: Final = 0.7
_MORE: Final = 1.6
_STEP: Final = 2
_LEAST_BEFORE: Final = re.compile(r"\b(?:at least|more than|over|above|exceed\w*|beyond|최소|적어도) $", re.IGNORECASE)
_LEAST_AFTER: Final = re.compile(r"\s?(?:이상|넘|초과|or more|\+)")
_PAIRS: Final = """
    outperforms=trails|outperform=trail|outperformed=trailed|outperforming=trailing|is outperformed by=outperforms
    are outperformed by=outperform|beats=trails|beat=trail|surpasses=trails|surpass=trail|surpassed=trailed
    surpassing=trailing|exceeds=falls short of|exceed=fall short of|exceeded=fell short of
    trails=leads|trail=lead|trailed=led|trailing=leading|falls behind=pulls ahead of|lags behind=is ahead of
    ahead of=behind|behind=ahead of|better=worse|worse=better|higher=lower|lower=higher|best=worst|worst=best
    highest=lowest|lowest=highest|more=fewer|fewer=more|less=more|most=fewest|fewest=most|least=most|larger=smaller
    smaller=larger|greater=smaller|largest=smallest|smallest=largest|faster=slower|slower=faster|longer=shorter
    shorter=longer|superior=inferior|inferior=superior|improves=degrades|improve=degrade|improved=degraded
    degrades=improves|hurts=helps|hurt=help|helps=hurts|help=hurt|increases=decreases|increase=decrease
    increased=decreased|decreases=increases|decrease=increase|decreased=increased|rises=falls|falls=rises|raises=lowers
    lowers=raises|reduces=increases|reduce=increase|reduced=increased|grows=shrinks|drops=rises|stronger=weaker
    weaker=stronger|strongest=weakest|weakest=strongest
"""
_OPPOSITES: Final[Mapping[str, str]] = {
    one: other for one, _, other in (pair.strip().partition("=") for pair in re.split(r"[|\n]", _PAIRS)) if other
}
_COMPARES: Final = re.compile(
    rf"(?<![-\w])(?:{'|'.join(sorted(map(re.escape, _OPPOSITES), key=len, reverse=True))})(?![-\w])", re.IGNORECASE
)
_NAME_AFTER: Final = re.compile(r"\s[A-Z]")
_ARTICLE: Final = re.compile(r"\b(?:an?|the|of)\s$", re.IGNORECASE)
_NOUNS: Final = frozenset({"increase", "decrease", "beat", "trail", "help", "rises", "falls", "drops", "hurt"})
_ADJECTIVE: Final = re.compile(
    r"\s(?:\w+(?:ate|ent|ant|ive|able|ible|ful|ous|al|ic|ed)|robust|stable|diverse|complex|common)\b"
)
