"""arXiv's news feeds, RSS 2.0 and Atom: kinds of announcement are told apart, entries are read to the last field."""

import re
from datetime import UTC, date, datetime

import pytest

from assay.papers.models import Paper
from assay.sources.arxiv_news import is_news, listing_day, pages, read_news
from assay.sources.client import Client, SourceError
from tests.sources.server import ATOM, Answer, SourceServer
from tests.sources.synthetic import atom_entry, feed, news, news_entry, rss, rss_item

DAY = date(2099, 12, 2)
KINDS = ("new", "cross", "replace", "replace-cross")


@pytest.mark.parametrize(
    "data",
    [news(news_entry("9912.99901v3")), rss(rss_item("9912.99901v3"))],
    ids=["Atom", "RSS"],
)
def test_an_entry_in_full(data: bytes) -> None:
    reading = read_news(data, snapshot="0" * 64)
    assert reading.papers == [
        Paper(
            id="9912.99901",
            version=3,
            title="A Toy Paper",
            authors=("Ada Example", "Bo Sample"),
            abstract="We get 12.5\\% on ToyBench, if $a < b$.",
            categories=("cs.LG", "cs.AI"),
        )
    ]
    (sighting,) = reading.sightings
    assert (sighting.paper, sighting.source, sighting.day, sighting.rank) == ("9912.99901", "arxiv-news", DAY, 1)
    assert sighting.snapshot == "0" * 64
    assert sighting.seen_at is not None
    assert sighting.seen_at.replace(microsecond=0, second=0) == datetime(2099, 12, 2, 5, tzinfo=UTC)
    assert not reading.refused


@pytest.mark.parametrize("form", ["Atom", "RSS"])
def test_what_was_replaced_is_no_paper_of_the_day(form: str) -> None:
    ids = [f"9912.9990{number}v{number}" for number in range(1, 5)]
    if form == "Atom":
        data = news(*map(news_entry, reversed(ids), reversed(KINDS)))
    else:
        data = rss(*map(rss_item, reversed(ids), reversed(KINDS)))
    reading = read_news(data)
    assert [(s.paper, s.rank) for s in reading.sightings] == [("9912.99902", 1), ("9912.99901", 2)]
    assert [paper.version for paper in reading.papers] == [4, 3, 2, 1]
    assert reading.kinds == {"new": 1, "cross-listed": 1, "replaced": 2}


def test_an_entry_that_several_categories_list_counts_once() -> None:
    reading = read_news(news(news_entry("9912.99901v1"), news_entry("9912.99901v1", "cross")))
    assert (len(reading.papers), len(reading.sightings), reading.kinds) == (1, 1, {"new": 1})


@pytest.mark.parametrize(
    ("creators", "authors"),
    [
        ("Ada Example", ("Ada Example",)),
        ("Ada Example, Bo Sample", ("Ada Example", "Bo Sample")),
        ("Ada Example (Toy University, Oslo), Bo Sample", ("Ada Example", "Bo Sample")),
        ("Ada Example (Toy Institute (Lake Lab), Oslo), Bo Sample", ("Ada Example", "Bo Sample")),
        ("Ada Example, Jr., Bo Sample III, Cy Case, II", ("Ada Example, Jr.", "Bo Sample III", "Cy Case, II")),
        ("The Gullwing Team", ("The Gullwing Team",)),
        ("", ()),
    ],
)
def test_authors_on_one_line(creators: str, authors: tuple[str, ...]) -> None:
    (paper,) = read_news(news(news_entry("9912.99901v1", creators=creators))).papers
    assert paper.authors == authors


def test_an_element_for_each_author() -> None:
    several = rss_item("9912.99901v1", creators="Example, Ada", extra="<dc:creator>Bo Sample</dc:creator>")
    assert read_news(rss(several)).papers[0].authors == ("Example, Ada", "Bo Sample")


def test_what_else_an_entry_may_have() -> None:
    extra = "<arxiv:DOI>10.1000/toy</arxiv:DOI><arxiv:journal_reference>J. Toys 1</arxiv:journal_reference>"
    (paper,) = read_news(rss(rss_item("hep-ph/9912001v2", extra=extra))).papers
    assert (paper.id, paper.version, paper.doi, paper.journal_ref) == ("hep-ph/9912001", 2, "10.1000/toy", "J. Toys 1")


def test_a_withdrawn_version() -> None:
    words = "This paper has been withdrawn by the authors due to an error in Lemma 2."
    (paper,) = read_news(news(news_entry("9912.99901v2", "replace", abstract=words))).papers
    assert paper.withdrawn == datetime(2099, 12, 2, 5, tzinfo=UTC)


def test_an_entry_that_cannot_be_read_is_refused_and_the_others_stay() -> None:
    data = news(
        news_entry("9912.99901v1", "pondered"),
        news_entry("9912.99902v1", title=" "),
        news_entry("9912.99903v1").replace("oai:arXiv.org:9912.99903v1", "oai:arXiv.org:9912.99904v1"),
        news_entry("nonsense"),
        news_entry("9912.99905v1"),
    )
    reading = read_news(data, name="feed.xml")
    assert [(s.paper, s.rank) for s in reading.sightings] == [("9912.99905", 1)]
    assert [(refusal.file, refusal.why) for refusal in reading.refused] == [
        ("feed.xml", "entry 1: 'pondered' is no kind of announcement"),
        ("feed.xml", "entry 2: title: String should have at least 1 character"),
        ("feed.xml", "entry 3: it has several ids: 9912.99904, 9912.99903"),
        ("feed.xml", "entry 4: no arXiv id: 'oai:arXiv.org:nonsense'"),
    ]


@pytest.mark.parametrize(
    ("data", "day"),
    [
        (rss(), DAY),
        (news(), DAY),
        (news(news_entry("9912.99901v1", day="2099-12-03"), day="2099-12-04"), date(2099, 12, 3)),
        (news(news_entry("9912.99901v1", day="2099-12-03"), news_entry("9912.99902v1")), None),
        # Made just after midnight in New York, which is the day before in UTC for none, and in summer an hour earlier.
        (news(day="2099-07-02").replace(b"T05:00:11", b"T04:00:11"), date(2099, 7, 2)),
    ],
)
def test_which_day_a_feed_is_of(data: bytes, day: date | None) -> None:
    assert listing_day(data) == day


def test_an_id_may_stand_in_any_of_its_places() -> None:
    item = rss_item("9912.99901v2")
    for changed in (
        re.sub(r"<guid.*?</guid>", "", item),
        re.sub(r"<guid.*?</guid>", "<guid>4711</guid>", item),
        item.replace("oai:arXiv.org:9912.99901v2", "https://arxiv.org/abs/9912.99901"),
    ):
        (paper,) = read_news(rss(changed)).papers
        assert (paper.id, paper.version) == ("9912.99901", 2)


def test_a_feed_of_several_days_asks_which() -> None:
    data = news(news_entry("9912.99901v1", day="2099-12-03"), news_entry("9912.99902v1"))
    with pytest.raises(ValueError, match="does not say of which day it is: give --date"):
        read_news(data)
    assert read_news(data, day=DAY).day == DAY


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<html></html>", "XML, but not a news feed of arXiv's"),
        (feed(atom_entry("9912.99901v1")), "XML, but not a news feed of arXiv's"),
        (b'<rss version="2.0"><channel><item><title>Hi</title></item></channel></rss>', "RSS, but not a news feed of"),
        (b'<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#"></r:RDF>', "RSS 1.0, which arXiv no longer"),
        (rss(rss_item("9912.99901v1"))[:-20], "not XML: "),
        (b'<!DOCTYPE rss [<!ENTITY a "ha">]><rss>&a;</rss>', "not an arXiv feed: it has a document type declaration"),
    ],
)
def test_what_is_no_news_feed(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}"):
        read_news(data)


def test_an_answer_of_the_api_is_no_news() -> None:
    assert not is_news(feed(atom_entry("9912.99901v1")))
    assert is_news(rss())


def test_the_feed_of_several_categories_is_one_page(server: SourceServer, client: Client) -> None:
    server.news = news(news_entry("9912.99901v1"))
    (page,) = pages(client, ["cs.LG", "q-bio.NC"], DAY, base_url=server.url + "/")
    assert (page.source, page.day, page.body) == ("arxiv-news", DAY, server.news)
    assert server.requests[0].path == "/atom/cs.LG+q-bio.NC"


def test_a_feed_that_still_has_the_day_before_is_no_page(server: SourceServer, client: Client) -> None:
    server.news = news(news_entry("9912.99901v1", day="2099-12-01"))
    assert list(pages(client, ["cs.LG"], DAY, base_url=server.url)) == []


def test_a_feed_that_has_gone_on_is_an_error(server: SourceServer, client: Client) -> None:
    server.news = news(news_entry("9912.99901v1", day="2099-12-03"))
    with pytest.raises(SourceError, match="it holds only the newest list, of 2099-12-03; the source arxiv has earlier"):
        list(pages(client, ["cs.LG"], DAY, base_url=server.url))


def test_an_error_page_is_no_feed(server: SourceServer, client: Client) -> None:
    server.then(Answer(b"<html><body>Sorry</body></html>", media_type=ATOM))
    with pytest.raises(SourceError, match="arxiv-news: XML, but not a news feed"):
        list(pages(client, ["cs.LG"], DAY, base_url=server.url))
