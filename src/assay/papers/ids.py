"""Reads arXiv identifiers in every form in which people write them, and makes links out of them.

A paper's key everywhere in Assay is its arXiv id without a version: ``2502.18137``, or ``hep-ph/0601001`` for
papers from before April 2007.
"""

import re
from typing import NamedTuple

_NEW = r"\d{2}(?:0[1-9]|1[0-2])\.\d{4,5}"
_OLD = r"[a-z][a-z-]*(?:\.[A-Za-z]{2})?/\d{2}(?:0[1-9]|1[0-2])\d{3}"
_ID_AND_VERSION = rf"(?P<id>{_NEW}|{_OLD})(?:v(?P<version>[1-9]\d{{0,3}}))?"
_PREFIX = (
    r"(?:"
    r"(?:https?://)?(?:[a-z]+\.)*arxiv\.org/(?:abs|pdf|html|format|ps|e-print|src)/"
    r"|(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/(?:api/)?papers/"
    r"|(?:https?://)?(?:www\.)?(?:alphaxiv\.org/(?:abs|overview)/|ar5iv\.(?:labs\.arxiv\.)?org/(?:abs|html)/)"
    r"|(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?10\.48550/arxiv\."
    r"|oai:arxiv\.org:"
    r"|arxiv:\s*"
    r")"
)
_SUFFIX = r"(?:\.pdf|\.md)?/?(?:[?#]\S*)?"
_WHOLE = re.compile(rf"(?i:{_PREFIX})?{_ID_AND_VERSION}{_SUFFIX}", re.ASCII)


class ArxivId(NamedTuple):
    """An arXiv id and, where one was written, its version."""

    id: str
    version: int | None = None


def parse_arxiv_id(text: str) -> ArxivId:
    """Read one arXiv id from any link or citation form.

    It understands bare ids, ``arXiv:`` ids, ``abs``, ``pdf`` and ``html`` links, DOIs, OAI identifiers and
    Hugging Face paper links, with or without a version, in the new and the old numbering.

    Raises:
        ValueError: if ``text`` is anything else.
    """
    match = _WHOLE.fullmatch(text.strip())
    if match is None:
        excerpt = text if len(text) <= 80 else text[:77] + "..."
        raise ValueError(f"not an arXiv id or a link to one: {excerpt!r} (an id looks like 2502.18137)")
    version = match["version"]
    return ArxivId(match["id"], int(version) if version else None)


def is_arxiv_id(text: str) -> bool:
    """Whether ``text`` is an arXiv id in any form that `parse_arxiv_id` reads."""
    return _WHOLE.fullmatch(text.strip()) is not None


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
