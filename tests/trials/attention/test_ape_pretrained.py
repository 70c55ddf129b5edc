"""The trials of APE on a pretrained model: what they ask, and that they notice when the method is broken."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from assay.methods.attention.ape import APE, NEUTRAL, APECache, KVStates, join
from assay.papers.measurement import Evidence, Measurement
from assay.papers.verdict import Verdict
from assay.testbed.pretrained import load_language_model
from assay.testbed.prose import Entry, Prose
from assay.testbed.tasks.numbered_notes import numbered_notes
from assay.trials import run_trial
from assay.trials.attention.ape import PLAIN, SEQUENTIAL, SHARED_PREFIX
from assay.trials.attention.ape import pretrained as trials
from tests.trials.scores import claimed, score

LOSS = "negative log-likelihood of the answer"
PROSE = Prose("made up", [
    Entry(name, f"The {name} is a small animal. It has a long tail. In winter it sleeps under old trees.")
    for name in ("badger", "otter", "weasel", "marten")
])  # fmt: skip


def _small(_: object) -> object:
    return trials._Size(2, 1, 0, [NEUTRAL], documents=1, characters=60, others=((2, 1),), unlike=1)


@pytest.fixture
def _tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "foldoc", lambda: PROSE)
    monkeypatch.setattr(trials, "_size", _small)
    monkeypatch.setattr(trials, "_tune", lambda *_: APE(temperature=0.5, scale=0.5))
    monkeypatch.setattr(trials, "_MEASURED", {})


@pytest.mark.usefixtures("_tiny")
def test_arms_part_by_what_each_changes_alone(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one note a shared prefix is sequential reading, and APE is not; an APE that does nothing is noticed."""
    found = run_trial(trials.quality_kept_on_notes, quick=True, model=tiny_model)
    assert found.evidence is Evidence.REAL_MODEL
    losses = _losses(found)
    assert losses[SHARED_PREFIX] == pytest.approx(losses[SEQUENTIAL], rel=1e-5)
    assert len(set(losses.values()) - {losses[SHARED_PREFIX], losses[SEQUENTIAL]}) == 4
    assert [curve.at for curve in found.curves] == [(1.0, 2.0)]

    gain = run_trial(trials.gain_over_parallel_on_notes, quick=True, model=tiny_model)
    assert _losses(gain) == losses  # the same answers, measured once
    baseline = claimed(gain).baseline
    assert baseline is not None
    assert baseline.name == PLAIN

    monkeypatch.setattr(trials, "_MEASURED", {})
    monkeypatch.setattr(trials, "_tune", lambda *_: NEUTRAL)
    broken = _losses(run_trial(trials.quality_kept_on_notes, quick=True, model=tiny_model))
    assert broken.pop("APE") == broken[SHARED_PREFIX] != losses.pop("APE")
    assert broken == losses


def test_questions_in_a_batch_are_answered_as_alone(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lm = load_language_model(tiny_model)
    (notes,) = numbered_notes(PROSE, documents=3, characters=60, count=1)
    with torch.inference_mode():
        together = trials._ask(lm, notes, APE())
        monkeypatch.setattr(trials, "_AT_ONCE", 1)
        alone = trials._ask(lm, notes, APE())
    for arm, marks in together.items():
        assert [loss for _, loss in marks] == pytest.approx([loss for _, loss in alone[arm]], rel=1e-4)


def test_a_real_model_finds_the_number_in_its_note(smollm2: Path) -> None:
    """A temperature that blurs all notes, in place of APE's own, is noticed."""
    lm = load_language_model(smollm2)
    (notes,) = numbered_notes(PROSE, documents=2, characters=60, count=1, seed=2)
    prompts = trials._Prompts(lm, replace(notes, questions=notes.questions[:1]))
    with torch.inference_mode():
        states = prompts.encode(prompts.before)
        ((shared,), (blurred,)) = prompts.in_parallel(*states, [NEUTRAL, APE(temperature=50.0)])
        (sequential,) = prompts.in_sequence(torch.cat([prompts.before, *prompts.documents]))
        (without,) = prompts.in_sequence(prompts.before)
    assert sequential[0]
    assert shared[0]
    assert not without[0]
    assert not blurred[0]
    assert blurred[1] > shared[1] + 1


@pytest.mark.usefixtures("_tiny")
def test_a_first_token_that_depends_on_the_order_is_noticed(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = run_trial(trials.prefill_of_notes, quick=True, repeats=1, model=tiny_model)
    assert score(found, "change of the logits").candidate == 0

    def without_the_last(prefix: KVStates, requests: list[list[KVStates]]) -> APECache:
        return join(prefix, [contexts[:-1] for contexts in requests])

    monkeypatch.setattr(trials, "join", without_the_last)
    broken = run_trial(trials.prefill_of_notes, quick=True, repeats=1, model=tiny_model)
    assert score(broken, "change of the logits").candidate > 0
    assert broken.verdict is Verdict.NOT_SEEN


def _losses(found: Measurement) -> dict[str, float]:
    loss = score(found, LOSS)
    return {"APE": loss.candidate} | {arm.name: arm.value for arm in loss.others}
