"""Tasks in words have one right answer; batches label answers alone."""

import random
from functools import partial

from assay.testbed.tasks.task import IGNORED
from assay.testbed.tasks.word_tasks import NestedLookups, Products, ZipfFacts


def test_batches_label_answers_and_their_end() -> None:
    task = Products()
    words = task.vocabulary
    batches = words.batches(partial(task.draw, how="call"), 3, seed=1)
    batch = batches(0)
    assert batch["input_ids"].equal(batches(0)["input_ids"])
    assert not batch["input_ids"].equal(batches(1)["input_ids"])
    labelled = batch["labels"][0] != IGNORED
    text = str(words.tokenizer.decode(batch["labels"][0][labelled]))
    assert text.split()[3] == "*"
    assert text.endswith("</s>")


def test_a_product_is_that_of_the_two_that_are_asked_for() -> None:
    task, chance = Products(), random.Random(0)
    for _ in range(20):
        question, one, other = task.numbers(chance)
        first, _, second = question.split()[-3:]
        shown = dict(zip("ABC", (question.split()[at + 1 : at + 4] for at in (0, 4, 8)), strict=True))
        assert (int("".join(shown[first])), int("".join(shown[second]))) == (one, other)
    state = random.Random(3)
    _, one, other = task.numbers(random.Random(3))
    _, written = task.draw(state, how="steps")
    *partial_products, last = written.split(" + ")
    *third, product = last.split()[:4], last.split()[4:]
    parts = [int("".join(part.split())) for part in partial_products] + [int("".join(third[0]))]
    assert 100 * parts[0] + 10 * parts[1] + parts[2] == int("".join(product)) == one * other


def test_frequent_facts_are_asked_for_more_often() -> None:
    task, chance = ZipfFacts(100, misheard=0.0), random.Random(0)
    asked = [task.draw(chance, documents=0.0)[0] for _ in range(500)]
    first, last = (asked.count(f"ask {task.facts[at][0]}") for at in (0, 99))
    assert first > 5 * last
    assert len({name for name, _ in task.facts}) == 100
    prompt, value = task.draw(chance, documents=1.0)
    assert prompt.split()[4] == value


def test_nested_look_ups_are_looked_up_one_by_one() -> None:
    task = NestedLookups(5)
    assert task.value(["s1", "s2", "s3"]) == f"s{task.table[task.table[1][2]][3]}"
    prompt, answer = task.draw(random.Random(0), deepest=3)
    assert prompt.endswith(" is")
    assert task.value(prompt.split()[:-1]) == answer
