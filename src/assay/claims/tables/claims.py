"""Extracts the claims that a table makes: one for each cell, with its row's name, its column's and the caption."""

from collections.abc import Iterator

from assay.claims.tables.meanings import TableFigure, table_figures
from assay.claims.tables.metrics import less_is_better
from assay.papers.models import Claim, Place


def table_claims(text: str, part: str, *, own: str = "") -> Iterator[Claim]:
    """The claims of a table passage; none where it is no table. Their quote is the row; their keys are not yet unique.

    Args:
        text: the passage.
        part: its name in the paper, ``Table 2`` for instance.
        own: what the paper calls its own method.
    """
    for figure in table_figures(text, own=own):
        yield _claim(figure, text, part)


def _claim(figure: TableFigure, text: str, part: str) -> Claim:
    cell, meaning = figure
    start = text.rfind("\n", 0, cell.start) + 1
    end = text.find("\n", cell.start)
    place = Place(part=part, start=start, end=len(text) if end < 0 else end)
    metric = meaning.metric or "value"
    return Claim(
        key="claim",
        value=float(cell.value),
        unit="x" if cell.unit in {"x", "×"} else cell.unit,
        kind="times" if cell.unit in {"x", "×"} else "absolute",
        metric=metric,
        better="lower" if less_is_better(metric) else "higher",
        subject=meaning.subject,
        dataset=meaning.dataset,
        setting=meaning.setting,
        source="paper",
        quote=text[place.start : place.end],
        place=place,
    )
