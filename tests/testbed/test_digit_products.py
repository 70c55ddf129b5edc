"""A product is that of the numbers that are asked for."""

import random

from assay.testbed.tasks.digit_products import Products


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
