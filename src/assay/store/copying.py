"""Copies a database of ours into an empty one, of whatever engine: exactly, and going on where it was interrupted.

Each pass brings over one unchanging state of the source. Where the source was written to during a pass, another one
brings over what that changed. Until the last pass has been checked, nothing but another copy opens the target, so that
no half copy is taken for a whole one.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, delete, func, insert, inspect, select

from assay.papers.models import Noun
from assay.papers.text import counted
from assay.store import schema
from assay.store.contents import Contents, batches, count_rows, read_contents
from assay.store.database import count_on, open_engine, place_of, reading, revision, writing
from assay.store.holdings import Holding, open_existing
from assay.store.migrations import UNFINISHED, migrate
from assay.store.store import Store
from assay.store.syncing import build_search, state, sync

Progress = Callable[[int, int], None]
"""Takes how much is done, of how much."""

_PASSES = 5
_QUERIES = 40
"""How many papers are searched for in both databases."""


class CopiedTable(Noun):
    """A table that is in both databases now."""

    rows: int
    hash: str
    """Of what it holds, in whatever order; the same in both."""
    written: int
    """How many rows were written or removed in the target; the others were there."""


class Copied(Noun):
    """A database that was copied."""

    holds: str
    """``archive``, ``readers`` or ``vectors``."""
    source: str
    target: str
    """Both without passwords."""
    edition: str
    upgraded_from: str | None = None
    """The edition of the source before it was brought up to date for this."""
    resumed: bool = False
    """Whether an earlier copy had been interrupted, and this one went on."""
    as_of: datetime
    """The target holds what the source held at this moment."""
    passes: int
    searches: int = 0
    """How many searches found the same papers in both."""
    tables: dict[str, CopiedTable]


class CopyReport(Noun):
    """What was copied, database by database."""

    copies: tuple[Copied, ...]
    left: tuple[str, ...] = ()
    """What the source has beside the archive and the target has no place for."""


class SourceBusyError(ValueError):
    """The source was written to during every pass."""


def copy(
    source: str | Path,
    target: str | Path,
    holding: Holding,
    *,
    is_moving: bool = True,
    progress: Progress = lambda *_: None,
) -> Copied:
    """Copy a database into an empty one, or go on with a copy that was interrupted.

    Args:
        source: an SQLite file or a database URL. It is brought up to date if it is of an older edition, and not
            changed otherwise.
        target: the same; made if it is not there. What is a copy of the source already is left as it is.
        holding: what of the archive's and the readers' things.
        is_moving: make passes until the source has not changed during one; otherwise the state that the source had
            when the copy began will do.
        progress: is told how much is done, of how much.

    Raises:
        SourceBusyError: if the source was written to during each of five passes; all but the last changes are over.
        ValueError: if either cannot be opened, read or written; if the target holds something else; or if it turns
            out to differ from the source at the end.
    """
    origin = open_existing(source, holding)
    try:
        engine = _open_target(target, holding)
        try:
            if _is_same(origin.engine, engine):
                raise ValueError(f"{place_of(engine)} cannot be copied onto itself")
            resumed, steps = _begin(origin.engine, engine, holding), _Steps(progress)
            if resumed is None:
                report = _compare(origin.engine, engine, holding, steps)
            else:
                report = _copy(origin.engine, engine, holding, steps, is_moving=is_moving)
        finally:
            engine.dispose()
    finally:
        origin.engine.dispose()
    upgraded = origin.edition if origin.edition != holding.edition else None
    return report.model_copy(update={"resumed": bool(resumed), "upgraded_from": upgraded})


class _Steps:
    """Counts rows for a progress bar."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done = 0
        self.total = 0

    def __call__(self, rows: int) -> None:
        self._done += rows
        self._progress(min(self._done, self.total), self.total)


def _open_target(target: str | Path, holding: Holding) -> Engine:
    """Open a target, with the tables of its holding."""
    if isinstance(target, Path) or "://" not in target:
        Path(target).expanduser().parent.mkdir(parents=True, exist_ok=True)
    engine = open_engine(target, holding.part)
    try:
        if state.name not in _own_tables(engine):
            migrate(engine, holding.steps)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _own_tables(engine: Engine) -> set[str]:
    """The names of the tables that are there.

    Raises:
        ValueError: if they are not ours.
    """
    with reading(engine) as connection:
        names = set(inspect(connection).get_table_names())
    if engine.dialect.name == "sqlite" and names and schema.migrations.name not in names:
        raise ValueError(f"{place_of(engine)} holds something else: give an empty database")
    return names


def _begin(source: Engine, target: Engine, holding: Holding) -> bool | None:
    """Mark the target as an unfinished copy.

    Returns:
        Whether it was one before; ``None`` if it holds rows, so that it must be compared.

    Raises:
        ValueError: if it is an unfinished copy of something else.
    """
    with reading(source) as connection:
        origin = _name(connection, holding)
    with writing(target) as connection:
        if inspect(connection).has_table(state.name):
            if connection.scalar(select(state.c.origin)) != origin:
                raise ValueError(f"{place_of(target)} is an unfinished copy of something else: give an empty database")
            return True
        if any(count_rows(connection, holding.tables).values()):
            return None
        state.create(connection)
        connection.execute(insert(state).values(origin=origin, indexed=0))
        connection.execute(insert(schema.migrations).values(name=UNFINISHED, applied_at=datetime.now(UTC)))
    return False


def _name(connection: Connection, holding: Holding) -> str:
    """A name that no other database has: the microsecond in which it was made, and its edition."""
    made = connection.scalar(select(func.min(schema.migrations.c.applied_at)))
    return f"{holding.name} {made:%Y-%m-%dT%H:%M:%S.%f} {holding.edition}"


def _copy(source: Engine, target: Engine, holding: Holding, steps: _Steps, *, is_moving: bool) -> Copied:
    file = _inode(target)
    written = dict.fromkeys((table.name for table in holding.tables), 0)
    for passes in range(1, _PASSES + 1):
        state_before, as_of = revision(source), datetime.now(UTC)
        with reading(source) as connection:
            counts = count_rows(connection, holding.tables)
            steps.total += 2 * sum(counts.values()) + (counts.get("papers", 0) if holding.has_search else 0)
            contents, changes = sync(connection, target, holding, steps)
        for name, count in changes.items():
            written[name] += count
        if holding.has_search:
            build_search(target, steps)
        is_quiet = revision(source) == state_before or (passes > 1 and not any(changes.values()))
        if is_quiet or not is_moving:
            break
    else:
        raise SourceBusyError(
            f"{place_of(source)} was written to all the while: stop what writes there, and run the same command again; "
            "it brings over the rest"
        )
    with reading(target) as connection:
        _check(contents, read_contents(connection, holding.tables, steps), source, target)
    searches = _check_searches(source, target) if holding.has_search and is_quiet else 0
    _finish(source, target, holding)
    if _inode(target) != file:
        raise ValueError(f"{place_of(target)} was removed or replaced while it was written: nothing is there")
    return _report(source, target, holding, as_of, contents, written, passes=passes, searches=searches)


def _compare(source: Engine, target: Engine, holding: Holding, steps: _Steps) -> Copied:
    """Say that the target holds what the source holds.

    Raises:
        ValueError: if it does not.
    """
    as_of = datetime.now(UTC)
    with reading(source) as ours, reading(target) as theirs:
        counts = count_rows(theirs, holding.tables)
        if counts == count_rows(ours, holding.tables):
            steps.total = 2 * sum(counts.values())
            contents = read_contents(ours, holding.tables, steps)
            if contents == read_contents(theirs, holding.tables, steps):
                return _report(source, target, holding, as_of, contents, {}, passes=0)
    rows = next(f"{counted(count, 'row')} of {name}" for name, count in counts.items() if count)
    raise ValueError(f"{place_of(target)} holds something else already, {rows} for one: give an empty database")


def _check(ours: dict[str, Contents], theirs: dict[str, Contents], source: Engine, target: Engine) -> None:
    for name, contents in ours.items():
        if theirs[name] != contents:
            raise ValueError(
                f"{name} differs: {counted(contents.rows, 'row')} in {place_of(source)}, {theirs[name].rows} in "
                f"{place_of(target)}, which something else writes to? Run the same command again"
            )


def _check_searches(source: Engine, target: Engine) -> int:
    """Search for some papers in both. Returns how many searches found the same."""
    with reading(source) as connection:
        queries = list(_queries(connection))
    ours, theirs = Store(source), Store(target)
    for query in queries:
        if [hit.id for hit in ours.search(query)] != [hit.id for hit in theirs.search(query)]:
            raise ValueError(
                f"a search for {query!r} finds other papers in {place_of(target)} than in {place_of(source)}"
            )
    return len(queries)


def _queries(connection: Connection) -> Iterator[str]:
    """The telling words of titles of papers from all over the archive."""
    ids = schema.papers.c.id
    step = max(1, (connection.scalar(select(func.count()).select_from(schema.papers)) or 0) // _QUERIES)
    with batches(connection, select(ids).order_by(schema.papers.c.number)) as batch:
        rows = (row for rows in batch for row in rows)
        wanted = [row.id for place, row in enumerate(rows) if place % step == 0]
    titles = select(schema.revisions.c.title).where(schema.revisions.c.paper.in_(wanted[:_QUERIES]))
    for title in connection.scalars(titles):
        words = sorted((word for word in title.split() if word.isalpha()), key=len)[-2:]
        if words:
            yield " ".join(words)


def _finish(source: Engine, target: Engine, holding: Holding) -> None:
    """Make the copy a database of its own, with the source's own record of its steps."""
    with reading(source) as connection:
        steps = [row._asdict() for row in connection.execute(select(schema.migrations))]
    with writing(target) as connection:
        for table in holding.tables:
            count_on(connection, table)
        connection.execute(delete(schema.migrations))
        connection.execute(insert(schema.migrations), steps)
        state.drop(connection)


def _report(
    source: Engine,
    target: Engine,
    holding: Holding,
    as_of: datetime,
    contents: dict[str, Contents],
    written: dict[str, int],
    *,
    passes: int,
    searches: int = 0,
) -> Copied:
    return Copied(
        holds=holding.name,
        source=place_of(source),
        target=place_of(target),
        edition=holding.edition,
        as_of=as_of,
        passes=passes,
        searches=searches,
        tables={
            name: CopiedTable(rows=each.rows, hash=each.hash, written=written.get(name, 0))
            for name, each in contents.items()
        },
    )


def _is_same(one: Engine, other: Engine) -> bool:
    if one.dialect.name == other.dialect.name == "sqlite":
        return _inode(one) == _inode(other)
    return place_of(one) == place_of(other)


def _inode(engine: Engine) -> tuple[int, int] | None:
    """Which file a database is; ``None`` for one that is no file, or is not there."""
    if engine.dialect.name != "sqlite":
        return None
    try:
        state_of_file = Path(engine.url.database or "").stat()
    except FileNotFoundError:
        return None
    return state_of_file.st_dev, state_of_file.st_ino
