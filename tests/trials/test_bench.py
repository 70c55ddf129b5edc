"""The bench itself: timing, counting, settings, and what it refuses."""

import time
from collections.abc import Callable
from math import isnan
from pathlib import Path
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
    """Work for a time by this process's own clock."""

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
            busy(0.006)()

        return call

    bench = Bench(CPU, repeats=3)
    arms = {"base": arm("b"), "ours": arm("c"), "third": arm("t")}
    bench.time("speed", arms, candidate="ours", baseline="base")
    assert "".join(calls) == "bbcctt" + "bct" + "ctb" + "tbc"  # warm-up of each, then rounds
    assert bench.rounds == 3


def test_a_slower_baseline_gives_a_ratio_above_one() -> None:
    bench = Bench(CPU, repeats=3)
    arms = {"ours": busy(0.005), "mid": busy(0.01), "slow": busy(0.02)}
    times = bench.time("speed", arms, candidate="ours", baseline="slow")
    assert times.ratio is not None
    assert times.ratio == pytest.approx(times.figures["slow"] / times.candidate)
    assert times.ratio > 1.5
    assert times.candidate < times.figures["mid"] < times.figures["slow"]
    assert times.ratio_interval is not None
    assert times.ratio_interval[0] <= times.ratio <= times.ratio_interval[1]
    assert times.interval is not None
    assert times.interval[0] <= times.candidate <= times.interval[1]
    assert (times.unit, times.better) == ("s", "lower")
    assert bench.comparisons == [times]


def test_short_calls_are_repeated_until_the_clock_can_tell() -> None:
    calls = 0

    def short() -> None:
        nonlocal calls
        calls += 1

    arms = {"long": busy(0.002), "short": short}
    times = Bench(CPU, repeats=3).time("speed", arms, candidate="short", baseline="long")
    assert calls > 1000
    assert 0 < times.candidate < 1e-4


def test_the_budget_ends_a_timing_after_three_rounds() -> None:
    bench = Bench(CPU, repeats=50, budget=0.0)
    bench.time("speed", {"base": busy(0.006), "ours": busy(0.006)}, candidate="ours", baseline="base")
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
    arms = {"list": all_at_once, "ours": one_after_the_other}
    peaks = bench.memory("memory", arms, candidate="ours", baseline="list")
    assert (peaks.figures, peaks.ratio, peaks.unit) == ({"": 8_000.0, "list": 20_000.0}, 2.5, "B")
    assert peaks.ratio_interval is None  # counted, and the same every time


def test_flops_are_those_of_the_products() -> None:
    x = torch.ones(10, 20)
    arms = {"two": lambda: (x @ x.T) @ x, "one": lambda: x @ x.T}
    counts = Bench(CPU).flops("work", arms, candidate="one", baseline="two")
    assert counts.figures == {"": 4000.0, "two": 8000.0}


def test_the_trial_says_which_comparison_is_the_claims_whatever_the_order() -> None:
    bench = Bench(CPU, repeats=1)
    idle: dict[str, Callable[[], object]] = {"a": lambda: None, "b": lambda: None}
    work = bench.flops("work", idle, candidate="a", baseline="b")
    percent = {"full": 97.0, "half": 96.0}
    accuracy = bench.compare("accuracy", percent, candidate="half", baseline="full", unit="%", better="higher")
    error = bench.score("error", [0.1, 0.3, 0.2], better="lower", at_most=0.25)
    assert work.ratio is None  # nothing to nothing
    bench.claim(accuracy)
    assert bench.claimed is accuracy
    assert bench.beside == [work, error]
    assert (error.interval, error.met, work.bounded) == ((0.1, 0.3), None, False)
    with pytest.raises(ValueError, match="it is 'accuracy' already"):
        bench.claim(work)
    with pytest.raises(ValueError, match="'accuracy' was not measured by this bench"):
        Bench(CPU).claim(accuracy)


def test_several_figures_of_an_arm_give_intervals() -> None:
    seeds = {"full": [50.0, 52.0, 51.0], "ours": [60.0, 51.0, 55.0], "third": [1.0, 2.0, 3.0]}
    comparison = Bench(CPU).compare("accuracy", seeds, candidate="ours", baseline="full", better="higher")
    assert comparison.figures == {"": 55.0, "full": 51.0, "third": 2.0}
    assert comparison.interval == (51.0, 60.0)
    assert comparison.ratio_interval == pytest.approx((51 / 52, 60 / 50))
    assert comparison.difference_interval == (-1.0, 10.0)


@pytest.mark.parametrize("broken", [[float("nan"), 60.0, 61.0], [60.0, float("nan"), 61.0]])
def test_a_run_that_broke_is_not_hidden_by_its_neighbours(broken: list[float]) -> None:
    arms = {"full": [50.0, 50.0, 50.0], "ours": broken}
    comparison = Bench(CPU).compare("accuracy", arms, candidate="ours", baseline="full", better="higher")
    assert isnan(comparison.candidate)
    assert (comparison.interval, comparison.ratio_interval, comparison.difference_interval) == (None, None, None)


def test_a_trend_is_a_slope_with_its_interval() -> None:
    bench = Bench(CPU)
    rising = bench.trend("confidence", along=[1, 2, 4, 8], values=[[0.1, 0.12], [0.2, 0.22], [0.4, 0.4], 0.8], unit="%")
    assert rising.candidate == pytest.approx(0.1, rel=0.1)
    assert rising.interval is not None
    assert rising.interval[0] > 0
    flat = bench.trend("noise", along=range(6), values=[0.3, 0.1, 0.4, 0.1, 0.5, 0.2])
    assert flat.interval is not None
    assert flat.interval[0] < 0 < flat.interval[1]
    with pytest.raises(ValueError, match="needs three or more"):
        bench.trend("line", along=[1, 2], values=[1.0, 2.0])


@pytest.mark.parametrize(
    ("quick", "values", "value"),
    [
        (False, {"quick": 1, "cpu": 2, "cuda": 3}, 2),
        (True, {"quick": 1, "cpu": 2, "cuda": 3}, 1),
        (True, {"cpu": 2}, 2),
        (False, {"cuda": 3}, 3),
        (False, {"quick": 1, "cpu": 2}, 2),
    ],
)
def test_pick_chooses_and_declares_nothing(quick: bool, values: dict[str, int], value: int) -> None:
    bench = Bench(CPU, quick=quick)
    assert bench.pick(**values) == value
    assert (bench.evidence, bench.differs) == (None, [])


def test_a_long_run_takes_what_is_given_for_it() -> None:
    bench = Bench(CPU, long=True)
    assert bench.pick(quick=1, cpu=2, cuda=3, long=4) == 4
    assert bench.pick(quick=1, cpu=2, cuda=3) == 2
    assert list(bench.seeds(cpu=2, long=1)) == [0]
    assert Bench(CPU).pick(cpu=2, long=4) == 2


def test_a_pretrained_model_is_named_as_the_setting(tiny_model: Path) -> None:
    from assay.testbed.pretrained import load_language_model

    handed = load_language_model(tiny_model)
    bench = Bench(CPU, handed=handed)
    assert bench.on_pretrained("eight tokens") is handed
    assert (bench.evidence, bench.model, bench.differs) == ("real model", handed.description, ["eight tokens"])
    with pytest.raises(ValueError, match="was handed no pretrained model: declare it"):
        Bench(CPU).on_pretrained("eight tokens")


def test_the_setting_is_said_once_and_whole() -> None:
    bench = Bench(CPU)
    with pytest.raises(ValueError, match="how the setting differs"):
        bench.setting("simulated")
    with pytest.raises(ValueError, match="'invented' is not a valid Evidence"):
        bench.setting("invented", differs="all")
    bench.setting("trained here", model="Llama, 8 wide", differs="two layers")
    assert (bench.evidence, bench.model, bench.differs) == ("trained here", "Llama, 8 wide", ["two layers"])
    with pytest.raises(ValueError, match="is called once"):
        bench.setting("as claimed")


def test_what_makes_no_sense_is_refused() -> None:
    bench = Bench(CPU)
    with pytest.raises(ValueError, match="no value"):
        bench.pick()
    with pytest.raises(ValueError, match=r"work: there is no arm 'ours' among 'a', 'b': name one of them"):
        bench.flops("work", {"a": lambda: None, "b": lambda: None}, candidate="ours", baseline="a")
    with pytest.raises(ValueError, match="gap: 'a' is candidate and baseline"):
        bench.compare("gap", {"a": 1.0, "b": 1.0}, candidate="a", baseline="a", better="lower")
    with pytest.raises(ValueError, match="nameless: every arm needs a name"):
        bench.score("nameless", {"": 1.0, "b": 1.0}, better="lower")
    bench.score("error", 1.0, better="lower")
    with pytest.raises(ValueError, match="already has a figure named 'error'"):
        bench.score("error", 1.0, better="lower")
    with pytest.raises(ValueError, match="2 figures of b and 1 of a: no pairs"):
        bench.compare("m", {"a": 1.0, "b": [1.0, 2.0]}, candidate="a", baseline="b", better="lower")
    with pytest.raises(ValueError, match="no figures"):
        bench.compare("n", [], better="lower")
    with pytest.raises(ValueError, match="needs a bound"):
        bench.score("bar", 1.0, better="lower", binds="measurement")
    with pytest.raises(NotTestable, match="a GPU"):
        bench.not_testable("a GPU")


def test_seeds_begin_with_the_runs_own() -> None:
    assert list(Bench(CPU, seed=7).seeds(cpu=3)) == [7, 8, 9]
    assert list(Bench(CPU, seed=7, quick=True).seeds(cpu=3)) == [7]


def test_generators_repeat() -> None:
    bench = Bench(CPU, seed=7)
    first, second = (torch.randn(4, generator=bench.generator()) for _ in range(2))
    assert torch.equal(first, second)
    assert not torch.equal(first, torch.randn(4, generator=Bench(CPU, seed=8).generator()))


def test_a_curve_has_a_figure_of_every_arm_at_every_point() -> None:
    bench = Bench(CPU, repeats=3)
    arms: dict[str, list[Any]] = {"plain": [4.0, 3.0], "ours": [[3.0, 1.0, 2.0], 0.5]}
    curve = bench.curve("loss", arms, candidate="ours", along="steps", at=[10, 20])
    assert bench.curves == [curve]
    assert [line.name for line in curve.lines] == ["", "plain"]
    assert (curve.lines[0].values, curve.lines[0].low, curve.lines[0].high) == ((2.0, 0.5), (1.0, 0.5), (3.0, 0.5))
    with pytest.raises(ValueError, match="'gap' has 2 points, plain has 1"):
        bench.curve("gap", {"ours": [1.0, 2.0], "plain": [4.0]}, candidate="ours", along="steps", at=[10, 20])
    with pytest.raises(ValueError, match="'dot' is a curve of 1 points"):
        bench.curve("dot", {"ours": [1.0]}, candidate="ours", along="steps", at=[10])
    with pytest.raises(ValueError, match="already has a figure named 'loss'"):
        bench.curve("loss", arms, candidate="ours", along="steps", at=[1, 2])


def test_times_along_something_are_taken_interleaved_and_once() -> None:
    bench = Bench(CPU, repeats=3)
    calls: list[tuple[str, float]] = []

    def arm(name: str) -> Callable[[float], Callable[[], None]]:
        return lambda point: lambda: (calls.append((name, point)), busy(0.002 * point)())[1]  # type: ignore[func-returns-value]

    def only_short(point: float) -> Callable[[], None] | None:
        return arm("slow")(point) if point == 1 else None

    curve = bench.time_curve(
        "time", {"slow": only_short, "ours": arm("ours")}, candidate="ours", along="tokens", at=[1, 4]
    )
    ours, slow = curve.lines
    assert ours.values[0] >= 0.002
    assert ours.values[1] >= 0.008
    assert isnan(slow.values[1])
    assert slow.values[0] >= 0.002
    first = [name for name, point in calls if point == 1][4:]  # behind what warms up
    assert first.index("ours") < len(first) - first[::-1].index("slow")
    assert {name for name, point in calls if point == 4} == {"ours"}
