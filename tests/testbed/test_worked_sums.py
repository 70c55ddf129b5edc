"""Worked sums: solutions that are right, steps that are checked exactly."""

import pytest

from assay.testbed.tasks.worked_sums import draw_worked_sums, split_steps

pytest.importorskip("reasoning_gym")


def test_solutions_are_right_and_their_steps_join_to_them() -> None:
    for each in draw_worked_sums(20, terms=(2, 6), digits=2, seed=3):
        text = "".join(each.steps)
        sides = [line.split(" = ") for line in each.steps[:-1]]
        assert split_steps(text) == list(each.steps)
        assert len(each.steps) == len(each.terms)
        assert each.right_steps(each.steps) == [True] * len(each.steps)
        assert each.is_right(text)
        assert [sum(map(int, left.replace("- ", "-").replace("+ ", "").split())) for left, _ in sides] == [
            int(right) for _, right in sides
        ]
        assert each.prompt.strip() in each.question.prompt


def test_a_wrong_step_makes_all_behind_it_wrong() -> None:
    (each,) = draw_worked_sums(1, terms=(4, 4), seed=5)
    steps = list(each.steps)
    steps[1] = "1 + 1 = 3\n"
    assert each.right_steps(steps) == [True, False, False, False]
    assert each.right_steps([*each.steps, "Answer: 1\n"])[-1] is False


def test_only_an_answer_that_is_said_is_right() -> None:
    (each,) = draw_worked_sums(1, seed=5)
    assert each.is_right(f"Answer: {each.answer}")
    assert not each.is_right(each.answer)
    assert not each.is_right(f"Answer: {int(each.answer) + 1}\n")
    assert not each.is_right("Answer:")


def test_sums_are_the_same_for_the_same_seed() -> None:
    drawn = [[each.prompt for each in draw_worked_sums(5, seed=seed)] for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
