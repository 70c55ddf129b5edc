"""Papers as BibTeX entries, for BibTeX and for biber."""

import re
from collections.abc import Iterable

from assay.papers.escape import bibtex
from assay.papers.ids import abs_url, month_of
from assay.papers.models import DayPaper, Paper
from assay.papers.typesetting import typeset, typeset_formula
from assay.publish.bibtex.authors import author_field, family_name
from assay.publish.bibtex.venues import acceptance, read_venue
from assay.publish.prose import split_formulas


def bibtex_entries(papers: Iterable[Paper | DayPaper]) -> str:
    """The entries of several papers, with an empty line between two; a paper that comes twice has one entry."""
    return "\n\n".join(bibtex_entry(paper) for paper in {paper.id: paper for paper in papers}.values())


def bibtex_entry(paper: Paper | DayPaper) -> str:
    """A paper as an entry with the fields that arXiv recommends, and with its venue where that is certain.

    The key is the first author's family name, the year and the id, in ASCII: a paper has the same key wherever it is
    printed, and no two papers share one.
    """
    first = paper.published
    year = str(first.year if first else month_of(paper.id)[0])
    venue = None if paper.withdrawn else read_venue(paper.journal_ref)
    key = f"{family_name(paper.authors) or 'arxiv'}{year}_{re.sub('[./]', '_', paper.id)}"
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
        "doi": _doi(paper.doi) or ("" if venue else f"10.48550/arXiv.{paper.id}"),
        "url": abs_url(paper.id),
        "note": "Withdrawn" if paper.withdrawn else "" if venue else _place(paper),
    }
    lines = [f"  {name} = {_value(name, value)}," for name, value in fields.items() if value]
    return "\n".join([f"@{venue.kind if venue else 'misc'}{{{key},", *lines, "}"])


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


def _doi(text: str) -> str:
    """The first DOI of a record, as it is: what prints a DOI links to it and must not find LaTeX in it."""
    match = re.match(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/[^\s{}\\%,;]+)", text, re.IGNORECASE)
    return match[1] if match else ""
