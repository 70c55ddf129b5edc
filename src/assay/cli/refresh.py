"""``assay refresh``: asks arXiv again for known papers."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, Session, app, session
from assay.papers.text import counted

if TYPE_CHECKING:
    from assay.digest.refresh import PaperChange, RefreshReport
    from assay.store import Store


@app.command()
def refresh(
    context: typer.Context,
    papers: Annotated[
        list[str] | None,
        typer.Argument(metavar="PAPER", help="arXiv ids, links or short names; default all young papers."),
    ] = None,
    days: Annotated[
        int | None,
        typer.Option("--days", min=1, help="So long after its date or first listing a paper is young; default 30."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Ask arXiv again for papers that are known: new versions, withdrawals, remarks, journals.

    Those that were asked for longest ago come first. Interrupt it as you like: what came is stored, and the next
    refresh goes on with the others. Exit code 1 says that arXiv did not answer for all of them.
    """
    here = session(context)
    if papers and days is not None:
        raise ValueError("--days chooses among all papers; leave it out where papers are named")
    with here.store() as store:
        report = _ask(here, store, _chosen(store, papers) if papers else _young(store, days))
    if as_json:
        here.json(report.model_dump_json())
    else:
        _print(here, report)
    if report.problem:
        raise typer.Exit(1)


def _chosen(store: "Store", names: list[str]) -> list[str]:
    """The ids of the papers that a reader names, each once.

    Raises:
        ValueError: if one of them is no paper, or is not stored.
    """
    from assay.cli.show import id_of

    ids = list(dict.fromkeys(map(id_of, names)))
    stored = store.papers(ids)
    for key in ids:
        if key not in stored:
            raise ValueError(f"{key} is not in the store; collect or import the day that lists it")
    return ids


def _young(store: "Store", days: int | None) -> list[str]:
    from assay.digest.refresh import YOUNG, first_young_day

    now = datetime.now(UTC)
    return store.papers_to_refresh(first_young_day(now.date(), days or YOUNG), asked_before=now)


def _ask(here: Session, store: "Store", papers: list[str]) -> "RefreshReport":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from assay.digest.refresh import refresh as ask_again
    from assay.sources.client import Client

    settings = here.settings
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    with (
        Progress(*columns, console=here.err, transient=True, disable=not here.err.is_terminal) as progress,
        Client(
            pace=settings.pace(),
            contact=settings.contact,
            locks=settings.locks,
            cached=store.last_snapshot,
            report=lambda text: progress.console.print(text, style="dim", markup=False, soft_wrap=True),
        ) as client,
    ):
        bar = progress.add_task("ask arXiv again", total=len(papers))
        return ask_again(
            store,
            client,
            papers,
            base_url=settings.arxiv_url,
            progress=lambda done, _total: progress.update(bar, completed=done),
        )


def _print(here: Session, report: "RefreshReport") -> None:
    """What is new of each paper, then what the new versions claim otherwise, then what was not to be had."""
    from assay.claims.errata import Errata
    from assay.papers.escape import terminal_prose as safe
    from assay.papers.ids import name_some
    from assay.publish.errata import print_errata

    here.out.print(f"arXiv was asked about {counted(report.asked, 'paper')}; {len(report.changes)} changed")
    for change in report.changes:
        here.out.print(f"{change.paper}: {_news(change)}  {safe(change.title)}", markup=False, soft_wrap=True)
    if report.errata:
        print_errata(here.out, Errata(changes=report.errata), here.settings.languages[0])
    if report.unknown:
        here.out.print(f"arXiv has no record of {name_some(report.unknown)}", soft_wrap=True)
    if report.problem:
        again = f"not asked about: {counted(report.left, 'paper')}; the same command goes on"
        here.say(f"{report.problem}; {again}")


def _news(change: "PaperChange") -> str:
    """What is new of a paper, in words: ``v1 → v3, withdrawn``."""
    news = []
    if change.version != change.version_before:
        before = f"v{change.version_before} → " if change.version_before else ""
        news.append(f"{before}v{change.version}")
    if "withdrawn" in change.changed:
        news.append("withdrawn" if change.withdrawn else "no longer withdrawn")
    others = [_NAMES.get(name, name) for name in change.changed if name not in {"version", "withdrawn"}]
    return ", ".join(news) or f"other {', '.join(others)}"


_NAMES = {"journal_ref": "journal", "doi": "DOI"}
