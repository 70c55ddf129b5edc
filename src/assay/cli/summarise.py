"""``assay summarise``: has papers summarised by a language model, and stores the checked summaries."""

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, app, session
from assay.cli.asking import Again, BaseUrl, BudgetTokens, Concurrency, Model, Record, Replay

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from assay.cli import Session
    from assay.digest.write import Run
    from assay.papers.models import Paper
    from assay.papers.passages import Passage
    from assay.store import Store
    from assay.writing.chat import Chat
    from assay.writing.terms import Glossary


@app.command()
def summarise(
    context: typer.Context,
    day: Annotated[str | None, typer.Option("--date", "-d", help="2025-02-26, today or yesterday.")] = None,
    paper: Annotated[
        list[str] | None, typer.Option(help="An arXiv id, a link or a short name; may be given again.")
    ] = None,
    lang: Annotated[
        list[str] | None, typer.Option("--lang", "-l", help="Language besides English; may be given again.")
    ] = None,
    model: Model = None,
    base_url: BaseUrl = None,
    concurrency: Concurrency = None,
    budget_tokens: BudgetTokens = None,
    budget_money: Annotated[float | None, typer.Option(min=0, help="Most money; needs both prices.")] = None,
    price_in: Annotated[float | None, typer.Option(min=0, help="Money for a million tokens read.")] = None,
    price_out: Annotated[float | None, typer.Option(min=0, help="Money for a million tokens written.")] = None,
    record: Record = None,
    replay: Replay = None,
    again: Again = False,
    as_json: Json = False,
) -> None:
    """Have the papers of a day, or single papers, summarised by a model; check and store each summary.

    Papers that have a summary by this model are left alone, and no answer is paid for twice: interrupted, the same
    command goes on. A paper whose summary could not be used keeps what it had, or shows sentences of its abstract, and
    why. The key of the endpoint comes from ASSAY_MODEL_KEY or the settings. Exit code 1 says that a summary is missing
    or that no paper has an abstract, 2 that the endpoint answers nothing.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from assay.cli.asking import open_chat, remarks, report_interruption, totals
    from assay.cli.settings import check_languages
    from assay.digest.write import RunReport
    from assay.writing.terms import read_glossary

    here = session(context)
    settings = here.settings
    ids, date = _papers_or_day(here, day, paper)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    progress = Progress(*columns, console=here.err, transient=True, disable=not here.err.is_terminal)
    chat = open_chat(
        here,
        model,
        base_url,
        concurrency=concurrency,
        budget_tokens=budget_tokens,
        budget_money=budget_money,
        prices=(price_in, price_out),
        record=record,
        replay=replay,
        again=again,
        report=lambda text: progress.console.print(text, style="dim", markup=False, soft_wrap=True),
    )
    languages = {name: read_glossary(name, settings.glossary) for name in check_languages(lang or settings.languages)}
    start = time.monotonic()
    with here.store() as store:
        papers, bare = _papers_to_summarise(store, ids, date)
        with progress, report_interruption(here, chat.budget, start, "what is done is stored"):
            bar = progress.add_task("summarise", total=len(papers))
            run = asyncio.run(_run(store, chat, papers, languages, again=again, done=lambda _: progress.advance(bar)))
    seconds = time.monotonic() - start
    if as_json:
        report = RunReport(
            **dict(run),
            model=chat.endpoint.model,
            address=chat.endpoint.url,
            without_abstract=tuple(bare),
            remarks=tuple(remarks(chat)),
            spent=chat.budget.spent,
            seconds=round(seconds, 3),
        )
        here.json(report.model_dump_json())
    else:
        for line in (
            *_report(run, bare, date, chat.endpoint.model),
            *remarks(chat),
            totals(chat.budget.spent, seconds),
        ):
            here.out.print(line, markup=False, soft_wrap=True)
    nothing_to_ask_for = bool(bare) and not papers
    if run.left or nothing_to_ask_for or not all(outcome.complete for outcome in run.outcomes):
        raise typer.Exit(1)


def _papers_or_day(here: "Session", day: str | None, papers: list[str] | None) -> "tuple[list[str], date | None]":
    """The ids of the papers that a reader names, or else the day: the one named, or today.

    Raises:
        ValueError: if both are named, or one of them is none.
    """
    from assay.cli.show import id_of

    if papers and day:
        raise ValueError("--date and --paper exclude each other")
    return list(dict.fromkeys(map(id_of, papers or ()))), None if papers else here.day(day or "today")


def _papers_to_summarise(store: "Store", ids: list[str], day: "date | None") -> tuple[list["Paper"], list[str]]:
    """The papers to summarise, in the order of their day, and the ids of those that have no abstract.

    Raises:
        ValueError: if a paper is not stored, or the day has none.
    """
    from assay.digest.day import read_day
    from assay.papers.ids import name_some

    if day is not None:
        listing = read_day(store, day, now=datetime.now(UTC))
        ids = [paper.id for paper in listing.papers]
        if not ids:
            raise ValueError(f"{listing.date} has no papers here ({listing.state.value}): {listing.reason}")
    records = store.papers(ids)
    if missing := [key for key in ids if key not in records]:
        raise ValueError(f"not stored: {name_some(missing)}; `assay collect` or `assay import` brings papers in")
    return [paper for paper in records.values() if paper.abstract], [p.id for p in records.values() if not p.abstract]


async def _run(
    store: "Store",
    chat: "Chat",
    papers: "Sequence[Paper]",
    languages: "Mapping[str, Glossary]",
    *,
    again: bool,
    done: Callable[[str], None],
) -> "Run":
    from assay.digest.extracting import passages_of
    from assay.digest.write import write_summaries

    def passages(paper: "Paper") -> "Sequence[Passage]":
        fulltext = store.fulltext(paper.id)
        return passages_of(fulltext) if fulltext else ()

    async with chat:
        return await write_summaries(
            store, chat, papers, languages=languages, passages=passages, again=again, done=done
        )


def _report(run: "Run", bare: list[str], day: "date | None", model: str) -> "Iterator[str]":
    from assay.papers.escape import terminal_prose
    from assay.papers.ids import name_some
    from assay.papers.text import counted

    for outcome in run.outcomes:
        title, notes = terminal_prose(outcome.title), "; ".join(outcome.notes)
        if not outcome.languages:
            yield f"{outcome.paper} {title}: shows {_SHOWN[outcome.shown]}; {notes}"
        elif notes:
            yield f"{outcome.paper} {title}: {', '.join(outcome.languages)}; {notes}"
    if bare:
        command = f"collect {day}" if day else f"refresh {' '.join(bare)}"
        yield f"without an abstract: {name_some(bare)}; `assay {command}` or `assay import` brings abstracts in"
    if run.left:
        yield f"not reached: {name_some(run.left)}; {run.stopped}"
    written = sum(bool(outcome.languages) for outcome in run.outcomes)
    counts = [
        f"{counted(written, 'paper')} summarised by {model}",
        f"{len(run.held)} had been before (--again asks anew)" if run.held else "",
        f"{failed} could not be used" if (failed := len(run.outcomes) - written) else "",
        f"{len(run.left)} not reached" if run.left else "",
    ]
    yield ", ".join(filter(None, counts))


_SHOWN = {
    "model": "the earlier summary by a model",
    "catalogue": "our own summary",
    "extractive": "sentences of its abstract",
    "digest": "the summary of a digest",
    None: "no summary",
}
