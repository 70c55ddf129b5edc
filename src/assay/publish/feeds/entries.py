"""Makes the records of feeds: papers as entries, in one language, for a place."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import NamedTuple

from assay.papers.ids import abs_url, month_of
from assay.papers.mathematics import to_text
from assay.papers.measurement import Measurement
from assay.papers.models import Dossier, Paper
from assay.papers.text import normalise
from assay.publish.feeds.content import entry_html, tell_summary
from assay.publish.feeds.record import AUTHORITY, Entry, Feed, Subject
from assay.publish.labels import label

_MOST_OF_ALL = 100
_MOST_OF_A_DAY = 500


class Place(NamedTuple):
    """Where a site is, and in which folder of it each language."""

    base_url: str
    """The address of the site; empty where it is not known, and links lead to arXiv."""
    languages: Sequence[str] = ("en",)
    """The first is at the root, each other in a folder of its name."""

    def page(self, language: str, path: str = "") -> str:
        """The address of a page; empty where the site's is not known."""
        if not self.base_url:
            return ""
        folder = "" if language == self.languages[0] else f"{language}/"
        return f"{self.base_url.rstrip('/')}/{folder}{path}"

    def file(self, path: str) -> str:
        """The address of a file that all languages share; empty where the site's is not known."""
        return f"{self.base_url.rstrip('/')}/{path}" if self.base_url else ""


NOWHERE = Place("")


def newest(papers: Iterable[Dossier], most: int = _MOST_OF_ALL) -> list[Dossier]:
    """The papers that were listed last; within a day, those with the most votes.

    So many at most, but all of the latest day, of which a feed reader that asks once a day would else miss some.
    """
    ordered = sorted(papers, key=_newest_first)
    latest = sum(
        first_day(each.paper, each.days) == first_day(ordered[0].paper, ordered[0].days)
        for each in ordered[:_MOST_OF_A_DAY]
    )
    return ordered[: max(most, latest)]


def feed_of(subject: Subject, entries: Iterable[Entry], language: str, place: Place = NOWHERE) -> Feed:
    """A feed without an address of its own.

    Args:
        subject: what the papers have in common.
        entries: in the order in which the feed has them.
        language: of the feed and its entries.
        place: where the site is whose front page the feed links to.
    """
    return Feed(
        id=f"{AUTHORITY}feed/{subject.name}/{language}",
        title=label(f"feed.{subject.kind}", language, value=subject.value),
        description=label("feed.description", language),
        language=language,
        home=place.page(language) or "https://arxiv.org/",
        entries=tuple(entries),
    )


def entry_of(
    dossier: Dossier,
    language: str,
    measurements: Sequence[Measurement] = (),
    *,
    place: Place = NOWHERE,
    why: str = "",
) -> Entry:
    """A paper as an entry of a feed.

    Args:
        dossier: the paper.
        language: of the entry.
        measurements: what trials found of it.
        place: where the site is whose page of the paper the entry links to.
        why: why it stands in a reader's own feed.
    """
    paper = dossier.paper
    published = datetime.combine(first_day(dossier.paper, dossier.days), time(), tzinfo=UTC)
    changes = [paper.updated, paper.withdrawn, *(each.taken_at for each in measurements)]
    words = [dossier.room, *paper.categories, *map(to_text, paper.keywords)]
    told = list(tell_summary(dossier, language))
    return Entry(
        id=f"{AUTHORITY}paper/{paper.id}/{language}",
        title=to_text(paper.title) or paper.id,
        url=place.page(language, f"paper/{paper.id}/") or abs_url(paper.id),
        arxiv_url=abs_url(paper.id),
        published=published,
        updated=max([published, *filter(None, changes)]),
        authors=tuple(filter(None, map(to_text, paper.authors))),
        categories=tuple(dict.fromkeys(filter(None, map(normalise, words)))),
        summary=next(filter(None, (each.first for each in told)), ""),
        content=entry_html(dossier, told, language, measurements=measurements, why=why),
    )


def first_day(paper: Paper, days: Collection[date]) -> date:
    """The first of the days that list a paper; of one that none lists, the day or the month that arXiv has it of."""
    if days:
        return min(days)
    return paper.published.astimezone(UTC).date() if paper.published else date(*month_of(paper.id), 1)


def _newest_first(dossier: Dossier) -> tuple[int, int, str]:
    """The latest day first, in it the paper with the most votes."""
    return -first_day(dossier.paper, dossier.days).toordinal(), -(dossier.votes or 0), dossier.paper.id
