"""Tells figures that claim nothing: how something was done, and the numbers of a notation."""

import re

from assay.claims.numbers.quantities import Quantity


def is_set_up(text: str, figure: Quantity) -> bool:
    """Whether a figure of ``text`` says how something was done or written: ``at 4x compression``, ``95% CI``."""
    before, after = text[max(0, figure.start - 30) : figure.start], text[figure.end : figure.end + 30]
    if (_AT.search(before) and _COMPRESSION.match(after)) or _INTERVAL.match(after) or _INTERVAL_BEFORE.search(before):
        return True
    if _SIZE.fullmatch(text, figure.start, figure.end) and _NAME_BEFORE.search(before):
        return True
    if figure.unit:
        return False
    return any(pattern.search(before) for pattern in (_PART_OF, _RATIO_BEFORE)) or _RATIO_AFTER.match(after) is not None


_AT = re.compile(r"\b[Aa]t\s(?:an?\s)?$")
_COMPRESSION = re.compile(r"\s(?:compression|sparsity|pruning|dropout|masking|quantization)\b")
_INTERVAL = re.compile(r"\s(?:CI|confidence|credible)\b")
_INTERVAL_BEFORE = re.compile(r"\b(?:CI|SD|SE)\s?[:=]?\s?[\[(]?$")
_SIZE = re.compile(r"\d+(?:\.\d+)?B")
"""Behind a name it is the size of that model."""
_NAME_BEFORE = re.compile(r"\b[A-Z][\w.-]*\s$")
_PART_OF = re.compile(r"(?:^|[\s(])[\d,]+\s(?:out\s)?of\s(?:the\s|all\s)?$")
"""What follows is the whole of a share, which the part is stated of."""
_RATIO_BEFORE = re.compile(r"\d:$|[A-Za-z]\(\d+,\s?$")
_RATIO_AFTER = re.compile(r":\d|\sA\d+B\b|,\s?\d+\)\s=")
"""A ratio, the active size of a model (``10B A1B``), what stands in the brackets of a name (``ICC(2,1) =``)."""
