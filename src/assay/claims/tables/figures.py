"""Judges the figures of a sentence by a table: in whose cell does each stand, between which cells is it the change?"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import permutations, product

from assay.claims.numbers.quantities import Quantity, quantities
from assay.claims.numbers.sorts import Sort
from assay.claims.tables.comparisons import Clause
from assay.claims.tables.limits import unknown_scope
from assay.claims.tables.metrics import less_is_better
from assay.claims.tables.names import GENERIC, Mention, key
from assay.claims.tables.reading import UNDECIDED, Reading, Verdict
from assay.claims.tables.table import Cell, Table


def judge_figures(reading: Reading) -> Iterator[Verdict]:
    """The verdicts on the figures of a sentence, in order; undecided ones too."""
    for quantity in quantities(reading.sentence):
        is_name = any(each.start < quantity.end and quantity.start < each.end for each in reading.mentions)
        if quantity.sort is Sort.FIGURE and not is_name and not _is_no_result(reading.sentence, quantity):
            yield _judge(reading, quantity)


def judge_figure(sentence: str, start: int, table: Table, *, own: str = "") -> Verdict:
    """The verdict on one figure of a sentence: is it the cell, or the change between cells, of what the sentence names?

    Args:
        sentence: one English sentence.
        start: where the figure begins in it.
        table: the table that the sentence may speak of.
        own: what the paper calls its own method; empty if that is not known.
    """
    for quantity in quantities(sentence):
        if quantity.start <= start < quantity.end:
            verdict = _judge(Reading(sentence, table, own), quantity)
            return replace(verdict, quote=table.quote(verdict.cells)) if verdict.cells else verdict
    return UNDECIDED


def judge_changes(reading: Reading, verdict: Verdict) -> Verdict:
    """What the figures of a clause say of the cells that its statement compares: by 4.3 points, or by another number.

    A statement that is supported is contradicted where the two cells are as far apart as no figure says; where it
    compares several, it is bolder to support.
    """
    clause = next((each for each in reading.clauses if each.start == verdict.clause), None)
    if clause is None or verdict.state != "supported" or not verdict.pairs:
        return verdict
    for quantity in quantities(reading.sentence):
        figure = _Figure(reading, clause, quantity)
        is_here = clause.start <= quantity.start < clause.end and quantity.sort is Sort.FIGURE
        if not is_here or not figure.is_change or any(figure.is_change_of(*pair) for pair in verdict.pairs):
            continue
        if len(verdict.pairs) == 1:
            if not figure.is_of_no_other(*verdict.pairs[0]):
                return UNDECIDED
            last, first = verdict.pairs[0]
            why = f"from {first.text} to {last.text}"
            return replace(verdict, state="contradicted", why=why, boldness=verdict.boldness + 1)
        return replace(verdict, boldness=verdict.boldness + 2)
    return verdict


def _judge(reading: Reading, quantity: Quantity) -> Verdict:
    clause = next((each for each in reading.clauses if each.start <= quantity.start < each.end), None)
    if clause is None:
        return UNDECIDED
    return _Figure(reading, clause, quantity).judge()


_P_VALUE = re.compile(r"\bp\s?[<>=≤]\s?$|\bp-value\D{0,12}$|[Tt]ables? (?:\d+ and )?$|\b(?:top|k)[ -]?=?$")
_CHANGE_BEFORE = re.compile(
    r"(?:\b(?:by|improvements?|gains?|increases?|drops?|decreases?|differences?|boosts?|boosted|reductions?|margin|"
    r"degradation|decline|gap)\b"
    r"(?:\s(?:of|by|is|up to|over|about|around|only|more than|at least|as much as|an?|absolute|accuracy|overall|"
    r"average|nearly|almost|difference)){0,4}\s?[(+]?$)|\+$"
)
_CHANGE_AFTER = re.compile(
    r"^\s?(?:[\w-]+ ){0,3}?(?:\(?absolute\)? )?(?:points?|percentage|improvements?|gains?|increases?|drops?|"
    r"decreases?|error reduction|reductions?|degradation|differences?|higher|lower|better|worse|boost|more|less)\b"
)


def _is_no_result(sentence: str, quantity: Quantity) -> bool:
    """Whether a number is a p-value, the number of a table, or a small count."""
    before = sentence[max(0, quantity.start - 30) : quantity.start]
    is_small = not quantity.unit and quantity.high < 10 and quantity.high == quantity.high.to_integral_value()
    return _P_VALUE.search(before) is not None or (is_small and "." not in sentence[quantity.start : quantity.end])


@dataclass(frozen=True)
class _Figure:
    reading: Reading
    clause: Clause
    quantity: Quantity

    def judge(self) -> Verdict:
        """The verdict on it."""
        if self.is_change:
            return self._judge_change()
        return self._judge_value()

    @property
    def _before(self) -> str:
        return self.reading.sentence[self.clause.start : self.quantity.start]

    @property
    def _after(self) -> str:
        return self.reading.sentence[self.quantity.end : self.clause.end]

    @property
    def is_change(self) -> bool:
        """Whether the words around the figure call it a change."""
        return self.quantity.unit == "points" or bool(
            _CHANGE_BEFORE.search(self._before) or _CHANGE_AFTER.match(self._after)
        )

    @property
    def _grain(self) -> float:
        digits = re.search(r"\.(\d+)", self.reading.sentence[self.quantity.start : self.quantity.end])
        return 10.0 ** -len(digits[1]) if digits else 1.0

    def _matches(self, value: float, *, loose: float = 0.5) -> bool:
        """Whether a value of the table is the figure, rounded as the sentence rounds."""
        low, high = float(self.quantity.low), float(self.quantity.high)
        slack = self._grain * loose * 1.001
        return any(low - slack <= abs(each) <= high + slack for each in self._scales(value))

    def _scales(self, value: float) -> list[float]:
        if self.quantity.unit == "%" and abs(value) <= 1:
            return [value, value * 100]
        if (
            not self.quantity.unit
            and abs(float(self.quantity.high)) < 1
            and "." in self.reading.sentence[self.quantity.start : self.quantity.end]
            and abs(value) > 1
        ):
            return [value, value / 100]
        return [value]

    def _tied(self) -> list[Mention]:
        """The names right beside the figure: ``an F1 of 77.5``, ``P=0.59 in DF``, ``80% P@1``."""
        sentence = self.reading.sentence
        tied = []
        for mention in self.reading.inside(self.clause.start, self.clause.end):
            is_one_of_two = _VERSUS.match(sentence, self.quantity.end)
            between = sentence[mention.end : self.quantity.start]
            if mention.end <= self.quantity.start and not is_one_of_two and _OF.fullmatch(between):
                tied.append(mention)
            if mention.start >= self.quantity.end and (
                _ARE.fullmatch(sentence[self.quantity.end : mention.start])
                or _BESIDE.fullmatch(sentence[self.quantity.end : mention.start])
            ):
                tied.append(mention)
        return tied

    def _scope(self) -> tuple[dict[str, set[str]], int]:
        """The names of each dimension that the figure may be of; those beside it before others of their dimension."""
        inside = self.reading.inside(self.clause.start, self.clause.end)
        ordered = self._in_order(inside)
        tied = [*ordered, *(each for each in self._tied() if all(each.dimension != one.dimension for one in ordered))]
        dimensions = {mention.dimension for mention in tied}
        named = [*tied, *(each for each in inside if each.dimension not in dimensions)]
        taken = {each.dimension for each in named}
        named += [
            each
            for each in self.reading.own_mentions(self.clause.start, self.clause.end)
            if each.dimension not in taken
        ]
        scope: dict[str, set[str]] = {}
        for mention in named:
            scope.setdefault(mention.dimension, set()).update(mention.labels)
        several = any(
            len({each.labels for each in named if each.dimension == dimension and each not in tied}) > 1
            for dimension in scope
        )
        return scope, max((each.boldness for each in named), default=0) + several

    def _in_order(self, mentions: Sequence[Mention]) -> list[Mention]:
        """The name that goes with the figure by its place: ``A and B reach 70.0 and 61.0, respectively``."""
        if "respectively" not in self.reading.sentence[self.clause.start :]:
            return []
        figures = [each.start for each in self._figures_beside]
        lists = [[each for each in mentions if each.dimension == one] for one in {each.dimension for each in mentions}]
        if self.quantity.start not in figures:
            return []
        place = figures.index(self.quantity.start)
        return [names[place] for names in lists if len(names) == len(figures) > 1]

    @property
    def _figures_beside(self) -> list[Quantity]:
        """The figures of its clause, itself among them."""
        return [
            each
            for each in quantities(self.reading.sentence)
            if self.clause.start <= each.start < self.clause.end and each.sort is Sort.FIGURE
        ]

    def _within(self, scope: dict[str, set[str]]) -> list[Cell]:
        return [
            cell
            for cell in self.reading.table.cells
            if all(cell.labels.get(dimension) in labels for dimension, labels in scope.items())
        ]

    def _judge_value(self) -> Verdict:
        scope, bold = self._scope()
        inside = self._within(scope)
        matching = [cell for cell in self.reading.table.cells if self._matches(float(cell.value))]
        if self.quantity.bound == "at least" and inside and len(scope) < len(self.reading.table.dimensions):
            return self._judge_least(inside, bold)
        right = [cell for cell in inside if cell in matching]
        if right and scope and not self._is_only_of_a_rival(right, scope):
            return Verdict("supported", tuple(right), f"{right[0].text} stands there", bold + (len(inside) > _FEW))
        longer = [cell for cell in matching if self._is_longer(cell, scope)]
        if len(longer) == 1:
            for mention in self.reading.inside(self.clause.start, self.clause.end):
                label = longer[0].labels.get(mention.dimension, "")
                if (
                    label
                    and label not in mention.labels
                    and any(each.lower() in label.lower() for each in mention.labels)
                ):
                    self.reading.mean(mention, label)
        if longer:
            return Verdict("supported", tuple(longer), f"{longer[0].text} stands there", bold + 4)
        if self._is_written_finely and self._is_told_fully(scope) and any(map(self._is_as_large_as, inside)):
            return self._judge_wrong(inside, matching, scope, bold)
        return UNDECIDED

    def _judge_wrong(
        self, inside: Sequence[Cell], matching: Sequence[Cell], scope: dict[str, set[str]], bold: int
    ) -> Verdict:
        """The verdict on a figure that stands in no cell of those named: it is of another one, or of none."""
        dimensions = {dimension for dimension, labels in self.reading.table.dimensions.items() if len(labels) > 1}
        is_fully_named = dimensions <= set(scope)
        if matching:
            if len(matching) > _FEW or any(
                cell.text[:1] in "+−-" or self._is_named_too(cell, scope) for cell in matching
            ):
                return UNDECIDED
            why = f"{matching[0].text} is of {_names(matching[0])}"
            bold += (len(inside) > 1) + (len(matching) > 1) + _HALF_NAMED * (not is_fully_named)
            return Verdict("misattributed", tuple(matching), why, bold)
        is_near = any(self._matches(float(cell.value), loose=_CUT_OFF) for cell in inside)
        if is_near or not is_fully_named or len(inside) > _FEW:
            return UNDECIDED
        return Verdict("contradicted", tuple(inside), f"it is {inside[0].text}", bold + 1)

    def _is_told_fully(self, scope: dict[str, set[str]]) -> bool:
        """Whether a sentence says beyond doubt of what its figure is: one exact name in each dimension, and no *if*."""
        if (
            not scope
            or _OTHER_END.search(self._before)
            or _VERSUS.match(self._after)
            or _SUPPOSED.search(self.reading.sentence)
        ):
            return False
        mentions = self.reading.inside(self.clause.start, self.clause.end)
        tied = {each.dimension for each in self._tied()}
        for dimension in scope:
            named = {each.labels for each in mentions if each.dimension == dimension}
            if len(named) > 1 and dimension not in tied:
                return False
        has_two_senses = len({each.start for each in mentions}) < len(mentions)
        return not has_two_senses and not unknown_scope(self.reading, self.clause)

    def _is_named_too(self, cell: Cell, scope: dict[str, set[str]]) -> bool:
        """Whether the sentence also names that by which a cell differs from the names beside the figure."""
        tied = {each.dimension for each in self._tied()}
        words = set(key(self.reading.sentence))
        for dimension, labels in scope.items():
            label = cell.labels.get(dimension, "")
            own = {word for each in labels for word in key(each)}
            if label not in labels and dimension not in tied and (set(key(label)) - own - GENERIC) & words:
                return True
        return False

    @property
    def _is_written_finely(self) -> bool:
        """Whether it has so many digits that it stands in another cell by no accident."""
        return len(re.findall(r"\d", self.reading.sentence[self.quantity.start : self.quantity.end])) >= _FINE

    def _is_as_large_as(self, cell: Cell) -> bool:
        """Whether it may be a figure of the same thing, by its size."""
        value, theirs = abs(float(self.quantity.high)), abs(float(cell.value))
        return any(each / _SIZE <= value <= each * _SIZE for each in self._scales(theirs))

    def _is_only_of_a_rival(self, cells: Sequence[Cell], scope: dict[str, set[str]]) -> bool:
        """Whether the sentence names no method, as of the paper's own, and no cell is of that."""
        own = self.reading.own_labels()
        dimensions = {dimension for dimension, _ in own}
        return (
            bool(own)
            and not dimensions & set(scope)
            and not any(pair in own for cell in cells for pair in cell.labels.items())
        )

    def _judge_least(self, cells: Sequence[Cell], bold: int) -> Verdict:
        lowest = min(cells, key=lambda cell: cell.value)
        scale = 100 if self.quantity.unit == "%" and all(abs(cell.value) <= 1 for cell in cells) else 1
        holds = float(lowest.value) * scale >= float(self.quantity.low) - self._grain / 2
        is_all = _LEAST.search(self._before) is not None
        if not holds and not is_all:
            return UNDECIDED
        return Verdict("supported" if holds else "contradicted", (lowest,), f"the lowest is {lowest.text}", bold + 1)

    def _is_longer(self, cell: Cell, scope: dict[str, set[str]]) -> bool:
        """Whether a cell fits the names if a longer one is meant: ``GPT-2 + Multitasking`` where it says GPT-2."""
        return bool(scope) and all(
            any(label.lower() in cell.labels.get(dimension, "").lower() for label in labels)
            for dimension, labels in scope.items()
        )

    def _judge_change(self) -> Verdict:
        """A change is that between two cells of one column, or of one row, both of which the clause names."""
        table = self.reading.table
        mentions = self.reading.inside(self.clause.start, self.clause.end)
        tied = {each.dimension: each.labels for each in self._tied() if each.dimension == table.metric_dimension}
        for dimension in table.dimensions:
            named = [each for each in mentions if each.dimension == dimension]
            exact = [each for each in named if not each.boldness]
            named = exact if len({each.labels for each in exact}) > 1 else named
            groups = list(dict.fromkeys(each.labels for each in named))
            if dimension == table.metric_dimension or len(groups) != 2 or groups[0] & groups[1]:
                continue
            fixed = {
                other: set().union(*(each.labels for each in mentions if each.dimension == other))
                for other in table.dimensions
                if other != dimension and any(each.dimension == other for each in mentions)
            } | {other: set(labels) for other, labels in tied.items()}
            fixed = {other: labels for other, labels in fixed.items() if other != "section"}
            cells = self._within(fixed)
            pairs = [
                (first, second)
                for first, second in product(cells, cells)
                if first.labels.get(dimension) in groups[0]
                and second.labels.get(dimension) in groups[1]
                and (first.column == second.column if dimension.startswith("row") else first.row == second.row)
            ]
            if not pairs:
                # Names that hold only one of the two are no scope: "LSTM-PP (with GloVe-retro initialization)".
                continue
            bold = max((each.boldness for each in named), default=0)
            right = [pair for pair in pairs if self.is_change_of(*pair)]
            if right:
                return Verdict("supported", right[0], f"from {right[0][1].text} to {right[0][0].text}", bold)
            if len(pairs) == 1 and self.is_of_no_other(*pairs[0]):
                return Verdict("contradicted", pairs[0], f"from {pairs[0][1].text} to {pairs[0][0].text}", bold + 1)
        return UNDECIDED

    def is_of_no_other(self, first: Cell, second: Cell) -> bool:
        """Whether it is the only figure of its clause, and no change between others of the two cells' column or row."""
        is_doubtful = _SUPPOSED.search(self.reading.sentence) or _JOINED.search(self.clause.text)
        if len(self._figures_beside) > 1 or is_doubtful or unknown_scope(self.reading, self.clause):
            return False
        is_column = first.column == second.column
        line = [
            cell
            for cell in self.reading.table.cells
            if (cell.column == first.column if is_column else cell.row == first.row)
        ]
        return not any(self.is_change_of(*pair) for pair in permutations(line, 2))

    def is_change_of(self, first: Cell, second: Cell) -> bool:
        """Whether the figure is the change from the second cell to the first, in points or per cent."""
        new, old = float(first.value), float(second.value)
        whole = 100.0 if max(abs(new), abs(old)) > 1 else 1.0
        changes = [new - old]
        if self.quantity.unit == "%":
            changes += [100 * (new - old) / base for base in (old, new, whole - old, whole - new) if base]
        if self.quantity.bound == "at least":
            return any(abs(each) >= float(self.quantity.low) for each in changes[:1])
        loose = 1.0 if less_is_better(self.reading.table.metric(first)) or self.quantity.unit == "%" else 0.5
        return any(self._matches(each, loose=loose) for each in changes)


_LEAST = re.compile(r"\b(?:a minimum of|never (?:\w+ ){0,2}(?:below|under)|no (?:\w+ )?(?:below|under))\s?$")
_JOINED = re.compile(r"\b(?:combin\w+|ensembl\w+|merg\w+|fusion|mixture|stacking|joining)\b")
_VERSUS = re.compile(r"%?\s(?:vs\.?|versus|compared)\s")
_SUPPOSED = re.compile(r"\b(?:if|would|could|assum\w+|respectively|expected|perfect)\b")
_FINE = 3
_SIZE = 3
_FEW = 2
_HALF_NAMED = 4
_CUT_OFF = 2.0
_OTHER_END = re.compile(r"\b(?:vs\.?|versus|than|compared (?:to|with)|from|over|against|to)\s(?:\w+\s){0,3}?[(~]?$")
_OF = re.compile(
    r"\s?[=:(]?\s?(?:(?:of|at|by|is|was|to|up|about|around|only|reaching|scores?|values?|with|a|an|from|rate|"
    r"accuracy)\s){0,4}[(~+]?"
)
_ARE = re.compile(r"\s?(?:\w+\s)?(?:\([^)]*\)\s)?(?:are|is|were)\s(?:the\s)?")
_BESIDE = re.compile(r"\s?(?:\(|in\s|on\s|for\s|of\s|in terms of\s)?(?:the\s)?")


def _names(cell: Cell) -> str:
    return ", ".join(cell.labels.values())
