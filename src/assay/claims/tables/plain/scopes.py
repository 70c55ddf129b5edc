"""Looks up in a table what the phrases of a comparison mean: who is compared, of what metric, in which cases."""

import re
from collections.abc import Iterator
from itertools import product
from typing import Final, NamedTuple

from assay.claims.tables.metrics import is_metric
from assay.claims.tables.names import key, same_metric
from assay.claims.tables.plain.directions import caption_metric, is_other_measure
from assay.claims.tables.plain.forms import Comparison
from assay.claims.tables.plain.phrases import NUMBER, Labels, phrases_of
from assay.claims.tables.reading import OURS
from assay.claims.tables.table import Table


class Scope(NamedTuple):
    """What a comparison is narrowed down to."""

    labels: Labels
    """By dimension, the names that count; all of those that are left out."""
    every: bool = False
    """Whether it says so of all of them."""
    so: int = -1
    """In how many of them it says so; -1 if it does not say."""
    most: bool = False
    """Whether it says so of most of them."""
    of: int = -1
    """Of how many; -1 if that does not matter."""


class Contenders(NamedTuple):
    """Rows or columns that are compared: one, or all of several."""

    dimension: str
    labels: frozenset[str]
    every: bool = False
    """Whether it is said of each of them."""


class Lookup:
    """A table in which phrases are looked up.

    Args:
        table: the table.
        own: what the paper calls its own method; empty if that is not known.
    """

    def __init__(self, table: Table, own: str) -> None:
        self.table = table
        self._own = own
        self._phrases = phrases_of(table)

    # ---- who --------------------------------------------------------------------------------------------------------

    def contenders(self, text: str, dimension: str = "") -> list[Contenders]:
        """Whom a phrase means: ``Gullwing``, ``TideCache and GPT-4o``, ``both BERT models``."""
        quantity, pieces = _EACH.fullmatch(text), _listed(text)
        if single := self.one(text, dimension):
            is_list_too = len(pieces) > 1 and all(self.one(piece, dimension) for piece in pieces)
            return [] if is_list_too else single
        if quantity and quantity["what"] and len(pieces) == 1:
            number = count_of(quantity)
            several = [each for each in self._named(quantity["what"]) if dimension in {"", each.dimension}]
            several = [each for each in several if number in {-1, len(each.labels)} and len(each.labels) > 1]
            return [each._replace(every=True) for each in several]
        found = []
        for chosen in product(*(self.one(piece, dimension) for piece in pieces)):
            if len(pieces) > 1 and len({each.dimension for each in chosen}) == 1:
                labels = frozenset[str]().union(*(each.labels for each in chosen))
                found.append(Contenders(chosen[0].dimension, labels, every=text.startswith("both ")))
        return found

    def one(self, text: str, dimension: str = "") -> list[Contenders]:
        """Whom a phrase means that names one."""
        if self.names_own(text):
            return [each for each in self.own() if dimension in {"", each.dimension}]
        return [each for each in self._named(text) if len(each.labels) == 1 and dimension in {"", each.dimension}]

    def own(self) -> list[Contenders]:
        """The rows or columns of the paper's own method, its variants among them."""
        return [
            Contenders(at, frozenset({label}))
            for at, names in self.table.dimensions.items()
            for label in names
            if at != self.table.metric_dimension and self.is_own(label)
        ]

    def names_own(self, text: str) -> bool:
        """Whether a phrase is *our method*, which may be any of several rows."""
        return _OWN.fullmatch(text.strip()) is not None

    def is_own(self, label: str) -> bool:
        """Whether a row or column is of the paper's own method, or of a variant of it."""
        is_called = bool(self._own) and set(key(self._own)) <= set(key(label))
        return is_called or (OURS.search(label) is not None and not _OUR_RUN.search(label))

    def _named(self, text: str) -> list[Contenders]:
        """What a phrase names, if it is of one dimension."""
        meanings = self._phrases.meanings(text, "contender")
        return [Contenders(*next(iter(each.items()))) for each in meanings if len(each) == 1]

    # ---- where ------------------------------------------------------------------------------------------------------

    def scopes(self, said: Comparison, dimension: str) -> Iterator[Scope]:
        """What a comparison is narrowed down to, its metric among it; nothing if the table does not have that."""
        options = [*(self._options(each, dimension, said) for each in said.scopes), list(self._metric(said))]
        for chosen in product(*options):
            labels: dict[str, frozenset[str]] = {}
            for each in chosen:
                for at, names in each.labels.items():
                    labels[at] = labels[at] & names if at in labels else names
            so = [each.so for each in chosen if each.so >= 0]
            every, most = said.always or any(each.every for each in chosen), any(each.most for each in chosen)
            is_clear = len(so) + most < _SEVERAL and not (most and every)
            if dimension not in labels and all(labels.values()) and is_clear:
                yield Scope(labels, every, so[0] if so else -1, most, max(each.of for each in chosen))

    def _options(self, text: str, dimension: str, said: Comparison) -> list[Scope]:
        """What a place may be; *Llama with CoT* is no Llama where all are with CoT."""
        places = list(self._place(text, dimension))
        if text in said.of_subject and said.kind == "compared":
            return [each for each in places if not any(at.startswith("row") for at in each.labels)]
        return places

    def _place(self, text: str, dimension: str) -> Iterator[Scope]:
        """What narrows down: ``ToyBench``, ``ToyBench and LakeBench``, ``all three benchmarks``, ``most tasks``."""
        if match := _SO_MANY.fullmatch(text):
            for cases in self._cases(match["what"], dimension):
                if _number(match["of"]) == len(next(iter(cases.values()))) and _number(match["so"]) >= 0:
                    yield Scope(cases, so=_number(match["so"]), of=_number(match["of"]))
        elif match := _MOST.fullmatch(text):
            for cases in self._cases(match["what"], dimension):
                yield Scope(cases, most=True, of=len(next(iter(cases.values()))))
        elif (match := _EACH.fullmatch(text)) and len(_listed(text)) == 1:
            yield from self._each(match, dimension)
        else:
            yield from self._list(text, dimension)

    def _list(self, text: str, dimension: str) -> Iterator[Scope]:
        """``ToyBench``, ``both ToyBench and LakeBench``."""
        whole = self._meanings(text, dimension)
        pieces = _listed(text)
        for labels in whole:
            yield Scope(labels, every=len(pieces) > 1)
        for chosen in product(*(self._meanings(piece, dimension) for piece in pieces)) if not whole else ():
            united: dict[str, frozenset[str]] = {}
            for each in chosen:
                for at, names in each.items():
                    united[at] = united.get(at, frozenset()) | names
            if len({*map(frozenset, chosen)}) == 1 and sum(len(names) > 1 for names in united.values()) < _SEVERAL:
                yield Scope(united, every=len(pieces) > 1)

    def _each(self, match: re.Match[str], dimension: str) -> Iterator[Scope]:
        """``all three benchmarks``, ``both towns``, ``every metric``."""
        count, what = count_of(match), _AS_SHOWN.sub("", match["what"] or "")
        named = [each for each in self._meanings(what, dimension) if max(map(len, each.values()), default=0) > 1]
        for labels in named:
            if count < 0 or count in map(len, labels.values()):
                yield Scope(labels, every=True)
        for cases in self._cases(what, dimension) if not named else ():
            if count in {-1, len(next(iter(cases.values())))}:
                yield Scope(cases, every=True)

    def _cases(self, what: str, dimension: str) -> list[Labels]:
        """The names of each dimension that a noun can stand for: *benchmarks* for columns, *metrics* for metrics."""
        noun = key(what)[-1:]
        found: list[Labels] = []
        for other, labels in self.table.dimensions.items():
            cases = frozenset(label for label in labels if not _SUM.search(label))
            if other != self.table.metric_dimension:
                cases = frozenset(label for label in cases if not is_other_measure(label))
            if other == dimension or len(cases) < _SEVERAL or (other == "section" and self.is_group(other, dimension)):
                continue
            is_of_metrics = other == self.table.metric_dimension or all(map(is_metric, cases))
            heading = key(self.table.headings.get(other, ""))
            if (noun and noun == heading[-1:] and set(key(what)) <= set(heading)) or (
                _METRICS.fullmatch(what) and is_of_metrics
            ):
                found.append({other: cases})
            elif not is_of_metrics and not all(map(_SPLIT.fullmatch, cases)):
                are_names = sum(_LIKE_A_NAME.search(label) is not None for label in cases) * 2 > len(cases)
                is_ordinary = _SETTING.fullmatch(what) or (are_names and _CASE.fullmatch(what))
                is_spoken_of = len(what.split()) <= _FEW_WORDS and self._phrases.speaks_of(what)
                is_meant = (is_ordinary or is_spoken_of) and self._fits_caption(noun, len(cases))
                found += [{other: cases}] if is_meant else []
        return found if len(found) == 1 else []

    def _fits_caption(self, noun: tuple[str, ...], number: int) -> bool:
        """Whether the caption counts no others: *three base models* are no three tasks, *five languages* not three."""
        words = key(NUMBER.sub("", self.table.caption))
        counted = [(word, {*words[at + 1 : at + 3]}) for at, word in enumerate(words) if word.isdigit()]
        own = [word for word, near in counted if near & {*noun}]
        same = [near for word, near in counted if word == str(number)]
        return all(word == str(number) for word in own) and (bool(own) or not same)

    def is_group(self, other: str, dimension: str) -> bool:
        """Whether one dimension only sorts the names of another: none stands under two of its names."""
        if not (dimension.startswith("row") and (other == "section" or other.startswith("row"))):
            return False
        if other.startswith("row") and other < dimension:
            return False
        pairs = {(cell.labels.get(dimension), cell.labels.get(other)) for cell in self.table.cells}
        return len(pairs) == len({label for label, _ in pairs})

    def _meanings(self, text: str, dimension: str) -> list[Labels]:
        """What a phrase that narrows down means: names of other dimensions, or what is true of the whole table."""
        found = [each for each in self._phrases.meanings(text, "place") if dimension not in each]
        return found or ([{}] if self._is_whole_metric(text) else [])

    def _metric(self, said: Comparison) -> Iterator[Scope]:
        """What is measured, where that is said."""
        text = re.sub(r"^(?:the|its|their|an?) ", "", said.metric)
        if not text or (_RESULTS.fullmatch(text) and said.sense in {"better", "worse"}):
            yield Scope({})
            return
        dimension, whole = self.table.metric_dimension, caption_metric(self.table)
        named = [label for label in self.table.dimensions.get(dimension, ()) if _is_called(label, text)]
        if len(named) == 1:
            yield Scope({dimension: frozenset(named)})
            return
        if self._is_whole_metric(text):
            yield Scope({})
            return
        if " and " in text:  # "the highest recall and F1"
            each = [
                [label for label in self.table.dimensions.get(dimension, ()) if _is_called(label, piece)]
                for piece in _listed(text)
            ]
            if all(len(labels) == 1 for labels in each):
                yield Scope({dimension: frozenset(labels[0] for labels in each)}, every=True)
        for labels in self._phrases.meanings(text, "metric"):
            names = [name for each in labels.values() for name in each]
            if any(map(_SPEED_AS_TIME.search, names)):
                continue
            if dimension in labels or (names and all(map(is_other_measure, names))):
                yield Scope(labels)
        of_whole = "" if dimension or not whole else rf"\b{re.escape(whole)}\b"
        if of_whole and (match := re.search(of_whole, text, re.IGNORECASE)):  # "average accuracy"
            rest = f"{text[: match.start()]} {text[match.end() :]}".strip()
            for labels in self._phrases.meanings(rest, "place"):
                yield Scope(labels)
        elif of_whole and self._phrases.is_of_all(text):
            yield Scope({})

    def _is_whole_metric(self, text: str) -> bool:
        """Whether a phrase is the metric of the whole table."""
        whole = caption_metric(self.table)
        named = self.table.dimensions.get(self.table.metric_dimension, ())
        return bool(whole) and _is_called(whole, text) and not any(_is_called(each, text) for each in named)


def _listed(text: str) -> list[str]:
    """The pieces of a list; a text that is none is its only piece."""
    return re.split(r",? (?:and|or) |, ", re.sub(r"^(?:[Bb]oth|either) (?=.* (?:and|or) )", "", text))


def _is_called(label: str, text: str) -> bool:
    """Whether a text is the whole name of a metric: ``accuracy`` and ``Acc.``."""
    own, said = key(label), key(text)
    if {"macro", "micro", "weighted"} & set(said) - set(own):
        return False
    return bool(said) and (own == said or (len(own) <= len(said) and same_metric(text, label)))


def count_of(match: re.Match[str]) -> int:
    """How many *both*, *all three* or *all* are; -1 if it is not said."""
    return 2 if match["all"].lower() in {"both", "either"} else _number(match["count"] or "")


def _number(word: str) -> int:
    if word.isdigit():
        return int(word)
    return NUMBERS.index(word.lower()) if word.lower() in NUMBERS else -1


NUMBERS: Final = "zero one two three four five six seven eight nine ten eleven twelve".split()
_COUNT = rf"(?:{'|'.join(NUMBERS[2:])})"
_EACH: Final = re.compile(
    rf"(?P<all>all|both|every|each|either|any|the(?= {_COUNT} ))(?: one)?(?: of)?(?: the)?(?: (?P<count>{_COUNT}|\d+))?"
    r"(?: (?P<what>.+))?",
    re.IGNORECASE,
)
_AS_SHOWN: Final = re.compile(r" (?:tested|examined|considered|listed|compared|evaluated|studied|tried)$")
_MOST: Final = re.compile(r"most(?: of)?(?: the)? (?P<what>.+)", re.IGNORECASE)
_SO_MANY: Final = re.compile(r"(?P<so>\w+) (?:out )?of (?:the )?(?P<of>\w+) (?P<what>.+)", re.IGNORECASE)
_CASE: Final = re.compile(r"(?:benchmark|data ?set|task|corpus)s?|corpora", re.IGNORECASE)
_SETTING: Final = re.compile(r"(?:column|setting|scenario|case|condition)s?", re.IGNORECASE)
_LIKE_A_NAME: Final = re.compile(r"[A-Z]\w*[A-Z\d]|\w-?\d")
_METRICS: Final = re.compile(r"(?:metric|measure|score|criteri(?:on|a))s?", re.IGNORECASE)
_SPLIT: Final = re.compile(
    r"(?:dev|development|val|valid|validation|test|train|training)(?: set| split)?", re.IGNORECASE
)
_RESULTS: Final = re.compile(r"(?:results?|scores?|performance|numbers)?", re.IGNORECASE)
_OWN: Final = re.compile(
    r"(?:our|the proposed) (?:method|model|approach|system|framework)|the (?:method|approach|system|framework)|we",
    re.IGNORECASE,
)
_OUR_RUN: Final = re.compile(
    r"\bour (?:re)?-?\s?(?:run|implementation|reproduction|training|evaluation)", re.IGNORECASE
)
_SPEED_AS_TIME: Final = re.compile(r"\bspeed\b.*\b(?:m?s|secs?|seconds|minutes|hours)\b", re.IGNORECASE)
_SUM: Final = re.compile(r"\b(?:avg|average|mean|overall|all|total)\b", re.IGNORECASE)
_SEVERAL: Final = 2
_FEW_WORDS: Final = 3
