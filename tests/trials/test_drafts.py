"""What a trial took, interruptions left out; and the quick run that is kept with it."""

import json
from pathlib import Path

import pytest

from assay.trials import Bench, run_trial, trial
from assay.trials.drafts import open_draft

QUICK: list[bool] = []


@trial("2502.18137", claim="operator-speedup")
def costs(bench: Bench) -> None:
    """Small against large, larger in a whole run."""
    QUICK.append(bench.quick)
    bench.setting("simulated", differs="numbers in place of a model")
    figures = {"dense": 27.0, "ours": bench.pick(quick=9.0, cpu=3.0)}
    bench.claim(bench.compare("cost", figures, candidate="ours", baseline="dense", unit="FLOP", better="lower"))


@pytest.fixture(autouse=True)
def _afresh() -> None:
    QUICK.clear()


def test_seconds_are_added_up_over_an_interruption(tmp_path: Path) -> None:
    def interrupt() -> None:
        with open_draft(tmp_path, {"trial": "one"}) as draft:
            draft.seconds_before += 30.0
            raise KeyboardInterrupt

    for times in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            interrupt()
        (file,) = tmp_path.glob("*.json")
        seconds = json.loads(file.read_text(encoding="utf-8"))["seconds"]
        assert seconds >= 30.0 * times
    with open_draft(tmp_path, {"trial": "one"}) as draft:
        assert draft.seconds >= draft.seconds_before == seconds


def test_a_measurement_says_how_long_it_took() -> None:
    seconds = run_trial(costs).seconds
    assert seconds is not None
    assert seconds >= 0


def test_the_quick_run_is_made_first_and_kept_with_the_whole_one() -> None:
    whole = run_trial(costs, with_quick_run=True)
    assert QUICK == [True, False]
    assert whole.comparison is not None
    assert whole.comparison.candidate == 3.0
    assert whole.quick_run is not None
    assert whole.quick_run.figures == {"cost": 9.0, "cost: dense": 27.0, "cost: ratio": 3.0}
    assert run_trial(costs).quick_run is None
    assert run_trial(costs, quick=True, with_quick_run=True).quick_run is None
    assert QUICK == [True, False, False, True]
