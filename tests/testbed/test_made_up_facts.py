"""Made-up facts are all different, edits give them another object, and only objects are asked for."""

from assay.testbed.tasks import IGNORED
from assay.testbed.tasks.made_up_facts import edit_stream, fact_batches, fact_questions, make_facts, word_tokenizer


def test_facts_are_different_and_a_token_a_word() -> None:
    facts = make_facts(500)
    assert len({fact.question for fact in facts}) == 500
    ids = word_tokenizer()([f"{fact.question} {fact.object}" for fact in facts])["input_ids"]
    assert {len(row) for row in ids} == {4}
    assert min(min(row) for row in ids) > 2  # all are words that it knows


def test_a_stream_changes_some_facts_and_leaves_others() -> None:
    facts = {fact.question: fact.object for fact in make_facts(500)}
    changes, unedited = edit_stream(500, 40, 3)
    assert (len(changes), len(unedited)) == (40, 300)
    assert all(facts[fact.question] != fact.object for fact in changes)
    assert all(facts[fact.question] == fact.object for fact in unedited)
    assert not {fact.question for fact in changes} & {fact.question for fact in unedited}


def test_only_objects_are_learnt_behind_ever_other_words() -> None:
    facts = make_facts(20)
    batches = fact_batches(facts, size=8)
    assert [batches(step)["input_ids"].shape[1] for step in range(6)] == [4, 5, 6, 7, 8, 4]
    labels = batches(3)["labels"]
    assert (labels[:, :-1] == IGNORED).all()
    assert (labels[:, -1] == batches(3)["input_ids"][:, -1]).all()
    assert [question.split(" ", 2)[2] for question in fact_questions(facts)] == [fact.question for fact in facts]
