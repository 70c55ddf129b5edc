"""One paper out of several sources, whatever order they are heard in."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from assay.papers.models import Paper, Sighting, Snapshot
from assay.store import open_store
from assay.store.merge import BEST_FIRST, Teller, merge, teller

KEY = "9912.99901"
NOON = datetime(2099, 12, 2, 12, tzinfo=UTC)


def heard(said: list[tuple[str, Paper, str]]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    record: dict[str, Any] = {}
    provenance: dict[str, list[Any]] = {}
    for source, paper, moment in said:
        record, provenance = merge(record, provenance, paper, teller(source, paper, moment))
    return record, provenance


def test_each_field_is_the_best_source_that_has_it() -> None:
    said = [
        ("digest-table", Paper(id=KEY, title="Table", authors=("T",)), ""),
        ("digest-sections", Paper(id=KEY, title="Sections", thumbnail_url="s.png"), ""),
        ("catalogue", Paper(id=KEY, title="Ours", authors=("C", "D"), code_url="ours"), ""),
        ("huggingface", Paper(id=KEY, title="Listed", abstract="From the listing.", code_url="theirs"), ""),
        ("arxiv", Paper(id=KEY, title="arXiv", version=1), ""),
    ]
    for order in permutations(said):
        record, _ = heard(list(order))
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
    said = [
        ("arxiv", Paper(id=KEY, title="First", comment="5 pages", version=1), "2099-12-09"),
        ("arxiv", Paper(id=KEY, title="Second", version=2), "2099-12-04"),
        ("arxiv", Paper(id=KEY, title="Second, mended", version=2), "2099-12-05"),
        ("huggingface", Paper(id=KEY, title="Listed", abstract="Early.", version=3), "2099-12-01"),
        ("huggingface", Paper(id=KEY, title="Listed", abstract="Late.", version=3), "2099-12-02"),
    ]
    for order in permutations(said):
        record, _ = heard(list(order))
        assert (record["title"], record["comment"], record["version"]) == ("Second, mended", "5 pages", 2)
        assert record["abstract"] == "Late."


_said = st.tuples(
    st.sampled_from([*BEST_FIRST, "somewhere", "elsewhere"]),
    st.builds(
        Paper,
        id=st.just(KEY),
        title=st.sampled_from("ab"),
        abstract=st.sampled_from(["", "x", "y"]),
        version=st.none() | st.integers(1, 2),
        authors=st.lists(st.sampled_from("AB"), max_size=2),
    ),
    st.sampled_from(["", "2099-12-02"]),
)


def _teller(said: tuple[str, Paper, str]) -> Teller:
    return teller(*said)


@given(st.lists(_said, max_size=6, unique_by=_teller), st.randoms())
def test_order_makes_no_difference(said: list[tuple[str, Paper, str]], chance: Any) -> None:
    shuffled = said.copy()
    chance.shuffle(shuffled)
    assert heard(shuffled) == heard(said)
    record, provenance = heard(said)
    assert set(record) == set(provenance)
    for source, paper, moment in said:
        assert merge(record, provenance, paper, teller(source, paper, moment)) == (record, provenance)


def test_the_store_knows_when_a_paper_was_read() -> None:
    """By its sighting, else by the page it stood on; and the same bytes read again correct what was read."""

    def page(hour: int) -> Snapshot:
        return Snapshot(source="huggingface", url="u", fetched_at=NOON + timedelta(hours=hour), body=bytes([hour]))

    def listed(title: str, hour: int) -> dict[str, Any]:
        seen_at = NOON + timedelta(hours=hour)
        seen = Sighting(paper=KEY, source="huggingface", day=NOON.date(), rank=1, seen_at=seen_at)
        return {"papers": [Paper(id=KEY, title=title)], "sightings": [seen]}

    with open_store("sqlite://") as store:

        def title_after(**added: Any) -> str:
            store.add(source="huggingface", **added)
            paper = store.paper(KEY)
            assert paper is not None
            return paper.title

        assert title_after(**listed("Evening", 6)) == "Evening"
        assert title_after(**listed("Morning", 1)) == "Evening"
        assert title_after(papers=[Paper(id=KEY, title="Page")], snapshot=page(3)) == "Evening"
        assert title_after(papers=[Paper(id=KEY, title="Night")], snapshot=page(9)) == "Night"
        assert title_after(papers=[Paper(id=KEY, title="Night, read better")], snapshot=page(9)) == "Night, read better"
