"""Clients: programs that come at their times and make one call after the other, of whatever stands at an address."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from assay.methods.serving.autellix import program_headers

Ask = Callable[[str, int], str]
"""What a program asks in one of its calls, by its id and the call's number."""


@dataclass(frozen=True)
class Job:
    """A program as its client runs it."""

    id: str
    arrives: float
    """Seconds after the first one could come."""
    calls: int


@dataclass
class Record:
    """What a program got."""

    began: float = 0.0
    seconds: float = 0.0
    answers: list[str] = field(default_factory=list)


def run_programs(
    url: str, jobs: Sequence[Job], *, tokens: int, ask: Ask, remember: bool = False, timeout: float = 600.0
) -> dict[str, Record]:
    """Run programs against a server, each call behind the last one's answer.

    Args:
        url: Up to and with ``/v1``.
        jobs: The programs.
        tokens: Of an answer, exactly where the server lets itself be told so.
        ask: What is asked.
        remember: Whether a call holds its program's earlier ones and their answers, as an agent's does.
        timeout: Seconds for one call.

    Raises:
        ValueError: A call got no answer.
    """
    records = {job.id: Record() for job in jobs}

    async def run(http: Any, job: Job, start: float) -> None:
        await asyncio.sleep(max(0.0, job.arrives - (perf_counter() - start)))
        record = records[job.id]
        record.began = perf_counter()
        messages: list[dict[str, str]] = []
        for number in range(job.calls):
            messages = messages if remember else []
            messages.append({"role": "user", "content": ask(job.id, number)})
            body: dict[str, Any] = {"model": "any", "messages": messages, "max_tokens": tokens, "temperature": 0,
                                    "ignore_eos": True}  # fmt: skip
            answer = await http.post(f"{url}/chat/completions", json=body, headers=program_headers(job.id))
            if answer.status_code != 200:
                raise ValueError(f"call {number} of program {job.id}: {answer.status_code} {answer.text[:200]}")
            text = str(answer.json()["choices"][0]["message"]["content"])
            messages.append({"role": "assistant", "content": text})
            record.answers.append(text)
        record.seconds = perf_counter() - record.began

    asyncio.run(_all(run, jobs, timeout))
    return records


async def _all(run: Callable[[Any, Job, float], Awaitable[None]], jobs: Sequence[Job], timeout: float) -> None:
    """Run all programs, each as its own client."""
    import httpx2  # noqa: PLC0415

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=len(jobs))
    async with httpx2.AsyncClient(timeout=timeout, limits=limits) as http:
        start = perf_counter()
        await asyncio.gather(*(run(http, job, start) for job in jobs))


def present_at_most(records: Mapping[str, Record]) -> int:
    """How many programs were under way at once, at most."""
    events = [(each.began, 1) for each in records.values()] + [
        (each.began + each.seconds, -1) for each in records.values()
    ]
    now = most = 0
    for _, step in sorted(events):
        now += step
        most = max(most, now)
    return most
