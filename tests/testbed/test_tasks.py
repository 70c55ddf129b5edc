"""Every task answers its own questions: a solver that only reads the sequence finds each label."""

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from assay.testbed import tasks
from assay.testbed.models import tiny
from assay.testbed.tasks import ASK, DOCUMENT, FIRST, IGNORED, Task

FILLER, KEYS, VALUES = 6, 5, 7

TASKS: dict[str, Task] = {
    "associative_recall": tasks.associative_recall(pairs=4, keys=9, values=7),
    "needle": tasks.needle(length=12, keys=KEYS, values=VALUES, needles=3, filler=FILLER),
    "key_value_documents": tasks.key_value_documents(
        documents=4, length=5, subjects=KEYS, values=VALUES, filler=FILLER, questions=2
    ),
    "key_value_documents_two_part": tasks.key_value_documents(
        documents=8, length=5, subjects=4, attributes=3, values=VALUES, filler=FILLER, distractors=4
    ),
    "multi_document_questions": tasks.multi_document_questions(
        documents=3, facts=2, length=5, titles=6, attributes=4, values=VALUES, questions=4, filler=FILLER
    ),
}


@pytest.mark.parametrize("name", TASKS)
def test_a_task_is_repeatable_and_well_formed(name: str) -> None:
    task = TASKS[name]
    batches = task.batches(16, seed=3)
    one, same, next_, test = batches(0), batches(0), batches(1), task.held_out(16, seed=3)
    assert torch.equal(one["input_ids"], same["input_ids"])
    for other in (next_, test, task.batches(16, seed=4)(0)):
        assert not torch.equal(one["input_ids"], other["input_ids"])
    ids, labels = one["input_ids"], one["labels"]
    assert ids.shape == labels.shape
    assert 0 <= ids.min() <= ids.max() < task.vocab_size
    answers = labels != IGNORED
    assert torch.equal(ids[answers], labels[answers])
    assert len(set(answers.sum(1).tolist())) == 1
    assert (answers.sum(1) == (ids == ASK).sum(1)).all()


def test_every_id_of_the_vocabulary_is_used() -> None:
    for name, task in TASKS.items():
        used = task.draw(20_000, torch.Generator().manual_seed(0))["input_ids"].flatten().tolist()
        special = {0, 2} | ({DOCUMENT} if "key_value" not in name else set())
        assert set(range(task.vocab_size)) - set(used) == special, name


def test_recall_answers_with_the_value_that_followed_the_key() -> None:
    for row in TASKS["associative_recall"].held_out(32)["input_ids"].tolist():
        value = dict(zip(row[1:9:2], row[2:9:2], strict=True))
        assert len(value) == 4
        for ask, key, answer in zip(row[9::3], row[10::3], row[11::3], strict=True):
            assert (ask, value[key]) == (ASK, answer)


def read_facts(document: list[int], names: int, values: int) -> dict[int, int]:
    first = FIRST + FILLER + names + values
    return {(token - first) // values: (token - first) % values for token in document if token >= first}


def value_of(token: int, names: int) -> int:
    return token - FIRST - FILLER - names


@given(st.sampled_from([None, 0.0, 0.3, 1.0]), st.integers(1, 5))
def test_needle_asks_for_a_fact_at_its_depth(depth: float | None, needles: int) -> None:
    task = tasks.needle(length=12, keys=KEYS, values=VALUES, needles=needles, depth=depth, filler=FILLER)
    for row in task.held_out(32)["input_ids"].tolist():
        text, (ask, name, answer) = row[1:13], row[13:]
        facts = read_facts(text, KEYS, VALUES)
        assert len(facts) == needles
        key = name - FIRST - FILLER
        assert (ask, facts[key]) == (ASK, value_of(answer, KEYS))
        if depth is not None:
            assert read_facts([text[round(11 * depth)]], KEYS, VALUES) == {key: facts[key]}


def test_documents_hold_one_fact_each_and_every_question_has_its_document() -> None:
    task = TASKS["key_value_documents"]
    parts = task.parts(64, torch.Generator().manual_seed(1))
    places = []
    for documents, questions, answers in zip(
        parts.documents.tolist(), parts.questions.tolist(), parts.answers.tolist(), strict=True
    ):
        facts = [read_facts(document, KEYS, VALUES) for document in documents]
        assert all(document[0] == DOCUMENT and len(fact) == 1 for document, fact in zip(documents, facts, strict=True))
        keys = [key for fact in facts for key in fact]
        assert len(set(keys)) == 4
        targets = [name - FIRST - FILLER for _, name in questions]
        assert len(set(targets)) == 2
        for key, answer in zip(targets, answers, strict=True):
            assert facts[keys.index(key)][key] == value_of(answer, KEYS)
        places.append(keys.index(targets[0]))
    assert set(places) == {0, 1, 2, 3}


@pytest.mark.parametrize("nearer", [False, True])
@pytest.mark.parametrize("distractors", [0, 2, 5])
def test_distractors_share_one_token_with_the_key(distractors: int, nearer: bool) -> None:
    subjects, attributes = 4, 3
    task = tasks.key_value_documents(
        documents=6,
        length=4,
        subjects=subjects,
        attributes=attributes,
        values=VALUES,
        distractors=distractors,
        nearer=nearer,
        filler=FILLER,
    )
    parts = task.parts(64, torch.Generator().manual_seed(1))
    shares_at_all = 0
    for documents, [(_, subject, attribute)], [answer] in zip(
        parts.documents.tolist(), parts.questions.tolist(), parts.answers.tolist(), strict=True
    ):
        target = (subject - FIRST - FILLER, attribute - FIRST - FILLER - subjects)
        facts = [next(iter(read_facts(document, subjects + attributes, VALUES).items())) for document in documents]
        keys = [divmod(key, attributes) for key, _ in facts]
        assert facts[keys.index(target)][1] == value_of(answer, subjects + attributes)
        sharing = [key != target and (key[0] == target[0] or key[1] == target[1]) for key in keys]
        shares_at_all += sum(sharing)
        if distractors:
            assert sum(sharing) == distractors
        if nearer:
            assert keys[0] == target
            assert sharing[6 - distractors :] == [True] * distractors
    assert shares_at_all  # by chance where none are asked for


def test_questions_name_document_and_attribute() -> None:
    names = 6 + 4
    parts = TASKS["multi_document_questions"].parts(64, torch.Generator().manual_seed(1))
    for documents, questions, answers in zip(
        parts.documents.tolist(), parts.questions.tolist(), parts.answers.tolist(), strict=True
    ):
        by_title = {document[0] - FIRST - FILLER: read_facts(document[1:], names, VALUES) for document in documents}
        assert len(by_title) == 3
        assert all(len(facts) == 2 for facts in by_title.values())
        for (_, title, attribute), answer in zip(questions, answers, strict=True):
            assert by_title[title - FIRST - FILLER][attribute - FIRST - FILLER - 6] == value_of(answer, names)


def test_a_curriculum_goes_from_the_first_task_to_the_last() -> None:
    stages = [tasks.key_value_documents(documents=n, length=4) for n in (1, 4, 9)]
    batches = tasks.curriculum(stages, 2, steps=10)
    lengths = [batches(step)["input_ids"].shape[1] for step in range(10)]
    assert lengths == [8] * 4 + [20] * 3 + [40] * 3
    with pytest.raises(ValueError, match="share a vocabulary"):
        tasks.curriculum([stages[0], tasks.associative_recall()], 2, steps=10)


def test_accuracy_counts_answers_only() -> None:
    class Oracle:
        def __init__(self, wrong: int) -> None:
            self.wrong = wrong

        def __call__(self, input_ids: torch.Tensor) -> Any:
            logits = torch.nn.functional.one_hot(input_ids.roll(-1, 1), 200).float()
            logits[: self.wrong, :, 199] = 2.0
            return type("Output", (), {"logits": logits})

    batch = TASKS["key_value_documents"].held_out(32)
    assert tasks.accuracy(Oracle(0), batch) == 100.0
    assert tasks.accuracy(Oracle(8), batch) == 75.0
    assert tasks.accuracy(Oracle(4), batch, size=16) == 75.0
    chance = tasks.accuracy(tiny("llama", vocab_size=TASKS["needle"].vocab_size), TASKS["needle"].held_out(128))
    assert chance < 30.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: tasks.associative_recall(pairs=9, keys=8), "9 pairs need as many of the 8 keys"),
        (lambda: tasks.associative_recall(pairs=0), "pairs is 0"),
        (lambda: tasks.needle(length=4, depth=2.0), "depth is 2.0"),
        (lambda: tasks.needle(length=4, needles=5), "5 needles"),
        (lambda: tasks.key_value_documents(documents=17), "17 documents need as many keys"),
        (lambda: tasks.key_value_documents(distractors=1), "1 distractors: 0 keys share"),
        (lambda: tasks.key_value_documents(length=1), "no room for a fact"),
        (lambda: tasks.key_value_documents(documents=2, questions=3), "3 questions on 2 documents"),
        (lambda: tasks.multi_document_questions(facts=8, length=8), "takes one token"),
        (lambda: tasks.multi_document_questions(documents=1, questions=9), "9 questions on 4 facts"),
    ],
)
def test_impossible_tasks_are_refused(call: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
