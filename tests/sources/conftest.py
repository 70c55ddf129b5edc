"""A server on loopback, clients that do not dawdle but have patience, and nothing past loopback."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assay.sources.client import Client, Pace
from tests.sources.server import SourceServer

FAST: dict[str, Any] = {
    "connect": 60,
    "read": 60,
    "total": 60,
    "attempts": 3,
    "retry_wait": 0.01,
    "longest_wait": 0.05,
    "jitter": 0.005,
    "patience": 60,
    "intervals": {},
}


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo

    def guarded(host: Any, *arguments: Any, **named: Any) -> Any:
        assert host in {"127.0.0.1", "localhost"}, f"a test went out to {host}"
        return resolve(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", guarded)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


@pytest.fixture
def server() -> Iterator[SourceServer]:
    with SourceServer() as running:
        yield running


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """``connect(patience=0.2, cached=...)``: a client with a fast pace; names of `Pace` change the pace."""
    clients: list[Client] = []

    def make(**settings: Any) -> Client:
        pace = Pace(**FAST | {name: settings.pop(name) for name in list(settings) if name in FAST})
        clients.append(Client(pace=pace, locks=tmp_path / "pace", **settings))
        return clients[-1]

    yield make
    for client in clients:
        client.__exit__(None, None, None)


@pytest.fixture
def client(connect: Callable[..., Client]) -> Client:
    return connect()
