"""Adding a paper by its id: at once if the archive has it, else from a server that plays arXiv's API."""

import threading
from collections.abc import Iterator
from functools import partial

import pytest
from starlette.testclient import TestClient

from assay.digest.adding import bring_in, fetch_papers
from assay.sources.client import Client, Pace
from assay.web.app import make_app
from assay.web.desk import Desk
from tests.sources.conftest import FAST
from tests.sources.server import SourceServer, broken
from tests.sources.synthetic import atom_entry
from tests.web.sample import PAPER

KEY = "9912.99907"
"""A paper that no day lists."""
PAGE = {"accept": "text/html"}


@pytest.fixture
def server() -> Iterator[SourceServer]:
    with SourceServer() as server:
        server.preprints = [atom_entry(f"{KEY}v2", title="Gullwing: Toys that Fly")]
        yield server


@pytest.fixture
def client(desk: Desk, server: SourceServer) -> Iterator[TestClient]:
    """An app that may ask the server."""
    pace = Pace(**FAST | {"attempts": 2})
    desk.connect = lambda: Client(pace=pace, locks=desk.home / "pace")
    desk.arxiv_url = server.url
    with TestClient(make_app(desk), base_url="http://localhost") as client:
        yield client


def test_what_is_here_is_added_at_once(client: TestClient, desk: Desk, server: SourceServer) -> None:
    for name in (PAPER, f"https://huggingface.co/papers/{PAPER}", f"arXiv:{PAPER}v2", "sparge_attn"):
        answer = client.post("/api/papers", json={"paper": name})
        assert (answer.status_code, answer.json()["paper"], answer.json()["is_new"]) == (200, PAPER, False)
    assert server.requests == []
    assert desk.shelf("me").marks([PAPER])[PAPER].added


def test_what_is_not_is_asked_for_at_arxiv(client: TestClient, desk: Desk, server: SourceServer) -> None:
    answer = client.post("/api/papers", json={"paper": f"https://arxiv.org/pdf/{KEY}v1"})
    assert answer.json() == {"paper": KEY, "title": "Gullwing: Toys that Fly", "is_new": True}
    assert [request.path for request in server.requests] == ["/api/query"]
    assert [claim.value for claim in desk.store.claims([KEY])[KEY]] == [12.5]
    assert "Gullwing" in client.get(f"/paper/{KEY}/").text
    assert client.get("/api/search", params={"q": "gullwing"}).json()["papers"][0]["id"] == KEY
    assert client.post("/api/papers", json={"paper": KEY}).json()["is_new"] is False
    assert len(server.requests) == 1


def test_the_form_opens_what_it_added(client: TestClient) -> None:
    for root in ("", "/ko"):
        answer = client.post(f"{root}/mine/add", data={"paper": KEY}, headers=PAGE, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"{root}/paper/{KEY}/")


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("9912.99908", 404, "9912.99908: arXiv has no record of it"),
        ("no paper at all", 422, "neither an arXiv id, nor a link to a paper"),
        ("", 422, "paper"),
    ],
)
def test_what_is_no_paper_is_refused(client: TestClient, desk: Desk, name: str, status: int, words: str) -> None:
    answer = client.post("/api/papers", json={"paper": name})
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text
    page = client.post("/mine/add", data={"paper": name}, headers=PAGE)
    assert page.status_code == 422
    assert words in page.text
    assert desk.shelf("me").is_new


def test_without_a_network_one_line_says_so(client: TestClient, desk: Desk, server: SourceServer) -> None:
    server.then(*[broken()] * 4)  # twice as often as it is asked
    answer = client.post("/api/papers", json={"paper": KEY})
    assert answer.status_code == 502
    assert answer.json()["detail"].startswith(f"{KEY}: arXiv did not answer, and nothing here says what it is; arxiv: ")
    assert "\n" not in answer.json()["detail"]
    page = client.post("/mine/add", data={"paper": KEY}, headers=PAGE)
    assert "arXiv did not answer" in page.text
    assert f'value="{KEY}"' in page.text  # what was typed is not lost
    assert desk.store.paper(KEY) is None
    assert client.post("/api/papers", json={"paper": KEY}).status_code == 200  # it is back


def test_a_desk_that_may_ask_nobody_says_so(client: TestClient, desk: Desk) -> None:
    desk.connect = None
    answer = client.post("/api/papers", json={"paper": KEY})
    assert (answer.status_code, answer.json()["detail"]) == (
        503,
        f"{KEY} is not in the archive, and this server asks nobody",
    )
    assert client.post("/api/papers", json={"paper": PAPER}).status_code == 200


def test_few_wait_for_arxiv_so_that_nobody_waits_for_them(client: TestClient, desk: Desk) -> None:
    arrived, may_go = threading.Semaphore(0), threading.Event()
    connect = desk.connect
    assert connect is not None

    def connect_later() -> Client:
        arrived.release()
        may_go.wait()
        return connect()

    desk.connect = connect_later
    answers: list[int] = []
    waiting = [
        threading.Thread(target=lambda: answers.append(client.post("/api/papers", json={"paper": KEY}).status_code))
        for _ in range(2)
    ]
    for each in waiting:
        each.start()
        arrived.acquire()
    refused = client.post("/api/papers", json={"paper": KEY})
    assert refused.status_code == 503
    assert "try again in a few seconds" in refused.json()["detail"]
    assert client.get("/api/search", params={"q": "attention"}).status_code == 200
    may_go.set()
    for each in waiting:
        each.join()
    assert answers == [200, 200]


def test_the_command_and_the_app_bring_papers_in_alike(client: TestClient, desk: Desk, server: SourceServer) -> None:
    assert desk.connect is not None
    with desk.connect() as asking:
        fetch = partial(fetch_papers, desk.store, asking, base_url=server.url)
        brought = bring_in(desk.store, [PAPER, KEY, "9912.99908"], fetch)
    assert (brought.papers, brought.new) == ((PAPER, KEY), (KEY,))
    assert brought.refused == {"9912.99908": "arXiv has no record of it"}
    assert client.post("/api/papers", json={"paper": KEY}).json()["is_new"] is False
