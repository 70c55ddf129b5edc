"""Folders of results: measurements as files that people commit, share and compare.

<folder>/<machine>/<arxiv-id>.json    a list of measurements, the latest of each trial, model, device and size
"""

from collections.abc import Iterable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from assay.papers.catalogue import catalogue
from assay.papers.faults import first_fault
from assay.papers.files import write_whole
from assay.papers.measurement import Measurement
from assay.trials.declaration import discover
from assay.trials.source import source_hashes

_LIST = TypeAdapter(list[Measurement])


def read_results(folder: Path) -> list[Measurement]:
    """Every measurement in a folder of results, in the order of machines and papers.

    Raises:
        ValueError: There is no such folder, or a file is not a list of measurements or not where it belongs; the
            message names file and field.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder of results")
    return [each for file in sorted(folder.glob("[!.]*/*.json")) for each in _read(file)]


def write_results(folder: Path, measurements: Iterable[Measurement]) -> list[Path]:
    """Put measurements into a folder of results and return the files that changed. A newer one that is there stays.

    Raises:
        ValueError: A file that is there cannot be read; nothing is written then.
    """
    by_file: dict[Path, list[Measurement]] = {}
    for each in measurements:
        file = folder / each.machine.name / f"{each.paper}.json"
        by_file.setdefault(file, _read(file) if file.is_file() else []).append(each)
    contents = {}
    for file, both in by_file.items():
        latest = {each.key: each for each in sorted(judge_again(both), key=lambda each: each.taken_at)}
        contents[file] = _LIST.dump_json([latest[key] for key in sorted(latest)], indent=2) + b"\n"
    return [file for file, content in contents.items() if write_whole(file, content)]


def judge_again(measurements: Iterable[Measurement]) -> list[Measurement]:
    """Hold measurements against the claims as the catalogue states them today.

    A claim that the catalogue no longer has stays as it was when it was measured; `stale` tells of it.
    """
    entries = catalogue()
    claims = {(paper, claim.key): claim for paper, entry in entries.items() for claim in entry.claims}
    return [each.judged_anew(claims.get((each.paper, each.claim), each.claimed)) for each in measurements]


def sort_measurements(measurements: Iterable[Measurement]) -> list[Measurement]:
    """Sort measurements by paper and claim as the catalogue has them, of each claim those on real models first.

    Then by trial, model, machine and size.
    """
    papers = list(catalogue())
    claims = {(entry.id, claim.key): at for entry in catalogue().values() for at, claim in enumerate(entry.claims)}
    trials = [trial.id for trial in discover()]

    def place(each: Measurement) -> tuple[int, int, bool, int, str, str, bool, bool]:
        paper = papers.index(each.paper) if each.paper in papers else len(papers)
        trial = trials.index(each.trial) if each.trial in trials else len(trials)
        claim = claims.get((each.paper, each.claim), len(claims))
        model = each.pretrained.key if each.pretrained else ""
        return paper, claim, not model, trial, model, each.machine.name, each.quick, not each.long

    return sorted(measurements, key=place)


def stale(measurements: Iterable[Measurement]) -> list[tuple[Measurement, str]]:
    """Measurements that no longer say what their trial would find today, each with the reason."""
    trials = {trial.id: trial for trial in discover()}
    hashes = source_hashes(trials.values())
    reasons: list[tuple[Measurement, str]] = []
    for each in measurements:
        if (trial := trials.get(each.trial)) is None:
            reasons.append((each, "its trial is no longer there"))
        elif trial.claim != each.claim:
            reasons.append((each, "its trial now measures another claim"))
        elif hashes[each.trial] != each.source_hash:
            reasons.append((each, "measured with earlier code"))
    return reasons


def _read(file: Path) -> list[Measurement]:
    try:
        measurements = _LIST.validate_json(file.read_bytes())
    except ValidationError as error:
        raise ValueError(f"{file}: {first_fault(error, whole='file')}") from error
    for each in measurements:
        if (each.machine.name, each.paper) != (file.parent.name, file.stem):
            raise ValueError(f"{file}: holds a measurement that belongs at {each.machine.name}/{each.paper}.json")
    return measurements
