"""Answers: taken out of texts, compared, voted on."""

import pytest

from assay.methods._answers import as_number, find_answer, same_answer, vote


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("3 + 4 = 7\n7 - 2 = 5\nAnswer: 5", "5"),
        ("The answer is 12. No, the answer is **13**.", "13"),
        (r"First \boxed{2}, then \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        (r"It is \boxed{7} or \boxed{8", "7"),
        ("Half of 1,200 is 600.", "600"),
        ("#### 42", "42"),
        ("Paris\n", "Paris"),
        ("final answer: Seoul.", "Seoul"),
        ("It fell to -3.5 degrees.", "-3.5"),
        ("It lies within 3-5", "5"),
        ("", ""),
    ],
)
def test_the_answer_is_taken_out_of_a_text(text: str, answer: str) -> None:
    assert find_answer(text) == answer


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("7", "7.0", True),
        ("0.5", "1/2", True),
        ("1,200", "1200", True),
        ("−3", "-3", True),
        ("50%", "50", True),
        ("7", "17", False),
        ("1/0", "0", False),
        ("Paris", " paris. ", True),
        ("Paris", "Rome", False),
        ("", "0", False),
        ("07", "7", True),
    ],
)
def test_numbers_are_compared_as_numbers_and_words_without_case(first: str, second: str, *, same: bool) -> None:
    assert same_answer(first, second) is same
    assert same_answer(second, first) is same


def test_what_is_no_number_is_none() -> None:
    assert [as_number(each) for each in ("7 apples", "", "1/0", "x")] == [None] * 4


def test_votes_join_answers_that_are_the_same_and_the_first_of_equals_wins() -> None:
    assert vote(["8", "7", "7.0", ""]) == ("7", 2 / 3)
    assert vote(["8", "7"]) == ("8", 0.5)
    assert vote(["8", "7", "7"], [0.75, 0.125, 0.125]) == ("8", 0.75)
    assert vote(["", " "]) == ("", 0.0)
    assert vote(["8", "7"], [0, 0]) == ("8", 0.5)


@pytest.mark.parametrize("weights", [[1.0], [1.0, float("nan")], [1.0, -0.5]])
def test_weights_that_mean_nothing_are_refused(weights: list[float]) -> None:
    with pytest.raises(ValueError, match="2 answers need as many weights"):
        vote(["8", "7"], weights)
