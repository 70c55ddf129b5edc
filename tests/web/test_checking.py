"""Check a text: what a pasted text comes to, as JSON for programs and as a page for readers."""

import re

import pytest
from starlette.testclient import TestClient

from assay.claims.report import CheckedText
from assay.papers.findings import State
from assay.papers.models import Paper
from assay.web.app import make_app
from assay.web.desk import Desk
from assay.web.limits import Limits, Rate
from tests.web.sample import PAPER

TERN = Paper(
    id="9912.99902",
    title="TernCache: a cache for the tide",
    abstract="TernCache cuts memory by 70% and latency by 26%. It answers 2.5x faster than FlatCache on ToyBench.",
)
POST = "TernCache is 4.1x\nfaster than FlatCache on ToyBench & <b>cuts</b> memory by 70%; see arxiv.org/abs/9912.99902"


@pytest.fixture
def desk(desk: Desk) -> Desk:
    """The desk, with a paper that has an abstract."""
    desk.store.add(source="arxiv", papers=[TERN])
    return desk


def states(checked: CheckedText) -> list[tuple[str, State]]:
    return [(figure.text, figure.state) for stretch in checked.stretches for figure in stretch.figures]


def test_a_program_gets_every_figure_with_its_evidence(client: TestClient) -> None:
    answer = client.post("/api/check", json={"text": POST})
    assert answer.status_code == 200
    checked = CheckedText.model_validate_json(answer.text)
    assert states(checked) == [("4.1x", State.CONTRADICTED), ("70%", State.SUPPORTED)]
    [stretch] = checked.stretches
    wrong, right = stretch.figures
    assert (wrong.given, wrong.quote) == ("2.5x", "It answers 2.5x faster than FlatCache on ToyBench.")
    assert (stretch.text[right.start : right.end], right.place and right.place.part) == ("70%", "abstract")
    assert checked.counts[State.CONTRADICTED] == 1


def test_a_paper_may_be_named_beside_the_text(client: TestClient) -> None:
    for paper in ("9912.99902", "https://huggingface.co/papers/9912.99902", "TernCache", TERN.title):
        answer = client.post("/api/check", json={"text": "2.5배 빠르다.", "papers": [paper]})
        checked = CheckedText.model_validate_json(answer.text)
        assert states(checked) == [("2.5배", State.SUPPORTED)], paper
        assert checked.stretches[0].language == "ko"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "text: Field required"),
        ({"text": ""}, "text: "),
        ({"text": " \n"}, "there is no text to check"),
        ({"text": "x" * 20_001}, "text: "),
        ({"text": "1.2 " * 501}, "501 figures"),
        ({"text": "2x", "papers": ["no such paper"]}, "nothing in the archive is called 'no such paper'"),
        ({"text": "2x", "papers": ["2502.181370"]}, "five digits"),
        ({"text": "2x", "papers": ["x" * 501]}, "papers.0: "),
        ({"text": "2x", "papers": ["x"] * 51}, "papers: "),
        ({"text": "2x", "papers": "TernCache"}, "papers: "),
        ({"text": "2x", "paper": "TernCache"}, "paper: "),
        ({"text": ["2x"]}, "text: "),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(client: TestClient, body: dict[str, object], words: str) -> None:
    answer = client.post("/api/check", json=body)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]
    assert "\n" not in answer.json()["detail"]


def test_the_page_shows_the_text_as_it_was_written_and_what_is_wrong_first(client: TestClient) -> None:
    assert "<textarea" in client.get("/check/").text
    assert 'value="9912.99902"' in client.get("/check/?paper=9912.99902").text
    page = client.post("/check/", data={"text": POST.replace("\n", "\r\n")}).text
    assert page.index('href="#figure-1"') < page.index('id="figure-1"')
    text = re.sub(r'<span class="(?:unseen|rests)".*?</span>(?=</summary>|</details>)|<sup.*?</sup>', "", page)
    pasted = re.search(r'<div class="pasted" lang="en">(.*?)</div>', text, re.DOTALL)
    assert pasted is not None
    written = re.sub(r"<.*?>", "", pasted[1]).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert written == POST
    assert "the paper has 2.5x" in page
    assert "the full text was not read here" in page
    assert "논문에는 2.5x" in client.post("/ko/check/", data={"text": POST}).text


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"text": ""}, 422, "there is no text to check"),
        ({"text": "2x", "paper": "no such paper"}, 422, "nothing in the archive is called"),
        ({"text": "2x (9912.00042)"}, 200, 'name="add" value="9912.00042"'),
        ({"text": "2x (9912.00042)", "add": "9912.00042"}, 422, "this server asks nobody"),
        ({"text": "FlatNet loses to TernCache by 2x."}, 200, 'name="choice" value="9912.99902"'),
        ({"text": "FlatNet loses to TernCache by 2.5x.", "paper": "?", "choice": "9912.99902"}, 200, "supported"),
        ({"text": f"It is 2x ({PAPER})."}, 200, "Only the title of this paper"),
        ({"text": "Nothing but words."}, 200, "There is no figure in this text."),
    ],
)
def test_the_page_says_what_is_missing_and_offers_what_can_be_done(
    client: TestClient, form: dict[str, str], status: int, words: str
) -> None:
    answer = client.post("/check/", data=form)
    assert answer.status_code == status
    assert words in answer.text
    assert form["text"] in answer.text


def test_who_asks_too_often_waits(desk: Desk) -> None:
    limits = Limits(working=Rate(per_second=0.001, burst=2))
    with TestClient(make_app(desk, limits=limits), base_url="http://localhost") as client:
        answers = [client.post(path, json={"text": "2x"}) for path in ("/api/check", "/api/check", "/api/check")]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert int(answers[-1].headers["retry-after"]) > 100
        assert client.post("/ko/check/", data={"text": "2x"}).status_code == 429
        assert client.get("/check/").status_code == 200
