"""``assay summarise``: has papers summarised by a language model, and stores the checked summaries."""

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, app, session

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assay.digest.write import Run
    from assay.papers.models import Paper
    from assay.papers.passages import Passage
    from assay.store import Store
    from assay.writing.endpoint import Chat
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
    model: Annotated[str | None, typer.Option(help="The model's name at the endpoint.")] = None,
    base_url: Annotated[
        str | None, typer.Option(help="The endpoint's base URL, such as http://127.0.0.1:11434/v1.")
    ] = None,
    concurrency: Annotated[int | None, typer.Option(min=1, help="Requests open at one time.")] = None,
    budget_tokens: Annotated[int | None, typer.Option(min=0, help="Most tokens, read and written together.")] = None,
    budget_money: Annotated[float | None, typer.Option(min=0, help="Most money; needs both prices.")] = None,
    price_in: Annotated[float | None, typer.Option(min=0, help="Money for a million tokens read.")] = None,
    price_out: Annotated[float | None, typer.Option(min=0, help="Money for a million tokens written.")] = None,
    record: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder to keep answers in, instead of our own.")
    ] = None,
    replay: Annotated[
        Path | None,
        typer.Option(file_okay=False, exists=True, help="Use answers recorded there and nothing else; no network."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Ask anew for papers that have a summary.")] = False,
    as_json: Json = False,
) -> None:
    """Have the papers of a day, or single papers, summarised by a model; check and store each summary.

    Papers that have a summary by this model are left alone, and no answer is paid for twice: interrupted, the same
    command goes on. A paper whose summary could not be used shows sentences of its abstract, and why. The key of the
    endpoint comes from ASSAY_MODEL_KEY or the settings. Exit code 1 says that a summary is missing.
    """
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from assay.cli.asking import endpoint_of, recordings_in, report_interruption, totals
    from assay.cli.settings import check_languages
    from assay.writing.endpoint import Budget, Chat
    from assay.writing.terms import read_glossary

    here = session(context)
    settings = here.settings
    if record is not None and replay is not None:
        raise ValueError("--record and --replay exclude each other")
    if again and replay is not None:
        raise ValueError("--again and --replay exclude each other: a replay asks nobody")
    endpoint = endpoint_of(
        here,
        model,
        base_url,
        concurrency=concurrency,
        price_in=price_in,
        price_out=price_out,
        offline=replay is not None,
    )
    budget = Budget(
        tokens=settings.budget_tokens if budget_tokens is None else budget_tokens,
        money=settings.budget_money if budget_money is None else budget_money,
    )
    languages = {name: read_glossary(name, settings.glossary) for name in check_languages(lang or settings.languages)}
    start = time.monotonic()
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    progress = Progress(*columns, console=here.err, transient=True)
    chat = Chat(
        endpoint,
        budget=budget,
        recordings=recordings_in(record or replay or settings.home / "answers", replay=replay is not None, anew=again),
        report=lambda text: progress.console.print(text, style="dim", markup=False, soft_wrap=True),
    )
    with here.store() as store:
        papers, bare = _papers_to_summarise(store, day, paper)
        with progress, report_interruption(here, budget, start, "what is done is stored"):
            bar = progress.add_task("summarise", total=len(papers))
            run = asyncio.run(_run(store, chat, papers, languages, again=again, done=lambda _: progress.advance(bar)))
    seconds = time.monotonic() - start
    if as_json:
        report = asdict(run) | {
            "model": endpoint.model,
            "without_abstract": bare,
            "spent": asdict(budget.spent),
            "seconds": round(seconds, 3),
        }
        here.json(json.dumps(report, ensure_ascii=False))
    else:
        for line in _report(run, bare, endpoint.model):
            here.out.print(line, markup=False, soft_wrap=True)
        here.out.print(totals(budget.spent, seconds), markup=False, soft_wrap=True)
    if run.left or not all(outcome.complete for outcome in run.outcomes):
        raise typer.Exit(1)


def _papers_to_summarise(store: "Store", day: str | None, papers: list[str] | None) -> tuple[list["Paper"], list[str]]:
    """The papers to summarise, in the order of their day, and the ids of those that have no abstract.

    Raises:
        ValueError: if a paper is not stored, or the day has none.
    """
    from assay.cli.settings import parse_day
    from assay.cli.show import id_of
    from assay.digest.day import read_day

    now = datetime.now(UTC)
    if papers and day:
        raise ValueError("--date and --paper exclude each other")
    if papers:
        ids = list(dict.fromkeys(map(id_of, papers)))
    else:
        listing = read_day(store, parse_day(day or "today", now.date()), now=now)
        ids = [paper.id for paper in listing.papers]
        if not ids:
            raise ValueError(f"{listing.date} has no papers here ({listing.state.value}): {listing.reason}")
    records = store.papers(ids)
    if missing := [key for key in ids if key not in records]:
        raise ValueError(f"not stored: {', '.join(missing)}; `assay collect` or `assay import` brings papers in")
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
    from assay.digest.ledger import passages_of
    from assay.digest.write import write_summaries

    def passages(paper: "Paper") -> "Sequence[Passage]":
        fulltext = store.fulltext(paper.id)
        return passages_of(fulltext) if fulltext else ()

    async with chat:
        return await write_summaries(
            store, chat, papers, languages=languages, passages=passages, again=again, done=done
        )


def _report(run: "Run", bare: list[str], model: str) -> "Iterator[str]":
    from assay.papers.escape import terminal_prose

    for outcome in run.outcomes:
        title = terminal_prose(outcome.title)
        if not outcome.languages:
            yield f"{outcome.paper} {title}: sentences of the abstract; {model}: {'; '.join(outcome.notes)}"
        elif outcome.notes:
            yield f"{outcome.paper} {title}: {', '.join(outcome.languages)}; {'; '.join(outcome.notes)}"
    if bare:
        yield f"without an abstract: {', '.join(bare)}"
    if run.left:
        yield f"not reached: {', '.join(run.left)}; {run.stopped}"
    count = sum(bool(outcome.languages) for outcome in run.outcomes)
    instead = len(run.outcomes) - count
    yield (
        f"{count} papers summarised by {model}, {len(run.held)} had been before"
        + (f", {instead} show sentences of their abstract instead" if instead else "")
        + (f", {len(run.left)} were not reached" if run.left else "")
    )
