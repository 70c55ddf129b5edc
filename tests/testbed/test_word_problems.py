"""Word problems have the expression that computes their answer."""

import pytest

from assay.methods.reasoning.lottery_llm import calculate
from assay.testbed.tasks.word_problems import draw_word_problems


def test_the_expression_computes_the_answer() -> None:
    problems = draw_word_problems(60, seed=1)
    assert problems == draw_word_problems(60, seed=1)
    assert problems != draw_word_problems(60)
    assert all(calculate(each.expression) == each.answer for each in problems)
    assert [each.digits for each in problems[:4]] == [1, 2, 3, 1]
    assert all(len(each.expression.split()[0]) == each.digits for each in problems)
    assert all(part in each.question for each in problems for part in each.expression.split()[::2])


def test_numbers_have_digits() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        draw_word_problems(3, digits=(0, 2))
