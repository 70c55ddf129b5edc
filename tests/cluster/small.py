"""What tests run on a cluster: trials that are small, or come to grief; its nodes import them by name.

Nothing here loads torch: processes of their own that only wait for a cluster are quick to start.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from assay.trials.declaration import Trial, trial

if TYPE_CHECKING:
    from assay.trials import Bench
    from assay.trials.on_ray import Steps

PAPER, CLAIM = "2502.18137", "operator-speedup"
FOLDER = "ASSAY_TEST_FOLDER"
"""The variable that names the folder of what trials write down."""
_PATIENCE = 300.0


def folder() -> Path:
    return Path(os.environ[FOLDER])


def note(name: str, text: str) -> None:
    """Write a line down; lines of several processes do not mix."""
    with (folder() / name).open("a", encoding="utf-8") as file:
        file.write(f"{text}\n")


def notes(name: str) -> list[str]:
    file = folder() / name
    return file.read_text(encoding="utf-8").splitlines() if file.is_file() else []


def wait_until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + _PATIENCE
    while not is_so():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def measure(bench: "Bench") -> None:
    bench.setting("simulated", differs="numbers in place of a model")
    costs = {"dense": 9.0, "sparse": 3.0}
    bench.claim(bench.compare("cost", costs, candidate="sparse", baseline="dense", unit="FLOP", better="lower"))


@trial(PAPER, claim=CLAIM)
def plain(bench: "Bench") -> None:
    """Nine against three."""
    measure(bench)


@trial(PAPER, claim=CLAIM)
def broken(bench: "Bench") -> None:
    """Breaks."""
    note("broken", "begun")
    raise RuntimeError("no such kernel")


@trial(PAPER, claim=CLAIM)
def refused(bench: "Bench") -> None:
    """Refuses what it was given."""
    raise ValueError("the loss is nan at step 3")


@trial(PAPER, claim=CLAIM)
def dies_once(bench: "Bench") -> None:
    """Its worker is killed when what is finished has come home."""
    bench.once("slow step", lambda: note("slow", "done"))
    if len(notes("dead")) == 0:
        wait_until(lambda: list((folder() / "drafts").glob("*.json")))
        note("dead", "killed")
        os.kill(os.getpid(), signal.SIGKILL)
    measure(bench)


@trial(PAPER, claim=CLAIM)
def waits(bench: "Bench") -> None:
    """Is never done."""
    bench.once("slow step", lambda: 1)
    note("waits", str(os.getpid()))
    for _ in bench.progress(range(10), "waiting"):
        time.sleep(60)


def linger(bench: "Bench") -> None:
    import ray
    import torch

    node = ray.get_runtime_context().get_node_id()
    began = time.time()
    time.sleep(1)
    note("lingered", f"{bench.seed} {node} {torch.get_num_threads()} {began} {time.time()}")
    measure(bench)


@trial(PAPER, claim=CLAIM)
def lingers(bench: "Bench") -> None:
    """Is there for a second."""
    linger(bench)


@trial(PAPER, claim=CLAIM)
def lingers_too(bench: "Bench") -> None:
    """Is there for a second."""
    linger(bench)


@trial(PAPER, claim=CLAIM)
def lingers_as_well(bench: "Bench") -> None:
    """Is there for a second."""
    linger(bench)


def where(name: str) -> str:
    """Write the node down, wait for a word, and tell the node."""
    import ray

    node: str = ray.get_runtime_context().get_node_id()
    note(name, node)
    wait_until((folder() / f"{name}-go").exists)
    return node


class Seen:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.began_on: list[tuple[str, bool]] = []
        self.steps: list[Steps] = []
        self.over: list[str] = []

    def began(self, trial: Trial, node: str, *, again: bool) -> None:
        self.began_on.append((trial.function, again))

    def moved(self, trial: Trial, steps: "Steps") -> None:
        self.steps.append(steps)

    def ended(self, trial: Trial) -> None:
        self.over.append(trial.function)
