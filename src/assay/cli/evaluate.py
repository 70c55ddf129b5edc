"""``assay evaluate``: one report on a reader's own model by all instruments that need nothing but its answers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli import Json, Session, app, session
from assay.cli.asking import BaseUrl, Concurrency
from assay.papers.models import Noun
from assay.papers.text import counted

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.progress import TaskID

    from assay.methods.evaluation import Model
    from assay.trials.evaluation._instruments import Instrument


class FigureRow(Noun):
    """One figure, with its interval of 95 %."""

    instrument: str
    """The paper's short name."""
    figure: str
    value: float
    low: float
    high: float
    unit: str
    items: int
    """Questions, or what else it is the mean of."""


class EvaluationReport(Noun):
    """What the instruments found."""

    model: str
    where: str
    """The endpoint, or the folder or file of the model."""
    quick: bool
    seed: int
    figures: tuple[FigureRow, ...]
    failed: dict[str, str]
    """Instruments that came to nothing, and why."""
    needs: dict[str, str]
    """Instruments that answers alone do not suffice for, and what they need."""
    asked: int
    """Answers that the model gave now."""
    recorded: int
    """Answers that an earlier run had kept."""
    empty: int
    """Answers of both without a word: they count as wrong."""


@app.command()
def evaluate(
    context: typer.Context,
    model: Annotated[
        str | None, typer.Option(help="With --base-url its name there, else a folder, file or id.")
    ] = None,
    base_url: BaseUrl = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this instrument; may be given again.")] = None,
    quick: Annotated[bool, typer.Option(help="A few questions each, to see that all works.")] = False,
    seed: Annotated[int, typer.Option(help="Of the questions and of the sampling.")] = 0,
    concurrency: Concurrency = None,
    again: Annotated[bool, typer.Option("--again", help="Ask anew, whatever has been answered before.")] = False,
    out: Annotated[Path | None, typer.Option(dir_okay=False, help="Also write the report here, as Markdown.")] = None,
    as_json: Json = False,
) -> None:
    """Evaluate your own model: one report by all instruments that need nothing but answers.

    With --base-url it is asked through any OpenAI-compatible endpoint; without, it is loaded by transformers: a folder,
    a GGUF file, a hub's id, or a name that `assay models` lists. Every answer is kept as it comes: interrupted, the
    same command goes on. What the other instruments need is listed. The key of the endpoint comes from ASSAY_MODEL_KEY
    or the settings. Exit code 1 says that an instrument came to nothing, 2 that the model cannot be asked.
    """
    from assay.methods.evaluation._recording import Recorded
    from assay.papers.files import write_whole
    from assay.trials.evaluation._instruments import NEEDS, instruments

    here = session(context)
    chosen = _choose(instruments(), only)
    asked, where = _model(here, model, base_url, concurrency)
    asked.answer(["Say hello."], tokens=4)  # a model that cannot be asked is told before anything is begun
    file = _folder(here, asked.name, where) / "answers.jsonl"
    if again:
        file.unlink(missing_ok=True)
    with _progress(here) as progress:
        recorded = Recorded(asked, file, progress=progress)
        figures, failed = _run(chosen, recorded, quick=quick, seed=seed, say=here.say)
    report = EvaluationReport(
        model=asked.name,
        where=where,
        quick=quick,
        seed=seed,
        figures=tuple(figures),
        failed=failed,
        needs={} if only else dict(NEEDS),
        asked=recorded.asked,
        recorded=recorded.reused,
        empty=recorded.empty,
    )
    if out is not None:
        write_whole(out, markdown(report))
    if as_json:
        here.json(report.model_dump_json())
    else:
        for each in _rendered(report):
            here.out.print(each)
    if failed:
        raise typer.Exit(1)


def _choose(known: "dict[str, Instrument]", only: list[str] | None) -> "list[Instrument]":
    for name in only or ():
        if name not in known:
            raise ValueError(f"no instrument is named {name!r}: choose {', '.join(known)}")
    return [each for name, each in known.items() if not only or name in only]


def _model(here: Session, name: str | None, base_url: str | None, concurrency: int | None) -> "tuple[Model, str]":
    """The model, and where it is.

    Raises:
        ValueError: None is named, or it is not to be had.
    """
    from assay.methods.evaluation import Endpoint, as_model

    settings = here.settings
    url = base_url or (settings.model_url if name is None else "")
    if url:
        model = name or settings.model
        if not model:
            raise ValueError(f"which model at {url}? give --model NAME")
        key = settings.model_key.get_secret_value() if settings.model_key else ""
        parallel = concurrency or settings.model_concurrency
        return Endpoint(url, model, key=key, parallel=parallel, timeout=settings.model_timeout), url
    if not name:
        raise ValueError("no model to evaluate: give --base-url URL --model NAME, or --model with a folder, file or id")
    from assay.testbed.pretrained import load_language_model

    lm = load_language_model(name, say=here.say)
    return as_model(lm.model, lm.tokenizer, name=lm.name), f"{name} {lm.fingerprint[:12]}"


def _folder(here: Session, name: str, where: str) -> Path:
    """Where the answers of this very model are kept."""
    readable = re.sub(r"[^\w.-]+", "-", name).strip("-") or "model"
    return here.settings.home / "evaluations" / f"{readable[:60]}-{sha256(where.encode()).hexdigest()[:8]}"


def _run(
    chosen: "list[Instrument]", model: Any, *, quick: bool, seed: int, say: Any
) -> tuple[list[FigureRow], dict[str, str]]:
    """The figures of the instruments, and those that came to nothing."""
    figures: list[FigureRow] = []
    failed: dict[str, str] = {}
    try:
        for each in chosen:
            model.what = each.name
            try:
                found = each.run(model, quick, seed)
            except ValueError as error:
                failed[each.name] = str(error)
                say(f"{each.name} came to nothing: {error}")
                continue
            figures += [FigureRow(instrument=each.name, **asdict(figure)) for figure in found]
    except KeyboardInterrupt:
        say("interrupted: what was answered is kept, the same command goes on with the rest")
        raise typer.Exit(130) from None
    return figures, failed


@contextmanager
def _progress(here: Session) -> Iterator[Any]:
    """Shows how many answers of an instrument are there."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    with Progress(*columns, console=here.err, transient=True, disable=not here.err.is_terminal) as progress:
        bars: dict[str, TaskID] = {}

        def show(what: str, done: int, of: int) -> None:
            if what not in bars:
                bars[what] = progress.add_task(what)
            progress.update(bars[what], completed=done, total=of)

        yield show


def _rendered(report: EvaluationReport) -> "Iterator[RenderableType]":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0), title_justify="left")
    for column, how in (
        ("instrument", "left"),
        ("figure", "left"),
        ("value", "right"),
        ("95 %", "left"),
        ("of", "right"),
    ):
        table.add_column(column, justify=how, overflow="fold")  # type: ignore[arg-type]
    before = ""
    for row in report.figures:
        shown = row.instrument if row.instrument != before else ""
        table.add_row(
            *map(Text, (shown, row.figure, _figure(row.value, row.unit), _interval(row), str(row.items or "")))
        )
        before = row.instrument
    yield Text(f"{report.model} at {report.where}{', a quick run' if report.quick else ''}", style="bold")
    yield table
    if report.needs:
        yield Text("\nnot asked, since answers alone do not suffice:", style="dim")
        for name, need in report.needs.items():
            yield Text(f"  {name}: {need}")
    yield Text(f"\n{counted(report.asked, 'answer')} asked for, {report.recorded} from before", style="dim")
    if report.empty:
        yield Text(_empty(report))


def _empty(report: EvaluationReport) -> str:
    return (
        f"{counted(report.empty, 'answer')} had no word and count as wrong: a model that thinks before it answers "
        "spends the tokens of a short answer on that"
    )


def markdown(report: EvaluationReport) -> str:
    """The report as a page."""
    lines = [
        f"# {report.model}",
        "",
        f"At {report.where}, seed {report.seed}{', a quick run' if report.quick else ''}.",
        "",
    ]
    lines += ["| instrument | figure | value | 95 % | of |", "|---|---|---|---|---|"]
    lines += [
        f"| {row.instrument} | {row.figure} | {_figure(row.value, row.unit)} | {_interval(row)} | {row.items or ''} |"
        for row in report.figures
    ]
    if report.empty:
        lines += ["", f"{_empty(report)}."]
    if report.failed:
        lines += ["", "Came to nothing:", "", *(f"- {name}: {why}" for name, why in report.failed.items())]
    if report.needs:
        lines += ["", "Not asked, since answers alone do not suffice:", ""]
        lines += [f"- {name}: {need}" for name, need in report.needs.items()]
    return "\n".join(lines) + "\n"


def _interval(row: FigureRow) -> str:
    return f"{_number(row.low, row.unit)} to {_figure(row.high, row.unit)}"


def _figure(value: float, unit: str) -> str:
    """``61.5 %``, ``0.734``."""
    return f"{_number(value, unit)} {unit}".strip()


def _number(value: float, unit: str) -> str:
    """One place of per cent and points, three figures of others."""
    if unit in {"%", "points"}:
        return f"{value:.1f}"
    return f"{value:.3g}" if abs(value) >= 10 else f"{value:.3f}"
