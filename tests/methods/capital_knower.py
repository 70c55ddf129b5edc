"""What goes on with texts as a well trained model would: it knows some capitals, and that it knows no others."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from assay.methods.retrieval.deeprag import Line, Wording

WORDS = Wording(instruction="")


@dataclass
class Knower:
    """Knows some capitals, reads the others from what is found, and joins them at the end."""

    knows: dict[str, str] = field(default_factory=lambda: {"France": "Paris"})
    contrary: bool = False
    """Whether it decides the other way round: searches for what it knows, and guesses the rest."""
    doubts: bool = True
    """Whether it is less confident where it guesses."""
    marks: tuple[str, ...] = ("<end>",)
    batches: list[int] = field(default_factory=list)
    """How many texts it was given each time."""

    def begin(self, prompt: str) -> str:
        return f"{prompt}\n"

    def write(self, texts: Sequence[str], tokens: int) -> list[Line]:
        self.batches.append(len(texts))
        return [self._line(*text.split("\n")) for text in texts]

    def _line(self, *lines: str) -> Line:
        *before, last = lines
        countries = re.sub(r".* (?:capital|capitals) of ", "", lines[0]).rstrip("?").split(" and ")
        asked = re.findall(r"^Follow up: What is the capital of (.*)\?$", "\n".join(lines), re.MULTILINE)
        answers = [line.removeprefix("Intermediate answer: ") for line in before if line.startswith("Intermediate")]
        if last == WORDS.recall and before[-1].startswith("["):
            return Line(f" {before[-1].split(' is ')[-1].rstrip('.')}")
        if last == WORDS.recall:
            guesses = asked[-1] not in self.knows
            return Line(f" {self.knows.get(asked[-1], 'Nowhere')}", (-3.0 if guesses and self.doubts else -0.1,))
        if last == WORDS.conclude:
            return Line(f" {' and '.join(answers)}")
        if before[-1].startswith("Follow up:"):
            recalls = (asked[-1] in self.knows) != self.contrary
            return Line(f"{WORDS.recall} {self.knows.get(asked[-1], 'Nowhere')}" if recalls else WORDS.search)
        if len(asked) < len(countries):
            return Line(f"Follow up: What is the capital of {countries[len(asked)]}?")
        return Line(f"{WORDS.conclude} {' and '.join(answers)}")
