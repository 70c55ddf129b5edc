"""Finds the papers that a text or a reader speaks of: by id, by title, or by what a paper calls its own work."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from assay.claims.naming.names import names
from assay.claims.proposal import own_name
from assay.claims.report import Choice
from assay.claims.stretches import Mention
from assay.papers.catalogue import find, paper_id
from assay.papers.models import Paper
from assay.papers.pasted import excerpt, find_ids, key_of
from assay.papers.text import fold, normalise
from assay.store import Store

_MOST_LOOKED_UP = 12
"""So many titles of a text, and so many names, are looked up in the archive."""
_MOST_HITS = 20
_MOST_CHOICES = 8


def papers_named(store: Store, query: str) -> list[Choice]:
    """The papers that a reader means: one for an id, a link or a short name; else those that a name or title fits.

    Raises:
        ValueError: if it is no id that can be read, and nothing in the archive is called so.
    """
    try:
        key = paper_id(query)
    except ValueError:
        if _LIKE_AN_ID.search(query):
            raise
        found = list(_with_title_or_name(store, query)) or _with_words_in_title(store, query)
        if not found:
            words = excerpt(normalise(query))
            raise ValueError(f"nothing in the archive is called {words!r}: give an arXiv id, or a link") from None
        return [Choice(paper=paper.id, title=paper.title, words=query) for paper in found]
    paper = store.paper(key)
    return [Choice(paper=key, title=paper.title if paper else "", words=query)]


_LIKE_AN_ID = re.compile(r"\d{4}\.\d{3}|://")


def find_mentions(store: Store, text: str, among: Collection[str] = ()) -> list[Mention]:
    """Where a text names papers by id, by link or by title, in its order.

    Args:
        store: where titles are looked up.
        text: any text.
        among: the papers that it may be about; any, if left out. These are found by their own names, too.
    """
    mentions = [Mention(*match.span(), key_of(match)) for match in find_ids(text)]
    if among:
        known = store.papers(among).values()
        mentions = [mention for mention in mentions if mention.paper in among]
        mentions += [place for paper in known for place in _places(text, paper.id, paper.title, *_own_names(paper))]
    elif not mentions:
        mentions = [place for paper in _titled(store, text) for place in _places(text, paper.id, paper.title)]
    return sorted(mentions)


def papers_called(store: Store, text: str) -> tuple[list[Choice], bool]:
    """The papers whose own work a text calls by its name, and whether there is no doubt that it is about the one found.

    There is doubt where it is not the first name of the text: it may be what something else is compared with.
    """
    every = list(dict.fromkeys(name.text for name in names(text)))
    found: dict[str, Choice] = {}
    for name in every[:_MOST_LOOKED_UP]:
        for paper in _with_title_or_name(store, name):
            found.setdefault(paper.id, Choice(paper=paper.id, title=paper.title, words=name))
    choices = list(found.values())[:_MOST_CHOICES]
    return choices, len(choices) == 1 and choices[0].words == every[0]


def _titled(store: Store, text: str) -> Iterator[Paper]:
    """The papers whose whole title stands in a text, marked as titles are or on a line of its own."""
    folded = f" {fold(text)} "
    seen: set[str] = set()
    for title in islice(_possible_titles(text), _MOST_LOOKED_UP):
        for paper in _found(store, f'title:"{fold(title)}"'):
            if paper.id not in seen and f" {fold(paper.title)} " in folded:
                seen.add(paper.id)
                yield paper


def _possible_titles(text: str) -> Iterator[str]:
    marked = (match[match.lastgroup or 0].strip() for match in _MARKED.finditer(text))
    return iter(dict.fromkeys(each for each in marked if len(fold(each).split()) >= _SHORTEST_TITLE))


_MARKED = re.compile(
    r"^[ \t]*#{1,6}[ \t]+(?:\[)?(?P<heading>[^\]\n]{8,300})|\*\*(?P<bold>[^*\n]{8,300})\*\*"
    r"|\[(?P<link>[^\]\n]{8,300})\]"
    r"|[\"“‘「『《](?P<quoted>[^\"”’」』》\n]{8,300})[\"”’」』》]|^[ \t]*(?P<line>[^\n.]{8,250})\.?[ \t]*$",
    re.MULTILINE,
)
_SHORTEST_TITLE = 3
"""In words; shorter ones occur in any text."""


def _places(text: str, paper: str, *calls: str) -> Iterator[Mention]:
    """Where a text has one of these titles and names, whatever stands between their words."""
    for call in calls:
        words = [re.escape(word) for word in re.findall(r"\w+", call)]
        if words:
            pattern = r"(?<!\w)" + r"[\W_]{1,4}".join(words) + r"(?!\w)"
            yield from (Mention(*match.span(), paper) for match in re.finditer(pattern, text, re.IGNORECASE))


def _with_title_or_name(store: Store, words: str) -> Iterator[Paper]:
    """The papers whose title this is, or what they call their own work."""
    asked = fold(words)
    entry = find(words)
    papers = [*_found(store, f'title:"{asked}"'), *_found(store, f'"{asked}"')] if asked else []
    for paper in {each.id: each for each in papers}.values():
        is_ours = entry is not None and entry.id == paper.id
        if is_ours or asked == fold(paper.title) or asked in map(fold, _own_names(paper)):
            yield paper


def _with_words_in_title(store: Store, words: str) -> list[Paper]:
    asked = fold(words)
    return list(_found(store, f'title:"{asked}"')[:_MOST_CHOICES]) if asked else []


def _own_names(paper: Paper) -> Iterable[str]:
    entry = find(paper.id)
    return filter(None, (own_name(paper), entry.name if entry else ""))


def _found(store: Store, query: str) -> Sequence[Paper]:
    hits = store.search(query, limit=_MOST_HITS)
    return list(store.papers([hit.id for hit in hits]).values())
