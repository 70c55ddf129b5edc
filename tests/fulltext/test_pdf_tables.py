"""Tables in PDFs: of papers that LaTeX set, with the truth for every cell, and of one shape each."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from assay.fulltext import pdf as reader
from assay.fulltext.model import FullText
from assay.papers.text import fold
from tests.fulltext import gullwing
from tests.fulltext.pdfs import Text, pdf

COMPILED = Path(__file__).parent / "compiled"
ROOT = Path(__file__).parents[2]
PROSE = (
    "Gulls fold their wings as soon as the tide is in, and each of them keeps the place that it had before.",
    "Nobody has seen one of them leave it, and those who asked were told to come again in the summer.",
)


def read(*texts: Text, grounds: Sequence[str] = ()) -> FullText:
    return reader.parse(pdf([texts], grounds={0: grounds}), gullwing.PAPER, None)


def prose(y: float, size: float = 10) -> list[Text]:
    return [Text(words, 72, y - 1.4 * size * number, size) for number, words in enumerate(PROSE)]


def rows(
    y: float, *lines: Sequence[str], columns: Sequence[float] = (120, 260, 360), size: float = 10, lead: float = 13
) -> list[Text]:
    return [
        Text(cell, x, y - lead * number, size)
        for number, line in enumerate(lines)
        for x, cell in zip(columns, line, strict=False)
        if cell
    ]


HEAD = ("System", "ToyBench", "LakeBench")
SCORES = (HEAD, ("Gullwing", "83.9", "64.0"), ("TideCache", "71.4", "52.5"))
COSTS = (("System", "Write", "Read"), ("Gullwing", "212.3", "48.1"), ("TideCache", "120.6", "31.7"))


def numbers(table: Sequence[Sequence[str]]) -> list[list[list[str]]]:
    return [[re.findall(r"\d+(?:[.,]\d+)*", cell) for cell in row] for row in table]


@pytest.mark.parametrize("record", sorted(COMPILED.glob("*.json")), ids=lambda path: path.stem)
def test_a_paper_set_by_latex(record: Path) -> None:
    truth = json.loads(record.read_text(encoding="utf-8"))
    text = reader.parse(record.with_suffix(".pdf").read_bytes(), gullwing.PAPER, None)
    assert fold(text.title) == fold(truth["title"])
    assert fold(text.abstract) == fold(truth["abstract"])
    assert [fold(each.heading) for each in text.sections if each.heading] == list(map(fold, truth["sections"]))
    tables = sorted(text.tables, key=lambda table: [each["label"] for each in truth["tables"]].index(table.label))
    for table, wanted in zip(tables, truth["tables"], strict=True):
        assert (table.label, fold(table.caption)) == (wanted["label"], fold(wanted["caption"]))
        assert numbers(table.rows) == numbers(wanted["rows"])
        assert [fold(row[0]) for row in table.rows] == [fold(row[0]) for row in wanted["rows"]]


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
def test_a_paper_compiled_now() -> None:
    command = [sys.executable, "benchmarks/fulltext.py", "--seed", "3", "--papers", "1", "--style", "neurips"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120)
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("| **all**")]
    assert float(line.split("**")[3]) > 0.95


def test_captions_below_tables_that_follow_each_other() -> None:
    text = read(
        *rows(700, *SCORES),
        Text("Table 1: Scores of both systems.", 72, 650, 10),
        *rows(625, *COSTS),
        Text("Table 2: Milliseconds that both systems take.", 72, 575, 10),
        *prose(540),
    )
    assert [(table.label, table.rows) for table in text.tables] == [("Table 1", SCORES), ("Table 2", COSTS)]


def test_tables_side_by_side() -> None:
    left, right = (("A", "16", "11"), ("B", "12", "14")), (("A", "17", "18"), ("B", "21", "26"))
    text = read(
        *prose(720),
        Text("Table 1: Scores.", 72, 680, 10),
        Text("Table 2: Costs.", 330, 680, 10),
        *rows(660, *left, columns=(72, 130, 180)),
        *rows(660, *right, columns=(330, 390, 440)),
        *prose(600),
    )
    assert [(table.caption, table.rows) for table in text.tables] == [("Scores.", left), ("Costs.", right)]


@pytest.mark.parametrize(
    ("caption", "label", "words"),
    [
        ([Text("Table 1 Scores of both systems", 72, 680, 9)], "Table 1", "Scores of both systems"),
        ([Text("Table 1", 72, 680, 10, bold=True), Text("Scores of both", 115, 680, 10)], "Table 1", "Scores of both"),
        ([Text("Tab. 3. Scores of both systems", 72, 680, 10)], "Table 3", "Scores of both systems"),
        ([Text("Table A.2 | Scores of both", 72, 680, 10)], "Table A.2", "Scores of both"),
        (
            [Text("TABLE II", 280, 691, 8), Text("SCORES OF BOTH SYSTEMS", 245, 680, 8)],
            "Table II",
            "SCORES OF BOTH SYSTEMS",
        ),
        (
            [Text("Table 4", 72, 694, 10), Text("Scores of both systems", 72, 680, 10)],
            "Table 4",
            "Scores of both systems",
        ),
        (
            [
                Text("Table 1. Scores of both systems on the lake of which every-", 72, 691, 9),
                Text("body spoke", 72, 680, 9),
            ],
            "Table 1",
            "Scores of both systems on the lake of which everybody spoke",
        ),
    ],
)
def test_forms_of_captions(caption: list[Text], label: str, words: str) -> None:
    text = read(*prose(740), *caption, *rows(660, *SCORES), *prose(600))
    (table,) = text.tables
    assert (table.label, table.caption, table.rows) == (label, words, SCORES)


@pytest.mark.parametrize("y", [690, 626])
def test_a_rule_tells_a_plain_caption_from_a_sentence(y: float) -> None:
    caption, rule = Text("Table 1 Scores of both systems", 200, y, 10), "0.5 w {0} {1} m {2} {1} l S"
    drawn = [rule.format(110, 674, 420), rule.format(110, 640, 420)]
    text = read(*prose(740), caption, *rows(662, *SCORES, lead=9), *prose(580), grounds=drawn)
    assert [(table.caption, table.rows) for table in text.tables] == [("Scores of both systems", SCORES)]
    assert read(*prose(740), Text("Table 1 Scores of both systems", 200, 690, 10), *prose(640)).tables == ()


def test_a_caption_of_a_figure_without_a_mark() -> None:
    text = read(*prose(740), Text("Fig. 1 How a gull folds its wings", 72, 640, 9), *prose(600))
    assert [(each.label, each.text) for each in text.captions] == [("Figure 1", "How a gull folds its wings")]


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ("What both of the systems reach on all of the lakes, after nine days, is shown in", "Table 1. Gulls win."),
        ("Nobody who was asked has ever seen another one, which is why we do not show it:", "Table 2 shows both."),
    ],
)
def test_a_sentence_that_begins_like_a_caption(before: str, sentence: str) -> None:
    text = read(Text(before, 72, 700, 10), Text(sentence, 72, 686, 10), *prose(672))
    assert text.tables == ()
    assert f"{before} {sentence}" in text.sections[0].text


@pytest.mark.parametrize("x", [120, 210])
def test_a_row_of_one_cell_spans_the_table(x: float) -> None:
    text = read(
        Text("Table 1: Scores of both systems.", 72, 720, 10),
        *rows(700, *SCORES[:2]),
        Text("On the second lake", x, 674, 10),
        *rows(661, *SCORES[1:]),
        *prose(600),
    )
    assert text.tables[0].rows == (*SCORES[:2], ("On the second lake", "", ""), *SCORES[1:])


def test_raised_and_lowered_digits() -> None:
    text = read(
        *prose(740),
        Text("It takes 10", 72, 700, 10),
        Text("4", 121, 704, 7),
        Text("steps and 71.4", 132, 700, 10),
        Text("2", 197.6, 704, 7),
        Text("points, of 95.3", 206, 700, 10),
        Text("0.2", 269, 698, 7),
    )
    assert text.sections[0].text.endswith("It takes 10^4 steps and 71.4 points, of 95.3 ± 0.2")


def test_what_is_raised_in_the_smallest_type_is_as_large_as_the_rest() -> None:
    raised, lowered = Text("4", 89.4, 702, 5), Text("0.2", 134.6, 698.4, 5)
    text = read(*prose(740), Text("takes 10", 70, 700, 5), raised, Text("and has 95.3", 105, 700, 5), lowered)
    assert text.sections[0].text.endswith("takes 10^4 and has 95.3 ± 0.2")


RULES = ("0.6 w 110 716 m 420 716 l S", "0.6 w 110 697 m 420 697 l S", "0.6 w 110 640 m 420 640 l S")


def test_what_stands_below_the_last_rule_is_no_row() -> None:
    text = read(
        Text("Table 1: Scores of both systems.", 72, 730, 10),
        *rows(703, *SCORES),
        *rows(650, ("Plover", "7.0", "")),
        *rows(628, ("a", "five", "seeds")),
        grounds=RULES,
    )
    assert text.tables[0].rows == (*SCORES, ("Plover", "7.0", ""))


def test_a_name_half_way_down_its_rows_belongs_to_the_first() -> None:
    names = [Text("Short", 72, 683.5, 10), Text("Long", 72, 657.5, 10)]
    text = read(
        Text("Table 1: Scores of both systems.", 72, 730, 10),
        *rows(703, *SCORES, *SCORES[1:], columns=(140, 260, 360)),
        *names,
        *prose(600),
    )
    assert [row[0] for row in text.tables[0].rows] == ["", "Short", "", "Long", ""]


def test_a_header_stands_over_the_columns_of_its_rule() -> None:
    text = read(
        Text("Table 1: Scores of both systems.", 72, 730, 10),
        Text("Scores", 300, 716, 10),
        *rows(703, *SCORES),
        grounds=["0.4 w 255 713 m 405 713 l S"],
    )
    assert text.tables[0].rows[0] == ("", "Scores", "")


def test_a_table_goes_on_over_the_page() -> None:
    pages = [
        [*prose(740), Text("Table 1: Scores of both systems.", 72, 680, 10), *rows(660, *SCORES)],
        [*rows(740, HEAD, ("Plover", "66.6", "44.4")), *prose(640)],
    ]
    text = reader.parse(pdf(pages), gullwing.PAPER, None)
    assert [table.rows for table in text.tables] == [(*SCORES, ("Plover", "66.6", "44.4"))]


def test_a_page_on_its_side() -> None:
    # The page is set upright, and all of it is then turned: the way of landscape pages.
    upright = [Text("Table 1: Scores of both systems.", 72, 400, 10), *rows(380, *SCORES), *prose(300)]
    turned = [Text(each.words, each.x, each.y, each.size, style="0 g 0 1 -1 0 612 0 cm") for each in upright]
    assert read(*turned).tables[0].rows == SCORES


def test_a_table_on_its_side_is_left_out_and_counted() -> None:
    sideways = [
        Text("83.9 71.4 64.0", 0, 0, 10, style=f"0 g 0 1 -1 0 {400 + 13 * number} 300 cm") for number in range(5)
    ]
    text = read(*prose(740), *prose(700), *prose(660), *sideways)
    assert text.notes == ("left out 45 digits that are set on their side: page 1",)


def test_a_caption_without_rows_is_noted() -> None:
    text = read(*prose(740), Text("Table 1: Scores of both systems.", 72, 680, 10), *prose(600))
    assert text.notes == ("found no rows of Table 1",)


BROKEN_OFF = Text(
    "The tide weighs the wing of each gull, as everybody knows who was there in the morning, and", 72, 720, 10
)


@pytest.mark.parametrize("x", [72, 210])
def test_a_caption_behind_a_sentence_that_broke_off(x: float) -> None:
    caption = Text("Table 1. Scores of both systems on two lakes.", x, 680, 10)
    text = read(BROKEN_OFF, caption, *rows(660, *SCORES), Text("no other wing is weighed.", 72, 600, 10), *prose(586))
    assert [(table.caption, table.rows) for table in text.tables] == [("Scores of both systems on two lakes.", SCORES)]


def test_headers_as_close_as_words_stand_over_their_columns() -> None:
    head = [Text("Setting Model", 85, 690, 10), Text("BLEU Score BLEU Score", 180, 690, 10)]
    body = [
        (name, *(f"{ten}{unit}.5" for unit in range(1, 5))) for name, ten in (("Tern", 6), ("Gull", 7), ("Knot", 8))
    ]
    text = read(
        Text("Table 1: Scores of both systems.", 72, 720, 10),
        *head,
        *rows(677, *body, columns=(118.9, 180, 209.4, 238.2, 267.6)),
        Text("Deep", 85, 677, 10),
        *prose(600),
    )
    assert text.tables[0].rows == (
        ("Setting", "Model", "BLEU", "Score", "BLEU", "Score"),
        ("Deep", *body[0]),
        *(("", *row) for row in body[1:]),
    )


def test_columns_of_figures_close_to_each_other_and_far_from_the_names() -> None:
    body = [
        (name, *(f"{ten}{unit}.5" for unit in range(1, 5))) for name, ten in (("Tern", 6), ("Gull", 7), ("Knot", 8))
    ]
    lines = rows(677, ("Model", "Mo", "Tu", "We", "Th"), *body, columns=(118.9, 180, 204.2, 228.4, 252.6))
    text = read(Text("Table 1: Scores of four days.", 72, 705, 10), *lines, *prose(600))
    assert text.tables[0].rows == (("Model", "Mo", "Tu", "We", "Th"), *body)


def test_a_rule_closes_a_table_above_another_ones_rows() -> None:
    rule, lines = "0.5 w 110 {0} m 410 {0} l S", (715, 700, 657, 612)
    text = read(
        Text("Table 1: Scores of both systems.", 72, 730, 10),
        *rows(704, HEAD, *SCORES[1:], ("Plover", "7.0", "8.0"), lead=15),
        *rows(642, ("Dunlin", "9.0", "6.0"), ("Avocet", "5.0", "4.0"), ("Knot", "3.0", "2.0"), lead=13),
        *rows(595, *COSTS),
        Text("Table 2: Milliseconds that both systems take.", 72, 545, 10),
        *prose(500),
        grounds=[rule.format(y) for y in lines],
    )
    assert [(table.label, len(table.rows)) for table in text.tables] == [("Table 1", 7), ("Table 2", 3)]
    assert text.tables[1].rows == COSTS
