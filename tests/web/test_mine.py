"""My list: filtered, with what she follows; all that goes in and comes out of it, by forms and through the API."""

import json
import re
from typing import Any

import pytest
from starlette.testclient import TestClient

from assay.reader.interests import Follow, FollowKind, Phrase
from assay.reader.records import Mark
from assay.web.desk import Desk
from tests.web.sample import PAPER

OTHER, THIRD = "2502.18364", "2502.18302"
PAGE = {"accept": "text/html"}
BIBTEX = """@article{a, title = {Toys that fly}, author = {Example, Ada}, year = 2099}
@article{b, author = {Example, Bo}}
"""
RIS = "TY  - JOUR\nTI  - Toys that swim\nER  - \n"


def listed(client: TestClient, **asked: Any) -> list[str]:
    answer = client.get("/mine/", params=asked)
    assert answer.status_code == 200
    return re.findall(r'<li data-paper="([^"]+)"', answer.text)


@pytest.fixture
def kept(desk: Desk) -> Desk:
    """A reader who starred one paper, read and tagged a second, hid a third with a note."""
    shelf = desk.shelf("me")
    shelf.mark([PAPER], Mark.STARRED)
    shelf.mark([OTHER], Mark.READ)
    shelf.tag(OTHER, ["to try"])
    shelf.mark([THIRD], Mark.HIDDEN)
    shelf.note(THIRD, "Not for me.")
    return desk


@pytest.mark.usefixtures("kept")
def test_the_list_is_filtered_as_the_command_does(client: TestClient) -> None:
    assert listed(client) == [OTHER, PAPER]
    assert listed(client, starred="1") == [PAPER]
    assert listed(client, unread="1") == [PAPER]
    assert listed(client, hidden="1") == listed(client, hidden="1", noted="1") == [THIRD]
    assert listed(client, tag="TO try") == [OTHER]
    assert listed(client, tag="", q="sparse") == [PAPER]
    assert listed(client, since="2099-01-01") == []
    assert listed(client, sort="title") == sorted([OTHER, PAPER], key=lambda key: key != OTHER)
    assert listed(client, limit="1") == [OTHER]
    page = client.get("/mine/").text
    assert "#to try" in page
    assert "Not for me." in client.get("/mine/?hidden=1").text


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("asked", [{"q": '"open'}, {"since": "last week"}, {"sort": "votes"}, {"limit": "0"}])
def test_what_cannot_be_filtered_by_is_said(client: TestClient, asked: dict[str, str]) -> None:
    answer = client.get("/mine/", params=asked)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize(
    ("kind", "value"), [("author", "Song Han"), ("org", "Toy University"), ("category", "cs.CL"), ("query", "a OR b")]
)
def test_what_is_followed_is_shown_and_removed(client: TestClient, desk: Desk, kind: str, value: str) -> None:
    answer = client.post("/mine/follow", data={"kind": kind, "value": value}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/mine/#follows")
    assert desk.shelf("me").follows() == (Follow(kind=FollowKind(kind), value=value),)
    assert client.get("/api/follows").json() == {"follows": [{"kind": kind, "value": value}], "phrases": []}
    page = client.get("/mine/").text
    assert f'name="value" value="{value}"' in page
    assert (f"../search/?q={value.replace(' ', '%20')}" in page) is (kind == "query")
    client.post("/ko/mine/unfollow", data={"kind": kind, "value": value})
    assert desk.shelf("me").follows() == ()


def test_phrases_have_weights(client: TestClient, desk: Desk) -> None:
    client.post("/mine/follow", data={"kind": "phrase", "value": "KV cache", "weight": "2"})
    assert client.post("/api/phrases", json={"text": "crypto", "weight": -1}).json()["phrases"] == [
        {"text": "KV cache", "weight": 2.0},
        {"text": "crypto", "weight": -1.0},
    ]
    client.post("/mine/unfollow", data={"kind": "phrase", "value": "kv CACHE"})
    client.post("/api/phrases", json={"text": "crypto", "on": False})
    assert desk.shelf("me").phrases() == ()
    follow = {"kind": "author", "value": "Ada Example"}
    client.post("/api/follows", json=follow)
    assert client.post("/api/follows", json=follow | {"on": False}).json() == {"follows": [], "phrases": []}


@pytest.mark.parametrize(
    ("kind", "value", "words"),
    [
        ("planet", "Mars", "planet"),
        ("author", "?!", "has no word"),
        ("author", "  ", "nothing in it"),
        ("category", "Linguistics", "not an arXiv category"),
        ("query", '"open', "a quote is not closed"),
        ("phrase", "?!", "no word"),
    ],
)
def test_what_cannot_be_followed_is_refused_as_the_command_does(
    client: TestClient, desk: Desk, kind: str, value: str, words: str
) -> None:
    answer = client.post("/mine/follow", data={"kind": kind, "value": value})
    assert answer.status_code == 422
    assert words in answer.text
    api = "phrases" if kind == "phrase" else "follows"
    body = {"text": value} if kind == "phrase" else {"kind": kind, "value": value}
    refused = client.post(f"/api/{api}", json=body)
    assert refused.status_code == 422
    assert refused.json()["detail"]
    assert desk.shelf("me").follows() + desk.shelf("me").phrases() == ()


def test_a_weight_that_counts_for_nothing_is_refused(client: TestClient) -> None:
    answer = client.post("/mine/follow", data={"kind": "phrase", "value": "KV cache", "weight": "0"}, headers=PAGE)
    assert answer.status_code == 422
    assert "counts for nothing" in answer.text
    assert 'value="KV cache"' in answer.text  # what was typed is not lost
    for weight in ("nan", "1e9", "heavy"):
        data = {"kind": "phrase", "value": "KV cache", "weight": weight}
        assert client.post("/mine/follow", data=data, headers=PAGE).status_code == 422


@pytest.mark.usefixtures("kept")
def test_all_of_it_goes_out_and_comes_in_again(client: TestClient, desk: Desk) -> None:
    desk.shelf("me").want(Phrase(text="KV cache"))
    saved = client.get("/api/reader")
    assert 'filename="assay-reader.json"' in saved.headers["content-disposition"]
    new = client.post("/api/reader", content=saved.text, headers={"content-type": "application/json"})
    assert (new.status_code, new.json()) == (200, {})
    ben = desk.shelf("ben")
    ben.merge(desk.shelf("me").export())
    assert ben.marks([THIRD])[THIRD].notes == desk.shelf("me").marks([THIRD])[THIRD].notes


def upload(client: TestClient, name: str, content: str | bytes) -> tuple[int, str]:
    answer = client.post("/mine/import", files={"file": (name, content)}, headers=PAGE)
    assert "<main" in answer.text
    return answer.status_code, answer.text


def test_files_of_both_kinds_come_in(client: TestClient, desk: Desk) -> None:
    browser = json.dumps({"assay": "reader", "version": 1, "stars": [PAPER], "read": [OTHER]})
    status, page = upload(client, "assay-reader.json", f"\ufeff{browser}")
    assert (status, "New from the file: 2" in page) == (200, True)
    assert "New from the file: 0" in upload(client, "assay-reader.json", browser)[1]
    assert listed(client, starred="1") == [PAPER]
    status, page = upload(client, "works.bib", BIBTEX)
    assert (status, "New from the file: 1" in page) == (200, True)
    assert "works.bib:2: it has no title" in page
    assert "New from the file: 1" in upload(client, "works.ris", RIS.encode("utf-16"))[1]
    assert "New from the file: 1" in upload(client, "works.json", '[{"title": "Toys that dig"}]')[1]
    assert len(desk.shelf("me").references()) == 3
    assert "3 works in your library" in client.get("/mine/").text


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("nothing that anybody reads", "neither BibTeX nor CSL-JSON nor RIS"),
        ('{"assay": "reader", "version": 2}', "newer Assay"),
        ('{"assay": "reader", "version": 1, "stars": ["x"]}', "not an arXiv id"),
        (b"\xff\xfe\x00", "not UTF-16"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_files_of_no_kind_change_nothing(client: TestClient, desk: Desk, content: str | bytes, words: str) -> None:
    status, page = upload(client, "<b>file", content)
    assert status == 422
    assert words in page
    assert "<b>file" not in page
    assert desk.shelf("me").is_new


def test_a_large_library_may_come_in_whole(client: TestClient) -> None:
    works = "".join(f"TY  - JOUR\nTI  - {'Toys ' * 2_000}{number}\nER  - \n" for number in range(120))
    assert len(works) > 1_200_000
    status, page = upload(client, "large.ris", works)
    assert (status, "New from the file: 120" in page) == (200, True)
    too_large = client.post("/mine/import", files={"file": ("huge.ris", b"x" * 10_100_000)})
    assert too_large.status_code == 413


def test_an_empty_list_says_how_it_is_filled(client: TestClient) -> None:
    assert "s stars a paper" in client.get("/mine/").text
    assert "별표" in client.get("/ko/mine/").text
