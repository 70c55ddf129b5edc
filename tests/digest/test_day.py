"""A day is made of its sightings, has the right state, and does not depend on the order of their arrival."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.digest.day import assemble
from assay.papers.announcements import announcement_of
from assay.papers.models import (
    Attempt,
    Claim,
    Day,
    DayState,
    Origin,
    Outcome,
    Paper,
    Parts,
    Sighting,
    Summary,
    closing_time,
)

DAY = date(2099, 12, 2)  # a Wednesday
OPEN = datetime(2099, 12, 2, 8, tzinfo=UTC)
CLOSED = closing_time(DAY) + timedelta(hours=1)


def sighting(
    paper: str,
    *,
    at: datetime | None = OPEN,
    rank: int | None = 1,
    votes: int | None = None,
    source: str = "huggingface",
) -> Sighting:
    return Sighting(paper=paper, source=source, day=DAY, rank=rank, votes=votes, seen_at=at)


def attempt(outcome: Outcome, *, at: datetime = OPEN, message: str = "", source: str = "huggingface") -> Attempt:
    return Attempt(source=source, day=DAY, at=at, outcome=outcome, message=message)


def day(
    sightings: Sequence[Sighting] = (),
    *,
    attempts: Sequence[Attempt] = (),
    now: datetime = CLOSED,
    on: date = DAY,
    summaries: Sequence[Summary] = (),
    abstract: str = "",
) -> Day:
    ids = {sighting.paper for sighting in sightings}
    return assemble(
        on,
        papers={key: Paper(id=key, title=f"Paper {key}", abstract=abstract) for key in ids},
        sightings=sightings,
        summaries={key: [s for s in summaries if s.paper == key] for key in ids},
        claims={},
        attempts=attempts,
        now=now,
    )


A, B, C = "9912.00001", "9912.00002", "9912.00003"


def test_the_union_of_two_captures_in_the_order_of_votes() -> None:
    morning = [sighting(A, rank=1, votes=5), sighting(B, rank=2, votes=3)]
    evening = [
        sighting(C, rank=1, votes=9, at=OPEN + timedelta(hours=8)),
        sighting(B, rank=2, votes=6),
        sighting(A, rank=3, votes=5),
    ]
    result = day(morning + evening)
    assert [(p.id, p.rank, p.votes) for p in result.papers] == [(C, 1, 9), (B, 2, 6), (A, 3, 5)]
    assert result.as_of == OPEN + timedelta(hours=8)
    assert result.papers[2].first_seen == OPEN


def test_zero_votes_are_not_unknown_votes() -> None:
    result = day([sighting(A, votes=0), sighting(B, votes=None, rank=1)])
    assert [(p.id, p.votes) for p in result.papers] == [(A, 0), (B, None)]


@given(
    st.permutations(
        [sighting(A, votes=5), sighting(A, votes=7, source="x"), sighting(B, votes=7, rank=2), sighting(C, rank=3)]
    )
)
def test_the_order_of_arrival_does_not_matter(sightings: list[Sighting]) -> None:
    assert day(sightings) == day(sorted(sightings, key=str))


def test_open_until_noon_of_the_next_day() -> None:
    before, after = closing_time(DAY) - timedelta(minutes=1), closing_time(DAY)
    assert closing_time(DAY) == datetime(2099, 12, 3, 12, tzinfo=UTC)
    assert day([sighting(A)], now=before).state is DayState.PROVISIONAL
    assert day([sighting(A, at=after)], now=after).state is DayState.CLOSED


def test_a_closed_day_says_when_it_was_last_read_before_its_close() -> None:
    result = day([sighting(A)])
    assert result.state is DayState.CLOSED
    assert "papers added later may be missing" in result.reason
    assert day([sighting(A, at=CLOSED)]).reason == ""


def test_a_paper_listed_after_the_close_is_added_since() -> None:
    result = day([sighting(A), sighting(B, at=CLOSED)])
    assert {p.id: p.added_since for p in result.papers} == {A: False, B: True}


def test_a_day_first_read_after_its_close_has_nothing_added_since() -> None:
    assert not any(p.added_since for p in day([sighting(A, at=CLOSED), sighting(B, at=CLOSED)]).papers)


@pytest.mark.parametrize(
    ("on", "attempts", "now", "state", "reason"),
    [
        (DAY, [], CLOSED, DayState.UNCOLLECTED, "`assay collect 2099-12-02` reads them"),
        (date(2099, 12, 5), [], CLOSED, DayState.WEEKEND, "a Saturday"),
        (date(2098, 12, 25), [], CLOSED, DayState.HOLIDAY, "Christmas"),
        (DAY, [attempt(Outcome.EMPTY)], OPEN, DayState.LATE, "nothing is listed yet"),
        (DAY, [attempt(Outcome.EMPTY)], CLOSED, DayState.STALE_SOURCE, "huggingface answered with an empty list"),
        (DAY, [attempt(Outcome.FAILED, message="it hung")], CLOSED, DayState.BROKEN, "it hung"),
        (date(2099, 12, 5), [attempt(Outcome.FAILED, message="it hung")], CLOSED, DayState.BROKEN, "it hung"),
        (
            DAY,
            [attempt(Outcome.FAILED), attempt(Outcome.EMPTY, at=OPEN + timedelta(hours=1))],
            OPEN + timedelta(hours=2),
            DayState.LATE,
            "nothing is listed yet",
        ),
    ],
)
def test_an_empty_day_says_which_kind_of_empty(
    on: date, attempts: list[Attempt], now: datetime, state: DayState, reason: str
) -> None:
    result = day(attempts=attempts, now=now, on=on)
    assert result.state is state
    assert reason in result.reason


def test_a_source_that_broke_off_makes_the_day_partial_until_it_is_read_again() -> None:
    broke = attempt(Outcome.PARTIAL, message="page 2 was cut off")
    result = day([sighting(A)], attempts=[broke])
    assert (result.state, result.reason) == (DayState.PARTIAL, "huggingface: page 2 was cut off")
    again = attempt(Outcome.OK, at=OPEN + timedelta(hours=1))
    assert day([sighting(A)], attempts=[broke, again]).state is DayState.CLOSED


THANKSGIVING = date(2026, 11, 26)
AFTER_THANKSGIVING = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("on", "source", "now", "state", "reason"),
    [
        # Friday's list appeared on Thursday evening: on Saturday it is neither late nor stale, but empty for a reason.
        (
            AFTER_THANKSGIVING,
            "arxiv",
            "2026-11-28 08:00",
            DayState.HOLIDAY,
            "in the evening of 2026-11-26, Thanksgiving",
        ),
        (AFTER_THANKSGIVING, "huggingface", "2026-11-28 08:00", DayState.HOLIDAY, "2026-11-26, Thanksgiving"),
        (THANKSGIVING, "arxiv", "2026-11-26 08:00", DayState.LATE, "nothing is listed yet"),
        (THANKSGIVING, "arxiv", "2026-11-25 23:00", DayState.LATE, "arXiv announces it at 2026-11-26 01:00 UTC"),
        (THANKSGIVING, "arxiv", "2026-11-27 13:00", DayState.STALE_SOURCE, "arxiv answered with an empty list"),
        (
            AFTER_THANKSGIVING,
            "arxiv",
            "2026-11-27 13:00",
            DayState.HOLIDAY,
            "arXiv's next list appears at 2026-11-30 01:00 UTC",
        ),
        (
            date(2026, 11, 29),
            "arxiv",
            "2026-11-29 13:00",
            DayState.WEEKEND,
            "a Sunday; arXiv's next list appears at 2026-11-30",
        ),
        (date(2026, 11, 22), "arxiv", "2026-11-29 13:00", DayState.WEEKEND, "nothing is listed on a Sunday"),
        (date(2026, 12, 25), "arxiv", "2026-12-25 08:00", DayState.LATE, "nothing is listed yet"),
        (date(2026, 12, 25), "huggingface", "2026-12-25 08:00", DayState.HOLIDAY, "Christmas Day"),
    ],
)
def test_an_empty_day_follows_arxivs_calendar(on: date, source: str, now: str, state: DayState, reason: str) -> None:
    moment = datetime.fromisoformat(f"{now}+00:00")
    result = day(attempts=[attempt(Outcome.EMPTY, at=moment, source=source)], now=moment, on=on)
    assert result.state is state
    assert reason in result.reason


def test_a_day_is_not_closed_before_its_announcement() -> None:
    for number in range(366):
        announcement = announcement_of(date(2026, 1, 1) + timedelta(days=number))
        assert announcement is None or closing_time(announcement.day) - announcement.appears > timedelta(hours=30)


def test_what_comes_after_a_first_look_at_a_closed_day_is_added_since() -> None:
    looks = [attempt(Outcome.OK, at=CLOSED, source="arxiv"), attempt(Outcome.OK, at=CLOSED + timedelta(days=1))]
    later = CLOSED + timedelta(hours=2)
    result = day(
        [
            sighting(A, at=CLOSED, source="arxiv"),
            sighting(A, at=later, source="arxiv"),
            sighting(B, at=later, source="arxiv"),
            sighting(C, at=later),
        ],
        attempts=looks,
        now=later,
    )
    assert {paper.id: paper.added_since for paper in result.papers} == {A: False, B: True, C: False}


def test_the_pages_of_one_look_are_not_added_since_one_another() -> None:
    result = day(
        [sighting(A, at=CLOSED), sighting(B, at=CLOSED + timedelta(seconds=3))],
        attempts=[attempt(Outcome.OK, at=CLOSED + timedelta(seconds=3))],
        now=CLOSED + timedelta(hours=1),
    )
    assert not any(paper.added_since for paper in result.papers)


def test_a_busy_source_leaves_the_day_as_it_was() -> None:
    read = attempt(Outcome.OK)
    sent_away = attempt(Outcome.BUSY, at=CLOSED, message="come back in an hour")
    assert day([sighting(A)], attempts=[read, sent_away]) == day([sighting(A)], attempts=[read])
    assert day(attempts=[attempt(Outcome.EMPTY), sent_away]) == day(attempts=[attempt(Outcome.EMPTY)])


def test_each_language_shows_its_most_trustworthy_summary() -> None:
    def summary(origin: Origin, **texts: str) -> Summary:
        languages = {language: Parts(one_line=text) for language, text in texts.items()}
        return Summary(paper=A, origin=origin, source="test", languages=languages)

    result = day(
        [sighting(A)],
        summaries=[
            summary(Origin.DIGEST, en="from a digest", ko="다이제스트"),
            summary(Origin.MODEL, en="from a model"),
        ],
        abstract="We introduce ToyNet, a network. It is 3% better.",
    ).papers[0]
    assert (result.summary["en"].one_line, result.summary_origin["en"]) == ("from a model", Origin.MODEL)
    assert (result.summary["ko"].one_line, result.summary_origin["ko"]) == ("다이제스트", Origin.DIGEST)


def test_a_paper_nobody_summarised_gets_sentences_of_its_abstract() -> None:
    abstract = "Models are slow. We introduce ToyNet, a faster network. ToyNet is 3x faster than BaseNet on ToyBench."
    result = day([sighting(A)], abstract=abstract).papers[0]
    assert result.summary_origin["en"] is Origin.EXTRACTIVE
    assert "We introduce ToyNet, a faster network." in result.summary["en"].text()


def test_a_claims_unit_fits_its_kind() -> None:
    with pytest.raises(ValueError, match="kind 'times' has unit x, not '%'"):
        Claim(key="speed", value=2.0, unit="%", kind="times", metric="speed", source="abstract")
    with pytest.raises(ValueError, match=r"low end to its high end, not 5\.0 to 2\.0"):
        Claim(key="speed", value=(5.0, 2.0), unit="x", kind="times", metric="speed", source="abstract")


def test_a_source_that_failed_is_not_hidden_behind_an_empty_one() -> None:
    attempts = [attempt(Outcome.FAILED, message="it hung"), attempt(Outcome.EMPTY, source="arxiv")]
    for on in (DAY, date(2099, 12, 5)):
        result = day(attempts=attempts, now=OPEN, on=on)
        assert (result.state, result.reason) == (DayState.BROKEN, "huggingface: it hung")


def test_a_listing_without_a_time_proves_nothing_about_when_the_day_was_read() -> None:
    result = day([sighting(A, at=None, source="catalogue"), sighting(B, at=CLOSED)])
    assert not any(paper.added_since for paper in result.papers)


def test_a_recording_without_a_time_does_not_mend_what_broke() -> None:
    broke = attempt(Outcome.PARTIAL, message="page 2 was cut off")
    attempt_without_time = Attempt(source="huggingface", day=DAY, at=None, outcome=Outcome.OK)
    assert day([sighting(A)], attempts=[broke, attempt_without_time]).state is DayState.PARTIAL


def test_a_day_that_no_source_was_read_for_says_so() -> None:
    assert "no source was read" in day([sighting(A, at=None, source="catalogue")]).reason


def test_the_last_day_of_the_calendar_closes_too() -> None:
    assert day(on=date.max, now=CLOSED).state is DayState.UNCOLLECTED
