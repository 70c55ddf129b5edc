"""The ledger finds claims by figure, words and day; recorded claims always count before extracted ones."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from assay.papers.models import Claim, OtherValue, Paper, Sighting
from assay.store import ClaimQuery, Store

DAY = date(2099, 12, 2)
NOON = datetime(2099, 12, 2, 12, tzinfo=UTC)
GULLWING = Paper(id="9912.99901", title="Gullwing", abstract="Gullwing is fast.")
HERON = Paper(id="9912.99902", title="Heron", abstract="Heron is exact.")


def claim(key: str, value: float | tuple[float, float], unit: str = "x", **fields: Any) -> Claim:
    kind = {"x": "times", "%": "absolute", "points": "points"}.get(unit, "count")
    return Claim.model_validate(
        {"key": key, "value": value, "unit": unit, "kind": kind, "metric": "decoding speed", "source": "abstract"}
        | fields
    )


SPEED = claim("speed", (1.5, 3.0), baseline="dense attention kernels", dataset="ToyBench-L")
LATENCY = claim("latency", 4.0, metric="end-to-end latency", better="lower")
ACCURACY = claim("accuracy", 71.3, "%", metric="accuracies of two tasks", dataset="ToyBench", baseline="Heron-7B")
ACCURACY = ACCURACY.model_copy(update={"conflicts": (OtherValue(value=70, source="digest"),)})
LABELS = claim("labels", 4_000, "labels", metric="human labels", quote='what "conflicts": nothing')


@pytest.fixture
def library(store: Store) -> Store:
    store.add(
        source="digest-table",
        papers=[GULLWING, HERON],
        sightings=[
            Sighting(paper=GULLWING.id, source="huggingface", day=DAY, rank=1),
            Sighting(paper=GULLWING.id, source="arxiv", day=DAY - timedelta(days=1), rank=1),
            Sighting(paper=HERON.id, source="huggingface", day=DAY - timedelta(days=9), rank=1),
        ],
        claims={GULLWING.id: [SPEED, LATENCY], HERON.id: [ACCURACY, LABELS]},
    )
    return store


@pytest.mark.parametrize(
    ("query", "keys"),
    [
        (ClaimQuery(), ["speed", "latency", "accuracy", "labels"]),
        (ClaimQuery(paper=HERON.id), ["accuracy", "labels"]),
        (ClaimQuery(unit="X"), ["speed", "latency"]),
        (ClaimQuery(kind="count"), ["labels"]),
        (ClaimQuery(least=2, unit="x"), ["speed", "latency"]),
        (ClaimQuery(least=3.1, unit="x"), ["latency"]),
        (ClaimQuery(most=2, unit="x"), ["speed"]),
        (ClaimQuery(least=3.2, most=3.9), []),
        (ClaimQuery(metric="speed"), ["speed", "latency"]),
        (ClaimQuery(metric="Speed-up"), ["speed", "latency"]),
        (ClaimQuery(metric="FASTER"), ["speed", "latency"]),
        (ClaimQuery(metric="decoding throughput"), ["speed"]),
        (ClaimQuery(metric="decoders"), []),
        (ClaimQuery(metric="accuracy"), ["accuracy"]),
        (ClaimQuery(metric="accuracies"), ["accuracy"]),
        (ClaimQuery(metric="task"), ["accuracy"]),
        (ClaimQuery(metric="tency"), []),
        (ClaimQuery(metric="%"), ["speed", "latency", "accuracy", "labels"]),
        (ClaimQuery(dataset="toybench"), ["speed", "accuracy"]),
        (ClaimQuery(dataset="toybench l"), ["speed"]),
        (ClaimQuery(baseline="kernel"), ["speed"]),
        (ClaimQuery(baseline="heron 7"), ["accuracy"]),
        (ClaimQuery(since=DAY - timedelta(days=1)), ["speed", "latency"]),
        (ClaimQuery(until=DAY - timedelta(days=2)), ["accuracy", "labels"]),
        (ClaimQuery(since=DAY + timedelta(days=1)), []),
        (ClaimQuery(disputed=True), ["accuracy"]),
    ],
)
def test_claims_are_found_by_figure_words_and_day(library: Store, query: ClaimQuery, keys: list[str]) -> None:
    assert [line.claim.key for line in library.ledger(query)] == keys


def test_a_line_of_the_ledger_says_whose_it_is(library: Store) -> None:
    first = library.ledger(limit=1)
    assert [(line.paper, line.title, line.day, line.origin, line.claim) for line in first] == [
        (GULLWING.id, "Gullwing", DAY - timedelta(days=1), "digest", SPEED)
    ]
    assert library.ledger(ClaimQuery(since=DAY))[0].day == DAY


def test_claims_of_withdrawn_papers_are_shown_on_demand_only(library: Store) -> None:
    library.add(source="arxiv", papers=[GULLWING.model_copy(update={"withdrawn": NOON, "updated": NOON, "version": 2})])
    assert {line.paper for line in library.ledger()} == {HERON.id}
    assert library.ledger(ClaimQuery(paper=GULLWING.id)) == []
    lines = library.ledger(ClaimQuery(withdrawn=True))
    assert [(line.claim.key, line.withdrawn) for line in lines] == [
        ("speed", NOON),
        ("latency", NOON),
        ("accuracy", None),
        ("labels", None),
    ]
    taken_back = GULLWING.model_copy(update={"updated": NOON + timedelta(days=1), "version": 3})
    library.add(source="arxiv", papers=[taken_back])
    assert [line.claim.key for line in library.ledger(ClaimQuery(paper=GULLWING.id))] == ["speed", "latency"]


def test_a_claim_of_a_paper_that_no_day_lists_comes_last(library: Store) -> None:
    library.add(source="arxiv", papers=[Paper(id="9912.99909", title="Unlisted")], claims={"9912.99909": [SPEED]})
    assert [line.day for line in library.ledger()][-1] is None
    assert "9912.99909" not in {line.paper for line in library.ledger(ClaimQuery(until=date.max))}


def test_what_we_recorded_is_believed_then_what_was_imported_then_what_was_extracted(library: Store) -> None:
    library.keep_extractions(1, [(GULLWING, None, [LABELS]), (HERON, None, [LABELS])])
    assert library.claims([GULLWING.id]) == {GULLWING.id: (SPEED, LATENCY)}
    library.add(source="catalogue", papers=[GULLWING], claims={GULLWING.id: [ACCURACY]})
    library.add(source="assay", papers=[GULLWING], claims={GULLWING.id: [LATENCY]})
    assert library.claims([GULLWING.id]) == {GULLWING.id: (ACCURACY,)}
    assert [line.origin for line in library.ledger(ClaimQuery(paper=GULLWING.id))] == ["catalogue"]
    library.add(source="catalogue", claims={GULLWING.id: []})
    assert library.claims([GULLWING.id]) == {GULLWING.id: (LATENCY,)}
    library.add(source="assay", claims={GULLWING.id: []})
    assert library.claims([GULLWING.id]) == {GULLWING.id: (LABELS,)}


def test_a_paper_is_read_again_when_its_text_its_full_text_or_the_rules_change(store: Store) -> None:
    store.add(source="huggingface", papers=[GULLWING, HERON])
    assert store.papers_to_extract(1) == [HERON.id, GULLWING.id]
    store.keep_extractions(1, [(GULLWING, None, [SPEED]), (HERON, None, [])])
    assert store.papers_to_extract(1) == []
    assert store.papers_to_extract(2) == [HERON.id, GULLWING.id]

    store.add(source="huggingface", papers=[GULLWING.model_copy(update={"authors": ("Ada Example",)})])
    assert store.papers_to_extract(1) == []
    newer = GULLWING.model_copy(update={"abstract": "Gullwing is 3x faster."})
    store.add(source="huggingface", papers=[newer])
    assert store.papers_to_extract(1) == [GULLWING.id]
    store.keep_extractions(1, [(GULLWING, None, [SPEED])])  # read before the text changed
    assert store.papers_to_extract(1) == [GULLWING.id]
    store.keep_extractions(1, [(newer, None, [SPEED])])
    assert store.papers_to_extract(1) == []

    for version, expected in ((1, True), (2, True), (1, False), (2, True)):
        store.keep_fulltext(GULLWING.id, version=version, form="html", record="{}", fetched_at=NOON)
        assert (store.papers_to_extract(1) == [GULLWING.id]) is expected, version
        store.keep_extractions(1, [(newer, store.fulltext(GULLWING.id), [SPEED])])
        assert store.papers_to_extract(1) == []


def test_the_highest_version_of_a_full_text_counts(store: Store) -> None:
    store.add(source="huggingface", papers=[GULLWING, HERON])
    assert store.fulltext(GULLWING.id) is None
    for version, form, record in ((2, "html", "a"), (2, "source", "b"), (1, "html", "c")):
        store.keep_fulltext(GULLWING.id, version=version, form=form, record=record, fetched_at=NOON)
    fulltext = store.fulltext(GULLWING.id)
    assert fulltext is not None
    assert (fulltext.paper, fulltext.version, fulltext.form, fulltext.record, fulltext.fetched_at) == (
        GULLWING.id,
        2,
        "source",
        "b",
        NOON,
    )
    assert store.fulltexts([GULLWING.id, HERON.id]) == {GULLWING.id: fulltext}
    with pytest.raises(ValueError, match=r"a full text of 9912\.00000, which is not stored"):
        store.keep_fulltext("9912.00000", version=1, form="html", record="{}", fetched_at=NOON)


def test_every_text_that_a_paper_had_is_kept_in_order(store: Store) -> None:
    def hear(source: str, abstract: str, version: int | None = None, *, day: int = 2) -> None:
        paper = GULLWING.model_copy(update={"abstract": abstract, "version": version})
        sighting = Sighting(paper=paper.id, source=source, day=DAY, seen_at=NOON.replace(day=day))
        store.add(source=source, papers=[paper], sightings=[sighting])

    hear("digest-table", "")
    hear("huggingface", "It is 2x faster.", day=3)
    hear("huggingface", "It is 2x faster.", day=4)
    hear("arxiv", "It is 3x faster.", version=2, day=5)
    hear("arxiv", "It is 2x faster.", version=1, day=6)  # an older version is not believed
    hear("huggingface", "It is 4x faster.", day=7)  # nor is a lesser source
    revisions = store.revisions(GULLWING.id)[GULLWING.id]
    assert [(text.version, text.seen[:10], text.abstract) for text in revisions] == [
        (None, "2099-12-02", ""),
        (None, "2099-12-03", "It is 2x faster."),
        (2, "2099-12-05", "It is 3x faster."),
    ]
    store.add(source="arxiv", papers=[HERON])
    assert store.revisions() == {GULLWING.id: revisions}
    assert [text.title for text in store.revisions(HERON.id)[HERON.id]] == ["Heron"]


def test_the_first_claims_are_those_that_come_first_of_all(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few listings are looked at first: papers come back, some stand in no day, and many on one."""
    monkeypatch.setattr("assay.store.ledger._LOOKS", (2, 5))
    papers = [Paper(id=f"9912.{number:05}", title=f"Paper {number}", abstract="") for number in range(30)]
    days = {
        paper.id: [DAY - timedelta(days=(number * 7) % 11 + again * 9) for again in range(number % 3)]
        for number, paper in enumerate(papers)
    }
    claims = {
        paper.id: [claim(f"c{place}", 1.0 + place, metric="speed" if place % 2 else "memory") for place in range(3)]
        for paper in papers
    }
    sightings = [Sighting(paper=key, source="arxiv", day=day, rank=1) for key, listed in days.items() for day in listed]
    store.add(source="digest-table", papers=papers, sightings=sightings, claims=claims)
    for query in (
        ClaimQuery(),
        ClaimQuery(metric="speed"),
        ClaimQuery(least=2.5),
        ClaimQuery(paper=papers[4].id),
        ClaimQuery(since=DAY - timedelta(days=12)),
        ClaimQuery(until=DAY - timedelta(days=4)),
        ClaimQuery(since=DAY - timedelta(days=10), until=DAY - timedelta(days=3), metric="memory"),
        ClaimQuery(metric="nothing"),
    ):
        everything = store.ledger(query)
        for limit in (1, 2, 7, 20, 200):
            assert store.ledger(query, limit) == everything[:limit], (query, limit)


def test_a_query_that_nothing_can_meet_is_refused() -> None:
    assert ClaimQuery(least=2, most=2, since=DAY, until=DAY).check() == ClaimQuery(None, None, None, 2, 2)._replace(
        since=DAY, until=DAY
    )
    with pytest.raises(ValueError, match="at least 3 and at most 2"):
        ClaimQuery(least=3, most=2).check()
    with pytest.raises(ValueError, match="2099-12-02 or later and 2099-12-01 or earlier"):
        ClaimQuery(since=DAY, until=DAY - timedelta(days=1)).check()


def test_what_most_papers_claim_comes_first(library: Store) -> None:
    metrics = library.most_claimed("metric")
    assert metrics[0].papers == 1
    assert ("decoding speed", "times", "x", 1) in [tuple(each) for each in metrics]
    library.add(source="digest-table", papers=[], claims={HERON.id: [SPEED, ACCURACY]})
    assert tuple(library.most_claimed("metric", 1)[0]) == ("decoding speed", "times", "x", 2)
    assert [each.words for each in library.most_claimed("baseline")] == ["dense attention kernels", "Heron-7B"]
    assert {each.words for each in library.most_claimed("dataset")} == {"ToyBench-L", "ToyBench"}
