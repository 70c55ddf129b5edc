"""Runs: trials that were asked for in the app, each in a process of its own that no browser and no server can end.

    runs/<id>/asked.json            what was asked for, by whom
    runs/<id>/state.json            how far it is, written by its process as often as that changes
    runs/<id>/measurements.jsonl    what each trial came to
    runs/<id>/cancelled             there if somebody wants it to end: its process looks for it, and ends itself
    runs/<id>/log.txt               all that it said
    runs/<id>/alive.lock            held by the process as long as it lives

A run on a device waits until those that were asked for before it have ended. What is measured goes into the archive,
as `assay run` keeps it; a run that is cancelled or killed leaves its draft, with which the same run goes on.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from secrets import token_hex
from threading import Thread
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import AwareDatetime, ValidationError

from assay.papers.files import write_whole
from assay.papers.measurement import Measurement
from assay.papers.models import Line, Noun, PaperId

Size = Literal["quick", "cpu", "cuda", "long"]
MOST_WAITING = 20
_STARTING = timedelta(seconds=60)
"""So long may a process take until it holds its lock."""
DATABASE = "ASSAY_RUN_DATABASE"
"""The variable that tells a process where measurements are kept. An address may have a password: no file has it."""
_KEY = re.compile(r"\d{8}-\d{6}-\d{6}-[0-9a-f]{6}")
_MOST_LOG = 200_000
"""Bytes of a log that are read, the last ones."""


class RunState(StrEnum):
    """How far a run is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    """None of its trials came to a measurement."""
    CANCELLED = "cancelled"
    BROKEN_OFF = "broken off"
    """Its process ended without a word: it was killed, or the machine went down."""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will come of it."""
        return self not in {RunState.WAITING, RunState.RUNNING}


class Asked(Noun):
    """What was asked for."""

    paper: PaperId
    name: Line
    """The paper's short name."""
    claim: str = ""
    """Of this claim only; empty for all of the paper's."""
    trials: tuple[str, ...]
    """The trials that measure it."""
    size: Size = "quick"
    device: Literal["cpu", "cuda"] = "cpu"
    model: str = ""
    """The pretrained model for trials that are handed one; empty for the usual one."""
    reader: Line
    at: AwareDatetime


class Step(Noun):
    """A step of a trial, of those that take long."""

    what: Line
    done: int
    total: int


class Progress(Noun):
    """Where a run is now."""

    state: RunState = RunState.WAITING
    started: AwareDatetime | None = None
    ended: AwareDatetime | None = None
    trial: Line = ""
    """What the trial under way compares."""
    number: int = 0
    """Which of the trials that is, from 1 on."""
    steps: tuple[Step, ...] = ()
    """The outermost first."""
    troubles: tuple[Line, ...] = ()
    """Of each trial that came to nothing, why."""


class Run(Noun):
    """A run as it is now."""

    id: str
    asked: Asked
    progress: Progress
    measurements: tuple[Measurement, ...] = ()


class Runs:
    """All runs of a home folder."""

    def __init__(self, folder: Path, database: str = "") -> None:
        """Folder is where they are, database the address of what keeps their measurements."""
        self._folder, self._database = folder, database
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, asked: Asked) -> Run:
        """Start a run; it begins when the device is free.

        Raises:
            ValueError: if too many wait already, or the disk is full.
        """
        try:
            key = self._note(asked)
            self._begin(key)
        except OSError as error:
            raise ValueError(f"no run can be started: {error.strerror}") from error
        return self.get(key)

    def _note(self, asked: Asked) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self._folder / "starting.lock"):  # two that are asked for at once are counted one after the other
            if sum(not run.progress.state.is_over for run in self.all()) >= MOST_WAITING:
                raise ValueError(f"{MOST_WAITING} runs are waiting; wait for one to end, or cancel one")
            key = f"{asked.at:%Y%m%d-%H%M%S-%f}-{token_hex(3)}"
            write_whole(self._folder / key / "asked.json", asked.model_dump_json(indent=1))
        return key

    def _begin(self, key: str) -> None:
        folder = self._folder / key
        with (folder / "log.txt").open("wb") as log:
            child = self._children[key] = subprocess.Popen(  # noqa: S603 - our own program, with a folder of ours
                [sys.executable, "-P", "-m", "assay.web.worker", str(folder)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=os.environ | {DATABASE: self._database},
            )
        # Its end is waited for, so that it leaves no zombie; a server that ends earlier leaves it to run on.
        Thread(target=child.wait, daemon=True).start()

    def all(self, most: int = 200) -> list[Run]:
        """The latest runs, the last first; without what cannot be read, such as one of another version."""
        found: list[Run] = []
        for key in reversed(self.ids()):
            with suppress(KeyError):
                found.append(self.get(key))
            if len(found) == most:
                break
        return found

    def ids(self) -> list[str]:
        """The ids of all runs, in the order in which they were asked for."""
        return sorted(path.parent.name for path in self._folder.glob("*/asked.json"))

    def get(self, key: str) -> Run:
        """One run.

        Raises:
            KeyError: if there is none of that id, or it cannot be read.
        """
        folder, asked = self._known(key)
        progress = _read_progress(folder)
        if not progress.state.is_over and not self._is_alive(key, asked):
            progress = _close(folder)
        return Run(id=key, asked=asked, progress=progress, measurements=tuple(_measurements(folder)))

    def log(self, key: str) -> str:
        """The end of what a run said.

        Raises:
            KeyError: if there is none of that id, or it cannot be read.
        """
        try:
            with (self._known(key)[0] / "log.txt").open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - _MOST_LOG))
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def cancel(self, key: str) -> None:
        """Want a run to end: its process sees it, and ends itself. One that is over stays as it is.

        Nobody is sent a signal by number: the number of a process that has ended may be another's by now.

        Raises:
            KeyError: if there is none of that id, or it cannot be read.
        """
        if not self.get(key).progress.state.is_over:
            (self._folder / key / "cancelled").touch()

    def kill(self, key: str) -> None:
        """End a run whose process does not even look whether it is wanted to end; one that was started here alone."""
        if child := self._children.get(key):
            child.kill()  # nothing is sent if it has ended

    def _known(self, key: str) -> tuple[Path, Asked]:
        folder = self._folder / key
        if not _KEY.fullmatch(key):
            raise KeyError(key)
        try:
            return folder, Asked.model_validate_json((folder / "asked.json").read_bytes())
        except (OSError, ValidationError) as error:
            raise KeyError(key) from error

    def _is_alive(self, key: str, asked: Asked) -> bool:
        child = self._children.get(key)
        if child is not None and child.poll() is not None:
            self._children.pop(key, None)
            return False
        try:
            with FileLock(self._folder / key / "alive.lock", timeout=0):
                # One that is still to begin, and is wanted no more, will end before it does anything.
                is_due = not any((self._folder / key / name).exists() for name in ("state.json", "cancelled"))
        except Timeout:
            return True
        return is_due and (child is not None or datetime.now(UTC) - asked.at < _STARTING)


def _close(folder: Path) -> Progress:
    """Write down how a run ended whose process is gone; it may have ended by itself just now."""
    progress = _read_progress(folder)
    if not progress.state.is_over:
        state = RunState.CANCELLED if (folder / "cancelled").exists() else RunState.BROKEN_OFF
        progress = progress.model_copy(update={"state": state, "ended": datetime.now(UTC)})
        with suppress(OSError):  # a disk that is full keeps nobody from looking; it is written down when next seen
            write_whole(folder / "state.json", progress.model_dump_json())
    return progress


def _read_progress(folder: Path) -> Progress:
    try:
        return Progress.model_validate_json((folder / "state.json").read_bytes())
    except (OSError, ValidationError):
        return Progress()


def _measurements(folder: Path) -> Iterator[Measurement]:
    """What was measured so far; a line that is not whole yet, or of another version, is none."""
    try:
        lines = (folder / "measurements.jsonl").read_bytes().splitlines()
    except OSError:
        return
    for line in lines:
        with suppress(ValidationError):
            yield Measurement.model_validate_json(line)
