"""Finds in a sentence the names that a table's rows, columns and sections have, in full or clearly abbreviated."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from assay.claims.tables.table import Cell, Table


@dataclass(frozen=True)
class Mention:
    """Words of a sentence that name one row or column of a table, or several: ``BoC`` in two rows."""

    start: int
    end: int
    dimension: str
    labels: frozenset[str]
    boldness: int
    """0 where the whole name stands there, 1 where a telling part of it does, 2 where an ordinary word of it does."""

    def fits(self, cell: Cell) -> bool:
        """Whether a cell stands under one of the names."""
        return cell.labels.get(self.dimension) in self.labels


_TOKEN = re.compile(r"[A-Za-z]+|\d+(?:\.\d+)?|(?<=\w)[+−](?![\w])|[^\W\d_a-zA-Z]+")
_CITATION = re.compile(
    r"\(?\[?(?:[A-Z][\w’'-]+(?: and [A-Z][\w’'-]+| et al\.?)?,? ?\(? ?(?:19|20)\d\d[a-z]? ?\)?)\]?\)?"
)
GENERIC = frozenset(
    """
    model models system systems method methods approach approaches baseline baselines our ours the of for with and in
    on w o wo without plus all other others data dataset datasets set feature features based average avg mean best full
    base training train test number total result results performance score scores task tasks to from by a an is are no
    not yes
    type mode setting settings new same different single multi multiple both only using use used ratio rate time value
    values domain domains language languages corpus corpora word words level original more most less time
    """.split()
)
FUNCTION_WORDS = frozenset(
    """
    that this these those it its we he she they them you i my me him her would could can will on in at of to for from by
    as is are was were be been has have had do does did not no never still yet why when where how more most less than
    then and or but if so very really great good all any some each both there here now up out back after before while
    over need
    """.split()
)
METRIC_NAMES = {
    "p": ("precision",),
    "prec": ("precision",),
    "precision": ("p", "prec"),
    "r": ("recall",),
    "rec": ("recall",),
    "recall": ("r", "rec"),
    "f": ("f measure", "f score", "f1", "f 1"),
    "f 1": ("f measure", "f score", "f1"),
    "f measure": ("f1", "f score", "f"),
    "f score": ("f 1", "f measure"),
    "acc": ("accuracy",),
    "accuracy": ("acc",),
    "ppl": ("perplexity",),
    "perplexity": ("ppl",),
    "mtr": ("meteor",),
    "err": ("error", "error rate"),
    "em": ("exact match",),
    "avg": ("average", "overall"),
    "corr": ("correlation",),
    "overall": ("average",),
    "average": ("overall",),
    "auc": ("roc auc", "auroc"),
    "params": ("parameter",),
    "o": ("overall",),
}
"""Abbreviations of metrics, and what else they are called."""
_SPLITS = {
    "test": ("test",),
    "dev": ("dev", "development", "validation"),
    "val": ("validation", "dev", "development"),
    "valid": ("validation",),
    "train": ("train", "training"),
}
LANGUAGES = {
    code: name
    for code, _, name in (
        pair.partition(":")
        for pair in """
        ar:arabic bg:bulgarian cs:czech da:danish de:german el:greek en:english es:spanish et:estonian fa:persian
        fi:finnish fr:french he:hebrew hi:hindi hu:hungarian id:indonesian it:italian ja:japanese ko:korean nl:dutch
        no:norwegian pl:polish pt:portuguese ro:romanian ru:russian sv:swedish tr:turkish uk:ukrainian vi:vietnamese
        zh:chinese
        """.split()
    )
}
"""Codes of languages, and what they are called."""
_MOST_WORDS = 7


def tokens(text: str) -> list[tuple[str, int, int]]:
    """The words of a text in lower case and in the singular, with their places."""
    return [(_stem(match[0]), match.start(), match.end()) for match in _TOKEN.finditer(text)]


_NUMBERS = {word: str(at) for at, word in enumerate("one two three four five six seven eight nine ten".split(), 1)}


def _stem(word: str) -> str:
    if word.lower() == "accuracies":
        return "accuracy"
    lower = word.lower().replace("−", "-")
    if len(lower) > 4 and lower.endswith(("xes", "ches", "shes", "sses")):
        return lower[:-2]
    lower = lower[:-1] if len(lower) > 3 and lower.endswith("s") and not lower.endswith("ss") else lower
    return _NUMBERS.get(lower, lower)


def key(text: str) -> tuple[str, ...]:
    """A text as its words alone, without the number of a list."""
    return tuple(word for word, _, _ in tokens(re.sub(r"^\s?\d{1,2}\.\s", "", text)))


def same_metric(metric: str, name: str) -> bool:
    """Whether a table's name, or a part of it, is a metric of a sentence: ``accuracy`` and ``Test Acc.``."""
    words, own = key(name), key(metric)
    own = own[1:] if len(own) > 1 and own[0] in {"macro", "micro", "roc"} else own
    wanted = {own, *(key(other) for other in METRIC_NAMES.get(" ".join(own), ()))}
    return any(words[at : at + len(each)] == each for each in wanted for at in range(len(words)))


@dataclass(frozen=True)
class _Name:
    """What some words may mean: a name of the table, and how bold it is to take them for it."""

    dimension: str
    label: str
    boldness: int


class Names:
    """All names of a table, to be found in sentences."""

    def __init__(self, table: Table) -> None:
        self._table = table

    @cached_property
    def _index(self) -> dict[tuple[str, ...], list[_Name]]:
        index: dict[tuple[str, ...], list[_Name]] = defaultdict(list)
        for dimension, labels in self._table.dimensions.items():
            heading = self._table.headings.get(dimension, "")
            wholes = {key(_bare(label)) for label in labels}
            for label in labels:
                if label.lower() in _TICKS:
                    for words in _runs(heading):
                        index[words].append(_Name(dimension, label, 1))
                elif len(labels) > 1 or len(self._table.cells) == 1:
                    for words, boldness in _ways(label, heading, self._table.caption):
                        if words not in wholes or words == key(_bare(label)):  # "tides" is not "no tides"
                            index[words].append(_Name(dimension, label, boldness))
        return index

    @cached_property
    def _short(self) -> list[tuple[str, str]]:
        """Abbreviated words of the names: ``hier`` of ``Hier.`` and ``psg``, which has no vowels; with its sign."""
        text = "\n".join(label for labels in self._table.dimensions.values() for label in labels)
        words = [(match[1].lower(), ".") for match in re.finditer(r"\b([A-Za-z]{3,})\.(?![\w])", text)]
        return words + [(match[0].lower(), "") for match in re.finditer(r"\b[b-df-hj-np-tv-z]{3,5}\b", text)]

    @cached_property
    def _acronyms(self) -> frozenset[str]:
        """The words of the names that may be initials."""
        text = "\n".join(label for labels in self._table.dimensions.values() for label in labels)
        return frozenset(word.lower() for word in re.findall(r"\b[A-Z]{2,5}\b", text))

    @staticmethod
    def _is_unbroken(words: Sequence[tuple[str, int, int]], text: str) -> bool:
        """Whether nothing but a space or a hyphen stands between words, so that their initials may be one name."""
        return all(re.fullmatch(r"[\s-]", text[one[2] : other[1]]) for one, other in pairwise(words))

    def _written_out(self, words: list[tuple[str, int, int]], text: str) -> list[tuple[str, int, int]]:
        """The words of a sentence with those that the table abbreviates in its spelling."""
        result: list[tuple[str, int, int]] = []
        at = 0
        while at < len(words):
            for size in range(5, 1, -1):
                run = words[at : at + size]
                if not self._is_unbroken(run, text):
                    continue
                if "".join(word[:1] for word, _, _ in run) in self._acronyms and len(run) == size and size > 2:
                    result.append(("".join(word[:1] for word, _, _ in run), run[0][1], run[-1][2]))
                    at += size
                    break
            else:
                word, start, end = words[at]
                result.append(
                    (next((short for short, sign in self._short if _abbreviates(short, sign, word)), word), start, end)
                )
                at += 1
        return result

    def find(self, text: str) -> list[Mention]:
        """The mentions of names in ``text``; of words that may name two things, the things are as many mentions."""
        words = self._written_out(tokens(text), text)
        found: list[Mention] = []
        at = 0
        while at < len(words):
            size = next(
                (
                    size
                    for size in range(min(_MOST_WORDS, len(words) - at), 0, -1)
                    if self._means(words[at : at + size], text)
                ),
                0,
            )
            if size:
                found += self._means(words[at : at + size], text)
            at += size or 1
        return found

    def _means(self, words: Sequence[tuple[str, int, int]], text: str) -> list[Mention]:
        names = self._index.get(tuple(word for word, _, _ in words), ())
        start, end = words[0][1], words[-1][2]
        written = text[start:end]
        by_dimension: dict[str, list[_Name]] = defaultdict(list)
        for name in names:
            if len(written) <= 2 and not _is_written_so(written, name.label, text, start, end):
                continue
            by_dimension[name.dimension].append(name)
        best = min((name.boldness for each in by_dimension.values() for name in each), default=0)
        if len(by_dimension) > 1:
            near = text[max(0, start - 40) : end + 20].lower()
            headed = [
                dimension
                for dimension in by_dimension
                if any(len(word) > 3 and word[:5] in near for word in key(self._table.headings.get(dimension, "")))
            ]
            if len(headed) == 1:
                by_dimension = {headed[0]: by_dimension[headed[0]]}
        return [
            Mention(start, end, dimension, frozenset(name.label for name in each if name.boldness == best), best)
            for dimension, each in by_dimension.items()
            if any(name.boldness == best for name in each)
        ]


@lru_cache(maxsize=256)
def names_of(table: Table) -> Names:
    """The names of a table, read once."""
    return Names(table)


_TICKS = frozenset("✓ ✔ √ yes y x + •".split())


def _runs(heading: str) -> Iterator[tuple[str, ...]]:
    """The last words of a heading over ticks: ``bounding boxes`` of *Att. to bounding boxes*."""
    words = key(heading)
    for start in range(len(words)):
        if not set(words[start:]) <= GENERIC | FUNCTION_WORDS:
            yield words[start:]


def _abbreviates(short: str, sign: str, word: str) -> bool:
    """Whether a word of a name is short for a word of a sentence."""
    if len(word) <= len(short) + 1 or word[0] != short[0]:
        return False
    if sign:
        return word.startswith(short)
    letters = iter(word)
    return len(word) <= 3 * len(short) and all(letter in letters for letter in short)


def _is_written_so(written: str, label: str, text: str, start: int, end: int) -> bool:
    """Whether one or two signs in a sentence are a name: in the same letters, and neither a word nor a piece of one."""
    if written.lower() in {
        "a",
        "i",
        "is",
        "in",
        "on",
        "it",
        "an",
        "as",
        "at",
        "or",
        "so",
        "to",
        "be",
        "we",
        "no",
        "by",
        "of",
        "us",
    }:
        return False
    if written.isdigit():
        return False
    inside = re.search(r"[\w-]$", text[:start][-1:]) or re.match(r"[-'’]?\w", text[end : end + 2])
    return written in re.findall(r"\w+", label) and not inside


def _bare(label: str) -> str:
    """A name without its number in a list, the work it is cited from, and the remark that it is ours."""
    bare = re.sub(r"\(\s?(?:[Oo]urs?|OURS)\s?\)", " ", _CITATION.sub(" ", label))
    return re.sub(r"^\s?\d{1,2}\.\s", "", bare)


def _ways(label: str, heading: str, caption: str) -> Iterator[tuple[tuple[str, ...], int]]:
    """The word sequences that stand for a name, each with its boldness."""
    bare = _bare(label)
    seen: dict[tuple[str, ...], None] = {}
    for boldness, text in enumerate((bare, re.sub(r"\([^)]*\)|\[[^\]]*\]|[↑↓%#:*†‡]", " ", bare))):
        whole = key(text)
        is_base = "baseline" in whole or whole == ("full", "model")
        if whole and whole not in seen and (is_base or not set(whole) <= GENERIC | FUNCTION_WORDS):
            seen[whole] = None
            if not re.fullmatch(r"\d+(?:\.\d+)?", text.strip()):
                yield whole, boldness
    name = next(reversed(seen), key(bare))
    part = key(re.sub(r"^\W*(?:w/o|w/out|w/|without|with|no)?[\s+–—-]*(?=\w)", "", bare))
    if part and part not in seen and not set(part) <= GENERIC | FUNCTION_WORDS:
        seen[part] = None
        yield part, 0
    for alias in _aliases(label, name, heading, caption):
        if alias and alias not in seen:
            seen[alias] = None
            yield alias, 0
    yield from _parts(bare, set(seen))


def _aliases(label: str, whole: tuple[str, ...], heading: str, caption: str) -> Iterator[tuple[str, ...]]:
    joined = " ".join(whole)
    for name in METRIC_NAMES.get(joined, ()):
        yield key(name)
    if len(whole) > 1 and len(whole[-1]) > 1:  # "Macro F1", "Test Acc."
        for name in METRIC_NAMES.get(whole[-1], ()):
            yield (*whole[:-1], *key(name))
            yield key(name)
        if whole[-1] in METRIC_NAMES:
            yield whole[-1:]
        if whole[-2:] in {("f", "1"), ("f", "measure"), ("f", "score")}:
            yield from (key(name) for name in ("f1", "f measure", "f score", "f"))
    if match := re.fullmatch(r"(p|prec|precision|r|recall|f|ndcg|hit|map|acc|mrr) ?(\d+)", joined):
        for name in METRIC_NAMES.get(match[1], ()):
            yield (*key(name), match[2])
    for name in _SPLITS.get(joined, ()):
        yield from ((name, word) for word in ("set", "data", "split"))
    if joined in LANGUAGES:
        yield (LANGUAGES[joined],)
    if re.fullmatch(r"\d+", label.strip()) and heading:
        noun = [word for word in key(heading) if word not in GENERIC][-1:]
        yield (label.strip(), *noun) if noun else ()
        yield (*noun, label.strip()) if noun else ()
        yield (*noun, "of", label.strip()) if noun else ()
    # A caption tells what a short name is short for: "ROUGE-2 (R-2)", "O: overall".
    escaped = re.escape(label)
    for match in re.finditer(rf"([\w-]+(?: [\w-]+){{0,3}}) \({escaped}\)", caption):
        last = match[1].split()[-1]
        yield key(last)
        yield key(match[1])
        if "-" in last:
            yield key(last)[:1]


def _parts(label: str, seen: set[tuple[str, ...]]) -> Iterator[tuple[tuple[str, ...], int]]:
    """Runs of a name's words that tell which it is; bolder where they are ordinary words."""
    words = [(match[0], _stem(match[0])) for match in _TOKEN.finditer(label)]
    for start in range(len(words)):
        for end in range(start + 1, min(len(words), start + _MOST_WORDS) + 1):
            part = tuple(stem for _, stem in words[start:end])
            written = [word for word, stem in words[start:end] if stem not in GENERIC and not stem[0].isdigit()]
            if part in seen or not written or len("".join(written)) < 2:
                continue
            seen.add(part)
            is_name = any(not word[1:].islower() and len(word) > 1 for word in written)
            yield part, 1 if is_name else 2
    initials = "".join(word[0] for word, _ in words if word[0].isalpha()).lower()
    if len(initials) >= 3 and (initials,) not in seen:
        yield (initials,), 1
