"""On a real cluster of two workers: what ends well, what breaks, who dies, and that nothing is left running."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.cluster import Cluster, Needs, Work, check_sources
from assay.digest.extracting import extract_on
from assay.digest.ledger import bring_up_to_date
from assay.papers.measurement import Measurement, QuickRun
from assay.papers.models import Paper
from assay.store import LedgerLine, Store, open_store
from assay.trials import discover, run_trial
from assay.trials.declaration import Trial, TrialFunction, trial_of
from assay.trials.on_ray import Outcome, run_on
from assay.trials.source import source_hashes, timed
from tests.cluster import small
from tests.cluster.conftest import ROOT, Workers
from tests.cluster.small import Seen

pytestmark = pytest.mark.slow


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "assay.db") as opened:
        yield opened


@pytest.fixture(autouse=True)
def _nothing_noted(workers: Workers) -> None:
    for file in small.folder().rglob("*"):
        if file.is_file():
            file.unlink()


def run(
    cluster: Cluster, store: Store, *functions: TrialFunction | Trial, watch: Seen | None = None, **options: Any
) -> dict[str, Outcome]:
    trials = [each if isinstance(each, Trial) else trial_of(each) for each in functions]
    outcomes = run_on(
        cluster,
        trials,
        options={"quick": True} | options,
        codes=source_hashes(trials),
        timed=timed(trials),
        drafts=small.folder() / "drafts",
        store=store,
        watch=watch or Seen(),
    )
    return {outcome.trial.function: outcome for outcome in outcomes}


def is_idle() -> bool:
    """Whether no task has any CPU of the cluster."""
    import ray

    free: float = ray.available_resources().get("CPU", 0.0)
    every: float = ray.cluster_resources()["CPU"]
    return free == every


def test_real_trials_come_to_what_they_come_to_here(cluster: Cluster, store: Store) -> None:
    names = {"storage_llama31", "table_size"}
    trials = [trial for trial in discover() if trial.function in names]
    outcomes = run(cluster, store, *trials)
    there = {name: outcome.measurement for name, outcome in outcomes.items()}
    assert there.keys() == names
    for trial in trials:
        here, one = run_trial(trial, quick=True), there[trial.function]
        assert one is not None
        assert QuickRun.of(one) == QuickRun.of(here)
        assert (one.source_hash, one.machine, one.seed) == (here.source_hash, here.machine, here.seed)
    assert sorted(each.trial for each in store.measurements()) == sorted(trial.id for trial in trials)


def test_one_that_breaks_is_reported_and_not_tried_again_and_others_go_on(cluster: Cluster, store: Store) -> None:
    outcomes = run(cluster, store, small.broken, small.refused, small.plain)
    assert (outcomes["broken"].problem, outcomes["broken"].is_refusal) == ("RuntimeError: no such kernel", False)
    assert (outcomes["refused"].problem, outcomes["refused"].is_refusal) == ("the loss is nan at step 3", True)
    assert small.notes("broken") == ["begun"]
    assert [each.trial for each in store.measurements()] == [trial_of(small.plain).id]


def test_a_trial_whose_worker_is_killed_goes_on_from_its_draft(cluster: Cluster, store: Store) -> None:
    watch = Seen()
    outcomes = run(cluster, store, small.dies_once, watch=watch)
    assert outcomes["dies_once"].measurement is not None
    assert small.notes("dead") == ["killed"]
    assert small.notes("slow") == ["done"]  # once: the second worker had it from the first one's draft
    assert watch.began_on == [("dies_once", False), ("dies_once", True)]
    assert watch.over == ["dies_once"]
    assert not list((small.folder() / "drafts").glob("*.json"))


def test_work_of_a_killed_node_is_done_on_another(cluster: Cluster, workers: Workers) -> None:
    for _ in range(2):
        workers.add(num_cpus=1, resources={"spare": 1})
    killed: list[str] = []

    def kill_the_first() -> None:
        nodes = small.notes("where")
        if nodes and not killed:
            killed.append(nodes[0])
            workers.kill_id(nodes[0])
        if len(nodes) > 1:
            (small.folder() / "where-go").touch()

    work = Work("one", ("where",), Needs(cpus=1, resources={"spare": 1.0}))
    [done] = cluster.run(small.where, [work], tick=kill_the_first)
    assert (done.key, done.problem) == ("one", "")
    assert [*killed, done.value] == small.notes("where")
    workers.kill_id(str(done.value))


def test_a_trial_that_reads_a_clock_has_a_node_to_itself(cluster: Cluster, store: Store) -> None:
    functions = [small.lingers, small.lingers_too, small.lingers_as_well]
    trials = [trial_of(each) for each in functions]
    assert timed(trials) == {trial.id for trial in trials}  # by `time.time`
    clock = trials[0].id
    outcomes = run_on(
        cluster,
        trials,
        options={"quick": True},
        codes=source_hashes(trials),
        timed={clock},
        drafts=small.folder() / "drafts",
        store=store,
        watch=Seen(),
    )
    threads = {each.trial.id: each.measurement.threads for each in outcomes if each.measurement}
    assert threads == {trial.id: 2 if trial.id == clock else 1 for trial in trials}
    [alone] = [line.split() for line in small.notes("lingered") if line.split()[2] == "2"]
    for line in small.notes("lingered"):
        _, node, count, began, ended = line.split()
        assert count == "2" or node != alone[1] or float(began) >= float(alone[4]) or float(ended) <= float(alone[3])


def test_what_no_node_has_is_refused_at_once(cluster: Cluster, store: Store) -> None:
    with pytest.raises(ValueError, match=r"^no node of the cluster has 1 CPU and 1 GPU: it has \d nodes, \d CPUs$"):
        run(cluster, store, small.plain, device="cuda")


def test_a_node_with_another_assay_is_refused_in_a_line(
    cluster: Cluster, workers: Workers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assay.cluster.nodes import read_nodes

    check_sources(cluster.nodes)
    (tmp_path / "assay").mkdir()
    (tmp_path / "assay" / "__init__.py").write_text('__version__ = "9.9"\n', encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    node = workers.add(num_cpus=1)
    with pytest.raises(ValueError, match=r"^node \S.* has Assay 9\.9, here is \S+: install the same there$"):
        check_sources(read_nodes())
    workers.kill(node)


def test_claims_read_on_the_cluster_are_those_read_here(cluster: Cluster, tmp_path: Path) -> None:
    texts = [
        f"Our method is {n}x faster than dense attention and reaches {n}.5% accuracy on MMLU." for n in range(2, 9)
    ]
    papers = [
        Paper(id=f"2401.{number:05}", title=f"Paper {number}", abstract=texts[number % len(texts)])
        for number in range(1, 411)
    ]
    ledgers: list[list[LedgerLine]] = []
    progress: list[tuple[int, int]] = []
    for extractor in (None, extract_on(cluster)):
        with open_store(tmp_path / f"{len(ledgers)}.db") as store:
            store.add(source="test", papers=papers)
            if extractor:
                assert bring_up_to_date(store, lambda done, total: progress.append((done, total)), extractor) == 410
                assert bring_up_to_date(store, extractor=extractor) == 0
            else:
                bring_up_to_date(store)
            ledgers.append(store.ledger())
    assert ledgers[0] == ledgers[1]
    assert len(ledgers[0]) >= 410
    assert len(progress) == 3
    assert progress[-1] == (410, 410)


SCRIPT = """
import sys
from pathlib import Path
from assay.cluster import connect
from assay.store import open_store
from assay.trials.declaration import trial_of
from assay.trials.on_ray import run_on
from assay.trials.source import source_hashes
from tests.cluster import small
trials = [trial_of(small.plain), trial_of(small.waits)]
with connect(sys.argv[1]) as cluster, open_store(Path(sys.argv[2])) as store:
    for outcome in run_on(cluster, trials, options={"quick": True}, codes=source_hashes(trials), timed=set(),
                          drafts=small.folder() / "drafts", store=store, watch=small.Seen()):
        pass
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_nothing_runs_on_when_the_command_ends(
    cluster: Cluster, workers: Workers, tmp_path: Path, sign: signal.Signals
) -> None:
    """Interrupted or killed, it leaves no task running; what had arrived is stored, drafts included."""
    file = tmp_path / "assay.db"
    open_store(file).close()
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, workers.address, str(file)], cwd=ROOT)
    try:
        small.wait_until(lambda: small.notes("waits") and list((small.folder() / "drafts").glob("*.json")))
        small.wait_until(lambda: _measured(file))
        process.send_signal(sign)
        assert process.wait(timeout=60) != 0
    finally:
        process.kill()
        process.wait()
    small.wait_until(is_idle)
    pid = int(small.notes("waits")[0])
    small.wait_until(lambda: not Path(f"/proc/{pid}").exists() or "waits" not in _command(pid))
    assert [each.trial for each in _measured(file)] == [trial_of(small.plain).id]
    [draft] = (small.folder() / "drafts").glob("*.json")
    assert json.loads(draft.read_text(encoding="utf-8"))["values"] == {"slow step": 1}
    draft.unlink()


def _measured(file: Path) -> list[Measurement]:
    with open_store(file) as store:
        return store.measurements()


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    except OSError:
        return ""


def test_the_command_runs_trials_on_a_cluster_and_does_not_repeat_them(workers: Workers, tmp_path: Path) -> None:
    def assay() -> "subprocess.CompletedProcess[str]":
        command = ["run", "clustering_on_difficulty", "--quick", "--json", "--on", workers.address]
        variables = os.environ | {"ASSAY_HOME": str(tmp_path), "COLUMNS": "200"}
        return subprocess.run(
            [sys.executable, "-m", "assay", *command], check=False, capture_output=True, text=True, env=variables
        )

    first = assay()
    assert first.returncode == 0, first.stderr
    rows = json.loads(first.stdout)
    assert {row["name"] for row in rows} == {"clustering_on_difficulty"}
    assert "on Ray: 2 nodes, 3 CPUs" in first.stderr
    second = assay()
    assert (second.returncode, json.loads(second.stdout)) == (0, [])
    assert f"{len(rows)} trials left out: measured on this cluster by the code of today" in second.stderr
