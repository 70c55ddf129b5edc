"""Finds names of a summary that differ in a number from the one that the paper has beside the same figure.

``Dimple-1B`` may be another size of ``Dimple-7B`` that only the full text names. Where the figure beside it is the one
that the paper gives for the 7B model, the number is a slip.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from assay.claims.context import Figure
from assay.claims.judging.case import RARE
from assay.claims.naming.names import Name, Vocabulary, compounds, names

_WITH_NUMBER = re.compile(r"(?<![\w-])[A-Z][A-Za-z]+(?:\s[A-Z][A-Za-z]+){0,2}\s\d+(?:\.\d+)?(?![A-Za-z\d%]|[.,]\d)")
"""``Flash Attention 2``: no name by the spelling of its words."""
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def namesakes(text: str, supported: Mapping[Figure, Figure], known: Vocabulary) -> Iterator[tuple[Name, str]]:
    """Yield the names of a text that differ in a number from the paper's, each with the one that was meant.

    Args:
        text: a text of the summary.
        supported: its figures that stand in the paper, each with the paper's.
        known: the names of the paper.
    """
    found: dict[Name, str] = {}
    for figure, reference in supported.items():
        if not (figure.amount.unit or figure.amount.grain < 1 or figure.amount.high >= RARE):
            continue
        sentence = figure.sentence
        for name in _numbered(sentence.words):
            if known.spells(name.text):
                continue
            meant = next((each for each in _texts(reference.sentence.words) if _differ_in_number(name.text, each)), "")
            if meant and not Vocabulary([text]).spells(meant):
                at = sentence.start + name.start
                found[Name(at, at + len(name.text), name.text)] = meant
    yield from found.items()


def _texts(words: str) -> Iterable[str]:
    return (name.text for name in _numbered(words))


def _numbered(words: str) -> list[Name]:
    spelt = [Name(match.start(), match.end(), match[0]) for match in _WITH_NUMBER.finditer(words)]
    named = [name for name in spelt if any(map(str.islower, name.text))]  # not "FID 3.4", a metric and its figure
    return [name for name in (*names(words), *compounds(words), *named) if _NUMBER.search(name.text)]


def _differ_in_number(name: str, other: str) -> bool:
    """Whether two names have the same letters, and one number is another."""
    numbers = _NUMBER.findall(name), _NUMBER.findall(other)
    is_alike = _NUMBER.sub("#", name).lower() == _NUMBER.sub("#", other).lower()
    return is_alike and sum(a != b for a, b in zip(*numbers, strict=True)) == 1
