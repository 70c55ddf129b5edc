"""Zotero libraries by their API, from a real server on loopback that answers as Zotero's does."""

import json
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from assay.reader.zotero import zotero_reference
from assay.sources.client import Client, SourceBusy, SourceError
from assay.sources.zotero import items
from tests.sources.server import Answer, busy, html_page
from tests.sources.zotero_server import KEY, ZoteroServer, work

USER = 4711


@pytest.fixture
def zotero() -> Iterator[ZoteroServer]:
    with ZoteroServer(USER) as running:
        running.works = [work(number) for number in range(1, 251)]
        yield running


def test_all_pages_are_read_once_and_notes_are_left_out(zotero: ZoteroServer, client: Client) -> None:
    zotero.works[3]["data"]["itemType"] = "note"
    zotero.works[4]["data"]["itemType"] = "attachment"
    titles = [item["title"] for item in items(client, base_url=f"{zotero.url}/api/")]
    assert titles == [f"Toy {number}" for number in range(1, 251) if number not in {4, 5}]
    assert [request.query["start"] for request in zotero.requests] == ["0", "100", "200"]
    assert {request.path for request in zotero.requests} == {"/api/users/0/items/top"}
    assert {request.headers["Zotero-API-Version"] for request in zotero.requests} == {"3"}
    assert not any("Authorization" in request.headers for request in zotero.requests)


def test_a_key_says_whose_library_it_is_and_stays_out_of_the_address(zotero: ZoteroServer, client: Client) -> None:
    assert len(list(items(client, base_url=zotero.url, key=KEY))) == 250
    assert [request.path for request in zotero.requests[:2]] == ["/keys/current", f"/users/{USER}/items/top"]
    assert all(request.headers["Authorization"] == f"Bearer {KEY}" for request in zotero.requests)
    assert not any(KEY in request.target for request in zotero.requests)


def test_a_wrong_key_is_said_and_not_repeated(zotero: ZoteroServer, client: Client) -> None:
    with pytest.raises(SourceError, match="403 Forbidden: Invalid key") as raised:
        list(items(client, base_url=zotero.url, key="not-the-key"))
    assert "not-the-key" not in str(raised.value)


def test_a_program_that_does_not_allow_it_is_quoted(zotero: ZoteroServer, client: Client) -> None:
    zotero.is_allowed = False
    with pytest.raises(SourceError, match="403 Forbidden: Local API is not enabled"):
        list(items(client, base_url=f"{zotero.url}/api"))


def test_a_pause_is_kept_between_pages(zotero: ZoteroServer, connect: Callable[..., Client]) -> None:
    zotero.backoff = "1"
    assert len(list(items(connect(), base_url=f"{zotero.url}/api"))) == 250
    times = [request.at for request in zotero.requests]
    assert all(after - before >= 1 for before, after in pairwise(times))


def test_a_pause_longer_than_our_patience_is_said(zotero: ZoteroServer, client: Client) -> None:
    zotero.backoff = "3600"
    with pytest.raises(SourceBusy, match="a pause of 3600 s after 100 works"):
        list(items(client, base_url=f"{zotero.url}/api", patience=10))
    assert len(zotero.requests) == 1


def test_a_busy_server_is_asked_again_when_it_says(zotero: ZoteroServer, client: Client) -> None:
    zotero.then(busy(429, retry_after="1"), busy(503, retry_after="1"))
    assert len(list(items(client, base_url=f"{zotero.url}/api"))) == 250
    first, second, third = (request.at for request in zotero.requests[:3])
    assert second - first >= 1
    assert third - second >= 1


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (html_page(), "text/html came where application/json was expected"),
        (Answer(b'{"error": "?"}'), "another answer than the API gives"),
        (Answer(b"[1, 2"), "not JSON"),
        (Answer(b"[]", headers={"Total-Results": "7"}), "it has 7 works, but page 1 is empty"),
    ],
)
def test_an_answer_that_is_no_library_is_refused(
    zotero: ZoteroServer, client: Client, answer: Answer, why: str
) -> None:
    zotero.then(answer)
    with pytest.raises(SourceError, match=why):
        list(items(client, base_url=f"{zotero.url}/api"))


def test_a_server_that_does_not_count_is_read_as_far_as_it_goes(zotero: ZoteroServer, client: Client) -> None:
    zotero.then(Answer(json.dumps(zotero.works[:3]).encode()))
    assert len(list(items(client, base_url=f"{zotero.url}/api"))) == 3


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"archiveID": "arXiv:9912.99901"}, "9912.99901"),
        ({"extra": "Read it\narXiv:9912.99901 [cs]"}, "9912.99901"),
        ({"url": "http://arxiv.org/abs/9912.99901"}, "9912.99901"),
        ({"DOI": "10.1/ToyX"}, "10.1/toyx"),
        ({}, "toy 1"),
    ],
)
def test_a_work_is_a_reference(fields: dict[str, Any], key: str) -> None:
    reference = zotero_reference(work(1)["data"] | fields)
    assert (reference.key, reference.title, reference.year) == (key, "Toy 1", 2099)
    assert reference.authors == ("Ada Example", "OpenAI")
    assert reference.tags == ("toys",)


def test_a_work_with_nothing_but_nonsense_has_no_title() -> None:
    with pytest.raises(ValueError, match="no title"):
        zotero_reference({"title": 7, "creators": [3], "tags": ["x"], "extra": None})
