"""How well summaries are checked: against figures judged by hand, against altered figures, and against wrong papers.

    python benchmarks/checks.py               print the tables, on the development labels
    python benchmarks/checks.py FILE          score planted summaries; --wrong lists what is judged wrongly
    python benchmarks/checks.py --held-out    the same on the held-out labels, which nothing was developed with
    python benchmarks/checks.py --docs        put them into docs/checks.md, with --held-out those on both
    python benchmarks/checks.py --wrong       list the development figures that were missed or judged wrongly

The papers and the digests are read from a folder of recordings (``--corpus``), which is no part of the repository;
the labels hold places and hashes only.
"""

import argparse
import random
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from corpus import CORPUS, read_corpus, with_figures
from planted import list_wrong, planted_table, read_planted
from planted import share as _share

from assay.claims.check import check
from assay.claims.crossing import KINSHIP, content_words, kinship
from assay.papers.catalogue import catalogue
from assay.papers.findings import Check, FigureFinding, State
from assay.papers.models import ALL_PARTS, Paper, Parts
from assay.sources.recordings import read_file

ROOT = Path(__file__).parents[1]
GOLD = ROOT / "tests" / "claims" / "gold"
HALVES = {"development": GOLD / "figures_development.toml", "held out": GOLD / "figures_held_out.toml"}
SIXTEEN = [GOLD / "planted_twelve_hands_development.toml", GOLD / "planted_four_hands_development.toml"]
"""Of sixteen writers; the trees are learnt from them too. Their abstracts are where `corpus.DAILY` and `ARXIV` say."""
PLANTED = {
    "development": [file for file in sorted(GOLD.glob("planted_*development.toml")) if file not in SIXTEEN],
    "development, of sixteen more hands": SIXTEEN,
    "held out": [GOLD / "planted_held_out.toml"],
    "held out, of another hand": [GOLD / "planted_ninth_held_out.toml"],
    "held out, of four more hands": [GOLD / "planted_four_writers_held_out.toml"],
    "held out, of abstracts with few figures": [GOLD / "planted_six_writers_held_out.toml"],
}
DOCS = ROOT / "docs" / "checks.md"
JUDGED = (State.SUPPORTED, State.MISATTRIBUTED, State.CONTRADICTED, State.UNSUPPORTED)


class Label(NamedTuple):
    """One figure of a summary as it was judged."""

    start: int
    end: int
    verdicts: tuple[str, ...]
    """The acceptable ones, the best first."""
    evidence: tuple[int, int] | None
    """Where the paper's figure stands in the abstract or, where ``in_title``, in the title."""
    in_title: bool


@dataclass(frozen=True)
class Row:
    """One summary of a recorded digest."""

    day: str
    paper: Paper
    parts: Parts


@dataclass(frozen=True)
class Judged:
    """A summary with its labels."""

    row: Row
    labels: tuple[Label, ...]


class Pair(NamedTuple):
    """A labelled figure and what the checker said of it; ``None`` where it did not find it."""

    row: Row
    label: Label
    finding: FigureFinding | None


def read_rows(corpus: Path) -> list[Row]:
    """The English summaries of all recorded digests whose papers have a recorded abstract, in the order of days."""
    papers = read_corpus(corpus)
    return [
        Row(file.stem, papers[summary.paper], summary.languages["en"])
        for file in sorted((corpus / "digest_en").glob("*.md"))
        for reading in read_file(file)
        for summary in reading.summaries
        if summary.paper in papers
    ]


def read_gold(rows: Sequence[Row], gold: Path) -> list[Judged]:
    """The labelled summaries.

    Raises:
        ValueError: if one is missing, or it or its abstract is not the one that was labelled.
    """
    known = {(row.day, row.paper.id): row for row in rows}
    found = []
    for entry in tomllib.loads(gold.read_text(encoding="utf-8"))["row"]:
        row = known.get((str(entry["day"]), entry["paper"]))
        if row is None:
            raise ValueError(f"{gold.name}: {entry['day']} has no summary of {entry['paper']}")
        for text, name in ((row.parts.text(), "sha256_prose"), (row.paper.abstract, "sha256_abstract")):
            if sha256(text.encode()).hexdigest() != entry[name]:
                raise ValueError(f"{gold.name}: {entry['paper']} of {entry['day']}: {name} is another")
        found.append(Judged(row, tuple(map(_label, entry["figures"]))))
    return found


def _label(entry: Mapping[str, Any]) -> Label:
    (start, end), verdict, evidence = entry["at"], entry["verdict"], entry.get("evidence")
    verdicts = (verdict,) if isinstance(verdict, str) else tuple(verdict)
    return Label(start, end, verdicts, tuple(evidence) if evidence else None, entry.get("evidence_in") == "title")


def paired(judged: Sequence[Judged]) -> tuple[list[Pair], list[tuple[Row, FigureFinding]]]:
    """Each labelled figure with its finding, and the findings that no label has."""
    pairs: list[Pair] = []
    extra: list[tuple[Row, FigureFinding]] = []
    for item in judged:
        found = dict(_placed(item.row.parts, check(item.row.parts, item.row.paper, language="en")))
        pairs += [Pair(item.row, label, found.pop((label.start, label.end), None)) for label in item.labels]
        # Number words are judged among the planted figures; the labels here are of digits.
        extra += [(item.row, finding) for finding in found.values() if any(map(str.isdigit, finding.text))]
    return pairs, extra


def _placed(parts: Parts, checked: Check) -> Iterator[tuple[tuple[int, int], FigureFinding]]:
    """The findings by where they stand in ``parts.text()``; a sign before a figure does not count, as in the labels."""
    starts: dict[str, int] = {}
    at = 0
    for name in [*ALL_PARTS, "prose", *parts.other]:
        text = parts.other[name] if name in parts.other else getattr(parts, name)
        starts[name] = at
        at += len(text) + 1 if text else 0
    for finding in checked.figures:
        sign = len(finding.text) - len(finding.text.lstrip("+-−"))
        start = starts[finding.part]
        yield (start + finding.start + sign, start + finding.end), finding


def is_right(pair: Pair) -> bool:
    return pair.finding is not None and pair.finding.state.value in pair.label.verdicts


def tables(corpus: Path, halves: Sequence[str]) -> str:
    rows = read_rows(corpus)
    lines = []
    for name, files in PLANTED.items():
        if name.split(",")[0] in halves:
            summaries = [summary for file in files for summary in read_planted(file, corpus)]
            lines += [*planted_table(f"planted, {name}", summaries), ""]
    for half in halves:
        lines += [*_verdict_table(half, read_gold(rows, HALVES[half])), ""]
    lines += [*_altered_table(rows), "", *_crossing_table(rows), "", *_corpus_table(rows)]
    return "\n".join(lines)


_WRONG = {State.MISATTRIBUTED, State.CONTRADICTED}


def _verdict_table(half: str, judged: Sequence[Judged]) -> Iterator[str]:
    pairs, extra = paired(judged)
    found = [pair for pair in pairs if pair.finding is not None]
    right = [pair for pair in pairs if is_right(pair)]
    supported = [pair for pair in pairs if pair.label.verdicts[0] == State.SUPPORTED]
    wronged = [pair for pair in supported if pair.finding and pair.finding.state in _WRONG]
    pointed = [pair for pair in supported if is_right(pair) and pair.label.evidence and not pair.label.in_title]
    seen = [pair for pair in pointed if _covers(pair)]
    yield f"| {half}: {len(judged)} summaries, {len(pairs)} figures | |"
    yield "|---|---|"
    yield f"| figures found, of those labelled | {_share(len(found), len(pairs))} |"
    yield f"| labelled, of those found | {_share(len(found), len(found) + len(extra))} |"
    yield f"| right verdict, of all labelled | {_share(len(right), len(pairs))} |"
    yield f"| right verdict, of those found | {_share(len(right), len(found))} |"
    yield f"| called contradicted or misattributed, of those supported | {_share(len(wronged), len(supported))} |"
    yield f"| quoted sentence holds the labelled evidence | {_share(len(seen), len(pointed))} |"
    yield ""
    yield f"| {half}: labelled | " + " | ".join(f"said {state}" for state in JUDGED) + " | not found |"
    yield "|---" * (len(JUDGED) + 2) + "|"
    for state in (each for each in JUDGED if each is not State.MISATTRIBUTED):
        row = [pair for pair in pairs if pair.label.verdicts[0] == state]
        said = Counter(pair.finding.state if pair.finding else None for pair in row)
        yield f"| {state} | " + " | ".join(str(said[each]) for each in (*JUDGED, None)) + " |"


def _covers(pair: Pair) -> bool:
    place, evidence = pair.finding and pair.finding.place, pair.label.evidence
    return bool(
        place and evidence and place.part == "abstract" and place.start <= evidence[0] and evidence[1] <= place.end
    )


_AFTER = (State.CONTRADICTED, State.MISATTRIBUTED, State.UNSUPPORTED, State.SUPPORTED)


def _altered_table(rows: Sequence[Row]) -> Iterator[str]:
    """What becomes of supported figures when one of them is altered in an otherwise true summary."""
    said: dict[str, Counter[State]] = {"all": Counter()}
    draw = random.Random(0)
    named = 0
    for row in rows:
        for finding in check(row.parts, row.paper, language="en").figures:
            if finding.state is not State.SUPPORTED or isinstance(finding.value, tuple):
                continue
            altered = _altered(finding.text, draw)
            if altered is None:
                continue
            text = getattr(row.parts, finding.part)
            changed = text[: finding.start] + altered + text[finding.end :]
            parts = row.parts.model_copy(update={finding.part: changed})
            again = check(parts, row.paper, language="en").figures
            found = [each for each in again if (each.part, each.start) == (finding.part, finding.start)]
            if not found:  # it reads as a year now
                continue
            state, given = found[0].state, found[0].given
            named += state is State.CONTRADICTED and f"{finding.value:.12g}" in given.replace(",", "")
            unit = finding.unit if finding.unit in {"%", "points", "x"} else "other"
            said.setdefault(unit, Counter())[state] += 1
            said["all"][state] += 1
    yield "| one supported figure altered | figures | contradicted | misattributed | unsupported | still supported |"
    yield "|---|---|---|---|---|---|"
    for unit, states in sorted(said.items()):
        total = states.total()
        shares = [_share(states[state], total) for state in _AFTER]
        yield f"| {unit} | {total} | " + " | ".join(shares) + " |"
    total, states = _bereft(rows)
    shares = [_share(states[state], total) for state in _AFTER]
    yield f"| none; its sentence taken out of the abstract | {total} | " + " | ".join(shares) + " |"
    yield ""
    share = _share(named, said["all"][State.CONTRADICTED])
    yield f"Of the altered figures that were called contradicted, the original was named for {share}."


def _bereft(rows: Sequence[Row]) -> tuple[int, Counter[State]]:
    """What becomes of supported figures when the abstract loses the sentence: as if only the full text had them."""
    said: Counter[State] = Counter()
    for row in rows:
        for finding in check(row.parts, row.paper, language="en").figures:
            if finding.state is State.SUPPORTED and finding.place and finding.place.part == "abstract":
                text = row.paper.abstract
                shorter = text[: finding.place.start] + text[finding.place.end :]
                paper = row.paper.model_copy(update={"abstract": shorter.strip()})
                again = check(row.parts, paper, language="en").figures
                same = (each for each in again if (each.part, each.start) == (finding.part, finding.start))
                # A count in words that the paper does not have is not listed.
                said[next((each.state for each in same), State.UNSUPPORTED)] += 1
    return said.total(), said


def _altered(figure: str, draw: random.Random) -> str | None:
    """The figure with its number up to 15 % higher or lower, written to as many places."""
    digits = "".join(ch for ch in figure if ch.isdigit() or ch == ".")
    if not digits or digits.count(".") > 1 or digits not in figure or "." in (digits[0], digits[-1]):
        return None
    number = Decimal(digits)
    grain = Decimal(1).scaleb(int(number.as_tuple().exponent))
    low, high = int(number / grain * Decimal("0.85")), int(number / grain * Decimal("1.15"))
    others = [value for value in range(low, high + 1) if value * grain != number and value > 0]
    return figure.replace(digits, str(draw.choice(others) * grain), 1) if others else None


def _crossing_table(rows: Sequence[Row]) -> Iterator[str]:
    """How near summaries are to their own paper and to each other one; the limit lies between."""
    papers = {row.paper.id: row.paper for row in rows}
    entries = catalogue()
    ours = [(key, entries[key].as_summary().languages["en"].text()) for key in entries if key in papers]
    titles = {key: content_words(paper.title) for key, paper in papers.items()}
    words = {key: titles[key] | content_words(paper.abstract) for key, paper in papers.items()}
    yield "| nearness of | summaries | lowest | 1 % | median | 99 % | highest | called crossed |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, told in (("digest", [(row.paper.id, row.parts.text()) for row in rows]), ("catalogue", ours)):
        own: list[float] = []
        others: list[float] = []
        for paper, text in told:
            said = content_words(text)
            for key in papers:
                (own if key == paper else others).append(kinship(said, titles[key], words[key]))
        for whose, values in (("its own paper", own), ("another one", others)):
            values.sort()
            marks = [values[min(len(values) - 1, int(at * len(values)))] for at in (0, 0.01, 0.5, 0.99, 1)]
            flagged = sum(value < KINSHIP for value in values) / len(values)
            yield (
                f"| a {name} summary to {whose} | {len(values)} | "
                + " | ".join(f"{mark:.2f}" for mark in marks)
                + f" | {flagged:.1%} |"
            )


def _corpus_table(rows: Sequence[Row]) -> Iterator[str]:
    """What is said of all recorded rows."""
    checks = [check(row.parts, row.paper, language="en") for row in rows]
    figures = sum(len(each.figures) for each in checks)
    yield f"| {len(rows)} recorded rows, {figures} figures | figures | rows with one |"
    yield "|---|---|---|"
    for state in JUDGED:
        count, having = sum(each.count(state) for each in checks), sum(each.count(state) > 0 for each in checks)
        yield f"| {state} | {_share(count, figures)} | {having} |"
    slips = [name for each in checks for name in each.names if name.near]
    names = sum(len(each.names) for each in checks)
    yield f"| names that the abstract does not have | {names} | {sum(bool(each.names) for each in checks)} |"
    having = sum(any(name.near for name in each.names) for each in checks)
    yield f"| of these, near one that was probably meant | {len(slips)} | {having} |"


def _wrong(corpus: Path, half: str) -> Iterator[str]:
    pairs, extra = paired(read_gold(read_rows(corpus), HALVES[half]))
    for pair in pairs:
        if not is_right(pair):
            text = pair.row.parts.text()
            start, end = pair.label.start, pair.label.end
            said = pair.finding.state if pair.finding else "not found"
            shown = f"{text[max(0, start - 60) : start]}[{text[start:end]}]{text[end : end + 40]}"
            yield f"{pair.row.day} {pair.row.paper.id}: {'/'.join(pair.label.verdicts)}, said {said}: {shown!r}"
    for row, finding in extra:
        yield f"{row.day} {row.paper.id}: no figure by the labels: {finding.text!r} in {finding.part}"


def main() -> None:
    """Print the tables, or do what an option says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "file", type=Path, nargs="?", help="planted summaries; without it, the labels of the repository"
    )
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--held-out", action="store_true")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--docs", action="store_true")
    what.add_argument("--wrong", action="store_true")
    options = parser.parse_args()
    halves = ("development", "held out") if options.held_out else ("development",)
    if options.file is not None:
        summaries = read_planted(options.file, options.corpus)
        print("\n".join(list_wrong(summaries) if options.wrong else planted_table(options.file.stem, summaries)))
    elif options.wrong:
        print("\n".join(_wrong(options.corpus, halves[0])))
    elif options.docs:
        page = with_figures(DOCS.read_text(encoding="utf-8"), tables(options.corpus, halves))
        DOCS.write_text(page, encoding="utf-8")
    else:
        print(tables(options.corpus, halves))


if __name__ == "__main__":
    main()
