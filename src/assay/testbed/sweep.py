"""Arms by seeds, and a sweep of learning rates in which every arm is tuned alike.

Every arm of a sweep is run at every rate from the first seed; from the other seeds at the rate that was best for it, so
that seeds cost the number of arms and not of cells. A rate at which arms are to be compared too is named beside it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import Any

from assay.testbed.progress import track
from assay.testbed.training import one_thread

Figures = dict[str, Any]
"""What a run came to, as JSON can hold it; in a sweep ``loss`` among it, lower being better."""
Figure = str | Callable[[Figures], Any]
"""The name of one of a run's figures, or what computes one from them."""
Once = Callable[[str, Callable[[], Figures]], Figures]


@dataclass(frozen=True)
class Runs:
    """What each arm came to from each seed, the first seed's first."""

    by_arm: Mapping[str, list[Figures]]

    def of(self, arm: str, figure: Figure) -> list[Any]:
        """A figure of each seed of an arm."""
        value_of = figure if callable(figure) else lambda run: run[figure]
        return [value_of(run) for run in self.by_arm[arm]]

    def figures(self, figure: Figure) -> dict[str, list[Any]]:
        """A figure of each seed, by arm: what a bench compares."""
        return {arm: self.of(arm, figure) for arm in self.by_arm}

    def points(self, figure: Figure) -> dict[str, list[tuple[Any, ...]]]:
        """A figure that is a list, by arm and point, of each seed: what a bench draws as a curve."""
        return {arm: list(zip(*lists, strict=True)) for arm, lists in self.figures(figure).items()}


@dataclass(frozen=True)
class Sweep:
    """What came out, by arm and rate; each cell has a run per seed, the first seed's first."""

    cells: dict[str, dict[float, list[Figures]]]

    def best(self, arm: str) -> float:
        """The rate of the lowest loss, by the first seed, which saw all of them; a loss that is no number is worst."""
        runs = self.cells[arm]
        return min(runs, key=lambda rate: loss if isfinite(loss := runs[rate][0]["loss"]) else float("inf"))

    def best_rates(self) -> dict[str, float]:
        """Each arm's best rate."""
        return {arm: self.best(arm) for arm in self.cells}

    def at(self, rate: float) -> Runs:
        """The runs of every arm at a rate."""
        return Runs({arm: runs[rate] for arm, runs in self.cells.items()})

    @property
    def tuned(self) -> Runs:
        """The runs of every arm at its best rate."""
        return Runs({arm: runs[self.best(arm)] for arm, runs in self.cells.items()})


def run_seeds(
    run: Callable[[str, int], Figures],
    *,
    arms: Sequence[str],
    seeds: Sequence[int],
    one_seed: Sequence[str] = (),
    once: Once = lambda _, compute: compute(),
) -> Runs:
    """Run every arm from every seed, on one thread.

    Args:
        run: Trains and measures an arm from a seed.
        arms: Their names.
        seeds: What each is run from.
        one_seed: Those of the arms for which the first seed has to do.
        once: Keeps what is finished, such as ``bench.once``.
    """
    by_arm: dict[str, list[Figures]] = {arm: [] for arm in arms}
    order = [(arm, seed) for seed in seeds for arm in arms if seed == seeds[0] or arm not in one_seed]
    with one_thread():
        for arm, seed in track(order, "arms"):
            by_arm[arm].append(once(f"{arm}, seed {seed}", partial(run, arm, seed)))
    return Runs(by_arm)


def sweep(
    run: Callable[[str, float, int], Figures],
    *,
    arms: Sequence[str],
    rates: Sequence[float],
    seeds: Sequence[int],
    also: Sequence[float] = (),
    one_seed: Sequence[str] = (),
    once: Once = lambda _, compute: compute(),
) -> Sweep:
    """Run every arm at every rate, then from further seeds at its best, on one thread.

    Args:
        run: Trains and measures an arm at a rate from a seed.
        arms: Their names.
        rates: What every arm is tried at.
        seeds: The first for all rates, the others for the best.
        also: Rates at which the other seeds are run for every arm besides.
        one_seed: Those of the arms for which the first seed has to do.
        once: Keeps what is finished, such as ``bench.once``.

    Raises:
        ValueError: There is nothing to run, or `also` names a rate that is not tried.
    """
    if not (arms and rates and len(seeds)):
        raise ValueError(f"a sweep needs arms, rates and seeds, and has {len(arms)}, {len(rates)} and {len(seeds)}")
    if missing := set(also) - set(rates):
        raise ValueError(f"rates {sorted(missing)} are to be run from every seed, and are none of {list(rates)}")
    result = Sweep({arm: {rate: [] for rate in rates} for arm in arms})

    def cell(arm: str, rate: float, seed: int) -> None:
        figures = once(f"{arm}, rate {rate:g}, seed {seed}", partial(run, arm, rate, seed))
        result.cells[arm][rate].append(figures)

    with one_thread():
        for rate, arm in track([(rate, arm) for rate in rates for arm in arms], "rates"):
            cell(arm, rate, seeds[0])
        by_seed = [arm for arm in arms if arm not in one_seed]
        again = [(arm, rate) for arm in by_seed for rate in sorted({*also, result.best(arm)})]
        for seed, (arm, rate) in track([(seed, each) for seed in seeds[1:] for each in again], "more seeds"):
            cell(arm, rate, seed)
    return result
