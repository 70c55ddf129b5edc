"""The ledger of claims for people and for programs: a table in the terminal, CSV, and a JSON object a line."""

import csv
import io
from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from assay.papers.escape import spreadsheet_cell
from assay.papers.escape import terminal_prose as safe
from assay.papers.ids import abs_url
from assay.papers.models import Claim
from assay.publish.claims import claim_figure, metric, where_it_stands
from assay.publish.labels import label
from assay.store import LedgerLine

COLUMNS = (
    "day paper title key figure low high unit kind metric better bound direction from to subject dataset baseline "
    "baseline_value setting stands origin quote text_version withdrawn".split()
)
"""Of the CSV, in their order."""


def ledger_csv(lines: Iterable[LedgerLine]) -> str:
    """The ledger as CSV (RFC 4180) with a header. Text that a spreadsheet would run as a formula begins with ``'``."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for line in lines:
        writer.writerow([spreadsheet_cell(cell) if isinstance(cell, str) else cell for cell in _cells(line)])
    return out.getvalue()


def ledger_jsonl(lines: Iterable[LedgerLine]) -> str:
    """The ledger as JSON, one claim a line."""
    return "".join(line.model_dump_json() + "\n" for line in lines)


def ledger_table(lines: Sequence[LedgerLine], language: str) -> Table:
    """The ledger as a table for the terminal."""
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    table.add_column(label("claim.figure", language), style="bold green", overflow="fold")
    table.add_column(label("claim.metric", language), overflow="fold", ratio=1)
    table.add_column(label("claim.paper", language), overflow="fold", ratio=1)
    for line in lines:
        claim = line.claim
        about = Text(safe(metric(claim)))
        for words in (
            claim.dataset,
            label("claim.against", language, baseline=claim.baseline) if claim.baseline else "",
        ):
            if words:
                about.append(f" · {safe(words)}", style="dim")
        where = Text(line.paper, style=f"cyan link {abs_url(line.paper)}")
        where.append(f" {safe(line.title)}", style="not link default")
        where.append(f" {line.day or ''} · {where_it_stands(claim, language)}", style="dim not link")
        if line.withdrawn:
            words = label("withdrawn", language, date=f"{line.withdrawn:%Y-%m-%d}")
            where.append(f" · {words}", style="bold red not link")
        table.add_row(Text(safe(claim_figure(claim, language))), about, where)
    return table


def bounds(claim: Claim) -> tuple[float, float] | None:
    """The low and the high end of a claim's figure, the same for a single one; ``None`` for a trend."""
    return (claim.ends[0], claim.ends[-1]) if claim.ends else None


def _cells(line: LedgerLine) -> Sequence[object]:
    claim = line.claim
    low, high = bounds(claim) or ("", "")
    start, end = claim.between or ("", "")
    return (
        *(line.day or "", line.paper, line.title, claim.key, claim_figure(claim), low, high, claim.unit, claim.kind),
        *(claim.metric, claim.better, claim.bound, claim.direction, start, end, claim.subject, claim.dataset),
        *(
            claim.baseline,
            "" if claim.baseline_value is None else claim.baseline_value,
            claim.setting,
            claim.source,
            line.origin,
            claim.quote,
            claim.text_version or "",
            f"{line.withdrawn:%Y-%m-%d}" if line.withdrawn else "",
        ),
    )
