"""``assay site``: builds the static web site."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, Reader, Session, app, session
from assay.cli.progress import bar
from assay.papers.text import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assay.papers.models import Dossier
    from assay.publish.feeds import Followed
    from assay.reader.interests import Follow
    from assay.store import Store

site = typer.Typer(help="Build the static web site.", no_args_is_help=True)
app.add_typer(site, name="site")


@site.command()
def build(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where to build; empty, or built before.")],
    lang: Annotated[
        list[str] | None, typer.Option("--lang", "-l", help="Language to build; the first is at the root.")
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Where the site will be, such as https://example.org/papers/."),
    ] = None,
    thumbnails: Annotated[
        bool, typer.Option("--thumbnails", help="Show papers' pictures; readers' browsers load them from Hugging Face.")
    ] = False,
    follows: Annotated[
        bool,
        typer.Option("--follows", help="Publish feeds of what you follow too; whoever has the site can read them."),
    ] = False,
    full: Annotated[bool, typer.Option("--full", help="Render every page again, not only what changed.")] = False,
    _reader: Reader = None,
    as_json: Json = False,
) -> None:
    """Build the site: a page per day, week, month and paper in each language, the ledger of claims, feeds, and search.

    Any file host serves it. Only what changed since the last build is rendered. With --url the site also has a site
    map, addresses and pictures for links to it, a page for what is missing, and search from the browser's own field.
    """
    from assay.cli.choosing import measurements_shown
    from assay.cli.claims import catch_up
    from assay.cli.settings import check_languages
    from assay.digest.archive import read_archive
    from assay.digest.ledger import read_errata
    from assay.digest.periods import read_periods
    from assay.publish.chips import leading_claims
    from assay.publish.site import Site, read_address
    from assay.publish.site import build as build_site

    here = session(context)
    address = read_address(here.settings.site_url if url is None else url)
    languages = check_languages(lang or ("en", "ko"))
    own_follows = _read_follows(here) if follows else ()
    now, kept, measurements = datetime.now(UTC), here.settings.home, measurements_shown(here)
    with here.store() as store:
        catch_up(here, store)
        with bar(here, "read papers") as progress:
            archive = read_archive(store, now=now, folder=kept / "dossiers", progress=progress)
        ledger, errata = store.ledger(), read_errata(store)
        followed = list(_find_followed(store, own_follows, archive.dossiers))
    with bar(here, "read weeks and months") as progress:
        periods = read_periods(
            archive,
            now=now,
            leading=leading_claims,
            measurements=measurements,
            file=kept / "periods.jsonl",
            progress=progress,
        )
    content = Site(
        days=archive.days,
        papers=archive.dossiers,
        measurements=measurements,
        ledger=[line for line in ledger if line.day],
        errata=errata,
        periods=periods,
        follows=followed,
        languages=languages,
        url=address,
        thumbnails=thumbnails,
    )
    with bar(here, "write pages") as progress:
        done = build_site(content, folder, full=full, progress=progress)
    if not address:
        here.say("no --url: without the site's address it has no site map, no 404 page and no pictures for links to it")
    if followed:
        listed = ", which feeds/follows.opml lists" if address else ""
        here.say(f"whoever has the site can read what you follow: {counted(len(followed), 'follow')} in feeds{listed}")
    if as_json:
        here.json(done.model_dump_json())
    else:
        here.out.print(
            f"{folder}: {counted(done.pages, 'page')}, {counted(done.changed, 'file')} changed", markup=False
        )


def _read_follows(here: Session) -> "Sequence[Follow]":
    """What the reader follows.

    Raises:
        ValueError: if she follows nothing.
    """
    with here.known_shelf() as shelf:
        own = shelf.follows() if shelf else ()
    if not own:
        raise ValueError("--follows: nothing is followed yet; `assay follow author NAME` is a beginning")
    return own


def _find_followed(store: "Store", follows: "Sequence[Follow]", dossiers: "Sequence[Dossier]") -> "Iterator[Followed]":
    """What is followed, each with the papers of the site that it is about."""
    from assay.publish.feeds import Followed, Subject
    from assay.reader.following import matches
    from assay.reader.interests import FollowKind

    known = {dossier.paper.id: dossier for dossier in dossiers}
    for each in follows:
        kind = "organisation" if each.kind is FollowKind.ORGANISATION else each.kind.value
        papers = [known[key] for key in sorted(matches(each, store, known))]
        yield Followed(Subject(kind, each.value), papers)  # type: ignore[arg-type]
