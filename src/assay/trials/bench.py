"""The bench a trial works on: it times and counts the arms alike, collects figures, and knows how the setting differs.

Arms are timed interleaved: in each round every arm runs once, in an order that rotates, so that a machine that gets
slower or faster for a while does so for all of them. Figures are medians over rounds; the spread is a confidence
interval of the ratio over rounds. Short calls are repeated within a sample until the clock is not what is measured.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from time import perf_counter
from typing import NoReturn, TypeVar

import torch
from torch.utils.flop_counter import FlopCounterMode

from assay.papers.measurement import Arm, Better, Curve, Line, Score
from assay.testbed.progress import track
from assay.trials.drafts import Draft
from assay.trials.memory import peak_memory
from assay.trials.verdict import difference, ratio, spread

T = TypeVar("T")
Call = Callable[[], object]
Values = float | Sequence[float]

_SHORTEST_SAMPLE = 5e-3  # seconds: a thousand times what reading the clock costs
_FEWEST_ROUNDS = 3


class NotTestable(Exception):  # noqa: N818 - it is an outcome, not an error
    """Ends a trial that lacks something here; the message says what."""


@dataclass(frozen=True)
class Arms:
    """What each arm came to, in the unit of the measurement."""

    baseline: float
    candidate: float
    others: dict[str, float]
    ratio: float
    """How many times better than the baseline the candidate is; NaN where a ratio has no meaning."""
    spread: tuple[float, float] | None = None
    """As in `Measurement.spread`."""


@dataclass(frozen=True)
class Result:
    """The claim's own measurement, as the trial handed it in."""

    metric: str
    unit: str
    better: Better
    baseline: Arm | None
    candidate: float
    others: tuple[Arm, ...] = ()
    ratio: float | None = None
    spread: tuple[float, float] | None = None


@dataclass
class Bench:
    """What a trial is given. Made by `assay.trials.run_trial`."""

    device: torch.device
    quick: bool = False
    """Small sizes, to see that the trial works."""
    seed: int = 0
    repeats: int = 9
    """Rounds in which every arm is timed once."""
    budget: float = 300.0
    """Seconds after which one `time` stops early, once it has three rounds."""
    draft: Draft = field(default_factory=Draft, repr=False)

    result: Result | None = field(default=None, init=False)
    """The claim's own measurement so far."""
    scores: list[Score] = field(default_factory=list, init=False)
    curves: list[Curve] = field(default_factory=list, init=False)
    rounds: int = field(default=0, init=False)
    """The most rounds that any timing ran."""
    _own: bool = field(default=False, init=False, repr=False)
    _metrics: set[str] = field(default_factory=set, init=False, repr=False)
    _as_claimed: bool = field(default=False, init=False, repr=False)
    _differs: list[str] = field(default_factory=list, init=False, repr=False)

    # Setting

    def pick(self, *, quick: T | None = None, cpu: T | None = None, cuda: T | None = None) -> T:
        """The value for this run: `quick` in a quick run, else the device's own, else the nearest that is given.

        `cuda` is the size that the paper's setting asks for; any other choice makes the run a scaled-down one.

        Raises:
            ValueError: No value was given.
        """
        order = [cpu, cuda, quick] if self.device.type == "cpu" else [cuda, cpu, quick]
        if self.quick:
            order.insert(0, quick)
        for value in order:
            if value is not None:
                if cuda is not None and value != cuda and not self.quick:
                    self._say_differs("sizes for a CPU")
                return value
        raise ValueError("bench.pick was given no value: name at least one of quick, cpu and cuda")

    def scaled_down(self, how: str) -> None:
        """Say how this setting differs from the paper's; it stands beside the verdict."""
        if not how.strip():
            raise ValueError("bench.scaled_down wants to be told how the setting differs from the paper's")
        self._say_differs(how)

    def as_claimed(self) -> None:
        """Say that this setting is the paper's own, apart from what `pick` chose."""
        self._as_claimed = True

    @property
    def setting(self) -> str:
        """``as claimed``, or ``scaled down: `` and how.

        Raises:
            ValueError: The trial has not said.
        """
        differs = [*self._differs, *(["a quick run"] if self.quick else [])]
        if not self._as_claimed and not self._differs:
            raise ValueError("the trial does not say its setting: call bench.scaled_down(how) or bench.as_claimed()")
        return f"scaled down: {'; '.join(differs)}" if differs else "as claimed"

    def not_testable(self, missing: str) -> NoReturn:
        """End the trial: the claim cannot be tested here, because of what is missing."""
        raise NotTestable(missing)

    # Randomness, progress, slow steps

    def generator(self) -> torch.Generator:
        """A new generator on the device, seeded with `seed`: two of them give the same numbers."""
        return torch.Generator(self.device).manual_seed(self.seed)

    def progress(self, iterable: Iterable[T], what: str) -> Iterator[T]:
        """Go through `iterable` and show how far along it is."""
        return track(iterable, what)

    def once(self, name: str, compute: Callable[[], T]) -> T:
        """The value of a slow step, such as one arm's accuracy: a trial that is interrupted later takes it from here.

        Only for what JSON can hold: numbers, texts, lists and mappings of them.
        """
        if name not in self.draft.values:
            self.draft.values[name] = compute()
            self.draft.save()
        value: T = self.draft.values[name]
        return value

    # Measuring

    def time(
        self, metric: str, *, baseline: tuple[str, Call], candidate: Call, others: Mapping[str, Call] | None = None
    ) -> Arms:
        """Time the arms in seconds, lower being better.

        The first of `time`, `memory` and `flops` is the claim's own measurement unless the trial calls `measure`; what
        comes after it is shown beside it.

        Raises:
            ValueError: Two arms or two measurements have the same name.
        """
        self._new_metric(metric)
        calls = _arms(baseline, candidate, others)
        taken = self._timings(metric, calls)
        base, mine = taken[baseline[0]], taken[""]
        self.rounds = max(self.rounds, len(mine))
        around = spread(base, mine, "lower")
        medians = {name: median(values) for name, values in taken.items()}
        return self._compared(metric, "s", baseline[0], medians, around)

    def memory(
        self, metric: str, *, baseline: tuple[str, Call], candidate: Call, others: Mapping[str, Call] | None = None
    ) -> Arms:
        """Peak memory of each arm in bytes, over what was already there when it began; lower is better.

        On a GPU by the allocator; on a CPU of tensors alone, without what a kernel keeps to itself.
        """
        self._new_metric(metric)
        calls = _arms(baseline, candidate, others)
        peaks = {name: float(peak_memory(call, self.device)) for name, call in calls.items()}
        return self._compared(metric, "B", baseline[0], peaks, None)

    def flops(
        self, metric: str, *, baseline: tuple[str, Call], candidate: Call, others: Mapping[str, Call] | None = None
    ) -> Arms:
        """Floating-point operations of each arm's matrix products, convolutions and attentions; lower is better."""
        self._new_metric(metric)
        counts = {}
        for name, call in _arms(baseline, candidate, others).items():
            with FlopCounterMode(display=False) as counter:
                call()
            counts[name] = float(counter.get_total_flops())
        return self._compared(metric, "FLOP", baseline[0], counts, None)

    def measure(  # noqa: PLR0913 - all of them are keywords
        self,
        metric: str,
        *,
        candidate: Values,
        better: Better,
        baseline: tuple[str, Values] | None = None,
        unit: str = "",
        others: Mapping[str, Values] | None = None,
        spread: float | None = None,
        ratio: float | None = None,
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> Result:
        """Hand in the claim's own measurement when it is not a time, or not a time alone.

        Args:
            metric: What was measured.
            candidate: The method's figure, or several of the same (over seeds, say): their median counts, and pairs
                with the baseline's give the spread.
            better: Which way is better.
            baseline: Name and figure, or figures, of what people use today.
            unit: Of all figures.
            others: Further arms.
            spread: For single figures, by how much the candidate may be off against the baseline, in the unit.
            ratio: How many times better the candidate is, where that is not the quotient of the two figures.
            at_least: A condition on the candidate without which the claim does not hold.
            at_most: The same, from above.

        Raises:
            ValueError: It is the second one of this trial, or the arms have different numbers of figures.
        """
        self._new_metric(metric)
        if self._own:
            raise ValueError(f"a trial has one measurement of its claim: {metric!r} comes after another one")
        if self.result is not None:
            self._show(self.result)
        result = _result(metric, unit, better, baseline, candidate, others or {}, spread, ratio)
        self.result, self._own = result, True
        if at_least is not None or at_most is not None:
            self._show(result, at_least, at_most)
        return result

    def score(
        self,
        name: str,
        *,
        candidate: float,
        better: Better,
        others: Mapping[str, float] | None = None,
        unit: str = "",
        at_least: float | None = None,
        at_most: float | None = None,
    ) -> Score:
        """Show a figure beside the claim's. With a bound it is a condition, without which the claim does not hold."""
        self._new_metric(name)
        arms = tuple(Arm(name=arm, value=float(value)) for arm, value in (others or {}).items())
        return self._show(Result(name, unit, better, None, float(candidate), arms), at_least, at_most)

    def curve(
        self,
        name: str,
        *,
        along: str,
        at: Sequence[float],
        candidate: Sequence[Values],
        others: Mapping[str, Sequence[Values]] | None = None,
        unit: str = "",
    ) -> Curve:
        """Show a figure along something beside the claim's own: a loss over steps, a time over lengths.

        Args:
            name: What the figure is.
            along: What it is drawn along, such as ``tokens``.
            at: The points.
            candidate: The method's figure at each point, or several (over seeds or rounds): their median is drawn, in a
                band from the least to the most. NaN where it was not measured.
            others: The same for each other arm.
            unit: Of all figures.

        Raises:
            ValueError: There are fewer than two points, or an arm has not a figure for each.
        """
        self._new_metric(name)
        arms = {"": candidate, **(others or {})}
        for arm, values in arms.items():
            if len(values) != len(at):
                raise ValueError(f"{name!r} has {len(at)} points, {arm or 'the candidate'} has {len(values)}")
        if len(at) < 2:
            raise ValueError(f"{name!r} is a curve of {len(at)} points: show one figure with bench.score")
        lines = tuple(_line(arm, [_figures(value) for value in values]) for arm, values in arms.items())
        self.curves.append(Curve(name=name, unit=unit, along=along, at=tuple(map(float, at)), lines=lines))
        return self.curves[-1]

    def time_curve(
        self,
        name: str,
        *,
        along: str,
        at: Sequence[float],
        candidate: Callable[[float], Call],
        others: Mapping[str, Callable[[float], Call | None]] | None = None,
    ) -> Curve:
        """Time the arms in seconds at each point, interleaved there, and show the curve beside the claim's own figure.

        Args:
            name: What is timed.
            along: What it is drawn along, such as ``tokens``.
            at: The points.
            candidate: The call to time at a point.
            others: The same for each other arm; ``None`` where it is not to be timed, because it takes too long, say.
        """
        taken: list[dict[str, list[float]]] = []
        for point in at:
            calls = {arm: make(point) for arm, make in {**(others or {}), "": candidate}.items()}
            taken.append(self._timings(f"{name} at {point:g}", {arm: call for arm, call in calls.items() if call}))
        nothing = [float("nan")]
        values = {arm: [each.get(arm, nothing) for each in taken] for arm in ("", *(others or {}))}
        mine = values.pop("")
        return self.curve(name, along=along, at=at, candidate=mine, others=values, unit="s")

    # Helpers

    def _timings(self, metric: str, calls: dict[str, Call]) -> dict[str, list[float]]:
        """Seconds per call of each arm and round, those of an interrupted run included."""
        taken = self.draft.timings.setdefault(metric, {})
        lists = {name: taken.setdefault(name, []) for name in calls}
        if all(len(values) >= self.repeats for values in lists.values()):
            return lists
        calls_per_sample = {name: self._warm_up(call) for name, call in calls.items()}
        names, began = list(calls), perf_counter()
        done = min(map(len, lists.values()))
        for number in track(range(done, self.repeats), metric):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                if len(lists[name]) <= number:
                    lists[name].append(self._sample(calls[name], calls_per_sample[name]))
                    self.draft.save(at_most_every=1.0)
            if number + 1 >= _FEWEST_ROUNDS and perf_counter() - began > self.budget:
                break
        self.draft.save()
        return lists

    def _warm_up(self, call: Call) -> int:
        """Run an arm until it is warm; how many calls make a sample that the clock can resolve."""
        self._sample(call, 1)
        seconds = self._sample(call, 1)
        return max(1, round(_SHORTEST_SAMPLE / max(seconds, 1e-7)))

    def _sample(self, call: Call, calls: int) -> float:
        collecting = gc.isenabled()
        gc.disable()
        try:
            self._wait()
            began = perf_counter()
            for _ in range(calls):
                call()
            self._wait()
            return (perf_counter() - began) / calls
        finally:
            if collecting:
                gc.enable()

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def _new_metric(self, metric: str) -> None:
        if metric in self._metrics:
            raise ValueError(f"the trial already has a figure named {metric!r}: name this one otherwise")
        self._metrics.add(metric)

    def _say_differs(self, how: str) -> None:
        if how not in self._differs:
            self._differs.append(how)

    def _compared(
        self, metric: str, unit: str, baseline: str, values: dict[str, float], around: tuple[float, float] | None
    ) -> Arms:
        base, mine = values[baseline], values[""]
        others = {name: value for name, value in values.items() if name not in (baseline, "")}
        times = ratio(base, mine, "lower")
        arms = tuple(Arm(name=name, value=value) for name, value in others.items())
        result = Result(metric, unit, "lower", Arm(name=baseline, value=base), mine, arms, times, around)
        if self.result is None:
            self.result = result
        else:
            self._show(result)
        return Arms(base, mine, others, float("nan") if times is None else times, around)

    def _show(self, result: Result, at_least: float | None = None, at_most: float | None = None) -> Score:
        score = Score(
            name=result.metric,
            unit=result.unit,
            better=result.better,
            candidate=result.candidate,
            others=(result.baseline, *result.others) if result.baseline else result.others,
            at_least=at_least,
            at_most=at_most,
        )
        self.scores.append(score)
        return score


def _line(arm: str, values: list[list[float]]) -> Line:
    return Line(
        name=arm,
        values=tuple(map(median, values)),
        low=tuple(map(min, values)),
        high=tuple(map(max, values)),
    )


def _arms(baseline: tuple[str, Call], candidate: Call, others: Mapping[str, Call] | None) -> dict[str, Call]:
    """All arms by name; the candidate has the empty one."""
    name, call = baseline
    if not name or "" in (others or {}) or name in (others or {}):
        raise ValueError(f"every arm needs a name of its own: {[name, *(others or {})]}")
    return {name: call, "": candidate, **(others or {})}


def _result(
    metric: str,
    unit: str,
    better: Better,
    baseline: tuple[str, Values] | None,
    candidate: Values,
    others: Mapping[str, Values],
    margin: float | None,
    times: float | None,
) -> Result:
    mine = _figures(candidate)
    arms = tuple(Arm(name=name, value=median(_figures(values))) for name, values in others.items())
    if baseline is None:
        return Result(metric, unit, better, None, median(mine), arms, times)
    name, base = baseline[0], _figures(baseline[1])
    if len(base) != len(mine):
        raise ValueError(
            f"{metric}: {len(base)} figures of the baseline and {len(mine)} of the candidate make no pairs"
        )
    b, c = median(base), median(mine)
    around = spread(base, mine, better) if len(mine) > 1 else _around(b, c, better, margin)
    times = ratio(b, c, better) if times is None else times
    return Result(metric, unit, better, Arm(name=name, value=b), c, arms, times, around)


def _figures(values: Values) -> list[float]:
    found = [float(value) for value in values] if isinstance(values, Sequence) else [float(values)]
    if not found:
        raise ValueError("an arm has no figures")
    return found


def _around(baseline: float, candidate: float, better: Better, margin: float | None) -> tuple[float, float] | None:
    """The ends of the ratio, or of the difference, when the candidate may be off by `margin` either way."""
    if margin is None:
        return None
    ends = (candidate - abs(margin), candidate + abs(margin))
    ratios = [ratio(baseline, end, better) for end in ends]
    figures = [r for r in ratios if r is not None]
    if len(figures) < 2 or ratio(baseline, candidate, better) is None:
        figures = [difference(baseline, end, better) for end in ends]
    return min(figures), max(figures)
