"""Papers in RIS, which every reference manager reads."""

from collections.abc import Iterable
from datetime import UTC
from typing import Any

import rispy  # type: ignore[import-untyped]

from assay.papers.ids import abs_url, month_of, pdf_url
from assay.papers.mathematics import to_text
from assay.papers.models import Paper
from assay.publish.bibtex import citation_key, doi_of, venue_of
from assay.publish.bibtex.authors import Author, read_authors
from assay.publish.bibtex.venues import acceptance

_TYPES = {"article": "JOUR", "inproceedings": "CPAPER"}


class _Writer(rispy.RisWriter):  # type: ignore[misc]
    def set_header(self, count: int) -> str:  # noqa: ARG002 - rispy's signature
        return ""  # some readers take a number before an entry for a part of the last


def ris(papers: Iterable[Paper]) -> str:
    """Papers as RIS: those with a certain venue as articles, all others as unpublished works of arXiv."""
    return str(_Writer().formats(list(map(_entry, papers))))


def _entry(paper: Paper) -> dict[str, Any]:
    venue = venue_of(paper)
    fields = venue.fields if venue else {}
    first, _, last = fields.get("pages", "").partition("-")
    published = paper.published.astimezone(UTC) if paper.published else None
    year = fields.get("year") or str(published.year if published else month_of(paper.id)[0])
    entry = {
        "type_of_reference": _TYPES[venue.kind] if venue else "UNPB",
        "id": citation_key(paper),
        "title": to_text(paper.title),
        "authors": [_name(author) for author in read_authors(paper.authors)],
        "year": year,
        "date": f"{published:%Y/%m/%d}" if published and not venue else "",
        "secondary_title": fields.get("journal") or fields.get("booktitle", ""),
        "volume": fields.get("volume", ""),
        "number": fields.get("number", ""),
        "start_page": first,
        "end_page": last.lstrip("-"),
        "publisher": "" if venue else "arXiv",
        "accession_number": f"arXiv:{paper.id}",
        "doi": doi_of(paper),
        "urls": [abs_url(paper.id)],
        "file_attachments1": pdf_url(paper.id),
        "keywords": [to_text(word) for word in paper.keywords],
        "abstract": to_text(paper.abstract),
        "notes": list(filter(None, ["Withdrawn" if paper.withdrawn else "", *_places(paper, named=bool(venue))])),
    }
    return {name: value for name, value in entry.items() if value}


def _places(paper: Paper, *, named: bool) -> list[str]:
    """Where it appeared or will appear, in the words of its record."""
    return ["" if named else to_text(paper.journal_ref), to_text(acceptance(paper.comment))]


def _name(author: Author) -> str:
    """A name as RIS has it: ``van der Toy, Ada, Jr.`` A team's has no comma, which would part it."""
    if author.is_whole:
        return author.family.replace(",", "")
    family = " ".join(filter(None, [author.particle, author.family]))
    return ", ".join(filter(None, [family, author.given, author.suffix]))
