"""Tells what each figure of a table is of: whose it is, what was measured, on what, and under which caption."""

import re
from functools import lru_cache
from typing import NamedTuple

from assay.claims.meanings.meaning import Meaning
from assay.claims.naming.names import names
from assay.claims.tables.metrics import is_metric
from assay.claims.tables.names import key
from assay.claims.tables.table import Cell, Table, is_table, read_table


class TableFigure(NamedTuple):
    """A figure in a table passage and what it is of."""

    cell: Cell
    meaning: Meaning


def table_meaning(text: str, offset: int, *, own: str = "") -> Meaning | None:
    """What the figure at an offset of a table passage is of; None where there is no table, or no cell at that place.

    Args:
        text: the passage: a line for the caption, and one for each row, with ``|`` between cells.
        offset: a place within the cell.
        own: what the paper calls its own method, which tells columns of methods from columns of data sets.
    """
    for figure in table_figures(text, own=own):
        if figure.cell.start <= offset < figure.cell.start + len(figure.cell.text):
            return figure.meaning
    return None


@lru_cache(maxsize=256)
def table_figures(text: str, *, own: str = "") -> tuple[TableFigure, ...]:
    """Every figure in the cells of a table passage, in order; none where the passage is no table."""
    if not is_table(text):
        return ()
    table = read_table(text)
    subject = _subject_dimension(table, own)
    return tuple(TableFigure(cell, _meaning(table, cell, subject)) for cell in table.cells)


_METHODS = re.compile(
    r"\b(?:models?|methods?|systems?|approach(?:es)?|algorithms?|baselines?|architectures?|variants?|configurations?|"
    r"frameworks?|agents?|"
    r"LLMs?|names?|teams?|encoders?|decoders?|backbones?|networks?|strategy|strategies|optimi[sz]ers?|ablations?|"
    r"policy|policies)\b",
    re.IGNORECASE,
)
_DATA = re.compile(
    r"\b(?:data ?sets?|benchmarks?|tasks?|corpus|corpora|languages?|lang|domains?|test(?: sets?)?|splits?|categor(?:y|"
    r"ies)|subsets?|"
    r"suites?|environments?|subjects?|test data|scenarios?)\b",
    re.IGNORECASE,
)


def _subject_dimension(table: Table, own: str) -> str:
    """The dimension whose names are those of methods: the one that says so or has the paper's own, else rows."""
    free = [dimension for dimension in table.dimensions if dimension not in {table.metric_dimension, "section"}]
    rows = [dimension for dimension in free if dimension.startswith("row")]
    for dimension in rows:
        if _METHODS.search(table.headings.get(dimension, "")):
            return dimension
    wanted = key(own)
    for dimension in free:
        if wanted and any(
            set(wanted) <= set(key(label)) or _OWN.search(label) for label in table.dimensions[dimension]
        ):
            return dimension
    rows = [dimension for dimension in rows if not _DATA.search(table.headings.get(dimension, ""))]
    columns = [dimension for dimension in free if dimension.startswith("column")]
    if rows:
        return rows[0]
    return columns[0] if columns else ""


_OWN = re.compile(r"\b(?:[Oo]urs?|OURS)\b")


def _meaning(table: Table, cell: Cell, subject: str) -> Meaning:
    metric = table.metric(cell)
    dataset = ""
    setting = [table.caption]
    for dimension, label in cell.labels.items():
        if dimension in {subject, table.metric_dimension}:
            continue
        heading = table.headings.get(dimension, "")
        if is_metric(label) and not metric:
            metric = label
        elif dimension == "section" or (heading and not _DATA.search(heading)):
            setting.append(label)
        elif not dataset and (_DATA.search(heading) or _is_data(table, dimension)):
            dataset = label
        else:
            setting.append(label)
    return Meaning(
        metric=metric,
        dataset=dataset,
        subject=cell.labels.get(subject, ""),
        kind="times" if cell.unit in {"x", "×"} else "absolute",
        setting="; ".join(filter(None, setting)),
    )


def _is_data(table: Table, dimension: str) -> bool:
    """Whether the names of a dimension are spelt like those of data sets, as one in three of them are."""
    labels = table.dimensions[dimension]
    return dimension.startswith("column") and 3 * sum(bool(names(label)) for label in labels) >= len(labels)
