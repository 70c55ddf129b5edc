"""The app: the site's pages, the reader's marks, and who may ask."""

import re
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from starlette.testclient import TestClient

from assay.web.access import Access
from assay.web.app import make_app
from assay.web.desk import Desk
from assay.web.limits import Limits, Rate
from tests.web.conftest import Served
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
        ("127.0.0.1", {"anna": "열려라 참깨, 문을 열어라! 열려라 참깨!"}, "without a space"),
        ("127.0.0.1", {"": "a" * 20}, "not a reader's name"),
    ],
)
def test_rules_that_protect_nobody_are_refused(host: str, tokens: dict[str, str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Access(host, tokens=tokens)


def test_what_is_too_large_is_not_read(client: TestClient) -> None:
    assert client.post("/api/marks", content=b"x" * 1_100_000).status_code == 413


def pieces(count: int) -> Iterator[bytes]:
    """A body that does not say how long it is."""
    for _ in range(count):
        yield b" " * 100_000


@pytest.mark.parametrize(
    ("path", "kind"), [("/api/marks", "application/json"), ("/check/", "application/x-www-form-urlencoded")]
)
def test_what_does_not_say_how_large_it_is_is_not_read_for_ever(client: TestClient, path: str, kind: str) -> None:
    answer = client.post(path, content=pieces(11), headers={"content-type": kind})
    assert (answer.status_code, answer.json()) == (413, {"detail": "more than 1,000,000 bytes are not read"})


def test_what_does_not_arrive_is_not_waited_for_for_ever(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.web.gate.LONGEST", 0.2)
    with (
        Served(make_app(desk)) as address,
        socket.create_connection(("localhost", urlsplit(address).port or 0)) as line,
    ):
        head = "POST /api/marks HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 99\r\n"
        line.sendall(f'{head}\r\n{{"paper"'.encode())
        assert b" 408 " in line.recv(100)


@pytest.mark.parametrize("path", ["//evil.example", "///evil.example/x", "/%2fevil.example"])
def test_no_address_leads_to_another_host(client: TestClient, path: str) -> None:
    answer = client.get(f"http://localhost{path}", follow_redirects=False)
    assert answer.status_code == 308
    assert answer.headers["location"].startswith("/evil.example/")


@pytest.mark.parametrize("path", ["/runs", "/ko/search", "/check"])
def test_an_address_without_its_slash_keeps_what_it_asks(client: TestClient, path: str) -> None:
    answer = client.get(f"{path}?paper={PAPER}&q=%3Fx%26y", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, f"{path}/?paper={PAPER}&q=%3Fx%26y")


@pytest.mark.parametrize("path", ["/api/x", "/api/x/", "/api/marks/none", "/api/"])
def test_what_programs_ask_for_and_is_not_there_is_said_not_to_be(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"accept": "text/html"}, follow_redirects=False)
    assert answer.status_code == 404
    assert answer.json() == {"detail": f"there is no {path}"}


def test_a_picture_is_drawn_once_until_something_is_measured(client: TestClient, desk: Desk) -> None:
    picture = re.findall(r'src="../../(paper/.+?\.svg)"', client.get(f"/paper/{PAPER}/").text)[0]
    first = client.get(f"/{picture}").content
    desk.measured = list  # nothing is left of what it was drawn from
    assert client.get(f"/{picture}").content == first
    paper = desk.store.paper(PAPER)
    assert paper is not None
    desk.store.add(source="arxiv", papers=[paper.model_copy(update={"title": "Another title altogether"})])
    assert client.get(f"/{picture}").status_code == 404


@pytest.mark.parametrize("name", ["..%5capp.py", "%2e%2e", ".hidden", "a%00b", "a" * 300, "nothing.js"])
def test_assets_are_files_of_ours(client: TestClient, name: str) -> None:
    assert client.get(f"/assets/{name}").status_code == 404


def test_a_picture_that_is_opened_by_itself_has_its_style(client: TestClient) -> None:
    (picture,) = re.findall(r'src="../../(paper/.+?\.svg)"', client.get(f"/paper/{PAPER}/").text)
    answer = client.get(f"/{picture}")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "style-src 'unsafe-inline'; sandbox" in answer.headers["content-security-policy"]
    assert "unsafe" not in client.get("/").headers["content-security-policy"]


def test_what_breaks_is_told_to_the_server_and_not_to_whoever_asks(desk: Desk) -> None:
    def measured() -> list[object]:
        raise RuntimeError("/home/anna/secret is broken")

    desk.measured = measured  # type: ignore[assignment]
    with TestClient(make_app(desk), base_url="http://localhost", raise_server_exceptions=False) as client:
        for accept in ("text/html", "application/json"):
            answer = client.get("/measured/", headers={"accept": accept})
            assert answer.status_code == 500
            assert "something broke here" in answer.text
            assert "anna" not in answer.text


TOKENS = {"anna": "a" * 20, "ben": "b" * 20}


@pytest.fixture
def far(desk: Desk) -> Iterator[TestClient]:
    """A client on another machine, of a server with tokens."""
    app = make_app(desk, Access("0.0.0.0", tokens=TOKENS))
    with TestClient(app, base_url="http://papers.example", follow_redirects=False) as client:
        yield client


HTML = {"accept": "text/html"}


@pytest.mark.parametrize(("root", "language"), [("", "en"), ("/ko", "ko")])
def test_one_logs_in_and_out_in_ones_own_language(far: TestClient, root: str, language: str) -> None:
    assert far.get(f"{root}/archive/", headers=HTML).headers["location"] == f"{root}/login"
    for address in ("login", "login/", "login/index.html"):
        page = far.get(f"{root}/{address}", headers=HTML)
        assert f'<html lang="{language}">' in page.text
        assert 'type="password"' in page.text
    assert far.post(f"{root}/login", data={"token": "b" * 20}).headers["location"] == f"{root}/"
    assert far.get(f"{root}/archive/", headers=HTML).status_code == 200
    page = far.get(f"{root}/login", headers=HTML)
    assert "<h1>ben</h1>" in page.text
    assert 'type="password"' not in page.text
    assert far.post(f"{root}/logout").headers["location"] == f"{root}/login"
    assert far.get(f"{root}/archive/", headers=HTML).status_code == 303


@pytest.mark.parametrize(("root", "words"), [("", "ben: log out"), ("/ko", "ben: 로그아웃")])
def test_a_reader_sees_who_she_is_and_where_she_logs_out(far: TestClient, root: str, words: str) -> None:
    far.post("/login", data={"token": "b" * 20})
    for page in ("", "archive/", f"paper/{PAPER}/", "search/", "mine/", "nothing/"):
        shown = far.get(f"{root}/{page}", headers=HTML).text
        assert f'href="{root}/login"' in shown, page
        assert f'aria-label="{words}">ben</a>' in shown, page
    far.cookies.clear()
    far.post("/login", data={"token": "a" * 20})
    assert "anna</a>" in far.get(f"{root}/archive/", headers=HTML).text


def test_where_nobody_logs_in_no_page_leads_to_that(client: TestClient) -> None:
    for page in ("", "archive/", "search/"):
        assert "/login" not in client.get(f"/{page}").text


def test_without_tokens_nobody_is_asked_for_one(client: TestClient) -> None:
    assert client.get("/ko/login", follow_redirects=False).headers["location"] == "/ko/"


def test_a_cookie_is_worth_what_was_signed() -> None:
    access = Access("0.0.0.0", tokens=TOKENS)
    good = access.cookie_for("anna")
    name, until, signature = good.split(".")
    past = int(time.time()) - 1
    bad = {
        "",
        "..",
        f"{name}.{until}.\u00e9{signature[1:]}",
        f"{b'ben'.hex()}.{until}.{signature}",
        f"{b'eve'.hex()}.{until}.{signature}",
        f"{name}.{int(until) + 1}.{signature}",
        f"{name}.{past}.{access._sign('anna', past)}",
        f"{name}.{'9' * 5000}.{signature}",
        f"ff.{until}.{signature}",
        f"{good}.",
    }
    assert access._reader_of_cookie(good) == "anna"
    assert {access._reader_of_cookie(each) for each in bad} == {None}
    assert Access("0.0.0.0", tokens=TOKENS | {"anna": "c" * 20})._reader_of_cookie(good) is None


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/archive/", {"host": "x/login?"}),
        ("/archive/", {"host": "x/assets/"}),
        ("/archive/?token=aaaaaaaaaaaaaaaaaaaa", {}),
        ("/archive/", {"authorization": "Basic aaaaaaaaaaaaaaaaaaaa"}),
        ("/archive/", {"authorization": "aaaaaaaaaaaaaaaaaaaa"}),
        ("/archive/", {"authorization": "Bearer "}),
        ("/archive/", {"authorization": "Bearer \u00e9\u00e9"}),
        ("/archive/", {"cookie": "assay=616e6e61.9999999999.\u00e9"}),
        ("/archive/", {"x-forwarded-for": "127.0.0.1", "x-forwarded-host": "localhost"}),
        ("/login/../archive/", {}),
        ("/assets/../archive/", {}),
        ("/healthy", {}),
        ("/loginx", {}),
    ],
)
def test_no_other_way_leads_in(far: TestClient, path: str, headers: dict[str, str]) -> None:
    wanted = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    assert far.get(f"http://papers.example{path}", headers=wanted).status_code == 401


def test_tokens_are_not_guessed_at(desk: Desk) -> None:
    slow = Limits(logins=Rate(per_second=1e-9, burst=4))
    with TestClient(make_app(desk, Access("0.0.0.0", tokens=TOKENS), slow), base_url="http://papers.example") as far:
        right = {"authorization": f"Bearer {'b' * 20}"}
        wrong = {"authorization": "Bearer wrong"}
        assert [far.get("/api/marks", headers=wrong).status_code for _ in range(5)] == [401] * 4 + [429]
        for path, status in (
            ("/login", 403),
            ("/ko/login", 403),
            ("/login", 403),
            ("/ko/login", 403),
            ("/ko/login", 429),
        ):
            assert far.post(path, data={"token": "wrong"}).status_code == status
        assert far.get("/api/marks", headers=right).status_code == 200


def test_who_was_counted_long_ago_is_forgotten() -> None:
    rate = Rate(per_second=1e-9, burst=1)
    assert [rate.wait("a"), rate.wait("a") > 0] == [0, True]
    for number in range(20_000):
        assert not rate.wait(f"{number}")
    assert len(rate._clients) == 10_000
