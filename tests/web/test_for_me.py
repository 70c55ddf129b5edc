"""The reader's own day: in her order, with reasons, without what she hid; and made again only when it has to be."""

import re
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from assay.papers.models import Paper, Sighting
from assay.reader.records import Mark
from assay.web.desk import Desk
from tests.web.sample import DAY, PAPER


def listed(page: str) -> list[str]:
    return re.findall(r'<li class="entry" data-paper="([^"]+)"', page)


def test_who_is_not_known_is_asked_what_she_wants(client: TestClient, desk: Desk) -> None:
    page = client.get("/for-me/").text
    assert 'action="../for-me/phrases"' in page
    votes = {paper.id: paper.votes or 0 for paper in desk.day(DAY).papers}
    assert sorted(listed(page)) == sorted(votes)
    assert [votes[paper] for paper in listed(page)] == sorted(votes.values(), reverse=True)
    answer = client.post("/for-me/phrases", data={"phrases": "KV cache, template\nrobot"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/for-me/")
    assert {phrase.text for phrase in desk.shelf("me").phrases()} == {"KV cache", "template", "robot"}
    assert 'action="../for-me/phrases"' not in client.get("/for-me/").text
    answer = client.post("/ko/for-me/phrases", data={"phrases": "attention"}, follow_redirects=False)
    assert answer.headers["location"] == "/ko/for-me/"


def test_her_papers_come_first_and_say_why(client: TestClient, desk: Desk) -> None:
    before = listed(client.get("/for-me/").text)
    wanted = before[-1]
    title = desk.store.papers([wanted])[wanted].title
    client.post("/api/phrases", json={"text": " ".join(title.split()[:3])})
    page = client.get(f"/for-me/{DAY}/").text
    assert listed(page)[0] == wanted
    assert '<p class="why">has “' in page
    assert '<p class="why">‘' in client.get(f"/ko/for-me/{DAY}/").text
    assert sorted(listed(page)) == sorted(before)


def test_what_she_hid_is_left_out_and_what_she_read_is_not_new(client: TestClient) -> None:
    first, second, *_ = all_of_them = listed(client.get("/for-me/").text)
    client.post("/api/marks", json={"paper": first, "mark": "hidden", "on": True})
    client.post("/api/marks", json={"paper": second, "mark": "read", "on": True})
    page = client.get("/for-me/").text
    assert first not in listed(page)
    assert len(listed(page)) == len(all_of_them) - 1
    assert "1 hidden paper is left out" in page
    assert set(listed(client.get("/for-me/?unread=1").text)) == set(all_of_them) - {first, second}


def test_what_was_shown_with_another_day_says_so(client: TestClient, desk: Desk) -> None:
    client.post("/api/seen", json={"day": str(DAY - timedelta(days=1)), "papers": [PAPER]})
    assert f"seen before, with {DAY - timedelta(days=1)}" in client.get("/for-me/").text
    assert PAPER not in listed(client.get("/for-me/?unread=1").text)


def test_an_order_is_found_once_for_all_that_it_depends_on(client: TestClient, desk: Desk) -> None:
    def order() -> object:
        assert client.get("/for-me/").status_code == 200
        return desk.order("me", desk.day(DAY))

    first = order()
    client.post("/api/marks", json={"paper": PAPER, "mark": "read", "on": True})
    assert order() is first
    desk.shelf("ben").mark([PAPER], Mark.STARRED)  # what others do is nothing to her
    assert order() is first
    desk.store.add(source="arxiv", papers=[Paper(id="9912.99901", title="A paper that no day lists")])
    assert order() is first
    client.post("/api/marks", json={"paper": PAPER, "mark": "starred", "on": True})
    second = order()
    assert second is not first
    before = Sighting(paper="9912.99901", source="huggingface", day=DAY - timedelta(days=1))
    desk.store.add(source="huggingface", sightings=[before])
    assert order() is not second


@pytest.mark.parametrize("path", ["for-me/1999-01-01/", "for-me/2025-02-30/", "ko/for-me/today/"])
def test_a_day_that_is_not_known_is_refused(client: TestClient, path: str) -> None:
    answer = client.get(f"/{path}", headers={"accept": "text/html"})
    assert answer.status_code in {404, 422}
    assert '<p class="status trouble">' in answer.text


def test_phrases_without_a_word_are_refused(client: TestClient, desk: Desk) -> None:
    for phrases in (" , ", "KV cache, ?!"):
        answer = client.post("/for-me/phrases", data={"phrases": phrases}, headers={"accept": "text/html"})
        assert answer.status_code == 422
        assert "<main" in answer.text
    assert desk.shelf("me").phrases() == ()
