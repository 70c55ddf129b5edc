"""Rows for the texts of papers: every title and abstract that a paper ever had, and the full texts."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from assay.papers.models import Paper


class Revision(NamedTuple):
    """A title and abstract that a paper had."""

    paper: str
    version: int | None
    """The arXiv version; ``None`` where the source does not know it."""
    seen: str
    """When it was first read, as comparable text: a moment, a day, or nothing."""
    title: str
    abstract: str


class KeptText(NamedTuple):
    """The full text of one version of a paper, as it is stored."""

    id: int
    """Rises with every text that is stored."""
    paper: str
    version: int
    form: str
    """The form that it was read from, ``html`` for instance."""
    record: str
    """`assay.fulltext.FullText` as JSON."""
    fetched_at: datetime


def text_hash(title: str, abstract: str) -> str:
    """A hash that tells two texts of a paper apart."""
    return sha256(f"{title}\n{abstract}".encode()).hexdigest()


def hash_of(paper: Paper) -> str:
    """The hash of a paper's title and abstract."""
    return text_hash(paper.title, paper.abstract)


def revision_row(record: Mapping[str, Any], provenance: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a merged record's text, dated by the attribution of its abstract, else of its title."""
    title, abstract = record.get("title", ""), record.get("abstract", "")
    _, _, version, moment = provenance.get("abstract") or provenance.get("title") or (0, "", 0, "")
    return {
        "paper": record["id"],
        "version": version,
        "seen": moment,
        "text_hash": text_hash(title, abstract),
        "title": title,
        "abstract": abstract,
    }
