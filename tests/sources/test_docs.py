"""The source that the guide shows works as it stands."""

import json
import re
from datetime import date
from pathlib import Path
from types import ModuleType

import pytest

from assay.sources.client import Client
from tests.sources.server import Answer, SourceServer, busy

GUIDE = Path(__file__).parents[2] / "docs" / "add-a-source.md"
DAY = date(2099, 12, 2)


@pytest.fixture(scope="module")
def toy_list() -> ModuleType:
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    module = ModuleType("toy_list")
    exec(compile(code, str(GUIDE), "exec"), module.__dict__)
    return module


def page(*papers: dict[str, object], more: bool = False) -> Answer:
    return Answer(json.dumps({"papers": papers, "more": more}).encode())


def test_it_fetches_page_by_page(toy_list: ModuleType, server: SourceServer, client: Client) -> None:
    server.then(page(more=True), busy(), page())
    assert len(list(toy_list.pages(client, DAY, base_url=server.url))) == 2
    assert [request.target for request in server.requests] == [
        "/days/2099-12-02?page=1",
        "/days/2099-12-02?page=2",
        "/days/2099-12-02?page=2",
    ]


def test_it_reads_what_it_can(toy_list: ModuleType) -> None:
    answer = page(
        {"arxiv": "9912.99901", "name": "A Toy", "likes": 0}, {"arxiv": "9912.99902"}, {"arxiv": "x", "name": "No Toy"}
    )
    reading = toy_list.read_listing(answer.body, DAY, first_rank=4)
    assert [(s.paper, s.rank, s.votes) for s in reading.sightings] == [("9912.99901", 4, 0)]
    assert [refusal.why for refusal in reading.refused] == [
        "entry 5: it has no 'name'",
        "entry 6: id: not an arXiv id or a link to one: 'x' (an id looks like 2502.18137)",
    ]


def test_an_error_is_no_page(toy_list: ModuleType, server: SourceServer, client: Client) -> None:
    server.then(Answer(b'{"error": "no"}'))
    with pytest.raises(ValueError, match="not a page of the Toy List"):
        next(toy_list.pages(client, DAY, base_url=server.url))


def test_every_file_that_the_guide_names_is_there() -> None:
    named = re.findall(r"`((?:src|tests)/[\w/.]+)`", GUIDE.read_text(encoding="utf-8"))
    root = GUIDE.parents[1]
    assert len(named) >= 3
    assert [path for path in named if not (root / path).exists() and "toy_list" not in path] == []
