"""Ties the things that a sentence names to its figures: in a list, each thing goes with its own figure.

``Memory falls by 70% and latency by 26%``: memory goes with 70 %, latency with 26 %. A thing goes with the figure that
fewer and weaker breaks (commas, ``and``, new clauses) part it from, in English and in Korean alike. A list of things
beside a list of as many figures goes with it one by one, whether the sentence says ``respectively`` or not.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from assay.claims.span import Span


class Ties(NamedTuple):
    """What goes with one figure."""

    own: frozenset[str]
    """The things nearest to it, which go with no other figure."""
    shared: frozenset[str]
    """Where it has none of its own, those of the list that it continues."""
    distant: frozenset[str]
    """Where it has neither, those of another clause."""
    others: frozenset[str]
    """What the sentence names and ties to other figures only."""
    free: frozenset[str]
    """What the sentence names and ties to no figure closely."""

    @property
    def all(self) -> frozenset[str]:
        """Its own, or else the shared ones."""
        return self.own or self.shared

    @property
    def any(self) -> frozenset[str]:
        """All, or else the distant ones."""
        return self.own or self.shared or self.distant


_EMPTY: frozenset[str] = frozenset()
NO_TIES = Ties(_EMPTY, _EMPTY, _EMPTY, _EMPTY, _EMPTY)
_CLAUSE, _COMMA, _AND, _WITH = 3, 2, 1, 0.5
_CLAUSE_BREAK = re.compile(
    r"[;:]|[—–]\s|\)[^()]{0,60}\(|,\s(?:and\s)?(?:while|whereas|but|which|with|[a-z]+ing\b)|\b(?:while|whereas|where|but|although|however)\b"
    r"|(?:하며|하고|했고|이고|이며|였고|지만|으며|으나|은\s?반면|는\s?반면|인\s?반면|(?<!최)고|며|면서|[해여]서),?\s"
)
_BRACKETED = re.compile(r"\s?\([^(),;]{1,20}\)")
"""What stands in brackets between a thing and its figure parts them no more: ``TideCache-L (479M) reaches``."""
_LOOSE_COMMA = re.compile(r",|\)(?![^(]*\()")
_JOIN = re.compile(r"\band\b|\bor\b|&|/|\s및\s|(?<=[가-힣A-Za-z0-9%)])(?:와|과)\s|그리고")
_EACH = re.compile(r"\brespectively\b|각각")
_LIST = re.compile(r"\)?\s?(?:,|/|&|,?\s?\b(?:and|or)\b|와|과|및|,?\s?그리고)\s?(?:the\s|an?\s)?")
_HEADED_LIST = re.compile(r"\s(?:benchmarks?|data\s?sets?|test\s?sets?)(?:\sand|,|,\sand)\s(?:the\s)?")
"""What stands between names of which the first has its noun: ``the ToyBench benchmark and LakeBench``."""
_CHANGE = re.compile(
    r"[^,;]{0,25}?(?:\bto\b|→|->|rightarrow)[^,;\d]{0,12}"
    r"|\s?(?:포인트|점|배|초|개)?에서\s[^,;\d]{0,12}"
)
_IN_BRACKETS = re.compile(r"\s?\(\s?")
_FROM = re.compile(r"\b[Ff]rom\s[^,;]{0,30}$")
_HANGUL = re.compile(r"[가-힣]")
_MODIFIES = re.compile(r"\s$|\s?(?:의|인|더|만큼|이상의|수준의|가량의|[가-힣]{1,3}[은는운])\s")


def tie(
    text: str, figures: Sequence[Span], things: Sequence[Span], *, past: bool = False, by_unit: bool = False
) -> list[Ties]:
    """What goes with each of the figures of a sentence.

    Args:
        text: the text that the spans are places of.
        figures: the figures of one sentence, in order.
        things: the things of one kind that the sentence names (metrics, or data sets), in order.
        past: whether a thing may go with a figure past other things, but past no comma.
        by_unit: whether a figure without a thing of its own shares that of the last one in its unit, if there is one.
    """
    if not things or not figures:
        return [NO_TIES] * len(figures)
    runs = [(run, True) for run in _runs(text, figures, changes=True, things=things)]
    runs += [(part, False) for run in _runs(text, things, changes=False) for part in _parted(text, run, figures)]
    runs.sort(key=lambda each: each[0][0].start)
    own: dict[int, set[str]] = {figure.start: set() for figure in figures}
    far: dict[int, set[str]] = {figure.start: set() for figure in figures}
    is_korean = _HANGUL.search(text, figures[0].start, figures[-1].end + 40) is not None
    dealt = dict(_deal_out(text, [run for run, is_figure in runs if is_figure], things, words=past))
    for at, (run, is_figure) in enumerate(runs):
        if not is_figure and all(thing.start in dealt for thing in run):
            for thing in run:
                own[dealt[thing.start]] |= {thing.key}
        elif not is_figure and (nearest := _nearest(text, runs, at, is_korean=is_korean, past=past)) is not None:
            target, level = nearest
            if len(target) == len(run) > 1 and _EACH.search(text, run[0].start, target[-1].end + 40):
                level = 0
            for figure, keys in _deal(text, run, target):
                (own if level < (_COMMA if past else _CLAUSE) else far)[figure.start] |= keys
    return list(_ties(text, figures, things, (own, far), by_unit=by_unit))


_Run = list[Span]


def _runs(text: str, spans: Sequence[Span], *, changes: bool, things: Sequence[Span] = ()) -> Iterator[_Run]:
    """Neighbours that make one list, or of figures the two ends of a change that is of one of the things."""
    run: _Run = []
    for span in spans:
        if run and not changes and span.key == run[-1].key and _ALIAS.fullmatch(text[run[-1].end : span.start]):
            run[-1] = span._replace(start=run[-1].start)  # a word and its acronym
            continue
        if run and (not _joins(text, run[-1], span, changes=changes) or _each_has_its_own(text, run[-1], span, things)):
            yield run
            run = []
        run.append(span)
    if run:
        yield run


def _each_has_its_own(text: str, first: Span, second: Span, things: Sequence[Span]) -> bool:
    """Whether the two ends of a change are of different things: ``from 1.4x for 7B models to 1.1x for 70B``."""
    behind = [
        next((each.key for each in things if _LINKS.fullmatch(text[figure.end : max(each.start, figure.end)])), "")
        for figure in (first, second)
    ]
    return all(behind) and behind[0] != behind[1]


_LINKS = re.compile(r"\s(?:for|on|in|at|with|of|by)\s(?:the\s|an?\s)?")


def _parted(text: str, run: _Run, figures: Sequence[Span]) -> Iterator[_Run]:
    """A list of things, in two if its last one has a figure of its own: ``72 ms latency and an accuracy of 0.82``."""
    opens = any(_RIGHT_BEFORE.fullmatch(text[figure.end : run[0].start]) for figure in figures)
    closes = any(_RIGHT_AFTER.fullmatch(text[run[-1].end : figure.start]) for figure in figures)
    if len(run) > 1 and opens and closes:
        yield run[:-1]
        yield run[-1:]
    else:
        yield run


_RIGHT_BEFORE = re.compile(r"[\s-]?(?:[a-z]+\s)?")
_RIGHT_AFTER = re.compile(r"\s(?:of|is|was|at)\s(?:about\s|over\s|only\s)?[~$]?")
_ALIAS = re.compile(r"[^\d,;]{0,30}")


def _joins(text: str, first: Span, second: Span, *, changes: bool) -> bool:
    between = text[first.end : second.start]
    if changes and _IN_BRACKETS.fullmatch(between) and text[second.end : second.end + 1] == ")":
        return True  # 56.7% (+40.0%)
    if _LIST.fullmatch(between):
        return not changes or first.key == second.key or not first.key
    if not changes:
        return _HEADED_LIST.fullmatch(between) is not None
    if _CHANGE.fullmatch(between) is None:
        return False
    is_marked = re.search(r"에서|→|->|rightarrow", between) is not None
    return is_marked or _FROM.search(text[max(0, first.start - 40) : first.start]) is not None


def _deal_out(text: str, runs: Sequence[_Run], things: Sequence[Span], *, words: bool) -> Iterator[tuple[int, int]]:
    """With which of the figures of a list the things in the phrases of another list go.

    ``Over the best visual and the best OCR-based baseline, respectively``; of ``words``, whether the sentence says
    *respectively* or not: ``cuts the best and the mean by 2% and 3%``.
    """
    for before, run in zip([None, *runs], runs, strict=False):
        if len(run) > 1 and (each := _EACH.search(text, run[-1].end, run[-1].end + _PHRASES)):
            parts = [part for part in _PARTS.finditer(text, run[-1].end, each.start()) if part[0].strip()]
            if len(parts) == len(run):
                yield from (
                    (thing.start, figure.start)
                    for part, figure in zip(parts, run, strict=True)
                    for thing in things
                    if part.start() <= thing.start < part.end()
                )
                continue
        if len(run) > 1 and re.search(r"각각\s(?:약\s|최대\s)?$", text[: run[0].start]):
            at = before[-1].end if before else max(0, run[0].start - _PHRASES)
            members = list(_MEMBERS.finditer(text, at, run[0].start))[-len(run) :]
            if len(members) == len(run):
                yield from (
                    (thing.start, figure.start)
                    for member, figure in zip(members, run, strict=True)
                    for thing in things
                    if max(member.start(), member.end() - _PHRASE) <= thing.start < member.end()
                )
                continue
        if not words or len(run) != 2 or _LIST.fullmatch(text[run[0].end : run[1].start]) is None:
            continue
        at = max(before[-1].end if before else 0, run[0].start - _PHRASES)
        clauses = [match.end() for match in _CLAUSE_BREAK.finditer(text, at, run[0].start)]
        at = clauses[-1] if clauses and not _EACH.search(text, run[0].start, run[1].end + 40) else at
        joins = list(_JOIN.finditer(text, at, run[0].start))
        if not joins:
            continue
        # What stands behind a comma goes with both: "the first and the second, with scores of 1.3 and 1.4".
        aside = text.find(", ", joins[-1].end(), run[0].start)
        until = aside if aside >= 0 else run[0].start
        if not any(joins[-1].end() <= thing.start < until for thing in things):
            continue
        for thing in things:
            if joins[-1].start() - _PHRASE <= thing.start < joins[-1].start() and thing.start >= at:
                yield thing.start, run[0].start
            elif joins[-1].end() <= thing.start < until:
                yield thing.start, run[1].start


_PHRASES, _PHRASE = 160, 45
_MEMBERS = re.compile(r"(?:(?!,\s|(?<=[가-힣A-Za-z0-9])[와과]\s|\s및\s).)+[와과]?")
_PARTS = re.compile(r"(?:(?!,\s|\s(?:and|or)\s|\band\s).)+")
"""The members of a list of phrases."""


def _nearest(
    text: str, runs: Sequence[tuple[_Run, bool]], at: int, *, is_korean: bool, past: bool
) -> tuple[_Run, float] | None:
    """The run of figures that a run of things goes with, the one behind the weaker break, and that break.

    In Korean a thing stands before its figure, unless the figure is an attribute of it: ``70%의 메모리``.
    """
    run = runs[at][0]
    sides: list[tuple[float, int, _Run]] = []
    left, right = at - 1, at + 1
    if not past and right < len(runs) and not runs[right][1] and runs[right][0][0].key == run[-1].key:
        return None  # it is named again, nearer to a figure
    while past and left >= 0 and not runs[left][1]:
        left -= 1
    while past and right < len(runs) and not runs[right][1]:
        right += 1
    if left >= 0 and runs[left][1]:
        before = runs[left][0]
        gap = text[before[-1].end : run[0].start]
        if len(before) > 1 and _IN_BRACKETS.fullmatch(text[before[-2].end : before[-1].start]):
            gap = gap.removeprefix(")")
        against = is_korean and _MODIFIES.match(gap) is None and "(" not in gap
        sides.append((max(_break_strength(gap), _WITH * (" with " in gap)) + against, len(gap), before))
    if right < len(runs) and runs[right][1]:
        after = runs[right][0]
        gap = text[run[-1].end : after[0].start]
        level = max(_break_strength(_RELATIVE.sub("", gap)), _AND * gap.startswith(" with "))
        sides.append((level, 0 if level and _LEADS_TO.search(gap) else len(gap), after))
    if not sides:
        return None
    nearest = min(sides, key=lambda side: side[:2])
    return nearest[2], nearest[0]


_LEADS_TO = re.compile(r"\b(?:by|to|of|at)\s(?:about\s|only\s|up\sto\s)?[~+]?$")
_RELATIVE = re.compile(r"^,?\s(?:which|that|who)\s")


def breaks(gap: str) -> bool:
    """Whether a new clause begins in a stretch of text."""
    return _break_strength(gap) == _CLAUSE


def _break_strength(gap: str) -> int:
    """How strongly a stretch of text parts what stands on either side of it; 0 where nothing does."""
    gap = _BRACKETED.sub("", gap)
    if _CLAUSE_BREAK.search(gap):
        return _CLAUSE
    if _LOOSE_COMMA.search(gap):
        return _COMMA
    return _AND if _JOIN.search(gap) else 0


def _deal(text: str, things: _Run, figures: _Run) -> Iterator[tuple[Span, set[str]]]:
    """Deal the things of a list out to the figures of another one; both ends of a change have all of them."""
    is_list = len(figures) > 1 and _LIST.fullmatch(text[figures[0].end : figures[1].start]) is not None
    if is_list and len(things) == len(figures):
        yield from ((figure, {thing.key}) for thing, figure in zip(things, figures, strict=True))
    else:
        keys = {thing.key for thing in things}
        yield from ((figure, keys) for figure in figures)


def _ties(
    text: str,
    figures: Sequence[Span],
    things: Sequence[Span],
    dealt: tuple[dict[int, set[str]], dict[int, set[str]]],
    *,
    by_unit: bool,
) -> Iterator[Ties]:
    """The ties of each figure; one without any of its own shares those of what it goes on from."""
    (own, far), last, at = dealt, _EMPTY, 0
    last_of: dict[str, frozenset[str]] = {}
    named = frozenset(thing.key for thing in things)
    for n, figure in enumerate(figures):
        keys, distant = frozenset(own[figure.start]), frozenset(far[figure.start])
        before = [thing for thing in things if thing.end <= figure.start]
        if not last and before:
            last, at = frozenset({before[-1].key}), before[-1].end
        back = _break_strength(text[at : figure.start]) if last else _CLAUSE
        # "A 2x speed-up with a 0.5% drop in accuracy, and a 3x one with a 2% drop": what has its unit, if anything.
        shared = (last_of.get(figure.key, last) if by_unit else last) if back < _CLAUSE else _EMPTY
        # The last one of a list says it for all: "66.6% F1 and 80.4% recall on ToyBench".
        following = frozenset(own[figures[n + 1].start]) if n + 1 < len(figures) else _EMPTY
        if following and _leads(text, figure, figures[n + 1], things) and back > _AND:
            shared = following
        others = frozenset(key for start, ties in own.items() if start != figure.start for key in ties) - keys
        yield Ties(
            own=keys,
            shared=_EMPTY if keys else shared,
            distant=distant or last,
            others=others,
            free=named - keys - others,
        )
        last, at = keys or shared or distant or last, figure.end
        last_of[figure.key] = last


def _leads(text: str, figure: Span, following: Span, things: Sequence[Span]) -> bool:
    """Whether a figure shares what stands after the next one of its list."""
    gap = text[figure.end : following.start]
    named_later = any(0 <= thing.start - following.end < _NEAR for thing in things)
    return named_later and figure.key == following.key and len(gap) < _NEAR and _break_strength(gap) <= _AND


_NEAR = 40
