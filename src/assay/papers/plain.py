"""A text without its marks, each character of which knows where it stood: read at once, or built up piece by piece."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without the marks of LaTeX, and where each of its characters stands in the original."""

    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    """Character ``n`` of the text was written as ``original[starts[n]:ends[n]]``, or as a part of it."""

    def between(self, start: int, end: int) -> str:
        """What is seen of ``original[start:end]``."""
        return self.text[bisect_left(self.starts, start) : bisect_left(self.starts, end)]


class Characters:
    """Characters with their places in the original, while they are written."""

    def __init__(self, original: str) -> None:
        self.original = original
        self.seen: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    def plain(self) -> Plain:
        """All that was written."""
        return Plain("".join(self.seen), self.starts, self.ends)

    @property
    def last(self) -> str:
        """The last character; empty if there is none."""
        return self.seen[-1] if self.seen else ""

    def since(self, first: int) -> str:
        """The characters from number ``first`` on."""
        return "".join(self.seen[first:])

    def copy(self, start: int, end: int) -> None:
        """Write ``original[start:end]`` as it is."""
        self.seen += self.original[start:end]
        self.starts += range(start, end)
        self.ends += range(start + 1, end + 1)

    def emit(self, shown: str, start: int, end: int) -> None:
        """Write what ``original[start:end]`` stands for."""
        self.seen += shown
        self.starts += [start] * len(shown)
        self.ends += [end] * len(shown)

    def insert(self, first: int, shown: str, start: int) -> None:
        """Write before number ``first`` what the character at ``start`` stands for."""
        self.seen[first:first] = shown
        self.starts[first:first] = [start] * len(shown)
        self.ends[first:first] = [start + 1] * len(shown)

    def widen(self, first: int, start: int, end: int) -> None:
        """Let the characters from number ``first`` on stand for all of ``original[start:end]``."""
        if len(self.seen) > first:
            self.starts[first], self.ends[-1] = start, end

    def take_back(self, first: int) -> str:
        """Take the characters from number ``first`` on back."""
        taken = self.since(first)
        del self.seen[first:], self.starts[first:], self.ends[first:]
        return taken

    def drop_last(self) -> None:
        """Take the last character back."""
        self.seen.pop()
        self.starts.pop()
        self.ends.pop()
