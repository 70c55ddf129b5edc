"""Products of numbers that are written digit by digit: in the head, with partial products, or as a calculator's call.

``A 0 1 2 B 3 4 5 C 0 0 7 A times C call`` is answered by ``0 1 2 * 0 0 7``.
"""

import random
from dataclasses import dataclass

from assay.testbed.tasks.words import Pair, Words


@dataclass(frozen=True)
class Products:
    """Three numbers behind letters, and the product of two: in the head, with partial products, or as a call."""

    digits: int = 3
    """Of a number, zeros in front included; as many numbers have one digit as two or three."""

    @property
    def vocabulary(self) -> Words:
        """Digits, letters, marks."""
        return Words((*map(str, range(10)), "A", "B", "C", "times", "+", "*", "direct", "steps", "call"))

    def numbers(self, chance: random.Random) -> tuple[str, int, int]:
        """A question without its mark, and the two numbers that it asks for."""
        values = [
            chance.randrange(10 ** (size - 1), 10**size) for size in (chance.randint(1, self.digits) for _ in "ABC")
        ]
        one, other = chance.sample(range(3), 2)
        shown = " ".join(f"{letter} {self.spell(value)}" for letter, value in zip("ABC", values, strict=True))
        return f"{shown} {'ABC'[one]} times {'ABC'[other]}", values[one], values[other]

    def spell(self, value: int, length: int | None = None) -> str:
        """A number digit by digit."""
        return " ".join(f"{value:0{length or self.digits}d}")

    def draw(self, chance: random.Random, *, how: str) -> Pair:
        """A question, and what is written behind it: ``direct``, ``steps`` or ``call``."""
        question, one, other = self.numbers(chance)
        product = self.spell(one * other, 2 * self.digits)
        partial = [self.spell(one * int(digit), self.digits + 1) for digit in f"{other:0{self.digits}d}"]
        written = {
            "direct": product,
            "steps": f"{' + '.join(partial)} {product}",
            "call": f"{self.spell(one)} * {self.spell(other)}",
        }
        return f"{question} {how}", written[how]
