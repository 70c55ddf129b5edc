r"""The table format: one row per paper, all of a day's papers under ``## Papers for DATE``.

A row holds the title with links, up to five author labels and a running summary::

    | Title (Read more on [arXiv](...) or [HuggingFace](...))| Last, First | Summary.  |

The archives of 2024 and 2025 write it in three ways (`Row.form`), and a title may run over several lines. The labels
are what a web page showed, log-in names as often as names, in reverse order of the paper. Archives escape nothing;
what `from_day` writes is escaped by `assay.papers.escape.table_cell`, and `records` takes that back.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from assay.papers.escape import table_cell, unescape_table_cell
from assay.papers.formats._pieces import (
    Newline,
    Unread,
    byte_order_mark,
    one_newline,
    read_date,
    refusals,
)
from assay.papers.formats._prose import split_prose
from assay.papers.formats._record import Record
from assay.papers.ids import abs_url, huggingface_url, is_bare_id, parse_arxiv_id
from assay.papers.models import (
    FIVE_PARTS,
    THREE_PARTS,
    Day,
    DayPaper,
    Origin,
    Paper,
    Parts,
    Refusal,
    Sighting,
    Summary,
)
from assay.papers.text import normalise

SOURCE = "digest-table"
HEADING = re.compile(r"^\ufeff?## Papers for (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})\r?$", re.MULTILINE)
"""The line that a day starts with; a text without one is not in this format."""

_HEADS = {
    0: [],
    3: ["", "| Title | Authors | Summary |", "|-------|---------|---------|"],
    4: ["", "| Title | Authors | Summary | Link |", "|-------|---------|---------|------|"],
}
_DAY = re.compile(r"## Papers for (?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2})")
_LINK = "](https://arxiv.org/abs/"
_LINKS = r"\[arXiv\]\(https://arxiv\.org/abs/([^)\n]*)\) or \[HuggingFace\]\(https://huggingface\.co/papers/([^)\n]*)\)"
_BRACKETS = re.compile(rf" \(Read more on {_LINKS}\)\| ")
_DASH = re.compile(rf" - read more on {_LINKS} \| ")
_COLUMN = re.compile(r" \| \[Read more\]\(https://arxiv\.org/abs/([^)\n]*)\)\Z")


@dataclass(frozen=True, slots=True)
class Heading:
    """The day and the head of its table."""

    date: date
    columns: Literal[0, 3, 4] = 3
    """Four with a column of links, as in the oldest files; 0 where no known table head follows."""
    before: int = 2
    """Blank lines before it."""

    def __str__(self) -> str:
        return "\n" * self.before + "\n".join([f"## Papers for {self.date}", *_HEADS[self.columns], ""])


@dataclass(frozen=True, slots=True)
class Row:
    """One paper, every field exactly as it stands in the row."""

    title: str
    """May run over several lines."""
    id: str
    """The arXiv id, with a version if the link has one."""
    authors: str
    """Labels joined by commas, the first author last."""
    summary: str
    """Trailing spaces belong to it."""
    form: Literal["brackets", "dash", "column"] = "brackets"
    """Links in brackets after the title, after a dash there, or in a column of their own."""

    def __str__(self) -> str:
        if self.form == "column":
            return f"| {self.title} | {self.authors} | {self.summary} | [Read more]({abs_url(self.id)}) |\n"
        links = f"[arXiv]({abs_url(self.id)}) or [HuggingFace]({huggingface_url(self.id)})"
        links = f"(Read more on {links})|" if self.form == "brackets" else f"- read more on {links} |"
        return f"| {self.title} {links} {self.authors} | {self.summary} |\n"


@dataclass(frozen=True, slots=True)
class TableDocument:
    """A text in the table format, in pieces that make it up without remainder."""

    pieces: tuple[Heading | Row | Unread, ...]
    file: str = ""
    """Where it came from, for messages."""
    newline: Newline = "\n"
    ends_with_newline: bool = True
    """Whether the last line ends with a line break."""

    @property
    def rows(self) -> tuple[Row, ...]:
        """All rows, in order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Row))

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """What could not be read, where, and why."""
        return refusals(self.pieces, self.file)


def parse(text: str, *, file: str = "") -> TableDocument:
    """Read a digest in the table format; whatever is not a row of it is kept, and listed in `refused`.

    Raises:
        ValueError: if no line of ``text`` is a day's heading.
    """
    if HEADING.search(text) is None:
        raise ValueError(f"{file or 'text'}: not a digest table: no line reads '## Papers for YYYY-MM-DD'")
    mark, text = byte_order_mark(text)
    text, newline = one_newline(text)
    ends_with_newline = text.endswith("\n")
    lines = text.removesuffix("\n").split("\n")
    return TableDocument((*mark, *_pieces(lines)), file, newline, ends_with_newline)


def render(document: TableDocument) -> str:
    """The text of ``document``; of a parsed one, the very text it was parsed from."""
    text = "".join(map(str, document.pieces))
    if not document.ends_with_newline:
        text = text.removesuffix("\n")
    return text if document.newline == "\n" else text.replace("\n", document.newline)


def records(document: TableDocument) -> Iterator[Record]:
    """The papers of ``document``, ranked by their place among those of their day that could be read.

    Titles and summaries are unescaped and normalised, summaries sorted into parts where their words allow it.
    Authors are put back into the paper's order. They are at most five labels of which some are log-in names.
    """
    day: date | None = None
    places: Counter[date] = Counter()
    for piece in document.pieces:
        if isinstance(piece, Heading):
            day = piece.date
        elif isinstance(piece, Row) and day is not None:
            places[day] += 1
            key = parse_arxiv_id(piece.id)
            labels = [_plain(label) for label in piece.authors.split(",") if label.strip()]
            yield Record(
                Paper(
                    id=key.id,
                    version=key.version,
                    title=_plain(piece.title),
                    authors=tuple(reversed(labels)),
                ),
                Sighting(paper=key.id, source=SOURCE, day=day, rank=places[day]),
                Summary(
                    paper=key.id,
                    origin=Origin.DIGEST,
                    source=SOURCE,
                    day=day,
                    languages={"en": _unescape(split_prose(piece.summary))},
                ),
            )


def from_day(day: Day, language: str = "en") -> TableDocument:
    """``day`` as a document of this format, with the summaries in ``language`` as running text.

    That is the five parts, or else the other three, or else the prose; and of the authors the first five, reversed.
    """
    rows = [
        Row(
            title=table_cell(paper.title) or paper.id,
            id=paper.id,
            authors=", ".join(table_cell(name) for name in reversed(paper.authors[:5]) if name),
            summary=table_cell(_running_text(paper, language)),
        )
        for paper in day.papers
    ]
    return TableDocument((Heading(day.date), *rows))


def _pieces(lines: list[str]) -> Iterator[Heading | Row | Unread]:
    at = blank = 0
    heading: Heading | None = None
    while at < len(lines):
        line = lines[at]
        if not line:
            blank += 1
            at += 1
            continue
        match = _DAY.fullmatch(line)
        day = read_date(match["date"]) if match else None
        if blank and day is None:
            yield Unread("\n" * blank)
        if match:
            heading = None
            if day is None:
                yield Unread(f"{line}\n", f"the calendar has no {match['date']}")
            else:
                heading = Heading(day, _columns(lines, at + 1), blank)
                at += len(_HEADS[heading.columns])
                yield heading
        elif line.startswith("| "):
            last = _last_line(lines, at)
            text = "\n".join(lines[at : last + 1]) + "\n"
            yield _row(text, heading.columns) if heading else Unread(text, "a row under no date")
            at = last
        else:
            yield Unread(f"{line}\n", "not a row of the table")
        blank = 0
        at += 1
    if blank:
        yield Unread("\n" * blank)


def _columns(lines: list[str], at: int) -> Literal[0, 3, 4]:
    head = lines[at : at + 3]
    return 3 if head == _HEADS[3] else 4 if head == _HEADS[4] else 0


def _last_line(lines: list[str], first: int) -> int:
    """Where a row ends: at the line that has its link, since only the title is ever broken over lines."""
    at = first
    while _LINK not in lines[at]:
        following = lines[at + 1] if at + 1 < len(lines) else ""
        if not following or following.startswith(("| ", "#")):
            break
        at += 1
    return at


def _row(text: str, columns: int) -> Row | Unread:
    if not text.endswith(" |\n") or len(text) < 5:
        return Unread(text, "a row that does not end with a pipe")
    body = text[2:-3]
    try:
        return _check(_row_with_link_column(body) if columns == 4 else _row_with_links_after_title(body))
    except ValueError as error:
        return Unread(text, str(error))


def _check(row: Row) -> Row:
    if not is_bare_id(row.id):
        raise ValueError(f"not an arXiv id: {row.id[:40]!r}")
    if not _plain(row.title):
        raise ValueError("a row without a title")
    return row


def _row_with_links_after_title(body: str) -> Row:
    matches = [
        (match, form) for form, match in (("brackets", _BRACKETS.search(body)), ("dash", _DASH.search(body))) if match
    ]
    if not matches:
        raise ValueError("a row without links to arXiv and Hugging Face")
    match, form = min(matches, key=lambda pair: pair[0].start())
    if match[1] != match[2]:
        raise ValueError(f"the links lead to two papers: {match[1][:40]!r} and {match[2][:40]!r}")
    authors, pipe, summary = body[match.end() :].partition(" | ")
    if not pipe or "\n" in authors or "\n" in summary:
        raise ValueError("a row that has not three columns")
    return Row(body[: match.start()], match[1], authors, summary, "dash" if form == "dash" else "brackets")


def _row_with_link_column(body: str) -> Row:
    match = _COLUMN.search(body)
    if match is None:
        raise ValueError("a row without a link to arXiv")
    cells = body[: match.start()].split(" | ", 2)
    if len(cells) != 3:
        raise ValueError("a row that has not four columns")
    title, authors, summary = cells
    return Row(title, match[1], authors, summary, "column")


def _plain(text: str) -> str:
    return normalise(unescape_table_cell(text))


def _unescape(parts: Parts) -> Parts:
    return Parts(**{part: unescape_table_cell(getattr(parts, part)) for part in (*FIVE_PARTS, "prose")})


def _running_text(paper: DayPaper, language: str) -> str:
    parts = paper.summary.get(language, Parts())
    for names in (FIVE_PARTS, THREE_PARTS):
        if text := " ".join(filter(None, (getattr(parts, name) for name in names))):
            return text
    return parts.prose or " ".join(parts.other.values())
