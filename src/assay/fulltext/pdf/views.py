"""What lies above or below a caption on a PDF's page, and where a table begins and ends in it."""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from assay.fulltext.pdf.following import SAME_LINE
from assay.fulltext.pdf.grid import CELL_GAP
from assay.fulltext.pdf.layout import Layout, Page, Piece, Strip, is_prose
from assay.fulltext.pdf.lines import Word, join_words, split_at_gaps
from assay.fulltext.pdf.rules import Rule

_REACH = 4.5
"""How far the first row of a table may be from its caption, in sizes of the text."""


@dataclass(slots=True, eq=False)
class Band:
    """The pieces on one line, and how far the line is from the caption."""

    distance: float
    pieces: list[Piece]

    @property
    def words(self) -> list[Word]:
        """Its words from left to right."""
        return sorted((word for piece in self.pieces for word in piece.words), key=lambda word: word.left)

    @property
    def baseline(self) -> float:
        """Where its letters stand, in points from the bottom of the page."""
        return self.pieces[0].baseline

    @property
    def left(self) -> float:
        """The left edge, in points."""
        return min(piece.left for piece in self.pieces)

    @property
    def right(self) -> float:
        """The right edge, in points."""
        return max(piece.right for piece in self.pieces)

    @property
    def size(self) -> float:
        """The size of its text, in points."""
        return max(piece.size for piece in self.pieces)

    @property
    def text(self) -> str:
        """Its words, on one line."""
        return join_words(self.words)

    @property
    def figures(self) -> int:
        """How many figures it has."""
        return sum(any(ch.isdigit() for ch in word.text) for word in self.words)


@dataclass(slots=True, eq=False)
class View:
    """What lies on one side of a caption in its strip, the nearest first, up to the next caption."""

    size: float
    """Of the caption's text."""
    bands: list[Band]
    rules: list[Rule]
    """With their distances from the caption in place of their heights."""
    edge: float = 0.0
    """How far from the caption it begins."""

    def beyond(self, distance: float) -> "View":
        """What lies further from the caption than this."""
        bands = [band for band in self.bands if band.distance > distance]
        return View(self.size, bands, [rule for rule in self.rules if rule.at > distance], distance)


def view_from(edge: float, sign: int, size: float, strip: Strip, page: Page, barred: Set[int]) -> View:
    """What lies beyond an edge, upwards or downwards, up to what is barred or crosses the edge of the strip."""
    beyond = [(sign * (piece.baseline - edge), piece) for piece in page.pieces]
    beyond = [
        (distance, piece)
        for distance, piece in beyond
        if distance > 0.4 * piece.size and piece.right > strip.left + 1 and piece.left < strip.right - 1
    ]
    end = min(
        (
            distance
            for distance, piece in beyond
            if id(piece) in barred or piece.left < strip.left - 3 or piece.right > strip.right + 3
        ),
        default=float("inf"),
    )
    bands: list[Band] = []
    for distance, piece in sorted(beyond, key=lambda each: each[0]):
        if distance > end - SAME_LINE * piece.size:
            break
        if bands and distance - bands[-1].distance < SAME_LINE * piece.size:
            bands[-1].pieces.append(piece)
        else:
            bands.append(Band(distance, [piece]))
    rules = [Rule(sign * (rule.at - edge), rule.start, rule.end) for rule in page.rules.level]
    rules = [rule for rule in rules if strip.left - 3 < rule.start and rule.end < strip.right + 3]
    return View(size, bands, sorted(rule for rule in rules if -0.35 * size < rule.at < end))


def framed(view: View) -> list[Band]:
    """The lines between the outermost two rules of one width, if the first of them is next to the caption."""
    if not view.rules or not view.bands:
        return []
    first = view.rules[0]
    if first.at - view.edge > _REACH * view.size or first.at > view.bands[0].distance:
        return []
    inside = 0
    for rule in view.rules[1:]:
        if abs(rule.start - first.start) > 3 or abs(rule.end - first.end) > 3:
            continue
        count = sum(band.distance < rule.at for band in view.bands)
        if any(band.left < first.start - 5 or band.right > first.end + 5 for band in view.bands[inside:count]):
            break
        reached = view.bands[max(0, inside - 1) : count]
        if any(after.distance - before.distance > 5 * view.size for before, after in pairwise(reached)):
            break
        inside = count
    return view.bands[:inside]


def unframed(view: View, begun: Sequence[Band], layout: Layout) -> list[Band]:
    """The lines that begin a table, or go on with its header, without a rule around them."""
    rows, pending = list(begun), list[Band]()
    leads = [after.distance - before.distance for before, after in pairwise(rows)]
    last = rows[-1].distance if rows else view.edge
    for band in view.bands[len(rows) :]:
        gap = band.distance - last
        usual = max(median(leads), 1.15 * band.size) if leads else 1.5 * band.size
        is_ruled = any(last < rule.at < band.distance for rule in view.rules)
        if gap > (1.7 * usual + (4 if is_ruled else 0) if rows or pending else _REACH * view.size):
            break
        if is_prose(band.words, layout.column_of(band.left, band.right)):
            break
        if rows or pending:
            leads.append(gap)
        pending.append(band)
        last = band.distance
        if has_cells(band):
            rows += pending
            pending = []
        elif len(pending) > 2:
            break
    return rows


def has_cells(band: Band) -> bool:
    """Whether a line falls into several cells."""
    return len(split_at_gaps(band.words, CELL_GAP)) > 1
