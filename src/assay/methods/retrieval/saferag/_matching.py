"""When a text has certain words in it, and when two texts are the same one."""

import re
from collections.abc import Iterable

from assay.methods.retrieval._search import Snippet

_LETTER = "[0-9A-Za-z\u00c0-\u024f]"
"""What a word goes on with in scripts with spaces; Hangul and Chinese put particles right behind a name."""


def pattern_of(words: str) -> re.Pattern[str]:
    """Finds these words, whole and without case, however the spaces between them are set."""
    inner = r"\s+".join(map(re.escape, words.split()))
    return re.compile(rf"(?<!{_LETTER}){inner}(?!{_LETTER})", re.IGNORECASE)


def contains(text: str, words: str) -> bool:
    """Whether the words stand in the text, whole and without case: ``8`` does not stand in ``18``."""
    return pattern_of(words).search(text) is not None


def keys_of(snippets: Iterable[Snippet]) -> frozenset[str]:
    """What tells whether another text is one of these: their addresses, and their words."""
    return frozenset(key for each in snippets for key in (each.url, key_of_text(each)) if key)


def is_one_of(snippet: Snippet, keys: frozenset[str]) -> bool:
    """Whether a text is one of those with these `keys_of`."""
    return snippet.url in keys or key_of_text(snippet) in keys


def key_of_text(snippet: Snippet) -> str:
    """The words of a text in one line, which a change of case, space or punctuation leaves alone."""
    return " ".join(re.findall(r"\w+", snippet.text.casefold()))
