"""The trial of LoRAM on a pretrained model runs, and notices when adapters are recovered wrongly."""

from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

import pytest
import torch

from assay.methods.compression.loram import Pruning, PruningPlan, _recover
from assay.papers.measurement import Evidence
from assay.testbed.evaluation import evaluate_by_text
from assay.testbed.pretrained import load_language_model
from assay.testbed.prose import Entry, Prose
from assay.trials import run_trial
from assay.trials.compression.loram import pretrained as trials
from tests.trials.scores import claimed, score

# `peft` asks transformers by a name that transformers has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")

_HELP = Prose("the help texts of Python", [Entry(topic, text) for topic, text in sorted(topics.items())])


@pytest.fixture(autouse=True)
def _sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model of random weights learns enough in these steps for its adapter to be told from a wrong one."""
    monkeypatch.setattr(trials, "gcide", lambda: _HELP)
    monkeypatch.setattr(trials, "foldoc", lambda: _HELP)
    monkeypatch.setattr(trials, "_QUICK", trials._Size((0.5,), 2, 12, 4, 32, (5, 2, 32)))
    monkeypatch.setattr(trials, "_RATE", 1e-2)


def test_an_adapter_is_worth_something_on_the_whole_model(tiny_model: Path) -> None:
    measurement = run_trial(trials.quality_pretrained, quick=True, model=tiny_model)
    assert measurement.evidence is Evidence.REAL_MODEL
    hit = claimed(measurement)
    assert hit.baseline is not None
    assert hit.baseline.name == "the copy itself, 50% pruned"
    loss = score(measurement, "held-out loss").figures
    assert loss["LoRA on the whole model"] < loss[""] < loss["the whole model, untuned"] - 0.2
    stored = score(measurement, "bytes of the frozen model").figures
    assert stored["QLoRAM, 50% pruned"] < stored[""] < stored["LoRA on the whole model"]


def test_an_adapter_recovered_wrongly_is_noticed(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    """A recovery that turns what it learnt into its opposite: worse than not to tune."""
    right = _recover.recover

    def wrong(state: Any, plan: PruningPlan) -> dict[str, torch.Tensor]:
        return {key: -4 * tensor if "lora_B" in key else tensor for key, tensor in right(state, plan).items()}

    monkeypatch.setattr(_recover, "recover", wrong)
    measurement = run_trial(trials.quality_pretrained, quick=True, model=tiny_model)
    loss = score(measurement, "held-out loss").figures
    assert loss[""] > loss["the whole model, untuned"] + 0.2
    assert claimed(measurement).figures[""] < claimed(measurement).figures["the copy itself, 50% pruned"] - 5


def test_pruning_hurts_a_real_model(smollm2: Path) -> None:
    """Where it does not, "infer large" cannot pay."""
    lm = load_language_model(smollm2)
    first, last = trials._whole_blocks(lm.model)
    assert (first, last) == (2, 1)
    plan = PruningPlan.structured(lm.model, Pruning(ratio=0.5, layers=(first, -last), score="random"))
    small: Any = plan.apply(lm.model)
    assert small.num_parameters() < 0.7 * lm.parameters
    text = lm.ids(_HELP.text(400))[:64].view(1, 1, 64)
    assert evaluate_by_text(small, text)["loss"][0] > evaluate_by_text(lm.model, text)["loss"][0] + 1
