"""The arXiv API: feeds are read to the last field, errors are told in arXiv's words, every page is asked for."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest

from assay.papers.models import Paper
from assay.sources.arxiv import by_category, by_ids, read_feed
from assay.sources.client import Client, SourceError
from tests.sources.server import ATOM, Answer, SourceServer, html_page
from tests.sources.synthetic import atom_entry, error_feed, feed

DAY = date(2099, 12, 2)


def test_an_entry_in_full() -> None:
    extra = (
        "<arxiv:comment>3 pages,\n 2 figures</arxiv:comment><arxiv:doi>10.1000/toy</arxiv:doi>"
        "<arxiv:journal_ref>J. Toys 1</arxiv:journal_ref>"
    )
    reading = read_feed(feed(atom_entry("9912.99901v2", extra=extra, title="P(x|y) &\n  A < B")))
    assert reading.papers == [
        Paper(
            id="9912.99901",
            title="P(x|y) & A < B",
            authors=("Ada Example", "Bo Sample"),
            abstract="We get 12.5\\% on ToyBench.",
            version=2,
            published=datetime(2099, 12, 1, 18, tzinfo=UTC),
            updated=datetime(2099, 12, 5, 9, tzinfo=UTC),
            categories=("cs.LG", "cs.AI"),
            comment="3 pages, 2 figures",
            journal_ref="J. Toys 1",
            doi="10.1000/toy",
        )
    ]
    assert (reading.source, reading.day, reading.sightings, reading.refused) == ("arxiv", None, [], [])
    assert reading.total == 1


def test_sightings_are_of_the_day_that_was_asked_for() -> None:
    seen_at = datetime(2099, 12, 2, 8, tzinfo=UTC)
    data = feed(atom_entry("9912.99901v1"), atom_entry("hep-ph/9912001v3"))
    reading = read_feed(data, day=DAY, snapshot="0" * 64, seen_at=seen_at, first_rank=201)
    assert [(s.paper, s.source, s.day, s.rank, s.votes, s.seen_at, s.snapshot) for s in reading.sightings] == [
        ("9912.99901", "arxiv", DAY, 201, None, seen_at, "0" * 64),
        ("hep-ph/9912001", "arxiv", DAY, 202, None, seen_at, "0" * 64),
    ]


def test_a_bad_entry_is_refused_and_the_others_stay() -> None:
    undated = atom_entry("9912.99903v1").replace("2099-12-01T18:00:00Z", "some day, I hope")
    data = feed(atom_entry("x/y"), atom_entry("9912.99902v1", title=" "), undated, atom_entry("9912.99904v1"))
    reading = read_feed(data, day=DAY, name="feed.xml")
    assert [(sighting.paper, sighting.rank) for sighting in reading.sightings] == [("9912.99904", 4)]
    assert [(refusal.file, refusal.why) for refusal in reading.refused] == [
        (
            "feed.xml",
            "entry 1: not an arXiv id or a link to one: 'http://arxiv.org/abs/x/y' (an id looks like 2502.18137)",
        ),
        ("feed.xml", "entry 2: title: String should have at least 1 character"),
        ("feed.xml", "entry 3: published: Input should be a valid datetime or date, invalid character in year"),
    ]


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<feed xmlns="http://www.w3.org/2005/Atom">&b;</feed>'
)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (error_feed("incorrect id format for 1234"), "arXiv reports an error: incorrect id format for 1234"),
        (BOMB, "not an arXiv feed: it has a document type declaration"),
        (BOMB.decode().encode("utf-16"), "not an arXiv feed: it has a document type declaration"),
        (b"<feed>\xff</feed>", "not UTF-8 text (byte 6)"),
        (b"<html></html>", "XML, but not an Atom feed"),
        (b"<feed", "not XML: unclosed token: line 1, column 0"),
        (b"", "not XML: no element found: line 1, column 0"),
        (feed(atom_entry("9912.99901v1"))[:-40], "not XML: no element found: line "),
    ],
)
def test_what_is_no_feed(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}"):
        read_feed(data)


def test_ids_are_asked_for_by_the_hundred(server: SourceServer, client: Client) -> None:
    ids = [f"9912.{10_000 + number}" for number in range(250)]
    server.preprints = [atom_entry(f"{key}v1") for key in ids]
    answers = list(by_ids(client, [*ids, "https://arxiv.org/abs/9912.10000v3"], base_url=server.url + "/"))
    assert [len(read_feed(answer.body).papers) for answer in answers] == [100, 100, 50]
    assert [request.query["max_results"] for request in server.requests] == ["100", "100", "50"]
    assert server.requests[0].query["id_list"].startswith("9912.10000,9912.10001,")
    assert server.requests[0].headers["Accept"] == "application/atom+xml, application/xml, text/xml"
    assert {(answer.source, answer.day) for answer in answers} == {("arxiv", None)}


def test_an_unknown_id_is_no_error(server: SourceServer, client: Client) -> None:
    (answer,) = by_ids(client, ["9912.99901"], base_url=server.url)
    assert read_feed(answer.body).papers == []


def test_no_id_no_request(server: SourceServer, client: Client) -> None:
    assert list(by_ids(client, [], base_url=server.url)) == []
    assert not server.requests


def test_what_is_no_id_is_not_sent(server: SourceServer, client: Client) -> None:
    with pytest.raises(ValueError, match="not an arXiv id"):
        list(by_ids(client, ["9912.99901", "x&start=5"], base_url=server.url))
    assert not server.requests


@pytest.mark.parametrize(("papers", "starts"), [(0, [0]), (3, [0]), (200, [0]), (450, [0, 200, 400])])
def test_a_day_is_asked_for_to_its_end(server: SourceServer, client: Client, papers: int, starts: list[int]) -> None:
    server.preprints = [atom_entry(f"9912.{10_000 + number}v1") for number in range(papers)]
    answers = list(by_category(client, ["cs.CL", "cs.LG"], DAY, base_url=server.url))
    assert sum(len(read_feed(answer.body).papers) for answer in answers) == papers
    assert [int(request.query["start"]) for request in server.requests] == starts
    assert server.requests[0].query == {
        "search_query": "(cat:cs.CL OR cat:cs.LG) AND submittedDate:[209911301900 TO 209912011859]",
        "start": "0",
        "max_results": "200",
        "sortBy": "submittedDate",
        "sortOrder": "ascending",
    }
    assert {answer.day for answer in answers} == {DAY}


def test_a_day_is_what_was_submitted_for_its_announcement(server: SourceServer, client: Client) -> None:
    moments = ["11-30T18:59:59", "11-30T19:00:00", "12-01T18:59:59", "12-01T19:00:00"]
    server.preprints = [
        atom_entry(f"9912.9990{number}v1", submitted=f"2099-{moment}Z") for number, moment in enumerate(moments)
    ]
    (answer,) = by_category(client, ["cs.LG"], DAY, base_url=server.url)
    assert [paper.id for paper in read_feed(answer.body).papers] == ["9912.99901", "9912.99902"]


def test_a_day_without_announcement_is_not_asked_for(server: SourceServer, client: Client) -> None:
    with pytest.raises(ValueError, match="2099-12-05: arXiv announces nothing on a Saturday"):
        next(by_category(client, ["cs.LG"], date(2099, 12, 5), base_url=server.url))
    assert not server.requests


def test_what_is_cross_listed_is_told_from_what_is_new() -> None:
    data = feed(atom_entry("9912.99901v1"), atom_entry("9912.99902v1", primary="stat.ML"))
    assert read_feed(data, categories=["cs.LG", "cs.AI"]).kinds == {"new": 1, "cross-listed": 1}
    assert read_feed(data, categories=["cs", "hep-th"]).kinds == {"new": 1, "cross-listed": 1}
    assert read_feed(data).kinds == {}


def test_an_archive_is_asked_for_with_all_of_its_categories(server: SourceServer, client: Client) -> None:
    next(by_category(client, ["cs", "stat.ML"], DAY, base_url=server.url))
    assert server.requests[0].query["search_query"].startswith("(cat:cs OR cat:cs.* OR cat:stat.ML) AND submittedDate")


def atom(data: bytes, **options: Any) -> Answer:
    return Answer(data, media_type=ATOM, **options)


@pytest.mark.parametrize("before", [0, 200])
def test_an_empty_page_in_the_middle_is_asked_for_once_more(server: SourceServer, client: Client, before: int) -> None:
    server.preprints = [atom_entry(f"9912.{10_000 + number}v1") for number in range(250)]
    answers = [atom(feed(*server.preprints[:200], total=250))] if before else []
    server.then(*answers, atom(feed(total=250)))
    pages = by_category(client, ["cs.LG"], DAY, base_url=server.url)
    assert sum(len(read_feed(page.body).papers) for page in pages) == 250
    assert len(server.requests) == 3


def test_a_page_that_stays_empty(server: SourceServer, client: Client) -> None:
    server.then(atom(feed(atom_entry("9912.99901v1"), total=250)), *[atom(feed(total=250))] * 2)
    pages = by_category(client, ["cs.LG"], DAY, base_url=server.url)
    assert len(read_feed(next(pages).body).papers) == 1
    with pytest.raises(SourceError) as error:
        next(pages)
    assert str(error.value) == "arxiv: 2099-12-02 has 250 papers, but the page from paper 2 on stays empty"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (atom(error_feed("incorrect id format for 1234")), "arxiv: arXiv reports an error: incorrect id format"),
        (
            atom(error_feed("incorrect id format for 1234"), status=400),
            "400 Bad Request: 1 http://arxiv.org/api/errors#incorrect_id_format_for_1234 Error incorrect id format",
        ),
        (atom(b"<feed"), "arxiv: not XML: unclosed token"),
        (html_page(), "text/html came where application/atom+xml was expected: Sorry Under maintenance"),
    ],
)
def test_an_error_is_never_a_page(server: SourceServer, client: Client, answer: Answer, words: str) -> None:
    server.then(answer, answer)
    for pages in (
        by_category(client, ["cs.LG"], DAY, base_url=server.url),
        by_ids(client, ["9912.99901"], base_url=server.url),
    ):
        with pytest.raises(SourceError) as error:
            next(pages)
        assert words in str(error.value)
