"""Which papers are due to be asked for again, and in which order."""

from datetime import UTC, date, datetime, timedelta

from assay.papers.models import Paper, Sighting, Snapshot
from assay.store import Store

DAY = date(2099, 12, 20)
NOW = datetime(2099, 12, 20, 12, tzinfo=UTC)
SINCE = date(2099, 11, 20)


def listed(store: Store, paper: str, *days: date, published: date | None = None) -> None:
    moment = datetime.combine(published, NOW.timetz()) if published else None
    sightings = [Sighting(paper=paper, source="huggingface", day=day, rank=1) for day in days]
    store.add(source="huggingface", papers=[Paper(id=paper, title="A Toy", published=moment)], sightings=sightings)


def due(store: Store, **more: object) -> list[str]:
    return store.papers_to_refresh(SINCE, **({"asked_before": NOW} | more))  # type: ignore[arg-type]


def test_a_paper_is_young_by_its_first_listing_or_by_its_date(store: Store) -> None:
    listed(store, "9912.00001", DAY)
    listed(store, "9705.00002", DAY)  # old, and listed for the first time
    listed(store, "9705.00003", date(2099, 6, 1), DAY)  # listed before
    listed(store, "9912.00004", published=DAY)
    listed(store, "9911.00005", published=date(2099, 11, 19))
    listed(store, "9911.00006", published=date(2099, 11, 20))
    listed(store, "9912.00007")
    assert sorted(due(store)) == ["9705.00002", "9911.00006", "9912.00001", "9912.00004"]
    assert due(store, days=[date(2099, 12, 19)]) == []
    assert due(store, days=[DAY, date(2099, 12, 19)], limit=1) == ["9912.00001"]


def test_those_asked_for_longest_ago_come_first(store: Store) -> None:
    for number in range(1, 5):
        listed(store, f"9912.0000{number}", DAY)
    store.mark_refreshed(["9912.00001"], NOW - timedelta(days=1))
    store.mark_refreshed(["9912.00003"], NOW - timedelta(days=2))
    assert due(store) == ["9912.00004", "9912.00002", "9912.00003", "9912.00001"]
    store.mark_refreshed(["9912.00003"], NOW - timedelta(days=3))  # an earlier moment changes nothing
    assert due(store, asked_before=NOW - timedelta(days=2)) == ["9912.00004", "9912.00002"]
    assert due(store, asked_before=NOW - timedelta(days=1)) == ["9912.00004", "9912.00002", "9912.00003"]


def test_an_answer_of_arxiv_notes_that_it_was_asked(store: Store) -> None:
    listed(store, "9912.00001", DAY)
    listed(store, "9912.00002", DAY)
    for source, asked in (("huggingface", "9912.00001"), ("arxiv", "9912.00002")):
        page = Snapshot(source=source, url="u", fetched_at=NOW, body=source.encode())
        store.add(source=source, snapshot=page, papers=[Paper(id=asked, title="A Toy", version=1)])
    assert due(store) == ["9912.00001"]


def test_all_days_that_list_a_paper(store: Store) -> None:
    listed(store, "9912.00001", DAY, date(2099, 12, 2))
    listed(store, "9912.00001", DAY)
    listed(store, "9912.00002")
    assert store.days_listing(["9912.00001", "9912.00002"]) == {"9912.00001": [date(2099, 12, 2), DAY]}
