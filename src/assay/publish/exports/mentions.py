"""Finds which papers name each other, where that is sure: by arXiv id, or by a name that only one of them can have.

A name counts if the paper's title begins with it (``SpargeAttn: ...``), its abstract introduces it, it is spelt as no
word is, and no other paper here has it; and only in papers that are newer.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from assay.papers.ids import month_of
from assay.papers.models import Dossier, Paper
from assay.papers.sentences import split


class Mention(NamedTuple):
    """That a paper names another one."""

    paper: str
    """The id of the one that is named."""
    quote: str
    """The sentence that names it."""


def mentions(dossier: Dossier, names: Mapping[str, str]) -> Iterator[Mention]:
    """The papers that a paper names, each once, in the order of their ids.

    Args:
        dossier: the paper that is read: its abstract, the authors' remark, the sentences of its claims.
        names: by name or id, the papers that may be named; see `names_of`.
    """
    own = dossier.paper
    texts = [own.abstract, own.comment, *(claim.quote for claim in dossier.claims)]
    found: dict[str, str] = {}
    for sentence in dict.fromkeys(each for text in texts for each in _sentences(text)):
        for word in _WORD.findall(sentence):
            paper = names.get(word)
            if paper and paper != own.id and (word == paper or _is_sure(word, paper, own)):
                found.setdefault(paper, sentence)
    return (Mention(paper, found[paper]) for paper in sorted(found))


def names_of(papers: Sequence[Paper]) -> dict[str, str]:
    """Every id and every sure name of these papers, with the paper that it stands for."""
    named = {match[1] for paper in papers if (match := _TITLE_NAME.match(paper.title))}
    owners: dict[str, set[str]] = {}
    for paper in papers:
        for name in named.intersection(_WORD.findall(paper.abstract)):
            if _introduces(paper, name):
                owners.setdefault(name, set()).add(paper.id)
    begun = {(match[1], paper.id) for paper in papers if (match := _TITLE_NAME.match(paper.title))}
    names = {name: min(ids) for name, ids in owners.items() if len(ids) == 1 and (name, min(ids)) in begun}
    return names | {paper.id: paper.id for paper in papers}


_TITLE_NAME = re.compile(r"(?=\S*[a-z])(?=\S+?[A-Z])([A-Za-z][\w.+-]{3,}):\s")
"""Of four characters at least, with a capital behind the first: ``FastKV``, ``K-LoRA``, and neither ``RAG`` nor
``Attention``."""
_WORD = re.compile(r"(?<![\w.+/-])(?:\d{4}\.\d{4,5}(?=v\d|\b)|[A-Za-z][\w+-]*(?:\.\w[\w+-]*)*)(?![+-]?\w|\s+v?\d)")
_INTRODUCED = r"\b(?:introduc|propos|present|develop|releas|describ)\w*\b[^.;]{0,80}?(?<![\w-])"


def _introduces(paper: Paper, name: str) -> bool:
    return re.search(_INTRODUCED + re.escape(name) + r"(?![\w-])", paper.abstract, re.IGNORECASE) is not None


def _is_sure(name: str, paper: str, reader: Paper) -> bool:
    """Whether a name in a paper is the other one: it is newer, and introduces nothing of its own by that name."""
    return _age(paper) < _age(reader.id) and not _introduces(reader, name)


def _age(paper: str) -> tuple[tuple[int, int], int]:
    number = paper.rpartition("." if "." in paper else "/")[2]
    return month_of(paper), int(number[3:] if "/" in paper else number)


def _sentences(text: str) -> Iterator[str]:
    for span in split(text):
        yield text[span.start : span.end]
