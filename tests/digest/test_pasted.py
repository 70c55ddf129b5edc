"""Any text is held against the papers that it speaks of: which these are is found, asked, or said to be unknown."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.fixtures import SECTIONS, TABLE

from assay.claims.report import CheckedText
from assay.digest.checking import MOST_CHARACTERS, check_text
from assay.digest.pasted import MOST_FIGURES
from assay.papers.findings import State
from assay.papers.models import Paper
from assay.store import Store, open_store

TOY = Paper(
    id="9912.99901",
    title="ToyAttention: skipping empty blocks",
    abstract="We introduce ToyAttention, which skips empty blocks. It is 2.5x faster than dense attention on ToyBench.",
)
TERN = Paper(
    id="9912.99902",
    title="TernCache: a cache for the tide",
    abstract="TernCache cuts memory by 70% and latency by 26%.",
)
UNREAD = Paper(id="9912.99903", title="A paper of which only this title is known")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "assay.db") as database:
        database.add(source="arxiv", papers=[TOY, TERN, UNREAD])
        yield database


def told(checked: CheckedText) -> list[tuple[str | None, str, list[tuple[str, State]]]]:
    return [
        (each.paper, each.basis, [(each.text[figure.start : figure.end], figure.state) for figure in each.figures])
        for each in checked.stretches
    ]


@pytest.mark.parametrize("paper", ["9912.99901", "https://arxiv.org/abs/9912.99901v2", "ToyAttention", "toyattention"])
def test_a_paper_is_named_in_many_ways(store: Store, paper: str) -> None:
    checked = check_text(store, "Speed:\r\n\tup to **2.5x** faster, and 4.1x on ToyBench.\r\n", [paper])
    [stretch] = checked.stretches
    assert stretch.text == "Speed:\n\tup to **2.5x** faster, and 4.1x on ToyBench.\n"
    assert (stretch.paper, stretch.title, stretch.words) == (TOY.id, TOY.title, "")
    assert told(checked) == [(TOY.id, "abstract", [("2.5x", State.SUPPORTED), ("4.1x", State.UNSUPPORTED)])]
    assert checked.counts[State.SUPPORTED] == checked.counts[State.UNSUPPORTED] == 1
    assert CheckedText.model_validate_json(checked.model_dump_json()) == checked


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ToyAttention is 2.5x faster.", "ToyAttention"),
        ("# ToyAttention: Skipping Empty Blocks\n\nIt is 2.5x faster.", "ToyAttention: Skipping Empty Blocks"),
        ("In “ToyAttention: skipping\u00a0empty blocks”, speed is 2.5x.", "ToyAttention: skipping empty blocks"),
        ("ToyAttention는 2.5배 빠르다.", "ToyAttention"),
        ("It is 2.5x faster.\n\nhttps://huggingface.co/papers/9912.99901", "9912.99901"),
    ],
)
def test_a_paper_is_found_in_the_text(store: Store, text: str, words: str) -> None:
    [stretch] = check_text(store, text).stretches
    assert (stretch.paper, stretch.words) == (TOY.id, words)
    assert [figure.state for figure in stretch.figures] == [State.SUPPORTED]


def test_where_several_papers_fit_they_are_offered_and_none_is_looked_at(store: Store) -> None:
    for text, papers in (
        ("ToyAttention is 2.5x faster, and TernCache cuts memory by 70%.", []),
        ("DenseFlow is 2.5x slower than ToyAttention.", []),
        ("It is 2.5x faster.", ["a"]),
    ):
        [stretch] = check_text(store, text, papers).stretches
        assert (stretch.paper, stretch.basis) == (None, "in doubt")
        assert TOY.id in [choice.paper for choice in stretch.choices] or papers
        assert {figure.state for figure in stretch.figures} == {State.UNCHECKED}


def test_several_papers_that_the_reader_names_are_found_by_their_names(store: Store) -> None:
    checked = check_text(
        store, "ToyAttention is 2.5x faster. TernCache cuts memory by 26%.", ["9912.99901", "TernCache"]
    )
    assert told(checked) == [
        (TOY.id, "abstract", [("2.5x", State.SUPPORTED)]),
        (TERN.id, "abstract", [("26%", State.MISATTRIBUTED)]),
    ]


@pytest.mark.parametrize(
    ("text", "paper", "basis"),
    [
        ("It is 2.5x faster.", None, "none named"),
        ("It is 2.5x faster (9912.99909).", "9912.99909", "not in the archive"),
        ("It is 2.5x faster (9912.99903).", "9912.99903", "title"),
    ],
)
def test_what_is_missing_is_said(store: Store, text: str, paper: str | None, basis: str) -> None:
    assert told(check_text(store, text)) == [(paper, basis, [("2.5x", State.UNCHECKED)])]


def test_digests_of_both_forms_are_split_by_paper(store: Store) -> None:
    for digest in (TABLE, SECTIONS):
        checked = check_text(store, digest)
        assert "".join(each.text for each in checked.stretches) == digest
        known = [each for each in checked.stretches if each.paper == TOY.id]
        assert [figure.state for each in known for figure in each.figures] == [State.SUPPORTED]
        assert checked.counts[State.UNCHECKED] == 0


@pytest.mark.parametrize(
    ("text", "papers", "words"),
    [
        (" \n", [], "no text to check"),
        ("x" * (MOST_CHARACTERS + 1), [], "20,001 characters"),
        ("1.2 " * (MOST_FIGURES + 1), [], "501 figures"),
        ("It is 2x.", ["no such paper"], "nothing in the archive is called 'no such paper'"),
        ("It is 2x.", ["9912.1"], "nothing in the archive"),
        ("It is 2x.", ["2502.181370"], "five digits"),
        ("It is 2x.", ['"'], "nothing in the archive"),
    ],
)
def test_what_cannot_be_checked_is_refused_in_words(store: Store, text: str, papers: list[str], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        check_text(store, text, papers)


def test_a_row_of_figures_is_read_in_pieces(store: Store) -> None:
    row = " ".join(f"{number}.5%" for number in range(200)) + " and 2.5x faster on ToyBench"
    [stretch] = check_text(store, row, [TOY.id]).stretches
    assert stretch.text == row
    assert len(stretch.figures) == 201
    assert stretch.figures[-1].state is State.SUPPORTED
