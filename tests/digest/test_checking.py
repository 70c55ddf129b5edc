"""Whole digests are checked against what the store, or recordings beside it, know of their papers."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from tests.cli.fixtures import SECTIONS, TABLE, listing

from assay.claims.report import CheckReport
from assay.digest.checking import check_day, check_files, check_source, read_papers
from assay.papers.findings import State
from assay.papers.models import Origin, Paper, Parts, Sighting, Summary
from assay.store import Store, open_store

DAY = date(2099, 12, 2)
ABSTRACT = "We introduce Toy Attention, which skips empty blocks. It is 2.5x faster than dense attention on ToyBench."
PAPER = Paper(id="9912.99901", title="Toy Attention", abstract=ABSTRACT)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "assay.db") as database:
        yield database


@pytest.fixture
def digests(tmp_path: Path) -> list[Path]:
    files = [tmp_path / "table.md", tmp_path / "sections.md"]
    for file, text in zip(files, (TABLE, SECTIONS), strict=True):
        file.write_text(text, encoding="utf-8")
    return files


def states(report: CheckReport) -> list[tuple[str, str, str, list[State]]]:
    return [
        (each.source, each.check.paper, each.check.language, [finding.state for finding in each.check.figures])
        for each in report.summaries
    ]


def summary(source: str, text: str, *, day: date | None = DAY, origin: Origin = Origin.DIGEST) -> Summary:
    return Summary(paper=PAPER.id, origin=origin, source=source, day=day, languages={"en": Parts(result=text)})


def add_papers(store: Store, *summaries: Summary) -> None:
    store.add(
        source="huggingface",
        papers=[PAPER],
        sightings=[Sighting(paper=PAPER.id, source="huggingface", day=DAY, rank=1)],
        summaries=summaries,
    )


def test_files_against_the_store(store: Store, digests: list[Path]) -> None:
    add_papers(store)
    report = check_files(store, digests)
    assert states(report) == [
        ("digest-table", "9912.99901", "en", [State.SUPPORTED]),
        ("digest-table", "9912.99902", "en", []),
        ("digest-sections", "9912.99901", "ko", [State.SUPPORTED]),
    ]
    assert report.without_text == ("9912.99902",)
    assert [each.day for each in report.summaries] == [DAY] * 3
    assert store.counts()["summaries"] == 0, "nothing is stored"
    assert [each.check.language for each in check_files(store, digests, language="ko").summaries] == ["ko"]


def test_files_against_recordings(store: Store, digests: list[Path], tmp_path: Path) -> None:
    unread = check_files(store, digests)
    assert {state for *_, figure_states in states(unread) for state in figure_states} == {State.UNCHECKED}
    recording = tmp_path / "2099-12-02.json"
    recording.write_text(listing(99901), encoding="utf-8")
    papers = read_papers([recording, *digests])
    assert list(papers) == ["9912.99901"]
    report = check_files(store, digests, against=papers)
    assert {state for *_, figure_states in states(report) for state in figure_states} == {State.SUPPORTED}


def test_a_file_that_is_no_digest_is_refused_and_the_rest_is_checked(
    store: Store, digests: list[Path], tmp_path: Path
) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("Remember the milk.\n", encoding="utf-8")
    done: list[Path] = []
    report = check_files(store, [notes, *digests], done=done.append)
    assert [refusal.file for refusal in report.refused] == [str(notes)]
    assert len(report.summaries) == 3
    assert done == [notes, *digests]


def test_a_day(store: Store) -> None:
    add_papers(
        store,
        summary("digest-table", "It is 2.5x faster."),
        summary("digest-table", "It is 9x faster.", day=date(2099, 12, 3)),
        summary("toy-model", "It is 4.1x faster than dense attention on ToyBench.", day=None, origin=Origin.MODEL),
        summary("assay", "It is 2.5x faster.", day=None, origin=Origin.EXTRACTIVE),
    )
    report = check_day(store, DAY)
    assert sorted(states(report)) == [
        ("digest-table", "9912.99901", "en", [State.SUPPORTED]),
        ("toy-model", "9912.99901", "en", [State.CONTRADICTED]),
    ]
    assert [each.source for each in report.summaries if each.is_in_trouble] == ["toy-model"]
    assert check_day(store, date(2099, 12, 9)).summaries == ()


def test_a_source(store: Store) -> None:
    add_papers(
        store,
        summary("digest-table", "It is 2.5x faster."),
        summary("toy-model", "It costs 9.9%.", day=None, origin=Origin.MODEL),
    )
    days: list[int] = []
    report = check_source(store, "toy-model", begin=days.append)
    assert states(report) == [("toy-model", "9912.99901", "en", [State.UNSUPPORTED])]
    assert days == [1]
    with pytest.raises(ValueError, match="there are: digest-table, toy-model"):
        check_source(store, "telepathy")


def test_the_recorded_corpus(store: Store, shared: Path) -> None:
    corpus = shared / "corpus"
    papers = read_papers(sorted(corpus.glob("hf_*/2025-02-*.json")))
    files = sorted((corpus / "digest_en").glob("2025-02-*.md"))
    report = check_files(store, files, against=papers)
    assert len(report.summaries) == 350
    assert report.without_text == ()
    wrong_papers = {each.check.paper for each in report.summaries if each.check.count(State.CONTRADICTED)}
    assert wrong_papers >= {"2502.17425", "2502.18356"}
    assert not any(each.check.crossed for each in report.summaries)
    figures = [finding for each in report.summaries for finding in each.check.figures]
    assert 0.3 < sum(finding.state is State.SUPPORTED for finding in figures) / len(figures) < 0.6


def test_summaries_that_changed_places_are_told(store: Store, shared: Path) -> None:
    corpus = shared / "corpus"
    papers = read_papers(sorted(corpus.glob("hf_*/2025-02-*.json")))
    report = check_files(store, sorted((corpus / "digest_en").glob("2025-02-1*.md")), against=papers)
    ids = [each.check.paper for each in report.summaries]
    shifted_papers = {
        key: papers[other].model_copy(update={"id": key}) for key, other in zip(ids, ids[7:] + ids[:7], strict=True)
    }
    new_report = check_files(store, sorted((corpus / "digest_en").glob("2025-02-1*.md")), against=shifted_papers)
    flags = [each.check.crossed for each in new_report.summaries]
    assert sum(flags) / len(flags) > 0.9
