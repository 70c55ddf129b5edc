"""The site's pages in the app: what one reader's own adds to them, and the files that they link to."""

import json

import pytest
from starlette.testclient import TestClient

from assay.papers.models import Paper
from assay.web.desk import Desk
from tests.web.sample import DAY, PAPER


def test_a_papers_page_shows_what_its_reader_did(client: TestClient, desk: Desk) -> None:
    shelf = desk.shelf("me")
    for root in ("", "ko/"):
        page = client.get(f"/{root}paper/{PAPER}/").text
        assert 'id="hers"' in page
        assert "#to try" not in page
        shelf.tag(PAPER, ["to try"])
        shelf.note(PAPER, "<b>Soon.</b>")
        page = client.get(f"/{root}paper/{PAPER}/").text
        assert "#to try" in page
        assert "&lt;b&gt;Soon.&lt;/b&gt;" in page
        assert "<!-- hers -->" not in page
        shelf.untag(PAPER, ["to try"])
        shelf.unnote(PAPER, "<b>Soon.</b>")


def test_papers_of_like_titles_are_shown_beside_each_other(client: TestClient, desk: Desk) -> None:
    papers = [
        Paper(id="9912.99901", title="Gullwing Zwieback for Toys"),
        Paper(id="9912.99902", title="A Zwieback of Gullwing"),
    ]
    desk.store.add(source="arxiv", papers=papers)
    for one, other in (papers, reversed(papers)):
        assert f'href="../../paper/{other.id}/index.html">{other.title}' in client.get(f"/paper/{one.id}/").text


def test_a_day_can_be_cited_and_read_by_programs(client: TestClient) -> None:
    bibtex = client.get(f"/day/{DAY}/papers.bib")
    assert bibtex.headers["content-type"].startswith("application/x-bibtex")
    assert "SpargeAttn" in bibtex.text
    day = json.loads(client.get(f"/day/{DAY}/day.json").text)
    assert (day["date"], PAPER in [paper["id"] for paper in day["papers"]]) == (str(DAY), True)


@pytest.mark.parametrize("path", ["day/1999-01-01/papers.bib", "day/today/day.json", "day/2025-02-26/other.txt"])
def test_files_that_are_not_there_are_said_not_to_be(client: TestClient, path: str) -> None:
    assert client.get(f"/{path}").status_code in {404, 422}
