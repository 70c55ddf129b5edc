"""The trials of LayerNorm Scaling run, say what speaks against it, and notice when it is broken."""

import pytest
import torch

from assay.methods.architecture import layernorm_scaling as method
from assay.papers.measurement import Verdict
from assay.trials import Bench, discover, run_trial
from assay.trials.architecture import layernorm_scaling as trials
from tests.trials.scores import score

OTHERS = ["Pre-LN", "Pre-LN with scaled init", "Post-LN", "DeepNorm"]


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.05795")} == {
        "variance": "last-layer-variance",
        "perplexity": "perplexity-130m",
        "perplexity_250m": "perplexity-250m",
        "perplexity_1b": "perplexity-drop-1b",
        "fine_tuned": "fine-tuned-average-250m",
    }


def test_the_last_layer_varies_less() -> None:
    found = run_trial(trials.variance, quick=True)
    assert found.verdict in {Verdict.HOLDS, Verdict.DIRECTION_HOLDS}
    assert found.baseline is not None
    assert found.baseline.value == 175.0
    assert found.candidate is not None
    assert found.candidate < 175 / 2
    assert [arm.name for arm in found.others] == ["Pre-LN with scaled init", "Post-LN", "DeepNorm"]
    assert found.setting.startswith("scaled down: a Llama 32 wide with 6 layers, 30 steps")
    as_it_is = score(found, "variance of the last layer's output")
    assert found.ratio == pytest.approx(as_it_is.others[0].value / as_it_is.candidate)
    for shown in ("loss when one layer", "angular distance"):
        assert [arm.name for arm in score(found, shown).others] == OTHERS
    curves = {curve.name: curve for curve in found.curves}
    along = curves["variance of each layer's output"]
    assert along.at == (1, 2, 3, 4, 5, 6)
    assert [line.name for line in along.lines] == ["", *OTHERS]
    assert along.lines[0].values[-1] == pytest.approx(as_it_is.candidate)
    post = along.lines[OTHERS.index("Post-LN") + 1].values
    assert max(post) < 2 * min(post)  # its norm stands behind the sum, so that nothing piles up
    plain = along.lines[OTHERS.index("Pre-LN") + 1].values
    assert plain[-1] > 2 * plain[0]
    assert len(curves["loss when a layer is left out, rise"].lines[0].values) == 6


def test_perplexity_is_lower() -> None:
    found = run_trial(trials.perplexity, quick=True)
    assert found.verdict in {Verdict.HOLDS, Verdict.DIRECTION_HOLDS}
    assert found.baseline is not None
    assert found.baseline.value == 26.73
    shown = score(found, "perplexity of held-out")
    assert [arm.name for arm in shown.others] == OTHERS
    ahead = score(found, "perplexity of the best other arm")
    assert ahead.candidate == pytest.approx(min(arm.value for arm in shown.others) / shown.candidate)
    (depths,) = found.curves
    assert depths.at == (3, 6)
    assert depths.lines[0].values[1] == pytest.approx(shown.candidate)
    memory = score(found, "peak memory forward and backward")
    assert memory.candidate < 1.1 * memory.others[0].value


@pytest.mark.parametrize(
    "factors", [[1.0] * 8, [(layer + 1) ** 0.5 for layer in range(8)]], ids=["none", "upside down"]
)
def test_other_factors_do_not_hold(factors: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "scales", lambda layers: factors[:layers])
    assert run_trial(trials.variance, quick=True).verdict is Verdict.DOES_NOT_HOLD
    assert run_trial(trials.perplexity, quick=True).verdict is Verdict.DOES_NOT_HOLD


def test_what_is_missing_is_said() -> None:
    for trial in (trials.perplexity_250m, trials.perplexity_1b, trials.fine_tuned):
        found = run_trial(trial, quick=True)
        assert found.verdict is Verdict.NOT_TESTABLE
        assert "parameters" in found.missing


def test_every_seed_counts_against_its_own_baseline() -> None:
    """Two seeds: the variance of one must not be set against that of the other."""
    found = {arm: [2.0, 2.0] for arm in OTHERS} | {"Pre-LN": [2.0, 8.0], "LayerNorm Scaling": [1.0, 2.0]}
    bench = Bench(device=torch.device("cpu"))
    trials._beside(bench, "variance", found, paper=100.0)
    assert bench.result is not None
    assert bench.result.candidate == 37.5
    assert bench.result.spread == pytest.approx((2.0, 4.0))
