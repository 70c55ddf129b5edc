"""The trials of Hierarchy Drafting run, and notice when the method is broken."""

from collections.abc import Sequence

import pytest
from torch import Tensor
from transformers import Cache

from assay.methods.decoding.hierarchy_drafting import HierarchyDrafter, _drafter, _verification
from assay.papers.verdict import Verdict
from assay.trials import run_trial
from assay.trials.decoding import hierarchy_drafting as trials
from tests.trials.scores import score

SAME = "tokens that are those of plain decoding"


def test_a_trial_notices_drafts_that_are_never_right(monkeypatch: pytest.MonkeyPatch) -> None:
    many = {(0, 0, 0, number): "W" for number in range(50)}
    monkeypatch.setattr(HierarchyDrafter, "look_up", lambda *_: many)
    measurement = run_trial(trials.speed, quick=True, repeats=1)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert measurement.model == "Llama, 64 wide, 2 layers"
    assert score(measurement, SAME).candidate == 100.0
    assert score(measurement, "tokens a pass").candidate == 1.0


def test_a_trial_notices_a_cache_that_loses_what_was_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    keep_accepted = _verification.keep_accepted

    def forgetful(cache: Cache, real: Tensor, slots: Sequence[Sequence[int]]) -> Tensor:
        return keep_accepted(cache, real, [row[:1] for row in slots])

    monkeypatch.setattr(_drafter, "keep_accepted", forgetful)
    measurement = run_trial(trials.speed, quick=True, repeats=1)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert score(measurement, SAME).candidate < 100.0
