"""Whose the figures of an English sentence are, and what is beaten: by subjects, prepositions and clauses."""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise, zip_longest

from assay.claims.context import JOINED, Figure, Sentence
from assay.claims.meanings.likeness import is_versus
from assay.claims.naming.bearers import NOBODY, PRONOUN, ROLE, UNSURE, Keys, keys
from assay.claims.span import Span


def english_holders(
    sentence: Sentence, figures: Sequence[Figure], spans: Sequence[Span]
) -> Iterator[tuple[Figure, Keys]]:
    """Each figure of an English sentence with those that may have it; with none where the sentence does not say.

    Args:
        sentence: the sentence.
        figures: its figures that are measured, in order.
        spans: who may have one, in order.
    """
    text = sentence.text
    rivals = list(objects(text, spans))
    dealt = dict(_dealt(text, figures, spans))
    exact = dict(_right_behind(text, figures, spans)) | dealt
    last = agent = NOBODY
    at = sentence.start
    for figure, following in zip_longest(figures, figures[1:]):
        place = _Place(figure, at, spans, rivals)
        names = exact.get(figure) or place.beside() or place.names(last, agent)
        last = (keys(place.subjects) or last) if place.is_start else names
        if names and figure not in dealt:
            names |= keys(_trailing(text, figure, following, spans, rivals))
        if place.changes:
            agent = keys(place.subjects) - keys(place.changed)
        elif place.breaks:
            agent = NOBODY
        yield figure, names
        at = figure.quantity.end


class _Place:
    """What stands between a figure and the one before it."""

    def __init__(self, figure: Figure, at: int, spans: Sequence[Span], rivals: Sequence[Span]) -> None:
        text, start = figure.sentence.text, figure.quantity.start
        self._figure, self._text, self._rivals = figure, text, rivals
        self._gap = text[at:start]
        self.breaks = [match.end() for match in _CLAUSE.finditer(self._gap)]
        self._clause = at + (self.breaks[-1] if self.breaks else 0)
        self._inside = [each for each in spans if self._clause <= each.start and each.end <= start]
        # What stands right behind the figure before is that one's: "1.06 (LakeNet-L) and 1.04", "with LakeNet-L and".
        own = _OF_THE_LAST.match(text, at) if at > figure.sentence.start else None
        if own is not None and self._inside and self._inside[0].start == own.end():
            self._inside = self._inside[1:]
        self._ahead = [each for each in spans if at <= each.start and each.end <= self._clause]
        self.subjects = [each for each in self._inside if each not in rivals]
        self.changed = [each for each in self.subjects if _IS_CHANGED.search(text[self._clause : each.start])]
        is_change = _CHANGES.search(text, self._clause, start) is not None
        self.changes = is_change and bool(self.subjects)
        starts = [first for first, last in figure.sentence.changes if first.quantity.end <= last.quantity.start]
        self.is_start = figure in starts
        """Whether it is where a change starts."""
        self._is_from = self.is_start and _FROM.search(self._gap) is not None and is_change

    def beside(self) -> Keys:
        """The name that a figure stands right behind, so that it can only be its own."""
        return keys(self._inside[-1:]) if self._inside and self._is_tight(self._inside[-1]) else NOBODY

    def _is_tight(self, span: Span) -> bool:
        gap = self._text[span.end : self._figure.quantity.start]
        if _TIGHT.fullmatch(gap) or (gap == " at " and span in self._rivals):
            return True
        is_second = _SECOND.search(self._text[max(0, span.start - 30) : span.start]) is not None
        return is_second and gap in {" with ", " at "}

    def names(self, last: Keys, agent: Keys) -> Keys:
        """Those that the clause gives a figure to.

        Args:
            last: whose the figure before is.
            agent: what changes the names that follow: the Quartz of ``Quartz lifts A to 81%, and B to 76%``.
        """
        if _OF_NOBODY.search(self._text, self._clause, self._figure.quantity.start):
            return NOBODY
        if is_versus(self._figure):
            return self._side()
        if self._is_from:
            beaten = [each for each in self._inside if each in self._rivals]
            return keys(beaten or self.changed)  # "improves on Granite from 76.2 to 81.4"
        if any(each.key[:1] != UNSURE for each in self.subjects):
            return keys(self.subjects) | (NOBODY if self.breaks else agent)
        return self._carried(last)

    def _carried(self, last: Keys) -> Keys:
        """Whose a figure is that has no subject of its own."""
        if self.breaks and self._ahead and _WHICH.fullmatch(self._text[self._ahead[-1].end : self._clause]):
            return keys(self._ahead[-1:])
        is_base = self._figure.is_baseline or _BASE.search(self._gap) is not None
        goes_on = not self.breaks or _GOES_ON.match(self._text, self._clause) is not None
        is_open = is_base or not goes_on or _OPENS_CLAUSE.search(self._gap) is not None
        if is_open or (self._inside and self._gap.endswith(" with ")):
            return NOBODY  # "ahead of TideCache with 57.5%"
        return last | keys(self.subjects) or keys(each for each in self._ahead if each not in self._rivals)

    def _side(self) -> Keys:
        """Whose a figure of a bracket is: ``TideCache surpasses PlayNet (86.1% vs 82.4%)``."""
        sides = [keys(each for each in self._inside if (each in self._rivals) is beaten) for beaten in (False, True)]
        others = [each for each in self._figure.sentence.figures if is_versus(each)]
        if not all(sides) or len(others) != len(sides):
            return NOBODY
        return sides[others.index(self._figure)]


def objects(text: str, spans: Sequence[Span]) -> Iterator[Span]:
    """What something is said to be better or worse than, with the list that it begins."""
    before: Span | None = None
    for each in spans:
        gap = "" if before is None else text[before.end : each.start]
        is_listed = before is not None and (_LIST.fullmatch(gap) or _AS_WELL.fullmatch(gap))
        pattern = _BEATS_ROLE if each.key.startswith(ROLE) else _BEATEN
        if is_listed or pattern.search(text[max(0, each.start - 60) : each.start]):
            yield each
            before = each
        else:
            before = None


def english_rivals(text: str, figures: Sequence[Figure], spans: Sequence[Span]) -> Iterator[tuple[Figure, Keys]]:
    """What each change is measured against: the object before it (``beats A by 5%``), or else that behind it."""
    rivals = [each for each in objects(text, spans) if each.key[:1] not in {UNSURE, ROLE}]
    at, before = 0, NOBODY
    for run in _runs(figures):
        start, end = run[0].quantity.start, run[-1].quantity.end
        led = [
            each
            for each in spans
            if at <= each.start
            and (each in rivals or (before and _AND.fullmatch(text, at, each.start)))
            and _BY.fullmatch(text, each.end, start)
        ]
        until = _CLAUSE.search(text, end)
        behind = [each for each in rivals if end <= each.start < (until.start() if until else len(text))]
        # Past a figure of its own unit nothing is its rival; past any other, only if there is none yet.
        later = [each for each in figures if each.quantity.start >= end]
        later = [each for each in later if before or each.amount.unit == run[0].amount.unit]
        if later:
            behind = [each for each in behind if each.start < later[0].quantity.start]
        if led:
            before = keys(led)
            yield from ((figure, before) for figure in run)
        elif behind and len(behind) == len(run) > 1 and _EACH.search(text, behind[-1].end, behind[-1].end + 20):
            yield from ((figure, frozenset({name.key})) for figure, name in zip(run, behind, strict=True))
            before = NOBODY
        elif behind and len(run) == 1:
            before = keys(behind)
            yield run[0], before
        elif before and len(run) == 1 and keys(each for each in spans if at <= each.start < start) <= before:
            yield run[0], before
        at = end


_BY = re.compile(
    r"(?:\s\d[\d.]*[BM])?(?:\s\([^()]{1,25}\))?\s(?:[a-z]+\s){0,2}by\s(?:an?\s|about\s|over\s|up\sto\s|only\s|another\s){0,2}[~+]?"
)
_AND = re.compile(r"(?:\s[a-z%]+)?,?\sand\s(?:the\s)?")
_EACH = re.compile(r"\brespectively\b")
_BEATS = (
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat(?:s|ing|en\sby)?|outpac\w+|outscor\w+|outdo\w*|top(?:s|ping)|trail\w*|over|than|"
    r"against|versus|vs\.?|compared\s(?:to|with)|relative\sto|unlike|ahead\sof|above|below|behind|improv\w+\s(?:up)?on|"
    r"instead\sof|rather\sthan|second\s(?:only\s)?to)\s(?:that\sof\s)?"
)
_BEATEN = re.compile(_BEATS + r"(?:(?!(?:and|or|by|to|of|with|for|on|in|from)\b)[a-z-]+\s){0,5}$")
_BEATS_ROLE = re.compile(_BEATS + r"(?:(?!(?:by|to|of|with|for|on|in|from)\b)[a-z-]+\s){0,6}$")
_LIST = re.compile(r"(?:\s\d[\d.]*[BM])?(?:\s?\([^()]{1,25}\))?\s?(?:,|/|&|,?\s?\b(?:and|or)\b)\s?(?:the\s|both\s)?")
_AS_WELL = re.compile(
    r"(?:\s[a-z-]+){0,3}?,?\s(?:as\swell\sas|such\sas|including|like|and\seven)\s(?:the\s)?(?:[a-z-]+\s){0,3}"
)


def _dealt(text: str, figures: Sequence[Figure], spans: Sequence[Span]) -> Iterator[tuple[Figure, Keys]]:
    """Figures of a list that go with the names of another list one by one: ``A and B reach 81% and 76%``."""
    at = 0
    for run in _runs(figures):
        start, end = run[0].quantity.start, run[-1].quantity.end
        names = [each for each in spans if at <= each.start and each.end <= start]
        at = end
        if len(run) == 1 or _PLACES.match(text, end):
            continue
        names = [each for each in names if each.key[:1] != UNSURE]
        tail = names[-len(run) :]
        is_list = len(tail) == len(run) and all(_LIST.fullmatch(text[a.end : b.start]) for a, b in pairwise(tail))
        is_longer = len(names) > len(run) and _LIST.fullmatch(text[names[-len(run) - 1].end : tail[0].start])
        if is_list and not is_longer and not _CLAUSE.search(text, tail[-1].end, start):
            yield from ((figure, frozenset({name.key})) for figure, name in zip(run, tail, strict=True))


def _runs(figures: Sequence[Figure]) -> Iterator[list[Figure]]:
    run: list[Figure] = []
    for figure in figures:
        if run and not JOINED.fullmatch(figure.sentence.text[run[-1].quantity.end : figure.quantity.start]):
            yield run
            run = []
        run.append(figure)
    if run:
        yield run


_PLACES = re.compile(r"\s(?:[a-z]+\s){0,3}?(?:on|for|at|in)\s[^.;]{3,60}?\s(?:and|or)\s")


def _right_behind(text: str, figures: Sequence[Figure], spans: Sequence[Span]) -> Iterator[tuple[Figure, Keys]]:
    """Whose figures are by the names right behind them: ``76.2% for Granite``, ``is reached by Quartz``.

    Where one of those names surely may have a figure, the others may too.
    """
    found = {figure: key for figure in figures if (key := _name_behind(text, figure, spans))}
    is_sure = any(key[:1] != UNSURE for key in found.values())
    yield from ((figure, frozenset({key.removeprefix(UNSURE) if is_sure else key})) for figure, key in found.items())


def _name_behind(text: str, figure: Figure, spans: Sequence[Span]) -> str:
    end, start = figure.quantity.end, figure.quantity.start
    following = next((each for each in spans if each.start >= end), None)
    if following is None or _HAS_ITS_OWN.match(text, following.end):
        return ""
    link = _LINK.fullmatch(text, end, following.start)
    if link is None or (link["of"] and not _IS_THAT.search(text[max(0, start - 15) : start])):
        return ""
    return following.key


_LINK = re.compile(
    r"\)?(?:\s\([^()]{1,25}\))?(?:\s[a-z@\d-]+)?\s(?:(?P<of>of)|for|by|from|(?:is|are|was|were)\s[a-z]+(?:ed|en|n|d|t)\sby)\s"
    r"(?:the\s|an?\s|its\s|our\s|[a-z-]+\s){0,3}"
)
_IS_THAT = re.compile(
    r"\b(?:the|with|to|than|against|vs\.?|versus|over|exceeding|surpassing|above|below|behind)\s[~$]?$"
)
_HAS_ITS_OWN = re.compile(r"(?:['’]s?\s|\s?\(|\s)[~$]?\d|['’]s?\s")


_TIGHT = re.compile(
    r"\s?\((?:\d[\d.]*[BMK]?,\s|[^()\d,;]{0,20}\s)?[~<>+]?|:?\s(?:only\s|just\s|about\s|nearly\s|a\s)?[~$+]?|,\sat\s"
    r"|['’]s?\s(?:(?!(?:to|by|from|and|with)\b)[\w@-]+\s){0,5}?(?:(?:is|was|of|at)\s)?(?:only\s|just\s|about\s)?[~$+]?"
)
_SECOND = re.compile(r"\b(?:second\s(?:only\s)?to|behind|after|below|trailing)\s(?:the\s)?$")


def _trailing(
    text: str, figure: Figure, following: Figure | None, spans: Sequence[Span], rivals: Sequence[Span]
) -> Iterator[Span]:
    """The names behind a figure that it may be of as well: ``81.4% when applied to Granite``."""
    end = figure.quantity.end
    until = following.quantity.start if following else figure.sentence.end
    broken = _CLAUSE.search(text, end, until)
    until = broken.start() if broken else until
    for each in spans:
        if end <= each.start < until and each not in rivals and each.key != PRONOUN:
            is_last = following is None or broken is not None
            if (
                is_last or _PREPOSITION.search(text[max(end, each.start - 30) : each.start])
            ) and not _HAS_ITS_OWN.match(text, each.end):
                yield each


_PREPOSITION = re.compile(r"\b(?:for|of|on|with|by|using|in|to|from|at|via|under)\s(?:[\w-]+\s){0,2}$")
_CLAUSE = re.compile(
    r"[;—–]\s?|,?\s\b(?:while|whereas|but|although|though|yet|where|which|who)\b\s|,\sand\s(?=(?:[\w'’.-]+\s){1,8}(?:is|are|was|were|has|have|had)\s)"
)
_WHICH = re.compile(r"(?:\s\([^()]{1,40}\))?,?\s(?:which|who)\s")
_GOES_ON = re.compile(
    r"(?:only|still|also|even|just|(?:[a-z]+ly\s)?[a-z]+ing|on|in|at|for|reach\w+|attain\w+|achiev\w+|get\w*|scor\w+)\b"
)
_OPENS_CLAUSE = re.compile(
    r"\band\s(?:[\w-]+\s){1,5}(?:is|are|was|were|has|have|takes?|needs?|gets?|runs?|reaches|scores)\s"
)
_OF_NOBODY = re.compile(
    r"\b(?:[Ww]ithout|[Rr]emoving|[Aa]blating|w/o|[Nn]one|[Nn]o\s(?:[a-z]+\s)?(?:models?|methods?|agents?|systems?))\b"
)
_OF_THE_LAST = re.compile(r"[\w%]{0,6}\s(?:\((?:[\w.-]+\s){0,2}|(?:for|with|by|of|using|under|on)\s(?:[\w-]+\s){0,3})")
_BASE = re.compile(
    r"\b(?:compared\s(?:to|with)|up\sfrom|down\sfrom|against|vs\.?|versus|than)\s(?:only\s|just\s)?[~$]?$"
)
_FROM = re.compile(r"\bfrom\b[^.;,]{0,40}$", re.IGNORECASE)
_VERBS = (
    r"(?:improv|rais|lift|boost|increas|bring|push|take|took|reduc|lower|cut|driv|drove|enhanc|help|let|enabl|mak|move|elevat|"
    r"shift|advanc|decreas|accelerat)\w*"
)
_CHANGES = re.compile(rf"\b{_VERBS}\s")
_IS_CHANGED = re.compile(rf"\b{_VERBS}\s(?!(?:up)?on\b)[^,;]*$")
