"""``assay digest``: shows the papers of a day, a week or a month, or writes them in one of several forms."""

from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, Reader, Session, app, session
from assay.papers.models import Day, DayState

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.store import Store

_TROUBLE = {DayState.BROKEN, DayState.PARTIAL, DayState.STALE_SOURCE, DayState.UNCOLLECTED}


class Form(StrEnum):
    """A form that a day can be written in."""

    TERMINAL = "terminal"
    MARKDOWN = "markdown"
    TABLE = "table"
    SECTIONS = "sections"
    JSON = "json"
    BIBTEX = "bibtex"


@app.command()
def digest(
    context: typer.Context,
    day: Annotated[
        str, typer.Argument(metavar="[DAY]", help="2025-02-26, today, yesterday; a week 2025-W09, a month 2025-02.")
    ] = "today",
    lang: Annotated[
        list[str] | None, typer.Option("--lang", "-l", help="Language to show; may be given again.")
    ] = None,
    form: Annotated[Form, typer.Option("--format", "-f", help="What to write.")] = Form.TERMINAL,
    brief: Annotated[bool, typer.Option("--brief", help="One line a paper.")] = False,
    full: Annotated[bool, typer.Option("--full", help="All parts of each summary.")] = False,
    unread: Annotated[
        bool, typer.Option("--unread", help="Only papers that are new to you: neither read nor shown with another day.")
    ] = False,
    whose: Annotated[
        str | None,
        typer.Option("--for", metavar="me", help="me: the papers that you would want first, each with the reason why."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write to a file, whole or not at all.")] = None,
    _reader: Reader = None,
    as_json: Json = False,
) -> None:
    """Show the papers of a day, summarised, each with what it claims.

    Of a week or a month: the papers that mattered, terms on the rise, the largest claims, and what was measured.

    Where something is kept of you (`assay star`, `assay follow`), each paper says what you did with it, and papers
    that were shown to you here with another day say so; the terminal and Markdown leave hidden ones out.

    Exit code 1 says that the day is broken, partial or was never collected.
    """
    from assay.cli.period import show_period
    from assay.cli.settings import check_languages
    from assay.digest.day import read_day
    from assay.papers.period import read_span
    from assay.papers.text import counted
    from assay.publish import written
    from assay.publish.labels import label
    from assay.publish.terminal import print_day

    here = session(context)
    if whose not in {None, "me"}:
        raise ValueError(f"--for {whose}: write --for me, and whose own things those are with --reader")
    if (span := read_span(day)) is not None:
        if brief or full or unread:
            raise ValueError("--brief, --full and --unread are for a day")
        own_form, languages = Form.JSON if as_json else form, check_languages(lang or here.settings.languages)
        period = show_period(here, span, own_form.value, languages, out, is_own=whose is not None)
        raise typer.Exit(int(not period.count))
    now = datetime.now(UTC)
    date = here.day(day)
    if brief and full:
        raise ValueError("--brief and --full exclude each other")
    languages = check_languages(lang or here.settings.languages)
    if as_json:
        form = Form.JSON
    # JSON has everything; the archives' formats and BibTeX have no place for checks.
    languages_to_check = {Form.JSON: None, Form.TABLE: (), Form.SECTIONS: (), Form.BIBTEX: ()}.get(form, languages)
    if form is Form.TERMINAL and out is not None:
        raise ValueError("--out goes with --format markdown, table, sections, json or bibtex")
    with here.store() as store:
        result = read_day(store, date, now=now, languages=languages_to_check)
        days = [key for key, count in store.days() if count]
        hides = form in {Form.TERMINAL, Form.MARKDOWN}
        shown = as_hers(here, store, result, hides=hides, unread=unread, in_order=whose is not None)
    left_out = 0 if unread else len(result.papers) - len(shown.papers)
    if form is Form.TERMINAL:
        with showing(here, shown, is_own=whose is not None):
            print_day(here.out, shown, languages, detail="brief" if brief else "full" if full else "normal")
        if not result.papers and days:
            here.out.print(label("latest_known", languages[0], date=max(days)), style="dim")
    else:
        text = written(shown, form.value, languages)
        if out is not None:
            here.write(out, text, counted(len(shown.papers), "paper"))
        else:
            typer.echo(text, nl=False)
    if left_out:
        here.say(label("own.left_out", languages[0], n=left_out))
    elif result.papers and not shown.papers:
        here.say(label("own.all_seen", languages[0]))
    raise typer.Exit(exit_code(result))


def as_hers(
    here: Session, store: "Store", day: Day, *, hides: bool, unread: bool = False, in_order: bool = False
) -> Day:
    """The day with the reader's marks, without what she does not want to see; the same day if nothing is kept of her.

    Args:
        here: the session, which knows who she is.
        store: the archive.
        day: the day as everybody sees it.
        hides: leave out what she hid.
        unread: leave out what is not new to her, too.
        in_order: put the papers in her own order.
    """
    from assay.cli.choosing import tell_order
    from assay.cli.embedder import nearness_of, tell_lacking
    from assay.publish.labels import label
    from assay.reader.day import only_unread, with_marks, without_hidden
    from assay.reader.ordering import in_own_order
    from assay.writing.terms import read_glossary

    with here.known_shelf() as shelf:
        if shelf is None:
            if unread:
                here.say("nothing is kept of you yet, so all of it is new: `assay star PAPER` is a beginning")
            if in_order:
                here.say(label("ranked.by_votes", here.settings.languages[0]))
            return day
        own = with_marks(day, shelf)
        if in_order:
            glossary = read_glossary("ko", here.settings.glossary)
            with nearness_of(here) as near:
                own = in_own_order(own, shelf, store, glossary=glossary, near=near)
            tell_lacking(here, near)
            tell_order(here, own.ranked.values())
    if unread:
        return only_unread(own)
    return without_hidden(own) if hides else own


@contextmanager
def showing(here: Session, day: Day, *, is_own: bool) -> "Iterator[None]":
    """Remember of a day that is shown within the block its numbers, and its papers as seen, if anything is kept of her.

    Args:
        here: the session, which knows who she is.
        day: the day as it is shown.
        is_own: whether it stands in her own order.
    """
    name = f"{day.date} in your order" if is_own else str(day.date)
    # Before it is shown: who leaves a pager early has seen numbers.
    here.keep_list(name, {paper.rank: paper.id for paper in day.papers})
    yield
    with here.known_shelf() as shelf:
        if shelf is not None:
            shelf.saw((paper.id for paper in day.papers), day.date)


def exit_code(day: Day) -> int:
    """The exit code for a day: 1 if it is broken, partial, stale or was never collected, else 0."""
    return int(day.state in _TROUBLE)
