"""Runs: real trials in processes of their own, which wait for each other and survive whoever started them."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from starlette.testclient import TestClient

from assay.web.desk import Desk
from assay.web.runs import Run, Runs, RunState

PAPER = "2502.17262"
"""Its quick run takes about a second, beside the loading of torch."""


@pytest.fixture(autouse=True)
def devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where processes agree on who has a device: a folder of the test's own. No process outlives the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "cache" / "assay" / "devices"
    folder.mkdir(parents=True)
    yield folder
    runs = Runs(tmp_path / "runs")
    for run in runs.all():
        runs.cancel(run.id)


def start(client: TestClient, **wanted: str) -> str:
    answer = client.post("/api/runs", json={"paper": PAPER, **wanted})
    assert answer.status_code == 201, answer.text
    key: str = answer.json()["id"]
    return key


def until(runs: Runs, key: str, holds: Callable[[Run], bool]) -> Run:
    """The run as soon as something holds of it; a machine that is busy takes its time."""
    while not holds(run := runs.get(key)):
        assert not run.progress.state.is_over, run.progress
        time.sleep(0.05)
    return run


def state(client: TestClient, key: str) -> str:
    answer: str = client.get(f"/api/runs/{key}").json()["progress"]["state"]
    return answer


def test_a_run_measures_a_claim_and_tells_how_far_it_is(client: TestClient, desk: Desk) -> None:
    key = start(client, claim="max-prediction-error")
    with client.stream("GET", f"/api/runs/{key}/events") as events:
        told = [line for line in events.iter_lines() if line.startswith("data:")]
    assert '"waiting"' in told[0] or '"running"' in told[0]
    assert '"done"' in told[-1]
    (measurement,) = desk.runs.get(key).measurements
    assert (measurement.claim, measurement.quick) == ("max-prediction-error", True)
    assert measurement.trial in {each.trial for each in desk.store.measurements(PAPER)}
    assert "clustering_on_difficulty" in client.get(f"/runs/{key}/").text
    assert "완료" in client.get(f"/ko/runs/{key}/").text


def test_a_device_has_one_run_at_a_time_in_the_order_in_which_they_were_asked_for(
    client: TestClient, desk: Desk, devices: Path
) -> None:
    with FileLock(devices / "cpu.lock"):
        first, second = start(client), start(client)
        until(desk.runs, second, lambda run: (desk.home / "runs" / run.id / "state.json").exists())
        assert [state(client, key) for key in (first, second)] == ["waiting", "waiting"]
    until(desk.runs, first, lambda run: run.progress.state is RunState.RUNNING)
    assert state(client, second) == "waiting"
    assert client.post(f"/api/runs/{second}/cancel").json()["progress"]["state"] == "cancelled"
    assert state(client, first) == "running"


def test_a_run_survives_its_server_and_says_when_it_was_killed(client: TestClient, desk: Desk, devices: Path) -> None:
    with FileLock(devices / "cpu.lock"):
        key = start(client)
        another_server = Runs(desk.home / "runs")
        until(another_server, key, lambda run: (desk.home / "runs" / run.id / "state.json").exists())
        os.killpg(int((desk.home / "runs" / key / "process.json").read_text()), signal.SIGKILL)
        while not another_server.get(key).progress.state.is_over:
            time.sleep(0.05)
    assert another_server.get(key).progress.state is RunState.BROKEN_OFF
    assert state(client, key) == "broken off"


@pytest.mark.parametrize(
    ("wanted", "status", "words"),
    [
        ({"paper": "9901.00001"}, 422, "9901.00001"),
        ({"paper": PAPER, "claim": "nothing"}, 422, "no trial measures 'nothing'"),
        ({"paper": PAPER, "size": "huge"}, 422, "size"),
        ({"paper": PAPER, "size": "long"}, 422, "up to an hour"),
        ({"paper": PAPER, "model": "/nowhere"}, 422, "pretrained model"),
        ({}, 422, "paper"),
    ],
)
def test_what_cannot_be_run_is_refused(client: TestClient, wanted: dict[str, str], status: int, words: str) -> None:
    answer = client.post("/api/runs", json=wanted)
    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert client.get("/api/runs").json() == []


def test_a_run_that_is_not_there_is_said_not_to_be(client: TestClient) -> None:
    for path in ("nothing", "..", "%2e%2e%2fassay.db"):
        assert client.get(f"/api/runs/{path}").status_code == 404
