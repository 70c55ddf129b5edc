"""The numbers of the list that was shown last."""

from pathlib import Path

import pytest

from assay.papers.ids import is_arxiv_id
from assay.reader.numbering import NumberedList, is_number, keep_list, last_list

ONE, TWO, THREE = "9912.99901", "9912.99902", "hep-th/9901001"
SHOWN = NumberedList(name="2099-12-02", papers={1: ONE, 3: TWO, 4: THREE})


@pytest.mark.parametrize("word", ["3", "0", "007", "12", "9999", "2..5", "2-5", "5..2"])
def test_a_number_is_no_id(word: str) -> None:
    assert is_number(word)
    assert not is_arxiv_id(word)


@pytest.mark.parametrize(
    "word",
    ["", "-3", "3.", "3,4", "12345", "2..", "..5", "1...3", "2025-02-26", "2502.18137", "ape", "３", "3 4", "1e3"],
)
def test_what_is_no_number_may_be_something_else(word: str) -> None:
    assert not is_number(word)
    with pytest.raises(ValueError, match="not a number"):
        SHOWN.choose(word)


@pytest.mark.parametrize(
    ("numbers", "papers"),
    [("3", {3: TWO}), ("03", {3: TWO}), ("1..4", {1: ONE, 3: TWO, 4: THREE}), ("3-4", {3: TWO, 4: THREE})],
)
def test_numbers_choose_papers(numbers: str, papers: dict[int, str]) -> None:
    assert SHOWN.choose(numbers) == papers


@pytest.mark.parametrize(
    ("numbers", "why"),
    [
        ("5", "there is no 5 in the list that was shown last, 2099-12-02: it ends at 4"),
        ("2", "there is no 2 in the list that was shown last, 2099-12-02: no paper in it has this number"),
        ("0", "there is no 0 in the list that was shown last, 2099-12-02: no paper in it has this number"),
        ("1..9", "there is no 9 in the list that was shown last, 2099-12-02: it ends at 4"),
        ("4..1", "4..1 ends before it begins: write 1..4"),
    ],
)
def test_a_number_that_was_not_shown_is_refused(numbers: str, why: str) -> None:
    with pytest.raises(ValueError, match=r"ends before|there is no") as refused:
        SHOWN.choose(numbers)
    assert str(refused.value) == why


def test_each_reader_has_the_list_that_she_was_shown_last(tmp_path: Path) -> None:
    assert last_list(tmp_path, "me") is None
    keep_list(tmp_path, "me", "2099-12-01", {1: TWO})
    keep_list(tmp_path, "me", SHOWN.name, SHOWN.papers)
    keep_list(tmp_path, "../Åda/" + "x" * 57, "2099-W49", {7: THREE})
    assert last_list(tmp_path, "me") == last_list(tmp_path, " me ") == SHOWN
    assert last_list(tmp_path, "../Åda/" + "x" * 57) == NumberedList(name="2099-W49", papers={7: THREE})
    assert last_list(tmp_path, "bo") is None
    keep_list(tmp_path, "me", "2099-12-05", {})  # an empty day shows no numbers
    assert last_list(tmp_path, "me") == SHOWN
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("text", ["", "{}", '{"name": "x", "papers": {}}', '{"name": "x", "papers": {"1": "x"}}'])
def test_a_file_that_is_no_list_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    keep_list(tmp_path, "me", SHOWN.name, SHOWN.papers)
    (file,) = tmp_path.iterdir()
    file.write_text(text)
    with pytest.raises(ValueError, match=r"holds no list: show a day again"):
        last_list(tmp_path, "me")
    keep_list(tmp_path, "me", SHOWN.name, SHOWN.papers)
    assert last_list(tmp_path, "me") == SHOWN
