"""Restamping: a result gets the hash of changed code where that computes the same, and of no other."""

import shutil
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from assay.papers.comparison import Arm, Comparison
from assay.papers.measurement import Curve, Evidence, Line, Measurement, QuickRun
from assay.trials import Bench, restamp, run_trial, running, trial
from assay.trials.declaration import trial_of
from assay.trials.restamp import Outcome, Rerun, Runs, runs_from, runs_here, take_out
from assay.trials.source import PACKAGE, source_hash
from tests.papers.measured import TIMES, measurement

OLD = "1" * 64
COST = [9.0]
NAME = ["cost"]


@trial("2502.18137", claim="operator-speedup")
def costs(bench: Bench) -> None:
    """A count, and a time beside it."""
    bench.setting("simulated", differs="numbers in place of a model")
    figures = {"dense": 27.0 + bench.seed, "ours": COST[0]}
    bench.claim(bench.compare(NAME[0], figures, candidate="ours", baseline="dense", unit="FLOP", better="lower"))
    bench.time("call", {"dense": lambda: None, "ours": lambda: None}, candidate="ours", baseline="dense")


@trial("2502.18137", claim="operator-speedup")
def only_times(bench: Bench) -> None:
    """A time, and nothing else."""
    bench.setting("simulated", differs="numbers in place of a model")
    bench.claim(bench.time("call", {"dense": lambda: None, "ours": lambda: None}, candidate="ours", baseline="dense"))


@trial("2502.18137", claim="operator-speedup", pretrained=True)
def handed(bench: Bench) -> None:
    """Parameters."""
    lm = bench.on_pretrained("they are counted")
    figures = {"dense": 2.0 * lm.parameters, "ours": 1.0 * lm.parameters}
    bench.claim(bench.compare("cost", figures, candidate="ours", baseline="dense", better="lower"))


@pytest.fixture(autouse=True)
def _only_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restamp, "discover", lambda: (trial_of(costs), trial_of(only_times)))
    monkeypatch.setattr(f"{__name__}.COST", [9.0])
    monkeypatch.setattr(f"{__name__}.NAME", ["cost"])


def result(function: Callable[[Bench], None] = costs, **changes: object) -> Measurement:
    """A whole measurement by code that is no more."""
    return run_trial(function, repeats=3, with_quick_run=True).model_copy(update={"source_hash": OLD} | changes)


def outcome(each: Measurement, today: Runs = runs_here, before: Runs | None = None) -> Outcome:
    (only,) = restamp.restamp([each], today=today, before=before)
    return only


def test_a_result_gets_todays_hash_where_all_figures_are_equal() -> None:
    old = result()
    stamped = outcome(old)
    assert stamped.problems == ()
    assert stamped.note == "3 figures are equal"
    assert stamped.measurement == old.model_copy(update={"source_hash": source_hash(trial_of(costs))})


def test_a_figure_that_is_another_is_named_and_nothing_changes() -> None:
    old = result()
    COST[0] = 9.000000000000002
    refusal = outcome(old)
    assert (refusal.changed, refusal.measurement) == (False, old)
    assert refusal.problems == ("cost: 9.0 became 9.000000000000002", "cost: ratio: 3.0 became 2.9999999999999996")
    NAME[0] = "price"
    assert {"cost: is no longer there", "price: is new"} <= set(outcome(old).problems)


def test_the_seed_is_that_of_the_result() -> None:
    old = run_trial(costs, repeats=3, seed=4, with_quick_run=True).model_copy(update={"source_hash": OLD})
    assert outcome(old).changed


def test_a_result_on_a_pretrained_model_needs_the_very_same_one(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restamp, "discover", lambda: (trial_of(handed),))
    defaults: dict[str, object] = running.run_trial.__kwdefaults__ or {}
    monkeypatch.setattr(running.run_trial, "__kwdefaults__", defaults | {"model": tiny_model})
    old = run_trial(handed, repeats=3, with_quick_run=True).model_copy(update={"source_hash": OLD})
    assert old.pretrained is not None
    assert outcome(old).changed
    other = old.model_copy(update={"pretrained": old.pretrained.model_copy(update={"fingerprint": "2" * 64})})
    assert outcome(other).problems == ("it was measured on tiny-float32-22222222, which is not at hand",)


def test_a_result_that_is_nothing_but_times_must_be_measured_again() -> None:
    assert outcome(result(only_times)).problems == ("it has nothing but times to compare: run it again",)


def test_a_trial_that_breaks_is_a_problem_of_its_own() -> None:
    broken, good = result(), result()
    COST.clear()
    (first, second) = restamp.restamp([broken, good], today=runs_here)
    assert first.problems == second.problems == ("today: its trial broke: IndexError: list index out of range",)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"quick_run": None}, "no quick run is kept with it: name the commit it was measured with, --against"),
        ({"versions": {"torch": "1.0.0"}}, "it was measured on another machine, or with other versions or threads"),
        ({"threads": 99}, "it was measured on another machine, or with other versions or threads"),
        ({"trial": "assay.trials.attention.sparge_attn:gone"}, "its trial is no longer there"),
        ({"claim": "mochi-end-to-end"}, "its trial now measures another claim"),
    ],
)
def test_what_cannot_be_compared_is_left(changes: dict[str, object], problem: str) -> None:
    (line,) = outcome(result().model_copy(update=changes)).problems
    assert line.startswith(problem)


def test_a_quick_run_is_added_while_the_hash_is_that_of_today() -> None:
    old = result(source_hash=source_hash(trial_of(costs)), quick_run=None)
    added = outcome(old)
    assert added.changed
    assert added.measurement == old.model_copy(update={"quick_run": result().quick_run})
    assert outcome(added.measurement) == Outcome(added.measurement, note="is up to date")


def runs(*reruns: Rerun) -> Runs:
    def run(measurements: Sequence[Measurement]) -> Iterator[Rerun]:
        assert len(measurements) == len(reruns)
        return iter(reruns)

    return run


def test_against_other_code_its_own_figures_and_hash_decide() -> None:
    """A result from another machine keeps what was kept with it: these figures are not of that machine."""
    old = result(threads=99)
    quick = old.quick_run
    assert quick is not None
    stamped = outcome(old, before=runs(Rerun(OLD, quick)))
    assert stamped.changed
    assert stamped.measurement.quick_run == quick
    other = quick.model_copy(update={"figures": quick.figures | {"cost: dense": 28.0}})
    assert outcome(old, before=runs(Rerun(OLD, other))).problems == ("cost: dense: 28.0 became 27.0",)
    problem = "it was measured with other code than that commit's"
    assert outcome(old, before=runs(Rerun("2" * 64, quick))).problems == (problem,)
    assert outcome(old, before=runs(Rerun(problem="gone"))).problems == ("then: gone",)


def test_a_quick_run_holds_every_figure_that_is_no_time() -> None:
    each = measurement(
        quick=True,
        comparison=TIMES,
        beside=(
            Comparison(metric="error", better="lower", candidate=float("nan"), at_most=0.06, interval=(0.1, 0.2)),
            Comparison(metric="time of a pass, by another's", unit="x", better="lower", candidate=2.0),
            Comparison(metric="loss", unit="nats", better="lower", candidate=1.0, baseline=Arm(name="base", value=2.0)),
        ),
        curves=(
            Curve(
                name="recall",
                along="tokens",
                at=(8.0, 16.0),
                lines=(Line(name="", values=(1.0, 2.0), low=(0.0, 0.0), high=(3.0, 3.0)),),
            ),
        ),
    )
    quick = QuickRun.of(each)
    assert quick.evidence is Evidence.SIMULATED
    assert quick.figures.keys() == {
        "error", "error: at most", "error: interval, low", "error: interval, high", "loss", "loss: base",
        "recall at 8", "recall at 16", "recall at 8: low", "recall at 16: low", "recall at 8: high",
        "recall at 16: high",
    }  # fmt: skip
    again = QuickRun.model_validate_json(quick.model_dump_json())
    assert quick.differences(again) == []  # NaN equals NaN
    changed = again.model_copy(update={"evidence": Evidence.REAL_MODEL, "is_own_setting": True})
    assert quick.differences(changed) == ["evidence: simulated became real model, own setting"]


def test_a_commit_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the code of no-such-commit cannot be taken out of"):
        take_out("no-such-commit", tmp_path)


@pytest.mark.slow
def test_code_out_of_git_runs_beside_todays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole copy of the package in a repository of its own: one commit, then a change that alters a figure."""
    package = tmp_path / "repository/src/assay"
    shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__", "results"))
    git = ["git", "-C", str(tmp_path / "repository"), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *command], check=True)
    monkeypatch.setattr("assay.trials.restamp.PACKAGE", package)
    counted = package / "trials/architecture/scone_fgrams.py"
    each = measurement(trial="assay.trials.architecture.scone_fgrams:table_size", device="cpu")
    missing = measurement(trial="assay.trials.architecture.scone_fgrams:gone", device="cpu")

    source = take_out("HEAD", tmp_path / "then")
    counted.write_text(counted.read_text(encoding="utf-8").replace("table_size(bench", "size_of_table(bench"))
    before, no_trial = runs_from(source)([each, missing])
    assert before.quick_run is not None
    assert before.quick_run.figures
    assert len(before.source_hash) == 64
    assert no_trial.problem == "that code has no such trial"
    (today,) = runs_from(package.parent)([each])
    assert today.problem == "that code has no such trial"
    assert list(runs_from(tmp_path)([])) == []
