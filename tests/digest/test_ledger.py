"""The ledger is brought up to date in batches that survive an interruption; a new version's changes are reported."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from assay.claims import extract as extraction
from assay.digest import ledger
from assay.digest.day import read_day, read_dossier
from assay.digest.extracting import passages_of
from assay.digest.ledger import bring_up_to_date, read_errata
from assay.fulltext import FullText, Section
from assay.papers.findings import State
from assay.papers.models import Claim, Origin, OtherValue, Paper, Parts, Sighting, Summary
from assay.store import ClaimQuery, Store, open_store

DAY = date(2099, 12, 2)
NOON = datetime(2099, 12, 2, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "assay.db") as database:
        yield database


def paper(number: int, speed: str = "2.5x", **changes: object) -> Paper:
    text = f"We present Gullwing. Gullwing is {speed} faster than dense attention on ToyBench."
    fields = {"id": f"9912.{number}", "title": f"Gullwing {number}", "abstract": text}
    return Paper.model_validate(fields | changes)


def sighting(number: int, *, at: datetime = NOON, source: str = "arxiv") -> Sighting:
    return Sighting(paper=f"9912.{number}", source=source, day=DAY, rank=1, seen_at=at)


def speeds(store: Store) -> dict[str, float]:
    return {line.paper: line.claim.ends[-1] for line in store.ledger(ClaimQuery(unit="x", metric="speed"))}


def test_claims_are_extracted_once_and_anew_when_a_text_changes(store: Store) -> None:
    store.add(source="arxiv", papers=[paper(99901), paper(99902, "4x")])
    progress: list[tuple[int, int]] = []
    assert bring_up_to_date(store, lambda done, total: progress.append((done, total))) == 2
    assert progress == [(2, 2)]
    assert speeds(store) == {"9912.99901": 2.5, "9912.99902": 4}
    assert {line.origin for line in store.ledger()} == {"extracted"}
    assert bring_up_to_date(store) == 0

    store.add(source="arxiv", papers=[paper(99901, "3x", version=2)])
    assert bring_up_to_date(store) == 1
    assert speeds(store) == {"9912.99901": 3, "9912.99902": 4}


def test_new_rules_read_every_paper_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add(source="arxiv", papers=[paper(99901), paper(99902)])
    bring_up_to_date(store)
    monkeypatch.setattr(extraction, "EDITION", extraction.EDITION + 1)
    assert bring_up_to_date(store) == 2


def test_an_interruption_loses_one_batch_at_most(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.add(source="arxiv", papers=[paper(number) for number in range(99900, 99907)])
    monkeypatch.setattr(ledger, "_BATCH", 3)

    def interrupt(done: int, total: int) -> None:
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring_up_to_date(store, interrupt)
    assert len(speeds(store)) == 6
    assert bring_up_to_date(store) == 1
    assert len(speeds(store)) == 7


def test_a_full_text_is_read_too(store: Store) -> None:
    store.add(source="arxiv", papers=[paper(99901)])
    bring_up_to_date(store)
    section = Section(heading="Results", level=1, text="Gullwing reaches an accuracy of 71.3% on OtherBench.")
    text = FullText(paper="9912.99901", version=1, form="html", sections=(section,))
    store.keep_fulltext("9912.99901", version=1, form="html", record=text.model_dump_json(), fetched_at=NOON)
    assert bring_up_to_date(store) == 1
    sources = {line.claim.ends[0]: line.claim.source for line in store.ledger()}
    assert sources == {2.5: "abstract", 71.3: "paper"}


def test_a_claim_of_the_full_text_alone_says_which_version_was_read(store: Store) -> None:
    store.add(source="arxiv", papers=[paper(99901, version=1)])
    section = Section(heading="Results", level=1, text="Gullwing reaches an accuracy of 91.5% on LakeBench.")
    text = FullText(paper="9912.99901", version=1, form="html", sections=(section,))
    store.keep_fulltext("9912.99901", version=1, form="html", record=text.model_dump_json(), fetched_at=NOON)
    store.add(source="arxiv", papers=[paper(99901, "3x", version=2)])
    bring_up_to_date(store)
    claims = {line.claim.ends[-1]: line.claim for line in store.ledger()}
    assert (claims[91.5].source, claims[91.5].text_version) == ("paper", 1)
    assert claims[3].text_version is None


def test_a_full_text_in_a_form_of_another_version_is_as_none(store: Store) -> None:
    store.add(source="arxiv", papers=[paper(99901)])
    store.keep_fulltext("9912.99901", version=1, form="html", record='{"chapters": []}', fetched_at=NOON)
    fulltext = store.fulltext("9912.99901")
    assert fulltext is not None
    assert passages_of(fulltext) == ()
    assert bring_up_to_date(store) == 1


def test_what_a_new_version_claims_otherwise_is_told_with_version_and_day(store: Store) -> None:
    hours = [NOON.replace(day=day) for day in (2, 4, 6)]
    store.add(
        source="digest-table", papers=[paper(99901, abstract="")], sightings=[sighting(99901, source="digest-table")]
    )
    for version, (speed, at) in enumerate(zip(("2.5x", "2.5x", "2.2x"), hours, strict=True), 1):
        version_read = paper(99901, speed, version=version, title=f"Gullwing, version {version}")
        store.add(source="arxiv", papers=[version_read], sightings=[sighting(99901, at=at)])
    (erratum,) = read_errata(store).changes
    assert (erratum.paper, erratum.version, erratum.seen) == ("9912.99901", 3, date(2099, 12, 6))
    (change,) = erratum.changes
    assert change.before is not None
    assert change.after is not None
    assert (change.what, change.before.value, change.after.value) == ("changed", 2.5, 2.2)
    assert read_errata(store, since=date(2099, 12, 6)).changes == (erratum,)
    assert read_errata(store, since=date(2099, 12, 7)).changes == ()
    assert read_errata(store, paper="9912.99902").changes == ()


def test_recorded_claims_that_sources_disagree_on_are_told(store: Store) -> None:
    other = OtherValue(value=3, source="digest")
    claim_in_conflict = Claim(
        key="speed", value=2.5, unit="x", kind="times", metric="speed", source="abstract", conflicts=(other,)
    )
    store.add(
        source="catalogue",
        papers=[paper(99901)],
        sightings=[sighting(99901)],
        claims={
            "9912.99901": [claim_in_conflict, claim_in_conflict.model_copy(update={"key": "agreed", "conflicts": ()})]
        },
    )
    assert [(conflict.day, conflict.claim) for conflict in read_errata(store).conflicts] == [(DAY, claim_in_conflict)]
    assert read_errata(store, since=date(2099, 12, 3)).conflicts == ()


def test_summaries_of_a_day_and_of_a_paper_are_checked_but_not_extractive_ones(store: Store) -> None:
    summary = Summary(
        paper="9912.99901",
        origin=Origin.MODEL,
        source="m",
        languages={"en": Parts(result="It is 2.5x faster."), "ko": Parts(result="7.5배 빠르다.")},
    )
    store.add(
        source="arxiv",
        papers=[paper(99901), paper(99902)],
        sightings=[sighting(99901), sighting(99902)],
        summaries=[summary],
    )
    day = read_day(store, DAY, now=NOON)
    by_id = {day_paper.id: day_paper for day_paper in day.papers}
    states = {key: [finding.state for finding in check.figures] for key, check in by_id["9912.99901"].checks.items()}
    assert states["en"] == [State.SUPPORTED]
    assert states["ko"][0] in {State.UNSUPPORTED, State.CONTRADICTED}
    assert by_id["9912.99902"].checks == {}
    dossier = read_dossier(store, "9912.99901")
    assert dossier is not None
    assert dossier.checks == by_id["9912.99901"].checks
    for languages, expected in ((("en",), {"en"}), (("ko", "ja"), {"ko"}), (("ja",), {"en"}), ((), set())):
        papers = {day_paper.id: day_paper for day_paper in read_day(store, DAY, now=NOON, languages=languages).papers}
        assert papers["9912.99901"].checks.keys() == expected, languages


def test_the_full_text_supports_what_the_abstract_lacks(store: Store) -> None:
    summary = Summary(
        paper="9912.99901",
        origin=Origin.MODEL,
        source="m",
        languages={"en": Parts(result="Gullwing reaches an accuracy of 71.3% on OtherBench.")},
    )
    store.add(source="arxiv", papers=[paper(99901)], sightings=[sighting(99901)], summaries=[summary])

    def state() -> State:
        return read_day(store, DAY, now=NOON).papers[0].checks["en"].figures[0].state

    assert state() is State.UNSUPPORTED
    section = Section(heading="Results", level=1, text="Gullwing reaches an accuracy of 71.3% on OtherBench.")
    text = FullText(paper="9912.99901", version=1, form="html", sections=(section,))
    store.keep_fulltext("9912.99901", version=1, form="html", record=text.model_dump_json(), fetched_at=NOON)
    assert state() is State.SUPPORTED
    dossier = read_dossier(store, "9912.99901")
    assert dossier is not None
    assert dossier.checks["en"].figures[0].place is not None
    assert dossier.checks["en"].figures[0].place.part == "Results"
