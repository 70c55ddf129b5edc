"""How far along a long step is, shown by whoever runs it: a bar in a terminal, nothing in a test.

Code that takes long goes through its steps with `track`; what becomes of that is decided outside, with `showing`.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from rich.console import Console
from rich.progress import track as rich_track

T = TypeVar("T")
Show = Callable[[Iterable[Any], str], Iterator[Any]]
"""Goes through the things of an iterable, showing the text and how many are done."""


def bar(iterable: Iterable[T], what: str) -> Iterator[T]:
    """A bar on standard error, or nothing where that is not a terminal."""
    console = Console(file=sys.stderr)
    return iter(rich_track(iterable, what, console=console, transient=True, disable=not console.is_terminal))


def quiet(iterable: Iterable[T], what: str) -> Iterator[T]:  # noqa: ARG001 - it shows nothing
    """Shows nothing."""
    return iter(iterable)


_shown_by: ContextVar[Show] = ContextVar("shown_by", default=bar)


def track(iterable: Iterable[T], what: str) -> Iterator[T]:
    """Go through `iterable`, showing how far along it is; a bar unless `showing` says otherwise."""
    return _shown_by.get()(iterable, what)


@contextmanager
def showing(show: Show) -> Iterator[None]:
    """Show the progress of everything inside with `show`."""
    token = _shown_by.set(show)
    try:
        yield
    finally:
        _shown_by.reset(token)
