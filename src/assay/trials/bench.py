"""The bench a trial works on: it times and counts the arms alike, collects figures, and knows how the setting differs.

Arms are timed interleaved: in each round every arm runs once, in an order that rotates, so that a machine that gets
slower or faster for a while does so for all of them. Figures are medians over rounds; the spread is a confidence
interval of the ratio over rounds. Short calls are repeated within a sample until the clock is not what is measured.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isnan
from statistics import median
from time import perf_counter
from typing import Literal, NoReturn, TypeVar

import torch
from torch.utils.flop_counter import FlopCounterMode

from assay.papers.comparison import Arm, Better, Comparison, Interval, difference, ratio
from assay.papers.measurement import Curve, Evidence, Line
from assay.testbed.progress import track
from assay.trials.drafts import Draft
from assay.trials.intervals import confidence_interval, difference_interval, ratio_interval
from assay.trials.memory import peak_memory

T = TypeVar("T")
Call = Callable[[], object]
Values = float | Sequence[float]

_SHORTEST_SAMPLE = 5e-3  # seconds: a thousand times what reading the clock costs
_FEWEST_ROUNDS = 3


class NotTestable(Exception):  # noqa: N818 - it is an outcome, not an error
    """Ends a trial that lacks something here; the message says what."""


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

    claimed: Comparison | None = field(default=None, init=False)
    """The claim's own measurement, once the trial has said which it is."""
    comparisons: list[Comparison] = field(default_factory=list, init=False)
    """All that was measured, in order."""
    curves: list[Curve] = field(default_factory=list, init=False)
    rounds: int = field(default=0, init=False)
    """The most rounds that any timing ran."""
    evidence: Evidence | None = field(default=None, init=False)
    model: str = field(default="", init=False)
    own_setting: str = field(default="", init=False)
    differs: list[str] = field(default_factory=list, init=False)
    _names: set[str] = field(default_factory=set, init=False, repr=False)

    # Setting

    def pick(self, *, quick: T | None = None, cpu: T | None = None, cuda: T | None = None) -> T:
        """The value for this run: `quick` in a quick run, else the device's own, else the nearest that is given.

        Raises:
            ValueError: No value was given.
        """
        order = [cpu, cuda, quick] if self.device.type == "cpu" else [cuda, cpu, quick]
        if self.quick:
            order.insert(0, quick)
        for value in order:
            if value is not None:
                return value
        raise ValueError("bench.pick was given no value: name at least one of quick, cpu and cuda")

    def setting(self, evidence: Evidence | str, *, model: str = "", differs: str = "", own: str = "") -> None:
        """Say what the trial is run on, and how that differs from the setting of the claim.

        Args:
            evidence: ``as claimed``, ``real model``, ``trained here`` or ``simulated``; see `Evidence`.
            model: The model, in a few words, where there is one.
            differs: What is other than in the paper; it stands beside the verdict. ``as claimed`` may leave it out.
            own: Of a real model, why this is the claim's own setting all the same: the claim names neither another
                model, nor a size, nor hardware.

        Raises:
            ValueError: It was said before, or `differs` is missing.
        """
        evidence = Evidence(evidence)
        if self.evidence is not None:
            raise ValueError("bench.setting is called once: say all of the setting there")
        if evidence is not Evidence.AS_CLAIMED and not (differs.strip() or own.strip()):
            raise ValueError("bench.setting wants to be told how the setting differs from the paper's")
        self.evidence, self.model, self.own_setting = evidence, model, own
        self.differs += [differs] if differs.strip() else []

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

    def claim(self, comparison: Comparison) -> None:
        """Say that a comparison of this bench is the measurement of the claim; all others are shown beside it.

        Raises:
            ValueError: There is one already, or it is no comparison of this bench.
        """
        if self.claimed is not None:
            raise ValueError(f"a trial has one measurement of its claim, and it is {self.claimed.metric!r} already")
        if not any(each is comparison for each in self.comparisons):
            raise ValueError(f"{comparison.metric!r} was not measured by this bench")
        self.claimed = comparison

    @property
    def beside(self) -> list[Comparison]:
        """What was measured beside the claim's own comparison."""
        return [each for each in self.comparisons if each is not self.claimed]

    def time(
        self, metric: str, *, baseline: tuple[str, Call], candidate: Call, others: Mapping[str, Call] | None = None
    ) -> Comparison:
        """Time the arms in seconds, lower being better.

        Raises:
            ValueError: Two arms or two figures have the same name.
        """
        self._new_name(metric)
        taken = self._timings(metric, _arms(baseline, candidate, others))
        self.rounds = max(self.rounds, len(taken[""]))
        return self._kept(_compared(metric, "s", "lower", baseline[0], taken))

    def memory(
        self, metric: str, *, baseline: tuple[str, Call], candidate: Call, others: Mapping[str, Call] | None = None
    ) -> Comparison:
        """Peak memory of each arm in bytes, over what was already there when it began; lower is better.

        On a GPU by the allocator; on a CPU of tensors alone, without what a kernel keeps to itself.
        """
        self._new_name(metric)
        calls = _arms(baseline, candidate, others)
        peaks = {name: [float(peak_memory(call, self.device))] for name, call in calls.items()}
        return self._kept(_compared(metric, "B", "lower", baseline[0], peaks))

    def flops(
        self, metric: str, *, baseline: tuple[str, Call], candidate: Call, others: Mapping[str, Call] | None = None
    ) -> Comparison:
        """Floating-point operations of each arm's matrix products, convolutions and attentions; lower is better."""
        self._new_name(metric)
        counts = {}
        for name, call in _arms(baseline, candidate, others).items():
            with FlopCounterMode(display=False) as counter:
                call()
            counts[name] = [float(counter.get_total_flops())]
        return self._kept(_compared(metric, "FLOP", "lower", baseline[0], counts))

    def compare(  # noqa: PLR0913 - all of them are keywords
        self,
        metric: str,
        *,
        candidate: Values,
        better: Better,
        baseline: tuple[str, Values] | None = None,
        unit: str = "",
        others: Mapping[str, Values] | None = None,
        margin: float | None = None,
        ratio: float | None = None,
        ratio_interval: Interval | None = None,
    ) -> Comparison:
        """Hand in a figure of every arm that was measured otherwise than by `time`, `memory` and `flops`.

        Figures are those that were measured, never put into the paper's terms: the claim is compared as an effect.

        Args:
            metric: What was measured.
            candidate: The method's figure, or several of the same (over seeds, say): their median counts, and pairs
                with the baseline's give the intervals.
            better: Which way is better.
            baseline: Name and figure, or figures, of what people use today.
            unit: Of all figures.
            others: Further arms.
            margin: For single figures, by how much the candidate may be off against the baseline, in the unit.
            ratio: How many times better the candidate is, where that is not the quotient of the two figures.
            ratio_interval: Where that ratio lies.

        Raises:
            ValueError: Two figures have the same name, or the arms have different numbers of figures.
        """
        self._new_name(metric)
        arms = _arms(baseline, candidate, others) if baseline else {"": candidate, **(others or {})}
        figures = {name: _figures(values) for name, values in arms.items()}
        comparison = _compared(metric, unit, better, baseline[0] if baseline else None, figures, margin)
        stated = {"ratio": ratio, "ratio_interval": ratio_interval}
        return self._kept(comparison.model_copy(update={k: v for k, v in stated.items() if v is not None}))

    def score(
        self,
        name: str,
        *,
        candidate: Values,
        better: Better,
        others: Mapping[str, Values] | None = None,
        unit: str = "",
        at_least: float | None = None,
        at_most: float | None = None,
        binds: Literal["method", "measurement"] = "method",
    ) -> Comparison:
        """Show a figure beside the claim's. With a bound it is a condition.

        Args:
            name: What the figure is.
            candidate: The method's figure, or several of the same: the condition is then open where their interval
                reaches over a bound.
            better: Which way is better.
            others: Other arms; that one of them does better still is no condition.
            unit: Of all figures.
            at_least: The lower bound of what the claim says, or of what makes a measurement sound.
            at_most: The upper bound.
            binds: ``method``: without it the claim does not hold. ``measurement``: without it nothing can be told.
        """
        self._new_name(name)
        figures = {arm: _figures(values) for arm, values in {"": candidate, **(others or {})}.items()}
        comparison = _compared(name, unit, better, None, figures)
        bounds = {"at_least": at_least, "at_most": at_most, "binds": binds}
        return self._kept(Comparison.model_validate(dict(comparison) | bounds))

    def trend(self, metric: str, *, along: Sequence[float], values: Sequence[Values], unit: str = "") -> Comparison:
        """Measure which way a figure goes along something: the slope, with its 90 % interval.

        The slope is that of Theil and Sen, the median over pairs of points; over seeds, that of all their points.

        Args:
            metric: What the figure is.
            along: The points: budgets, lengths, sizes.
            values: The figure at each point, or several.
            unit: Of the figure.

        Raises:
            ValueError: There are fewer than three points, or not a value for each.
        """
        from scipy.stats import theilslopes  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

        if len(along) < 3 or len(values) != len(along):
            raise ValueError(
                f"{metric!r} has {len(values)} figures at {len(along)} points: a trend needs three or more"
            )
        self._new_name(metric)
        points = [(float(at), each) for at, value in zip(along, values, strict=True) for each in _figures(value)]
        slope, _, low, high = theilslopes([y for _, y in points], [x for x, _ in points], alpha=0.9)
        per = f"{unit} per unit".strip()
        return self._kept(
            Comparison(
                metric=metric,
                unit=per,
                better="higher",
                candidate=float(slope),
                interval=(float(low), float(high)),
                is_slope=True,
            )
        )

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
        self._new_name(name)
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

    def _new_name(self, name: str) -> None:
        if name in self._names:
            raise ValueError(f"the trial already has a figure named {name!r}: name this one otherwise")
        self._names.add(name)

    def _kept(self, comparison: Comparison) -> Comparison:
        self.comparisons.append(comparison)
        return comparison


def _line(arm: str, values: list[list[float]]) -> Line:
    return Line(
        name=arm,
        values=tuple(map(median, values)),
        low=tuple(map(min, values)),
        high=tuple(map(max, values)),
    )


def _arms(baseline: tuple[str, T], candidate: T, others: Mapping[str, T] | None) -> dict[str, T]:
    """All arms by name; the candidate has the empty one."""
    name, call = baseline
    if not name or "" in (others or {}) or name in (others or {}):
        raise ValueError(f"every arm needs a name of its own: {[name, *(others or {})]}")
    return {name: call, "": candidate, **(others or {})}


def _compared(
    metric: str,
    unit: str,
    better: Better,
    baseline: str | None,
    figures: Mapping[str, list[float]],
    margin: float | None = None,
) -> Comparison:
    """The arms' medians, with the intervals that several figures of an arm give; the candidate has the empty name."""
    mine, medians = figures[""], {name: _median(values) for name, values in figures.items()}
    others = tuple(Arm(name=name, value=value) for name, value in medians.items() if name not in ("", baseline))
    comparison = Comparison(
        metric=metric,
        unit=unit,
        better=better,
        candidate=medians[""],
        others=others,
        interval=confidence_interval(mine) if len(mine) > 1 and not isnan(medians[""]) else None,
    )
    if baseline is None:
        return comparison
    base = figures[baseline]
    if len(base) != len(mine):
        raise ValueError(
            f"{metric}: {len(base)} figures of the baseline and {len(mine)} of the candidate make no pairs"
        )
    b, c = medians[baseline], medians[""]
    times = ratio(b, c, better)
    around, apart = None, None
    if isnan(b) or isnan(c):
        pass  # no interval of what is no number
    elif len(mine) > 1:
        around, apart = ratio_interval(base, mine, better), difference_interval(base, mine, better)
    elif margin is not None:
        ends = (c - abs(margin), c + abs(margin))
        apart = _rising(difference(b, end, better) for end in ends)
        ratios = [each for end in ends if (each := ratio(b, end, better)) is not None]
        around = _rising(ratios) if times is not None and len(ratios) == len(ends) else None
    return comparison.model_copy(
        update={
            "baseline": Arm(name=baseline, value=b),
            "ratio": times,
            "ratio_interval": around,
            "difference_interval": apart,
        }
    )


def _median(values: Sequence[float]) -> float:
    """The median; no number if one of the values is none: a run that broke is not to be hidden by its neighbours."""
    return float("nan") if any(map(isnan, values)) else median(values)


def _rising(ends: Iterable[float]) -> Interval:
    low, high = sorted(ends)
    return low, high


def _figures(values: Values) -> list[float]:
    found = [float(value) for value in values] if isinstance(values, Sequence) else [float(values)]
    if not found:
        raise ValueError("an arm has no figures")
    return found
