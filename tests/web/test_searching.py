"""Search through the API and the page: what is found, how it is marked, and what is refused."""

import re

import pytest
from starlette.testclient import TestClient

from assay.papers.models import Paper
from assay.web.desk import Desk
from assay.web.searching import pieces
from tests.web.sample import DAY, PAPER

EVIL = "9912.99901"


def test_hits_come_in_pieces_that_say_what_matches(client: TestClient) -> None:
    answer = client.get("/api/search", params={"q": "sparse attention", "limit": 5}).json()
    first = answer["papers"][0]
    assert first["id"] == PAPER
    assert first["day"] == str(DAY)
    matches = [piece["text"].lower() for piece in first["snippet"] if piece["is_match"]]
    assert matches
    assert set(matches) <= {"sparse", "attention"}
    assert answer["missing"] is None


def test_a_snippet_is_cut_where_a_match_begins_or_ends() -> None:
    cut = [(piece.text, piece.is_match) for piece in pieces("\x02a\x03 b \x02c\x03\x02d\x03 …")]
    assert cut == [("a", True), (" b ", False), ("c", True), ("d", True), (" …", False)]
    assert list(pieces("")) == []


def test_nothing_in_a_hit_is_markup(client: TestClient, desk: Desk) -> None:
    evil = Paper(id=EVIL, title="<b>Toys</b> & <script>", abstract="Gullwing <img src=x onerror=alert(1)> flies.")
    desk.store.add(source="arxiv", papers=[evil])
    page = client.get("/search/", params={"q": 'gullwing"><script>'[:8]}).text
    hit = re.search(r'<li data-paper="9912.99901">.*?</li>', page, re.DOTALL)
    assert hit is not None
    assert "<b>" not in hit[0]
    assert "<script" not in hit[0]
    assert "<img" not in hit[0]
    assert "<mark>Gullwing</mark> &lt;img src=x" in hit[0]
    asked = client.get("/search/", params={"q": '"><script>alert(1)</script>'}).text
    assert "<script>alert" not in asked


def test_more_are_there_until_all_are_shown(client: TestClient) -> None:
    few = client.get("/api/search", params={"q": "the", "limit": 2}).json()
    assert (len(few["papers"]), few["has_more"]) == (2, True)
    every = client.get("/api/search", params={"q": "the", "limit": 200}).json()
    assert every["papers"][:2] == few["papers"]
    assert not every["has_more"]
    page = client.get("/search/", params={"q": "the", "limit": 2}).text
    assert 'href="../search/?q=the&amp;limit=22"' in page
    assert page.count("<li data-paper") == 2 + 1  # and the blank one for the script


@pytest.mark.parametrize(
    ("filters", "some"),
    [
        ({"since": str(DAY)}, True),
        ({"since": "2099-01-01"}, False),
        ({"until": "1999-01-01"}, False),
        ({"room": "Attention"}, True),
        ({"author": "Jintao Zhang"}, True),
        ({"category": "cs.LG"}, False),  # the catalogue names none
        ({"keyword": "no such"}, False),
    ],
)
def test_filters_are_those_of_the_archive(client: TestClient, filters: dict[str, str], some: bool) -> None:
    assert bool(client.get("/api/search", params=filters).json()["papers"]) is some


def test_a_paper_that_is_not_here_is_named(client: TestClient) -> None:
    asked = "https://arxiv.org/abs/9912.99901v2"
    assert client.get("/api/search", params={"q": asked}).json() == {
        "papers": [],
        "has_more": False,
        "missing": EVIL,
    }
    assert f'name="paper" value="{EVIL}"' in client.get("/search/", params={"q": asked}).text
    assert client.get("/api/search", params={"q": PAPER}).json()["papers"][0]["id"] == PAPER


def test_for_nothing_nothing_is_found(client: TestClient) -> None:
    assert client.get("/api/search").json()["papers"] == []
    assert client.get("/api/search", params={"q": "  "}).json()["papers"] == []


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"q": '"open'}, "a quote is not closed"),
        ({"q": "x", "limit": "0"}, "limit"),
        ({"q": "x", "limit": "many"}, "limit"),
        ({"q": "x" * 1_001}, "q"),
        ({"since": "yesterday"}, "since"),
        ({"room": "kitchen"}, "no room is called 'kitchen'"),
        ({"author": "?!"}, "?!"),
    ],
)
def test_what_cannot_be_looked_for_is_refused_in_words(client: TestClient, params: dict[str, str], words: str) -> None:
    answer = client.get("/api/search", params=params)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    page = client.get("/search/", params=params)
    assert page.status_code == 422
    assert 'id="search"' in page.text


def test_the_page_speaks_both_languages(client: TestClient) -> None:
    assert "논문 검색" in client.get("/ko/search/", params={"q": "어텐션"}).text
    assert 'href="../ko/search/' in client.get("/search/").text
