"""The other ways to write one word of a query: without its particle, with other letters, with or without apostrophe.

They are looked for beside what was typed, and nothing of the kind is in the index. A query for Müller finds Mueller,
and one for Mueller finds Müller; ``dont`` finds ``don't``.
"""

import re
from collections.abc import Iterator

from assay.store.searching.lexicon import CONTRACTIONS, UMLAUTS
from assay.store.searching.particles import Writing, stems_of

_UMLAUTS = str.maketrans(UMLAUTS)
_APOSTROPHE = re.compile(r"(?<=[^\W\d_])['’ʼ`´](?=[^\W\d_])")
_LATIN = re.compile(r"[A-Za-z]{5,}")
_DIGRAPH = re.compile(r"(?<![aeiouq])([aou])e(?=[a-km-rt-z]|[a-z]{2})", re.IGNORECASE)
"""What may stand for an umlaut: not in ``queue``, nor at the end of a word, nor in ``does`` and ``Michael``."""


def other_writings(word: str) -> Iterator[Writing]:
    """The other ways to write a word, not the word itself."""
    for way in (Writing(word), *stems_of(word)):
        texts = [way.text, *filter(None, (other_letters(way.text), _other_apostrophe(way.text)))]
        yield from (Writing(text, way.is_whole) for text in texts if text != word)


def other_letters(text: str) -> str:
    """A text with its umlauts spelt out, or, if it has none, with those that are spelt out as plain letters.

    Empty if it has neither. Plain letters will do, since accents make no difference.
    """
    other = text.translate(_UMLAUTS)
    if other == text:
        other = _LATIN.sub(lambda word: _DIGRAPH.sub(r"\1", word[0]), text)
    return other if other != text else ""


def without_apostrophes(text: str) -> str:
    """A text whose words have no apostrophe in them: ``O'Brien`` is ``OBrien``."""
    return _APOSTROPHE.sub("", text)


def _other_apostrophe(word: str) -> str:
    joined = without_apostrophes(word)
    return joined if joined != word else CONTRACTIONS.get(word.lower(), "")
