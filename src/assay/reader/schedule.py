"""When a reader's day is due, and what of it is done: once a day, whatever clocks, sleep and restarts do.

The day is due at her hour by the clock on her wall. It has a date, not a number of seconds since the last: after a
night of any length, a week's sleep, or a flight, the last day that is due is done, once. Where the clock jumps over her
hour it is due as much later, and where the hour comes twice, the first time.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from assay.papers.faults import first_fault
from assay.papers.files import write_whole
from assay.papers.models import Noun

MOST_TRIES = 6
PAUSE = timedelta(minutes=10)
"""What fails is tried again so often, and so much later."""


@dataclass(frozen=True)
class Schedule:
    """At which time of the day."""

    at: time
    zone: ZoneInfo | None
    """``None`` for the system's."""

    def moment(self, day: date) -> datetime:
        """When that day is due, in UTC."""
        wall = datetime.combine(day, self.at)
        # Without a zone, it is the system's; both take the first of two hours, and the offset before a gap.
        return (wall.replace(tzinfo=self.zone) if self.zone else wall).astimezone(UTC)

    def last_due(self, now: datetime) -> date:
        """The last day that is due at a moment."""
        day = self._day(now)
        return next(each for each in (day + _DAY, day, day - _DAY, day - 2 * _DAY) if self.moment(each) <= now)

    def next_due(self, now: datetime) -> datetime:
        """When the next day will be due."""
        return self.moment(self.last_due(now) + _DAY)

    def _day(self, now: datetime) -> date:
        return now.astimezone(self.zone).date()


class Progress(Noun):
    """What was done of the last day that was due."""

    day: date
    done: tuple[str, ...] = ()
    """The steps that went well."""
    tries: int = 0
    before: date | None = None
    """The day that was due before it."""


def read_progress(file: Path) -> Progress | None:
    """What was done, as it was written; ``None`` if nothing ever was.

    Raises:
        ValueError: if the file does not say.
    """
    if not file.exists():
        return None
    try:
        return Progress.model_validate_json(file.read_bytes())
    except ValidationError as error:
        raise ValueError(f"{file}: {first_fault(error)} (delete it to start anew)") from error


@dataclass
class Watch:
    """Does the steps of each day when they are due.

    Args:
        schedule: when.
        steps: what, in their order.
        file: where progress is kept.
        run: does a step of a day, of which the day before was done on such a date, and says whether it went well.
        now: the clock on the wall, with a time zone.
    """

    schedule: Schedule
    steps: Sequence[str]
    file: Path
    run: Callable[[str, date, date | None], bool]
    now: Callable[[], datetime]

    def do_what_is_due(self, *, is_patient: bool, stop: Callable[[], bool] = lambda: False) -> dict[str, bool]:
        """Do the steps that are due and not done. Returns which, and whether each went well.

        Args:
            is_patient: what comes after a step that failed waits for the next try, until the last.
            stop: asked before each step whether to leave it for another time.
        """
        progress = self._progress()
        results: dict[str, bool] = {}
        if progress.tries >= MOST_TRIES:
            return results
        is_last = progress.tries + 1 >= MOST_TRIES
        for step in self._left(progress):
            if stop():
                return results
            results[step] = self.run(step, progress.day, progress.before)
            if results[step]:
                progress = progress.model_copy(update={"done": (*progress.done, step)})
                self._keep(progress)
            elif is_patient and not is_last:
                break
        if results:
            self._keep(progress.model_copy(update={"tries": progress.tries + 1}))
        return results

    def next_moment(self) -> datetime:
        """When there may be something to do again."""
        now, progress = self.now(), self._progress()
        later = self.schedule.next_due(now)
        return min(now + PAUSE, later) if progress.tries < MOST_TRIES and self._left(progress) else later

    def _progress(self) -> Progress:
        """What is done of the day that is due now."""
        day, known = self.schedule.last_due(self.now()), read_progress(self.file)
        if known is None:
            return Progress(day=day)
        # A clock that was set back, or a flight westwards, makes no day due a second time.
        return known if known.day >= day else Progress(day=day, before=known.day)

    def _left(self, progress: Progress) -> list[str]:
        return [step for step in self.steps if step not in progress.done]

    def _keep(self, progress: Progress) -> None:
        write_whole(self.file, progress.model_dump_json() + "\n")


def parse_time(text: str) -> time:
    """A time of day as people write it: ``08:00``.

    Raises:
        ValueError: if it is none.
    """
    match = re.fullmatch(r"(\d{1,2}):(\d\d)", text.strip(), re.ASCII)
    if match is None or int(match[1]) > 23 or int(match[2]) > 59:
        raise ValueError(f"not a time of day: {text!r} (write 08:00)")
    return time(int(match[1]), int(match[2]))


_DAY = timedelta(days=1)
