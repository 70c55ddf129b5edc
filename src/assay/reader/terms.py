"""The terms of a text: its words and the pairs of words that stand side by side, by which papers are like each other.

Plural and singular are one term, upper and lower case too; function words are none. `show_term` gives a term back as a
text writes it.
"""

import re
from collections import Counter
from functools import cache
from itertools import pairwise
from unicodedata import normalize

_WORD = re.compile(r"[^\W_]+")
_LINK = re.compile(r"https?://\S+")
_BRACKET = re.compile(r"[()\[\]{}]")


def words_of(text: str) -> list[str]:
    """The words of a text in order, in the form in which they are compared."""
    return [_stem(word) for word in _WORD.findall(_LINK.sub(" ", normalize("NFKC", text).casefold()))]


def terms_of(text: str) -> Counter[str]:
    """The words of a text and its pairs of neighbours, with how often each stands there."""
    words = words_of(text)
    stop = _stop_words()
    telling = [len(word) > 1 and word not in stop for word in words]
    terms = Counter(word for word, tells in zip(words, telling, strict=True) if tells)
    neighbours = zip(pairwise(words), pairwise(telling), strict=True)
    terms.update(f"{first} {second}" for (first, second), (one, other) in neighbours if one and other)
    return terms


def show_term(term: str, *texts: str) -> str:
    """A term as the first of the texts that has it writes it: ``kv cache`` as ``KV caches``; else as it is.

    A bracket that stands between its words is left out: ``llm agent`` is ``LLM agents`` of ``models (LLM) agents``.
    """
    pattern = re.compile(
        r"(?<![^\W_])" + r"[\W_]+".join(f"{re.escape(word)}s?" for word in term.split()) + r"(?![^\W_])"
    )
    for text in texts:
        # Case folding may change the length of a text, lower case does not for the words that a term is shown for.
        if match := pattern.search(text.lower()):
            found, same = (_BRACKET.sub("", each[match.start() : match.end()]) for each in (text, text.lower()))
            return found if found.casefold() == same.casefold() else term
    return term


def _stem(word: str) -> str:
    return word[:-1] if len(word) > 3 and word[-1] == "s" and word[-2] != "s" else word


@cache
def _stop_words() -> frozenset[str]:
    from sklearn.feature_extraction import text  # type: ignore[import-untyped]  # noqa: PLC0415 - takes a while to load

    return frozenset(map(_stem, text.ENGLISH_STOP_WORDS))


def is_function_word(word: str) -> bool:
    """Whether a word, in the form of `words_of`, says nothing by itself."""
    return word in _stop_words()
