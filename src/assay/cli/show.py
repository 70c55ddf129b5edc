"""``assay show``: shows everything about one paper."""

from typing import Annotated

import typer

from assay.cli import Json, Session, app, session
from assay.papers.measurement import Measurement
from assay.papers.models import Dossier


class Shown(Dossier):
    """All that is known of one paper, and what its trials found."""

    measurements: tuple[Measurement, ...] = ()


@app.command()
def show(
    context: typer.Context,
    papers: Annotated[
        list[str],
        typer.Argument(
            help="arXiv ids, any links to them, short names, or numbers of the list that you were shown last: 3, 2..5."
        ),
    ],
    lang: Annotated[
        list[str] | None, typer.Option("--lang", "-l", help="Language to show; default all there are.")
    ] = None,
    as_json: Json = False,
    bibtex: Annotated[bool, typer.Option("--bibtex", help="Print BibTeX entries only.")] = False,
) -> None:
    """Show papers: summary, claims, and every listing each was seen in.

    With --json, each paper is one line; with --bibtex, no two papers have the same key.
    """
    from assay.cli.naming import read_names
    from assay.cli.settings import check_languages
    from assay.cli.trials import known_measurements
    from assay.publish.bibtex import bibtex_entries
    from assay.publish.measurements import print_measurement
    from assay.publish.terminal import print_dossier

    here = session(context)
    dossiers = _dossiers(here, list(read_names(here, papers)))
    if bibtex and not as_json:
        typer.echo(bibtex_entries(dossier.paper for dossier in dossiers))
        return
    known = known_measurements(here)
    for number, dossier in enumerate(dossiers):
        measurements = [each for each in known if each.paper == dossier.paper.id]
        if as_json:
            here.json(Shown(**dict(dossier), measurements=tuple(measurements)).model_dump_json())
            continue
        if number:
            here.out.print()
        print_dossier(here.out, dossier, check_languages(lang or sorted(dossier.summary) or here.settings.languages))
        if measurements:
            here.out.print()
        for each in measurements:
            print_measurement(here.out, each)


def _dossiers(here: Session, ids: list[str]) -> list[Dossier]:
    from assay.digest.day import read_dossier

    with here.store() as store:
        dossiers = {key: read_dossier(store, key) for key in ids}
    if missing := [key for key, dossier in dossiers.items() if dossier is None]:
        verb, which = ("is", "the day that lists it") if len(missing) == 1 else ("are", "the days that list them")
        raise ValueError(f"{', '.join(missing)} {verb} not in the store; collect or import {which}")
    return [dossier for dossier in dossiers.values() if dossier is not None]


def id_of(paper: str) -> str:
    """The arXiv id of a paper that a reader names: by its id, any link to it, or its short name.

    Raises:
        ValueError: if it is none of these.
    """
    from assay.papers.catalogue import paper_id

    return paper_id(paper)
