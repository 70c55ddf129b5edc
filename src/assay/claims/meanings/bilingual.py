"""Reads sentences of both languages: which way a Korean figure goes, and who is better by it, follow its grammar."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from assay.claims.context import Figure, Sentence
from assay.claims.meanings.concepts import concepts_of
from assay.claims.meanings.korean import read_meanings
from assay.claims.meanings.meaning import Meaning, Reader, Reading
from assay.claims.meanings.ways import Rank, Way
from assay.claims.naming.named import OWN
from assay.claims.numbers.sorts import Sort
from assay.claims.span import Span

__all__ = ["BilingualReader"]

_HANGUL = re.compile(r"[가-힣]")
_CHANGES: Final = frozenset(("relative", "points", "times"))


class BilingualReader(Reader):
    """Reads sentences about one paper, those in Korean by particles and endings where these tell more."""

    def _sentence(self, sentence: Sentence) -> Iterator[tuple[Figure, Reading]]:
        readings = dict(super()._sentence(sentence))
        if _HANGUL.search(sentence.words):
            figures = [figure for figure in readings if figure.amount.sort is Sort.FIGURE]
            _, methods, _ = self._named.in_sentence(sentence.text, sentence.start, sentence.end)
            meanings = read_meanings(sentence.text, [figure.quantity for figure in figures])
            for figure, meaning in zip(figures, meanings, strict=True):
                readings[figure] = _refined(readings[figure], meaning, methods, sentence.text)
        yield from readings.items()


def _refined(reading: Reading, meaning: Meaning, methods: list[Span], text: str) -> Reading:
    """A reading with what the grammar says: denied or not, which way, and who is better where a rival is named."""
    named = concepts_of(meaning.metric) & reading.metric.own
    if named and named != reading.metric.own:
        reading = replace(reading, metric=reading.metric._replace(own=named))
    reading = replace(reading, denied=(reading.denied or "not") if meaning.negated else "")
    if not meaning.direction:
        return replace(reading, way=Way(), rank=Rank()) if any(reading.way) else reading
    if meaning.kind not in _CHANGES:
        return reading
    sign = 1 if meaning.direction == "up" else -1
    if not reading.way.merit:
        reading = replace(reading, way=Way(sign))
    subject, baseline = (_keys(name, methods, text) for name in (meaning.subject, meaning.baseline))
    surpassed = frozenset(span.key for span in methods if _GIVES_WHAT_IS_SURPASSED.match(text, span.end))
    subject, baseline = subject - surpassed, baseline | (subject & surpassed)
    if baseline or subject - {OWN}:
        is_better = (reading.merit or sign) > 0
        reading = replace(reading, rank=Rank(subject, baseline) if is_better else Rank(baseline, subject))
    return reading


def _keys(name: str, methods: list[Span], text: str) -> frozenset[str]:
    """The methods that a phrase names, by their keys."""
    return frozenset(
        span.key
        for span in methods
        if name and text[span.start : span.end] in name and not _GENITIVE.match(text, span.end)
    )


_GIVES_WHAT_IS_SURPASSED = re.compile(
    r"(?:의\s|[이가]\s[가-힣]{1,5}[은는한린운]\s)(?:(?![은는이가]\s)[^,;.\d]){0,20}"
    r"(?<![A-Za-z\d-])\d[\d.,]*\s?[^\s,;.\d]{0,8}(?:보다|\s?대비|에\s?비해)"
)
"""Its figure is the one that is surpassed: ``TideCache의 127 ms보다``."""
_GENITIVE = re.compile(r"(?:\([^()]{1,20}\))?의\s(?:약\s|최대\s)?(?:\d[\d.]*|[가-힣]{1,3}\s?)(?:배|분의)")
"""It is what the figure is a multiple of: ``TideCache의 두 배``."""
