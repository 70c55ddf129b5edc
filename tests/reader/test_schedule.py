"""When a day is due, with clocks that jump, machines that sleep, and watches that are started again."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.reader.schedule import MOST_TRIES, PAUSE, Progress, Schedule, Watch, parse_time, read_progress

SEOUL, NEW_YORK, BERLIN = (ZoneInfo(name) for name in ("Asia/Seoul", "America/New_York", "Europe/Berlin"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_day_is_due_at_her_own_hour() -> None:
    seoul = Schedule(time(8), SEOUL)
    assert seoul.last_due(at("2025-02-25 22:59")) == date(2025, 2, 25)
    assert seoul.last_due(at("2025-02-25 23:00")) == date(2025, 2, 26)
    assert seoul.next_due(at("2025-02-25 23:00")) == at("2025-02-26 23:00")


def test_daylight_saving_moves_the_hour_along() -> None:
    new_york = Schedule(time(8), NEW_YORK)
    assert [new_york.moment(date(2025, 3, day)) for day in (8, 9)] == [at("2025-03-08 13:00"), at("2025-03-09 12:00")]


def test_an_hour_that_does_not_exist_is_as_much_later() -> None:
    berlin = Schedule(time(2, 30), BERLIN)
    gap = date(2025, 3, 30)
    assert berlin.moment(gap) == at("2025-03-30 01:30")
    assert berlin.moment(gap).astimezone(BERLIN).time() == time(3, 30)
    assert berlin.last_due(at("2025-03-30 01:29")) == gap - timedelta(days=1)
    assert berlin.last_due(at("2025-03-30 01:30")) == gap


def test_an_hour_that_comes_twice_counts_the_first_time() -> None:
    berlin = Schedule(time(2, 30), BERLIN)
    twice = date(2025, 10, 26)
    assert berlin.moment(twice) == at("2025-10-26 00:30")
    assert berlin.last_due(at("2025-10-26 01:30")) == twice
    assert berlin.next_due(at("2025-10-26 01:30")) == at("2025-10-27 01:30")


ZONES = st.sampled_from(["Asia/Seoul", "America/New_York", "Pacific/Apia", "Pacific/Kiritimati", "Australia/Lord_Howe"])


@given(ZONES, st.times(timezones=st.none()), st.integers(0, 35 * 365 * 24 * 60))
def test_the_last_that_was_due_is_the_last(zone: str, hour: time, minutes: int) -> None:
    schedule = Schedule(hour.replace(second=0, microsecond=0), ZoneInfo(zone))
    moment = at("2000-01-01") + timedelta(minutes=minutes)
    day = schedule.last_due(moment)
    assert schedule.moment(day) <= moment < schedule.moment(day + timedelta(days=1)) == schedule.next_due(moment)


def test_without_a_zone_it_is_the_systems() -> None:
    now = datetime.now(UTC)
    here = Schedule(time(8), None)
    assert here.moment(here.last_due(now)) <= now < here.next_due(now)
    assert here.moment(date(2025, 2, 26)).astimezone().time() == time(8)


class Clock:
    """A clock on the wall that is set by hand, and steps that fail when told to."""

    def __init__(self, folder: Path, now: str, *steps: str) -> None:
        self.now = at(now)
        self.done: list[tuple[str, str]] = []
        self.fails: set[str] = set()
        self.steps = steps or ("collect", "mail")
        self.file = folder / "watch.json"

    def watch(self) -> Watch:
        """A watch that was just started."""
        return Watch(Schedule(time(8), SEOUL), self.steps, self.file, self._run, lambda: self.now)

    def _run(self, step: str, due: date, before: date | None) -> bool:
        self.done.append((step, f"{before}..{due}"))
        return step not in self.fails


@pytest.fixture
def clock(tmp_path: Path) -> Clock:
    return Clock(tmp_path, "2025-02-26 00:00")


def do(watch: Watch, *, patient: bool = True) -> list[str]:
    return list(watch.do_what_is_due(is_patient=patient))


def test_each_day_is_done_once_over_all_restarts(clock: Clock) -> None:
    assert do(clock.watch()) == ["collect", "mail"]
    assert do(clock.watch()) == []
    assert clock.watch().next_moment() == at("2025-02-26 23:00")
    clock.now = at("2025-02-26 23:00")
    assert do(clock.watch()) == ["collect", "mail"]
    assert clock.done[-1] == ("mail", "2025-02-26..2025-02-27")


def test_after_a_long_sleep_only_the_last_is_done(clock: Clock) -> None:
    watch = clock.watch()
    do(watch)
    clock.now += timedelta(days=10)
    assert do(watch) == ["collect", "mail"]
    assert clock.done[2:] == [("collect", "2025-02-26..2025-03-08"), ("mail", "2025-02-26..2025-03-08")]
    assert do(watch) == []


def test_a_clock_that_is_set_back_makes_nothing_due_again(clock: Clock) -> None:
    do(clock.watch())
    clock.now -= timedelta(days=2)
    assert do(clock.watch()) == []
    clock.now += timedelta(days=3)
    assert do(clock.watch()) == ["collect", "mail"]


def test_what_was_done_before_a_kill_is_not_done_again(clock: Clock) -> None:
    watch = clock.watch()

    def killed(step: str, due: date, before: date | None) -> bool:
        if step == "mail":
            raise KeyboardInterrupt
        return True

    watch.run = killed
    with pytest.raises(KeyboardInterrupt):
        do(watch)
    assert do(clock.watch()) == ["mail"]


def test_what_fails_is_tried_again_and_what_follows_waits(clock: Clock) -> None:
    clock.fails = {"collect"}
    watch = clock.watch()
    assert do(watch) == ["collect"]
    assert watch.next_moment() == clock.now + PAUSE
    clock.now += PAUSE
    clock.fails = set()
    assert do(clock.watch()) == ["collect", "mail"]
    assert watch.next_moment() == at("2025-02-26 23:00")


def test_in_the_last_try_everything_is_done_and_then_it_is_given_up(clock: Clock) -> None:
    clock.fails = {"collect"}
    tries = []
    for _ in range(MOST_TRIES + 2):
        tries.append(do(clock.watch()))
        clock.now += PAUSE
    assert tries == [*[["collect"]] * (MOST_TRIES - 1), ["collect", "mail"], [], []]
    assert clock.watch().next_moment() == at("2025-02-26 23:00")
    clock.now = at("2025-02-26 23:00")
    assert do(clock.watch()) == ["collect"], "a new day, new tries"


def test_whoever_comes_only_now_and_then_waits_for_nothing(clock: Clock) -> None:
    clock.fails = {"collect"}
    assert clock.watch().do_what_is_due(is_patient=False) == {"collect": False, "mail": True}
    assert do(clock.watch(), patient=False) == ["collect"]


def test_asked_to_stop_it_leaves_the_rest_for_later(clock: Clock) -> None:
    results = clock.watch().do_what_is_due(is_patient=True, stop=lambda: len(clock.done) == 1)
    assert list(results) == ["collect"]
    assert do(clock.watch()) == ["mail"]


def test_a_step_that_is_added_is_done_the_same_day(clock: Clock) -> None:
    do(clock.watch())
    clock.steps = (*clock.steps, "post --to team")
    assert do(clock.watch()) == ["post --to team"]


def test_progress_that_cannot_be_read_is_named(clock: Clock) -> None:
    clock.file.write_text("{")
    with pytest.raises(ValueError, match=r"watch\.json: .*delete it to start anew"):
        do(clock.watch())
    clock.file.write_text(Progress(day=date(2025, 2, 26), done=("collect",)).model_dump_json())
    assert read_progress(clock.file) == Progress(day=date(2025, 2, 26), done=("collect",))
    assert do(clock.watch()) == ["mail"]


@pytest.mark.parametrize(("text", "read"), [("08:00", time(8)), (" 7:05 ", time(7, 5)), ("23:59", time(23, 59))])
def test_a_time_of_day(text: str, read: time) -> None:
    assert parse_time(text) == read


@pytest.mark.parametrize("text", ["", "8", "24:00", "08:60", "8 am", "08:00:00", "٠٨:٠٠", "-1:00"])
def test_what_is_no_time_of_day(text: str) -> None:
    with pytest.raises(ValueError, match="not a time of day"):
        parse_time(text)
