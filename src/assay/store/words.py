"""Words as the search sees them: what a text is cut into, what a query asks for, and where the two meet.

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

from assay.papers.text import normalise

MARK, UNMARK = "\x02", "\x03"
"""Around what was found in a snippet; no stored text contains them."""

_PAIRED = "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff"
_PAIRED_RUN = re.compile(rf"[{_PAIRED}]+")
_RUN = re.compile(rf"(?P<paired>{_PAIRED_RUN.pattern})|[^\W_{_PAIRED}]+")
_MOST_TERMS = 32
_MOST_PLACES = 200
_SHORTEST_UNFINISHED = 3
_LONGEST_COMPOUND = 10


class Term(NamedTuple):
    """A phrase: tokens that follow one another."""

    tokens: tuple[str, ...]
    unfinished: bool = False
    """Whether the last token may go on."""
    quoted: bool = False


def tokens(text: str) -> str:
    """A text as the index takes it: pairs in place of paired runs, the rest as it stands for SQLite to cut."""
    if text.isascii():
        return text
    return _PAIRED_RUN.sub(lambda run: f" {' '.join(_pairs(run[0]))} ", text)


def terms(query: str) -> list[Term]:
    """What a query asks for, in its order: words and quoted phrases. Signs without a word in them ask for nothing.

    Raises:
        ValueError: if the query is empty.
    """
    query = normalise(query)
    if not query:
        raise ValueError("nothing to search for: give a word, a phrase in quotes, or an arXiv id")
    found = []
    for quoted, bare in re.findall(r'"([^"]*)"|([^\s"]+)', query):
        term = _term(quoted or bare)
        if term is not None:
            found.append(term._replace(quoted=bool(quoted)))
    return list(dict.fromkeys(found))[:_MOST_TERMS]


def unfinished(asked: Sequence[Term]) -> list[Term] | None:
    """The same terms with the last one open, as when its word is still being typed; ``None`` if it must not be."""
    last = asked[-1]
    if last.quoted or last.unfinished or len(last.tokens[-1]) < _SHORTEST_UNFINISHED:
        return None
    return [*asked[:-1], last._replace(unfinished=True)]


def compounds(asked: Sequence[Term]) -> Iterator[list[Term]]:
    """The same terms with one Hangul compound parted in two, as 언어모델 is where the text has 언어 모델."""
    for place, term in enumerate(asked):
        if term.quoted or term.unfinished or not all(_PAIRED_RUN.fullmatch(token) for token in term.tokens):
            continue
        word = "".join(token[0] for token in term.tokens) + term.tokens[-1][1:]
        if len(word) > _LONGEST_COMPOUND:
            continue
        for cut in range(2, len(word) - 1):
            yield [*asked[:place], *terms(f"{word[:cut]} {word[cut:]}"), *asked[place + 1 :]]


def snippet(texts: Iterable[str], asked: Sequence[Term], *, words: int = 12) -> str:
    """About ``words`` words of the first text that has the most terms, with what was found between the two marks.

    ``…`` stands where the text goes on. Empty if no text has any term.
    """
    best: list[_Place] = []
    where, most = "", 0
    for text in texts:
        places = list(islice(_places(text, asked), _MOST_PLACES))
        found = len({place.term for place in places})
        if found > most:
            best, where, most = sorted(places, key=lambda place: place.start), text, found
        if most == len(asked):
            break
    if not best:
        return ""
    spaced = [match.span() for match in re.finditer(r"\S+", where)]
    first = _window([start for start, _ in spaced], best, words)
    shown = spaced[first : first + words]
    done, end = shown[0][0], shown[-1][1]
    pieces = ["… "] if first else []
    for place in best:
        if done <= place.start and place.end <= end:
            pieces += [where[done : place.start], MARK, where[place.start : place.end], UNMARK]
            done = place.end
    pieces.append(where[done:end])
    if first + words < len(spaced):
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
    found = [token for run in runs for token in _cut(run)]
    last = runs[-1]["paired"]
    if not last:
        return Term(tuple(found))
    # The text may go on where the query ends: the syllable that closes the run is not asked for, unless it is all
    # there is, and then it begins whatever pair it stands in.
    return Term(tuple(found), unfinished=True) if len(last) == 1 else Term(tuple(found[:-1]))


def _cut(run: re.Match[str]) -> list[str]:
    return _pairs(run["paired"]) if run["paired"] else [run[0]]


def _pairs(run: str) -> list[str]:
    return [*map("".join, pairwise(run)), run[-1]]


@lru_cache(maxsize=65536)
def _fold(word: str) -> str:
    """As SQLite folds it: without case and accents."""
    if word.isascii():
        return word.lower()
    bare = "".join(ch for ch in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(ch))
    return unicodedata.normalize("NFC", bare) or word


def _places(text: str, asked: Sequence[Term]) -> Iterator[_Place]:
    # Most texts are English and lack the words: those are not worth cutting up.
    if text.isascii() and not any(_fold(term.tokens[-1]) in text.lower() for term in asked):
        return
    held: list[tuple[str, int, int]] = []
    for run in _RUN.finditer(text):
        if run["paired"]:
            held += ((pair, start, start + len(pair)) for start, pair in enumerate(_pairs(run[0]), run.start()))
        else:
            held.append((_fold(run[0]), *run.span()))
    where: dict[str, list[int]] = {}
    for number, (token, _, _) in enumerate(held):
        where.setdefault(token, []).append(number)
    for number, term in enumerate(asked):
        *before, last = map(_fold, term.tokens)
        ends = [token for token in where if token.startswith(last)] if term.unfinished else [last]
        for token in ends:
            for here in where.get(token, ()):
                first = here - len(before)
                if first >= 0 and [token for token, _, _ in held[first:here]] == before:
                    # Of a pair that a lone syllable begins, the second syllable was not asked for.
                    end = held[here][1] + 1 if _PAIRED_RUN.match(last) and len(last) == 1 else held[here][2]
                    yield _Place(number, held[first][1], end)


def _window(starts: Sequence[int], places: Sequence[_Place], words: int) -> int:
    """The word to begin with, so that the most different terms are shown, with a little before the first of them."""
    at = [(bisect_right(starts, place.start) - 1, place.term) for place in places]

    def shown(first: int) -> int:
        return len({term for word, term in at if first <= word < first + words})

    first = max((max(0, word - words // 4) for word, _ in at), key=shown)
    return max(0, min(first, len(starts) - words))
