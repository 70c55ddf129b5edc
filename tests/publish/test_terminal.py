"""Terminal output fits 80 columns, counts Hangul as two, and lets no control character through."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from assay.publish.markdown import day_markdown
from assay.publish.site import Site, render
from assay.publish.terminal import Detail, highlight, print_day, print_dossier, search_table
from tests.publish.sample import sample_day, sample_dossiers


def console(width: int = 80) -> Console:
    return Console(file=io.StringIO(), width=width, highlight=False, color_system=None)


def text(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("detail", ["brief", "normal", "full"])
def test_a_day(detail: Detail, snapshot: object) -> None:
    out = console()
    print_day(out, sample_day(), ("en", "ko"), detail=detail)
    assert text(out) == snapshot


def test_one_paper(snapshot: object) -> None:
    out = console()
    print_dossier(out, sample_dossiers()[0], ("en", "ko"))
    assert text(out) == snapshot


def test_a_withdrawn_paper() -> None:
    out = console(200)
    print_dossier(out, sample_dossiers()[-1], ("en",))
    lines = text(out).splitlines()
    assert lines[2].strip() == "withdrawn on 2099-12-07"
    for words in (
        "Accepted at ToyConf 2099",
        "Code  https://example.org/toy_",
        "Toy <Lab>",
        "v3",
        "doi:10.9999/toys<7>",
    ):
        assert words in text(out)
    assert "javascript" not in text(out)


def test_a_full_text_of_an_earlier_version_is_told() -> None:
    words = "the full text read here is that of v1; the paper is at v2"
    day = sample_day()
    for version, is_told in ((1, False), (2, True)):
        paper = day.papers[0].model_copy(update={"version": version, "fulltext_version": 1})
        changed = day.model_copy(update={"papers": (paper,)})
        out = console()
        print_day(out, changed, ("en",))
        record = sample_dossiers()[0].paper.model_copy(update={"version": version})
        dossier = sample_dossiers()[0].model_copy(update={"paper": record, "fulltext_version": 1})
        page = dict(render(Site(days=[changed], papers=[dossier])))[f"paper/{record.id}/index.html"]
        assert [words in output for output in (text(out), day_markdown(changed), page)] == [is_told] * 3


@pytest.mark.parametrize("width", [40, 80])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    out = console(width)
    print_day(out, sample_day(), ("ko",), detail="full")
    assert max(cell_len(line) for line in text(out).splitlines()) <= width


def test_no_control_character_reaches_the_terminal() -> None:
    out = console()
    print_day(out, sample_day(), ("en",), detail="full")
    print_dossier(out, sample_dossiers()[-2], ("en",))
    assert not [ch for ch in text(out) if (ch < " " and ch != "\n") or ch in "\x7f\u202e"]


def test_a_hit_may_have_a_notice() -> None:
    out = console()
    out.print(
        search_table(
            [("9912.00001", "2099-12-02", "Toys", ""), ("9912.00002", "", "Games", "")], {"9912.00002": "gone"}
        )
    )
    assert [line.split()[-1] for line in text(out).splitlines() if "9912" in line] == ["2099-12-02", "gone"]


def test_a_snippet_marks_its_matches() -> None:
    shown = highlight("the \x02sparse\x03 attention of \x1b[31m\x02blocks\x03.")
    assert shown.plain == "the sparse attention of [31mblocks."
    marked = [shown.plain[span.start : span.end] for span in shown.spans if "bold" in str(span.style)]
    assert marked == ["sparse", "blocks"]
