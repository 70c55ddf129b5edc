"""From a trial's function to a measurement that is kept: verdicts, breaking off, going on."""

import json
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from assay.papers.measurement import Measurement
from assay.papers.models import Noun
from assay.papers.verdict import Verdict
from assay.store import Store
from assay.testbed.tasks.reasoning import NotInstalledError
from assay.trials import Bench, run_trial, trial
from assay.trials.drafts import open_draft

PAPER, CLAIM = "2502.18137", "operator-speedup"  # 2.5 to 5 times
ERROR = 0.01
SECONDS = {"baseline": 0.03, "candidate": 0.006}  # long enough that a sample is one call
CALLS: list[str] = []
BREAK_AFTER: list[int] = []


def work(arm: str) -> None:
    CALLS.append(arm)
    if BREAK_AFTER and len(CALLS) > BREAK_AFTER[0]:
        raise KeyboardInterrupt


@trial(PAPER, claim=CLAIM)
def quotient(bench: Bench) -> None:
    """A large product against a small one."""
    bench.setting("simulated", differs="products of matrices")
    costs = {"large": 9.0, "small": 9.0 / bench.seed}
    bench.claim(bench.compare("cost", costs, candidate="small", baseline="large", unit="FLOP", better="lower"))
    bench.score("error", ERROR, better="lower", at_most=0.06)


@trial(PAPER, claim=CLAIM)
def timed(bench: Bench) -> None:
    """The same, by a clock on which each call takes its seconds."""
    bench.setting("as claimed")
    bench.once("slow step", lambda: CALLS.append("slow step"))
    arms = {"large": lambda: work("baseline"), "small": lambda: work("candidate")}
    bench.claim(bench.time("speed", arms, candidate="small", baseline="large"))


@trial(PAPER, claim=CLAIM)
def impossible(bench: Bench) -> None:
    """Nothing at all."""
    bench.not_testable("a video model of ten billion weights")


@trial(PAPER, claim=CLAIM)
def reasoned(bench: Bench) -> None:
    """What needs a package that is not there."""
    bench.setting("simulated", differs="questions")
    raise NotInstalledError("reasoning questions need the extra `reasoning`")


def test_a_trial_whose_package_is_not_installed_says_so_and_breaks_nothing() -> None:
    assert run_trial(reasoned, quick=True).missing == "reasoning questions need the extra `reasoning`"


@trial(PAPER, claim=CLAIM)
def forgetful(bench: Bench) -> None:
    """Measures nothing of its claim."""
    bench.setting("as claimed")
    bench.score("error", 1.0, better="lower")


@trial(PAPER, claim=CLAIM)
def silent(bench: Bench) -> None:
    """Says nothing of its setting."""
    costs = {"large": 9.0, "small": 3.0}
    bench.claim(bench.compare("cost", costs, candidate="small", baseline="large", better="lower"))


@trial(PAPER, claim=CLAIM)
def alone(bench: Bench) -> None:
    """Has no baseline, although the claim is a ratio."""
    bench.setting("as claimed")
    bench.claim(bench.compare("cost", 3.0, better="lower"))


@trial("2502.18137", claim="unheard-of")
def unclaimed(bench: Bench) -> None:
    """A claim that nobody makes."""


@trial("9912.99901", claim="it")
def unknown(bench: Bench) -> None:
    """A paper that nobody wrote."""


@pytest.fixture(autouse=True)
def _afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    CALLS.clear()
    BREAK_AFTER.clear()
    monkeypatch.setattr("assay.trials.timing.perf_counter", lambda: sum(SECONDS.get(arm, 0.0) for arm in CALLS))


@pytest.mark.parametrize(("times", "verdict"), [(3, Verdict.SEEN), (2, Verdict.DIRECTION_SEEN), (1, Verdict.NOT_SEEN)])
def test_the_verdict_follows_the_measurement(times: int, verdict: Verdict) -> None:
    run = run_trial(quotient, seed=times)
    assert run.comparison is not None
    assert (run.verdict, run.comparison.ratio, run.comparison.candidate) == (
        verdict,
        times,
        9.0 / times,
    )
    assert (run.paper, run.name, run.claim, run.claimed.value) == (
        PAPER,
        "sparge_attn",
        CLAIM,
        (2.5, 5.0),
    )
    assert (run.evidence, run.differs) == ("simulated", ("products of matrices",))
    assert run.what == "A large product against a small one."
    assert (run.device, run.seed, run.quick) == ("cpu", times, False)


@pytest.mark.parametrize("error", [0.07, float("nan")])
def test_a_broken_method_is_not_seen(error: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{__name__}.ERROR", error)
    assert run_trial(quotient, seed=3).verdict is Verdict.NOT_SEEN


def test_a_measurement_survives_json() -> None:
    run = run_trial(quotient, seed=3)
    assert run.comparison is not None
    broken = run.comparison.model_copy(update={"candidate": float("inf")})
    for each in (run, run.model_copy(update={"comparison": broken})):
        assert Measurement.model_validate_json(each.model_dump_json()) == each
    assert isinstance(run, Noun)


def test_timing_ends_in_a_measurement() -> None:
    run = run_trial(timed, quick=True)
    assert run.verdict in (Verdict.SEEN, Verdict.DIRECTION_SEEN)  # a quick run is never the claim's own setting
    assert (run.evidence, run.quick, run.repeats) == ("as claimed", True, 3)
    assert run.comparison is not None
    assert run.comparison.unit == "s"
    assert run.comparison.ratio_interval is not None
    assert {"torch", "transformers", "python", "assay"} <= run.versions.keys()
    assert run.machine.cores >= 1
    assert run.threads == torch.get_num_threads()


def test_what_is_missing_is_said() -> None:
    run = run_trial(impossible)
    assert (run.verdict, run.comparison, run.evidence) == (Verdict.NOT_TESTABLE, None, None)
    assert run.missing == "a video model of ten billion weights"


@pytest.mark.parametrize(
    ("function", "options", "message"),
    [
        (forgetful, {}, "measured nothing of its claim: hand one comparison to bench.claim"),
        (silent, {}, "does not say what it is run on: call bench.setting"),
        (alone, {}, "claim operator-speedup is an effect: measure it against a baseline"),
        (unclaimed, {}, r"names the claim 'unheard-of'; 2502.18137 has: operator-speedup"),
        (unknown, {}, "9912.99901, which the catalogue lacks"),
        (work, {}, "work is not a trial"),
        (quotient, {"device": "tpu"}, "device is 'tpu'"),
        (quotient, {"repeats": 0}, "repeats is 0"),
    ],
)
def test_what_cannot_be_run_is_refused(function: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run_trial(function, **options)


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no CUDA device"):
        run_trial(quotient, device="cuda")


def test_everything_random_is_seeded_and_put_back() -> None:
    values: list[tuple[float, float, float]] = []

    @trial(PAPER, claim=CLAIM)
    def draws(bench: Bench) -> None:
        values.append((random.random(), float(np.random.rand()), torch.rand(1).item()))
        bench.setting("as claimed")
        bench.claim(bench.compare("ratio", {"a": 2.0, "b": 1.0}, candidate="a", baseline="b", better="higher"))

    random.seed(5)
    np.random.seed(5)
    torch.manual_seed(5)
    states = random.getstate(), torch.random.get_rng_state()
    for seed in (1, 1, 2):
        run_trial(draws, seed=seed)
    assert values[0] == values[1]
    assert all(one != other for one, other in zip(values[1], values[2], strict=True))
    assert random.getstate() == states[0]
    assert torch.equal(torch.random.get_rng_state(), states[1])


def test_progress_goes_to_who_asked() -> None:
    steps: list[str] = []

    def show(iterable: Iterable[Any], what: str) -> Iterator[Any]:
        steps.append(what)
        return iter(iterable)

    run_trial(timed, quick=True, progress=show)
    assert steps == ["speed"]


def test_two_runs_of_one_trial_at_once_are_refused(drafts: Path) -> None:
    with (
        open_draft(drafts, {"trial": "one"}),
        pytest.raises(ValueError, match="running in another process"),
        open_draft(drafts, {"trial": "one"}),
    ):
        pass


def test_a_finished_trial_is_kept_and_leaves_no_draft(store: Store, drafts: Path) -> None:
    run = run_trial(quotient, seed=3, store=store, drafts=drafts)
    assert store.measurements(PAPER) == [run]
    assert not list(drafts.glob("*.json"))


def test_an_interrupted_trial_keeps_no_half_result_and_goes_on_from_its_arms(store: Store, drafts: Path) -> None:
    BREAK_AFTER.append(10)
    with pytest.raises(KeyboardInterrupt):
        run_trial(timed, repeats=4, store=store, drafts=drafts)
    warm_up = ["baseline", "baseline", "candidate", "candidate"]
    first, second = ["baseline", "candidate"], ["candidate", "baseline"]
    assert ["slow step", *warm_up, *first, *second, *first] == CALLS  # the last one broke
    assert store.measurements() == []
    assert len(list(drafts.glob("*.json"))) == 1

    CALLS.clear()
    BREAK_AFTER.clear()
    run = run_trial(timed, repeats=4, store=store, drafts=drafts)
    assert [*warm_up, "candidate", *second] == CALLS
    assert run.repeats == 4
    assert store.measurements() == [run]
    assert not list(drafts.glob("*.json"))


def test_a_draft_of_other_settings_is_not_taken(drafts: Path) -> None:
    BREAK_AFTER.append(7)
    for seed in (0, 1):
        CALLS.clear()
        with pytest.raises(KeyboardInterrupt):
            run_trial(timed, seed=seed, drafts=drafts)
        assert CALLS[0] == "slow step"
    assert len(list(drafts.glob("*.json"))) == 2


def test_a_draft_that_cannot_be_read_only_costs_time(drafts: Path) -> None:
    BREAK_AFTER.append(7)
    with pytest.raises(KeyboardInterrupt):
        run_trial(timed, repeats=4, drafts=drafts)
    [draft] = drafts.glob("*.json")
    draft.write_text('{"timings"', encoding="utf-8")
    BREAK_AFTER.clear()
    assert run_trial(timed, repeats=4, drafts=drafts).repeats == 4


SCRIPT = """
import sys, time
from pathlib import Path
from assay.store import open_store
from assay.trials import Bench, run_trial, trial

@trial("2502.18137", claim="operator-speedup")
def slow(bench: Bench) -> None:
    bench.setting("as claimed")
    def arm():
        time.sleep(float(sys.argv[2]))
        print("call", flush=True)
    bench.claim(bench.time("speed", {"base": arm, "ours": arm}, candidate="ours", baseline="base"))

with open_store(Path(sys.argv[1])) as store:
    run_trial(slow, repeats=3, store=store, drafts=Path(sys.argv[1]).parent / "drafts")
"""


@pytest.mark.slow
def test_a_killed_trial_goes_on_from_its_draft(store: Store, drafts: Path, tmp_path: Path) -> None:
    script = tmp_path / "slow.py"
    script.write_text(SCRIPT, encoding="utf-8")
    arguments = [sys.executable, str(script), str(tmp_path / "assay.db")]
    victim = subprocess.Popen([*arguments, "0.6"], stdout=subprocess.PIPE, text=True)
    assert victim.stdout is not None
    for _ in range(4 + 4 + 1):  # the warm-up, two rounds of three, and the first call of the last
        assert victim.stdout.readline() == "call\n"
    victim.kill()
    victim.communicate()
    assert store.measurements() == []
    [draft] = drafts.glob("*.json")
    timings = json.loads(draft.read_text(encoding="utf-8"))["timings"]["speed"]
    assert sum(map(len, timings.values())) >= 3  # what the last second brought may be lost

    again = subprocess.run([*arguments, "0.01"], stdout=subprocess.PIPE, text=True, check=True)
    assert again.stdout.count("call") == 4 + 6 - sum(map(len, timings.values()))
    [run] = store.measurements()
    assert run.repeats == 3
    assert run.comparison is not None
    assert run.comparison.candidate > 0.5  # the median of two slow calls and a quick one
