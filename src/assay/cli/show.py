"""``assay show``: shows everything about one paper."""

from typing import Annotated

import typer

from assay.cli import Json, app, session
from assay.papers.measurement import Measurement
from assay.papers.models import Dossier


class Shown(Dossier):
    """All that is known of one paper, and what its trials found."""

    measurements: tuple[Measurement, ...] = ()


@app.command()
def show(
    context: typer.Context,
    paper: Annotated[str, typer.Argument(help="An arXiv id, any link to it, or a short name.")],
    lang: Annotated[
        list[str] | None, typer.Option("--lang", "-l", help="Language to show; default all there are.")
    ] = None,
    as_json: Json = False,
    bibtex: Annotated[bool, typer.Option("--bibtex", help="Print a BibTeX entry only.")] = False,
) -> None:
    """Show one paper: summary, claims, and every listing it was seen in."""
    from assay.cli.settings import check_languages
    from assay.cli.trials import known_measurements
    from assay.digest.day import read_dossier
    from assay.publish.bibtex import bibtex_entry
    from assay.publish.measurements import print_measurement
    from assay.publish.terminal import print_dossier

    here = session(context)
    key = id_of(paper)
    with here.store() as store:
        dossier = read_dossier(store, key)
    measurements = [each for each in known_measurements(here) if each.paper == key]
    if dossier is None:
        raise ValueError(f"{key} is not in the store; collect or import the day that lists it")
    if as_json:
        here.json(Shown(**dict(dossier), measurements=tuple(measurements)).model_dump_json())
    elif bibtex:
        typer.echo(bibtex_entry(dossier.paper))
    else:
        print_dossier(here.out, dossier, check_languages(lang or sorted(dossier.summary) or here.settings.languages))
        if measurements:
            here.out.print()
        for each in measurements:
            print_measurement(here.out, each)


def id_of(paper: str) -> str:
    """The arXiv id of a paper that a reader names: by its id, any link to it, or its short name.

    Raises:
        ValueError: if it is none of these.
    """
    from assay.papers.catalogue import find
    from assay.papers.ids import is_arxiv_id, parse_arxiv_id

    entry = find(paper)
    if entry is None and not is_arxiv_id(paper):
        raise ValueError(f"{paper!r} is neither an arXiv id, nor a link to a paper, nor a short name of the catalogue")
    return entry.id if entry else parse_arxiv_id(paper).id
