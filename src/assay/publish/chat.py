"""Writes a letter as posts for a chat: short, in plain text, each within the chat's limit and cut between papers.

A paper is a title, what it says in a line, its first figures and its address. A week or month begins with what is on
the rise in it, as much of that as fits. Nothing in a title calls anybody: a chat that would read ``@everyone`` sees a
letter that does not show behind the sign.
"""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from assay.papers.text import shorten
from assay.publish.brief import Brief
from assay.publish.labels import label
from assay.publish.letter import Letter

_MOST_LINES = 5
"""So many lines are told of what is on the rise."""

Fits = Callable[[str, str], bool]
"""Whether a chat takes a post with such a title and body."""


@dataclass(frozen=True)
class Post:
    """One message in a chat."""

    title: str
    body: str
    papers: tuple[str, ...]
    """The ids of the papers in it."""
    shortened: bool = False
    """Whether a paper was too long for a post of its own, and was cut."""


def write_posts(letter: Letter, fits: Fits, but: Collection[str] = ()) -> list[Post]:
    """The papers of a letter as posts, as few as can be, in its order.

    Args:
        letter: what is told.
        fits: what the chat takes.
        but: papers that are left out, such as those that were posted before.

    Raises:
        ValueError: if not even a paper's address fits into a post.
    """
    title, language = letter.heading, letter.language
    openings = [""] if but else [*_openings(letter), ""]
    posts: list[Post] = []
    for brief in letter.papers:
        if brief.paper in but:
            continue
        text = _tell(brief, language)
        last = posts[-1] if posts else None
        if last is not None and fits(title, joined := f"{last.body}\n\n{text}"):
            posts[-1] = Post(title, joined, (*last.papers, brief.paper), last.shortened)
        elif opened := next((opening + text for opening in openings if fits(title, opening + text)), ""):
            posts.append(Post(title, opened, (brief.paper,)))
        else:
            cut = _cut(brief, language, lambda body: fits(title, body))
            posts.append(Post(title, cut, (brief.paper,), shortened=True))
        openings = [""]
    return posts


def _openings(letter: Letter) -> Iterator[str]:
    """What may stand before the first paper, the fullest first: the state of the days, and what is on the rise."""
    status = _harmless(" · ".join(letter.status)) + "\n\n"
    for section in letter.sections:
        if section.is_for_all:
            lines = [_harmless(f"{line.lead}: {line.text}") for line in section.lines[:_MOST_LINES]]
            yield from (
                "\n".join([f"{status}{section.heading}", *lines[:count]]) + "\n\n" for count in range(len(lines), 0, -1)
            )
    yield status


def _tell(brief: Brief, language: str) -> str:
    """A paper as lines of a post; its address comes last."""
    lines = [f"{brief.place}. {brief.title}", brief.notice]
    lines += [label("mail.why", language, why=brief.why)] if brief.why else []
    for told in brief.told:
        lines += [told.lines[0] if told.lines else "", f"({told.origin})" if told.origin else ""]
    lines.append(" · ".join(f"{figure} {what}" for figure, what in brief.figures))
    return "\n".join([*map(_harmless, filter(None, lines)), brief.address])


def _cut(brief: Brief, language: str, fits: Callable[[str], bool]) -> str:
    """A paper that is too long for a post, as much of it as fits; its address stays whole, and a word says so.

    Raises:
        ValueError: if not even that fits.
    """
    end = f" {label('mail.cut', language)}\n{brief.address}"
    text = _tell(brief, language).removesuffix(f"\n{brief.address}")
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(shorten(text, middle) + end) else (low, middle - 1)
    if not low:
        raise ValueError(f"this chat takes posts that are too short for the address of a paper: {brief.address}")
    return shorten(text, low) + end


def _harmless(text: str) -> str:
    """A text in which no chat finds a name to call: ``@everyone``, ``<!here>``, ``<@123>``."""
    return re.sub(r"@(?=\w)|<(?=[!@#])", "\\g<0>\u200b", text)
