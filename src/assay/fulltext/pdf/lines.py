"""Puts the characters of a page together to words, and words to lines.

What is raised or lowered is told from what it stands at, as in the other forms: ``10^4``, ``95.3 ± 0.2``.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assay.fulltext.pdf.characters import HYPHEN, Character
from assay.fulltext.scripts import lowered, raised
from assay.papers.text import normalise

SAME_LINE = 0.25
"""Baselines this far apart, in sizes of the text, are one."""

WIDE_GAP = 0.9
"""A gap this wide, in sizes of the text, is more than one between words."""


@dataclass(slots=True, eq=False)
class Word:
    """Characters without a gap between them, on one baseline but for what is raised or lowered."""

    text: str
    left: float
    right: float
    bottom: float
    top: float
    baseline: float
    size: float
    bold: bool

    @property
    def middle(self) -> float:
        """Half-way between its two edges."""
        return (self.left + self.right) / 2


@dataclass(slots=True, eq=False)
class Line:
    """Words that follow each other in the file and on the page."""

    words: list[Word]
    size: float
    """Of its letters, in points; the most frequent one."""
    first_size: float
    """Of its first character: small capitals are smaller than the capital before them."""
    baseline: float
    page_height: float
    hidden: list[str] = field(default_factory=list)
    """Hidden texts that stand after this line."""

    @property
    def text(self) -> str:
        """Its words, on one line."""
        return join_words(self.words)

    @property
    def left(self) -> float:
        """The left edge, in points."""
        return min((word.left for word in self.words), default=0)

    @property
    def right(self) -> float:
        """The right edge, in points."""
        return max((word.right for word in self.words), default=0)

    @property
    def bottom(self) -> float:
        """The lower edge, in points."""
        return min((word.bottom for word in self.words), default=self.baseline)

    @property
    def top(self) -> float:
        """The upper edge, in points."""
        return max((word.top for word in self.words), default=self.baseline)

    @property
    def bold(self) -> bool:
        """Whether most of it is bold."""
        count = sum(len(word.text) for word in self.words)
        return 2 * sum(len(word.text) for word in self.words if word.bold) > count

    @property
    def has_wide_gap(self) -> bool:
        """Whether it falls into several pieces."""
        return len(split_at_gaps(self.words, WIDE_GAP)) > 1


def join_words(words: Iterable[Word]) -> str:
    """The text of words on one line."""
    return normalise(" ".join(word.text for word in words))


def split_at_gaps(words: Sequence[Word], gap: float) -> list[list[Word]]:
    """Words of one line in runs, with more than ``gap`` sizes of the text between them."""
    runs: list[list[Word]] = []
    last: Word | None = None
    for word in words:
        if last is None or word.left - last.right > gap * max(last.size, word.size):
            runs.append([])
        runs[-1].append(word)
        last = word
    return runs


def page_lines(characters: Sequence[Character], page_height: float) -> list[Line]:
    """The lines of a page in the order of the file; hidden text belongs to the line before it."""
    lines: list[Line] = []
    for run in _runs(characters):
        if run[0].hidden:
            if not lines:
                lines.append(Line([], 0, 0, page_height / 2, page_height))
            lines[-1].hidden.append("".join(each.text for each in run))
        else:
            lines.append(_line(run, page_height))
    return lines


def _runs(characters: Sequence[Character]) -> list[list[Character]]:
    """Characters that follow each other on one line, all seen or all hidden; each begins and ends with a letter."""
    runs: list[list[Character]] = []
    base: Character | None = None
    last: Character | None = None
    spaces: list[Character] = []
    for each in characters:
        if each.text == " ":
            spaces.append(each)
            continue
        if base is None or last is None or not _goes_on(base, last, each):
            runs.append([])
            base = None
        else:
            runs[-1] += spaces[:1]
        spaces.clear()
        runs[-1].append(each)
        if base is None or last is None or not _is_script(base, last, each):
            base = each
        last = each
    return runs


def _goes_on(base: Character, last: Character, each: Character) -> bool:
    """Whether a line goes on with ``each`` after ``last``, where ``base`` was the latest that stood on the line."""
    if each.hidden != last.hidden or last.text == HYPHEN:
        return False
    size = max(base.size, each.size)
    if (each.left, each.right, each.baseline) == (last.left, last.right, last.baseline):
        return True  # two letters of one ligature
    if each.left < last.right - 0.5 * size:
        return False
    if abs(each.baseline - base.baseline) < SAME_LINE * min(base.size, each.size):
        return True
    return _is_script(base, last, each) and each.left - last.right < 0.5 * size


def _is_script(base: Character, last: Character, each: Character) -> bool:
    """Whether a character is set raised or lowered at ``base``: smaller, and off its line by less than its height.

    Text of the smallest size has nothing smaller, so there it is what touches the character before it.
    """
    shift = abs(each.baseline - base.baseline) / base.size
    if each.size < 0.88 * base.size:
        return 0.08 < shift < 0.75
    touches = abs(each.left - last.right) < 0.15 * base.size
    return touches and abs(each.size - base.size) < 0.02 * base.size and 0.25 < shift < 0.5


def _line(run: Sequence[Character], page_height: float) -> Line:
    sizes = Counter(round(each.size, 1) for each in run if each.text != " ")
    size = sizes.most_common(1)[0][0]
    words = _words(run)
    baseline = Counter(word.baseline for word in words).most_common(1)[0][0]
    return Line(words, size, run[0].size, baseline, page_height)


def _words(run: Sequence[Character]) -> list[Word]:
    words: list[Word] = []
    base = last = run[0]
    script = ""
    is_raised = space = False
    for each in run:
        if each.text == " ":
            space = True
            continue
        is_script = each is not base and _is_script(base, last, each) and each.left - last.right < 0.5 * base.size
        gap = each.left - last.right
        apart = gap > (0.3 if space else 0.45) * base.size if is_script else space or gap > 0.3 * each.size
        if script and (not is_script or is_raised != (each.baseline > base.baseline)):
            _end_script(words[-1], script, is_raised=is_raised)
            script = ""
        if not words or (apart and not script):
            words.append(_word(each))
        else:
            _extend(words[-1], each)
        if is_script:
            script += " " * (space and bool(script)) + each.text
            is_raised = each.baseline > base.baseline
        else:
            words[-1].text += each.text
            words[-1].baseline = each.baseline
            base = each
        space, last = False, each
    if script:
        _end_script(words[-1], script, is_raised=is_raised)
    return words


def _end_script(word: Word, script: str, *, is_raised: bool) -> None:
    """Write what stands raised or lowered at the end of a word as the readers of the other forms do."""
    script = script.translate(_DEGREES)
    word.text += (raised if is_raised else lowered)(word.text, script)


_DEGREES = {ord("◦"): "°", ord("∘"): "°"}


def _word(each: Character) -> Word:
    """A word that begins with a character, which is still to be written."""
    return Word("", each.left, each.right, each.bottom, each.top, each.baseline, each.size, each.bold)


def _extend(word: Word, each: Character) -> None:
    word.left = min(word.left, each.left)
    word.right = max(word.right, each.right)
    word.bottom = min(word.bottom, each.bottom)
    word.top = max(word.top, each.top)
    word.bold = word.bold and each.bold
    word.size = max(word.size, each.size)
