"""Looks into a table whether a statement holds: who is ahead of whom, who is first, what goes up when what changes."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from assay.claims.tables.comparisons import Clause, Statement
from assay.claims.tables.metrics import find_metrics, is_score, less_is_better
from assay.claims.tables.names import Mention, key, same_metric
from assay.claims.tables.reading import OURS, UNDECIDED, Reading, TableState, Verdict, are_close
from assay.claims.tables.table import Cell, Table


@dataclass(frozen=True)
class Question:
    """A statement with the names that it is about."""

    reading: Reading
    clause: Clause
    statement: Statement
    subjects: tuple[Mention, ...]
    objects: tuple[Mention, ...]
    others: bool
    """Whether it speaks of all others, by no name."""
    scope: tuple[Mention, ...]
    """What narrows it down: metrics, data sets, sections."""
    boldness: int

    @property
    def table(self) -> Table:
        """The table that is looked into."""
        return self.reading.table

    @property
    def dimension(self) -> str:
        """The dimension in which it compares."""
        return self.subjects[0].dimension

    @property
    def ours(self) -> frozenset[str]:
        """The names that it speaks of."""
        return frozenset(label for each in self.subjects for label in each.labels)

    @property
    def theirs(self) -> frozenset[str]:
        """The names that it compares them with."""
        return frozenset(label for each in self.objects for label in each.labels) - self.ours

    def answer(self) -> Verdict:
        """Look into the table."""
        if not self._has_its_metric() or self._compares_with_a_number():
            return UNDECIDED
        if self.statement.form == "extreme":
            return self._rank()
        rivals, bold = self._rivals()
        named = frozenset(label for each in self.objects for label in each.labels)
        if not rivals or named & self.ours:
            return UNDECIDED
        pairs = list(self._pairs(self._cells(), rivals))
        if not pairs:
            # Names in other columns of names tell one side of a comparison only: "(with GloVe)".
            bold += 1
            pairs = list(self._pairs(self._cells(columns_only=True), rivals))
        if self.statement.sense == "equal":
            return self._decide_alike(pairs, bold)
        if self.statement.count:
            return self._decide_count(pairs, bold)
        return self._decide(pairs, bold)

    def _has_its_metric(self) -> bool:
        """Whether the table has the metrics that the clause names."""
        metrics = find_metrics(self.clause.text)
        if not metrics or any(each.dimension == self.table.metric_dimension for each in self.scope):
            return True
        names = (self.table.caption, *self.table.dimensions.get(self.table.metric_dimension, ()))
        return any(same_metric(metric, name) for metric in metrics for name in names)

    def _cells(self, *, columns_only: bool = False) -> list[Cell]:
        """The cells within the scope."""
        by_dimension: dict[str, set[str]] = {}
        for mention in self.scope:
            if not columns_only or mention.dimension.startswith("column"):
                by_dimension.setdefault(mention.dimension, set()).update(mention.labels)
        names_metric = self.table.metric_dimension in by_dimension
        scores = [cell for cell in self.table.cells if names_metric or is_score(self.table.metric(cell))]
        cells = [
            cell for cell in scores if all(cell.labels.get(each) in labels for each, labels in by_dimension.items())
        ]
        if not columns_only and not any(cell.labels.get(self.dimension) in self.ours for cell in cells):
            return self._cells(columns_only=True)
        if re.search(r"\b[Oo]verall\b|\bon average\b", self.clause.text):
            summary = [cell for cell in cells if any(_OVERALL.fullmatch(label) for label in cell.labels.values())]
            return summary if any(cell.labels.get(self.dimension) in self.ours for cell in summary) else cells
        return cells

    def _rivals(self) -> tuple[frozenset[str], int]:
        """With whom the subjects are compared, and how bold that is."""
        present = tuple(dict.fromkeys(label for cell in self._cells() if (label := cell.labels.get(self.dimension))))
        rivals = self.theirs
        if self.others:
            own = [set(key(label)) for label in self.ours]
            rivals |= {
                label
                for label in present
                if label not in self.ours
                and self._is_rival(label)
                and not any(words <= set(key(label)) for words in own)  # "Gullwing + tides" is no rival of Gullwing
            }
        if rivals:
            return rivals, self.boldness
        is_changed = self.statement.form == "changed"
        bold = self.boldness + self._compares_with_the_unknown()
        if (is_changed or self.statement.sense in {"better", "worse"}) and (base := _base_of(self.ours, present)):
            return base, bold + (1 if is_changed else 2)
        rest = frozenset(present) - self.ours
        if len(rest) == 1 and (len(self.ours) > 1 or self.statement.form == "compared"):
            return rest, bold + 2
        if self.statement.form == "compared" and self.statement.sense != "equal":
            return frozenset(filter(self._is_rival, rest)), bold + 3
        return frozenset(), 0

    def _compares_with_the_unknown(self) -> bool:
        """Whether it says with what it compares, and the table has nothing of that name: ``than our earlier model``."""
        if self.statement.objects_at < 0 or self.others or self.statement.form != "compared":
            return False
        return _BASE.search(self.clause.text, self.statement.objects_at) is None

    def _compares_with_a_number(self) -> bool:
        """Whether figures are said to be above or below one that the sentence gives: ``smaller than 30%``."""
        at = self.statement.objects_at
        return at >= 0 and re.match(r"\s?(?:about |around |only )?\d", self.clause.text[at:]) is not None

    def _is_rival(self, label: str) -> bool:
        """Whether a name takes part in the contest: no human, no sum, and of two methods of the paper only one."""
        return not NO_RIVAL.search(label) and not (OURS.search(label) and any(map(OURS.search, self.ours)))

    def _rank(self) -> Verdict:
        cells = self._cells()
        labels = {cell.labels.get(self.dimension, "") for cell in cells}
        rivals = frozenset(label for label in labels if label and self._is_rival(label)) - self.ours
        if not rivals or self._names_a_rival():
            return UNDECIDED
        groups: dict[tuple[str, ...], list[tuple[Cell, Cell]]] = {}
        others = [dimension for dimension in self.table.dimensions if dimension != self.dimension]
        for first, second in self._pairs(cells, rivals):
            where = tuple(first.labels.get(dimension, "") for dimension in others)
            groups.setdefault(where, []).append((first, second))
        if self.statement.rank == 2:
            return self._decide_second(list(groups.values()))
        closest = [self._closest(pairs) for pairs in groups.values()]
        if self.statement.count:
            return self._decide_count(closest, self.boldness)
        verdict = self._decide(closest, self.boldness, ties_win=True)
        is_beaten = (verdict.state == "contradicted") != self.statement.negated
        is_set_as_best = self.statement.sense in {"better", "up"} and any(first.bold for first, _ in closest)
        if verdict.state and is_beaten and (is_set_as_best or self._is_first_somewhere(cells, rivals)):
            return UNDECIDED
        return verdict

    def _names_a_rival(self) -> bool:
        """Whether the clause names others of the same kind, so that it may be the best of those only."""
        named = self.reading.inside(self.clause.start, self.clause.end)
        return self.statement.rank == 1 and any(
            each.dimension == self.dimension and not each.labels & self.ours for each in named
        )

    def _is_first_somewhere(self, cells: Sequence[Cell], rivals: frozenset[str]) -> bool:
        """Whether the best of our several rows or columns is ahead of all others in one way."""
        is_row = self.dimension.startswith("row")
        lines: dict[int, list[Cell]] = {}
        for cell in cells:
            lines.setdefault(cell.column if is_row else cell.row, []).append(cell)
        for line in lines.values():
            ours = [cell for cell in line if cell.labels.get(self.dimension) in self.ours]
            theirs = [cell for cell in line if cell.labels.get(self.dimension) in rivals]
            if len(ours) > 1 and theirs:
                best = max(ours, key=partial(self._advantage, second=theirs[0]))
                if all(self._advantage(best, each) >= 0 for each in theirs):
                    return True
        return False

    def _decide_second(self, groups: Sequence[Sequence[tuple[Cell, Cell]]]) -> Verdict:
        """Whether one rival is ahead everywhere, and no other: the one that is named, if one is."""
        if len(self.ours) > 1 or not groups:
            return UNDECIDED
        ahead = [[pair for pair in pairs if self._advantage(*pair) < 0] for pairs in groups]
        named = self.theirs
        fits = [len(pairs) == 1 and (not named or pairs[0][1].labels.get(self.dimension) in named) for pairs in ahead]
        if any(fits) and not all(fits):
            return UNDECIDED
        pairs = [pair for pairs in groups for pair in pairs]
        return self._verdict(holds=all(fits), pairs=pairs, why=f"{len(ahead[0])} ahead of it", bold=self.boldness)

    def _decide_count(self, pairs: Sequence[tuple[Cell, Cell]], bold: int) -> Verdict:
        """Whether it is so in as many cases as the statement says; undecided where the table has not as many cases."""
        said, of = self.statement.count or (0, 0)
        cases: dict[int, list[tuple[Cell, Cell]]] = {}
        for pair in pairs:
            cases.setdefault(id(pair[0]), []).append(pair)
        if len(cases) != of:
            return UNDECIDED
        so = sum(all(self._advantage(*pair) > 0 for pair in case) for case in cases.values())
        return self._verdict(holds=so == said, pairs=pairs, why=f"so in {so} of {of}", bold=bold)

    def _closest(self, pairs: Sequence[tuple[Cell, Cell]]) -> tuple[Cell, Cell]:
        """Our cell and its strongest rival; where a word fits several cells, the best of them."""
        cases: dict[int, list[tuple[Cell, Cell]]] = {}
        for pair in pairs:
            cases.setdefault(id(pair[0]), []).append(pair)
        strongest = [min(case, key=lambda pair: self._advantage(*pair)) for case in cases.values()]
        return max(strongest, key=lambda pair: self._advantage(*pair))

    def _pairs(self, cells: Sequence[Cell], rivals: frozenset[str]) -> Iterator[tuple[Cell, Cell]]:
        """Our cells with those of each rival that stand for the same in all other ways, as far as it has them."""
        by_label: dict[str, list[Cell]] = {}
        for cell in cells:
            if self._direction(cell):
                by_label.setdefault(cell.labels.get(self.dimension, ""), []).append(cell)
        matched = self._matched
        for first in (cell for label in by_label if label in self.ours for cell in by_label[label]):
            for label in sorted(rivals & by_label.keys()):
                same = [
                    cell
                    for cell in by_label[label]
                    if all(first.labels.get(each) == cell.labels.get(each) for each in matched)
                    and not (self.others and _is_ours(first) and _is_ours(cell))
                ]
                likeness = [
                    sum(first.labels.get(each) == cell.labels.get(each) for each in self.table.dimensions)
                    for cell in same
                ]
                yield from ((first, cell) for cell, alike in zip(same, likeness, strict=True) if alike == max(likeness))

    @property
    def _matched(self) -> list[str]:
        """The dimensions in which two cells must be alike: columns, and names to the left of those compared."""
        is_row = self.dimension.startswith("row")
        return [
            each
            for each in self.table.dimensions
            if each != self.dimension
            and (each.startswith("column") or (each.startswith("row") and (each < self.dimension or not is_row)))
        ]

    def _advantage(self, first: Cell, second: Cell) -> float:
        """How far the first of two figures is ahead, as the statement's main word has it."""
        return float(first.value - second.value) * self._direction(first)

    def _direction(self, cell: Cell) -> int:
        """1 where the statement says that a figure is the higher one, -1 where the lower, 0 where that is unknown."""
        sense = self.statement.sense
        names_metric = any(each.dimension == self.table.metric_dimension for each in self.scope)
        names_metric = names_metric or bool(find_metrics(self.clause.text)) or self._says_of_what_less
        direction = -1 if sense in {"worse", "down"} else 1
        if sense in {"better", "worse"} or not names_metric:
            is_less = self.table.less_is_better(cell)
            return 0 if is_less is None else -direction if is_less else direction
        return direction

    @property
    def _says_of_what_less(self) -> bool:
        """Whether a higher or lower cost or error is spoken of: ``a lower reconstruction error``."""
        return less_is_better(self.clause.text[self.statement.end :][:_NOUN])

    def _decide(self, pairs: Sequence[tuple[Cell, Cell]], bold: int, *, ties_win: bool = False) -> Verdict:
        """A verdict by how many pairs of cells agree with the statement."""
        if not pairs:
            return UNDECIDED
        advantages = [self._advantage(*pair) for pair in pairs]
        ahead = sum(each > 0 or (ties_win and each == 0) for each in advantages)
        behind = sum(each < 0 for each in advantages)
        why = f"{', '.join(sorted(self.ours))}: so in {ahead} of {len(pairs)} comparisons"
        fails = [self._fails(group) for group in self._groups(pairs)]
        if (any(fails) and not all(fails)) or (self.clause.excepts and behind == len(pairs)):
            return UNDECIDED
        if ahead == len(pairs) or behind == len(pairs):
            return self._verdict(holds=ahead == len(pairs), pairs=pairs, why=why, bold=bold)
        holds, bolder = self._weigh(pairs, ahead, behind)
        if holds is not None:
            return self._verdict(holds=holds, pairs=pairs, why=why, bold=bold + bolder)
        if self._allows_some and (summary := self._summary(pairs)):
            return self._decide(summary, bold + 2, ties_win=ties_win)
        return UNDECIDED

    @property
    def _allows_some(self) -> bool:
        """Whether a statement may be meant of most cases: it neither says *all* nor makes an exception."""
        return self.statement.quantifier != "all" and not self.clause.excepts

    def _weigh(self, pairs: Sequence[tuple[Cell, Cell]], ahead: int, behind: int) -> tuple[bool | None, int]:
        """Whether a statement holds of which some pairs are and some are not, and how bold it is to say so."""
        total = len(pairs)
        if self.statement.quantifier == "most" and not self.clause.excepts:
            return ahead * 2 > total, 0
        if not self._allows_some:
            return (False, 1) if self._is_plain(pairs) and not self.clause.excepts else (None, 0)
        if ahead == 0 == behind:
            return False, 1
        if 0 in {ahead, behind}:
            return ahead > 0, 1
        if max(ahead, behind) >= _MOST * total:
            return ahead > behind, 2
        return None, 0

    def _summary(self, pairs: Sequence[tuple[Cell, Cell]]) -> list[tuple[Cell, Cell]]:
        """The pairs of what sums up the others: an average, or F1 beside precision; none if all of them or none do."""
        sums = [pair for pair in pairs if any(_OVERALL.fullmatch(label) for label in pair[0].labels.values())]
        if not sums:
            metrics = {first: self.table.metric(first) for first, _ in pairs}
            if any(_PRECISION.search(metric) for metric in metrics.values()):
                sums = [pair for pair in pairs if _F1.search(metrics[pair[0]])]
        return sums if len(sums) < len(pairs) else []

    def _is_plain(self, pairs: Sequence[tuple[Cell, Cell]]) -> bool:
        """Whether *all* means these cells: two exact names, one metric, and one cell for each way to measure them."""
        places = {(first.column, *first.labels.items(), second.labels.get(self.dimension)) for first, second in pairs}
        has_two_names = len(self.ours) == 1 and (self.others or len(self.theirs) == 1)
        has_one_metric = len({self.table.metric(first) for first, _ in pairs}) == 1
        return self.boldness == 0 and has_two_names and has_one_metric and len(places) == len(pairs)

    def _verdict(self, *, holds: bool, pairs: Sequence[tuple[Cell, Cell]], why: str, bold: int) -> Verdict:
        if self.statement.hedged and self.statement.negated:
            if are_close(pairs):
                return UNDECIDED
            bold += 2
        state: TableState = "supported" if holds != self.statement.negated else "contradicted"
        cells = tuple(cell for pair in pairs for cell in pair)
        return Verdict(state, cells, why, bold + 2 * self.clause.excepts, pairs=tuple(pairs))

    def _groups(self, pairs: Sequence[tuple[Cell, Cell]]) -> Iterator[list[tuple[Cell, Cell]]]:
        """The pairs of each metric and of each rival, where the clause names several one by one."""
        metric = self.table.metric_dimension
        named = {label for each in self.scope if each.dimension == metric for label in each.labels}
        if len(named) > 1:
            for label in named:
                yield [pair for pair in pairs if pair[0].labels.get(metric) == label]
        if len(self.objects) > 1:
            for mention in self.objects:
                yield [pair for pair in pairs if mention.fits(pair[1])]

    def _fails(self, pairs: Sequence[tuple[Cell, Cell]]) -> bool:
        """Whether a statement fails in every pair of a group; the group says nothing if all others do too."""
        advantages = [self._advantage(*pair) for pair in pairs]
        return bool(advantages) and max(advantages) <= 0 > min(advantages)

    def _decide_alike(self, pairs: Sequence[tuple[Cell, Cell]], bold: int) -> Verdict:
        """Whether figures are alike: all within a fiftieth of each other, or none within a twentieth."""
        apart = [
            abs(float(first.value - second.value)) / max(abs(float(first.value)), abs(float(second.value)), 1e-9)
            for first, second in pairs
        ]
        if not apart or (min(apart) <= _APART and max(apart) > _ALIKE):
            return UNDECIDED
        if min(apart) > _APART and not (self.objects and self._is_a_wide_gap(pairs)):
            return UNDECIDED
        holds = max(apart) <= _ALIKE
        cells = tuple(cell for pair in pairs for cell in pair)
        state: TableState = "supported" if holds != self.statement.negated else "contradicted"
        return Verdict(state, cells, f"they are up to {max(apart):.1%} apart", bold + 2)

    def _is_a_wide_gap(self, pairs: Sequence[tuple[Cell, Cell]]) -> bool:
        """Whether each two figures are further apart than most of their column or row."""
        is_row = self.dimension.startswith("row")
        for first, second in pairs:
            line = [
                cell.value
                for cell in self.table.cells
                if (cell.column == first.column if is_row else cell.row == first.row)
            ]
            if abs(first.value - second.value) * 2 < max(line) - min(line):
                return False
        return True


def _is_ours(cell: Cell) -> bool:
    return any(OURS.search(label) for label in cell.labels.values())


_MOST = 0.75
_NOUN = 30
_ALIKE, _APART = 0.02, 0.05
_OVERALL = re.compile(r"(?:overall|o|avg\.?|average|all|mean)", re.IGNORECASE)
_F1 = re.compile(r"\bF-?\s?1?\b|\bF-?(?:measure|score)", re.IGNORECASE)
_PRECISION = re.compile(r"\bP\b|\b[Pp]rec(?:\.|ision|\b)")
NO_RIVAL = re.compile(
    r"\b(?:human|references?|oracle|gold|upper bound|ground[- ]truth|skyline|topline|impv|improvement|total|all|"
    r"average|avg|Δ|delta)\b",
    re.IGNORECASE,
)
_BASE = re.compile(r"\b(?:baselines?|full|original|vanilla|standard|base|none|no|default|plain)\b", re.IGNORECASE)


def _base_of(ours: frozenset[str], present: Sequence[str]) -> frozenset[str]:
    """What the subjects are variants of: the name without an added part, or the one that says it is the base."""
    found = set()
    for label in ours:
        words = set(key(label))
        smaller = [
            each
            for each in present
            if each not in ours and key(each) and set(key(each)) < words and re.search(r"[+(]|\bw/", label)
        ]
        found.update(sorted(smaller, key=lambda each: -len(key(each)))[:1])
    if found:
        return frozenset(found)
    bases = [label for label in present if _BASE.search(label) and label not in ours]
    return frozenset(bases) if len(bases) == 1 else frozenset()
