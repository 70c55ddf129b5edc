"""FullText: the sections, tables and captions of a paper, read from any of its three forms."""

from collections import Counter
from typing import Literal

from pydantic import Field

from assay.papers.models import Line, Noun, PaperId, Place
from assay.papers.passages import Passage

Form = Literal["html", "latex", "pdf"]
"""arXiv's HTML page, the LaTeX source, or the PDF."""


class Section(Noun):
    """A heading and the text up to the next one."""

    heading: Line
    """Without its number; empty for text before the first heading."""
    level: int = Field(ge=1)
    """1 for a section, 2 for a subsection, and so on."""
    text: Line = ""


class Table(Noun):
    """A table as rows of cells. A cell that spans several is followed by empty ones."""

    label: Line = ""
    """``Table 3``; empty if it has no number."""
    caption: Line = ""
    rows: tuple[tuple[Line, ...], ...] = ()


class Caption(Noun):
    """What stands under a figure."""

    label: Line = ""
    """``Figure 2``; empty if it has no number."""
    text: Line = Field(min_length=1)


class Suspicion(Noun):
    """Words that somebody may have meant for a model and not for a reader."""

    kind: Literal["hidden text", "instruction"]
    text: Line
    """The words, cut if they are many."""
    place: Place
    """Where they stand in `FullText.passages`. Hidden text is in none of them: it stood at ``start``."""


class FullText(Noun):
    """A paper's text, its tables and captions, without its bibliography. Text that readers cannot see is left out."""

    paper: PaperId
    version: int | None = None
    form: Form
    title: Line = ""
    abstract: Line = ""
    sections: tuple[Section, ...] = ()
    tables: tuple[Table, ...] = ()
    captions: tuple[Caption, ...] = ()
    suspicions: tuple[Suspicion, ...] = ()
    notes: tuple[Line, ...] = ()
    """What was left out or could not be had on the way, in words."""

    @property
    def length(self) -> int:
        """How many characters its abstract, sections and tables have."""
        cells = sum(len(cell) for table in self.tables for row in table.rows for cell in row)
        return len(self.abstract) + sum(len(section.text) for section in self.sections) + cells

    def passages(self) -> list[Passage]:
        """All text that a reader sees, as parts that have a name: title, abstract, sections, tables, captions."""
        return [passage for passage in named_passages(self) if passage.text]


def named_passages(text: FullText) -> list[Passage]:
    """The passages of a text, blank ones too; of two with the same name, the second gets `` (2)``."""
    parts = [
        Passage("title", text.title),
        Passage("abstract", text.abstract),
        *(Passage(section.heading or "opening", section.text) for section in text.sections),
        *(Passage(table.label or "table without number", _lines(table)) for table in text.tables),
        *(Passage(f"{caption.label or 'figure'} caption", caption.text) for caption in text.captions),
    ]
    counts: Counter[str] = Counter()
    passages = []
    for part, words in parts:
        counts[part] += 1
        passages.append(Passage(part if counts[part] == 1 else f"{part} ({counts[part]})", words))
    return passages


def _lines(table: Table) -> str:
    return "\n".join(filter(None, [table.caption, *(" | ".join(row) for row in table.rows)]))
