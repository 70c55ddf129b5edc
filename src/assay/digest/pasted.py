"""Reads a pasted text: which papers it speaks of, which part of it is about which, and what they say of its figures."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

from assay.claims.bare import bare
from assay.claims.check import check_texts
from assay.claims.context import Text
from assay.claims.report import Basis, Choice, Stretch
from assay.claims.stretches import Part, split_by_paper
from assay.digest.known import Known
from assay.digest.mentions import find_mentions, papers_called
from assay.papers.findings import ComparisonFinding, FigureFinding, Findings, NameFinding
from assay.papers.models import Paper
from assay.papers.plain import Plain
from assay.papers.text import language_of
from assay.store import Store


def clean(text: str) -> str:
    """The text as it was written: one form of line breaks and of letters, and nothing that only a terminal obeys."""
    lines = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    return "".join(ch for ch in lines if ch in "\n\t" or unicodedata.category(ch) not in {"Cc", "Cs"})


class Split(NamedTuple):
    """A text by the papers that it is about."""

    parts: Sequence[Part]
    """They make up the text."""
    words: Mapping[str, str] = {}
    """By paper, the words that name it."""
    choices: Sequence[Choice] = ()
    """The papers that may be meant, where that is in doubt: then no part is about any."""


def split_text(store: Store, text: str, named: Sequence[Sequence[Choice]]) -> Split:
    """Split a text at the papers that it names.

    Args:
        store: where titles and names are looked up.
        text: the text.
        named: the papers that the reader names, and for each which ones she may mean; none if the text is to say it.
    """
    whole = Part(0, len(text))
    if doubtful := [choice for choices in named if len(choices) > 1 for choice in choices]:
        return Split([whole], choices=doubtful)
    ids = list(dict.fromkeys(choice.paper for [choice] in named))
    if len(ids) == 1:
        return Split([whole._replace(paper=ids[0])])
    mentions = find_mentions(store, text, ids)
    if mentions or ids:
        words = {each.paper: text[each.start : each.end] for each in reversed(mentions)}
        return Split(split_by_paper(text, mentions), words)
    choices, is_certain = papers_called(store, text)
    if is_certain:
        [choice] = choices
        return Split([whole._replace(paper=choice.paper)], {choice.paper: choice.words})
    return Split([whole], choices=choices)


def read_prose(text: str, parts: Sequence[Part]) -> list[Plain]:
    """The prose of each part.

    Raises:
        ValueError: if there are too many figures in them.
    """
    proses = [bare(text[part.start : part.end]) for part in parts]
    read = [Text.of("text", prose.text) for prose in proses]
    figures = sum(len(each.figures) for each in read)
    if figures > MOST_FIGURES:
        raise ValueError(f"a text with {figures:,} figures; at most {MOST_FIGURES} are checked at once")
    return [replace(prose, text=_divided(each)) for prose, each in zip(proses, read, strict=True)]


MOST_FIGURES = 500


def _divided(text: Text) -> str:
    """The text, where a sentence with very many figures ends after some: each is read beside all others of it."""
    divided = text.text
    for sentence in text.sentences:
        for figure in sentence.figures[_MOST_IN_SENTENCE - 1 : -1 : _MOST_IN_SENTENCE]:
            divided = f"{divided[: figure.quantity.end]}\n{divided[figure.quantity.end + 1 :]}"
    return divided


_MOST_IN_SENTENCE = 40


def check_part(text: str, part: Part, prose: Plain, split: Split, known: Known) -> Stretch:
    """One part of a text, held against its paper."""
    written = text[part.start : part.end]
    paper = known.paper(part.paper)
    found = check_texts(
        {"text": prose.text},
        paper,
        language=language_of(written),
        passages=known.passages(part.paper),
        claims=known.claims(part.paper),
    )
    placed = {
        "figures": tuple(_placed(each, prose) for each in found.figures),
        "names": tuple(_placed(each, prose) for each in found.names),
        "comparisons": tuple(_placed(each, prose) for each in found.comparisons),
    }
    return Stretch(
        **dict(found) | placed,
        text=written,
        paper=part.paper or None,
        title=paper.title if paper else "",
        words=split.words.get(part.paper, ""),
        basis=_basis(part, paper, found, split),
        withdrawn=paper.withdrawn if paper else None,
        choices=tuple(split.choices),
    )


def _basis(part: Part, paper: Paper | None, found: Findings, split: Split) -> Basis:
    if paper is None:
        return "not in the archive" if part.paper else "in doubt" if split.choices else "none named"
    return "full text" if "full text" in found.searched else "abstract" if paper.abstract else "title"


_Finding = TypeVar("_Finding", FigureFinding, NameFinding, ComparisonFinding)


def _placed(finding: _Finding, prose: Plain) -> _Finding:
    """A finding in the prose of a text, with its place in the text as it was written."""
    return finding.model_copy(update={"start": prose.starts[finding.start], "end": prose.ends[finding.end - 1]})
