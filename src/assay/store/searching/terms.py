"""Turns the words of a query into terms to find, each with all ways to write it."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from assay.store.searching.cutting import ACRONYM, PAIR_RUN, Run, cut
from assay.store.searching.forms import Phrase, forms, singulars, spellings
from assay.store.searching.lexicon import COMBINING_ENDS, COMBINING_FORMS, COMPOUNDS, FUNCTION_WORDS
from assay.store.searching.writings import other_writings

FIELD_MARKS = {"title": "t:", "keyword": "k:", "org": "o:", "category": "c:"}
"""What the tokens of a field begin with, so that each has its own place in the index."""

_HYPHENS = frozenset("-_‐‒–")
_VERSION = re.compile(r"\d{1,2}(?:\.\d+)*o?")
_LONGEST_ACRONYM = 6
_LONGEST_COMPOUND = max(map(len, COMPOUNDS))


@dataclass(frozen=True)
class Term:
    """Something to find: any of some phrases."""

    exact: tuple[Phrase, ...]
    """As it was typed."""
    phrases: tuple[Phrase, ...]
    """All ways to write it, the exact ones among them."""
    field: str = ""
    """The field that it must stand in; empty for any."""
    is_prefix: bool = False
    """Whether the last token is the beginning of a word."""
    is_quoted: bool = False


class Chunk(NamedTuple):
    """A word as it was typed, in its smallest parts."""

    atoms: tuple[str, ...]
    joints: tuple[str, ...]
    is_prefix: bool = False
    is_quoted: bool = False
    others: tuple["Chunk", ...] = ()
    """The same word in other writings, such as without its particle."""

    @property
    def word(self) -> str:
        """The word itself, where it is one plain word; else empty."""
        return self.atoms[0] if len(self.atoms) == 1 and not self.is_quoted and not self.is_prefix else ""


def read_chunk(text: str, *, is_quoted: bool = False) -> Chunk | None:
    """A word with its other writings, or the words in quotes as they are; ``None`` if no word is in it."""
    runs = list(cut(text))
    chunk = _in_parts(text, runs, is_quoted=is_quoted)
    if chunk is None or is_quoted or text.endswith("*"):
        return chunk
    word = text[runs[0].start : runs[-1].end]
    others = [_in_parts(other.text, list(cut(other.text)), is_whole=other.is_whole) for other in other_writings(word)]
    there = tuple(other for other in others if other is not None)
    # Where one of them ends in no syllable, that of the word is a particle, and the beginning of nothing.
    return chunk._replace(others=there, is_prefix=chunk.is_prefix and all(other.is_prefix for other in there))


def _in_parts(text: str, runs: Sequence[Run], *, is_quoted: bool = False, is_whole: bool = False) -> Chunk | None:
    """A text in its smallest parts; ``is_whole`` says that a run of syllables must end where the text does."""
    if not runs:
        return None
    atoms: list[str] = []
    joints: list[str] = []
    for number, run in enumerate(runs):
        if number:
            between = text[runs[number - 1].end : run.start]
            joints.append("-" if between in _HYPHENS else ".")
        unparted = is_quoted or not run.text.isascii() or not run.text.isalnum() or run.tokens[0].endswith(ACRONYM)
        parts = run.tokens if unparted else re.findall(r"\d+|\D+", run.tokens[0])
        atoms += parts
        joints += ["." if unparted else ""] * (len(parts) - 1)
    last = runs[-1].text
    # The text may go on where the query ends, so the single last syllable of a run is left out. A run of one syllable
    # is a prefix of the pair that it stands in.
    is_prefix = text.endswith("*") and not is_quoted and len(last) > 1
    if PAIR_RUN.fullmatch(last) and not is_whole:
        is_prefix = len(last) == 1
        if not is_prefix:
            del atoms[-1], joints[-1]
    return Chunk(tuple(atoms), tuple(joints), is_prefix, is_quoted)


def bound_terms(chunks: Sequence[Chunk]) -> list[Term]:
    """The terms of words that stand next to each other; those that belong together make one term."""
    bound: list[Chunk] = []
    rest = list(chunks)
    while rest:
        count = _count_together(rest, is_first=not bound)
        together, rest = rest[:count], rest[count:]
        if count == 1:
            bound += together
            continue
        atoms = tuple(atom for chunk in together for atom in chunk.atoms)
        joints = tuple(joint for chunk in together for joint in (" ", *chunk.joints))[1:]
        bound.append(Chunk(atoms, joints, together[-1].is_prefix, together[-1].is_quoted))
    terms = [term_of(chunk) for chunk in bound]
    for place in range(len(bound) - 1):
        one, other = bound[place].word, bound[place + 1].word
        if _may_be_half(one) and _may_be_half(other):
            as_one_word = tuple((form,) for form in forms(one + other))
            for at in (place, place + 1):
                terms[at] = replace(terms[at], phrases=terms[at].phrases + as_one_word)
    return terms


def _may_be_half(word: str) -> bool:
    return len(word) > 2 and word.isalpha() and word.isascii() and word not in FUNCTION_WORDS


def _count_together(chunks: Sequence[Chunk], *, is_first: bool) -> int:
    """How many of the words, from the first on, make one term."""
    words = [_as_typed(chunk) for chunk in chunks[:_LONGEST_COMPOUND] if not chunk.is_quoted]
    for count in range(len(words), 1, -1):
        *before, last = words[:count]
        if any((*before, form) in COMPOUNDS for form in (last, *singulars(last))):
            return count
    if len(words) < 2 or chunks[0].is_prefix or chunks[1].is_quoted:
        return 1
    one, other = chunks[0].word, words[1]
    if one in COMBINING_FORMS:
        return 2 if other[:1].isalpha() else 1
    is_word = one.isalpha() and one not in FUNCTION_WORDS
    if is_word and (other in COMBINING_ENDS or _VERSION.fullmatch(other)):
        return 2
    is_unit = other.isalpha() and (len(other) == 1 or other not in FUNCTION_WORDS)
    return 2 if is_first and is_unit and re.fullmatch(r"\d{1,2}", words[0]) else 1


def _as_typed(chunk: Chunk) -> str:
    return "".join(atom + joint for atom, joint in zip(chunk.atoms, (*chunk.joints, ""), strict=True))


def term_of(chunk: Chunk) -> Term:
    """The term of a word: as it was typed, and in all other ways to write it; what is quoted, as it was typed only."""
    if chunk.is_quoted:
        typed = tuple(_twins(chunk.atoms))
        return Term(typed, typed, is_prefix=chunk.is_prefix, is_quoted=True)
    phrases = spellings(chunk.atoms, chunk.joints)
    others = tuple(phrase for other in chunk.others for phrase in term_of(other).phrases)
    if chunk.is_prefix:
        return Term(phrases[:1], (*phrases[:1], *others), is_prefix=True)
    ending = chunk.atoms[-1][-1]
    ways = (twin for phrase in phrases for twin in (_twins(phrase) if phrase[-1].endswith(ending) else (phrase,)))
    return Term(tuple(_twins(phrases[0])), tuple(dict.fromkeys((*ways, *others))))


def _twins(phrase: Phrase) -> Iterator[Phrase]:
    """A phrase, and beside it the same with its last word as an acronym that ends in S, or not as one."""
    yield phrase
    *before, last = phrase
    if last.endswith(ACRONYM):
        yield (*before, last.removesuffix(ACRONYM))
    elif len(last) <= _LONGEST_ACRONYM and singulars(last):
        yield (*before, last + ACRONYM)


def marked(term: Term, field: str) -> Term:
    """The term as it stands in a field."""
    return replace(term, field=field, exact=mark(term.exact, field), phrases=mark(term.phrases, field))


def mark(phrases: Sequence[Phrase], field: str) -> tuple[Phrase, ...]:
    """The phrases as they stand in a field."""
    return tuple(tuple(FIELD_MARKS[field] + token for token in phrase) for phrase in phrases)
