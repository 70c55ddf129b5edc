"""Where a figure or a named thing stands in a text, and what it is."""

from typing import NamedTuple


class Span(NamedTuple):
    """A figure or a thing in a text."""

    start: int
    end: int
    key: str
    """What the thing is, in one spelling; of a figure, its unit."""
