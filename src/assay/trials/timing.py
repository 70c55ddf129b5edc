"""Timing of several arms alike: interleaved, so that a machine that slows down for a while slows all of them.

In each round every arm runs once, in an order that rotates. Short calls are repeated within a sample until the clock is
not what is measured.
"""

import gc
from collections.abc import Callable, Iterator, Mapping
from time import perf_counter

import torch

from assay.testbed.progress import track

Call = Callable[[], object]

_SHORTEST_SAMPLE = 5e-3  # seconds: a thousand times what reading the clock costs
_FEWEST_ROUNDS = 3


def time_interleaved(
    calls: Mapping[str, Call],
    seconds: dict[str, list[float]],
    *,
    rounds: int,
    budget: float,
    device: torch.device,
    what: str,
) -> Iterator[None]:
    """Time each arm once a round and append to its list in `seconds`; yields after every sample, for who keeps them.

    Args:
        calls: What to time, by arm.
        seconds: Seconds per call of each arm and round; rounds that are there already are not run again.
        rounds: How many each arm has in the end.
        budget: Seconds after which it stops early, once there are three rounds.
        device: Where the calls run; a GPU is waited for.
        what: Shown with the progress.
    """
    for arm in calls:
        seconds.setdefault(arm, [])
    finished = min(len(seconds[arm]) for arm in calls)
    if finished >= rounds:
        return
    repeats = {arm: _warm_up(call, device) for arm, call in calls.items()}
    arms, began = list(calls), perf_counter()
    for number in track(range(finished, rounds), what):
        turn = number % len(arms)
        for arm in arms[turn:] + arms[:turn]:
            if len(seconds[arm]) <= number:
                seconds[arm].append(_sample(calls[arm], repeats[arm], device))
                yield
        if number + 1 >= _FEWEST_ROUNDS and perf_counter() - began > budget:
            break


def _warm_up(call: Call, device: torch.device) -> int:
    """Run an arm until it is warm; how many calls make a sample that the clock can resolve."""
    _sample(call, 1, device)
    seconds = _sample(call, 1, device)
    return max(1, round(_SHORTEST_SAMPLE / max(seconds, 1e-7)))


def _sample(call: Call, repeats: int, device: torch.device) -> float:
    """Seconds per call over so many calls, without garbage collection in between."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        _wait(device)
        began = perf_counter()
        for _ in range(repeats):
            call()
        _wait(device)
        return (perf_counter() - began) / repeats
    finally:
        if collecting:
            gc.enable()


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
