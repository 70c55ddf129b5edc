"""Why a paper stands where it does in a reader's own order, as records.

`assay.publish.reasons` puts them into words.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum

from assay.papers.models import Noun, Paper
from assay.papers.text import fold
from assay.reader.interests import Follow, FollowKind
from assay.reader.likeness import Terms
from assay.reader.terms import show_term


class ReasonKind(StrEnum):
    """What speaks for a paper, or against it."""

    STARRED = "starred"
    """It is like papers that she starred."""
    LIBRARY = "library"
    """It is like works of her library."""
    HIDDEN = "hidden"
    """It is like papers that she hid."""
    PHRASE = "phrase"
    """It has a phrase of hers."""
    MEANING = "meaning"
    """It is near in meaning to a phrase of hers whose words no paper has."""
    AUTHOR = "author"
    """She follows an author of it."""
    ORGANISATION = "org"
    """She follows its organisation."""
    CATEGORY = "category"
    """She follows a category of it."""
    QUERY = "query"
    """It matches a query that she follows."""
    VOTES = "votes"
    """Nothing is known of her, so that the order is that of votes."""


class Reason(Noun):
    """One reason for a paper's place; its words are the paper's and the reader's own."""

    kind: ReasonKind
    values: tuple[str, ...] = ()
    """The terms that it shares with hers, the most telling first; or the phrase; or what she follows."""
    count: int = 0
    """Of her papers, how many share one of the terms; or how many votes it has."""
    against: bool = False
    """Whether it speaks against the paper."""


def likeness_reasons(
    paper: Paper, shares: Mapping[str, float], own: Mapping[ReasonKind, Sequence[Terms]]
) -> list[Reason]:
    """Which of a reader's papers a paper is like, and by which terms.

    Args:
        paper: the paper.
        shares: how much each term of it makes it like hers; above zero.
        own: the terms of her papers of each kind.
    """
    reasons = []
    for kind, papers in own.items():
        known = {term: share for term, share in shares.items() if any(term in each for each in papers)}
        terms = _telling(known)
        count = sum(not each.keys().isdisjoint(terms) for each in papers)
        if count:
            values = tuple(dict.fromkeys(show_term(term, paper.abstract, paper.title) for term in terms))
            reasons.append(Reason(kind=kind, values=values, count=count, against=kind is ReasonKind.HIDDEN))
    return reasons


def follow_reason(follow: Follow, paper: Paper) -> Reason:
    """What of a paper is followed; an author by the name as the paper has it, where that can be told."""
    value = follow.value
    if follow.kind is FollowKind.AUTHOR:
        wanted = set(fold(value).split())
        value = next((name for name in paper.authors if wanted <= set(fold(name).split())), value)
    return Reason(kind=ReasonKind(follow.kind.value), values=(value,))


_MOST_TERMS = 3


def _telling(shares: Mapping[str, float]) -> list[str]:
    """The terms with the largest shares; of a word and a pair with it, the pair alone."""
    telling: list[str] = []
    for term in sorted(shares, key=lambda term: (-shares[term], term))[: 2 * _MOST_TERMS]:
        words = set(term.split())
        if any(words <= set(other.split()) for other in telling):
            continue
        parts = [other for other in telling if set(other.split()) < words]
        if parts:
            telling[telling.index(parts[0])] = term
            telling = [other for other in telling if other not in parts[1:]]
        else:
            telling.append(term)
    return telling[:_MOST_TERMS]
