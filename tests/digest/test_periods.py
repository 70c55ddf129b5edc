"""The weeks and months of an archive are those read one by one, also from what was kept of earlier times."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.papers.measured import measurement

import assay.digest.periods
from assay.digest.archive import read_archive
from assay.digest.period import Listing, make_period, read_period
from assay.digest.periods import read_periods
from assay.papers.measurement import Measurement
from assay.papers.models import Attempt, Claim, Dossier, Outcome, Paper, Sighting
from assay.papers.period import Period, Span, read_span
from assay.store import Store, open_store

NOW = datetime(2099, 12, 31, 12, tzinfo=UTC)
FIRST = date(2099, 10, 26)
MEASURED = {"9911.00003": [measurement(paper="9911.00003")]}


def leading(dossier: Dossier) -> list[Claim]:
    return list(dossier.claims)


Record = tuple[Paper, Sighting, Claim]


def record(number: int, day: date, abstract: str = "A lake.", votes: int | None = None) -> Record:
    paper = Paper(id=f"9911.{number:05}", title="Tide pools" if "tide" in abstract else "Lakes", abstract=abstract)
    sighting = Sighting(paper=paper.id, source="huggingface", day=day, rank=number + 1, votes=votes)
    claim = Claim(key="a", value=float(number), unit="x", kind="times", metric="speed", source="abstract")
    return paper, sighting, claim


def add(store: Store, *records: Record) -> None:
    papers, sightings, claims = zip(*records, strict=True)
    by_paper = {paper.id: (claim,) for paper, claim in zip(papers, claims, strict=True)}
    store.add(source="huggingface", papers=papers, sightings=sightings, claims=by_paper)


@pytest.fixture
def store() -> Iterator[Store]:
    """Nine weeks: three papers on each working day, in the last ones more of tide pools; then a day of nothing."""
    with open_store("sqlite://") as store:
        days = [FIRST + timedelta(days=number) for number in range(60)]
        records = []
        for number, day in enumerate(day for day in days if day.weekday() < 5):
            text = "On tide pools." if number > 35 else "A lake."
            records.append(record(3 * number, day, text, votes=number % 7))
            records.append(record(3 * number + 1, day, "" if number % 9 == 0 else "Of the sea."))
            records.append(record(3 * number + 2, day))
        add(store, *records, record(3, FIRST + timedelta(days=30), votes=40))  # listed again
        silent = Attempt(source="arxiv", day=FIRST + timedelta(days=61), outcome=Outcome.EMPTY, at=NOW)
        store.add(source="arxiv", attempt=silent)
        yield store


def read(store: Store, file: Path | None, measurements: dict[str, list[Measurement]] | None = None) -> list[Period]:
    archive = read_archive(store, now=NOW)
    measured = MEASURED if measurements is None else measurements
    return read_periods(archive, now=NOW, leading=leading, measurements=measured, file=file)


def one_by_one(store: Store, measurements: dict[str, list[Measurement]] | None = None) -> list[Period]:
    names = {name for day, count in store.days() if count for name in (f"{day:%G-W%V}", f"{day:%Y-%m}")}
    spans = sorted((span for name in names if (span := read_span(name))), key=lambda span: (span.first, span.last))
    measured = MEASURED if measurements is None else measurements
    return [read_period(store, span, now=NOW, leading=leading, measurements=measured) for span in spans]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The periods that were made anew."""
    names: list[str] = []

    def noted(span: Span, listing: Listing, **records: Any) -> Period:
        names.append(span.name)
        return make_period(span, listing, **records)

    monkeypatch.setattr(assay.digest.periods, "make_period", noted)
    return names


def test_they_are_those_read_one_by_one(store: Store, tmp_path: Path) -> None:
    found = read(store, tmp_path / "periods.jsonl")
    assert found == one_by_one(store)
    assert [each.name for each in found][:4] == ["2099-10", "2099-W44", "2099-11", "2099-W45"]
    assert any(each.rising for each in found)
    assert any(each.measured for each in found)
    assert read(store, tmp_path / "periods.jsonl") == found


def test_only_those_are_made_of_which_something_changed(store: Store, tmp_path: Path, made: list[str]) -> None:
    file = tmp_path / "kept" / "periods.jsonl"
    read(store, file)
    assert len(made) == len(set(made)) > 10
    made.clear()
    read(store, file)
    assert made == []
    last = FIRST + timedelta(days=59)
    add(store, record(500, last))
    assert read(store, file) == one_by_one(store)
    assert sorted(made) == ["2099-12", "2099-W52"]
    made.clear()
    assert read(store, file, {}) == one_by_one(store, {})
    assert set(made) == {each.name for each in read(store, None) if each.measured}


def test_a_paper_of_before_that_changed_changes_what_is_compared_with_it(
    store: Store, tmp_path: Path, made: list[str]
) -> None:
    file = tmp_path / "periods.jsonl"
    read(store, file)
    made.clear()
    paper = Paper(id="9911.00000", title="Lakes", abstract="Now of tide pools.", version=2)
    store.add(source="arxiv", papers=[paper])
    assert read(store, file) == one_by_one(store)
    assert sorted(made) == ["2099-10", "2099-11", "2099-12", *(f"2099-W{week}" for week in range(44, 49))]


@pytest.mark.parametrize("text", ["\n\t\n{", "key\t{}\n"])
def test_what_was_kept_and_cannot_be_read_is_made_again(
    store: Store, tmp_path: Path, made: list[str], text: str
) -> None:
    file = tmp_path / "periods.jsonl"
    read(store, file)
    count = len(made)
    file.write_text(text)
    assert read(store, file) == one_by_one(store)
    assert len(made) == 2 * count


def test_half_a_record_is_made_again(store: Store, tmp_path: Path, made: list[str]) -> None:
    file = tmp_path / "periods.jsonl"
    read(store, file)
    file.write_bytes(file.read_bytes()[:-40])
    made.clear()
    assert read(store, file) == one_by_one(store)
    assert len(made) == 1


def test_progress_tells_how_many_are_made(store: Store) -> None:
    steps: list[tuple[int, int]] = []
    archive = read_archive(store, now=NOW)
    found = read_periods(archive, now=NOW, leading=leading, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(done, len(found)) for done in range(len(found) + 1)]


def test_an_archive_without_papers_has_none(tmp_path: Path) -> None:
    with open_store("sqlite://") as store:
        assert read(store, tmp_path / "periods.jsonl") == []
    assert not (tmp_path / "periods.jsonl").exists()
