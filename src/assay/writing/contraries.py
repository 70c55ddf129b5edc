"""Turns a statement into one that cannot hold as well: another figure, or the other direction."""

import re
from collections.abc import Mapping
from typing import Final


def another_figure(sentence: str, place: tuple[int, int]) -> tuple[str, tuple[int, int]] | None:
    """The sentence with another figure of the same form, and its place; None if the figure is not in digits.

    Args:
        sentence: what is said.
        place: where in it the figure starts and ends.
    """
    start, end = place
    number = _NUMBER.search(sentence, start, end)
    if number is None:
        return None
    digits = number[0].replace(",", "")
    decimals = len(digits.partition(".")[2])
    other = f"{float(digits) * _OTHER:.{decimals}f}"
    if float(other) == float(digits):
        other = f"{float(digits) + _STEP:.{decimals}f}"
    words = sentence[: number.start()] + other + sentence[number.end() :]
    return words, (start, end + len(other) - len(number[0]))


def turned_round(sentence: str) -> str:
    """The sentence with each word that compares in its opposite; empty if there is none."""
    turned = _COMPARES.sub(lambda match: _as_written(_OPPOSITES[match[0].lower()], match[0]), sentence)
    return turned if turned != sentence else ""


def _as_written(word: str, like: str) -> str:
    return word[0].upper() + word[1:] if like[0].isupper() else word


_NUMBER: Final = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_OTHER: Final = 0.7
_STEP: Final = 2
_PAIRS: Final = """
    outperforms=is outperformed by|outperform=are outperformed by|outperforming=trailing|beats=loses to|beat=lose to
    surpasses=falls behind|surpass=fall behind|surpassing=falling behind|exceeds=falls short of|exceed=fall short of
    trails=leads|trail=lead|trailing=leading|falls behind=pulls ahead of|lags behind=is ahead of|ahead of=behind
    behind=ahead of|better=worse|worse=better|higher=lower|lower=higher|best=worst|worst=best|highest=lowest
    lowest=highest|more=fewer|fewer=more|less=more|most=fewest|fewest=most|larger=smaller|smaller=larger
    greater=smaller|largest=smallest|smallest=largest|faster=slower|slower=faster|longer=shorter|shorter=longer
    superior=inferior|inferior=superior|improves=degrades|improve=degrade|degrades=improves|hurts=helps|helps=hurts
    increases=decreases|increase=decrease|decreases=increases|decrease=increase|rises=falls|falls=rises|raises=lowers
    lowers=raises|reduces=increases|reduce=increase|grows=shrinks|drops=rises|stronger=weaker
    weaker=stronger|strongest=weakest|weakest=strongest
"""
_OPPOSITES: Final[Mapping[str, str]] = {
    one: other for one, _, other in (pair.strip().partition("=") for pair in re.split(r"[|\n]", _PAIRS)) if other
}
_COMPARES: Final = re.compile(
    rf"(?<![-\w])(?:{'|'.join(sorted(map(re.escape, _OPPOSITES), key=len, reverse=True))})(?![-\w])", re.IGNORECASE
)
