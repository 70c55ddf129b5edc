"""The trials of Scale-Distribution Decoupling run, show every arm, and notice when it is broken."""

import math
from typing import Any

import pytest
import torch

from assay.methods.architecture import scale_distribution_decoupling as method
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.testbed.sweep import Sweep
from assay.trials import Bench, discover, run_trial
from assay.trials.architecture import scale_distribution_decoupling as trials
from tests.trials.scores import claimed, score

OTHERS = {"Pre-Norm", "Post-Norm", "DeepNorm"}
GRADIENT = "gradient of the first layer by the last's, at 25 times the default rate"


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.15499")} == {
        "training_loss": "training-loss",
        "high_rate": "high-learning-rate-loss",
        "convergence": "convergence-speed",
    }


def test_the_loss_stands_beside_that_of_every_arm() -> None:
    measurement = run_trial(trials.training_loss, quick=True)
    loss = claimed(measurement)
    assert loss.baseline is not None
    assert loss.baseline.name == "Pre-Norm"
    assert loss.figures.keys() == {"", *OTHERS}
    assert not any(each.bounded for each in measurement.beside)
    assert (measurement.evidence, measurement.model) == (Evidence.TRAINED_HERE, "Llama, 32 wide, 4 layers")
    (rates,) = measurement.curves
    assert rates.at == (1, 5, 25)
    assert min(rates.lines[0].values) == loss.candidate
    assert score(measurement, "time forward and backward").figures.keys() == {"", *OTHERS}
    parameters = score(measurement, "parameters")
    assert all(parameters.candidate <= arm.value < 1.02 * parameters.candidate for arm in parameters.others)


def test_every_rate_is_shown() -> None:
    measurement = run_trial(trials.high_rate, quick=True)
    scores = [score(measurement, f"loss on held-out source code at {multiple} times") for multiple in (1, 25)]
    for loss in (claimed(measurement), *scores):
        assert loss.figures.keys() == {"", *OTHERS}
        assert loss.candidate < math.log(512)
    assert claimed(measurement).metric == "loss on held-out source code at 5 times the default rate"
    assert score(measurement, GRADIENT).met


def test_steps_to_equal_loss_are_counted_for_every_arm() -> None:
    measurement = run_trial(trials.convergence, quick=True)
    steps = claimed(measurement)
    assert steps.unit == "steps"
    assert steps.figures.keys() == {"", *OTHERS}
    assert max(steps.figures.values()) <= 30
    (curve,) = measurement.curves
    assert {line.name for line in curve.lines} == {"", *OTHERS}
    assert all(line.values[-1] < line.values[0] for line in curve.lines)


def test_without_its_norm_nothing_is_gained(monkeypatch: pytest.MonkeyPatch) -> None:
    """With outputs that are as large as they come, and too large, the gradient is lost, as it is in plain Post-Norm."""
    monkeypatch.setattr(method._RMSNorm, "forward", lambda self, x: 8 * x * self.weight)
    measurement = run_trial(trials.high_rate, quick=True)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert not score(measurement, GRADIENT).met


LOSSES = {"Pre-Norm": 2.70, "Post-Norm": 2.90, "DeepNorm": 2.95, "SDD": 2.60}


def runs_of(losses: dict[str, float], *, gradient: float = 1.0) -> Sweep:
    """A sweep as it would be with these losses, reached along straight lines from 6 nats in 100 steps."""

    def run(loss: float) -> dict[str, Any]:
        curve = [6 - (6 - loss) * step / 100 for step in range(1, 101)]
        return {"loss": loss, "losses": curve, "gradient": gradient, "rate": 1e-3, "parameters": 7}

    return Sweep({arm: {multiple: [run(loss)] * 3 for multiple in (1, 5, 25)} for arm, loss in losses.items()})


@pytest.mark.parametrize(
    ("function", "losses", "gradient", "expected"),
    [
        (trials.training_loss, LOSSES, 1.0, Verdict.SEEN),
        (trials.training_loss, LOSSES | {"SDD": 2.68}, 1.0, Verdict.DIRECTION_SEEN),
        (trials.training_loss, LOSSES | {"SDD": 2.75}, 1.0, Verdict.NOT_SEEN),
        (trials.training_loss, LOSSES | {"Post-Norm": 2.5}, 1.0, Verdict.SEEN),
        (trials.high_rate, LOSSES, 1.0, Verdict.SEEN),
        (trials.high_rate, LOSSES, 1e-3, Verdict.NOT_SEEN),
        (trials.high_rate, LOSSES | {"DeepNorm": 2.5}, 1.0, Verdict.SEEN),
        (trials.convergence, LOSSES | {"Pre-Norm": 4.0, "Post-Norm": 4.0, "DeepNorm": 4.0}, 1.0, Verdict.SEEN),
        (trials.convergence, LOSSES, 1.0, Verdict.DIRECTION_SEEN),
        (trials.convergence, LOSSES | {"SDD": 2.75}, 1.0, Verdict.NOT_SEEN),
    ],
)
def test_what_the_verdicts_hang_on(
    function: Any, losses: dict[str, float], gradient: float, expected: Verdict, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sweep(bench: Bench) -> Any:
        bench.setting("trained here", differs="no model at all")
        return runs_of(losses, gradient=gradient)

    monkeypatch.setattr(trials, "_sweep", sweep)
    assert run_trial(function, quick=True).verdict is expected


def test_a_run_that_diverges_counts_as_one_that_has_learnt_nothing() -> None:
    size = trials._Size(16, 2, 2, 16, 2, 30)
    model: Any = trials._train(torch.device("cpu"), size, "Pre-Norm", float("inf"), 0)
    assert model.config.losses == [math.log(512)] * 30
