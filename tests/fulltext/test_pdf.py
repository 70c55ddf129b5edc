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
