"""What both digest formats share: pieces of unread text, line breaks, dates, ids and printed Python values."""

import ast
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from assay.papers.models import Refusal

Newline = Literal["\n", "\r\n"]


@dataclass(frozen=True, slots=True)
class Unread:
    """Text kept verbatim in its place, with its line breaks."""

    text: str
    why: str = ""
    """Why it could not be read; empty for blank lines, in which there is nothing to read."""

    def __str__(self) -> str:
        return self.text


def refusals(pieces: Iterable[object], file: str) -> tuple[Refusal, ...]:
    """One refusal for every piece that could not be read, with the line it starts on."""
    problems = []
    line = 1
    for piece in pieces:
        if isinstance(piece, Unread) and piece.why:
            problems.append(Refusal(file=file, line=line, why=piece.why))
        line += str(piece).count("\n")
    return tuple(problems)


def one_newline(text: str) -> tuple[str, Newline]:
    r"""``text`` with ``\n`` for line breaks, and what they were; a text that mixes both kinds is left alone."""
    if "\r\n" in text and text.count("\r\n") == text.count("\n"):
        return text.replace("\r\n", "\n"), "\r\n"
    return text, "\n"


def byte_order_mark(text: str) -> tuple[tuple[Unread, ...], str]:
    """The mark that some editors put before the first line, as a piece of its own, and the text after it."""
    bare = text.removeprefix("\ufeff")
    return ((), text) if bare == text else ((Unread("\ufeff"),), bare)


def read_date(text: str) -> date | None:
    """The date, or ``None`` if the calendar has no such day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def parse_printed_values(text: str) -> list[str] | None:
    """The texts of a Python list or dict that a digest printed as it was, or ``None`` for ordinary text.

    A dict gives one ``key: value`` for each of its entries.
    """
    if text[:1] + text[-1:] not in {"[]", "{}"} or len(text) > 50_000:
        return None
    try:
        with warnings.catch_warnings(action="ignore"):
            return _flatten(ast.literal_eval(text)) or None
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _flatten(value: object) -> list[str]:
    if isinstance(value, dict):
        return [f"{key}: {'; '.join(_flatten(inner))}" for key, inner in value.items()]
    if isinstance(value, (list, tuple, set)):
        return [text for inner in value for text in _flatten(inner)]
    return [str(value)]
