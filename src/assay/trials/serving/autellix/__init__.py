"""Autellix on simulated engines under load, and its gateway before servers on this machine.

In the simulator engines run so many calls at once, each at the speed that it would have alone, and all arms get the
same programs at the same times. Programs have a heavy tail of calls, from which the gain comes: what is left where
programs are short is shown beside it. The paper counts the latency of a program by its tokens; here it is the time of a
program by what it would take alone, its slowdown, and its plain time stands beside it, mean and P95. What kernels add
to the paper's figures (batched swapping, several steps at a time) is in no arm.

The gateway is a process of its own: before a scripted server for a thousand programs, for what a call costs, and for a
server that is killed; and before llama.cpp's server with SmolLM2. From outside no call loses its place.

Budget on two quiet cores: eight minutes, of which the gateway takes six.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from assay.testbed.model_server import lacks, llama_server
from assay.testbed.resources import NotFetchedError
from assay.trials import Bench, trial
from assay.trials.serving.autellix import _gateways as gateways
from assay.trials.serving.autellix._loads import (
    ATLAS,
    CACHED,
    FCFS,
    FIGURES,
    FULL,
    LATENCY,
    MLFQ,
    PLAIN,
    PLAS,
    SERVINGS,
    by_load,
    forked,
    kept_prefixes,
    load_at,
    waiting,
)
from assay.trials.serving.autellix._servers import Scripted

_PAPER = "2502.13965"
_HIGH = 0.9
"""The load at which arms are shown side by side."""
_KEPT_LATENCY = 2.0
_TWENTIETH = tuple(2.0**level / 20 for level in range(1, 7))
"""Boundaries for calls of a tenth of a second: the default ones are for calls of two."""


@trial(_PAPER, claim="waiting-example")
def worked_example(bench: Bench) -> None:
    """The paper's worked example by FCFS, a feedback queue over calls, and PLAS."""
    quanta = (1.0, 2.0, 3.0, 4.0)
    bench.setting(
        "simulated",
        differs="the example's calls as others read them from the figure; boundaries of 2, 4, 8 ... steps and a first "
        "quantum of 1, 2, 3 and 4, since the paper's are not published",
    )
    steps = {arm: [waiting(arm, quantum) for quantum in quanta] for arm in (FCFS, MLFQ, PLAS)}
    bench.claim(
        bench.compare("total waiting of the scheduled programs", steps, candidate=PLAS, baseline=FCFS, better="lower",
                      unit="decode steps")
    )  # fmt: skip
    bench.curve("waiting by the first quantum", steps, candidate=PLAS, along="decode steps", at=quanta, unit="steps")


@trial(_PAPER, claim="program-throughput")
def sustained(bench: Bench) -> None:
    """FCFS and a feedback queue over calls against PLAS: the load that is borne at one latency."""
    count = bench.pick(quick=200, cpu=400)
    loads = bench.pick(quick=(0.5, 0.9, 1.2), cpu=(0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1.0, 1.1, 1.2))
    bench.setting(
        "simulated",
        differs=f"an engine of 8 places; {count} programs of Pareto-distributed calls instead of recorded agents; "
        f"latency is time by what a program takes alone, {LATENCY} of it on the average; scheduling alone, without "
        "caches and kernels; loads up to 1.2 were tried, and more is not counted",
    )
    arms, seeds = (FCFS, MLFQ, PLAS), bench.seeds(quick=2, cpu=8)
    runs = [
        bench.once(f"workload {seed}", partial(by_load, arms, loads, seed, count=count))
        for seed in bench.progress(seeds, "workloads")
    ]
    borne = {arm: [load_at(LATENCY, loads, run["mean slowdown"][arm]) for run in runs] for arm in arms}
    bench.claim(
        bench.compare("load borne at one mean slowdown", borne, candidate=PLAS, baseline=FCFS, better="higher",
                      unit="of the engine")
    )  # fmt: skip
    high = loads.index(_HIGH)
    for name in FIGURES:
        unit = "s" if "time" in name else "x"
        at_high = {arm: [run[name][arm][high] for run in runs] for arm in arms}
        bench.compare(f"{name} at load {_HIGH}", at_high, candidate=PLAS, baseline=FCFS, better="lower", unit=unit)
        lines = {arm: list(zip(*(run[name][arm] for run in runs), strict=True)) for arm in arms}
        bench.curve(f"{name} by load", lines, candidate=PLAS, along="load", at=loads, unit=unit)
    over_calls = {arm: [run["mean slowdown"][arm][high] for run in runs] for arm in (MLFQ, PLAS)}
    bench.compare("mean slowdown against the feedback queue", over_calls, candidate=PLAS, baseline=MLFQ, better="lower",
                  unit="x")  # fmt: skip
    _show_tails(bench, count, seeds)
    _show_forks(bench, count, seeds)


def _show_tails(bench: Bench, count: int, seeds: Sequence[int]) -> None:
    """What is gained by the longest program: with few calls each, first come first served shares well enough."""
    most = bench.pick(quick=(1, 5), cpu=(1, 2, 5, 20, 200))
    runs = [
        [
            bench.once(f"{each} calls at most, workload {seed}",
                       partial(by_load, (FCFS, PLAS), (_HIGH,), seed, count=count, most=each))
            for each in most
        ]
        for seed in bench.progress(seeds, "tails")
    ]  # fmt: skip
    for name in ("mean slowdown", "mean time", "P95 of the time"):
        gains = [tuple(run[at][name][FCFS][0] / run[at][name][PLAS][0] for run in runs) for at in range(len(most))]
        bench.curve(f"{name}: FCFS by PLAS at load {_HIGH}", {PLAS: gains}, candidate=PLAS,
                    along="most calls of a program", at=most, unit="x")  # fmt: skip


def _show_forks(bench: Bench, count: int, seeds: Sequence[int]) -> None:
    """Programs that fork and join, by what they have received and by their longest chain."""
    for skewed, words in ((True, "one long branch"), (False, "eight like branches")):
        runs = [
            bench.once(f"{words}, workload {seed}",
                       partial(forked, (FCFS, PLAS, ATLAS), _HIGH, seed, count=count // 3, skewed=skewed))
            for seed in bench.progress(seeds, words)
        ]  # fmt: skip
        for name in ("mean time", "P95 of the time"):
            arms = {arm: [run[name][arm] for run in runs] for arm in (FCFS, PLAS, ATLAS)}
            bench.compare(f"{name} of forks with {words}", arms, candidate=ATLAS, baseline=PLAS, better="lower",
                          unit="s")  # fmt: skip


@trial(_PAPER, claim="over-plain-vllm")
def kept(bench: Bench) -> None:
    """FCFS that keeps nothing against PLAS with prefixes kept and long calls sent to their program's engine."""
    count, engines = bench.pick(quick=100, cpu=400), bench.pick(quick=2, cpu=4)
    loads = bench.pick(quick=(0.4, 0.9, 1.2), cpu=(0.3, 0.5, 0.7, 0.9, 1.0, 1.1, 1.2))
    bench.setting(
        "simulated",
        differs=f"{engines} engines of 16 places that keep 60,000 tokens each and read 8,000 a second; "
        f"{count} programs whose prompts grow to 16,000 tokens; latency is time by what writing alone takes, "
        f"{_KEPT_LATENCY:g} of it on the average; loads up to 1.2 were tried, and more is not counted",
    )
    seeds = bench.seeds(cpu=4)
    runs: dict[str, list[dict[str, list[float]]]] = {arm: [] for arm in SERVINGS}
    for seed in bench.progress(seeds, "workloads"):
        for arm in SERVINGS:
            name = f"{arm}, workload {seed}"
            runs[arm].append(bench.once(name, partial(kept_prefixes, arm, loads, seed, count=count, engines=engines)))
    borne = {arm: [load_at(_KEPT_LATENCY, loads, run["slowdown"]) for run in its] for arm, its in runs.items()}
    bench.claim(
        bench.compare("load borne at one mean slowdown", borne, candidate=FULL, baseline=PLAIN, better="higher",
                      unit="of the engines")
    )  # fmt: skip
    high = loads.index(_HIGH)
    slowdowns = {arm: [run["slowdown"][high] for run in its] for arm, its in runs.items()}
    bench.compare(
        f"mean slowdown at load {_HIGH}", slowdowns, candidate=FULL, baseline=CACHED, better="lower", unit="x"
    )
    reused = {arm: [run["reused"][high] for run in its] for arm, its in runs.items() if arm != PLAIN}
    bench.score(f"of what is read, kept before, at load {_HIGH}", reused, candidate=FULL, better="higher", unit="%")
    lines = {arm: list(zip(*(run["slowdown"] for run in its), strict=True)) for arm, its in runs.items()}
    bench.curve("mean slowdown by load", lines, candidate=FULL, along="load", at=loads, unit="x")


@trial(_PAPER, claim="program-throughput")
def thousand_programs(bench: Bench) -> None:
    """The gateway by FCFS against PLAS, a thousand programs before a scripted server."""
    count, seconds = bench.pick(quick=16, cpu=1_000), bench.pick(quick=0.01, cpu=0.1)
    places, tokens = bench.pick(quick=4, cpu=16), 10
    bench.setting(
        "simulated",
        differs=f"{count:,} programs of up to 50 calls of {seconds:g} s before a scripted server with {places} places; "
        "the mean latency by token at one load of 0.9 instead of the throughput at one latency",
    )
    runs = []
    with Scripted(slots=places, seconds_per_token=seconds / tokens) as server:
        for turn in bench.seeds(quick=1, cpu=2):
            programs = gateways.jobs(count, turn, most=50, seconds=seconds / places, share=1 / 0.9)
            serve = partial(
                gateways.serve_both, server.url, programs, width=places, boundaries=_TWENTIETH, tokens=tokens,
                ask=lambda program, number: f"{program}: {number}", turned=turn % 2 == 1,
            )  # fmt: skip
            runs.append(bench.once(f"round {turn}", serve))
    _compare_runs(bench, runs)
    added = bench.once("what a call costs", partial(gateways.added_milliseconds, bench.pick(quick=20, cpu=400)))
    bench.score("time that the gateway adds to a call", added, unit="ms", better="lower", at_most=2.0)
    fate = bench.once("killed", partial(gateways.killed, *bench.pick(quick=(4, 3), cpu=(40, 10)),
                                        kills=bench.pick(quick=1, cpu=3)))  # fmt: skip
    name = f"of {fate['calls']} calls of a server that is killed, lost or answered twice"
    bench.score(name, float(fate["lost"] + fate["twice"]), unit="calls", better="lower", at_most=0.0)
    bench.score("of these, computed once more", float(fate["computed again"]), unit="calls", better="lower")


@trial(_PAPER, claim="over-optimised-vllm")
def before_llama(bench: Bench) -> None:
    """The gateway by FCFS against PLAS before llama.cpp's server with SmolLM2, which keeps prefixes."""
    if missing := lacks("xllamacpp"):
        bench.not_testable(missing)
    count, tokens = bench.pick(quick=4, cpu=60), bench.pick(quick=3, cpu=30)
    bench.setting(
        "real model",
        model="SmolLM2-135M-Instruct, 4 bits, in llama.cpp with its prefix cache on",
        differs=f"{count} programs of one to five calls of {tokens} tokens on one processor, four at a time, ordered "
        "from outside; the mean latency by token where they come in half the time that they need, instead of the "
        "throughput at one latency",
    )
    try:
        runs = _before_llama(bench, count, tokens)
    except NotFetchedError as error:
        bench.not_testable(str(error))
    _compare_runs(bench, runs)
    bench.score("programs under way at once, at most", {"FCFS": [float(run["fcfs"]["present"]) for run in runs],
                PLAS: [float(run["plas"]["present"]) for run in runs]}, candidate=PLAS, better="lower")  # fmt: skip
    agreement = [run["agreement"] for run in runs]
    bench.score("rank correlation of times with those that the simulator foretells", agreement, better="higher")


def _before_llama(bench: Bench, count: int, tokens: int) -> list[dict[str, Any]]:
    from scipy.stats import spearmanr  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    def ask(program: str, number: int) -> str:
        return f"Program {program}, part {number + 1}: tell me something new about the number {number + 2}."

    places, runs = 4, []
    with llama_server(slots=places) as url:
        measure = partial(gateways.seconds_of_a_call, url, tokens=tokens, ask=ask, count=3 * places, width=places)
        seconds = bench.once("seconds of a call", measure)
        for turn in bench.progress(bench.seeds(quick=1, cpu=3), "rounds before llama.cpp"):
            programs = gateways.jobs(count, turn, most=5, seconds=seconds / places, share=0.5)
            serve = partial(gateways.serve_both, url, programs, width=places, boundaries=(), tokens=tokens, ask=ask,
                            turned=turn % 2 == 1, remember=True)  # fmt: skip
            run = bench.once(f"round {turn}", serve)
            told = gateways.foretold(programs, policy="plas", places=places, seconds=seconds)
            order = [told.seconds[job.id] for job in programs]
            runs.append(run | {"agreement": float(spearmanr(order, run["plas"]["seconds"]).statistic)})
    return runs


def _compare_runs(bench: Bench, runs: Sequence[dict[str, Any]]) -> None:
    """The figures of the gateway's rounds: latency by token, which the paper counts, and the plain times beside it."""
    by_arm = {
        name: {arm: [run[policy][name] for run in runs] for arm, policy in ((FCFS, "fcfs"), (PLAS, "plas"))}
        for name in ("latency", "mean", "p95", "missing")
    }
    bench.claim(
        bench.compare(
            "mean latency by token", by_arm["latency"], candidate=PLAS, baseline=FCFS, better="lower", unit="ms"
        )
    )
    bench.compare("mean time of a program", by_arm["mean"], candidate=PLAS, baseline=FCFS, better="lower", unit="s")
    bench.compare(
        "P95 of the time of a program", by_arm["p95"], candidate=PLAS, baseline=FCFS, better="lower", unit="s"
    )
    missing = {arm: float(sum(each)) for arm, each in by_arm["missing"].items()}
    bench.score("calls without an answer", missing, candidate=PLAS, better="lower", unit="calls", at_most=0.0)
