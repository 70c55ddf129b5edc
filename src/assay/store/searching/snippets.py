"""A few words of a paper's text around what a search found, each match marked."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from assay.store.searching.cutting import ACRONYM, PAIR_RUN, fold
from assay.store.searching.forms import Phrase
from assay.store.searching.lexicon import PAIR_SCRIPTS
from assay.store.searching.terms import Term

MARK, UNMARK = "\x02", "\x03"
"""The marks around a match in a snippet; no stored text contains them."""

_MOST_PLACES = 200
_FIELD_MARK = re.compile(r"[a-z]:(?=.)")


def snippet(texts: Iterable[str], terms: Sequence[Term], *, words: int = 12) -> str:
    """About ``words`` words of the first text that has the most terms, with each match between the two marks.

    ``…`` stands where the text goes on. Empty if no text has any term.
    """
    patterns = [_pattern(term) for term in terms if term.phrases]
    best: list[_Place] = []
    where, most = "", 0
    for text in texts:
        places = list(_places(text, patterns))
        count = len({place.term for place in places})
        if count > most:
            best, where, most = sorted(places, key=lambda place: (place.start, -place.end)), text, count
        if most == len(patterns):
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


class _SameLength(dict[int, str]):
    """Folds characters that stay one character, so that places in the folded text are places in the text."""

    def __missing__(self, code: int) -> str:
        letter = chr(code)
        folded = letter if PAIR_RUN.match(letter) else fold(letter)
        self[code] = folded if len(folded) == 1 else letter
        return self[code]


_same_length = _SameLength()


def _places(text: str, patterns: Sequence[re.Pattern[str]]) -> Iterator[_Place]:
    folded = text.lower() if text.isascii() else text.translate(_same_length)
    for number, pattern in enumerate(patterns):
        for match in islice(pattern.finditer(folded), _MOST_PLACES):
            start = match.start()
            # Asked here and not in the pattern, which is found the faster for beginning with a letter.
            if start == 0 or not folded[start - 1].isalnum() or PAIR_RUN.match(folded, start - 1, start + 1):
                yield _Place(number, *match.span())


@lru_cache(maxsize=256)
def _pattern(term: Term) -> re.Pattern[str]:
    """What a term looks like in a folded text."""
    phrases = {tuple(_FIELD_MARK.sub("", token) for token in phrase) for phrase in term.phrases}
    ways = {_as_regex(phrase, is_prefix=term.is_prefix) for phrase in phrases if "_" not in phrase[0]}
    ways |= {_whole_name(phrase[0]) for phrase in phrases if "_" in phrase[0]}
    return re.compile("|".join(sorted(ways, key=len, reverse=True)))


def _as_regex(phrase: Phrase, *, is_prefix: bool) -> str:
    """A phrase as it stands in a text: its words with signs between them, its pairs of syllables as one run."""
    pieces: list[str] = []
    run = ""
    for token in phrase:
        if run and token[0] == run[-1] and PAIR_RUN.fullmatch(token):
            run += token[1:]
            pieces[-1] = run if len(token) == 2 else run + _NO_SYLLABLE
        else:
            if pieces:
                pieces.append(r"[\W_]*" if run or PAIR_RUN.match(token) else r"[\W_]+")
            run = token if PAIR_RUN.fullmatch(token) else ""
            pieces.append(token if run else re.escape(token.rstrip(ACRONYM)))
    if run:
        return "".join(pieces)
    ending = r"[^\W_]*" if is_prefix else _NO_LETTER if phrase[-1][-1] in "+#" else _NO_LETTER_OR_SIGN
    return "".join(pieces) + ending


def _whole_name(token: str) -> str:
    """A whole name (see `assay.store.searching.names`) as it stands in a text; there an initial may do."""
    given, _, family = token.partition("_")
    return re.escape(given) + (r"[^\W_]*" if len(given) == 1 else "") + r"[\W_]+" + re.escape(family) + _NO_LETTER


_NO_SYLLABLE = f"(?![{PAIR_SCRIPTS}])"
_NO_LETTER = rf"(?:(?=[{PAIR_SCRIPTS}])|(?![^\W_]))"
_NO_LETTER_OR_SIGN = rf"(?:(?=[{PAIR_SCRIPTS}])|(?![^\W_]|\+\+|#))"


def _window(starts: Sequence[int], places: Sequence[_Place], words: int) -> int:
    """The first word of the window that holds the most different terms, with a few words before them."""
    at = [(bisect_right(starts, place.start) - 1, place.term) for place in places]

    def count_terms(first: int) -> int:
        return len({term for word, term in at if first <= word < first + words})

    first = max((max(0, word - words // 4) for word, _ in at), key=count_terms)
    return max(0, min(first, len(starts) - words))
