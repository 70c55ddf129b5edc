"""A number hidden in real prose, and a question for it at the end: long-context recall that a language model can do.

One paragraph says the number of a place, and others say those of other places. All stand at random depths between the
paragraphs of a dictionary. How many others there are decides how hard it is: of numbers in prompts of 1,100 to 1,500
tokens, SmolLM2-135M-Instruct found 16 of 16 without others, 12 of 12 with one and 11 of 16 with two. By default there
are one or two.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from assay.testbed.prose import Prose

_PLACES = (
    "bakery chapel factory harbour hospital library museum orchard stadium theatre windmill brewery school prison "
    "lighthouse market"
).split()
_FACT = "The secret number of the {} is"
_QUESTION = "What is the secret number of the {}? Answer with the number."


@dataclass(frozen=True)
class HiddenNumber:
    """A request whose answer is a number that stands in it."""

    request: str
    """The prose with the numbers in it, an empty line, the question."""
    number: str
    """The right answer, digits: an answer is right if `first_number` of it is this."""
    begun: str
    """How an answer may begin, up to the space before the number."""
    fact: str
    """The sentence that says the number, as it stands in the request."""
    depth: float
    """Where it stands: 0 at the beginning of the prose, 1 at its end."""


def first_number(answer: str) -> str:
    """The digits of the first whole number in a text, or nothing; commas between thousands do not count."""
    match = re.search(r"\d+(?:,\d{3})*", answer)
    return match[0].replace(",", "") if match else ""


def hide_numbers(
    prose: Prose,
    measure: Callable[[str], int],
    *,
    count: int,
    tokens: tuple[int, int],
    others: tuple[int, int] = (1, 2),
    digits: int = 5,
    seed: int = 0,
) -> list[HiddenNumber]:
    """Requests of about as many tokens as wanted, none of which shares a paragraph with another.

    Args:
        prose: Where the paragraphs come from.
        measure: How many tokens a text has.
        count: How many requests.
        tokens: The least and the most tokens of the prose in a request; each request draws its own length, which a
            cut between words meets within a few tokens. The numbers and the question add about 16 tokens each.
        others: The least and the most numbers of other places; each request draws how many.
        digits: Of each number.
        seed: Of the lengths, depths, places and numbers.

    Raises:
        ValueError: The prose is too short, or there are not as many places.
    """
    if not 0 <= others[0] <= others[1] < len(_PLACES):
        raise ValueError(f"a request has from 0 to {len(_PLACES) - 1} other numbers, not {others[0]} to {others[1]}")
    if not 0 < tokens[0] <= tokens[1]:
        raise ValueError(f"the prose has from {tokens[0]} to {tokens[1]} tokens: give two lengths, the lesser first")
    chance = random.Random(seed)  # noqa: S311 - a draw, not a secret
    paragraphs = (line for entry in prose.entries for line in entry.text.split("\n") if len(line) >= 40)
    return [_hide(paragraphs, measure, tokens, others, digits, chance) for _ in range(count)]


def _hide(
    paragraphs: Iterator[str],
    measure: Callable[[str], int],
    tokens: tuple[int, int],
    others: tuple[int, int],
    digits: int,
    chance: random.Random,
) -> HiddenNumber:
    text = _take(paragraphs, measure, chance.randint(*tokens))
    places = chance.sample(_PLACES, 1 + chance.randint(*others))
    numbers = [str(number) for number in chance.sample(range(10 ** (digits - 1), 10**digits), len(places))]
    facts = [f"{_FACT.format(place)} {number}." for place, number in zip(places, numbers, strict=True)]
    for fact in facts:
        text.insert(chance.randint(0, len(text)), fact)
    body = "\n".join(text)
    question = _QUESTION.format(places[0])
    depth = body.index(facts[0]) / max(1, len(body) - len(facts[0]))
    return HiddenNumber(f"{body}\n\n{question}", numbers[0], _FACT.format(places[0]), facts[0], depth)


def _take(paragraphs: Iterator[str], measure: Callable[[str], int], wanted: int) -> list[str]:
    """The next paragraphs that come to about `wanted` tokens; the last one is cut between words."""
    taken: list[str] = []
    left = wanted
    for paragraph in paragraphs:
        length = measure(paragraph + "\n")
        if length < left:
            taken.append(paragraph)
            left -= length
            continue
        words = paragraph.split()
        taken.append(" ".join(words[: len(words) * left // length]))
        return [each for each in taken if each]
    raise ValueError(f"the prose has too few paragraphs left for {wanted:,} tokens: ask for fewer or shorter requests")
