"""Sums of several terms, worked out one step a line: a task whose every step can be checked exactly.

The sums are reasoning-gym's ``chain_sum``, which scores the answers too. A worked solution adds one term a line and
ends with the answer::

    17 - 40 + 5 =
    17 - 40 = -23
    -23 + 5 = -18
    Answer: -18

A model that has not seen such lines does not write them: see `assay.testbed.tuned_policy`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from assay.testbed.tasks.reasoning import Question, draw_questions

_TERM = re.compile(r"[-+]?\s*\d+")


@dataclass(frozen=True)
class WorkedSum:
    """A sum with its solution."""

    terms: tuple[int, ...]
    prompt: str
    """The sum, as a line that ends with a break."""
    question: Question
    """As reasoning-gym asks and scores it."""

    @property
    def steps(self) -> tuple[str, ...]:
        """The solution: lines with their breaks, the answer the last of them."""
        total, lines = self.terms[0], []
        for term in self.terms[1:]:
            lines.append(f"{total} {'-' if term < 0 else '+'} {abs(term)} = {total + term}\n")
            total += term
        return (*lines, f"Answer: {total}\n")

    @property
    def answer(self) -> str:
        """The sum's value."""
        return str(sum(self.terms))

    def is_right(self, text: str) -> bool:
        """Whether a solution ends with the right answer; it has to say "Answer:"."""
        _, _, said = text.rpartition("Answer:")
        return bool(said) and "Answer:" in text and self.question.is_right(said)

    def right_steps(self, steps: Sequence[str]) -> list[bool]:
        """For each step of a solution, whether it and all before it are right."""
        right, labels = True, []
        for at, step in enumerate(steps):
            right = right and at < len(self.steps) and step.split() == self.steps[at].split()
            labels.append(right)
        return labels


def split_steps(text: str) -> list[str]:
    """The lines of a solution with their breaks; joined they are the text."""
    return text.splitlines(keepends=True)


def draw_worked_sums(
    number: int, *, terms: tuple[int, int] = (3, 6), digits: int = 1, seed: int = 0
) -> list[WorkedSum]:
    """Sums, the same for the same seed.

    Args:
        number: How many.
        terms: The fewest and the most terms of one: how hard it is.
        digits: Of a term, at most.
        seed: Of everything random.

    Raises:
        NotInstalledError: reasoning-gym is not installed.
        ValueError: There is no such sum.
    """
    settings = {"min_terms": terms[0], "max_terms": terms[1], "min_digits": 1, "max_digits": digits}
    questions = draw_questions("chain_sum", number, seed=seed, **settings)
    return [_worked(question) for question in questions]


def _worked(question: Question) -> WorkedSum:
    expression = question.prompt.partition(":")[2].rpartition("=")[0].strip()
    terms = tuple(int(term.replace(" ", "")) for term in _TERM.findall(expression))
    if str(sum(terms)) != question.answer:
        raise ValueError(f"reasoning-gym's answer to {expression!r} is {question.answer}, and not {sum(terms)}")
    return WorkedSum(terms, f"{expression} =\n", question)
