"""``assay site``: builds the static web site."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, app, session
from assay.papers.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.papers.findings import Check
    from assay.papers.measurement import Measurement
    from assay.papers.models import Day

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
    """Build the site: a page per day and paper in each language, an archive, the ledger of claims, and search.

    Any file host serves it.
    """
    from rich.progress import track

    from assay.cli.claims import catch_up
    from assay.cli.settings import check_languages
    from assay.cli.trials import known_measurements
    from assay.digest.day import read_day, read_dossier
    from assay.digest.ledger import read_errata
    from assay.publish.site import Site
    from assay.publish.site import build as build_site

    here = session(context)
    now = datetime.now(UTC)
    with here.store() as store:
        catch_up(here, store)
        days = [key for key, _ in store.days()]
        steps = track(days, "read days", console=here.err, transient=True)
        listing_days = [read_day(store, day, now=now, languages=()) for day in steps]
        ids = sorted({paper.id for day in listing_days for paper in day.papers})
        dossiers = [read_dossier(store, key) for key in track(ids, "read papers", console=here.err, transient=True)]
        checks = {dossier.paper.id: dossier.checks for dossier in dossiers if dossier}
        ledger, errata = store.ledger(), read_errata(store)
    measurements: dict[str, list[Measurement]] = {}
    for each in known_measurements(here):
        if not each.quick:
            measurements.setdefault(each.paper, []).append(each)
    content = Site(
        days=[_with(checks, day) for day in listing_days],
        papers=[dossier for dossier in dossiers if dossier],
        measurements=measurements,
        ledger=[line for line in ledger if line.day],
        errata=errata,
        languages=check_languages(lang or ("en", "ko")),
    )
    with here.err.status("write pages"):
        done = build_site(content, folder)
    if as_json:
        here.json(json.dumps(done))
    else:
        here.out.print(
            f"{folder}: {counted(done['pages'], 'page')}, {counted(done['changed'], 'file')} written", markup=False
        )


def _with(checks: "Mapping[str, dict[str, Check]]", day: "Day") -> "Day":
    """The day with the checks of its papers' summaries, which are those of the papers' own pages."""
    papers = tuple(paper.model_copy(update={"checks": checks.get(paper.id, {})}) for paper in day.papers)
    return day.model_copy(update={"papers": papers})
