"""Whether a summary takes the parameters that are active for a token for all that a model has: 3B activated of 30B."""

import re

from assay.claims.context import Figure
from assay.claims.judging.case import Case, Disagreement
from assay.claims.numbers.sorts import Sort


def active(case: Case) -> Disagreement | None:
    """The parameters that are active for all that a model has, or the reverse."""
    ours, theirs = _is_active(case.figure), _is_active(case.reference)
    rival = _other_size(case.reference)
    if ours == theirs or rival is None or not (ours or _other_size(case.figure)):
        return None
    words = ("active parameters", "all parameters")
    return Disagreement("count", *(words if ours else words[::-1]), rival)


_ACTIVE_BEFORE = re.compile(
    r"\b(?:activat(?:es|ed|ing)|active)\s(?:only\s|just\s|about\s|some\s|parameters\s\(?|is\s|are\s){0,3}$"
    r"|(?:활성|활성화된|활성화되는)\s?(?:파라미터|매개\s?변수)(?:는|은|가|이|의\s수는|\s수는)?\s?(?:약\s|모두\s|모델당\s)?$",
    re.IGNORECASE,
)
_ACTIVE_AFTER = re.compile(
    r"[\s-]?(?:parameters?\s|params?\s)?(?:are\s|is\s)?(?:active\b|activated\b)|\s?개?(?:만|를|을|가)?\s?(?:활성|활성화)",
    re.IGNORECASE,
)


def _is_active(figure: Figure) -> bool:
    """Whether a size is that of the parameters which are active."""
    if not _is_size(figure):
        return False
    return _ACTIVE_BEFORE.search(figure.before[-50:]) is not None or _ACTIVE_AFTER.match(figure.after) is not None


def _is_size(figure: Figure) -> bool:
    """Whether it may count parameters: 30B, or 300억."""
    return figure.amount.sort is Sort.SIZE or (figure.is_number and figure.amount.high >= _MILLION)


_MILLION = 10**6


def _other_size(figure: Figure) -> Figure | None:
    """The size in a figure's sentence that is active if this one is not, or the reverse."""
    sizes = [each for each in figure.sentence.figures if _is_size(each) and each is not figure]
    return next((each for each in sizes if _is_active(each) != _is_active(figure)), None)
