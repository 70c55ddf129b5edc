"""Records come back as they were stored, none is stored twice, and none in part."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.papers.measured import TIMES, measurement

from assay.papers.models import Attempt, Claim, Origin, Outcome, Paper, Parts, Sighting, Snapshot, Summary
from assay.store import Store, open_store

DAY = date(2099, 12, 2)
NOON = datetime(2099, 12, 2, 12, tzinfo=UTC)
PAPER = Paper(
    id="9912.99901",
    title="A Synthetic Title",
    authors=("Ada Example", "Bo Sample"),
    abstract="SYNTHETIC. We get 12.5\\% on ToyBench.",
    version=2,
    published=NOON,
    categories=("cs.LG", "cs.CL"),
    keywords=("toy",),
)
OTHER = Paper(id="hep-ph/0601001", title="An Old Id")
CLAIM = Claim(key="gain", value=(1.5, 2.0), unit="x", kind="times", metric="speed", baseline="dense", source="abstract")
SUMMARY = Summary(
    paper=PAPER.id,
    origin=Origin.MODEL,
    source="m",
    languages={"en": Parts(one_line="Short.", other={"Notes": "More."}), "ko": Parts(one_line="짧다.")},
)


def page(body: bytes, *, number: int = 0, at: datetime | None = NOON, day: date | None = DAY) -> Snapshot:
    url = f"https://example.org/?p={number}"
    return Snapshot(source="huggingface", url=url, day=day, status=200, headers={"etag": "x"}, fetched_at=at, body=body)


def sighting(**changes: object) -> Sighting:
    return Sighting.model_validate(
        {"paper": PAPER.id, "source": "huggingface", "day": DAY, "rank": 1, "votes": 0} | changes
    )


def attempt(outcome: Outcome = Outcome.OK, **changes: object) -> Attempt:
    return Attempt.model_validate({"source": "huggingface", "day": DAY, "at": NOON, "outcome": outcome} | changes)


def test_everything_comes_out_as_it_went_in(store: Store) -> None:
    raw = page(b"\x00raw\xff" * 1000)
    first_attempt = attempt(papers=2, unknown_fields={"paper.new": 3})
    listings = [sighting(seen_at=NOON, snapshot=raw.sha256), sighting(source="catalogue", rank=None, votes=None)]
    additions = store.add(
        source="huggingface",
        snapshot=raw,
        papers=[PAPER, OTHER],
        sightings=listings,
        summaries=[SUMMARY],
        claims={PAPER.id: [CLAIM]},
        rooms={PAPER.id: "attention"},
        attempt=first_attempt,
    )
    assert additions == (2, 2, 1)
    assert store.paper(PAPER.id) == PAPER
    assert store.paper("9912.00000") is None
    assert list(store.papers([OTHER.id, "9912.00000", PAPER.id]).values()) == [OTHER, PAPER]
    assert store.sightings(DAY) == listings == store.sightings_of(PAPER.id)
    assert store.sightings(DAY + timedelta(days=1)) == []
    assert store.summaries([PAPER.id, OTHER.id]) == {PAPER.id: [SUMMARY]}
    assert store.claims([PAPER.id, OTHER.id]) == {PAPER.id: (CLAIM,)}
    assert store.attempts(DAY) == [first_attempt]
    assert store.snapshot(raw.sha256) == raw == store.last_snapshot(raw.url)
    assert store.last_snapshot("https://example.org/other") is None
    assert store.counts() == {
        "papers": 2,
        "sightings": 2,
        "summaries": 1,
        "claims": 1,
        "snapshots": 1,
        "attempts": 1,
        "measurements": 0,
        "days": 1,
    }


def test_the_latest_measurement_of_each_kind_is_kept(store: Store) -> None:
    old, quick, second = measurement(), measurement(quick=True), measurement(trial="another")
    broken = TIMES.model_copy(update={"candidate": float("nan")})
    new = measurement(taken_at=old.taken_at + timedelta(hours=1), comparison=broken)
    assert store.keep([old, quick]) == [old, quick]
    assert store.keep([second, new, old]) == [second, new]
    assert store.keep([old, new]) == []
    latest = store.measurements(old.paper)
    assert [each.model_dump_json() for each in latest] == [each.model_dump_json() for each in (second, new, quick)]
    assert store.measurements("9912.00002") == []
    assert store.counts()["measurements"] == 3


_words = st.text("ab 한글", max_size=6).map(lambda text: f"t{text}")
_ids = st.sampled_from([PAPER.id, OTHER.id, "9912.00003"])
_moments = st.none() | st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours))
_papers = st.builds(Paper, id=_ids, title=_words, abstract=_words, version=st.none() | st.integers(1, 3))
_sightings = st.builds(
    Sighting,
    paper=_ids,
    source=st.sampled_from(["huggingface", "catalogue"]),
    day=st.just(DAY),
    rank=st.none() | st.integers(1, 2),
    votes=st.none() | st.integers(0, 2),
    seen_at=_moments,
    snapshot=st.sampled_from([None, "0" * 64]),
)
_summaries = st.builds(
    Summary,
    paper=_ids,
    origin=st.sampled_from(Origin),
    source=st.just("m"),
    day=st.none() | st.just(DAY),
    languages=st.dictionaries(st.sampled_from(["en", "ko"]), st.builds(Parts, one_line=_words), max_size=2),
)
_attempts = st.none() | st.builds(
    Attempt, source=st.just("huggingface"), day=st.just(DAY), at=_moments, outcome=st.sampled_from(Outcome)
)
_batches = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["arxiv", "huggingface", "digest-table"]),
        "papers": st.lists(_papers, max_size=4),
        "sightings": st.lists(_sightings, max_size=4),
        "summaries": st.lists(_summaries, max_size=3),
        "snapshot": st.none() | st.builds(page, st.sampled_from([b"a", b"b"]), at=_moments),
        "attempt": _attempts,
    }
)


def contents(store: Store) -> object:
    ids = [PAPER.id, OTHER.id, "9912.00003"]
    return (
        store.papers(ids),
        store.sightings(DAY),
        store.summaries(ids),
        store.attempts(DAY),
        store.snapshots("huggingface", DAY),
        store.counts(),
        [(hit.id, hit.score) for word in ("t", "ta", "한") for hit in store.search(word)],
    )


@given(first=_batches, second=_batches)
def test_adding_again_changes_nothing(first: dict[str, object], second: dict[str, object]) -> None:
    with open_store("sqlite://") as store:
        store.add(source="assay", papers=[Paper(id=key, title="t") for key in (PAPER.id, OTHER.id, "9912.00003")])
        store.add(**first)  # type: ignore[arg-type]
        store.add(**second)  # type: ignore[arg-type]
        before = contents(store)
        assert store.add(**second) == (0, 0, 0)  # type: ignore[arg-type]
        assert contents(store) == before


def test_what_is_about_an_unknown_paper_is_refused_and_nothing_stored(store: Store) -> None:
    store.add(source="arxiv", papers=[OTHER])
    stranger = "9912.00009"
    for changes, message in (
        ({"sightings": [sighting(paper=stranger)]}, "a sighting of 9912.00009"),
        ({"summaries": [SUMMARY.model_copy(update={"paper": stranger})]}, "a summary of 9912.00009"),
        ({"claims": {stranger: [CLAIM]}}, "claims of 9912.00009"),
        ({"rooms": {stranger: "attention"}}, "a room of 9912.00009"),
        ({"claims": {PAPER.id: [CLAIM, CLAIM]}}, "two claims of 9912.99901 have the key 'gain'"),
    ):
        with pytest.raises(ValueError, match=message):
            store.add(source="arxiv", papers=[PAPER], snapshot=page(b"a"), attempt=attempt(), **changes)
    with pytest.raises(ValueError, match="papers need a source"):
        store.add(papers=[PAPER])
    assert store.counts() | {"papers": 0} == dict.fromkeys(store.counts(), 0)
    assert store.search("Old") != []
    assert store.search("Synthetic") == []


def test_a_sighting_is_new_by_its_bytes_else_by_its_time(store: Store) -> None:
    store.add(source="huggingface", papers=[PAPER])
    later = NOON + timedelta(hours=1)
    a, b = "a" * 64, "b" * 64
    for each, new in (
        (sighting(snapshot=a, seen_at=later), 1),
        (sighting(snapshot=a, seen_at=NOON, votes=7), 0),  # the same bytes, read better
        (sighting(snapshot=b, seen_at=later), 1),
        (sighting(snapshot=b, rank=2), 1),
        (sighting(seen_at=NOON), 1),
        (sighting(seen_at=later), 1),
        (sighting(seen_at=later.astimezone(timezone(timedelta(hours=9)))), 0),
        (sighting(), 1),
        (sighting(), 0),
        (sighting(rank=None), 1),
        (sighting(rank=None), 0),
    ):
        assert store.add(sightings=[each]).sightings == new, each
    first = store.sightings(DAY)[0]
    assert (first.votes, first.seen_at) == (7, NOON)


def test_the_newest_content_of_a_summary_stands(store: Store) -> None:
    store.add(source="arxiv", papers=[PAPER], summaries=[SUMMARY])
    better = SUMMARY.model_copy(update={"languages": {"en": Parts(one_line="Zebra.")}})
    digest_summary = SUMMARY.model_copy(update={"origin": Origin.DIGEST, "day": DAY})
    assert store.add(summaries=[better, digest_summary]).summaries == 1
    assert store.summaries([PAPER.id])[PAPER.id] == [better, digest_summary]
    assert [hit.id for hit in store.search("zebra")] == [PAPER.id]


def test_claims_replace_all_claims_of_their_paper(store: Store) -> None:
    more = CLAIM.model_copy(update={"key": "again"})
    store.add(source="arxiv", papers=[PAPER, OTHER], claims={PAPER.id: [CLAIM, more], OTHER.id: [CLAIM]})
    store.add(claims={PAPER.id: [more]})
    assert store.claims([PAPER.id, OTHER.id]) == {PAPER.id: (more,), OTHER.id: (CLAIM,)}
    store.add(claims={PAPER.id: []})
    assert PAPER.id not in store.claims([PAPER.id])


def test_the_same_bytes_are_kept_once_with_the_time_of_each_fetch(store: Store) -> None:
    later = NOON + timedelta(hours=5)
    store.add_snapshot(page(b"a"))
    store.add_snapshot(page(b"b", at=NOON + timedelta(hours=1)))
    store.add_snapshot(page(b"a", at=later))
    assert store.counts()["snapshots"] == 2
    last = store.last_snapshot(page(b"").url)
    assert last is not None
    assert (last.body, last.fetched_at) == (b"a", later)
    first = store.snapshot(page(b"a").sha256)
    assert first is not None
    assert first.fetched_at == NOON


def test_a_day_is_replayed_from_its_latest_complete_fetch(store: Store) -> None:
    def pages_after(hour: int, outcome: Outcome | None, *bodies: bytes) -> list[bytes]:
        at = NOON + timedelta(hours=hour)
        for number, body in enumerate(bodies):
            store.add_snapshot(page(body, number=number, at=at))
        if outcome is not None:
            store.add(attempt=attempt(outcome, at=at, message=str(hour)))
        return [snapshot.body for snapshot in store.snapshots("huggingface", DAY)]

    assert pages_after(0, Outcome.PARTIAL, b"a0") == [b"a0"], "better than nothing"
    assert pages_after(1, Outcome.OK, b"a0", b"a1") == [b"a0", b"a1"]
    assert pages_after(2, Outcome.FAILED) == [b"a0", b"a1"]
    assert pages_after(3, Outcome.PARTIAL, b"b0") == [b"a0", b"a1"], "broke off"
    assert pages_after(4, Outcome.OK, b"a0", b"c1") == [b"a0", b"c1"], "one page as before, one new"
    assert pages_after(5, None, b"d0") == [b"a0", b"c1"], "killed"
    assert pages_after(6, Outcome.OK, b"d0", b"d1", b"d2") == [b"d0", b"d1", b"d2"]
    assert pages_after(7, Outcome.PARTIAL, b"e0", b"e1", b"e2") == [b"e0", b"e1", b"e2"], (
        "all pages, some entries refused"
    )
    assert pages_after(8, Outcome.EMPTY, b"[]") == [b"[]"]
    assert store.snapshots("huggingface", DAY + timedelta(days=1)) == []
    assert store.snapshots("arxiv", DAY) == []


def test_replaying_a_day_is_no_fetch(store: Store) -> None:
    store.add(snapshot=page(b"a"), attempt=attempt())
    store.add(snapshot=page(b"a"), attempt=attempt(message="replayed"))
    assert [snapshot.body for snapshot in store.snapshots("huggingface", DAY)] == [b"a"]
    assert len(store.attempts(DAY)) == 2


def test_days_are_those_with_sightings_or_attempts(store: Store) -> None:
    assert store.days() == []
    store.add(
        source="huggingface",
        papers=[PAPER, OTHER],
        sightings=[sighting(), sighting(rank=2), sighting(paper=OTHER.id)],
        attempt=attempt(Outcome.EMPTY, day=DAY - timedelta(days=3)),
    )
    assert store.days() == [(DAY - timedelta(days=3), 0), (DAY, 2)]


def test_health_tells_of_each_source_how_it_has_been_doing(store: Store) -> None:
    later = NOON + timedelta(days=1)
    store.add(source="catalogue", papers=[PAPER], sightings=[sighting(source="catalogue"), sighting()])
    store.add(attempt=attempt(Outcome.FAILED, at=later, message="HTTP 503", day=DAY + timedelta(days=1)))
    store.add(attempt=attempt(Outcome.OK, at=NOON, unknown_fields={"paper.new": 2}))
    store.add(attempt=attempt(Outcome.OK, at=NOON - timedelta(days=9), unknown_fields={"paper.new": 1, "x": 1}))
    catalogue, live = store.health()
    assert (catalogue.name, catalogue.last_outcome, catalogue.latest_day) == ("catalogue", None, DAY)
    assert (live.name, live.last_success, live.last_attempt) == ("huggingface", NOON, later)
    assert (live.last_outcome, live.last_message) == (Outcome.FAILED, "HTTP 503")
    assert live.lag(DAY + timedelta(days=4)) == 4
    assert live.unknown_fields == {"paper.new": 3, "x": 1}
    assert store.health(attempts=2)[1].unknown_fields == {"paper.new": 2}
