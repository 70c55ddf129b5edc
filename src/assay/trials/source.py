"""The source hash of a trial: it changes when code that decides a figure does, and then a kept result is stale.

From the trial's function on it covers the definitions of ours that this reaches, one by one and wherever they stand
(see `assay.testbed.definitions`): the method, what the trial shares with others of its room, tasks, models and
training of the testbed, and those parts of the bench that compute the trial's figures. What only shows, judges or
keeps does not count: progress, verdicts, the store, the cache of trained models.
"""

from collections.abc import Iterable
from pathlib import Path

from assay.testbed.definitions import Definitions
from assay.trials.declaration import Trial

PACKAGE = Path(__file__).parents[1]
"""Folder of the package ``assay``."""

_COVERED = ("assay.methods", "assay.testbed", "assay.trials")
_COMPUTED_IN_PAPERS = {("assay.papers.comparison", "ratio"), ("assay.papers.comparison", "difference")}
_ONLY_SHOW_OR_KEEP = {
    "assay.testbed.cache",
    "assay.testbed.code",
    "assay.testbed.definitions",
    "assay.testbed.folders",
    "assay.testbed.progress",
    "assay.testbed.resources",
    "assay.trials",
    "assay.trials.declaration",
    "assay.trials.drafts",
    "assay.trials.machine",
    "assay.trials.plan",
    "assay.trials.restamp",
    "assay.trials.results",
    "assay.trials.running",
    "assay.trials.source",
}
_BENCH = "assay.trials.bench:Bench"
_BENCH_ONLY_KEEPS = {
    f"Bench.{name}" for name in "setting claim not_testable progress once beside _check_new _add".split()
}
_CHANGES_ONLY_NOTE = {("assay.methods._changes", name) for name in ("note_changes", "changes_of", "load", "register")}
"""A change computes the same, however it is noted and loaded again."""
_READ_BY = ("perf_counter", "monotonic", "process_time", "thread_time", "time")
_CLOCKS = {f"time.{name}{unit}" for name in _READ_BY for unit in ("", "_ns")}
_SAFE = {"assay.methods._changes"}
"""It finds by name only what the same trial applied, and thereby named."""


def source_hash(trial: Trial) -> str:
    """SHA-256 of the code that the trial's figure depends on.

    Raises:
        ValueError: The trial was not written in a file, but at a prompt, say.
    """
    return source_hashes([trial])[trial.id]


def source_hashes(trials: Iterable[Trial]) -> dict[str, str]:
    """The `source_hash` of each trial, by its id. Every file is read once.

    Raises:
        ValueError: A trial was not written in a file, but at a prompt, say.
    """
    trials = list(trials)
    definitions = _definitions(trials)
    return {trial.id: definitions.hash(trial.module, trial.function) for trial in trials}


def sources(trial: Trial) -> list[str]:
    """The definitions that the hash covers, each as ``module:name``, sorted."""
    return _definitions([trial]).reach(trial.module, trial.function)


def timed(trials: Iterable[Trial]) -> set[str]:
    """The ids of those trials that read a clock, and whose figures therefore depend on what else a machine does.

    Nobody declares it: whatever the source hash covers is looked through for clocks, so that a trial of tomorrow is
    known as well.
    """
    trials = list(trials)
    definitions = _definitions(trials)
    return {trial.id for trial in trials if _CLOCKS & definitions.mentions(trial.module, trial.function)}


def _definitions(trials: list[Trial]) -> Definitions:
    for trial in trials:
        if not trial.file.is_file():
            raise ValueError(
                f"trial {trial.function} is in no file, so that nobody could tell what it was: write it in one"
            )
    files = {trial.module: trial.file for trial in trials}

    def covers(module: str, name: str) -> bool:
        if module in files:
            return True
        if module in _ONLY_SHOW_OR_KEEP or name in _BENCH_ONLY_KEEPS or (module, name) in _CHANGES_ONLY_NOTE:
            return False
        return module.startswith(_COVERED) or (module, name) in _COMPUTED_IN_PAPERS

    return Definitions(PACKAGE, covers=covers, files=files, split=_BENCH, safe=_SAFE)
