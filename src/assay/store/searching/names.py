"""How authors' names are searched: as whole names, with initials, and with the family name first or last.

Beside its words, each name has tokens of its own in the index: Song B. Han is ``song_han``, ``s_han``, ``sb_han`` and
``songb_han``. A search for a name looks for such a token: never for Han of one author and Song of another. O'Brien is
one word there, ``obrien``, and two words beside it.
"""

from collections.abc import Iterator
from functools import lru_cache

from assay.store.searching.cutting import PAIR_RUN, cut
from assay.store.searching.forms import Phrase
from assay.store.searching.writings import other_letters, without_apostrophes

WORD_MARK = "a:"
"""What each word of a name begins with among the tokens of the authors."""


@lru_cache(maxsize=65536)
def name_tokens(name: str) -> str:
    """The tokens of an author's name for the index: its words, its words as a name's, and the whole name."""
    words = _words(name)
    if not words:
        return ""
    tokens = _with_marks(words)
    apart = _tokens(comma_turned(name))
    if apart != words:
        tokens += _with_marks(apart)
    if len(words) > 1 and not _is_run_of_pairs(words):
        tokens += _whole_names(words)
    return " ".join(tokens)


def name_phrases(name: str) -> tuple[tuple[Phrase, ...], tuple[Phrase, ...]]:
    """How a name that a reader typed may stand in the index: exactly so, and otherwise."""
    exact, others = _phrases(name)
    respelt = other_letters(name)
    if respelt:
        others += sum(_phrases(respelt), ())
    return exact, others


def _phrases(name: str) -> tuple[tuple[Phrase, ...], tuple[Phrase, ...]]:
    words = _words(name)
    if not words:
        return (), ()
    in_order = tuple(WORD_MARK + word for word in words)
    if len(words) == 1:
        return (in_order,), ()
    if _is_run_of_pairs(words):
        return (in_order[:-1],), ()
    *given, family = words
    if all(len(word) == 1 for word in given):
        return (("".join(given) + "_" + family,),), ()
    turned = ("".join(words[1:]) + "_" + words[0],)
    if len(given) == 1:
        return ((f"{given[0]}_{family}",),), (in_order, turned)
    return (in_order,), (("".join(given) + "_" + family,), turned)


def comma_turned(name: str) -> str:
    """A name with the family name last: ``Han, Song`` is ``Song Han``."""
    family, comma, given = name.partition(",")
    return f"{given.strip()} {family.strip()}" if comma and given.strip() and "," not in given else name


def _words(name: str) -> list[str]:
    """The words of a name, the family name last, each without apostrophes."""
    return _tokens(without_apostrophes(comma_turned(name)))


def _with_marks(words: list[str]) -> list[str]:
    return [*words, *(WORD_MARK + word for word in words)]


def _tokens(text: str) -> list[str]:
    return [token for run in cut(text) for token in run.tokens]


def _is_run_of_pairs(words: list[str]) -> bool:
    return all(PAIR_RUN.fullmatch(word) for word in words)


def _whole_names(words: list[str]) -> Iterator[str]:
    *given, family = words
    initials = "".join(word[0] for word in given)
    yield from dict.fromkeys(
        f"{first}_{family}" for first in (given[0], given[0][0], initials, "".join(given)) if first
    )
