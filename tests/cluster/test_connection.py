"""What cannot be connected to is said in one line, and soon; what was started here is ended with the command."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread

import pytest

from assay.cluster import Cluster, Needs, Node, connect, connection
from assay.cluster.nodes import compare_sources, looker
from tests.cluster.conftest import NO_RAY, ROOT
from tests.cluster.small import wait_until

needs_ray = pytest.mark.skipif(find_spec("ray") is None, reason=NO_RAY)


@pytest.mark.parametrize("address", ["", "here", "ray://", "ray://host", "host:99999", "http://host:6379", "a b:1"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"^--on is .*: give ray \(this machine alone\), ray://HOST:PORT"):
        connection.check_address(address)


@pytest.mark.parametrize("address", ["ray", "auto", "ray://head:10001", "10.0.0.1:6379", "[::1]:6379"])
def test_addresses(address: str) -> None:
    connection.check_address(address)


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ValueError, match=r"^--on needs Ray: pip install 'assay-papers\[ray\]'$"), connect("ray"):
        pass


class Page(BaseHTTPRequestHandler):
    """Answers as any web server does."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def web_server() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def silent_server() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


@needs_ray
@pytest.mark.parametrize("scheme", ["", "ray://"])
@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("closed_port", "nothing answers there (Connection refused)"),
        ("web_server", "what answers there is no"),
        ("silent_server", "what answers there is no"),
    ],
)
def test_what_is_no_cluster_is_refused_soon(
    server: str, words: str, scheme: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "_SECONDS", 0.5)
    address = f"{scheme}127.0.0.1:{request.getfixturevalue(server)}"
    with pytest.raises(ValueError, match=r"^--on ") as error, connect(address):
        pass
    assert str(error.value).startswith(f"--on {address}: {words}")
    assert "\n" not in str(error.value)


def test_what_a_node_lacks_is_said() -> None:
    here = looker()()
    assert compare_sources(here, here) == ""
    assert compare_sources(here, ("", "")) == "has no Assay"
    assert compare_sources(("1.0", "a"), ("0.9", "a")) == "has Assay 0.9, here is 1.0"
    assert (
        compare_sources(("1.0", "a" * 64), ("1.0", "b" * 64))
        == "has Assay 1.0 with other files (bbbbbbbb, here aaaaaaaa)"
    )


def test_a_task_is_fitted_to_the_largest_node() -> None:
    cluster = Cluster.__new__(Cluster)
    cluster.nodes = (Node("a", "a", 2, memory=8e9), Node("b", "b", 4, gpus=1, memory=4e9))
    assert cluster.fit(Needs(2, memory=16 * 10**9)).memory == 8 * 10**9
    assert cluster.fit(Needs(1, gpus=1, memory=10**9)) == Needs(1, gpus=1, memory=10**9)
    assert cluster.description == "2 nodes, 6 CPUs, 1 GPU"
    with pytest.raises(ValueError, match="no node of the cluster has 4 CPUs and 2 GPUs: it has 2 nodes"):
        cluster.fit(Needs(4, gpus=2))


SCRIPT = """
import sys
from assay.cluster import Work, connect

def turned(number):
    return -number

with connect("ray") as cluster:
    [done] = cluster.run(turned, [Work("one", (-3,))])
    import ray
    print(done.value, ray._private.worker.global_worker.node.get_temp_dir_path(), flush=True)
    if sys.argv[1] == "wait":
        sys.stdin.read()
"""


@needs_ray
@pytest.mark.slow
@pytest.mark.parametrize("end", ["done", "killed"])
def test_a_cluster_of_our_own_ends_with_the_command(end: str) -> None:
    arguments = [sys.executable, "-c", SCRIPT, "wait" if end == "killed" else "go"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(arguments, cwd=ROOT, text=True, **pipes) as process:  # type: ignore[call-overload]
        value, folder = process.stdout.readline().split()
        assert value == "3"
        if end == "killed":
            os.kill(process.pid, signal.SIGKILL)
        process.stdin.close()
        assert process.wait(timeout=60) == (0 if end == "done" else -signal.SIGKILL)
        if end == "done":
            assert process.stderr.read() == ""
            assert not Path(folder).exists()
    wait_until(lambda: not commands_with(folder))
    shutil.rmtree(folder, ignore_errors=True)  # who is killed leaves it


def commands_with(text: str) -> list[str]:
    """The command lines, of all processes, that mention a text."""
    lines = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(file.read_text(encoding="utf-8", errors="replace"))
        except OSError:  # it has ended
            continue
    return [line for line in lines if text in line]
