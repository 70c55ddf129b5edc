"""A full text is fetched from a real server on loopback that has some of the forms, or none."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from assay.fulltext import FetchResult, FullText, fetch
from assay.sources.client import Client, Pace, SourceBusy, SourceUnreachable
from tests.fulltext import gullwing
from tests.sources.server import Answer, Request, SourceServer, broken, busy

PAGE = "text/html; charset=utf-8"
NO_PAGE = Answer(b"<html><h1>No HTML for 9912.99901</h1><p>HTML is not available for the source.</p></html>", 404, PAGE)


class ArxivServer(SourceServer):
    """Serves the forms that are put into ``pages``, by path."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, Answer] = {}

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        return self.pages.get(request.path, answer) if answer.status == 404 else answer

    @property
    def paths(self) -> list[str]:
        """The paths of all requests."""
        return [request.path for request in self.requests]


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with ArxivServer() as server:
        server.pages = {
            "/html/9912.99901v2": Answer(gullwing.html(), media_type=PAGE),
            "/e-print/9912.99901v2": Answer(gullwing.latex(), media_type="application/gzip"),
            "/pdf/9912.99901v2": Answer(gullwing.as_pdf(), media_type="application/pdf"),
        }
        yield server


@pytest.fixture
def client(tmp_path: Path, server: ArxivServer) -> Iterator[Client]:
    pace = Pace(attempts=2, retry_wait=0.01, jitter=0, patience=0.5, intervals={server.host: 0.2})
    with Client(locks=tmp_path, pace=pace) as client:
        yield client


def get(client: Client, server: ArxivServer) -> FetchResult:
    return fetch(client, gullwing.PAPER, 2, base_url=server.url)


def text_of(result: FetchResult) -> FullText:
    assert result.text is not None
    return result.text


def test_the_page_comes_first(client: Client, server: ArxivServer) -> None:
    result = get(client, server)
    text = text_of(result)
    assert (text.form, text.version, text.title) == ("html", 2, "Gullwing: A Cache With Two Wings")
    assert result.reasons == ()
    assert server.paths == ["/html/9912.99901v2"]


def test_a_version_in_the_id_and_none(client: Client, server: ArxivServer) -> None:
    assert text_of(fetch(client, "arXiv:9912.99901v2", base_url=server.url + "/")).version == 2
    server.pages["/html/9912.99901"] = server.pages["/html/9912.99901v2"]
    assert text_of(fetch(client, "9912.99901", base_url=server.url)).version is None


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (NO_PAGE, "404"),
        (Answer(NO_PAGE.body, 200, PAGE), "not a paper's text"),
        (Answer(b"{}", 200, "application/json"), "where text/html was expected"),
        (Answer(b"<html></html>", 200, PAGE), "no text"),
        (broken(500), "500"),
    ],
)
def test_without_a_page_the_source(client: Client, server: ArxivServer, page: Answer, reason: str) -> None:
    server.pages["/html/9912.99901v2"] = page
    result = get(client, server)
    text = text_of(result)
    assert text.form == "latex"
    (why,) = result.reasons
    assert why.startswith("html: ")
    assert reason in why
    assert text.notes[0] == why


def test_without_page_and_source_the_pdf(client: Client, server: ArxivServer) -> None:
    server.pages["/html/9912.99901v2"] = NO_PAGE
    server.pages["/e-print/9912.99901v2"] = Answer(b"%!PS-Adobe-2.0", media_type="application/x-eprint")
    result = get(client, server)
    assert text_of(result).form == "pdf"
    assert [reason.partition(":")[0] for reason in result.reasons] == ["html", "latex"]
    assert text_of(result).notes[:2] == result.reasons
    assert server.paths == [f"/{form}/9912.99901v2" for form in ("html", "e-print", "pdf")]


def test_a_source_that_is_a_pdf_is_not_asked_for_twice(client: Client, server: ArxivServer) -> None:
    server.pages["/html/9912.99901v2"] = NO_PAGE
    server.pages["/e-print/9912.99901v2"] = server.pages["/pdf/9912.99901v2"]
    assert text_of(get(client, server)).form == "pdf"
    assert len(server.requests) == 2


def test_nothing_at_all(client: Client, server: ArxivServer) -> None:
    server.pages = {}
    result = get(client, server)
    assert result.text is None
    assert [reason.partition(":")[0] for reason in result.reasons] == ["html", "latex", "pdf"]
    assert all("404" in reason for reason in result.reasons)


def test_nothing_for_now(client: Client, server: ArxivServer) -> None:
    server.pages = {"/html/9912.99901v2": broken(502)}
    with pytest.raises(SourceUnreachable, match="502"):
        get(client, server)


def test_a_busy_server_is_not_asked_for_another_form(client: Client, server: ArxivServer) -> None:
    server.then(busy(429, retry_after="60"))
    with pytest.raises(SourceBusy, match="come back in 60 s"):
        get(client, server)
    assert len(server.requests) == 1


def test_requests_keep_their_distance(client: Client, server: ArxivServer) -> None:
    server.pages["/html/9912.99901v2"] = server.pages["/e-print/9912.99901v2"] = NO_PAGE
    get(client, server)
    times = [request.at for request in server.requests]
    assert len(times) == 3
    assert min(after - before for before, after in pairwise(times)) >= 0.19


def test_what_is_no_id(client: Client, server: ArxivServer) -> None:
    with pytest.raises(ValueError, match="not an arXiv id"):
        fetch(client, "Gullwing", base_url=server.url)
    assert server.requests == []
