"""How near each thing that a sentence names stands to each of its figures.

`assay.claims.meanings.ties` says which thing goes with which figure, or nothing. Where two sentences word a thing
differently, that is often too little to compare them by; a number between 0 and 1 for each thing says more.
"""

import math
import re
from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

from assay.claims.context import JOINED, Figure, Sentence
from assay.claims.meanings import things
from assay.claims.meanings.meaning import Reader, Reading
from assay.claims.meanings.ties import break_strength
from assay.claims.naming.named import OWN
from assay.claims.numbers.agreement import are_of_one_unit
from assay.claims.span import Span

Thing = tuple[str, str]
"""A sort and what is named."""

SORTS = ("name", "own", "metric", "noun", "topic", "concepts", "words", "size")
"""Names, the paper's own work, metrics, counted things, tasks and fields, words, sizes of models."""

_SORT_OF = {"dataset": "name", "method": "name", "other": "name", "sibling": "name"}
_HALFWAY = 4.0
"""Words after which a thing is less than half as near."""
_KOREAN_WORD = 1.6
"""What a word of Korean, which holds its particles, counts for."""
_TIED, _TIED_ELSEWHERE = 0.7, 0.3


class Nearness:
    """How near things stand to figures, in the sentences of one paper and its summary."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._placed: WeakKeyDictionary[Sentence, list[tuple[Thing, Span]]] = WeakKeyDictionary()
        self._kept: WeakKeyDictionary[Figure, Mapping[Thing, float]] = WeakKeyDictionary()

    def of(self, figure: Figure) -> Mapping[Thing, float]:
        """Everything that a figure's sentence names, and how near to the figure."""
        if figure not in self._kept:
            self._kept[figure] = self._weigh(figure)
        return self._kept[figure]

    def _weigh(self, figure: Figure) -> Mapping[Thing, float]:
        read = self._reader.read
        reading = read(figure)
        own = _tied(reading)
        alike = [each for each in figure.sentence.figures if each is not figure and are_alike(each, figure)]
        elsewhere = frozenset[str]().union(*(_tied(read(each)) for each in alike))
        nearness: dict[Thing, float] = {}
        for thing, span in self._things(figure.sentence):
            nearness[thing] = max(nearness.get(thing, 0.0), math.exp(-_distance(figure, span) / _HALFWAY))
        for (sort, key), near in nearness.items():
            if sort == "own" and reading.end:  # what the paper's own work changes, it ends at
                nearness[sort, key] = max(near, _TIED) if reading.end == "end" else near * _TIED_ELSEWHERE
            elif key in own - elsewhere:
                nearness[sort, key] = max(near, _TIED)
            elif key in elsewhere - own:
                nearness[sort, key] = near * _TIED_ELSEWHERE
        return nearness

    def _things(self, sentence: Sentence) -> list[tuple[Thing, Span]]:
        if sentence not in self._placed:
            self._placed[sentence] = list(self._place(sentence))
        return self._placed[sentence]

    def _place(self, sentence: Sentence) -> Iterator[tuple[Thing, Span]]:
        for sort, spans in self._reader.things(sentence).items():
            for span in spans:
                yield ("own" if span.key == OWN else _SORT_OF.get(sort, sort), span.key), span
        for span in things.counted(sentence.text, sentence.start, sentence.end):
            yield ("noun", span.key), span


def are_alike(one: Figure, other: Figure) -> bool:
    """Whether two figures are of one unit and of one sort: both bare numbers, or neither."""
    return one.is_number == other.is_number and are_of_one_unit(one.amount, other.amount)


def _tied(reading: Reading) -> frozenset[str]:
    """All that goes with a figure and with no other."""
    ties = (
        *(reading.metric, reading.dataset, reading.method, reading.other, reading.sibling),
        *(reading.size, reading.topic, reading.words, reading.concepts),
    )
    return frozenset({reading.counted} - {""}).union(*(each.own for each in ties))


def _distance(figure: Figure, span: Span) -> float:
    """The words between a figure and a thing, and how strongly commas and clauses part them."""
    start, end = figure.quantity.start, figure.quantity.end
    whole = _list_of(figure)
    if span.end <= whole[0] or whole[1] <= span.start:
        start, end = whole
    gap = figure.sentence.text[min(span.end, end) : max(span.start, start)]
    word = _KOREAN_WORD if _HANGUL.search(figure.sentence.words) else 1.0
    return word * gap.count(" ") + 1.5 * break_strength(gap)


def _list_of(figure: Figure) -> tuple[int, int]:
    """Where the list of figures that it is a member of begins and ends: what stands beside is as near to them all."""
    figures, text = figure.sentence.figures, figure.sentence.text
    first = last = figures.index(figure)
    while first and JOINED.fullmatch(text[figures[first - 1].quantity.end : figures[first].quantity.start]):
        first -= 1
    while last + 1 < len(figures) and JOINED.fullmatch(
        text[figures[last].quantity.end : figures[last + 1].quantity.start]
    ):
        last += 1
    return figures[first].quantity.start, figures[last].quantity.end


_HANGUL = re.compile(r"[가-힣]")
