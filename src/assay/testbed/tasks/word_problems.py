"""Word problems of one operation on two numbers, from one digit to three: easy to read, hard to compute in the head.

Each has the expression that computes it. A model that reads can name the expression; one of 135M parameters computes it
only where the numbers are small.
"""

import random
from dataclasses import dataclass

_TEMPLATES = (
    ("A farm has {a} fields with {b} trees each. How many trees are there?", "*"),
    ("{name} had {a} coins and found {b} more. How many coins does {name} have now?", "+"),
    ("A shop had {a} lamps and sold {b} of them. How many lamps are left?", "-"),
    ("A train has {a} wagons with {b} seats each. How many seats are there?", "*"),
    ("{name} reads {a} pages a day for {b} days. How many pages is that?", "*"),
    ("A library has {a} books and buys {b} more. How many books does it have?", "+"),
    ("There were {a} birds in a tree and {b} flew away. How many birds are still there?", "-"),
    ("A baker fills {a} boxes with {b} rolls each. How many rolls does the baker need?", "*"),
    ("{name} walked {a} steps before lunch and {b} steps after it. How many steps is that?", "+"),
    ("A tank holds {a} litres, and {b} litres leak out. How many litres are left?", "-"),
)
_NAMES = ("Anna", "Peter", "Maria", "Jonas")


@dataclass(frozen=True)
class WordProblem:
    """A problem with what computes it."""

    question: str
    expression: str
    answer: str
    thought: str
    """How a person would say it, without the answer."""
    digits: int
    """Of the larger number."""


def draw_word_problems(number: int, *, digits: tuple[int, int] = (1, 3), seed: int = 0) -> list[WordProblem]:
    """Problems, as many of each number of digits; the same for the same seed.

    Raises:
        ValueError: Numbers have less than one digit.
    """
    if not 1 <= digits[0] <= digits[1]:
        raise ValueError(f"digits are {digits}: give the fewest, 1 or more, and the most")
    chance = random.Random(f"word problems {seed}")  # noqa: S311 - a draw, not a secret
    problems = []
    for at in range(number):
        size = digits[0] + at % (digits[1] - digits[0] + 1)
        template, sign = chance.choice(_TEMPLATES)
        high = chance.randrange(10 ** (size - 1) + 1, 10**size)
        low = chance.randrange(2, high + 1) if sign == "-" else chance.randrange(2, 10 ** min(size, 2))
        value = {"*": high * low, "+": high + low, "-": high - low}[sign]
        word = {"*": "times", "+": "plus", "-": "minus"}[sign]
        question = template.format(a=high, b=low, name=chance.choice(_NAMES))
        problems.append(
            WordProblem(question, f"{high} {sign} {low}", str(value), f"We need {high} {word} {low}.", size)
        )
    return problems
