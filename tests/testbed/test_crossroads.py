"""Crossroads: three choices an answer, each behind its clue, none behind a line break."""

import torch

from assay.testbed.tasks.crossroads import BREAK, BREAKS, END, LAYOUTS, LENGTH, VOCAB, Crossroads
from assay.testbed.tasks.task import IGNORED

TASK = Crossroads()


def test_answers_are_a_row_with_three_choices() -> None:
    generator = torch.Generator().manual_seed(0)
    for question in TASK.questions(50, seed=1):
        answers = [TASK.answer(question, generator) for _ in range(8)]
        assert all(len(each) == LENGTH + 1 and each[-1] == END and max(each) < VOCAB for each in answers)
        differ = {at for at in range(LENGTH) if len({each[at] for each in answers}) > 1}
        assert differ <= set(TASK.choices(question))
        for place, clue in zip(TASK.choices(question), question[2:], strict=True):
            assert all(each[place - 1] == clue for each in answers)
        assert all(answers[0][place] == BREAK for place in BREAKS)


def test_no_choice_stands_at_or_behind_a_break() -> None:
    for layout in LAYOUTS:
        assert not set(layout) & {place + shift for place in BREAKS for shift in (0, 1)}
        assert not {place - 1 for place in layout} & set(BREAKS)


def test_an_answer_is_right_if_all_choices_are_and_the_likeliest_often_is_not() -> None:
    generator = torch.Generator().manual_seed(0)
    questions = TASK.questions(400, seed=1)
    right = [TASK.is_right(each, TASK.answer(each, generator)) for each in questions]
    assert 0.1 < sum(right) / len(right) < 0.3
    assert not TASK.is_right(questions[0], [])


def test_only_answers_are_learnt_and_batches_come_again() -> None:
    batches = TASK.batches(4, seed=3)
    batch = batches(7)
    assert torch.equal(batch["input_ids"], batches(7)["input_ids"])
    assert bool((batch["labels"][:, :5] == IGNORED).all())
    assert torch.equal(batch["labels"][:, 5:], batch["input_ids"][:, 5:])
