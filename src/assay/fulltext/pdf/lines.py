"""Puts the characters of a page together to words, and words to lines.

What is raised or lowered is told from what it stands at, as in the other forms: ``10^4``, ``95.3 ± 0.2``.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from assay.fulltext.pdf.characters import Character
from assay.fulltext.pdf.following import Following
from assay.fulltext.scripts import lowered, raised, two_sided
from assay.papers.text import normalise

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


def text_on_one_line(characters: Sequence[Character]) -> str | None:
    """The text of characters that stand on one line; ``None`` if they stand on several."""
    runs = _runs(characters)
    return join_words(_words(runs[0])) if len(runs) == 1 else None


def _runs(characters: Sequence[Character]) -> list[list[Character]]:
    """Characters that follow each other on one line, all seen or all hidden; each begins and ends with a letter."""
    runs: list[list[Character]] = []
    following: Following | None = None
    spaces: list[Character] = []
    for each in characters:
        if each.text == " ":
            spaces.append(each)
            continue
        if following is None or not following.goes_on(each):
            runs.append([])
            following = Following.begin(each)
        else:
            runs[-1] += spaces[:1]
            following.step(each)
        spaces.clear()
        runs[-1].append(each)
    return runs


def _line(run: Sequence[Character], page_height: float) -> Line:
    sizes = Counter(round(each.size, 1) for each in run if each.text != " ")
    size = sizes.most_common(1)[0][0]
    words = _words(run)
    baseline = Counter(word.baseline for word in words).most_common(1)[0][0]
    return Line(words, size, run[0].size, baseline, page_height)


def _words(run: Sequence[Character]) -> list[Word]:
    words: list[Word] = []
    following = Following.begin(run[0])
    scripts: list[_Script] = []
    space = False
    for at, each in enumerate(run):
        if each.text == " ":
            space = True
            continue
        base = following.base
        gap = following.gap(each) if at else 0
        is_script = at > 0 and following.is_script(each) and gap < 0.5 * base.size
        is_opposite = is_script and following.is_opposite(each)
        is_raised = each.baseline > base.baseline
        apart = _is_apart(following, each, gap, space=space, is_script=is_script)
        if scripts and not is_script:
            _end_scripts(words[-1], scripts, is_over_slash=each.text in _SLASHES and _is_small(run[at + 1 :], base))
            scripts = []
        if not words or (apart and not scripts):
            words.append(_word(each))
        else:
            _extend(words[-1], each)
        if is_script:
            if not scripts or scripts[-1].is_raised != is_raised:
                scripts.append(_Script(is_raised, is_opposite))
            scripts[-1].text += " " * (space and bool(scripts[-1].text)) + each.text
        else:
            words[-1].text += each.text
            words[-1].baseline = each.baseline
        if at:
            following.step(each)
        space = False
    if scripts:
        _end_scripts(words[-1], scripts)
    return words


def _is_apart(following: Following, each: Character, gap: float, *, space: bool, is_script: bool) -> bool:
    """Whether a character begins a word of its own; ``space`` is whether PDFium sees a space before it."""
    size = following.base.size
    if is_script:
        return gap > (0.3 if space else 0.45) * size
    if following.script is not None:
        return gap > 0.15 * size  # PDFium sees a space wherever the text comes back to its line
    return space or gap > 0.3 * each.size


@dataclass(slots=True)
class _Script:
    """What is set raised or lowered at the end of a word."""

    is_raised: bool
    is_opposite: bool
    """Whether it stands right below or above the one before."""
    text: str = ""


def _end_scripts(word: Word, scripts: Sequence[_Script], *, is_over_slash: bool = False) -> None:
    """Write what stands raised or lowered at the end of a word as the readers of the other forms do."""
    texts = [script.text.translate(_DEGREES) for script in scripts]
    if is_over_slash:
        word.text += " " * word.text[-1:].isdigit() + texts[0]
        return
    if len(scripts) == 2 and scripts[1].is_opposite:
        word.text += two_sided(word.text, *(texts if scripts[0].is_raised else reversed(texts)))
        return
    for script, text in zip(scripts, texts, strict=True):
        word.text += (raised if script.is_raised else lowered)(word.text, text)


def _is_small(rest: Sequence[Character], base: Character) -> bool:
    """Whether what follows is set smaller than the text: the second number of a fraction with a slash."""
    return bool(rest) and rest[0].text.isdigit() and rest[0].size < 0.88 * base.size


_SLASHES = frozenset("/\u2044\u2215")
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
