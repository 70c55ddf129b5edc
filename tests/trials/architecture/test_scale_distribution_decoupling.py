"""The trials of Scale-Distribution Decoupling run, show every arm, and notice when it is broken."""

import math
from typing import Any

import pytest
import torch

from assay.methods.architecture import scale_distribution_decoupling as method
from assay.papers.measurement import Verdict
from assay.testbed.sweep import Sweep
from assay.trials import Bench, discover, run_trial
from assay.trials.architecture import scale_distribution_decoupling as trials
from tests.trials.scores import score

OTHERS = {"Pre-Norm", "Post-Norm", "DeepNorm"}
AHEAD = "loss of the best other arm, over SDD's"
GRADIENT = "gradient of the first layer by the last's, at 25 times the default rate"


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.15499")} == {
        "training_loss": "training-loss",
        "high_rate": "high-learning-rate-loss",
        "convergence": "convergence-speed",
        "downstream": "downstream-accuracy",
    }


def test_the_loss_is_set_beside_the_papers() -> None:
    found = run_trial(trials.training_loss, quick=True)
    assert found.baseline is not None
    assert found.candidate is not None
    assert found.baseline.value == pytest.approx(2.70)
    as_it_is = score(found, "loss on held-out source code")
    plain = {arm.name: arm.value for arm in as_it_is.others}
    assert set(plain) == OTHERS
    assert found.candidate - 2.70 == pytest.approx(as_it_is.candidate - plain["Pre-Norm"])
    ahead = score(found, AHEAD)
    assert ahead.candidate == pytest.approx(min(plain.values()) - as_it_is.candidate)
    assert ahead.at_least == 0.0
    (rates,) = found.curves
    assert rates.at == (1, 5, 25)
    assert min(rates.lines[0].values) == pytest.approx(as_it_is.candidate)
    assert {arm.name for arm in score(found, "time forward and backward").others} == OTHERS
    parameters = score(found, "parameters")
    assert all(parameters.candidate <= arm.value < 1.02 * parameters.candidate for arm in parameters.others)


def test_every_rate_is_shown() -> None:
    found = run_trial(trials.high_rate, quick=True)
    assert found.baseline is not None
    assert found.baseline.value == pytest.approx(2.84)
    for multiple in (1, 5, 25):
        shown = score(found, f"loss on held-out source code at {multiple} times")
        assert {arm.name for arm in shown.others} == OTHERS
        assert shown.candidate < math.log(512)
    assert score(found, GRADIENT).met


def test_steps_to_equal_loss_are_counted_for_every_arm() -> None:
    found = run_trial(trials.convergence, quick=True)
    assert found.unit == "steps"
    assert found.baseline is not None
    assert {found.baseline.name, *(arm.name for arm in found.others)} == OTHERS
    assert max(arm.value for arm in (found.baseline, *found.others)) <= 30
    (curve,) = found.curves
    assert {line.name for line in curve.lines} == {"", *OTHERS}
    assert all(line.values[-1] < line.values[0] for line in curve.lines)
    assert score(found, "steps of the fastest other arm").at_least == 1.0


def test_what_is_missing_is_said() -> None:
    found = run_trial(trials.downstream, quick=True)
    assert found.verdict is Verdict.NOT_TESTABLE
    assert "1B parameters" in found.missing


def test_without_its_norm_it_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """With outputs that are as large as they come, and too large, the gradient is lost, as it is in plain Post-Norm."""
    monkeypatch.setattr(method._RMSNorm, "forward", lambda self, x: 8 * x * self.weight)
    found = run_trial(trials.high_rate, quick=True)
    assert found.verdict is Verdict.DOES_NOT_HOLD
    assert not score(found, GRADIENT).met


PAPERS = {"Pre-Norm": 2.70, "Post-Norm": 2.90, "DeepNorm": 2.95, "SDD": 2.60}


def runs_of(losses: dict[str, float], *, gradient: float = 1.0) -> Sweep:
    """A sweep as it would be with these losses, reached along straight lines from 6 nats in 100 steps."""

    def run(loss: float) -> dict[str, Any]:
        curve = [6 - (6 - loss) * step / 100 for step in range(1, 101)]
        return {"loss": loss, "losses": curve, "gradient": gradient, "rate": 1e-3, "parameters": 7}

    return Sweep({arm: {multiple: [run(loss)] * 3 for multiple in (1, 5, 25)} for arm, loss in losses.items()})


@pytest.mark.parametrize(
    ("function", "losses", "gradient", "expected"),
    [
        (trials.training_loss, PAPERS, 1.0, Verdict.HOLDS),
        (trials.training_loss, PAPERS | {"SDD": 2.68}, 1.0, Verdict.DIRECTION_HOLDS),
        (trials.training_loss, PAPERS | {"SDD": 2.75}, 1.0, Verdict.DOES_NOT_HOLD),
        (trials.training_loss, PAPERS | {"Post-Norm": 2.5}, 1.0, Verdict.DOES_NOT_HOLD),
        (trials.high_rate, PAPERS, 1.0, Verdict.HOLDS),
        (trials.high_rate, PAPERS, 1e-3, Verdict.DOES_NOT_HOLD),
        (trials.high_rate, PAPERS | {"DeepNorm": 2.5}, 1.0, Verdict.DOES_NOT_HOLD),
        (trials.convergence, PAPERS | {"Pre-Norm": 4.0, "Post-Norm": 4.0, "DeepNorm": 4.0}, 1.0, Verdict.HOLDS),
        (trials.convergence, PAPERS, 1.0, Verdict.DIRECTION_HOLDS),
        (trials.convergence, PAPERS | {"Post-Norm": 2.0}, 1.0, Verdict.DOES_NOT_HOLD),
    ],
)
def test_what_the_verdicts_hang_on(
    function: Any, losses: dict[str, float], gradient: float, expected: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sweep(bench: Bench) -> Any:
        bench.as_claimed()
        return runs_of(losses, gradient=gradient)

    monkeypatch.setattr(trials, "_sweep", sweep)
    assert run_trial(function, quick=True).verdict is expected


def test_a_run_that_diverges_counts_as_one_that_has_learnt_nothing() -> None:
    size = trials._Size(16, 2, 2, 16, 2, 30)
    taught: Any = trials._taught(torch.device("cpu"), size, "Pre-Norm", float("inf"), 0)
    assert taught.config.losses == [math.log(512)] * 30


def test_every_seed_counts_against_its_own_baseline() -> None:
    losses = {"Pre-Norm": [4.0, 6.0, 5.0], "SDD": [3.5, 5.9, 4.8], "Post-Norm": [5.0] * 3, "DeepNorm": [5.0] * 3}
    bench = Bench(device=torch.device("cpu"))
    trials._beside(bench, "loss", losses, paper=2.0)
    assert bench.result is not None
    assert bench.result.candidate == pytest.approx(1.8)
    assert [each.candidate for each in bench.scores if each.name == AHEAD] == [pytest.approx(0.2)]
