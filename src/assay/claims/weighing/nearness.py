"""Tells how near the words that two sentences share stand to a figure of each."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from functools import cached_property
from math import log
from typing import NamedTuple
from weakref import WeakKeyDictionary

from assay.claims.context import Figure, Sentence, content_stems
from assay.claims.meanings import things
from assay.claims.meanings.lexicon import concepts

KINDS = "wcmnt"
"""Of shared words, each of which begins with the letter of its kind: stems, concepts, metrics, nouns, topics."""
_FAR = 25.0
"""Letters after which a word is half as near."""


class Place(NamedTuple):
    """Where a word stands beside a figure; the nearest of several is the least."""

    between: int
    """Other figures between the two."""
    letters: int
    """Letters between them."""

    @property
    def nearness(self) -> float:
        """1 where it stands right beside the figure, less the farther away it is."""
        return 1 / (1 + self.between) / (1 + self.letters / _FAR)


class Nearness:
    """Compares figures by the words near them, rare ones counting most.

    Args:
        figures: of the paper, among which a summary's may have its place.
    """

    def __init__(self, figures: Sequence[Figure]) -> None:
        self._figures = figures
        self._words: WeakKeyDictionary[Sentence, list[tuple[str, int, int]]] = WeakKeyDictionary()
        self._places: WeakKeyDictionary[Figure, Mapping[str, Place]] = WeakKeyDictionary()

    @cached_property
    def _frequency(self) -> Mapping[str, int]:
        frequency: dict[str, int] = {}
        for figure in self._figures:
            for word in self._near(figure):
                frequency[word] = frequency.get(word, 0) + 1
        return frequency

    def of(self, figure: Figure, reference: Figure) -> dict[str, float]:
        """How near two figures are to the words that both have, by the kind of word."""
        ours, theirs = self._near(figure), self._near(reference)
        near = dict.fromkeys(KINDS, 0.0)
        for word, place in ours.items():
            if word in theirs:
                rarity = log(1 + len(self._figures) / self._frequency.get(word, 1))
                near[word[0]] += rarity * place.nearness * theirs[word].nearness
        return near

    def _near(self, figure: Figure) -> Mapping[str, Place]:
        if figure not in self._places:
            start, end = figure.quantity.start, figure.quantity.end
            starts = [each.quantity.start for each in figure.sentence.figures]
            places: dict[str, Place] = {}
            for word, first, last in self._words_of(figure.sentence):
                low, high = (end, first) if first >= end else (last, start)
                between = max(bisect_left(starts, high) - bisect_left(starts, low), 0)
                place = Place(between, max(high - low, 0))
                places[word] = min(place, places.get(word, place))
            self._places[figure] = places
        return self._places[figure]

    def _words_of(self, sentence: Sentence) -> list[tuple[str, int, int]]:
        if sentence not in self._words:
            where = sentence.text, sentence.start, sentence.end
            words = [("w" + stem, at, at + len(stem)) for at, stem in content_stems(*where)]
            for kind, find in (("c", concepts), ("m", things.metrics), ("n", things.counted), ("t", things.topics)):
                words += [(kind + span.key, span.start, span.end) for span in find(*where)]
            self._words[sentence] = words
        return self._words[sentence]
