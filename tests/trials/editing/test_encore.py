"""The trials of ENCORE run, show their rivals, and notice when it is broken."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch

from assay.methods.editing.encore import Rule, editor, ridge
from assay.methods.editing.encore.targets import Targets, find_targets
from assay.papers.verdict import Verdict
from assay.trials import Bench, discover, run_trial
from assay.trials.editing import encore as trials
from assay.trials.editing._rivals import null_space_rule
from tests.trials.scores import claimed, score

RIVALS = {"MEMIT", "AlphaEdit", "fine-tuning"}


@pytest.fixture
def _anew() -> Iterator[None]:
    """No stream is taken from another test, or left to one."""
    trials._run.cache_clear()
    yield
    trials._run.cache_clear()


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.01636")} == {
        "sequential": "sequential-edits",
        "speed_over_memit": "speed-over-memit",
        "speed_over_alphaedit": "speed-over-alphaedit",
        "time_cut": "editing-time-cut",
    }


def test_editing_takes_less_time() -> None:
    measurement = run_trial(trials.speed_over_memit, quick=True)
    time = claimed(measurement)
    assert time.ratio is not None
    assert time.ratio > 1
    assert {arm.name for arm in time.others} == {"AlphaEdit", "fine-tuning"}
    steps = score(measurement, "gradient steps")
    assert {arm.name for arm in steps.others} == RIVALS
    assert steps.candidate < 0.8 * next(arm.value for arm in steps.others if arm.name == "MEMIT")
    assert score(measurement, "efficacy").met


def test_edits_in_a_row_are_counted() -> None:
    measurement = run_trial(trials.sequential, quick=True)
    assert 0 < claimed(measurement).candidate <= 24
    assert {arm.name for arm in score(measurement, "retention").others} == RIVALS
    assert score(measurement, "norm of the edited weights").candidate > 1
    efficacy, retention, norm = measurement.curves
    for curve in (efficacy, retention, norm):
        assert curve.at == (12, 24, 36, 48)
        assert {line.name for line in curve.lines} == {"", *RIVALS}
    assert norm.lines[0].values[-1] > norm.lines[0].values[0]
    assert (
        0 < score(measurement, "edits in a row before retention falls by 5 points, in one stream of 48").candidate <= 48
    )
    assert measurement.model == "Llama, 32 wide, 3 layers"
    assert measurement.differs[0].startswith(
        "24 of 120 made-up facts that it knows, edited in batches of 12, instead of Llama3-8B"
    )


@pytest.mark.usefixtures("_anew")
def test_without_early_stopping_it_is_not_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    def searching_on(model: Any, tokenizer: Any, block: Any, edits: Any, contexts: Any, config: Any) -> Targets:
        return find_targets(model, tokenizer, block, edits, contexts, replace(config, patience=0))

    monkeypatch.setattr(editor, "find_targets", searching_on)
    assert run_trial(trials.time_cut, quick=True).verdict is not Verdict.SEEN


@pytest.mark.usefixtures("_anew")
def test_an_editor_that_does_not_edit_is_not_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    def timid(lambda_preserve: float, lambda_norm: float) -> Rule:
        return ridge(lambda_preserve, lambda_norm * 1e9)  # MEMIT has no penalty

    monkeypatch.setattr(editor, "ridge", timid)
    for trial in (trials.speed_over_memit, trials.sequential):
        measurement = run_trial(trial, quick=True)
        assert measurement.verdict is Verdict.NOT_SEEN
        assert not score(measurement, "efficacy").met


@pytest.mark.parametrize(
    ("retained", "lasted"),
    [([90, 89, 87], 20.0), ([90, 88, 80], 10 + 10 * 3 / 8), ([90, 70, 89], 2.5), ([90, 85, 85], 20.0)],
)
def test_edits_are_counted_until_the_loss(retained: list[float], lasted: float) -> None:
    assert trials._lasted(retained, 10) == pytest.approx(lasted)


def test_alphaedit_writes_where_ordinary_keys_do_not_reach() -> None:
    directions = torch.linalg.qr(torch.randn(6, 6, dtype=torch.float64)).Q
    ordinary = directions @ torch.diag(torch.tensor([0.0, 0, 0, 1, 2, 3]).double()) @ directions.T
    rule = null_space_rule(0.5, 1e-6)
    keys = torch.randn(6, 2, dtype=torch.float64)
    solution = rule(keys, ordinary, torch.zeros(6, 6).double())
    assert (directions[:, 3:].T @ solution).norm() < 1e-4 * solution.norm()
    inside = directions[:, :3].T @ keys
    assert torch.allclose(inside.T @ directions[:, :3].T @ solution, torch.eye(2).double(), atol=1e-3)


def test_the_best_setting_of_the_tuning_stream_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []

    def run(size: object, arm: str, setting: tuple[float, float], seed: int, device: str) -> dict[str, float]:
        seeds.append(seed)
        return {"efficacy": 100 - setting[0], "retention": min(setting[0], 90)}

    monkeypatch.setattr(trials, "_run", run)
    monkeypatch.setitem(trials._SETTINGS, "MEMIT", ((1, 0), (49, 0), (80, 0), (99, 0)))
    bench = Bench(device=torch.device("cpu"))
    assert trials._best(bench, trials._size(bench), "MEMIT") == (49, 0)
    assert seeds == [trials._TUNING] * 4


def test_every_arm_is_tuned_alike() -> None:
    assert {len(settings) for settings in trials._SETTINGS.values()} == {4}
