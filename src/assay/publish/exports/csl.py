"""Papers in CSL-JSON, which pandoc, Zotero and citeproc read."""

import json
from collections.abc import Iterable
from datetime import UTC
from typing import Any

from assay.papers.ids import abs_url, month_of
from assay.papers.mathematics import to_text
from assay.papers.models import Paper
from assay.publish.bibtex import citation_key, doi_of, venue_of
from assay.publish.bibtex.authors import Author, read_authors
from assay.publish.bibtex.venues import Venue, acceptance

_TYPES = {"article": "article-journal", "inproceedings": "paper-conference"}


def csl_json(papers: Iterable[Paper]) -> str:
    """Papers as a list of CSL-JSON items: those with a certain venue as articles, all others as preprints."""
    return json.dumps(list(map(_item, papers)), ensure_ascii=False, indent=2) + "\n"


def _item(paper: Paper) -> dict[str, Any]:
    venue = venue_of(paper)
    fields = venue.fields if venue else {}
    remark = to_text(acceptance(paper.comment) if venue else paper.journal_ref or acceptance(paper.comment))
    item = {
        "id": citation_key(paper),
        "type": _TYPES[venue.kind] if venue else "article",
        "genre": "" if venue else "preprint",
        "title": to_text(paper.title),
        "author": [_name(author) for author in read_authors(paper.authors)],
        "issued": {"date-parts": [_date(paper, venue)]},
        "container-title": fields.get("journal") or fields.get("booktitle", ""),
        "volume": fields.get("volume", ""),
        "issue": fields.get("number", ""),
        "page": fields.get("pages", "").replace("--", "-"),
        "publisher": "" if venue else "arXiv",
        "number": "" if venue else f"arXiv:{paper.id}",
        "source": "arXiv.org",
        "archive": "arXiv",
        "archive_location": paper.id,
        "DOI": doi_of(paper),
        "URL": abs_url(paper.id),
        "keyword": ", ".join(to_text(word.replace(",", " ")) for word in paper.keywords),
        "abstract": to_text(paper.abstract),
        "note": "; ".join(filter(None, ["Withdrawn" if paper.withdrawn else "", remark])),
    }
    return {name: value for name, value in item.items() if value}


def _date(paper: Paper, venue: Venue | None) -> list[int]:
    if venue:
        return [int(venue.fields["year"])]
    if paper.published:
        day = paper.published.astimezone(UTC)
        return [day.year, day.month, day.day]
    return list(month_of(paper.id))


def _name(author: Author) -> dict[str, str]:
    if author.is_whole:
        return {"literal": author.family}
    parts = {
        "family": author.family,
        "given": author.given,
        "non-dropping-particle": author.particle,
        "suffix": author.suffix,
    }
    return {name: value for name, value in parts.items() if value}
