"""What a mail and the posts of a chat say of a day, a week or a month, before either is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple

from assay.papers.ids import abs_url
from assay.papers.models import Day, DayPaper, utc
from assay.papers.period import NotablePaper, Period
from assay.papers.text import shorten
from assay.publish.brief import Brief, Told, plain, tell_paper
from assay.publish.chips import chip_figure
from assay.publish.labels import label, reason, state
from assay.publish.measurements import headlines, row, verdict_label
from assay.publish.period import claim_words, one_line, period_counts, period_title, rise_note, rise_words


class Line(NamedTuple):
    """A line of a section: what it begins with, what follows, and where it leads."""

    lead: str
    text: str
    address: str = ""


@dataclass(frozen=True)
class Section:
    """What stands below the papers, under a heading of its own."""

    heading: str
    note: str
    lines: tuple[Line, ...]
    is_for_all: bool = False
    """Whether the first of its lines are told even where there is little room, as in a chat."""


@dataclass(frozen=True)
class Letter:
    """The papers of a day, a week or a month, and what else there is to tell."""

    name: str
    """``2025-02-26``, ``2025-W09`` or ``2025-02``."""
    language: str
    """Of the labels."""
    heading: str
    status: Sequence[str]
    best: Sequence[str]
    """The first paper in a line, in ways that are shorter and shorter."""
    papers: Sequence[Brief]
    titles: Sequence[Brief] = ()
    """Papers that are told by their titles alone, after the others."""
    left_out: int = 0
    sections: Sequence[Section] = ()
    more: str = ""
    """Where all papers are."""

    def subject(self, most: int) -> str:
        """The letter in a line of so many characters."""
        others = len(self.papers) - 1
        start, end = f"{self.name}: ", f" {label('mail.and_more', self.language, n=others)}" if others else ""
        room = most - len(start) - len(end)
        best = next((each for each in self.best if len(each) <= room), shorten(self.best[-1], room))
        return f"{start}{best}{end}"


def day_letter(
    day: Day,
    languages: Sequence[str],
    *,
    why: Mapping[str, str] = MappingProxyType({}),
    site: str = "",
) -> Letter:
    """The letter of a day that has papers.

    Args:
        day: the day.
        languages: labels are in the first, summaries in each.
        why: by paper, why it stands where it does, for a day in the reader's own order.
        site: the address of a site that shows the day, with a slash at its end.

    Raises:
        ValueError: if the day has no papers.
    """
    if not day.papers:
        raise ValueError(f"{day.date} has no papers, and so no letter")
    first = languages[0]
    best = next((paper for paper in day.papers if not paper.withdrawn), day.papers[0])
    return Letter(
        name=str(day.date),
        language=first,
        heading=label("papers_of", first, date=day.date),
        status=_tell_state(day, first),
        best=[plain(each) for each in (_one_line(best, first), best.title) if each],
        papers=[tell_paper(paper, languages, why.get(paper.id, "")) for paper in day.papers],
        more=f"{site}day/{day.date}/" if site else "",
    )


def period_letter(period: Period, languages: Sequence[str]) -> Letter:
    """The letter of a week or month that has papers.

    Raises:
        ValueError: if it has none.
    """
    if not period.papers:
        raise ValueError(f"{period.name} has no papers, and so no letter")
    first = languages[0]
    best = period.papers[0]
    return Letter(
        name=period.name,
        language=first,
        heading=period_title(period, first),
        status=period_counts(period, first),
        best=[plain(each) for each in (best.one_line.get(first, ""), best.title) if each],
        papers=[_tell_noted(place, paper, languages) for place, paper in enumerate(period.papers, 1)],
        sections=list(_sections(period, first)),
    )


def _one_line(paper: DayPaper, language: str) -> str:
    return paper.summary[language].one_line if language in paper.summary else ""


def _tell_state(day: Day, language: str) -> list[str]:
    """What a day is worth, in words: its state, how many papers, as of when, and why."""
    words = [state(day.state, language), label("site.paper_count", language, n=len(day.papers))]
    if day.as_of:
        words.append(label("as_of", language, time=utc(day.as_of)))
    return [*words, *filter(None, [plain(reason(day, language))])]


def _tell_noted(place: int, paper: NotablePaper, languages: Sequence[str]) -> Brief:
    votes = [label("votes", languages[0], n=paper.votes)] if paper.votes is not None else []
    about = plain(one_line(paper, languages))
    language = next((each for each in (*languages, *paper.one_line) if each in paper.one_line), languages[0])
    return Brief(
        paper=paper.id,
        place=place,
        title=plain(paper.title),
        address=abs_url(paper.id),
        particulars=(str(paper.day), *votes, *filter(None, [paper.room])),
        why=plain("; ".join(paper.why)),
        told=(Told(language, (about,)),) if about else (),
    )


def _sections(period: Period, language: str) -> Iterator[Section]:
    """What was on the rise, the largest claims, and what was measured."""
    rising = tuple(Line(plain(each.term), rise_words(each, period, language)) for each in period.rising)
    yield Section(label("period.rising", language), rise_note(period, language), rising, is_for_all=True)
    claims = [each for kind in period.largest.values() for each in kind]
    if claims:
        lines = tuple(
            Line(
                chip_figure(each.claim, language),
                f"{plain(claim_words(each, language))}: {plain(each.title)}",
                abs_url(each.paper),
            )
            for each in claims
        )
        yield Section(label("period.largest", language), label("period.largest_hint", language), lines)
    measured = tuple(
        Line(verdict_label(each, language), plain(row(each, language)), abs_url(each.paper))
        for each in headlines(period.measured)
    )
    note = "" if measured else label("period.unmeasured", language)
    yield Section(label("period.measured", language), note, measured)
