"""Draft: collects the pieces of a full text in the order of the paper, for the readers of all forms."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from assay.fulltext.model import Caption, Form, FullText, Section, Suspicion, Table, named_passages
from assay.fulltext.suspicion import excerpt, instructions
from assay.papers.models import Place
from assay.papers.passages import Passage
from assay.papers.text import normalise

CITATION = "\b"
"""Stands where a citation was, so that the space before it goes too where a comma or a period follows."""


def flatten(text: str) -> str:
    """``text`` on one line, normalised, without the marks of citations."""
    return normalise(_CITATION_MARKS.sub(_without_marks, text) if CITATION in text else text)


def _without_marks(marks: re.Match[str]) -> str:
    """What stands where citations were: their spaces, or nothing where a comma or the like follows."""
    return marks["after"] or marks[0].replace(CITATION, "")


class Draft:
    """Collects a paper's pieces in reading order. The caller puts spaces between pieces; `finish` folds them."""

    def __init__(self, paper: str, version: int | None, form: Form) -> None:
        self._paper = paper
        self._version = version
        self._form = form
        self._title: list[str] = []
        self._abstract: list[str] = []
        self._sections: list[_OpenSection] = []
        self._current: list[str] = []
        self._tables: list[Table] = []
        self._captions: list[Caption] = []
        self._hidden: list[_Hidden] = []
        self._has_text_since_hidden = True  # visible text after the latest hidden text
        self._notes: list[str] = []
        self.begin_section("", 1)

    @property
    def has_sections(self) -> bool:
        """Whether a section with a heading has begun."""
        return any(section.heading for section in self._sections)

    def set_title(self, text: str) -> None:
        """Set the paper's title; the first one counts."""
        if not self._title and text:
            self._title.append(text)

    def begin_abstract(self) -> None:
        """Put the text that follows into the abstract, until the next heading or `end_abstract`."""
        self._current = self._abstract

    def end_abstract(self) -> None:
        """Put the text that follows into the latest section again."""
        if self._current is self._abstract:
            self._current = self._sections[-1].pieces

    def begin_section(self, text: str, level: int) -> None:
        """Put the text that follows into a new section."""
        self._sections.append(_OpenSection(text, level, []))
        self._current = self._sections[-1].pieces

    def show(self, text: str) -> None:
        """Add visible text."""
        tags = _TAGS.findall(text)
        self._current.append(text)
        if not text.isspace() and text:
            self._has_text_since_hidden = True
        for run in tags:
            self.hide("".join(chr(ord(ch) - 0xE0000) for ch in run))

    def hide(self, text: str) -> None:
        """Add text that a reader cannot see. Pieces with no visible text between them count as one."""
        if self._hidden and not self._has_text_since_hidden:
            self._hidden[-1].pieces.append(text)
            return
        section = None if self._current is self._abstract else len(self._sections) - 1
        self._hidden.append(_Hidden(section, len(self._current), [text]))
        self._has_text_since_hidden = False

    def add_table(self, label: str, caption: str, rows: Sequence[Sequence[str]]) -> None:
        """Add a table; rows without any text are left out."""
        text_rows = tuple(tuple(row) for row in rows if any(not cell.isspace() and cell for cell in row))
        if text_rows or caption:
            self._tables.append(Table(label=label, caption=caption, rows=text_rows))

    def add_caption(self, label: str, text: str) -> None:
        """Add the caption of a figure."""
        if normalise(text):
            self._captions.append(Caption(label=label, text=text))

    def add_note(self, text: str) -> None:
        """Add a note for the reader of the result, once."""
        if text not in self._notes:
            self._notes.append(text)

    def finish(self) -> FullText:
        """Return the full text, with everything that is suspicious in it.

        Raises:
            ValueError: if there is no text at all.
        """
        hidden = [hidden for hidden in self._hidden if _has_words(hidden.words)]
        sections_with_hidden = {hidden.section for hidden in hidden}
        numbers = [
            number
            for number, section in enumerate(self._sections)
            if number in sections_with_hidden or section.heading or flatten("".join(section.pieces))
        ]
        text = FullText(
            paper=self._paper,
            version=self._version,
            form=self._form,
            title="".join(self._title),
            abstract=flatten("".join(self._abstract)),
            sections=tuple(
                Section(heading=section.heading, level=section.level, text=flatten("".join(section.pieces)))
                for section in (self._sections[number] for number in numbers)
            ),
            tables=tuple(self._tables),
            captions=tuple(self._captions),
            notes=tuple(self._notes),
        )
        passages = named_passages(text)
        if not any(passage.text for passage in passages):
            raise ValueError("there is no text in it")
        suspicions = [self._suspicion(each, passages, numbers) for each in hidden]
        for passage in passages:
            for start, end in instructions(passage.text):
                place = Place(part=passage.part, start=start, end=end)
                suspicions.append(Suspicion(kind="instruction", text=excerpt(passage.text[start:end]), place=place))
        return text.model_copy(update={"suspicions": tuple(suspicions)})

    def _suspicion(self, hidden: "_Hidden", passages: Sequence[Passage], numbers: Sequence[int]) -> Suspicion:
        if hidden.section is None:
            part, pieces = passages[1].part, self._abstract
        else:
            # The title and the abstract come before the sections.
            part, pieces = passages[2 + numbers.index(hidden.section)].part, self._sections[hidden.section].pieces
        start = len(flatten("".join(pieces[: hidden.after])))
        return Suspicion(kind="hidden text", text=excerpt(hidden.words), place=Place(part=part, start=start, end=start))


class _OpenSection(NamedTuple):
    """A section to which text may still be added."""

    heading: str
    level: int
    pieces: list[str]


class _Hidden(NamedTuple):
    """Hidden text: its section (``None`` for the abstract), and after how many of the section's pieces it stands."""

    section: int | None
    after: int
    pieces: list[str]

    @property
    def words(self) -> str:
        return flatten("".join(self.pieces))


# Characters that mirror ASCII and that nothing draws: text can be carried in them unseen.
_CITATION_MARKS = re.compile(r"(?<![\s\x08])\s*\x08(?:\s*\x08)*(?P<after>\s*[,.;:)])?")
_TAGS = re.compile("[\U000e0020-\U000e007e]+")


def _has_words(words: str) -> bool:
    """Whether hidden text has words enough for a message; layout hides single digits and words to align columns."""
    return len(re.findall(r"[^\W\d_]{2,}", words)) >= 3
