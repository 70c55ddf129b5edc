"""How well claims are read out of abstracts, against abstracts labelled by hand.

    python benchmarks/claims.py               print the table for the development halves
    python benchmarks/claims.py FILE          or for other labels of the same form
    python benchmarks/claims.py --misses      and every field of it that was read otherwise than labelled
    python benchmarks/claims.py --wrong       the same by kind, the most frequent kind first
    python benchmarks/claims.py --docs        all halves, written into docs/claims.md

The rules were made with the development halves and other abstracts in view; the misses of the held-out halves were
never looked at.
"""

import argparse
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from corpus import ARXIV, CORPUS, DAILY, ROOT, read_arxiv, read_corpus, read_daily, with_figures

from assay.claims.extract import extract
from assay.papers.models import Claim, Paper

GOLD = ROOT / "tests" / "claims" / "gold"
DOCS = ROOT / "docs" / "claims.md"
HALVES = {
    "February, development": "claims_development.toml",
    "February, held out": "claims_held_out.toml",
    "a year, development": "claims_year_development.toml",
    "a year, held out": "claims_year_held_out.toml",
    "more of the year, development": "claims_more_development.toml",
    "more of the year, held out": "claims_more_held_out.toml",
    "another hand, development": "claims_second_development.toml",
    "another hand, held out": "claims_second_held_out.toml",
    "corrected readings, development": "claims_third_development.toml",
    "new hands, held out": "claims_third_held_out.toml",
    "fourteen hands, held out": "claims_fourteen_hands_held_out.toml",
    "any of arXiv, held out": "claims_thirteen_hands_held_out.toml",
    "more of arXiv, held out": "claims_sixteen_hands_held_out.toml",
}
FIELDS = ("metric", "dataset", "baseline", "subject", "setting")


@dataclass
class Score:
    """What was counted over one file of labels."""

    papers: int = 0
    labelled: int = 0
    """Figures that must be found; those a careful reader may leave out are not among them."""
    optional: int = 0
    results: int = 0
    """Labelled figures that are no counts: what a paper says to have reached."""
    found: int = 0
    whole: int = 0
    """Found, with every field read as labelled."""
    whole_results: int = 0
    """The same of results."""
    extra: int = 0
    right: Counter[str] = field(default_factory=Counter)
    """Per field of a found figure: read as labelled."""
    given: Counter[str] = field(default_factory=Counter)
    """Per field: read as something."""
    wanted: Counter[str] = field(default_factory=Counter)
    """Per field: labelled as something."""
    misses: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found / self.labelled

    @property
    def precision(self) -> float:
        return self.found / (self.found + self.extra)


class Gold(list[tuple[Paper, list[dict[str, Any]]]]):
    """The labelled abstracts of a file."""

    results_only = False
    """Whether no counts were labelled, so that one that is read is neither right nor wrong."""


def read_gold(corpus: Path, file: Path) -> Gold:
    """The labelled abstracts of a file.

    Raises:
        ValueError: if an abstract is missing or is not the one that was labelled.
    """
    labelled = tomllib.loads(file.read_text(encoding="utf-8"))
    if labelled.get("listing") == "daily":
        corpus, papers = DAILY, read_daily(entry["id"] for entry in labelled["paper"])
    elif labelled.get("listing") == "arxiv":
        corpus, papers = ARXIV, read_arxiv(entry["id"] for entry in labelled["paper"])
    else:
        papers = read_corpus(corpus, listings=("hf_year",), days="*") | read_corpus(corpus)
    read = Gold()
    read.results_only = labelled.get("results_only", False)
    for entry in labelled["paper"]:
        paper = papers.get(entry["id"])
        if paper is None or sha256(paper.abstract.encode()).hexdigest() != entry["sha256"]:
            raise ValueError(f"{file.name}: the abstract of {entry['id']} that was labelled is not in {corpus}")
        read.append((paper, entry["claims"]))
    return read


def score(labelled: Gold) -> Score:
    """Read the claims of each paper and compare."""
    total = Score(papers=len(labelled))
    for paper, labels in labelled:
        claims = list(extract(paper))
        unlabelled = [each for each in claims if labelled.results_only and each.kind == "count"]
        for label in labels:
            claim = next((each for each in claims if is_same(each, label)), None)
            if claim is not None:
                claims.remove(claim)
            if label.get("optional"):
                total.optional += 1
                continue
            total.labelled += 1
            is_result = "count" not in label["kind"]
            total.results += is_result
            if claim is None:
                total.misses.append(f"{paper.id}: not found: {_excerpt(paper, label['at'])}")
                continue
            total.found += 1
            otherwise = list(_read_otherwise(claim, label, total))
            total.whole += not otherwise
            total.whole_results += is_result and not otherwise
            for name in otherwise:
                wanted = label.get(name, "nothing")
                total.misses.append(
                    f"{paper.id}: {name} {getattr(claim, name)!r}, not {wanted}: {_excerpt(paper, label['at'])}"
                )
        claims = [each for each in claims if each not in unlabelled]
        total.extra += len(claims)
        total.misses += [f"{paper.id}: no claim: {each.value} {each.unit} in {each.quote[:120]}" for each in claims]
    return total


def is_same(claim: Claim, label: Mapping[str, Any]) -> bool:
    """Whether a claim is of the labelled figure: the same value in the same sentence."""
    value = label["value"] if isinstance(label["value"], list) else [label["value"]]
    assert claim.place is not None
    there = claim.place.start <= label["at"][0] < claim.place.end
    return there and [round(end, 6) for end in claim.ends] == [round(float(end), 6) for end in value]


def _read_otherwise(claim: Claim, label: Mapping[str, Any], total: Score) -> Iterator[str]:
    for name in FIELDS:
        said, labels = getattr(claim, name), label.get(name, [])
        said = "" if said == "value" else said
        right = agrees(said, labels)
        total.given[name] += bool(said)
        total.wanted[name] += bool(labels) and (bool(said) or "" not in labels)
        total.right[name] += bool(said and labels and right)
        if not right:
            yield name
    for name, right in (
        ("kind", claim.kind in label["kind"]),
        ("direction", claim.direction in accepted(label, "direction")),
        ("bound", claim.bound in accepted(label, "bound")),
    ):
        total.right[name] += right
        if not right:
            yield name


def accepted(label: Mapping[str, Any], name: str) -> list[str]:
    """What a label accepts as kind, direction or bound."""
    value = label.get(name, "")
    return value if isinstance(value, list) else [value]


def agrees(said: str, labels: Sequence[str]) -> bool:
    """Whether what was read is one of the accepted wordings, one within the other, or shares half of its words."""
    if not said or not labels:
        return not said and (not labels or "" in labels)
    words = _words(said)
    for label in labels:
        accepted = _words(label)
        if words and accepted and (words <= accepted or accepted <= words or _overlap(words, accepted) >= 0.5):
            return True
    return False


def _words(text: str) -> frozenset[str]:
    found = re.findall(r"[a-z0-9@.+]+", text.lower())
    return frozenset(re.sub(r"(?:ies|y|s)$", "", word) for word in found) - {"the", "a", "an", "of", "in", "on", "and"}


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return 2 * len(one & other) / (len(one) + len(other))


def _excerpt(paper: Paper, at: Sequence[int]) -> str:
    text = paper.abstract
    return f"{text[max(0, at[0] - 60) : at[0]]}[{text[at[0] : at[1]]}]{text[at[1] : at[1] + 60]}"


def table(scores: Mapping[str, Score]) -> str:
    """The scores side by side, as a Markdown table."""
    rows = [
        f"| | {' | '.join(scores)} |",
        "|---|" + "---|" * len(scores),
        _row("abstracts", scores, lambda s: str(s.papers)),
        _row(
            "every field right, of results",
            scores,
            lambda s: f"{s.whole_results / max(1, s.results):.2f} ({s.results})",
        ),
        _row("every field right, of all figures", scores, lambda s: f"{s.whole / max(1, s.labelled):.2f}"),
        _row("figures labelled (and optional ones)", scores, lambda s: f"{s.labelled} ({s.optional})"),
        _row("figures found: recall", scores, lambda s: f"{s.recall:.3f}"),
        _row("figures found: precision", scores, lambda s: f"{s.precision:.3f}"),
    ]
    rows += [
        _row(name, scores, lambda s, n=name: f"{s.right[n] / s.found:.2f}") for name in ("kind", "direction", "bound")
    ]
    for name in FIELDS:
        rows.append(
            _row(
                f"{name}: precision, recall (labelled)",
                scores,
                lambda s, n=name: (
                    f"{s.right[n] / max(1, s.given[n]):.2f}, {s.right[n] / max(1, s.wanted[n]):.2f} ({s.wanted[n]})"
                ),
            )
        )
    return "\n".join(rows)


def _row(name: str, scores: Mapping[str, Score], cell: Any) -> str:
    return f"| {name} | " + " | ".join(cell(each) for each in scores.values()) + " |"


def pooled(scores: Mapping[str, Score]) -> str:
    """The figure to look at first: results with every field right, over all held-out halves together."""
    held_out = [score for half, score in scores.items() if "held out" in half]
    whole, results = sum(each.whole_results for each in held_out), sum(each.results for each in held_out)
    share = f"**{whole / results:.2f}** ({whole} of {results})"
    return f"Every field right, of results, over all held-out abstracts together: {share}."


def by_kind(misses: Sequence[str]) -> Iterator[str]:
    """The misses under a heading for each kind, which is a field or what was not found, the most frequent first."""
    kinds: dict[str, list[str]] = {}
    for miss in misses:
        told = re.match(r"\S+: (not found|no claim|\w+ (?:''(?=,))?)", miss)
        assert told is not None
        kinds.setdefault(told[1].replace("''", "left empty").strip(), []).append(miss)
    for kind, same in sorted(kinds.items(), key=lambda item: -len(item[1])):
        yield f"\n{kind}: {len(same)}"
        yield from same


def main() -> None:
    """Print the table, or do what an option says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("labels", type=Path, nargs="?", help="a file of labels; the development halves by default")
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--wrong", action="store_true")
    parser.add_argument("--docs", action="store_true")
    options = parser.parse_args()
    files = {half: GOLD / name for half, name in HALVES.items() if options.docs or "held out" not in half}
    if options.labels:
        files = {options.labels.stem: options.labels}
    scores = {half: score(read_gold(options.corpus, file)) for half, file in files.items()}
    if options.docs:
        figures = f"{pooled(scores)}\n\n{table(scores)}"
        DOCS.write_text(with_figures(DOCS.read_text(encoding="utf-8"), figures), encoding="utf-8")
        print(pooled(scores))
    print(table(scores))
    misses = [miss for each in scores.values() for miss in each.misses]
    if options.misses or options.wrong:
        print("\n".join(by_kind(misses) if options.wrong else misses))


if __name__ == "__main__":
    main()
