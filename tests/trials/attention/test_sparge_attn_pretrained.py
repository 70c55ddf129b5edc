"""The trial of SpargeAttn on a pretrained model: what it measures, and that it notices when the method is broken."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from assay.methods.attention.sparge_attn import BlockPlan, SpargeAttn, SpargeConfig, plan_blocks
from assay.methods.attention.sparge_attn import execution as method
from assay.papers.measurement import Evidence
from assay.testbed.models import tiny
from assay.testbed.pretrained import LanguageModel, load_language_model
from assay.testbed.prose import Entry, Prose
from assay.trials import run_trial
from assay.trials.attention.sparge_attn import pretrained as trials
from tests.trials.scores import claimed, score

ERROR = "relative L1 error"
TEXT = (
    "The river rises in the mountains of the north and runs through a wide valley to the sea. In spring, when the snow "
    "melts, it floods the fields on both its banks; in summer it is so low that carts can cross it. "
)


@pytest.fixture
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "gcide", lambda: Prose("made up", [Entry("river", TEXT * 40)]))
    monkeypatch.setattr(trials, "_ENGINE", "masked")
    monkeypatch.setattr(trials, "_THETAS", (-1.0,))


@pytest.mark.usefixtures("_small")
def test_it_shows_what_it_measures_and_notices_tiles_chosen_blindly(
    tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run_trial(trials.prose, quick=True, repeats=1, model=tiny_model)
    assert found.evidence is Evidence.REAL_MODEL
    error = score(found, ERROR)
    assert {"random tiles", "sliding window"} <= {arm.name for arm in error.others}
    assert score(found, "perplexity over dense").met
    assert {curve.name for curve in found.curves} == {
        "tiles skipped by layer", "tiles skipped within an error of 0.08",
    }  # fmt: skip
    time = claimed(found)
    assert time.baseline is not None
    assert time.baseline.name == "dense SDPA"
    assert {arm.name for arm in time.others} >= {"dense FlexAttention", "mask prediction alone"}

    def blind(query: Tensor, key: Tensor, config: SpargeConfig, **rest: Any) -> BlockPlan:
        plan = plan_blocks(query, key, config, **rest)
        return replace(plan, kept=plan.kept & (torch.arange(plan.kept.shape[-1]) == 0))

    monkeypatch.setattr(method, "plan_blocks", blind)
    broken = run_trial(trials.prose, quick=True, repeats=1, model=tiny_model)
    assert score(broken, ERROR).candidate > 2 * error.candidate


def test_a_real_model_loses_its_perplexity_with_its_tiles(smollm2: Path) -> None:
    lm = load_language_model(smollm2)
    windows = lm.ids(TEXT * 2)[None, :96]
    everything = SpargeAttn(tau=1.0, theta=1.0, min_tokens=1, engine="masked")
    hardly = SpargeAttn(topk=0.01, theta=0.0, block_q=16, block_k=16, min_tokens=1, engine="masked")
    with torch.no_grad():
        (dense,) = trials._perplexities(lm, windows)
        same, less = (trials._read_sparsely(lm, windows, each) for each in (everything, hardly))
    assert dense < 20
    assert same["perplexity"] == pytest.approx([dense], rel=1e-4)
    assert {share for _, share in same["skipped"]} == {0.0}
    assert less["perplexity"][0] > 2 * dense
    assert min(share for _, share in less["skipped"]) > 50


def test_a_layer_of_a_shorter_text_gets_the_first_rows() -> None:
    """So thresholds for several lengths take one reading of the longest."""
    lm = LanguageModel(tiny("llama", vocab_size=50, layers=2), None, "tiny", "")  # type: ignore[arg-type]
    windows = torch.randint(50, (1, 64), generator=torch.Generator().manual_seed(0))
    (whole,), (half,) = (trials._inputs(lm, 1, each) for each in (windows, windows[:, :32]))
    torch.testing.assert_close(trials._first(whole, 32).query, half.query)
    torch.testing.assert_close(trials._first(whole, 32).value, half.value)


def test_layers_are_spread_evenly() -> None:
    assert trials._spread(range(30), 4) == [3, 11, 18, 26]
    assert trials._spread([1, 5], 4) == [1, 5]
