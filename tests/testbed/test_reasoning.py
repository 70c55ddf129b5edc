"""Reasoning questions are the same for a seed, and their own answers are right; answers are taken out of sentences."""

import sys

import pytest

from assay.testbed.tasks.reasoning import NotInstalledError, draw_questions, take_answer

DIGITS = {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1}


@pytest.fixture
def gym() -> None:
    pytest.importorskip("reasoning_gym", reason="reasoning-gym is not installed (extra `reasoning`)")


def test_questions_score_their_own_answers_and_no_others(gym: None) -> None:
    questions = draw_questions("products", 4, seed=3, **DIGITS)
    assert questions == draw_questions("products", 4, seed=3, **DIGITS)
    assert questions != draw_questions("products", 4, seed=4, **DIGITS)
    for question in questions:
        assert question.is_right(f"So the product is {question.answer}.")
        assert not question.is_right(f"It is {int(question.answer) + 1}.")
        assert question.score("I do not know") < 1.0


def test_examples_are_solved_and_not_asked(gym: None) -> None:
    (question,) = draw_questions("products", 1, seed=3, examples=2, **DIGITS)
    solved = draw_questions("products", 2, seed=3, **DIGITS)
    assert question.prompt.startswith(f"Question: {solved[0].prompt}\nAnswer: {solved[0].answer}\n\n")
    assert question.prompt.endswith("\nAnswer:")
    assert question.prompt.count("Question:") == 3


def test_a_generator_or_setting_that_is_not_there_is_refused(gym: None) -> None:
    with pytest.raises(ValueError, match="sums_of_cats"):
        draw_questions("sums_of_cats", 1)
    with pytest.raises(ValueError, match="products"):
        draw_questions("products", 1, colour="red")


def test_without_the_package_a_line_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "reasoning_gym", None)
    with pytest.raises(NotInstalledError, match="the extra `reasoning`"):
        draw_questions("products", 1)


@pytest.mark.parametrize(
    ("text", "like", "answer"),
    [
        ("4 times 7 is 28.", "28", "28"),
        ("The sum is 1,204.\n\nAnother sum is 3.", "1204", "1204"),
        ("No number here.", "5", "No number here"),
        ("Minus: -3", "-3", "-3"),
        ("It is not so: no. I say yes.", "Yes", "Yes"),
        ("Certainly not false", "True", "false"),
        ("Chad.\nHe is committed to pigs.", "Chad", "Chad"),
    ],
)
def test_an_answer_is_taken_out_of_a_sentence(text: str, like: str, answer: str) -> None:
    assert take_answer(text, like=like) == answer
