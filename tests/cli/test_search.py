"""``assay search`` as a reader meets it."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion

from assay.papers.models import Paper, Sighting
from assay.store import open_store
from tests.cli.conftest import Run
from tests.store.search_cases import LISTED, PAPERS


@pytest.fixture
def archive(assay: Run, home: Path) -> Run:
    """The command, with a few papers of our own in its database besides the catalogue."""
    assert assay("search", "zzzqqq").out == "Nothing found.\n"
    (database,) = home.rglob("*.db")
    with open_store(database) as store:
        papers = [Paper(**paper.model_dump()) for paper in PAPERS]
        sightings = [Sighting(paper=key, source="arxiv", day=day, rank=1) for key, day in LISTED.items()]
        store.add(source="arxiv", papers=papers, sightings=sightings)
    return assay


def numbers(assay: Run, *words: str) -> list[int]:
    """The numbers of the papers found that are ours."""
    done = assay("search", *words, "--json", "-n", "100")
    assert (done.code, done.err) == (0, "")
    return [int(hit["id"][-2:]) for hit in json.loads(done.out) if hit["id"].startswith("9912")]


def test_a_field_alone_is_a_query_and_so_is_an_option(archive: Run) -> None:
    for words, options, papers in (
        (["author:Song Han"], ["--author", "Song Han"], [1]),
        (["author:S. Han"], ["--author", "S. Han"], [3, 1]),
        (["category:stat.ML"], ["--category", "stat.ML"], [3]),
        (["org:Gullwing Labs"], ["--org", "gullwing labs"], [1]),
        (["keyword:vision"], ["--keyword", "vision"], [2]),
        (["since:2099-12-06"], ["--since", "2099-12-06"], [12, 11]),
    ):
        assert numbers(archive, *words) == papers, words
        assert numbers(archive, *options) == papers, options
    assert numbers(archive, "(loss", "OR", "toys)", "--category", "cs.LG", "--until", "2099-12-01") == [1]


def test_a_minus_before_a_word_is_no_option(archive: Run) -> None:
    assert numbers(archive, "title:attention", "-lakebench", "--since", "2099-12-01") == [11]
    assert numbers(archive, "attention", '-"sparse attention"', "--until", "2099-12-06", "--since", "2099-12-01") == [
        11
    ]
    assert archive("search", "attention", "-n1", "--json").out.count('"id"') == 1
    assert archive("search", "author:Song Han toys").err.startswith("author:, org: and keyword: take all words")


def test_an_id_that_lost_a_digit_is_told_from_one_that_is_not_there(archive: Run) -> None:
    assert "since January 2015 ids have five digits" in archive("search", "arXiv:2502.1813").err
    assert archive("search", "2502.18137").err == ""


def test_a_record_that_cannot_be_read_is_told_in_our_words(archive: Run, home: Path) -> None:
    (database,) = home.rglob("*.db")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE papers SET record = replace(record, '9912.00005', 'toy') WHERE id = '9912.00005'")
    done = archive("search", "9912.00005")
    assert (done.code, done.out) == (2, "")
    assert done.err == "assay: Paper: id: not an arXiv id or a link to one: 'toy' (an id looks like 2502.18137)\n"


def test_what_was_found_is_a_table(archive: Run, snapshot: SnapshotAssertion) -> None:
    assert repr(archive("search", "multi-modal", "--until", "2099-12-01", "--since", "2099-12-01")) == snapshot


def test_what_was_withdrawn_is_marked(archive: Run, home: Path) -> None:
    (database,) = home.rglob("*.db")
    with open_store(database) as store:
        taken_back = next(paper for paper in PAPERS if paper.id.endswith("01")).model_copy(
            update={"withdrawn": datetime(2099, 12, 5, tzinfo=UTC)}
        )
        store.add(source="arxiv", papers=[taken_back])
    assert "withdrawn on 2099-12-05" in " ".join(archive("search", taken_back.id).out.split())
    hits = json.loads(archive("search", "--until", "2099-12-06", "--since", "2099-12-01", "-n", "99", "--json").out)
    assert {hit["id"] for hit in hits if hit["withdrawn"]} == {taken_back.id}


def test_a_query_that_cannot_be_read_gets_one_line(assay: Run, snapshot: SnapshotAssertion) -> None:
    lines = []
    for query in (
        '"sparse attention',
        "titel:toys",
        "NOT toys",
        "toys OR",
        "since:tuesday",
        "author:?",
        "author:",
        "(",
        "*",
    ):
        done = assay("search", query)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), query
        lines.append(done.err)
    assert "".join(lines) == snapshot
    assert assay("search", "toys", "--author", "?").code == 2
