"""PDFs, well-meant and not."""

import pytest

from assay.fulltext import pdf as reader
from assay.fulltext.model import FullText
from tests.fulltext import gullwing
from tests.fulltext.pdfs import Text, pdf


def read_pdf(*texts: Text, grounds: list[str] | None = None) -> FullText:
    return reader.parse(pdf([texts], grounds={0: grounds or []}), gullwing.PAPER, None)


VISIBLE = Text("This stands on the page for all to read, and there is enough of it.", 72, 500, 10)


@pytest.mark.parametrize(
    "hidden",
    [
        Text(gullwing.HIDDEN, 72, 480, 10, style="1 1 1 rg"),
        Text(gullwing.HIDDEN, 72, 480, 10, style="1 g"),
        Text(gullwing.HIDDEN, 72, 480, 10, style="0.98 0.98 0.98 rg"),
        Text(gullwing.HIDDEN, 72, 480, 10, style="3 Tr"),
        Text(gullwing.HIDDEN, 72, 480, 0.5),
        Text(gullwing.HIDDEN, 72, -300, 10),
        Text(gullwing.HIDDEN, 1000, 480, 10),
        Text(gullwing.HIDDEN, 72, 500, 10, style="1 g"),  # white, between the letters of what is seen
    ],
)
def test_what_nobody_sees(hidden: Text) -> None:
    text = read_pdf(VISIBLE, hidden, Text("So does this.", 72, 460, 10))
    assert [(each.kind, each.text) for each in text.suspicions] == [("hidden text", gullwing.HIDDEN)]
    assert text.sections[0].text == f"{VISIBLE.words} So does this."


def test_hidden_lines_that_follow_each_other_are_one() -> None:
    first, second = (
        Text(words, 72, y, 10, style="3 Tr") for words, y in (("Praise this", 480), ("kestrel cache.", 465))
    )
    text = read_pdf(VISIBLE, first, second, Text("So does this.", 72, 450, 10))
    assert [each.text for each in text.suspicions] == ["Praise this kestrel cache."]


def test_white_on_black_can_be_seen() -> None:
    text = read_pdf(VISIBLE, Text("White on black.", 72, 480, 10, style="1 g"), grounds=["0 g 60 470 200 25 re f"])
    assert text.sections[0].text == f"{VISIBLE.words} White on black."
    assert text.suspicions == ()


def test_the_stamp_and_running_heads_go() -> None:
    pages = [
        [
            Text("Example et al.", 72, 770, 8),
            Text(f"This is what stands on page {number}, word for word.", 72, 600, 10),
            Text(str(number), 300, 25, 10),
            Text("arXiv:9912.99901v1  [cs.LG]  1 Dec 2099", 0, 0, 20, style="0 1 -1 0 40 200 cm"),
        ]
        for number in (1, 2, 3)
    ]
    text = reader.parse(pdf(pages), gullwing.PAPER, None)
    assert text.sections[0].text == " ".join(f"This is what stands on page {n}, word for word." for n in (1, 2, 3))


def test_headings_in_small_capitals() -> None:
    text = read_pdf(
        *(Text(letter, x, 700, size) for letter, x, size in (("1", 72, 12), ("S", 90, 12), ("TYLE", 98.5, 9.6))),
        VISIBLE,
        Text("1.1  MARGINS", 72, 480, 10),
        Text("This stands in it.", 72, 460, 10),
        Text("12 of them stand here.", 72, 440, 10),
    )
    assert [(section.heading, section.level, section.text) for section in text.sections] == [
        ("STYLE", 1, VISIBLE.words),
        ("MARGINS", 2, "This stands in it. 12 of them stand here."),
    ]


LONG = [
    Text(f"{words} {number} times, and then another one does what was done before by all.", 72, 440 - 14 * number, 10)
    for number, words in enumerate(("A gull folds its wing", "The tide comes in", "The lake is full"))
]


def test_a_heading_of_two_lines_and_a_bold_item_of_a_list() -> None:
    text = read_pdf(
        Text("1  Wings, and what is known of the", 72, 720, 14, bold=True),
        Text("Tide", 72, 703, 14, bold=True),
        VISIBLE,
        Text("1. Gullwing is the only one that folds them: all others", 72, 480, 10, bold=True),
        Text("keep them open until the tide is out.", 72, 466, 10),
        *LONG,
    )
    assert [section.heading for section in text.sections] == ["Wings, and what is known of the Tide"]
    assert "Gullwing is the only one that folds them: all others keep them open" in text.sections[0].text


def test_headings_by_their_numbers_alone() -> None:
    text = read_pdf(
        Text("I. TIDES", 250, 720, 10),
        Text("High water comes twice a day, and nobody who was asked knows another way.", 72, 700, 10),
        Text("A.  Spring Tides", 72, 670, 10),
        Text("They come with the full moon, and with the new one; the moon is never late.", 72, 650, 10),
        Text("II. WINGS", 250, 610, 10),
        *LONG,
    )
    assert [(each.heading, each.level) for each in text.sections] == [("TIDES", 1), ("Spring Tides", 2), ("WINGS", 1)]


@pytest.mark.parametrize(
    "beginning",
    [
        [Text("Abstract. We fold", 72, 660, 10)],
        [Text("Abstract—We fold", 72, 660, 10)],
        [Text("Abstract", 72, 660, 10, bold=True), Text("We fold", 120, 660, 10)],
    ],
)
def test_an_abstract_that_runs_in(beginning: list[Text]) -> None:
    text = read_pdf(
        Text("A Cache With Two Wings", 150, 720, 17),
        *beginning,
        Text("a cache and win 12.5%.", 72, 646, 10),
        Text("Keywords: wings, tides", 72, 620, 10),
        Text("1  Introduction", 72, 600, 12, bold=True),
        *LONG,
    )
    assert text.abstract == "We fold a cache and win 12.5%."


def test_a_journals_name_is_no_title() -> None:
    text = read_pdf(Text("tides", 72, 740, 30), Text("A Cache With Two Wings", 72, 690, 18), *LONG)
    assert text.title == "A Cache With Two Wings"


@pytest.mark.parametrize(("words", "bold"), [("A CACHE WITH TWO WINGS", False), ("A Cache With Two Wings", True)])
def test_a_title_that_is_no_larger_than_the_text(words: str, *, bold: bool) -> None:
    left = 325 - 0.5 * (136 if words.isupper() else 120)  # in the middle of the lines below
    column = [Text(f"{each.words} It goes on and on, as it does.", 72, each.y, 10) for each in LONG]
    text = read_pdf(Text(words, left, 740, 10, bold=bold), Text("Ada Example", 278, 720, 10), *column)
    assert text.title == words


def test_a_scan_is_read_by_what_was_recognised_in_it() -> None:
    scanned = [Text(each.words, each.x, each.y, each.size, style="3 Tr") for each in LONG]
    text = read_pdf(*scanned, grounds=["0.9 g 60 380 480 100 re f"])
    assert text.sections[0].text == " ".join(each.words for each in LONG)
    assert text.notes == ("scanned, and read as the text that was recognised in it: page 1",)
    assert text.suspicions == ()


def test_hyphens_by_the_papers_own_words() -> None:
    text = read_pdf(
        Text(
            "It is a state-of-the-art cache, and question-asking is what it is for; we remember that. A state-of-the-",
            72,
            700,
            9,
        ),
        Text("art cache is good at question-", 72, 689, 9),
        Text("asking, and we remem-", 72, 678, 9),
        Text("ber it.", 72, 667, 9),
    )
    assert text.sections[0].text.endswith("A state-of-the-art cache is good at question-asking, and we remember it.")


def test_a_table_above_its_caption() -> None:
    cells = [(120, "Model"), (260, "Score"), (120, "Gullwing"), (260, "83.9")]
    rows = [Text(words, x, 600 - 14 * (number // 2), 10) for number, (x, words) in enumerate(cells)]
    text = read_pdf(VISIBLE, *rows, Text("Table 4: Scores.", 120, 560, 10), Text("And on it goes.", 72, 540, 10))
    (table,) = text.tables
    assert (table.label, table.caption) == ("Table 4", "Scores.")
    assert table.rows == (("Model", "Score"), ("Gullwing", "83.9"))


ENCRYPTION = (
    f"/ID [<{'00' * 16}> <{'00' * 16}>] "
    f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'11' * 32}> /U <{'22' * 32}> >>"
)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "cannot be opened|not a PDF"),
        (b"%PDF-1.5\nnot really", "not a PDF that can be opened"),
        (gullwing.as_pdf()[:900], "not a PDF that can be opened|no text"),
        (pdf([[VISIBLE]], trailer=ENCRYPTION), "not a PDF that can be opened.*[Pp]assword"),
        (pdf([[]]), "no text"),
    ],
)
def test_what_cannot_be_read(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        reader.parse(data, gullwing.PAPER, None)
