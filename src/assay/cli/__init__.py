"""The command ``assay``: one module per command group, and what they share.

Exit codes are the same everywhere: 0 done; 1 it ran, but a day is broken or partial, or something was refused;
2 it was asked for something that makes no sense. A reader's mistake never shows a traceback.
"""

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
    from collections.abc import Iterator

    from assay.cli.settings import Settings
    from assay.store import Store

app = typer.Typer(
    name="assay",
    help="Read the day's AI papers, and test what they claim.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@dataclass
class Session:
    """What a command is given: settings, the store, and where to write."""

    home: Path | None
    out: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=False))
    err: Console = field(default_factory=lambda: Console(stderr=True, highlight=False))

    @cached_property
    def settings(self) -> "Settings":
        """The settings in force."""
        from assay.cli.settings import load_settings

        return load_settings(self.home)

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

    def json(self, text: str) -> None:
        """Write JSON to standard output as it is."""
        sys.stdout.write(text + "\n")


def session(context: typer.Context) -> Session:
    """The session of a command."""
    found = context.find_object(Session)
    assert found is not None  # noqa: S101 - set by `_assay` before any command runs
    return found


Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


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
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = Session(home)


def _load_commands() -> None:
    from assay.cli import (  # noqa: F401
        check,
        claims,
        collect,
        convert,
        digest,
        doctor,
        errata,
        fulltext,
        ingest,
        search,
        show,
        site,
        summarise,
        trials,
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
        sys.stderr.write("assay: interrupted; what was reported as stored is stored, the same command goes on\n")
        raise SystemExit(130) from None
    except (ValueError, OSError) as error:
        sys.stderr.write(f"assay: {_one_line(error)}\n")
        raise SystemExit(2) from None


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())
