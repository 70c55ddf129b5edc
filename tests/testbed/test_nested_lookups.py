"""Nested look-ups have the place that the table gives."""

import random

from assay.testbed.tasks.nested_lookups import NestedLookups


def test_nested_look_ups_are_looked_up_one_by_one() -> None:
    task = NestedLookups(5)
    assert task.value(["s1", "s2", "s3"]) == f"s{task.table[task.table[1][2]][3]}"
    prompt, answer = task.draw(random.Random(0), deepest=3)
    assert prompt.endswith(" is")
    assert task.value(prompt.split()[:-1]) == answer
