"""Daily papers: every shape of a listing is read, every fault of one is named, every page is asked for."""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.papers.models import Paper
from assay.sources.client import Client, SourceError
from assay.sources.huggingface import listing_day, pages, read_listing
from tests.sources.server import Answer, SourceServer, broken, busy, error_object, html_page
from tests.sources.synthetic import entry

DAY = date(2099, 12, 2)


def dump(value: object) -> bytes:
    return json.dumps(value).encode()


def test_an_entry_in_full() -> None:
    raw = entry(
        99901,
        upvotes=0,
        githubRepo="https://github.com/example/toy",
        projectPage="https://example.org/toy",
        ai_keywords=["toy models", " ", 5],
        withdrawnAt="2099-12-03T00:00:00.000Z",
        organization={"name": "toylab", "fullname": "Toy Lab"},
    )
    raw["paper"]["authors"].append({"name": "Cy Hidden", "hidden": True})
    reading = read_listing(dump([raw]), DAY, snapshot="0" * 64, first_rank=51)
    assert reading.papers == [
        Paper(
            id="9912.99901",
            title="A Toy Paper, Number 99901",
            authors=("Ada Example", "Bo Sample"),
            abstract="We get 12.5\\% on ToyBench.",
            published=datetime(2099, 12, 1, 18, tzinfo=UTC),
            withdrawn=datetime(2099, 12, 3, tzinfo=UTC),
            organisation="Toy Lab",
            code_url="https://github.com/example/toy",
            project_url="https://example.org/toy",
            thumbnail_url="https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/9912.99901.png",
            keywords=("toy models",),
        )
    ]
    (sighting,) = reading.sightings
    assert (sighting.paper, sighting.source, sighting.day) == ("9912.99901", "huggingface", DAY)
    assert (sighting.rank, sighting.votes, sighting.snapshot) == (51, 0, "0" * 64)
    assert (reading.refused, reading.unknown_fields, reading.vanished_fields) == ([], {}, {})


@pytest.mark.parametrize(
    ("organisation", "name"),
    [({"name": "toylab"}, "toylab"), ({"fullname": " ", "name": "toylab"}, "toylab"), ({"name": 5}, ""), ({}, "")],
)
def test_an_organisation_is_called_by_its_full_name_if_it_has_one(organisation: dict[str, Any], name: str) -> None:
    of_paper = entry(99901, organization=organisation)
    of_entry = entry(99901) | {"organization": organisation}
    for raw in (of_paper, of_entry):
        assert read_listing(dump([raw]), DAY).papers[0].organisation == name


def test_an_abstract_may_say_that_the_paper_is_withdrawn() -> None:
    raw = entry(99901, summary="This paper has been withdrawn by its authors due to an error in Lemma 2.")
    (paper,) = read_listing(dump([raw]), DAY).papers
    assert paper.withdrawn == datetime(2099, 12, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "listing",
    [
        [entry(99901), entry(99902)],
        [repr(entry(99901)), repr(entry(99902))],
        {"status": 200, "data": [entry(99901), repr(entry(99902))]},
    ],
    ids=["objects", "printed", "under data"],
)
def test_every_shape_gives_the_same(listing: object) -> None:
    reading = read_listing(dump(listing), DAY)
    assert [paper.id for paper in reading.papers] == ["9912.99901", "9912.99902"]
    assert [sighting.rank for sighting in reading.sightings] == [1, 2]
    assert (reading.refused, reading.unknown_fields, reading.vanished_fields) == ([], {}, {})


@pytest.mark.parametrize("data", [b"[]", b"1", b'{"status": 200, "data": []}', b"\xef\xbb\xbf[]\n"])
def test_a_day_without_papers(data: bytes) -> None:
    reading = read_listing(data, DAY)
    assert (reading.papers, reading.sightings, reading.refused) == ([], [], [])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"error": "Internal\\nError"}', "an error answer, not a listing: Internal Error"),
        (b'{"name": "toy", "version": 2}', "an object with name, version, not a listing of papers"),
        (b"{}", "an object, not a listing of papers"),
        (b"2", "a number, not a listing of papers"),
        (b"true", "true or false, not a listing of papers"),
        (b"null", "null, not a listing of papers"),
        (b"[1, 2, 3]", "an array, but none of its entries holds a paper"),
        (b"<html>", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b"", "not JSON: Expecting value: line 1 column 1 (char 0)"),
        (b'["caf\xe9"]', "not UTF-8 text (byte 5)"),
        (b"[" * 100_000, "JSON nested too deeply to be a listing"),
        (b"[__import__('os').system('true')]", "not JSON: Expecting value: line 1 column 2 (char 1)"),
    ],
)
def test_what_is_no_listing(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(words)}$"):
        read_listing(data, DAY)


def without(number: int, *fields: str, outer: tuple[str, ...] = ()) -> dict[str, Any]:
    raw = entry(number)
    for field in fields:
        del raw["paper"][field]
    for field in outer:
        del raw[field]
    return raw


def test_a_bad_entry_is_refused_and_the_others_stay() -> None:
    listing = [
        entry(99901),
        entry(99902, id="not-an-id"),
        without(99903, "id"),
        without(99904, "title", outer=("title",)),
        {"title": "no paper"},
        "__import__('os').system('true')",
        None,
        entry(99908, title="Cut within a character \ud83d", summary="\ud83d", **{"\ud83d": 1}),
        entry(99909),
    ]
    reading = read_listing(dump(listing), DAY, name="day.json")
    assert reading.papers[1].title == "Cut within a character"
    assert [(sighting.paper, sighting.rank) for sighting in reading.sightings] == [
        ("9912.99901", 1),
        ("9912.99908", 8),
        ("9912.99909", 9),
    ]
    assert {refusal.file for refusal in reading.refused} == {"day.json"}
    assert [refusal.why for refusal in reading.refused] == [
        "entry 2: id: not an arXiv id or a link to one: 'not-an-id' (an id looks like 2502.18137)",
        "entry 3: its paper has no id",
        "entry 4: 9912.99904 has no title",
        "entry 5: it has no `paper`",
        "entry 6: text instead of an object",
        "entry 7: null instead of an object",
    ]


def test_what_a_field_lacks_costs_no_paper() -> None:
    listing = [
        without(99901, "authors", "summary", "upvotes", outer=("summary", "thumbnail")),
        entry(99902, upvotes=None),
    ]
    first, second = read_listing(dump(listing), DAY).sightings
    assert (first.votes, second.votes) == (None, None)


def test_drift_is_counted() -> None:
    listing = [
        {**entry(99901, newField=1), "badge": "hot"},
        {**entry(99902, newField=2, upvotes="7", githubRepo={"url": "x"}), "numComments": None},
        without(99903, "discussionId", "submittedOnDailyAt", outer=("thumbnail",)),
        entry(99904, authors=[{"name": "Ada Example", "orcid": "0"}, "Bo Sample"]),
    ]
    reading = read_listing(dump(listing), DAY)
    assert len(reading.papers) == 4
    assert reading.unknown_fields == {
        "badge": 1,
        "paper.newField": 2,
        "paper.upvotes (text)": 1,
        "paper.githubRepo (an object)": 1,
        "paper.authors.orcid": 1,
        "paper.authors (not objects)": 1,
    }
    assert reading.vanished_fields == {
        "numComments": 1,
        "paper.upvotes": 1,
        "paper.discussionId": 1,
        "paper.submittedOnDailyAt": 1,
        "thumbnail": 1,
    }


def test_a_field_does_not_vanish_before_it_came() -> None:
    old = without(99901, "submittedOnDailyAt", outer=("summary",))
    assert read_listing(dump([old]), date(2025, 2, 26)).vanished_fields == {}
    assert read_listing(dump([old]), date(2025, 4, 1)).vanished_fields == {"summary": 1, "paper.submittedOnDailyAt": 1}


@pytest.mark.parametrize("address", ["javascript:alert(1)", "github.com/example/toy", 'https://x/"onclick="', "", None])
def test_an_address_that_a_page_must_not_link_to_is_left_out(address: str | None) -> None:
    (paper,) = read_listing(dump([entry(99901, githubRepo=address)]), DAY).papers
    assert paper.code_url == ""


@pytest.mark.parametrize(
    ("day", "seen_at"),
    [
        (date(2025, 3, 7), datetime(2025, 3, 7, 15, 10, tzinfo=UTC)),
        (date(2025, 3, 8), datetime(2025, 3, 7, 23, tzinfo=UTC)),
    ],
)
def test_when_a_recording_was_made(day: date, seen_at: datetime) -> None:
    """``publishedAt`` of an entry stopped being the time of its listing after 2025-03-07."""
    listing = [
        {**entry(99901, submittedOnDailyAt="2025-03-07T23:00:00.000Z"), "publishedAt": "2025-03-07T01:00:00.000Z"},
        {**entry(99902, submittedOnDailyAt="2025-03-07T22:00:00.000Z"), "publishedAt": "2025-03-07T15:10:00.000Z"},
        {**entry(99903, submittedOnDailyAt="2099-12-02T00:00:00"), "publishedAt": "gestern"},
    ]
    reading = read_listing(dump(listing), day)
    assert reading.seen_at == seen_at
    assert {sighting.seen_at for sighting in reading.sightings} == {seen_at}
    moment = datetime(2099, 1, 1, tzinfo=UTC)
    assert read_listing(dump(listing), day, seen_at=moment).seen_at == moment


def test_a_recording_that_tells_no_time_tells_none() -> None:
    assert read_listing(dump([without(99901, "submittedOnDailyAt")]), DAY).seen_at is None


def test_the_day_that_a_recording_tells() -> None:
    other = entry(99902, submittedOnDailyAt="2099-12-03T00:00:00.000Z")
    assert listing_day(dump([entry(99901), entry(99903)])) == DAY
    assert listing_day(dump([entry(99901), other])) is None
    assert listing_day(dump([entry(99901), without(99902, "submittedOnDailyAt")])) is None
    assert listing_day(b"[]") is None


any_text = st.text(st.characters(exclude_categories=()), max_size=12)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(entry(1)["paper"])), json_values), json_values)
def test_an_entry_is_read_or_refused_whatever_stands_in_it(paper: dict[str, Any], title: Any) -> None:
    listing = [entry(99901), {**entry(99902, **paper), "title": title}, entry(99903)]
    reading = read_listing(dump(listing), DAY)
    assert len(reading.papers) + len(reading.refused) == 3
    assert {"9912.99901", "9912.99903"} <= {listed.id for listed in reading.papers}


# Pages


def page_sizes(client: Client, server: SourceServer, **options: Any) -> list[int]:
    """The number of entries on each page."""
    return [len(json.loads(page.body)) for page in pages(client, DAY, base_url=server.url + "/", **options)]


@pytest.mark.parametrize(
    ("papers", "cap", "expected", "requests"),
    [
        (0, None, [0], 1),
        (22, None, [22], 1),
        (49, None, [49], 1),
        (50, None, [50], 2),
        (99, None, [99], 1),
        (100, None, [100], 2),
        (101, None, [100, 1], 2),
        (250, None, [100, 100, 50], 4),
        (50, 50, [50], 2),
        (120, 50, [50, 50, 20], 3),
    ],
)
def test_every_page_is_asked_for(
    server: SourceServer, client: Client, papers: int, cap: int | None, expected: list[int], requests: int
) -> None:
    server.listings[DAY] = [entry(10_000 + number) for number in range(papers)]
    server.cap = cap
    assert page_sizes(client, server) == expected
    assert [request.query for request in server.requests] == [
        {"date": "2099-12-02", "p": str(number), "limit": "100"} for number in range(requests)
    ]


def test_a_page_is_there_before_the_next_is_asked_for(server: SourceServer, client: Client) -> None:
    server.listings[DAY] = [entry(10_000 + number) for number in range(150)]
    server.then(Answer(dump(server.listings[DAY][:100])), busy(429, retry_after="300"))
    listing = pages(client, DAY, base_url=server.url)
    first = next(listing)
    assert (first.source, first.day) == ("huggingface", DAY)
    assert len(server.requests) == 1
    with pytest.raises(SourceError, match="come back in 300 s"):
        next(listing)


@pytest.mark.parametrize("cap", [None, 50])
def test_a_server_that_ignores_pages_is_found_out(server: SourceServer, client: Client, cap: int | None) -> None:
    server.listings[DAY] = [entry(10_000 + number) for number in range(100)]
    server.ignores_pages = True
    server.cap = cap
    listing = pages(client, DAY, base_url=server.url)
    next(listing)
    with pytest.raises(SourceError) as error:
        next(listing)
    assert str(error.value) == (
        f"huggingface: page 1 of 2099-12-02 repeats the pages before it; papers past the first {cap or 100} are missing"
    )


def test_a_paper_that_slid_to_the_next_page_is_no_repetition(server: SourceServer, client: Client) -> None:
    """A paper was added at the top between two requests."""
    first, second = [entry(10_000 + number) for number in range(100)], [entry(10_099), entry(10_100)]
    server.then(Answer(dump(first)), Answer(dump(second)))
    assert page_sizes(client, server) == [100, 2]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (error_object(), "page 0 of 2099-12-02: an error answer, not a listing: Internal Error - We're working hard"),
        (Answer(b"[{"), "page 0 of 2099-12-02: not JSON: "),
        (html_page(), "text/html came where application/json was expected: Sorry Under maintenance"),
        (Answer(b'{"error": "Invalid date"}', 400), '400 Bad Request: {"error": "Invalid date"}'),
        (broken(500), "500 Internal Server Error"),
    ],
)
def test_an_error_is_never_a_page(server: SourceServer, client: Client, answer: Answer, words: str) -> None:
    server.then(*[answer] * 3)
    with pytest.raises(SourceError) as error:
        next(pages(client, DAY, base_url=server.url))
    assert str(error.value).startswith("huggingface: ")
    assert words in str(error.value)


def test_the_token_goes_into_a_header_only(server: SourceServer, client: Client) -> None:
    (page,) = pages(client, DAY, base_url=server.url, token="secret")
    assert server.requests[0].headers["Authorization"] == "Bearer secret"
    assert "secret" not in server.requests[0].target
    assert "secret" not in page.model_dump_json()


def test_an_unchanged_page_is_not_sent_again(server: SourceServer, connect: Callable[..., Client]) -> None:
    server.etags = True
    server.listings[DAY] = [entry(99901)]
    (first,) = pages(connect(), DAY, base_url=server.url)
    (again,) = pages(connect(cached={first.url: first}.get), DAY, base_url=server.url)
    assert again.body == first.body
    assert server.requests[1].headers["If-None-Match"] == first.headers["etag"]
