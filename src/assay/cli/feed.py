"""``assay feed``: writes a feed that any feed reader can follow."""

from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Reader, Session, app, session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.papers.models import Dossier
    from assay.publish.feeds import Feed, Place, Subject
    from assay.store import Store


class Form(StrEnum):
    """A format of feeds."""

    ATOM = "atom"
    RSS = "rss"
    JSON = "json"


@app.command()
def feed(
    context: typer.Context,
    form: Annotated[Form, typer.Option("--format", "-f", help="Atom 1.0, RSS 2.0 or JSON Feed 1.1.")] = Form.ATOM,
    lang: Annotated[str | None, typer.Option("--lang", "-l", help="Language of the feed.")] = None,
    room: Annotated[str | None, typer.Option(help="Papers of this room of the catalogue, such as attention.")] = None,
    category: Annotated[str | None, typer.Option(help="Papers of this arXiv category, such as cs.CL.")] = None,
    author: Annotated[str | None, typer.Option(help='Papers by an author of this name, such as "Song Han".')] = None,
    query: Annotated[str | None, typer.Option(help="Papers that match, as in `assay search`.")] = None,
    reader: Annotated[
        str | None,
        typer.Option("--for", metavar="me", help="Of the papers of the latest days those that you would want first."),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many papers, newest first.")] = 100,
    url: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Of your published site; entries then link to it and not to arXiv."),
    ] = None,
    opml: Annotated[
        bool, typer.Option("--opml", help="List all feeds of your site in OPML instead, for import by feed readers.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to a file, whole or not at all.")] = None,
    _reader: Reader = None,
) -> None:
    """Write a feed: the newest papers, each with its summary, its claims and where they stand.

    It is the same to the byte as long as nothing in it changed. A site has its feeds already (`assay site build`);
    this is for feeds of your own, or for no site at all: point your feed reader to the file.
    """
    from assay.cli.settings import check_languages
    from assay.papers.text import counted
    from assay.publish.feeds import FORMS, Place, newest
    from assay.publish.site import read_address

    here = session(context)
    chosen = {"room": room, "category": category, "author": author, "query": query}
    names = [f"--{name}" for name, value in chosen.items() if value is not None] + (["--for"] if reader else [])
    if len(names) > 1 or (names and opml):
        raise ValueError(f"{' and '.join([*names, *(['--opml'] if opml else [])])} exclude each other")
    if reader not in {None, "me"}:
        raise ValueError(f"--for takes me, not {reader!r}; --reader says who that is")
    (language,) = check_languages([lang or here.settings.languages[0]])
    address = read_address(here.settings.site_url if url is None else url)
    place = Place(address, check_languages([*here.settings.languages, language]))
    with here.store() as store:
        if opml:
            text, what = _list_of_feeds(store, Place(address, ("en", "ko"))), "the feeds of the site"
        else:
            if reader:
                own = _own_feed(here, store, language, place, limit)
            else:
                subject, papers = _papers(here, store, chosen, limit)
                own = _feed(here, subject, newest(papers, limit), language, place)
            text, what = FORMS[form.value](own), counted(len(own.entries), "entry")
    if out is None:
        typer.echo(text, nl=False)
    else:
        here.write(out, text, what)


def _papers(
    here: Session, store: "Store", chosen: dict[str, str | None], limit: int
) -> "tuple[Subject, list[Dossier]]":
    """What the feed is of, and its papers."""
    from assay.cli.choosing import latest_papers, newest_found, read_dossiers
    from assay.papers.catalogue import room_of
    from assay.publish.feeds import Subject

    match [(kind, value) for kind, value in chosen.items() if value is not None]:
        case [("query", query)]:
            return Subject("query", query), read_dossiers(here, store, newest_found(here, store, query, limit))
        case [(kind, value)]:
            value = room_of(value) if kind == "room" else value
            ids = newest_found(here, store, "", limit, **{kind: value})
            return Subject(kind, value), read_dossiers(here, store, ids)  # type: ignore[arg-type]
    return Subject("all"), read_dossiers(here, store, latest_papers(store, limit))


def _own_feed(here: Session, store: "Store", language: str, place: "Place", limit: int) -> "Feed":
    """The reader's own feed: the papers that she would want first, newest first, each with the reason why."""
    from assay.cli.choosing import own_papers, read_dossiers
    from assay.publish.feeds import Subject, newest
    from assay.publish.reasons import tell_reasons

    ranked = own_papers(here, store, limit)
    papers = newest(read_dossiers(here, store, [each.paper for each in ranked]), limit)
    why = {each.paper: tell_reasons(each.reasons, language) for each in ranked}
    with here.known_shelf() as shelf:
        subject = Subject("reader", shelf.reader if shelf else "me")
    return _feed(here, subject, papers, language, place, why)


def _feed(
    here: Session,
    subject: "Subject",
    papers: "list[Dossier]",
    language: str,
    place: "Place",
    why: "Mapping[str, str]" = MappingProxyType({}),
) -> "Feed":
    """The feed of papers; and by paper, why it stands there."""
    from assay.cli.choosing import measurements_shown
    from assay.publish.feeds import entry_of, feed_of

    measured = measurements_shown(here)
    entries = [
        entry_of(each, language, measured.get(each.paper.id, ()), place=place, why=why.get(each.paper.id, ""))
        for each in papers
    ]
    return feed_of(subject, entries, language, place)


def _list_of_feeds(store: "Store", place: "Place") -> str:
    """The list of all feeds of the site.

    Raises:
        ValueError: if it is not known where the site is.
    """
    from assay.papers.catalogue import catalogue
    from assay.publish.feeds import list_feeds, subjects_of

    if not place.base_url:
        raise ValueError(
            "--opml lists the feeds of a published site: say where it is with --url or the setting site_url"
        )
    papers = store.papers(sighting.paper for day, _ in store.days() for sighting in store.sightings(day))
    rooms = (entry.room for key, entry in catalogue().items() if key in papers)
    categories = (category for paper in papers.values() for category in paper.categories)
    return list_feeds(subjects_of(rooms, categories), place)
