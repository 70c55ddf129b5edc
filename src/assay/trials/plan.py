"""Which trials to run, and in which order, when there is not time for all of them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from statistics import median
from time import monotonic
from typing import Literal

from assay.papers.measurement import Measurement
from assay.trials.declaration import Trial

Size = Literal["quick", "cpu", "cuda", "long"]
_UNKNOWN = {"quick": 15.0, "cpu": 120.0, "cuda": 120.0, "long": 1200.0}  # seconds of a trial, as they are in the mean


def sort_by_worth(
    trials: Iterable[Trial], measurements: Sequence[Measurement], *, machine: str, device: str
) -> list[Trial]:
    """Sort trials: those of headline claims, then those without a result on this machine and device, then the shortest.

    A paper's headline is the first claim of its catalogue entry. Within each of these groups the order is the same.
    """
    size: Size = "cuda" if device == "cuda" else "cpu"
    measured = {each.trial for each in measurements if _is_here(each, machine, device) and each.size == size}
    seconds = seconds_of(trials := list(trials), measurements, machine=machine, device=device, size=size)
    headlines = {trial.id for trial in trials if trial.entry.claims[0].key == trial.claim}
    return sorted(trials, key=lambda trial: (trial.id not in headlines, trial.id in measured, seconds[trial.id]))


def seconds_of(
    trials: Iterable[Trial], measurements: Sequence[Measurement], *, machine: str, device: str, size: Size
) -> dict[str, float]:
    """How long each trial takes, by id: as it did here, else as it did elsewhere, else as the known ones do.

    Of several measurements the newest counts, and one of the same device before one of another.
    """
    timed = [each for each in measurements if _kind(each.size) == _kind(size) and each.seconds is not None]
    timed.sort(key=lambda each: (each.device == device, each.machine.name == machine, each.taken_at))
    known = {each.trial: each.seconds or 0.0 for each in timed}
    usual = median(known.values()) if known else _UNKNOWN[size]
    return {trial.id: known.get(trial.id, usual) for trial in trials}


class TimeBox:
    """Lets through what fits into a span of time, and notes what does not.

    Args:
        seconds: The span, from now on.
        clock: Seconds that only rise.
    """

    def __init__(self, seconds: float, *, clock: Callable[[], float] = monotonic) -> None:
        self._clock, self._end = clock, clock() + seconds
        self.remainder: list[Trial] = []
        """What did not fit, in order."""

    def fitting(self, trials: Iterable[Trial], seconds: dict[str, float]) -> Iterator[Trial]:
        """The trials that are expected to end in time, each when its turn comes; after one too long, others may fit.

        Args:
            trials: In the order in which they are to be run.
            seconds: How long each is expected to take, by id.
        """
        for trial in trials:
            if self._clock() + seconds[trial.id] <= self._end:
                yield trial
            else:
                self.remainder.append(trial)


def _kind(size: str) -> str:
    """What is of one kind is written for a device each, and is to take as long."""
    return size if size in {"quick", "long"} else "device's own"


def _is_here(measurement: Measurement, machine: str, device: str) -> bool:
    return (measurement.machine.name, measurement.device) == (machine, device)
