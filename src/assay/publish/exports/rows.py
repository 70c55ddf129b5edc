"""Papers one a row: CSV for spreadsheets, JSON lines for programs. The ledger of claims has files of its own."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from assay.papers.escape import spreadsheet_cell
from assay.papers.ids import abs_url
from assay.papers.mathematics import to_text
from assay.papers.models import Dossier
from assay.publish.bibtex import citation_key, doi_of
from assay.publish.once import summary_once

COLUMNS = (
    "key paper title authors organisation published updated version withdrawn listed votes categories keywords comment "
    "journal_ref doi url code project room claims summary abstract".split()
)
"""Of the CSV, in their order."""


class ExportedPaper(Dossier):
    """All that is known of a paper, and the key that it goes by in every export."""

    key: str


def papers_csv(papers: Iterable[Dossier], language: str) -> str:
    """Papers as CSV (RFC 4180) with a header. Text that a spreadsheet would run as a formula begins with ``'``."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for each in papers:
        writer.writerow([spreadsheet_cell(cell) if isinstance(cell, str) else cell for cell in _cells(each, language)])
    return out.getvalue()


def papers_jsonl(papers: Iterable[Dossier]) -> str:
    """Papers as JSON, one a line."""
    return "".join(
        ExportedPaper(**dict(each), key=citation_key(each.paper)).model_dump_json() + "\n" for each in papers
    )


def _cells(dossier: Dossier, language: str) -> Sequence[object]:
    paper = dossier.paper
    return (
        citation_key(paper),
        paper.id,
        to_text(paper.title),
        "; ".join(map(to_text, paper.authors)),
        paper.organisation,
        _day(paper.published),
        _day(paper.updated),
        paper.version or "",
        _day(paper.withdrawn),
        dossier.days[-1] if dossier.days else "",
        "" if dossier.votes is None else dossier.votes,
        "; ".join(paper.categories),
        "; ".join(paper.keywords),
        to_text(paper.comment),
        to_text(paper.journal_ref),
        doi_of(paper),
        abs_url(paper.id),
        paper.code_url,
        paper.project_url,
        dossier.room,
        len(dossier.claims),
        _summary(dossier, language),
        to_text(paper.abstract),
    )


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}" if moment else ""


def _summary(dossier: Dossier, language: str) -> str:
    """The summary in a line, in the language or else in one that it is in."""
    if not dossier.summary:
        return ""
    parts = summary_once(dossier, language)
    return to_text(parts.one_line or parts.whats_new or parts.prose)
