"""Reads the whole archive: every day, and the dossier of every paper that stands in one.

Summaries and checks take most of the time. So dossiers are kept in a folder, a file for each arXiv month, and one is
made anew only when a record that it is made of, or our own code, has changed. The folder may be removed at any time.
"""

from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from assay.digest.day import day_of_dossiers, dossier_of
from assay.papers.editions import Fingerprints, hash_of_code
from assay.papers.files import write_whole
from assay.papers.ids import month_of
from assay.papers.models import Claim, Day, Dossier, Paper, Sighting, Summary
from assay.store import Revision, Store

_ROOMS = ("papers", "sources", "store", "claims", "fulltext", "writing", "digest", "catalogue")
"""Whose code a dossier comes from."""
_BATCH = 100
"""So many full texts are in memory at one time."""


class Archive(NamedTuple):
    """All days, the earliest first, and their papers in the order of their ids."""

    days: list[Day]
    dossiers: list[Dossier]
    keys: dict[str, str]
    """By paper, a word for all that its dossier is made of: as long as it is the same, so is the dossier."""


class _Records(NamedTuple):
    """What a dossier is made of, but for the full text, of which the id says enough."""

    paper: Paper
    summaries: Sequence[Summary]
    revisions: Sequence[Revision]
    claims: Sequence[Claim]
    sightings: Sequence[Sighting]
    fulltext: int


class _Kept(NamedTuple):
    """A dossier as it is kept."""

    key: str
    record: str
    """As JSON."""
    dossier: Dossier


def read_archive(
    store: Store,
    *,
    now: datetime,
    folder: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Archive:
    """All days and dossiers, as the store knows them at the moment ``now``.

    Args:
        store: where all records are.
        now: decides which days are over.
        folder: where dossiers are kept from one time to the next; ``None`` to make all of them.
        progress: called with how many dossiers are made, and of how many.
    """
    sightings = {day: store.sightings(day) for day, _ in store.days()}
    records = _read_records(store, sightings)
    known = Fingerprints()
    code = hash_of_code(*_ROOMS)
    keys = {paper: known.of(code, each) for paper, each in records.items()}
    dossiers = _read_dossiers(store, records, keys, folder, progress)
    days = [
        day_of_dossiers(
            day,
            {each.paper: dossiers[each.paper] for each in own},
            sightings=own,
            attempts=store.attempts(day),
            now=now,
        )
        for day, own in sightings.items()
    ]
    return Archive(days, [dossiers[key] for key in sorted(dossiers)], keys)


def _read_dossiers(
    store: Store,
    records: Mapping[str, _Records],
    keys: Mapping[str, str],
    folder: Path | None,
    progress: Callable[[int, int], None],
) -> dict[str, Dossier]:
    kept = _read_kept(folder, keys) if folder else {}
    dossiers = {paper: each.dossier for paper, each in kept.items()}
    missing = sorted(records.keys() - dossiers.keys(), key=_by_month)
    for start in range(0, len(missing), _BATCH):
        batch = missing[start : start + _BATCH]
        texts = store.fulltexts([paper for paper in batch if records[paper].fulltext])
        for done, paper in enumerate(batch, start):
            progress(done, len(missing))
            dossiers[paper] = dossier_of(**records[paper]._asdict() | {"fulltext": texts.get(paper)})
        if folder:
            made = {paper: _Kept(keys[paper], dossiers[paper].model_dump_json(), dossiers[paper]) for paper in batch}
            kept |= made
            _write_kept(folder, kept, {month_of(paper) for paper in batch})
    progress(len(missing), len(missing))
    return dossiers


def _read_records(store: Store, sightings: Mapping[date, Sequence[Sighting]]) -> dict[str, _Records]:
    sightings_of: dict[str, list[Sighting]] = {}
    for each in (each for own in sightings.values() for each in own):
        sightings_of.setdefault(each.paper, []).append(each)
    papers, summaries, claims = store.papers(sightings_of), store.summaries(sightings_of), store.claims(sightings_of)
    fulltexts, revisions = store.fulltext_ids(sightings_of), store.revisions()
    return {
        key: _Records(
            papers[key],
            summaries.get(key, ()),
            revisions.get(key, ()),
            claims.get(key, ()),
            own,
            fulltexts.get(key, 0),
        )
        for key, own in sightings_of.items()
    }


def _read_kept(folder: Path, keys: Mapping[str, str]) -> dict[str, _Kept]:
    """The dossiers of today's keys that are kept; a line that cannot be read is none."""
    kept = {}
    for path in folder.glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8", errors="replace").split("\n"):
            paper, _, rest = line.partition("\t")
            key, _, record = rest.partition("\t")
            if key and keys.get(paper) == key:
                with suppress(ValueError):
                    kept[paper] = _Kept(key, record, Dossier.model_validate_json(record))
    return kept


def _write_kept(folder: Path, kept: Mapping[str, _Kept], months: Set[tuple[int, int]]) -> None:
    """Write the files of some months."""
    papers = sorted((paper for paper in kept if month_of(paper) in months), key=_by_month)
    for (year, month), own in groupby(papers, key=month_of):
        lines = [f"{paper}\t{kept[paper].key}\t{kept[paper].record}\n" for paper in own]
        write_whole(folder / f"{year}-{month:02}.jsonl", "".join(lines))


def _by_month(paper: str) -> tuple[tuple[int, int], str]:
    return month_of(paper), paper
