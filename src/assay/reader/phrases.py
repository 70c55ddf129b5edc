"""How far papers have the phrases that a reader typed, in the same words, or in English ones for them.

A phrase in another language is read by a glossary, and a Korean one by a small dictionary too: ``KV 캐시`` finds *KV
cache*.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice

from assay.claims.meanings import lexicon
from assay.papers.models import Paper
from assay.reader import korean
from assay.reader.interests import Phrase
from assay.reader.terms import words_of
from assay.writing.terms import Glossary


def wordings(phrase: Phrase, glossary: Glossary) -> list[str]:
    """The words of a phrase, and in English where all of it can be read; in the form of `assay.reader.terms.words_of`.

    Where a word has several English ones, any of them will do.
    """
    own = " ".join(words_of(phrase.text))
    if own.isascii() or len(own) > _LONGEST_PHRASE:
        return [own] if own else []
    english = {written: list(terms) for written, terms in _dictionary().items()}
    for term, spelling in glossary.items():
        for written in (spelling.write, *spelling.never):
            english.setdefault(_joined(written), []).insert(0, " ".join(words_of(term)))
    translations = islice(_translate(_joined(phrase.text), english), _MOST_WORDINGS)
    return list(dict.fromkeys([own, *translations]))


def running_words(paper: Paper) -> str:
    """The words of title and abstract, in which `find_phrase` looks."""
    return f" {' '.join(words_of(paper.title))} \n {' '.join(words_of(paper.abstract))} "


def find_phrase(wanted: Sequence[str], words: str) -> float:
    """How far a paper has a phrase: 0 for not, 1 for once, towards 2 for ever more often.

    Args:
        wanted: the `wordings` of the phrase.
        words: the `running_words` of the paper.
    """
    count = sum(words.count(f" {wording} ") for wording in wanted)
    return 2 * count / (count + 1)


def _translate(text: str, english: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """What may stand in English for a text without spaces, if the whole of it can be read; the longest words first."""
    steps: dict[int, list[tuple[str, int]]] = {}
    # From the end, so that no way is followed that leads nowhere.
    for start in reversed(range(len(text))):
        latin = _LATIN.match(text, start)
        words = [(latin[0], latin.end())] if latin else []
        for end in range(min(len(text), start + _LONGEST_WORD), start, -1):
            words += [(term, end) for term in english.get(text[start:end], ())]
        steps[start] = [(word, end) for word, end in words if end == len(text) or steps.get(end)]

    def read(start: int) -> Iterator[tuple[str, ...]]:
        if start == len(text):
            yield ()
        for word, end in steps.get(start, ()):
            yield from ((word, *rest) for rest in read(end))

    return map(" ".join, read(0))


@cache
def _dictionary() -> dict[str, list[str]]:
    """Korean words without spaces, each with its English ones."""
    english: dict[str, list[str]] = {}
    for row in [*lexicon.read_rows(), *korean.ROWS.strip().splitlines()]:
        if "|" in row:
            terms, words = row.split("|")
            for written in words.split():
                known = english.setdefault(_joined(written), [])
                known += [" ".join(words_of(term)) for term in terms.split(",")]
    return english


def _joined(text: str) -> str:
    return "".join(words_of(text))


_LATIN = re.compile("[a-z0-9]+")
_LONGEST_WORD = 12
_LONGEST_PHRASE = 200
_MOST_WORDINGS = 60
