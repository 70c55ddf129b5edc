"""Ties to each measured figure what was set beside it: the 80 of ``1.75 after 80 epochs, 5.31 after 800``.

A number is written alike in all languages, so that it tells two results apart where no word does. Sizes of models are
ties of their own.
"""

from collections.abc import Sequence

from assay.claims.context import Figure
from assay.claims.meanings.ties import Ties, tie
from assay.claims.numbers.sorts import Sort
from assay.claims.span import Span


def company(text: str, figures: Sequence[Figure]) -> dict[Figure, Ties]:
    """The counts, settings and measures that go with each result of a sentence.

    Args:
        text: the text that the figures stand in.
        figures: all figures of one sentence, in order.
    """
    settings = [
        Span(each.quantity.start, each.quantity.end, f"{each.amount.high.normalize():f} {each.amount.unit}")
        for each in figures
        if not _is_result(each) and each.amount.sort is not Sort.SIZE
    ]
    groups: dict[str, list[Figure]] = {}
    for figure in figures:
        if settings and _is_result(figure):
            groups.setdefault("%" if figure.amount.unit == "points" else figure.amount.unit, []).append(figure)
    found: dict[Figure, Ties] = {}
    for group in groups.values():
        places = [Span(each.quantity.start, each.quantity.end, each.amount.unit) for each in group]
        found |= zip(group, tie(text, places, settings, past=True), strict=True)
    return found


def _is_result(figure: Figure) -> bool:
    """Whether a figure is most often measured, and neither counted nor set: a share, a multiple, a decimal."""
    is_decimal = not figure.amount.unit and 0 < figure.amount.grain < 1
    return figure.amount.sort is Sort.FIGURE and (figure.amount.unit in {"%", "points", "x"} or is_decimal)
