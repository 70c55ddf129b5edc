"""Store: the interface through which the rest of Assay reads and writes the database."""

import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from sqlalchemy import Column, ColumnElement, Engine, Row, Select, and_, delete, exists, func, select

from assay.papers.measurement import Measurement
from assay.papers.models import Attempt, Claim, Outcome, Paper, Sighting, Snapshot, Summary
from assay.store import schema
from assay.store.adding import Additions, Batch, add_attempt, add_snapshot, store_claims
from assay.store.alike import papers_alike
from assay.store.database import insert_new, open_engine, reading, revision, rows_in, upsert, writing
from assay.store.health import SourceHealth, read_health
from assay.store.ledger import Claimed, ClaimQuery, LedgerLine, find_claims, has_best_origin, most_claimed
from assay.store.measurements import measurement_row
from assay.store.migrations import migrate
from assay.store.refreshes import days_listing, mark_refreshed, young_papers
from assay.store.schema import day_text
from assay.store.search import Filters, Hit, matching_papers, search_papers
from assay.store.texts import KeptText, Revision, hash_of

_EVERYTHING = ClaimQuery()


def open_store(where: str | Path) -> "Store":
    """Open the store in an SQLite file or at an SQLAlchemy URL; make it, or bring it up to date, where needed.

    Raises:
        ValueError: if it cannot be opened, is not a database, or was written by a newer Assay.
    """
    engine = open_engine(where)
    try:
        migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return Store(engine)


class Store:
    """An open database. Any number of processes may read and write it at the same time."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()

    def add(
        self,
        *,
        source: str = "",
        snapshot: Snapshot | None = None,
        papers: Iterable[Paper] = (),
        sightings: Iterable[Sighting] = (),
        summaries: Iterable[Summary] = (),
        claims: Mapping[str, Sequence[Claim]] | None = None,
        rooms: Mapping[str, str] | None = None,
        attempt: Attempt | None = None,
    ) -> Additions:
        """Store all of it, or nothing; once this returns, it survives a crash.

        Records that are there already are not added again. Papers are merged field by field (see `assay.store.merge`),
        ``source`` saying who describes them. A sighting read again from the same bytes takes the newer reading's
        votes and the earlier time. A summary replaces the one of the same paper, origin, source and day; claims
        replace all that their paper has from the catalogue, if that is the ``source``, else all that were imported
        for it. ``rooms`` gives papers their room under ``methods/``.

        Raises:
            ValueError: if papers come without a source, or if anything is about a paper that neither comes along
                nor is stored. Nothing is stored then.
        """
        batch = Batch(source, list(papers), list(sightings), list(summaries), dict(claims or {}), dict(rooms or {}))
        if batch.papers and not source:
            raise ValueError("papers need a source: add(source=..., papers=...)")
        with writing(self._engine) as connection:
            if snapshot is not None:
                add_snapshot(connection, snapshot)
            additions = batch.store(connection, snapshot)
            if attempt is not None:
                add_attempt(connection, attempt)
        return additions

    def keep(self, measurements: Iterable[Measurement]) -> list[Measurement]:
        """Store measurements, the latest of each trial, machine, model, device and size. Returns those that were new.

        One that was taken earlier than what is stored, or at the same time, is left out.
        """
        table = schema.measurements
        key = [column.name for column in table.primary_key]
        new: dict[tuple[Any, ...], tuple[Measurement, dict[str, Any]]] = {}
        with writing(self._engine) as connection:
            columns = [table.c[name] for name in key]
            last = {tuple(row[:-1]): row[-1] for row in connection.execute(select(*columns, table.c.taken_at))}
            for each in measurements:
                row = measurement_row(each)
                place = tuple(row[name] for name in key)
                if place not in last or last[place] < each.taken_at:
                    last[place] = each.taken_at
                    new[place] = each, row
            upsert(connection, table, [row for _, row in new.values()], key)
        return [each for each, _ in new.values()]

    def add_snapshot(self, snapshot: Snapshot) -> None:
        """Store raw bytes alone. The same bytes fetched again only leave the time of the fetch."""
        self.add(snapshot=snapshot)

    def snapshot(self, sha256: str) -> Snapshot | None:
        """The raw bytes with this hash, as they were first stored."""
        table = schema.snapshots
        return self._one_snapshot(
            _SNAPSHOT_QUERY.where(table.c.sha256 == sha256).order_by(table.c.id, schema.fetches.c.id)
        )

    def last_snapshot(self, url: str) -> Snapshot | None:
        """The raw bytes that were last fetched from this URL."""
        return self._one_snapshot(
            _SNAPSHOT_QUERY.where(schema.snapshots.c.url == url).order_by(schema.fetches.c.id.desc())
        )

    def snapshots(self, source: str, day: date) -> list[Snapshot]:
        """The pages of the latest complete fetch of a day, in page order; empty if there was none.

        A fetch is all pages that one attempt fetched. One that broke off counts only where no fetch was complete, or
        where it has at least as many pages as the latest complete one.
        """
        fetches, attempts = schema.fetches, schema.attempts
        # By URL, since a fetch that was killed and done again has its first pages twice.
        pages: dict[int | None, dict[str, Snapshot]] = defaultdict(dict)
        query = _SNAPSHOT_QUERY.where(schema.snapshots.c.source == source, schema.snapshots.c.day == day_text(day))
        with reading(self._engine) as connection:
            for row in connection.execute(query.order_by(fetches.c.id)):
                pages[row.attempt].pop(row.url, None)
                pages[row.attempt][row.url] = _as_snapshot(row)
            outcomes = connection.execute(
                select(attempts.c.id, attempts.c.outcome)
                .where(attempts.c.id.in_([key for key in pages if key is not None]))
                .order_by(attempts.c.id.desc())
            ).all()
        best = list(pages.pop(None, {}).values())
        for key, outcome in outcomes:
            fetch = list(pages[key].values())
            if outcome in {Outcome.OK, Outcome.EMPTY}:
                return best if len(best) >= len(fetch) else fetch
            best = best or fetch
        return best

    def paper(self, paper: str) -> Paper | None:
        """The merged record of one paper."""
        return self.papers([paper]).get(paper)

    def papers(self, ids: Iterable[str]) -> dict[str, Paper]:
        """The merged records of those papers that are stored, in the order asked for."""
        keys = list(dict.fromkeys(ids))
        table = schema.papers
        with reading(self._engine) as connection:
            rows = rows_in(connection, select(table.c.id, table.c.record), table.c.id, keys)
            records = {row.id: row.record for row in rows}
        return {key: Paper.model_validate_json(records[key]) for key in keys if key in records}

    def sightings(self, day: date) -> list[Sighting]:
        """All sightings on a listing day, in the order they were stored."""
        return self._sightings(schema.sightings.c.day == day)

    def sightings_of(self, paper: str) -> list[Sighting]:
        """All sightings of one paper, by day, then in the order they were stored."""
        return self._sightings(schema.sightings.c.paper == paper)

    def days_listing(self, ids: Iterable[str]) -> dict[str, list[date]]:
        """The days that list each of these papers, the first of them first; none for those that no day lists."""
        with reading(self._engine) as connection:
            return days_listing(connection, ids)

    def papers_to_refresh(
        self, since: date, *, asked_before: datetime, days: Collection[date] = (), limit: int | None = None
    ) -> list[str]:
        """The young papers that arXiv was not asked about lately; those never asked about first, then the longest ago.

        Args:
            since: only papers that were published or first listed on this day or later.
            asked_before: only papers that arXiv was not asked about at this moment or later.
            days: only papers listed on one of these days; any paper if left out.
            limit: how many at most.
        """
        with reading(self._engine) as connection:
            return young_papers(connection, since, asked_before=asked_before, days=days, limit=limit)

    def mark_refreshed(self, ids: Iterable[str], asked_at: datetime) -> None:
        """Note that arXiv was asked about stored papers, whether it knew them or not.

        Papers that are added from an answer of arXiv's are noted with it.
        """
        with writing(self._engine) as connection:
            mark_refreshed(connection, list(ids), asked_at)

    def summaries(self, ids: Iterable[str]) -> dict[str, list[Summary]]:
        """The summaries of those papers that have any, in the order they were first stored."""
        table = schema.summaries
        summaries: dict[str, list[Summary]] = defaultdict(list)
        with reading(self._engine) as connection:
            rows = rows_in(connection, select(table.c.paper, table.c.record, table.c.id), table.c.paper, ids)
            for row in sorted(rows, key=lambda row: row.id):
                summaries[row.paper].append(Summary.model_validate_json(row.record))
        return dict(summaries)

    def claims(self, ids: Iterable[str]) -> dict[str, tuple[Claim, ...]]:
        """The claims of those papers that have any, in the order of each paper.

        For a paper with claims of several origins, those of the catalogue, else the imported ones, else the extracted
        ones.
        """
        table = schema.claims
        query = select(table.c.paper, table.c.position, table.c.record).where(has_best_origin())
        claims_of: dict[str, list[Claim]] = defaultdict(list)
        with reading(self._engine) as connection:
            rows = rows_in(connection, query, table.c.paper, ids)
            for row in sorted(rows, key=lambda row: row.position):
                claims_of[row.paper].append(Claim.model_validate_json(row.record))
        return {paper: tuple(claims) for paper, claims in claims_of.items()}

    def ledger(self, query: ClaimQuery = _EVERYTHING, limit: int | None = None) -> list[LedgerLine]:
        """The claims of all papers that meet every condition; the latest listed first, and those of no day last."""
        with reading(self._engine) as connection:
            return list(find_claims(connection, query, limit))

    def most_claimed(self, what: Literal["metric", "dataset", "baseline"], limit: int = 10) -> list[Claimed]:
        """The metrics, data sets or baselines of which most papers claim something, the most frequent first."""
        with reading(self._engine) as connection:
            return list(most_claimed(connection, what, limit))

    def papers_to_extract(self, edition: int) -> list[str]:
        """The papers whose claims must be extracted by the rules of this edition, the newest first.

        Those are the papers whose text or full text changed since the last extraction, or was read by other rules.
        """
        papers, extractions = schema.papers, schema.extractions
        same = and_(
            extractions.c.paper == papers.c.id,
            extractions.c.text_hash == papers.c.text_hash,
            extractions.c.fulltext == _fulltext_id(papers.c.id),
        )
        query = select(papers.c.id).where(~exists().where(same, extractions.c.edition == edition))
        with reading(self._engine) as connection:
            return list(connection.scalars(query.order_by(papers.c.number.desc())))

    def keep_extractions(
        self, edition: int, extractions: Iterable[tuple[Paper, KeptText | None, Sequence[Claim]]]
    ) -> None:
        """Store the claims that an edition's rules extracted from papers, and from the full text where there is one.

        A paper whose text changed meanwhile stays among the `papers_to_extract`.
        """
        items = list(extractions)
        rows = [
            {
                "paper": paper.id,
                "edition": edition,
                "text_hash": hash_of(paper),
                "fulltext": fulltext.id if fulltext else 0,
            }
            for paper, fulltext, _ in items
        ]
        with writing(self._engine) as connection:
            store_claims(connection, "extracted", {paper.id: claims for paper, _, claims in items})
            upsert(connection, schema.extractions, rows, key=["paper"])

    def revisions(self, paper: str | None = None) -> dict[str, list[Revision]]:
        """Every title and abstract that papers had, by paper, in the order in which their records held them.

        It covers all papers that had more than one; or, with ``paper``, that paper alone.
        """
        table = schema.revisions
        query = select(table).order_by(table.c.paper, table.c.id)
        if paper is None:
            several = select(table.c.paper).group_by(table.c.paper).having(func.count() > 1)
            query = query.where(table.c.paper.in_(several))
        else:
            query = query.where(table.c.paper == paper)
        revisions: dict[str, list[Revision]] = defaultdict(list)
        with reading(self._engine) as connection:
            for row in connection.execute(query):
                revision = Revision(row.paper, row.version or None, row.seen, row.title, row.abstract)
                revisions[row.paper].append(revision)
        return dict(revisions)

    def keep_fulltext(self, paper: str, *, version: int, form: str, record: str, fetched_at: datetime) -> None:
        """Keep the full text of a paper, in the place of one of the same version and form.

        Args:
            paper: its arXiv id; it must be stored.
            version: the arXiv version; 0 where it is not known.
            form: the form that it was read from, ``html`` for instance.
            record: `assay.fulltext.FullText` as JSON.
            fetched_at: when it was fetched.

        Raises:
            ValueError: if the paper is not stored.
        """
        table = schema.fulltexts
        place = {"paper": paper, "version": version, "form": form}
        with writing(self._engine) as connection:
            if connection.scalar(select(schema.papers.c.id).where(schema.papers.c.id == paper)) is None:
                raise ValueError(f"a full text of {paper}, which is not stored")
            # A new row, so that its id rises: see `papers_to_extract`.
            last = connection.scalar(select(func.max(table.c.id))) or 0
            connection.execute(delete(table).where(*(table.c[name] == value for name, value in place.items())))
            insert_new(connection, table, [place | {"id": last + 1, "record": record, "fetched_at": fetched_at}])

    def fulltext(self, paper: str) -> KeptText | None:
        """The stored full text of a paper: of its highest version, the latest one."""
        return self.fulltexts([paper]).get(paper)

    def fulltexts(self, ids: Iterable[str]) -> dict[str, KeptText]:
        """The full texts of those papers that have one, as in `fulltext`."""
        table = schema.fulltexts
        query = select(table).where(table.c.id == _fulltext_id(table.c.paper))
        with reading(self._engine) as connection:
            return {row.paper: KeptText(**row._mapping) for row in rows_in(connection, query, table.c.paper, ids)}  # noqa: SLF001 - SQLAlchemy's public name for it

    def fulltext_ids(self, ids: Iterable[str]) -> dict[str, int]:
        """The id of the full text that counts for each of those papers that have one; it rises with every new text."""
        table = schema.fulltexts
        query = select(table.c.paper, table.c.id).where(table.c.id == _fulltext_id(table.c.paper))
        with reading(self._engine) as connection:
            return {row.paper: row.id for row in rows_in(connection, query, table.c.paper, ids)}

    def measurements(self, paper: str | None = None) -> list[Measurement]:
        """All measurements, or those of one paper, in the order of papers, trials and machines."""
        table = schema.measurements
        query = select(table.c.record).order_by(
            table.c.paper, table.c.trial, table.c.machine, table.c.model, table.c.device, table.c.size
        )
        if paper is not None:
            query = query.where(table.c.paper == paper)
        with reading(self._engine) as connection:
            return [Measurement.model_validate_json(record) for record in connection.scalars(query)]

    def attempts(self, day: date) -> list[Attempt]:
        """All attempts to read a source for a day, in the order they were stored."""
        table = schema.attempts
        with reading(self._engine) as connection:
            records = connection.scalars(select(table.c.record).where(table.c.day == day).order_by(table.c.id))
            return [Attempt.model_validate_json(record) for record in records]

    def revision(self) -> object:
        """Something that is another after each change of the archive, whoever made it: to keep what was read."""
        return revision(self._engine)

    def days(self) -> list[tuple[date, int]]:
        """Every day that has a sighting or an attempt, the earliest first, with how many papers it lists."""
        sightings, attempts = schema.sightings, schema.attempts
        with reading(self._engine) as connection:
            days = dict.fromkeys(connection.scalars(select(attempts.c.day).distinct()), 0)
            counts = select(sightings.c.day, func.count(sightings.c.number.distinct())).group_by(sightings.c.day)
            days.update((day, count) for day, count in connection.execute(counts))
        return sorted(days.items())

    def health(self, *, attempts: int = 5) -> list[SourceHealth]:
        """The health of each source, by name. Drift is summed over its last ``attempts`` attempts."""
        with reading(self._engine) as connection:
            return read_health(connection, attempts)

    def counts(self) -> dict[str, int]:
        """The number of rows of each table, and of days with a sighting."""
        sightings = schema.sightings
        with reading(self._engine) as connection:
            counts = {
                table.name: connection.scalar(select(func.count()).select_from(table)) or 0
                for table in (
                    schema.papers,
                    sightings,
                    schema.summaries,
                    schema.claims,
                    schema.snapshots,
                    schema.attempts,
                    schema.measurements,
                )
            }
            counts["days"] = connection.scalar(select(func.count(sightings.c.day.distinct()))) or 0
        return counts

    def search(  # noqa: PLR0913 - each is a filter that readers know by name
        self,
        query: str,
        *,
        limit: int = 20,
        since: date | None = None,
        until: date | None = None,
        source: str | None = None,
        room: str | None = None,
        author: str | None = None,
        language: str | None = None,
        category: str | None = None,
        organisation: str | None = None,
        keyword: str | None = None,
    ) -> list[Hit]:
        """Find papers by the words of their titles, authors, organisations, keywords, abstracts, summaries and links.

        The query language is that of `assay.store.searching.query`: all words must occur, ``"words in quotes"``
        exactly in their order, ``OR``, ``NOT``, ``-word`` and fields such as ``author:`` mean something. Case,
        accents, number and how a compound is written make no difference. Hangul matches inside words too, so that a
        noun is found whatever particle follows it; the last word may be unfinished if it is in no text as it stands.
        An arXiv id, or a link to one, finds that paper first, a name its papers; then come words as typed in the
        title, other forms of them there, and the same anywhere: the newest first among equals.

        Args:
            query: what to look for; words after the 32nd are left out. It may be empty beside a filter.
            limit: how many papers at most.
            since: only papers listed on this day or later.
            until: only papers listed on this day or earlier; with ``since``, on a day between the two.
            source: only papers listed by this source (on such a day).
            room: only papers of this room of the catalogue.
            author: only papers of an author of this name: ``Song Han``, ``Han, Song``, ``S. Han`` or ``Han``.
            language: only papers that are summarised in this language (ISO 639-1).
            category: only papers of this arXiv category, ``cs.CL``, or archive, ``cs``.
            organisation: only papers of an organisation whose name holds these words in their order.
            keyword: only papers with a keyword that holds these words in their order.

        Raises:
            ValueError: if there is nothing to look for, the query cannot be read, or the limit is below 1.
        """
        filters = Filters(since, until, source, room, author, language, category, organisation, keyword)
        with reading(self._engine) as connection:
            return search_papers(connection, query, limit, filters)

    def alike(self, paper: str, *, limit: int = 4) -> list[str]:
        """The ids of the papers whose titles share the most telling words with that of a paper, the most alike first.

        None for a paper that is not stored, or whose title shares next to nothing with any other.
        """
        with reading(self._engine) as connection:
            return papers_alike(connection, paper, limit)

    def matching(
        self,
        query: str,
        among: Collection[str] | None = None,
        *,
        author: str | None = None,
        category: str | None = None,
        organisation: str | None = None,
    ) -> set[str]:
        """The papers that match a query and filters, as in `search`, as it was typed.

        The last word is a whole one, and no compound is taken apart: where `search` tries these because it found
        nothing else, nothing is found here.

        Args:
            query: what they must match; it may be empty beside a filter.
            among: the ids of the papers to choose from; ``None`` for all.
            author: as in `search`.
            category: as in `search`.
            organisation: as in `search`.

        Raises:
            ValueError: if there is nothing to look for, or the query cannot be read.
        """
        filters = Filters(author=author, category=category, organisation=organisation)
        with reading(self._engine) as connection:
            return matching_papers(connection, query, among, filters)

    def _sightings(self, condition: ColumnElement[bool]) -> list[Sighting]:
        table = schema.sightings
        columns = table.c.paper, table.c.source, table.c.day, table.c.place, table.c.votes, table.c.seen_at
        query = select(*columns, table.c.snapshot).where(condition).order_by(table.c.day, table.c.id)
        with reading(self._engine) as connection:
            return [
                Sighting(
                    paper=row.paper,
                    source=row.source,
                    day=row.day,
                    rank=row.place or None,
                    votes=row.votes,
                    seen_at=row.seen_at,
                    snapshot=row.snapshot,
                )
                for row in connection.execute(query)
            ]

    def _one_snapshot(self, query: Select[Any]) -> Snapshot | None:
        with reading(self._engine) as connection:
            row = connection.execute(query.limit(1)).first()
        return None if row is None else _as_snapshot(row)


_SNAPSHOT_QUERY = select(
    schema.snapshots, schema.fetches.c.at.label("fetched_at"), schema.fetches.c.attempt.label("attempt")
).join_from(schema.snapshots, schema.fetches)


def _fulltext_id(paper: Column[Any]) -> ColumnElement[int]:
    """The id of the full text that counts for a paper; 0 for none."""
    fulltexts = schema.fulltexts.alias()
    best = (
        select(fulltexts.c.id)
        .where(fulltexts.c.paper == paper)
        .order_by(fulltexts.c.version.desc(), fulltexts.c.id.desc())
        .limit(1)
    )
    return func.coalesce(best.correlate(paper.table).scalar_subquery(), 0)


def _as_snapshot(row: Row[Any]) -> Snapshot:
    return Snapshot(
        source=row.source,
        url=row.url,
        day=date.fromisoformat(row.day) if row.day else None,
        status=row.status,
        headers=json.loads(row.headers),
        fetched_at=datetime.fromisoformat(row.fetched_at) if row.fetched_at else None,
        body=zlib.decompress(row.body),
    )
