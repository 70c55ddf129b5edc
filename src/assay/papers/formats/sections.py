r"""The sections format: one section per paper, all of a day's papers under ``## Daily Papers (DATE)``.

A section is a heading with the paper's link, a picture or a video, votes, authors, and bullets of which each
has a key::

    ### [Title](https://arxiv.org/abs/...)

    ![](thumbnail)

    Vote: 12

    Authors: First, Last

    - ***What's New***: One line.

Any of them may be missing, and blank lines too; a second run on the same day appends a second day heading. After the
bullets of a section with a video there is no line break: the next heading is glued on. Archives escape nothing; what
`from_day` writes is escaped by `assay.papers.escape.table_cell`, and `records` takes that back. The authors are in
no order.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import Literal

from assay.papers.escape import markdown, table_cell, unescape_markdown, unescape_table_cell
from assay.papers.formats._pieces import (
    Newline,
    Unread,
    byte_order_mark,
    one_newline,
    parse_printed_values,
    read_date,
    refusals,
)
from assay.papers.formats._record import Record
from assay.papers.ids import abs_url, is_bare_id, parse_arxiv_id, thumbnail_url
from assay.papers.models import (
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
from assay.papers.text import fold, language_of, normalise

SOURCE = "digest-sections"
HEADING = re.compile(r"^\ufeff?## Daily Papers \([0-9]{4}-[0-9]{2}-[0-9]{2}\)\r?$", re.MULTILINE)
"""The line that a day starts with; a text without one is not in this format."""

KEYS = {"whats_new": "What's New", "technical_details": "Technical Details", "performance": "Performance Highlights"}
"""The three parts by the keys that they have in this format."""

_PART_OF = {fold(key): part for part, key in KEYS.items()} | {"whats new": "whats_new"}
_DAY_HEADING = r"## Daily Papers \([0-9]{4}-[0-9]{2}-[0-9]{2}\)"
_PAPER_HEADING = r"### \[.*\]\(https://arxiv\.org/abs/[^)\n]*\)"
_DAY = re.compile(r"## Daily Papers \((.*)\)")
_PAPER = re.compile(r"### \[(.*)\]\(https://arxiv\.org/abs/([^)\n]*)\)")
_BULLET_AND_HEADING = re.compile(rf"(- .*?)({_DAY_HEADING}|{_PAPER_HEADING})")
_LINE = re.compile(r"([^\n]*)(\n*)")
_IMAGE = re.compile(r"!\[\]\(([^()\s]+)\)")
_VIDEO = re.compile(r"\[Watch Video\](\(?)([^()\s]+)(\)?)")
_VOTES = re.compile(r"Vote: (-|[0-9]{1,12})")
_BULLET = re.compile(r"- (\*{2,3})((?:[^*\\]|\\.)+)\1: (.*)")


@dataclass(frozen=True, slots=True)
class Heading:
    """A day's heading. In all pieces ``after`` is the number of line breaks that follow."""

    date: date
    after: int = 2

    def __str__(self) -> str:
        return f"## Daily Papers ({self.date})" + "\n" * self.after


@dataclass(frozen=True, slots=True)
class Media:
    """The picture or video of a paper."""

    url: str
    kind: Literal["image", "video", "bare video"] = "image"
    """A bare video has no brackets around the first of its two links."""
    after: int = 2

    def __str__(self) -> str:
        if self.kind == "image":
            return f"![]({self.url})" + "\n" * self.after
        link = f"({self.url})" if self.kind == "video" else self.url
        return f"[Watch Video]{link}\n{_player(self.url)}" + "\n" * self.after


@dataclass(frozen=True, slots=True)
class Votes:
    """The number of votes, or ``-`` where it was not known."""

    text: str
    after: int = 2

    def __str__(self) -> str:
        return f"Vote: {self.text}" + "\n" * self.after


@dataclass(frozen=True, slots=True)
class Authors:
    """Names joined by commas, or a printed Python list of them."""

    text: str
    after: int = 2

    def __str__(self) -> str:
        return f"Authors: {self.text}" + "\n" * self.after


@dataclass(frozen=True, slots=True)
class Bullet:
    """One point of the summary."""

    key: str
    text: str
    stars: Literal[0, 2, 3] = 3
    """Asterisks on either side of the key; 0 where the bullet has no key."""
    after: int = 1

    def __str__(self) -> str:
        marks = "*" * self.stars
        key = f"{marks}{self.key}{marks}: " if self.stars else ""
        return f"- {key}{self.text}" + "\n" * self.after


Part = Media | Votes | Authors | Bullet | Unread


@dataclass(frozen=True, slots=True)
class Section:
    """One paper: its heading and what stands below it, every field exactly as it was written."""

    title: str
    id: str
    """The arXiv id, with a version if the link has one."""
    parts: tuple[Part, ...] = ()
    """In the order of the text."""
    after: int = 2

    @property
    def media(self) -> Media | None:
        """The picture or video, if there is one."""
        return next((part for part in self.parts if isinstance(part, Media)), None)

    @property
    def votes(self) -> int | None:
        """The votes, ``None`` where they are not given."""
        text = next((part.text for part in self.parts if isinstance(part, Votes)), "-")
        return None if text == "-" else int(text)

    @property
    def authors(self) -> str:
        """The authors as written, empty where none are given."""
        return next((part.text for part in self.parts if isinstance(part, Authors)), "")

    @property
    def bullets(self) -> tuple[Bullet, ...]:
        """All points of the summary."""
        return tuple(part for part in self.parts if isinstance(part, Bullet))

    @property
    def heading(self) -> str:
        """The line with title and link, and the line breaks after it."""
        return f"### [{self.title}]({abs_url(self.id)})" + "\n" * self.after

    def __str__(self) -> str:
        return self.heading + "".join(map(str, self.parts))


@dataclass(frozen=True, slots=True)
class SectionsDocument:
    """A text in the sections format, in pieces that make it up without remainder."""

    pieces: tuple[Heading | Section | Unread, ...]
    file: str = ""
    """Where it came from, for messages."""
    newline: Newline = "\n"

    @property
    def sections(self) -> tuple[Section, ...]:
        """All sections, in order."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Section))

    @property
    def refused(self) -> tuple[Refusal, ...]:
        """What could not be read, where, and why."""
        flat = ([piece.heading, *piece.parts] if isinstance(piece, Section) else [piece] for piece in self.pieces)
        return refusals(chain.from_iterable(flat), self.file)


def parse(text: str, *, file: str = "") -> SectionsDocument:
    """Read a digest in the sections format; what is no part of it is kept, and listed in `refused`.

    Raises:
        ValueError: if no line of ``text`` is a day's heading.
    """
    if HEADING.search(text) is None:
        raise ValueError(f"{file or 'text'}: not a digest in sections: no line reads '## Daily Papers (YYYY-MM-DD)'")
    mark, text = byte_order_mark(text)
    text, newline = one_newline(text)
    lines = [(match[1], len(match[2])) for match in _LINE.finditer(text) if match[0]]
    return SectionsDocument((*mark, *_pieces(lines)), file, newline)


def render(document: SectionsDocument) -> str:
    """The text of ``document``; of a parsed one, the very text it was parsed from."""
    text = "".join(map(str, document.pieces))
    return text if document.newline == "\n" else text.replace("\n", document.newline)


def records(document: SectionsDocument) -> Iterator[Record]:
    """The papers of ``document``, ranked by their place among those of their day that could be read.

    Text is unescaped and normalised. A summary is Korean if much of it is in Hangul, else English. Lists and dicts
    that the digest printed as Python does are read as such; bullets without a key become prose.
    """
    day: date | None = None
    places: Counter[date] = Counter()
    for piece in document.pieces:
        if isinstance(piece, Heading):
            day = piece.date
        elif isinstance(piece, Section) and day is not None:
            places[day] += 1
            key = parse_arxiv_id(piece.id)
            names = parse_printed_values(piece.authors) or piece.authors.split(",")
            media = piece.media
            parts = _read_parts(piece.bullets)
            yield Record(
                Paper(
                    id=key.id,
                    version=key.version,
                    title=_plain(piece.title),
                    authors=tuple(filter(None, map(_plain, names))),
                    thumbnail_url=normalise(media.url) if media and media.kind == "image" else "",
                ),
                Sighting(paper=key.id, source=SOURCE, day=day, rank=places[day], votes=piece.votes),
                Summary(
                    paper=key.id,
                    origin=Origin.DIGEST,
                    source=SOURCE,
                    day=day,
                    languages={language_of(parts.text()): parts},
                ),
            )


def from_day(day: Day, language: str = "en") -> SectionsDocument:
    """``day`` as a document of this format, with the summaries in ``language``.

    A summary that has none of this format's three parts gives its one line or prose, its method and its result in
    their places.
    """
    sections = (_section(paper, paper.summary.get(language, Parts())) for paper in day.papers)
    return SectionsDocument((Heading(day.date), *sections))


def _player(url: str) -> str:
    return f'<div><video controls src="{url}" muted="false"></video></div>'


def _pieces(lines: list[tuple[str, int]]) -> Iterator[Heading | Section | Unread]:
    """Cut the text at its headings; what stands under a heading that cannot be read is kept with it."""
    under_date = False
    for chunk in _chunks(lines):
        line, after = chunk[0]
        if not line.startswith("#"):
            yield from (_stray(*stray) for stray in chunk)
        elif day := _DAY.fullmatch(line):
            when = read_date(day[1]) if len(day[1]) == 10 else None
            under_date = when is not None
            yield Heading(when, after) if when else Unread(line + "\n" * after, f"not a date: {day[1][:40]!r}")
            yield from (_stray(*stray) for stray in chunk[1:])
        else:
            paper = _PAPER.fullmatch(line)
            why = _objection(paper) if under_date else "a paper under no date"
            if paper and not why:
                yield Section(paper[1], paper[2], tuple(_parts(chunk[1:])), after)
            else:
                yield Unread("".join(text + "\n" * n for text, n in chunk), why)


def _chunks(lines: list[tuple[str, int]]) -> Iterator[list[tuple[str, int]]]:
    chunk: list[tuple[str, int]] = []
    video = False
    for line, after in lines:
        match = _BULLET_AND_HEADING.fullmatch(line) if video else None
        if match:
            chunk.append((match[1], 0))
        heading = match[2] if match else line
        if chunk and heading.startswith("#"):
            yield chunk
            chunk, video = [], False
        video = video or line.startswith("[Watch Video]")
        chunk.append((heading, after))
    if chunk:
        yield chunk


def _objection(paper: re.Match[str] | None) -> str:
    if paper is None:
        return "not the heading of a paper with its link to arXiv"
    if not is_bare_id(paper[2]):
        return f"not an arXiv id: {paper[2][:40]!r}"
    return "" if _plain(paper[1]) else "a paper without a title"


def _stray(line: str, after: int) -> Unread:
    return Unread(line + "\n" * after, "not part of a paper" if line.strip() else "")


def _parts(lines: list[tuple[str, int]]) -> Iterator[Part]:
    at = 0
    while at < len(lines):
        line, after = lines[at]
        at += 1
        if match := _BULLET.fullmatch(line):
            yield Bullet(match[2], match[3], 3 if len(match[1]) == 3 else 2, after)
        elif line.startswith("- "):
            yield Bullet("", line[2:], 0, after)
        elif match := _VOTES.fullmatch(line):
            yield Votes(match[1], after)
        elif line.startswith("Authors: "):
            yield Authors(line.removeprefix("Authors: "), after)
        elif match := _IMAGE.fullmatch(line):
            yield Media(match[1], "image", after)
        elif (match := _VIDEO.fullmatch(line)) and _is_player(lines[at : at + 1], match, after):
            yield Media(match[2], "video" if match[1] else "bare video", lines[at][1])
            at += 1
        else:
            yield _stray(line, after)


def _is_player(following: list[tuple[str, int]], link: re.Match[str], after: int) -> bool:
    """Whether a video's link is closed, and its player stands on the line below."""
    is_closed = bool(link[1]) == bool(link[3])
    return is_closed and after == 1 and bool(following) and following[0][0] == _player(link[2])


def _read_parts(bullets: tuple[Bullet, ...]) -> Parts:
    parts: dict[str, list[str]] = {}
    other: dict[str, list[str]] = {}
    for bullet in bullets:
        values = parse_printed_values(bullet.text)
        text = normalise("; ".join(values)) if values else _unescape_value(bullet.text)
        if not bullet.stars:
            parts.setdefault("prose", []).append(text)
        elif part := _PART_OF.get(fold(bullet.key)):
            parts.setdefault(part, []).append(text)
        else:
            other.setdefault(normalise(unescape_markdown(bullet.key)), []).append(text)
    return Parts(
        **{part: " ".join(texts) for part, texts in parts.items()},
        other={key: " ".join(texts) for key, texts in other.items()},
    )


def _section(paper: DayPaper, parts: Parts) -> Section:
    media = Media(paper.thumbnail_url or thumbnail_url(paper.id))
    if not _IMAGE.fullmatch(str(media).rstrip("\n")):
        media = Media(thumbnail_url(paper.id))
    texts = {part: getattr(parts, part) for part in THREE_PARTS}
    if not any(texts.values()):
        texts = dict(zip(THREE_PARTS, (parts.one_line or parts.prose, parts.method, parts.result), strict=True))
    points = [(KEYS[part], text) for part, text in texts.items() if text]
    points += [(markdown(name), text) for name, text in parts.other.items() if normalise(name) and text]
    bullets = [Bullet(key, _escape_value(text)) for key, text in points]
    if bullets:
        bullets[-1] = Bullet(bullets[-1].key, bullets[-1].text, after=2)
    return Section(
        title=table_cell(paper.title) or paper.id,
        id=paper.id,
        parts=(
            media,
            Votes("-" if paper.votes is None else str(paper.votes)),
            Authors(", ".join(table_cell(name) for name in paper.authors if name)),
            *bullets,
        ),
    )


def _escape_value(text: str) -> str:
    """A value that opens with a brace is told from a printed dict by a backslash before it."""
    return re.sub(r"\A\{", r"\\{", table_cell(text))


def _unescape_value(text: str) -> str:
    return _plain(re.sub(r"\A\\\{", "{", text))


def _plain(text: str) -> str:
    return normalise(unescape_table_cell(text))
