"""``assay fulltext``: brought in from a real server or a file, kept, and used by checks; never published."""

import json
from collections.abc import Iterator
from pathlib import Path

import jsonschema
import pytest

from assay.cli.schemas import schemas
from tests.cli.conftest import Done, Run
from tests.fulltext import gullwing
from tests.fulltext.test_fetch import PAGE, ArxivServer
from tests.sources.server import Answer
from tests.sources.synthetic import entry

DAY = "2099-12-02"
PAPER = "9912.99901"


@pytest.fixture
def server() -> Iterator[ArxivServer]:
    with ArxivServer() as server:
        server.pages = {
            f"/html/{PAPER}": Answer(gullwing.html(), media_type=PAGE),
            "/pdf/9912.99902": Answer(b"%PDF-1.4 broken", media_type="application/pdf"),
        }
        yield server


@pytest.fixture
def assay_with_papers(assay: Run, tmp_path: Path, server: ArxivServer) -> Run:
    """The command, with two papers stored and arXiv on loopback."""
    recording = tmp_path / f"{DAY}.json"
    recording.write_text(json.dumps([entry(99901), entry(99902)]), encoding="utf-8")
    assert assay("import", recording).code == 0

    def run(*arguments: str | Path, **variables: str) -> Done:
        where = {"ASSAY_ARXIV_PAGES_URL": server.url, "ASSAY_ARXIV_INTERVAL": "0", "ASSAY_RETRY_WAIT": "0"}
        return assay(*arguments, **(where | variables))

    return run


def test_a_day_is_fetched_and_what_is_there_is_not_fetched_again(assay_with_papers: Run, server: ArxivServer) -> None:
    done = assay_with_papers("fulltext", "--date", DAY)
    assert done.code == 1, done
    assert f"{PAPER}: html, " in done.out
    assert "! hidden text: " in done.out
    assert "! instruction: " in done.out
    assert "9912.99902: no full text: html: " in done.out
    server.requests.clear()
    again = assay_with_papers("fulltext", PAPER)
    assert (again.code, again.out) == (0, "every full text is here already; --again fetches anew\n")
    assert server.requests == []
    assert assay_with_papers("fulltext", PAPER, "--again").code == 0
    assert [request.path for request in server.requests] == [f"/html/{PAPER}"]


def test_today_is_the_readers_own(assay_with_papers: Run) -> None:
    """25 hours lie between the two; neither is the day of the papers here."""
    days = []
    for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
        done = assay_with_papers("fulltext", "--date", "today", ASSAY_TIMEZONE=zone)
        said, *_, line = done.err.splitlines()
        days.append(said.split()[1])
        assert (done.code, said) == (2, f"today, {days[-1]} in {zone}")
        assert line == f"assay: {days[-1]} has no papers here; `assay collect {days[-1]}` brings them in"
    assert days[0] > days[1]


def test_a_file_is_read_without_a_network(assay_with_papers: Run, tmp_path: Path, server: ArxivServer) -> None:
    for name, data in (("a.pdf", gullwing.as_pdf()), ("b.tar.gz", gullwing.latex()), ("c.html", gullwing.html())):
        (tmp_path / name).write_bytes(data)
        done = assay_with_papers("fulltext", PAPER, "--file", tmp_path / name, "--json")
        assert done.code == 0, done
        jsonschema.Draft202012Validator(json.loads(schemas()["fulltext.json"])).validate(json.loads(done.out))
        (report,) = json.loads(done.out)
        assert (report["paper"], report["form"]) == (PAPER, {"a": "pdf", "b": "latex", "c": "html"}[name[0]])
        assert report["tables"] == 1
    assert server.requests == []


def test_a_file_with_less_than_the_stored_text_is_refused(assay_with_papers: Run, tmp_path: Path) -> None:
    (tmp_path / "paper.tar.gz").write_bytes(gullwing.latex())
    assert assay_with_papers("fulltext", PAPER, "--file", tmp_path / "paper.tar.gz").code == 0
    before = assay_with_papers("claims", "--paper", PAPER, "--json").out
    for page, why in (
        ("<html><head><title>Gullwing</title></head><body></body></html>", "no text in it but a title"),
        ("<html><body><h1>Gullwing</h1><p>Soon.</p></body></html>", "the stored one is kept"),
    ):
        (tmp_path / "page.html").write_text(page, encoding="utf-8")
        done = assay_with_papers("fulltext", PAPER, "--file", tmp_path / "page.html")
        assert done.code == 2, done
        assert "page.html" in "".join(done.err.split("\n"))
        assert why in " ".join(done.err.split())
    assert assay_with_papers("claims", "--paper", PAPER, "--json").out == before


def test_claims_and_checks_use_it_and_the_site_does_not_serve_it(assay_with_papers: Run, tmp_path: Path) -> None:
    (tmp_path / "c.html").write_bytes(gullwing.html())
    assert assay_with_papers("fulltext", PAPER, "--file", tmp_path / "c.html").code == 0
    claims = json.loads(assay_with_papers("claims", "--paper", PAPER, "--json").out)
    assert any(line["claim"]["source"] == "paper" for line in claims)
    assert assay_with_papers("site", "build", tmp_path / "site").code == 0
    body = "\n".join(path.read_text(encoding="utf-8") for path in (tmp_path / "site").rglob("*.html"))
    assert "most of what is remembered is never needed" not in body


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "name papers, or give --date"),
        ((PAPER, "--date", DAY), "one of them"),
        (("9912.99999",), "not stored: 9912.99999"),
        (("--date", "2099-12-03"), "has no papers here"),
        ((PAPER, "9912.99902", "--file", "x.pdf"), "goes with one paper"),
        ((PAPER, "--file", "x.pdf"), "x.pdf: no such file"),
    ],
)
def test_nonsense_gets_one_line(assay_with_papers: Run, options: tuple[str, ...], message: str) -> None:
    done = assay_with_papers("fulltext", *options)
    assert done.code == 2
    assert message in " ".join(done.err.split())
