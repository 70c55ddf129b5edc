"""A full text in the making: every reader of a form writes into one, in the order in which the paper stands."""

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


def folded(text: str) -> str:
    """``text`` on one line, normalised, without the marks of citations."""
    return normalise(_CITED.sub("", text))


class Draft:
    """Takes a paper's pieces as a reader meets them. Spaces between pieces are the caller's; the rest is folded."""

    def __init__(self, paper: str, version: int | None, form: Form) -> None:
        self._paper = paper
        self._version = version
        self._form = form
        self._title: list[str] = []
        self._abstract: list[str] = []
        self._sections: list[_Open] = []
        self._current: list[str] = []
        self._tables: list[Table] = []
        self._captions: list[Caption] = []
        self._hidden: list[_Hidden] = []
        self._seen_since = True  # visible text, since the last hidden one
        self._notes: list[str] = []
        self.heading("", 1)

    def title(self, text: str) -> None:
        """The paper's title; the first one counts."""
        if not self._title:
            self._title.append(text)

    def abstract(self) -> None:
        """What is said from here on belongs to the abstract, until the next heading or `body`."""
        self._current = self._abstract

    def body(self) -> None:
        """The abstract is over."""
        if self._current is self._abstract:
            self._current = self._sections[-1].pieces

    def heading(self, text: str, level: int) -> None:
        """A section begins."""
        self._sections.append(_Open(text, level, []))
        self._current = self._sections[-1].pieces

    def say(self, text: str) -> None:
        """Visible text."""
        smuggled = _TAGS.findall(text)
        self._current.append(text)
        if not text.isspace() and text:
            self._seen_since = True
        for run in smuggled:
            self.hide("".join(chr(ord(ch) - 0xE0000) for ch in run))

    def hide(self, text: str) -> None:
        """Text that the paper has and a reader cannot see. Pieces with no visible text between them are one."""
        if self._hidden and not self._seen_since:
            self._hidden[-1].pieces.append(text)
            return
        section = None if self._current is self._abstract else len(self._sections) - 1
        self._hidden.append(_Hidden(section, len(self._current), [text]))
        self._seen_since = False

    def table(self, label: str, caption: str, rows: Sequence[Sequence[str]]) -> None:
        """A table; rows without any text are left out."""
        kept = tuple(tuple(row) for row in rows if any(not cell.isspace() and cell for cell in row))
        if kept or caption:
            self._tables.append(Table(label=label, caption=caption, rows=kept))

    def caption(self, label: str, text: str) -> None:
        """What stands under a figure."""
        if normalise(text):
            self._captions.append(Caption(label=label, text=text))

    def note(self, text: str) -> None:
        """Something that the reader of the result should know."""
        if text not in self._notes:
            self._notes.append(text)

    def finish(self) -> FullText:
        """The text as it stands, with what is suspicious about it.

        Raises:
            ValueError: if there is no text at all.
        """
        hidden = [hidden for hidden in self._hidden if _tells(hidden.words)]
        needed = {hidden.section for hidden in hidden}
        kept = [
            number
            for number, section in enumerate(self._sections)
            if number in needed or section.heading or folded("".join(section.pieces))
        ]
        text = FullText(
            paper=self._paper,
            version=self._version,
            form=self._form,
            title="".join(self._title),
            abstract=folded("".join(self._abstract)),
            sections=tuple(
                Section(heading=section.heading, level=section.level, text=folded("".join(section.pieces)))
                for section in (self._sections[number] for number in kept)
            ),
            tables=tuple(self._tables),
            captions=tuple(self._captions),
            notes=tuple(self._notes),
        )
        passages = named_passages(text)
        if not any(passage.text for passage in passages):
            raise ValueError("there is no text in it")
        suspicions = [self._unseen(each, passages, kept) for each in hidden]
        for passage in passages:
            for start, end in instructions(passage.text):
                place = Place(part=passage.part, start=start, end=end)
                suspicions.append(Suspicion(kind="instruction", text=excerpt(passage.text[start:end]), place=place))
        return text.model_copy(update={"suspicions": tuple(suspicions)})

    def _unseen(self, hidden: "_Hidden", passages: Sequence[Passage], kept: Sequence[int]) -> Suspicion:
        if hidden.section is None:
            part, pieces = passages[1].part, self._abstract
        else:
            # The title and the abstract come before the sections.
            part, pieces = passages[2 + kept.index(hidden.section)].part, self._sections[hidden.section].pieces
        start = len(folded("".join(pieces[: hidden.after])))
        return Suspicion(kind="hidden text", text=excerpt(hidden.words), place=Place(part=part, start=start, end=start))


class _Open(NamedTuple):
    """A section to which text may still be added."""

    heading: str
    level: int
    pieces: list[str]


class _Hidden(NamedTuple):
    """Hidden text, in a section or, without one, in the abstract, after so many of its pieces."""

    section: int | None
    after: int
    pieces: list[str]

    @property
    def words(self) -> str:
        return folded("".join(self.pieces))


# Characters that mirror ASCII and that nothing draws: text can be carried in them unseen.
_CITED = re.compile(r"\s*\x08(?:\s*\x08)*(?=\s*[,.;:)])|\x08")
_TAGS = re.compile("[\U000e0020-\U000e007e]+")


def _tells(words: str) -> bool:
    """Whether hidden text could say something: layout hides single digits and words to line things up."""
    return len(re.findall(r"[^\W\d_]{2,}", words)) >= 3
