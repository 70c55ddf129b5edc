"""Cuts words into the pieces that an encoder has learnt, and says where each of them stands in the text."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

_WORD: Final = re.compile(r"[A-Za-zÀ-ɏ\u0300-\u036FͰ-ϿЀ-ӿ0-9]+|[^\s]")
_LONGEST: Final = 20
"""Letters that a piece has at most."""
_CUT: Final = 65_536
"""Words of which the pieces are remembered."""


class Piece(NamedTuple):
    """A piece of a word by its number, and where it stands in the text."""

    number: int
    start: int
    end: int


class WordPieces:
    """The pieces of BERT's encoders that are kept: a word is cut from its start, the longest piece first.

    Args:
        vocabulary: All pieces in the order of their numbers; those within a word begin with ``##``, and ``[CLS]``,
            ``[SEP]`` and ``[UNK]`` are among them.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._numbers = {piece: number for number, piece in enumerate(vocabulary)}
        self.first, self.separator, self.unknown = (self._numbers[each] for each in ("[CLS]", "[SEP]", "[UNK]"))
        self._cut = lru_cache(_CUT)(self._cut_word)

    def cut(self, text: str, start: int = 0, end: int | None = None) -> list[Piece]:
        """The pieces of a part of a text, in small letters and without accents."""
        pieces: list[Piece] = []
        for word in _WORD.finditer(text, start, len(text) if end is None else end):
            places: Sequence[int]
            if word[0].isascii():
                plain, places = word[0].lower(), range(word.start(), word.end())
            else:  # a letter may lose its accent, or become several: each has the place of the one that it was
                letters = [(letter, word.start() + at) for at, each in enumerate(word[0]) for letter in _plain(each)]
                plain, places = "".join(letter for letter, _ in letters), [at for _, at in letters]
            pieces += (Piece(n, places[a], places[b - 1] + 1) for n, a, b in self._cut(plain))
        return pieces

    def _cut_word(self, word: str) -> tuple[Piece, ...]:
        pieces = []
        at = 0
        while at < len(word):
            inner = "##" if at else ""
            ends = range(min(len(word), at + _LONGEST), at, -1)
            end = next((end for end in ends if inner + word[at:end] in self._numbers), None)
            if end is None:
                return (Piece(self.unknown, 0, len(word)),)
            pieces.append(Piece(self._numbers[inner + word[at:end]], at, end))
            at = end
        return tuple(pieces)


def _plain(letter: str) -> str:
    return "".join(part for part in unicodedata.normalize("NFD", letter.lower()) if unicodedata.category(part) != "Mn")
