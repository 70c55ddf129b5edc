"""The answer in what a model wrote behind the suffix, and the tokens that it is made of."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp
from typing import Literal

Extract = Literal["digits", "choice", "text", "options"] | Callable[[str], str]
"""Where the answer is: the first number, the first letter from A to J that stands alone, all that was written, one of
the question's own options; or a function that gives the answer in a text."""

_PATTERNS = {
    "digits": re.compile(r"(?:(?<![\w.)])[-−])?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"),
    # Before another word, a and I are words themselves.
    "choice": re.compile(r"(?<![A-Za-z'])(?![aiI]\s+[A-Za-z])[A-Ja-j](?![A-Za-z'])"),
}


@dataclass(frozen=True)
class Taken:
    """An answer, and how likely its tokens are."""

    answer: str
    log_probs: tuple[float, ...]
    """Of the tokens that the answer is made of, in nats."""
    closed: bool
    """Whether it came to an end by itself."""

    @property
    def confidence(self) -> float:
        """The probability of all tokens together."""
        return self._probability(sum(self.log_probs))

    @property
    def confidence_mean(self) -> float:
        """The geometric mean of the tokens' probabilities."""
        return self._probability(sum(self.log_probs) / max(1, len(self.log_probs)))

    @property
    def confidence_min(self) -> float:
        """The probability of the least likely token."""
        return self._probability(min(self.log_probs, default=0.0))

    def _probability(self, log: float) -> float:
        """None of an empty answer; rounding may leave a little more than 1."""
        return min(exp(log), 1.0) if self.answer and self.log_probs else 0.0


def take_answer(
    text: str, ends: Sequence[int], log_probs: Sequence[float], *, extract: Extract, stops: Sequence[str], closed: bool
) -> Taken:
    """Take the answer out of what was written, up to the first of the strings that close it.

    Args:
        text: What was written.
        ends: For each token, the character behind its last one.
        log_probs: Of each token.
        extract: See `Extract`.
        stops: Strings that close an answer.
        closed: Whether it ended otherwise: at the end token, or at a string that was left out.

    Raises:
        ValueError: A function of the caller's gave no text.
    """
    places = [text.find(stop) for stop in stops if stop in text]
    before = text[: min(places, default=len(text))]
    start, end, answer = _locate(before, extract)
    begins = [0, *ends][: len(ends)]
    logs = [log for log, begin, behind in zip(log_probs, begins, ends, strict=True) if begin < end and behind > start]
    return Taken(answer, tuple(logs), closed or bool(places))


def _locate(text: str, extract: Extract) -> tuple[int, int, str]:
    """Where the answer begins and ends, and the answer."""
    if callable(extract):
        answer = extract(text)
        if not isinstance(answer, str):
            raise ValueError(f"extract gave {type(answer).__name__} for {text[:80]!r}: give the answer's text")
        start = text.find(answer)
        return (start, start + len(answer), answer) if start >= 0 else (0, len(text), answer)
    if extract == "text":
        start = len(text) - len(text.lstrip())
        return start, len(text.rstrip()), text.strip()
    match = _PATTERNS[extract].search(text)
    if match is None:
        return 0, 0, ""
    answer = match[0].replace(",", "").replace("−", "-") if extract == "digits" else match[0].upper()
    return match.start(), match.end(), answer
