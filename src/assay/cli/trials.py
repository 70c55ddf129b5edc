"""``assay methods``, ``assay run`` and ``assay results``: claimed beside measured."""

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence, Sized
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import TypeAdapter

from assay.cli import Json, Session, app, session
from assay.cli.cluster import On, cluster_at, run_there, trials_for
from assay.cli.where import module
from assay.papers.catalogue import FOLDER, catalogue, entry_of, room_of
from assay.papers.measurement import Measurement
from assay.papers.models import Noun
from assay.papers.text import counted

if TYPE_CHECKING:
    from rich.progress import Progress

    from assay.testbed.progress import Show
    from assay.trials import Trial
    from assay.trials.plan import Size, TimeBox

RESULTS = FOLDER.parent / "results"
"""The measurements that we stand behind; they come with the package."""


class MethodRow(Noun):
    """One paper whose method is built, or could be."""

    paper: str
    name: str
    room: str
    title: str
    module: str | None
    """What to import; ``None`` if it is not built."""
    trials: int
    verdicts: dict[str, tuple[str, ...]]
    """By claim, what its trials found, one verdict each."""
    not_testable: dict[str, str]
    """By claim, why it cannot be tested here."""


class DurationRow(Noun):
    """How long the whole trials of one paper took, on one device of one machine."""

    paper: str
    name: str
    machine: str
    device: str
    trials: int
    seconds: float
    """Of those that are recorded."""
    not_recorded: int
    """Trials whose duration is not known."""


class Durations(Noun):
    """How long all trials took."""

    papers: tuple[DurationRow, ...]
    """The longest first."""
    seconds: float
    not_recorded: int


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
    rooms = list(map(room_of, room or []))
    measurements = known_measurements(here)
    trials = discover()
    rows = [
        MethodRow(
            paper=entry.id,
            name=entry.name,
            room=entry.room,
            title=entry.title,
            module=_module(entry.room, entry.name),
            trials=sum(trial.paper == entry.id for trial in trials),
            verdicts=_verdicts(each for each in measurements if each.paper == entry.id),
            not_testable={claim.key: claim.not_testable for claim in entry.claims if claim.not_testable},
        )
        for entry in catalogue().values()
        if (everything or _module(entry.room, entry.name)) and (not rooms or entry.room in rooms)
    ]
    if as_json:
        here.json(TypeAdapter(list[MethodRow]).dump_json(rows).decode())
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("room", "paper", "name", "state"):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*map(Text, (row.room, row.paper, row.name, _state(row))))
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
    long: Annotated[
        bool, typer.Option("--long", help="The size of up to an hour, of the trials that have one.")
    ] = False,
    real: Annotated[bool, typer.Option("--real", help="Only trials on a pretrained model.")] = False,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="PATH_OR_HUB_ID",
            help="Try methods on this model: a folder, a GGUF file, a hub's id, or a name from `assay models`.",
        ),
    ] = None,
    dtype: Annotated[
        str, typer.Option(help="Precision of the pretrained model: auto, float32, bfloat16 or float16.")
    ] = "auto",
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    repeats: Annotated[int | None, typer.Option(min=1, help="Rounds in which every arm is timed once.")] = None,
    seed: Annotated[int, typer.Option(help="Of everything random.")] = 0,
    minutes: Annotated[
        float | None,
        typer.Option(min=0, help="Run as many as fit: headlines first, then what has no result, then the shortest."),
    ] = None,
    on: On = None,
    cpus: Annotated[
        int, typer.Option(min=1, help="With --on: CPUs and threads of a trial; one that reads a clock gets a node.")
    ] = 1,
    memory: Annotated[
        float | None, typer.Option(min=0, help="With --on: GB that a trial asks for; default 2, on a model 4.")
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="With --on: also trials that the cluster has measured already.")
    ] = False,
    plot: Annotated[
        Path | None, typer.Option(help="Draw claimed, baseline and measured into this SVG or PNG file.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure what papers claim, on this machine or a cluster, beside what people use today.

    A trial that is interrupted goes on where it was when the same command is given again. Some trials are handed a
    pretrained model: one that a package carries and that is fetched once, or with --model your own. Where none is to be
    had, the others are run. With --minutes no trial is started that is not expected to end in time; what did not fit is
    listed. Exit code 1 says that a trial broke; a claim that does not hold is a result, not an error.
    """
    from assay.publish.measurements import print_measurement
    from assay.trials.plan import TimeBox

    here = session(context)
    if quick and long:
        raise ValueError("--quick and --long are two sizes of a trial: give one")
    trials = _select(papers or [], everything=everything, rooms=[name.strip().lower() for name in room or []])
    if real or model is not None:
        trials = _only(trials, "is tried on a pretrained model", lambda trial: trial.pretrained)
    if long:
        trials = _only(trials, "has a size of up to an hour", lambda trial: trial.long)
    if on is None and (cpus != 1 or memory is not None or again):
        raise ValueError("--cpus, --memory and --again are of trials on a cluster: give --on")
    _need_torch()
    size: Size = "quick" if quick else "long" if long else "cuda" if device == "cuda" else "cpu"
    _check_options(device, dtype)
    options = {"device": device, "repeats": repeats, "seed": seed, "model": model, "dtype": dtype}
    measurements: list[Measurement] = []
    with cluster_at(here, on) as cluster:
        if cluster is None:
            trials = _with_model(here, trials, model)
        else:
            options["model"] = model if model is None or not Path(model).exists() else str(Path(model).resolve())
            trials = trials_for(here, cluster, trials, size, options, again=again)
        total = len(trials)
        box = None if minutes is None else TimeBox(60 * minutes)
        fitting = trials if box is None else _fitting(here, box, trials, size=size, device=device)
        if cluster is None:
            runs = _run(here, trials, fitting, size, options)
        else:
            runs = run_there(here, cluster, trials, fitting, size, options, cpus=cpus, memory=memory)
        with closing(runs):
            for each in runs:
                measurements.append(each)
                if not as_json:
                    print_measurement(here.out, each)
    if as_json:
        here.json(_rows(measurements))
    if plot is not None and measurements:
        from assay.publish.plot import plot_measurements

        plot_measurements(measurements, plot)
    remainder = box.remainder if box else []
    if remainder:
        names = ", ".join(f"{trial.entry.name} ({trial.claim})" for trial in remainder)
        here.err.print(f"{len(remainder)} of {total} trials did not fit into {minutes:g} min: {names}", markup=False)
    if len(measurements) + len(remainder) < total:
        raise typer.Exit(1)


@app.command()
def results(
    context: typer.Context,
    papers: Annotated[
        list[str] | None, typer.Argument(help="Only these papers: arXiv ids, links or short names.")
    ] = None,
    compare: Annotated[str | None, typer.Option(help="Also show this machine's figures beside ours.")] = None,
    by_model: Annotated[
        bool, typer.Option("--by-model", help="What was found on each pretrained model, side by side.")
    ] = False,
    export: Annotated[Path | None, typer.Option(help="Copy what was measured here into a folder of results.")] = None,
    bring_in: Annotated[Path | None, typer.Option("--import", help="Take in a folder of results.")] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw them all into this SVG or PNG file.")] = None,
    full: Annotated[bool, typer.Option("--full", help="Every arm, every condition, the setting.")] = False,
    durations: Annotated[bool, typer.Option("--durations", help="How long the trials took, paper by paper.")] = False,
    restamp: Annotated[
        bool,
        typer.Option("--restamp", help="Keep the results that come with Assay where today's code computes the same."),
    ] = False,
    against: Annotated[
        str | None, typer.Option(metavar="COMMIT", help="With --restamp: run the code of this commit beside today's.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what was measured: on this machine, and the results that come with Assay.

    --restamp runs quick trials anew and compares every figure that is not a time, bit for bit: with those kept beside
    the result, or, --against a commit, with what the code of that commit computes now. Exit code 1 says that a result
    was left as it was.
    """
    from assay.trials.results import read_results, stale, write_results

    here = session(context)
    ids = [entry_of(paper).id for paper in papers or []]
    if against is not None and not restamp:
        raise ValueError("--against names the code to --restamp results against: give both")
    if restamp:
        _restamp(here, ids, against)
        return
    with here.store() as store:
        if bring_in is not None:
            new = store.keep(read_results(bring_in))
            here.err.print(f"new: {counted(len(new), 'measurement')}", markup=False)
        if export is not None:
            whole = [each for each in store.measurements() if not each.quick and (not ids or each.paper in ids)]
            for file in write_results(export, whole):
                here.err.print(f"wrote {file}", markup=False)
    available = known_measurements(here)
    measurements = [each for each in available if not ids or each.paper in ids]
    machines = sorted({each.machine.name for each in available})
    if compare is not None and compare not in machines:
        raise ValueError(f"nothing was measured on {compare!r} (there is: {', '.join(machines) or 'nothing yet'})")
    if plot is not None:
        from assay.publish.plot import plot_measurements

        plot_measurements(measurements, plot)
    if not as_json:
        _warn_of_versions(here, measurements)
    if durations:
        _show_durations(here, measurements, as_json=as_json)
    elif as_json:
        here.json(_rows(measurements))
    elif not measurements and ids:
        here.out.print(f"Nothing has been measured yet of {', '.join(papers or [])}; `assay run` does.", markup=False)
    elif not measurements:
        here.out.print("Nothing has been measured yet; `assay run --quick --all` does.")
    elif compare is not None:
        from assay.publish.measurements import compared_table

        here.out.print(compared_table(measurements, compare))
    elif by_model:
        from assay.publish.measurements import models_table

        if not any(each.pretrained for each in measurements):
            raise ValueError("nothing was measured on a pretrained model yet; `assay run --real --all` does")
        here.out.print(models_table(measurements))
    elif full:
        _print(here, measurements)
    else:
        from assay.publish.measurements import overview

        here.out.print(overview(measurements, [each for each, _ in stale(measurements)]))


def _select(papers: Sequence[str], *, everything: bool, rooms: Sequence[str]) -> "list[Trial]":
    from assay.trials import discover

    trials = discover()
    ids: list[str] = []
    for query in papers:
        entry = entry_of(query)
        if not any(trial.paper == entry.id for trial in trials):
            raise ValueError(f"{entry.id} ({entry.name}) has no trial yet")
        ids.append(entry.id)
    available = {trial.entry.room for trial in trials}
    for room in rooms:
        if room not in available:
            raise ValueError(f"no trial is in room {room!r} (there are: {', '.join(sorted(available))})")
    selection = [t for t in trials if everything or t.paper in ids or t.entry.room in rooms]
    if not selection:
        raise ValueError("which trial? Name papers, or give --room or --all; `assay methods` lists them")
    return sorted(selection, key=lambda trial: ids.index(trial.paper) if trial.paper in ids else len(ids))


def _only(trials: "Sequence[Trial]", what: str, is_one: "Callable[[Trial], bool]") -> "list[Trial]":
    """Those of the trials that are meant.

    Raises:
        ValueError: None of them is.
    """
    some = [trial for trial in trials if is_one(trial)]
    if not some:
        raise ValueError(f"no trial of {', '.join(dict.fromkeys(trial.entry.name for trial in trials))} {what}")
    return some


def _check_options(device: str, dtype: str) -> None:
    from assay.testbed.pretrained import DTYPES

    if device not in ("cpu", "cuda"):
        raise ValueError(f"device is {device!r}: a trial runs on 'cpu' or 'cuda'")
    if dtype not in DTYPES:
        raise ValueError(f"--dtype is {dtype!r}: choose {', '.join(DTYPES)}")


def _with_model(here: Session, trials: "list[Trial]", model: str | None) -> "list[Trial]":
    """The trials that can be run: without those that need a pretrained model, where there is none to be had.

    Raises:
        ValueError: The reader's model cannot be used, or all of the trials need one that is not to be had.
    """
    from assay.testbed.pretrained import DEFAULT, find_language_model
    from assay.testbed.resources import NotFetchedError

    if not any(trial.pretrained for trial in trials):
        return trials

    try:
        find_language_model(model or DEFAULT, say=here.say)
    except NotFetchedError as error:
        others = [trial for trial in trials if not trial.pretrained]
        if model is not None or not others:
            raise
        here.say(f"{error}; the {len(trials) - len(others)} trials on it are left out")
        return others
    return trials


def _need_torch() -> None:
    from importlib.util import find_spec

    if find_spec("torch") is None or find_spec("transformers") is None:
        raise ValueError("running trials needs torch and transformers: pip install '.[run]' in a clone of Assay")


def _fitting(
    here: Session, box: "TimeBox", trials: "Sequence[Trial]", *, size: "Size", device: str
) -> "Iterator[Trial]":
    """Choose the trials to run, in the order of what they are worth, as long as they fit."""
    from assay.trials.machine import this_machine
    from assay.trials.plan import seconds_of, sort_by_worth

    measurements, machine = known_measurements(here), this_machine().name
    seconds = seconds_of(trials, measurements, machine=machine, device=device, size=size)
    return box.fitting(sort_by_worth(trials, measurements, machine=machine, device=device), seconds)


def _run(
    here: Session,
    trials: "Sequence[Trial]",
    fitting: "Iterable[Trial]",
    size: "Size",
    options: dict[str, Any],
) -> Generator[Measurement]:
    """Run those trials that fit; yield each measurement as soon as it is there. One that breaks is reported."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from assay.testbed.pretrained import DEFAULT
    from assay.trials import run_trial
    from assay.trials.running import device_of
    from assay.trials.source import source_hashes

    device_of(options["device"])
    hashes = source_hashes(trials)
    model = options["model"] or DEFAULT
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with here.store() as store, Progress(*columns, console=here.err, transient=True) as progress:
        whole = progress.add_task("trials", total=len(trials))
        for trial in fitting:
            progress.update(whole, description=f"{trial.entry.name}: {trial.what or trial.function}")
            try:
                measurement = run_trial(
                    trial,
                    quick=size == "quick",
                    long=size == "long",
                    **options | {"model": model},
                    progress=_bars_of(progress),
                    store=store,
                    drafts=here.settings.home / "drafts",
                    with_quick_run=True,
                    code=hashes[trial.id],
                )
            except ValueError as error:
                what = f"{trial.entry.name} ({trial.claim})"
                on = f"cannot be tried on {model}" if trial.pretrained else "broke"
                here.err.print(f"{what} {on}: {error}", style="red", markup=False, soft_wrap=True)
            except Exception as error:  # noqa: BLE001 - one broken trial must not take the others with it
                here.err.print(f"{trial.id} broke: {type(error).__name__}: {error}", style="red", markup=False)
            else:
                progress.stop()  # so that the bar does not run through what is printed meanwhile
                yield measurement
                progress.start()
            progress.advance(whole)


def _bars_of(progress: "Progress") -> "Show":
    """Show the long steps of a trial as further bars under that of the trials."""

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


def _restamp(here: Session, papers: Sequence[str], against: str | None) -> None:
    from tempfile import TemporaryDirectory

    from assay.trials.restamp import restamp, runs_from, runs_here, take_out
    from assay.trials.results import read_results, write_results
    from assay.trials.source import PACKAGE

    _need_torch()
    measurements = [each for each in read_results(RESULTS) if not each.quick and (not papers or each.paper in papers)]
    if not measurements:
        raise ValueError(f"{RESULTS} has no results of {', '.join(papers) or 'any paper'} to restamp")
    refusals = 0
    with TemporaryDirectory() as folder:
        if against is None:
            outcomes = restamp(measurements, today=runs_here)
        else:
            before = runs_from(take_out(against, Path(folder)))
            outcomes = restamp(measurements, today=runs_from(PACKAGE.parent), before=before)
        for outcome in outcomes:
            each = outcome.measurement
            what = f"{each.name} ({each.claim}, {each.machine.name}, {each.device})"
            if outcome.changed:
                write_results(RESULTS, [each])
            refusals += bool(outcome.problems)
            if outcome.problems:
                here.out.print(f"{what}: left as it was", style="yellow", markup=False, soft_wrap=True)
                for problem in outcome.problems:
                    here.out.print(f"  {problem}", markup=False, soft_wrap=True)
            else:
                here.out.print(f"{what}: {outcome.note}", markup=False, soft_wrap=True)
    if refusals:
        raise typer.Exit(1)


def _show_durations(here: Session, measurements: Iterable[Measurement], *, as_json: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from assay.papers.measurement import figure

    durations = durations_of(measurements)
    if as_json:
        here.json(durations.model_dump_json())
        return
    table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for column in ("method", "trials", "time", "machine"):
        table.add_column(column, overflow="fold")
    total = DurationRow(
        paper="",
        name="in total",
        machine="",
        device="",
        trials=sum(row.trials for row in durations.papers),
        seconds=durations.seconds,
        not_recorded=durations.not_recorded,
    )
    for row in (*durations.papers, total):
        times = [figure(row.seconds, "s")] if row.not_recorded < row.trials else []
        if row.not_recorded:
            times.append(f"{row.not_recorded} not recorded" if times else "not recorded")
        where = f"{row.machine}, {row.device}" if row.machine else ""
        table.add_row(*map(Text, (row.name, str(row.trials), ", ".join(times), where)))
    here.out.print(table)


def durations_of(measurements: Iterable[Measurement]) -> Durations:
    """How long whole trials took, added up by paper, machine and device."""
    groups: dict[tuple[str, str, str, str], list[float | None]] = {}
    for each in measurements:
        if not each.quick:
            groups.setdefault((each.paper, each.name, each.machine.name, each.device), []).append(each.seconds)
    rows = [
        DurationRow(
            paper=paper,
            name=name,
            machine=machine,
            device=device,
            trials=len(seconds),
            seconds=sum(each for each in seconds if each is not None),
            not_recorded=seconds.count(None),
        )
        for (paper, name, machine, device), seconds in groups.items()
    ]
    return Durations(
        papers=tuple(sorted(rows, key=lambda row: -row.seconds)),
        seconds=sum(row.seconds for row in rows),
        not_recorded=sum(row.not_recorded for row in rows),
    )


def warnings_of_versions(measurements: Iterable[Measurement]) -> list[str]:
    """A line for each library that is installed in another version than results were measured with."""
    from collections import Counter

    from assay.trials.machine import other_versions

    pairs = Counter((name, *pair) for each in measurements for name, pair in other_versions(each.versions).items())
    return [
        f"{count} {'result was' if count == 1 else 'results were'} measured with {name} {measured}; "
        f"{installed} is installed here"
        for (name, measured, installed), count in sorted(pairs.items())
    ]


def _warn_of_versions(here: Session, measurements: Iterable[Measurement]) -> None:
    for line in warnings_of_versions(measurements):
        here.err.print(f"warning: {line}", style="yellow", markup=False)


def known_measurements(here: Session) -> list[Measurement]:
    """What was measured here and what comes with Assay, to be shown; of two of the same kind, the newer.

    All of it is held against the claims as the catalogue states them today, and without the figures of quick runs.
    """
    from assay.trials.results import judge_again, read_results, sort_measurements

    with here.store() as store:
        measurements = [*(read_results(RESULTS) if RESULTS.is_dir() else []), *store.measurements()]
    latest = {(each.machine.name, each.key): each for each in sorted(measurements, key=lambda each: each.taken_at)}
    return sort_measurements(each.model_copy(update={"quick_run": None}) for each in judge_again(latest.values()))


def _rows(measurements: Sequence[Measurement]) -> str:
    from assay.publish.results import ResultRow, result_rows
    from assay.trials.results import stale

    rows = result_rows(measurements, outdated=[each for each, _ in stale(measurements)])
    return TypeAdapter(list[ResultRow]).dump_json(rows).decode()


def _print(here: Session, measurements: Sequence[Measurement]) -> None:
    from assay.publish.measurements import print_measurement
    from assay.trials.results import stale

    reasons = {id(each): why for each, why in stale(measurements)}
    for each in measurements:
        print_measurement(here.out, each, stale=reasons.get(id(each), ""))


def _verdicts(measurements: Iterable[Measurement]) -> dict[str, tuple[str, ...]]:
    """By claim, the verdicts of its trials on each model, whole runs before quick ones and the newest of each."""
    latest: dict[tuple[str, str], Measurement] = {}
    for each in sorted(measurements, key=lambda each: (not each.quick, each.taken_at)):
        trial, model, *_ = each.key
        latest[trial, model] = each
    verdicts: dict[str, list[str]] = {}
    for _, each in sorted(latest.items(), key=lambda item: item[0]):
        verdicts.setdefault(each.claim, []).append(each.verdict.value)
    return {claim: tuple(words) for claim, words in verdicts.items()}


def _state(row: MethodRow) -> str:
    if not row.module:
        return "not built yet"
    lines = [f"{claim}: {', '.join(verdicts)}" for claim, verdicts in row.verdicts.items()]
    lines = lines or ["not measured yet" if row.trials else "no trial yet"]
    if count := len(row.not_testable):
        lines.append(f"{count} more {'claim' if count == 1 else 'claims'} not testable here")
    return "\n".join(lines)


def _module(room: str, name: str) -> str | None:
    there = module(FOLDER.parent / "methods" / room, name).exists()
    return f"assay.methods.{room}.{name}" if there else None
