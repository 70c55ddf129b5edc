"""Checks whole digests against their papers: files, stored days, all summaries of one source; and any pasted text."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from assay.claims.check import check
from assay.claims.report import CheckedSummary, CheckedText, CheckReport
from assay.digest.known import Known
from assay.digest.mentions import papers_named
from assay.digest.pasted import check_part, clean, read_prose, split_text
from assay.papers.catalogue import catalogue
from assay.papers.findings import State
from assay.papers.models import Origin, Paper, Parts, Refusal, Summary
from assay.papers.passages import Passage
from assay.sources.recordings import read_file
from assay.store import Store

Notice = Callable[[CheckedSummary, Parts, Paper, Sequence[Passage]], None]
"""Takes a summary as soon as it is checked: the result, what was checked, and what it was checked against."""


def ignore(*_: object) -> None:
    """Nobody takes notice."""


def check_files(
    store: Store,
    files: Sequence[Path],
    *,
    against: Mapping[str, Paper] | None = None,
    language: str | None = None,
    notice: Notice = ignore,
    done: Callable[[Path], None] = lambda _: None,
) -> CheckReport:
    """Check every summary in digest files; nothing is stored.

    Args:
        store: where the papers' texts are.
        files: digests of any kind that `assay.sources.recordings` reads; a file without a summary adds nothing.
        against: papers by id, for texts that the store does not have; see `read_papers`.
        language: check summaries in this language only.
        notice: called with each summary of the report, in its order.
        done: called with each file once it is checked.
    """
    checks: list[CheckedSummary] = []
    refusals: list[Refusal] = []
    for path in files:
        for reading in read_file(path):
            refusals += reading.refused
            checks += check_summaries(store, reading.summaries, against=against, language=language, notice=notice)
        done(path)
    entries = [entry.as_summary() for entry in catalogue().values()]
    ours = [
        each
        for code in sorted({each.check.language for each in checks})
        for each in check_summaries(store, entries, against=against, language=code)
    ]
    return _report(checks, refusals, ours)


def check_day(
    store: Store,
    day: date,
    *,
    against: Mapping[str, Paper] | None = None,
    language: str | None = None,
    notice: Notice = ignore,
) -> CheckReport:
    """Check the stored summaries of a day: those of its digests, and those of its papers that stand in no digest.

    Args:
        store: where summaries and texts are.
        day: which day.
        against: papers by id, for texts that the store does not have.
        language: check summaries in this language only.
        notice: called with each summary of the report, in its order.
    """
    ids = {sighting.paper for sighting in store.sightings(day)}
    summaries = [
        summary
        for _, of_paper in sorted(store.summaries(ids).items())
        for summary in of_paper
        if summary.day in {day, None}
    ]
    return _report(check_summaries(store, summaries, against=against, language=language, notice=notice))


def check_source(
    store: Store,
    source: str,
    *,
    against: Mapping[str, Paper] | None = None,
    language: str | None = None,
    notice: Notice = ignore,
    begin: Callable[[int], None] = lambda _: None,
    done: Callable[[], None] = lambda: None,
) -> CheckReport:
    """Check all stored summaries of one source: a digest's kind, ``catalogue``, ``assay``, or a model's name.

    Args:
        store: where summaries and texts are.
        source: whose summaries.
        against: papers by id, for texts that the store does not have.
        language: check summaries in this language only.
        notice: called with each summary of the report, in its order.
        begin: called once with the number of days.
        done: called after each day.

    Raises:
        ValueError: if the store has no summary of that source.
    """
    days = [day for day, count in store.days() if count]
    begin(len(days))
    earlier: set[str] = set()
    checks: list[CheckedSummary] = []
    names: set[str] = set()
    for day in days:
        ids = {sighting.paper for sighting in store.sightings(day)} - earlier
        earlier |= ids
        summaries = [summary for _, of_paper in sorted(store.summaries(ids).items()) for summary in of_paper]
        names |= {source_name(summary) for summary in summaries}
        theirs = [each for each in summaries if source_name(each) == source]
        checks += check_summaries(store, theirs, against=against, language=language, notice=notice)
        done()
    if source not in names:
        raise ValueError(f"no summary of {source!r} is stored (there are: {', '.join(sorted(names)) or 'none'})")
    return _report(checks)


def check_summaries(
    store: Store,
    summaries: Sequence[Summary],
    *,
    against: Mapping[str, Paper] | None = None,
    language: str | None = None,
    notice: Notice = ignore,
) -> Iterator[CheckedSummary]:
    """Check summaries, except extractive ones, against their papers' texts, from the store or else ``against``."""
    known = Known(store, [summary.paper for summary in summaries], against)
    for summary in summaries:
        key = summary.paper
        paper = known.paper(key) or Paper(id=key, title=key)
        passages, claims = known.passages(key), known.claims(key)
        for code, parts in summary.languages.items():
            if summary.origin is not Origin.EXTRACTIVE and language in {None, code}:
                checked = CheckedSummary(
                    source=source_name(summary),
                    day=summary.day,
                    title=paper.title,
                    check=check(parts, paper, language=code, passages=passages, claims=claims),
                )
                notice(checked, parts, paper, passages)
                yield checked


def check_text(store: Store, text: str, papers: Sequence[str] = ()) -> CheckedText:
    """Check any text that speaks of papers: a summary, a paragraph, a post, a digest. Nothing is stored.

    Args:
        store: where the papers' texts are.
        text: what to check, in English or Korean, at most `MOST_CHARACTERS`.
        papers: what it is about: ids, links, short names, or titles and names of papers in the store. With one, all of
            the text is about that. With several it is split where it names them; with none, at the ids, links and
            titles in it, or else the paper is looked up by the name of its work.

    Raises:
        ValueError: if there is no text, or too much of it or too many figures, or nothing in the store is called as
            ``papers`` says.
    """
    written = clean(text)
    if not written.strip():
        raise ValueError("there is no text to check")
    if len(written) > MOST_CHARACTERS:
        raise ValueError(f"a text of {len(written):,} characters; at most {MOST_CHARACTERS:,} are checked at once")
    split = split_text(store, written, [papers_named(store, query) for query in papers])
    known = Known(store, {part.paper for part in split.parts} - {""})
    proses = read_prose(written, split.parts)
    stretches = [
        check_part(written, part, prose, split, known) for part, prose in zip(split.parts, proses, strict=True)
    ]
    counts = Counter(finding.state for stretch in stretches for finding in stretch.figures)
    return CheckedText(stretches=tuple(stretches), counts={state: counts[state] for state in State})


MOST_CHARACTERS = 20_000
"""So long may a text be that is checked at once: ten pages, or the digest of a day."""


def source_name(summary: Summary) -> str:
    """The name of a summary's source in a report."""
    return "catalogue" if summary.origin is Origin.CATALOGUE else summary.source


def read_papers(files: Iterable[Path]) -> dict[str, Paper]:
    """The papers with an abstract that recordings hold, by id, without storing them; the first of each counts.

    Files without any, such as digests, and pieces that cannot be read are skipped.
    """
    papers: dict[str, Paper] = {}
    for path in files:
        if path.suffix != ".md":  # a digest tells no abstracts
            for reading in read_file(path):
                for paper in reading.papers:
                    if paper.abstract:
                        papers.setdefault(paper.id, paper)
    return papers


def _report(
    checks: Iterable[CheckedSummary], refusals: Sequence[Refusal] = (), catalogue_checks: Sequence[CheckedSummary] = ()
) -> CheckReport:
    summaries = tuple(checks)
    missing = dict.fromkeys(each.check.paper for each in summaries if not each.is_checked)
    return CheckReport(
        summaries=summaries, without_text=tuple(missing), compared=tuple(catalogue_checks), refused=tuple(refusals)
    )
