"""The ledger: measurements as JSON files, one per machine and paper, and what unfinished trials have so far.

    <folder>/<machine>/<arxiv-id>.json    a list of measurements, the latest of each trial, device and thoroughness
    <folder>/.drafts/<key>.json           what a trial that was interrupted had measured

A folder of committed results has the same shape, so that exporting and importing is one copying into the other.
A file is written whole or not at all; two processes that keep at once wait for one another.
"""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Any

import platformdirs
from filelock import FileLock, Timeout
from pydantic import TypeAdapter, ValidationError

from assay.papers.ids import parse_arxiv_id
from assay.papers.measurement import Measurement
from assay.papers.models import Claim
from assay.trials.declaration import discover
from assay.trials.source import source_hash

_LIST = TypeAdapter(list[Measurement])


@dataclass(frozen=True)
class Ledger:
    """Measurements kept under one folder."""

    folder: Path

    def keep(self, measurement: Measurement) -> None:
        """Keep a measurement in the place of an older one of the same trial, device and thoroughness."""
        self._merge(measurement.machine.name, measurement.paper, [measurement])

    def of(self, paper: str) -> list[Measurement]:
        """All measurements of a paper on any machine, in the order of machines and trials."""
        name = f"{parse_arxiv_id(paper).id}.json"
        return [each for file in sorted(self.folder.glob(f"[!.]*/{name}")) for each in read_measurements(file)]

    def all(self) -> list[Measurement]:
        """Every measurement."""
        return [each for file in sorted(self.folder.glob("[!.]*/*.json")) for each in read_measurements(file)]

    def export(self, results: Path, papers: Iterable[str] | None = None) -> list[Path]:
        """Copy what is kept into a folder of results and return the files that changed.

        Raises:
            ValueError: A file on either side cannot be read; nothing is written over it.
        """
        return _copy(self, Ledger(results), papers)

    def bring_in(self, results: Path, papers: Iterable[str] | None = None) -> list[Path]:
        """Copy a folder of results into the ledger and return the files that changed. A newer measurement stays.

        Raises:
            ValueError: A file on either side cannot be read; nothing is written over it.
        """
        return _copy(Ledger(results), self, papers)

    @contextmanager
    def draft(self, key: dict[str, Any]) -> Iterator["Draft"]:
        """What a trial under this key has measured so far; dropped when the block ends without an error.

        Raises:
            ValueError: Another process is at the same trial.
        """
        name = sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:32]
        file = self.folder / ".drafts" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
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

    def _merge(self, machine: str, paper: str, found: Iterable[Measurement]) -> Path | None:
        """Add measurements to one file, the latest of each key; the file if that changed it."""
        file = self.folder / machine / f"{paper}.json"
        with FileLock(_lock_of(self.folder)):
            before = read_measurements(file) if file.is_file() else []
            latest = {each.key: each for each in sorted([*before, *found], key=lambda each: each.taken_at)}
            after = [latest[key] for key in sorted(latest)]
            if after == before:
                return None
            _write_whole(file, _LIST.dump_json(after, indent=2) + b"\n")
            return file


@dataclass
class Draft:
    """Finished timings and values of a trial under way. Without a file it is only a memory."""

    file: Path | None = None
    timings: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    """Seconds by metric and arm."""
    values: dict[str, Any] = field(default_factory=dict)
    """Results of slow steps, by name; whatever JSON can hold."""
    _saved_at: float = field(default=float("-inf"), repr=False)

    @classmethod
    def read(cls, file: Path) -> "Draft":
        """The draft in a file, or an empty one where there is none or it cannot be read: it only saves time."""
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            return cls(file, dict(kept["timings"]), dict(kept["values"]))
        except (OSError, ValueError, KeyError, TypeError):
            return cls(file)

    def save(self, *, at_most_every: float = 0.0) -> None:
        """Write it down, unless that was done less than so many seconds ago."""
        if self.file is None or monotonic() - self._saved_at < at_most_every:
            return
        content = json.dumps({"timings": self.timings, "values": self.values})
        _write_whole(self.file, content.encode())
        self._saved_at = monotonic()


def default_ledger(home: Path | None = None) -> Ledger:
    """The user's ledger: under `home`, else under ``ASSAY_HOME``, else in the platform's data folder."""
    home = home or Path(os.environ.get("ASSAY_HOME") or platformdirs.user_data_dir("assay"))
    return Ledger(home.expanduser() / "measurements")


def read_measurements(file: Path) -> list[Measurement]:
    """The measurements in one file.

    Raises:
        ValueError: It is not a list of measurements; the message names file and field.
    """
    try:
        found = _LIST.validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "file"
        raise ValueError(f"{file}: {where}: {first['msg']}") from error
    for each in found:
        if (each.machine.name, each.paper) != (file.parent.name, file.stem):
            raise ValueError(f"{file}: holds a measurement that belongs at {each.machine.name}/{each.paper}.json")
    return found


def stale(measurements: Iterable[Measurement]) -> list[tuple[Measurement, str]]:
    """Measurements that no longer say what their trial would find today, each with the reason."""
    trials = {trial.id: trial for trial in discover()}
    hashes = {name: source_hash(trial) for name, trial in trials.items()}
    found: list[tuple[Measurement, str]] = []
    for each in measurements:
        if (trial := trials.get(each.trial)) is None:
            found.append((each, "its trial is no longer there"))
        elif trial.claim != each.claim or _figures(trial.claimed()) != _figures(each.claimed):
            found.append((each, "the catalogue now states another claim"))
        elif hashes[each.trial] != each.source_hash:
            found.append((each, "method, trial or testbed have changed since"))
    return found


def _figures(claim: Claim) -> tuple[object, ...]:
    return claim.key, claim.value, claim.unit, claim.kind, claim.better


def _copy(source: Ledger, target: Ledger, papers: Iterable[str] | None) -> list[Path]:
    wanted = None if papers is None else {parse_arxiv_id(paper).id for paper in papers}
    files = [file for file in sorted(source.folder.glob("[!.]*/*.json")) if wanted is None or file.stem in wanted]
    read = [(file, read_measurements(file)) for file in files]
    changed = [target._merge(file.parent.name, file.stem, found) for file, found in read]  # noqa: SLF001 - own class
    return [file for file in changed if file is not None]


def _lock_of(folder: Path) -> Path:
    """Outside of the folder itself, which may be a checkout."""
    locks = Path(platformdirs.user_cache_dir("assay")) / "locks"
    locks.mkdir(parents=True, exist_ok=True)
    return locks / f"{sha256(str(folder.resolve()).encode()).hexdigest()[:32]}.lock"


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
