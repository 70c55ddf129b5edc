"""Tokens for the search: cuts texts into tokens and queries into terms, and finds where terms stand in a text.

Latin and other spaced scripts are cut into words, folded so that case and accents make no difference. In Hangul,
Han and kana a word boundary says little: a Korean noun carries its particle, and a search for 벤치마크 must find
벤치마크에서. A run of these is therefore cut into overlapping pairs, and its last syllable stands alone:
벤치마크 becomes 벤치, 치마, 마크, 크. Each syllable starts exactly one token, so that any piece of a run, inside it
too and however short, is found as a phrase of tokens, and nothing is found across the end of a run.
"""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice, pairwise
from typing import NamedTuple

from assay.papers.mathematics import as_typed
from assay.papers.text import normalise

MARK, UNMARK = "\x02", "\x03"
"""The marks around a match in a snippet; no stored text contains them."""

_PAIR_SCRIPTS = (
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
)
_PAIR_RUN = re.compile(rf"[{_PAIR_SCRIPTS}]+")
_RUN = re.compile(rf"(?P<pairs>{_PAIR_RUN.pattern})|[^\W_{_PAIR_SCRIPTS}]+")
_MOST_TERMS = 32
_MOST_PLACES = 200
_SHORTEST_PREFIX = 3
_LONGEST_COMPOUND = 10


class Term(NamedTuple):
    """A phrase: tokens that follow one another."""

    tokens: tuple[str, ...]
    is_prefix: bool = False
    """Whether the last token is the beginning of a word."""
    is_quoted: bool = False


def tokens(text: str) -> str:
    """A text for the index: runs of Hangul, Han and kana as pairs, and the rest as one types it for SQLite to cut."""
    text = as_typed(text)
    if text.isascii():
        return text
    return _PAIR_RUN.sub(lambda run: f" {' '.join(_pairs(run[0]))} ", text)


def terms(query: str) -> list[Term]:
    """The terms of a query, in its order: words and quoted phrases. Signs without a word in them are left out.

    Raises:
        ValueError: if the query is empty.
    """
    query = as_typed(normalise(query))
    if not query:
        raise ValueError("nothing to search for: give a word, a phrase in quotes, or an arXiv id")
    result = []
    for phrase, word in re.findall(r'"([^"]*)"|([^\s"]+)', query):
        term = _term(phrase or word)
        if term is not None:
            result.append(term._replace(is_quoted=bool(phrase)))
    return list(dict.fromkeys(result))[:_MOST_TERMS]


def with_open_end(query_terms: Sequence[Term]) -> list[Term] | None:
    """The same terms with the last one as a prefix, for a word still being typed; ``None`` if it must stay whole."""
    last = query_terms[-1]
    if last.is_quoted or last.is_prefix or len(last.tokens[-1]) < _SHORTEST_PREFIX:
        return None
    return [*query_terms[:-1], last._replace(is_prefix=True)]


def compounds(query_terms: Sequence[Term]) -> Iterator[list[Term]]:
    """The same terms with one Hangul compound split in two, as 언어모델 is where the text has 언어 모델."""
    for place, term in enumerate(query_terms):
        if term.is_quoted or term.is_prefix or not all(_PAIR_RUN.fullmatch(token) for token in term.tokens):
            continue
        word = "".join(token[0] for token in term.tokens) + term.tokens[-1][1:]
        if len(word) > _LONGEST_COMPOUND:
            continue
        for cut in range(2, len(word) - 1):
            yield [*query_terms[:place], *terms(f"{word[:cut]} {word[cut:]}"), *query_terms[place + 1 :]]


def snippet(texts: Iterable[str], query_terms: Sequence[Term], *, words: int = 12) -> str:
    """About ``words`` words of the first text that has the most terms, with each match between the two marks.

    ``…`` stands where the text goes on. Empty if no text has any term.
    """
    best: list[_Place] = []
    where, most = "", 0
    for text in texts:
        places = list(islice(_places(text, query_terms), _MOST_PLACES))
        count = len({place.term for place in places})
        if count > most:
            best, where, most = sorted(places, key=lambda place: place.start), text, count
        if most == len(query_terms):
            break
    if not best:
        return ""
    spans = [match.span() for match in re.finditer(r"\S+", where)]
    first = _window([start for start, _ in spans], best, words)
    window = spans[first : first + words]
    done, end = window[0][0], window[-1][1]
    pieces = ["… "] if first else []
    for place in best:
        if done <= place.start and place.end <= end:
            pieces += [where[done : place.start], MARK, where[place.start : place.end], UNMARK]
            done = place.end
    pieces.append(where[done:end])
    if first + words < len(spans):
        pieces.append(" …")
    return "".join(pieces)


class _Place(NamedTuple):
    """Where the term with this number stands in a text."""

    term: int
    start: int
    end: int


def _term(text: str) -> Term | None:
    runs = list(_RUN.finditer(text))
    if not runs:
        return None
    pieces = [token for run in runs for token in _cut(run)]
    last = runs[-1]["pairs"]
    if not last:
        return Term(tuple(pieces))
    # The text may go on where the query ends, so the single last syllable of a run is left out. A run of one syllable
    # is a prefix of the pair that it stands in.
    return Term(tuple(pieces), is_prefix=True) if len(last) == 1 else Term(tuple(pieces[:-1]))


def _cut(run: re.Match[str]) -> list[str]:
    return _pairs(run["pairs"]) if run["pairs"] else [run[0]]


def _pairs(run: str) -> list[str]:
    return [*map("".join, pairwise(run)), run[-1]]


@lru_cache(maxsize=65536)
def _fold(word: str) -> str:
    """As the index has it: typed in plain characters, and without case and accents, as SQLite folds it."""
    if word.isascii():
        return word.lower()
    bare = "".join(ch for ch in unicodedata.normalize("NFKD", word.lower()) if not unicodedata.combining(ch))
    return unicodedata.normalize("NFC", bare) or word


def _places(text: str, query_terms: Sequence[Term]) -> Iterator[_Place]:
    # Most texts are English and lack the words: those are not worth cutting up.
    if text.isascii() and not any(_fold(term.tokens[-1]) in text.lower() for term in query_terms):
        return
    positions: list[tuple[str, int, int]] = []
    for run in _RUN.finditer(text):
        if run["pairs"]:
            positions += ((pair, start, start + len(pair)) for start, pair in enumerate(_pairs(run[0]), run.start()))
        else:
            positions.append((_fold(run[0]), *run.span()))
    where: dict[str, list[int]] = {}
    for number, (token, _, _) in enumerate(positions):
        where.setdefault(token, []).append(number)
    for number, term in enumerate(query_terms):
        *before, last = map(_fold, term.tokens)
        ends = [token for token in where if token.startswith(last)] if term.is_prefix else [last]
        for token in ends:
            for here in where.get(token, ()):
                first = here - len(before)
                if first >= 0 and [token for token, _, _ in positions[first:here]] == before:
                    # A term of one syllable matches the first syllable of a pair, not the second.
                    end = positions[here][1] + 1 if _PAIR_RUN.match(last) and len(last) == 1 else positions[here][2]
                    yield _Place(number, positions[first][1], end)


def _window(starts: Sequence[int], places: Sequence[_Place], words: int) -> int:
    """The first word of the window that holds the most different terms, with a few words before them."""
    at = [(bisect_right(starts, place.start) - 1, place.term) for place in places]

    def count_terms(first: int) -> int:
        return len({term for word, term in at if first <= word < first + words})

    first = max((max(0, word - words // 4) for word, _ in at), key=count_terms)
    return max(0, min(first, len(starts) - words))
