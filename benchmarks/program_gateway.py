"""The gateway of Autellix under faults: ``python -m benchmarks.program_gateway [--soak SECONDS]``.

Two scripted servers, each a process of its own, stand behind a gateway, and one after the other is killed and started
again every 7 seconds. Forty agents ask through it, one program after the other, plainly and in streams; of their calls
one in ten meets a fault of its backend (busy, broken off, an error, another dialect), and one client in fifty goes
away. Counted is what came of each call: one answer, to what was asked; or a refusal in words, where the fault allows
none. Beside that: what a call costs, directly and through the gateway in turns, and the gateway's memory.
"""

import argparse
import asyncio
import json
import random
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

import httpx2
import numpy as np

from assay.methods.serving.autellix import program_headers
from assay.testbed.model_server import Started
from assay.trials.serving.autellix._gateways import added_milliseconds
from assay.trials.serving.autellix._servers import Scripted

AGENTS, PLACES, SECONDS_PER_TOKEN = 40, 4, 0.002
KILL_EVERY, AWAY_FOR = 7.0, 1.0
PASSING = ("once:429", "once:503", "once:break")
LASTING = {"500": 500, "garbage": 502, "page": 502}
"""Faults that the client is told, and with which status."""


class Soak:
    """What the agents ask, and what came of it."""

    def __init__(self, url: str, seconds: float) -> None:
        self.url, self.ends = url, monotonic() + seconds
        self.random = random.Random(0)
        self.outcomes: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.seconds: list[float] = []
        """Of the programs that nothing kept from ending."""
        self.calls = 0

    async def agent(self, http: Any, name: str) -> None:
        """Run programs until the time is over."""
        number = 0
        while monotonic() < self.ends:
            number += 1
            began, whole = monotonic(), True
            for _ in range(min(20, int(self.random.paretovariate(1.3)))):
                whole = await self.call(http, f"{name}-{number}") and whole
            if whole:
                self.seconds.append(monotonic() - began)

    async def call(self, http: Any, program: str) -> bool:
        """Ask once; whether it was answered."""
        self.calls += 1
        asked, draw = f"call {self.calls}", self.random.random()
        body: dict[str, Any] = {
            "messages": [{"role": "user", "content": asked}],
            "max_tokens": self.random.randint(5, 40),
            "stream": self.random.random() < 0.3,
        }
        fault = ""
        if draw < 0.1:
            fault = body["user"] = self.random.choice([*PASSING, *LASTING])
        leaves = 0.1 <= draw < 0.12
        try:
            timeout = 0.02 if leaves else 300.0
            answer = await http.post(f"{self.url}/chat/completions", json=body, timeout=timeout,
                                     headers=program_headers(program))  # fmt: skip
        except httpx2.TimeoutException:
            self.outcomes["left" if leaves else "timed out"] += 1
            return False
        except httpx2.HTTPError as error:
            self.note_wrong(f"{asked} ({fault}): {type(error).__name__} {error}")
            return False
        if fault in LASTING:
            told = answer.status_code == LASTING[fault] and answer.json()["error"]["message"]
            self.outcomes["fault told" if told else "fault not told"] += 1
            return False
        if answer.status_code != 200:
            self.note_wrong(f"{asked} ({fault}): {answer.status_code} {answer.text[:150]}")
            return False
        if body["stream"]:
            return self.note_stream(asked, answer.text)
        text = answer.json()["choices"][0]["message"]["content"]
        return self.note_text(asked, text)

    def note_stream(self, asked: str, content: str) -> bool:
        """Note a stream: whole, or ended with words because its server was killed in it."""
        events = [line.removeprefix("data: ") for line in content.splitlines() if line.startswith("data: ")]
        if events and events[-1] == "[DONE]":
            pieces = [json.loads(each)["choices"][0]["delta"]["content"] for each in events[:-1]]
            return self.note_text(asked, "".join(pieces))
        told = bool(events) and "error" in json.loads(events[-1])
        self.outcomes["stream broken off, told" if told else "stream broken off, not told"] += 1
        return False

    def note_text(self, asked: str, text: str) -> bool:
        """Note an answer."""
        if text != f"answer to {asked}":
            self.note_wrong(f"{asked}: {text[:80]!r}")
            return False
        self.outcomes["answered"] += 1
        return True

    def note_wrong(self, words: str) -> None:
        """Note what must not be."""
        self.outcomes["WRONG"] += 1
        self.wrong.append(words)


async def run(soak: Soak, servers: list[Scripted]) -> int:
    """Let the agents ask while servers are killed; how many kills there were."""
    kills = 0
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=AGENTS)
    async with httpx2.AsyncClient(limits=limits) as http:
        agents = [asyncio.create_task(soak.agent(http, f"agent-{at}")) for at in range(AGENTS)]
        while monotonic() + KILL_EVERY < soak.ends:
            await asyncio.sleep(KILL_EVERY - AWAY_FOR)
            server = servers[kills % len(servers)]
            server.kill()
            await asyncio.sleep(AWAY_FOR)
            await asyncio.to_thread(server.start)
            kills += 1
        await asyncio.gather(*agents)
    return kills


def memory_of(process: int) -> float:
    """MB that a process holds, where the system says it."""
    status = Path(f"/proc/{process}/status")
    if not status.is_file():
        return float("nan")
    (line,) = (line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1_000


def main(seconds: float, pairs: int) -> int:
    """Print the figures; the exit code is 1 if a call was lost or answered wrongly."""
    added = np.array(added_milliseconds(pairs))
    low, middle, high = np.quantile(added, [0.25, 0.5, 0.75])
    print(f"added to a call, by {pairs} pairs: median {middle:.2f} ms, quartiles {low:.2f} to {high:.2f}", flush=True)
    with ExitStack() as stack:
        logs = Path(stack.enter_context(TemporaryDirectory()))
        servers = [stack.enter_context(Scripted(PLACES, SECONDS_PER_TOKEN, logs / str(at))) for at in range(2)]
        command = ["-m", "assay.methods.serving.autellix", *(server.url for server in servers)]
        gateway = Started([sys.executable, *command, "--port", "0", "--policy", "plas", "--max-inflight", str(PLACES),
                           "--boundaries", "0.1,0.2,0.4,0.8,1.6,3.2"])  # fmt: skip
        stack.callback(gateway.kill)
        first = memory_of(gateway.process.pid)
        soak = Soak(gateway.where, seconds)
        kills = asyncio.run(run(soak, servers))
        last = memory_of(gateway.process.pid)
        status = httpx2.get(gateway.where.replace("/v1", "/status"), timeout=30).json()
        computed = Counter(line for log in logs.iterdir() for line in log.read_text(encoding="utf-8").splitlines())
    taken = np.array(soak.seconds or [float("nan")])
    print(f"{seconds:g} s, {AGENTS} agents, {kills} kills: {soak.calls:,} calls")
    print(", ".join(f"{name} {number:,}" for name, number in sorted(soak.outcomes.items())))
    print(f"accounted for: {sum(soak.outcomes.values()):,} of {soak.calls:,}")
    print(f"programs: {len(soak.seconds):,} whole, mean {taken.mean():.2f} s, P95 {np.quantile(taken, 0.95):.2f} s")
    print(f"computed twice by servers, since an answer was lost on its way: {sum(n > 1 for n in computed.values())}")
    print(f"the gateway: {first:.0f} MB at first, {last:.0f} MB at last; {json.dumps(status)}")
    for words in soak.wrong[:10]:
        print(f"wrong: {words}")
    lost = soak.calls - sum(soak.outcomes.values())
    bad = soak.outcomes["WRONG"] + soak.outcomes["timed out"] + soak.outcomes["fault not told"]
    return int(bool(lost or bad or soak.outcomes["stream broken off, not told"]))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--soak", type=float, default=15.0, help="seconds (default: 15)")
    parser.add_argument("--pairs", type=int, default=200, help="of calls whose times are compared (default: 200)")
    given = parser.parse_args()
    sys.exit(main(given.soak, given.pairs))
