"""``assay site``: the static web site."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, app, session

if TYPE_CHECKING:
    from assay.papers.measurement import Measurement

site = typer.Typer(help="Build the static web site.", no_args_is_help=True)
app.add_typer(site, name="site")


@site.command()
def build(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="Where to build; empty, or built before.")],
    lang: Annotated[
        list[str] | None, typer.Option("--lang", "-l", help="Language to build; the first is at the root.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Build the site: a page per day and paper in each language, an archive, and search. Any file host serves it."""
    from rich.progress import track

    from assay.cli.settings import check_languages
    from assay.cli.trials import known_measurements
    from assay.digest.day import read_day, read_dossier
    from assay.publish.site import Site
    from assay.publish.site import build as build_site

    here = session(context)
    now = datetime.now(UTC)
    with here.store() as store:
        days = [key for key, _ in store.days()]
        steps = track(days, "read days", console=here.err, transient=True)
        read = [read_day(store, day, now=now) for day in steps]
        ids = sorted({paper.id for day in read for paper in day.papers})
        known = [read_dossier(store, key) for key in track(ids, "read papers", console=here.err, transient=True)]
    measured: dict[str, list[Measurement]] = {}
    for each in known_measurements(here):
        if not each.quick:
            measured.setdefault(each.paper, []).append(each)
    built = Site(
        days=read,
        papers=[dossier for dossier in known if dossier],
        measurements=measured,
        languages=check_languages(lang or ("en", "ko")),
    )
    with here.err.status("write pages"):
        done = build_site(built, folder)
    if as_json:
        here.json(json.dumps(done))
    else:
        here.out.print(f"{folder}: {done['pages']} pages, {done['changed']} files written", markup=False)
