"""Instructions as people give them to a model, made of the entries of a dictionary: explain, summarise, correct.

They differ in how much of the answer stands in the prompt: next to nothing where a word is to be explained, its names
and phrases where a text is to be summarised, nearly all of it where a text is to be corrected.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from assay.testbed.prose import Entry, Prose

EXPLAIN, SUMMARISE, CORRECT = "explain", "summarise", "correct"

_WORDS = {
    EXPLAIN: "Explain what {headword} is.",
    SUMMARISE: "Summarise this text:\n\n{text}",
    CORRECT: "Correct the mistakes in this text:\n\n{text}",
}
_FIELD = re.compile(r"^(<[^<>]*>)?\s*")
"""``<hardware>`` at the head of what FOLDOC says of a word."""


@dataclass(frozen=True)
class Instruction:
    """What a model is told to do."""

    kind: str
    """``explain``, ``summarise`` or ``correct``."""
    text: str


def draw_instructions(
    prose: Prose,
    number: int,
    *,
    kinds: Sequence[str] = (EXPLAIN, SUMMARISE, EXPLAIN, CORRECT),
    characters: tuple[int, int] = (250, 500),
) -> list[Instruction]:
    """Instructions on the entries of `prose`, in their order, an entry each and the kinds in turn.

    Args:
        prose: Where the words and the texts are from. Entries that are too short are passed over.
        number: How many instructions, at most: there may be fewer entries.
        kinds: What is asked for in turn.
        characters: The least and the most of a text; a longer one is cut behind a sentence.

    Raises:
        ValueError: There is no such kind.
    """
    for kind in kinds:
        if kind not in _WORDS:
            raise ValueError(f"an instruction is one of {', '.join(_WORDS)}, not {kind!r}")
    least, most = characters
    texts = ((entry.headword, _whole_sentences(entry, most)) for entry in prose.entries)
    long_enough = ((headword, text) for headword, text in texts if len(text) >= least)
    return [
        Instruction(kind, _WORDS[kind].format(headword=headword, text=text))
        for kind, (headword, text) in zip(cycle(kinds), islice(long_enough, number), strict=False)
    ]


def _whole_sentences(entry: Entry, most: int) -> str:
    """What is said of the headword, up to the last sentence that ends within so many characters."""
    text = _FIELD.sub("", entry.text.partition("\n")[2].replace("\n", " "))
    return text if len(text) <= most else text[: text.rfind(". ", 0, most) + 1]
