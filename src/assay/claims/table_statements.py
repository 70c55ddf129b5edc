"""Looks into a table whether a statement holds: who is ahead of whom, who is first, what goes up when what changes."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assay.claims.comparisons import Clause, Statement
from assay.claims.metric_words import find_metrics, is_score, less_is_better
from assay.claims.table_names import Mention, key, same_metric
from assay.claims.table_reading import OURS, UNDECIDED, Reading, TableState, Verdict
from assay.claims.tables import Cell, Table


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
        if not self._has_its_metric():
            return UNDECIDED
        if self.statement.form == "extreme":
            return self._rank()
        rivals, bold = self._rivals()
        named = frozenset(label for each in self.objects for label in each.labels)
        if not rivals or named & self.ours:
            return UNDECIDED
        pairs = list(self._pairs(self._cells(), rivals))
        if not pairs:
            bold += 1
            columns = tuple(each for each in self.scope if each.dimension.startswith("column"))
            pairs = list(replace(self, scope=columns)._pairs(replace(self, scope=columns)._cells(), rivals))
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

    def _cells(self) -> list[Cell]:
        """The cells within the scope."""
        by_dimension: dict[str, set[str]] = {}
        for mention in self.scope:
            by_dimension.setdefault(mention.dimension, set()).update(mention.labels)
        names_metric = self.table.metric_dimension in by_dimension
        scores = [cell for cell in self.table.cells if names_metric or is_score(self.table.metric(cell))]
        cells = _within(scores, by_dimension)
        if not any(cell.labels.get(self.dimension) in self.ours for cell in cells):
            # Names in other columns of names tell one side of a comparison only: "(with GloVe)".
            cells = _within(
                scores, {each: labels for each, labels in by_dimension.items() if each.startswith("column")}
            )
        if re.search(r"\b[Oo]verall\b|\bon average\b", self.clause.text):
            summary = [cell for cell in cells if any(_OVERALL.fullmatch(label) for label in cell.labels.values())]
            return summary if any(cell.labels.get(self.dimension) in self.ours for cell in summary) else cells
        return cells

    def _rivals(self) -> tuple[frozenset[str], int]:
        """With whom the subjects are compared, and how bold that is."""
        present = tuple(dict.fromkeys(label for cell in self._cells() if (label := cell.labels.get(self.dimension))))
        rivals = self.theirs
        if self.others:
            firsts = {key(label)[:1] for label in self.ours}
            rivals |= {
                label
                for label in present
                if label not in self.ours and self._is_rival(label) and key(label)[:1] not in firsts
            }
        if rivals:
            return rivals, self.boldness
        if self.statement.form == "changed" or self.statement.sense in {"better", "worse"}:
            if base := _base_of(self.ours, present):
                return base, self.boldness + (self.statement.form != "changed")
        rest = frozenset(present) - self.ours
        if len(rest) == 1 and (len(self.ours) > 1 or self.statement.form == "compared"):
            return rest, self.boldness + 1
        if self.statement.form == "compared" and self.statement.sense != "equal":
            return frozenset(filter(self._is_rival, rest)), self.boldness + 2
        return frozenset(), 0

    def _is_rival(self, label: str) -> bool:
        """Whether a name takes part in the contest: no human, no sum, and of two methods of the paper only one."""
        return not _NO_RIVAL.search(label) and not (OURS.search(label) and any(map(OURS.search, self.ours)))

    def _rank(self) -> Verdict:
        cells = self._cells()
        labels = {cell.labels.get(self.dimension, "") for cell in cells}
        rivals = frozenset(label for label in labels if label and self._is_rival(label)) - self.ours
        if not rivals:
            return UNDECIDED
        groups: dict[tuple[str, ...], list[tuple[Cell, Cell]]] = {}
        others = [dimension for dimension in self.table.dimensions if dimension != self.dimension]
        for first, second in self._pairs(cells, rivals):
            where = tuple(first.labels.get(dimension, "") for dimension in others)
            groups.setdefault(where, []).append((first, second))
        if self.statement.rank == 2:
            return self._decide_second(list(groups.values()))
        if len(self.ours) > 1:
            # One of several that a word fits is first if the best of them is.
            closest = [
                max((self._worst([pair for pair in pairs if pair[0] is own]) for own in {id(p[0]): p[0] for p in pairs}.values()),
                    key=lambda pair: self._advantage(*pair))
                for pairs in groups.values()
            ]  # fmt: skip
        else:
            closest = [self._worst(pairs) for pairs in groups.values()]
        if self.statement.count:
            return self._decide_count(closest, self.boldness)
        return self._decide(closest, self.boldness, ties_win=True)

    def _decide_second(self, groups: Sequence[Sequence[tuple[Cell, Cell]]]) -> Verdict:
        """Whether one rival is ahead everywhere, and no other: the one that is named, if one is."""
        if len(self.ours) > 1 or not groups:
            return UNDECIDED
        ahead = [[pair for pair in pairs if self._advantage(*pair) < 0] for pairs in groups]
        named = self.theirs
        fits = [len(pairs) == 1 and (not named or pairs[0][1].labels.get(self.dimension) in named) for pairs in ahead]
        if any(fits) and not all(fits):
            return UNDECIDED
        cells = tuple(cell for pairs in groups for pair in pairs for cell in pair)
        return self._verdict(holds=all(fits), cells=cells, why=f"{len(ahead[0])} ahead of it", bold=self.boldness)

    def _decide_count(self, pairs: Sequence[tuple[Cell, Cell]], bold: int) -> Verdict:
        """Whether it is so in as many cases as the statement says; undecided where the table has not as many cases."""
        said, of = self.statement.count or (0, 0)
        cases: dict[int, list[tuple[Cell, Cell]]] = {}
        for pair in pairs:
            cases.setdefault(id(pair[0]), []).append(pair)
        if len(cases) != of:
            return UNDECIDED
        so = sum(all(self._advantage(*pair) > 0 for pair in case) for case in cases.values())
        cells = tuple(cell for pair in pairs for cell in pair)
        return self._verdict(holds=so == said, cells=cells, why=f"so in {so} of {of}", bold=bold)

    def _worst(self, pairs: Sequence[tuple[Cell, Cell]]) -> tuple[Cell, Cell]:
        return min(pairs, key=lambda pair: self._advantage(*pair))

    def _pairs(self, cells: Sequence[Cell], rivals: frozenset[str]) -> Iterator[tuple[Cell, Cell]]:
        """Our cells with those of each rival that stand for the same in all other ways, as far as the rival has them."""
        own = [cell for cell in cells if cell.labels.get(self.dimension) in self.ours]
        theirs = [cell for cell in cells if cell.labels.get(self.dimension) in rivals]
        for first in own:
            for label in sorted(rivals):
                same = [
                    cell
                    for cell in theirs
                    if cell.labels.get(self.dimension) == label
                    and all(first.labels.get(each) == cell.labels.get(each) for each in self._matched)
                    and not (self.others and _is_ours(first) and _is_ours(cell))
                ]
                likeness = [
                    sum(first.labels.get(each) == cell.labels.get(each) for each in self.table.dimensions)
                    for cell in same
                ]
                yield from ((first, cell) for cell, alike in zip(same, likeness, strict=True) if alike == max(likeness))

    @property
    def _matched(self) -> list[str]:
        """The dimensions in which two cells must be alike to be compared: columns, and names to the left of those compared."""
        is_row = self.dimension.startswith("row")
        return [
            each
            for each in self.table.dimensions
            if each != self.dimension
            and (each.startswith("column") or (each.startswith("row") and (each < self.dimension or not is_row)))
        ]

    def _advantage(self, first: Cell, second: Cell) -> float:
        """How far the first of two figures is ahead, as the statement's main word has it."""
        ahead = float(first.value - second.value)
        sense = self.statement.sense
        names_metric = any(each.dimension == self.table.metric_dimension for each in self.scope)
        names_metric = names_metric or bool(find_metrics(self.clause.text))
        if (sense in {"better", "worse"} or not names_metric) and less_is_better(self.table.metric(first)):
            ahead = -ahead
        return -ahead if sense in {"worse", "down"} else ahead

    def _decide(self, pairs: Sequence[tuple[Cell, Cell]], bold: int, *, ties_win: bool = False) -> Verdict:
        """A verdict by how many pairs of cells agree with the statement."""
        if not pairs:
            return UNDECIDED
        if len(self.ours) == 1 and any(self._fails(group) for group in self._groups(pairs)):
            cells = tuple(cell for pair in pairs for cell in pair)
            return self._verdict(holds=False, cells=cells, why="one of those named is not so", bold=bold + 1)
        advantages = [self._advantage(*pair) for pair in pairs]
        ahead = sum(each > 0 or (ties_win and each == 0) for each in advantages)
        behind = sum(each < 0 for each in advantages)
        total = len(pairs)
        universal = self.statement.quantifier == "all"
        if ahead == total:
            holds = True
        elif behind == total:
            holds = False
        elif self.clause.excepts:
            return UNDECIDED
        elif self.statement.quantifier == "most":
            holds = ahead * 2 > total
        elif universal and behind:
            holds, bold = False, bold + 1
        elif ahead == 0 == behind:
            holds, bold = False, bold + 1
        elif 0 in {ahead, behind}:
            holds, bold = ahead > 0, bold + 1
        elif ahead >= _MOST * total:
            holds, bold = True, bold + 2
        elif behind >= _MOST * total:
            holds, bold = False, bold + 2
        else:
            return UNDECIDED
        cells = tuple(cell for pair in pairs for cell in pair)
        why = f"{', '.join(sorted(self.ours))}: so in {ahead} of {total} comparisons"
        return self._verdict(holds=holds, cells=cells, why=why, bold=bold)

    def _verdict(self, *, holds: bool, cells: tuple[Cell, ...], why: str, bold: int) -> Verdict:
        if self.statement.hedged and self.statement.negated:
            bold += 2
        state: TableState = "supported" if holds != self.statement.negated else "contradicted"
        return Verdict(state, cells, why, bold + 2 * self.clause.excepts)

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
        holds = max(apart) <= _ALIKE
        cells = tuple(cell for pair in pairs for cell in pair)
        state: TableState = "supported" if holds != self.statement.negated else "contradicted"
        return Verdict(state, cells, f"they are up to {max(apart):.1%} apart", bold + 2)


def _is_ours(cell: Cell) -> bool:
    return any(OURS.search(label) for label in cell.labels.values())


def _within(cells: Sequence[Cell], names: Mapping[str, set[str]]) -> list[Cell]:
    return [cell for cell in cells if all(cell.labels.get(dimension) in labels for dimension, labels in names.items())]


_MOST = 0.75
_ALIKE, _APART = 0.02, 0.05
_OVERALL = re.compile(r"(?:overall|o|avg\.?|average|all|mean)", re.IGNORECASE)
_NO_RIVAL = re.compile(
    r"\b(?:human|oracle|gold|upper bound|ground[- ]truth|skyline|topline|impv|improvement|total|all|average|avg|Δ|delta)\b",
    re.I,
)
_BASE = re.compile(r"\b(?:baselines?|full|original|vanilla|standard|base|none|no|default|plain)\b", re.IGNORECASE)


def _base_of(ours: frozenset[str], present: Sequence[str]) -> frozenset[str]:
    """What the subjects are variants of: the name without the part that was added, or the one that says it is the base."""
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


def ask(reading: Reading, clause: Clause, statement: Statement, previous: Sequence[Mention]) -> Question | None:
    """Tell who is compared with whom, and within what; None where nobody is."""
    sentence, metric = reading.sentence, reading.table.metric_dimension
    at = clause.start + statement.start
    after = clause.start + statement.objects_at if statement.objects_at >= 0 else clause.end
    inside = reading.inside(clause.start, clause.end)
    mentions = [mention for mention in inside if mention.dimension != metric]
    if statement.form == "compared" and _compares_metrics(inside, metric, clause.start, at, after):
        metric, mentions = "", inside
    metrics = _nearest_metrics([mention for mention in inside if mention.dimension == metric], sentence, at)
    before = [each for each in mentions if each.end <= at]
    behind = [each for each in mentions if each.start >= at]
    objects: list[Mention] = []
    if statement.objects_at >= 0:
        objects = _objects([each for each in mentions if each.start >= after], sentence, after + 3 * statement.passive)
    elif statement.form == "changed" and statement.sense in {"better", "up"}:
        # "ELMo improves the baseline"
        objects = [each for each in behind if each.start - clause.start - statement.end <= _BESIDE and each.labels]
        objects = [each for each in objects if any(each.dimension == other.dimension for other in before)]
    bold = 0
    own_end = clause.start + (
        statement.objects_at if statement.form == "compared" and statement.objects_at >= 0 else statement.start
    )
    subjects = (
        _alike([each for each in mentions if each.end <= after], objects)
        or _free(before, sentence)
        or reading.own_mentions(clause.start, own_end)
    )
    if not subjects and statement.form != "compared":
        subjects = _doers(behind, sentence, clause.start + statement.end)
    if not subjects:
        subjects = [
            each for each in reading.mentions if 0 <= clause.start - each.end <= _WHICH and each.dimension != metric
        ]
    if not subjects and previous:
        subjects, bold = list(previous), 1
    if not subjects:
        subjects, bold = _used(before, sentence), 1
    if statement.form == "compared" and not objects:
        objects = _framed(reading, subjects, metric)
    if statement.passive and objects:
        subjects, objects = objects, subjects
    elif statement.passive:
        statement = replace(statement, sense="worse" if statement.sense == "better" else "better")
    if not subjects:
        return None
    dimension = _dimension(subjects, objects)
    subjects = [each for each in subjects if each.dimension == dimension]
    objects = [each for each in objects if each.dimension == dimension]
    if statement.form == "changed" and _MAIN.search(sentence[:at][-20:]):
        return None
    tail = sentence[after : clause.end]
    others = statement.form == "compared" and statement.objects_at >= 0 and _OTHERS.search(tail) is not None
    used = {each.start for each in (*subjects, *objects)}
    if statement.form == "compared" and statement.sense == "equal" and not objects and len(subjects) > 1:
        subjects, objects = subjects[:1], subjects[1:]
    around = [each for each in mentions if each.start not in used and each.dimension != dimension]
    frame = [
        each
        for each in reading.inside(0, clause.start)
        if each.dimension not in {dimension, metric} and each.boldness == 0
    ]
    if not around and len(reading.clauses) > 0 and _is_frame(sentence, frame):
        around = frame
    named = (*subjects, *objects, *around, *metrics)
    if any(_is_narrowed(each, inside, sentence) for each in (*subjects, *objects)):
        bold += 2
    if any(len(each.labels) > 1 for each in subjects):
        bold += 1
    return Question(
        reading, clause, statement, tuple(subjects), tuple(objects), others, (*around, *metrics),
        bold + max((each.boldness for each in named), default=0),
    )  # fmt: skip


def _compares_metrics(mentions: Sequence[Mention], metric: str, start: int, at: int, after: int) -> bool:
    """Whether a clause compares metrics with each other: ``recall is higher than precision``."""
    behind = [each for each in mentions if each.start >= after]
    before = [each for each in mentions if start <= each.start < at]
    return (
        bool(metric and behind and before)
        and behind[0].dimension == metric
        and behind[0].start - after <= _BESIDE
        and any(each.dimension == metric and not each.labels & behind[0].labels for each in before)
    )


_BESIDE = 12


def _is_narrowed(mention: Mention, mentions: Sequence[Mention], sentence: str) -> bool:
    """Whether words follow a name that make it another thing, which the table does not have: ``DAMD with full labels``."""
    match = re.match(
        r"\s(?:model\s)?(?:with|without|trained|finetuned|fine-tuned)\s(?:\w+\s?){1,2}", sentence[mention.end :]
    )
    if match is None:
        return False
    return not any(mention.end <= each.start < mention.end + match.end() for each in mentions)


_MAIN = re.compile(r"\b(?:main|largest|biggest|greatest|most of the|highest|key)\s$")
_SCOPE = re.compile(
    r"(?:\b(?:on|in|for|under|across|at|within|from|when using|using|with|regarding|by|via|between)|\()\s(?:(?:the|both|all|each|either|this|our|terms|of|\w+(?:ing|al|ed))\s){0,3}$",
    re.IGNORECASE,
)
_USED = re.compile(
    r"\b(?:using|with|use of|via|by|adding|having|from|trained on|based on)\s(?:(?:the|a|our|\w+(?:ing|al|ed))\s){0,3}$"
)
_LISTED = re.compile(r"\s?(?:,|and|or|/|as well as|,\s?and|,\s?or|and the)\s?(?:the\s|even\s|especially\s)*$")
_OTHERS = re.compile(
    r"(?<!\bon )(?<!\bin )(?<!\bfor )(?<!across )\b(?:all|any|every|each|other|others|previous|prior|existing|remaining|competing|baselines|comparisons|the rest|state[- ]of[- ]the[- ]art|competitors?|"
    r"alternatives?)\b"
)
_COMPARISON_FRAME = re.compile(
    r"\b(?:[Cc]ompared (?:to|with)|[Cc]omparing|in comparison (?:to|with)|relative to|versus|vs\.?)\s"
)
_NEAR = 30
_WHICH = 7  # ", which "


def _free(mentions: Sequence[Mention], sentence: str) -> list[Mention]:
    """Those that are spoken of; the others say where: they follow *on*, *for*, *under*."""
    return [each for each in mentions if not _SCOPE.search(sentence[: _list_start(each, mentions, sentence)][-60:])]


def _used(mentions: Sequence[Mention], sentence: str) -> list[Mention]:
    """What somebody used: ``models using BoC``."""
    return [each for each in mentions if _USED.search(sentence[: _list_start(each, mentions, sentence)][-60:])]


def _list_start(mention: Mention, mentions: Sequence[Mention], sentence: str) -> int:
    """Where the list begins that a mention stands in."""
    start = mention.start
    while match := _LISTED.search(sentence[max(0, start - 30) : start]):
        end = max(0, start - 30) + match.start()
        before = [each for each in mentions if each.end == end]
        if not before:
            break
        start = before[0].start
    return start


def _alike(mentions: Sequence[Mention], objects: Sequence[Mention]) -> list[Mention]:
    """The mentions of what the objects are too, rows if they are rows."""
    return [
        each
        for each in mentions
        if any(each.dimension == other.dimension and not each.labels & other.labels for other in objects)
    ]


def _doers(mentions: Sequence[Mention], sentence: str, at: int) -> list[Mention]:
    """Who did it, after a main word: ``is obtained by``, ``using``, ``with``, ``when removing``."""
    for match in re.finditer(r"\b(?:by|using|with|from|when|for|is|are|was)\s(?:the\s|our\s)?", sentence[at:]):
        near = [each for each in mentions if 0 <= each.start - (at + match.end()) <= _NEAR]
        if near:
            return [each for each in mentions if each.dimension == near[0].dimension]
    return []


def _framed(reading: Reading, subjects: Sequence[Mention], metric: str) -> list[Mention]:
    """What is compared with according to another part of the sentence: ``comparing A with B, A is better``."""
    match = _COMPARISON_FRAME.search(reading.sentence)
    if match is None:
        return []
    rest = [each for each in reading.mentions if each.start >= match.start() and each.dimension != metric]
    return [
        each
        for each in rest
        if any(each.dimension == subject.dimension and not each.labels & subject.labels for subject in subjects)
    ]


def _is_frame(sentence: str, mentions: Sequence[Mention]) -> bool:
    """Whether the names before a clause hold for all of the sentence: ``On ToyBench, ...``."""
    return all(_SCOPE.search(sentence[: each.start][-60:]) for each in mentions)


def _nearest_metrics(metrics: Sequence[Mention], sentence: str, at: int) -> list[Mention]:
    """The metrics of a clause: those after the main word with their list, or else all."""
    return list(metrics)


def _objects(mentions: Sequence[Mention], sentence: str, at: int) -> list[Mention]:
    """What is compared with: the first name after the word, and those listed with it."""
    found: list[Mention] = []
    for mention in mentions:
        if found and mention.start != found[-1].start:
            gap = sentence[found[-1].end : mention.start]
            if not _IN_LIST.fullmatch(gap) or _SCOPE.search(gap):
                break
        elif not found and _ELSEWHERE.match(sentence[at : mention.start]):
            break
        found.append(mention)
    return found


_ELSEWHERE = re.compile(
    r"\s?(?!(?:that )?(?:on|in|for|with|by|when using|using|of) )(?=\S).*\b(?:on|in|for|under|across|by) (?:\w+ ){0,3}$"
)
_IN_LIST = re.compile(r"[^,.;]{0,3}(?:,|\band\b|\bor\b|,\s?and|as well as)?[^,.;]{0,24}")


def _dimension(subjects: Sequence[Mention], objects: Sequence[Mention]) -> str:
    """The dimension in which the two stand: the one that both have, or that of the name nearest to the main word."""
    shared = [each.dimension for each in objects if any(each.dimension == subject.dimension for subject in subjects)]
    return shared[0] if shared else subjects[-1].dimension
