"""Adds records to the store: inserts new rows, updates changed ones, and leaves the others alone."""

import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256 as hash_of
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, and_, delete, func, select, update

from assay.papers.ids import month_of
from assay.papers.models import Attempt, Claim, Paper, Sighting, Snapshot, Summary
from assay.store import schema
from assay.store.database import insert_new, rows_in, upsert
from assay.store.ledger import ClaimOrigin, claim_row
from assay.store.merge import attribution_of, merge
from assay.store.refreshes import mark_refreshed
from assay.store.schema import day_text, moment_text
from assay.store.searching.indexing import index_papers
from assay.store.texts import revision_row


class Additions(NamedTuple):
    """How many records were new."""

    papers: int
    sightings: int
    summaries: int


@dataclass(frozen=True)
class Batch:
    """The records about papers that one `assay.store.Store.add` adds."""

    source: str
    papers: list[Paper]
    sightings: list[Sighting]
    summaries: list[Summary]
    claims: dict[str, Sequence[Claim]]
    rooms: dict[str, str]

    def store(self, connection: Connection, snapshot: Snapshot | None) -> Additions:
        """Store it all, and bring the search up to date."""
        old_rows = self._load_rows(connection)
        self._refuse_unknown_papers(old_rows)
        rows = self._store_papers(connection, old_rows, snapshot)
        sightings = self._store_sightings(connection, {key: row["number"] for key, row in rows.items()})
        summary_changes, summaries = self._store_summaries(connection)
        store_claims(connection, "catalogue" if self.source == "catalogue" else "digest", self.claims)
        if self.source == "arxiv" and snapshot is not None and snapshot.fetched_at is not None:
            mark_refreshed(connection, [paper.id for paper in self.papers], snapshot.fetched_at)
        record_changes = {key for key, row in rows.items() if row != old_rows.get(key)}
        index_papers(connection, record_changes | summary_changes)
        return Additions(papers=len(rows) - len(old_rows), sightings=sightings, summaries=summaries)

    def _load_rows(self, connection: Connection) -> dict[str, dict[str, Any]]:
        """The stored rows of all papers of the batch."""
        ids = {
            *(paper.id for paper in self.papers),
            *(sighting.paper for sighting in self.sightings),
            *(summary.paper for summary in self.summaries),
            *self.claims,
            *self.rooms,
        }
        rows = rows_in(connection, select(schema.papers), schema.papers.c.id, ids)
        return {row.id: _as_dict(row) for row in rows}

    def _refuse_unknown_papers(self, old_rows: Collection[str]) -> None:
        available = {*old_rows, *(paper.id for paper in self.papers)}
        for what, ids in (
            ("a sighting", [sighting.paper for sighting in self.sightings]),
            ("a summary", [summary.paper for summary in self.summaries]),
            ("claims", self.claims),
            ("a room", self.rooms),
        ):
            for paper in ids:
                if paper not in available:
                    raise ValueError(f"{what} of {paper}, which is neither stored nor added with it: add the paper too")
        for paper, claims in self.claims.items():
            keys = [claim.key for claim in claims]
            if len(set(keys)) < len(keys):
                raise ValueError(f"two claims of {paper} have the key {max(keys, key=keys.count)!r}")

    def _store_papers(
        self, connection: Connection, old_rows: dict[str, dict[str, Any]], snapshot: Snapshot | None
    ) -> dict[str, dict[str, Any]]:
        """Store the papers. Returns the new rows of all papers of the batch."""
        moments = self._moments(snapshot)
        rows = {key: dict(row) for key, row in old_rows.items()}
        revisions: dict[str, dict[str, Any]] = {}
        numbers = _Numbers(connection)
        for paper in self.papers:
            row = rows.get(paper.id)
            if row is None:
                row = {"number": numbers.next(paper.id), "id": paper.id, "room": ""}
                rows[paper.id] = row | {"record": "{}", "provenance": "{}", "text_hash": ""}
                row = rows[paper.id]
            attribution = attribution_of(self.source, paper, moments[paper.id])
            record, provenance = merge(json.loads(row["record"]), json.loads(row["provenance"]), paper, attribution)
            row["record"], row["provenance"] = _json(record), _json(provenance)
            revision = revision_row(record, provenance)
            row["text_hash"] = revision["text_hash"]
            revisions[paper.id] = revision
        for key, room in self.rooms.items():
            rows[key]["room"] = room
        upsert(connection, schema.papers, [row for key, row in rows.items() if row != old_rows.get(key)], key=["id"])
        insert_new(connection, schema.revisions, list(revisions.values()))
        return rows

    def _moments(self, snapshot: Snapshot | None) -> dict[str, str]:
        """When each paper was read, as comparable text; by its sightings here, else by the snapshot."""
        otherwise = ""
        if snapshot is not None:
            otherwise = moment_text(snapshot.fetched_at) if snapshot.fetched_at else day_text(snapshot.day)
        moments: dict[str, str] = {}
        for sighting in self.sightings:
            moment = moment_text(sighting.seen_at) if sighting.seen_at else day_text(sighting.day)
            moments[sighting.paper] = max(moment, moments.get(sighting.paper, ""))
        return defaultdict(lambda: otherwise, moments)

    def _store_sightings(self, connection: Connection, numbers: Mapping[str, int]) -> int:
        """Store the sightings. Returns how many are new."""
        table = schema.sightings
        columns = [column for column in table.c if column is not table.c.id]
        there = rows_in(connection, select(*columns), table.c.paper, {sighting.paper for sighting in self.sightings})
        old_rows = {_sighting_key(row): row for row in map(_as_dict, there)}
        rows = dict(old_rows)
        for sighting in self.sightings:
            row = _sighting_row(sighting, numbers[sighting.paper])
            key = _sighting_key(row)
            if key in rows:
                row["seen_at"] = min(filter(None, (row["seen_at"], rows[key]["seen_at"])), default=None)
            rows[key] = row
        unique = ["paper", "source", "day", "reading", "place"]
        upsert(connection, table, [row for key, row in rows.items() if row != old_rows.get(key)], key=unique)
        return len(rows) - len(old_rows)

    def _store_summaries(self, connection: Connection) -> tuple[set[str], int]:
        """Store the summaries. Returns the papers whose summaries changed, and how many summaries are new."""
        table = schema.summaries
        columns = [column for column in table.c if column is not table.c.id]
        there = rows_in(connection, select(*columns), table.c.paper, {summary.paper for summary in self.summaries})
        unique = ["paper", "origin", "source", "day"]
        old_rows = {tuple(row[name] for name in unique): row for row in map(_as_dict, there)}
        rows = dict(old_rows)
        for summary in self.summaries:
            row = {
                "paper": summary.paper,
                "origin": summary.origin.value,
                "source": summary.source,
                "day": day_text(summary.day),
                "languages": f" {' '.join(sorted(summary.languages))} ",
                "record": summary.model_dump_json(exclude_defaults=True),
            }
            rows[tuple(row[name] for name in unique)] = row
        new_rows = [row for key, row in rows.items() if row != old_rows.get(key)]
        upsert(connection, table, new_rows, key=unique)
        return {row["paper"] for row in new_rows}, len(rows) - len(old_rows)


def store_claims(connection: Connection, origin: ClaimOrigin, claims: Mapping[str, Sequence[Claim]]) -> None:
    """Replace all claims of the same origin that these papers have."""
    table = schema.claims
    columns = select(table).where(table.c.origin == origin).order_by(table.c.paper, table.c.position)
    old_rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in map(_as_dict, rows_in(connection, columns, table.c.paper, claims)):
        old_rows[row["paper"]].append(row)
    new = {
        paper: [claim_row(paper, origin, at, claim) for at, claim in enumerate(own)] for paper, own in claims.items()
    }
    for paper, rows in new.items():
        if rows != old_rows[paper]:
            connection.execute(delete(table).where(table.c.paper == paper, table.c.origin == origin))
            insert_new(connection, table, rows)


def add_snapshot(connection: Connection, snapshot: Snapshot) -> None:
    """Store raw bytes, unless they are there, and the time of their fetch."""
    table = schema.snapshots
    key = {
        "source": snapshot.source,
        "url": snapshot.url,
        "day": day_text(snapshot.day),
        "sha256": snapshot.sha256,
    }
    same = and_(*(table.c[name] == value for name, value in key.items()))
    snapshot_id = connection.scalar(select(table.c.id).where(same))
    if snapshot_id is None:
        row = {
            **key,
            "status": snapshot.status,
            "headers": _json(snapshot.headers),
            "body": zlib.compress(snapshot.body),
        }
        insert_new(connection, table, [row])
        snapshot_id = connection.scalar(select(table.c.id).where(same))
    at = moment_text(snapshot.fetched_at) if snapshot.fetched_at else ""
    insert_new(connection, schema.fetches, [{"snapshot": snapshot_id, "at": at}])


def add_attempt(connection: Connection, attempt: Attempt) -> None:
    """Store an attempt and link the fetches before it to it. The same attempt is never stored twice."""
    record = attempt.model_dump_json()
    table, fetches, snapshots = schema.attempts, schema.fetches, schema.snapshots
    row = {
        "source": attempt.source,
        "day": attempt.day,
        "at": attempt.at,
        "outcome": attempt.outcome.value,
        "record": record,
        "fingerprint": hash_of(record.encode()).hexdigest(),
    }
    if not insert_new(connection, table, [row]):
        return
    attempt_id = select(table.c.id).where(table.c.fingerprint == row["fingerprint"]).scalar_subquery()
    pages = select(snapshots.c.id).where(snapshots.c.source == attempt.source, snapshots.c.day == day_text(attempt.day))
    connection.execute(
        update(fetches).where(fetches.c.attempt.is_(None), fetches.c.snapshot.in_(pages)).values(attempt=attempt_id)
    )


class _Numbers:
    """Numbers new papers: in order of arrival within an arXiv month, and later months above earlier ones."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._last: dict[int, int] = {}

    def next(self, paper: str) -> int:
        """The number of a new paper."""
        year, month = month_of(paper)
        first = (year * 100 + month) * 1_000_000
        if first not in self._last:
            number = schema.papers.c.number
            query = select(func.max(number)).where(number.between(first, first + 999_999))
            self._last[first] = self._connection.scalar(query) or first
        self._last[first] += 1
        return self._last[first]


def _sighting_row(sighting: Sighting, number: int) -> dict[str, Any]:
    return {
        "paper": sighting.paper,
        "source": sighting.source,
        "day": sighting.day,
        "reading": sighting.snapshot or (moment_text(sighting.seen_at) if sighting.seen_at else ""),
        "place": sighting.rank or 0,
        "votes": sighting.votes,
        "seen_at": sighting.seen_at,
        "snapshot": sighting.snapshot,
        "number": number,
    }


def _sighting_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["paper"], row["source"], row["day"], row["reading"], row["place"]


def _as_dict(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping)  # noqa: SLF001 - SQLAlchemy's public name for it


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
