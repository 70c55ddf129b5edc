"""A sweep of learning rates in which every arm is tuned alike, with several seeds where it counts.

Every arm is run at every rate from the first seed; from the other seeds at the rate that was best for it, so that seeds
cost the number of arms and not of cells. A fixed rate at which arms are to be compared too is named beside it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from math import isfinite
from typing import Any

from assay.testbed.progress import track as _track

Figures = dict[str, Any]
"""What a run came to, as JSON can hold it; ``loss`` among it, lower being better."""
Run = Callable[[str, float, int], Figures]
"""Arm, rate and seed to figures."""
Once = Callable[[str, Callable[[], Figures]], Figures]
Track = Callable[[Iterable[Any], str], Iterator[Any]]


@dataclass(frozen=True)
class Sweep:
    """What came out, by arm and rate; each cell has a run per seed, the first seed's first."""

    cells: dict[str, dict[float, list[Figures]]]

    def best(self, arm: str) -> float:
        """The rate of the lowest loss, by the first seed, which saw all of them; a loss that is no number is worst."""
        runs = self.cells[arm]
        return min(runs, key=lambda rate: loss if isfinite(loss := runs[rate][0]["loss"]) else float("inf"))

    def at(self, arm: str, rate: float) -> list[Figures]:
        """The runs of an arm at a rate."""
        return self.cells[arm][rate]

    def of(self, arm: str, figure: str, rate: float | None = None) -> list[Any]:
        """A figure of each seed, at a rate or at the arm's best."""
        return [run[figure] for run in self.at(arm, self.best(arm) if rate is None else rate)]


def sweep(
    run: Run,
    *,
    arms: Sequence[str],
    rates: Sequence[float],
    seeds: Sequence[int],
    also: Sequence[float] = (),
    once: Once = lambda _, compute: compute(),
    track: Track = _track,
) -> Sweep:
    """Run every arm at every rate, then from further seeds at its best.

    Args:
        run: Trains and measures one cell.
        arms: Their names.
        rates: What every arm is tried at.
        seeds: The first for all rates, the others for the best.
        also: Rates at which the other seeds are run for every arm besides.
        once: Keeps what is finished, such as ``bench.once``.
        track: Shows how far along it is, such as ``bench.progress``.

    Raises:
        ValueError: There is nothing to run, or `also` names a rate that is not tried.
    """
    if not (arms and rates and seeds):
        raise ValueError(
            f"a sweep needs arms, rates and seeds; it was given {len(arms)}, {len(rates)} and {len(seeds)}"
        )
    if missing := set(also) - set(rates):
        raise ValueError(f"rates {sorted(missing)} are to be run from every seed, and are none of {list(rates)}")
    found = Sweep({arm: {rate: [] for rate in rates} for arm in arms})

    def cell(arm: str, rate: float, seed: int) -> None:
        found.cells[arm][rate].append(once(f"{arm}, rate {rate:g}, seed {seed}", partial(run, arm, rate, seed)))

    for rate, arm in track([(rate, arm) for rate in rates for arm in arms], "rates"):
        cell(arm, rate, seeds[0])
    again = [(arm, rate) for arm in arms for rate in sorted({*also, found.best(arm)})]
    for seed, (arm, rate) in track([(seed, each) for seed in seeds[1:] for each in again], "more seeds"):
        cell(arm, rate, seed)
    return found
