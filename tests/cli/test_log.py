"""What commands that run for long log: every line an object, and nothing in it that nobody else may know."""

import json
import logging
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run, environment_of
from tests.cli.test_serve import ENDS_WITHIN, running

NOWHERE = {"ASSAY_HUGGINGFACE_URL": "http://127.0.0.1:9", "ASSAY_PATIENCE": "0", "ASSAY_RETRY_WAIT": "0"}
"""A source that nobody answers for."""


def events(lines: Iterator[str] | list[str]) -> list[dict[str, Any]]:
    """Lines that are an object each, with a time of now."""
    found = [json.loads(line) for line in lines]
    for each in found:
        assert abs((datetime.now(UTC) - datetime.fromisoformat(each["time"])).total_seconds()) < 3600
        assert {"level", "logger", "event"} < each.keys()
    return found


@pytest.mark.parametrize("command", ["serve", "mcp"])
def test_a_server_logs_each_request(home: Path, tmp_path: Path, command: str) -> None:
    with running(home, tmp_path, command, "--port", "0", "--log", "json") as server:
        assert server.stderr is not None
        [begun] = events([server.stderr.readline()])
        assert begun["event"] == "serving"
        address = begun["address"].removesuffix("mcp")
        asked = urllib.request.Request(f"{address}health?q=quokka", headers={"X-Request-ID": "7f"})
        with urllib.request.urlopen(asked) as answer:
            assert answer.headers["X-Request-ID"] == "7f"
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(urllib.request.Request(address, headers={"Host": "evil.example"}))
        server.send_signal(signal.SIGINT)
        server.wait(ENDS_WITHIN)
        told = events(list(server.stderr))
    assert [(each["event"], each["route"], each["status"]) for each in told] == [
        ("request", "/health", 200),
        ("request", "none", 403),
    ]
    assert (told[0]["id"], told[0]["method"], told[0]["level"]) == ("7f", "GET", "INFO")
    assert "quokka" not in str(told)


@pytest.mark.parametrize("how", [("--log", "json"), ()])
def test_what_cannot_begin_says_so_in_the_log(assay: Run, how: tuple[str, ...]) -> None:
    done = assay("serve", "--host", "0.0.0.0", *how, **({} if how else {"ASSAY_LOG": "json"}))
    assert (done.code, done.out) == (2, "")
    [told] = events(done.err.splitlines())
    assert told["level"] == "ERROR"
    assert told["event"].startswith("0.0.0.0 can be reached from other machines")
    assert logging.getLogger("assay").level == logging.NOTSET  # all is as it was


def test_a_collection_logs_what_it_came_to(assay: Run) -> None:
    done = assay("collect", "2025-02-26", "--log", "json", **NOWHERE)
    assert (done.code, done.out) == (1, "")
    *_, told = events(done.err.splitlines())
    assert (told["event"], told["source"], told["day"]) == ("collected", "huggingface", "2025-02-26")
    assert (told["outcome"], told["papers"]) == ("failed", 0)
    assert told["why"]


def test_a_watch_logs_its_steps_and_what_they_say(home: Path, tmp_path: Path) -> None:
    settings = {"ASSAY_WATCH_DO": "doctor,collect {day}", **NOWHERE}
    command = [sys.executable, "-m", "assay", "watch", "--once", "--log", "json"]
    done = subprocess.run(
        command, env=environment_of(home, tmp_path) | settings, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    told = events(done.stderr.splitlines())
    names = [each["event"] for each in told]
    assert names[0] == "step begins"
    assert "papers: 80" in " ".join(each["line"] for each in told if each["event"] == "step says")
    assert "collected" in names  # the step's own event, as it logged it
    assert (names[-1], told[-1]["code"]) == ("step failed", 1)
