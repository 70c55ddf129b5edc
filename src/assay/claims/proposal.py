"""Finds what a paper calls the method, model or benchmark that it proposes."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from assay.papers.models import Paper


class Proposal(NamedTuple):
    """What a paper itself proposes."""

    name: str
    """Empty where the paper gives it none."""
    is_set: bool
    """Whether it is a benchmark or data set: such reach no result."""
    method: str
    """What its abstract says to reach results: the name, or what it introduces beside a benchmark; else empty."""


def proposal(paper: Paper) -> Proposal:
    """What ``paper`` proposes, by its title and abstract."""
    name, text = own_name(paper), f"{paper.title}. {paper.abstract}"
    if not _is_set(name, text):
        return Proposal(name, is_set=False, method=name if name in paper.abstract else "")
    others = (each for each in _introduced(paper.abstract) if each not in name and not _is_set(each, text))
    return Proposal(name, is_set=True, method=next(others, ""))


def own_name(paper: Paper) -> str:
    """What a paper calls its own method, model or data set: what its title begins with, or what it introduces."""
    before, colon, _ = paper.title.partition(":")
    is_written = before in paper.abstract and (len(before.split()) == 1 or re.search(r"\d|(?<=.)[A-Z]", before))
    is_spelt_as_name = re.fullmatch(r"[\w-]*(?:[a-z][A-Z]|\d)[\w-]*", before) is not None
    if colon and len(before.split()) <= _MOST_WORDS and (is_written or is_spelt_as_name):
        return before
    return next(_introduced(paper.abstract), "")


_MOST_WORDS: Final = 3
"""How many words before a colon may be a name."""


def introduced(abstract: str) -> Iterator[str]:
    """Yield the names that an abstract says to introduce, in the order of how surely they are its own work's."""
    yield from _introduced(abstract)


def _introduced(abstract: str) -> Iterator[str]:
    """The names that an abstract introduces: what is spelt as one before abbreviations, and measures last."""
    introductions = [match.end() for match in _INTRODUCTION.finditer(abstract)]
    names = [_spelt_name(abstract, at) for at in introductions]
    names += [_short(abstract, at) for at in introductions]
    names += [match["name"] for match in _APPOSED.finditer(abstract)]
    yield from sorted(
        (each for each in dict.fromkeys(names) if each and each not in _NO_NAME),
        key=lambda name: re.search(rf"{re.escape(name)}\)?,\s{_MEASURE}", abstract) is not None,
    )


_MEASURE: Final = r"(?:an?|the)\s(?:[\w-]+\s){0,5}(?:metric|measure|score|task|problem)\b"


def _short(abstract: str, at: int) -> str:
    """The abbreviation of the words at a place of an abstract; empty where none stands behind them."""
    match = _SHORT.match(abstract, at)
    if match is None or _SECOND_SHORT.match(abstract, match.end()) or not _abbreviates(match["short"], match["words"]):
        return ""
    return match["short"]


def _abbreviates(short: str, words: str) -> bool:
    """Whether the capitals of ``short`` are, but for one, first letters of the words, in order."""
    initials = iter(re.findall(r"(?<![A-Za-z])[A-Za-z]|(?<=[a-z])[A-Z]", words))
    capitals = re.findall(r"[A-Z]", short)
    fitting = sum(any(letter == each.upper() for each in initials) for letter in capitals)
    return bool(capitals) and (fitting >= len(capitals) - 1 or _is_contracted(short, words))


def _is_contracted(short: str, words: str) -> bool:
    """Whether all letters of ``short`` stand in the words, in order: ``Half-Tide`` for ``Halved by the Tide``."""
    letters = iter(words.lower())
    return len(short) >= _LONG and all(letter in letters for letter in re.sub(r"[^a-z0-9]", "", short.lower()))


_LONG: Final = 5
"""Fewer letters stand in order in almost any words."""


def _spelt_name(abstract: str, at: int) -> str:
    """The name at a place of an abstract: what is spelt as one, with the capitalised words that belong to it."""
    match = _NAME.match(abstract, at)
    if match is None:
        return ""
    name = match["name"] or match["called"] or match["apposed"]
    if match["more"] and (short := _SHORT.match(abstract, at)):
        return short["short"]
    # "Tide-Aware Caching" is a name as a whole, "LakeCache Tables" has one.
    is_compound = re.fullmatch(r"[A-Z][a-z]+(?:-[A-Z][a-z]+)+", name) is not None
    return name + match["more"] if is_compound or match["called"] else name


_INTRODUCTION = re.compile(
    r"\b(?:[Ww]e|[Pp]aper|[Ww]ork|[Ss]tudy|[Rr]esearch|[Rr]eport|[Aa]rticle|and|[Tt]o)\s(?:(?:further|also|then|first|thus|therefore|here|\w+ly)\s)?"
    r"(?:introduces?|presents?|proposes?|develops?|releases?|designs?|builds?|constructs?|contributes?)\s|"
    r"\b(?=(?:called|named|namely|dubbed|termed)\s)|\b[Ii]ntroducing\s"
)
_SHORT = re.compile(
    r"(?:an?\s|the\s)?(?P<words>(?:(?!(?:that|which|using|for|from|on)\b)[\w*/-]+,?\s){1,8})\((?P<short>[A-Z][\w-]*[A-Z0-9][\w+*-]*)\)"
)
"""What a long name is called from then on: ``Half-Tide Caching (HTC)``."""
_SECOND_SHORT = re.compile(r"\s(?:and|with)\s(?:[\w-]+\s){1,6}\([A-Z]")
"""Of two parts that are proposed together, neither is the whole."""
_APPOSED = re.compile(
    r"\b(?:(?:[Pp]resents?|[Pp]roposes?|[Ii]ntroduces?|[Dd]evelops?)\san?|[Oo]ur(?:\sproposed)?)\s(?:[a-z-]+\s){0,6}[a-z-]+,\s(?P<name>[A-Z][\w-]*[A-Z][\w-]*),"
)
"""A name set off by commas: ``our new cache, LakeCache,``."""
_NAME = re.compile(
    r"(?:(?:an?|the|our)\s)?(?:(?:called|named|namely|dubbed|termed)\s(?P<called>[A-Z][\w-]+)|(?P<name>[A-Z][\w-]*[A-Z0-9][\w-]*)"
    r"|(?P<apposed>[A-Z][a-z]+)(?=,\s(?:an?|the)\s))"
    r"(?![\w-])(?P<more>(?:\s[A-Z][\w-]+){0,4})"
)
_NO_NAME: Final = frozenset(
    {"AI", "LLM", "LLMs", "RL", "VLM", "VLMs", "CoT", "RAG", "MLLM", "MLLMs", "RLVR", "SFT", "GPT", "3D"}
)
_BENCHMARK = r"(?:[\w-]+\s){0,5}?(?i:benchmark|data\s?set|test\ssuite|corpus|leaderboard)\b"
_SET_ENDING: Final = r"(?:Bench|BENCH|Arena|Eval|-Gym)(?:\b|-)"


def _is_set(name: str, text: str) -> bool:
    """Whether ``name`` is that of a benchmark or data set: ``ToyArena, a benchmark``."""
    if not name:
        return False
    own = re.escape(name)
    said = (
        rf"{own}(?:\s\([^()]{{1,30}}\))?(?:,|\sis|:)\s(?i:an?|the)\s{_BENCHMARK}"
        rf"|\b(?:benchmark|data\s?set|corpus)\s(?:called\s|named\s|\()?{own}\b"
    )
    return any(re.search(pattern, where) for pattern, where in ((_SET_ENDING, name), (said, text)))
