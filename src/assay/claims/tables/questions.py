"""Tells of a statement who is compared with whom, and within what: by the order of words and what stands before."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assay.claims.tables.comparisons import EXCEPTION, Clause, Statement
from assay.claims.tables.names import Mention
from assay.claims.tables.reading import Reading
from assay.claims.tables.statements import Question


def ask(reading: Reading, clause: Clause, statement: Statement, previous: Sequence[Mention]) -> Question | None:
    """Tell who is compared with whom, and within what; None where nobody is.

    Args:
        reading: the sentence and the table.
        clause: the part of the sentence that makes the statement.
        statement: what it says.
        previous: the subjects of the statement before, which go on where this one names none.
    """
    if statement.form == "changed" and _MAIN.search(clause.text[: statement.start]):
        return None
    exception = EXCEPTION.search(clause.text)
    if exception and reading.inside(clause.start + exception.end(), clause.end):
        return None  # "on all benchmarks except ToyBench" says nothing of ToyBench
    parts = _Parts.of(reading, clause, statement)
    objects = _objects_of(parts)
    subjects, bold = _subjects_of(parts, objects, previous)
    if statement.form == "compared" and not objects:
        objects = _framed(reading, subjects, parts.metric)
    if statement.passive and objects:
        subjects, objects = objects, subjects
    elif statement.passive:
        statement = replace(statement, sense="worse" if statement.sense == "better" else "better")
    if not subjects:
        return None
    dimension = _dimension(subjects, objects)
    subjects = [each for each in subjects if each.dimension == dimension]
    objects = [each for each in objects if each.dimension == dimension]
    scope = _scope_of(parts, dimension, {each.start for each in (*subjects, *objects)})
    if statement.sense == "equal" and not objects:
        subjects, objects = subjects[:1], subjects[1:]
    bold += max((each.boldness for each in (*subjects, *objects, *scope)), default=0)
    bold += 2 * any(_is_narrowed(each, parts) for each in (*subjects, *objects))
    bold += 4 * any(_JOINED.search(parts.sentence[max(0, each.start - 40) : each.start]) for each in subjects)
    bold += any(len(each.labels) > 1 for each in subjects)
    tail = reading.sentence[parts.after : clause.end]
    others = statement.form == "compared" and statement.objects_at >= 0 and _OTHERS.search(tail) is not None
    return Question(reading, clause, statement, tuple(subjects), tuple(objects), others, tuple(scope), bold)


@dataclass(frozen=True)
class _Parts:
    """A clause, parted by its main word."""

    reading: Reading
    clause: Clause
    statement: Statement
    metric: str
    """The dimension of the metrics; empty where metrics are compared with each other."""
    mentions: tuple[Mention, ...]
    """Those that are no metric."""
    metrics: tuple[Mention, ...]
    at: int
    """Where the main word begins, in the sentence."""
    after: int
    """From where on the objects stand."""

    @classmethod
    def of(cls, reading: Reading, clause: Clause, statement: Statement) -> "_Parts":
        at = clause.start + statement.start
        after = clause.start + statement.objects_at if statement.objects_at >= 0 else clause.end
        inside = reading.inside(clause.start, clause.end)
        metric = reading.table.metric_dimension
        if statement.form == "compared" and _compares_metrics(inside, metric, at, after):
            metric = ""
        # A clause that names no metric goes on with those of the clause before.
        earlier = [each for each in reading.inside(0, clause.start) if each.dimension == metric]
        metrics = tuple(each for each in inside if each.dimension == metric) or tuple(earlier)
        mentions = tuple(each for each in inside if each.dimension != metric)
        return cls(reading, clause, statement, metric, mentions, metrics, at, after)

    @property
    def sentence(self) -> str:
        return self.reading.sentence

    @property
    def end(self) -> int:
        """Where the main word ends, in the sentence."""
        return self.clause.start + self.statement.end

    @property
    def before(self) -> list[Mention]:
        named = [each for each in self.mentions if each.end <= self.at]
        if self.statement.form != "changed":
            return named
        return [each for each in named if not _QUALITY.match(self.sentence, each.end)]

    @property
    def behind(self) -> list[Mention]:
        return [each for each in self.mentions if each.start >= self.at]


def _compares_metrics(mentions: Sequence[Mention], metric: str, at: int, after: int) -> bool:
    """Whether a clause compares metrics with each other: ``recall is higher than precision``."""
    behind = [each for each in mentions if each.start >= after]
    before = [each for each in mentions if each.start < at]
    return (
        bool(metric and behind and before)
        and behind[0].dimension == metric
        and behind[0].start - after <= _BESIDE
        and any(each.dimension == metric and not each.labels & behind[0].labels for each in before)
    )


def _objects_of(parts: _Parts) -> list[Mention]:
    """What is compared with: the first name after the word, and those listed with it."""
    statement = parts.statement
    if statement.objects_at >= 0:
        after = parts.after + len(" by") * statement.passive
        return _list_from([each for each in parts.mentions if each.start >= after], parts.sentence, after)
    if statement.form == "changed" and statement.sense in {"better", "up"}:  # "ELMo improves the baseline"
        near = [each for each in parts.behind if each.start - parts.end <= _BESIDE]
        return [each for each in near if any(each.dimension == other.dimension for other in parts.before)]
    return []


def _list_from(mentions: Sequence[Mention], sentence: str, at: int) -> list[Mention]:
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


def _subjects_of(parts: _Parts, objects: Sequence[Mention], previous: Sequence[Mention]) -> tuple[list[Mention], int]:
    """Who is spoken of, and how bold it is to say so."""
    is_compared = parts.statement.form == "compared"
    own_end = parts.after if is_compared and parts.statement.objects_at >= 0 else parts.at
    subjects = (
        _alike([each for each in parts.mentions if each.end <= parts.after], objects)
        or _nearest_list([each for each in parts.before if not _follows(_SCOPE, each, parts)], parts.sentence)
        or parts.reading.own_mentions(parts.clause.start, own_end)
        or ([] if is_compared else _doers(parts))
        or [each for each in parts.reading.mentions if _ends_before(each, parts)]
    )
    if subjects:
        return subjects, 0
    goes_on = _GOES_ON.match(parts.clause.text)
    return list(previous if goes_on else ()) or [each for each in parts.before if _follows(_USED, each, parts)], 1


def _nearest_list(mentions: Sequence[Mention], sentence: str) -> list[Mention]:
    """The last mentions, back to one that another part of the sentence parts from them."""
    found: list[Mention] = []
    for mention in reversed(mentions):
        if found and mention.start != found[0].start:
            gap = sentence[mention.end : found[0].start]
            if re.search(r"[,;:]", gap) and not _IN_LIST.fullmatch(gap):
                break
        found.insert(0, mention)
    return found


def _ends_before(mention: Mention, parts: _Parts) -> bool:
    """Whether a name stands right before the clause: ``Gullwing, which achieves ...``."""
    gap = parts.sentence[mention.end : parts.clause.start]
    return _WHO.fullmatch(gap) is not None and mention.dimension != parts.metric


def _follows(pattern: re.Pattern[str], mention: Mention, parts: _Parts) -> bool:
    """Whether the words before a mention, or before the list that it stands in, fit a pattern."""
    start = mention.start
    while match := _LISTED.search(parts.sentence[max(0, start - 30) : start]):
        end = max(0, start - 30) + match.start()
        before = [each for each in parts.mentions if each.end == end]
        if not before:
            break
        start = before[0].start
    return pattern.search(parts.sentence[max(0, start - 60) : start]) is not None


def _alike(mentions: Sequence[Mention], others: Sequence[Mention]) -> list[Mention]:
    """The mentions that can be compared with the others: rows with rows."""
    return [
        each
        for each in mentions
        if any(each.dimension == other.dimension and not each.labels & other.labels for other in others)
    ]


def _doers(parts: _Parts) -> list[Mention]:
    """Who did it, after a main word: ``is obtained by``, ``using``, ``with``, ``when removing``."""
    for match in re.finditer(
        r"\b(?:by|using|with|from|when|for|is|are|was)\s(?:the\s|our\s)?", parts.sentence[parts.end :]
    ):
        near = [each for each in parts.behind if 0 <= each.start - (parts.end + match.end()) <= _NEAR]
        if near:
            return [each for each in parts.behind if each.dimension == near[0].dimension]
    return []


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
            for each in parts.reading.inside(0, parts.clause.start)
            if each.dimension not in {dimension, parts.metric} and each.boldness == 0
        ]
        if all(_SCOPE.search(parts.sentence[max(0, each.start - 60) : each.start]) for each in frame):
            around = frame
    return [*around, *parts.metrics]


def _is_narrowed(mention: Mention, parts: _Parts) -> bool:
    """Whether words make a name another thing, which the table does not have: ``DAMD with full labels``."""
    match = _NARROWING.match(parts.sentence, mention.end)
    if match is None:
        return False
    return not any(mention.end <= each.start < match.end() for each in (*parts.mentions, *parts.metrics))


_NARROWING = re.compile(r"\s(?:model\s)?(?:with|without|trained|finetuned|fine-tuned)\s(?:\w+\s?){1,2}")
_JOINED = re.compile(r"\b(?:combin\w+|ensembl\w+|merg\w+|fusion|mixture|stacking|joining)\b[^,;]*$")
_MAIN = re.compile(r"\b(?:main|largest|biggest|greatest|most of the|highest|key)\s$")
_ARTICLES = r"(?:(?:the|both|all|each|either|this|our|a|terms|of|\w+(?:ing|al|ed))\s){0,3}"
_SCOPE = re.compile(
    r"(?:\b(?:on|in|for|under|across|at|within|from|when using|using|with|regarding|by|via|between)|\()\s"
    + _ARTICLES
    + "$",
    re.IGNORECASE,
)
_USED = re.compile(
    r"\b(?:using|with|use of|via|by|adding|having|from|trained on|based on)\s" + _ARTICLES + "$", re.IGNORECASE
)
_LISTED = re.compile(r"\s?(?:,|and|or|/|as well as|,\s?and|,\s?or|and the)\s?(?:the\s|even\s|especially\s)*$")
_OTHERS = re.compile(
    r"(?<!\bon )(?<!\bin )(?<!\bfor )(?<!across )(?<!of )\b(?:all|any|every|each|other|others|previous|prior|existing|"
    r"remaining|"
    r"competing|baselines|comparisons|the rest|state[- ]of[- ]the[- ]art|competitors?|alternatives?)\b"
)
_COMPARISON_FRAME = re.compile(
    r"\b(?:[Cc]ompared (?:to|with)|[Cc]omparing|in comparison (?:to|with)|relative to|versus|vs\.?)\s"
)
_ELSEWHERE = re.compile(
    r"\s?(?!(?:that )?(?:on|in|for|with|by|when using|using|of) )(?=\S).*\b(?:on|in|for|under|across|by) (?:\w+ ){0,3}$"
)
_IN_LIST = re.compile(r"[^,.;]{0,3}(?:,|\band\b|\bor\b|,\s?and|as well as)?[^,.;]{0,24}")
_NEAR = 30
_BESIDE = 12
_WHO = re.compile(r",?\s(?:which|who|that)\s")
_GOES_ON = re.compile(
    r"\W*(?:also |still |thus |then |even |consistently |significantly |\w+ly )*"
    r"(?:it|they|these|this|both|its|their|which|who|is|are|was|were|has|have|[a-z]+(?:s|ed|ing))\b",
    re.IGNORECASE,
)
_QUALITY = re.compile(r"\s(?:performances?|accurac(?:y|ies)|results?|scores?|quality)\b")
