"""Which papers a follow is about: those of an author, an organisation or a category, or those that match a query.

All four are questions to the archive's search, so that a follow finds what ``assay search`` finds for the same words:
names with and without accents and initials, an archive such as ``cs`` for all of its categories. A phrase finds the
papers that a ranking would lift for it.
"""

from collections.abc import Collection, Sequence

from assay.papers.text import normalise
from assay.reader.interests import Follow, FollowKind, Phrase
from assay.reader.phrases import find_phrase, running_words, wordings
from assay.reader.terms import words_of
from assay.store import Store
from assay.store.searching.cutting import tokens
from assay.store.searching.names import comma_turned
from assay.store.searching.query import field_term, parse
from assay.writing.terms import Glossary

_FIELDS = {FollowKind.AUTHOR: "author", FollowKind.ORGANISATION: "org", FollowKind.CATEGORY: "category"}
_LEAST_WEIGHT = 0.01
"""A phrase that weighs less moves no paper past another."""
_MOST_WORDS = 16
"""By so many words of a phrase the papers are sought that may have it."""


def matches(follow: Follow, store: Store, among: Collection[str] | None = None) -> set[str]:
    """The papers of the archive that a follow is about.

    Args:
        follow: an author, organisation, category or query.
        store: the archive.
        among: the ids of the papers to choose from, those of a day for instance; ``None`` for all.

    Raises:
        ValueError: if the follow's value cannot be read; see `check_follow`.
    """
    match follow.kind:
        case FollowKind.AUTHOR:
            return store.matching("", among, author=follow.value)
        case FollowKind.ORGANISATION:
            return store.matching("", among, organisation=follow.value)
        case FollowKind.CATEGORY:
            return store.matching("", among, category=follow.value)
        case FollowKind.QUERY:
            return store.matching(follow.value, among)


def followed(follows: Sequence[Follow], store: Store, among: Collection[str] | None = None) -> dict[str, list[Follow]]:
    """The papers that any of the follows is about, as in `matches`, each with these follows in the order given."""
    reasons: dict[str, list[Follow]] = {}
    for follow in follows:
        for paper in matches(follow, store, among):
            reasons.setdefault(paper, []).append(follow)
    return reasons


def with_phrases(phrases: Sequence[Phrase], store: Store, glossary: Glossary) -> dict[str, list[Phrase]]:
    """The papers of the archive that have any of the phrases that are wanted, each with these in the order given.

    Args:
        phrases: those of a reader; what weighs less than nothing is not wanted.
        store: the archive.
        glossary: in which phrases of another language have their English words.
    """
    having: dict[str, list[Phrase]] = {}
    for phrase in (each for each in phrases if each.weight > 0):
        ways = wordings(phrase, glossary)
        near = (" ".join(f"{word}*" for word in way.split()[:_MOST_WORDS]) for way in ways)
        papers = store.papers(set().union(*map(store.matching, near)))
        for key, paper in papers.items():
            if find_phrase(ways, running_words(paper)):
                having.setdefault(key, []).append(phrase)
    return having


def check_follow(follow: Follow) -> None:
    """Make sure that papers can be found for a follow.

    Raises:
        ValueError: if it is a query that cannot be read, or there is no word in the value.
    """
    if follow.kind is FollowKind.QUERY:
        parse(follow.value)
    else:
        field_term(_FIELDS[follow.kind], follow.value)


def check_phrase(phrase: Phrase) -> None:
    """Make sure that papers can have a phrase, and that it counts for something.

    Raises:
        ValueError: if there is no word in it, or its weight is next to nothing.
    """
    if not words_of(phrase.text):
        raise ValueError(f"there is no word in {phrase.text!r}")
    if abs(phrase.weight) < _LEAST_WEIGHT:
        raise ValueError(
            f"a weight of {phrase.weight:g} counts for nothing (write one from 0.01 to 100, or below zero); "
            "`assay unfollow phrase` takes a phrase away"
        )


def key_of(follow: Follow) -> str:
    """The form in which two writings of one value compare equal: ``Han, Song`` and ``song han`` are one author."""
    match follow.kind:
        case FollowKind.AUTHOR:
            return tokens(comma_turned(follow.value)) or follow.value.casefold()
        case FollowKind.QUERY:
            return normalise(follow.value)  # OR is not or
        case _:
            return follow.value.casefold()
