"""The trial of Hierarchy Drafting on a pretrained model runs, and notices when the method is broken."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from torch import Tensor
from transformers import Cache

from assay.methods.decoding.hierarchy_drafting import (
    ContextTable,
    HierarchyConfig,
    HierarchyDrafter,
    _drafter,
    _verification,
)
from assay.papers.verdict import Verdict
from assay.testbed.pretrained import load_language_model
from assay.testbed.prose import Entry, Prose
from assay.trials import run_trial
from assay.trials.decoding.hierarchy_drafting import pretrained as trials
from assay.trials.decoding.hierarchy_drafting._ngrams import NgramCounts, NgramDrafter
from assay.trials.decoding.hierarchy_drafting._writing import write_answer, write_answers
from tests.trials.scores import claimed, score

SAME = "answers that are those of plain decoding"
WORDS = "one two three four five six seven eight nine ten".split()
PROSE = Prose(
    "numbers", [Entry(f"word {at}", f"word {at}\n{' '.join(WORDS[at % 7 :] * 3)}. {at}.") for at in range(30)]
)


SIZES = trials._Sizes(1, 1, (4,), new=16, tuning_new=4, answers=4, entries=10, characters=(40, 80))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_Sizes", lambda *_: SIZES)
    monkeypatch.setattr(trials, "foldoc", lambda: PROSE)


def test_the_trial_measures_every_arm_and_sees_that_nothing_but_passes_changes(tiny_model: Path) -> None:
    measurement = run_trial(trials.speed_of_answers, quick=True, model=tiny_model)
    assert measurement.evidence == "real model"
    assert claimed(measurement).metric == "time a written token"
    tokens = score(measurement, "tokens a pass")
    assert tokens.candidate > 1.0
    assert {arm.name for arm in tokens.others} == {"prompt lookup", "n-gram speculation", "as published"}
    same = score(measurement, SAME)
    assert [same.candidate, *(arm.value for arm in same.others)] == [100.0] * 4


def test_the_trial_notices_a_cache_that_loses_what_was_accepted(
    monkeypatch: pytest.MonkeyPatch, tiny_model: Path
) -> None:
    keep_accepted = _verification.keep_accepted

    def forgetful(cache: Cache, real: Tensor, slots: Sequence[Sequence[int]]) -> Tensor:
        return keep_accepted(cache, real, [row[:1] for row in slots])

    monkeypatch.setattr(_drafter, "keep_accepted", forgetful)
    measurement = run_trial(trials.speed_of_answers, quick=True, model=tiny_model)
    assert score(measurement, SAME).candidate < 100.0
    assert measurement.verdict is Verdict.NOT_SEEN


def test_the_number_of_drafted_tokens_is_set_by_times(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    two = replace(SIZES, budgets=(2, 8), new=5)
    monkeypatch.setattr(trials, "_Sizes", lambda *_: two)
    slow = {"Hierarchy Drafting 2", "prompt lookup 8", "n-gram speculation 2"}

    def timed(bench: object, lm: object, arms: dict[str, object], prompts: Sequence[Tensor], *_: object) -> object:
        return {
            arm: [{"tokens": [0, 1], "seconds": 2.0 if arm in slow else 1.0, "passes": 2} for _ in prompts]
            for arm in arms
        }

    monkeypatch.setattr(trials, "_measure", timed)
    measurement = run_trial(trials.speed_of_answers, quick=True, model=tiny_model)
    tuned = score(measurement, "drafted tokens in a pass")
    assert (tuned.candidate, *(arm.value for arm in tuned.others)) == (8, 2, 8)
    assert [line.values for line in measurement.curves[0].lines[:2]] == [(1000.0, 500.0), (500.0, 1000.0)]


def test_answers_written_at_once_are_those_written_one_by_one(tiny_model: Path) -> None:
    lm = load_language_model(tiny_model)
    prompts = [lm.prompt(text) for text in ("one", "one two three", "seven eight nine ten")]
    alone = [write_answer(lm, prompt, 6) for prompt in prompts]
    assert write_answers(lm, prompts, 6) == [each["tokens"] for each in alone]
    assert [each["passes"] for each in alone] == [len(each["tokens"]) for each in alone]
    ending = alone[0]["tokens"][2]
    lm.model.generation_config.eos_token_id = ending  # type: ignore[union-attr]
    assert write_answers(lm, prompts, 6)[0][-1] == ending
    assert len(write_answer(lm, prompts[0], 6)["tokens"]) <= 3


def test_ngrams_foretell_what_followed_most_often() -> None:
    counts = NgramCounts()
    counts.count([1, 2, 3, 4, 9, 2, 3, 4])
    assert counts.follower([2, 3]) == 4
    assert counts.follower([1, 2, 3]) == 4
    assert counts.follower([9]) is None  # seen once, alone
    assert counts.follower([7]) is None
    counts.count([0, 2, 3, 5, 2, 3, 5, 2, 3, 6])
    assert counts.follower([2, 3]) is None  # neither 4 nor 5 half the time
    drafter = NgramDrafter([[5, 6, 7, 8], [5, 6, 7, 8]], tokens=3)
    assert list(drafter.look_up(ContextTable(draft_tokens=3, keep=1), [1, 5])) == [(6, 7, 8)]


def test_a_real_model_copies_in_fewer_passes_and_the_same_words(smollm2: Path) -> None:
    lm = load_language_model(smollm2)
    prompt = lm.ids("one two three four five six one two three")
    drafter = HierarchyDrafter(HierarchyConfig(order="W", candidates=1, window=0))
    plain = write_answer(lm, prompt, 6)
    drafted = write_answer(lm, prompt, 6, custom_generate=drafter.generate)
    assert drafted["tokens"] == plain["tokens"]
    assert drafted["passes"] < plain["passes"]
