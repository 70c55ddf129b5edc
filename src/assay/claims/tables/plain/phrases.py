"""Tells which rows, columns and sections of a table a phrase means, if every word of it is one of theirs.

``the random forest`` means the row *RF*, ``BLEU on the dev set`` the column *Dev BLEU*, ``both towns`` the columns
*Success Town1* and *Success Town2*. A phrase with a word that the table does not have means nothing here.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from typing import Final, Literal, NamedTuple

from assay.claims.tables.names import LANGUAGES, METRIC_NAMES, key
from assay.claims.tables.table import Table

Labels = Mapping[str, frozenset[str]]
"""By dimension, the names that are meant; none where a phrase says what is true of the whole table."""
Role = Literal["contender", "metric", "place"]
"""What a phrase is there for. Nouns such as *model* or *data set* may stand beside a name where they fit its role."""


class Phrases:
    """What phrases mean beside one table."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._found: dict[tuple[str, Role], Sequence[Labels]] = {}

    def meanings(self, phrase: str, role: Role) -> Sequence[Labels]:
        """Everything that a phrase may mean; nothing if a word of it stands nowhere.

        Args:
            phrase: some words.
            role: what it is there for.
        """
        if (phrase, role) not in self._found:
            if len(self._found) > _MOST_KEPT:
                self._found.clear()
            self._found[phrase, role] = self._look_up(phrase, role)
        return self._found[phrase, role]

    def _look_up(self, phrase: str, role: Role) -> Sequence[Labels]:
        words = list(_words_of(re.sub(r"\bno (?=\w)", "without ", phrase)))
        content = frozenset(at for at, word in enumerate(words) if word.stem not in _EMPTY | _NOUNS[role])
        parts = {dimension: part for dimension in self._names if (part := self._best(dimension, words, role))}
        found: list[Labels] = []
        for size in range(1, len(parts) + 1):
            for chosen in combinations(parts, size):
                read = frozenset[int]().union(*(parts[each].read for each in chosen))
                is_needed = all(
                    parts[each].read - frozenset[int]().union(*(parts[one].read for one in chosen if one != each))
                    for each in chosen
                )
                rest = " ".join(dict.fromkeys(words[at].written for at in sorted(content - read)))
                if is_needed and (not rest or (role == "place" and self.is_of_all(rest))):
                    found.append({each: parts[each].labels for each in chosen})
        return found or ([{}] if role != "contender" and self.is_of_all(phrase) else [])

    def steps(self, dimension: str, part: str) -> list[tuple[str, str]]:
        """The pairs of names of which the second is the first with a part added to it, and nothing else."""
        words = [word for word in _words_of(part) if word.stem not in _EMPTY]
        found: list[tuple[str, str]] = []
        for high in self._names[dimension]:
            extra = [piece for piece in high.pieces if len(high.find(piece, words, "contender")) == len(words) > 0]
            for low in self._names[dimension]:
                rest = sorted(piece for piece in high.pieces if piece not in extra)
                if len(extra) == 1 and rest and sorted(low.pieces) == rest and not (low.lacks or high.lacks):
                    found.append((low.label, high.label))
        return found

    @cached_property
    def _names(self) -> Mapping[str, tuple["_Name", ...]]:
        return {
            dimension: tuple(_Name.of(label) for label in labels)
            for dimension, labels in self._table.dimensions.items()
        }

    def is_of_all(self, phrase: str) -> bool:
        """Whether the caption says of the whole table what a phrase does: ``Results on ToyBench``, in one piece."""
        text = re.split(r"(?<=\w\w)\.\s+(?=[A-Z])", re.sub(r"\([^)]*\)", ";", NUMBER.sub("", self._table.caption)))[0]
        words = [re.escape(word) for word in phrase.split() if word.lower() not in _EMPTY | _NOUNS["place"]]
        found = re.search(rf"(?<![\w-]){' '.join(words)}(?![\w-])", text, re.IGNORECASE) if words else None
        if found is None or _MEAN.search(text):
            return False
        before, after = text[: found.start()], text[found.end() :]
        return not (_OTHERWISE_BEFORE.search(before) or _LISTED_AFTER.match(after))

    def speaks_of(self, noun: str) -> bool:
        """Whether caption or headings have all words of a phrase."""
        headings = (self._table.headings.get(each, "") for each in self._table.dimensions)
        return set(key(noun)) <= set(key(" ".join((self._table.caption, *headings))))

    def _best(self, dimension: str, words: Sequence["_Word"], role: Role) -> "_Part | None":
        """The names of a dimension that have most words of a phrase: whole ones, if there are any."""
        reads = [(name, _unbroken(name.read(words, role), words, role)) for name in self._names[dimension]]
        reads = [(name, read) for name, read in reads if read]
        whole = [(name, read) for name, read in reads if name.is_whole(words, role)]
        chosen = whole or [(name, read) for name, read in reads if name.may_be_meant(words, role)]
        most = max((len(read) for _, read in chosen), default=0)
        best = [(name, read) for name, read in chosen if len(read) == most]
        if not best or len({read for _, read in best}) > 1:
            return None
        return _Part(frozenset(name.label for name, _ in best), best[0][1])


@lru_cache(maxsize=256)
def phrases_of(table: Table) -> Phrases:
    """The phrases of a table, whose names are read once."""
    return Phrases(table)


class _Part(NamedTuple):
    """The names of a dimension that a phrase means, and by which of its words."""

    labels: frozenset[str]
    read: frozenset[int]


class _Word(NamedTuple):
    """A word of a phrase."""

    stem: str
    written: str
    chunk: int
    """Words of one number stand together without a space: ``BERT-large``."""


def _words_of(phrase: str) -> Iterator[_Word]:
    for at, chunk in enumerate(phrase.split()):
        for stem in key(chunk):
            yield _Word(stem, chunk, at)


@dataclass(frozen=True)
class _Name:
    """A name of a table, in pieces between spaces, each of which stands in a phrase as a whole or not at all."""

    label: str
    pieces: tuple[tuple[str, ...], ...]
    asides: frozenset[tuple[str, ...]]
    """The pieces in brackets, which may be left out."""
    capitals: frozenset[tuple[str, ...]]
    """The pieces in capitals, which may be initials; the others may be short for a longer word."""

    @classmethod
    def of(cls, label: str) -> "_Name":
        text = _WITHOUT.sub(" without ", _MARK.sub(" ", label))
        asides = " ".join(re.findall(r"[(\[][^)\]]*[)\]]", text))
        capitals = " ".join(re.findall(r"\b[A-Z]{2,}\b", text))
        return cls(label, _pieces(text), frozenset(_pieces(asides)) - {("without",)}, frozenset(_pieces(capitals)))

    @property
    def lacks(self) -> bool:
        """Whether it is what is left without something: ``w/o tides``."""
        return ("without",) in self.pieces

    def find(self, piece: tuple[str, ...], words: Sequence[_Word], role: Role) -> frozenset[int]:
        """Where a piece stands in a phrase: as it is, written together, by its initials, or abbreviated."""
        joined = "".join(piece)
        for start in range(len(words)):
            for end in range(start + 1, min(len(words), start + _MOST) + 1):
                run = words[start:end]
                stems = [word.stem for word in run]
                is_same = list(piece) == stems or joined == "".join(stems)
                if is_same and any(word.stem.isdigit() and word.written.isalpha() for word in run):
                    continue  # "on two tasks" is not of Task 2
                if is_same or (len(piece) == 1 and _is_short_for(piece[0], run, role, piece in self.capitals)):
                    return frozenset(range(start, end))
        return frozenset()

    def read(self, words: Sequence[_Word], role: Role) -> frozenset[int]:
        """Which words of a phrase this name has; none if they stand in an order that makes it another name."""
        found = [at for piece in self.pieces if (at := self.find(piece, words, role))]
        firsts = [min(at) for at in found]
        is_other = firsts != sorted(firsts) and (role == "contender" or _DIRECTED.search(self.label))
        read = frozenset[int]().union(*found)
        is_telling = any(words[at].stem not in _EMPTY | _NOUNS[role] for at in read)
        return read if is_telling and not is_other else frozenset()

    def is_whole(self, words: Sequence[_Word], role: Role) -> bool:
        """Whether all of its pieces stand in a phrase."""
        return all(self.find(piece, words, role) or set(piece) <= _NOUNS[role] for piece in self.pieces)

    def may_be_meant(self, words: Sequence[_Word], role: Role) -> bool:
        """Whether a phrase that has a part of it may mean it: ``NN`` means *NN (Pixels)*, but never *NN + folding*."""
        if role == "contender":
            left = [piece for piece in self.pieces if not self.find(piece, words, role)]
            return all(piece in self.asides or set(piece) <= _NOUNS[role] for piece in left) and not self.lacks
        return not (self.lacks or _MORE_THAN_PARTS.search(self.label))


def _pieces(text: str) -> tuple[tuple[str, ...], ...]:
    pieces = (tuple(key(piece)) for piece in re.split(r"(?:[\s()\[\]/,:&]|\+(?=[\s\w]))+", text))
    return tuple(piece for piece in pieces if piece and not set(piece) <= _EMPTY)


def _unbroken(read: frozenset[int], words: Sequence[_Word], role: Role) -> frozenset[int]:
    """The words that are read, without parts of a chunk: a name within another one is not meant."""
    may_be_left = {"based"} | (_NOUNS[role] if role != "contender" else set())
    broken = {word.chunk for at, word in enumerate(words) if at not in read and word.stem not in may_be_left}
    return frozenset(at for at in read if words[at].chunk not in broken)


def _is_short_for(short: str, run: Sequence[_Word], role: Role, is_in_capitals: bool) -> bool:  # noqa: FBT001
    stems = tuple(word.stem for word in run)
    if stems in _OTHER_NAMES.get(short, ()):
        return True
    if not short.isalpha():
        return False
    if len(run) > 1:
        is_initials = short == "".join(stem[0] for stem in stems) and not set(stems) & (_EMPTY | _NOUNS[role])
        is_known = len(run) > len(("two", "words")) or (role == "contender" and stems in _TWO_WORDS)
        return is_in_capitals and is_initials and is_known
    return (short, run[0].stem) in _SHORT_WORDS


_MOST_KEPT: Final = 500
_TWO_WORDS: Final = frozenset(
    tuple(each.split("_"))
    for each in "random_forest logistic_regression naive_bayes decision_tree gaussian_process local_ensemble".split()
)
_SHORT_WORDS: Final = frozenset(
    (each.partition(":")[0], each.partition(":")[2])
    for each in "char:character acc:accuracy prec:precision rec:recall dev:development val:validation avg:average "
    "std:standard repr:representation pred:prediction attn:attention conv:convolution seq:sequence arch:architecture "
    "param:parameter init:initialization reg:regularization aug:augmentation ft:finetuned comp:composition".split()
)
_MOST: Final = 5
_OTHER_NAMES: Final[Mapping[str, frozenset[tuple[str, ...]]]] = {
    short: frozenset(key(name) for name in names)
    for short, names in (METRIC_NAMES | {code: (name,) for code, name in LANGUAGES.items()}).items()
}
_MARK: Final = re.compile(r"\[\d+\]|[↑↓*†‡§¶%#⋆∗]|\bet al\.?|\\scriptsize")
_WITHOUT: Final = re.compile(r"\bw/o(?:ut)?\b|\bwithout\b|^\s*no\b|(?:^|\s)[-−–]\s*(?=[A-Za-z])", re.IGNORECASE)
_DIRECTED: Final = re.compile(r"→|->|\bto\b|-\w\w\b")
_MORE_THAN_PARTS: Final = re.compile(
    r"[+&→]|->|\bw/|\b(?:with|and|from|to|drop|drops|reduction|gain|gains|saved|gap|difference|improvement|std|deviation|"
    r"variance)\b|Δ",
    re.IGNORECASE,
)
_EMPTY: Final = frozenset("the a an of for on in at with and to its their our".split())
_NOUNS: Final[Mapping[Role, frozenset[str]]] = {
    "contender": frozenset(
        "model method approach system network architecture algorithm framework technique baseline proposed our ours "
        "based feature".split()
    ),
    "metric": frozenset("score result metric value".split()),
    "place": frozenset(
        "dataset data set benchmark task setting scenario case condition level corpus domain score metric".split()
    ),
}
"""Words that tell no names apart."""
NUMBER: Final = re.compile(r"^\W*(?:TABLE|Table|Tab\.)\s\S+")
"""What the table is called, before its caption."""
_MEAN: Final = re.compile(r"\b(?:average|averaged|mean|avg)\b", re.IGNORECASE)
_OTHERWISE_BEFORE: Final = re.compile(
    r"(?:,|\b(?:and|or|vs\.?|versus|from|by|after|before)\b|[/&]|"
    r"\b\w+(?:ed|ing)(?: \w+){0,2} (?:on|with|for|in|by|from|using)|"
    r"\b(?:without|instead of|except|excluding|not|no|only|jointly|exclusively|than)\b[^,;.]{0,20})\s*(?:the\s)?$",
    re.IGNORECASE,
)
_LISTED_AFTER: Final = re.compile(r"\s*(?:,(?! (?:where|which|in terms))|\band\b|\bor\b|\bvs\b|/|&)", re.IGNORECASE)
