"""The archive read at once is what days and papers read one by one are, also from what was kept of earlier times."""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.publish.sample import CLAIMS

import assay.digest.archive
from assay.digest.archive import read_archive
from assay.digest.day import dossier_of, read_day, read_dossier
from assay.papers.models import Attempt, Day, Dossier, Origin, Outcome, Paper, Parts, Sighting, Summary
from assay.store import Store, open_store
from assay.store.texts import hash_of

DAYS = [date(2099, 12, 1), date(2099, 12, 2), date(2099, 12, 3)]
NOW = datetime(2099, 12, 4, 13, tzinfo=UTC)
FIRST = Paper(id="9912.99901", title="Gullwing", abstract="It flies 2x as fast. It costs 5% less.", version=1)
SECOND = Paper(id="9911.00002", title="Plover", abstract="Plovers run. They find 30 worms.", code_url="https://a.b/")


def fill(store: Store) -> None:
    sightings = [
        Sighting(paper=FIRST.id, source="huggingface", day=day, rank=1, votes=votes, seen_at=NOW.replace(day=day.day))
        for day, votes in zip(DAYS, (3, 9, 4), strict=True)
    ]
    sightings.append(Sighting(paper=SECOND.id, source="arxiv", day=DAYS[0], rank=2))
    summary = Summary(
        paper=FIRST.id,
        origin=Origin.MODEL,
        source="toy-1",
        languages={"en": Parts(one_line="It is 3x as fast."), "ko": Parts(one_line="2배 빠르다.")},
        written_from=f"1:{hash_of(FIRST)}",
    )
    store.add(source="huggingface", papers=[FIRST, SECOND], sightings=sightings, summaries=[summary])
    store.keep_extractions(1, [(FIRST, None, CLAIMS)])
    attempt = Attempt(source="arxiv", day=date(2099, 12, 4), outcome=Outcome.EMPTY, at=NOW)
    store.add(source="arxiv", attempt=attempt)


def one_by_one(store: Store) -> tuple[list[Day], list[Dossier]]:
    days = [read_day(store, day, now=NOW) for day, _ in store.days()]
    found = (read_dossier(store, key) for key in sorted({paper.id for day in days for paper in day.papers}))
    return days, [dossier for dossier in found if dossier]


def refreshed(store: Store) -> None:
    store.add(source="arxiv", papers=[FIRST.model_copy(update={"version": 2, "abstract": "It flies 3x as fast."})])


def seen_again(store: Store) -> None:
    store.add(source="huggingface", sightings=[Sighting(paper=SECOND.id, source="huggingface", day=DAYS[2], rank=2)])


def claims_extracted(store: Store) -> None:
    store.keep_extractions(2, [(FIRST, None, CLAIMS[:1])])


def summarised(store: Store) -> None:
    parts = {"en": Parts(one_line="30 worms."), "ko": Parts(one_line="지렁이 31마리.")}
    summary = Summary(paper=SECOND.id, origin=Origin.DIGEST, source="digest-table", languages=parts)
    store.add(source="digest-table", summaries=[summary])


def full_text_kept(store: Store) -> None:
    store.keep_fulltext(FIRST.id, version=1, form="html", record="{}", fetched_at=NOW)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The papers whose dossiers were made anew."""
    papers: list[str] = []

    def noted(paper: Paper, **records: object) -> Dossier:
        papers.append(paper.id)
        return dossier_of(paper, **records)  # type: ignore[arg-type]

    monkeypatch.setattr(assay.digest.archive, "dossier_of", noted)
    return papers


def test_it_is_what_is_read_one_by_one_before_and_after_each_change(tmp_path: Path, made: list[str]) -> None:
    with open_store("sqlite://") as store:
        fill(store)
        assert read_archive(store, now=NOW)[:2] == one_by_one(store)
        assert read_archive(store, now=NOW, folder=tmp_path)[:2] == one_by_one(store)
        for change, paper in (
            (refreshed, FIRST),
            (seen_again, SECOND),
            (summarised, SECOND),
            (claims_extracted, FIRST),
            (full_text_kept, FIRST),
        ):
            change(store)
            made.clear()
            assert read_archive(store, now=NOW, folder=tmp_path)[:2] == one_by_one(store), change
            assert made == [paper.id], change
        made.clear()
        read_archive(store, now=NOW, folder=tmp_path)
        assert made == []


@pytest.mark.parametrize("text", ["", "{\n\t\n\t\t\n", "9912.99901\tkey"])
def test_what_was_kept_and_cannot_be_read_is_made_again(tmp_path: Path, made: list[str], text: str) -> None:
    with open_store("sqlite://") as store:
        fill(store)
        read_archive(store, now=NOW, folder=tmp_path)
        (tmp_path / "2099-12.jsonl").write_text(text)
        made.clear()
        assert read_archive(store, now=NOW, folder=tmp_path)[:2] == one_by_one(store)
        assert made == [FIRST.id]


def test_half_a_record_is_made_again(tmp_path: Path, made: list[str]) -> None:
    with open_store("sqlite://") as store:
        fill(store)
        read_archive(store, now=NOW, folder=tmp_path)
        file = tmp_path / "2099-12.jsonl"
        file.write_bytes(file.read_bytes()[:-40])
        made.clear()
        assert read_archive(store, now=NOW, folder=tmp_path)[:2] == one_by_one(store)
        assert made == [FIRST.id]


def test_other_code_makes_all_again(tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with open_store("sqlite://") as store:
        fill(store)
        read_archive(store, now=NOW, folder=tmp_path)
        made.clear()
        monkeypatch.setattr(assay.digest.archive, "hash_of_code", lambda *rooms: "other")
        read_archive(store, now=NOW, folder=tmp_path)
        assert sorted(made) == [SECOND.id, FIRST.id]


def test_progress_tells_how_many_dossiers_are_made() -> None:
    steps: list[tuple[int, int]] = []
    with open_store("sqlite://") as store:
        fill(store)
        read_archive(store, now=NOW, progress=lambda done, total: steps.append((done, total)))
    assert steps == [(0, 2), (1, 2), (2, 2)]
