"""Tells where the text of a PDF runs: its columns, the pieces that its lines fall into, and what is prose."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from assay.fulltext.pdf.lines import WIDE_GAP, Line, Word, join_words, split_at_gaps
from assay.fulltext.pdf.rules import Rules


@dataclass(slots=True, eq=False)
class Piece:
    """Words of a line without a wide gap between them: a line of prose, or a part of a row."""

    words: list[Word]
    line: Line
    left: float
    right: float

    @property
    def baseline(self) -> float:
        """Where its letters stand, in points from the bottom of the page."""
        return self.words[0].baseline

    @property
    def middle(self) -> float:
        """Half-way between its two edges."""
        return (self.left + self.right) / 2

    @property
    def size(self) -> float:
        """The size of its text, in points."""
        return self.line.size

    @property
    def text(self) -> str:
        """Its words, on one line."""
        return join_words(self.words)


@dataclass(slots=True, eq=False)
class Page:
    """A page: its lines in the order of the file, and the rules that are drawn on it."""

    number: int
    width: float
    height: float
    lines: list[Line]
    rules: Rules
    pieces: list[Piece] = field(default_factory=list)

    def split_lines(self) -> None:
        """Split the lines of the page into pieces."""
        self.pieces = [
            Piece(run, line, min(word.left for word in run), max(word.right for word in run))
            for line in self.lines
            for run in _with_labels(split_at_gaps(line.words, WIDE_GAP))
        ]


def _with_labels(runs: list[list[Word]]) -> list[list[Word]]:
    """Runs of words, with ``Table`` joined to its number where a line that is stretched has them far apart."""
    joined: list[list[Word]] = []
    for run in runs:
        if joined and joined[-1][-1].text in _LABELS and len(joined[-1]) == 1 and run[0].text[:1].isdigit():
            joined[-1] = joined[-1] + run
        else:
            joined.append(run)
    return joined


_LABELS = frozenset(("Table", "TABLE", "Tab.", "Figure", "FIGURE", "Fig.", "FIG.", "Algorithm"))


@dataclass(frozen=True)
class Strip:
    """A strip of the page from top to bottom, such as a column of text."""

    left: float
    right: float

    @property
    def middle(self) -> float:
        """Half-way between its two edges."""
        return (self.left + self.right) / 2


@dataclass(frozen=True)
class Layout:
    """What most pages of a document have in common."""

    size: float
    """Of the text, in points."""
    lead: float
    """The distance of two lines of text, in sizes of the text."""
    columns: tuple[Strip, ...]

    def column_of(self, left: float, right: float) -> Strip:
        """The column in which something stands; all of them together if it crosses what is between them."""
        for column in self.columns:
            if column.left - 12 <= left and right <= column.right + 12:
                return column
        return Strip(self.columns[0].left, self.columns[-1].right)


def document_layout(pages: Sequence[Page]) -> Layout:
    """The size of the text of a document, its leading and its columns."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[line.size] += sum(len(word.text) for word in line.words)
    size = sizes.most_common(1)[0][0] if sizes else 10.0
    prose = [piece for page in pages for piece in page.pieces if len(piece.words) > 5 and abs(piece.size - size) < 1.5]
    prose = [piece for piece in prose if not is_mostly_figures(piece.words)]
    width = max((page.width for page in pages), default=612.0)
    return Layout(size, _lead(pages, size), _columns(prose) if prose else (Strip(0, width),))


def _lead(pages: Sequence[Page], size: float) -> float:
    leads = [
        (above.baseline - below.baseline) / size
        for page in pages
        for above, below in pairwise(page.lines)
        if above.size == below.size == size and len(below.words) > 5 and abs(above.left - below.left) < 1
    ]
    leads = [each for each in leads if 0.9 < each < 3]
    return median(leads) if leads else 1.2


def _columns(prose: Sequence[Piece]) -> tuple[Strip, ...]:
    """One column or two, by whether the lines of prose cross the middle of the page."""
    whole = _strip(prose)
    crossing = sum(piece.left < whole.middle - 15 and piece.right > whole.middle + 15 for piece in prose)
    if crossing > 0.4 * len(prose):
        return (whole,)
    left = [piece for piece in prose if piece.right < whole.middle + 10]
    right = [piece for piece in prose if piece.left > whole.middle - 10]
    if min(len(left), len(right)) < 0.1 * len(prose):
        return (whole,)
    return _strip(left), _strip(right)


def _strip(prose: Sequence[Piece]) -> Strip:
    """From where most lines begin to where most lines end."""
    lefts, rights = sorted(piece.left for piece in prose), sorted(piece.right for piece in prose)
    return Strip(lefts[len(lefts) // 20], rights[len(rights) * 19 // 20])


def is_mostly_figures(words: Sequence[Word]) -> bool:
    """Whether a third of the words are figures."""
    return 3 * sum(any(ch.isdigit() for ch in word.text) for word in words) > len(words)


def is_prose(words: Sequence[Word], column: Strip) -> bool:
    """Whether words on one line are one of a paragraph: they fill the column, with spaces of one width between them."""
    if len(words) < 5 or is_mostly_figures(words):
        return False
    if words[0].left > column.left + 16 or words[-1].right < column.right - 4:
        return False
    gaps = [max(0.1, right.left - left.right) for left, right in pairwise(words)]
    return max(gaps) < 2.2 * median(gaps) + 1 and median(gaps) < 0.8 * words[0].size
