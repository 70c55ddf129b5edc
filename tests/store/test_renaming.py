"""A paper stored under its subject class gets its id; what was stored under both ids is one paper."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import text

from assay.papers.models import Claim, Origin, Paper, Parts, Sighting, Summary
from assay.store import open_store
from assay.store.database import defer_references, open_engine, reading, writing

OLD, NEW = "math.GT/0309136", "math/0309136"
# Ids are read without their class today: the former shape is made of these, which are as long.
STAND_IN = "math/0309999"
DAYS = date(2099, 12, 1), date(2099, 12, 2)
NOON = datetime(2099, 12, 2, 12, tzinfo=UTC)


def claim(value: float) -> Claim:
    return Claim(key="speed", value=value, unit="x", kind="times", metric="speed", source="abstract")


def summary(paper: str, words: str, source: str) -> Summary:
    return Summary(paper=paper, origin=Origin.DIGEST, source=source, languages={"en": Parts(one_line=words)})


def fill(where: str, *, both: bool) -> None:
    """A database in which a former Assay stored the paper under its subject class, and perhaps under its id as well."""
    with open_store(where) as store:
        store.add(
            source="arxiv",
            papers=[Paper(id=STAND_IN, title="Gulls on Knots", abstract="Gulls fly 3x as fast.", version=2)],
            sightings=[Sighting(paper=STAND_IN, source="arxiv", day=DAYS[0], rank=1)],
            summaries=[summary(STAND_IN, "Gulls.", "mine"), summary(STAND_IN, "Birds.", "theirs")],
            claims={STAND_IN: [claim(3)]},
        )
        store.keep_fulltext(STAND_IN, version=2, form="pdf", record=f'{{"paper":"{STAND_IN}"}}', fetched_at=NOON)
        store.mark_refreshed([STAND_IN], NOON)
        store.keep_extractions(1, [(store.papers([STAND_IN])[STAND_IN], None, [claim(3)])])
        if both:
            store.add(
                source="huggingface",
                papers=[Paper(id=NEW, title="Gulls", authors=("Ada Example",), organisation="Toy Lab")],
                sightings=[Sighting(paper=NEW, source="huggingface", day=DAYS[1], rank=2, votes=7)],
                summaries=[summary(NEW, "Ours.", "mine")],
                claims={NEW: [claim(4)]},
            )
    engine = open_engine(where)
    with writing(engine) as connection:
        defer_references(connection)
        for table in ("revisions", "fulltexts", "sightings", "summaries", "claims", "extractions", "refreshes"):
            connection.execute(text(f"UPDATE {table} SET paper = '{OLD}' WHERE paper = '{STAND_IN}'"))
        connection.execute(text(f"UPDATE papers SET id = '{OLD}' WHERE id = '{STAND_IN}'"))
        for table in ("papers", "summaries", "fulltexts"):
            connection.execute(text(f"UPDATE {table} SET record = replace(record, '{STAND_IN}', '{OLD}')"))
        connection.execute(text("DELETE FROM migrations WHERE name = '0009-subject-classes'"))
    engine.dispose()


@pytest.mark.parametrize("both", [False, True])
def test_a_paper_under_a_subject_class_gets_its_id(database: str, both: bool) -> None:
    fill(database, both=both)
    with open_store(database) as store:
        assert list(store.papers([OLD, NEW])) == [NEW]
        paper = store.papers([NEW])[NEW]
        assert (paper.id, paper.title, paper.version) == (NEW, "Gulls on Knots", 2)
        assert (paper.authors, paper.organisation) == ((("Ada Example",), "Toy Lab") if both else ((), ""))
        days = {each.day: (each.source, each.votes) for each in store.sightings_of(NEW)}
        assert days == {DAYS[0]: ("arxiv", None)} | ({DAYS[1]: ("huggingface", 7)} if both else {})
        texts = {each.source: each.languages["en"].one_line for each in store.summaries([NEW])[NEW]}
        assert texts == {"mine": "Ours." if both else "Gulls.", "theirs": "Birds."}
        assert store.claims([NEW])[NEW] == (claim(4 if both else 3),)
        fulltext = store.fulltext(NEW)
        assert fulltext is not None
        assert fulltext.record == f'{{"paper":"{NEW}"}}'
        titles = {revision.title for revision in store.revisions(NEW)[NEW]}
        assert titles == {"Gulls on Knots"} | ({"Gulls"} if both else set())
        assert store.papers_to_extract(1) == [NEW]
        assert [line.paper for line in store.ledger()] == [NEW]
        for query in ("gulls", "knots", "birds", *(["author:Example"] if both else [])):
            assert [hit.id for hit in store.search(query)] == [NEW], query
        assert store.days() == [(day, 1) for day in (DAYS if both else DAYS[:1])]
    engine = open_engine(database)
    with reading(engine) as connection:
        if engine.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        assert connection.scalar(text("SELECT count(*) FROM search")) == 1
        assert connection.scalars(text("SELECT paper FROM refreshes")).all() == [NEW]
    engine.dispose()
