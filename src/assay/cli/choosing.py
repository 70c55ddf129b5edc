"""The papers that a reader names for a feed or an export: by day, by id, by a query, or as her own list."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from assay.cli import Session
from assay.papers.text import counted

if TYPE_CHECKING:
    from assay.papers.measurement import Measurement
    from assay.papers.models import Dossier
    from assay.reader.ranking import Ranked
    from assay.store import Store

MOST = 5_000
"""So many papers a query finds at most."""
_OWN_DAYS = 14
"""From so many of the latest days a reader's own feed is chosen."""


def read_dossiers(here: Session, store: "Store", ids: Iterable[str]) -> "list[Dossier]":
    """All that is known of these papers, each once, in their order; it is said which of them are not stored."""
    from assay.cli.progress import bar
    from assay.digest.day import read_dossier
    from assay.papers.ids import name_some

    wanted = list(dict.fromkeys(ids))
    dossiers = []
    with bar(here, "read papers") as progress:
        for number, key in enumerate(wanted):
            progress(number, len(wanted))
            dossiers.append(read_dossier(store, key))
    found = [dossier for dossier in dossiers if dossier is not None]
    missing = [key for key, dossier in zip(wanted, dossiers, strict=True) if dossier is None]
    if missing:
        verb = "is" if len(missing) == 1 else "are"
        here.say(f"{name_some(missing)} {verb} not in the store, and left out; `assay add` brings a paper in")
    return found


def order_of(store: "Store", day: date) -> list[str]:
    """The papers that a day lists, in its order."""
    from assay.digest.period import list_day

    return [paper.id for paper in list_day(store, day, now=datetime.now(UTC)).papers]


def latest_papers(store: "Store", most: int) -> list[str]:
    """The papers of the latest days: all of the last one, and so many days before as make ``most`` papers."""
    ids: list[str] = []
    for day, count in reversed(store.days()):
        if len(ids) >= most:
            break
        ids += order_of(store, day) if count else []
    return list(dict.fromkeys(ids))


def named_papers(here: Session, store: "Store", words: Sequence[str]) -> list[str]:
    """The papers that words name: a day, a span of days, a week or month; or as `assay.cli.naming` reads them.

    Raises:
        ValueError: if a word names nothing, or a day on which nothing was listed.
    """
    from assay.cli.naming import read_names
    from assay.digest.collect import check_span
    from assay.papers.period import read_span

    ids: list[str] = []
    for word in words:
        first, dots, last = word.partition("..")
        if (span := read_span(word)) is not None:
            ends = span.first, span.last
        elif _is_day(first):
            ends = here.day(first), here.day(last if dots else first)
            check_span(*ends)
        else:
            ids += read_names(here, [word])
            continue
        days = [day for day, count in store.days() if count and ends[0] <= day <= ends[1]]
        if not days:
            raise ValueError(
                f"no papers are listed {'on' if ends[0] == ends[1] else 'in'} {word}; collect or import it"
            )
        ids += [paper for day in days for paper in order_of(store, day)]
    return list(dict.fromkeys(ids))


def _is_day(text: str) -> bool:
    """Whether a text is meant as a day, and not as an id."""
    word = text.strip().lower()
    return word in {"today", "yesterday"} or (word[:4].isdecimal() and word[4:5] == "-")


def found_papers(here: Session, store: "Store", query: str, most: int = MOST, **filters: object) -> list[str]:
    """The papers that a query finds, the best first; that some were left out is said.

    Raises:
        ValueError: if the query cannot be read.
    """
    hits = store.search(query, limit=most + 1, **filters)  # type: ignore[arg-type]
    if len(hits) > most == MOST:
        here.say(f"more than {counted(most, 'paper')} match; the first {most:,} are taken")
    return [hit.id for hit in hits[:most]]


def newest_found(here: Session, store: "Store", query: str, most: int, **filters: object) -> list[str]:
    """The papers that a query and filters find, those that were listed last; all of the earliest day among these.

    Raises:
        ValueError: if the query cannot be read.
    """
    from assay.publish.feeds import first_day

    ids = found_papers(here, store, query, MOST, **filters)
    papers, days = store.papers(ids), store.days_listing(ids)
    ages = {key: first_day(papers[key], days.get(key, ())) for key in ids}
    latest = sorted(ages.values(), reverse=True)[:most]
    return [key for key in ids if ages[key] >= latest[-1]]


def own_papers(here: Session, store: "Store", most: int) -> "list[Ranked]":
    """The papers of the latest days that the reader would want to see first, in her order, without those she hid.

    Raises:
        ValueError: if nothing is kept of her, so that no order could be hers.
    """
    days = [day for day, count in reversed(store.days()) if count][:_OWN_DAYS]
    votes: dict[str, int | None] = {}
    for each in (each for day in days for each in store.sightings(day)):
        votes[each.paper] = max(votes.get(each.paper) or 0, each.votes or 0)
    return in_own_order(here, store, votes, before=days[-1] if days else date.max)[:most]


def in_own_order(here: Session, store: "Store", votes: "Mapping[str, int | None]", *, before: date) -> "list[Ranked]":
    """Papers, given with their votes, in the order in which the reader would want them, without those she hid.

    Raises:
        ValueError: if nothing is kept of her, so that no order could be hers.
    """
    from assay.cli.embedder import nearness_of, tell_lacking
    from assay.reader.ordering import order_papers
    from assay.reader.records import Mark
    from assay.writing.terms import read_glossary

    with here.known_shelf() as shelf, nearness_of(here) as near:
        if shelf is None:
            raise ValueError("nothing is kept of you yet: `assay star PAPER` or `assay follow` is a beginning")
        hidden = shelf.marked(Mark.HIDDEN)
        glossary = read_glossary("ko", here.settings.glossary)
        wanted = [paper for paper in votes if paper not in hidden]
        ranked = order_papers(shelf, store, wanted, votes=votes, before=before, glossary=glossary, near=near)
    tell_lacking(here, near)
    tell_order(here, ranked)
    return ranked


def tell_order(here: Session, ranked: "Collection[Ranked]") -> None:
    """Say so where hers was asked for and the order is that of votes: none of the papers is about her interests."""
    from assay.publish.labels import label
    from assay.reader.day import is_about_nothing_of_hers, is_by_votes

    if ranked and is_about_nothing_of_hers(ranked):
        name = "ranked.by_votes" if is_by_votes(ranked) else "ranked.no_match"
        here.say(label(name, here.settings.languages[0]))


def measurements_shown(here: Session) -> "dict[str, list[Measurement]]":
    """What trials found, by paper, without quick runs."""
    from assay.cli.trials import known_measurements

    measurements: dict[str, list[Measurement]] = {}
    for each in known_measurements(here):
        if not each.quick:
            measurements.setdefault(each.paper, []).append(each)
    return measurements
