"""``assay check``: checks the figures and names of summaries against their papers."""

import asyncio
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.claims.report import CheckReport
from assay.cli import Json, app, session
from assay.cli.asking import Again, BaseUrl, BudgetTokens, Concurrency, Model, Record, Replay
from assay.papers.models import PaperId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.cli import Session
    from assay.digest.checking import Notice
    from assay.digest.judging import Doubts
    from assay.papers.models import Paper
    from assay.store import Store
    from assay.writing.chat import Chat


class Checked(CheckReport):
    """The report of a check, and which of its papers were taken back."""

    withdrawn: tuple[PaperId, ...] = ()
    """The checked papers that were withdrawn, whatever their summaries say."""


@app.command()
def check(
    context: typer.Context,
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE|FOLDER]...", help="Digests, or folders of them; - for any text from standard input."
        ),
    ] = None,
    paper: Annotated[
        list[str] | None,
        typer.Option(help="With -: what the text is about, by id, link or name; else it is found in the text."),
    ] = None,
    date: Annotated[str | None, typer.Option(help="A stored day instead: 2025-02-26, today or yesterday.")] = None,
    source: Annotated[
        str | None,
        typer.Option(help="All stored summaries of a source instead: digest-table, catalogue, a model's name."),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="Recordings with abstracts that the store does not have; nothing is imported."),
    ] = None,
    lang: Annotated[str | None, typer.Option("--lang", "-l", help="Check summaries in this language only.")] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every summary, with each figure that is not supported.")
    ] = False,
    trouble: Annotated[bool, typer.Option("--trouble", help="Only what is wrong, without totals.")] = False,
    model: Model = None,
    base_url: BaseUrl = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Most figures to ask it about.")] = None,
    concurrency: Concurrency = None,
    budget_tokens: BudgetTokens = None,
    record: Record = None,
    replay: Replay = None,
    again: Again = False,
    as_json: Json = False,
) -> None:
    """Check the figures and names of summaries against their papers: digest files, a stored day, or a whole source.

    Each figure is supported by title, abstract or stored full text, misattributed or contradicted by it, or
    unsupported. With - any text from standard input is checked: a paragraph, a post, whatever speaks of papers.

    With --model and --base-url, your own language model is asked about the unsupported ones; what it says
    stands beside the findings, changes none, and is asked for only once. A report is no failure: exit code 0, whatever
    it says; 1 where pieces of a file could not be read, or the model stopped answering.
    """
    from assay.cli.settings import check_languages
    from assay.publish.check_report import Detail, print_report

    here = session(context)
    if paths == [Path("-")]:
        others = (date, source, against, lang, model, base_url, replay)
        if any(others) or everything or trouble:
            raise ValueError("with -, only --paper and --json can be given")
        _check_text(here, paper or [], as_json=as_json)
        return
    if paper:
        raise ValueError("--paper needs -: the text comes from standard input")
    choices = [bool(paths), date is not None, source is not None]
    if not any(choices):
        raise ValueError(
            "nothing to check: name a digest or a folder, or give --date 2025-02-26 or --source digest-table"
        )
    if sum(choices) > 1:
        raise ValueError("give files, --date or --source, one of them")
    if everything and trouble:
        raise ValueError("--all and --trouble exclude each other")
    language = check_languages([lang])[0] if lang else None
    chat: Chat | None = None
    if model is not None or base_url is not None or replay is not None:
        from assay.cli.asking import open_chat

        chat = open_chat(
            here,
            model,
            base_url,
            concurrency=concurrency,
            budget_tokens=budget_tokens,
            record=record,
            replay=replay,
            again=again,
        )
    elif again or any(option is not None for option in (limit, concurrency, budget_tokens, record)):
        raise ValueError(
            "--limit, --concurrency, --budget-tokens, --record and --again need --model NAME --base-url URL"
        )
    if chat is None:
        report = _report(here, paths or [], date, source, against or [], language)
    else:
        from assay.cli.asking import remarks
        from assay.digest.judging import Doubts

        doubts = Doubts()
        report = _report(here, paths or [], date, source, against or [], language, doubts.notice)
        report = _ask(here, chat, report, doubts, limit)
        for remark in remarks(chat):
            here.say(remark)
    if as_json:
        here.json(report.model_dump_json())
    else:
        detail: Detail = "all" if everything else "trouble" if trouble else "normal"
        print_report(here.out, report, detail=detail, withdrawn=report.withdrawn)
        for refusal in report.refused:
            place = f"{refusal.file}:{refusal.line}" if refusal.line else refusal.file
            here.err.print(f"refused: {place}: {refusal.why}", markup=False, style="yellow")
    if report.refused or (report.judging and report.judging.stopped):
        raise typer.Exit(1)


def _check_text(here: "Session", papers: list[str], *, as_json: bool) -> None:
    from assay.digest.checking import MOST_CHARACTERS, check_text
    from assay.publish.check_report import print_text

    text = sys.stdin.read(MOST_CHARACTERS * 2)  # more is refused, and need not be read to the end
    with here.store() as store:
        checked = check_text(store, text, papers)
    if as_json:
        here.json(checked.model_dump_json())
    else:
        print_text(here.out, checked)


def _ask(here: "Session", chat: "Chat", report: Checked, doubts: "Doubts", limit: int | None) -> Checked:
    """The report with the model's opinions.

    Raises:
        ValueError: if the model does not answer at all.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from assay.cli.asking import report_interruption
    from assay.digest.judging import add_opinions

    async def ask() -> CheckReport:
        async with chat:
            return await add_opinions(chat, report, doubts, limit=limit, done=lambda: progress.advance(bar))

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    quiet = not here.err.is_terminal
    progress = Progress(*columns, console=here.err, transient=True, disable=quiet)
    bar = progress.add_task("ask", total=len(doubts.questions(limit)))
    with progress, report_interruption(here, chat.budget, time.monotonic(), "the answers that came are kept"):
        return Checked(**dict(asyncio.run(ask())))


def _report(
    here: "Session",
    paths: list[Path],
    date: str | None,
    source: str | None,
    against: list[Path],
    language: str | None,
    notice: "Notice | None" = None,
) -> Checked:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from assay.digest.checking import check_day, check_files, check_source, ignore, read_papers
    from assay.sources.recordings import find_files

    files = find_files(paths)
    papers = read_papers(find_files(against))
    notice = notice or ignore
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    quiet = not here.err.is_terminal
    with here.store() as store, Progress(*columns, console=here.err, transient=True, disable=quiet) as progress:
        bar = progress.add_task("check", total=len(files) or None)
        if source is not None:
            report = check_source(
                store,
                source,
                against=papers,
                language=language,
                notice=notice,
                begin=lambda days: progress.update(bar, total=days),
                done=lambda: progress.advance(bar),
            )
        elif date is not None:
            report = check_day(store, here.day(date), against=papers, language=language, notice=notice)
        else:
            report = check_files(
                store, files, against=papers, language=language, notice=notice, done=lambda _: progress.advance(bar)
            )
        return Checked(**dict(report), withdrawn=_withdrawn(store, report, papers))


def _withdrawn(store: "Store", report: CheckReport, against: "Mapping[str, Paper]") -> tuple[str, ...]:
    """The checked papers that were taken back, as the store knows it, or else the recordings checked against."""
    ids = {each.check.paper for each in report.summaries}
    records = {**against, **store.papers(ids)}
    return tuple(sorted(key for key in ids & records.keys() if records[key].withdrawn))
