"""The gateway before servers: what its order is worth, what a call costs, and what becomes of calls of a killed one."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Timer
from time import perf_counter
from typing import Any

import numpy as np

from assay.methods.serving.autellix import Policy, Program, Simulation, simulate
from assay.trials.serving.autellix._clients import Ask, Job, Record, present_at_most, run_programs
from assay.trials.serving.autellix._servers import Scripted, gateway
from assay.trials.serving.autellix._workloads import calls_of

_WARM = 20
"""Pairs of calls that are not counted."""


def jobs(count: int, seed: int, *, most: int, seconds: float, share: float) -> list[Job]:
    """Programs with a heavy tail of calls that come at random within a share of the time that all of them need.

    Args:
        count: How many.
        seed: Of everything.
        most: Calls of one.
        seconds: Of the server that a call needs, all of whose places are busy.
        share: Of the server's time for all of them.
    """
    rng = np.random.default_rng(seed)
    calls = [calls_of(rng, most) for _ in range(count)]
    span = share * seconds * sum(calls)
    times = sorted(float(rng.random()) * span for _ in calls)
    return [Job(f"program-{seed}-{at}", times[at], each) for at, each in enumerate(calls)]


def serve_both(
    server: str, programs: Sequence[Job], *, width: int, boundaries: Sequence[float], tokens: int, ask: Ask,
    turned: bool, remember: bool = False,
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """Run the same programs at the same times by both policies, each behind a new gateway, one after the other.

    Args:
        server: The backend.
        programs: What is run.
        width: Places of the backend.
        boundaries: Of the queues.
        tokens: Of each answer.
        ask: What is asked.
        turned: Whether PLAS is first.
        remember: Whether calls hold their program's earlier ones.

    Returns:
        By policy the figures of a run; see `figures`.
    """
    order = ["plas", "fcfs"] if turned else ["fcfs", "plas"]
    runs = {}
    for policy in order:
        with gateway(server, policy=policy, width=width, boundaries=boundaries) as url:
            warm_up = [Job(f"warm-up-{policy}-{at}", 0.0, 1) for at in range(width)]
            run_programs(url, warm_up, tokens=1, ask=ask)
            records = run_programs(url, programs, tokens=tokens, ask=ask, remember=remember)
        runs[policy] = figures(records, programs, tokens)
    return runs


def figures(records: Mapping[str, Record], programs: Sequence[Job], tokens: int) -> dict[str, Any]:
    """Of a run: seconds of its programs, the same by the tokens they wrote, how many were under way, what was wrong."""
    seconds = [records[job.id].seconds for job in programs]
    by_token = [1_000 * records[job.id].seconds / (job.calls * tokens) for job in programs]
    return {
        "mean": sum(seconds) / len(seconds),
        "p95": sorted(seconds)[int(0.95 * (len(seconds) - 1))],
        "latency": sum(by_token) / len(by_token),
        "seconds": seconds,
        "present": present_at_most(records),
        "missing": sum(job.calls - len(records[job.id].answers) for job in programs),
    }


def foretold(programs: Sequence[Job], *, policy: str, places: int, seconds: float) -> Simulation:
    """What the simulator says of such programs, a call taking so many seconds of a place."""
    chains = [Program.chain(job.id, job.arrives, [seconds] * job.calls) for job in programs]
    # From outside no call loses its place: no quantum ends.
    return simulate(chains, policy=Policy(policy, quanta=(1e9,) * 7), batch=places)


def added_milliseconds(pairs: int) -> list[float]:
    """What the gateway adds to the time of a call, pair by pair, before a server that answers at once.

    Direct calls and calls through the gateway take turns; server and gateway are processes of their own.
    """
    import httpx2  # noqa: PLC0415

    with ExitStack() as stack:
        server = stack.enter_context(Scripted(slots=4))
        url = stack.enter_context(gateway(server.url, policy="atlas", width=4))
        http = stack.enter_context(httpx2.Client(timeout=60))
        added = []
        for pair in range(_WARM + pairs):
            took = {}
            for way in (server.url, url) if pair % 2 else (url, server.url):
                body = {"messages": [{"role": "user", "content": str(pair)}], "max_tokens": 0}
                began = perf_counter()
                http.post(f"{way}/chat/completions", json=body, headers={"X-Program-Id": "one"}).raise_for_status()
                took[way] = perf_counter() - began
            added.append(1_000 * (took[url] - took[server.url]))
    return added[_WARM:]


def killed(programs: int, calls: int, *, kills: int) -> dict[str, int]:
    """What becomes of calls while their only server is killed and started again, several times.

    Returns:
        ``calls``; ``lost``, those without their own answer; ``twice``, answers beyond one a call that clients got;
        ``computed again``, calls that a server had answered and was asked once more, since the answer got lost.
    """
    with TemporaryDirectory() as folder:
        log = Path(folder) / "answered"
        server = Scripted(slots=4, seconds_per_token=0.002, log=log)
        listed = [Job(f"program-{at}", 0.01 * at, calls) for at in range(programs)]
        with server, gateway(server.url, policy="plas", width=4) as url:
            # A quarter of the time that the calls take, between two kills.
            pause = programs * calls * 10 * 0.002 / 4 / (kills + 1)
            timers = [Timer(pause * (at + 1) + 0.3 * at, _restart(server)) for at in range(kills)]
            for timer in timers:
                timer.start()
            records = run_programs(url, listed, tokens=10, ask=lambda program, number: f"{program} call {number}")
            for timer in timers:
                timer.join()
        wanted = {f"{job.id} call {number}" for job in listed for number in range(job.calls)}
        got = [text.removeprefix("answer to ") for record in records.values() for text in record.answers]
        computed = log.read_text(encoding="utf-8").splitlines()
    return {
        "calls": len(wanted),
        "lost": len(wanted - set(got)),
        "twice": len(got) - len(set(got)),
        "computed again": len(computed) - len(set(computed)),
    }


def _restart(server: Scripted) -> Callable[[], None]:
    def restart() -> None:
        server.kill()
        server.start()

    return restart


def seconds_of_a_call(url: str, *, tokens: int, ask: Ask, count: int, width: int) -> float:
    """Seconds of a place that a call needs on a server all of whose places are busy; a first round warms it up."""
    run_programs(url, [Job(f"warm-up-{at}", 0.0, 1) for at in range(width)], tokens=tokens, ask=ask)
    began = perf_counter()
    run_programs(url, [Job(f"timed-{at}", 0.0, 1) for at in range(count)], tokens=tokens, ask=ask)
    return (perf_counter() - began) * width / count
