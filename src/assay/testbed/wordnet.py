"""The nouns of WordNet: words that mean the same, what they mean, and how often people use them in that sense."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from assay.testbed.resources import resource


@dataclass(frozen=True)
class Sense:
    """One meaning, with the words that have it."""

    number: int
    """What WordNet calls it."""
    words: tuple[str, ...]
    """As they are written: ``ice cream``, ``Paris``."""
    gloss: str
    """What it means, without examples."""
    subject: int
    """The lexicographers' file: animals are 5, food is 13."""
    broader: tuple[int, ...]
    """Senses that this one is a kind or an instance of."""
    uses: tuple[int, ...]
    """For each word, how often texts that people tagged use it in this sense."""


_POINTER = re.compile(r" @i? (\d{8}) n ")


@cache
def noun_senses() -> dict[int, Sense]:
    """All senses of nouns, by number.

    Raises:
        NotFetchedError: WordNet is not here and not to be fetched.
    """
    data, counts = resource("wordnet").fetch()
    uses: Counter[str] = Counter()
    for line in counts.read_text(encoding="utf-8").splitlines():
        key, _, count = line.split()
        uses[key] = int(count)
    senses = {}
    for line in data.read_text(encoding="utf-8").splitlines():
        if line.startswith(" "):
            continue  # the licence
        facts, _, gloss = line.partition(" | ")
        number, subject, _, count, *rest = facts.split(" ")
        pairs = list(zip(rest[: 2 * int(count, 16) : 2], rest[1 : 2 * int(count, 16) : 2], strict=True))
        senses[int(number)] = Sense(
            int(number),
            tuple(word.replace("_", " ") for word, _ in pairs),
            re.split(r'; ?"', gloss.strip())[0],
            int(subject),
            tuple(map(int, _POINTER.findall(facts))),
            tuple(uses[f"{word.lower()}%1:{subject}:{int(of, 16):02d}::"] for word, of in pairs),
        )
    return senses


def is_kind_of(sense: Sense, other: Sense) -> bool:
    """Whether a sense is the other one, or a kind of it, however many steps away."""
    senses, open_, seen = noun_senses(), [sense.number], set[int]()
    while open_:
        number = open_.pop()
        if number == other.number:
            return True
        if number not in seen:
            seen.add(number)
            open_ += senses[number].broader
    return False
