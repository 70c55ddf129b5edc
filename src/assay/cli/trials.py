"""``assay methods``, ``assay run`` and ``assay results``: claimed beside measured."""

import json
from collections.abc import Iterable, Iterator, Sequence, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli import Json, Session, app, session
from assay.papers.catalogue import FOLDER, catalogue, find
from assay.papers.measurement import Measurement

if TYPE_CHECKING:
    from rich.progress import Progress

    from assay.testbed.progress import Show
    from assay.trials import Trial

RESULTS = FOLDER.parent.parent.parent / "results"
"""Measurements that are committed, in a checkout; an installed package has none."""


@app.command()
def methods(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also papers whose method is not built yet.")] = False,
    room: Annotated[list[str] | None, typer.Option("--room", "-r", help="Only this room; may be given again.")] = None,
    as_json: Json = False,
) -> None:
    """List the methods: their room, how to import them, and what their trials found."""
    from rich.table import Table
    from rich.text import Text

    from assay.trials import discover

    here = session(context)
    found = known_measurements(here)
    trials = discover()
    rows = [
        {
            "paper": entry.id,
            "name": entry.name,
            "room": entry.room,
            "title": entry.title,
            "module": _module(entry.room, entry.name),
            "trials": sum(trial.paper == entry.id for trial in trials),
            "verdicts": {each.claim: each.verdict.value for each in found if each.paper == entry.id},
        }
        for entry in catalogue().values()
        if (everything or _module(entry.room, entry.name)) and (not room or entry.room in room)
    ]
    if as_json:
        here.json(json.dumps(rows, ensure_ascii=False))
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("room", "paper", "name", "state"):
        table.add_column(column, overflow="fold")
    for row in rows:
        state = _state(row["module"], row["trials"], row["verdicts"])
        table.add_row(*(Text(str(text)) for text in (row["room"], row["paper"], row["name"], state)))
    here.out.print(table)


@app.command()
def run(
    context: typer.Context,
    papers: Annotated[list[str] | None, typer.Argument(help="arXiv ids, links or short names.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every trial there is.")] = False,
    room: Annotated[
        list[str] | None, typer.Option("--room", "-r", help="Every trial of a room; may be repeated.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Small sizes and few repeats: to see that it works.")] = False,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    repeats: Annotated[int | None, typer.Option(min=1, help="Rounds in which every arm is timed once.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    plot: Annotated[
        Path | None, typer.Option(help="Draw claimed, baseline and measured into this SVG or PNG file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure what papers claim, on this machine, beside what people use today.

    A trial that is interrupted goes on where it was when the same command is given again. Exit code 1 says that a
    trial broke; a claim that does not hold is a result, not an error.
    """
    here = session(context)
    chosen = _chosen(papers or [], everything=everything, rooms=room or [])
    _need_torch()
    done, broken = _run(here, chosen, quick=quick, device=device, repeats=repeats, seed=seed)
    if plot is not None and done:
        from assay.publish.plot import plot_measurements

        plot_measurements(done, plot)
    if as_json:
        here.json(json.dumps(_rows(done), ensure_ascii=False))
    else:
        _print(here, done)
    if broken:
        raise typer.Exit(1)


@app.command()
def results(
    context: typer.Context,
    compare: Annotated[str | None, typer.Option(help="Also show this machine's figures beside ours.")] = None,
    export: Annotated[Path | None, typer.Option(help="Copy what was measured here into a folder of results.")] = None,
    bring_in: Annotated[Path | None, typer.Option("--import", help="Take in a folder of results.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw them all into this SVG or PNG file.")] = None,
    as_json: Json = False,
) -> None:
    """Show what was measured: on this machine, and the results that come with Assay."""
    from assay.trials.results import read_results, write_results

    here = session(context)
    with here.store() as store:
        if bring_in is not None:
            came = store.keep(read_results(bring_in))
            here.err.print(f"{len(came)} measurements are new", markup=False)
        if export is not None:
            for file in write_results(export, store.measurements()):
                here.err.print(f"wrote {file}", markup=False)
    found = known_measurements(here)
    machines = sorted({each.machine.name for each in found})
    if compare is not None and compare not in machines:
        raise ValueError(f"nothing was measured on {compare!r} (there is: {', '.join(machines) or 'nothing yet'})")
    if plot is not None:
        from assay.publish.plot import plot_measurements

        plot_measurements(found, plot)
    if as_json:
        here.json(json.dumps(_rows(found), ensure_ascii=False))
    elif not found:
        here.out.print("Nothing has been measured yet; `assay run --quick --all` does.")
    elif compare is not None:
        _print_compared(here, found, compare)
    else:
        _print(here, found)


def _chosen(papers: Sequence[str], *, everything: bool, rooms: Sequence[str]) -> "list[Trial]":
    from assay.trials import discover

    trials = discover()
    wanted: list[str] = []
    for query in papers:
        entry = find(query)
        if entry is None:
            raise ValueError(f"{query!r} is not in the catalogue")
        if not any(trial.paper == entry.id for trial in trials):
            raise ValueError(f"{entry.id} ({entry.name}) has no trial yet")
        wanted.append(entry.id)
    known = {trial.entry.room for trial in trials}
    for room in rooms:
        if room not in known:
            raise ValueError(f"no trial is in room {room!r} (there are: {', '.join(sorted(known))})")
    chosen = [t for t in trials if everything or t.paper in wanted or t.entry.room in rooms]
    if not chosen:
        raise ValueError("which trial? Name papers, or give --room or --all; `assay methods` lists them")
    return sorted(chosen, key=lambda trial: wanted.index(trial.paper) if trial.paper in wanted else len(wanted))


def _need_torch() -> None:
    from importlib.util import find_spec

    if find_spec("torch") is None or find_spec("transformers") is None:
        raise ValueError("running trials needs torch and transformers: pip install 'assay-papers[run]'")


def _run(
    here: Session, chosen: "Sequence[Trial]", *, quick: bool, device: str, repeats: int | None, seed: int
) -> tuple[list[Measurement], bool]:
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from assay.trials import run_trial

    done: list[Measurement] = []
    broken = False
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with here.store() as store, Progress(*columns, console=here.err, transient=True) as progress:
        whole = progress.add_task("trials", total=len(chosen))
        for trial in chosen:
            progress.update(whole, description=f"{trial.entry.name}: {trial.what or trial.function}")
            try:
                measured = run_trial(
                    trial,
                    quick=quick,
                    device=device,
                    repeats=repeats,
                    seed=seed,
                    progress=_shown(progress),
                    store=store,
                    drafts=here.settings.home / "drafts",
                )
            except ValueError:
                raise
            except Exception as error:  # noqa: BLE001 - one broken trial must not take the others with it
                broken = True
                here.err.print(f"{trial.id} broke: {type(error).__name__}: {error}", style="red", markup=False)
            else:
                done.append(measured)
            progress.advance(whole)
    return done, broken


def _shown(progress: "Progress") -> "Show":
    """Long steps of a trial as further bars under that of the trials."""

    def show(iterable: Iterable[Any], what: str) -> Iterator[Any]:
        steps = list(iterable) if not isinstance(iterable, Sized) else iterable
        task = progress.add_task(what, total=len(steps))
        try:
            for step in steps:
                yield step
                progress.advance(task)
        finally:
            progress.remove_task(task)

    return show


def known_measurements(here: Session) -> list[Measurement]:
    """What was measured here and what comes with Assay; of two of the same kind, the newer."""
    from assay.trials.results import read_results

    with here.store() as store:
        kept = [*read_results(RESULTS), *store.measurements()]
    latest = {(each.machine.name, each.key): each for each in sorted(kept, key=lambda each: each.taken_at)}
    order = list(catalogue())
    return sorted(latest.values(), key=lambda each: (order.index(each.paper), each.trial, each.machine.name))


def _rows(found: Sequence[Measurement]) -> list[dict[str, object]]:
    from assay.trials.results import stale

    outdated = {id(each) for each, _ in stale(found)}
    return [
        {
            "paper": each.paper,
            "name": each.name,
            "claim": each.claim,
            "metric": each.metric,
            "unit": each.unit,
            "claimed": each.claimed.value,
            "baseline": each.baseline.model_dump() if each.baseline else None,
            "candidate": each.candidate,
            "ratio": each.ratio,
            "spread": each.spread,
            "better": each.better,
            "verdict": each.verdict.value,
            "setting": each.setting,
            "machine": each.machine.name,
            "device": each.device,
            "stale": id(each) in outdated,
        }
        for each in found
    ]


def _print(here: Session, found: Sequence[Measurement]) -> None:
    from assay.publish.measurements import print_measurement
    from assay.trials.results import stale

    reasons = {id(each): why for each, why in stale(found)}
    for each in found:
        print_measurement(here.out, each, stale=reasons.get(id(each), ""))


def _print_compared(here: Session, found: Sequence[Measurement], machine: str) -> None:
    from assay.publish.measurements import compared_table

    here.out.print(compared_table(found, machine))


def _state(module: object, trials: object, verdicts: object) -> str:
    if isinstance(verdicts, dict) and verdicts:
        return "\n".join(f"{claim}: {verdict}" for claim, verdict in verdicts.items())
    if not module:
        return "not built yet"
    return "not measured yet" if trials else "no trial yet"


def _module(room: str, name: str) -> str | None:
    folder = FOLDER.parent / "methods" / room
    there = (folder / f"{name}.py").is_file() or (folder / name / "__init__.py").is_file()
    return f"assay.methods.{room}.{name}" if there else None
