"""``assay errata``: lists the claims that changed with a paper's text, and those that sources disagree on."""

from typing import Annotated

import typer

from assay.cli import Json, app, session


@app.command()
def errata(
    context: typer.Context,
    paper: Annotated[str | None, typer.Option(help="Of this paper: an arXiv id, a link or a short name.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Changes read on this day or later, and disagreements in papers listed since.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the claims that changed, came or went with a new version of a paper's title and abstract.

    Recorded claims for which the abstract or a digest gives another figure are listed as well.
    """
    from assay.cli.search import parse_span
    from assay.cli.show import id_of
    from assay.digest.ledger import read_errata
    from assay.publish.errata import print_errata

    here = session(context)
    day, _ = parse_span(since, None, here)
    with here.store() as store:
        log = read_errata(store, paper=id_of(paper) if paper else None, since=day)
        papers = store.papers({erratum.paper for erratum in log.changes})
    if as_json:
        here.json(log.model_dump_json())
    else:
        print_errata(here.out, log, here.settings.languages[0], papers)
