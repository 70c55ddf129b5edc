"""Reads arXiv identifiers in every form in which people write them, and makes links out of them.

A paper's key everywhere in Assay is its arXiv id without a version: ``2502.18137``, or ``hep-ph/0601001`` for
papers from before April 2007, whose subject class is no part of it (``math.GT/0309136`` is ``math/0309136``).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from assay.papers import pasted


class ArxivId(NamedTuple):
    """An arXiv id and, where one was written, its version."""

    id: str
    version: int | None = None


def parse_arxiv_id(text: str) -> ArxivId:
    """Read one arXiv id from whatever people paste: a bare id, a citation, a link, the stamp on a PDF.

    `assay.papers.pasted` has the forms, with or without a version, in the new and the old numbering.

    Raises:
        ValueError: if ``text`` is anything else, or names several papers.
    """
    match = _BARE.fullmatch(text)
    if match is None:
        match = pasted.find_id(text)
    version = match["version"]
    return ArxivId(pasted.key_of(match), int(version) if version else None)


def is_arxiv_id(text: str) -> bool:
    """Whether ``text`` is an arXiv id in any form that `parse_arxiv_id` reads."""
    try:
        parse_arxiv_id(text)
    except ValueError:
        return False
    return True


def read_key(text: str) -> str:
    """The key of a paper in a record: any form of an id, or a key as an older Assay may have stored it.

    What was stored stays readable, also where the number of digits is one that arXiv never gave out in that month.

    Raises:
        ValueError: if it is neither.
    """
    return text if _STORED_KEY.fullmatch(text) else parse_arxiv_id(text).id


def is_bare_id(text: str) -> bool:
    """Whether ``text`` is an arXiv id as it stands in a link: no prefix, a version at most."""
    return _BARE.fullmatch(text) is not None


_STORED_KEY = re.compile(r"\d\d(?:0[1-9]|1[0-2])\.\d{4,5}", re.ASCII)
_BARE = re.compile(pasted.ID, re.ASCII)
"""Nearly all ids are written so, and these are read quickly."""


def month_of(paper: str) -> tuple[int, int]:
    """The year and the month in which arXiv gave out an id: of ``hep-th/9901001``, January 1999."""
    digits = paper.rpartition("/")[2]
    year = int(digits[:2])
    # arXiv opened in 1991. Old ids name their archive first, and ended in March 2007.
    century = 1900 if "/" in paper and year >= 91 else 2000
    return century + year, int(digits[2:4])


def name_some(papers: Sequence[str], most: int = 5) -> str:
    """The first ids of a list that may be long, and how many more there are: ``2502.18137, 2502.01068 and 3 more``."""
    rest = len(papers) - most
    return ", ".join(papers) if rest <= 0 else f"{', '.join(papers[:most])} and {rest:,} more"


def abs_url(paper: str) -> str:
    """The paper's abstract page on arXiv."""
    return f"https://arxiv.org/abs/{paper}"


def pdf_url(paper: str) -> str:
    """The paper's PDF on arXiv; the form with a ``.pdf`` suffix is refused there."""
    return f"https://arxiv.org/pdf/{paper}"


def huggingface_url(paper: str) -> str:
    """The paper's page on Hugging Face."""
    return f"https://huggingface.co/papers/{paper}"


def thumbnail_url(paper: str) -> str:
    """The picture that Hugging Face makes for every paper it lists."""
    return f"https://cdn-thumbnails.huggingface.co/social-thumbnails/papers/{paper}.png"
