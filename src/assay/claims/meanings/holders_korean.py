"""Whose the figures of a Korean sentence are: particles mark who has a figure, what it is above, and what is used."""

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from assay.claims.context import JOINED, Figure, Sentence
from assay.claims.naming.bearers import NOBODY, ROLE, UNSURE, Keys, keys
from assay.claims.span import Span


def korean_holders(
    sentence: Sentence, figures: Sequence[Figure], spans: Sequence[Span]
) -> Iterator[tuple[Figure, Keys]]:
    """Each figure of a Korean sentence with those that may have it; with none where the sentence does not say.

    Args:
        sentence: the sentence.
        figures: its figures that are measured, in order.
        spans: who may have one, in order.
    """
    text = sentence.text
    dealt = dict(_dealt(text, figures, spans))
    starts = {first for first, last in sentence.changes if first.quantity.end <= last.quantity.start}
    topic = last = NOBODY
    at = sentence.start
    for figure in figures:
        start, end = figure.quantity.start, figure.quantity.end
        inside = [each for each in spans if at <= each.start and each.end <= start]
        listed = [list(run) for run in _lists(text, inside)]
        subjects = [each for run in listed if _SUBJECT.match(text, run[-1].end) for each in run]
        beaten = [each for run in listed if _is_beaten(text, run[-1].end, start) for each in run]
        others = [each for each in inside if each not in subjects and each not in beaten]
        if figure in dealt:
            names = dealt[figure]
        elif described := _described(text, end, spans):
            names = described
        elif inside and _TIGHT.fullmatch(text, inside[-1].end, start):
            names = keys(inside[-1:])
        elif _WITHOUT.search(text, at, start) or figure in starts:
            names = NOBODY  # where a change starts may be another's
        elif subjects:
            names = keys(subjects[-1:] if len(listed) > 1 else subjects) | keys(others)
        elif others:
            names = topic | keys(others) | (NOBODY if any(each.key[:1] != UNSURE for each in others) else last)
        elif not topic and (owner := _owner(text, end, spans)):
            names = owner
        else:
            names = topic or last
        yield figure, names
        if subjects:
            topic = keys(next(run for run in reversed(listed) if run[-1] in subjects))
        if figure not in starts:
            last = names if not beaten and (subjects or others or not inside) else NOBODY
        at = end


def korean_rivals(text: str, figures: Sequence[Figure], spans: Sequence[Span]) -> Iterator[tuple[Figure, Keys]]:
    """What each change is measured against: ``A보다 5.2포인트 높고``, ``A를 5.2포인트 앞선다``."""
    at, before = 0, NOBODY
    for figure, following in zip_longest(figures, figures[1:]):
        start, end = figure.quantity.start, figure.quantity.end
        until = following.quantity.start if following else figure.sentence.end
        until = min([until, *(each.start for each in spans if each.start >= end)])  # the verb of another name
        inside = [each for each in spans if at <= each.start and each.end <= start]
        rivals = [
            each
            for run in _lists(text, inside)
            for each in run
            if _THAN.match(text, run[-1].end)
            or (figure.amount.unit == "x" and _TIMES_OF.fullmatch(text, run[-1].end, start))
            or (_OBJECT.match(text, run[-1].end) and _AHEAD.search(text, end, until))
        ]
        if rivals or any(_SUBJECT.match(text, each.end) for each in inside):
            before = keys(each for each in rivals if each.key[:1] not in {UNSURE, ROLE})
        if before:
            yield figure, before
        at = end


def _lists(text: str, spans: Sequence[Span]) -> Iterator[list[Span]]:
    """Names that are listed together."""
    run: list[Span] = []
    for each in spans:
        if run and not _LIST.fullmatch(text[run[-1].end : each.start]):
            yield run
            run = []
        run.append(each)
    if run:
        yield run


_LIST = re.compile(r"(?:\([^()]{1,25}\))?(?:\s?,\s|/|\s?[·&]\s?|[와과]\s|\s및\s|이?나\s|\sand\s)")


def _dealt(text: str, figures: Sequence[Figure], spans: Sequence[Span]) -> Iterator[tuple[Figure, Keys]]:
    """Figures of a list that go with listed names one by one: ``A와 B는 각각 81%와 76%``."""
    runs: list[list[Figure]] = []
    for figure in figures:
        if runs and JOINED.fullmatch(text[runs[-1][-1].quantity.end : figure.quantity.start]):
            runs[-1].append(figure)
        else:
            runs.append([figure])
    for before, run in zip([None, *runs], runs, strict=False):
        at, start = before[-1].quantity.end if before else 0, run[0].quantity.start
        for names in _lists(text, [each for each in spans if at <= each.start and each.end <= start]):
            if len(names) == len(run) > 1:
                yield from ((figure, frozenset({name.key})) for figure, name in zip(run, names, strict=True))


def _described(text: str, end: int, spans: Sequence[Span]) -> Keys:
    """The name that a figure describes: ``76.2%인 Granite``, ``81.4%를 얻은 Quartz``."""
    following = next((each for each in spans if each.start >= end), None)
    if following is None or not _DESCRIBES.fullmatch(text, end, following.start):
        return NOBODY
    return frozenset({following.key})


def _owner(text: str, end: int, spans: Sequence[Span]) -> Keys:
    """The subject that stands behind a figure: ``81.4%를 Quartz가 얻는다``."""
    following = next((each for each in spans if each.start >= end), None)
    if following is None or not _LEADS.fullmatch(text, end, following.start):
        return NOBODY
    return frozenset({following.key}) if _SUBJECT.match(text, following.end) else NOBODY


def _is_beaten(text: str, at: int, until: int) -> bool:
    """Whether a particle says that something is above or below what stands before it."""
    return _THAN.match(text, at) is not None or _BEATS.match(text[at:until]) is not None


_BRACKET = r"(?:\s\d[\d.]*[BM])?(?:\s?\([^()]{1,25}\))?"
_VERBS = r"능가|앞서|앞선|앞섰|앞지|제치|제쳤|웃돌|이기|이겼|넘어|상회|따돌|뒤지|뒤진|뒤처|못\s?미"
_TIMES_OF = re.compile(rf"{_BRACKET}의\s(?:약\s|최대\s|거의\s)?")
_OBJECT = re.compile(rf"{_BRACKET}[을를에]\s")
_AHEAD = re.compile(_VERBS)
_SUBJECT = re.compile(rf"{_BRACKET}\s?(?:의\s경우(?:에는|는)?|은|는|이|가|도|만|만이|에는|에게는)(?![가-힣])")
_THAN = re.compile(
    rf"{_BRACKET}(?:의\s(?:[^,;\d]{{0,15}})?)?\s?(?:보다|대비|에\s?비해|에\s?비하여|[와과]\s(?:비교|견주))"
)
_BEATS = re.compile(rf"{_BRACKET}[을를에]\s[^,;\d]{{0,25}}?(?:{_VERBS})")
_TIGHT = re.compile(
    r"\s?\((?:[^()\d,;]{0,12}\s)?[~<>+]?|\s(?:약|최대|평균|최고|무려|단|모델)?\s?|의\s(?:약\s|최대\s|평균\s)?|:\s"
)
_DESCRIBES = re.compile(
    r"(?:인|의|짜리|를\s얻은|을\s얻은|[를을]\s(?:기록|달성)한|[를을]\s(?:보인|보이는|받은|낸)|에\s(?:그친|머문|이르는|달하는|도달한))\s(?:[가-힣]+\s){0,2}"
)
_LEADS = re.compile(r"(?:[를을은는이가에]|에는|까지)?\s(?:[가-힣]+\s){0,1}")
_WITHOUT = re.compile(r"없이|없는|없으면|빼면|뺀|제외|제거")
