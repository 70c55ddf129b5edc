"""Finds what a paper calls the method, model or benchmark that it proposes."""

import re
from typing import Final, NamedTuple

from assay.papers.models import Paper


class Proposal(NamedTuple):
    """What a paper itself proposes."""

    name: str
    """Empty where the paper gives it none."""
    is_set: bool
    """Whether it is a benchmark or data set: such reach no result."""


def proposal(paper: Paper) -> Proposal:
    """What ``paper`` proposes, by its title and abstract."""
    name = own_name(paper)
    return Proposal(name, _is_set(name, f"{paper.title}. {paper.abstract}"))


def own_name(paper: Paper) -> str:
    """What a paper calls its own method, model or data set: what its title begins with, or what it introduces."""
    before, colon, _ = paper.title.partition(":")
    is_telling = len(before.split()) == 1 or re.search(r"\d|(?<=.)[A-Z]", before)
    if colon and before in paper.abstract and is_telling and len(before.split()) <= 3:
        return before
    introduction = re.search(
        r"\b(?:[Ww]e|paper|work)\s(?:introduces?|presents?|proposes?|develops?|releases?)\s(?:the\s)?"
        r"(?P<name>[A-Z][\w-]*[A-Z0-9][\w-]*)\b|\b(?:called|named|dubbed|termed)\s(?P<called>[A-Z][\w-]+)",
        paper.abstract,
    )
    name = (introduction["name"] or introduction["called"]) if introduction else ""
    if introduction and (short := _SHORT.match(paper.abstract, introduction.end())):
        name = short["name"]
    return "" if name in _NO_NAME else name


_SHORT = re.compile(r"(?:\s[A-Z][\w-]*){1,5}\s\((?P<name>[A-Z][\w-]*[A-Z0-9][\w+*-]*)\)")
"""What a long name is called from then on: ``Half-Tide Caching (HTC)``."""
_NO_NAME: Final = frozenset({"AI", "LLM", "LLMs", "RL", "VLM", "VLMs"})
_BENCHMARK = r"(?:[\w-]+\s){0,5}?(?i:benchmark|data\s?set|test\ssuite|corpus|leaderboard)\b"
_SET_ENDING: Final = r"(?:Bench|BENCH|Arena|Eval|-Gym)(?:\b|-)"


def _is_set(name: str, text: str) -> bool:
    """Whether ``name`` is that of a benchmark or data set: ``ToyArena, a benchmark``."""
    if not name:
        return False
    own = re.escape(name)
    said = (
        rf"{own}(?:\s\([^()]{{1,30}}\))?(?:,|\sis|:)\s(?i:an?|the)\s{_BENCHMARK}"
        rf"|\b(?:benchmark|data\s?set|corpus)\s(?:called\s|named\s)?{own}\b"
    )
    return any(re.search(pattern, where) for pattern, where in ((_SET_ENDING, name), (said, text)))
