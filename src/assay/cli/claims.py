"""``assay claims``: lists the figures that papers claim, from the ledger."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer
from pydantic import TypeAdapter

from assay.cli import Json, Session, app, session
from assay.cli.progress import bar
from assay.papers.models import ClaimKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.store import LedgerLine, Store

_KINDS = get_args(ClaimKind)
_FORMS = {".json": "json", ".csv": "csv", ".jsonl": "jsonl"}


@app.command()
def claims(
    context: typer.Context,
    paper: Annotated[str | None, typer.Option(help="Of this paper: an arXiv id, a link or a short name.")] = None,
    unit: Annotated[str | None, typer.Option(help="In this unit, such as x, % or points.")] = None,
    kind: Annotated[str | None, typer.Option(help=f"One of {', '.join(_KINDS)}.")] = None,
    least: Annotated[float | None, typer.Option("--min", help="At least this; of a range, any value.")] = None,
    most: Annotated[float | None, typer.Option("--max", help="At most this; of a range, any value.")] = None,
    metric: Annotated[str, typer.Option(help="Words of what was measured.")] = "",
    dataset: Annotated[str, typer.Option(help="Words of what it was measured on.")] = "",
    baseline: Annotated[str, typer.Option(help="Words of what it is compared with.")] = "",
    since: Annotated[str | None, typer.Option(help="Of papers listed on this day or later.")] = None,
    until: Annotated[str | None, typer.Option(help="Of papers listed on this day or earlier.")] = None,
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="Of papers that were withdrawn, too; else they are left out.")
    ] = False,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="How many at most.")] = None,
    as_json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_jsonl: Annotated[bool, typer.Option("--jsonl", help="Print a JSON object a line.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write to a .csv, .jsonl or .json file, whole or not at all.")
    ] = None,
) -> None:
    """List the figures that papers claim, each with where it stands; the latest listed papers first.

    Of --metric, --dataset and --baseline all words must occur. A word finds every word that begins with it, in small
    letters or capitals, in the plural or not; speed, speedup, faster, throughput and latency find one another.
    """
    from assay.cli.search import parse_span
    from assay.cli.show import id_of
    from assay.papers.text import counted
    from assay.publish.ledger import ledger_table
    from assay.store import ClaimQuery

    here = session(context)
    form = _form(out, {"json": as_json, "csv": as_csv, "jsonl": as_jsonl})
    if kind is not None and kind not in _KINDS:
        raise ValueError(f"no claim is of kind {kind!r} (there are: {', '.join(_KINDS)})")
    key = id_of(paper) if paper else None
    query = ClaimQuery(key, unit, kind, least, most, metric, dataset, baseline, *parse_span(since, until, here)).check()
    with here.store() as store:
        catch_up(here, store)
        lines = store.ledger(query._replace(withdrawn=withdrawn), limit)
        hidden = 0 if lines or withdrawn else len(store.ledger(query._replace(withdrawn=True)))
    if out is not None:
        here.write(out, _format_lines(lines, form), counted(len(lines), "claim"))
    elif form:
        typer.echo(_format_lines(lines, form), nl=False)
    elif lines:
        here.out.print(ledger_table(lines, here.settings.languages[0]))
    else:
        left_out = f"; withdrawn papers have {hidden}, see --withdrawn" if hidden else ""
        here.out.print(f"No such claim{left_out}.", soft_wrap=True)


def catch_up(here: Session, store: "Store") -> None:
    """Extract the claims that the ledger lacks, and show the progress if it takes a while."""
    from assay.digest.ledger import bring_up_to_date

    with bar(here, "extract claims") as progress:
        bring_up_to_date(store, progress)


def _form(out: Path | None, flags: dict[str, bool]) -> str:
    """The form to write: ``json``, ``csv``, ``jsonl``, or an empty text for a table in the terminal."""
    forms = [form for form, is_set in flags.items() if is_set]
    if len(forms) > 1:
        raise ValueError(f"--{forms[0]} and --{forms[1]} exclude each other")
    if out is None or forms:
        return forms[0] if forms else ""
    if out.suffix.lower() not in _FORMS:
        raise ValueError(f"{out}: give --csv, --jsonl or --json, or a name that ends in .csv, .jsonl or .json")
    return _FORMS[out.suffix.lower()]


def _format_lines(lines: "Sequence[LedgerLine]", form: str) -> str:
    from assay.publish.ledger import ledger_csv, ledger_jsonl
    from assay.store import LedgerLine

    match form:
        case "csv":
            return ledger_csv(lines)
        case "jsonl":
            return ledger_jsonl(lines)
        case _:
            return TypeAdapter(list[LedgerLine]).dump_json(list(lines)).decode() + "\n"
