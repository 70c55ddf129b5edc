"""Tells the headings of a PDF by their looks, their numbers and what stands around them, and finds its title."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from assay.fulltext.pdf.hyphens import Hyphens
from assay.fulltext.pdf.layout import Layout
from assay.fulltext.pdf.lines import Line

_NUMBERED = re.compile(
    r"(?:(?:Section|Appendix|SECTION|APPENDIX)\s+)?"
    r"(?P<number>[IVX]{1,5}(?=\.)|\d{1,2}(?:\.\d{1,2}){0,3}|[A-Z](?:\.\d{1,2}){0,3})(?P<mark>[.:]?)\s+(?P<title>\S.*)"
)
_PLAIN = frozenset(
    """abstract|introduction|conclusion|conclusions|references|bibliography|acknowledgements|acknowledgments
    |acknowledgement|acknowledgment|appendix|appendices|limitations|discussion|background|method|methods|experiments
    |results|related work|broader impact|broader impacts|impact statement|ethics statement|ethical considerations
    |reproducibility statement|author contributions|data availability|code availability|funding|conflicts of interest
    |supplementary material|future work""".replace("\n", "")
    .replace("    |", "|")
    .split("|")
)
REFERENCES = frozenset({"references", "bibliography"})
_LONGEST = 120  # characters


@dataclass(frozen=True)
class Heading:
    """A heading without its number."""

    title: str
    level: int
    lines: int
    """How many lines it takes."""

    @property
    def name(self) -> str:
        """The title in the form in which two can be compared."""
        return self.title.casefold().strip(" .:")


@dataclass
class Outline:
    """The headings so far: it knows which number the next one has."""

    hyphens: Hyphens
    numbers: list[int] = field(default_factory=list)
    """The latest number at each level."""
    style: str = ""
    """Of the first level: ``1``, ``A`` or ``I``."""
    has_begun: bool = False
    """Whether there was a heading."""
    looks: set[tuple[float, bool]] = field(default_factory=set)
    """The size of the numbered headings, and whether they are bold."""

    def heading(self, lines: Sequence[Line], at: int, layout: Layout) -> Heading | None:
        """The heading that begins with a line, if one does."""
        line = lines[at]
        text = line.text
        if not text or len(text) > _LONGEST or ". ." in text:
            return None
        heading = self._numbered(lines, at, layout) or self._plain(lines, at, layout)
        if heading is not None:
            self.has_begun = True
        return heading

    def _numbered(self, lines: Sequence[Line], at: int, layout: Layout) -> Heading | None:
        line = lines[at]
        match = _NUMBERED.fullmatch(line.text)
        if match is None or re.match(r"[^\W\d_]", match["title"]) is None or line.text.endswith((".", ",", ";")):
            return None
        style, numbers = self._parse(match["number"])
        follows = self._follows(style, numbers)
        is_larger = line.first_size > 1.08 * layout.size
        stands_out = is_larger or line.bold or match["title"].isupper()
        is_apart = match["title"][0].isupper() and _is_apart(lines, at, layout)
        is_odd = is_larger and style == "1"  # perhaps one before it was not seen
        if not ((stands_out and (follows or is_odd)) or (follows and is_apart)):
            return None
        more = _further_lines(lines, at, layout)
        if not more and _runs_on(lines, at):
            return None
        self.looks.add((line.size, line.bold))
        title = self.hyphens.join([match["title"], *(each.text for each in lines[at + 1 : at + 1 + more])])
        level = self._enter(style, numbers) if follows else len(numbers)
        return Heading(title, level, 1 + more)

    def _plain(self, lines: Sequence[Line], at: int, layout: Layout) -> Heading | None:
        """A heading without a number: one of the usual words, or after the first heading whatever is larger."""
        line = lines[at]
        text = line.text
        stands_out = line.first_size > 1.08 * layout.size or line.bold or text.isupper()
        if text.casefold().strip(" .:") in _PLAIN and stands_out:
            following = lines[at + 1] if at + 1 < len(lines) else None
            if text.isupper() and text.startswith("APPENDIX") and following is not None and following.text.isupper():
                return Heading(following.text, 1, 2)
            return Heading(text, 1, 1)
        is_large = line.size > 1.15 * layout.size and not line.has_wide_gap
        if self.looks:  # where headings have numbers, one without looks as they do
            is_large = is_large and (line.size, line.bold) in self.looks
        if self.has_begun and is_large and len(text) < 80 and re.match(r"[A-Z][^\W\d_]+", text):
            return Heading(text, 1, 1)
        return None

    def _parse(self, number: str) -> tuple[str, list[int]]:
        """The style of a number and its parts; letters below Roman numbers are the second level."""
        if re.fullmatch(r"[IVX]+", number) and (self.style == "I" or (number == "I" and not self.style)):
            return "I", [_roman(number)]
        first, *rest = number.split(".")
        if first.isdecimal():
            return "1", [int(first), *map(int, rest)]
        letter = ord(first) - ord("A") + 1
        if self.style == "I" and self.numbers and not rest:
            return "I", [self.numbers[0], letter]
        return "A", [letter, *map(int, rest)]

    def _follows(self, style: str, numbers: Sequence[int]) -> bool:
        """Whether a number comes next, at its level or as the first of a lower one."""
        *above, last = numbers
        if style != self.style:
            return not above and last == 1 and (self.has_begun or style != "A")
        if list(above) != self.numbers[: len(above)]:
            return False
        before = self.numbers[len(above)] if len(self.numbers) > len(above) else 0
        return before < last <= before + 2

    def _enter(self, style: str, numbers: Sequence[int]) -> int:
        self.style, self.numbers = style, list(numbers)
        return len(numbers)


def _roman(number: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10}[ch] for ch in number]
    return sum(-value if value < max(values[at:]) else value for at, value in enumerate(values))


def _is_apart(lines: Sequence[Line], at: int, layout: Layout) -> bool:
    """Whether more space than usual is above a line and it does not fill its column."""
    line = lines[at]
    column = layout.column_of(line.left, line.right)
    if line.right > column.right - 0.1 * (column.right - column.left):
        return False
    above = lines[at - 1] if at else None
    if above is None or above.baseline < line.baseline:
        return True
    return above.baseline - line.baseline > 1.25 * layout.lead * layout.size


def _further_lines(lines: Sequence[Line], at: int, layout: Layout) -> int:
    """How many lines a heading goes on for: those that look as it does and follow it closely."""
    first = lines[at]
    if not (first.bold or first.size > 1.08 * layout.size):
        return 0
    count = 0
    for before, line in zip(lines[at:], lines[at + 1 : at + 3], strict=False):
        if abs(line.size - first.size) > 0.2 or line.bold != first.bold or _NUMBERED.fullmatch(line.text):
            break
        if not 0.8 * first.size < before.baseline - line.baseline < 1.45 * first.size or len(line.text) > _LONGEST:
            break
        count += 1
    return count


def _runs_on(lines: Sequence[Line], at: int) -> bool:
    """Whether the sentence that a line begins goes on in the next one, so that it is an item of a list."""
    following = lines[at + 1] if at + 1 < len(lines) else None
    if following is None:
        return False
    down = lines[at].baseline - following.baseline
    return (
        0 < down < 1.6 * lines[at].size
        and re.match(r"[^\W\d_]", following.text[:1]) is not None
        and (following.text[:1].islower())
    )


def title_lines(first_page: Sequence[Line], layout: Layout) -> list[Line]:
    """The lines of a paper's title: the largest in the upper half of its first page that is more than a word.

    A word that is larger still is the name of a journal. Where nothing is larger than the text, it is the first
    that stands in the middle of the page in bold letters or in capitals.
    """
    upper = [line for line in first_page if line.words and line.top > line.page_height / 2]
    groups: list[list[Line]] = []
    for line in sorted(upper, key=lambda each: -each.size):
        if line.size <= 1.1 * layout.size:
            break
        if groups and line.size > 0.97 * groups[-1][0].size:
            groups[-1].append(line)
        else:
            groups.append([line])
    groups = [group for group in groups if not _is_heading(group[0])]
    whole = [group for group in groups if sum(len(line.words) for line in group) > 1]
    chosen = (whole or groups)[:1]
    if not chosen:
        return _title_of_text_size(upper, layout)
    return [line for line in first_page if line in chosen[0]]


def _title_of_text_size(upper: Sequence[Line], layout: Layout) -> list[Line]:
    """The first lines in the middle that are bold or capitals; a table may stand above them."""
    title: list[Line] = []
    for line in sorted(upper, key=lambda each: -each.baseline):
        is_set_off = (line.bold or _is_in_capitals(line.text)) and not line.has_wide_gap and not _is_heading(line)
        is_set_off = is_set_off and _OF_PUBLISHERS.search(line.text) is None
        is_near = not title or title[-1].baseline - line.baseline < 2 * line.size
        if is_set_off and is_near and _is_in_middle(line, layout):
            title.append(line)
        elif title:
            break
    return title if sum(len(line.words) for line in title) > 2 else []


_OF_PUBLISHERS = re.compile(
    r"\b(?:university|institute|college|department|proceedings|journal|transactions|conference)\b", re.IGNORECASE
)


def _is_in_capitals(text: str) -> bool:
    """Whether a text is words in capitals; a formula such as R = 2.5 is none."""
    return text.isupper() and 2 * sum(map(str.isalpha, text)) > len(text)


def _is_in_middle(line: Line, layout: Layout) -> bool:
    left, right = layout.columns[0].left, layout.columns[-1].right
    return abs(line.left + line.right - left - right) < 12


def _is_heading(line: Line) -> bool:
    match = _NUMBERED.fullmatch(line.text)
    is_first = match is not None and match["number"] in {"1", "I"}
    return is_first or line.text.casefold().strip(" .:") in _PLAIN
