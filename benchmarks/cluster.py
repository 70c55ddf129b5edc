"""How much faster a cluster of two workers is than one, and what a neighbour does to a time.

    python benchmarks/cluster.py trials --room attention        quick trials of a room on 1 and 2 workers
    python benchmarks/cluster.py claims --papers 20000          claims of that many abstracts on 1 and 2 workers
    python benchmarks/cluster.py alone                          a trial's seconds: alone, beside another, by the rule

A worker is one CPU of a Ray of this machine. Abstracts are those of the recorded corpus, again and again under new ids,
so that each is read anew. CPU seconds are of this process and of all that it started; on a machine that has nothing
else to do the seconds count, on any other the CPU seconds.
"""

import argparse
import os
import resource
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle, islice
from pathlib import Path
from statistics import median
from time import perf_counter

from corpus import CORPUS, read_corpus

from assay.cluster import Cluster, Work, connect
from assay.digest.extracting import extract_here, extract_on, read_batch
from assay.digest.ledger import bring_up_to_date
from assay.papers.measurement import Measurement
from assay.papers.models import Paper
from assay.store import Store, open_store
from assay.trials import Trial, discover
from assay.trials.on_ray import Steps, alone_first, run_on
from assay.trials.source import source_hashes, timed


class Quiet:
    """Shows nothing of trials under way."""

    def began(self, trial: Trial, node: str, *, again: bool) -> None:
        pass

    def moved(self, trial: Trial, steps: Steps) -> None:
        pass

    def ended(self, trial: Trial) -> None:
        pass


@contextmanager
def a_store() -> Iterator[tuple[Store, Path]]:
    with tempfile.TemporaryDirectory() as folder, open_store(Path(folder) / "assay.db") as store:
        yield store, Path(folder)


@contextmanager
def measured(what: str) -> Iterator[None]:
    """Print the seconds that something takes, and the CPU seconds of this process and its children that have ended."""
    began, before = perf_counter(), _cpu()
    yield
    print(f"{what:44s}{perf_counter() - began:9.1f} s  {_cpu() - before:9.1f} CPU s here and in what has ended")


def _cpu() -> float:
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)


def run(cluster: Cluster, trials: Sequence[Trial], alone: set[str], cpus: int = 1) -> list[Measurement]:
    with a_store() as (store, folder):
        outcomes = list(
            run_on(
                cluster,
                alone_first(trials, alone),
                options={"quick": True},
                codes=source_hashes(trials),
                timed=alone,
                drafts=folder / "drafts",
                store=store,
                watch=Quiet(),
                cpus=cpus,
            )
        )
    for outcome in outcomes:
        if outcome.problem:
            print(f"{outcome.trial.id}: {outcome.problem}")
    return [outcome.measurement for outcome in outcomes if outcome.measurement]


def compare_trials(room: str, workers: Sequence[int]) -> None:
    trials = [trial for trial in discover() if room in ("all", trial.entry.room)]
    clocks = timed(trials)
    print(
        f"{len(trials)} quick trials of {room}, {len(clocks)} of them read a clock and have the machine to themselves"
    )
    for count in filter(None, workers):
        with connect("ray", cpus=count) as cluster, measured(f"trials on {count} CPU of Ray"):
            run(cluster, trials, clocks)


def compare_claims(count: int, workers: Sequence[int]) -> None:
    texts = [paper for paper in read_corpus(CORPUS, listings=("hf_year",), days="*").values() if paper.abstract]
    papers = [
        Paper(id=f"{1001 + number // 99_999:04}.{number % 99_999 + 1:05}", title=each.title, abstract=each.abstract)
        for number, each in enumerate(islice(cycle(texts), count))
    ]
    print(f"claims of {count:,} papers, from {len(texts):,} abstracts")
    for cpus in workers:
        with a_store() as (store, _):
            store.add(source="benchmark", papers=papers)
            if not cpus:
                with measured("in this process"):
                    bring_up_to_date(store, extractor=extract_here)
                continue
            with connect("ray", cpus=cpus) as cluster:
                list(cluster.run(read_batch, [Work(number, ([],)) for number in range(cpus)]))  # workers are there
                with measured(f"on {cpus} CPU of Ray"):
                    bring_up_to_date(store, extractor=extract_on(cluster))


ARMS = (
    # what, CPUs that Ray is told of, CPUs and threads of a trial, trials at once, whether the rule holds
    ("one thread: alone", 2, 1, 1, False),
    ("one thread: beside another", 2, 1, 2, False),
    ("two threads: alone", 2, 2, 1, True),
    ("two threads: beside another", 4, 2, 2, False),
    ("two threads: two of it, by the rule", 2, 2, 2, True),
)
"""For two cores. Where Ray is told of four, two trials of two threads run at once, as without Ray anybody could."""


def compare_alone(name: str, times: int) -> None:
    """A trial's timing alone, beside another, and where two are asked for and the rule holds."""
    [trial] = [each for each in discover() if each.id.endswith(f":{name}")]
    for what, cores, cpus, at_once, is_rule in ARMS:
        seconds: list[float] = []
        ratios: list[float] = []
        with connect("ray", cpus=cores) as cluster:
            for _ in range(times):
                for each in run(cluster, [trial] * at_once, {trial.id} if is_rule else set(), cpus):
                    comparison = each.comparison
                    if comparison is not None and comparison.candidate is not None:
                        seconds.append(comparison.candidate)
                        ratios.append(comparison.ratio or float("nan"))
        spread = f"{min(seconds):.4g} to {max(seconds):.4g}"
        print(f"{what:40s}candidate {median(seconds):.4g} s ({spread}), ratio {median(ratios):.3g}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["trials", "claims", "alone"])
    parser.add_argument("--room", default="all", help="of trials; all of them if left out")
    parser.add_argument("--papers", type=int, default=20_000)
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2], help="in turn; 0 is without Ray")
    parser.add_argument("--trial", default="throughput", help="the function of the trial that `alone` times")
    parser.add_argument("--times", type=int, default=3)
    arguments = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if arguments.what == "trials":
        compare_trials(arguments.room, arguments.workers)
    elif arguments.what == "claims":
        compare_claims(arguments.papers, arguments.workers)
    else:
        compare_alone(arguments.trial, arguments.times)
