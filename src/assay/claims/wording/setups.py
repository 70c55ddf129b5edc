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
    if figure.unit == "x" and _MAGNIFIES.match(after):
        return True
    if figure.unit == "points" and _SCALE.search(text[figure.start : figure.end + 20]):
        return True
    if figure.unit:
        return False
    if re.search(r"\w['’]$", before):  # "AIME'24"
        return True
    if _P_VALUE.search(before) or (_NOTHING.fullmatch(text, figure.start, figure.end) and _TOWARD.search(before)):
        return True
    if figure.is_range and (_RANGE_OF.search(before) or _is_years(figure)):
        return True
    return any(pattern.search(before) for pattern in (_PART_OF, _RATIO_BEFORE)) or _RATIO_AFTER.match(after) is not None


_SCALE = re.compile(r"\d-point\s(?:[\w-]+\s)?scale\b")
_P_VALUE = re.compile(r"(?<![\w-])[pP]\s?[<≤=>]\s?$")
_NOTHING = re.compile(r"[01]")
_TOWARD = re.compile(r"\b(?:towards?|at|to|near|between|of)\s$|[=<>]\s?$")
"""Before 0 or 1 it says where a thing is led, and no result."""


def _is_years(figure: Quantity) -> bool:
    return all(_FIRST_YEAR <= year <= _LAST_YEAR for year in (figure.low, figure.high))


_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2100
_RANGE_OF = re.compile(
    r"\b(?:aged?|ages|dimensions?|layers?|levels?|grades?|steps?|stages?|epochs?|counts?|indices|sizes?|lengths?)\s(?:of\s|from\s|in\s)?$"
)
"""What runs through such a range is a scale, and no result: ``children aged 3-17``."""
_MAGNIFIES = re.compile(
    r"(?:\sand\s\d+(?:x|times|×))?\s(?:(?:scale\s)?factors?|(?!(?:more|less|[a-z]+er)\s)(?:(?!(?:with|and|in|for|on)\b)[\w-]+\s){0,3}(?:SR|super-resolution|upscal\w+|upsampl\w+|downsampl\w+)\b)",
    re.IGNORECASE,
)
"""How much a thing enlarges or shrinks by design: ``4x upsampling``."""
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
