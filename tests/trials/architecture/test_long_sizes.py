"""The sizes of up to an hour read prose, leave out what only times tell, and still say what their claim is about."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from assay.papers.measurement import Measurement
from assay.testbed import reading as module
from assay.testbed.reading import Reading
from assay.testbed.tasks import running_stories
from assay.testbed.tasks.stories import ASK_PERSON, VOCAB_SIZE
from assay.trials import Bench, run_trial
from assay.trials.architecture import (
    layernorm_scaling,
    lm2_memory,
    mixture_of_memories,
    scale_distribution_decoupling,
    scone_fgrams,
    soft_moe_ffn,
)
from tests.trials.scores import claimed, score


@pytest.fixture(autouse=True)
def _few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Prose of random tokens: what is trained here is to learn nothing."""

    def few_words(vocab_size: int) -> Reading:
        tokens = torch.randint(3, vocab_size, (24_000,), generator=torch.Generator().manual_seed(0))
        return Reading("prose", "prose of a few words", tokens[:7_000], tokens[7_000:])

    monkeypatch.setattr(module, "_prose", few_words)


def shrink(monkeypatch: pytest.MonkeyPatch, trials: Any, size_of: str = "_size", **smaller: Any) -> None:
    """Let a trial's long size be smaller by what is said of it."""
    whole = getattr(trials, size_of)
    monkeypatch.setattr(trials, size_of, lambda bench: replace(whole(bench), **smaller))


def check(measurement: Measurement, *, arms: int) -> None:
    assert measurement.size == "long"
    assert len(claimed(measurement).figures) == arms
    assert not [each.metric for each in measurement.beside if "time" in each.metric or each.unit == "s"]


def test_layernorm_scaling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layernorm_scaling, "_ARMS", ("Pre-LN", "LayerNorm Scaling", "Post-LN"))
    shrink(monkeypatch, layernorm_scaling, hidden=8, layers=2, steps=2, length=16)
    measurement = run_trial(layernorm_scaling.variance, long=True)
    check(measurement, arms=3)
    assert "256 tokens of prose of a few words at rates from 0.003 to 0.01" in measurement.differs[0]
    for rate in ("0.003", "0.01"):
        assert len(score(measurement, f"variance of the last layer's output, all at {rate},").figures) == 3
    measurement = run_trial(layernorm_scaling.perplexity, long=True)
    check(measurement, arms=3)
    assert claimed(measurement).metric == "perplexity of held-out prose"
    assert not measurement.curves  # no other depths


def test_scale_distribution_decoupling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_distribution_decoupling, "_ARMS", ("Pre-Norm", "Post-Norm", "SDD"))
    monkeypatch.setattr(scale_distribution_decoupling, "_SMOOTHED", 2)
    shrink(monkeypatch, scale_distribution_decoupling, hidden=8, layers=1, steps=6, length=16, batch=2)
    # Post-Norm is trained from one seed, the others from three.
    measurement = run_trial(scale_distribution_decoupling.convergence, long=True)
    check(measurement, arms=3)
    assert "192 tokens of prose of a few words" in measurement.differs[0]


def test_mixture_of_memories(monkeypatch: pytest.MonkeyPatch) -> None:
    smaller: dict[str, Any] = {"pairs": (1, 2), "beyond": 3, "keys": 4, "values": 4, "batch": 4, "steps": 4}
    monkeypatch.setattr(mixture_of_memories, "_ARMS", ("MoM", "one widened", "full attention"))
    monkeypatch.setattr(mixture_of_memories, "_SMOOTHED", 2)
    shrink(monkeypatch, mixture_of_memories, hidden=8, **smaller)
    measurement = run_trial(mixture_of_memories.widened, long=True)
    check(measurement, arms=3)
    losses = score(measurement, "loss on held-out prose of a few words after 2 steps").figures
    assert len(set(losses.values())) == 3


def test_lm2_hides_facts_among_prose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lm2_memory, "_ARMS", ("window", "LM2", "full attention"))
    shrink(monkeypatch, lm2_memory, hidden=16, slots=4, batch=2, steps=1, lengths=(32, 64), stories=8)
    measurement = run_trial(lm2_memory.over_llama, long=True)
    check(measurement, arms=3)
    assert "the facts among prose of a few words" in measurement.differs[0]


@pytest.mark.parametrize("held_out", [False, True])
def test_only_filler_gives_way_to_prose_that_goes_on(held_out: bool) -> None:
    size = lm2_memory._Size(16, 4, 16, 64, 6, 24, 4, 1, (32, 64), 8, prose=300)
    plain, generator = replace(size, prose=0), torch.Generator().manual_seed(0)
    stories = running_stories(4, length=64, facts=6, questions=24, generator=torch.Generator().manual_seed(0))
    assert lm2_memory._among_prose(stories, plain, generator) is stories
    among = lm2_memory._among_prose(stories, size, generator, held_out=held_out)
    assert among["labels"] is stories["labels"]
    is_filler = stories["input_ids"] < ASK_PERSON
    assert is_filler.sum(1).tolist() == [64 - 6 - 24] * 4
    assert torch.equal(among["input_ids"][~is_filler], stories["input_ids"][~is_filler])
    text = module.reading(300, prose=True)
    runs = (text.held_out if held_out else text.known).unfold(0, 34, 1)
    for story, filler in zip(among["input_ids"], is_filler, strict=True):
        assert (runs == story[filler] - VOCAB_SIZE).all(1).any()


def test_scone_fgrams(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch, scone_fgrams, "_text_size", hidden=16, length=16, steps=1, fgrams=50, vocab=40)
    monkeypatch.setattr(scone_fgrams, "_facts", lambda bench, task: dict.fromkeys(scone_fgrams._ARMS, 95.0))
    measurement = run_trial(scone_fgrams.perplexity, long=True)
    check(measurement, arms=5)
    assert claimed(measurement).metric == "perplexity of held-out prose"
    assert "tokens of prose of a few words" in measurement.differs[0]


def test_soft_moe_ffn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soft_moe_ffn, "_BLOCKS", (soft_moe_ffn._TOKEN, soft_moe_ffn._PREFIX, soft_moe_ffn._SEQUENCE))
    size = soft_moe_ffn._Size(32, 1, 16, 2, 20, vocab=300, prose=True)
    pick = Bench.pick
    monkeypatch.setattr(Bench, "pick", lambda bench, **sizes: size if "cuda" in sizes and isinstance(
        sizes["cuda"], soft_moe_ffn._Size) else pick(bench, **sizes))  # fmt: skip
    text = module.reading(300, prose=True)
    language = soft_moe_ffn._Language(text.known, text.known, text.held_out)
    monkeypatch.setattr(soft_moe_ffn, "_languages", lambda size: (language, language))
    measurement = run_trial(soft_moe_ffn.language_ratio, long=True)
    check(measurement, arms=4)
    assert claimed(measurement).metric == "next-token accuracy in held-out dictionary prose"
    assert "on dictionary prose and encyclopedia prose 80/20" in measurement.differs[0]
