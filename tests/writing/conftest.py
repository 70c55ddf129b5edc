"""A model server on loopback for the tests of this folder, which never go out."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.writing.server import (
    ModelServer,
)


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo

    def guarded(host: Any, *arguments: Any, **named: Any) -> Any:
        nowhere = {"nowhere.invalid", b"nowhere.invalid"}
        assert host in {"127.0.0.1", "localhost", b"127.0.0.1"} | nowhere, f"a test went out to {host}"
        return resolve(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", guarded)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost,nowhere.invalid")
