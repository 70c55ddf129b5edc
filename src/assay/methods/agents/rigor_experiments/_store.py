"""The store: every plan, script, run and finding as a line of a file that is only ever added to.

Each line says who put what in the place of what, and carries the hash of the line before it, so that a line that was
altered or taken out is noticed. The state is what the lines come to when they are read again from the first. A line is
on the disk before `write` returns; of a line that a crash cut off nothing remains.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

ARCHITECT, TECHNICIAN, REVIEWER, ENGINE = "architect", "technician", "reviewer", "engine"

# Of a key such as plan-1/control-1/script, what each may write: the last part; a plan itself has no parts.
_MAY_WRITE = {
    ARCHITECT: {"plan"},
    TECHNICIAN: {"script"},
    REVIEWER: {"review"},
    ENGINE: {"runs", "findings", "state", "report"},
}
_BEGINNING = "0" * 64


class StoreError(ValueError):
    """A store cannot be read, or somebody wrote what is not theirs; the message says what and where."""


@dataclass(frozen=True)
class Event:
    """A change: who put which value under a key, and the hashes of what was there and is there."""

    number: int
    who: str
    key: str
    value: Any
    old: str
    """Hash of the value before; empty if there was none."""
    new: str
    before: str
    """Hash of the line before."""

    @property
    def line(self) -> str:
        """As the file has it."""
        return json.dumps(vars(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)


class Store:
    """The record of an experiment, in memory and, if it is given a file, on the disk."""

    def __init__(self, file: str | Path | None = None) -> None:
        """Open a store.

        Args:
            file: Of an earlier store, which goes on, or a new one; none keeps all in memory.

        Raises:
            StoreError: The file is damaged; the message names the line.
        """
        self.file = Path(file) if file is not None else None
        self.events: list[Event] = []
        self._state: dict[str, Any] = {}
        self._last = _BEGINNING
        if self.file is not None and self.file.exists():
            _drop_unfinished_line(self.file)
            for event in read_events(self.file):
                self._take(event)

    @property
    def state(self) -> Mapping[str, Any]:
        """The latest value of every key."""
        return MappingProxyType(self._state)

    @property
    def hash(self) -> str:
        """SHA-256 of the state: the same for the same events in the same order."""
        return _hash(self._state)

    def write(self, who: str, key: str, value: Any) -> None:
        """Put a value under a key.

        Args:
            who: The role that does it.
            key: ``plan-1``, or a partition's key with ``script``, ``review``, ``runs``, ``findings`` or ``state``.
            value: What JSON can hold.

        Raises:
            StoreError: The role may not write there.
        """
        last = key.rpartition("/")[2] if "/" in key else "report" if key == "report" else "plan"
        if last not in _MAY_WRITE.get(who, set()):
            raise StoreError(f"{who} may not write {key}: it may write {', '.join(sorted(_MAY_WRITE.get(who, ['-'])))}")
        value = json.loads(json.dumps(value))  # what is kept is what is read again
        old = _hash(self._state[key]) if key in self._state else ""
        event = Event(len(self.events) + 1, who, key, value, old, _hash(value), self._last)
        if self.file is not None:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            with self.file.open("a", encoding="utf-8") as file:
                file.write(event.line + "\n")
                file.flush()
                os.fsync(file.fileno())
        self._take(event)

    def get(self, key: str, default: Any = None) -> Any:
        """The latest value of a key."""
        return self._state.get(key, default)

    def _take(self, event: Event) -> None:
        self.events.append(event)
        self._state[event.key] = event.value
        self._last = hashlib.sha256(event.line.encode()).hexdigest()


def read_events(file: str | Path) -> Iterator[Event]:
    """The events of a store, each checked against those before it.

    Raises:
        StoreError: A line is no event, or is not the one that was written; the message names it.
    """
    last, state = _BEGINNING, dict[str, str]()
    with Path(file).open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                event = Event(**json.loads(line))
            except (ValueError, TypeError) as error:
                raise StoreError(f"{file}: line {number} is no event: {error}") from None
            sound = (event.number, event.before, event.old) == (number, last, state.get(event.key, ""))
            if not sound or event.new != _hash(event.value):
                raise StoreError(f"{file}: line {number} is not as it was written, or one before it is missing")
            last, state[event.key] = hashlib.sha256(event.line.encode()).hexdigest(), event.new
            yield event


def _drop_unfinished_line(file: Path) -> None:
    """Cut off what a crash left of a line."""
    content = file.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(file, whole)


def _hash(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
