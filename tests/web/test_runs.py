"""Runs: real trials in processes of their own, which wait for each other and survive whoever started them."""

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex

import pytest
from filelock import FileLock
from starlette.testclient import TestClient

from assay.papers.files import write_whole
from assay.web.desk import Desk
from assay.web.runs import MOST_WAITING, Asked, Progress, Run, Runs, RunState
from tests.papers.measured import measurement

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
        while not runs.get(run.id).progress.state.is_over:
            time.sleep(0.05)


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
    for _ in range(2):  # to cancel it twice is as if it were done once
        assert client.post(f"/api/runs/{second}/cancel").json()["progress"]["state"] == "cancelled"
    assert state(client, first) in {"running", "done"}


def process_of(key: str) -> int:
    """The number of a run's process."""
    found = subprocess.run(["pgrep", "-f", f"assay.web.worker .*{key}"], capture_output=True, text=True, check=True)
    return int(found.stdout.split()[0])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_survives_its_server_and_says_that_it_was_ended_from_outside(
    client: TestClient, desk: Desk, devices: Path, number: signal.Signals
) -> None:
    with FileLock(devices / "cpu.lock"):
        key = start(client)
        another_server = Runs(desk.home / "runs")
        until(another_server, key, lambda run: (desk.home / "runs" / run.id / "state.json").exists())
        os.kill(process_of(key), number)
        while not another_server.get(key).progress.state.is_over:
            time.sleep(0.05)
    assert another_server.get(key).progress.state is RunState.BROKEN_OFF
    assert state(client, key) == "broken off"
    another_server.cancel(key)  # it is over, and stays as it is
    assert state(client, key) == "broken off"


def test_a_run_that_does_not_even_listen_is_ended(
    client: TestClient, desk: Desk, devices: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.web.running._PATIENCE", 0.5)
    with FileLock(devices / "cpu.lock"):
        key = start(client)
        until(desk.runs, key, lambda run: (desk.home / "runs" / run.id / "state.json").exists())
        os.kill(process_of(key), signal.SIGSTOP)
        client.post(f"/api/runs/{key}/cancel")
        while not desk.runs.get(key).progress.state.is_over:
            time.sleep(0.05)
    assert state(client, key) == "cancelled"


@contextmanager
def living(folder: Path, *, before: timedelta = timedelta(0), **changes: object) -> Iterator[Path]:
    """A run whose process is this one, as long as it is entered."""
    at = datetime.now(UTC) - before
    asked = Asked(paper=PAPER, name="clustering_on_difficulty", trials=("a",), reader="me", at=at)
    own = folder / f"{at:%Y%m%d-%H%M%S-%f}-{token_hex(3)}"
    write_whole(own / "asked.json", asked.model_dump_json())
    write_whole(own / "state.json", Progress(**changes).model_dump_json())  # type: ignore[arg-type]
    with FileLock(own / "alive.lock"):
        yield own


def test_no_more_runs_wait_than_may_though_two_are_asked_for_at_once(client: TestClient, desk: Desk) -> None:
    with ExitStack() as others:
        for _ in range(MOST_WAITING - 1):
            others.enter_context(living(desk.home / "runs", before=timedelta(minutes=1)))
        with ThreadPoolExecutor() as pool:
            asked = [pool.submit(client.post, "/api/runs", json={"paper": PAPER}) for _ in range(3)]
        answers = [each.result() for each in asked]
        assert sorted(each.status_code for each in answers) == [201, 422, 422]
        refused = next(each for each in answers if each.status_code == 422)
        assert f"{MOST_WAITING} runs are waiting" in refused.json()["detail"]


def test_what_cannot_be_read_keeps_nobody_from_the_others(client: TestClient, desk: Desk) -> None:
    folder = desk.home / "runs"
    with living(folder) as good:
        (good / "measurements.jsonl").write_bytes(
            measurement(model="two\u2028lines").model_dump_json().encode() + b'\n{"paper": "\xff\xfe\n{"paper'
        )
        for name in ("half", "20250101-000000-000000-abcdef", "20250101-000000-000000-fedcba"):
            (folder / name).mkdir()
            (folder / name / "asked.json").write_text('{"paper": "2502.1')
        asked = (good / "asked.json").read_text()
        (folder / "20250101-000000-000000-fedcba" / "asked.json").write_text(asked[:-1] + ', "of_a_later_version": 1}')
        assert [each["id"] for each in client.get("/api/runs").json()] == [good.name]
        assert [each["model"] for each in client.get("/api/runs").json()[0]["measurements"]] == ["two\u2028lines"]
        assert good.name in client.get("/runs/").text
        assert client.get(f"/runs/{good.name}/").status_code == 200  # it has no log yet
        assert client.get(f"/api/runs/{good.name}/log").json() == {"text": ""}
        assert client.get("/api/runs/20250101-000000-000000-abcdef").status_code == 404
        (good / "state.json").write_text("{")
        assert state(client, good.name) == "waiting"
    assert state(client, good.name) == "broken off"


def test_a_disk_that_is_full_keeps_nobody_from_looking(client: TestClient, desk: Desk) -> None:
    with living(desk.home / "runs", state=RunState.RUNNING) as own:
        pass
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))  # nothing can be written to any file
    try:
        assert state(client, own.name) == "broken off"
        answer = client.post("/api/runs", json={"paper": PAPER})
        assert (answer.status_code, answer.json()) == (422, {"detail": "no run can be started: File too large"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert '"running"' in (own / "state.json").read_text()
    assert state(client, own.name) == "broken off"
    assert '"broken off"' in (own / "state.json").read_text()


def test_where_measurements_are_kept_is_nobodys_business(client: TestClient, desk: Desk, devices: Path) -> None:
    with FileLock(devices / "cpu.lock"):
        key = start(client)
        assert desk.database not in client.get("/api/runs").text
        assert not [file for file in (desk.home / "runs" / key).iterdir() if desk.database in file.read_text()]


def test_a_folder_that_one_stands_in_takes_no_part(client: TestClient, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "signal.py").write_text("raise SystemExit('the wrong module')")
    program = (
        "import sys; from assay.web.runs import *; "
        f"asked = Asked(paper='{PAPER}', name='x', trials=(), reader='me', at=datetime.now(UTC)); "
        "Runs(Path(sys.argv[1]), 'sqlite://').start(asked)"
    )
    subprocess.run([sys.executable, "-P", "-c", program, str(desk.home / "runs")], cwd=tmp_path, check=True)
    (run,) = desk.runs.all()
    while not (run := desk.runs.get(run.id)).progress.state.is_over:
        time.sleep(0.05)
    assert "wrong module" not in desk.runs.log(run.id)
    assert run.progress.troubles == ("the trials that were asked for are not there",)


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


def test_a_run_that_is_not_there_is_said_not_to_be(client: TestClient, desk: Desk) -> None:
    (desk.home / "runs").mkdir()
    for path in ("nothing", "..", "%2e%2e%2fassay.db", "%00", "a" * 300, "20250101-000000-000000-abcdef"):
        for more in ("", "/log", "/events"):
            assert client.get(f"/api/runs/{path}{more}").status_code == 404
        assert client.post(f"/api/runs/{path}/cancel").status_code in {404, 405}
