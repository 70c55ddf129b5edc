"""How often the parts of extractive summaries hold the right sentences, against abstracts labelled by hand.

A file of labels has a table ``[[paper]]`` for each abstract: its ``id``, the ``sha256`` of the abstract, perhaps its
``half``, and for ``one_line``, ``objective``, ``method``, ``result`` and ``implication`` the two ends of every sentence
that may stand there; an empty list where none may. A part
is right if all its sentences are among them; an empty one, if none is, or if every one that is stands in another part.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from corpus import ROOT, read_corpus

from assay.digest.extractive import extract
from assay.papers.models import ALL_PARTS, FIVE_PARTS, THREE_PARTS, Paper, Summary

GOLD = ROOT / "tests" / "digest" / "gold_parts.toml"
Place = tuple[int, int]


@dataclass(frozen=True)
class Labelled:
    """One abstract with the sentences that may stand in each part."""

    paper: Paper
    half: str
    acceptable: Mapping[str, frozenset[Place]]


@dataclass
class Score:
    """What was counted over some abstracts."""

    abstracts: int = 0
    whole: int = 0
    """Abstracts with all five parts right."""
    sentences: list[bool] = field(default_factory=list)
    parts: dict[str, list[bool]] = field(default_factory=dict)
    filled: dict[str, list[bool]] = field(default_factory=dict)
    twice: int = 0
    """Sentences that stand in two of the five parts, or in two of the three."""
    misses: list[str] = field(default_factory=list)


def read_parts(corpus: Path, gold: Path = GOLD) -> list[Labelled]:
    """The labelled abstracts.

    Raises:
        ValueError: if an abstract is missing or is not the one that was labelled.
    """
    papers = read_corpus(corpus, listings=("hf_year", "hf_evening", "hf_morning"), days="*")
    read = []
    for entry in tomllib.loads(gold.read_text(encoding="utf-8"))["paper"]:
        paper = papers.get(entry["id"])
        if paper is None or sha256(paper.abstract.encode()).hexdigest() != entry["sha256"]:
            raise ValueError(f"{gold.name}: the abstract of {entry['id']} that was labelled is not in {corpus}")
        acceptable = {part: frozenset((start, end) for start, end in entry[part]) for part in FIVE_PARTS}
        read.append(Labelled(paper, entry.get("half", gold.stem), acceptable))
    return read


def score_parts(labelled: Sequence[Labelled], summarise: Callable[[Paper], Summary] = extract) -> Score:
    """Summarise each paper and compare its parts with the labels."""
    total = Score()
    for item in labelled:
        summary = summarise(item.paper)
        by_part = {part: _places(summary, part) for part in ALL_PARTS}
        total.abstracts += 1
        rights = []
        for group in (FIVE_PARTS, THREE_PARTS):
            used = [place for part in group for place in by_part[part]]
            total.twice += len(used) - len(set(used))
        used = [place for part in FIVE_PARTS for place in by_part[part]]
        for part in FIVE_PARTS:
            right = _is_right(by_part[part], item.acceptable[part], used)
            rights.append(right)
            total.parts.setdefault(part, []).append(right)
            if by_part[part]:
                total.filled.setdefault(part, []).append(right)
            total.sentences += [place in item.acceptable[part] for place in by_part[part]]
            if not right:
                text = " | ".join(item.paper.abstract[start:end] for start, end in by_part[part])
                total.misses.append(f"{item.paper.id}: {part}: {text or 'empty'}")
        total.whole += all(rights)
    return total


def _places(summary: Summary, part: str) -> list[Place]:
    return [(each.start, each.end) for each in summary.evidence if each.part == part]


def _is_right(places: Sequence[Place], acceptable: frozenset[Place], used: Sequence[Place]) -> bool:
    return acceptable.issuperset(places) if places else acceptable <= set(used)


def parts_table(scores: Mapping[str, Score]) -> Iterator[str]:
    """The scores as the lines of a Markdown table, one column for each."""
    rows: dict[str, Callable[[Score], str]] = {
        "abstracts": lambda s: str(s.abstracts),
        "sentences acceptable where they stand": lambda s: _share(s.sentences),
        "parts right": lambda s: _share([right for each in s.parts.values() for right in each]),
        "parts right, of those filled": lambda s: _share([right for each in s.filled.values() for right in each]),
        "all of the five right": lambda s: f"{s.whole}/{s.abstracts}",
        "sentences twice in a group": lambda s: str(s.twice),
    }
    rows |= {f"{part}: right, of those filled": lambda s, p=part: _share(s.filled.get(p, [])) for part in FIVE_PARTS}  # type: ignore[misc]
    yield f"| | {' | '.join(scores)} |"
    yield "|---|" + "---|" * len(scores)
    for name, cell in rows.items():
        yield f"| {name} | {' | '.join(cell(each) for each in scores.values())} |"


def _share(rights: Sequence[bool]) -> str:
    return f"{sum(rights) / len(rights):.2f} ({sum(rights)}/{len(rights)})" if rights else "-"
