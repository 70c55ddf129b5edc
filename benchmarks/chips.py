"""How often the figures that a day shows of a paper are right, against abstracts labelled by hand.

    python benchmarks/chips.py                 print the table for the development half of our labels
    python benchmarks/chips.py --held-out      and for the other half
    python benchmarks/chips.py --docs          both halves, written into docs/chips.md
    python benchmarks/chips.py FILE            the same for other labels
    python benchmarks/chips.py --misses        and which chips are wrong, in the development half or in FILE
    python benchmarks/chips.py --claims FILE … how often a chip is right by labels of claims, of which there are more

A file of labels has a table ``[[paper]]`` for each abstract: its ``id``, the ``sha256`` of the abstract, perhaps its
``half``, and as ``chips`` every figure that may stand on a chip: its ``value`` (or both ends), the ``metric`` in its
accepted wordings, and where the sentence says so ``dataset``, ``baseline`` and ``direction = "down"``. An empty list
means that no figure of the abstract should be shown. A chip is right if all that it shows is as labelled.
"""

import argparse
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from corpus import CORPUS, ROOT, read_corpus, with_figures

from assay.claims.extract import extract
from assay.digest.extractive import extract as summarise
from assay.papers.models import Claim, Paper
from assay.publish.chips import chip_dataset, chips
from assay.publish.leading import SCORE
from claims import accepted, agrees, is_same
from claims import read_gold as read_claims

GOLD = ROOT / "tests" / "publish" / "gold_chips.toml"
DOCS = ROOT / "docs" / "chips.md"
SHOWN = 3
"""So many chips the site shows of a paper."""

Labelled = tuple[Paper, list[dict[str, Any]]]
Choice = Callable[[Paper, Sequence[Claim]], Sequence[Claim]]


def shown(paper: Paper, claims: Sequence[Claim]) -> Sequence[Claim]:
    """What the site shows."""
    summary = summarise(paper).languages["en"]
    return chips(claims, f"{paper.title} {summary.one_line} {summary.whats_new}", SHOWN)


def first(_paper: Paper, claims: Sequence[Claim]) -> Sequence[Claim]:
    """The first figures of an abstract, whatever they are of."""
    return claims[:SHOWN]


CHOICES: Mapping[str, Choice] = {"shown": shown, "the first three claims": first}


@dataclass
class Score:
    """What was counted over some abstracts."""

    papers: int = 0
    chips: int = 0
    right: int = 0
    with_chip: int = 0
    """Papers that show a chip."""
    could: int = 0
    """Papers that could show one."""
    do: int = 0
    """Those of them that show a right one."""
    misses: list[str] = field(default_factory=list)


def read_gold(corpus: Path, gold: Path = GOLD) -> dict[str, list[Labelled]]:
    """The labelled abstracts by half, or under the file's name where the labels have no halves.

    Raises:
        ValueError: if an abstract is missing or is not the one that was labelled.
    """
    papers = recorded(corpus)
    read: dict[str, list[Labelled]] = {}
    for entry in tomllib.loads(gold.read_text(encoding="utf-8"))["paper"]:
        paper = papers.get(entry["id"])
        if paper is None or sha256(paper.abstract.encode()).hexdigest() != entry["sha256"]:
            raise ValueError(f"{gold.name}: the abstract of {entry['id']} that was labelled is not in {corpus}")
        read.setdefault(entry.get("half", gold.stem), []).append((paper, entry["chips"]))
    return read


def recorded(corpus: Path) -> dict[str, Paper]:
    """The papers of all recorded days."""
    return read_corpus(corpus, listings=("hf_year", "hf_evening", "hf_morning"), days="*")


def score(labelled: Sequence[Labelled], choose: Choice = shown) -> Score:
    """Choose the chips of each paper and compare them with its labels."""
    total = Score()
    for paper, labels in labelled:
        chosen = choose(paper, extract(paper))
        right = [claim for claim in chosen if any(is_right(claim, label) for label in labels)]
        total.papers += 1
        total.chips += len(chosen)
        total.right += len(right)
        total.with_chip += bool(chosen)
        total.could += bool(labels)
        total.do += bool(right)
        total.misses += [f"{paper.id}: wrong: {describe(claim)}" for claim in chosen if claim not in right]
        if labels and not right:
            total.misses.append(f"{paper.id}: shows none of {', '.join(str(label['value']) for label in labels)}")
    return total


def is_right(claim: Claim, label: Mapping[str, Any]) -> bool:
    """Whether a chip shows the labelled figure and says nothing of it that is not labelled."""
    value = label["value"] if isinstance(label["value"], list) else [label["value"]]
    is_figure = [round(abs(end), 6) for end in claim.ends] == [round(float(end), 6) for end in value]
    is_change = claim.kind in {"relative", "points", "times"}
    return (
        is_figure
        and agrees(claim.metric, label["metric"])
        and (not chip_dataset(claim) or agrees(claim.dataset, label.get("dataset", [])))
        and (not claim.baseline or agrees(claim.baseline, label.get("baseline", [])))
        and (not is_change or (claim.direction or "up") == label.get("direction", "up"))
    )


def score_by_claims(labelled: Sequence[tuple[Paper, Sequence[Mapping[str, Any]]]]) -> Score:
    """Choose the chips of each paper, and compare what they say with the labels of all of its results."""
    total = Score()
    for paper, labels in labelled:
        chosen = shown(paper, extract(paper))
        right = [
            claim for claim in chosen if any(is_same(claim, each) and is_as_labelled(claim, each) for each in labels)
        ]
        total.papers += 1
        total.chips += len(chosen)
        total.right += len(right)
        total.with_chip += bool(chosen)
    return total


def is_as_labelled(claim: Claim, label: Mapping[str, Any]) -> bool:
    """Whether all that a chip says of a labelled result is accepted; a speedup is one of speed."""
    metrics = label.get("metric", [])
    is_speed = claim.metric == "speed" and agrees("speedup", metrics)
    return (
        claim.kind in label["kind"]
        and (claim.metric == SCORE or is_speed or agrees(claim.metric, metrics))
        and (not chip_dataset(claim) or agrees(claim.dataset, label.get("dataset", [])))
        and (not claim.baseline or agrees(claim.baseline, label.get("baseline", [])))
        and claim.direction in accepted(label, "direction")
    )


def describe(claim: Claim) -> str:
    """A chip as a line, with the sentence that it was read from."""
    fields = (claim.direction, claim.metric, chip_dataset(claim), claim.baseline, claim.subject)
    return f"{claim.value} {claim.unit} ({claim.kind}) {' | '.join(fields)} in: {claim.quote}"


def table(scores: Mapping[str, Score]) -> str:
    """The scores as a Markdown table, one column for each."""
    rows: Mapping[str, Callable[[Score], str]] = {
        "abstracts": lambda s: str(s.papers),
        "chips": lambda s: str(s.chips),
        "chips right": lambda s: _share(s.right, s.chips),
        "abstracts with a chip": lambda s: _share(s.with_chip, s.papers),
        "abstracts that show a right one, of those that could": lambda s: _share(s.do, s.could),
    }
    lines = [f"| | {' | '.join(scores)} |", "|---|" + "---|" * len(scores)]
    lines += [f"| {name} | {' | '.join(cell(each) for each in scores.values())} |" for name, cell in rows.items()]
    return "\n".join(lines)


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "-"


def over_days(papers: Sequence[Paper]) -> Iterator[str]:
    """How many of the recorded papers show a chip at all."""
    claims = [(paper, extract(paper)) for paper in papers]
    for name, choose in CHOICES.items():
        with_chip = sum(bool(choose(paper, each)) for paper, each in claims)
        yield f"- {name}: {_share(with_chip, len(papers))} of the recorded papers have a chip"


def main() -> None:
    """Print the table, or do what an option says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path, nargs="?", default=GOLD, metavar="FILE")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("--claims", type=Path, nargs="+", metavar="FILE")
    options = parser.parse_args()
    if options.claims:
        of_claims = [each for file in options.claims for each in read_claims(options.corpus, file)]
        by_claims = score_by_claims(of_claims)
        print(f"{_share(by_claims.right, by_claims.chips)} right, of {by_claims.papers} abstracts")
        return
    gold = read_gold(options.corpus, options.labels)
    halves = [half for half in gold if half != "held out" or options.held_out or options.docs]
    scores = {f"{half}: {name}": score(gold[half], choose) for half in halves for name, choose in CHOICES.items()}
    figures = table(scores)
    if options.docs:
        figures = "\n".join([figures, "", *over_days(list(recorded(options.corpus).values()))])
        DOCS.write_text(with_figures(DOCS.read_text(encoding="utf-8"), figures), encoding="utf-8")
    print(figures)
    if options.misses:
        print("\n".join(line for half in halves if half != "held out" for line in scores[f"{half}: shown"].misses))


if __name__ == "__main__":
    main()
