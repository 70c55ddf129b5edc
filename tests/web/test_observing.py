"""What is logged of a request, what is not, and what whoever asked learns when something broke."""

import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from assay.web.access import Access
from assay.web.agent import make_agent_server
from assay.web.app import make_app
from assay.web.desk import Desk
from tests.web.sample import DAY, PAPER

PAGE = {"accept": "text/html"}


@pytest.fixture
def broken(desk: Desk) -> Iterator[TestClient]:
    """An app of which a page breaks, with words that are nobody's business."""

    def measured() -> list[Any]:
        raise RuntimeError("/home/anna/secret is broken")

    desk.measured = measured
    with TestClient(make_app(desk), base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize("given", ["7f3a", "a-1_b.C:d=e+f/g", "x" * 100])
def test_a_request_keeps_the_id_that_a_proxy_gave_it(client: TestClient, given: str) -> None:
    assert client.get("/health", headers={"x-request-id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 101, "-a", "a b", 'a"b', "a\tb", "a{}", "é"])
def test_an_id_that_is_none_is_replaced(client: TestClient, given: str) -> None:
    answer = client.get("/health", headers=[(b"x-request-id", given.encode("latin-1"))])
    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])


def test_a_request_is_logged_without_what_was_looked_for(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "assay")
    client.get("/search/?q=quokka", headers={"x-request-id": "one", "cookie": "assay=wombat"})
    client.get(f"/paper/{PAPER}/")
    client.get("/archive/", headers={"host": "evil.example"})
    first, second, third = (record.__dict__ for record in caplog.records)
    assert (first["msg"], first["id"], first["method"], first["route"], first["status"]) == (
        *("request", "one", "GET", "/search/"),
        200,
    )
    assert first["ms"] > 0
    assert "reader" not in first  # there is one alone
    assert second["route"] == "/{path:path}"
    assert (third["route"], third["status"]) == ("none", 403)
    told = f"{first} {second} {third}"
    assert not [word for word in ("quokka", "wombat", PAPER, "evil") if word in told]


def test_where_readers_have_tokens_the_log_names_who_asked(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "assay")
    app = make_app(desk, Access("0.0.0.0", tokens={"anna": "a" * 20}))
    with TestClient(app, base_url="http://papers.example") as far:
        far.get("/api/marks", headers={"authorization": f"Bearer {'a' * 20}"})
        far.get("/api/marks", headers={"authorization": f"Bearer {'b' * 20}"})
    assert [(record.__dict__["reader"], record.__dict__["status"]) for record in caplog.records] == [
        ("anna", 200),
        (None, 401),
    ]
    assert "aaaa" not in caplog.text + str([record.__dict__ for record in caplog.records])


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
def test_what_breaks_is_told_to_the_log_and_its_id_to_whoever_asks(
    broken: TestClient, caplog: pytest.LogCaptureFixture, accept: str
) -> None:
    answer = broken.get("/measured/", headers={"accept": accept, "x-request-id": "seven"})
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] == "seven"
    assert "something broke here; the log of the server says what, under seven" in answer.text
    assert "anna" not in answer.text
    [record] = caplog.records
    assert (record.msg, record.levelname) == ("request failed", "ERROR")
    assert record.exc_info is not None
    assert str(record.exc_info[1]) == "/home/anna/secret is broken"
    assert broken.get("/health").status_code == 200


@pytest.fixture
def shelfless(desk: Desk) -> Iterator[TestClient]:
    """An app whose readers' own things are no database."""
    (desk.home / "readers.db").write_bytes(b"no database" * 1_000)
    with TestClient(make_app(desk), base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize(
    ("method", "path", "headers", "sent"),
    [
        ("GET", "/mine/", PAGE, {}),
        ("GET", "/api/marks", {}, {}),
        ("GET", f"/paper/{PAPER}/", {}, {}),
        ("POST", "/api/marks", {}, {"json": {"paper": PAPER, "mark": "starred", "on": True}}),
        ("POST", "/mine/add", PAGE, {"data": {"paper": PAPER}}),
        ("POST", "/mine/follow", PAGE, {"data": {"kind": "author", "value": "Song Han"}}),
    ],
)
def test_what_the_server_cannot_open_is_not_named_to_whoever_asks(
    shelfless: TestClient,
    desk: Desk,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    headers: dict[str, str],
    sent: dict[str, Any],
) -> None:
    answer = shelfless.request(method, path, headers={**headers, "x-request-id": "nine"}, **sent)
    assert answer.status_code == 503, answer.text
    assert "cannot be read or written now; the log says why, under nine" in answer.text
    assert "readers.db" not in answer.text
    assert str(desk.home) not in answer.text
    assert "readers.db" in caplog.text


def test_a_file_of_ours_that_is_broken_is_not_named_either(
    desk: Desk, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    desk.glossary = tmp_path / "glossary"
    desk.glossary.mkdir()
    (desk.glossary / "ko.toml").write_text("no glossary")
    with TestClient(make_app(desk), base_url="http://localhost") as client:
        answer = client.get(f"/for-me/?day={DAY}", headers=PAGE)
    assert answer.status_code == 503
    assert str(tmp_path) not in answer.text
    assert str(tmp_path) in caplog.text


def test_agents_are_not_told_which_file_is_broken(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    import anyio
    from mcp.server.mcpserver.exceptions import ToolError

    (desk.home / "readers.db").write_bytes(b"no database" * 1_000)
    server = make_agent_server(desk, "me")
    with pytest.raises(ToolError, match="something broke here") as told:
        anyio.run(server.call_tool, "my_papers", {})
    assert "readers.db" not in str(told.value)
    assert "readers.db" in caplog.text


def test_a_text_of_the_wrong_kind_is_refused_in_a_line(client: TestClient) -> None:
    answer = client.post("/check/", json={"text": "2.5x faster"})
    line = "this address takes what its form sends; programs ask /api/check"
    assert (answer.status_code, answer.json()) == (415, {"detail": line})
    page = client.post("/check/", json={"text": "2.5x faster"}, headers=PAGE)
    assert page.status_code == 415
    assert line in page.text


def test_the_log_is_json_by_its_own_rules(client: TestClient, tmp_path: Path) -> None:
    """What a handler makes of a record that holds all kinds of signs is one line that reads back."""
    from assay.cli.log import _json

    record = logging.LogRecord("assay.web", logging.ERROR, "", 0, "a\nb\u2028 서울 \x1b[31m", None, None)
    record.__dict__.update(id="x", where=tmp_path, status=None)
    line = _json().format(record)
    assert "\n" not in line
    told = json.loads(line)
    assert (told["event"], told["level"], told["where"]) == ("a\nb\u2028 서울 \x1b[31m", "ERROR", str(tmp_path))
