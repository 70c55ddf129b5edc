"""What was found of a pasted text is put into words, in English and in Korean, figure by figure."""

import io

from rich.console import Console

from assay.claims.check import check_texts
from assay.claims.report import CheckedText, Choice, Stretch
from assay.papers.findings import State
from assay.papers.models import Paper, Place
from assay.publish.check_report import print_text
from assay.publish.checked_text import WRONG, basis_line, mark_text, place_words, reason_line

PAPER = Paper(
    id="9912.99902",
    title="TernCache: a cache for the tide",
    abstract="TernCache cuts memory by 70% and latency by 26%. It answers 2.5x faster than FlatCache on ToyBench.",
)
TEXT = "It is 4.1x faster than FlatCache on ToyBench,\nand cuts memory by 26% and cost by 3%, says 99."


def stretch(text: str, paper: Paper | None, basis: str) -> Stretch:
    found = check_texts({"text": text}, paper, language="en")
    return Stretch.model_validate(
        dict(found) | {"text": text, "basis": basis} | ({"paper": paper.id, "title": paper.title} if paper else {})
    )


CHECKED = CheckedText(
    stretches=(stretch("Soon: 12 tokens.\n", None, "none named"), stretch(TEXT, PAPER, "abstract")),
    counts=dict.fromkeys(State, 1),
)


def test_every_figure_is_marked_and_nothing_is_lost() -> None:
    marked = mark_text(CHECKED)
    assert ["".join(piece.text for piece in each.pieces) for each in marked] == ["Soon: 12 tokens.\n", TEXT]
    figures = [piece for each in marked for piece in each.pieces if piece.finding]
    assert [(piece.number, piece.text, piece.finding.state.value) for piece in figures if piece.finding] == [
        (1, "12", "unchecked"),
        (2, "4.1x", "contradicted"),
        (3, "26%", "misattributed"),
        (4, "3%", "unsupported"),
        (5, "99", "unsupported"),
    ]
    assert [piece.number for piece in marked[1].figures(*WRONG)] == [2, 3]


def test_reasons_are_in_the_readers_language() -> None:
    unnamed, known = CHECKED.stretches
    wrong, other, missing, _ = known.figures
    assert reason_line(wrong, known, "en") == "the paper has 2.5x"
    assert reason_line(wrong, known, "ko") == "논문에는 2.5x"
    assert reason_line(other, known, "en") == "the paper has it of something else: latency, not memory"
    assert reason_line(missing, known, "en") == "not found in title, abstract"
    assert reason_line(missing, known, "ko") == "찾아본 곳에 없음: 제목, 초록"
    assert reason_line(unnamed.figures[0], unnamed, "en") == basis_line(unnamed, "en")
    for basis in ("full text", "abstract", "title", "not in the archive", "in doubt", "none named"):
        words = {basis_line(known.model_copy(update={"basis": basis}), language) for language in ("en", "ko")}
        assert len(words) == 2
    assert place_words(Place(part="abstract", start=0, end=1), "ko") == "초록"
    assert place_words(Place(part="Table 3", start=0, end=1), "ko") == "Table 3"


def test_in_the_terminal_what_is_not_supported_stands_below_its_paper() -> None:
    doubt = stretch("2x", None, "in doubt").model_copy(
        update={"choices": (Choice(paper=PAPER.id, title=PAPER.title, words="Tern"),)}
    )
    console = Console(file=io.StringIO(), width=200)
    print_text(console, CHECKED.model_copy(update={"stretches": (*CHECKED.stretches, doubt)}))
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    lines = [line.strip() for line in printed.splitlines()]
    assert lines[0] == "?"
    assert f"{PAPER.id}  {PAPER.title}" in lines
    assert any(line.startswith("≠ 4.1x  the paper gives 2.5x") for line in lines)
    assert "figures: 1 of something else (⇄), 1 contradicted (≠), 2 unsupported (?)" in lines
    assert lines[-1] == f"{PAPER.id}  {PAPER.title}  (Tern)"
