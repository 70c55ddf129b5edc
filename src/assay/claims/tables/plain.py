"""Judges plain comparisons by a table: sentences of a small grammar, of which every word is read.

A method outperforms another, or every baseline; it has the best or the lowest of a metric; it is second to another;
removing a part hurts; a metric rises as a number grows. Names have to stand as the table has them, and of which figures
less is better has to be known. Any other sentence is left alone, however likely its meaning.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal, NamedTuple

from assay.claims.tables.metrics import find_metrics, is_metric, is_score, less_is_better
from assay.claims.tables.names import key, same_metric
from assay.claims.tables.reading import OURS
from assay.claims.tables.statements import NO_RIVAL
from assay.claims.tables.table import Cell, Table

Sense = Literal["better", "worse", "up", "down"]
"""``better`` and ``worse`` as the metric has it; ``up`` and ``down`` as the figures themselves go."""


class Told(NamedTuple):
    """What a table says of a sentence."""

    holds: bool
    cells: tuple[Cell, ...]
    why: str


def judge_plain(sentence: str, table: Table, *, own: str = "") -> Told | None:
    """Whether a plain English comparison holds by a table; None if it is not plain, or the table does not tell.

    Args:
        sentence: one sentence.
        table: the table that it may speak of.
        own: what the paper calls its own method; empty if that is not known.
    """
    if not table.cells or _NO_RESULTS.search(table.caption):
        return None
    for match, judge in _readings(sentence):
        if told := judge(_Asked(table, own, match)):
            return told
    return None


def is_plain(sentence: str) -> bool:
    """Whether a sentence has a form of the grammar, whatever it speaks of."""
    return bool(_readings(sentence))


_NO_RESULTS: Final = re.compile(
    r"\b(?:statistics|hyper-?parameters?|configurations?|settings|examples?)\b", re.IGNORECASE
)

# ---- the grammar ----------------------------------------------------------------------------------------------------

_IN = r"(?:on|in|for|across)"
_WHERE = rf"(?:,? {_IN} (?P<where>[^,;]+(?:, [^,;]+)*))?"
_SUBJECT = r"(?P<subject>[^,;:]+?)"
_FIRST = r"(?:(?:On|In|For|Across) (?P<first>[^,;]+), )?"
_OBJECT = r"(?P<object>[^,;:]+?)"
_ALWAYS = r"(?: (?P<always>consistently|always))?"
_BETTER = r"outperforms?|beats?|surpass(?:es)?|exceeds?|(?:is|are|performs?|does) better than|(?:is|are) ahead of"
_WORSE = (
    r"underperforms?|trails?|lags? behind|falls? behind|(?:is|are|performs?|does) worse than|(?:is|are) behind|"
    r"(?:is|are) (?:outperformed|beaten|surpassed) by"
)
_GETS = r"(?:has|have|achieves?|attains?|obtains?|reaches|gets?|yields?|shows?)"
_COMPARED: Final = re.compile(
    rf"{_FIRST}{_SUBJECT}{_ALWAYS} (?:(?P<better>{_BETTER})|(?P<worse>{_WORSE})) {_OBJECT}{_WHERE}"
)
_HIGHER: Final = re.compile(
    rf"{_FIRST}{_SUBJECT}{_ALWAYS} {_GETS} (?:an? )?(?P<word>better|worse|higher|lower) (?P<metric>[^,;]+?) "
    rf"than {_OBJECT}{_WHERE}"
)
_EXTREME: Final = re.compile(
    rf"{_FIRST}{_SUBJECT} {_GETS} the (?P<word>best|worst|highest|lowest) (?P<metric>[^,;]+?){_WHERE}"
)
_BEST: Final = re.compile(
    rf"{_FIRST}{_SUBJECT} (?:(?:is|performs) (?:the )?(?P<word>best|worst)(?: (?:method|model|system))?|"
    rf"ranks (?P<rank>first|last)){_WHERE}"
)
_SECOND: Final = re.compile(rf"{_FIRST}{_SUBJECT} (?:is|comes|ranks) second (?:only )?to {_OBJECT}{_WHERE}")
_REMOVED: Final = re.compile(
    r"(?:Removing|Dropping) (?:the )?(?P<part>[^,;]+?) "
    r"(?P<verb>hurts|lowers|reduces|decreases|degrades|improves|raises|increases)"
    rf"(?: (?:the )?(?P<metric>[^,;]+?))?{_WHERE}|"
    r"Without (?:the )?(?P<lacking>[^,;]+?), (?:the )?(?P<measure>[^,;]+?) "
    r"(?P<change>drops|falls|decreases|rises|increases|improves)"
)
_GROWS: Final = re.compile(
    r"(?:The )?(?P<metric>[^,;]+?) (?P<verb>improves|rises|increases|grows|falls|drops|decreases|degrades) "
    r"(?:as (?:the )?(?P<number>[^,;]+?) (?:grows|increases|rises)|with (?:the )?(?P<along>[^,;]+?))",
    re.IGNORECASE,
)
_DOWN: Final = frozenset("lowers reduces decreases drops falls".split())
_WORSENS: Final = frozenset("hurts degrades".split())
_RISES: Final = frozenset("raises increases rises grows".split())


def _sense(verb: str) -> Sense:
    """Which way a verb says that a metric goes."""
    return "worse" if verb in _WORSENS else "down" if verb in _DOWN else "up" if verb in _RISES else "better"


# ---- names ----------------------------------------------------------------------------------------------------------

_OWN: Final = re.compile(
    r"(?:our|the|the proposed|this) (?:method|model|approach|system|framework)|it|we", re.IGNORECASE
)
_EVERY_RIVAL: Final = re.compile(
    r"(?:all|every|each|any)(?: (?:the|of the))?(?: other)? "
    r"(?:baselines?|methods?|models?|systems?|approach(?:es)?|competitors?)|all others",
    re.IGNORECASE,
)
_NUMBERS: Final = "zero one two three four five six seven eight nine ten eleven twelve".split()
_CASES = r"(?:benchmarks?|data ?sets?|tasks?|columns?)"
_ALL_CASES: Final = re.compile(
    rf"(?:all|every|each)(?: of)?(?: the)? {_CASES}|"
    r"(?P<number>both)(?: the)?(?: [\w-]+){1,2}|(?:all|each of(?: the)?)(?: the)? (?P<count>\w+)(?: [\w-]+){1,2}",
    re.IGNORECASE,
)
"""All of them; whatever they are called, where it is said how many they are."""
_SO_MANY: Final = re.compile(rf"(?P<so>\w+) (?:out )?of (?:the )?(?P<of>\w+) {_CASES}", re.IGNORECASE)
_RESULTS: Final = re.compile(r"(?:overall )?(?:results?|scores?|performance|numbers)", re.IGNORECASE)
_MARK: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]|[↑↓*†‡§¶%]|\bet al\.?|\b(?:[Pp]roposed|[Oo]urs?)\b")
_HYPHEN: Final = re.compile(r"[-‐‑–−]")


def _plain(label: str) -> str:
    """A name without citations, marks, what is in brackets and that it is ours, in lower case."""
    return " ".join(_HYPHEN.sub(" ", _MARK.sub(" ", label).lower()).split())


class _Where(NamedTuple):
    """What narrows a sentence down."""

    scope: Mapping[str, frozenset[str]]
    """By dimension, the names that are named."""
    every: bool
    """Whether it says so of all cases."""
    so: int = -1
    """In how many of them it says so; -1 if it does not say."""


class _Asked:
    """A sentence that was read by a form of the grammar, beside a table."""

    def __init__(self, table: Table, own: str, match: re.Match[str]) -> None:
        self.table = table
        self.own = own
        self.words = {name: text for name, text in match.groupdict().items() if text}

    def name(self, text: str, dimension: str = "") -> tuple[str, str] | None:
        """The dimension and the label that a name is; None if none or several are called so."""
        wanted = _plain(re.sub(r"^(?:the|plain) ", "", text.strip(), flags=re.IGNORECASE))
        found = [
            (each, label)
            for each, labels in self.table.dimensions.items()
            for label in labels
            if dimension in {"", each} and wanted and _plain(label) == wanted
        ]
        if not found and _OWN.fullmatch(text.strip()):
            found = self._own_labels(dimension)
        return found[0] if len(found) == 1 else None

    def _own_labels(self, dimension: str) -> list[tuple[str, str]]:
        """The rows or columns of the paper's own method."""
        labels = [(each, label) for each, names in self.table.dimensions.items() for label in names]
        labels = [each for each in labels if dimension in {"", each[0]} and each[0] != self.table.metric_dimension]
        named = [each for each in labels if self.own and _plain(each[1]) == _plain(self.own)]
        return named or [each for each in labels if OURS.search(each[1])]

    def where(self, dimension: str) -> _Where | None:
        """What the sentence is narrowed down to; None if that is not in the table."""
        texts = [
            text
            for each in ("first", "where")
            if each in self.words
            for text in re.split(rf",? {_IN} ", self.words[each])
        ]
        scope: dict[str, frozenset[str]] = {}
        every, so = "always" in self.words, -1
        for text in texts:
            cases = self._cases(dimension)
            if match := _ALL_CASES.fullmatch(text):
                number = match["number"] or match["count"]
                if number and _number(number) != len(cases):
                    return None
                every = True
            elif match := _SO_MANY.fullmatch(text):
                so = _number(match["so"])
                if _number(match["of"]) != len(cases):
                    return None
            else:
                for each in re.split(r",? and |, ", re.sub(r"^both ", "", text)):
                    found = self._place(each, dimension)
                    if found is None:
                        return None
                    scope[found[0]] = scope.get(found[0], frozenset()) | {found[1]}
                every = every or " and " in text
        return _Where(scope, every, so)

    def _place(self, text: str, dimension: str) -> tuple[str, str] | None:
        found = self.name(text)
        return self.metric(text) if found is None or found[0] == dimension else found

    def metric(self, text: str) -> tuple[str, str] | None:
        """The dimension and the label of a metric; both empty if it is that of the whole table; None if it is none."""
        dimension = self.table.metric_dimension
        labels = [each for each in self.table.dimensions.get(dimension, ()) if _is_called(each, text)]
        if len(labels) == 1:
            return dimension, labels[0]
        whole = self.table.caption_metric
        return ("", "") if not labels and whole and _is_called(whole, text) else None

    def scope(self, where: _Where, sense: Sense) -> dict[str, frozenset[str]] | None:
        """By dimension the names that count, a named metric among them; None if the table does not have that."""
        text = self.words.get("metric", "")
        named = self.metric(text) if text else ("", "")
        if named is None:
            return dict(where.scope) if _RESULTS.fullmatch(text) and sense in {"better", "worse"} else None
        return dict(where.scope) | ({named[0]: frozenset({named[1]})} if named[0] else {})

    def _cases(self, dimension: str) -> Sequence[str]:
        """The names that a method has a figure under: benchmarks, as a rule."""
        others = [each for each in self.table.dimensions if each not in {dimension, "section"}]
        return self.table.dimensions[others[0]] if len(others) == 1 else ()

    def cells(self, dimension: str, scope: Mapping[str, frozenset[str]]) -> dict[str, dict[tuple[str, ...], Cell]]:
        """By name and by what else it is of, each cell in the scope; none if two cells cannot be told apart."""
        others = [each for each in self.table.dimensions if each != dimension]
        found: dict[str, dict[tuple[str, ...], Cell]] = {}
        for cell in self.table.cells:
            if dimension in cell.labels and all(cell.labels.get(each) in names for each, names in scope.items()):
                where = tuple(cell.labels.get(each, "") for each in others)
                if where in found.setdefault(cell.labels[dimension], {}):
                    return {}
                found[cell.labels[dimension]][where] = cell
        return found

    def ahead(self, one: Cell, other: Cell, sense: Sense) -> int | None:
        """1 if a figure is ahead of another, -1 if it is behind, 0 if they are equal; None if that is not known."""
        difference = (one.value > other.value) - (one.value < other.value)
        if sense in {"better", "worse"}:
            metric = self.table.metric(one)
            is_known = (is_metric(metric) or bool(find_metrics(metric))) and is_score(metric)
            if not (is_known or less_is_better(metric)) or self.table.less_is_better(one) is None:
                return None
            difference = -difference if self.table.less_is_better(one) else difference
        return -difference if sense in {"worse", "down"} else difference


def _number(word: str) -> int:
    if word.isdigit():
        return int(word)
    return 2 if word.lower() == "both" else _NUMBERS.index(word.lower()) if word.lower() in _NUMBERS else -1


def _is_called(label: str, text: str) -> bool:
    """Whether a text is the whole name of a metric: ``accuracy`` and ``Acc.``."""
    return bool(key(text)) and (
        _plain(label) == _plain(text) or (len(key(label)) <= len(key(text)) and same_metric(text, label))
    )


# ---- the forms ------------------------------------------------------------------------------------------------------


def _compare(asked: _Asked) -> Told | None:
    """``Gullwing outperforms GPT-4o on ToyBench``, ``has a higher F1 than``."""
    word = asked.words.get("word", "better" if "better" in asked.words else "worse")
    return _against(asked, _OF_WORDS[word], asked.words["object"])


def _extreme(asked: _Asked) -> Told | None:
    """``Gullwing has the lowest latency on ToyBench``, ``ranks first``."""
    word = asked.words.get("word") or {"first": "best", "last": "worst"}[asked.words["rank"]]
    return _against(asked, _OF_WORDS[word], "all others", ties=True)


_OF_WORDS: Final[Mapping[str, Sense]] = {
    "better": "better",
    "worse": "worse",
    "higher": "up",
    "lower": "down",
    "best": "better",
    "worst": "worse",
    "highest": "up",
    "lowest": "down",
}


def _against(asked: _Asked, sense: Sense, rivals: str, *, ties: bool = False) -> Told | None:
    subject = asked.name(asked.words["subject"])
    where = asked.where(subject[0]) if subject else None
    scope = asked.scope(where, sense) if where else None
    if subject is None or where is None or scope is None or subject[0] == asked.table.metric_dimension:
        return None
    dimension, ours = subject
    cells = asked.cells(dimension, scope)
    if _EVERY_RIVAL.fullmatch(rivals):
        theirs = [each for each in cells if _is_rival(each, ours)]
    else:
        rival = asked.name(rivals, dimension)
        theirs = [rival[1]] if rival and rival[1] != ours else []
    pairs = [
        [(cell, cells[name][at]) for name in theirs if at in cells.get(name, {})]
        for at, cell in cells.get(ours, {}).items()
    ]
    cases = [_ahead_of_all(asked, each, sense, ties=ties) for each in pairs]
    if not cases or None in cases or (where.so >= 0 and ties):
        return None
    won = sum(case is True for case in cases)
    compared = tuple(dict.fromkeys(cell for case in pairs for pair in case for cell in pair))
    holds = won == (where.so if where.so >= 0 else len(cases))
    is_told = where.so >= 0 or where.every or won in {0, len(cases)}
    return Told(holds, compared, f"{ours}: so in {won} of {len(cases)}") if is_told else None


def _is_rival(label: str, ours: str) -> bool:
    """Whether a name takes part in the contest: no human, no sum, and no variant of the same."""
    is_variant = set(key(_plain(ours))) <= set(key(label)) or bool(OURS.search(label) and OURS.search(ours))
    return label != ours and not is_variant and not _LACKS.match(label) and not NO_RIVAL.search(label)


def _ahead_of_all(asked: _Asked, pairs: Sequence[tuple[Cell, Cell]], sense: Sense, *, ties: bool) -> bool | None:
    """Whether the first of each pair is ahead; None if there is none, if that is not known, or ties may count."""
    if not pairs:
        return None
    ahead = [asked.ahead(*pair, sense) for pair in pairs]
    if None in ahead or (0 in ahead and not ties and -1 not in ahead):
        return None
    return all(each is not None and each >= 0 for each in ahead)


def _second(asked: _Asked) -> Told | None:
    """``Gullwing is second to GPT-4o on ToyBench``."""
    subject = asked.name(asked.words["subject"])
    first = asked.name(asked.words["object"], subject[0]) if subject else None
    where = asked.where(subject[0]) if subject else None
    if subject is None or first is None or where is None or where.so >= 0:
        return None
    cells = asked.cells(subject[0], where.scope)
    told: list[Cell] = []
    fits: list[bool] = []
    for at, cell in cells.get(subject[1], {}).items():
        rivals = {name: of[at] for name, of in cells.items() if at in of and _is_rival(name, subject[1])}
        ahead = {name: asked.ahead(cell, rival, "better") for name, rival in rivals.items()}
        if first[1] not in rivals or None in ahead.values() or 0 in ahead.values():
            return None
        fits.append([name for name, each in ahead.items() if each == -1] == [first[1]])
        told += [cell, *rivals.values()]
    if not fits or len(set(fits)) > 1:
        return None
    return Told(
        fits[0],
        tuple(dict.fromkeys(told)),
        f"{subject[1]}: " + ("one ahead of it" if fits[0] else "not only one ahead of it"),
    )


def _removed(asked: _Asked) -> Told | None:
    """``Removing folding hurts accuracy``, ``Without folding, accuracy drops``."""
    part = _plain(asked.words.get("part") or asked.words["lacking"])
    sense = _sense(asked.words.get("verb") or asked.words["change"])
    measure = asked.words.get("metric") or asked.words.get("measure") or "performance"
    metric = asked.metric(measure)
    if metric is None and not (_RESULTS.fullmatch(measure) and sense in {"better", "worse"}):
        return None
    for dimension, labels in asked.table.dimensions.items():
        lacking = [
            label for label in labels if re.fullmatch(rf"(?:w/o|without|no|[-−–]) ?{re.escape(part)}", _plain(label))
        ]
        bases = [label for label in labels[: labels.index(lacking[0])] if not _LACKS.match(label)] if lacking else []
        where = asked.where(dimension) if len(lacking) == 1 and bases else None
        if where is not None and where.so < 0:
            scope = dict(where.scope) | ({metric[0]: frozenset({metric[1]})} if metric and metric[0] else {})
            cells = asked.cells(dimension, scope)
            pairs = [
                (cell, cells[bases[-1]][at])
                for at, cell in cells.get(lacking[0], {}).items()
                if at in cells.get(bases[-1], {})
            ]
            return _all_or_none(asked, pairs, sense)
    return None


_LACKS: Final = re.compile(r"\s*(?:w/o|without|no\b|[-−–+])", re.IGNORECASE)


def _grows(asked: _Asked) -> Told | None:
    """``Accuracy improves as the cache size grows``."""
    metric = asked.metric(asked.words["metric"])
    number = _plain(asked.words.get("number") or asked.words["along"])
    for dimension, heading in asked.table.headings.items():
        labels = asked.table.dimensions.get(dimension, ())
        is_of = number in {_plain(heading), _plain(heading).removesuffix(" size"), _plain(heading).removeprefix("# ")}
        if metric is None or not is_of or len(labels) < _FEWEST_STEPS or not all(map(_STEP.fullmatch, labels)):
            continue
        cells = asked.cells(dimension, {metric[0]: frozenset({metric[1]})} if metric[0] else {})
        ordered = sorted(labels, key=_size)
        pairs = [
            (cell, cells[low][at])
            for low, high in pairwise(ordered)
            for at, cell in cells.get(high, {}).items()
            if at in cells.get(low, {})
        ]
        return _all_or_none(asked, pairs, _sense(asked.words["verb"].lower()))
    return None


_FEWEST_STEPS: Final = 3
_STEP: Final = re.compile(r"[\d,]+(?:\.\d+)?[KMB]?")


def _size(label: str) -> float:
    return float(re.sub(r"[^\d.]", "", label)) * {"K": 1e3, "M": 1e6, "B": 1e9}.get(label[-1], 1)


def _all_or_none(asked: _Asked, pairs: Sequence[tuple[Cell, Cell]], sense: Sense) -> Told | None:
    """Whether all changes go the way that is said, or all the other way."""
    ahead = [asked.ahead(*pair, sense) for pair in pairs]
    if not ahead or len(set(ahead)) > 1 or ahead[0] in {None, 0}:
        return None
    cells = tuple(dict.fromkeys(cell for pair in pairs for cell in pair))
    return Told(ahead[0] == 1, cells, f"so in {len(pairs) if ahead[0] == 1 else 0} of {len(pairs)}")


_FORMS: Final = (
    (_COMPARED, _compare),
    (_HIGHER, _compare),
    (_EXTREME, _extreme),
    (_BEST, _extreme),
    (_SECOND, _second),
    (_REMOVED, _removed),
    (_GROWS, _grows),
)


@lru_cache(maxsize=64)
def _readings(sentence: str) -> tuple[tuple[re.Match[str], Callable[["_Asked"], Told | None]], ...]:
    """The forms that a sentence has; each sentence is held against many tables."""
    words = " ".join(sentence.split()).rstrip(".!")
    matches = ((pattern.fullmatch(words), judge) for pattern, judge in _FORMS)
    return tuple((match, judge) for match, judge in matches if match is not None)


def rows_of(table: Table, cells: Sequence[Cell], most: int = 8) -> Iterator[str]:
    """The header of a table and the rows of some cells, as lines."""
    rows = list(dict.fromkeys(cell.row for cell in cells))
    first = min((cell.row for cell in table.cells), default=1)
    for row in sorted({*range(min(first, 2)), *rows[:most]}):
        if row < len(table.lines):
            yield table.lines[row]
