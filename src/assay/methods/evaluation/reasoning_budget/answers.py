"""Says whether a free answer to a puzzle names all that it must name, and nothing is credited that was only thought."""

import re
import unicodedata
from collections.abc import Sequence

Gold = Sequence[str | Sequence[str]]
"""The phrases that an answer must have, in any order; of a list in place of a phrase, any one."""

_ARTICLES = {"a", "an", "the"}


def check_answer(text: str, gold: Gold, *, end: str | None = "</think>") -> bool:
    """Whether an answer is right: every phrase stands in it as whole words, whatever the order, case and accents.

    Args:
        text: What the model wrote. Only what stands behind the last `end` counts, where there is one.
        gold: The phrases.
        end: What ends the thinking; ``None`` where the text is the answer alone.

    Raises:
        ValueError: There is nothing that the answer must have.
    """
    phrases = [[words_of(each) for each in ([part] if isinstance(part, str) else part)] for part in gold]
    if not phrases or not all(options and all(options) for options in phrases):
        raise ValueError(f"gold is {gold!r}: give the phrases that an answer must have")
    words = words_of(text.rpartition(end)[2] if end else text)
    return all(any(_stands_in(option, words) for option in options) for options in phrases)


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without accents, punctuation and articles."""
    plain = "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))
    return [word for word in re.findall(r"\w+", plain.replace("'", "").replace("’", "")) if word not in _ARTICLES]


def _stands_in(phrase: Sequence[str], words: Sequence[str]) -> bool:
    count = len(phrase)
    return any(list(words[at : at + count]) == list(phrase) for at in range(len(words) - count + 1))
