"""Weighs candidates once more, by what was likeliest for the other fields and for the results on either side.

A phrase that is plainly the subject is hardly the baseline as well, and what a sentence gives two results it mostly
gives with one setting: that can be told only once every field of every result has been weighed by itself.
"""

from collections.abc import Mapping, Sequence
from math import exp, log
from typing import Final

from assay.claims.choosing.context import FIELDS
from assay.claims.choosing.signs import overlap, words

Chosen = Mapping[str, str]
"""What was likeliest for each field of a result."""
LIKELIHOOD: Final = "likelihood"
"""The name of the weight of how likely a candidate was at first, as a logarithm; other signs are there or not."""
_FAR, _FARTHEST = 4, 6
"""Steps of that logarithm which are told apart."""
_ALIKE: Final = 0.5
_SAME: Final = 0.99


def log_likelihoods(scores: Sequence[float]) -> list[float]:
    """The logarithm of how likely each candidate is, by its score."""
    best = max(scores)
    whole = best + log(sum(exp(score - best) for score in scores))
    return [score - whole for score in scores]


def signs_beside(text: str, own: Chosen, before: Chosen | None, after: Chosen | None) -> list[str]:
    """How a candidate compares with what was chosen, whichever field is asked for.

    Args:
        text: The candidate.
        own: What was chosen for the fields of this result; the first signs are of these, one each.
        before: Of the result before it in the abstract, if there is one.
        after: Of the one after it.
    """
    signs = [f"{name}{_compare(text, own[name])}" for name in FIELDS]
    for which, other in (("before", before), ("after", after)):
        if other is None:
            signs.append(f"{which} none{not text:d}")
        else:
            signs += [f"{which} {name}{_compare(text, other[name])}" for name in FIELDS]
    return signs


def signs_again(beside: Sequence[str], text: str, rule: str, log_likelihood: float) -> list[str]:
    """All signs of a candidate for one field: those beside, what the rules read there, and how likely it was."""
    steps = int(-log_likelihood)
    near = min(steps, _FAR)
    own = beside[: len(FIELDS)]
    return [
        *beside,
        *(f"{sign}|{near}" for sign in own),
        f"steps{min(steps, _FARTHEST)}",
        f"rule{_compare(text, rule)}|{near}",
    ]


def _compare(text: str, other: str) -> str:
    """In a letter how two wordings compare, each of which may be empty."""
    if not text or not other:
        return {(False, False): "n", (False, True): "e", (True, False): "o"}[bool(text), bool(other)]
    one, two = words(text), words(other)
    share = overlap(one, two)
    return "s" if share > _SAME else "a" if share >= _ALIKE else "i" if one <= two or two <= one else "d"
