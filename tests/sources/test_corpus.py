"""The recorded corpus is read to the last paper, and served by the test server it comes back the same."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assay.sources.client import Client
from assay.sources.huggingface import pages, read_listing
from assay.sources.reading import Reading
from assay.sources.recordings import find_files, read_file
from tests.sources.server import SourceServer


def readings(folder: Path) -> dict[str, Reading]:
    by_day = {}
    for path in find_files([folder]):
        (by_day[path.stem],) = read_file(path)
    return by_day


@pytest.mark.parametrize(("folder", "papers"), [("hf_morning", 274), ("hf_evening", 427)])
def test_every_recorded_paper_is_read(shared: Path, folder: str, papers: int) -> None:
    by_day = readings(shared / "corpus" / folder)
    for day, reading in by_day.items():
        raw = json.loads((shared / "corpus" / folder / f"{day}.json").read_text(encoding="utf-8"))
        entries = raw if isinstance(raw, list) else []
        assert reading.source == "huggingface"
        assert str(reading.day) == day
        assert [paper.id for paper in reading.papers] == [entry["paper"]["id"] for entry in entries]
        assert [s.votes for s in reading.sightings] == [entry["paper"]["upvotes"] for entry in entries]
        assert [s.rank for s in reading.sightings] == list(range(1, len(entries) + 1))
        assert all(paper.title and paper.authors and len(paper.abstract) > 200 for paper in reading.papers)
        assert not any("\n" in paper.title for paper in reading.papers)
        assert (reading.refused, reading.unknown_fields, reading.vanished_fields) == ([], {}, {})
    assert sum(len(reading.papers) for reading in by_day.values()) == papers


def test_a_day_seen_twice_has_grown(shared: Path) -> None:
    morning = readings(shared / "corpus" / "hf_morning")["2025-02-26"]
    evening = readings(shared / "corpus" / "hf_evening")["2025-02-26"]
    assert morning.seen_at is not None
    assert evening.seen_at is not None
    assert datetime(2025, 2, 26, tzinfo=UTC) < morning.seen_at < evening.seen_at < datetime(2025, 2, 27, tzinfo=UTC)
    assert {paper.id for paper in morning.papers} < {paper.id for paper in evening.papers}


def test_the_newest_shape(shared: Path) -> None:
    newest = readings(shared / "corpus" / "hf_evening")["2026-08-21"]
    assert newest.seen_at == datetime(2026, 8, 21, tzinfo=UTC)
    assert sum(bool(paper.code_url) for paper in newest.papers) == 16
    assert sum(bool(paper.project_url) for paper in newest.papers) == 12
    assert sum(bool(paper.keywords) for paper in newest.papers) == 21


def test_a_recording_served_is_a_recording_read(shared: Path, server: SourceServer, client: Client) -> None:
    day = date(2026, 8, 21)
    recorded = (shared / "corpus" / "hf_evening" / f"{day}.json").read_bytes()
    server.listings[day] = json.loads(recorded)
    (page,) = pages(client, day, base_url=server.url)
    assert read_listing(page.body, day) == read_listing(recorded, day)


def test_every_digest_is_read(shared: Path) -> None:
    for path in find_files([shared / "corpus" / "digest_en", shared / "seeds"]):
        rows = path.read_text(encoding="utf-8").count("https://arxiv.org/abs/")
        days = list(read_file(path))
        assert sum(len(reading.papers) for reading in days) == rows
        assert not [refusal for reading in days for refusal in reading.refused]
        assert all(reading.day is not None for reading in days)
