"""``assay mine`` and ``assay follow``: a reader's own list of papers, and what interests her."""

import re
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import TypeAdapter

from assay.cli import Json, Reader, Session, app, session
from assay.cli.search import SearchCommand
from assay.papers.text import counted, shorten
from assay.reader.interests import Follow, Followed, FollowKind, Phrase

if TYPE_CHECKING:
    from datetime import datetime

    from assay.reader.mine import MyPaper, Wanted

_LONGEST_NOTE = 200
"""So much of a note stands in the list; `assay note` shows all of it."""


class Sort(StrEnum):
    """What a list can be sorted by."""

    TOUCHED = "touched"
    LISTED = "listed"
    TITLE = "title"


@app.command(cls=SearchCommand)
def mine(
    context: typer.Context,
    words: Annotated[
        list[str] | None, typer.Argument(metavar="[QUERY]...", help="Only papers that match, as in `assay search`.")
    ] = None,
    starred: Annotated[bool, typer.Option("--starred", help="Only starred ones.")] = False,
    tags: Annotated[
        list[str] | None, typer.Option("--tag", help="Only those with this tag; given again, with all of them.")
    ] = None,
    unread: Annotated[bool, typer.Option("--unread", help="Only those not marked as read.")] = False,
    noted: Annotated[bool, typer.Option("--noted", help="Only those with a note of yours.")] = False,
    hidden: Annotated[bool, typer.Option("--hidden", help="The hidden ones, which are left out otherwise.")] = False,
    follows: Annotated[
        bool, typer.Option("--follows", help="All papers of the archive that are about what you follow.")
    ] = False,
    since: Annotated[
        str | None,
        typer.Option(
            metavar="DAY",
            help="Only those that you did something with on this day or later: 2025-02-26, yesterday, or 7d for seven "
            "days ago; with --follows, also those listed since.",
        ),
    ] = None,
    sort: Annotated[
        Sort, typer.Option(help="touched: what you did something with last; listed: the latest day; title.")
    ] = Sort.TOUCHED,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")] = 100,
    _reader: Reader = None,
    as_json: Json = False,
) -> None:
    """Show your list: the papers that you added, starred, read, tagged or wrote a note about, the latest first."""
    from assay.publish.terminal import search_table
    from assay.reader.mine import MyPaper, Order, Wanted, my_list
    from assay.store.searching.query import parse
    from assay.writing.terms import read_glossary

    here = session(context)
    if words:
        parse(" ".join(words))  # also where there is no list to search
    wanted = Wanted(
        query=" ".join(words or []),
        tags=tuple(tags or ()),
        starred=starred,
        unread=unread,
        noted=noted,
        hidden=hidden,
        followed=follows,
        since=_moment(here, since) if since is not None else None,
    )
    with here.known_shelf() as shelf, here.store() as store:
        glossary = read_glossary("ko", here.settings.glossary) if follows else {}
        papers = my_list(shelf, store, wanted, order=Order(sort.value), glossary=glossary) if shelf else []
    shown = papers[:limit]
    if as_json:
        here.json(TypeAdapter(list[MyPaper]).dump_json(shown).decode())
    elif not shown:
        here.out.print(_why_empty(wanted), markup=False)
    else:
        here.out.print(search_table(_rows(shown, here.settings.languages[0])))
    if len(papers) > limit:
        here.say(f"and {counted(len(papers) - limit, 'more paper')}; --limit shows more")


def _moment(here: Session, text: str) -> "datetime":
    """When a day began that a reader typed, or that was so many days ago: ``7d``.

    Raises:
        ValueError: if it is neither.
    """
    from datetime import datetime, time, timedelta

    now = here.settings.now()
    if match := re.fullmatch(r"(\d{1,5})d", text.strip(), re.ASCII):
        day = now.date() - timedelta(days=int(match[1]))
    else:
        day = here.day(text)
    return datetime.combine(day, time.min, now.tzinfo)


def _rows(papers: "list[MyPaper]", language: str) -> list[tuple[str, str, str, str]]:
    """The papers as a table has them, each with what the reader did with it and why it is about her follows."""
    from assay.publish.own import follow_words, mark_words, phrase_words

    return [
        (
            paper.id,
            str(paper.day or ""),
            paper.title or f"not in the archive; `assay add {paper.id}` brings it in",
            " · ".join(
                [
                    *mark_words(paper.marks, language),
                    *(follow_words(each, language) for each in paper.follows),
                    *(phrase_words(each, language) for each in paper.phrases),
                    *(shorten(note.text.replace("\n", " "), _LONGEST_NOTE) for note in paper.marks.notes),
                ]
            ),
        )
        for paper in papers
    ]


def _why_empty(wanted: "Wanted") -> str:
    from assay.reader.mine import Wanted

    if wanted == Wanted():
        return "Your list is empty: `assay star PAPER` or `assay add PAPER` puts a paper in it."
    if wanted == Wanted(followed=True):
        return "No paper here is about what you follow; `assay follow` shows what that is."
    return "No paper of yours is like that."


class What(StrEnum):
    """What a reader can follow."""

    AUTHOR = "author"
    ORGANISATION = "org"
    CATEGORY = "category"
    QUERY = "query"
    PHRASE = "phrase"


_KINDS = "author, org, category, query or phrase"
Kind = Annotated[str, typer.Argument(metavar="KIND", help=f"{_KINDS}.")]
Value = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[VALUE]...", help='A name, cs.CL, a query as in `assay search`, or words such as "KV cache".'
    ),
]


class FollowCommand(SearchCommand):
    """A search command one of whose options takes a number that may be below zero."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Bind a weight to its option, so that it is not taken for a word to leave out."""
        words: list[str] = []
        for word in args:
            if words and words[-1] in {"--weight", "-w"}:
                words[-1] = f"--weight={word}"
            else:
                words.append(word)
        return super().parse_args(ctx, words)


@app.command(cls=FollowCommand)
def follow(
    context: typer.Context,
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]", help=f"{_KINDS}.")] = None,
    value: Value = None,
    weight: Annotated[
        float | None,
        typer.Option(
            "--weight", "-w", help="Of a phrase: how much it counts; below 0, papers with it sink. Default 1."
        ),
    ] = None,
    _reader: Reader = None,
    as_json: Json = False,
) -> None:
    """Follow an author, an organisation, an arXiv category, a query or a phrase; with nothing, show what you follow.

    Papers about it come first in `assay digest --for me`, and `assay mine --follows` lists them.
    """
    from assay.publish.own import follow_words, phrase_words

    here = session(context)
    if kind is None:
        _show(here, as_json=as_json)
        return
    sort = _what(kind)
    text = _text(sort, value)
    if weight is not None and sort is not What.PHRASE:
        raise ValueError('--weight is for phrases: assay follow phrase "KV cache" --weight 2')
    with here.shelf() as shelf:
        if sort is What.PHRASE:
            phrase = Phrase(text=text, weight=1.0 if weight is None else weight)
            is_new, words = shelf.want(phrase), phrase_words(phrase, "en")
        else:
            what = Follow(kind=FollowKind(sort.value), value=text)
            is_new, words = shelf.follow(what), follow_words(what, "en")
    if as_json:
        _show(here, as_json=True)
    else:
        here.out.print(f"{'following' if is_new else 'following already'}: {words}", markup=False, soft_wrap=True)


@app.command(cls=SearchCommand)
def unfollow(
    context: typer.Context, kind: Kind, value: Value = None, _reader: Reader = None, as_json: Json = False
) -> None:
    """Follow something no longer; write it as in `assay follow`, a phrase without its weight."""
    here = session(context)
    sort = _what(kind)
    text = _text(sort, value)
    with here.known_shelf() as shelf:
        if shelf is None:
            gone = False
        elif sort is What.PHRASE:
            gone = shelf.forget(text)
        else:
            gone = shelf.unfollow(Follow(kind=FollowKind(sort.value), value=text))
    if as_json:
        _show(here, as_json=True)
    else:
        was = "no longer followed" if gone else "was not followed"
        here.out.print(f"{was}: {sort.value} {text}", markup=False, soft_wrap=True)


def _what(kind: str) -> What:
    """What is to be followed, by its word.

    Raises:
        ValueError: if it is none of the words.
    """
    try:
        return What(kind.strip().lower())
    except ValueError:
        raise ValueError(f'{kind!r} is not {_KINDS}, which comes first: assay follow phrase "KV cache"') from None


def _text(kind: What, value: list[str] | None) -> str:
    """What is followed, as one text.

    Raises:
        ValueError: if there is none, or if it is to be a category and cannot be one.
    """
    from assay.papers.categories import check_categories
    from assay.papers.text import normalise

    text = normalise(" ".join(value or []))
    if not text:
        raise ValueError(f"which {kind.value}? Write for instance: assay follow {kind.value} {_EXAMPLES[kind]}")
    return check_categories([text])[0] if kind is What.CATEGORY else text


_EXAMPLES = {
    What.AUTHOR: '"Song Han"',
    What.ORGANISATION: '"Tsinghua University"',
    What.CATEGORY: "cs.CL",
    What.QUERY: '"sparse attention" -vision',
    What.PHRASE: '"KV cache" --weight 2',
}


def _show(here: Session, *, as_json: bool) -> None:
    """All that the reader follows."""
    from assay.publish.own import follow_words, phrase_words

    with here.known_shelf() as shelf:
        followed = Followed(follows=shelf.follows(), phrases=shelf.phrases()) if shelf else Followed()
    if as_json:
        here.json(followed.model_dump_json())
        return
    language = here.settings.languages[0]
    lines = [follow_words(each, language) for each in followed.follows]
    lines += [phrase_words(each, language) for each in followed.phrases]
    lines = lines or ['You follow nothing yet. Write for instance: assay follow phrase "KV cache" --weight 2']
    here.out.print("\n".join(lines), markup=False, soft_wrap=True)
