"""Judges who is better than whom, who is best, and who comes second."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from assay.claims.tables.names import key
from assay.claims.tables.plain.cells import Cells, Told, agreed, ahead_of, cells_of, varies
from assay.claims.tables.plain.forms import Comparison, Sense
from assay.claims.tables.plain.scopes import NUMBERS, Contenders, Lookup, Scope, count_of
from assay.claims.tables.reading import OURS
from assay.claims.tables.statements import NO_RIVAL
from assay.claims.tables.table import Cell, Table


def judge_contest(lookup: Lookup, said: Comparison, who: Contenders) -> Told | None:
    """``Gullwing outperforms GPT-4o on ToyBench``, ``has the lowest latency``, ``is second to GPT-4o``."""
    is_of_metrics = who.dimension == lookup.table.metric_dimension
    if is_of_metrics and (said.sense in {"better", "worse"} or said.metric):
        return None
    told = []
    for scope in lookup.scopes(said, who.dimension):
        cells = cells_of(lookup, who.dimension, scope.labels)
        if said.kind in {"compared", "best"}:
            told.append(_compare(lookup, said, who, scope, cells))
        elif scope.so < 0 and not scope.most and len(who.labels) == 1:
            [ours] = who.labels
            own = cells.get(ours, {})
            told.append(_figure(said, own) if said.kind == "figure" else _rank(lookup, said, who, cells))
    return agreed(told)


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
        cells = cells_of(lookup, dimension, {**rest, who.dimension: who.labels})
        here = [cell for name in names for cell in cells.get(name, {}).values()]
        others = [cell for name in cells if name not in names for cell in cells[name].values()]
        ahead = {ahead_of(lookup.table, one, other, said.sense, dimension) for one in here for other in others}
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
    is_refuted = scope.every and False in cases
    if not cases or (None in cases and not is_refuted) or len(cases) < expected:
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
    ahead = [ahead_of(table, *pair, sense, dimension) for pair in pairs]
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
                name: ahead_of(lookup.table, cell, rival, said.sense, who.dimension) for name, rival in rivals.items()
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


def _is_rival(label: str, ours: str) -> bool:
    """Whether a name takes part in the contest: no human, no sum, and no variant of the same."""
    is_variant = set(key(ours)) <= set(key(label)) or bool(OURS.search(label) and OURS.search(ours))
    is_none = varies(label) or NO_RIVAL.search(label) or _NO_RIVAL.search(label)
    return label != ours and not is_variant and not is_none


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
_MARGINS: Final[Mapping[str, tuple[Decimal, Decimal]]] = {
    **dict.fromkeys(("more than", "over", "at least"), (Decimal(1), Decimal(2))),
    "just over": (Decimal(1), Decimal("1.15")),
    **dict.fromkeys(("nearly", "almost"), (Decimal("0.85"), Decimal(1))),
    **dict.fromkeys(("about", "around", "roughly", "some"), (Decimal("0.9"), Decimal("1.1"))),
}
"""How far from the figure of a margin a difference may be."""
_FEWEST: Final = 3
_RANKS: Final = ("first", "second", "third", "fourth", "fifth")
