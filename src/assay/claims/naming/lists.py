"""Finds slips by the company that a name keeps: ``ToyNet, LakeNet and KiteScape`` for ``..., and KiteScenes``.

Where a summary lists names as its paper does, and one of them is another that begins alike, it is that one in another
form, were they ever so far from each other otherwise.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Final

from assay.claims.naming.coined import Token, tokens
from assay.claims.naming.known import is_known
from assay.claims.naming.slips import same

_BETWEEN: Final = re.compile(
    r"(?:\s?\([^()]{1,20}\))?(?:와|과|이랑|랑|하고|이며)?\s?(?:[,/·&、]|,?\s?(?:and|or|및|그리고))?\s?"
)


def listed(text: str) -> list[list[Token]]:
    """The names that a text lists side by side, two or more of them at a time."""
    lists: list[list[Token]] = []
    end = -1
    for token in tokens(text):
        gap = text[end : token.start] if end >= 0 else "."
        if not gap.strip(" ") or _BETWEEN.fullmatch(gap) is None:
            lists.append([])
        lists[-1].append(token)
        end = token.end
    return [each for each in lists if len(each) > 1]


def slip_in_list(name: str, beside: Sequence[str], lists: Sequence[Sequence[str]]) -> str:
    """The name that stands in a paper's list in the place of ``name``; empty if there is none.

    Args:
        name: one of a summary's list, which the paper has not.
        beside: the other names of that list.
        lists: the names that the paper lists.
    """
    others = {same(each) for each in beside}
    for each in lists:
        spelt = {same(member): member for member in each}
        if len(others & spelt.keys()) >= _COMPANY and not is_known(name):
            fitting = [member for key, member in spelt.items() if key not in others and _begin_alike(same(name), key)]
            if len(fitting) == 1:
                return fitting[0]
    return ""


_COMPANY: Final = 2
_BEGINNING: Final = 4
_LONGER: Final = 3
_LIKENESS: Final = 0.7


def _begin_alike(one: str, other: str) -> bool:
    """Whether two names have their first letters in common, and most others; no two numbers of one name."""
    if one[:_BEGINNING] != other[:_BEGINNING] or re.sub(r"\d+", "", one) == re.sub(r"\d+", "", other):
        return False
    if abs(len(one) - len(other)) > _LONGER or one.startswith(other) or other.startswith(one):
        return False
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= _LIKENESS
