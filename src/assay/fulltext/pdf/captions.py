"""Finds the captions of tables and figures among the lines of a PDF, and tells them from sentences that begin alike."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile

from assay.fulltext.pdf.hyphens import Hyphens
from assay.fulltext.pdf.layout import Layout, Page, Piece, Strip, is_prose
from assay.fulltext.pdf.lines import split_at_gaps
from assay.papers.text import normalise


@dataclass(slots=True, eq=False)
class Caption:
    """A caption: what it belongs to, its words, and the pieces of the page that it is made of."""

    kind: str
    """``Table``, ``Figure`` or ``Algorithm``."""
    label: str
    text: str
    pieces: list[Piece]

    @property
    def left(self) -> float:
        """The left edge, in points."""
        return min(piece.left for piece in self.pieces)

    @property
    def right(self) -> float:
        """The right edge, in points."""
        return max(piece.right for piece in self.pieces)

    @property
    def middle(self) -> float:
        """Half-way between its two edges."""
        return (self.left + self.right) / 2

    @property
    def top(self) -> float:
        """The first baseline."""
        return max(piece.baseline for piece in self.pieces)

    @property
    def bottom(self) -> float:
        """The last baseline."""
        return min(piece.baseline for piece in self.pieces)

    @property
    def size(self) -> float:
        """The size of its text, in points."""
        return self.pieces[0].size


_KINDS = {"table": "Table", "tab": "Table", "figure": "Figure", "fig": "Figure", "algorithm": "Algorithm"}
_LABEL = re.compile(
    r"(?:Extended Data |Supplementary )?(?P<kind>Table|TABLE|Tab\.|Figure|FIGURE|Fig\.|FIG\.|Algorithm|ALGORITHM)"
    r"\s*(?P<number>[A-Z]{0,2}[.-]?\d+(?:[.-]\d+)*[a-z]?|[IVX]+|[A-Z]\b)(?P<mark>\s*[:.|–—](?=\s|$)|(?=\s|$))\s*"
)
_VERBS = frozenset(
    """shows show lists list reports report presents present gives give summarizes summarises summarize compares compare
    provides provide contains contain displays display illustrates details describes and or in of is are for to we on
    with also demonstrates depicts indicates highlights reveals where which has have was were that the""".split()
)


def page_captions(page: Page, layout: Layout, hyphens: Hyphens, before: Sequence[Piece] = ()) -> list[Caption]:
    """The captions of a page in the order of the file; ``before`` is what stands on the page before."""
    captions: list[Caption] = []
    taken: set[int] = set()
    for index in range(len(page.pieces)):
        if index in taken:
            continue
        match = _LABEL.match(_line_from(index, page))
        if match is None:
            continue
        text_before = [*before, *(piece for at, piece in enumerate(page.pieces[:index]) if at not in taken)]
        if not _is_caption(match, index, page, layout, text_before):
            continue
        pieces = _caption_pieces(index, page, layout)
        taken.update(range(index, index + len(pieces)))
        kind = _KINDS[match["kind"].rstrip(".").lower()]
        text = hyphens.join(_line_texts(pieces))[match.end() :]
        captions.append(Caption(kind, f"{kind} {match['number'].rstrip('.')}", text, pieces))
    return captions


def _is_caption(match: re.Match[str], index: int, page: Page, layout: Layout, text_before: Sequence[Piece]) -> bool:
    """Whether a piece that begins like a caption is one, by its mark, its looks and what stands before it."""
    piece = page.pieces[index]
    before = page.pieces[index - 1] if index else None
    if before is not None:
        is_inside_line = before.line is piece.line and piece.left - before.right < 1.5 * piece.size
        if is_inside_line or _runs_on(before, piece, layout):
            return False
    is_awaited = ":" not in match["mark"] and _is_awaited(piece, text_before, layout)
    if is_awaited and not _stands_apart(_caption_pieces(index, page, layout), page, layout):
        return False
    rest = _line_from(index, page)[match.end() :]
    if not rest:
        return piece.text.isupper() or _has_line_below(index, page)
    return bool(match["mark"]) or _looks_like_caption(index, len(match[0].split()), rest, page, layout)


def _looks_like_caption(index: int, label_words: int, rest: str, page: Page, layout: Layout) -> bool:
    """Whether a label without a mark has a caption after it and no sentence: it stands out, and no verb follows."""
    piece = page.pieces[index]
    first_word = re.match(r"[^\W\d_]*", rest)
    if rest[0].islower() or (first_word is not None and first_word[0].casefold() in _VERBS):
        return False
    is_bold = [word.bold for word in piece.words]
    if (all(is_bold[:label_words]) and not all(is_bold)) or piece.size < layout.size - 0.4 or piece.text.isupper():
        return True
    return _lies_at_a_rule(piece, _caption_pieces(index, page, layout)[-1], page)


def _lies_at_a_rule(first: Piece, last: Piece, page: Page) -> bool:
    """Whether a rule, as tables begin and end with, lies close above or below lines."""
    reach = 2.5 * first.size
    return any(
        (0 < rule.at - first.baseline < reach or 0 < last.baseline - rule.at < reach)
        and rule.start < first.right
        and first.left < rule.end
        for rule in page.rules.level
    )


_LEADS_TO_TABLE = re.compile(r"(?:\b(?:in|see|from|of|by|to|and|with|cf\.?)|[,(])$", re.IGNORECASE)


def _is_awaited(piece: Piece, before: Sequence[Piece], layout: Layout) -> bool:
    """Whether the text of the paper broke off, perhaps in another column, with words that a table's number follows."""
    if abs(piece.size - layout.size) > 0.3:
        return False
    prose = (each for each in reversed(before) if len(each.words) > 3 and abs(each.size - piece.size) < 0.3)
    last = next(prose, None)
    return last is not None and _LEADS_TO_TABLE.search(last.text) is not None


def _stands_apart(block: Sequence[Piece], page: Page, layout: Layout) -> bool:
    """Whether lines are no part of the text that broke off: they have space on both sides, or rows or a rule beside."""
    first, last = block[0], block[-1]
    if all(_is_centred(piece, layout) for piece in block):
        return True
    left, right = min(piece.left for piece in block), max(piece.right for piece in block)
    beside = [piece for piece in page.pieces if piece.left < right and left < piece.right]
    above = min((piece for piece in beside if piece.baseline > first.baseline), key=_baseline, default=None)
    below = max((piece for piece in beside if piece.baseline < last.baseline), key=_baseline, default=None)
    gap_above = (above.baseline - first.baseline) / first.size if above else 0.0
    gap_below = (last.baseline - below.baseline) / last.size if below else float("inf")
    if min(gap_above, gap_below) > 1.4 * layout.lead or _lies_at_a_rule(first, last, page):
        return True
    return any(
        piece is not None and gap < 4 and _is_row(piece) for piece, gap in ((above, gap_above), (below, gap_below))
    )


def _is_centred(piece: Piece, layout: Layout) -> bool:
    """Whether a line stands in the middle of its column, and reaches neither of its edges."""
    column = layout.column_of(piece.left, piece.right)
    return piece.left > column.left + 8 and abs(piece.middle - column.middle) < 3


def _baseline(piece: Piece) -> float:
    return piece.baseline


def _runs_on(before: Piece, piece: Piece, layout: Layout) -> bool:
    """Whether a piece goes on with the sentence of the line before it."""
    down = before.baseline - piece.baseline
    if abs(before.size - piece.size) > 0.3 or len(before.words) < 4:
        return False
    return (
        0.5 * piece.size < down < 1.15 * max(layout.lead, 1.3) * piece.size
        and piece.left - 2 < before.left + 20
        and not before.text.rstrip().endswith((".", "!", "?", ":"))
        and before.right > piece.left + 0.6 * (layout.column_of(piece.left, piece.right).right - piece.left)
    )


def _line_from(index: int, page: Page) -> str:
    """The text of a line from one of its pieces on."""
    line = page.pieces[index].line
    pieces = takewhile(lambda piece: piece.line is line, page.pieces[index:])
    return normalise(" ".join(piece.text for piece in pieces))


def _line_texts(pieces: Sequence[Piece]) -> list[str]:
    """The texts of the lines that pieces make up."""
    lines = groupby(pieces, key=lambda piece: id(piece.line))
    return [normalise(" ".join(piece.text for piece in line)) for _, line in lines]


def _has_line_below(index: int, page: Page) -> bool:
    piece = page.pieces[index]
    following = page.pieces[index + 1] if index + 1 < len(page.pieces) else None
    return following is not None and 0 < piece.baseline - following.baseline < 2.5 * piece.size


def _caption_pieces(index: int, page: Page, layout: Layout) -> list[Piece]:
    """The pieces of a caption, from its first: lines of one size on an even leading, with one margin or one middle."""
    pieces = [page.pieces[index]]
    lead = 0.0
    while index + len(pieces) < len(page.pieces):
        last, following = pieces[-1], page.pieces[index + len(pieces)]
        down = last.baseline - following.baseline
        if following.line is last.line and not _LABEL.match(following.text):
            pieces.append(following)  # a wide space in a line
            continue
        if not 0.7 * last.size < down < (1.15 * lead or max(1.5, 1.1 * layout.lead) * last.size):
            break
        are_capitals = last.text.isupper() and following.text.isupper()  # small ones, perhaps among larger
        if abs(following.size - last.size) > (0.35 if are_capitals else 0.2) * last.size:
            break
        if _LABEL.match(following.text) and not _runs_on(last, following, layout):
            break
        if not _shares_margin(pieces, following) or _is_row(following):
            break
        if _has_rule_between(last, following, page):
            break
        lead = lead or down
        pieces.append(following)
    return pieces


def _shares_margin(pieces: Sequence[Piece], following: Piece) -> bool:
    """Whether a line goes on with a caption: it begins where the lines before did, or is centred as they are."""
    first = pieces[0]
    line_left = min(piece.left for piece in pieces if piece.line is pieces[-1].line)
    line_right = pieces[-1].right
    is_label = _LABEL.fullmatch(pieces[-1].text) is not None
    is_centred = abs(following.middle - (line_left + line_right) / 2) < (12 if is_label else 3)
    if is_centred and (is_label or following.right - following.left <= line_right - line_left + 30):
        return True
    if abs(following.left - first.left) > 2 and abs(following.left - line_left) > 2:
        return False
    return is_label or following.right < max(piece.right for piece in pieces) + 8


def _is_row(piece: Piece) -> bool:
    """Whether a piece is the first of a row of a table, and no line of a caption."""
    line = piece.line
    runs = split_at_gaps(line.words, 0.7)
    if len(runs) < 2:
        return False
    return not is_prose(line.words, Strip(line.left, line.right))


def _has_rule_between(above: Piece, below: Piece, page: Page) -> bool:
    return any(
        below.baseline + 0.3 * below.size < rule.at < above.baseline
        and rule.start < below.right
        and below.left < rule.end
        for rule in page.rules.level
    )
