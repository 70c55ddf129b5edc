"""``--on``: trials, and the reading of claims, on a Ray cluster; what commands share of it."""

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli import Session
from assay.papers.measurement import Measurement
from assay.papers.text import counted

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from assay.cluster import Cluster
    from assay.trials import Trial
    from assay.trials.on_ray import Steps
    from assay.trials.plan import Size

On = Annotated[
    str | None,
    typer.Option(
        "--on",
        metavar="ray|ray://HOST:PORT",
        help="On a Ray cluster: `ray` starts one on this machine; also HOST:PORT and auto.",
    ),
]


@contextmanager
def cluster_at(here: Session, address: str | None) -> "Iterator[Cluster | None]":
    """The cluster at an address, once each of its nodes is seen to have the Assay of here; none without an address."""
    if address is None:
        yield None
        return
    from assay.cluster import check_sources, connect

    with connect(address) as cluster:
        check_sources(cluster.nodes)
        here.say(f"on Ray: {cluster.description}")
        yield cluster


def trials_for(
    here: Session, cluster: "Cluster", trials: "list[Trial]", size: "Size", options: Mapping[str, Any], *, again: bool
) -> "list[Trial]":
    """Those of the trials that are to be run on a cluster: that can be, and whose results are not here yet.

    Raises:
        ValueError: A node lacks the reader's model, or none of the trials can be run.
    """
    from assay.testbed.pretrained import DEFAULT
    from assay.testbed.resources import NotFetchedError
    from assay.trials.on_ray import survey

    asked = options["model"]
    try:
        machines = survey(cluster, (asked or DEFAULT) if any(trial.pretrained for trial in trials) else None)
    except NotFetchedError as error:
        others = [trial for trial in trials if not trial.pretrained]
        if asked is not None or not others:
            raise
        here.say(f"{error}; the {len(trials) - len(others)} trials on it are left out")
        trials, machines = others, survey(cluster, None)
    if again:
        return trials
    measured = _measured(here, cluster, trials, machines, size, options)
    if measured:
        here.say(
            f"{counted(len(measured), 'trial')} left out: measured on this cluster by the code of today; "
            "--again measures anew"
        )
    return [trial for trial in trials if trial.id not in measured]


def _measured(
    here: Session,
    cluster: "Cluster",
    trials: "Sequence[Trial]",
    machines: frozenset[str],
    size: "Size",
    options: Mapping[str, Any],
) -> set[str]:
    """The ids of trials whose very measurement is kept: of today's code, same size, seed, model and machine."""
    from assay.testbed.pretrained import DEFAULT
    from assay.trials.on_ray import key_of_model
    from assay.trials.source import source_hashes

    codes = source_hashes(trials)
    with here.store() as store:
        kept = [
            each
            for each in store.measurements()
            if codes.get(each.trial) == each.source_hash
            and (each.size, each.device, each.seed) == (size, options["device"], options["seed"])
            and each.machine.name in machines
            and options["repeats"] in (None, each.repeats)
        ]
    if any(each.pretrained for each in kept):
        key = key_of_model(cluster, options["model"] or DEFAULT, options["dtype"])
        kept = [each for each in kept if each.pretrained is None or each.pretrained.key == key]
    return {each.trial for each in kept}


def run_there(
    here: Session,
    cluster: "Cluster",
    trials: "Sequence[Trial]",
    fitting: "Iterable[Trial]",
    size: "Size",
    options: dict[str, Any],
    *,
    cpus: int,
    memory: float | None,
) -> Generator[Measurement]:
    """Run those trials that fit on a cluster; yield each measurement once it is stored. One that breaks is reported."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from assay.testbed.pretrained import DEFAULT
    from assay.trials.on_ray import alone_first, run_on
    from assay.trials.source import source_hashes, timed

    model = options["model"] or DEFAULT
    codes, clocks = source_hashes(trials), timed(trials)
    sizes = {"quick": size == "quick", "long": size == "long", "model": model}
    columns = TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn()
    with here.store() as store, Progress(*columns, console=here.err, transient=True) as progress:
        outcomes = run_on(
            cluster,
            alone_first(trials, clocks) if fitting is trials else fitting,  # what fits is in the order of its worth
            options=options | sizes,
            codes=codes,
            timed=clocks,
            drafts=here.settings.home / "drafts",
            store=store,
            cpus=cpus,
            memory=None if memory is None else int(memory * 1e9),
            watch=_Bars(here, progress, len(trials)),
        )
        for outcome in outcomes:
            trial = outcome.trial
            if outcome.measurement is not None:
                progress.stop()  # so that no bar runs through what is printed meanwhile
                yield outcome.measurement
                progress.start()
                continue
            what = f"{trial.entry.name} ({trial.claim})" if outcome.is_refusal else trial.id
            on = f"cannot be tried on {model}" if outcome.is_refusal and trial.pretrained else "broke"
            here.err.print(f"{what} {on}: {outcome.problem}", style="red", markup=False, soft_wrap=True)


class _Bars:
    """Shows a bar for all trials, and one for each that is under way."""

    def __init__(self, here: Session, progress: "Progress", total: int) -> None:
        self._here, self._progress = here, progress
        self._all = progress.add_task("trials", total=total)
        self._bars: dict[str, tuple[TaskID, str]] = {}

    def began(self, trial: "Trial", node: str, *, again: bool) -> None:
        if again:
            self._here.say(f"{trial.entry.name} ({trial.claim}): its worker or node was lost; begun again on {node}")
        words = f"{trial.entry.name}: {trial.what or trial.function}, on {node}"
        if trial.id in self._bars:
            self._progress.update(self._bars[trial.id][0], description=words)
        else:
            self._bars[trial.id] = self._progress.add_task(words, total=None), words

    def moved(self, trial: "Trial", steps: "Steps") -> None:
        if trial.id in self._bars:
            bar, words = self._bars[trial.id]
            inner = "".join(f", {what}" for what, _, _ in steps[-1:])
            done, total = steps[0][1:] if steps else (0, None)
            self._progress.update(bar, description=words + inner, completed=done, total=total)

    def ended(self, trial: "Trial") -> None:
        self._progress.advance(self._all)
        if trial.id in self._bars:
            self._progress.remove_task(self._bars.pop(trial.id)[0])
