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
    bench.time("speed", baseline=("base", arm("b")), candidate=arm("c"), others={"third": arm("t")})
    assert "".join(calls) == "bbcctt" + "bct" + "ctb" + "tbc"  # warm-up of each, then rounds
    assert bench.rounds == 3


def test_a_slower_baseline_gives_a_ratio_above_one() -> None:
    bench = Bench(CPU, repeats=3)
    times = bench.time("speed", baseline=("slow", busy(0.02)), candidate=busy(0.005), others={"mid": busy(0.01)})
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

    times = Bench(CPU, repeats=3).time("speed", baseline=("long", busy(0.002)), candidate=short)
    assert calls > 1000
    assert 0 < times.candidate < 1e-4


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
    peaks = bench.memory("memory", baseline=("list", all_at_once), candidate=one_after_the_other)
    assert (peaks.figures, peaks.ratio, peaks.unit) == ({"": 8_000.0, "list": 20_000.0}, 2.5, "B")
    assert peaks.ratio_interval is None  # counted, and the same every time


def test_flops_are_those_of_the_products() -> None:
    x = torch.ones(10, 20)
    counts = Bench(CPU).flops("work", baseline=("two", lambda: (x @ x.T) @ x), candidate=lambda: x @ x.T)
    assert counts.figures == {"": 4000.0, "two": 8000.0}


def test_the_trial_says_which_comparison_is_the_claims_whatever_the_order() -> None:
    bench = Bench(CPU, repeats=1)
    work = bench.flops("work", baseline=("b", lambda: None), candidate=lambda: None)
    accuracy = bench.compare("accuracy", unit="%", better="higher", baseline=("full", 97.0), candidate=96.0)
    error = bench.score("error", candidate=[0.1, 0.3, 0.2], better="lower", at_most=0.25)
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
    found = Bench(CPU).compare(
        "accuracy", better="higher", baseline=("full", [50.0, 52.0, 51.0]), candidate=[60.0, 51.0, 55.0]
    )
    assert found.figures == {"": 55.0, "full": 51.0}
    assert found.interval == (51.0, 60.0)
    assert found.ratio_interval == pytest.approx((51 / 52, 60 / 50))
    assert found.difference_interval == (-1.0, 10.0)


@pytest.mark.parametrize("broken", [[float("nan"), 60.0, 61.0], [60.0, float("nan"), 61.0]])
def test_a_run_that_broke_is_not_hidden_by_its_neighbours(broken: list[float]) -> None:
    found = Bench(CPU).compare("accuracy", better="higher", baseline=("full", [50.0, 50.0, 50.0]), candidate=broken)
    assert isnan(found.candidate)
    assert (found.interval, found.ratio_interval, found.difference_interval) == (None, None, None)


@pytest.mark.parametrize(
    ("baseline", "candidate", "better", "margin", "ratios", "differences"),
    [
        (50.0, 60.0, "higher", 5.0, (1.1, 1.3), (5.0, 15.0)),
        (60.0, 50.0, "lower", 10.0, (1.0, 1.5), (0.0, 20.0)),
        (-2.0, -1.0, "higher", 0.5, None, (0.5, 1.5)),
        (1.0, 2.0, "higher", 3.0, None, (-2.0, 4.0)),
    ],
)
def test_a_margin_gives_intervals(
    baseline: float,
    candidate: float,
    better: Any,
    margin: float,
    ratios: tuple[float, float] | None,
    differences: tuple[float, float],
) -> None:
    found = Bench(CPU).compare("m", better=better, baseline=("b", baseline), candidate=candidate, margin=margin)
    assert found.ratio_interval == (ratios and pytest.approx(ratios))
    assert found.difference_interval == pytest.approx(differences)


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
    ("quick", "values", "chosen"),
    [
        (False, {"quick": 1, "cpu": 2, "cuda": 3}, 2),
        (True, {"quick": 1, "cpu": 2, "cuda": 3}, 1),
        (True, {"cpu": 2}, 2),
        (False, {"cuda": 3}, 3),
        (False, {"quick": 1, "cpu": 2}, 2),
    ],
)
def test_pick_chooses_and_declares_nothing(quick: bool, values: dict[str, int], chosen: int) -> None:
    bench = Bench(CPU, quick=quick)
    assert bench.pick(**values) == chosen
    assert (bench.evidence, bench.differs) == (None, [])


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
    with pytest.raises(ValueError, match="a name of its own"):
        bench.flops("work", baseline=("same", lambda: None), candidate=lambda: None, others={"same": lambda: None})
    with pytest.raises(ValueError, match="a name of its own"):
        bench.compare("gap", baseline=("same", 1.0), candidate=1.0, others={"same": 1.0}, better="lower")
    bench.score("error", candidate=1.0, better="lower")
    with pytest.raises(ValueError, match="already has a figure named 'error'"):
        bench.score("error", candidate=1.0, better="lower")
    with pytest.raises(ValueError, match="make no pairs"):
        bench.compare("m", better="lower", baseline=("b", [1.0, 2.0]), candidate=1.0)
    with pytest.raises(ValueError, match="no figures"):
        bench.compare("n", better="lower", candidate=[])
    with pytest.raises(ValueError, match="needs a bound"):
        bench.score("bar", candidate=1.0, better="lower", binds="measurement")
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
    assert ours.values[0] >= 0.002
    assert ours.values[1] >= 0.008
    assert isnan(slow.values[1])
    assert slow.values[0] >= 0.002
    first = [name for name, point in ran if point == 1][4:]  # behind what warms up
    assert first.index("ours") < len(first) - first[::-1].index("slow")
    assert {name for name, point in ran if point == 4} == {"ours"}
