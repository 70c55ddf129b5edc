"""The bench itself: timing, counting, settings, and what it refuses."""

import time
from collections.abc import Callable
from math import isnan
from typing import Any

import pytest
import torch

from assay.testbed.progress import quiet, showing
from assay.trials.bench import Bench, NotTestable
from assay.trials.memory import peak_memory

CPU = torch.device("cpu")


@pytest.fixture(autouse=True)
def _in_silence() -> Any:
    with showing(quiet):
        yield


def busy(seconds: float) -> Callable[[], None]:
    """Work for a time by this process's own clock, so that a busy machine does not matter."""

    def work() -> None:
        began = time.thread_time()
        while time.thread_time() - began < seconds:
            pass

    return work


def test_arms_are_timed_interleaved_in_turns() -> None:
    calls: list[str] = []

    def arm(name: str) -> Callable[[], None]:
        def call() -> None:
            calls.append(name)
            time.sleep(0.006)

        return call

    bench = Bench(CPU, repeats=3)
    bench.time("speed", baseline=("base", arm("b")), candidate=arm("c"), others={"third": arm("t")})
    assert "".join(calls) == "bbcctt" + "bct" + "ctb" + "tbc"  # warm-up of each, then rounds
    assert bench.rounds == 3


def test_a_slower_baseline_gives_a_ratio_above_one() -> None:
    bench = Bench(CPU, repeats=3)
    arms = bench.time("speed", baseline=("slow", busy(0.02)), candidate=busy(0.005), others={"mid": busy(0.01)})
    assert arms.ratio == pytest.approx(arms.baseline / arms.candidate)
    assert arms.ratio > 1.5
    assert arms.candidate < arms.others["mid"] < arms.baseline
    assert arms.spread is not None
    assert arms.spread[0] <= arms.ratio <= arms.spread[1]
    assert bench.result is not None
    assert (bench.result.unit, bench.result.better) == ("s", "lower")


def test_short_calls_are_repeated_until_the_clock_can_tell() -> None:
    calls = 0

    def short() -> None:
        nonlocal calls
        calls += 1

    arms = Bench(CPU, repeats=3).time("speed", baseline=("long", busy(0.002)), candidate=short)
    assert calls > 1000
    assert 0 < arms.candidate < 1e-4


def test_the_budget_ends_a_timing_after_three_rounds() -> None:
    bench = Bench(CPU, repeats=50, budget=0.0)
    bench.time("speed", baseline=("base", busy(0.006)), candidate=busy(0.006))
    assert bench.rounds == 3


def test_memory_counts_what_is_alive_at_once() -> None:
    x = torch.ones(1000)

    def one_after_the_other() -> torch.Tensor:
        y = x
        for _ in range(5):
            y = y * 2.0  # the old one is freed when the new one is there
        return y

    def all_at_once() -> list[torch.Tensor]:
        return [x + i for i in range(5)]

    assert peak_memory(one_after_the_other, CPU) == 2 * 4000
    assert peak_memory(all_at_once, CPU) == 5 * 4000
    assert peak_memory(lambda: x.view(10, 100).t().add_(0.0), CPU) == 0
    bench = Bench(CPU)
    arms = bench.memory("memory", baseline=("list", all_at_once), candidate=one_after_the_other)
    assert (arms.baseline, arms.candidate, arms.ratio) == (20_000.0, 8_000.0, 2.5)
    assert bench.result is not None
    assert bench.result.unit == "B"


def test_flops_are_those_of_the_products() -> None:
    x = torch.ones(10, 20)
    arms = Bench(CPU).flops("work", baseline=("two", lambda: (x @ x.T) @ x), candidate=lambda: x @ x.T)
    assert (arms.baseline, arms.candidate) == (8000.0, 4000.0)


def test_the_first_comparison_is_the_claims_unless_one_is_handed_in() -> None:
    bench = Bench(CPU, repeats=1)
    bench.flops("work", baseline=("b", lambda: None), candidate=lambda: None)
    bench.time("speed", baseline=("b", busy(0.001)), candidate=busy(0.001))
    assert bench.result is not None
    assert bench.result.metric == "work"
    assert bench.result.ratio is None  # nothing to nothing
    bench.measure("accuracy", unit="%", better="higher", baseline=("full", 97.0), candidate=96.0, at_least=95.0)
    assert bench.result.metric == "accuracy"
    shown = {score.name: score for score in bench.scores}
    assert set(shown) == {"speed", "work", "accuracy"}
    assert shown["accuracy"].bounded
    assert shown["accuracy"].met
    assert not shown["speed"].bounded
    with pytest.raises(ValueError, match="one measurement of its claim"):
        bench.measure("loss", better="lower", candidate=1.0)


def test_several_figures_of_an_arm_give_a_spread() -> None:
    found = Bench(CPU).measure(
        "accuracy", better="higher", baseline=("full", [50.0, 52.0, 51.0]), candidate=[60.0, 51.0, 55.0]
    )
    assert found.candidate == 55.0
    assert found.baseline is not None
    assert found.baseline.value == 51.0
    assert found.spread == pytest.approx((51 / 52, 60 / 50))


@pytest.mark.parametrize(
    ("baseline", "candidate", "better", "margin", "spread"),
    [
        (50.0, 60.0, "higher", 5.0, (1.1, 1.3)),
        (60.0, 50.0, "lower", 10.0, (1.0, 1.5)),
        (-2.0, -1.0, "higher", 0.5, (0.5, 1.5)),
        (1.0, 2.0, "higher", 3.0, (-2.0, 4.0)),
    ],
)
def test_a_margin_gives_a_spread(
    baseline: float, candidate: float, better: Any, margin: float, spread: tuple[float, float]
) -> None:
    found = Bench(CPU).measure("m", better=better, baseline=("b", baseline), candidate=candidate, spread=margin)
    assert found.spread == pytest.approx(spread)


def test_a_comparison_without_meaning_is_nan() -> None:
    arms = Bench(CPU).flops("work", baseline=("b", lambda: None), candidate=lambda: None)
    assert isnan(arms.ratio)


@pytest.mark.parametrize(
    ("quick", "values", "chosen", "setting"),
    [
        (False, {"quick": 1, "cpu": 2, "cuda": 3}, 2, "scaled down: sizes for a CPU"),
        (True, {"quick": 1, "cpu": 2, "cuda": 3}, 1, "scaled down: a quick run"),
        (True, {"cpu": 2}, 2, "scaled down: a quick run"),
        (False, {"cpu": 3, "cuda": 3}, 3, "as claimed"),
        (False, {"cuda": 3}, 3, "as claimed"),
        (False, {"quick": 1, "cpu": 2}, 2, "as claimed"),
    ],
)
def test_pick_and_the_setting(quick: bool, values: dict[str, int], chosen: int, setting: str) -> None:
    bench = Bench(CPU, quick=quick)
    assert bench.pick(**values) == chosen
    bench.as_claimed()
    assert bench.setting == setting


def test_a_setting_is_said_once_and_in_order() -> None:
    bench = Bench(CPU, quick=True)
    for _ in range(2):
        bench.scaled_down("random fields")
        bench.scaled_down("two layers")
    assert bench.setting == "scaled down: random fields; two layers; a quick run"


def test_what_makes_no_sense_is_refused() -> None:
    bench = Bench(CPU)
    with pytest.raises(ValueError, match=r"call bench\.scaled_down"):
        _ = bench.setting
    with pytest.raises(ValueError, match="wants to be told how"):
        bench.scaled_down(" ")
    with pytest.raises(ValueError, match="no value"):
        bench.pick()
    with pytest.raises(ValueError, match="a name of its own"):
        bench.flops("work", baseline=("same", lambda: None), candidate=lambda: None, others={"same": lambda: None})
    bench.score("error", candidate=1.0, better="lower")
    with pytest.raises(ValueError, match="already has a figure named 'error'"):
        bench.score("error", candidate=1.0, better="lower")
    with pytest.raises(ValueError, match="make no pairs"):
        bench.measure("m", better="lower", baseline=("b", [1.0, 2.0]), candidate=1.0)
    with pytest.raises(ValueError, match="no figures"):
        bench.measure("n", better="lower", candidate=[])
    with pytest.raises(NotTestable, match="a GPU"):
        bench.not_testable("a GPU")


def test_generators_repeat() -> None:
    bench = Bench(CPU, seed=7)
    first, second = (torch.randn(4, generator=bench.generator()) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, torch.randn(4, generator=Bench(CPU, seed=8).generator()))


def test_a_curve_has_a_figure_of_every_arm_at_every_point() -> None:
    bench = Bench(CPU, repeats=3)
    curve = bench.curve(
        "loss", along="steps", at=[10, 20], candidate=[[3.0, 1.0, 2.0], 0.5], others={"plain": [4.0, 3.0]}
    )
    assert bench.curves == [curve]
    assert [line.name for line in curve.lines] == ["", "plain"]
    assert (curve.lines[0].values, curve.lines[0].low, curve.lines[0].high) == ((2.0, 0.5), (1.0, 0.5), (3.0, 0.5))
    with pytest.raises(ValueError, match="'gap' has 2 points, plain has 1"):
        bench.curve("gap", along="steps", at=[10, 20], candidate=[1.0, 2.0], others={"plain": [4.0]})
    with pytest.raises(ValueError, match="'dot' is a curve of 1 points"):
        bench.curve("dot", along="steps", at=[10], candidate=[1.0])
    with pytest.raises(ValueError, match="already has a figure named 'loss'"):
        bench.curve("loss", along="steps", at=[1, 2], candidate=[1.0, 2.0])


def test_times_along_something_are_taken_interleaved_and_once() -> None:
    bench = Bench(CPU, repeats=3)
    ran: list[tuple[str, float]] = []

    def arm(name: str) -> Callable[[float], Callable[[], None]]:
        return lambda point: lambda: (ran.append((name, point)), busy(0.002 * point)())[1]  # type: ignore[func-returns-value]

    def only_short(point: float) -> Callable[[], None] | None:
        return arm("slow")(point) if point == 1 else None

    curve = bench.time_curve("time", along="tokens", at=[1, 4], candidate=arm("ours"), others={"slow": only_short})
    ours, slow = curve.lines
    assert 2 < ours.values[1] / ours.values[0] < 8
    assert isnan(slow.values[1])
    assert slow.values[0] > 0.002
    first = [name for name, point in ran if point == 1][4:]  # behind what warms up
    assert first.index("ours") < len(first) - first[::-1].index("slow")
    assert {name for name, point in ran if point == 4} == {"ours"}
