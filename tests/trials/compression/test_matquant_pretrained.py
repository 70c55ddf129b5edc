"""The trial of MatQuant on a pretrained model runs, tells widths of a real one apart, and notices a broken method."""

from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import pytest
import torch
from torch import Tensor

from assay.methods.compression.matquant import NestedLinear, _codes
from assay.papers.measurement import Evidence, Measurement
from assay.papers.verdict import Verdict
from assay.testbed.evaluation import evaluate_by_text
from assay.testbed.pretrained import load_language_model
from assay.testbed.prose import Entry, Prose
from assay.trials import run_trial
from assay.trials.compression.matquant import pretrained as trials
from tests.trials.scores import claimed, score

_HELP = Prose("the help texts of Python", [Entry(topic, text) for topic, text in sorted(topics.items())])


@pytest.fixture(autouse=True)
def _sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of random weights learns enough in these steps for its 2 bits to be told from those of another code."""
    monkeypatch.setattr(trials, "gcide", lambda: _HELP)
    monkeypatch.setattr(trials, "_QUICK", trials._Size(2, 12, 4, 32, (5, 2, 32)))
    monkeypatch.setattr(trials, "_RATE", 1e-2)


def losses(measurement: Measurement, width: str) -> dict[str, float]:
    scores = score(measurement, f"held-out loss at int{width}")
    return {"MatQuant": scores.candidate} | {arm.name: arm.value for arm in scores.others}


def test_two_bits_are_trained_as_well_as_by_themselves(tiny_model: Path) -> None:
    measurement = run_trial(trials.int2_pretrained, quick=True, model=tiny_model)
    assert measurement.evidence is Evidence.REAL_MODEL
    hit = claimed(measurement)
    assert hit.baseline is not None
    assert hit.baseline.name == "QAT for int2"
    assert {arm.name for arm in hit.others} == {
        trials._SINGLE, trials._SLICED, trials._PTQ_SLICED, trials._PTQ, trials._PLAIN,
    }  # fmt: skip
    loss = losses(measurement, "2")
    assert loss["MatQuant"] < loss["QAT for int2"] + 0.1
    assert loss["MatQuant"] < loss["quantised after training (PTQ)"] - 0.5


def test_slices_of_the_wrong_bits_are_noticed(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    """The bits at the bottom of a code instead of those at its top; plain QAT for 2 bits has no others."""

    def bottom(values: Tensor, bits: int, master: int = 8, **_: Any) -> Tensor:
        codes: Tensor = values.to(torch.int16) & (2**bits - 1)
        return codes << (master - bits)

    monkeypatch.setattr(_codes, "cut", bottom)
    measurement = run_trial(trials.int2_pretrained, quick=True, model=tiny_model)
    assert measurement.verdict is Verdict.NOT_SEEN
    loss = losses(measurement, "2")
    assert loss["MatQuant"] > loss["QAT for int2"] + 0.5


def test_a_real_model_keeps_eight_bits_and_loses_two(smollm2: Path) -> None:
    lm = load_language_model(smollm2)
    before = lm.model.get_parameter("model.layers.29.mlp.down_proj.weight").clone()
    prose = trials._split_prose(lm, trials._Size(2, 1, 1, 16, (1, 1, 64)))
    plain = evaluate_by_text(lm.model, prose.held_out)["loss"][0]
    figures: Any = trials._figures(lm, trials._PTQ, range(28, 30), trials._QUICK, prose, 0)
    loss = {width: figures[width]["loss"][0] for width in ("8", "4", "2")}
    assert abs(loss["8"] - plain) < 0.02
    assert abs(loss["4"] - plain) < 1
    assert plain + 0.5 < figures["2 of 8"]["loss"][0] < loss["2"] - 2
    assert not any(isinstance(module, NestedLinear) for module in lm.model.modules())
    assert torch.equal(lm.model.get_parameter("model.layers.29.mlp.down_proj.weight"), before)
