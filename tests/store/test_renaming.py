"""A paper stored under its subject class gets its id; what was stored under both ids is one paper."""

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assay.papers.models import Claim, Origin, Paper, Parts, Sighting, Summary
from assay.store import open_store

OLD, NEW = "math.GT/0309136", "math/0309136"
# Ids are read without their class today: the former shape is made of these, which are as long.
STAND_IN = "math/0309999"
DAYS = date(2099, 12, 1), date(2099, 12, 2)
NOON = datetime(2099, 12, 2, 12, tzinfo=UTC)


def claim(value: float) -> Claim:
    return Claim(key="speed", value=value, unit="x", kind="times", metric="speed", source="abstract")


def summary(paper: str, words: str, source: str) -> Summary:
    return Summary(paper=paper, origin=Origin.DIGEST, source=source, languages={"en": Parts(one_line=words)})


def fill(file: Path, *, both: bool) -> None:
    """A database in which a former Assay stored the paper under its subject class, and perhaps under its id as well."""
    with open_store(file) as store:
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
    connection = sqlite3.connect(file)
    with connection:
        for table in ("revisions", "fulltexts", "sightings", "summaries", "claims", "extractions", "refreshes"):
            connection.execute(f"UPDATE {table} SET paper = ? WHERE paper = ?", (OLD, STAND_IN))
        connection.execute("UPDATE papers SET id = ? WHERE id = ?", (OLD, STAND_IN))
        for table in ("papers", "summaries", "fulltexts"):
            connection.execute(f"UPDATE {table} SET record = replace(record, ?, ?)", (STAND_IN, OLD))
        connection.execute("DELETE FROM migrations WHERE name = '0009-subject-classes'")
    connection.close()


@pytest.mark.parametrize("both", [False, True])
def test_a_paper_under_a_subject_class_gets_its_id(tmp_path: Path, both: bool) -> None:
    fill(tmp_path / "old.db", both=both)
    with open_store(tmp_path / "old.db") as store:
        assert list(store.papers([OLD, NEW])) == [NEW]
        paper = store.papers([NEW])[NEW]
        assert (paper.id, paper.title, paper.version) == (NEW, "Gulls on Knots", 2)
        assert (paper.authors, paper.organisation) == ((("Ada Example",), "Toy Lab") if both else ((), ""))
        days = {each.day: (each.source, each.votes) for each in store.sightings_of(NEW)}
        assert days == {DAYS[0]: ("arxiv", None)} | ({DAYS[1]: ("huggingface", 7)} if both else {})
        texts = {each.source: each.languages["en"].one_line for each in store.summaries([NEW])[NEW]}
        assert texts == {"mine": "Ours." if both else "Gulls.", "theirs": "Birds."}
        assert store.claims([NEW])[NEW] == (claim(4 if both else 3),)
        text = store.fulltext(NEW)
        assert text is not None
        assert text.record == f'{{"paper":"{NEW}"}}'
        titles = {revision.title for revision in store.revisions(NEW)[NEW]}
        assert titles == {"Gulls on Knots"} | ({"Gulls"} if both else set())
        assert store.papers_to_extract(1) == [NEW]
        assert [line.paper for line in store.ledger()] == [NEW]
        for query in ("gulls", "knots", "birds", *(["author:Example"] if both else [])):
            assert [hit.id for hit in store.search(query)] == [NEW], query
        assert store.days() == [(day, 1) for day in (DAYS if both else DAYS[:1])]
    connection = sqlite3.connect(tmp_path / "old.db")
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert connection.execute("SELECT count(*) FROM search").fetchone() == (1,)
    assert connection.execute("SELECT paper FROM refreshes").fetchall() == [(NEW,)]
    connection.close()
