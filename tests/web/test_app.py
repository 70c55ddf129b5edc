"""The app: the site's pages, the reader's marks, and who may ask."""

import pytest
from starlette.testclient import TestClient

from assay.web.access import Access
from assay.web.app import make_app
from assay.web.desk import Desk
from tests.web.sample import DAY, PAPER

PAGES = (
    "",
    "ko/",
    f"day/{DAY}/",
    f"ko/day/{DAY}/",
    "archive/",
    "archive/2025-02/",
    "week/2025-W09/",
    "ko/week/2025-W09/",
    f"paper/{PAPER}/",
    "measured/",
    "methods/",
    "about/",
)


@pytest.mark.parametrize("page", PAGES)
def test_the_sites_pages_have_their_addresses(client: TestClient, page: str) -> None:
    answer = client.get(f"/{page}")
    assert answer.status_code == 200
    assert "<main" in answer.text
    assert client.get(f"/{page}index.html").text == answer.text


@pytest.mark.parametrize(
    "page",
    [
        *("day/2025-13-01/", "day/1999-01-01/", "paper/9901.00001/", "nothing/"),
        *("archive/1999-01/", "archive/2025-13/", "week/1999-W01/", "week/2025-W99/"),
    ],
)
def test_a_page_that_is_not_there_is_said_not_to_be(client: TestClient, page: str) -> None:
    answer = client.get(f"/{page}", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "<main" in answer.text


def test_a_star_is_kept_and_taken_back(client: TestClient, desk: Desk) -> None:
    for on in (True, False):
        answer = client.post("/api/marks", json={"paper": PAPER, "mark": "starred", "on": on})
        assert answer.status_code == 200
        assert bool(desk.shelf("me").marks([PAPER]).get(PAPER)) is on
        assert bool(client.get("/api/marks", params={"paper": PAPER}).json().get(PAPER)) is on


def test_a_change_of_the_archive_changes_its_pages(client: TestClient, desk: Desk) -> None:
    before = client.get(f"/paper/{PAPER}/").text
    paper = desk.store.paper(PAPER)
    assert paper is not None
    desk.store.add(source="arxiv", papers=[paper.model_copy(update={"title": "Another title altogether"})])
    assert client.get(f"/paper/{PAPER}/").text != before


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"origin": "http://localhost", "sec-fetch-site": "same-origin"}, 200),
    ],
)
def test_pages_of_other_sites_change_nothing(client: TestClient, headers: dict[str, str], status: int) -> None:
    change = {"paper": PAPER, "mark": "starred", "on": True}
    assert client.post("/api/marks", json=change, headers=headers).status_code == status


def test_beyond_this_machine_nobody_is_answered_without_a_token(desk: Desk) -> None:
    access = Access("0.0.0.0", tokens={"anna": "a" * 20, "ben": "b" * 20})
    with TestClient(make_app(desk, access), base_url="http://papers.example") as client:
        assert client.get("/api/marks").status_code == 401
        page = client.get("/", headers={"accept": "text/html"}, follow_redirects=False)
        assert (page.status_code, page.headers["location"]) == (303, "/login")
        assert client.post("/login", data={"token": "wrong" * 5}).status_code == 403
        star = {"paper": PAPER, "mark": "starred", "on": True}
        assert client.post("/api/marks", json=star, headers={"authorization": f"Bearer {'a' * 20}"}).status_code == 200
        assert client.post("/login", data={"token": "b" * 20}, follow_redirects=False).status_code == 303
        assert client.get("/api/marks").json() == {}
        client.cookies.clear()
    assert PAPER in desk.shelf("anna").marks()
    assert PAPER not in desk.shelf("ben").marks()


@pytest.mark.parametrize(
    ("host", "tokens", "words"),
    [
        ("0.0.0.0", {}, "can be reached from other machines"),
        ("127.0.0.1", {"anna": "short"}, "5 characters"),
        ("127.0.0.1", {"anna": "a" * 20, "ben": "a" * 20}, "same token"),
    ],
)
def test_rules_that_protect_nobody_are_refused(host: str, tokens: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Access(host, tokens=tokens)


def test_what_is_too_large_is_not_read(client: TestClient) -> None:
    assert client.post("/api/marks", content=b"x" * 1_100_000).status_code == 413
