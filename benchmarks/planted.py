"""Scores the checker on planted summaries: texts with right figures beside figures of something else, labelled by hand.

`benchmarks/checks.py FILE` prints it; the form of such a file is told at the head of
``tests/claims/gold/planted_development.toml``.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from corpus import CORPUS, read_arxiv, read_corpus, read_daily

from assay.claims.check import check
from assay.papers.findings import Check, FigureFinding, NameFinding, State
from assay.papers.models import Paper, Parts

LISTINGS = ("hf_evening", "hf_morning", "hf_year")
GOOD, AMISS, WRONG = State.SUPPORTED.value, State.MISATTRIBUTED.value, State.CONTRADICTED.value


@dataclass(frozen=True)
class Planted:
    """One figure of a planted summary, and what the checker said of it; ``None`` where it did not find it."""

    summary: "Summary"
    start: int
    end: int
    states: tuple[str, ...]
    """The acceptable ones, the best first."""
    kind: str
    form: str
    of: str
    finding: FigureFinding | None

    @property
    def said(self) -> str:
        """The state that the checker gave it; empty where it did not find the figure."""
        return self.finding.state.value if self.finding else ""

    @property
    def is_right(self) -> bool:
        """Whether the checker said what the label does."""
        return self.said in self.states


@dataclass(frozen=True)
class Summary:
    """A planted summary."""

    paper: Paper
    language: str
    text: str
    entry: Mapping[str, Any]

    @cached_property
    def check(self) -> Check:
        """What the checker says of it."""
        return check(Parts(result=self.text), self.paper, language=self.language)

    def figures(self) -> Iterator[Planted]:
        """Its labelled figures, each with the finding that overlaps it most."""
        for label in self.entry["figures"]:
            start, end = label["at"]
            overlaps = [(min(end, f.end) - max(start, f.start), f) for f in self.check.figures]
            overlap, best = max(overlaps, key=lambda each: each[0], default=(0, None))
            states = (label["state"],) if isinstance(label["state"], str) else tuple(label["state"])
            yield Planted(
                self,
                start,
                end,
                states,
                label["kind"],
                label.get("form", "plain"),
                label.get("of", ""),
                best if overlap > 0 else None,
            )

    def slips(self) -> Iterator[tuple[bool, NameFinding | None]]:
        """For each labelled name whether it is a slip, and the finding that calls it one."""
        for label in self.entry.get("names", ()):
            start, end = label["at"]
            found = [each for each in self.check.names if each.near and each.start < end and start < each.end]
            yield bool(label["slip_of"]), found[0] if found else None


def read_planted(file: Path, corpus: Path = CORPUS) -> list[Summary]:
    """The summaries of a file of labels.

    Raises:
        ValueError: if a paper is in no listing at hand, or its abstract is not the one that was labelled.
    """
    entries = tomllib.loads(file.read_text(encoding="utf-8"))["summary"]
    papers = {listing: read_corpus(corpus, listings=(listing,), days="20*") for listing in LISTINGS}
    elsewhere = {entry["paper"] for entry in entries}.difference(*papers.values())
    if elsewhere:
        papers |= {"daily": read_daily(elsewhere), "arXiv": read_arxiv(elsewhere)}
    summaries = []
    for entry in entries:
        versions = [found[entry["paper"]] for found in papers.values() if entry["paper"] in found]
        paper = next((each for each in versions if _digest(each) == entry["sha256"]), None)
        if paper is None:
            raise ValueError(f"{file.name}: the listings have no such abstract of {entry['paper']}")
        summaries.append(Summary(paper, entry["language"], entry["text"], entry))
    return summaries


def _digest(paper: Paper) -> str:
    return sha256(paper.abstract.encode()).hexdigest()


def planted_table(name: str, summaries: Sequence[Summary]) -> Iterator[str]:
    """The figures by what was planted, in both languages."""
    figures = [figure for summary in summaries for figure in summary.figures()]
    languages = sorted({summary.language for summary in summaries})
    groups: list[tuple[str, list[Planted]]] = [("all", figures)]
    groups += [(each, [f for f in figures if f.summary.language == each]) for each in languages]
    yield f"| {name}: {len(summaries)} summaries, {len(figures)} figures | " + " | ".join(n for n, _ in groups) + " |"
    yield "|---" * (len(groups) + 1) + "|"
    rows = list(_rows(figures))
    for title, among, hit in rows:
        cells = []
        for _, group in groups:
            chosen = [figure for figure in group if among(figure)]
            cells.append(share(sum(map(hit, chosen)), len(chosen)))
        yield f"| {title} | " + " | ".join(cells) + " |"
    slips = [(summary.language, *each) for summary in summaries for each in summary.slips()]
    for title, is_slip in (("slips in names found", True), ("right names called slips", False)):
        cells = []
        for group_name, _ in groups:
            found = [name for language, slip, name in slips if slip is is_slip and group_name in {"all", language}]
            cells.append(share(sum(name is not None for name in found), len(found)))
        yield f"| {title} | " + " | ".join(cells) + " |"


_Test = Callable[[Planted], bool]


def _rows(figures: Sequence[Planted]) -> Iterator[tuple[str, _Test, _Test]]:
    """What is counted: its title, the figures that it is counted among, and those that count."""

    def says(*states: str) -> _Test:
        return lambda figure: figure.said in states

    def best(state: str) -> _Test:
        return lambda figure: figure.states[0] == state

    def of_kind(kind: str) -> _Test:
        return lambda figure: figure.states[0] == AMISS and figure.kind == kind

    def of_form(form: str) -> _Test:
        return lambda figure: figure.states[0] == GOOD and figure.form == form

    yield "figures seen", lambda _: True, lambda figure: bool(figure.said)
    yield "right figures called supported", best(GOOD), says(GOOD)
    yield "right figures called misattributed or contradicted", best(GOOD), says(AMISS, WRONG)
    yield "figures of something else found", best(AMISS), says(AMISS, WRONG)
    for kind in sorted({figure.kind for figure in figures if figure.states[0] == AMISS}):
        yield f"– {kind}", of_kind(kind), says(AMISS, WRONG)
    yield "wrong values called contradicted", best(WRONG), says(WRONG)
    yield "wrong values called supported", best(WRONG), says(GOOD)
    yield "not in the abstract, called unsupported", best("unsupported"), lambda figure: figure.is_right
    for form in sorted({figure.form for figure in figures if figure.states[0] == GOOD} - {"plain"}):
        yield f"right, told as {form}: called supported", of_form(form), says(GOOD)


def list_wrong(summaries: Sequence[Summary]) -> Iterator[str]:
    """The figures of which the checker says something else than the label."""
    for summary in summaries:
        for figure in summary.figures():
            if not figure.is_right:
                text = summary.text
                shown = f"{text[: figure.start]}[{text[figure.start : figure.end]}]{text[figure.end :]}"
                why = f"{figure.finding.given} {figure.finding.why}: {figure.finding.quote}" if figure.finding else ""
                yield (
                    f"{summary.paper.id} {summary.language} {figure.kind}/{figure.form}: {'/'.join(figure.states)}, "
                    f"said {figure.said or 'nothing'}: {shown} | {figure.of} | {why}"
                )


def share(part: int, whole: int) -> str:
    """A share with the numbers that it is of."""
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "-"
