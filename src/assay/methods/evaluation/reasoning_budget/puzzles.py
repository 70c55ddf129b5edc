"""Makes word puzzles that are hard to solve and easy to check, out of lists of words; each has one answer.

A puzzle asks for two words, of which one becomes the other in a way that is said: "Name an animal of 5 letters. Change
its 1st letter, and you get a thing at home." Answers are words of the lists; which lists a puzzle draws on is known.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from assay.methods.evaluation.reasoning_budget.answers import Gold
from assay.methods.evaluation.reasoning_budget.words import LISTS

Lists = Mapping[str, Sequence[str]]
"""By what they name, in the singular, words of letters alone."""
Hint = tuple[int, ...]
"""What a puzzle tells of its words besides their lists: lengths, and a place from 1 or 0."""

_SHORTEST = 3


@dataclass(frozen=True)
class Kind:
    """One way in which a word becomes another."""

    name: str
    text: str
    """With ``{a}`` and ``{b}`` for the lists, ``{n}`` letters of the first, ``{m}`` of the second, ``{place}``."""
    becomes: Callable[[str, str, int], bool]
    """Whether a word becomes another, at a place or, without one, at 0: what proves a puzzle."""
    keys: Callable[[str], Iterable[tuple[str, int]]]
    """Of the first word, with the place: what finds puzzles. It becomes a word that has such a key, too."""
    other_keys: Callable[[str], Iterable[str]]
    """Of the second word."""


def _without_one(word: str) -> Iterator[tuple[str, int]]:
    yield from ((word[:i] + word[i + 1 :], i + 1) for i in range(len(word)))


def _with_one_open(word: str) -> Iterator[tuple[str, int]]:
    yield from ((f"{word[:i]}_{word[i + 1 :]}", i + 1) for i in range(len(word)))


def _parts(word: str) -> set[tuple[str, int]]:
    spans = ((i, j) for i in range(len(word)) for j in range(i + 1, len(word) + 1))
    return {(word[i:j], 0) for i, j in spans if j - i < len(word)}


def _sorted(word: str) -> str:
    return "".join(sorted(word))


KINDS = {
    kind.name: kind
    for kind in (
        Kind(
            "change",
            "Name {a} of {n} letters. Change its {place} letter into another one, and you get {b}. What are the two?",
            lambda a, b, at: len(a) == len(b) and a != b and a[: at - 1] + b[at - 1] + a[at:] == b,
            _with_one_open,
            lambda b: (key for key, _ in _with_one_open(b)),
        ),
        Kind(
            "drop",
            "Name {a} of {n} letters. Leave out its {place} letter, and you get {b}. What are the two?",
            lambda a, b, at: b == "".join(letter for i, letter in enumerate(a, 1) if i != at),
            _without_one,
            lambda b: [b],
        ),
        Kind(
            "rearrange",
            "Name {a} of {n} letters. Rearrange all of its letters, and you get {b}. What are the two?",
            lambda a, b, at: (
                at == 0 and a != b and len(a) == len(b) and all(a.count(x) == b.count(x) for x in set(a + b))
            ),
            lambda a: [(_sorted(a), 0)],
            lambda b: [_sorted(b)],
        ),
        Kind(
            "rearrange with one more",
            "Name {a} of {n} letters. Add one letter and rearrange all of them, and you get {b} of {m} letters. "
            "What are the two?",
            lambda a, b, at: at == 0 and len(b) == len(a) + 1 and all(a.count(x) <= b.count(x) for x in set(a)),
            lambda a: [(_sorted(a), 0)],
            lambda b: {key for key, _ in _without_one(_sorted(b))},
        ),
        Kind(
            "hidden",
            "Name {a} of {n} letters in which {b} of {m} letters is hidden: its letters stand there in a row. "
            "What are the two?",
            lambda a, b, at: at == 0 and len(b) < len(a) and any(a[i : i + len(b)] == b for i in range(len(a))),
            _parts,
            lambda b: [b],
        ),
    )
}


@dataclass(frozen=True)
class WordPuzzle:
    """A puzzle with its only answer."""

    kind: str
    lists: tuple[str, str]
    hint: Hint
    """Letters of both words, and the place."""
    answer: tuple[str, str]

    @property
    def id(self) -> str:
        """What tells it from others of its lists."""
        return "-".join([self.kind, *self.lists, *map(str, self.hint)]).replace(" ", "_")

    @property
    def text(self) -> str:
        """The question, in plain English and without an instruction on form."""
        n, m, place = self.hint
        a, b = (_with_article(name) for name in self.lists)
        return KINDS[self.kind].text.format(a=a, b=b, n=n, m=m, place=_ordinal(place))

    @property
    def gold(self) -> Gold:
        """What an answer must name; see `check_answer`."""
        return self.answer

    def as_record(self) -> dict[str, Any]:
        """As a row of `datasets` or JSONL."""
        return {"id": self.id, "kind": self.kind, "question": self.text, "gold": list(self.answer)}


def generate_word_puzzles(
    number: int, *, lists: Lists | None = None, kinds: Iterable[str] = tuple(KINDS), seed: int = 0
) -> list[WordPuzzle]:
    """Make puzzles with one answer each. Which ones come first depends on the seed, and on each puzzle alone.

    Args:
        number: How many.
        lists: Of words, by what they name; those of `words` if nothing is given.
        kinds: Which of `KINDS`.
        seed: Of the choice.

    Raises:
        ValueError: A list or kind is not as it must be, or there are not so many puzzles.
    """
    if number < 1:
        raise ValueError(f"number is {number}: give 1 or more")
    lists = _checked(LISTS if lists is None else lists)
    kinds = tuple(kinds)
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise ValueError(f"there is no kind of puzzle {unknown[0]!r}: choose {', '.join(KINDS)}")
    found = [puzzle for kind in kinds for a in lists for b in lists for puzzle in _unique(kind, (a, b), lists)]
    if len(found) < number:
        raise ValueError(f"these lists give {len(found)} puzzles, and {number} are asked for: give longer ones")
    found.sort(key=lambda puzzle: sha256(f"{seed}:{puzzle.id}".encode()).digest())
    return [_proved(puzzle, lists) for puzzle in found[:number]]


def solve_word_puzzle(puzzle: WordPuzzle, lists: Lists | None = None) -> list[tuple[str, str]]:
    """Every answer that a puzzle has, by trying all pairs of words."""
    lists = LISTS if lists is None else lists
    n, m, place = puzzle.hint
    becomes = KINDS[puzzle.kind].becomes
    return [
        (a, b)
        for a in lists[puzzle.lists[0]]
        for b in lists[puzzle.lists[1]]
        if len(a) == n and len(b) == m and becomes(a.lower(), b.lower(), place)
    ]


def _unique(kind: str, pair: tuple[str, str], lists: Lists) -> Iterator[WordPuzzle]:
    """The puzzles of one kind on two lists that have one answer."""
    index: dict[str, list[str]] = {}
    for b in lists[pair[1]]:
        for key in KINDS[kind].other_keys(b.lower()):
            index.setdefault(key, []).append(b)
    answers: dict[Hint, list[tuple[str, str]]] = {}
    for a in lists[pair[0]]:
        for key, place in KINDS[kind].keys(a.lower()):
            for b in index.get(key, ()):
                if a.lower() != b.lower():
                    answers.setdefault((len(a), len(b), place), []).append((a, b))
    for hint, pairs in answers.items():
        if len(pairs) == 1 and min(hint[:2]) >= _SHORTEST:
            yield WordPuzzle(kind, pair, hint, pairs[0])


def _proved(puzzle: WordPuzzle, lists: Lists) -> WordPuzzle:
    """The puzzle, if trying all pairs of words finds its answer and no other."""
    if (answers := solve_word_puzzle(puzzle, lists)) != [puzzle.answer]:
        raise ValueError(f"puzzle {puzzle.id!r} has the answers {answers} and not {puzzle.answer} alone")
    return puzzle


def _checked(lists: Lists) -> Lists:
    if not lists:
        raise ValueError("there are no lists of words")
    for name, words in lists.items():
        if isinstance(words, str) or not words:
            raise ValueError(f"the list {name!r} has no words")
        for word in words:
            if not word.isalpha():
                raise ValueError(f"the list {name!r} has {word!r}, which is no word of letters alone")
        if len({word.lower() for word in words}) < len(words):
            raise ValueError(f"the list {name!r} has a word twice")
    return lists


def _with_article(name: str) -> str:
    return f"{'an' if name[0].lower() in 'aeiou' else 'a'} {name}"


def _ordinal(place: int) -> str:
    return f"{place}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(place % 10 if place % 100 not in (11, 12, 13) else 0, 'th') }"
