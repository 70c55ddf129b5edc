"""A reader's marks, tags and notes through the API: kept, taken back, refused, hers alone, and never lost."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from assay.reader.records import Mark
from assay.reader.shelf import open_shelf
from assay.web.access import Access
from assay.web.app import make_app
from assay.web.desk import Desk
from assay.web.limits import Limits, Rate
from tests.reader.test_processes import KEEPER
from tests.web.sample import DAY, PAPER

OTHER = "2502.18364"
UNKNOWN = "9901.00001"


def post(client: TestClient, path: str, **body: Any) -> Any:
    answer = client.post(f"/api/{path}", json={"paper": PAPER} | body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_tags_are_given_and_taken_away(client: TestClient) -> None:
    for _ in range(2):
        assert post(client, "tags", tag=" KV  cache", on=True)["tags"] == ["KV cache"]
    post(client, "tags", tag="kernel", on=True)
    post(client, "tags", paper=OTHER, tag="kernel", on=True)
    assert client.get("/api/tags").json() == {"kernel": 2, "KV cache": 1}
    for _ in range(2):
        assert post(client, "tags", tag="kv CACHE", on=False)["tags"] == ["kernel"]


def test_notes_are_written_changed_and_removed(client: TestClient) -> None:
    def texts(own: Any) -> list[str]:
        return [note["text"] for note in own["notes"]]

    post(client, "notes", text="Try it.\nSoon.")
    assert texts(post(client, "notes", text="Read §3.")) == ["Try it.\nSoon.", "Read §3."]
    for _ in range(2):
        assert texts(post(client, "notes", text="Tried it.", instead_of="Try it.\nSoon.")) == ["Read §3.", "Tried it."]
    assert texts(post(client, "notes", text="Tried it.", instead_of="Tried it.")) == ["Read §3.", "Tried it."]
    for _ in range(2):
        assert texts(post(client, "notes", instead_of="Read §3.")) == ["Tried it."]


def test_a_note_that_two_tabs_change_at_once_is_kept_in_both_forms(client: TestClient) -> None:
    post(client, "notes", text="first")
    post(client, "notes", text="as one tab has it", instead_of="first")
    own = post(client, "notes", text="as the other has it", instead_of="first")
    assert [note["text"] for note in own["notes"]] == ["as one tab has it", "as the other has it"]


def test_what_was_seen_is_remembered_with_its_first_day(client: TestClient) -> None:
    papers = [PAPER, OTHER, UNKNOWN]
    for day in (DAY, "2099-12-02"):
        answer = client.post("/api/seen", json={"day": str(day), "papers": papers})
        assert answer.status_code == 200
    assert {paper: own["shown"]["day"] for paper, own in answer.json().items()} == {PAPER: str(DAY), OTHER: str(DAY)}


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("marks", {"mark": "starred", "on": True, "paper": UNKNOWN}, 404, "9901.00001 is not in the archive"),
        ("marks", {"mark": "starred", "on": True, "paper": "no id"}, 422, "body.paper: not an arXiv id"),
        ("marks", {"mark": "loved", "on": True}, 422, "body.mark"),
        ("marks", {"mark": "starred"}, 422, "body.on"),
        ("marks", {"mark": "starred", "on": True, "at": "now"}, 422, "body.at"),
        ("tags", {"tag": "-x", "on": True}, 422, "not a tag: '-x'"),
        ("tags", {"tag": "x" * 101, "on": True}, 422, "body.tag"),
        ("tags", {"tag": "x", "on": True, "paper": UNKNOWN}, 404, "not in the archive"),
        ("notes", {"text": "  "}, 422, "there is nothing in it"),
        ("notes", {"text": "x" * 20_001}, 422, "body.text"),
        ("notes", {}, 422, "there is no note"),
        ("notes", {"text": "x", "paper": UNKNOWN}, 404, "not in the archive"),
        ("seen", {"day": "2025-13-01", "papers": []}, 422, "body.day"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words(
    client: TestClient, path: str, body: dict[str, Any], status: int, words: str
) -> None:
    answer = client.post(f"/api/{path}", json=({} if path == "seen" else {"paper": PAPER}) | body)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert client.get("/api/marks").json() == {}


def test_what_the_archive_does_not_hold_can_be_taken_away(client: TestClient, desk: Desk) -> None:
    shelf = desk.shelf("me")
    shelf.mark([UNKNOWN], Mark.STARRED)
    shelf.tag(UNKNOWN, ["x"])
    shelf.note(UNKNOWN, "words")
    post(client, "marks", paper=UNKNOWN, mark="starred", on=False)
    post(client, "tags", paper=UNKNOWN, tag="x", on=False)
    assert post(client, "notes", paper=UNKNOWN, instead_of="words")["notes"] == []


@pytest.fixture
def anna_and_ben(desk: Desk) -> Iterator[tuple[TestClient, dict[str, dict[str, str]]]]:
    tokens = {"anna": "a" * 20, "ben": "b" * 20}
    headers = {name: {"authorization": f"Bearer {token}"} for name, token in tokens.items()}
    with TestClient(make_app(desk, Access("0.0.0.0", tokens=tokens)), base_url="http://papers.example") as client:
        yield client, headers


def test_a_readers_things_are_hers_alone(anna_and_ben: tuple[TestClient, dict[str, dict[str, str]]]) -> None:
    client, headers = anna_and_ben
    anna, ben = headers["anna"], headers["ben"]
    client.post("/api/notes", json={"paper": PAPER, "text": "xyzzy"}, headers=anna)
    client.post("/api/tags", json={"paper": PAPER, "tag": "xyzzy", "on": True}, headers=anna)
    client.post("/api/follows", json={"kind": "author", "value": "Xyzzy Example"}, headers=anna)
    client.post("/api/phrases", json={"text": "xyzzy"}, headers=anna)
    for path in ("api/marks", "api/tags", "api/follows", "api/reader", "mine/"):
        assert "xyzzy" in client.get(f"/{path}", headers=anna).text, path
        assert "xyzzy" not in client.get(f"/{path}", headers=ben).text, path
    assert client.get("/for-me/", headers=anna).text != client.get("/for-me/", headers=ben).text
    assert client.get("/api/marks").status_code == 401
    assert client.get("/mine/").status_code == 401


def test_of_two_tabs_and_another_process_that_write_at_once_nothing_is_lost(desk: Desk) -> None:
    many = 25
    quick = Limits(writing=Rate(per_second=1_000, burst=1_000))
    process = subprocess.Popen(
        [sys.executable, str(KEEPER), "star", str(desk.home / "readers.db"), "me", "0", str(many)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "ready"

    def tab(client: TestClient, name: str) -> None:
        for number in range(many):
            post(client, "tags", tag=f"{name} {number}", on=True)
            post(client, "notes", text=f"{name} {number}")

    with TestClient(make_app(desk, limits=quick), base_url="http://localhost") as client:
        tabs = [threading.Thread(target=tab, args=(client, name)) for name in ("one", "two")]
        for each in tabs:
            each.start()
        output, _ = process.communicate("go\n")
        for each in tabs:
            each.join()
    assert len(output.split()) == many
    wanted = {f"{name} {number}" for name in ("one", "two") for number in range(many)}
    with open_shelf(desk.home / "readers.db") as shelf:
        own = shelf.marks([PAPER])[PAPER]
        assert set(own.tags) == {note.text for note in own.notes} == wanted
        assert len(shelf.marked(Mark.STARRED)) == many
