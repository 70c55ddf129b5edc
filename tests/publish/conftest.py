"""A site built once, behind a real web server, and a real browser that looks at it."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from assay.publish.site import build
from tests.publish.site.sample import files_of, sample_site


@pytest.fixture(scope="session")
def pages() -> dict[str, str]:
    """Every file of the sample's site, by its path."""
    return files_of(sample_site())


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample's site, built."""
    folder = tmp_path_factory.mktemp("site")
    build(sample_site(), folder)
    return folder


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


class QuietServer(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A browser that leaves a page lets go of its connections; that is no error."""


@pytest.fixture(scope="session")
def address(folder: Path) -> Iterator[str]:
    """The site under a path of a real web server, as a project page of a file host has it."""
    root = folder.parent
    handler = functools.partial(QuietHandler, directory=str(root))
    with QuietServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/{folder.name}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")  # no longer: while it runs, no other test of the process may run an event loop
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("no Chromium on this machine")
    expect.set_options(timeout=60_000)  # a busy machine is no failure
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=quiet, timeout=120_000)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that must meet no error, and must ask no other host for anything."""
    page = browser.new_page(viewport={"width": 1200, "height": 800})
    page.set_default_timeout(60_000)
    requests: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    yield page
    page.close()
    assert not problems
    assert not [url for url in requests if not url.startswith((address, "data:", "blob:"))]
