"""A paper as one line of a day: what it says in short, its best figure, what was measured, and what filters go by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from assay.papers.measurement import Measurement
from assay.papers.models import Claim, Day, DayPaper, Parts
from assay.publish.chips import chips_of
from assay.publish.measurements import headlines
from assay.publish.once import summary_once
from assay.publish.particulars import links

_LEADS = ("one_line", "whats_new", "prose", "performance")


@dataclass(frozen=True)
class DayLine:
    """A paper of a day, as a reader scans it."""

    paper: DayPaper
    lead: str = ""
    """Which part of the summary says in short what it is; empty where there is no summary."""
    figure: Claim | None = None
    """The claim that says most alone; ``None`` where no claim may stand alone."""
    headline: Measurement | None = None
    """The measurement that the paper is known by."""
    measured: int = 0
    """How many of its measurements there are."""
    has_code: bool = False


def day_lines(day: Day, measurements: Mapping[str, Sequence[Measurement]]) -> list[DayLine]:
    """Every paper of a day as a line, in the day's own order."""
    return [day_line(paper, measurements.get(paper.id, ())) for paper in day.papers]


def day_line(paper: DayPaper, measurements: Sequence[Measurement]) -> DayLine:
    """One paper as a line."""
    tested = [each for each in measurements if each.comparison is not None]
    parts = summary_once(paper, "en") if paper.summary else Parts()
    return DayLine(
        paper=paper,
        lead=next((part for part in _LEADS if getattr(parts, part)), ""),
        figure=next(iter(chips_of(paper, 1)), None),
        headline=next(iter(headlines(tested)), None),
        measured=len(tested),
        has_code=bool(links(paper, "en")),
    )


def rooms_of(lines: Sequence[DayLine]) -> list[str]:
    """The rooms of a day's papers, each once, in the order of the alphabet."""
    return sorted({line.paper.room for line in lines if line.paper.room})
