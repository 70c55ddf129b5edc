"""Finds papers whose titles share telling words with that of another: the fewer titles have a word, the more it tells.

Only the index of titles is walked through, and of words that thousands of titles have only the beginning. So it takes
milliseconds however large the archive is.
"""

import json
from math import log

from sqlalchemy import Connection, func, select

from assay.store import schema
from assay.store.searching.cutting import tokens
from assay.store.searching.index import index_of
from assay.store.searching.lexicon import FUNCTION_WORDS
from assay.store.searching.matching import Tokens
from assay.store.searching.terms import FIELD_MARKS

_COMMON, _MOST = 0.02, 3_000
"""A word that a larger share of the titles has, or more titles, tells nothing."""
_LEAST_WORDS = 2
"""So many telling words must two titles share."""
_LEAST = 0.3
"""So much must the shared words weigh, of all that tell something in the title."""


def papers_alike(connection: Connection, paper: str, limit: int) -> list[str]:
    """The ids of papers, as `assay.store.Store.alike` describes them."""
    papers = schema.papers
    found = connection.execute(select(papers.c.number, papers.c.record).where(papers.c.id == paper)).first()
    if found is None:
        return []
    count = connection.scalar(select(func.count()).select_from(papers)) or 0
    most = min(max(int(_COMMON * count), _LEAST_WORDS), _MOST)
    shared: dict[int, list[float]] = {}
    whole = 0.0
    for word in dict.fromkeys(tokens(json.loads(found.record)["title"]).split()):
        numbers = _with_title_word(connection, word, most) if word not in FUNCTION_WORDS else []
        if not 1 < len(numbers) <= most:
            continue
        weight = log(count / len(numbers))
        whole += weight
        for number in numbers:
            shared.setdefault(number, []).append(weight)
    shared.pop(found.number, None)
    scores = {
        number: sum(weights)
        for number, weights in shared.items()
        if len(weights) >= _LEAST_WORDS and sum(weights) >= _LEAST * whole
    }
    best = sorted(scores, key=lambda number: (-scores[number], -number))[:limit]
    rows = connection.execute(select(papers.c.number, papers.c.id).where(papers.c.number.in_(best)))
    ids = {row.number: row.id for row in rows}
    return [ids[number] for number in best]


def _with_title_word(connection: Connection, word: str, most: int) -> list[int]:
    """The numbers of the papers whose titles have a word; one more than ``most`` at most."""
    title_word = Tokens((FIELD_MARKS["title"] + word,))
    return list(index_of(connection).some(title_word, most + 1))
