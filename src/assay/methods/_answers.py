r"""Take answers out of what a model wrote, tell whether two are the same, and vote over many.

All methods that compare answers do it here, so that no arm of a comparison is read in a way of its own::

    find_answer("So 3 + 4 = 7.\nThe answer is \\boxed{7}.")            # "7"
    same_answer("0.50", "1/2")                                        # True
    vote(["7", "7.0", "8"])                                           # ["7", "7.0"] against ["8"]: "7"

Formulas are compared with the package math-verify where it is installed; otherwise as text.
"""

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from importlib import import_module
from math import isfinite

Equal = Callable[[str, str], bool]
"""Whether two answers are the same."""

_NUMBER = re.compile(r"(?:(?<![\w.)])[-+−])?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\s*/\s*\d+)?|[-+−]?\.\d+")
_SAID = re.compile(r"(?i)\banswer\s*(?:is|:|=)+\s*|####\s*")
_BOXED = "\\boxed{"


def find_answer(text: str) -> str:
    r"""The answer in a text.

    The last \boxed{}; else what follows the last "the answer is", up to the end of the sentence or line; else the last
    number; else the last line. Empty where the text is.
    """
    if boxed := _last_boxed(text):
        return boxed
    if said := list(_SAID.finditer(text)):
        line = text[said[-1].end() :].split("\n", 1)[0]
        return _trim(re.split(r"\.\s", line, maxsplit=1)[0])
    if numbers := _NUMBER.findall(text):
        return str(numbers[-1]).strip()
    lines = text.strip().splitlines()
    return _trim(lines[-1]) if lines else ""


def same_answer(first: str, second: str) -> bool:
    """Whether two answers are the same: as numbers, as formulas, or else as text without regard to case and spaces."""
    if _plain(first) == _plain(second):
        return True
    numbers = as_number(first), as_number(second)
    if None not in numbers:
        return numbers[0] == numbers[1]
    if not any(c in first + second for c in "\\^=()") or not first.strip() or not second.strip():
        return False
    try:
        verify = import_module("math_verify")
    except ImportError:
        return False
    parsed = [verify.parse(f"${each.strip('$')}$") for each in (first, second)]
    return all(parsed) and bool(verify.verify(*parsed))


def as_number(text: str) -> Fraction | None:
    """The number that an answer is, with nothing but signs of currency or per cent beside it; else nothing."""
    plain = text.strip().strip("$€£ .").removesuffix("%").strip()
    if not _NUMBER.fullmatch(plain):
        return None
    top, _, bottom = plain.replace(",", "").replace("−", "-").partition("/")
    try:
        return Fraction(top.strip()) / Fraction(bottom.strip() or 1)
    except ZeroDivisionError:
        return None


def vote(
    answers: Sequence[str], weights: Sequence[float] | None = None, *, equal: Equal = same_answer
) -> tuple[str, float]:
    """The answer with most votes, and its share of them; of equals, the first that was given.

    Args:
        answers: Empty ones have no vote.
        weights: Of each vote; 1 by default.
        equal: When two are the same.

    Raises:
        ValueError: There are not as many weights as answers, or one is not a finite number of 0 or more.
    """
    counts = [1.0] * len(answers) if weights is None else list(weights)
    if len(counts) != len(answers) or not all(isfinite(each) and each >= 0 for each in counts):
        raise ValueError(f"{len(answers)} answers need as many weights, finite and 0 or more: {counts}")
    groups: list[tuple[str, float]] = []
    for answer, count in zip(answers, counts, strict=True):
        if not answer.strip():
            continue
        at = next((i for i, (other, _) in enumerate(groups) if equal(other, answer)), None)
        if at is None:
            groups.append((answer, count))
        else:
            groups[at] = (groups[at][0], groups[at][1] + count)
    if not groups:
        return "", 0.0
    best = max(groups, key=lambda group: group[1])
    whole = sum(count for _, count in groups)
    return best[0], best[1] / whole if whole else 1 / len(groups)


def _last_boxed(text: str) -> str:
    """What the last box with both braces holds."""
    end = len(text)
    while (start := text.rfind(_BOXED, 0, end)) >= 0:
        depth = 0
        for place in range(start + len(_BOXED) - 1, len(text)):
            depth += {"{": 1, "}": -1}.get(text[place], 0)
            if not depth:
                return text[start + len(_BOXED) : place].strip()
        end = start
    return ""


def _trim(answer: str) -> str:
    """An answer without what surrounds it."""
    return answer.strip().removesuffix(".").strip("*`\"' ").removesuffix(".").strip()


def _plain(answer: str) -> str:
    return " ".join(_trim(answer).casefold().split())
