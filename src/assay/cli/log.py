"""What commands that run for long write to standard error: lines for people, or a JSON object a line for machines."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Literal

import typer

from assay.cli import Session

Form = Literal["text", "json"]
Log = Annotated[
    Form | None,
    typer.Option("--log", help="Write lines of text, or a JSON object a line, on standard error; text if left out."),
]


@contextmanager
def logged(here: Session, form: Form | None) -> Iterator[None]:
    """What a command does within is logged in that form, or in the one of the settings; all of it, if it is JSON.

    An object has ``time``, ``level``, ``logger`` and ``event``, and what the event tells; ``traceback`` if it was a
    failure. Nothing in it is a secret, a body, or what somebody looked for.
    """
    if (form or here.settings.log) == "text":
        # Of what is logged, people see what went wrong, with the id under which it was answered.
        with _handled_by(logging.Formatter("assay: %(message)s %(id)s", defaults={"id": ""}), "assay", logging.WARNING):
            yield
        return
    from assay.cli import one_line

    own = logging.getLogger("assay")
    with _handled_by(_json(), "", logging.WARNING), _at_level(own, logging.INFO):
        logging.captureWarnings(capture=True)
        here.is_logged = True
        try:
            yield
        except (ValueError, OSError) as error:
            own.error(one_line(error))
            raise typer.Exit(2) from None
        except KeyboardInterrupt:
            own.warning("interrupted")
            raise typer.Exit(130) from None
        finally:
            here.is_logged = False
            logging.captureWarnings(capture=False)


@contextmanager
def _handled_by(formatter: logging.Formatter, name: str, level: int) -> Iterator[None]:
    """Have a logger write to standard error, and nowhere else."""
    logger, handler = logging.getLogger(name), logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handlers, logger.handlers = logger.handlers, [handler]
    propagates, logger.propagate = logger.propagate, False
    try:
        with _at_level(logger, level):
            yield
    finally:
        logger.handlers, logger.propagate = handlers, propagates


@contextmanager
def _at_level(logger: logging.Logger, level: int) -> Iterator[None]:
    before = logger.level
    logger.setLevel(level)
    try:
        yield
    finally:
        logger.setLevel(before)


def _json() -> logging.Formatter:
    from pythonjsonlogger.core import RESERVED_ATTRS
    from pythonjsonlogger.json import JsonFormatter

    return JsonFormatter(
        ["levelname", "name", "message"],
        rename_fields={"levelname": "level", "name": "logger", "message": "event", "exc_info": "traceback"},
        reserved_attrs=[*RESERVED_ATTRS, "color_message"],
        timestamp="time",
        json_ensure_ascii=False,
    )
