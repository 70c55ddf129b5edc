"""What a day of model summaries costs, and how long it takes, against a model server on loopback that takes its time.

    PYTHONPATH=. python benchmarks/writing.py           print the table
    PYTHONPATH=. python benchmarks/writing.py --docs    put it into docs/model-summaries.md

The papers and the server are those of the tests. Tokens are the words, numbers and signs that the server counts; a
model's own tokenizer counts somewhat more.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from corpus import with_figures
from tests.writing import toys
from tests.writing.server import ModelServer

from assay.digest.write import write_summaries
from assay.store import open_store
from assay.writing.budget import Spent
from assay.writing.cache import Recordings
from assay.writing.chat import Chat
from assay.writing.endpoint import Endpoint
from assay.writing.terms import read_glossary

DOCS = Path(__file__).parents[1] / "docs" / "model-summaries.md"
PAPERS = 25
LATENCY = 1.0
"""Seconds that every answer takes."""


class Measured(NamedTuple):
    """One run."""

    concurrency: int
    seconds: float
    spent: Spent

    @property
    def ideal(self) -> float:
        """Seconds if every request that may be open always were, and nothing but the server took time."""
        return self.spent.requests * LATENCY / self.concurrency

    @property
    def rounds(self) -> float:
        """Seconds at the least, since the first request goes alone and the others come in whole rounds."""
        return LATENCY * (1 + -(-(self.spent.requests - 1) // self.concurrency))


def measure(concurrency: int, languages: tuple[str, ...] = ("ko",)) -> Measured:
    """Summarise a day of toy papers, in English and ``languages``, with nothing recorded and nothing stored before."""
    papers = [toys.paper(number) for number in range(1, PAPERS + 1)]
    with ModelServer() as server, tempfile.TemporaryDirectory() as folder:
        server.reply = toys.model
        server.latency = LATENCY

        async def run() -> Spent:
            endpoint = Endpoint(server.url, "toy-1", concurrency=concurrency)
            glossaries = {language: read_glossary(language) for language in languages}
            async with Chat(endpoint, recordings=Recordings(Path(folder) / "answers")) as chat:
                done = await write_summaries(store, chat, papers, languages=glossaries)
                if not all(outcome.complete for outcome in done.outcomes) or len(done.outcomes) != PAPERS:
                    raise ValueError(f"not all papers were summarised: {done}")
                return chat.budget.spent

        with open_store(Path(folder) / "assay.db") as store:
            store.add(source="huggingface", papers=papers)
            started = time.perf_counter()
            spent = asyncio.run(run())
            seconds = time.perf_counter() - started
        if server.most_at_once > concurrency:
            raise ValueError(f"{server.most_at_once} requests were open at once, not {concurrency}")
    return Measured(concurrency, seconds, spent)


def table(runs: list[Measured]) -> str:
    """The runs as Markdown."""
    lines = [
        "| open at once | requests | tokens in | tokens out | wall time | ideal | least in whole rounds |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {run.concurrency} | {run.spent.requests} | {run.spent.tokens_in:,} | {run.spent.tokens_out:,} "
            f"| {run.seconds:.2f} s | {run.ideal:.2f} s (+{run.seconds / run.ideal - 1:.0%}) "
            f"| {run.rounds:.0f} s (+{run.seconds / run.rounds - 1:.0%}) |"
            for run in runs
        ),
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, and print the table or put it into the documentation."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", action="store_true")
    options = parser.parse_args()
    found = table([measure(concurrency) for concurrency in (1, 5, 8)])
    print(found)
    if options.docs:
        DOCS.write_text(with_figures(DOCS.read_text(encoding="utf-8"), found), encoding="utf-8")


if __name__ == "__main__":
    main()
