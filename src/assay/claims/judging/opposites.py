"""Tells where a summary says in words the opposite of what the paper says of a figure.

The lowest for the highest, short of a bar that was cleared, done with ease where the paper sees failure, alike for
different, worse in so many cases and not better, per minute for per second.

Both sides must say it of the same thing, and either side only one of the two.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from assay.claims.context import Figure
from assay.claims.judging.case import Case, Disagreement, is_in_korean
from assay.claims.meanings.counting import is_raw
from assay.claims.meanings.ways import Way, way
from assay.claims.numbers.sorts import Sort

_BREAK = re.compile(
    r"[;:]\s|,?\s\b(?:but|while|whereas|though|although)\b|(?<=[가-힣])(?:지만|으나|는데|면서|고|며),?\s|[.]\s"
)
"""Where a clause ends that says something of its own."""


def _clause(figure: Figure) -> str:
    """The words of a figure's clause, with ``#`` for the figure."""
    before = _BREAK.split(figure.before)[-1]
    after = _BREAK.split(figure.after)[0]
    return f"{before}#{after}"


def _window(figure: Figure) -> str:
    """The words of a figure's sentence and of the one after it."""
    sentence = figure.sentence
    following = re.match(r"\s*[^.]{0,240}", sentence.text[sentence.end :])
    return sentence.words + (following[0] if following else "")


def _side(text: str, sides: tuple[re.Pattern[str], re.Pattern[str]]) -> int:
    """Which of two opposite things a text says, 1 or -1; 0 if neither, or both."""
    first, second = (pattern.search(text) is not None for pattern in sides)
    return first - second


# --- superlatives

_HIGHEST = (
    re.compile(r"\b(?:highest|largest|greatest)\b|(?:가장|제일)\s(?:높|크|큰|컸|많)"),
    re.compile(r"\b(?:lowest|smallest|least)\b(?<!at least)|(?:가장|제일)\s(?:낮|작|적)|최저"),
)
_BEST = (
    re.compile(r"\b(?:best|strongest)\b|(?:가장|제일)\s(?:좋|뛰어|우수|강[한하력])|최고|1위"),
    re.compile(
        r"\b(?:worst|weakest|poorest)\b|(?:가장|제일)\s(?:나쁘|나쁜|나빴|못[하한했]|떨어|뒤[처떨]|약[한하])|최악|꼴찌|최하위"
    ),
)
_NOT_THE = re.compile(
    r"\b(?:not|n['’]t|never|far\sfrom)\s(?:even\s)?(?:the\s|its\s)?(?:very\s)?(?:best|strongest|highest|largest|greatest)\b"
    r"|(?:가장|제일|최고)[^,.]{0,12}?(?:지(?:는|도)?\s?(?:않|못)|(?:은|는|이|가)\s아니)"
)
_AMONG = re.compile(
    r"\b(?:among|of|out\sof|over|across)\s(?:all\s)?(?:(?:the|its|these)\s)?#|#\S{0,3}?(?:\s\S+){0,4}?\s(?:가운데|중)(?:에서)?(?![가-힣])|#\s?\S{0,2}\s?(?:이하|미만|규모)"
)


def superlative(case: Case) -> Disagreement | None:
    """The lowest for the highest, or the worst for the best, of one metric or among so many."""
    ours, theirs = _clause(case.figure), _clause(case.reference)
    is_one = case.ours.metric.any & case.theirs.metric.any
    if not is_one and not (_AMONG.search(ours) and (_AMONG.search(theirs) or _UP_TO.search(theirs))):
        return None
    for sides in (_HIGHEST, _BEST):
        here, there = (
            0
            if _NOT_THE.search(each) and _side(each, sides) < 0
            else _side(each, sides) * (-1 if _NOT_THE.search(each) else 1)
            for each in (ours, theirs)
        )
        if here * there < 0:
            words = ("the highest", "the lowest") if sides is _HIGHEST else ("the best", "not the best")
            return Disagreement("direction", *(words if here > 0 else words[::-1]))
    return None


_UP_TO = re.compile(r"\b(?:among|of)\s(?:all\s)?(?:[\w-]+\s){1,4}?(?:up\sto|under|below|within)\s#")


# --- where it stands against a bar

_BARS: Final[Mapping[str, str]] = {
    "human": r"humans?|people|인간|사람",
    "medal": r"gold|medals?|금메달|메달",
    "threshold": r"thresholds?|the\sbar\b|cut-?offs?|기준(?!선)|문턱|임계",
    "expert": r"experts?|전문가",
    "teacher": r"teachers?|교사",
    "baseline": r"baselines?|베이스라인|기준선",
}
"""What a figure may stand above or below, in either language."""
_ABOVE = (
    r"\b(?:exceed\w*|surpass\w*|above|beyond|past|clear(?:s|ed|ing)?|beat(?:s|en|ing)?|outperform\w*|match(?:es|ed|ing)?|on\spar\swith|better\sthan|ahead\sof|over)"
    r"\s(?:(?!than\b|of\b|and\b|but\b)[\w'’-]+\s){0,4}?"
)
_DENIED = r"(?:not|cannot|can['’]t|n['’]t|never|fail\w*\sto|unable\sto)\s(?:even\s|yet\s)?"
_BELOW = (
    rf"\b(?:short\sof|shy\sof|below|under|behind|beneath|worse\sthan|{_DENIED}(?:reach|match|clear|beat|exceed|surpass|outperform)(?:ing)?)\s"
    r"(?:(?!and\b|but\b)[\w'’-]+\s){0,4}?"
)
_ABOVE_KOREAN = (
    r"[^,.]{0,14}?(?:[을를]\s(?:\S+\s)?(?:넘(?!지)|웃돌|뛰어넘|능가|앞[서선섰질]|상회)"
    r"|[와과]\s(?:\S+\s)?(?:맞먹|대등|필적)|보다\s(?:\S+\s)?(?:높|앞[서선섰]|낫|나은|뛰어))"
)
_BELOW_KOREAN = (
    r"[^,.]{0,14}?(?:에(?:는|도)?\s(?:\S+\s)?(?:못\s?미|미치지|뒤[처지진졌떨]|미달)"
    r"|[을를]\s(?:\S+\s)?(?:넘지|밑[도돈돌])|보다\s(?:\S+\s)?(?:낮|뒤[처지진졌떨]|못[하한했]))"
)


def _standings(words: str) -> Mapping[str, int]:
    """Which bars a text says to be cleared (1) or not (-1)."""
    found: dict[str, int] = {}
    for bar, pattern in _BARS.items():
        below = re.search(rf"{_BELOW}(?:{pattern})|(?:{pattern}){_BELOW_KOREAN}", words)
        others = words if below is None else f"{words[: below.start()]} {words[below.end() :]}"
        above = re.search(rf"{_ABOVE}(?:{pattern})|(?:{pattern}){_ABOVE_KOREAN}", others)
        if bool(above) != bool(below):
            found[bar] = 1 if above else -1
    return found


def standing(case: Case) -> Disagreement | None:
    """Short of a bar that the paper says is cleared, or the reverse: ``35/42, just short of gold``."""
    if Sort.SIZE in {case.figure.amount.sort, case.reference.amount.sort}:
        return _against_size(case)
    if case.theirs.denied or not (_is_level(case.figure) and _is_level(case.reference)):
        return None
    ours, theirs = _standings(_reach(case.figure)), _standings(case.reference.sentence.words)
    for bar in sorted(ours.keys() & theirs.keys()):
        if ours[bar] != theirs[bar]:
            words = (f"above the {bar}", f"below the {bar}")
            return Disagreement("direction", *(words if ours[bar] > 0 else words[::-1]))
    return None


def _is_level(figure: Figure) -> bool:
    if "/" in figure.text:
        return True  # "35/42 points"
    return not figure.is_change and (not figure.is_number or bool(figure.amount.whole))


def _is_in_unit_of(other: Figure, figure: Figure) -> bool:
    return other.amount.unit == figure.amount.unit and other.amount.sort is Sort.FIGURE


def _reach(figure: Figure) -> str:
    """The clause of a figure from the figure before, if there is none of its unit, up to the next one of its unit."""
    text, figures = figure.sentence.text, figure.sentence.figures
    alike = [each for each in figures if each is figure or _is_in_unit_of(each, figure)]
    at = alike.index(figure)
    end = alike[at + 1].quantity.start if at + 1 < len(alike) else figure.sentence.end
    before = "" if at else re.split(r"\d", _BREAK.split(figure.before)[-1][-60:])[-1]
    return f"{before}#{text[figure.quantity.end : end]}"


_MATCHES = re.compile(
    r"\b(?:match(?:es|ed|ing)?|rival(?:s|ed|ing)?|exceed\w*|surpass\w*|outperform\w*|beat(?:s|ing)?|on\spar\swith|equal(?:s|led|ling)?)\s(?:(?:the|its)\s)?(?:performance\sof\s|level\sof\s)?(?:that\sof\s)?(?:an?\s|the\s)?$"
)
_FALLS_SHORT = re.compile(
    r"\b(?:short\sof|behind|below|worse\sthan|trails?|lags)\s(?:what\s)?(?:an?\s|the\s|that\sof\sa\s)?$"
)
_MATCHES_KOREAN = re.compile(
    r"\s?(?:모델|급|LLM|LRM|짜리)?(?:\s\S+)?(?:[와과]\s(?:\S+\s)?(?:맞먹|대등|필적|비슷)|[을를]\s(?:\S+\s)?(?:넘(?!지)|능가|앞[서선섰]|제[치친쳤]))"
)
_FALLS_SHORT_KOREAN = re.compile(
    r"\s?(?:모델|급|LLM|LRM|짜리)?(?:\s\S+)?(?:에(?:는|도)?\s(?:\S+\s)?(?:못\s?미|미치지|뒤[처지진졌떨]|밀[리린렸])|보다\s(?:\S+\s)?(?:낮|뒤[처지진졌떨]|못[하한했]))"
)


def _against_size(case: Case) -> Disagreement | None:
    """Behind a model of so many parameters that the paper says is matched, or the reverse."""
    if case.figure.amount.sort is not Sort.SIZE or case.reference.amount.sort is not Sort.SIZE:
        return None
    here, there = (_beside_size(each) for each in (case.figure, case.reference))
    if here * there >= 0:
        return None
    words = ("matched or passed", "not reached")
    return Disagreement("direction", *(words if here > 0 else words[::-1]))


def _beside_size(figure: Figure) -> int:
    matched = _MATCHES.search(figure.before) or _MATCHES_KOREAN.match(figure.after)
    short = _FALLS_SHORT.search(figure.before) or _FALLS_SHORT_KOREAN.match(figure.after)
    if matched and re.search(rf"\b{_DENIED}$", figure.before[: matched.start()]) and matched.re is _MATCHES:
        return -1
    return bool(matched) - bool(short)


# --- what is easily done, or failed at

_EASY = re.compile(
    r"\b(?:without(?:\sany|\smuch)?|with\sno)\s(?:real\s)?(?:trouble|difficult(?:y|ies)|problems?)\b|\bhas\sno\strouble\b|\bhave\sno\strouble\b|\bwith\sease\b|\beffortless\w*|\bflawless\w*"
    r"|\b(?:none|no\s[a-z]+)\b[^.;]{0,60}?\b(?:has|have|had|shows?)\s(?:any\s)?(?:trouble|difficult(?:y|ies)|problems?)\b"
    r"|무난(?:히|하게)|수월(?:히|하게)|손쉽게|거뜬|문제없이|어려움\s?없이|완벽(?:히|하게)\s(?:해[냈낸내]|수행|풀|푼|지[키켜켰]|통과|처리)",
    re.IGNORECASE,
)
_NOT_EASY = re.compile(r"\b(?:not|n['’]t|never|cannot|far\sfrom|hardly)\b[^.;]{0,40}$")
_NOT_EASY_KOREAN = re.compile(r"[^.;]{0,20}?(?:못\s?[하한했]|않|못\s)")
_HARD = re.compile(
    r"\bstruggl\w+|\bfail\w*\sto\b|\bdeficienc\w+|\bno\s(?:[a-z-]+\s)?(?:models?|agents?|systems?|methods?)\b|\bunable\b|\bpoor(?:ly)?\b|\bfalls?\sshort\b|\bcannot\b|\bdifficult(?:y|ies)\b|\bfar\sfrom\b"
)


def ease(case: Case) -> Disagreement | None:
    """What so many do easily, where the paper says that they fail at it."""
    thing = case.ours.counted
    if not thing or thing != case.theirs.counted:
        return None
    words = case.figure.sentence.words
    easy = _EASY.search(words)
    if easy is None or _NOT_EASY.search(words[: easy.start()]) or _NOT_EASY_KOREAN.match(words[easy.end() :]):
        return None
    if not sees_failure(case.reference) or _EASY.search(_window(case.reference)) is not None:
        return None
    return Disagreement("denial", "done with ease", "not done")


def sees_failure(figure: Figure) -> bool:
    """Whether the paper says of what it counts, there or in the next sentence, that it does not succeed."""
    return _HARD.search(_window(figure)) is not None


_ALIKE = (
    re.compile(
        r"\b(?:much|nearly|almost|exactly)\sthe\ssame\b|\bhomogene\w+|\b(?:look|are|come\sout|turn\sout|end\sup)\s(?:much|very|largely|strikingly)\s(?:alike|similar)"
        r"|거의\s(?:같|일치|비슷)|매우\s비슷|한결같"
    ),
    re.compile(
        r"\bdiverge\w*|\bdiffers?\s(?:substantially|significantly|strongly|widely|sharply|markedly)|\bheterogene\w+|\bfar\sapart\b"
        r"|제각각|크게\s(?:다르|달랐|다른|달라|엇갈|벌어)|공통점이\s없"
    ),
)


def _later(figure: Figure) -> list[Figure]:
    figures = figure.sentence.figures
    return figures[figures.index(figure) + 1 :]


def likeness(case: Case) -> Disagreement | None:
    """Alike for different, of so many things that both sides count."""
    ours, theirs = case.ours.counted, case.theirs.counted
    if not case.figure.is_number or not case.reference.is_number or _are_two(ours, theirs):
        return None
    here, there = _side(case.figure.after, _ALIKE), _side(_window(case.reference), _ALIKE)
    if here * there >= 0 or any(_side(each.after, _ALIKE) for each in _later(case.figure)):
        return None
    words = ("alike", "different")
    return Disagreement("denial", *(words if here > 0 else words[::-1]))


def _are_two(ours: str, theirs: str) -> bool:
    """Whether two things that are counted are two, as far as the table of words knows both."""
    return bool(ours and theirs) and ours != theirs and not (is_raw(ours) or is_raw(theirs))


# --- in how many cases

_CASES = re.compile(r"\s(?:of|in)\s(?:(?:the|its|all)\s)?[a-z]|\s?\S{0,2}에서(?![가-힣])")


def cases(case: Case) -> Disagreement | None:
    """In so many cases worse and not better, or up and not down: ``on 21 of 23 tasks``."""
    if case.ours.denied or case.theirs.denied or not _counts_cases(case.figure) or not _counts_cases(case.reference):
        return None
    here, there = _way_of(case.figure), _way_of(case.reference)
    is_apart = not (here.merit or there.merit) and here.direction * there.direction < 0
    has_sides = any(case.ours.rank) and any(case.theirs.rank) and case.ours.rank != case.theirs.rank
    if not (is_apart or here.merit * there.merit < 0) or (has_sides and not _turned(case)):
        return None
    words = ("better" if here.merit else "up", "worse" if here.merit else "down")
    return Disagreement("direction", *(words if sum(here) > 0 else words[::-1]))


def _turned(case: Case) -> bool:
    """Whether the two that either side compares have changed places."""
    ours, theirs = case.ours.rank, case.theirs.rank
    return bool(ours.better & theirs.worse or ours.worse & theirs.better)


def _counts_cases(figure: Figure) -> bool:
    is_share = figure.amount.unit == "%" and not figure.amount.role and _CASES.match(figure.after) is not None
    return bool(figure.amount.whole) or is_share


def _way_of(figure: Figure) -> Way:
    """Which way its clause goes, as far as all of it goes one way."""
    sentence, quantity = figure.sentence, figure.quantity
    before = quantity.start - len(_BREAK.split(figure.before)[-1])
    after = quantity.end + len(_BREAK.split(figure.after)[0])
    return way(sentence.text, quantity.start, quantity.end, before, after)


# --- so many to each

_PER: Final[Mapping[str, re.Pattern[str]]] = {
    "second": re.compile(r"(?:(?:\bper|/|\bevery)\s?(?:second|sec|s)\b|\bthe\ssecond(?=[,.;]|$))|초당|1초에"),
    "minute": re.compile(r"(?:\bper|/|\bevery|\bthe)\s?(?:minute|min)\b|분당|1분에"),
    "hour": re.compile(r"(?:(?:\bper|/|\bevery)\s?(?:hour|hr|h)\b|\bthe\shour\b)|시간당"),
    "day": re.compile(r"(?:\bper|/|\bevery)\s?day\b|\bdaily\b|하루에|하루\s(?:약\s)?#|일일"),
    "month": re.compile(r"(?:\bper|/|\bevery)\s?month\b|\bmonthly\b|월간|매월|한\s달에"),
    "year": re.compile(r"(?:\bper|/|\bevery)\s?year\b|\b(?:yearly|annually)\b|연간|매년|해마다"),
}


def rate(case: Case) -> Disagreement | None:
    """So many to a minute for so many to a second."""
    here, there = (set(_spans(each)) for each in (case.figure, case.reference))
    if len(here) != 1 or len(there) != 1 or here == there:
        return None
    return Disagreement("unit", f"per {here.pop()}", f"per {there.pop()}")


_MASSES: Final[Mapping[str, re.Pattern[str]]] = {
    "tons": re.compile(r"\d\s?(?:tons?|tonnes?|톤)(?![A-Za-z])"),
    "kilograms": re.compile(r"\d\s?(?:kg|kilograms?|킬로그램)(?![A-Za-z])"),
    "grams": re.compile(r"\d\s?(?:g|grams?|그램)(?![A-Za-z])"),
}


def mass(case: Case) -> Disagreement | None:
    """So many kilograms for so many tons."""
    here, there = (
        {name for name, unit in _MASSES.items() if unit.search(f"{each.text}{each.after[:10]}")}
        for each in (case.figure, case.reference)
    )
    if len(here) != 1 or len(there) != 1 or here == there:
        return None
    return Disagreement("unit", here.pop(), there.pop())


_OF_ONE = re.compile(r"(?<!\d)1(?:초|분)에\s$")


def _spans(figure: Figure) -> Iterator[str]:
    """The spans of time that a figure is told for each of, from the few words around it."""
    before = ""
    if is_in_korean(figure):
        of_one = _OF_ONE.search(figure.before)
        before = of_one[0] if of_one else re.split(r"\d", figure.before[-12:])[-1]
    after = re.split(r"\d|[,;]", figure.after[:26])[0]
    words = f"{before}#{figure.text[-12:]}{after}"
    return (span for span, pattern in _PER.items() if pattern.search(words))
