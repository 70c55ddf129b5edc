"""``assay site``: builds the static web site."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from assay.cli import Json, app, session
from assay.cli.progress import bar
from assay.papers.text import counted

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
    full: Annotated[bool, typer.Option("--full", help="Render every page again, not only what changed.")] = False,
    as_json: Json = False,
) -> None:
    """Build the site: a page per day and paper in each language, an archive, the ledger of claims, feeds, and search.

    Any file host serves it. Only what changed since the last build is rendered. With --url the site also has a site
    map, addresses and pictures for links to it, a page for what is missing, and search from the browser's own field.
    """
    from assay.cli.choosing import measurements_shown
    from assay.cli.claims import catch_up
    from assay.cli.settings import check_languages
    from assay.digest.archive import read_archive
    from assay.digest.ledger import read_errata
    from assay.publish.site import Site, read_address
    from assay.publish.site import build as build_site

    here = session(context)
    address = read_address(here.settings.site_url if url is None else url)
    languages = check_languages(lang or ("en", "ko"))
    with here.store() as store:
        catch_up(here, store)
        with bar(here, "read papers") as progress:
            archive = read_archive(
                store, now=datetime.now(UTC), folder=here.settings.home / "dossiers", progress=progress
            )
        ledger, errata = store.ledger(), read_errata(store)
    content = Site(
        days=archive.days,
        papers=archive.dossiers,
        measurements=measurements_shown(here),
        ledger=[line for line in ledger if line.day],
        errata=errata,
        languages=languages,
        url=address,
        thumbnails=thumbnails,
    )
    with bar(here, "write pages") as progress:
        done = build_site(content, folder, full=full, progress=progress)
    if not address:
        here.say("no --url: without the site's address it has no site map, no 404 page and no pictures for links to it")
    if as_json:
        here.json(done.model_dump_json())
    else:
        here.out.print(
            f"{folder}: {counted(done.pages, 'page')}, {counted(done.changed, 'file')} changed", markup=False
        )
