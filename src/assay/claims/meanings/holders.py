"""Whose a figure is by the grammar of its sentence: who has it, what is beaten, and over whom a change is.

``Quartz reaches 81.4%, where Granite reaches 76.2%``: each figure is that of the subject of its clause, or of what
stands right beside it (``81.4% for Quartz``, ``Granite (76.2%)``), or it goes on with the figure before. Where a
sentence leaves that open, a figure is of all that it may be of, or of nobody.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

from assay.claims.context import Figure, Sentence
from assay.claims.meanings import things
from assay.claims.meanings.holders_english import english_holders, english_rivals, objects
from assay.claims.meanings.holders_korean import korean_holders, korean_rivals
from assay.claims.naming.bearers import NOBODY, PRONOUN, UNSURE, Bearers, Keys, keys
from assay.claims.naming.named import OWN
from assay.claims.numbers.sorts import Sort

__all__ = ["Holder", "Holders"]


class Holder(NamedTuple):
    """Whose a figure is."""

    names: Keys = NOBODY
    """Those that may have it; empty where the sentence does not say."""
    is_sure: bool = False
    """Whether one of them surely is what may have a figure."""
    beaten: Keys = NOBODY
    """What its sentence says that something is better or worse than."""
    over: Keys = NOBODY
    """What a change is measured against: that of ``5.2 points over Granite``."""


class Holders:
    """Tells whose the figures of sentences are."""

    def __init__(self, bearers: Bearers) -> None:
        self._bearers = bearers
        self._kept: WeakKeyDictionary[Sentence, dict[Figure, Holder]] = WeakKeyDictionary()

    def of(self, figure: Figure) -> Holder:
        """Whose a figure is."""
        if figure.sentence not in self._kept:
            self._kept[figure.sentence] = dict(self._sentence(figure.sentence))
        return self._kept[figure.sentence].get(figure, Holder())

    def _sentence(self, sentence: Sentence) -> Iterator[tuple[Figure, Holder]]:
        text = sentence.text
        spans = self._bearers.in_sentence(text, sentence.start, sentence.end)
        if not any(each.key[:1] != UNSURE for each in spans):
            return
        metrics = [*things.metrics(text, sentence.start, sentence.end)]
        metrics += things.acronyms(text, sentence.start, sentence.end)
        spans = [each for each in spans if all(each.end <= by.start or by.end <= each.start for by in metrics)]
        figures = [figure for figure in sentence.figures if figure.amount.sort is Sort.FIGURE]
        changes = [each for each in figures if each.is_change or each.amount.unit in {"x", "points"}]
        if _HANGUL.search(sentence.words):
            found = korean_holders(sentence, figures, spans)
            over, beaten = dict(korean_rivals(text, changes, spans)), NOBODY
        else:
            found = english_holders(sentence, figures, spans)
            over, beaten = dict(english_rivals(text, changes, spans)), keys(objects(text, spans))
        for figure, names in found:
            meant = names - {PRONOUN} | self._named_before(sentence) | {OWN} if PRONOUN in names else names
            yield (
                figure,
                Holder(
                    names=frozenset(each.removeprefix(UNSURE) for each in meant),
                    is_sure=any(each[:1] != UNSURE for each in meant),
                    beaten=frozenset(each.removeprefix(UNSURE) for each in beaten) - {PRONOUN},
                    over=over.get(figure, NOBODY) - {PRONOUN},
                ),
            )

    def _named_before(self, sentence: Sentence) -> Keys:
        """The bearers of the sentence before, one of which a pronoun may mean."""
        ends = [match.end() for match in _END.finditer(sentence.text, 0, max(0, sentence.start - 1))]
        spans = self._bearers.in_sentence(sentence.text, ends[-1] if ends else 0, sentence.start)
        return keys(spans) - {PRONOUN}


_HANGUL = re.compile(r"[가-힣]")
_END = re.compile(r"[.!?]\s|\n")
