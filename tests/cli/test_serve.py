"""``assay serve`` and ``assay mcp`` as commands: where they listen, how they end, and what they say if they cannot."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from assay.web.runs import Runs
from tests.cli.conftest import Run, environment_of

ENDS_WITHIN = 60.0
"""Seconds; a machine that is busy takes its time, but what waits for ever does not end."""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("serve", "--host", "0.0.0.0"), "0.0.0.0 can be reached from other machines: give each reader a token"),
        (("mcp", "--host", "0.0.0.0", "--port", "0"), "0.0.0.0 can be reached from other machines"),
        (("mcp", "--host", "127.0.0.1"), "--host is where to listen with --port"),
        (("serve", "--host", "no.such.host.invalid"), "no.such.host.invalid can be reached from other machines"),
    ],
)
def test_where_it_cannot_serve_it_says_so_in_a_line(assay: Run, arguments: tuple[str, ...], said: str) -> None:
    done = assay(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"assay: {said}")
    assert done.err.count("\n") == 1


@pytest.mark.parametrize("command", ["serve", "mcp"])
def test_a_port_that_is_taken_is_said_to_be(assay: Run, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = assay(command, "--port", port)
    assert done.code == 2
    assert done.err == f"assay: cannot listen on 127.0.0.1, port {port}: Address already in use\n"


@pytest.mark.parametrize(
    ("command", "module", "extra"),
    [
        ("serve", "fastapi", "web"),
        ("serve", "uvicorn", "web"),
        ("serve", "python_multipart", "web"),
        ("serve", "prometheus_client", "web"),
        ("mcp", "mcp", "mcp"),
        ("mcp", "prometheus_client", "mcp"),
    ],
)
def test_without_the_extra_it_says_what_to_install(
    assay: Run, monkeypatch: pytest.MonkeyPatch, command: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)  # as if it were not there
    done = assay(command)
    assert done.code == 2
    assert f"pip install 'assay-papers[{extra}]'" in done.err
    assert done.err.count("\n") == 1


@contextmanager
def running(home: Path, tmp_path: Path, *arguments: str, **streams: Any) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "assay", *arguments]
    with subprocess.Popen(
        command, env=environment_of(home, tmp_path), stderr=subprocess.PIPE, text=True, **streams
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_server_that_is_stopped_ends_though_somebody_follows_a_run_which_goes_on(
    home: Path, tmp_path: Path, number: signal.Signals
) -> None:
    devices = tmp_path / "cache" / "assay" / "devices"
    devices.mkdir(parents=True)
    with (
        FileLock(devices / "cpu.lock"),
        running(home, tmp_path, "serve", "--port", "0") as server,
        socket.socket() as slow,
    ):
        assert server.stderr is not None
        address = server.stderr.readline().split()[3]
        wanted = urllib.request.Request(
            f"{address}api/runs", b'{"paper": "2502.17262"}', {"content-type": "application/json"}
        )
        with urllib.request.urlopen(wanted) as answer:
            key = json.load(answer)["id"]
        runs = Runs(home / "runs")
        while not (home / "runs" / key / "state.json").exists():
            time.sleep(0.05)
        streams = [urllib.request.urlopen(f"{address}api/runs/{key}/events") for _ in range(5)]
        slow.connect(("127.0.0.1", int(address.rstrip("/").rpartition(":")[2])))
        lines = ("POST /api/marks HTTP/1.1", "host: localhost", "content-type: application/json", "content-length: 9")
        slow.sendall("\r\n".join((*lines, "", "{")).encode())  # the rest never comes
        server.send_signal(number)
        code = server.wait(ENDS_WITHIN)
        assert code == (0 if number is signal.SIGINT else -number)
        assert server.stderr.read() == ""
        for each in streams:
            assert b'"waiting"' in each.read()
            each.close()
        assert runs.get(key).progress.state == "waiting"
        runs.cancel(key)
        while not runs.get(key).progress.state.is_over:
            time.sleep(0.05)
        assert runs.get(key).progress.state == "cancelled"


HELLO = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "0"}},
}


@pytest.mark.parametrize("how", ["its input is closed", "Ctrl-C"])
def test_agents_are_answered_until_the_end_and_hear_nothing_but_the_protocol(
    home: Path, tmp_path: Path, how: str
) -> None:
    with running(home, tmp_path, "mcp", stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stderr is not None
        server.stdin.write(json.dumps(HELLO) + "\n")
        server.stdin.flush()
        assert json.loads(server.stdout.readline())["result"]["serverInfo"]["name"] == "assay"
        if how == "Ctrl-C":
            server.send_signal(signal.SIGINT)
        else:
            server.stdin.close()
        assert server.wait(ENDS_WITHIN) == (-signal.SIGINT if how == "Ctrl-C" else 0)
        assert (server.stdout.read(), server.stderr.read()) == ("", "")
