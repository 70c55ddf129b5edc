"""Cuts words of any language into their likeliest pieces, and says where each of them stands in the text."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from assay.claims.encoders.word_pieces import Piece

_WORD: Final = re.compile(r"\S+")
_SPACE: Final = "▁"
"""Stands before each word."""
_FAR: Final = 10.0
"""A letter that no piece has is so much less likely than the least likely piece, as a logarithm."""
_CUT: Final = 65_536
"""Words of which the pieces are remembered."""


class LikelyPieces:
    """The pieces of a unigram model, as SentencePiece makes them: a word is cut so that its pieces are likeliest.

    Args:
        vocabulary: All pieces in the order of their numbers; ``<s>``, ``</s>`` and ``<unk>`` are among them.
        likely: The logarithm of how likely each is.
    """

    def __init__(self, vocabulary: Sequence[str], likely: Sequence[float]) -> None:
        self._numbers = {piece: number for number, piece in enumerate(vocabulary)}
        self.first, self.separator, self.unknown = (self._numbers[each] for each in ("<s>", "</s>", "<unk>"))
        self._likely = list(likely)
        self._longest = max(map(len, vocabulary))
        self._least = min(likely) - _FAR
        self._cut = lru_cache(_CUT)(self._cut_word)

    def cut(self, text: str, start: int = 0, end: int | None = None) -> list[Piece]:
        """The pieces of a part of a text."""
        pieces: list[Piece] = []
        for word in _WORD.finditer(text, start, len(text) if end is None else end):
            plain = unicodedata.normalize("NFKC", word[0])
            cut = self._cut(plain)
            if len(plain) == len(word[0]):
                pieces += (Piece(number, word.start() + low, word.start() + high) for number, low, high in cut)
            else:  # where letters were joined or taken apart, every piece stands for the whole word
                pieces += (Piece(number, *word.span()) for number, _, _ in cut)
        return pieces

    def _cut_word(self, word: str) -> tuple[Piece, ...]:
        """Of all ways to cut a word the likeliest; places are those in the word, without the sign for its space."""
        text = _SPACE + word
        best = [0.0] + [float("-inf")] * len(text)
        last: list[tuple[int, int]] = [(0, 0)] * (len(text) + 1)
        for start in range(len(text)):
            for end in range(start + 1, min(len(text), start + self._longest) + 1):
                number = self._numbers.get(text[start:end], self.unknown)
                if number == self.unknown and end > start + 1:
                    continue
                share = best[start] + (self._least if number == self.unknown else self._likely[number])
                if share > best[end]:
                    best[end], last[end] = share, (start, number)
        pieces = []
        at = len(text)
        while at:
            start, number = last[at]
            pieces.append(Piece(number, max(start - 1, 0), at - 1))
            at = start
        return tuple(reversed(pieces))
