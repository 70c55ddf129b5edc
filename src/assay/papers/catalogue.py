"""Reads the catalogue: the papers that we have read ourselves, one TOML file each, ``assay/catalogue/<day>/<id>.toml``.

An entry says what the paper is, where it was listed, our own summary in English and Korean, and the figures it
claims. Entries are found by looking at the folder: adding a paper edits no list.
"""

import re
import tomllib
from datetime import date
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from pydantic import Field, ValidationError, model_validator

from assay.papers.faults import place, words
from assay.papers.ids import is_arxiv_id, parse_arxiv_id
from assay.papers.models import Claim, Fact, Line, Noun, Origin, Paper, PaperId, Parts, Sighting, Summary, kind_of
from assay.papers.pasted import excerpt
from assay.papers.text import fold

FOLDER = Path(__file__).parent.parent / "catalogue"


class Listing(Noun):
    """The first listing that we know of: its day, and the place and votes that the paper had there."""

    day: date
    rank: int = Field(ge=1)
    votes: int | None = None


class Record(Noun):
    """A figure of our summary that stands not in the abstract but in the full text, the code or a later version."""

    value: float | tuple[float, float]
    unit: str = ""
    """As in `Claim.unit`."""
    at: Line = Field(min_length=1)
    """Where it stands: ``Table 1``, ``Section 4.2``, ``README of the code``, ``version 2``."""

    def as_claim(self, number: int) -> Claim:
        """The record as a claim, for the checker."""
        return Claim(
            key=f"record-{number}",
            value=self.value,
            unit=self.unit,
            kind=kind_of(self.unit),
            metric=self.at,
            source="paper",
            setting=self.at,
        )


class Entry(Noun):
    """One paper of the catalogue."""

    id: PaperId
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    """The short name that its method, trial and tests share."""
    room: str = Field(pattern=r"^[a-z]+$")
    """The room under ``methods/`` where it belongs: what it changes."""
    title: Line
    authors: tuple[Line, ...] = Field(min_length=1)
    code: str = ""
    """The authors' own code, where it is public."""
    listing: Listing
    summary: dict[str, Parts]
    """By language; English and Korean at least."""
    claims: tuple[Claim, ...] = ()
    """What can be measured."""
    facts: tuple[Fact, ...] = ()
    """What states a constant, a setting or a size."""
    records: tuple[Record, ...] = ()
    """Where the figures of the summary stand that neither the abstract nor a claim has."""

    @model_validator(mode="after")
    def _keys_are_unique(self) -> "Entry":
        keys = [*(claim.key for claim in self.claims), *(fact.key for fact in self.facts)]
        for key in keys:
            if keys.count(key) > 1:
                raise ValueError(f"two claims or facts have the key {key!r}")
        return self

    @model_validator(mode="after")
    def _ratios_are_above_zero(self) -> "Entry":
        for claim in self.claims:
            if claim.kind == "times" and min(claim.ends) <= 0:
                raise ValueError(f"claim {claim.key}: a ratio is above 0, not {claim.value}")
        return self

    def paper(self) -> Paper:
        """The entry as a paper."""
        return Paper(id=self.id, title=self.title, authors=self.authors, code_url=self.code)

    def sighting(self) -> Sighting:
        """The entry as a sighting on its listing day."""
        listing = self.listing
        return Sighting(paper=self.id, source="catalogue", day=listing.day, rank=listing.rank, votes=listing.votes)

    def evidence(self) -> tuple[Claim, ...]:
        """The claims, and facts and records as claims: all that was read in the paper and noted."""
        facts = (fact.as_claim() for fact in self.facts)
        return (*self.claims, *facts, *(record.as_claim(number) for number, record in enumerate(self.records, 1)))

    def as_summary(self) -> Summary:
        """The entry's summary as a record."""
        return Summary(paper=self.id, origin=Origin.CATALOGUE, source="assay", languages=self.summary)


def read_entry(path: Path) -> Entry:
    """Read one catalogue file.

    Raises:
        ValueError: if the file is not TOML or not a catalogue entry; the message names file and field.
    """
    try:
        entry = Entry.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{path.name}: not TOML: {error}") from error
    except ValidationError as error:
        faults = "; ".join(f"{place(fault)}: {words(fault)}" for fault in error.errors())
        raise ValueError(f"{path.name}: {faults}") from error
    if path.stem != entry.id or path.parent.name != entry.listing.day.isoformat():
        raise ValueError(f"{path.name}: belongs at {entry.listing.day}/{entry.id}.toml")
    return entry


@cache
def catalogue() -> dict[str, Entry]:
    """All entries by arXiv id, in listing order."""
    entries = [read_entry(path) for path in FOLDER.glob("*/*.toml")]
    entries.sort(key=lambda entry: (entry.listing.day, entry.listing.rank))
    return {entry.id: entry for entry in entries}


def find(query: str) -> Entry | None:
    """The entry with this arXiv id (in any form) or this short name, if there is one.

    Case, spaces, hyphens and underscores of a name do not count: ``Sparge Attn`` is ``sparge_attn``.
    """
    if is_arxiv_id(query):
        return catalogue().get(parse_arxiv_id(query).id)
    return _by_name().get(_joined(query))


def entry_of(query: str) -> Entry:
    """The entry that a reader names, by its id, any link to it, or its short name.

    Raises:
        ValueError: if there is none; the line says which names come near.
    """
    entry = find(query)
    if entry is None:
        raise ValueError(f"{paper_id(query)} is not in the catalogue")
    return entry


def paper_id(query: str) -> str:
    """The arXiv id of any paper that a reader names: by its id, any link to it, or a short name of the catalogue.

    Raises:
        ValueError: if it is none of these; the line says which names come near, or what is wrong with the id.
    """
    entry = find(query)
    if entry is not None:
        return entry.id
    if _ABOUT_AN_ID.search(query):
        return parse_arxiv_id(query).id
    raise ValueError(
        f"{excerpt(query)!r} is neither an arXiv id, nor a link to a paper, nor a short name of the catalogue"
        f"{_did_you_mean(query)}"
    )


def room_of(name: str) -> str:
    """The room of the catalogue that a reader names, whatever its case.

    Raises:
        ValueError: if there is none; the line lists the rooms.
    """
    rooms = sorted({entry.room for entry in catalogue().values()})
    if (room := _joined(name)) not in rooms:
        raise ValueError(f"no room is called {excerpt(name)!r} (there are: {', '.join(rooms)})")
    return room


_ABOUT_AN_ID = re.compile(r"\d{3}\s*[.．]\s*\d{3}|/")


@cache
def _by_name() -> dict[str, Entry]:
    return {_joined(entry.name): entry for entry in catalogue().values()}


def _joined(name: str) -> str:
    return fold(name).replace(" ", "")


def _did_you_mean(query: str) -> str:
    """Up to three short names that come near: spelt alike, or of a paper whose title begins so."""
    word = _joined(query)
    spellings = {name: entry.name for name, entry in _by_name().items()}
    spellings |= {_joined(entry.title.partition(":")[0]): entry.name for entry in catalogue().values()}
    begin_so = [spelling for spelling in spellings if len(word) > 2 and spelling.startswith(word)]
    names = dict.fromkeys(spellings[each] for each in (*begin_so, *get_close_matches(word, spellings, cutoff=0.7)))
    return f"; did you mean {' or '.join(list(names)[:3])}?" if names else ""
