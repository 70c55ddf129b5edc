"""Imports recordings, archived digests and our own catalogue into the store."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from pydantic import Field

from assay.digest.ledger import bring_up_to_date
from assay.papers.catalogue import FOLDER, catalogue
from assay.papers.models import Attempt, Noun, Outcome, Refusal, Snapshot
from assay.sources.reading import Reading
from assay.sources.recordings import read_file
from assay.store import Store


class ImportReport(Noun):
    """What an import did. The counts are of what is new in the store."""

    files: int = 0
    papers: int = 0
    sightings: int = 0
    summaries: int = 0
    refused: tuple[Refusal, ...] = Field(default=())
    """The pieces that could not be read; everything around them was."""
    remarks: tuple[str, ...] = Field(default=())
    """What a reader should know of files that were read: which day wins where two are named."""


def import_files(
    store: Store,
    files: Sequence[Path],
    *,
    day: date | None = None,
    done: Callable[[Path], None] = lambda _: None,
) -> ImportReport:
    """Read recordings and digests into the store, each file whole or not at all, and extract the papers' claims.

    Args:
        store: where everything goes.
        files: the files to read; their content tells the kind of each.
        day: the listing day of recordings that do not state it themselves.
        done: called with each file once its content is stored.
    """
    papers = sightings = summaries = 0
    refusals: list[Refusal] = []
    remarks: list[str] = []
    for path in files:
        for reading in read_file(path, day=day):
            additions = store.add(
                source=reading.source,
                snapshot=reading.snapshot,
                papers=reading.papers,
                sightings=reading.sightings,
                summaries=reading.summaries,
                # The catalogue's claims are never replaced by those of a file.
                claims={key: claims for key, claims in reading.claims.items() if key not in catalogue()},
                attempt=_attempt(reading),
            )
            papers += additions.papers
            sightings += additions.sightings
            summaries += additions.summaries
            refusals += reading.refused
            remarks += reading.remarks
        done(path)
    bring_up_to_date(store)
    return ImportReport(
        files=len(files),
        papers=papers,
        sightings=sightings,
        summaries=summaries,
        refused=tuple(refusals),
        remarks=tuple(remarks),
    )


def _attempt(reading: Reading) -> Attempt | None:
    """A recording of a day counts as one attempt to read its source."""
    if reading.day is None:
        return None
    return Attempt(
        source=reading.source,
        day=reading.day,
        at=reading.seen_at,
        outcome=Outcome.OK if reading.sightings else Outcome.EMPTY,
        papers=len(reading.sightings),
        kinds=dict(reading.kinds),
        unknown_fields=reading.unknown_fields,
        vanished_fields=reading.vanished_fields,
    )


def load_catalogue(store: Store) -> None:
    """Bring the catalogue into the store, unless the store has it unchanged."""
    body = b"".join(path.read_bytes() for path in sorted(FOLDER.glob("*/*.toml")))
    snapshot = Snapshot(source="catalogue", url="catalogue", body=body)
    last = store.last_snapshot("catalogue")
    if last is not None and last.sha256 == snapshot.sha256:
        return
    entries = catalogue().values()
    store.add(
        source="catalogue",
        snapshot=snapshot,
        papers=[entry.paper() for entry in entries],
        sightings=[entry.sighting() for entry in entries],
        summaries=[entry.as_summary() for entry in entries],
        claims={entry.id: entry.claims for entry in entries},
        rooms={entry.id: entry.room for entry in entries},
    )
