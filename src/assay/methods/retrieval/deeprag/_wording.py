"""The words by which a model says what it does: asks itself something, answers from memory, searches, concludes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields

INSTRUCTION = (
    "Answer the question by way of smaller questions. Write each of them behind 'Follow up:'. Where you know the "
    "answer, write it behind 'Intermediate answer:'. Where you do not, write 'Let's search the question in "
    "Wikipedia.' and answer from what is found. At the end write 'So the final answer is:' and the answer."
)
"""Ours; the words in it are the paper's."""
_SHORT = re.compile(r"<answer short>(.*?)(?:</answer short>|$)")
_MARKS = re.compile(r"</?answer (?:long|short)>")


@dataclass(frozen=True)
class Step:
    """A sub-question and what became of it."""

    question: str
    answer: str
    documents: tuple[str, ...] | None = None
    """What the answer was read from, a line each; None if it is from memory, empty if the search found nothing."""

    @property
    def searched(self) -> bool:
        """Whether the answer is from a search."""
        return self.documents is not None


@dataclass(frozen=True)
class Path:
    """A question with the steps that led to an answer."""

    question: str
    steps: tuple[Step, ...]
    answer: str
    odd: tuple[str, ...] = ()
    """Lines that the model wrote in place of a step or a decision, and lines that were cut: see `DeepRAG`."""

    @property
    def searches(self) -> int:
        """How many of the steps searched."""
        return sum(step.searched for step in self.steps)


@dataclass(frozen=True)
class Wording:
    """What a line begins with, by what it does; each thing is said in one line, what was found in several.

    Lines are what makes documents harmless: each of them stands in a line of its own behind a number, so that none
    can say what only the model may say.
    """

    instruction: str = INSTRUCTION
    """Stands before the question; a few worked examples may follow in it."""
    ask: str = "Follow up:"
    recall: str = "Intermediate answer:"
    search: str = "Let's search the question in Wikipedia."
    context: str = "Context:"
    conclude: str = "So the final answer is:"
    nothing: str = "[No related Info]"
    """A model's answer where documents do not tell; the tree does not go on behind it."""

    def __post_init__(self) -> None:
        words = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "instruction"}
        for name, text in words.items():
            if not text.strip() or text != text.strip() or "\n" in text:
                raise ValueError(f"the wording's {name} is {text!r}: give words within one line")
        for name, text in words.items():
            if like := [other for other, longer in words.items() if other != name and longer.startswith(text)]:
                raise ValueError(f"the wording's {like[0]} begins as its {name} does: {text!r}")

    def prompt(self, question: str) -> str:
        """What a model is given before it begins."""
        return "\n".join(part for part in (self.instruction, f"Question: {one_line(question)}") if part)

    def step(self, step: Step) -> str:
        """The lines of a step."""
        found = "" if step.documents is None else self.found(step.documents)
        return f"{self.asked(step.question)}{found}{self.recall} {step.answer}\n"

    def asked(self, question: str) -> str:
        """The line of a sub-question, behind which the model decides."""
        return f"{self.ask} {question}\n"

    def found(self, documents: Sequence[str]) -> str:
        """The lines of a search."""
        return f"{self.search}\n{self.listed(documents)}"

    def listed(self, documents: Sequence[str]) -> str:
        """The lines of what was found: the only ones that the model does not write."""
        numbered = [f"[{number}] {one_line(each)}" for number, each in enumerate(documents, 1)]
        return "\n".join([self.context, *(numbered or ["[1] -"])]) + "\n"

    def concluded(self, answer: str) -> str:
        """The last line."""
        return f"{self.conclude} {answer}"

    def read(self, line: str, begins: str) -> str | None:
        """What stands behind the words that a line begins with; None if it begins otherwise."""
        line = line.strip()
        return line.removeprefix(begins).strip() if line.startswith(begins) else None

    def final(self, text: str) -> str:
        """The answer in what stands behind `conclude`: the short one, where it is told in the official code's tags."""
        short = _SHORT.search(text)
        return _MARKS.sub("", short.group(1) if short else text).strip()


def one_line(text: str) -> str:
    """A text in one line."""
    return " ".join(text.split())
