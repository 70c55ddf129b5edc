"""Sweeps: every arm is tuned alike, and further seeds are spent where it was best."""

from typing import Any

import pytest

from assay.testbed.sweep import Runs, run_seeds, sweep

NAN = float("nan")
LOSS = {("a", 0.1): 3.0, ("a", 0.2): 2.0, ("b", 0.1): 1.0, ("b", 0.2): NAN}


def test_every_arm_at_every_rate_then_its_best_from_other_seeds() -> None:
    calls: list[tuple[str, float, int]] = []

    def run(arm: str, rate: float, seed: int) -> dict[str, Any]:
        calls.append((arm, rate, seed))
        return {"loss": LOSS[arm, rate] + seed, "steps": seed}

    result = sweep(run, arms=["a", "b"], rates=[0.1, 0.2], seeds=[0, 1, 2])
    assert calls[:4] == [("a", 0.1, 0), ("b", 0.1, 0), ("a", 0.2, 0), ("b", 0.2, 0)]
    assert calls[4:] == [("a", 0.2, 1), ("b", 0.1, 1), ("a", 0.2, 2), ("b", 0.1, 2)]
    assert (result.best("a"), result.best("b")) == (0.2, 0.1)  # a loss that is no number is never best
    assert result.best_rates() == {"a": 0.2, "b": 0.1}
    assert result.tuned.figures("loss") == {"a": [2.0, 3.0, 4.0], "b": [1.0, 2.0, 3.0]}
    assert result.at(0.2).of("b", "steps") == [0]
    assert result.tuned.by_arm["b"] == [{"loss": 1.0 + seed, "steps": seed} for seed in range(3)]


def test_rates_at_which_all_are_compared() -> None:
    result = sweep(lambda arm, rate, seed: {"loss": LOSS[arm, rate]}, arms=["a", "b"], rates=[0.1, 0.2], seeds=[0, 1],
                  also=[0.1])  # fmt: skip
    assert {(arm, rate): len(runs) for arm, cells in result.cells.items() for rate, runs in cells.items()} == {
        ("a", 0.1): 2, ("a", 0.2): 2, ("b", 0.1): 2, ("b", 0.2): 1,
    }  # fmt: skip


def test_arms_that_one_seed_is_enough_for_are_run_from_the_first() -> None:
    result = sweep(lambda arm, rate, seed: {"loss": LOSS[arm, rate]}, arms=["a", "b"], rates=[0.1, 0.2], seeds=[0, 1],
                  one_seed=["b"])  # fmt: skip
    assert result.tuned.figures("loss") == {"a": [2.0, 2.0], "b": [1.0]}
    runs = run_seeds(lambda arm, seed: {"cell": arm + str(seed)}, arms=["a", "b"], seeds=[4, 5], one_seed=["a"])
    assert runs.figures("cell") == {"a": ["a4"], "b": ["b4", "b5"]}


def test_figures_and_points_by_arm() -> None:
    runs = Runs({"a": [{"losses": [3, 2, 1]}, {"losses": [6, 5, 4]}], "b": [{"losses": [0, 0, 0]}]})
    assert runs.figures(lambda run: run["losses"][-1]) == {"a": [1, 4], "b": [0]}
    assert runs.points("losses") == {"a": [(3, 6), (2, 5), (1, 4)], "b": [(0,), (0,), (0,)]}


def test_what_is_finished_is_not_run_again() -> None:
    runs: dict[str, Any] = {}

    def once(name: str, compute: Any) -> Any:
        if name not in runs:
            runs[name] = compute()
        return runs[name]

    def run(arm: str, rate: float, seed: int) -> dict[str, Any]:
        assert len(runs) < 4, "run a second time"
        return {"loss": rate}

    first = sweep(run, arms=["a", "b"], rates=[0.1], seeds=[0, 1], once=once)
    assert sweep(run, arms=["a", "b"], rates=[0.1], seeds=[0, 1], once=once) == first
    assert sorted(runs) == [f"{arm}, rate 0.1, seed {seed}" for arm in "ab" for seed in (0, 1)]


def test_what_cannot_be_swept() -> None:
    with pytest.raises(ValueError, match="arms, rates and seeds, and has 1, 0 and 1"):
        sweep(lambda *_: {}, arms=["a"], rates=[], seeds=[0])
    with pytest.raises(ValueError, match=r"rates \[0.5\] are to be run from every seed"):
        sweep(lambda *_: {}, arms=["a"], rates=[0.1], seeds=[0], also=[0.5])
