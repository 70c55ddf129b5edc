"""What of an abstract is put before the encoder for a figure, and where the figure and its candidates stand in that."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final, NamedTuple

from assay.claims.choosing.candidates import GENERIC, Candidate
from assay.claims.choosing.context import Context, Figure
from assay.claims.encoders.word_pieces import Piece, WordPieces

LONGEST: Final = 140
"""Pieces of a window at most: the title, the figure's sentence, and as many of those around it as there is room for."""
_TITLE: Final = 24
_AROUND: Final = (-1, 1, -2, -3)
"""Sentences in the order in which they are taken in, by how far from the figure's own."""
_BEFORE: Final = 2 / 3
"""Where the figure stands in a sentence that is too long for a window and is cut on either side."""
EMPTY, OWN, ELSEWHERE = 0, len(GENERIC) + 1, len(GENERIC) + 2
"""Sorts of candidates that do not stand in the window: nothing, the paper's own name, and what else is not generic."""
SORTS: Final = len(GENERIC) + 3


class Window(NamedTuple):
    """The pieces around a figure."""

    numbers: list[int]
    figure: tuple[int, int]
    """The first and the last of the figure's own."""
    places: list[tuple[int, int, int]]
    """Where candidates stand: the number of the candidate, and its first and its last piece."""
    sorts: list[int]
    """Of each candidate; where it does not stand in the window, the sort is all that is known of it."""


def window(context: Context, figure: Figure, offered: Sequence[Candidate], pieces: WordPieces) -> Window:
    """The window around a figure."""
    title = [each.number for each in pieces.cut(context.title)[:_TITLE]]
    body = _body(context, figure, pieces, LONGEST - len(title) - 3)
    first = len(title) + 2
    numbers = [pieces.first, *title, pieces.separator, *(each.number for each in body), pieces.separator]
    starts, ends = [each.start for each in body], [each.end for each in body]

    def span(start: int, end: int) -> tuple[int, int] | None:
        low, high = bisect_right(ends, start), bisect_left(starts, end) - 1
        return (first + low, first + high) if low <= high and starts[0] <= start and end <= ends[-1] else None

    places = [
        (number, *found)
        for number, candidate in enumerate(offered)
        for start, end, _ in candidate.places
        if (found := span(start, end)) is not None
    ]
    at, behind = bisect_right(ends, figure.start), bisect_left(starts, figure.end)
    return Window(numbers, (first + at, first + behind - 1), places, [_sort(each) for each in offered])


def _body(context: Context, figure: Figure, pieces: WordPieces, room: int) -> list[Piece]:
    """The figure's sentence with those around it, in their order, as far as there is room."""
    number = context.sentence_of(figure.start)
    taken = {0: _cut(context, pieces, number)}
    left = room - len(taken[0])
    for offset in _AROUND:
        if offset < -1 and offset + 1 not in taken:
            break
        if 0 <= number + offset < len(context.sentences):
            cut = _cut(context, pieces, number + offset)
            if len(cut) <= left:
                taken[offset] = cut
                left -= len(cut)
    body = [piece for offset in sorted(taken) for piece in taken[offset]]
    if len(body) > room:
        at = next(at for at, piece in enumerate(body) if piece.end > figure.start)
        start = max(0, min(at - int(room * _BEFORE), len(body) - room))
        body = body[start : start + room]
    return body


def _cut(context: Context, pieces: WordPieces, sentence: int) -> list[Piece]:
    return pieces.cut(context.text, *context.sentences[sentence])


def _sort(candidate: Candidate) -> int:
    lower = candidate.text.lower()
    if not lower:
        return EMPTY
    return 1 + GENERIC.index(lower) if lower in GENERIC else OWN if "own" in candidate.forms else ELSEWHERE
