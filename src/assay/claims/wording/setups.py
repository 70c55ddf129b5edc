"""Tells figures that claim nothing: how something was done, and the numbers of a notation."""

import re
from typing import Final

from assay.claims.numbers.quantities import Quantity


def is_set_up(text: str, figure: Quantity) -> bool:
    """Whether a figure of ``text`` says how something was done or written: ``at 4x compression``, ``95% CI``."""
    before, after = text[max(0, figure.start - 30) : figure.start], text[figure.end : figure.end + 30]
    if (_AT.search(before) and _COMPRESSION.match(after)) or _INTERVAL.match(after) or _INTERVAL_BEFORE.search(before):
        return True
    if _SIZE.fullmatch(text, figure.start, figure.end) and (_NAME_BEFORE.search(before) or _ACTOR.match(after)):
        return True
    if any(
        unit.fullmatch(figure.unit) and (first is None or first.search(before)) and (then is None or then.match(after))
        for unit, first, then in _BY_UNIT
    ):
        return True
    if figure.unit:
        return False
    is_nothing = _NOTHING.fullmatch(text, figure.start, figure.end) and _TOWARD.search(before)
    if is_nothing or _P_VALUE.search(before) or _END_OF_NAME.search(before):
        return True
    if figure.is_range and (_RANGE_OF.search(before) or _is_years(figure)):
        return True
    return any(pattern.search(before) for pattern in (_PART_OF, _RATIO_BEFORE)) or _RATIO_AFTER.match(after) is not None


_END_OF_NAME = re.compile(r"\w['’]$|[A-Za-z]\d+/$")
"""Of ``ToyMath'24`` and of ``ToyMath24/25`` the last number is part of a name."""
_P_VALUE = re.compile(r"(?<![\w-])[pP]\s?[<≤=>]\s?$")
_NOTHING = re.compile(r"[01]")
_TOWARD = re.compile(r"\b(?:towards?|at|to|near|between|of)\s$|[=<>[]\s?$")
"""Before 0 or 1 it says where a thing is led, and no result."""


def _is_years(figure: Quantity) -> bool:
    return all(_FIRST_YEAR <= year <= _LAST_YEAR for year in (figure.low, figure.high))


_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2100
_RANGE_OF = re.compile(
    r"\b(?:aged?|ages|dimensions?|layers?|levels?|grades?|steps?|stages?|epochs?|counts?|indices|sizes?|lengths?)\s(?:of\s|from\s|in\s)?$"
)
"""What runs through such a range is a scale, and no result: ``children aged 3-17``."""
_ACTOR = re.compile(
    r"\s(?:[a-z-]+\s)?(?:agent|actor|reasoner|generator|verifier|judge|planner|coder|retriever|reranker|setting|pretraining|scale|regime|level)s?\b"
)
_AT = re.compile(r"\b[Aa]t\s(?:an?\s)?$")
_COMPRESSION = re.compile(
    r"\s(?:extrapolation|magnification|upscaling|compression|sparsity|pruning|dropout|masking|quantization)\b"
)
_INTERVAL = re.compile(r"\s(?:CI|confidence|credible)\b")
_INTERVAL_BEFORE = re.compile(r"\b(?:CI|SD|SE)\s?[:=]?\s?[\[(]?$")
_SIZE = re.compile(r"\d+(?:\.\d+)?\s?B")
"""Behind a name it is the size of that model."""
_NAME_BEFORE = re.compile(r"\b[A-Z][\w.-]*\s$")
_PART_OF = re.compile(r"(?:^|[\s(])[\d,]+\s(?:out\s)?of\s(?:the\s|all\s)?$")
"""What follows is the whole of a share, which the part is stated of."""
_RATIO_BEFORE = re.compile(r"\d:$|[A-Za-z]\(\d+,\s?$")
_RATIO_AFTER = re.compile(r":\d|\sA\d+B\b|,\s?\d+\)\s=")
"""A ratio, the active size of a model (``10B A1B``), what stands in the brackets of a name (``ICC(2,1) =``)."""
_MAGNIFIES = re.compile(
    r"(?:\sand\s\d+(?:x|times|×))?\s(?:(?:scale\s)?factors?|(?!(?:more|less|[a-z]+er)\s)(?:(?!(?:with|and|in|for|on)\b)[\w-]+\s){0,3}(?:SR|super-resolution|upscal\w+|upsampl\w+|downsampl\w+)\b)",
    re.IGNORECASE,
)
"""How much a thing enlarges or shrinks by design: ``4x upsampling``."""
_BY_UNIT: Final = (
    (re.compile("x"), None, _MAGNIFIES),
    (re.compile("x"), None, re.compile(r"\s(?:NVIDIA\s)?(?:[AHBVL]\d{2,4}|RTX|GPUs?)\b")),
    (
        re.compile("x"),
        re.compile(r"\b(?:that|which)\s(?:is|are)\s(?:up\sto\s)?$"),
        re.compile(r"\s(?:larger|bigger)\b"),
    ),
    (re.compile("x"), re.compile(r"[A-Z]{2,}\s$"), re.compile(r"\s?[),]")),
    (re.compile("points"), None, re.compile(r"\s(?:[\w-]+\s)?scale\b")),
    (
        re.compile("[GT]B"),
        None,
        re.compile(r"\s(?:(?:consumer|NVIDIA|single|commodity)\s)*(?:GPU|card|RTX|[AHBVL]\d{2,4})s?\b"),
    ),
)
"""Unit, and what stands before and behind a figure that claims nothing: ``8x H100``, ``on a 5-point scale``, ``a 24 GB GPU``."""
