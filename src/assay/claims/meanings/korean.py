"""Reads what the figures of a Korean sentence are of: metric, data set, whose, against what, which way, denied or not.

Korean says what something is of before it, what it does after it, and marks each noun by a particle; a clause that
describes a noun stands before that noun. So a figure's predicate is the first one after it, its metric the last noun
before it (or the noun that it is an attribute of: ``70%의 메모리``), and names follow from their particles.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from assay.claims.meanings import things
from assay.claims.meanings.concepts import better, concepts_of
from assay.claims.meanings.korean_grammar import (
    Clause,
    Mention,
    Part,
    Predicate,
    adjective_after,
    clauses,
    is_adnominal,
    mentions,
    predicates,
)
from assay.claims.meanings.meaning import Meaning
from assay.claims.numbers.quantities import Quantity
from assay.claims.numbers.sorts import Sort
from assay.claims.span import Span
from assay.papers.models import ClaimKind
from assay.papers.sentences import split

__all__ = ["read_meanings"]


def read_meanings(text: str, figures: Sequence[Quantity]) -> list[Meaning]:
    """What each of the figures of a Korean text is of, in their order.

    Args:
        text: the text, of one sentence or several.
        figures: its figures, in order; their places are those of ``text``.
    """
    result: dict[int, Meaning] = {}
    for start, end in split(text):
        here = [figure for figure in figures if start <= figure.start < end and figure.sort is Sort.FIGURE]
        if here:
            result |= _read_sentence(text, start, end, here)
    return [result.get(figure.start, Meaning(bound=figure.bound)) for figure in figures]


@dataclass(frozen=True)
class _Clause:
    """A clause with what was found in it."""

    text: str
    start: int
    end: int
    figures: list[Quantity]
    metrics: list[Span]
    names: list[Mention]
    predicates: list[Predicate]

    def before(self, figure: Quantity) -> int:
        """Where the figure before this one ends, or the clause begins."""
        return max((each.end for each in self.figures if each.end <= figure.start), default=self.start)

    def after(self, figure: Quantity) -> int:
        """Where the figure after this one begins, or the clause ends."""
        return min((each.start for each in self.figures if each.start >= figure.end), default=self.end)


def _read_sentence(text: str, start: int, end: int, figures: list[Quantity]) -> dict[int, Meaning]:
    places = [(figure.start, figure.end) for figure in figures]
    metrics = [span for span in _metrics(text, start, end) if _is_free(span, places)]
    names = mentions(text, start, end, [*places, *((span.start, span.end) for span in metrics)])
    result: dict[int, Meaning] = {}
    topic, last = "", Meaning()
    for clause in clauses(text, start, end):
        part = _Clause(
            text,
            *clause,
            [each for each in figures if _within(each.start, clause)],
            [each for each in metrics if _within(each.start, clause)],
            [each for each in names if _within(each.start, clause)],
            [each for each in predicates(text, *clause) if _is_free(each, places)],
        )
        for figure in part.figures:
            result[figure.start] = last = _Reading(part, figure, topic, last, names).meaning()
        topic = next((each.text for each in reversed(part.names) if each.part == "subject"), topic)
    return result


def _within(at: int, clause: Clause) -> bool:
    return clause.start <= at < clause.end


def _is_free(span: Span | Predicate, places: list[tuple[int, int]]) -> bool:
    return all(span.end <= start or end <= span.start for start, end in places)


_VERBS: Final = re.compile(r"빠[르른]|빨[라랐]|가속|느[리린려]|저렴")
_OF_TIME: Final = frozenset(("latency", "time", "training time", "speed", "throughput", "FPS"))
_SPELT_AS_METRIC = re.compile(r"(?<![A-Za-z])[A-Z][A-Za-z]{0,30}(?:Score|Rate|Acc)(?![A-Za-z0-9])", re.ASCII)


def _metrics(text: str, start: int, end: int) -> list[Span]:
    """The metrics named as nouns; a phrase of several words is one span, with its own words as the key."""
    found: list[Span] = []
    spelt = [Span(*match.span(), match[0]) for match in _SPELT_AS_METRIC.finditer(text, start, end)]
    for span in sorted([*things.metrics(text, start, end), *spelt]):
        if _VERBS.match(text, span.start) or text[span.start - 1 : span.end] == "사용량":
            continue
        if found and _COMPOUND.fullmatch(text[found[-1].end : span.start]):
            span = span._replace(start=found.pop().start)  # noqa: PLW2901 - FID 점수, 연산량(FLOPs)
        found.append(span._replace(key=text[span.start : span.end].strip()))
    return found


_COMPOUND = re.compile(r"\s?\(?")
_LIST = re.compile(r"\)?(?:\s?[가-힣]{1,4}?)?\s?(?:,|와|과|및|·|/|,?\s그리고)\s?")
_FIGURE_LIST = re.compile(r"(?:\s?[가-힣]{1,3}?)?\s?(?:,|와|과|및|·|/|,?\s그리고)\s?")


def _run(spans: Sequence[Span | Mention | Quantity], at: int, text: str, link: re.Pattern[str]) -> tuple[int, int]:
    """The first and last place of the list that the member at a place belongs to."""
    first = last = at
    while first > 0 and link.fullmatch(text[spans[first - 1].end : spans[first].start]):
        first -= 1
    while last + 1 < len(spans) and link.fullmatch(text[spans[last].end : spans[last + 1].start]):
        last += 1
    return first, last


class _Reading:
    """One figure in its clause."""

    def __init__(self, clause: _Clause, figure: Quantity, topic: str, last: Meaning, names: Sequence[Mention]) -> None:
        self._clause, self._figure, self._topic, self._last, self._names = clause, figure, topic, last, names
        self._text = clause.text
        self._rest = clause.text[figure.end : clause.end]
        self._role = self._end_of_change()
        self._predicate = self._find_predicate()

    def meaning(self) -> Meaning:
        """What the figure is of."""
        counted = self._counted()
        metric = counted or self._metric()
        owner = self._owner()
        subject = owner.text if owner and owner.part != "dataset" else self._name("subject") or self._topic
        dataset = owner.text if owner and owner.part == "dataset" else self._name("dataset")
        role = self._role
        if (owner and owner.part == "baseline") or _IS_SURPASSED.match(self._rest):
            role = "baseline"
        direction = self._direction(metric, counted=bool(counted))
        is_compared = bool(direction and not role) or "대비" in self._before_text()
        return Meaning(
            metric=metric,
            dataset=dataset,
            subject=subject,
            baseline=self._baseline(subject) if is_compared else "",
            direction="" if role == "baseline" and not self._role else direction,
            negated=self._is_negated(),
            bound=self._figure.bound,
            kind=self._kind(counted=bool(counted), change=bool(direction)),
            role=role,
            setting=self._name("setting"),
        )

    # --- the predicate

    def _end_of_change(self) -> Literal["", "own", "baseline"]:
        """Whether it is the end or the start of a change: ``57.2%에서 70.8%로``."""
        clause, figure = self._clause, self._figure
        gap = self._text[figure.end : clause.after(figure)]
        if clause.after(figure) < clause.end and _FROM.fullmatch(gap):
            return "baseline"
        gap = self._text[clause.before(figure) : figure.start]
        if clause.before(figure) > clause.start and _FROM.fullmatch(gap):
            return "own"
        return ""

    def _find_predicate(self) -> Predicate | None:
        """The first predicate after it; past another figure only where the two are parallel."""
        clause, figure = self._clause, self._figure
        adjective = adjective_after(self._text, figure.end, clause.end)
        if adjective is not None:
            return adjective
        following = next((each for each in clause.predicates if each.start >= figure.end), None)
        if _WITH.match(self._rest):
            return None
        listed = self._adjective_of_list()
        if following is None or (listed is not None and listed.start < following.start):
            return listed
        barrier = clause.after(figure)
        while barrier < following.start:
            gap = self._text[figure.end : barrier]
            is_aside = gap.endswith("(") or _PARALLEL.search(gap) or _FROM.fullmatch(gap)
            if not is_aside or _ENDS.match(gap):
                return None
            figure = next(each for each in clause.figures if each.start == barrier)
            barrier = clause.after(figure)
        return following

    def _adjective_of_list(self) -> Predicate | None:
        """A short adjective right after the last of two figures that are told alike: ``A보다 3배, B보다 6배 많은``."""
        clause, end = self._clause, self._figure.end
        last = next((each for each in clause.figures if each.start == clause.after(self._figure)), None)
        if last is None or last.unit != self._figure.unit or _EACH_THAN.fullmatch(self._text[end : last.start]) is None:
            return None
        return adjective_after(self._text, last.end, clause.end)

    def _direction(self, metric: str, *, counted: bool) -> Literal["", "up", "down"]:
        way = self._predicate.way if self._predicate else "is"
        is_listed = _ENDS_ITEM.match(self._rest) is not None
        if (way == "is" or is_listed) and (noun := _CHANGE_BEFORE.search(self._before_text())):
            way = next((each.way for each in predicates(noun[0], 0, len(noun[0]))), "is")
        if way == "is" or (counted and way in {"better", "worse"}):
            return ""
        if way in {"up", "down"}:
            return "up" if way == "up" else "down"
        signs = {better(concept) for concept in concepts_of(metric)} - {0}
        sign = signs.pop() if len(signs) == 1 else 1
        return "up" if (way == "better") == (sign > 0) else "down"

    def _is_negated(self) -> bool:
        following = self._clause.after(self._figure)
        end = self._predicate.end + _NEAR if self._predicate else min(following, self._figure.end + 2 * _NEAR)
        gap = self._text[self._figure.end : following]
        if (self._predicate and self._predicate.end <= following) or re.match(r"\s?,", gap):
            end = min(end, following)
        stretch = self._text[self._figure.end : min(end, self._clause.end)]
        found = _NOT.search(stretch)
        if found is None or _ONLY.match(stretch):
            return False
        if end > following and self._denies_next(following):
            return False
        # ", 쓰지 않는 질의는 90 ms": what describes a noun behind a comma denies nothing before it.
        return not ("," in stretch[: found.start()] and _DESCRIBES.match(stretch, found.end()))

    def _denies_next(self, following: int) -> bool:
        """Whether what is denied is that the next figure is reached, which is no list with this one."""
        if _IN_LIST.fullmatch(self._text[self._figure.end : following]):
            return False
        rest = next(self._text[each.end : self._clause.end] for each in self._clause.figures if each.start == following)
        return _NOT_REACHED.match(rest) is not None

    def _kind(self, *, counted: bool, change: bool) -> ClaimKind | Literal[""]:
        unit = self._figure.unit
        if counted:
            return "count"
        if unit == "x":
            return "times"
        if self._role or _TO.match(self._rest):
            return "absolute"
        if unit == "points" or (change and not unit):
            return "points"
        if unit == "%":
            return "relative" if change else "absolute"
        return "absolute"

    # --- the metric

    def _metric(self) -> str:
        if not self._figure.unit and (_COUNTER.match(self._rest) or abs(self._figure.value) >= _MANY):
            return ""  # a count of what no table knows
        return (
            self._attributed_metric(strictly=True)
            or self._dealt(self._clause.metrics)
            or self._metric_of_verb()
            or self._metric_before()
            or self._attributed_metric(strictly=False)
            or ("처리량" if _PER_SECOND.search(self._before_text()) else "")
            or self._named_metric()
            or self._listed_metric()
            or self._inherited_metric()
        )

    def _attributed_metric(self, *, strictly: bool) -> str:
        """The metric after it that it describes: ``70%의 메모리``; if not strictly, ``4.3% 높은 정확도`` too."""
        end, after = self._figure.end, self._clause.after(self._figure)
        following = next((span for span in self._clause.metrics if end <= span.start < after), None)
        if following is None:
            return ""
        gap = self._text[end : following.start]
        fits = _ATTRIBUTE.fullmatch(gap) is not None and (not strictly or _OF.match(gap) is not None)
        return following.key if fits or (not strictly and self._describes(following.start)) else ""

    def _metric_before(self) -> str:
        """The last metric between the figure before and this one, unless that figure is an attribute of it."""
        before = self._clause.before(self._figure)
        taken = self._taken_by(before) if before > self._clause.start else -1
        earlier = [
            span.key
            for span in self._clause.metrics
            if before <= span.start < self._figure.start
            and span.start != taken
            and not _COMPARED.match(self._text, span.end)
        ]
        return earlier[-1] if earlier else ""

    def _metric_of_verb(self) -> str:
        """The metric that a verb names, where no other one of its kind is named: ``2.5배 빠르다``."""
        verb = _VERBS.match(self._predicate.text) if self._predicate else None
        if verb is None or (verb[0] == "저렴" and self._metric_before()) or verb[0] == "가속":
            return ""
        return "비용" if verb[0] == "저렴" else "" if concepts_of(self._metric_before()) & _OF_TIME else "속도"

    def _named_metric(self) -> str:
        """A noun right before the figure that is no metric known: ``AUC 0.94, 민감도 0.88``."""
        noun = _NOUN_BEFORE.search(self._before_text())
        if noun is None or _NO_METRIC.fullmatch(noun["noun"]) or (noun["josa"] and not _IS_LIKE_METRIC(noun["noun"])):
            return ""
        at = self._clause.before(self._figure) + noun.start("noun")
        is_name = any(name.start <= at < name.end or name.start < at < name.after for name in self._clause.names)
        return "" if is_name else noun["noun"]

    def _listed_metric(self) -> str:
        """The metric that stands once, after the last figure of a list: ``62.0%, 41.5%의 정확도``."""
        figures = self._clause.figures
        _, last = _run(figures, figures.index(self._figure), self._text, _FIGURE_LIST)
        for span in self._clause.metrics:
            gap = self._text[figures[last].end : max(span.start, figures[last].end)]
            if figures[last] is not self._figure and span.start > figures[last].end and _OF.match(gap):
                return span.key if _ATTRIBUTE.fullmatch(gap) else ""
        return ""

    def _inherited_metric(self) -> str:
        return self._last.metric if self._last.kind != "count" and not _OWN_THING.match(self._rest) else ""

    def _taken_by(self, end: int) -> int:
        """Where the metric stands that the figure before is an attribute of, or counts."""
        for span in self._clause.metrics:
            gap = self._text[end : span.start]
            if span.start >= end and ((_OF.match(gap) and _ATTRIBUTE.fullmatch(gap)) or gap in {"", " "}):
                return span.start
        return -1

    def _describes(self, at: int) -> bool:
        """Whether its predicate describes the noun at a place: ``4.3% 높은 정확도``."""
        predicate = self._predicate
        if predicate is None or not is_adnominal(predicate) or at < predicate.end:
            return False
        return _MODIFIERS.fullmatch(self._text[predicate.end : at]) is not None

    def _counted(self) -> str:
        """What a bare whole number counts: ``3,120개의 영상``, ``영상 3,120개``."""
        clause, figure = self._clause, self._figure
        if figure.unit or figure.value % 1 or figure.sign or _PER_SECOND.search(self._before_text()):
            return ""
        nouns = [
            span
            for span in things.counted(self._text, clause.start, clause.end)
            if clause.before(figure) <= span.start < clause.after(figure)
            and not (span.start == figure.end and _IS_COUNTER.match(self._text, span.start))
        ]
        counter = _COUNTER.match(self._rest)
        earlier = [noun for noun in nouns if noun.end <= figure.start and not self._is_counted_before(noun)]
        gap = self._text[earlier[-1].end : figure.start] if counter and earlier else "-"
        name = self._text[earlier[-1].start : earlier[-1].end] if earlier else ""
        if counter and _BARE.fullmatch(gap) and not self._rest.startswith("의", counter.end()):
            return name
        return self._counted_after(nouns, counter) or (name if _FROM_NOUN.fullmatch(gap) else self._counted_by(counter))

    def _is_counted_before(self, noun: Span) -> bool:
        """Whether the figure before counts a noun: ``8개 분야 45개 과제``."""
        before = self._clause.before(self._figure)
        follows = before > self._clause.start and _COUNTER.match(self._text, before) is not None
        return follows and _TO_NOUN.fullmatch(self._text[before : noun.start]) is not None

    def _counted_after(self, nouns: Sequence[Span], counter: re.Match[str] | None) -> str:
        end = self._figure.end
        for n, noun in enumerate(nouns):
            if (
                noun.start >= end
                and (counter or self._figure.in_words or noun.start == end)
                and _TO_NOUN.fullmatch(self._text[end : noun.start])
            ):
                return self._head(nouns[n:])
        return ""

    def _counted_by(self, counter: re.Match[str] | None) -> str:
        """What the counter itself tells: people, or what the figure before counts: ``9개 중 7개``."""
        if counter and re.match(r"명|인(?=[이의을은])", counter[0].strip()):
            return "사람"
        is_part = self._last.kind == "count" and _AMONG.search(self._before_text())
        return self._last.metric if counter and is_part else ""

    def _head(self, nouns: Sequence[Span]) -> str:
        """The last of the nouns that stand together: ``이미지 쌍``."""
        last = nouns[0]
        for noun in nouns[1:]:
            if not _JOINED.fullmatch(self._text[last.end : noun.start]):
                break
            last = noun
        return self._text[last.start : last.end]

    # --- names

    def _before_text(self) -> str:
        return self._text[self._clause.before(self._figure) : self._figure.start]

    def _dealt(self, spans: Sequence[Span | Mention]) -> str:
        """Its member of a list of as many things as there are figures."""
        figures = self._clause.figures
        at = figures.index(self._figure)
        first, last = _run(figures, at, self._text, _FIGURE_LIST)
        earlier = [n for n, span in enumerate(spans) if span.end <= figures[first].start]
        if first == last or not earlier:
            return ""
        begin, end = _run(spans, earlier[-1], self._text, _LIST)
        if end - begin != last - first:
            return ""
        thing: Span | Mention = spans[begin + at - first]
        return thing.key if isinstance(thing, Span) else thing.text

    def _name(self, part: Part) -> str:
        """The name that is there for something in the clause, nearest before the figure, else right after it."""
        names = [name for name in self._clause.names if name.part == part]
        dealt = self._dealt(names)
        if dealt:
            return dealt
        earlier = [n for n, name in enumerate(names) if name.end <= self._figure.start]
        if len(earlier) > 1 and self._is_inner(names[earlier[-1]]):
            earlier.pop()
        if earlier:
            first, last = _run(names, earlier[-1], self._text, _LIST)
            return self._text[names[first].start : names[last].end]
        end = self._clause.after(self._figure)
        if part == "dataset":
            return next((name.text for name in names if self._figure.end <= name.start < end), "")
        return ""

    def _is_inner(self, name: Mention) -> bool:
        """Whether a name is the subject of a clause that describes a noun: ``TideCache가 쓴 데이터의 10%``."""
        word = _INNER_VERB.match(self._text, name.after)
        return word is not None and is_adnominal(Predicate(*word.span(1), "is", word[1]))

    def _owner(self) -> Mention | None:
        """Whose figure it is by the closest tie: ``TideCache(66.5%)``, ``62%(ToyBench)``, ``62%에 그친 TideCache``."""
        figure, text = self._figure, self._text
        for name in self._names:
            opened = text[name.end : figure.start]
            if (
                name.end <= figure.start
                and re.fullmatch(r"\s?\(\s?", opened)
                and text[figure.end : figure.end + 1] == ")"
            ):
                return name
            if name.end <= figure.start and re.fullmatch(r"의\s", opened) and name.part != "dataset":
                return name
            is_bracketed = text[name.end : name.end + 1] == ")"
            if name.start >= figure.end and is_bracketed and re.fullmatch(r"\s?\(\s?", text[figure.end : name.start]):
                return name._replace(part=name.part or "dataset")
            if name.start >= figure.end and re.fullmatch(r"인\s", text[figure.end : name.start]):
                return name
            if name.part != "dataset" and self._describes(name.start):
                return name._replace(part="baseline" if name.part == "baseline" and self._is_level() else "subject")
        return None

    def _is_level(self) -> bool:
        return self._predicate is not None and self._predicate.way == "is"

    def _baseline(self, subject: str) -> str:
        """What the clause compares with, before the figure or between it and its predicate."""
        until = self._predicate.end if self._predicate else self._figure.end
        names = [name for name in self._clause.names if name.part == "baseline" and name.text != subject]
        earlier = [name.text for name in names if name.end <= self._figure.start]
        later = [name.text for name in names if self._figure.end <= name.start < until]
        if earlier or later:
            return (earlier[-1:] or later)[0]
        is_comparative = self._predicate is not None and _COMPARATIVE.match(self._predicate.text)
        return self._last.baseline if is_comparative and self._last.subject == subject else ""


_NEAR: Final = 12
_MANY: Final = 10_000
_PER_SECOND = re.compile(r"[초분]당\s?$")
_FROM = re.compile(r"\s?[가-힣]{0,3}(?:에서|→|->|rightarrow|에서부터)\s?(?:약\s|평균\s|최대\s)?")
_TO = re.compile(r"[가-힣]{0,2}?(?:으로|로)(?![가-힣])|\s?수준으로")
_WITH = re.compile(r"의\s(?:[가-힣]+\s)?[가-힣]{2,5}(?:으로|로)(?![가-힣])|[로으]{1,2}\s?,")
_PARALLEL = re.compile(r",|[와과]\s|및\s")
_ENDS = re.compile(r"(?:으로|로)(?=[,\s])|인\s|다(?=[,\s.])|[을를]\s(?:기록|달성|얻)")
_NOT = re.compile(
    r"(?!(?<=고)르)[가-힣](?:지|지는|지도|진|지를)\s?(?:못|않|아니)|(?<![가-힣])(?<!고르지\s)못\s?(?:미|맞|풀|푼|푸|넘|따라|이기|이긴|이겼|찾|하|해|했|한|지키|막|채우|내|낸)|미달|실패(?=하|했)|\s없이"
    r"|(?:넘|이르|이른|도달하|도달한|달성하|달성한|기록한|해낸|푼)[가-힣]{0,2}\s(?:[가-힣A-Za-z]+\s){0,3}?[가-힣A-Za-z]+(?:은|는|이|가|도)\s(?:하나도\s|전혀\s)?없|(?:것|건|게)[은이]?\s아니|^(?:[가-힣]{1,2}\s)?[이가은는]?\s?아니"
)
_EACH_THAN = re.compile(r",\s[^,.\d]{1,20}보다\s(?:약\s)?")
_IN_LIST = re.compile(r"\s?(?:와|과|,|및)\s")
_NOT_REACHED = re.compile(
    r"\S{0,3}?\s?\S{0,2}?(?:에|을|를)(?:는|도)?\s(?:못\s?미|미치지|넘지|이르지|도달하지|닿지|달하지|초과하지)"
)
"""The figure before it is what is not reached: ``15만 건에 못 미친다``."""
_DESCRIBES = re.compile(r"[는은던]\s|한\s|하는\s")
_ONLY = re.compile(r"\s?밖에")
_CHANGE_BEFORE = re.compile(
    r"(?:향상|개선|증가|감소|절감|하락|상승|단축|저하|손실)\s?(?:폭|률|율|분|량|효과)?(?:은|는|이|가)?\s(?:[가-힣]{1,3}\s){0,2}$"
)
_ENDS_ITEM = re.compile(r"\s?(?:,|·|;)\s")
"""What stands behind the figure of an item that has no verb: ``성능 향상은 9%, 오류 감소는 4%``."""
_IS_SURPASSED = re.compile(
    r"(?:의?\s(?:[가-힣]+\s)?[가-힣]{2,5}?|[와과]\s(?:\S+\s){0,2}?[\d.,]+[^\s\d]{0,2})?(?:보다(?![가-힣])|에\s비해)"
    r"|[을를]\s(?:[가-힣]+\s)?(?:능가|앞[서선섰질]|웃[도돈돌]|상회|뛰어넘)"
)
_OF = re.compile(r"(?:\s?(?:에\s달하는|에\s이르는|가량|정도|수준|이상|이하|미만|포인트))*의\s")
_ATTRIBUTE = re.compile(
    r"(?:\s?(?:에\s달하는|에\s이르는|가량|정도|수준|이상|이하|미만|포인트))*의?\s(?:더\s)?(?:(?:높|낮|적|짧|빠르|큰|작)[은른]?\s)?(?:[가-힣A-Za-z0-9-]+\s){0,2}?"
)
_INNER_VERB = re.compile(r"(?<=[이가])\s([가-힣]+)\s")
_MODIFIERS = re.compile(r"\s?(?:[가-힣A-Za-z-]+\s)?")
_NOUN_BEFORE = re.compile(
    r"[\s,](?P<noun>[가-힣]{2,}?)(?P<josa>은|는|이|가|을|를)?\s(?:약\s|평균\s|최대\s|최소\s|각각\s)*[약~]?$"
)
_IS_LIKE_METRIC = re.compile(r".+[도율률성량값비력수]$").match
_NO_METRIC = re.compile(
    r"평균|각각|최대|최소|무려|또한|이는|이를|현재|이후|특히|전체|반면|모두|기존|추가|다시|대비|가운데|이상"
    r"|[가-힣]*(?:적|서|다|로|게|해|중|의|에|은|는|만|을|를|때|한|된|인|며|고)"
)
_COMPARED = re.compile(r"\s?(?:보다|대비|에\s비해|[이가]?\s없)")
_OWN_THING = re.compile(r"의\s[가-힣]")
_COUNTER = re.compile(
    r"\s?(?:여\s?)?(?:개|종류|종|명|편|건|장|가지|쌍|곳|대|회|번|권|마리|줄|쪽|문항|문제|시간|단계|턴|토큰|인(?=[이의을은]))"
)
_IS_COUNTER = re.compile(r"(?:종|회|권)(?!류)")
_TO_NOUN = re.compile(
    r"\s?(?:여\s?)?(?:(?:개|종류|종|명|편|건|장|가지|쌍|곳|대|회|번|권|마리|줄|쪽)(?:의\s|\s|[이가을를]\s넘는\s|\s이상의\s|에\s달하는\s|$))?"
    r"(?:(?!중\s)[가-힣A-Za-z0-9-]*[^을를은로서과와의,\s]\s){0,2}"
)
_AMONG = re.compile(r"\s(?:중|가운데)(?:에서)?\s?$")
_BARE = re.compile(r"\s(?:약\s|총\s|모두\s|최대\s|평균\s)?")
_JOINED = re.compile(r"\s?|-\S{1,8}\s")
_FROM_NOUN = re.compile(r"[가-힣]{0,3}?(?:은|는|이|가|도|을|를)?\s(?:약\s|총\s|모두\s|최대\s|평균\s)?")
_COMPARATIVE = re.compile(r"높[은다고아았지으]|낮[은다고아았지으]|빠|빨|느|짧|적|많|앞|뒤|덜|작|크|큰|나은|낫")
