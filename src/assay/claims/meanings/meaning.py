"""Reads what a figure is of: its metric, data set and method, which way it goes, and who is the better by it.

The summary's sentence and the paper's are read alike, in English and Korean: the metrics, data sets and methods that
they name are dealt out to their figures, and the verbs say which way a figure goes. Whether two readings disagree is
the concern of `assay.claims.judging.disagreement`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Literal
from weakref import WeakKeyDictionary

from assay.claims.context import JOINED, Figure, Sentence, content_stems
from assay.claims.meanings import things
from assay.claims.meanings.company import company
from assay.claims.meanings.counting import counted
from assay.claims.meanings.lexicon import concepts
from assay.claims.meanings.likeness import is_versus
from assay.claims.meanings.ties import NO_TIES, Ties, breaks, tie
from assay.claims.meanings.ways import Rank, Way, denial, goes_beyond, is_reached, passed, rank, verb_of_change, way
from assay.claims.naming.named import Named, are_one
from assay.claims.numbers.quantities import Quantity
from assay.claims.numbers.sorts import Sort
from assay.claims.span import Span
from assay.papers.models import Bound, ClaimKind


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a sentence says of one of its figures; what it does not say is empty.

    Names and phrases are as the sentence has them, in either language.
    """

    metric: str = ""
    """What was measured; of a count, what is counted."""
    dataset: str = ""
    subject: str = ""
    """Whose figure it is."""
    baseline: str = ""
    """What the subject is compared with."""
    direction: Literal["", "up", "down"] = ""
    """Which way the metric goes."""
    negated: bool = False
    """Whether the sentence denies it: ``does not reach 62%``."""
    bound: Bound = ""
    kind: ClaimKind | Literal[""] = ""
    role: Literal["", "own", "baseline"] = ""
    """Whether it is the subject's own figure or that of what it is compared with, where the sentence gives both."""
    setting: str = ""


@dataclass(frozen=True)
class Reading:
    """One figure of a sentence as it was read."""

    metric: Ties
    dataset: Ties
    method: Ties
    other: Ties
    """Names that are neither known as data sets nor as methods."""
    sibling: Ties
    """Variants of one method, each by its own name."""
    size: Ties
    """Sizes of models."""
    topic: Ties
    """Tasks, fields, languages, phases."""
    words: Ties
    """Content words, cut short."""
    concepts: Ties
    """Content words that both languages have a word for."""
    counted: str
    way: Way
    denied: str
    """Empty, ``not``, or ``no`` where nothing goes beyond it."""
    beyond: bool
    """Whether something goes beyond it."""
    rank: Rank
    end: str
    """``start`` or ``end`` of a change, where it is one."""
    verb: int = 0
    """Of an end of a change, which way the verb says that it goes, whatever the ends say."""
    passed: frozenset[str] = frozenset()
    """What a level is better or worse than: it is another's."""
    beside: Ties = NO_TIES
    """Figures of other units."""

    @property
    def names(self) -> frozenset[str]:
        """The names of its sentence that go with no other figure."""
        ties = (self.dataset, self.method, self.other)
        return frozenset(name for each in ties for name in each.any | each.free)

    @property
    def merit(self) -> int:
        """Whether it is a change for the better (1) or for the worse (-1), as far as the metric tells."""
        return self.merit_of(self.metric.all)

    @property
    def sign(self) -> int:
        """Its merit; of a change of nobody knows what, whether it is for more (1) or for less (-1)."""
        return self.merit or (0 if self.metric.any else self.way.direction)

    def merit_of(self, metrics: frozenset[str]) -> int:
        """Whether it is a change for the better or for the worse if it is one of these metrics."""
        if self.way.merit or not self.way.direction:
            return self.way.merit
        signs = {things.better(metric) for metric in metrics}
        return self.way.direction * signs.pop() if len(signs) == 1 else 0


class Reader:
    """Reads sentences about one paper: its own, and those of a summary."""

    def __init__(self, named: Named) -> None:
        self._named = named
        self._kept: WeakKeyDictionary[Sentence, dict[Figure, Reading]] = WeakKeyDictionary()

    def read(self, figure: Figure) -> Reading:
        """What a figure's sentence says of it."""
        if figure.sentence not in self._kept:
            self._kept[figure.sentence] = dict(self._sentence(figure.sentence))
        return self._kept[figure.sentence][figure]

    @property
    def rivals(self) -> frozenset[str]:
        """What the paper compares its own work with."""
        return self._named.rivals

    def is_dataset(self, name: str) -> bool:
        """Whether the paper plainly speaks of a name as a data set."""
        return name in self._named.datasets

    def knows(self, name: str) -> bool:
        """Whether the paper has a name."""
        return any(are_one(name, other) for other in self._named.known)

    def are_listed_together(self, one: str, other: str) -> bool:
        """Whether the paper lists two names side by side."""
        return self._named.are_listed_together(one, other)

    def _sentence(self, sentence: Sentence) -> Iterator[tuple[Figure, Reading]]:
        text, start, end = sentence.text, sentence.start, sentence.end
        figures = [figure for figure in sentence.figures if figure.amount.sort is Sort.FIGURE]
        named = self._things(sentence)
        ties = _ties(text, figures, named)
        nouns = list(things.counted(text, start, end))
        changes = [pair for pair in sentence.changes if _is_change(text, pair)]
        ends = {figure: end for pair in changes for figure, end in zip(pair, ("start", "end"), strict=True)}
        ends_at = {each: (a.quantity.start, b.quantity.end) for a, b in changes for each in (a, b)}
        ends_of = {first: last for first, last in changes if first.quantity.end <= last.quantity.start}
        sides = dict(_sides(sentence, figures, named["method"]))
        in_unit: dict[str, tuple[Figure, Reading]] = {}
        compared = sorted([*named["method"], *named["other"]])
        numbers = company(text, sentence.figures)
        for figure in figures:
            at, to = figure.quantity.start, figure.quantity.end
            is_share = figure.amount.unit == "x" or figure.amount.role
            is_end = not is_share and is_reached(text, at, to, start, end)
            reading = Reading(
                **ties[figure] | {"metric": _fitting(ties[figure]["metric"], figure)},
                counted=counted(figure, nouns) if figure.is_number else "",
                way=way(text, at, _list_end(figure), start, end),
                denied=denial(text, at, to, start, _next_start(figure, end) if _IS_LISTED.match(text, to) else end),
                beyond=goes_beyond(text, at, to, start, end),
                rank=Rank(),
                end=ends.get(figure, "end" if is_end else ""),
                verb=verb_of_change(text, ends_at[figure], start, end) if figure in ends_at else 0,
                passed=frozenset(),
                beside=numbers.get(figure, NO_TIES),
            )
            if figure.amount.unit == "x" and _is_of_ratios(sentence, figure):
                reading = replace(reading, way=Way())  # "the gain falls from 1.9x to 1.2x": both are gains
            if figure.quantity.sign in {"+", "-"} and figure.quantity.unit != "":
                if not any(reading.way):
                    reading = replace(reading, way=Way(1 if figure.quantity.sign == "+" else -1))
                elif figure.quantity.sign == "-" and reading.way.merit > 0:
                    reading = replace(reading, way=Way(-1))  # "improving it keeps accuracy (-0.03)"
            reading = replace(reading, rank=rank(text, start, end, (at, to), compared, reading.sign))
            if not (figure.is_change or figure.amount.unit in {"x", "points"} or any(reading.rank)):
                reading = replace(reading, way=Way())
            if not (figure.is_change or figure.amount.unit == "x"):
                last = ends_of.get(figure, figure)
                beaten = passed(text, (at, _list_end(last)), _next_start(last, end), end, named["method"])
                reading = replace(reading, passed=beaten, method=_without(reading.method, beaten))
            before = in_unit.get(figure.amount.unit)
            if before is not None and _continues(before[0], figure):
                # The members of a list go the same way, against the same rival.
                earlier = before[1]
                reading = replace(reading, way=reading.way if any(reading.way) else earlier.way)
                if not _OPENS_CLAUSE.search(text[before[0].quantity.end : at]):
                    reading = replace(reading, rank=reading.rank if any(reading.rank) else earlier.rank)
            if figure in sides:
                reading = replace(reading, method=reading.method._replace(own=sides[figure]))
            yield figure, reading
            in_unit[figure.amount.unit] = figure, reading
        sizes = [figure for figure in sentence.figures if figure.amount.sort in _BY_SORT]
        said = _ties(text, sizes, {sort: named[sort] for sort in ("words", "concepts", "topic")})
        for figure in sentence.figures:
            if figure.amount.sort is not Sort.FIGURE:
                counts, end_of = _BY_SORT.get(figure.amount.sort, ""), ends.get(figure, "")
                beside = said.get(figure, {})
                yield (
                    figure,
                    replace(
                        _NOTHING,
                        counted=counts,
                        end=end_of,
                        words=beside.get("words", NO_TIES),
                        concepts=beside.get("concepts", NO_TIES),
                        topic=beside.get("topic", NO_TIES),
                    ),
                )

    def _things(self, sentence: Sentence) -> dict[str, list[Span]]:
        """What a sentence names, sort by sort."""
        text, start, end = sentence.text, sentence.start, sentence.end
        figures = [figure.quantity for figure in sentence.figures if figure.amount.sort is Sort.FIGURE]
        spelt = list(things.acronyms(text, start, end))
        datasets, methods, others = (
            [span for span in spans if not _covered(span, spelt)] for spans in self._named.in_sentence(text, start, end)
        )
        metrics = list(things.metrics(text, start, end))
        metrics = [
            span
            for span in metrics
            if not _WITHOUT.search(text[start : span.start])
            and not _OPENS.match(text, start, span.start + 1)
            and not _WITHOUT_KOREAN.match(text, span.end)
        ]
        ends = {span.end + 1 for span in metrics}
        metrics = [span for span in metrics if span.key != "score" or span.start not in ends]  # "BLEU score"
        words = {(span.start, span.end) for span in metrics}
        datasets, methods, others = (
            [span for span in spans if (span.start, span.end) not in words] for spans in (datasets, methods, others)
        )
        topics = list(things.topics(text, start, end))
        taken: list[Quantity | Span] = [*figures, *datasets, *methods, *others]
        return {
            "metric": [span for span in metrics if not _covered(span, taken) and not _is_counted(sentence, span)],
            "dataset": datasets,
            "method": methods,
            "other": others,
            "sibling": self._named.variants(text, start, end),
            "size": sorted([*_sizes(sentence), *_sizes_in_names(text, start, end)]),
            "topic": [span for span in topics if not _covered(span, taken)],
            "words": list(_words(text, start, end, taken)),
            "concepts": [
                span for span in concepts(text, start, end) if not _covered(span, [*taken, *metrics, *topics])
            ],
        }


def _sizes(sentence: Sentence) -> Iterator[Span]:
    """The sizes of models that stand alone: ``7B``; or in brackets, which are no break behind them."""
    for each in sentence.figures:
        if each.amount.sort is Sort.SIZE:
            is_bracketed = each.before.endswith("(") and each.after.startswith(")")
            yield Span(each.quantity.start, each.quantity.end + is_bracketed, f"{each.amount.high.normalize():f}")


def _sizes_in_names(text: str, start: int, end: int) -> Iterator[Span]:
    """The sizes of models that end a name: ``Qwen2.5-7B``."""
    for match in _SIZED.finditer(text, start, end):
        size = Decimal(match["size"]) * (10**9 if match["unit"] == "B" else 10**6)
        yield Span(match.start("size"), match.end(), f"{size.normalize():f}")


_SIZED = re.compile(r"(?<=[A-Za-z\d.]-)(?P<size>\d+(?:\.\d+)?)(?P<unit>[BM])(?![A-Za-z\d])")


def _is_of_ratios(sentence: Sentence, figure: Figure) -> bool:
    """Whether a multiple is an end of a change from one multiple to another."""
    ratios = [each for each in sentence.figures if each.amount.unit == "x"]
    at = ratios.index(figure)
    return any(
        verb_of_change(sentence.text, (first.quantity.start, second.quantity.end), sentence.start, sentence.end)
        and figure in {first, second}
        for first, second in pairwise(ratios[max(0, at - 1) : at + 2])
    )


def _sides(
    sentence: Sentence, figures: Sequence[Figure], methods: Sequence[Span]
) -> Iterator[tuple[Figure, frozenset[str]]]:
    """Whose the two figures of a bracket are: ``TideCache surpasses PlayNet (86.1% vs 82.4%)``."""
    text, start, end = sentence.text, sentence.start, sentence.end
    for first, second in pairwise(figures):
        if not is_versus(first) or _VERSUS.fullmatch(text[first.quantity.end : second.quantity.start]) is None:
            continue
        compared = rank(text, start, end, (first.quantity.start, first.quantity.end), methods, 0)
        if not all(compared):
            continue
        keys = compared.better | compared.worse
        subject = next(span.key for span in methods if span.key in keys)
        sides = compared if subject in compared.better else compared[::-1]
        yield from zip((first, second), sides, strict=True)


_VERSUS = re.compile(r"\s(?:v\.?s?\.?|versus|against)\s")


def _is_counted(sentence: Sentence, span: Span) -> bool:
    """Whether a bare number right before a word counts it, so that it is no metric: ``64,000 tokens``."""
    return not things.is_symbol(span.key) and any(
        not each.amount.unit
        and each.quantity.end <= span.start <= each.quantity.end + 2
        and _NEXT.fullmatch(sentence.text[each.quantity.end : span.start]) is not None
        for each in sentence.figures
        if each.is_number
    )


_WITHOUT = re.compile(r"\b[Ww]ithout\s(?:any\s|extra\s|additional\s|[a-z]+ing\s){0,4}(?:[a-z]+\s(?:or|and)\s)?$")
_OPENS = re.compile(r"(?:With|At|Under|Given|Despite)\s[^\d,;]*$")
_WITHOUT_KOREAN = re.compile(r"[이가]?\s?없[는이]")
_NEXT = re.compile(r"[\s-]|개\s")


def _ties(text: str, figures: Sequence[Figure], named: Mapping[str, Sequence[Span]]) -> dict[Figure, dict[str, Ties]]:
    """What goes with each figure, sort by sort; a bare number takes nothing from one that has a unit."""
    result: dict[Figure, dict[str, Ties]] = {figure: {} for figure in figures}
    measured = [figure for figure in figures if not figure.is_number]
    for sort, spans in named.items():
        for group, chosen in ((figures, False), (measured, True)):
            wholes = {each.quantity.end + 1 for each in figures if chosen and each.before.endswith(" of ")}
            own = [span for span in spans if span.start not in wholes]  # "93 of 672 PondBench problems"
            for figure, ties in _tie(text, group, own, sort).items():
                if figure.is_number != chosen:
                    result[figure][sort] = ties
    return result


def _fitting(metrics: Ties, figure: Figure) -> Ties:
    """The metrics that a figure may be of by its unit: no memory in milliseconds, no latency in gigabytes."""
    unit = figure.amount.unit
    if figure.is_setting:
        return metrics._replace(shared=frozenset(), distant=frozenset())
    if unit in _BYTES:
        return Ties(*(each & _OF_BYTES for each in metrics))
    return Ties(*(each - _NOT_OF_TIME for each in metrics)) if unit in _TIMES else metrics


_BYTES = frozenset({"KB", "MB", "GB", "TB"})
_OF_BYTES = frozenset({"memory", "storage", "size", "communication", "parameters", "data", "cost", "performance"})
_TIMES = frozenset({"µs", "ms", "s", "min", "h", "days", "weeks", "months"})
_NOT_OF_TIME = frozenset(
    {"memory", "storage", "parameters", "size", "token count", "accuracy", "success rate", "win rate", "error", "score"}
)


def _tie(text: str, figures: Sequence[Figure], spans: Sequence[Span], sort: str) -> dict[Figure, Ties]:
    places = [Span(each.quantity.start, each.quantity.end, each.amount.unit) for each in figures]
    ties = tie(text, places, spans, past=sort in {"topic", "words", "concepts"}, by_unit=sort == "metric")
    return dict(zip(figures, ties, strict=True))


def _list_end(figure: Figure) -> int:
    """Where the list ends that a figure is a member of: one word after it goes for all of them."""
    figures = figure.sentence.figures
    end = figure.quantity.end
    for following in figures[figures.index(figure) + 1 :]:
        gap = figure.sentence.text[end : following.quantity.start]
        if following.amount.unit != figure.amount.unit or not JOINED.fullmatch(gap):
            break
        end = following.quantity.end
    return end


_IS_LISTED = re.compile(r"(?:\s?(?:개|명|건|장|편|종|쌍|곳|가지))?,")


def _next_start(figure: Figure, end: int) -> int:
    """Where the next figure of its sentence begins, or the sentence ends."""
    return min(
        (each.quantity.start for each in figure.sentence.figures if each.quantity.start > figure.quantity.start),
        default=end,
    )


def _without(ties: Ties, names: frozenset[str]) -> Ties:
    """Ties to all but some names."""
    return Ties(*(each - names for each in ties)) if names else ties


def _continues(before: Figure, figure: Figure) -> bool:
    """Whether a figure goes on with the list of the one before it."""
    gap = figure.sentence.text[before.quantity.end : figure.quantity.start]
    return before.amount.unit == figure.amount.unit and len(gap) < _NEAR and not breaks(gap)


_NEAR = 60
_OPENS_CLAUSE = re.compile(r"\band\s(?:[\w-]+\s){1,5}(?:is|are|was|were|has|have|takes?|needs?|gets?|runs?)\s")
"""A subject and a verb of their own, so that nothing is compared with what was named before: ``and its code is``."""


_BY_SORT = {Sort.SIZE: "parameter", Sort.LENGTH: "token"}
_NOTHING = Reading(
    metric=NO_TIES,
    dataset=NO_TIES,
    method=NO_TIES,
    other=NO_TIES,
    sibling=NO_TIES,
    size=NO_TIES,
    topic=NO_TIES,
    words=NO_TIES,
    concepts=NO_TIES,
    counted="",
    way=Way(),
    denied="",
    beyond=False,
    rank=Rank(),
    end="",
)


def _words(text: str, start: int, end: int, taken: Sequence[Quantity | Span]) -> Iterator[Span]:
    for at, stem in content_stems(text, start, end):
        span = Span(at, at + len(stem), stem)
        if stem not in _SAY_LITTLE and not stem[0].isdigit() and not _covered(span, taken):
            yield span


_SAY_LITTLE = frozenset(
    """
    achiev reach attain obtain improv increa reduc decrea outper surpas exceed gain boost rais lower higher
    better faster more less fewer score scores result averag mean overal perfor show shows demons signif up down
    compar respec approx about over under nearly almost only even also further signif substa notabl consis
    experi evalua method model models approa propos framew using use used across among within percen points
    times fold rate rates includ contai consis trained traini test tested primar key main paper author study
    scor result show train exce split
    righta ai llm llms lm lms mllm mllms vlm vlms lvlm lvlms lmm lmms slm slms
    first second best top new our their these those most such other than while which with from into
    """.split()
)
"""Words, cut short, that say nothing about what a figure is of."""


def _covered(span: Span, others: Iterable[Quantity | Span]) -> bool:
    return any(span.start < other.end and other.start < span.end for other in others)


def _is_change(text: str, pair: tuple[Figure, Figure]) -> bool:
    first, second = pair
    between = text[first.quantity.end : second.quantity.start]
    if first.quantity.start > second.quantity.start:
        return _BEFORE.search(text[second.quantity.end : first.quantity.end + 30]) is not None
    return "from" in first.before[-45:].lower() or re.search(r"에서|→|->|rightarrow", between) is not None


_BEFORE = re.compile(
    r"\b(?:previous\w*|prior|before|originals?|initial\w*|baseline|up from|down from)\b|기존|이전|원래|초기"
)
