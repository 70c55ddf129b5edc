"""The metrics: what is counted, that nothing in them tells of a reader or a paper, and who may read them."""

import sqlite3
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from assay.papers.files import write_whole
from assay.papers.models import Attempt, Outcome
from assay.reader.schedule import Progress
from assay.web.access import Access
from assay.web.agent import make_agent_app
from assay.web.app import make_app
from assay.web.desk import Desk
from assay.web.limits import Limits, Rate
from tests.web.conftest import Served
from tests.web.sample import DAY, PAPER

TOKENS = {"anna": "a" * 20}
SECRET = "m" * 20


@pytest.fixture
def here(desk: Desk) -> Iterator[TestClient]:
    """A program of this machine."""
    with TestClient(make_app(desk), base_url="http://localhost", client=("127.0.0.1", 50000)) as client:
        yield client


def figures(client: TestClient) -> dict[str, float]:
    """Every figure, by its name and labels as they stand there: ``assay_runs state=done``."""
    answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    return {
        " ".join([sample.name, *(f"{name}={value}" for name, value in sorted(sample.labels.items()))]): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_requests_are_counted_by_the_template_of_their_address(here: TestClient) -> None:
    for path in ("/search/?q=quokka", "/ko/search/?q=wombat", "/search/?q=", f"/paper/{PAPER}/", "/paper/9901.00001/"):
        here.get(path)
    here.post("/api/check", json={"text": "It is 2.5x faster.", "papers": [PAPER]})
    here.get("/api/runs/19990101-000000-000000-aaaaaa")
    here.request("QUOKKA", "/api/search")
    seen = figures(here)
    assert seen["assay_requests_total method=GET route=/search/ status=200"] == 3
    assert seen["assay_requests_total method=GET route=/{path:path} status=200"] == 1
    assert seen["assay_requests_total method=GET route=/{path:path} status=404"] == 1
    assert seen["assay_requests_total method=GET route=/api/runs/{key} status=404"] == 1
    assert seen["assay_request_seconds_count route=/search/"] == 3
    assert seen["assay_request_seconds_bucket le=+Inf route=/search/"] == 3
    assert seen["assay_searches_total"] == 2
    assert seen["assay_checks_total"] == 1
    assert seen["assay_requests_in_flight"] == 1
    text = here.get("/metrics").text
    assert not [word for word in ("quokka", "QUOKKA", "wombat", PAPER, "9901", 'reader="') if word in text]


def test_the_archive_the_sources_and_the_watch_are_told(here: TestClient, desk: Desk) -> None:
    today = datetime.now(UTC)
    for source, outcome in (("huggingface", Outcome.OK), ("arxiv", Outcome.FAILED)):
        desk.store.add(source=source, attempt=Attempt(source=source, day=DAY, at=today, outcome=outcome))
    write_whole(desk.home / "watch.json", Progress(day=today.date(), done=("refresh",), tries=2).model_dump_json())
    desk.shelf("anna").tag(PAPER, ["kernels"])
    seen = figures(here)
    counts = desk.store.counts()
    told = (seen["assay_archive_up"], seen["assay_papers"], seen["assay_claims"])
    assert told == (1, counts["papers"], counts["claims"])
    assert seen["assay_attempts"] == 2
    assert seen["assay_readers"] == 1
    assert seen["assay_latest_day_timestamp_seconds"] == datetime.combine(DAY, datetime.min.time(), UTC).timestamp()
    assert seen["assay_latest_day_age_days"] in {(each - DAY).days for each in days_around(today)}
    assert seen["assay_source_last_success_timestamp_seconds source=huggingface"] == pytest.approx(today.timestamp())
    assert "assay_source_last_success_timestamp_seconds source=arxiv" not in seen
    assert (seen["assay_source_failing source=huggingface"], seen["assay_source_failing source=arxiv"]) == (0, 1)
    assert (seen["assay_watch_steps_done"], seen["assay_watch_tries"]) == (1, 2)
    assert seen["assay_runs state=running"] == 0


def days_around(moment: datetime) -> set[date]:
    """The day, and the next, should a test run over midnight."""
    return {moment.date(), moment.date() + timedelta(days=1)}


def test_without_its_archive_a_server_says_so_and_tells_the_rest(desk: Desk, tmp_path: Path) -> None:
    with TestClient(make_app(desk), base_url="http://localhost", client=("127.0.0.1", 50000)) as here:
        assert here.get("/health").text == "ok\n"
        spoil(tmp_path / "assay.db")
        health = here.get("/health")
        assert (health.status_code, health.text) == (503, "the archive cannot be read\n")
        seen = figures(here)
        assert seen["assay_archive_up"] == 0
        assert "assay_papers" not in seen
        assert seen["assay_requests_total method=GET route=/health status=503"] == 1


def spoil(archive: Path) -> None:
    """Take the papers out of an archive that a server has open."""
    with sqlite3.connect(archive) as connection:
        connection.execute("ALTER TABLE papers RENAME TO gone")
    connection.close()


@pytest.mark.parametrize(
    ("client", "host", "status"),
    [
        ("127.0.0.1", "localhost", 200),
        ("::1", "[::1]:8765", 200),
        ("192.0.2.7", "localhost", 403),
        ("127.0.0.1", "papers.example", 403),  # a proxy on this machine
    ],
)
def test_without_a_token_of_their_own_metrics_are_for_this_machine(
    desk: Desk, client: str, host: str, status: int
) -> None:
    app = make_app(desk, Access("0.0.0.0", tokens=TOKENS))
    with TestClient(app, base_url="http://papers.example", client=(client, 50000)) as far:
        for sent in ({}, {"authorization": f"Bearer {TOKENS['anna']}"}):
            answer = far.get("/metrics", headers={"host": host, **sent})
            assert answer.status_code == status
            assert ("assay_papers" in answer.text) is (status == 200)
        assert far.get("/health").status_code == 200


def test_their_token_opens_the_metrics_and_nothing_else(desk: Desk) -> None:
    access = Access("0.0.0.0", tokens=TOKENS, metrics_token=SECRET)
    slow = Limits(logins=Rate(per_second=1e-9, burst=4))
    right = {"authorization": f"Bearer {SECRET}"}
    with TestClient(make_app(desk, access, slow), base_url="http://papers.example") as far:
        assert [far.get("/metrics", headers=right).status_code for _ in range(9)] == [200] * 9
        assert far.get("/api/marks", headers=right).status_code == 401
        assert far.get("/metrics", headers={"authorization": f"Bearer {TOKENS['anna']}"}).status_code == 403
        assert far.get("/metrics").status_code == 403
        wrong = [far.get("/metrics", headers={"authorization": "Bearer wrong"}).status_code for _ in range(5)]
        assert wrong == [403] * 3 + [429] * 2  # the reader's request with the other token counted as one
    with TestClient(make_app(desk, access), base_url="http://localhost", client=("127.0.0.1", 50000)) as near:
        assert near.get("/metrics").status_code == 403


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        ("short", "metrics_token has 5 characters"),
        ("a" * 20, "a reader's"),
        ("열려라 참깨" * 5, "without a space"),
    ],
)
def test_a_token_that_protects_nothing_is_refused(secret: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Access(tokens=TOKENS, metrics_token=secret)


def test_agents_have_the_same_behind_a_real_server(desk: Desk) -> None:
    with Served(make_agent_app(desk, Access())) as address:
        with urllib.request.urlopen(f"{address}/health") as answer:
            assert answer.read() == b"ok\n"
        with urllib.request.urlopen(f"{address}/metrics") as answer:
            assert b'assay_requests_total{method="GET",route="/health",status="200"} 1.0' in answer.read()
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(urllib.request.Request(f"{address}/metrics", headers={"Host": "papers.example"}))
