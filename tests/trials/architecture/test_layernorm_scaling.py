"""The trials of LayerNorm Scaling run, say what speaks against it, and notice when it is broken."""

import pytest

from assay.methods.architecture import layernorm_scaling as method
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.trials import discover, run_trial
from assay.trials.architecture import layernorm_scaling as trials
from tests.trials.scores import claimed, score

OTHERS = ["Pre-LN", "Pre-LN with scaled init", "Post-LN", "DeepNorm"]


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.05795")} == {
        "variance": "last-layer-variance",
        "perplexity": "perplexity-130m",
    }


def test_the_last_layer_varies_less() -> None:
    measurement = run_trial(trials.variance, quick=True)
    assert measurement.verdict in {Verdict.SEEN, Verdict.DIRECTION_SEEN}
    last = claimed(measurement)
    assert last.ratio is not None
    assert last.ratio > 2
    assert list(last.figures) == ["", *OTHERS]
    assert (measurement.evidence, measurement.model) == (Evidence.TRAINED_HERE, "Llama, 32 wide, 6 layers")
    assert measurement.differs[0].startswith("30 steps and 7,680 tokens of Python source")
    for metric in ("loss when one layer", "angular distance"):
        assert [arm.name for arm in score(measurement, metric).others] == OTHERS
    curves = {curve.name: curve for curve in measurement.curves}
    along = curves["variance of each layer's output"]
    assert along.at == (1, 2, 3, 4, 5, 6)
    assert [line.name for line in along.lines] == ["", *OTHERS]
    assert along.lines[0].values[-1] == last.candidate
    post = along.lines[OTHERS.index("Post-LN") + 1].values
    assert max(post) < 2 * min(post)  # its norm stands behind the sum, so that nothing piles up
    plain = along.lines[OTHERS.index("Pre-LN") + 1].values
    assert plain[-1] > 2 * plain[0]
    assert len(curves["loss when a layer is left out, rise"].lines[0].values) == 6


def test_perplexity_is_lower() -> None:
    measurement = run_trial(trials.perplexity, quick=True)
    assert measurement.verdict in {Verdict.SEEN, Verdict.DIRECTION_SEEN}
    perplexity = claimed(measurement)
    assert list(perplexity.figures) == ["", *OTHERS]
    assert not any(each.bounded for each in measurement.beside)
    (depths,) = measurement.curves
    assert depths.at == (3, 6)
    assert depths.lines[0].values[1] == perplexity.candidate
    memory = score(measurement, "peak memory forward and backward")
    assert memory.candidate < 1.1 * memory.figures["Pre-LN"]


@pytest.mark.parametrize(
    "factors", [[1.0] * 8, [(layer + 1) ** 0.5 for layer in range(8)]], ids=["none", "upside down"]
)
def test_other_factors_gain_nothing(factors: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(method, "scales", lambda layers: factors[:layers])
    assert run_trial(trials.variance, quick=True).verdict is Verdict.NOT_SEEN
    assert run_trial(trials.perplexity, quick=True).verdict is Verdict.NOT_SEEN
