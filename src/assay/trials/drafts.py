"""Drafts: what an unfinished trial has so far, so that one that was interrupted goes on from there.

<folder>/<key>.json    finished timings and slow steps of one trial in one setting
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

from filelock import FileLock, Timeout

from assay.papers.files import write_whole


@dataclass
class Draft:
    """Finished timings and values of a trial under way. Without a file it is only a memory."""

    file: Path | None = None
    timings: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    """Seconds by metric and arm."""
    values: dict[str, Any] = field(default_factory=dict)
    """Results of slow steps, by name; whatever JSON can hold."""
    seconds_before: float = 0.0
    """What the trial has taken up to when it was interrupted."""
    _began: float = field(default_factory=monotonic, repr=False)
    _saved_at: float = field(default=float("-inf"), repr=False)

    @property
    def seconds(self) -> float:
        """What the trial has taken so far, interruptions left out."""
        return self.seconds_before + monotonic() - self._began

    @classmethod
    def read(cls, file: Path) -> "Draft":
        """The draft in a file, or an empty one where there is none or it cannot be read: it only saves time."""
        try:
            content = json.loads(file.read_text(encoding="utf-8"))
            return cls(file, dict(content["timings"]), dict(content["values"]), float(content["seconds"]))
        except (OSError, ValueError, KeyError, TypeError):
            return cls(file)

    def save(self, *, at_most_every: float = 0.0) -> None:
        """Write it down, unless that was done less than so many seconds ago."""
        if self.file is None or monotonic() - self._saved_at < at_most_every:
            return
        content = {"timings": self.timings, "values": self.values, "seconds": self.seconds}
        write_whole(self.file, json.dumps(content))
        self._saved_at = monotonic()


@contextmanager
def open_draft(folder: Path, key: dict[str, Any]) -> Iterator[Draft]:
    """Open the draft of the trial of this key; it is dropped when the block ends without an error.

    Raises:
        ValueError: Another process is at the same trial.
    """
    name = sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]
    file = folder / f"{name}.json"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(file.with_suffix(".lock"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise ValueError("the same trial is running in another process: wait for it, or end it") from None
    try:
        draft = Draft.read(file)
        try:
            yield draft
        except BaseException:
            draft.save()
            raise
        file.unlink(missing_ok=True)
    finally:
        lock.release()
