"""A statement with the names that it is about, and the cells of a table that it compares."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from assay.claims.tables.clauses import Clause
from assay.claims.tables.comparisons import Statement
from assay.claims.tables.metrics import find_metrics, is_score, less_is_better, same_metric
from assay.claims.tables.names import Mention
from assay.claims.tables.reading import OURS, Reading
from assay.claims.tables.table import Cell, Table
from assay.claims.tables.words import key

Pair = tuple[Cell, Cell]
"""Two cells that are compared, ours first."""


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
    excepted: tuple[Mention, ...] = ()
    """What it makes an exception for."""

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

    def has_its_metric(self) -> bool:
        """Whether the table has the metrics that the clause names."""
        metrics = self.reading.metrics(self.clause.start, self.clause.end)
        if not metrics or any(each.dimension == self.table.metric_dimension for each in self.scope):
            return True
        names = [self.table.caption]
        for dimension, labels in self.table.dimensions.items():
            if dimension == self.table.metric_dimension or dimension.startswith("column"):
                names += labels
        if not any(map(find_metrics, names)) and not self.table.metric_dimension:
            return True  # The table does not say what it measures.
        return any(same_metric(metric, name) for metric in metrics for name in names)

    def compares_with_a_number(self) -> bool:
        """Whether figures are said to be above or below one that the sentence gives: ``smaller than 30%``."""
        at = self.statement.objects_at
        return at >= 0 and re.match(r"\s?(?:about |around |only )?\d", self.clause.text[at:]) is not None

    def pairs(self) -> list[Pair]:
        """The cells that are compared; none for what is said of all at once."""
        if self.statement.form == "extreme":
            return []
        return list(self.pair(self.cells(), self.rivals()[0]))

    def is_so(self, pair: Pair) -> bool:
        """Whether it is so of two cells."""
        return (self.advantage(*pair) > 0) != self.statement.negated

    def cells(self, *, columns_only: bool = False) -> list[Cell]:
        """The cells within the scope, or within that of its columns."""
        by_dimension: dict[str, set[str]] = {}
        for mention in self.scope:
            if not columns_only or mention.dimension.startswith("column"):
                by_dimension.setdefault(mention.dimension, set()).update(mention.labels)
        cells = [
            cell
            for cell in self._scores(by_dimension)
            if all(cell.labels.get(each) in labels for each, labels in by_dimension.items())
            and not (self.excepted and self._is_excepted(cell))
        ]
        if not columns_only and not any(cell.labels.get(self.dimension) in self.ours for cell in cells):
            return self.cells(columns_only=True)
        if re.search(r"\b[Oo]verall\b|\bon average\b", self.clause.text):
            summary = [cell for cell in cells if is_summary(cell)]
            return summary if any(cell.labels.get(self.dimension) in self.ours for cell in summary) else cells
        return cells

    def _scores(self, scope: dict[str, set[str]]) -> Iterator[Cell]:
        """The cells that say how good something is, or what the scope names."""
        named = {label for labels in scope.values() for label in labels}
        for cell in self.table.cells:
            above = [label for dimension, label in cell.labels.items() if dimension.startswith("column")]
            is_named = self.table.metric_dimension in scope
            if is_named or all(label in named or is_score(label) for label in (self.table.metric(cell), *above)):
                yield cell

    def _is_excepted(self, cell: Cell) -> bool:
        """Whether a cell is of the exception: of one of its names in each dimension in which it has any."""
        return all(
            any(each.fits(cell) for each in self.excepted if each.dimension == dimension)
            for dimension in {each.dimension for each in self.excepted}
        )

    def rivals(self) -> tuple[frozenset[str], int]:
        """With whom the subjects are compared, and how bold that is."""
        present = tuple(dict.fromkeys(label for cell in self.cells() if (label := cell.labels.get(self.dimension))))
        rivals = self.theirs
        if self.others:
            rivals |= self.open_rivals(present)
        if rivals:
            return rivals, self.boldness
        is_changed = self.statement.form == "changed"
        bold = self.boldness + 2 * self._compares_with_the_unknown()
        if (is_changed or self.statement.sense in {"better", "worse"}) and (base := _base_of(self.ours, present)):
            return base, bold + (1 if is_changed else 2)
        rest = frozenset(filter(self._is_rival, present)) - self.ours
        if len(rest) == 1 and (len(self.ours) > 1 or self.statement.form == "compared"):
            return rest, bold + 2
        if self.statement.form == "compared" and self.statement.sense != "equal":
            return rest, bold + (3 if self.statement.sense in {"better", "worse"} else 5)
        return frozenset(), 0

    def open_rivals(self, labels: Sequence[str]) -> frozenset[str]:
        """The names that take part in an open contest with the subjects: others, and no variants of them."""
        return frozenset(label for label in labels if self._is_rival(label) and not self._is_variant(label))

    def _compares_with_the_unknown(self) -> bool:
        """Whether it says with what it compares, and the table has nothing of that name: ``than our earlier model``."""
        if self.statement.objects_at < 0 or self.others or self.statement.form != "compared":
            return False
        return _BASE.search(self.clause.text, self.statement.objects_at) is None

    def _is_rival(self, label: str) -> bool:
        """Whether a name takes part in the contest: no human, no sum, and of two methods of the paper only one."""
        return not _NO_RIVAL.search(label) and not (OURS.search(label) and any(map(OURS.search, self.ours)))

    def _is_variant(self, label: str) -> bool:
        """Whether a name is ours or a variant of it: ``Gullwing + tides`` is no rival of Gullwing."""
        words = set(key(label))
        return label in self.ours or any(set(key(each)) <= words for each in self.ours if key(each))

    def pair(self, cells: Sequence[Cell], rivals: frozenset[str]) -> Iterator[Pair]:
        """Our cells with those of each rival that stand for the same in all other ways, as far as it has them."""
        by_label: dict[str, list[Cell]] = {}
        for cell in cells:
            if self._direction(cell):
                by_label.setdefault(cell.labels.get(self.dimension, ""), []).append(cell)
        ours = [cell for label in by_label if label in self.ours for cell in by_label[label]]
        theirs = [cell for label in by_label if label in rivals for cell in by_label[label]]
        matched = [each for each in self._matched if _share(each, ours, theirs)]
        for first in ours:
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

    def pair_groups(self, rivals: frozenset[str]) -> Iterator[Pair]:
        """The best of our rows in each column, with every one of theirs: ``our models outperform the baselines``."""
        columns: dict[int, tuple[list[Cell], list[Cell]]] = {}
        for cell in self.cells():
            section = cell.labels.get("section", "")
            if self._direction(cell) and section in self.ours | rivals:
                columns.setdefault(cell.column, ([], []))[section in rivals].append(cell)
        for ours, theirs in columns.values():
            if ours and theirs:
                best = max(ours, key=partial(self.advantage, second=theirs[0]))
                yield from ((best, each) for each in theirs)

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

    def advantage(self, first: Cell, second: Cell) -> float:
        """How far the first of two figures is ahead, as the statement's main word has it."""
        return float(first.value - second.value) * self._direction(first)

    def _direction(self, cell: Cell) -> int:
        """1 where the statement says that a figure is the higher one, -1 where the lower, 0 where that is unknown."""
        direction = -1 if self.statement.sense in {"worse", "down"} else 1
        if self.statement.sense in {"better", "worse"} or not self._says_what_is_high:
            is_less = self.table.less_is_better(cell)
            return 0 if is_less is None else -direction if is_less else direction
        return direction

    @property
    def _says_what_is_high(self) -> bool:
        """Whether it names a metric, so that *higher* is meant of its figures: ``a lower reconstruction error``."""
        names_metric = any(each.dimension == self.table.metric_dimension for each in self.scope)
        after = self.clause.text[self.statement.end :][:_NOUN]
        return names_metric or bool(find_metrics(self.clause.text)) or less_is_better(after)


def is_summary(cell: Cell) -> bool:
    """Whether a cell sums up others: one of an average, or of all."""
    return any(_SUMMARY.fullmatch(label) for label in cell.labels.values())


def _share(dimension: str, ours: Sequence[Cell], theirs: Sequence[Cell]) -> bool:
    """Whether two groups of cells have a name in common there; rows that are numbered or grouped by kind have none."""
    names = {cell.labels.get(dimension) for cell in ours}
    return any(cell.labels.get(dimension) in names for cell in theirs)


def _is_ours(cell: Cell) -> bool:
    return any(OURS.search(label) for label in cell.labels.values())


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


_NOUN = 30
_SUMMARY = re.compile(r"(?:overall|o|avg\.?|average|all|mean)", re.IGNORECASE)
_NO_RIVAL = re.compile(
    r"\b(?:human|references?|oracle|gold|upper bound|ground[- ]truth|skyline|topline|impv|improvement|total|all|"
    r"average|avg|Δ|delta)\b",
    re.IGNORECASE,
)
_BASE = re.compile(r"\b(?:baselines?|full|original|vanilla|standard|base|none|no|default|plain)\b", re.IGNORECASE)
