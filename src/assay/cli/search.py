"""``assay search``: finds papers in the archive."""

import json
import re
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import AwareDatetime
from typer.core import TyperCommand

from assay.cli import Json, app, session
from assay.papers.models import Line, Noun, PaperId

if TYPE_CHECKING:
    from datetime import date

    from assay.cli import Session


class FoundPaper(Noun):
    """A paper that a search found."""

    id: PaperId
    title: Line
    score: float
    """Higher is better; comparable within one search only."""
    snippet: Line
    """The words around the first matches."""
    withdrawn: AwareDatetime | None = None
    """When the paper was taken back, if it was."""


class SearchCommand(TyperCommand):
    """A command whose arguments may begin with a minus: ``-word`` leaves papers with the word out."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read ``-word`` as ``NOT word``, where it is no option and no number of hits, as ``-n5`` is."""
        words = [("NOT", word[1:]) if _LEFT_OUT.fullmatch(word) else (word,) for word in args]
        return super().parse_args(ctx, [word for each in words for word in each])


_LEFT_OUT = re.compile(r"(?!-n\d+$)-[^\W_\"].+|-\".+")
_LIKE_AN_ID = re.compile(r"\S*\b\d{4}\.\d{3,6}(?:v\d+)?\S*", re.ASCII)
_OPEN_FIELD = re.compile(r"\b(?:author|org|keyword):[^\s\"]+ +\w", re.IGNORECASE)


@app.command(cls=SearchCommand)
def search(
    context: typer.Context,
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="QUERY...",
            help='Words, "a phrase", OR, -word, (groups), author:, title:, category:, org:, keyword:, since:, until:, '
            "or an arXiv id. With none, the newest papers that the options admit.",
        ),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=1000, help="How many at most.")] = 10,
    since: Annotated[str | None, typer.Option(help="Listed on this day or later.")] = None,
    until: Annotated[str | None, typer.Option(help="Listed on this day or earlier.")] = None,
    source: Annotated[str | None, typer.Option(help="Listed by this source.")] = None,
    room: Annotated[str | None, typer.Option(help="In this room of the catalogue, such as attention.")] = None,
    author: Annotated[
        str | None, typer.Option(help='By an author of this name: "Song Han", "Han, Song", "S. Han" or Han.')
    ] = None,
    category: Annotated[str | None, typer.Option(help="In this arXiv category, such as cs.CL, or cs for all.")] = None,
    org: Annotated[str | None, typer.Option(help="Of an organisation of this name.")] = None,
    keyword: Annotated[str | None, typer.Option(help="With this keyword.")] = None,
    as_json: Json = False,
) -> None:
    """Search titles, authors, organisations, keywords, abstracts and summaries, in English and Korean."""
    from assay.papers.catalogue import room_of
    from assay.papers.text import normalise
    from assay.publish.particulars import withdrawal
    from assay.publish.terminal import search_table

    here = session(context)
    first, last = parse_span(since, until, here)
    with here.store() as store:
        hits = store.search(
            " ".join(words or []),
            limit=limit,
            since=first,
            until=last,
            source=source,
            room=None if room is None else room_of(room),
            author=author,
            category=category,
            organisation=org,
            keyword=keyword,
        )
        records = store.papers(hit.id for hit in hits)
    if as_json:
        papers = [
            FoundPaper(
                id=hit.id,
                title=hit.title,
                score=hit.score,
                snippet=normalise(hit.snippet),
                withdrawn=records[hit.id].withdrawn,
            )
            for hit in hits
        ]
        here.json(json.dumps([paper.model_dump(mode="json") for paper in papers], ensure_ascii=False))
    elif hits:
        rows = [(hit.id, str(hit.day or ""), hit.title, hit.snippet) for hit in hits]
        here.out.print(search_table(rows, {key: withdrawal(paper, "en") for key, paper in records.items()}))
    else:
        here.out.print("Nothing found.")
        if _OPEN_FIELD.search(" ".join(words or [])):
            here.say('author:, org: and keyword: take all words that follow: author:"Song Han" sparse asks for more')
        elif _LIKE_AN_ID.fullmatch(" ".join(words or [])):
            _explain_id(" ".join(words or []), here)


def _explain_id(text: str, here: "Session") -> None:
    """Say why a text that looks like an arXiv id is none, if it is none."""
    from assay.papers.ids import parse_arxiv_id

    try:
        parse_arxiv_id(text)
    except ValueError as error:
        here.say(str(error))


def parse_span(since: str | None, until: str | None, here: "Session") -> "tuple[date | None, date | None]":
    """The first and the last day of a span as people type them; ``None`` for an end that is open.

    Args:
        since: the first day.
        until: the last day.
        here: knows which day the reader's ``today`` is.

    Raises:
        ValueError: if one of them is no day, or the first is after the last.
    """
    first, last = (here.day(text) if text else None for text in (since, until))
    if first and last and last < first:
        raise ValueError(f"the first day is after the last: {first} to {last}")
    return first, last
