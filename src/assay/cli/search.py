"""``assay search``: finds papers in the archive."""

import json
from datetime import UTC, date, datetime
from typing import Annotated

import typer

from assay.cli import Json, app, session
from assay.papers.models import Line, Noun, PaperId


class FoundPaper(Noun):
    """A paper that a search found."""

    id: PaperId
    title: Line
    score: float
    """Higher is better; comparable within one search only."""
    snippet: Line
    """The words around the first matches."""


@app.command()
def search(
    context: typer.Context,
    words: Annotated[list[str], typer.Argument(metavar="QUERY...", help='Words, "a phrase", or an arXiv id.')],
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many at most.")] = 10,
    since: Annotated[str | None, typer.Option(help="Listed on this day or later.")] = None,
    until: Annotated[str | None, typer.Option(help="Listed on this day or earlier.")] = None,
    source: Annotated[str | None, typer.Option(help="Listed by this source.")] = None,
    room: Annotated[str | None, typer.Option(help="In this room of the catalogue, such as attention.")] = None,
    author: Annotated[str | None, typer.Option(help="With an author whose name holds this.")] = None,
    as_json: Json = False,
) -> None:
    """Search titles, authors, abstracts and summaries, in English and Korean."""
    from assay.papers.catalogue import catalogue
    from assay.papers.text import normalise
    from assay.publish.terminal import search_table

    here = session(context)
    rooms = sorted({entry.room for entry in catalogue().values()})
    if room is not None and room not in rooms:
        raise ValueError(f"no room is called {room!r} (there are: {', '.join(rooms)})")
    first, last = parse_span(since, until)
    with here.store() as store:
        hits = store.search(
            " ".join(words),
            limit=limit,
            since=first,
            until=last,
            source=source,
            room=room,
            author=author,
        )
    if as_json:
        papers = [
            FoundPaper(id=hit.id, title=hit.title, score=hit.score, snippet=normalise(hit.snippet)) for hit in hits
        ]
        here.json(json.dumps([paper.model_dump() for paper in papers], ensure_ascii=False))
    elif hits:
        here.out.print(search_table([(hit.id, str(hit.day or ""), hit.title, hit.snippet) for hit in hits]))
    else:
        here.out.print("Nothing found.")


def parse_span(since: str | None, until: str | None) -> tuple[date | None, date | None]:
    """The first and the last day of a span as people type them; ``None`` for an end that is open.

    Raises:
        ValueError: if one of them is no day, or the first is after the last.
    """
    from assay.cli.settings import parse_day

    today = datetime.now(UTC).date()
    first = parse_day(since, today) if since else None
    last = parse_day(until, today) if until else None
    if first and last and last < first:
        raise ValueError(f"the first day is after the last: {first} to {last}")
    return first, last
