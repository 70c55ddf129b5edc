"""The records of several sources merge into one paper, in whatever order they arrive."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assay.papers.models import Paper, Sighting, Snapshot
from assay.store import open_store
from assay.store.merge import BEST_FIRST, Attribution, attribution_of, merge

KEY = "9912.99901"
NOON = datetime(2099, 12, 2, 12, tzinfo=UTC)


def merge_all(readings: list[tuple[str, Paper, str]]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    record: dict[str, Any] = {}
    provenance: dict[str, list[Any]] = {}
    for source, paper, moment in readings:
        record, provenance = merge(record, provenance, paper, attribution_of(source, paper, moment))
    return record, provenance


def test_each_field_is_the_best_source_that_has_it() -> None:
    readings = [
        ("digest-table", Paper(id=KEY, title="Table", authors=("T",)), ""),
        ("digest-sections", Paper(id=KEY, title="Sections", thumbnail_url="s.png"), ""),
        ("catalogue", Paper(id=KEY, title="Ours", authors=("C", "D"), code_url="ours"), ""),
        ("huggingface", Paper(id=KEY, title="Listed", abstract="From the listing.", code_url="theirs"), ""),
        ("arxiv", Paper(id=KEY, title="arXiv", version=1), ""),
    ]
    for order in permutations(readings):
        record, _ = merge_all(list(order))
        assert record == {
            "id": KEY,
            "title": "arXiv",
            "authors": ["C", "D"],
            "abstract": "From the listing.",
            "version": 1,
            "code_url": "theirs",
            "thumbnail_url": "s.png",
        }


def test_the_higher_version_wins_then_the_later_reading() -> None:
    readings = [
        ("arxiv", Paper(id=KEY, title="First", comment="5 pages", version=1), "2099-12-09"),
        ("arxiv", Paper(id=KEY, title="Second", version=2), "2099-12-04"),
        ("arxiv", Paper(id=KEY, title="Second, mended", version=2), "2099-12-05"),
        ("huggingface", Paper(id=KEY, title="Listed", abstract="Early.", version=3), "2099-12-01"),
        ("huggingface", Paper(id=KEY, title="Listed", abstract="Late.", version=3), "2099-12-02"),
    ]
    for order in permutations(readings):
        record, _ = merge_all(list(order))
        assert (record["title"], record["version"]) == ("Second, mended", 2)
        assert "comment" not in record, "arXiv leaves nothing out: the second version has no comment"
        assert record["abstract"] == "Late."


def test_the_news_feed_brings_new_versions_and_overwrites_nothing_else() -> None:
    rich = {"authors": ("Ada", "Bo"), "categories": ("cs.LG", "cs.AI")}
    poor = {"authors": ("Ada, Bo",), "categories": ("cs.LG",)}
    api = ("arxiv", Paper(id=KEY, title="First", abstract="API.", comment="5 pages", version=1, **rich), "2099-12-02")
    listing = ("huggingface", Paper(id=KEY, title="First", abstract="Listed.", authors=("Ada", "Bo")), "2099-12-03")
    same = ("arxiv-news", Paper(id=KEY, title="First.", abstract="News.", version=1, **poor), "2099-12-04")
    newer = ("arxiv-news", Paper(id=KEY, title="Second", abstract="Newer.", version=2, **poor), "2099-12-05")

    def merged(*readings: tuple[str, Paper, str]) -> dict[str, Any]:
        records = [merge_all(list(order))[0] for order in permutations(readings)]
        assert all(record == records[0] for record in records)
        return records[0]

    assert merged(api, same)["abstract"] == "API."
    assert merged(listing, same)["abstract"] == "Listed."
    for record in (merged(api, newer), merged(api, listing, same, newer)):
        assert (record["title"], record["abstract"], record["version"]) == ("Second", "Newer.", 2)
        assert (record["authors"], record["categories"]) == (["Ada", "Bo"], ["cs.LG", "cs.AI"])
        assert record["comment"] == "5 pages"
    assert merged(listing, newer)["authors"] == ["Ada", "Bo"]


def test_a_withdrawal_counts_by_its_date_and_can_be_taken_back() -> None:
    def version(number: int, *, withdrawn: bool = False) -> tuple[str, Paper, str]:
        at = NOON + timedelta(days=number)
        paper = Paper(id=KEY, title="T", version=number, updated=at, withdrawn=at if withdrawn else None)
        return "arxiv", paper, "2099-12-09"

    def listing(day: int) -> tuple[str, Paper, str]:
        return "huggingface", Paper(id=KEY, title="T", withdrawn=NOON + timedelta(days=day)), "2099-12-08"

    for readings, withdrawn in (
        ([version(1)], None),
        ([version(1), version(2, withdrawn=True)], 2),
        ([version(1), version(2, withdrawn=True), version(3)], None),
        ([version(1), listing(5)], 5),
        ([version(1), version(2, withdrawn=True), listing(1)], 2),
        ([listing(2), version(3)], None),
        ([("assay", listing(5)[1], "2099-12-09"), version(1)], None),
        ([("assay", listing(5)[1], "2099-12-09")], 5),
    ):
        for order in permutations(readings):
            record, _ = merge_all(list(order))
            moment = NOON + timedelta(days=withdrawn) if withdrawn else None
            assert record.get("withdrawn") == (moment and moment.isoformat().replace("+00:00", "Z"))


def test_ranks_that_an_older_assay_stored_are_those_of_today() -> None:
    """Before there was a source of news, the catalogue ranked where it ranks now."""
    record, provenance = {"id": KEY, "authors": ["C"]}, {"authors": [-2, "catalogue", 0, ""]}
    news = Paper(id=KEY, title="T", authors=("N",))
    record, _ = merge(record, provenance, news, attribution_of("arxiv-news", news, ""))
    assert record["authors"] == ["N"]


_readings = st.tuples(
    st.sampled_from([*BEST_FIRST, "somewhere", "elsewhere"]),
    st.builds(
        Paper,
        id=st.just(KEY),
        title=st.sampled_from("ab"),
        abstract=st.sampled_from(["", "x", "y"]),
        version=st.none() | st.integers(1, 2),
        authors=st.lists(st.sampled_from("AB"), max_size=2),
        comment=st.sampled_from(["", "5 pages", "6 pages"]),
        journal_ref=st.sampled_from(["", "Toys 1"]),
        updated=st.none() | st.sampled_from([NOON, NOON + timedelta(days=1)]),
        withdrawn=st.none() | st.sampled_from([NOON, NOON + timedelta(days=1)]),
        code_url=st.sampled_from(["", "a", "b"]),
    ),
    st.sampled_from(["", "2099-12-02"]),
)


def _attribution(reading: tuple[str, Paper, str]) -> Attribution:
    return attribution_of(*reading)


@given(st.lists(_readings, max_size=6, unique_by=_attribution), st.randoms())
def test_order_makes_no_difference(readings: list[tuple[str, Paper, str]], chance: Any) -> None:
    other_order = readings.copy()
    chance.shuffle(other_order)
    assert merge_all(other_order) == merge_all(readings)
    record, provenance = merge_all(readings)
    assert set(record) <= set(provenance)
    for source, paper, moment in readings:
        assert merge(record, provenance, paper, attribution_of(source, paper, moment)) == (record, provenance)


def test_the_store_knows_when_a_paper_was_read() -> None:
    """By its sighting, else by the page it stood on; and the same bytes read again correct what was read."""

    def page(hour: int) -> Snapshot:
        return Snapshot(source="huggingface", url="u", fetched_at=NOON + timedelta(hours=hour), body=bytes([hour]))

    def listing(title: str, hour: int) -> dict[str, Any]:
        seen_at = NOON + timedelta(hours=hour)
        sighting = Sighting(paper=KEY, source="huggingface", day=NOON.date(), rank=1, seen_at=seen_at)
        return {"papers": [Paper(id=KEY, title=title)], "sightings": [sighting]}

    with open_store("sqlite://") as store:

        def title_after(**records: Any) -> str:
            store.add(source="huggingface", **records)
            paper = store.paper(KEY)
            assert paper is not None
            return paper.title

        assert title_after(**listing("Evening", 6)) == "Evening"
        assert title_after(**listing("Morning", 1)) == "Evening"
        assert title_after(papers=[Paper(id=KEY, title="Page")], snapshot=page(3)) == "Evening"
        assert title_after(papers=[Paper(id=KEY, title="Night")], snapshot=page(9)) == "Night"
        assert title_after(papers=[Paper(id=KEY, title="Night, read better")], snapshot=page(9)) == "Night, read better"
