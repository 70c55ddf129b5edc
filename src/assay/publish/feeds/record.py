"""The records of a feed: what all formats write, and nothing that only one of them knows."""

import re
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Annotated, Literal, NamedTuple
from urllib.parse import quote

from pydantic import AfterValidator, AwareDatetime

from assay.papers.escape import legal_in_xml
from assay.papers.models import Line, Noun

AUTHORITY = "tag:assay-papers.invalid,2026:"
"""Ids are tag URIs (RFC 4151) in a name that nobody can ever own (RFC 2606): they name no host, so that a feed may
move from one to another and no reader shows its entries again."""
NOTHING_YET = datetime(1970, 1, 1, tzinfo=UTC)
"""When a feed without entries last changed."""

Legal = Annotated[str, AfterValidator(legal_in_xml)]
"""Text of several lines, without what XML cannot carry."""


class Subject(NamedTuple):
    """What a feed is of."""

    kind: Literal["all", "weeks", "room", "category", "author", "organisation", "query", "reader"]
    value: str = ""
    """The room, the category and so on; of ``reader``, her name."""

    @property
    def name(self) -> str:
        """Its name in ids: ``all``, ``category/cs.LG``, ``author/Song%20Han``."""
        return f"{self.kind}/{quote(self.value, safe='')}" if self.value else self.kind

    @property
    def folder(self) -> str:
        """Its folder on a site: its name where that is plain, else what any file host and every system takes."""
        if self.kind in {"all", "weeks", "room", "category"}:
            return self.name
        words = re.sub(r"[^a-z0-9]+", "-", self.value.lower())[:40].strip("-")
        digest = blake2b(self.value.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
        return f"{self.kind}/{words}-{digest}".replace("/-", "/")


class Entry(Noun):
    """One paper in a feed, in one language."""

    id: str
    """The same in every feed of the language that has the paper."""
    title: Line
    """Plain text: formulas are in Unicode."""
    url: Legal
    """The paper's page on the site; at arXiv where there is no site."""
    arxiv_url: Legal
    published: AwareDatetime
    """The first day that listed it."""
    updated: AwareDatetime
    """When it last changed in a way that a reader wants to know: a new version, a withdrawal, a measurement."""
    authors: tuple[Line, ...] = ()
    categories: tuple[Line, ...] = ()
    summary: Line = ""
    """Plain text."""
    content: Legal
    """HTML."""


class Feed(Noun):
    """Papers that somebody may subscribe to, the newest first."""

    id: str
    title: Line
    description: Line
    language: str
    home: Legal
    """The page that shows the same papers."""
    address: Legal = ""
    """Where the feed is; empty where that is not known."""
    entries: tuple[Entry, ...] = ()

    @property
    def updated(self) -> datetime:
        """When any of its entries last changed."""
        return max((entry.updated for entry in self.entries), default=NOTHING_YET)
