"""Policies under load, in the simulator: what programs take, and how much load they bear at one latency."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.methods.serving.autellix import Balancer, Policy, Prefix, Program, Simulation, simulate
from assay.trials.serving.autellix._workloads import chains, conversations, forks

FCFS, MLFQ, PLAS, ATLAS = "FCFS", "MLFQ over calls", "PLAS", "ATLAS"
POLICY = {FCFS: "fcfs", MLFQ: "mlfq", PLAS: "plas", ATLAS: "atlas"}
PLACES = 8
"""Calls that the simulated engine runs at once."""
SWITCH = 0.05
"""Seconds that a call costs which loses its place and gets it back (ours)."""
LATENCY = 1.2
"""Times what they take alone, that programs may take on the average where loads are compared."""
FIGURES: Mapping[str, Callable[[Simulation], float]] = {
    "mean slowdown": lambda outcome: outcome.slowdown,
    "P95 of the slowdown": lambda outcome: outcome.quantile(0.95, "slowdowns"),
    "mean time": lambda outcome: outcome.mean,
    "P95 of the time": lambda outcome: outcome.quantile(0.95),
}

# The worked example of the paper's Figure 2, as others read it: decode steps of each call, a batch of two.
EXAMPLE = {"A": [4, 3, 1, 1], "B": [3, 3, 4], "C": [1, 2], "D": [4]}


def waiting(arm: str, quantum: float) -> float:
    """Decode steps that the calls of the worked example wait, all together."""
    programs = [Program.chain(name, 0.0, steps) for name, steps in EXAMPLE.items()]
    policy = Policy(POLICY[arm], quanta=tuple(quantum * 2**level for level in range(6)))
    return sum(simulate(programs, policy=policy, batch=2).waited.values())


def by_load(arms: Sequence[str], loads: Sequence[float], seed: int, *, count: int, most: int = 200) -> dict[str, Any]:
    """The figures of each arm at each load: ``{figure: {arm: [...]}}``."""
    outcomes = {
        arm: [
            simulate(chains(count, load, seed, places=PLACES, most=most), policy=POLICY[arm], batch=PLACES,
                     switch=SWITCH)
            for load in loads
        ]
        for arm in arms
    }  # fmt: skip
    return {
        name: {arm: [figure(each) for each in its] for arm, its in outcomes.items()} for name, figure in FIGURES.items()
    }


def load_at(latency: float, loads: Sequence[float], slowdowns: Sequence[float]) -> float:
    """The load at which programs take so many times what they take alone, between the loads that were tried.

    The first crossing counts; a latency that is never reached gives the last load, one that is exceeded from the start
    the first.
    """
    if slowdowns[0] >= latency:
        return loads[0]
    for at in range(1, len(loads)):
        low, high = slowdowns[at - 1], slowdowns[at]
        if high >= latency:
            return loads[at - 1] + (loads[at] - loads[at - 1]) * (latency - low) / (high - low)
    return loads[-1]


def forked(arms: Sequence[str], load: float, seed: int, *, count: int, skewed: bool) -> dict[str, dict[str, float]]:
    """The figures of programs that fork and join, by arm."""
    programs = forks(count, load, seed, places=PLACES, skewed=skewed)
    outcomes = {arm: simulate(programs, policy=POLICY[arm], batch=PLACES, switch=SWITCH) for arm in arms}
    return {name: {arm: figure(each) for arm, each in outcomes.items()} for name, figure in FIGURES.items()}


@dataclass(frozen=True)
class Serving:
    """How engines are run."""

    policy: str
    rule: str
    kept: int
    """Tokens that an engine keeps."""


BATCH = 16
KEPT = 60_000
"""Tokens that an engine keeps (ours: of the order of what a GPU has beside a model of 8B)."""
READING = BATCH / 8_000
"""Seconds of a place to read a token: an engine of 16 places reads 8,000 tokens a second (ours)."""
PLAIN, CACHED, FULL = "FCFS, nothing kept", "FCFS, prefixes kept", "PLAS by locality, prefixes kept"
SERVINGS = {
    PLAIN: Serving("fcfs", "least used", 0),
    CACHED: Serving("fcfs", "least used", KEPT),
    "FCFS by locality, prefixes kept": Serving("fcfs", "locality", KEPT),
    "PLAS, prefixes kept": Serving("plas", "least used", KEPT),
    "PLAS round robin, prefixes kept": Serving("plas", "round robin", KEPT),
    FULL: Serving("plas", "locality", KEPT),
}


def kept_prefixes(arm: str, loads: Sequence[float], seed: int, *, count: int, engines: int) -> dict[str, list[float]]:
    """Of a way to run engines: the slowdown at each load, and the per cent of what is read that was kept."""
    serving = SERVINGS[arm]
    outcomes = [
        simulate(
            conversations(count, load, seed, places=engines * BATCH),
            policy=serving.policy, engines=engines, batch=BATCH, balancer=Balancer(serving.rule),
            prefix=Prefix(READING, serving.kept, shared=200), switch=SWITCH,
        )
        for load in loads
    ]  # fmt: skip
    return {"slowdown": [each.slowdown for each in outcomes], "reused": [100 * each.reused for each in outcomes]}
