"""Prepares a paper for the model: its texts without orders to the reader, and as much of them as a context holds."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from assay.papers.models import Paper
from assay.papers.passages import Passage
from assay.papers.sentences import split
from assay.writing.budget import estimate_tokens
from assay.writing.instructions import blank, instructions


@dataclass(frozen=True)
class Material:
    """A paper and the passages of its full text, without the sentences that instruct their reader."""

    paper: Paper
    passages: tuple[Passage, ...]
    orders: tuple[str, ...]
    """Those sentences: orders to the reader, see `assay.writing.instructions`."""

    @classmethod
    def of(cls, paper: Paper, passages: Iterable[Passage] = ()) -> Self:
        """Collect the texts of ``paper``; passages called title and abstract repeat what the paper has itself."""
        orders: list[str] = []

        def clean(text: str) -> str:
            spans = instructions(text)
            orders.extend(text[span.start : span.end] for span in spans)
            return blank(text, spans)

        return cls(
            paper.model_copy(update={"title": clean(paper.title), "abstract": clean(paper.abstract)}),
            tuple(Passage(part, clean(text)) for part, text in passages if part not in {"title", "abstract"}),
            tuple(orders),
        )

    @property
    def texts(self) -> list[str]:
        """Everything that a summary may say."""
        return [self.paper.title, self.paper.abstract, *(passage.text for passage in self.passages)]


def choose(passages: Sequence[Passage], room: int) -> list[Passage]:
    """Choose the passages that a summary needs most, in the paper's order and in at most ``room`` tokens, as estimated.

    Conclusion, introduction, results, tables and method share the room evenly, and what one leaves of its part the
    ones after it share. What is too long is cut behind a sentence, a table behind a row. Related work and appendices
    get what remains.
    """
    by_kind: dict[_Kind, list[int]] = {}
    in_appendix = False
    for at, passage in enumerate(passages):
        kind = _kind(passage.part)
        in_appendix = in_appendix or kind is _Kind.APPENDIX
        in_text = kind not in {_Kind.TABLE, _Kind.CAPTION}
        by_kind.setdefault(_Kind.APPENDIX if in_appendix and in_text else kind, []).append(at)
    choice: dict[int, Passage] = {}
    for kind in _Kind:
        to_come = sum(other in by_kind for other in _Kind if kind <= other <= _Kind.METHOD)
        share = room // max(to_come, 1)
        for at in by_kind.get(kind, ()):
            part, text = passages[at]
            text = _shorten(text, share - estimate_tokens(part) - _FRAME, by_rows=kind is _Kind.TABLE)
            if not text:
                break
            choice[at] = Passage(part, text)
            cost = estimate_tokens(part) + estimate_tokens(text) + _FRAME
            share -= cost
            room -= cost
    return [choice[at] for at in sorted(choice)]


class _Kind(IntEnum):
    """What a passage is, the shortest of the important ones first so that the long ones get what those leave."""

    CONCLUSION = 0
    INTRODUCTION = 1
    RESULTS = 2
    TABLE = 3
    METHOD = 4
    OTHER = 5
    CAPTION = 6
    RELATED = 7
    APPENDIX = 8


_HEADINGS = (
    (_Kind.CAPTION, r"\bcaption\b"),
    (_Kind.TABLE, r"^table\b"),
    (_Kind.APPENDIX, r"\b(?:appendi|supplement|acknowledg|reference|bibliograph|checklist|broader impact|ethic)"),
    (_Kind.RELATED, r"\b(?:related|prior|previous) (?:work|stud|research)|\bbackground\b|\bpreliminar"),
    (_Kind.CONCLUSION, r"\b(?:conclu|discussion|summary|limitation)"),
    (_Kind.INTRODUCTION, r"^(?:introduc|opening|overview)"),
    (_Kind.RESULTS, r"\b(?:result|experiment|evaluat|ablation|analys|performance|benchmark|finding|comparison)"),
    (_Kind.METHOD, r"\b(?:method|approach|model|architecture|algorithm|framework|design|training|our |propos)"),
)
_FRAME = 4
"""Tokens for the marks and line ends around a passage."""


def _kind(part: str) -> _Kind:
    return next((kind for kind, heading in _HEADINGS if re.search(heading, part.lower())), _Kind.OTHER)


def _shorten(text: str, room: int, *, by_rows: bool) -> str:
    """As many whole sentences, or rows, from the beginning as fit."""
    if estimate_tokens(text) <= room:
        return text.strip()
    ends = [match.end() for match in re.finditer(r"\n|$", text)] if by_rows else [span.end for span in split(text)]
    end = 0
    for stop in ends:
        room -= estimate_tokens(text[end:stop])
        if room < 0:
            break
        end = stop
    return text[:end].strip()
