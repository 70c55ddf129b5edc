"""A reasoner of known bounds: it reads a puzzle's text, rules out what its clues forbid, and guesses so many times.

It has nothing of the generator's but the words of the clues, so that what it solves also shows that these are clear.
"""

import json
import re
from dataclasses import dataclass

from assay.methods.evaluation.zebra_logic.puzzles import KINDS, Clue
from assay.methods.evaluation.zebra_logic.solving import Houses, Search

_THING = r"(?:\d|(?:the person [^`]*)?`[^`]+`(?: door| best)?)"
"""How a clue speaks of a house, or of who has a value."""
_PATTERNS = {
    kind: re.compile(r"(?i)\d+\. " + re.sub(r"\\\{[ab]\\\}", lambda _: _THING, re.escape(words)))
    for kind, words in KINDS.items()
}


@dataclass(frozen=True)
class Reasoner:
    """Answers prompts with the table that it can find."""

    guesses: int = 0
    """That it may make; with none it only draws conclusions."""

    def __call__(self, prompt: str) -> str:
        """The table, with what is certain where it finds no whole one."""
        (*_, start) = re.finditer(r"There are (\d) houses in a row", prompt)  # the last one; an example stands before
        houses, text = int(start[1]), prompt[start.end() :]
        listed = re.findall(r"^- (.*?): (.*)$", text, re.MULTILINE)
        values = {name: re.findall("`(.*?)`", each) for name, each in listed}
        places = {value: (n, v) for n, each in enumerate(values.values()) for v, value in enumerate(each)}
        lines = [line for line in text.splitlines() if re.match(r"\d+\. ", line)]
        clues = [_read(line, places) for line in lines]
        search = Search(clues, houses=houses, attributes=len(values), budget=self.guesses)
        left = search.reason()
        solution = next(search.solutions(), None)
        if solution is not None:
            left = [1 << row.index(value) for row in solution for value in range(houses)]
        return json.dumps({"solution": _table(values, left or [0] * len(places), houses)})


def _read(line: str, places: dict[str, tuple[int, int]]) -> Clue:
    """A clue from its words."""
    kinds = [kind for kind, pattern in _PATTERNS.items() if pattern.fullmatch(line)]
    if len(kinds) != 1:
        raise ValueError(f"{line!r} reads like {len(kinds)} kinds of clue")
    things = [places[value] for value in re.findall("`(.*?)`", line)]
    return Clue(kinds[0], things[0], things[1] if len(things) == 2 else int(line.rstrip(".").rpartition(" ")[2]))


def _table(values: dict[str, list[str]], left: Houses, houses: int) -> dict[str, dict[str, str]]:
    """What is certain, as a table."""
    table: dict[str, dict[str, str]] = {f"House {house}": {} for house in range(1, houses + 1)}
    listed = [(name, value) for name, each in values.items() for value in each]
    for (name, value), mask in zip(listed, left, strict=True):
        if mask.bit_count() == 1:
            table[f"House {mask.bit_length()}"][name] = value
    return table
