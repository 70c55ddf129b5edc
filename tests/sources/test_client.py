"""What the client gives back, and what it says, for each way in which a server can misbehave."""

import gzip
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from assay import __version__
from assay.papers.models import Snapshot
from assay.sources.client import Client, Pace, SourceBusy, SourceError, SourceUnreachable
from tests.sources.server import (
    HTML,
    Answer,
    SourceServer,
    broken,
    busy,
    cut_off,
    drip,
    hang,
    html_page,
    redirect,
)

Connect = Callable[..., Client]
DAY = date(2099, 12, 2)
PATH = "/api/daily_papers"


def ask(client: Client, server: SourceServer, **options: Any) -> Snapshot:
    return client.get(server.url + PATH, source="toy", params={"date": str(DAY)}, **options)


def message_of(error: BaseException, server: SourceServer) -> str:
    """The message, with what differs from run to run taken out."""
    message = str(error).replace(server.host, "HOST")
    assert "\n" not in message
    return re.sub(r"20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC", "THEN", message)


def test_an_answer_is_a_snapshot(server: SourceServer, connect: Connect) -> None:
    before = datetime.now(UTC)
    snapshot = ask(connect(contact="mailto:ada@example.org"), server, day=DAY)
    assert (snapshot.source, snapshot.day, snapshot.status, snapshot.body) == ("toy", DAY, 200, b"[]")
    assert snapshot.url == f"{server.url}{PATH}?date=2099-12-02"
    assert snapshot.headers["content-type"] == "application/json; charset=utf-8"
    assert snapshot.fetched_at is not None
    assert before <= snapshot.fetched_at <= datetime.now(UTC)
    (request,) = server.requests
    assert request.headers["User-Agent"] == f"assay/{__version__} (+mailto:ada@example.org)"
    assert request.headers["Accept"] == "application/json"


@pytest.mark.parametrize("status", [406, 429, 503])
def test_busy_without_a_time_is_asked_again(server: SourceServer, client: Client, status: int) -> None:
    server.then(busy(status), busy(status), busy(status), busy(status))  # more often than failures are forgiven
    assert ask(client, server).body == b"[]"
    assert len(server.requests) == 5


@pytest.mark.parametrize(
    "headers",
    [
        {"retry_after": "1"},
        {"rate_limit": '"api";r=0;t=1'},
        {"rate_limit": '"pages";r=12;t=250, "api";r=0;t=1'},
        {"retry_after": "1", "rate_limit": '"api";r=0;t=300'},
    ],
)
def test_it_waits_as_long_as_it_is_told(server: SourceServer, client: Client, headers: dict[str, str]) -> None:
    server.then(busy(429, **headers))
    assert ask(client, server).body == b"[]"
    first, second = server.requests
    assert 1 <= second.at - first.at < 60


def test_it_waits_until_the_date_it_is_told(server: SourceServer, client: Client) -> None:
    moment = (datetime.now(UTC) + timedelta(seconds=2)).replace(microsecond=0)
    then = time.monotonic() + (moment - datetime.now(UTC)).total_seconds()
    server.then(busy(503, retry_after=format_datetime(moment, usegmt=True)))
    ask(client, server)
    assert len(server.requests) == 2
    assert then - 0.1 < server.requests[1].at < then + 60


def test_a_date_gone_by_or_no_date_at_all_is_no_reason_to_wait(server: SourceServer, client: Client) -> None:
    server.then(busy(429, retry_after="Wed, 02 Dec 1999 07:30:00 GMT"), busy(429, retry_after="soon"))
    ask(client, server)
    assert server.requests[-1].at - server.requests[0].at < 60


def test_more_patience_than_there_is(server: SourceServer, client: Client) -> None:
    server.then(busy(429, retry_after="301"))
    with pytest.raises(SourceBusy) as error:
        ask(client, server)
    assert message_of(error.value, server) == (
        "toy: HOST/api/daily_papers: busy (429 Too Many Requests); come back in 301 s, at THEN"
    )
    assert error.value.wait == 301
    assert len(server.requests) == 1


def test_an_absurd_time_is_refused_like_any_other(server: SourceServer, client: Client) -> None:
    server.then(busy(429, retry_after="999999999999"))
    with pytest.raises(SourceBusy, match="come back in 31622400 s"):
        ask(client, server)


def test_busy_for_ever(server: SourceServer, connect: Connect) -> None:
    server.then(*[busy(406)] * 100)
    with pytest.raises(SourceBusy) as error:
        ask(connect(patience=0.3), server)
    assert message_of(error.value, server) == (
        "toy: HOST/api/daily_papers: busy (406 Not Acceptable); it does not say for how long"
    )
    assert len(server.requests) < 100


def test_a_broken_server_is_asked_again(server: SourceServer, connect: Connect) -> None:
    reports: list[str] = []
    server.then(broken(500), broken(502))
    assert ask(connect(report=reports.append), server).body == b"[]"
    assert [text.replace(server.host, "HOST") for text in reports] == [
        "toy: HOST/api/daily_papers: 500 Internal Server Error: It & us.; asking again",
        "toy: HOST/api/daily_papers: 502 Bad Gateway: It & us.; asking again",
    ]


@pytest.mark.parametrize(
    ("answer", "pace", "words"),
    [
        (broken(500), {}, "500 Internal Server Error: It & us."),
        (hang(3600), {"read": 0.5}, "no answer in time"),
        (drip(0.1), {"total": 0.8}, "the answer took longer than 0.8 s"),
        (
            cut_off(),
            {},
            (
                "the answer broke off (peer closed connection without sending complete message body "
                "(received 2 bytes, expected 102))"
            ),
        ),
        (
            Answer(b"not gzip", headers={"Content-Encoding": "gzip"}),
            {},
            "Error -3 while decompressing data: incorrect header check",
        ),
    ],
)
def test_what_keeps_failing_is_given_up_in_words(
    server: SourceServer, connect: Connect, answer: Answer, pace: dict[str, float], words: str
) -> None:
    reports: list[str] = []
    server.then(*[answer] * 3)
    with pytest.raises(SourceUnreachable) as error:
        ask(connect(report=reports.append, **pace), server)
    assert message_of(error.value, server) == f"toy: HOST/api/daily_papers: {words}"
    assert len(reports) == 2, "it was asked three times"


def test_a_cut_off_body_is_fetched_anew(server: SourceServer, client: Client) -> None:
    server.then(cut_off(), Answer(b"[1, 2]"))
    assert ask(client, server).body == b"[1, 2]"


def test_nobody_is_there(client: Client) -> None:
    with socket.socket() as deaf:  # it has a port, and nobody listens
        deaf.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(SourceUnreachable) as error:
            client.get(f"http://{host}{PATH}", source="toy")
    assert str(error.value) == f"toy: {host}{PATH}: [Errno 111] Connection refused"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer(b'{"error": "no such day"}', 400), '400 Bad Request: {"error": "no such day"}'),
        (Answer(b"", 404), "404 Not Found"),
        (Answer(b"", 304, None), "304 Not Modified"),
        (html_page(), "text/html came where application/json was expected: Sorry Under maintenance"),
        (Answer(b"[]", media_type=None), "something of no stated type came where application/json was expected: []"),
        (Answer(b"x" * 3000, 403, HTML), "403 Forbidden: " + "x" * 157 + "..."),
        (Answer(b" " * 5000), "the answer is longer than 4000 bytes"),
        (
            Answer(gzip.compress(b" " * 10**6), headers={"Content-Encoding": "gzip"}),
            "the answer is longer than 4000 bytes",
        ),
        (redirect("/elsewhere"), '404 Not Found: {"error": "no such page"}'),
    ],
)
def test_what_is_no_answer_is_refused_at_once(server: SourceServer, client: Client, answer: Answer, words: str) -> None:
    server.then(answer)
    with pytest.raises(SourceError) as error:
        ask(client, server, max_bytes=4000)
    assert not isinstance(error.value, SourceBusy | SourceUnreachable)
    assert message_of(error.value, server) == f"toy: HOST/api/daily_papers: {words}"
    assert len(server.requests) == (2 if answer.status == 302 else 1)


def test_an_endless_redirect(server: SourceServer, client: Client) -> None:
    server.then(*[redirect(PATH)] * 10)
    with pytest.raises(SourceError, match="it redirects without end"):
        ask(client, server)


def test_a_token_stays_with_its_host(server: SourceServer, client: Client) -> None:
    with SourceServer() as stranger:
        server.then(redirect(stranger.url + PATH + "?date=2099-12-02"))
        snapshot = ask(client, server, headers={"Authorization": "Bearer secret"})
        assert server.requests[0].headers["Authorization"] == "Bearer secret"
        assert stranger.requests[0].headers["Authorization"] is None
    assert "secret" not in snapshot.model_dump_json()


def test_what_has_not_changed_is_not_sent_again(server: SourceServer, connect: Connect) -> None:
    server.etags = True
    first = ask(connect(), server)
    again = ask(connect(cached={first.url: first}.get), server)
    assert server.requests[1].headers["If-None-Match"] == first.headers["etag"]
    assert (again.body, again.status, again.headers) == (first.body, 200, first.headers)
    assert first.fetched_at is not None
    assert again.fetched_at is not None
    assert again.fetched_at > first.fetched_at


def test_a_date_of_last_change_is_sent_back(server: SourceServer, connect: Connect) -> None:
    changed = "Wed, 02 Dec 2099 07:30:00 GMT"
    server.then(Answer(b"[1]", headers={"Last-Modified": changed}), Answer(b"", 304, None))
    first = ask(connect(), server)
    assert ask(connect(cached={first.url: first}.get), server).body == b"[1]"
    assert server.requests[1].headers["If-Modified-Since"] == changed


@pytest.mark.parametrize("url", ["huggingface.co", "ftp://127.0.0.1/x", "http://", "http://127.0.0.1:port/"])
def test_no_web_address(client: Client, url: str) -> None:
    with pytest.raises(SourceError, match="toy: not a web address: "):
        client.get(url, source="toy")


@pytest.mark.parametrize("contact", ["mailto:a@example.org\r\nX-Evil: 1", "아다"])
def test_a_contact_that_cannot_stand_in_a_header(connect: Connect, contact: str) -> None:
    with pytest.raises(ValueError, match="one line of ASCII"):
        connect(contact=contact)


@pytest.mark.parametrize("wrong", [{"attempts": 0}, {"read": 0}, {"patience": -1}, {"intervals": {"h": -3}}])
def test_a_pace_that_makes_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a pace has one attempt or more"):
        Pace(**wrong)


ASKER = """
import sys
from pathlib import Path
from assay.sources.client import Client, Pace
url, host, locks, times = sys.argv[1:]
pace = Pace(retry_wait=0, jitter=0, intervals={host: 0.15})
with Client(pace=pace, locks=Path(locks)) as client:
    for _ in range(int(times)):
        client.get(url, source="toy")
"""


def asker(server: SourceServer, tmp_path: Path, times: int) -> "subprocess.Popen[str]":
    """Another process that asks the same server, at 0.15 seconds' distance."""
    arguments = [f"{server.url}{PATH}?date=2099-12-02", server.host, str(tmp_path), str(times)]
    return subprocess.Popen([sys.executable, "-c", ASKER, *arguments], stderr=subprocess.PIPE, text=True)


def test_all_processes_of_a_machine_keep_one_pace(server: SourceServer, tmp_path: Path) -> None:
    server.then(*[hang(0.02)] * 12)
    askers = [asker(server, tmp_path, times=6) for _ in range(2)]
    assert [(process.communicate()[1], process.returncode) for process in askers] == [("", 0)] * 2
    times = [request.at for request in server.requests]
    assert len(times) == 12
    assert times[-1] - times[0] >= 11 * 0.15
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.15
    assert server.most_at_once == 1


def test_a_retry_says_nothing_behind_our_back(server: SourceServer, tmp_path: Path) -> None:
    server.then(broken())
    assert asker(server, tmp_path, times=1).communicate()[1] == ""
    assert len(server.requests) == 2


def test_a_host_that_another_process_holds(server: SourceServer, connect: Connect, tmp_path: Path) -> None:
    locks = tmp_path / "pace"
    locks.mkdir()
    name = server.host.replace(":", "_")
    with FileLock(locks / f"{name}.lock"), pytest.raises(SourceBusy) as error:
        ask(connect(patience=0.2, intervals={server.host: 0.1}), server)
    assert message_of(error.value, server) == "toy: HOST is in use by another process of this machine"
    assert not server.requests


def test_a_clock_that_was_set_back_costs_one_interval(server: SourceServer, connect: Connect, tmp_path: Path) -> None:
    locks = tmp_path / "pace"
    locks.mkdir()
    (locks / f"{server.host.replace(':', '_')}.last").write_text(str(time.time() + 86_400))
    began = time.monotonic()
    ask(connect(intervals={server.host: 0.2}), server)
    assert 0.2 <= time.monotonic() - began < 60
