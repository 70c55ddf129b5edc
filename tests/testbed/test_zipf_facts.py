"""Facts are asked for by Zipf's law, with a document or without."""

import random

from assay.testbed.tasks.zipf_facts import ZipfFacts


def test_frequent_facts_are_asked_for_more_often() -> None:
    task, chance = ZipfFacts(100, misheard=0.0), random.Random(0)
    asked = [task.draw(chance, documents=0.0)[0] for _ in range(500)]
    first, last = (asked.count(f"ask {task.facts[at][0]}") for at in (0, 99))
    assert first > 5 * last
    assert len({name for name, _ in task.facts}) == 100
    prompt, value = task.draw(chance, documents=1.0)
    assert prompt.split()[4] == value
