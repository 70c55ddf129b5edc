"""Tells what somebody asked for wrongly from what is broken here, of which nobody else is told more than that."""

import sqlite3
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

import assay

_PROGRAM = Path(assay.__file__).parent


def fault_of(error: ValueError) -> str:
    """What was asked for wrongly, in a line.

    Raises:
        ValueError: the error itself, if it is ours: nobody asked wrongly, and it names files of the server.
    """
    if is_ours(error):
        raise error
    return " ".join(str(error).split())


def is_ours(error: ValueError, *folders: Path) -> bool:
    """Whether a database failed, or a file of the program or of one of the folders cannot be read."""
    is_of_database = isinstance(error.__cause__, SQLAlchemyError | sqlite3.Error)
    return is_of_database or any(f"{folder.absolute()}/" in str(error) for folder in (_PROGRAM, *folders))
