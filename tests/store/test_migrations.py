"""Databases of all ages open, or say in words why they do not."""

import sqlite3
from datetime import date
from pathlib import Path

import pytest
from tests.papers.measured import measurement

from assay.papers.models import Paper
from assay.store import ClaimQuery, open_store

VERSION_1 = """
CREATE TABLE migrations (name VARCHAR NOT NULL PRIMARY KEY, applied_at VARCHAR(32) NOT NULL);
INSERT INTO migrations VALUES ('0001-tables', '2099-12-01T00:00:00.000000+00:00');
CREATE TABLE papers (number INTEGER NOT NULL PRIMARY KEY, id VARCHAR NOT NULL UNIQUE, room VARCHAR NOT NULL,
    record TEXT NOT NULL, provenance TEXT NOT NULL);
CREATE INDEX ix_papers_room ON papers (room);
CREATE TABLE snapshots (id INTEGER NOT NULL PRIMARY KEY, source VARCHAR NOT NULL, url VARCHAR NOT NULL,
    day VARCHAR(10) NOT NULL, sha256 VARCHAR(64) NOT NULL, status INTEGER, headers TEXT NOT NULL, body BLOB NOT NULL,
    UNIQUE (source, url, day, sha256));
CREATE INDEX ix_snapshots_url ON snapshots (url);
CREATE INDEX ix_snapshots_sha256 ON snapshots (sha256);
CREATE TABLE attempts (id INTEGER NOT NULL PRIMARY KEY, source VARCHAR NOT NULL, day DATE NOT NULL, at VARCHAR(32),
    outcome VARCHAR NOT NULL, record TEXT NOT NULL, fingerprint VARCHAR(64) NOT NULL UNIQUE);
CREATE INDEX attempts_by_day ON attempts (day);
CREATE INDEX attempts_by_source ON attempts (source, day);
CREATE TABLE fetches (id INTEGER NOT NULL PRIMARY KEY, snapshot INTEGER NOT NULL REFERENCES snapshots (id),
    at VARCHAR(32) NOT NULL, attempt INTEGER REFERENCES attempts (id), UNIQUE (snapshot, at));
CREATE INDEX ix_fetches_attempt ON fetches (attempt);
CREATE TABLE sightings (id INTEGER NOT NULL PRIMARY KEY, paper VARCHAR NOT NULL REFERENCES papers (id),
    source VARCHAR NOT NULL, day DATE NOT NULL, reading VARCHAR(64) NOT NULL, place INTEGER NOT NULL, votes INTEGER,
    seen_at VARCHAR(32), snapshot VARCHAR(64), number INTEGER NOT NULL REFERENCES papers (number),
    UNIQUE (paper, source, day, reading, place));
CREATE INDEX sightings_by_day ON sightings (day, number);
CREATE INDEX sightings_by_source ON sightings (source, day);
CREATE INDEX sightings_by_number ON sightings (number, day, source);
CREATE TABLE summaries (id INTEGER NOT NULL PRIMARY KEY, paper VARCHAR NOT NULL REFERENCES papers (id),
    origin VARCHAR NOT NULL, source VARCHAR NOT NULL, day VARCHAR(10) NOT NULL, languages VARCHAR NOT NULL,
    record TEXT NOT NULL, UNIQUE (paper, origin, source, day));
CREATE TABLE claims (paper VARCHAR NOT NULL REFERENCES papers (id), "key" VARCHAR NOT NULL,
    position INTEGER NOT NULL, kind VARCHAR NOT NULL, unit VARCHAR NOT NULL, low FLOAT NOT NULL, high FLOAT NOT NULL,
    record TEXT NOT NULL, PRIMARY KEY (paper, "key"));

INSERT INTO papers VALUES (209912000001, '9912.99901', 'attention',
    '{"id":"9912.99901","title":"A Synthetic Title","abstract":"SYNTHETIC words."}',
    '{"id":[0,"arxiv",1,""],"title":[0,"arxiv",1,""],"abstract":[0,"arxiv",1,""]}');
INSERT INTO sightings VALUES (1, '9912.99901', 'huggingface', '2099-12-02', '', 1, 3, NULL, NULL,
    209912000001);
INSERT INTO summaries VALUES (1, '9912.99901', 'model', 'm', '', ' ko ',
    '{"paper":"9912.99901","origin":"model","source":"m","languages":{"ko":{"one_line":"벤치마크에서 잰다."}}}');
"""
"""The tables as the first release made them, before there was a search. Never to be changed."""


def shape(file: Path) -> object:
    """Tables with their columns, and indexes with theirs."""
    connection = sqlite3.connect(file)
    try:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            table: (
                sorted(connection.execute(f"SELECT name, type, \"notnull\", pk FROM pragma_table_info('{table}')")),
                sorted(
                    (unique, [name for (name,) in connection.execute(f"SELECT name FROM pragma_index_info('{index}')")])
                    for index, unique in connection.execute(
                        f"SELECT name, \"unique\" FROM pragma_index_list('{table}')"
                    )
                ),
                sorted(connection.execute(f'SELECT "table", "from", "to" FROM pragma_foreign_key_list(\'{table}\')')),
            )
            for table in tables
        }
    finally:
        connection.close()


@pytest.fixture
def version_1(tmp_path: Path) -> Path:
    file = tmp_path / "old.db"
    connection = sqlite3.connect(file)
    connection.executescript(VERSION_1)
    connection.close()
    return file


def test_a_database_of_version_1_is_brought_up_to_date(version_1: Path, tmp_path: Path) -> None:
    with open_store(version_1) as store:
        assert store.days() == [(date(2099, 12, 2), 1)]
        assert store.sightings(date(2099, 12, 2))[0].votes == 3
        for query in ("synthetic", "벤치마크"):
            assert [hit.id for hit in store.search(query, room="attention")] == ["9912.99901"]
    with open_store(tmp_path / "new.db"):
        pass
    assert shape(version_1) == shape(tmp_path / "new.db")


def test_claims_and_texts_of_an_old_database_find_their_place(version_1: Path) -> None:
    connection = sqlite3.connect(version_1)
    with connection:
        connection.executescript("""
            INSERT INTO papers VALUES (209912000002, '9912.99902', '', '{"id":"9912.99902","title":"Another"}', '{}');
            INSERT INTO claims VALUES ('9912.99901', 'speed', 0, 'times', 'x', 2.5, 5.0,
                '{"key":"speed","value":[2.5,5.0],"unit":"x","kind":"times","metric":"speed","source":"both"}');
            INSERT INTO claims VALUES ('9912.99902', 'labels', 0, 'count', '', 252.0, 252.0,
                '{"key":"labels","value":252.0,"unit":"","kind":"count","metric":"labels","source":"digest"}');
        """)
    connection.close()
    with open_store(version_1) as store:
        lines = store.ledger()
        # What has a room is of the catalogue.
        assert [(line.paper, line.origin, line.claim.value) for line in lines] == [
            ("9912.99901", "catalogue", (2.5, 5.0)),
            ("9912.99902", "digest", 252.0),
        ]
        assert [line.claim.key for line in store.ledger(ClaimQuery(metric="faster"))] == ["speed"]
        assert store.papers_to_extract(1) == ["9912.99902", "9912.99901"]
        papers = store.papers(["9912.99901", "9912.99902"]).values()
        store.keep_extractions(1, [(paper, None, []) for paper in papers])
        assert store.papers_to_extract(1) == []
        assert [text.abstract for text in store.revisions("9912.99901")["9912.99901"]] == ["SYNTHETIC words."]


def test_measurements_of_an_old_database_keep_their_place(tmp_path: Path) -> None:
    """Before there were pretrained models, their table told quick ones from whole ones, and no more."""
    file, kept = tmp_path / "old.db", measurement()
    with open_store(file):
        pass
    connection = sqlite3.connect(file)
    with connection:
        connection.executescript("""
            DROP TABLE measurements;
            CREATE TABLE measurements (trial VARCHAR NOT NULL, machine VARCHAR NOT NULL, device VARCHAR NOT NULL,
                quick BOOLEAN NOT NULL, paper VARCHAR NOT NULL, taken_at VARCHAR(32) NOT NULL, record TEXT NOT NULL,
                PRIMARY KEY (trial, machine, device, quick));
            CREATE INDEX ix_measurements_paper ON measurements (paper);
            DELETE FROM migrations WHERE name = '0005-models';
        """)
        row = (kept.trial, kept.machine.name, "cpu", 0, kept.paper, "2099-12-01T00:00:00.000000+00:00")
        connection.execute("INSERT INTO measurements VALUES (?, ?, ?, ?, ?, ?, ?)", (*row, kept.model_dump_json()))
    connection.close()
    with open_store(file) as store:
        assert store.measurements() == [kept]
        assert store.keep([kept]) == []
    with open_store(tmp_path / "new.db"):
        pass
    assert shape(file) == shape(tmp_path / "new.db")


def test_an_old_index_learns_to_read_latex(tmp_path: Path) -> None:
    file = tmp_path / "old.db"
    with open_store(file) as store:
        store.add(source="arxiv", papers=[Paper(id="9912.00001", title="Toys of H$_2$O")])
    connection = sqlite3.connect(file)
    with connection:
        connection.executescript("""
            UPDATE search SET words = 'toys of h _2 o';
            DELETE FROM migrations WHERE name = '0006-mathematics';
        """)
    connection.close()
    with open_store(file) as store:
        assert [hit.id for hit in store.search("h2o")] == ["9912.00001"]


def test_an_old_index_learns_names_without_their_apostrophe(tmp_path: Path) -> None:
    file = tmp_path / "assay.db"
    with open_store(file) as store:
        store.add(source="arxiv", papers=[Paper(id="9912.00001", title="Toys", authors=("Conan O'Brien",))])
    connection = sqlite3.connect(file)
    connection.execute("UPDATE search SET words = replace(words, 'obrien', '')")
    connection.execute("DELETE FROM migrations WHERE name LIKE '0010%'")
    connection.commit()
    connection.close()
    with open_store(file) as store:
        assert [hit.id for hit in store.search("author:Conan OBrien")] == ["9912.00001"]


def test_an_old_index_learns_links(tmp_path: Path) -> None:
    file = tmp_path / "assay.db"
    with open_store(file) as store:
        paper = Paper(id="9912.00001", title="Toys", code_url="https://github.com/lakeside/heron")
        store.add(source="huggingface", papers=[paper])
    connection = sqlite3.connect(file)
    with connection:
        connection.execute("UPDATE search SET words = 'toys'")
        connection.execute("DELETE FROM migrations WHERE name = '0011-search-links'")
    connection.close()
    with open_store(file) as store:
        assert [hit.id for hit in store.search("lakeside/heron")] == ["9912.00001"]


def test_an_index_of_the_former_shape_is_made_anew(tmp_path: Path) -> None:
    """Its words were cut by SQLite, in four columns; whoever reads the old file meanwhile is not disturbed."""
    file = tmp_path / "old.db"
    papers = [
        Paper(id="9912.00001", title="Multi-Modal Toys", authors=("Søren Sample",), abstract="C++ for LakeBench.")
    ]
    with open_store(file) as store:
        store.add(source="arxiv", papers=papers)
    connection = sqlite3.connect(file)
    with connection:
        connection.executescript("""
            DROP TABLE search_words;
            DROP TABLE search;
            CREATE VIRTUAL TABLE search USING fts5(title, authors, abstract, summary,
                tokenize='unicode61 remove_diacritics 2');
            INSERT INTO search (rowid, title, authors, abstract, summary)
                VALUES (209912000001, 'Multi-Modal Toys', 'Søren Sample', 'C++ for LakeBench.', '');
            DELETE FROM migrations WHERE name = '0008-search-tokens';
        """)
    connection.close()
    with open_store(file) as store:
        for query in ("multimodal", "author:S. Sample", "soren", "C++", "lake bench"):
            assert [hit.id for hit in store.search(query)] == ["9912.00001"], query
    with open_store(tmp_path / "new.db"):
        pass
    assert shape(file) == shape(tmp_path / "new.db")


def test_a_database_from_a_newer_assay_is_refused(version_1: Path) -> None:
    connection = sqlite3.connect(version_1)
    with connection:
        connection.execute("INSERT INTO migrations VALUES ('0099-wonders', '2199-01-01T00:00:00.000000+00:00')")
    connection.close()
    before = version_1.read_bytes()
    with pytest.raises(ValueError, match=r"old\.db was written by a newer Assay \(it has 0099-wonders\): update Assay"):
        open_store(version_1)
    connection = sqlite3.connect(version_1)
    assert connection.execute("SELECT count(*) FROM migrations").fetchone() == (2,)
    connection.close()
    assert len(before) == version_1.stat().st_size


def test_what_is_no_database_is_refused_in_words(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("not a database, but long enough to be looked at as one\n" * 40)
    for where, message in (
        (text, "notes.txt as a database: file is not a database"),
        (tmp_path, "as a database: unable to open"),
        (tmp_path / "no" / "folder.db", "folder.db as a database: unable to open"),
        ("://", "not a database URL"),
        ("mysql://here/there", "cannot store in 'mysql'; known are: sqlite"),
        ("", "give a file or a database URL"),
    ):
        with pytest.raises(ValueError, match=message):
            open_store(where)
    assert text.read_text().startswith("not a database")


def test_paths_and_urls_name_the_same_file(tmp_path: Path) -> None:
    file = tmp_path / "a b.db"
    for where in (file, str(file), f"sqlite:///{file}"):
        with open_store(where) as store:
            assert store.days() == []
    assert [path.name for path in tmp_path.iterdir()] == ["a b.db"]
