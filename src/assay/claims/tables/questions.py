"""Tells of a statement who is compared with whom, and within what: by the order of words and what stands before."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay.claims.tables.clauses import Clause
from assay.claims.tables.comparisons import Statement
from assay.claims.tables.names import Mention
from assay.claims.tables.reading import NO_EXPLETIVE, Reading
from assay.claims.tables.roles import Placed, Role, place
from assay.claims.tables.statements import Question


@dataclass(frozen=True)
class Before:
    """What the part of the sentence before spoke of, with which a part goes on that does not say it anew."""

    subjects: tuple[Mention, ...] = ()
    objects: tuple[Mention, ...] = ()


def ask(reading: Reading, clause: Clause, statement: Statement, before: Before) -> Question | None:
    """Tell who is compared with whom, and within what; None where nobody is.

    Args:
        reading: the sentence and the table.
        clause: the part of the sentence that makes the statement.
        statement: what it says.
        before: what the clause before it spoke of.
    """
    if statement.form == "changed" and _MAIN.search(clause.text[: statement.start]):
        return None
    parts = _Parts.of(reading, clause, statement)
    subjects, objects, bold = _compared(parts, before)
    agents = parts.of_role("agent")
    if statement.passive and agents:
        subjects, objects = agents, subjects
    elif statement.passive:
        statement = replace(statement, sense="worse" if statement.sense == "better" else "better")
    if not subjects and objects and _ALL_OF_THEM.search(clause.text[: statement.start]):
        subjects, bold = [_all_but(objects, reading)], 1
    if not subjects:
        return None
    dimension = _dimension(subjects, objects)
    subjects = [each for each in subjects if each.dimension == dimension]
    objects = [each for each in objects if each.dimension == dimension]
    scope = _scope_of(parts, dimension, {each.start for each in (*subjects, *objects)})
    if statement.sense == "equal" and not objects:
        subjects, objects = subjects[:1], subjects[1:]
    bold += _boldness(parts, subjects, objects, scope)
    tail = reading.sentence[parts.after : clause.end]
    others = statement.form == "compared" and statement.objects_at >= 0 and _OTHERS.search(tail) is not None
    excepted = tuple(each for each in reading.inside(clause.start, clause.end) if _is_excepted(each, clause))
    return Question(reading, clause, statement, tuple(subjects), tuple(objects), others, tuple(scope), bold, excepted)


def _compared(parts: "_Parts", before: Before) -> tuple[list[Mention], list[Mention], int]:
    """Who is spoken of, with whom that is compared, and how bold it is to say so."""
    objects = parts.of_role("object")
    subjects, bold = _subjects_of(parts, objects, before.subjects)
    objects = [each for each in objects if not _is_among(each, subjects)]
    if objects or parts.statement.form != "compared":
        return subjects, objects, bold
    if objects := _framed(parts.reading, subjects, parts.metric):
        return subjects, objects, bold
    if _THEM.match(parts.clause.text[parts.statement.end :]) and before.subjects:
        return subjects, list(before.subjects), bold
    if parts.statement.objects_at < 0:
        objects = _alike([*before.subjects, *before.objects], subjects)  # "A is faster than B, but has a lower recall"
    return subjects, objects, bold + bool(objects)


def _boldness(
    parts: "_Parts", subjects: Sequence[Mention], objects: Sequence[Mention], scope: Sequence[Mention]
) -> int:
    """How bold it is to take the names for what they are taken for."""
    bold = max((each.boldness for each in (*subjects, *objects, *scope)), default=0)
    bold += 2 * any(_is_narrowed(each, parts) for each in (*subjects, *objects))
    if any(_JOINED.search(parts.sentence[max(0, each.start - _NEAR_JOINED) : each.start]) for each in subjects):
        bold += _TOGETHER if len(subjects) > 1 else _TOGETHER // 2
    return bold + any(len(each.labels) > 1 for each in subjects)


def _is_excepted(mention: Mention, clause: Clause) -> bool:
    """Whether a name stands in the exception that a clause makes: ``on all sets but LakeBench``."""
    start = clause.start + clause.except_at
    return (
        clause.except_at >= 0
        and mention.start >= start
        and "," not in clause.text[clause.except_at : mention.start - clause.start]
    )


@dataclass(frozen=True)
class _Parts:
    """A clause, parted by its main word, with the roles of its names."""

    reading: Reading
    clause: Clause
    statement: Statement
    metric: str
    """The dimension of the metrics; empty where metrics are compared with each other."""
    placed: tuple[Placed, ...]
    """The names that are no metric, each with its role."""
    metrics: tuple[Mention, ...]

    @classmethod
    def of(cls, reading: Reading, clause: Clause, statement: Statement) -> "_Parts":
        inside = [
            each
            for each in reading.inside(clause.start, clause.end)
            if not _is_excepted(each, clause) and not _CONDITION.search(reading.sentence[: each.start])
        ]
        placed = place(clause, statement, inside, reading.sentence)
        metric = reading.table.metric_dimension
        if statement.form == "compared" and _compares_metrics(placed, metric):
            metric = ""
        # A clause that names no metric goes on with those of the clause before.
        before = reading.inside(reading.sentence_start(clause), clause.start)
        earlier = [each for each in before if each.dimension == metric]
        metrics = tuple(each for each in inside if each.dimension == metric) or tuple(earlier)
        others = tuple(each for each in placed if each.mention.dimension != metric)
        return cls(reading, clause, statement, metric, others, metrics)

    @property
    def sentence(self) -> str:
        return self.reading.sentence

    @property
    def mentions(self) -> list[Mention]:
        return [each.mention for each in self.placed]

    @property
    def after(self) -> int:
        """From where on the objects stand."""
        at = self.statement.objects_at
        return self.clause.start + at if at >= 0 else self.clause.end

    def of_role(self, *roles: Role, before: bool | None = None) -> list[Mention]:
        """The names in some roles; only those before the main word, or those behind it."""
        return [
            each.mention for each in self.placed if each.role in roles and (before is None or each.is_before == before)
        ]


def _compares_metrics(placed: Sequence[Placed], metric: str) -> bool:
    """Whether a clause compares metrics with each other: ``recall is higher than precision``."""
    objects = [each.mention for each in placed if each.role == "object"]
    subjects = [each.mention for each in placed if each.role == "subject"]
    return (
        bool(metric and objects and subjects)
        and all(each.dimension == metric for each in objects)
        and any(each.dimension == metric and not each.labels & objects[0].labels for each in subjects)
    )


def _subjects_of(parts: _Parts, objects: Sequence[Mention], previous: Sequence[Mention]) -> tuple[list[Mention], int]:
    """Who is spoken of, and how bold it is to say so."""
    heads = parts.of_role("subject")
    measured = heads or parts.metrics
    if objects and measured and not _alike(heads, objects) and (goes_on := _alike(previous, objects)):
        return goes_on, 1  # "Gullwing is faster, but its accuracy on ToyBench is lower than that of TideCache"
    end = min((each.start for each in objects), default=parts.clause.end)
    rest = [each.mention for each in parts.placed if each.role != "object" and each.mention.end <= end]
    by_what = parts.of_role("agent", "means", before=False) if parts.statement.form != "compared" else []
    subjects = (
        _alike(heads, objects)
        or _alike(rest, objects)
        or heads
        or by_what
        or [each for each in parts.reading.mentions if _ends_before(each, parts)]
    )
    if subjects:
        return subjects, 0
    begins = parts.clause.text[: parts.statement.start]
    is_bare = parts.statement.form != "extreme" and _BARE.fullmatch(begins)
    means = parts.of_role("means", before=True)
    if parts.statement.form == "changed" and means:
        return means, 0
    return list(previous if is_bare or _GOES_ON.match(parts.clause.text) else ()) or means, 1


def _all_but(objects: Sequence[Mention], reading: Reading) -> Mention:
    """All names of a dimension but those compared with: ``all models outperform TideCache``."""
    dimension = objects[0].dimension
    theirs = frozenset(label for each in objects for label in each.labels)
    labels = frozenset(reading.table.dimensions[dimension]) - theirs
    return Mention(objects[0].start, objects[0].start, dimension, labels, 0)


def _ends_before(mention: Mention, parts: _Parts) -> bool:
    """Whether a name stands right before the clause: ``Gullwing, which achieves ...``."""
    gap = parts.sentence[mention.end : parts.clause.start]
    return _WHO.fullmatch(gap) is not None and mention.dimension != parts.metric


def _is_among(mention: Mention, others: Sequence[Mention]) -> bool:
    """Whether others name the same."""
    return any(mention.dimension == each.dimension and mention.labels <= each.labels for each in others)


def _alike(mentions: Sequence[Mention], others: Sequence[Mention]) -> list[Mention]:
    """The mentions that can be compared with the others: rows with rows."""
    return [
        each
        for each in mentions
        if any(each.dimension == other.dimension and not each.labels & other.labels for other in others)
    ]


def _framed(reading: Reading, subjects: Sequence[Mention], metric: str) -> list[Mention]:
    """What is compared with according to another part of the sentence: ``comparing A with B, A is better``."""
    match = _COMPARISON_FRAME.search(reading.sentence)
    if match is None:
        return []
    rest = [each for each in reading.mentions if each.start >= match.start() and each.dimension != metric]
    return _alike(rest, subjects)


def _dimension(subjects: Sequence[Mention], objects: Sequence[Mention]) -> str:
    """The dimension in which the two stand: the one that both have, or that of the name nearest to the main word."""
    shared = [each.dimension for each in objects if any(each.dimension == subject.dimension for subject in subjects)]
    return shared[0] if shared else subjects[-1].dimension


def _scope_of(parts: _Parts, dimension: str, used: set[int]) -> list[Mention]:
    """What narrows the statement down: the other names of the clause, or those of the sentence's frame, and metrics."""
    around = [each for each in parts.mentions if each.start not in used and each.dimension != dimension]
    if not around:
        frame = [
            each
            for each in parts.reading.inside(parts.reading.sentence_start(parts.clause), parts.clause.start)
            if each.dimension not in {dimension, parts.metric} and each.boldness == 0
        ]
        before = parts.sentence[: parts.clause.start]
        if where := list(_WHERE.finditer(before, parts.reading.sentence_start(parts.clause))):
            around = [each for each in frame if 0 <= where[-1].start() - each.end < _NEAR]
        elif all(_SCOPE.search(before[max(0, each.start - 60) : each.start]) for each in frame):
            around = frame
    return [*around, *parts.metrics]


def _is_narrowed(mention: Mention, parts: _Parts) -> bool:
    """Whether words make a name another thing, which the table does not have: ``DAMD with full labels``."""
    match = _NARROWING.match(parts.sentence, mention.end)
    if match is None:
        return False
    return not any(mention.end <= each.start < match.end() for each in (*parts.mentions, *parts.metrics))


_WHERE = re.compile(r"\b(?:where|(?:in|on|for) which|which(?= has))\s")
_THEM = re.compile(r"\s(?:than )?(?:it|them|this|that|both|its|these)\b(?! (?:of|in|on|for))")
_ALL_OF_THEM = re.compile(
    r"\b(?:[Aa]ll|[Ee]very|[Ee]ach|[Aa]ny)\b(?: of)?(?: (?:the|our|these|those|other|proposed|tested|evaluated|[\w-]+))"
    r"{0,3}? (?:models?|systems?|methods?|approach(?:es)?|variants?|algorithms?|classifiers?|techniques?|settings?|"
    r"configurations?|strategies|architectures?|networks?)\b"
)
_CONDITION = re.compile(
    r"\b(?:at|with|for|under|given)\s(?:an?\s|the\s)?(?:comparable|similar|same|equal|fewer|less|smaller)\s(?:\w+\s)?$"
)
_NARROWING = re.compile(r"\s(?:model\s)?(?:with|without|trained|finetuned|fine-tuned)\s(?:\w+\s?){1,2}")
_JOINED = re.compile(r"\b(?:combin\w+|ensembl\w+|merg\w+|fusion|mixture|stacking|joining)\b[^,;]*$", re.IGNORECASE)
_MAIN = re.compile(r"\b(?:main|largest|biggest|greatest|most of the|highest|key)\s$")
_ARTICLES = r"(?:(?:the|both|all|each|either|this|our|a|terms|of|\w+(?:ing|al|ed))\s){0,3}"
_SCOPE = re.compile(
    r"(?:\b(?:on|in|for|under|across|at|within|from|when using|using|with|regarding|by|via|between)|\()\s"
    + _ARTICLES
    + "$",
    re.IGNORECASE,
)
_OTHERS = re.compile(
    r"(?<!\bon )(?<!\bin )(?<!\bfor )(?<!across )(?<!of )\b(?:all|any|every|each|other|others|previous|prior|existing|"
    r"remaining|competing|baselines|comparisons|the rest|state[- ]of[- ]the[- ]art|competitors?|alternatives?)\b"
)
_COMPARISON_FRAME = re.compile(
    r"\b(?:[Cc]ompared (?:to|with)|[Cc]omparing|in comparison (?:to|with)|relative to|versus|vs\.?)\s"
)
_NEAR = 30
_NEAR_JOINED = 40
_TOGETHER = 8
_WHO = re.compile(r",?\s(?:which|who|that)\s")
_GOES_ON = re.compile(
    r"\W*(?:also |still |thus |then |even |consistently |significantly |\w+ly )*"
    rf"(?:it{NO_EXPLETIVE}|they|these|this|both|its|their|which|who|is|are|was|were|has|have|[a-z]+(?:s|ed|ing)|"
    r"better|worse|superior|inferior|similar|comparable|higher|lower|on par)\b",
    re.IGNORECASE,
)
_BARE = re.compile(r"\W*(?:(?:a|an|the|with|also|even|much|far|still|[a-z]+ly)\s)*", re.IGNORECASE)
