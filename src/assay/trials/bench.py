"""The bench a trial works on: it times and counts the arms alike, collects figures, and knows how the setting differs.

Every figure comes as one mapping from arm to figures, in which `candidate` and `baseline` name two of the arms.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NoReturn, TypeVar

import torch
from torch.utils.flop_counter import FlopCounterMode

from assay.papers.comparison import Better, Comparison
from assay.papers.measurement import Curve, Evidence
from assay.papers.spending import figure_names
from assay.testbed.pretrained import LanguageModel
from assay.testbed.progress import track
from assay.trials.arms import Values, check_arms, compare_arms, draw_arms
from assay.trials.drafts import Draft
from assay.trials.intervals import slope_interval
from assay.trials.memory import peak_memory
from assay.trials.timing import Call, time_interleaved

T = TypeVar("T")


class NotTestable(Exception):  # noqa: N818 - it is an outcome, not an error
    """Ends a trial that lacks something here; the message says what."""


@dataclass
class Bench:
    """What a trial works on. Made by `assay.trials.run_trial`."""

    device: torch.device
    quick: bool = False
    """Small sizes, to see that the trial works."""
    long: bool = False
    """The size of up to an hour, where the trial has one."""
    seed: int = 0
    repeats: int = 9
    """Rounds in which every arm is timed once."""
    budget: float = 300.0
    """Seconds after which one `time` stops early, once it has three rounds."""
    draft: Draft = field(default_factory=Draft, repr=False)
    handed: LanguageModel | None = field(default=None, repr=False)
    """The pretrained model, for a trial that is declared to be handed one."""

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

    @property
    def pretrained(self) -> LanguageModel:
        """The pretrained model that this trial was handed; it may be altered, for each trial has one of its own.

        Raises:
            ValueError: The trial is not declared with ``pretrained=True``.
        """
        if not isinstance(self.handed, LanguageModel):
            raise ValueError("this trial was handed no pretrained model: declare it with @trial(..., pretrained=True)")
        return self.handed

    def pick(self, *, quick: T | None = None, cpu: T | None = None, cuda: T | None = None, long: T | None = None) -> T:
        """The value for this run: `quick` in a quick run, `long` in a long one, else the device's own or the nearest.

        Raises:
            ValueError: No value was given.
        """
        order = [cpu, cuda, quick] if self.device.type == "cpu" else [cuda, cpu, quick]
        if self.quick or self.long:
            order.insert(0, quick if self.quick else long)
        for value in order:
            if value is not None:
                return value
        raise ValueError("bench.pick was given no value: name at least one of quick, cpu, cuda and long")

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
            raise ValueError("bench.setting lacks how the setting differs from the paper's: pass differs=")
        self.evidence, self.model, self.own_setting = evidence, model, own
        self.differs += [differs] if differs.strip() else []

    def on_pretrained(self, differs: str, *, own: str = "") -> LanguageModel:
        """Say that the trial is run on the pretrained model that it was handed, and return that.

        Args:
            differs: What is other than in the paper: the texts and tasks, lengths, budgets. The model is named already.
            own: Why this is the claim's own setting all the same, where it is: see `setting`.
        """
        self.setting("real model", model=self.pretrained.description, differs=differs, own=own)
        return self.pretrained

    def not_testable(self, missing: str) -> NoReturn:
        """End the trial: the claim cannot be tested here, because of what is missing."""
        raise NotTestable(missing)

    # Randomness, progress, slow steps

    def seeds(self, *, quick: int = 1, cpu: int, cuda: int | None = None, long: int | None = None) -> range:
        """So many seeds, from the run's own on: see `pick`."""
        return range(self.seed, self.seed + self.pick(quick=quick, cpu=cpu, cuda=cuda, long=long))

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

    def time(self, metric: str, arms: Mapping[str, Call], *, candidate: str, baseline: str) -> Comparison:
        """Time the arms in seconds, lower being better.

        Raises:
            ValueError: An arm is missing, or another figure has this name.
        """
        self._check_new(metric)
        check_arms(metric, arms, candidate, baseline)
        seconds = self._timings(metric, arms)
        self.rounds = max(self.rounds, len(seconds[candidate]))
        return self._add(
            compare_arms(metric, seconds, candidate=candidate, baseline=baseline, better="lower", unit="s")
        )

    def memory(self, metric: str, arms: Mapping[str, Call], *, candidate: str, baseline: str) -> Comparison:
        """Peak memory of each arm in bytes, over what was already there when it began; lower is better.

        On a GPU by the allocator; on a CPU of tensors alone, without what a kernel keeps to itself.
        """
        self._check_new(metric)
        check_arms(metric, arms, candidate, baseline)
        peaks = {arm: float(peak_memory(call, self.device)) for arm, call in arms.items()}
        return self._add(compare_arms(metric, peaks, candidate=candidate, baseline=baseline, better="lower", unit="B"))

    def flops(self, metric: str, arms: Mapping[str, Call], *, candidate: str, baseline: str) -> Comparison:
        """Floating-point operations of each arm's matrix products, convolutions and attentions; lower is better."""
        self._check_new(metric)
        check_arms(metric, arms, candidate, baseline)
        counts = {}
        for arm, call in arms.items():
            with FlopCounterMode(display=False) as counter:
                call()
            counts[arm] = float(counter.get_total_flops())
        return self._add(
            compare_arms(metric, counts, candidate=candidate, baseline=baseline, better="lower", unit="FLOP")
        )

    def compare(
        self,
        metric: str,
        arms: Values | Mapping[str, Values],
        *,
        candidate: str = "",
        baseline: str | None = None,
        better: Better,
        unit: str = "",
    ) -> Comparison:
        """Compare figures of the arms that were measured otherwise than by `time`, `memory` and `flops`.

        Figures are those that were measured, never put into the paper's terms: the claim is compared as an effect.

        Args:
            metric: What was measured.
            arms: Each arm's figure, or several of the same (over seeds, say): their median counts, and pairs of the
                candidate's and the baseline's give the intervals. A figure without an arm is the candidate's.
            candidate: The arm that is the paper's method.
            baseline: The arm that is what people use today.
            better: Which way is better.
            unit: Of all figures.

        Raises:
            ValueError: Another figure has this name, an arm is missing, or two have different numbers of figures.
        """
        self._check_new(metric)
        arms = _by_arm(arms)
        return self._add(compare_arms(metric, arms, candidate=candidate, baseline=baseline, better=better, unit=unit))

    def score(
        self,
        name: str,
        arms: Values | Mapping[str, Values],
        *,
        candidate: str = "",
        better: Better,
        unit: str = "",
        at_least: float | None = None,
        at_most: float | None = None,
        binds: Literal["method", "measurement"] = "method",
    ) -> Comparison:
        """Show a figure beside the claim's. With a bound it is a condition.

        Args:
            name: What the figure is.
            arms: Each arm's figure, or several of the same: the condition is then open where the candidate's interval
                reaches over a bound. That another arm does better still is no condition.
            candidate: The arm that is the paper's method.
            better: Which way is better.
            unit: Of all figures.
            at_least: The lower bound of what the claim says, or of what makes a measurement sound.
            at_most: The upper bound.
            binds: ``method``: without it the claim does not hold. ``measurement``: without it nothing can be told.
        """
        self._check_new(name)
        arms = _by_arm(arms)
        bounds: dict[str, Any] = {"at_least": at_least, "at_most": at_most, "binds": binds}
        return self._add(compare_arms(name, arms, candidate=candidate, better=better, unit=unit, **bounds))

    def spend(self, task: str, arms: Mapping[str, tuple[Values, Values]], *, candidate: str) -> None:
        """Show what an answer costs and how many are right, of each way to answer the same questions.

        Args:
            task: What the questions are, the same words wherever they are the same.
            arms: Of each way the seconds an answer and the per cent of right answers.
            candidate: The arm that is the paper's method.
        """
        seconds, right = figure_names(task, candidate)
        self.score(seconds, {arm: each for arm, (each, _) in arms.items()}, candidate=candidate, better="lower",
                   unit="s")  # fmt: skip
        self.score(right, {arm: each for arm, (_, each) in arms.items()}, candidate=candidate, better="higher",
                   unit="%")  # fmt: skip

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
        if len(along) < 3 or len(values) != len(along):
            raise ValueError(
                f"{metric!r} has {len(values)} figures at {len(along)} points: a trend needs three or more"
            )
        self._check_new(metric)
        points = [
            (float(at), float(each))
            for at, value in zip(along, values, strict=True)
            for each in (value if isinstance(value, Sequence) else [value])
        ]
        slope, interval = slope_interval(points)
        per = f"{unit} per unit".strip()
        return self._add(
            Comparison(metric=metric, unit=per, better="higher", candidate=slope, interval=interval, is_slope=True)
        )

    def curve(
        self,
        name: str,
        arms: Mapping[str, Sequence[Values]],
        *,
        candidate: str,
        along: str,
        at: Sequence[float],
        unit: str = "",
    ) -> Curve:
        """Show a figure along something beside the claim's own: a loss over steps, a time over lengths.

        Args:
            name: What the figure is.
            arms: Each arm's figure at each point, or several (over seeds or rounds): their median is drawn, in a band
                from the least to the most. NaN where it was not measured.
            candidate: The arm that is the paper's method.
            along: What it is drawn along, such as ``tokens``.
            at: The points.
            unit: Of all figures.

        Raises:
            ValueError: There are fewer than two points, or an arm has not a figure for each.
        """
        self._check_new(name)
        lines = draw_arms(name, arms, candidate=candidate, at=at)
        self.curves.append(Curve(name=name, unit=unit, along=along, at=tuple(map(float, at)), lines=lines))
        return self.curves[-1]

    def time_curve(
        self,
        name: str,
        arms: Mapping[str, Callable[[float], Call | None]],
        *,
        candidate: str,
        along: str,
        at: Sequence[float],
    ) -> Curve:
        """Time the arms in seconds at each point, interleaved there, and show the curve beside the claim's own figure.

        Args:
            name: What is timed.
            arms: For each arm, what to call at a point; ``None`` where it is not to be timed, since it takes too long.
            candidate: The arm that is the paper's method.
            along: What it is drawn along, such as ``tokens``.
            at: The points.
        """
        points: list[dict[str, list[float]]] = []
        for point in at:
            calls = {arm: call for arm, make in arms.items() if (call := make(point)) is not None}
            points.append(self._timings(f"{name} at {point:g}", calls))
        seconds = {arm: [point.get(arm, [float("nan")]) for point in points] for arm in arms}
        return self.curve(name, seconds, candidate=candidate, along=along, at=at, unit="s")

    # Keeping

    def _timings(self, metric: str, calls: Mapping[str, Call]) -> dict[str, list[float]]:
        """Seconds per call of each arm and round, those of an interrupted run included."""
        seconds = self.draft.timings.setdefault(metric, {})
        for _ in time_interleaved(
            calls, seconds, rounds=self.repeats, budget=self.budget, device=self.device, what=metric
        ):
            self.draft.save(at_most_every=1.0)
        self.draft.save()
        return {arm: seconds[arm] for arm in calls}

    def _check_new(self, name: str) -> None:
        if name in self._names:
            raise ValueError(f"the trial already has a figure named {name!r}: name this one otherwise")
        self._names.add(name)

    def _add(self, comparison: Comparison) -> Comparison:
        self.comparisons.append(comparison)
        return comparison


def _by_arm(arms: Values | Mapping[str, Values]) -> Mapping[str, Values]:
    """The figures by arm; those without one are the candidate's, which then has no name."""
    return arms if isinstance(arms, Mapping) else {"": arms}
