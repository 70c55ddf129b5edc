"""The app over a small archive: asked in this process, behind a real server, and in a real browser."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.testclient import TestClient
from starlette.types import ASGIApp

from assay.web.app import make_app
from assay.web.desk import Desk
from tests.publish.conftest import browser
from tests.web.sample import make_desk

__all__ = ["browser"]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk of its own for each test."""
    own = make_desk(tmp_path)
    with own.store:
        yield own
        own.close()


@pytest.fixture
def client(desk: Desk) -> Iterator[TestClient]:
    """A client on this machine."""
    with TestClient(make_app(desk), base_url="http://localhost") as client:
        yield client


class Served:
    """An app behind a real server on loopback, for as long as it is entered."""

    def __init__(self, app: ASGIApp) -> None:
        self._server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> str:
        """Start it; the address."""
        self._thread.start()
        while not self._server.started:
            if not self._thread.is_alive():
                raise RuntimeError("the server did not start")
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://localhost:{port}"

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app behind a real server, shared by the tests of a module."""
    own = make_desk(tmp_path_factory.mktemp("app"))
    with own.store, Served(make_app(own)) as address:
        yield address
