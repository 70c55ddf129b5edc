"""The command ``assay``: its application and session; each command group has a module here.

Exit codes are the same everywhere: 0 done; 1 it ran, but a day is broken or partial, or something was refused;
2 the arguments or files make no sense. A reader's mistake never shows a traceback.
"""

import logging
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from assay import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from assay.cli.settings import Settings
    from assay.reader.numbering import NumberedList
    from assay.reader.shelf import Shelf
    from assay.store import Store

app = typer.Typer(
    name="assay",
    help="Read the day's AI papers, and test what they claim. A first step: `assay start`.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class _Console(Console):
    """A console that leaves it to `main` what a reader means who leaves a pipe early."""

    def on_broken_pipe(self) -> None:
        """Say that the other end is gone; rich would end the command as if it had failed."""
        raise BrokenPipeError


@dataclass
class Session:
    """The context of a command: settings, the store, and the consoles to write to."""

    home: Path | None
    reader: str | None = None
    """The reader who was named on the command line."""
    out: Console = field(default_factory=lambda: _Console(highlight=False, soft_wrap=False))
    err: Console = field(default_factory=lambda: _Console(stderr=True, highlight=False))
    is_logged: bool = False
    """Whether all that is said goes into a log of JSON; see `assay.cli.log`."""
    _explained: set[str] = field(default_factory=set)

    @cached_property
    def settings(self) -> "Settings":
        """The settings in force."""
        from assay.cli.settings import load_settings

        return load_settings(self.home)

    def say(self, line: str) -> None:
        """Show a line on standard error as it is, whatever is in it."""
        self.tell(line, on=self.err)

    def tell(self, line: str, event: str = "", *, on: Console | None = None, **facts: object) -> None:
        """Show a line on standard output or elsewhere; or log it, where a command logs.

        Args:
            line: for people.
            event: for machines, what happened in a word or two; the line itself if empty.
            on: where people see it.
            facts: what machines learn of the event.
        """
        if self.is_logged:
            logging.getLogger("assay").info(event or line, extra=facts)
        else:
            (on or self.out).print(line, markup=False, soft_wrap=True)

    def day(self, text: str) -> "date":
        """The day that a reader typed; which day ``today`` and ``yesterday`` are, and where, is said.

        Raises:
            ValueError: if it is no day.
        """
        from assay.cli.settings import parse_day

        now = self.settings.now()
        day = parse_day(text, now.date())
        word = text.strip().lower()
        if word in {"today", "yesterday"} and word not in self._explained:
            self._explained.add(word)
            self.say(f"{word}, {day} in {self.settings.timezone or now.tzname()}")
        return day

    @contextmanager
    def store(self) -> "Iterator[Store]":
        """The store, with the catalogue in it."""
        from assay.digest.ingest import load_catalogue
        from assay.store import open_store

        if not self.settings.database:
            self.settings.home.mkdir(parents=True, exist_ok=True)
        with open_store(self.settings.database_url) as store:
            load_catalogue(store)
            yield store

    @contextmanager
    def shelf(self) -> "Iterator[Shelf]":
        """The reader's own shelf, made where there is none."""
        from assay.reader.shelf import open_shelf

        self.settings.home.mkdir(parents=True, exist_ok=True)
        with open_shelf(self.settings.readers_database, self.reader_name) as shelf:
            yield shelf

    @contextmanager
    def known_shelf(self) -> "Iterator[Shelf | None]":
        """The reader's own shelf, if anything is kept of her; nothing is made."""
        from assay.reader.shelf import find_shelf

        shelf = find_shelf(self.settings.readers_database, self.reader_name)
        try:
            yield shelf
        finally:
            if shelf is not None:
                shelf.close()

    def keep_list(self, name: str, papers: "Mapping[int, str]") -> None:
        """Keep a list that was shown to the reader, by number, so that she can name papers by its numbers."""
        from assay.reader.numbering import keep_list

        keep_list(self._lists, self.reader_name, name, papers)

    def last_list(self) -> "NumberedList | None":
        """The list that was shown to the reader last, if any was."""
        from assay.reader.numbering import last_list

        return last_list(self._lists, self.reader_name)

    @property
    def _lists(self) -> Path:
        return self.settings.home / "shown"

    @property
    def reader_name(self) -> str:
        """Whose own things are meant."""
        return self.settings.reader if self.reader is None else self.reader

    def write(self, out: Path, content: str | bytes, what: str, *, as_json: bool = False) -> None:
        """Write a file, whole or not at all, and say in a line what is in it: ``day.md: 12 papers``.

        Where JSON goes to standard output, the line goes to standard error.
        """
        from assay.papers.files import write_whole

        is_changed = write_whole(out, content)
        console = self.err if as_json else self.out
        console.print(f"{out}: {what}{'' if is_changed else ', unchanged'}", markup=False, soft_wrap=True)

    def json(self, text: str) -> None:
        """Write JSON to standard output, without formatting."""
        sys.stdout.write(text + "\n")


def session(context: typer.Context) -> Session:
    """The session of a command."""
    current = context.find_object(Session)
    assert current is not None  # noqa: S101 - set by `_assay` before any command runs
    return current


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _choose_reader(context: typer.Context, name: str | None) -> str | None:
    current = context.find_object(Session)
    if current is not None and name is not None:
        current.reader = name
    return name


Reader = Annotated[
    str | None,
    typer.Option("--reader", callback=_choose_reader, help="Whose own things, where several readers share a home."),
]
"""Needs no reading by the command: it chooses the shelf that `Session.shelf` opens."""


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"assay {__version__}")
        raise typer.Exit


@app.callback()
def _assay(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(envvar="ASSAY_HOME", help="Folder for configuration and data instead of the platform's own."),
    ] = None,
    reader: Annotated[
        str | None,
        typer.Option(help="Whose stars, notes and follows, where several readers share a home folder; default me."),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = Session(home, reader)


def _load_commands() -> None:
    from assay.cli import (  # noqa: F401
        add,
        backup,
        check,
        claims,
        collect,
        convert,
        digest,
        doctor,
        embed,
        errata,
        evaluate,
        export,
        feed,
        fulltext,
        ingest,
        library,
        mail,
        marks,
        mcp,
        mine,
        models,
        post,
        reader,
        refresh,
        search,
        serve,
        show,
        site,
        start,
        store,
        summarise,
        trials,
        watch,
        where,
    )


_load_commands()


def main() -> None:
    """Run the command line; the console script."""
    try:
        app()
    except BrokenPipeError:
        # The reader of a pipe has gone; that is not an error. Python would complain once more at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except KeyboardInterrupt:
        sys.stderr.write("assay: interrupted; all that was reported as stored is safe, run the same command to go on\n")
        raise SystemExit(130) from None
    except (ValueError, OSError) as error:
        sys.stderr.write(f"assay: {one_line(error)}\n")
        raise SystemExit(2) from None


def one_line(error: Exception) -> str:
    """What an error says, on one line."""
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return " ".join(_words(error).split())


def _words(error: Exception) -> str:
    """What an error says; where data were wrong, without pydantic's own words."""
    from pydantic import ValidationError

    from assay.papers.faults import first_fault

    return f"{error.title}: {first_fault(error)}" if isinstance(error, ValidationError) else str(error)
