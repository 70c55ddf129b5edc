"""Judges plain comparisons by a table: what the forms of a sentence say is looked up, name by name.

Every word of a name has to be one of the table's, and of which figures less is better has to be known. Where two ways
to read a sentence come to different ends, or the table does not tell, nothing is said.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from assay.claims.tables.names import key
from assay.claims.tables.plain.clauses import readings
from assay.claims.tables.plain.directions import is_other_measure, less_is_better
from assay.claims.tables.plain.forms import Comparison, Sense
from assay.claims.tables.plain.phrases import phrases_of
from assay.claims.tables.plain.scopes import NUMBERS, Contenders, Lookup, Scope, count_of
from assay.claims.tables.reading import OURS
from assay.claims.tables.statements import NO_RIVAL
from assay.claims.tables.table import Cell, Table


class Told(NamedTuple):
    """What a table says of a sentence."""

    holds: bool
    cells: tuple[Cell, ...]
    why: str


def judge_plain(sentence: str, table: Table, *, own: str = "") -> Told | None:
    """Whether a plain English comparison holds by a table; None if it is not plain, or the table does not tell.

    A sentence of several clauses holds if all do. If one does not, the sentence does not either, whatever the table
    tells of the others.

    Args:
        sentence: one sentence.
        table: the table that it may speak of.
        own: what the paper calls its own method; empty if that is not known.
    """
    if not table.cells or _NO_RESULTS.search(table.caption):
        return None
    lookup = Lookup(table, own)
    clauses = [_judge_clause(lookup, each) for each in readings(sentence)]
    told = [each for each in clauses if each is not None]
    against = [each for each in told if not each.holds]
    if not told or (not against and len(told) < len(clauses)):
        return None
    cells = tuple(dict.fromkeys(cell for each in against or told for cell in each.cells))
    return Told(not against, cells, "; ".join(each.why for each in against or told))


def is_plain(sentence: str) -> bool:
    """Whether a clause of a sentence compares in a plain form, whatever it speaks of; a figure alone does not."""
    return any(said.kind != "figure" for clause in readings(sentence) for said in clause)


_NO_RESULTS: Final = re.compile(
    r"\b(?:statistics|hyper-?parameters?|configurations?|(?:experimental|training) settings?|examples? of)\b",
    re.IGNORECASE,
)

Cells = dict[str, dict[tuple[str, ...], Cell]]
"""By the name of a contender, and by what else each is of, the cells that count."""


def _judge_clause(lookup: Lookup, meanings: Sequence[Comparison]) -> Told | None:
    """What a table says of a clause, if all ways to read it that the table knows agree."""
    told = [each._replace(holds=each.holds != said.negated) for said in meanings for each in _judge(lookup, said)]
    return _agreed(told)


def _judge(lookup: Lookup, said: Comparison) -> Iterator[Told]:
    """What a table says of a comparison, for each way to take its names."""
    match said.kind:
        case "removed":
            yield from _told(_judge_step(lookup, said, _removals(lookup, said)))
        case "added":
            yield from _told(_judge_step(lookup, said, _additions(lookup, said)))
        case "grows":
            yield from _told(_judge_step(lookup, said, _growth(lookup.table, said)))
        case _:
            told = [_judge_contest(lookup, said, who) for who in lookup.contenders(said.subject)]
            if None not in told or not lookup.names_own(said.subject):
                yield from (each for each in told if each is not None)


# ---- contests -------------------------------------------------------------------------------------------------------


def _judge_contest(lookup: Lookup, said: Comparison, who: Contenders) -> Told | None:
    """``Gullwing outperforms GPT-4o on ToyBench``, ``has the lowest latency``, ``is second to GPT-4o``."""
    is_of_metrics = who.dimension == lookup.table.metric_dimension
    if is_of_metrics and (said.sense in {"better", "worse"} or said.metric):
        return None
    told = []
    for scope in lookup.scopes(said, who.dimension):
        cells = _cells(lookup, who.dimension, scope.labels)
        if said.kind in {"compared", "best"}:
            told += _told(_compare(lookup, said, who, scope, cells))
        elif scope.so < 0 and not scope.most and len(who.labels) == 1:
            [ours] = who.labels
            own = cells.get(ours, {})
            told += _told(_figure(said, own) if said.kind == "figure" else _rank(lookup, said, who, cells))
    return _agreed(told)


def _compare(lookup: Lookup, said: Comparison, who: Contenders, scope: Scope, cells: Cells) -> Told | None:
    """``Gullwing outperforms every baseline on 2 of 3 benchmarks``, ``has the highest accuracy``."""
    if said.kind == "best" and len(who.labels) > 1:
        return None  # the best two, or each the best?
    if said.kind == "best" or (_EVERY_RIVAL.fullmatch(said.rival) and not lookup.one(said.rival, who.dimension)):
        told = [_against(lookup, said, who, scope, cells, each) for each in _fields(lookup, said, who, cells)]
        if None in told or len({each.holds for each in told if each}) != 1:
            return None
        may_be_otherwise = (_EARLIER.search(said.rival) and not any(map(lookup.is_own, who.labels))) or (
            said.is_of_performance and _is_own_extreme(lookup, said, who, scope)
        )
        return told[0] if told[0] and (told[0].holds or not may_be_otherwise) else None
    named = lookup.contenders(said.rival, who.dimension)
    if len(named) != 1 or named[0].labels & who.labels:
        return None
    is_each = named[0].every or who.every
    return _against(lookup, said, who, scope._replace(every=scope.every or is_each), cells, named[0].labels)


def _is_own_extreme(lookup: Lookup, said: Comparison, who: Contenders, scope: Scope) -> bool:
    """Whether *performs worst on German* may say where it is worst itself, and not that all others are better there."""
    for dimension, names in scope.labels.items():
        rest = {at: labels for at, labels in scope.labels.items() if at != dimension}
        cells = _cells(lookup, dimension, {**rest, who.dimension: who.labels})
        here = [cell for name in names for cell in cells.get(name, {}).values()]
        others = [cell for name in cells if name not in names for cell in cells[name].values()]
        ahead = {_ahead(lookup.table, one, other, said.sense, dimension) for one in here for other in others}
        if not ahead or -1 not in ahead:
            return True
    return False


def _fields(lookup: Lookup, said: Comparison, who: Contenders, cells: Cells) -> list[frozenset[str]]:
    """Whom *every rival* may mean: with variants, sums and humans, and without; none if that is not known."""
    others = frozenset(cells) - who.labels
    is_own = any(map(lookup.is_own, who.labels))
    if (number := _HOW_MANY.match(said.rival)) and count_of(number) not in {-1, len(others)}:
        return []
    if _EARLIER.search(said.rival):
        if not is_own and (lookup.own() or "other" in said.rival):  # the baselines of a baseline are not all the others
            return []
        others = frozenset(each for each in others if not lookup.is_own(each)) if is_own else others
        if any("baseline" in key(each) for each in cells):
            return []
    strict = frozenset(each for each in others if all(_is_rival(each, ours) for ours in who.labels))
    strangers = frozenset(each for each in strict if not any(set(key(each)) & set(key(ours)) for ours in who.labels))
    return list(dict.fromkeys((strangers or strict, strict, others))) if strict else []


def _against(
    lookup: Lookup, said: Comparison, who: Contenders, scope: Scope, cells: Cells, rivals: frozenset[str]
) -> Told | None:
    """Whether some are ahead of these rivals."""
    cases: list[bool | None] = []
    compared: dict[Cell, None] = {}
    for ours in sorted(who.labels):
        for at, cell in cells.get(ours, {}).items():
            pairs = [(cell, cells[name][at]) for name in sorted(rivals) if at in cells.get(name, {})]
            if len(pairs) < len(rivals) and (said.kind == "compared" or scope.every or scope.so >= 0 or scope.most):
                return None  # where a figure is missing, it is not so of every one
            cases.append(_is_ahead_of_all(lookup.table, pairs, said.sense, who.dimension))
            compared |= dict.fromkeys(each for pair in pairs for each in pair)
    expected = len(who.labels) * max((len(of) for of in cells.values()), default=0)
    if not cases or None in cases or len(cases) < expected:
        return None
    if scope.of >= 0 and len(cases) != scope.of * len(who.labels):
        return None
    holds = _holds(cases, scope)
    if holds is None or (holds and not _is_as_told(said, who, tuple(compared))):
        return None
    won = sum(case is True for case in cases)
    return Told(holds, tuple(compared), f"{' and '.join(sorted(who.labels))}: so in {won} of {len(cases)}")


def _holds(cases: Sequence[bool | None], scope: Scope) -> bool | None:
    """Whether a comparison holds that is so in some cases; None if it is not told of how many it is said."""
    won = sum(case is True for case in cases)
    if scope.so >= 0:
        return won == scope.so
    if scope.most:
        return None if len(cases) < _FEWEST or won * 2 == len(cases) else won * 2 > len(cases)
    return won == len(cases) if scope.every or won in {0, len(cases)} else None


def _is_as_told(said: Comparison, who: Contenders, cells: Sequence[Cell]) -> bool:
    """Whether the figures that a comparison gives beside it are those of the cells, and its margin theirs."""
    if said.margin and not _is_margin(said.margin, cells):
        return False
    if said.figures and not (len(cells) == len(said.figures) and all(map(_is_figure, said.figures, cells))):
        return False
    own = [cell for cell in cells if who.labels & set(cell.labels.values())]
    return not said.value or (len(own) == 1 and _is_figure(said.value, own[0]))


def _is_figure(text: str, cell: Cell) -> bool:
    """Whether a figure is that of a cell; a share may be in per cent."""
    value = Decimal(text.removesuffix("%"))
    is_share = text.endswith("%") and abs(cell.value) <= 1
    return value == round(cell.value * 100 if is_share else cell.value, _places(value))


def _is_ahead_of_all(table: Table, pairs: Sequence[tuple[Cell, Cell]], sense: Sense, dimension: str) -> bool | None:
    """Whether the first of each pair is ahead; None if there is none, if that is not known, or ties may count."""
    ahead = [_ahead(table, *pair, sense, dimension) for pair in pairs]
    if not pairs or None in ahead or (0 in ahead and -1 not in ahead):
        return None
    return -1 not in ahead


def _rank(lookup: Lookup, said: Comparison, who: Contenders, cells: Cells) -> Told | None:
    """``Gullwing is second to GPT-4o on ToyBench``, ``ranks third``."""
    [ours] = who.labels
    first = lookup.contenders(said.rival, who.dimension) if said.kind == "second" else []
    if said.margin or (said.kind == "second" and (len(first) != 1 or len(first[0].labels) != 1)):
        return None
    compared: dict[Cell, None] = {}
    fits: set[bool] = set()
    for field in _fields(lookup, said, who, cells):
        for at, cell in cells.get(ours, {}).items():
            rivals = {name: cells[name][at] for name in field if at in cells[name]}
            ahead = {
                name: _ahead(lookup.table, cell, rival, said.sense, who.dimension) for name, rival in rivals.items()
            }
            before = {name for name, each in ahead.items() if each == -1}
            is_known = len(rivals) == len(field) and None not in ahead.values() and 0 not in ahead.values()
            if not is_known or (first and not first[0].labels <= field):
                return None
            fits.add(before == first[0].labels if first else len(before) == _RANKS.index(said.value))
            compared |= dict.fromkeys([cell, *rivals.values()])
    return Told(fits.pop(), tuple(compared), f"{ours}: by its place") if len(fits) == 1 else None


def _figure(said: Comparison, own: Mapping[tuple[str, ...], Cell]) -> Told | None:
    """``Gullwing reaches 64.0 on LakeBench``, if that is so: a figure that is not there is judged as a figure."""
    if len(own) != 1:
        return None
    [cell] = own.values()
    return Told(holds=True, cells=(cell,), why=f"{cell.text} stands there") if _is_figure(said.value, cell) else None


def _is_margin(said: str, cells: Sequence[Cell]) -> bool:
    """Whether two figures are as far apart as is said: ``more than 3``; what is said in words, no table tells."""
    *how, last = said.split()
    if len(cells) != len(("one", "other")) or not (last in NUMBERS or re.fullmatch(r"[\d.]+", last)):
        return False
    number = Decimal(NUMBERS.index(last) if last.isalpha() else last)
    difference = abs(cells[0].value - cells[1].value)
    least, most = _MARGINS.get(" ".join(how), (0, 0))
    if not most:
        return round(difference, _places(number)) == number
    is_exact = difference == number and how not in (["at", "least"], ["about"], ["around"], ["roughly"], ["some"])
    return number * least <= difference <= number * most and not is_exact


def _places(value: Decimal) -> int:
    """How many digits stand after the point."""
    return max(0, -int(value.as_tuple().exponent))


# ---- steps ----------------------------------------------------------------------------------------------------------

Steps = tuple[str, Sequence[tuple[str, str]]]
"""A dimension, and from which name to which it goes there."""


def _judge_step(lookup: Lookup, said: Comparison, steps: Steps | None) -> Told | None:
    """Whether a metric goes the way that is said, from each name to the next."""
    if steps is None or said.margin or (not said.metric and said.sense in {"up", "down"}):
        return None
    told = []
    for scope in lookup.scopes(said, steps[0]):
        cells = _cells(lookup, steps[0], scope.labels)
        pairs = [
            (cell, cells[low][at])
            for low, high in steps[1]
            for at, cell in cells.get(high, {}).items()
            if at in cells.get(low, {})
        ]
        if scope.so < 0 and not scope.most:
            told += _told(_all_or_none(lookup.table, pairs, said.sense, steps[0]))
    return _agreed(told)


def _all_or_none(table: Table, pairs: Sequence[tuple[Cell, Cell]], sense: Sense, dimension: str) -> Told | None:
    """Whether all changes go the way that is said, or all the other way."""
    ahead = [_ahead(table, *pair, sense, dimension) for pair in pairs]
    if len(set(ahead)) != 1 or ahead[0] in {None, 0}:
        return None
    cells = tuple(dict.fromkeys(cell for pair in pairs for cell in pair))
    return Told(ahead[0] == 1, cells, f"so in {ahead.count(1)} of {len(pairs)}")


def _removals(lookup: Lookup, said: Comparison) -> Steps | None:
    """``Removing folding hurts accuracy``, ``Without folding, accuracy drops``."""
    if _ONE_BY_ONE.search(lookup.table.caption):
        return None
    for dimension, labels in lookup.table.dimensions.items():
        varied = [each for each in labels if _LACKS.match(each)]
        lacking = [each for each in varied if key(_LACKS.sub("", each)) == key(said.subject)]
        if len(lacking) == 1 and lacking[0].strip()[0] in "-−–" and len(varied) > 1:
            return None  # one after the other?
        bases = [each for each in labels if not _VARIES.match(each)]
        full = [each for each in bases if _FULL.fullmatch(each) or lookup.is_own(each)] or bases
        if len(lacking) == 1 and len(full) == 1:
            return dimension, [(full[0], lacking[0])]
    return None


def _additions(lookup: Lookup, said: Comparison) -> Steps | None:
    """``Adding tides improves accuracy``, ``Adding tides to TideCache lowers latency``."""
    for dimension in lookup.table.dimensions:
        steps = phrases_of(lookup.table).steps(dimension, said.subject)
        if said.rival:
            base = lookup.one(said.rival, dimension)
            steps = [each for each in steps if len(base) == 1 and each[0] in base[0].labels]
        if steps:
            return dimension, steps
    return None


def _growth(table: Table, said: Comparison) -> Steps | None:
    """``Accuracy improves as the cache size grows``."""
    number = " ".join(key(said.subject))
    for dimension, heading in table.headings.items():
        labels, of = table.dimensions.get(dimension, ()), " ".join(key(heading))
        if number in {of, of.removesuffix(" size")} and len(labels) >= _FEWEST and all(map(_STEP.fullmatch, labels)):
            return dimension, list(pairwise(sorted(labels, key=_size)))
    return None


def _size(label: str) -> float:
    return float(re.sub(r"[^\d.]", "", label)) * {"K": 1e3, "M": 1e6, "B": 1e9}.get(label[-1], 1)


# ---- figures --------------------------------------------------------------------------------------------------------


def _cells(lookup: Lookup, dimension: str, scope: Mapping[str, frozenset[str]]) -> Cells:
    """By name and by what else it is of, each cell in the scope; none if two cells cannot be told apart.

    Columns or rows of sizes or times among scores count only where they are named.
    """
    others = [each for each in lookup.table.dimensions if each != dimension and not lookup.is_group(each, dimension)]
    found: Cells = {}
    for cell in lookup.table.cells:
        is_in = dimension in cell.labels and all(cell.labels.get(each) in names for each, names in scope.items())
        unnamed = [label for at, label in cell.labels.items() if at not in {*scope, lookup.table.metric_dimension}]
        if is_in and not any(map(is_other_measure, unnamed)):
            where = tuple(cell.labels.get(each, "") for each in others)
            if where in found.setdefault(cell.labels[dimension], {}):
                return {}
            found[cell.labels[dimension]][where] = cell
    return found


def _ahead(table: Table, one: Cell, other: Cell, sense: Sense, dimension: str) -> int | None:
    """1 if a figure is ahead of another, -1 if it is behind, 0 if they are equal; None if that is not known."""
    difference = (one.value > other.value) - (one.value < other.value)
    if one.unit != other.unit:
        return None
    if sense in {"better", "worse"}:
        less = less_is_better(table, one, dimension)
        if less is None:
            return None
        difference = -difference if less else difference
    return -difference if sense in {"worse", "down"} else difference


def _is_rival(label: str, ours: str) -> bool:
    """Whether a name takes part in the contest: no human, no sum, and no variant of the same."""
    is_variant = set(key(ours)) <= set(key(label)) or bool(OURS.search(label) and OURS.search(ours))
    is_none = _VARIES.match(label) or NO_RIVAL.search(label) or _NO_RIVAL.search(label)
    return label != ours and not is_variant and not is_none


def rows_of(table: Table, cells: Sequence[Cell], most: int = 8) -> Iterator[str]:
    """The header of a table and the rows of some cells, as lines."""
    rows = list(dict.fromkeys(cell.row for cell in cells))
    first = min((cell.row for cell in table.cells), default=1)
    for row in sorted({*range(min(first, 2)), *rows[:most]}):
        if row < len(table.lines):
            yield table.lines[row]


def _told(told: Told | None) -> list[Told]:
    return [told] if told is not None else []


def _agreed(told: Sequence[Told]) -> Told | None:
    return told[0] if len({each.holds for each in told}) == 1 else None


_NOUNS = r"(?:baselines?|methods?|models?|systems?|approach(?:es)?|competitors?|architectures?|rivals?)"
_COUNT = rf"(?: (?:{'|'.join(NUMBERS[2:])}))?"
_EVERY_RIVAL: Final = re.compile(
    rf"(?:(?:all|every|each|any)(?: (?:of the|the))?{_COUNT}(?: (?:other|competing|previous|prior|earlier|existing))*|"
    rf"both|the{_COUNT}(?: other)?(?= \w+s\b)) {_NOUNS}(?: compared| tested)?|(?:all|the) (?:others|rest)",
    re.IGNORECASE,
)
_HOW_MANY: Final = re.compile(
    rf"(?P<all>all|both|the)(?: the)?(?: (?P<count>{'|'.join(NUMBERS[2:])}))? ", re.IGNORECASE
)
_EARLIER: Final = re.compile(r"\b(?:baseline|previous|prior|earlier|existing|compet)", re.IGNORECASE)
_NO_RIVAL: Final = re.compile(r"\b(?:upper[- ]?bound|expert|random|chance|majority|oracle|human)\b", re.IGNORECASE)
_LACKS: Final = re.compile(r"\s*(?:w/o|without|no\b|[-−–])\s*", re.IGNORECASE)
_VARIES: Final = re.compile(r"\s*(?:w/o|without|no\b|[-−–+])|.*\b(?:w/o|w/|without|only)\b", re.IGNORECASE)
_FULL: Final = re.compile(
    r"(?:the )?(?:full|complete)(?: model| system| method)?|.*\((?:full|complete)\)", re.IGNORECASE
)
_ONE_BY_ONE: Final = re.compile(
    r"\b(?:cumulative\w*|successive\w*|one (?:by|after) (?:one|another|the other)|one more)\b", re.IGNORECASE
)
_MARGINS: Final[Mapping[str, tuple[Decimal, Decimal]]] = {
    **dict.fromkeys(("more than", "over", "at least"), (Decimal(1), Decimal(2))),
    "just over": (Decimal(1), Decimal("1.15")),
    **dict.fromkeys(("nearly", "almost"), (Decimal("0.85"), Decimal(1))),
    **dict.fromkeys(("about", "around", "roughly", "some"), (Decimal("0.9"), Decimal("1.1"))),
}
"""How far from the figure of a margin a difference may be."""
_STEP: Final = re.compile(r"[\d,]+(?:\.\d+)?[KMB]?")
_FEWEST: Final = 3
_RANKS: Final = ("first", "second", "third", "fourth", "fifth")
