"""The process of one run: ``python -m assay.web.worker FOLDER`` waits for its turn and runs the trials.

See `assay.web.runs` for the files of the folder.
"""

import os
import signal
import sys
import time
import traceback
from collections.abc import Iterable, Iterator, Sized
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread, main_thread
from typing import Any

import platformdirs
from filelock import FileLock, Timeout

from assay.papers.files import write_whole
from assay.papers.text import normalise, shorten
from assay.store import Store, open_store
from assay.trials import Trial, discover
from assay.web.runs import DATABASE, Asked, Progress, Runs, RunState, Step

_LOOK = 0.5
"""Seconds between two looks at whether it is our turn, and whether somebody wants us to end."""
_GRACE = 10.0
"""Seconds from when we are asked to end until we are made to."""
_MOST_TROUBLE = 600
"""Characters of why a trial came to nothing; the log has the rest."""
_RARELY = 0.25
"""Seconds between two notes of how far a step is."""


def work(folder: Path) -> Progress:
    """Run what was asked for in a folder."""
    asked = Asked.model_validate_json((folder / "asked.json").read_bytes())
    with FileLock(folder / "alive.lock"):
        notes = _Notes(folder)
        try:
            with _turn(folder, asked), open_store(os.environ[DATABASE]) as store:
                notes.write(state=RunState.RUNNING, started=datetime.now(UTC))
                _run_all(asked, store, folder, notes)
        except KeyboardInterrupt:
            if not notes.progress.state.is_over:
                notes.end(RunState.CANCELLED if (folder / "cancelled").exists() else RunState.BROKEN_OFF)
        except Exception as error:
            notes.trouble(f"{type(error).__name__}: {error}")
            notes.end(RunState.FAILED)
            raise
        return notes.progress


class _Notes:
    """How far a run is, written to its folder."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "state.json"
        self.progress = Progress()
        self._steps: list[Step] = []
        self._written = 0.0
        self.write()

    def write(self, **changes: Any) -> None:
        """Write it down, with some of it changed."""
        self.progress = self.progress.model_copy(update={**changes, "steps": tuple(self._steps)})
        with suppress(OSError):  # a disk that is full for a while ends no run
            write_whole(self._file, self.progress.model_dump_json())
        self._written = time.monotonic()

    def trouble(self, why: str) -> None:
        """Note why a trial came to nothing."""
        self.write(troubles=(*self.progress.troubles, shorten(normalise(why), _MOST_TROUBLE)))

    def end(self, state: RunState) -> None:
        """Note that nothing more will come."""
        self._steps.clear()
        self.write(state=state, ended=datetime.now(UTC), trial="")

    def show(self, iterable: Iterable[Any], what: str) -> Iterator[Any]:
        """Go through a long step, noting how far it is."""
        things = iterable if isinstance(iterable, Sized) else list(iterable)
        at = len(self._steps)
        self._steps.append(Step(what=what, done=0, total=len(things)))
        try:
            for done, thing in enumerate(things):
                self._steps[at] = Step(what=what, done=done, total=len(things))
                if time.monotonic() - self._written > _RARELY:
                    self.write()
                yield thing
        finally:
            del self._steps[at:]


def _run_all(asked: Asked, store: Store, folder: Path, notes: _Notes) -> None:
    trials = [trial for trial in discover(asked.paper) if trial.id in asked.trials]
    if not trials:
        notes.trouble("the trials that were asked for are not there")
    count = 0
    for number, trial in enumerate(trials, 1):
        notes.write(trial=trial.what or trial.function, number=number)
        try:
            measurement = _run(trial, asked, store, folder, notes)
        except ValueError as error:
            notes.trouble(f"{trial.what or trial.function} {error}")
        except Exception as error:  # noqa: BLE001 - one broken trial must not take the others with it
            traceback.print_exc()
            notes.trouble(f"{trial.id} broke: {type(error).__name__}: {error}")
        else:
            count += 1
            with (folder / "measurements.jsonl").open("a", encoding="utf-8") as file:
                file.write(measurement + "\n")
    notes.end(RunState.DONE if count else RunState.FAILED)


def _run(trial: Trial, asked: Asked, store: Store, folder: Path, notes: _Notes) -> str:
    # They load torch: a run that waits for its turn does without it.
    from assay.testbed.pretrained import DEFAULT  # noqa: PLC0415
    from assay.trials import run_trial  # noqa: PLC0415

    return run_trial(
        trial,
        quick=asked.size == "quick",
        long=asked.size == "long",
        device=asked.device,
        model=asked.model or DEFAULT,
        progress=notes.show,
        store=store,
        drafts=folder.parent.parent / "drafts",
        with_quick_run=True,
    ).model_dump_json()


def _turn(folder: Path, asked: Asked) -> ExitStack:
    """Wait until every run that was asked for before has ended and the device is free; then hold it."""
    runs = Runs(folder.parent)
    before = [key for key in runs.ids() if key < folder.name]
    devices = Path(platformdirs.user_cache_dir("assay")) / "devices"
    devices.mkdir(parents=True, exist_ok=True)
    held = ExitStack()
    while True:
        before = [key for key in before if _is_waited_for(runs, key, asked.device)]
        if not before:
            try:
                held.enter_context(FileLock(devices / f"{asked.device}.lock", timeout=0))
            except Timeout:
                pass
            else:
                return held
        time.sleep(_LOOK)


def _is_waited_for(runs: Runs, key: str, device: str) -> bool:
    try:
        run = runs.get(key)
    except KeyError:  # it cannot be read, and runs no more
        return False
    return run.asked.device == device and not run.progress.state.is_over


def _end_when_wanted(folder: Path) -> None:
    """End this process once somebody wants that: it is asked to, and made to if it takes its time."""
    while not (folder / "cancelled").exists():
        time.sleep(_LOOK)
    signal.pthread_kill(main_thread().ident or 0, signal.SIGTERM)
    time.sleep(_GRACE)
    os.killpg(0, signal.SIGKILL)  # with all that it started: it is the first of a group of its own


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _interrupt)
    signal.signal(signal.SIGINT, _interrupt)
    Thread(target=_end_when_wanted, args=[Path(sys.argv[1])], daemon=True).start()
    raise SystemExit(int(work(Path(sys.argv[1])).state is not RunState.DONE))
