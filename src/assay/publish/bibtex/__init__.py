"""Papers as BibTeX entries, for BibTeX and for biber."""

import re
from collections.abc import Iterable

from assay.papers.escape import bibtex
from assay.papers.ids import abs_url, month_of
from assay.papers.models import DayPaper, Paper
from assay.papers.typesetting import typeset, typeset_formula
from assay.publish.bibtex.authors import author_field, family_name
from assay.publish.bibtex.venues import Venue, acceptance, read_venue
from assay.publish.prose import split_formulas


def bibtex_entries(papers: Iterable[Paper | DayPaper]) -> str:
    """The entries of several papers, with an empty line between two; a paper that comes twice has one entry."""
    return "\n\n".join(bibtex_entry(paper) for paper in {paper.id: paper for paper in papers}.values())


def citation_key(paper: Paper | DayPaper) -> str:
    """What a paper is cited by: the first author's family name, the year and the id, in ASCII.

    The year is that of the id, so that only another first author in the record changes a key. No other paper does: a
    paper has the same key wherever it is written, in whatever form, and no two share one.
    """
    return f"{family_name(paper.authors) or 'arxiv'}{month_of(paper.id)[0]}_{re.sub('[./]', '_', paper.id)}"


def bibtex_entry(paper: Paper | DayPaper) -> str:
    """A paper as an entry with the fields that arXiv recommends, and with its venue where that is certain."""
    first = paper.published
    year = str(first.year if first else month_of(paper.id)[0])
    venue = venue_of(paper)
    key = citation_key(paper)
    authors = author_field(paper.authors)
    fields = {
        "title": f"{{{_latex(paper.title)}}}",  # braces of its own, so that no style lowers its letters
        "author": authors,
        "key": "" if authors else key,  # where there is no author, lists are sorted by it
    }
    if venue:
        fields |= {name: bibtex(value) for name, value in venue.fields.items()}
    else:
        fields |= {"year": year, "month": _MONTHS[first.month - 1] if first else ""}
    fields |= {
        "eprint": paper.id,
        "archivePrefix": "arXiv",
        "primaryClass": paper.categories[0] if paper.categories else "",
        "doi": doi_of(paper),
        "url": abs_url(paper.id),
        "keywords": ", ".join(_latex(word.replace(",", " ")) for word in paper.keywords),  # a comma parts two of them
        "note": "Withdrawn" if paper.withdrawn else "" if venue else _place(paper),
    }
    lines = [f"  {name} = {_value(name, value)}," for name, value in fields.items() if value]
    return "\n".join([f"@{venue.kind if venue else 'misc'}{{{key},", *lines, "}"])


def venue_of(paper: Paper | DayPaper) -> Venue | None:
    """The journal or proceedings in which a paper appeared, where that is certain; none of one that was withdrawn."""
    return None if paper.withdrawn else read_venue(paper.journal_ref)


def doi_of(paper: Paper | DayPaper) -> str:
    """The first DOI of a record, as it is, or arXiv's own; empty where a venue is known and its DOI is not.

    What prints a DOI links to it, and must not find LaTeX in it.
    """
    match = _DOI.match(paper.doi)
    return match[1] if match else "" if venue_of(paper) else f"10.48550/arXiv.{paper.id}"


_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/[^\s{}\\%,;]+)", re.IGNORECASE)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
"""All styles define these words; each language writes its months in its own way."""
_ENTRY_LIKE = re.compile(r"@(?=\w*[ \t]*[{(])")


def _value(name: str, value: str) -> str:
    # Some programs take an at sign before a brace for the beginning of another entry.
    return value if name == "month" else f"{{{_ENTRY_LIKE.sub('{@}', value)}}}"


def _place(paper: Paper | DayPaper) -> str:
    """Where a paper appeared or will appear, in the words of its record, as LaTeX."""
    return bibtex(paper.journal_ref) if paper.journal_ref else _latex(acceptance(paper.comment))


def _latex(title: str) -> str:
    """A title, or another text of a record, as LaTeX again, its formulas as they were written."""
    latex = ""
    for piece in split_formulas(title):
        words = f"${typeset_formula(piece.latex)}$" if piece.latex else typeset(piece.text)
        latex += f"{{}}{words}" if latex.endswith("$") and words.startswith("$") else words
    return latex
