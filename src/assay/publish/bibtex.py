"""A paper as a BibTeX entry."""

import re

from assay.papers.escape import bibtex
from assay.papers.ids import abs_url
from assay.papers.models import Paper
from assay.papers.text import fold
from assay.publish.prose import split_formulas


def bibtex_entry(paper: Paper) -> str:
    """An ``@misc`` entry with the fields that arXiv recommends; its key is author, year and id."""
    year = paper.published.year if paper.published else _year(paper.id)
    author = fold(paper.authors[0]).split(" ")[-1] if paper.authors else "anonymous"
    key = re.sub(r"\W", "", f"{author}{year}_{paper.id.replace('.', '_').replace('/', '_')}")
    fields = {
        "title": _title(paper.title),
        "author": " and ".join(_brace_team(name) for name in paper.authors),
        "year": str(year),
        "eprint": paper.id,
        "archivePrefix": "arXiv",
        "primaryClass": paper.categories[0] if paper.categories else "",
        "doi": bibtex(paper.doi),
        "url": abs_url(paper.id),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


_PLACE = "\ufffc"  # stands for a formula while the words around it are escaped


def _title(title: str) -> str:
    """A title as LaTeX again: its formulas as they were written, in braces, so that no style lowers their letters."""
    pieces = split_formulas(title)
    line = bibtex("".join(_PLACE if piece.latex else piece.text.replace(_PLACE, "") for piece in pieces))
    formulas = iter([_formula(piece.latex) for piece in pieces if piece.latex])
    words = [f"{{{word}}}" if _PLACE in word and word[0] != "{" else word for word in line.split(" ")]
    return re.sub(_PLACE, lambda _: f"${next(formulas)}$", " ".join(words))


def _formula(latex: str) -> str:
    """A formula that BibTeX can carry: it counts braces even after a backslash, and a bare ``%`` begins a remark."""
    named = latex.replace(r"\{", r"\lbrace ").replace(r"\}", r"\rbrace ")
    return re.sub(r"(?<!\\)[%&#]", r"\\\g<0>", named)


def _brace_team(name: str) -> str:
    """A team's name holds words that BibTeX would take for a separator."""
    author = bibtex(name)
    return f"{{{author}}}" if re.search(r"\band\b|,", name) else author


def _year(paper: str) -> int:
    two = int(paper.rpartition("/")[2][:2])
    return 1900 + two if two > 90 else 2000 + two
