"""Finds words that give a number without a figure beside them: *a single*, *zero*, *hundreds*; ``한 번``, ``수백 개``.

They are no figures by themselves, since *one* is most often none. Where the paper says the same of the same thing, a
summary's is supported; else nothing is said of it.
"""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from assay.claims.context import Figure, Sentence, Text, content_stems
from assay.claims.meanings.lexicon import concepts
from assay.claims.numbers.agreement import amount
from assay.claims.numbers.quantity import Quantity
from assay.claims.numbers.sorts import Sort
from assay.claims.source import Source


def singles(text: Text, source: Source) -> Iterator[tuple[Figure, Text, Sentence]]:
    """The words of ``text`` that stand in the paper of the same thing, each as a figure, with the paper's sentence."""
    taken = [(figure.quantity.start, figure.quantity.end) for figure in text.figures]
    for sentence in text.sentences:
        for start, end, value in _read(text.text, sentence):
            if any(start < to and at < end for at, to in taken):
                continue
            found = _source_of(text.text, (start, end), sentence, value, source.texts)
            if found is not None:
                quantity = Quantity(start, end, value, value, "", Sort.FIGURE, in_words=True)
                yield Figure(quantity, amount(text.text, quantity), sentence), *found


_WORDS = re.compile(
    r"(?<![\w-])(?:(?P<one>(?:one|a)\s(?:single|sole)|single|one(?!\s(?:of|another|by|can|could|may|such|or|way|that|which|who|hand|side)\b))"
    r"|(?P<none>zero|nil|no(?=\s(?!more\b))|none)|(?P<dozens>dozens)|(?P<hundreds>hundreds)|(?P<thousands>thousands))(?![\w])"
    r"|(?<![가-힣])(?:(?P<eins>한)(?=\s(?:개|장|대|줄|번|곳|명|차례|건|편|쌍)(?!째|\s?더))|(?P<tens>수십)|(?P<hundert>수백)|(?P<tausend>수천))(?![가-힣])",
    re.IGNORECASE,
)
_DIGITS = re.compile(r"(?<![\w.,:/=-])(?P<value>[01])(?![\w.,:/%-]|\s?(?:%|x\b|×))")
_VALUES = {
    "one": 1, "eins": 1, "none": 0, "dozens": 12, "tens": 12, "hundreds": 100, "hundert": 100, "thousands": 1000,
    "tausend": 1000,
}  # fmt: skip


def _read(text: str, sentence: Sentence) -> Iterator[tuple[int, int, Decimal]]:
    for match in _WORDS.finditer(text, sentence.start, sentence.end):
        yield match.start(), match.end(), Decimal(_VALUES[match.lastgroup or "one"])


def _source_of(
    text: str, span: tuple[int, int], sentence: Sentence, value: Decimal, texts: Sequence[Text]
) -> tuple[Text, Sentence] | None:
    """The sentence of the paper that has the same number with a word in common right beside it."""
    ours = _beside(text, *span, sentence)
    for theirs in texts:
        for each in theirs.sentences:
            places = [(start, end) for start, end, other in _read(theirs.text, each) if other == value]
            digits = _DIGITS.finditer(theirs.text, each.start, each.end)
            places += [match.span() for match in digits if Decimal(match["value"]) == value]
            if any(ours & _beside(theirs.text, *place, each) for place in places):
                return theirs, each
    return None


def _beside(text: str, start: int, end: int, sentence: Sentence) -> frozenset[str]:
    """The words right behind a number, in Korean those before it too, in one spelling for both languages."""
    first, last = max(sentence.start, start - _NEAR), min(sentence.end, end + _NEAR)
    if not re.search(r"[가-힣]", text[first:last]):
        first = end if re.match(r"\s[a-z]", text[end : end + 2]) else first
    found = {f"~{span.key}" for span in concepts(text, first, last)}
    return frozenset(found | {stem for _, stem in content_stems(text, first, last)} - _BARE)


_NEAR = 24
_BARE = frozenset({"single", "sole", "zero", "nil", "none", "one", "hundre", "thousa", "dozen"})
