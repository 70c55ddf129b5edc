"""The same paper in three forms says the same."""

from collections.abc import Callable
from typing import Any

import pytest

from assay.fulltext import html, latex, pdf
from assay.fulltext.model import FullText
from tests.fulltext import gullwing

FORMS: dict[str, Callable[[], FullText]] = {
    "latex": lambda: latex.parse(gullwing.latex(), gullwing.PAPER, 2),
    "html": lambda: html.parse(gullwing.html(), gullwing.PAPER, 2),
    "pdf": lambda: pdf.parse(gullwing.as_pdf(), gullwing.PAPER, 2),
}


@pytest.fixture(params=FORMS)
def text(request: pytest.FixtureRequest) -> FullText:
    return FORMS[request.param]()


def test_title_and_abstract(text: FullText) -> None:
    assert (text.paper, text.version) == (gullwing.PAPER, 2)
    assert text.title == "Gullwing: A Cache With Two Wings"
    assert text.abstract == gullwing.ABSTRACT


def test_sections(text: FullText) -> None:
    sections = [section for section in text.sections if section.heading]
    assert tuple(section.heading for section in sections) == gullwing.HEADINGS
    assert [section.level for section in sections] == [1, 1, 2, 1]
    assert sections[0].text.endswith("The two wings together hold 512 entries, whatever the length of the text may be.")
    assert "most of what is remembered is never needed" in sections[0].text
    assert sections[2].text == (
        "Both wings lie in one block of memory, so that one kernel reads them. The block is aligned to 128 bytes."
    )


def test_the_table_with_its_numbers(text: FullText) -> None:
    (table,) = text.tables
    assert (table.label, table.caption, table.rows) == ("Table 1", gullwing.CAPTION, gullwing.ROWS)


def test_the_caption(text: FullText) -> None:
    (caption,) = text.captions
    assert (caption.label, caption.text) == ("Figure 1", gullwing.FIGURE)


def test_hidden_text_is_flagged_and_is_in_no_passage(text: FullText) -> None:
    (hidden,) = [each for each in text.suspicions if each.kind == "hidden text"]
    assert hidden.text == gullwing.HIDDEN
    assert hidden.place.part == "Introduction"
    passages = dict(text.passages())
    assert not any("kestrel" in passage for passage in passages.values())
    before = passages["Introduction"][: hidden.place.start].rstrip()
    assert before.endswith("and fold the rest away.")


def test_an_order_is_flagged_and_stays(text: FullText) -> None:
    (order,) = [each for each in text.suspicions if each.kind == "instruction"]
    assert order.text == gullwing.ORDER
    passage = dict(text.passages())[order.place.part]
    assert order.place.part == "Results"
    assert passage[order.place.start : order.place.end] == gullwing.ORDER


def test_passages_are_unique_and_have_the_table_row_by_row(text: FullText) -> None:
    passages = text.passages()
    assert len({part for part, _ in passages}) == len(passages)
    assert dict(passages)["Table 1"].splitlines()[-1] == "Gullwing (ours) | 83.9 | 52.5"
    assert {"title", "abstract", "Cache layout", "Figure 1 caption"} <= {part for part, _ in passages}


def test_what_is_no_text_is_left_out(text: FullText) -> None:
    whole = "\n".join(passage for _, passage in text.passages())
    for words in ("under review", "1999", "This was never here", "for us only", "not printed", "made by a machine"):
        assert words not in whole


def test_through_json_and_back(text: FullText) -> None:
    assert FullText.model_validate_json(text.model_dump_json()) == text


def test_two_sections_of_one_name_have_two_names() -> None:
    fields: dict[str, Any] = {"paper": gullwing.PAPER, "form": "html", "title": "Gullwing"}
    section = {"heading": "Setup", "level": 1, "text": "One."}
    text = FullText(**fields, sections=[section, {**section, "text": "Two."}, {**section, "heading": "title"}])
    assert [part for part, _ in text.passages()] == ["title", "Setup", "Setup (2)", "title (2)"]
