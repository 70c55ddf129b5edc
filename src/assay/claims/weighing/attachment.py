"""Tells which of a sentence's figures its words go with, and so how well a figure of one text fits one of another."""

import json
from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from importlib.resources import files
from math import exp, log
from typing import Final, NamedTuple
from weakref import WeakKeyDictionary

from assay.claims.context import Figure, Sentence, content_words
from assay.claims.meanings import things
from assay.claims.meanings.lexicon import concepts
from assay.claims.span import Span
from assay.claims.weighing.cues import cues

_FINDERS: Final = (
    ("w", content_words), ("c", concepts), ("m", things.metrics), ("n", things.counted), ("t", things.topics),
)  # fmt: skip
KINDS: Final = tuple(kind for kind, _ in _FINDERS)
"""Of the words that two texts may share: a word, an entry of the dictionary, a metric, what is counted, a topic."""
MOST: Final = 30.0
"""The largest and, below nothing, the least logit of a word's going with a figure."""


class Learnt(NamedTuple):
    """What was learnt from labelled summaries by ``benchmarks/weigher.py``."""

    cues: Mapping[str, float]
    """What each adds to the logit of a word's going with a figure."""
    none: float
    """The logit of its going with no figure."""
    kinds: Mapping[str, float]
    """How much a shared word of each kind counts."""


class Attachment:
    """Compares the figures of a summary with those of a paper, by the words that go with them in either text.

    A word is shared out among the figures of its sentence and none of them, as a softmax does.

    Args:
        figures: of the paper, among which a summary's may have its place; a word that few of them have counts most.
        learnt: what says which figure a word goes with.
    """

    def __init__(self, figures: Sequence[Figure], learnt: Learnt) -> None:
        self._figures = figures
        self._learnt = learnt
        self._shares: WeakKeyDictionary[Sentence, dict[str, list[float]]] = WeakKeyDictionary()
        self._fits: dict[tuple[Figure, Figure], float] = {}

    def fit(self, figure: Figure, reference: Figure) -> float:
        """How well a figure fits one of the paper: 0 where no word goes with both."""
        pair = figure, reference
        if pair not in self._fits:
            theirs = words_of(reference.sentence)
            ours, its = (each.sentence.figures.index(each) for each in pair)
            self._fits[pair] = sum(
                self.weight(key) * self._share(figure.sentence, key)[ours] * self._share(reference.sentence, key)[its]
                for key in words_of(figure.sentence)
                if key in theirs
            )
        return self._fits[pair]

    def weight(self, key: str) -> float:
        """How much a word counts that both texts have."""
        return self._learnt.kinds[key[0]] * self.rarity(key)

    def rarity(self, key: str) -> float:
        """More, the fewer of the paper's figures have the word in their sentence."""
        return log(1 + len(self._figures) / self._frequency.get(key, 1))

    @cached_property
    def _frequency(self) -> Mapping[str, int]:
        frequency: dict[str, int] = {}
        for figure in self._figures:
            for key in words_of(figure.sentence):
                frequency[key] = frequency.get(key, 0) + 1
        return frequency

    def _share(self, sentence: Sentence, key: str) -> list[float]:
        """How much of a word goes with each figure of its sentence, from 0 to 1."""
        shares = self._shares.setdefault(sentence, {})
        if key not in shares:
            shares[key] = self._share_out(sentence, words_of(sentence)[key])
        return shares[key]

    def _share_out(self, sentence: Sentence, places: Sequence[Span]) -> list[float]:
        """The shares of a sentence's figures in a word, which may stand in several places: the likeliest counts."""
        learnt = self._learnt.cues
        logits = [
            max(sum(learnt.get(cue, 0.0) for cue in cues(sentence, place, number)) for place in places)
            for number in range(len(sentence.figures))
        ]
        likely = [exp(min(max(logit, -MOST), MOST)) for logit in logits]
        total = sum(likely) + exp(self._learnt.none)
        return [each / total for each in likely]


_words: WeakKeyDictionary[Sentence, Mapping[str, list[Span]]] = WeakKeyDictionary()


def words_of(sentence: Sentence) -> Mapping[str, list[Span]]:
    """The words of a sentence that another text may have too, by key: a letter for the kind, and what they come to."""
    if sentence not in _words:
        where = sentence.text, sentence.start, sentence.end
        found = [span._replace(key=kind + span.key) for kind, find in _FINDERS for span in find(*where)]
        words: dict[str, list[Span]] = {}
        for word in found:
            words.setdefault(word.key, []).append(word)
        _words[sentence] = words
    return _words[sentence]


@cache
def load_learnt() -> Learnt:
    """What Assay carries."""
    return read_learnt(files("assay.claims.weighing").joinpath("attachment.json").read_text(encoding="utf-8"))


def read_learnt(text: str) -> Learnt:
    """Read what ``benchmarks/weigher.py`` has written.

    Args:
        text: JSON with ``cues``, ``none`` and ``kinds``.

    Raises:
        ValueError: A kind of word is lacking.
    """
    learnt = Learnt(**json.loads(text))
    if lacking := set(KINDS).difference(learnt.kinds):
        raise ValueError(f"nothing was learnt of how much words count of the kinds {', '.join(sorted(lacking))}")
    return learnt
