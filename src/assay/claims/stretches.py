"""Splits a text that names several papers into stretches, each of which is about one of them.

The text is read in blocks: headings, rows of a table, points of a list, paragraphs. A block that names a paper is about
it, and so are the blocks below it up to the next that names one; or those above it, in a text that ends each part with
the link to its paper. A heading is about the one paper that its section names, and no part reaches over the heading of
another section. A block that names several papers is split between its sentences, or where a clause ends.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from assay.papers.sentences import split


class Mention(NamedTuple):
    """Where a text names a paper."""

    start: int
    end: int
    paper: str


class Part(NamedTuple):
    """A part of a text: ``text[start:end]``."""

    start: int
    end: int
    paper: str = ""
    """The one that it is about; empty if it names none."""


class _Block(NamedTuple):
    start: int
    end: int
    level: int
    """Of a heading; 0 for any other block."""
    paper: str = ""


def split_by_paper(text: str, mentions: Sequence[Mention]) -> list[Part]:
    """The parts of a text, which make up all of it; those that follow each other are about different papers."""
    named = {mention.paper for mention in mentions}
    if len(named) < 2:
        return [Part(0, len(text), *named)] if text else []
    blocks = [piece for block in _blocks(text) for piece in _pieces(text, block, mentions)]
    return _joined(blocks, _papers_of(text, blocks))


def _blocks(text: str) -> Iterator[_Block]:
    starts, at, before = [0], 0, ""
    for line in text.split("\n"):
        if line.strip() and (not before.strip() or _HEADING.match(before) or _OPENING.match(line)):
            starts.append(at)
        at, before = at + len(line) + 1, line
    for start, end in pairwise(dict.fromkeys([*starts, len(text)])):
        heading = _HEADING.match(text, start)
        yield _Block(start, end, len(heading[1]) if heading else 0)


_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]")
_OPENING = re.compile(r" {0,3}(?:#{1,6}[ \t]|\||(?:[-*•·]|\(?\d{1,3}(?:[.)]|/\d{0,3}))[ \t])")
"""How a heading, a row of a table, or a point of a list begins."""


def _pieces(text: str, block: _Block, mentions: Sequence[Mention]) -> Iterator[_Block]:
    """A block, or where it names several papers its sentences and clauses, each with the paper that it names."""
    inside = [each for each in mentions if block.start <= each.start < block.end]
    names = list(dict.fromkeys(each.paper for each in inside))
    if len(names) < 2:
        yield block._replace(paper="".join(names))
        return
    cuts = [block.start]
    papers = [names[0]]
    sentences = [block.start + span.start for span in split(text[block.start : block.end])]
    for before, mention in pairwise(inside):
        if mention.paper != before.paper:
            between = [start for start in sentences if before.start < start <= mention.start]
            cuts.append(between[-1] if between else _clause(text, before.end, mention.start))
            papers.append(mention.paper)
    for start, end, paper in zip(cuts, [*cuts[1:], block.end], papers, strict=True):
        yield _Block(start, end, block.level, paper)


def _clause(text: str, start: int, end: int) -> int:
    """Where between two mentions in a sentence one paper is left for the other."""
    clauses = [match.end() for match in _CLAUSE.finditer(text, start, end)]
    if clauses:
        return clauses[-1]
    name = _NAME.search(text, start, end)
    return name.start() if name else end


_CLAUSE = re.compile(r"[,;:—–][ \t\n](?!\d)|\s(?=(?:while|whereas|and|but|versus|vs\.?|than|반면|그리고)\s)")
_NAME = re.compile(r"[^\s(\[<]*[ \t]*[(\[<]*\Z")


def _papers_of(text: str, blocks: Sequence[_Block]) -> list[str]:
    """The paper of each block, as the module says."""
    papers: list[str] = []
    current, level = "", 0
    for number, block in enumerate(blocks):
        if block.level:
            own = {block.paper} if block.paper else _section(blocks, number)
            goes_on = not own and 0 < level < block.level
            if not goes_on:
                current, level = own.pop() if len(own) == 1 else "", block.level
        elif block.paper:
            current = block.paper
        papers.append(current)
    if not any(block.level for block in blocks) and _ends_with_links(text, blocks):
        papers = [block.paper for block in blocks]
        for number in reversed(range(len(blocks) - 1)):
            papers[number] = papers[number] or papers[number + 1]
    return papers


def _section(blocks: Sequence[_Block], number: int) -> set[str]:
    """The papers that the section below a heading names."""
    named: set[str] = set()
    for block in blocks[number + 1 :]:
        if 0 < block.level <= blocks[number].level:
            break
        named |= {block.paper} - {""}
    return named


def _ends_with_links(text: str, blocks: Sequence[_Block]) -> bool:
    """Whether each part ends with the link to its paper: the first block names none, and the last nothing else."""
    last = _LINK.sub("", text[blocks[-1].start : blocks[-1].end]).strip()
    says_nothing = len(last) < _FEW and not any(map(str.isdigit, last))
    return says_nothing and bool(blocks[-1].paper) and not blocks[0].paper


_LINK = re.compile(r"\S*\d{4}\.\d{4,5}\S*|\S*/\d{7}\S*")
_FEW = 25
"""With fewer characters beside it, a link says no more than where the paper is."""


def _joined(blocks: Sequence[_Block], papers: Sequence[str]) -> list[Part]:
    parts: list[Part] = []
    for block, paper in zip(blocks, papers, strict=True):
        if parts and parts[-1].paper == paper:
            parts[-1] = parts[-1]._replace(end=block.end)
        else:
            parts.append(Part(block.start, block.end, paper))
    return parts
