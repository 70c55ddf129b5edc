"""A figure of a sentence beside a table: which cells it fits, and of which names the sentence says that it is."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from assay.claims.numbers.quantities import Quantity, quantities
from assay.claims.numbers.sorts import Sort
from assay.claims.tables.clauses import Clause
from assay.claims.tables.limits import unknown_scope
from assay.claims.tables.names import Mention
from assay.claims.tables.reading import Reading
from assay.claims.tables.table import Cell

Scope = Mapping[str, set[str]]
"""Of each dimension, the names that something may be of."""


@dataclass(frozen=True)
class Figure:
    """A figure and the clause that it stands in."""

    reading: Reading
    clause: Clause
    quantity: Quantity

    @property
    def written(self) -> str:
        """It as it is written."""
        return self.reading.sentence[self.quantity.start : self.quantity.end]

    @property
    def before(self) -> str:
        """The words of its clause before it."""
        return self.reading.sentence[self.clause.start : self.quantity.start]

    @property
    def after(self) -> str:
        """The words of its clause behind it."""
        return self.reading.sentence[self.quantity.end : self.clause.end]

    @property
    def mentions(self) -> list[Mention]:
        """The names in its clause."""
        return self.reading.inside(self.clause.start, self.clause.end)

    @property
    def is_change(self) -> bool:
        """Whether the words around it call it a change."""
        is_called_so = _CHANGE_BEFORE.search(self.before) or _CHANGE_AFTER.match(self.after)
        return self.quantity.unit == "points" or is_called_so is not None

    @property
    def is_written_finely(self) -> bool:
        """Whether it has so many digits that it stands in another cell by no accident."""
        return len(re.findall(r"\d", self.written)) >= _FINE

    @property
    def grain(self) -> float:
        """The smallest step by which it could differ, as it is written: 0.1 of 77.5."""
        digits = re.search(r"\.(\d+)", self.written)
        return 10.0 ** -len(digits[1]) if digits else 1.0

    def matches(self, value: float, *, loose: float = 0.5) -> bool:
        """Whether a value of the table is the figure, rounded as the sentence rounds."""
        low, high = float(self.quantity.low), float(self.quantity.high)
        slack = self.grain * loose * 1.001
        return any(low - slack <= abs(each) <= high + slack for each in self._scales(value))

    def is_as_large_as(self, cell: Cell) -> bool:
        """Whether it may be a figure of the same thing, by its size."""
        value, theirs = abs(float(self.quantity.high)), abs(float(cell.value))
        return any(each / _SIZE <= value <= each * _SIZE for each in self._scales(theirs))

    def _scales(self, value: float) -> list[float]:
        """A value of the table as it may be written: a share as a percentage, and a percentage as a share."""
        if self.quantity.unit == "%" and abs(value) <= 1:
            return [value, value * 100]
        is_share = not self.quantity.unit and abs(float(self.quantity.high)) < 1 and "." in self.written
        return [value, value / 100] if is_share and abs(value) > 1 else [value]

    def within(self, scope: Scope) -> list[Cell]:
        """The cells of the table within a scope."""
        return [
            cell
            for cell in self.reading.table.cells
            if all(cell.labels.get(dimension) in labels for dimension, labels in scope.items())
        ]

    @cached_property
    def tied(self) -> list[Mention]:
        """The names right beside it: ``an F1 of 77.5``, ``P=0.59 in DF``, ``80% P@1``."""
        sentence, start, end = self.reading.sentence, self.quantity.start, self.quantity.end
        is_one_of_two = _VERSUS.match(sentence, end)
        return [
            each
            for each in self.mentions
            if (each.end <= start and not is_one_of_two and _OF.fullmatch(sentence[each.end : start]))
            or (each.start >= end and _TO_NAME.fullmatch(sentence[end : each.start]))
        ]

    @cached_property
    def scope(self) -> dict[str, set[str]]:
        """The names of each dimension that it may be of; those beside it before others of their dimension."""
        scope: dict[str, set[str]] = {}
        for mention in (*self._meant, *self._others):
            scope.setdefault(mention.dimension, set()).update(mention.labels)
        return scope

    @property
    def boldness(self) -> int:
        """How bold it is to take it for a figure of its scope."""
        others = {
            dimension: {each.labels for each in self._others if each.dimension == dimension} for dimension in self.scope
        }
        is_one_of_several = any(len(names) > 1 for names in others.values())
        return max((each.boldness for each in (*self._meant, *self._others)), default=0) + is_one_of_several

    @property
    def _meant(self) -> list[Mention]:
        """The names that it goes with by its place, or that stand beside it."""
        ordered = self._in_order()
        return [*ordered, *(each for each in self.tied if all(each.dimension != one.dimension for one in ordered))]

    @property
    def _others(self) -> list[Mention]:
        """The names of its clause in other dimensions."""
        dimensions = {each.dimension for each in self._meant}
        return [each for each in self.mentions if each.dimension not in dimensions]

    def _in_order(self) -> list[Mention]:
        """The names that go with it by its place: ``A and B reach 70.0 and 61.0, respectively``."""
        if "respectively" not in self.reading.sentence[self.clause.start :]:
            return []
        figures = [each.quantity.start for each in figures_of(self.reading, self.clause)]
        if self.quantity.start not in figures:
            return []
        place = figures.index(self.quantity.start)
        dimensions = dict.fromkeys(each.dimension for each in self.mentions)
        lists = [[each for each in self.mentions if each.dimension == dimension] for dimension in dimensions]
        return [names[place] for names in lists if len(names) == len(figures) > 1]

    @property
    def is_told_fully(self) -> bool:
        """Whether a sentence says beyond doubt of what it is: one exact name in each dimension, and no *if*."""
        is_doubtful = _OTHER_END.search(self.before) or _VERSUS.match(self.after) or self.is_supposed
        if not self.scope or is_doubtful:
            return False
        tied = {each.dimension for each in self.tied}
        for dimension in self.scope:
            if (
                dimension not in tied
                and len({each.labels for each in self.mentions if each.dimension == dimension}) > 1
            ):
                return False
        has_two_senses = len({each.start for each in self.mentions}) < len(self.mentions)
        return not has_two_senses and not unknown_scope(self.reading, self.clause)

    @property
    def is_supposed(self) -> bool:
        """Whether the sentence only supposes it, or may give it to another name: ``would``, ``respectively``."""
        return _SUPPOSED.search(self.reading.sentence) is not None


def figures_of(reading: Reading, clause: Clause) -> list[Figure]:
    """The figures of a clause."""
    return [
        Figure(reading, clause, quantity)
        for quantity in quantities(reading.sentence)
        if clause.start <= quantity.start < clause.end and quantity.sort is Sort.FIGURE
    ]


_FINE = 3
_SIZE = 3
_CHANGE_BEFORE = re.compile(
    r"(?:\b(?:by|improvements?|gains?|increases?|drops?|decreases?|differences?|boosts?|boosted|reductions?|margin|"
    r"degradation|decline|gap)\b"
    r"(?:\s(?:of|by|is|up to|over|about|around|only|more than|at least|as much as|an?|absolute|accuracy|overall|"
    r"average|nearly|almost|difference)){0,4}\s?[(+]?$|\+$)"
)
_CHANGE_AFTER = re.compile(
    r"^\s?(?:[\w-]+ ){0,3}?(?:\(?absolute\)? )?(?:points?|percentage|improvements?|gains?|increases?|drops?|"
    r"decreases?|error reduction|reductions?|degradation|differences?|higher|lower|better|worse|boost|more|less)\b"
)
_VERSUS = re.compile(r"%?\s(?:vs\.?|versus|compared)\s")
_SUPPOSED = re.compile(r"\b(?:if|would|could|assum\w+|respectively|expected|perfect)\b")
_OTHER_END = re.compile(r"\b(?:vs\.?|versus|than|compared (?:to|with)|from|over|against|to)\s(?:\w+\s){0,3}?[(~]?$")
_OF = re.compile(
    r"\s?[=:(]?\s?(?:(?:of|at|by|is|was|to|up|about|around|only|reaching|scores?|values?|with|a|an|from|rate|"
    r"accuracy)\s){0,4}[(~+]?"
)
_TO_NAME = re.compile(
    r"\s?(?:\w+\s)?(?:\([^)]*\)\s)?(?:are|is|were)\s(?:the\s)?"
    r"|\s?(?:\(|in\s|on\s|for\s|of\s|in terms of\s)?(?:the\s)?"
)
