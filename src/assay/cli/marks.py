"""``assay star``, ``read``, ``hide``, ``tag``, ``note`` and their opposites: what a reader does with papers."""

import re
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import TypeAdapter
from typer.core import TyperCommand

from assay.cli import Json, Reader, Session, app, session
from assay.cli.naming import check_stored, read_names
from assay.papers.text import counted
from assay.reader.records import Mark, OwnMarks

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assay.reader.shelf import Shelf
    from assay.store import Store

Papers = Annotated[
    list[str],
    typer.Argument(
        metavar="PAPER...",
        help="arXiv ids, any links to them, short names, or numbers of the list that you were shown last: 3, 2..5.",
    ),
]
OnePaper = Annotated[
    str,
    typer.Argument(
        metavar="PAPER",
        help="An arXiv id, any link to it, a short name, or a number of the list that you were shown last.",
    ),
]


@app.command()
def star(context: typer.Context, papers: Papers, _reader: Reader = None, as_json: Json = False) -> None:
    """Star papers: they are in your list, and the ranking looks for their like."""
    _mark(session(context), papers, Mark.STARRED, as_json=as_json)


@app.command()
def unstar(context: typer.Context, papers: Papers, _reader: Reader = None, as_json: Json = False) -> None:
    """Take the star away."""
    _unmark(session(context), papers, Mark.STARRED, as_json=as_json)


@app.command()
def read(context: typer.Context, papers: Papers, _reader: Reader = None, as_json: Json = False) -> None:
    """Mark papers as read: `assay digest --unread` leaves them out."""
    _mark(session(context), papers, Mark.READ, as_json=as_json)


@app.command()
def unread(context: typer.Context, papers: Papers, _reader: Reader = None, as_json: Json = False) -> None:
    """Mark papers as not read."""
    _unmark(session(context), papers, Mark.READ, as_json=as_json)


@app.command()
def hide(context: typer.Context, papers: Papers, _reader: Reader = None, as_json: Json = False) -> None:
    """Hide papers: your days leave them out, and the ranking avoids their like."""
    _mark(session(context), papers, Mark.HIDDEN, as_json=as_json)


@app.command()
def unhide(context: typer.Context, papers: Papers, _reader: Reader = None, as_json: Json = False) -> None:
    """Show hidden papers again."""
    _unmark(session(context), papers, Mark.HIDDEN, as_json=as_json)


class TagCommand(TyperCommand):
    """A command whose arguments may begin with a minus: ``-word`` takes a tag away."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read ``-word`` as ``--remove word``."""
        end = args.index("--") if "--" in args else len(args)
        words = [("--remove", word[1:]) if _TAKEN_AWAY.fullmatch(word) else (word,) for word in args[:end]]
        return super().parse_args(ctx, [word for each in words for word in each] + args[end:])


_TAKEN_AWAY = re.compile(r"-[^\W_-].+|-[^\W_h]", re.DOTALL)


@app.command(cls=TagCommand)
def tag(
    context: typer.Context,
    paper: OnePaper,
    tags: Annotated[
        list[str] | None, typer.Argument(metavar="[TAG]...", help="Tags to give; -tag takes one away.")
    ] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="A tag to take away, as -tag does.")] = None,
    _reader: Reader = None,
    as_json: Json = False,
) -> None:
    """Give a paper tags of your own, or take them away; without a tag, show those that it has."""
    here = session(context)
    with here.store() as store:
        named = _read_name(here, paper)
        (key,) = named
        if tags:
            check_stored(named, store)
        if tags or remove:
            with here.shelf() as shelf:
                shelf.tag(key, tags or ())
                shelf.untag(key, remove or ())
        report(here, store, named, {key: ", ".join(_marks(here, key).tags) or "no tags"}, as_json=as_json)


@app.command()
def note(
    context: typer.Context,
    paper: OnePaper,
    words: Annotated[list[str] | None, typer.Argument(metavar="[TEXT]...", help="What to write down.")] = None,
    remove: Annotated[
        list[int] | None, typer.Option("--remove", min=1, help="Remove the note of this number, as they are shown.")
    ] = None,
    _reader: Reader = None,
    as_json: Json = False,
) -> None:
    """Write a note about a paper, beside those that it has; without a text, show them."""
    from assay.papers.escape import terminal_prose as safe

    here = session(context)
    if words and not " ".join(words).strip():
        raise ValueError("there is nothing in the note; without a text, its notes are shown")
    with here.store() as store:
        named = _read_name(here, paper)
        (key,) = named
        if words:
            check_stored(named, store)
        if words or remove:
            with here.shelf() as shelf:
                _remove_notes(shelf, key, remove or [])
                if words:
                    shelf.note(key, " ".join(words))
        notes = _marks(here, key).notes
        report(here, store, named, {key: counted(len(notes), "note") if notes else "no notes"}, as_json=as_json)
    for number, each in enumerate(() if as_json else notes, 1):
        text = "\n   ".join(map(safe, each.text.split("\n")))
        here.out.print(f"{number}. {text}  ({each.at:%Y-%m-%d})", markup=False, soft_wrap=True)


def _marks(here: Session, paper: str) -> OwnMarks:
    with here.known_shelf() as shelf:
        return shelf.marks([paper]).get(paper, OwnMarks()) if shelf else OwnMarks()


def _remove_notes(shelf: "Shelf", paper: str, numbers: list[int]) -> None:
    notes = shelf.marks([paper]).get(paper, OwnMarks()).notes
    for number in numbers:
        if number > len(notes):
            raise ValueError(f"{paper} has no note {number}; it has {len(notes)}")
    for number in numbers:
        shelf.unnote(paper, notes[number - 1].text)


def _mark(here: Session, names: list[str], mark: Mark, *, as_json: bool) -> None:
    with here.store() as store:
        named = read_names(here, names)
        check_stored(named, store)
        with here.shelf() as shelf:
            new = shelf.mark(named, mark)
        words = {key: mark.value if key in new else f"{mark.value} already" for key in named}
        report(here, store, named, words, as_json=as_json)


def _unmark(here: Session, names: list[str], mark: Mark, *, as_json: bool) -> None:
    with here.store() as store:
        named = read_names(here, names)
        with here.known_shelf() as shelf:
            gone = shelf.unmark(named, mark) if shelf else []
        words = {key: f"no longer {mark.value}" if key in gone else f"was not {mark.value}" for key in named}
        report(here, store, named, words, as_json=as_json)


def _read_name(here: Session, name: str) -> dict[str, str]:
    """The one paper that a reader names, as `read_names` has it.

    Raises:
        ValueError: if it is none, or several.
    """
    named = read_names(here, [name])
    if len(named) > 1:
        raise ValueError(f"{name} names {len(named)} papers; write one")
    return named


def report(
    here: Session, store: "Store", named: "Mapping[str, str]", words: "Mapping[str, str]", *, as_json: bool
) -> None:
    """Say of each paper what became of it, or print all that the reader did with it as JSON.

    Args:
        here: the session.
        store: the archive.
        named: the papers, as `read_names` has them.
        words: by paper, what became of it.
        as_json: whether to print JSON.
    """
    from assay.papers.escape import terminal_prose as safe
    from assay.reader.mine import MyPaper, describe

    with here.known_shelf() as shelf:
        papers = describe(list(named), shelf, store)
    if as_json:
        here.json(TypeAdapter(list[MyPaper]).dump_json(papers).decode())
        return
    for paper in papers:
        place = f"{named[paper.id]}, " if named[paper.id] else ""
        line = f"{words[paper.id]}: {place}{paper.id}  {safe(paper.title)}"
        here.out.print(line.rstrip(), markup=False, soft_wrap=True)
