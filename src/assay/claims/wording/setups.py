"""Tells figures that claim nothing: how something was done, and the numbers of a notation."""

import re
from typing import Final

from assay.claims.numbers.quantities import Quantity


def is_set_up(text: str, figure: Quantity) -> bool:
    """Whether a figure of ``text`` says how something was done or written: ``at 4x compression``, ``95% CI``."""
    before, after = text[max(0, figure.start - 30) : figure.start], text[figure.end : figure.end + 30]
    written = text[figure.start : figure.end]
    return (
        any(first.search(before) and then.match(after) for first, then in _BETWEEN)
        or any(figure.unit in units and first.search(before) and then.match(after) for units, first, then in _BY_UNIT)
        or (_SIZE.fullmatch(written) and bool(_NAME_BEFORE.search(before) or _ACTOR.match(after)))
        or (not figure.unit and _is_bare_set_up(figure, written, before, after))
    )


def _is_bare_set_up(figure: Quantity, written: str, before: str, after: str) -> bool:
    """The same of a number without a unit."""
    return (
        any(first.search(before) and then.match(after) for first, then in _BETWEEN_BARE)
        or (_NOTHING.fullmatch(written) is not None and _TOWARD.search(before) is not None)
        or (figure.is_range and (_RANGE_OF.search(before) is not None or _is_years(figure)))
    )


def _is_years(figure: Quantity) -> bool:
    return all(_FIRST_YEAR <= year <= _LAST_YEAR for year in (figure.low, figure.high))


_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2100
_NOTHING = re.compile(r"[01]")
_TOWARD = re.compile(r"\b(?:towards?|reach\w*|at|to|near|between|of)\s$|[=<>[]\s?$")
"""Before 0 or 1 it says where a thing is led, and no result."""
_RANGE_OF = re.compile(
    r"\b(?:aged?|ages|dimensions?|layers?|levels?|grades?|steps?|stages?|epochs?|counts?|indices|sizes?|lengths?)\s(?:of\s|from\s|in\s)?$"
)
"""What runs through such a range is a scale, and no result: ``children aged 3-17``."""
_ACTOR = re.compile(
    r"\s(?:[a-z-]+\s)?(?:agent|actor|reasoner|generator|verifier|judge|planner|coder|retriever|reranker|setting|pretraining|scale|regime|level)s?\b"
)
_ANY = re.compile("")
_BETWEEN: Final = (
    (
        re.compile(r"\b[Aa]t\s(?:an?\s)?$"),
        re.compile(
            r"\s(?:extrapolation|magnification|upscaling|compression|sparsity|pruning|dropout|masking|quantization)\b"
        ),
    ),
    (_ANY, re.compile(r"\s(?:CI|confidence|credible)\b")),
    (re.compile(r"\b(?:CI|SD|SE)\s?[:=]?\s?[\[(]?$"), _ANY),
)
"""What stands before and behind a figure that claims nothing."""
_SIZE = re.compile(r"\d+(?:\.\d+)?\s?B")
"""Behind a name it is the size of that model."""
_NAME_BEFORE = re.compile(r"\b[A-Z][\w.-]*\s$")
_BETWEEN_BARE: Final = (
    (re.compile(r"(?:^|[\s(])[\d,]+\s(?:out\s)?of\s(?:the\s|all\s)?$"), _ANY),
    (re.compile(r"\d:$|[A-Za-z]\(\d+,\s?$"), _ANY),
    (_ANY, re.compile(r":\d|\sA\d+B\b|,\s?\d+\)\s=")),
    (re.compile(r"(?<![\w-])[pP]\s?[<≤=>]\s?$"), _ANY),
    (_ANY, re.compile(r"\.\)")),
    (re.compile(r"^$|[:.]\s$"), re.compile(r"\.(?:\s|$)")),
    (re.compile(r"\w['’]$|[A-Za-z]\d+/$"), _ANY),
)
"""The same of bare numbers: the whole of a share, a ratio, the active size of a model (``10B A1B``), what stands
in the brackets of a name (``ICC(2,1) =``), p values, and the end of a name (``ToyMath'24``, ``ToyMath24/25``)."""
_MAGNIFIES = re.compile(
    r"(?:\sand\s\d+(?:x|times|×))?\s(?:(?:scale\s)?factors?|(?!(?:more|less|[a-z]+er)\s)(?:(?!(?:with|and|in|for|on)\b)[\w-]+\s){0,3}(?:SR|super-resolution|upscal\w+|upsampl\w+|downsampl\w+)\b)",
    re.IGNORECASE,
)
"""How much a thing enlarges or shrinks by design: ``4x upsampling``."""
_HARDWARE: Final = r"(?:[AHBVL]\d{2,4}|RTX|GPUs?|cards?)\b"
_BY_UNIT: Final = (
    ({"x"}, _ANY, _MAGNIFIES),
    ({"x"}, _ANY, re.compile(rf"\s(?:NVIDIA\s)?{_HARDWARE}")),
    ({"x"}, re.compile(r"\b(?:that|which)\s(?:is|are)\s(?:up\sto\s)?$"), re.compile(r"\s(?:larger|bigger)\b")),
    ({"x"}, re.compile(r"[A-Z]{2,}\s$"), re.compile(r"\s?[),]")),
    ({"points"}, _ANY, re.compile(r"\s(?:[\w-]+\s){0,2}?(?:scale|stud(?:y|ies)|ratings?|Likert)\b")),
    ({"GB", "TB"}, _ANY, re.compile(rf"\s(?:(?:consumer|NVIDIA|single|commodity)\s)*{_HARDWARE}")),
)
"""The same by unit: ``8x H100``, ``models that are 10x larger``, ``on a 5-point scale``, ``a 24 GB GPU``."""
