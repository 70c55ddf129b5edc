"""Reads which way a figure goes, whether it is denied, and who is the better of two, in English and Korean."""

import re
from collections.abc import Sequence
from itertools import zip_longest
from typing import NamedTuple

from assay.claims.naming.named import OWN
from assay.claims.span import Span


class Way(NamedTuple):
    """Which way a change goes."""

    direction: int = 0
    """1 for more, -1 for less, 0 where that is not said."""
    merit: int = 0
    """1 for better, -1 for worse, 0 where the word itself does not say."""


_UP = (
    (
        r"increas\w*|adds?|added|adding|rais\w+|rises?|rose|more(?!\sthan\s(?:about\s|around\s|some\s|the\s)?(?:[\d~$]|$))|higher|(?:greater|larger)(?!\s(?:[a-z]+\s)?(?:reduc|decreas|drop|sav))|longer|boost\w*|gains?|gained|lifts?|lifted|lifting|grow\w*|grew|double[sd]?|triple[sd]?|"
        r"twice|up(?=\s(?:by|from|about|around|some|\d))|climb\w*|soar\w*|surg(?:es?|ed|ing)|jump\w*|leap\w*|leapt|(?<=times\s)as\smany"
    ),
    r"더\s(?:든다|들[고며어]|든\s|필요|걸[리린려]|쓴|쓰[고며는])[가-힣]*|증가[가-힣]*|늘[가-힣]*|높[가-힣]*|상승[가-힣]*|올라[가-힣]*|올랐[가-힣]*|올리[가-힣]*|올린[가-힣]*|올렸[가-힣]*|많[가-힣]*|길[가-힣]*|끌어\s?올[가-힣]*|오르[가-힣]*|오른[가-힣]*|뛰었[가-힣]*|치솟[가-힣]*|급증[가-힣]*|급등[가-힣]*|불어[나났난][가-힣]*|크[가-힣]*|큰|커[가-힣]*",
)
_DOWN = (
    (
        r"reduc\w+|decreas\w+|lower\w*|fewer(?!\sthan\s(?:[\d~$]|$))|less(?!\sthan\s(?:[\d~$]|$))|smaller|shorter|drop\w*|cut\w*|sav(?:es?|ed|ings?)|shr[iau]nk\w*|declin\w+|falls?|fell|"
        r"halv\w+|slash\w*|trim\w*|down(?=\s(?:by|from|to|about|around|some|\d))|collaps\w*|plung\w*|plummet\w*|slump\w*|tumbl\w*|shed(?:s|ding)?|shav(?:es?|ed|ing)|compress\w*|los(?:[st]\w*|es?|ing)|minimi[sz]\w+|diminish\w*"
    ),
    r"감소[가-힣]*|줄[가-힣]*|낮[가-힣]*|하락[가-힣]*|떨어[가-힣]*|절감[가-힣]*|절약[가-힣]*|적[가-힣]*|단축[가-힣]*|짧[가-힣]*|작[가-힣]*|아끼[가-힣]*|축소[가-힣]*|내려[가-힣]*|내린[가-힣]*|내렸[가-힣]*|깎[가-힣]*|급락[가-힣]*|급감[가-힣]*|폭락[가-힣]*|추락[가-힣]*|덜어[가-힣]*|잃[가-힣]*",
)
_BETTER = (
    (
        r"improv\w+|better|as\sfast|outdo\w*|outdid|overt[ao]\w+k\w*|outperform\w*|surpass\w*|exceed\w*|beats?|beating|enhanc\w+|faster|speed\w*|accelerat\w+|cheaper|ahead|superior|"
        r"leads?|leading|advantages?|stronger|outpac\w+|outscor\w+|top(?:s|ped|ping)"
    ),
    r"향상[가-힣]*|개선[가-힣]*|능가[가-힣]*|앞서[가-힣]*|앞선[가-힣]*|앞섰[가-힣]*|앞질[가-힣]*|제치[가-힣]*|웃돌[가-힣]*|우수[가-힣]*|우위[가-힣]*|빠르[가-힣]*|빠른[가-힣]*|빨라[가-힣]*|빨랐[가-힣]*|가속[가-힣]*|저렴[가-힣]*|뛰어[가-힣]*|우월[가-힣]*|낫다|낫고|나은|나아[가-힣]*|나았[가-힣]*|좋[가-힣]*",
)
_WORSE = (
    r"worse\w*|degrad\w+|deteriorat\w+|slower|slow(?:s|ed|down)?|lag\w*|behind|underperform\w*|inferior|trail\w*|weaker|short\sof|hurts?|suffers?|f[ua]rther\s(?:off|away)|less\saccurate|at\s(?:the|a|an)\s(?:price|cost|expense)\sof|(?<=times\s)as\s(?:long|slow(?:ly)?)",
    r"악화[가-힣]*|나빠[가-힣]*|나쁘[가-힣]*|나쁜[가-힣]*|늦추[가-힣]*|늦춘[가-힣]*|늦춰[가-힣]*|늦췄[가-힣]*|더뎌[가-힣]*|더딘[가-힣]*|저하[가-힣]*|느리[가-힣]*|느린[가-힣]*|느려[가-힣]*|뒤처[가-힣]*|뒤지[가-힣]*|뒤진[가-힣]*|뒤졌[가-힣]*|뒤떨[가-힣]*|밀리[가-힣]*|밀렸[가-힣]*|밀린[가-힣]*|열등[가-힣]*|열세[가-힣]*",
)
_WORDS = re.compile(
    "|".join(
        rf"(?P<{name}>\b(?i:{english})\b|(?<![가-힣])(?:{korean}))"
        for name, (english, korean) in (("better", _BETTER), ("worse", _WORSE), ("up", _UP), ("down", _DOWN))
    )
)
_WAYS = {"better": Way(merit=1), "worse": Way(merit=-1), "up": Way(1), "down": Way(-1)}
_HANGUL = re.compile(r"[가-힣]")


def way(text: str, start: int, end: int, before: int, after: int) -> Way:
    """Which way the figure at ``start`` to ``end`` goes, by the cue nearest to it.

    Args:
        text: the text.
        start: where the figure begins.
        end: where it ends.
        before: where its sentence begins.
        after: where its sentence ends.
    """
    right = re.match(r"[^.;(]{0,60}", text[end:after])
    right_text = right[0] if right else ""
    first = _WORDS.search(right_text)
    if _HANGUL.search(text[before:after]):
        # A verb at the end is that of the whole list, but not that of another clause.
        until = re.search(r"(?:고|며|서|지만),?\s[^\d]{0,40}\d", right_text)
        return _way(_WORDS.search(right_text[: until.start()] if until else right_text))
    near = re.match(r"\)?[^,;.()]{0,30}" if _OPENED.search(text[before:start]) else r"[^,;.()]{0,30}", text[end:after])
    if (place := _PLACE.match(text, end, after)) is not None:
        return Way(1 if place["above"] else -1)
    first = _WORDS.search(near[0]) if near else None
    breaks = re.search(r"\b(?:and|while|but|with)\b", near[0]) if near else None
    if first is not None and (breaks is None or first.start() < breaks.start()):
        return _way(first)
    cues = list(_WORDS.finditer(text, before, start))
    if not cues or _MAIN_VERB.search(text, cues[-1].end(), start):
        return Way()  # "With a drop of 0.4%, it achieves 2.5x"
    return _way(cues[-1])


_PLACE = re.compile(r"\s(?:percentage\s)?(?:points?\s)?(?:(?P<above>above)|below)\b")
_OPENED = re.compile(r"\([~+-]?$")
_MAIN_VERB = re.compile(
    r",\s(?:[\w-]+\s){1,6}?(?:achiev|reach|attain|deliver|obtain|yield|provid|scor|get|run|show|gain|has|have|is|are)"
)


def _way(cue: re.Match[str] | None) -> Way:
    return _WAYS[cue.lastgroup] if cue is not None and cue.lastgroup else Way()


def verb_of_change(text: str, change: tuple[int, int], before: int, after: int) -> int:
    """Which way the verb of a change goes, 1 or -1: ``drops from 64.9% to 73.8%``; 0 where none is next to it.

    Args:
        text: the text.
        change: where its first end begins and its last one ends.
        before: where the sentence begins.
        after: where it ends.
    """
    if _HANGUL.search(text[before:after]):
        cue = _CHANGES_KOREAN.match(text[change[1] : after])
    else:
        cue = _CHANGES.search(text[before : change[0]])
    return 0 if cue is None else 1 if cue["up"] else -1


_CHANGES = re.compile(
    r"\b(?:(?P<up>rises?|rose|risen|increas\w+|rais\w+|climb\w*|jump\w*|soar\w*|grows?|grew|grown|goes\sup|went\sup)"
    r"|(?P<down>drop\w*|falls?|fell|fallen|decreas\w+|reduc\w+|lower\w*|declin\w+|collaps\w+|plung\w+|plummet\w*|slump\w*|tumbl\w+|shrinks?|shrank|cuts?|sinks?|sank|goes\sdown|went\sdown))"
    r"\s(?:(?!and\b|or\b|by\b)[\w-]+\s){0,3}?from\s(?:about\s|around\s|over\s|only\s|just\s)?[~$]?$"
)
_CHANGES_KOREAN = re.compile(
    r"(?:으로|로|까지(?!\s더\s))\s(?:[가-힣]+\s)?(?:(?P<up>오르|올라|올랐|오른|올리|올린|올렸|늘|증가|상승|높아|높이|높였|높인)"
    r"|(?P<down>떨어|내려|내리|내렸|줄|감소|하락|낮아|낮추|낮췄|낮춘))"
)


def is_reached(text: str, start: int, end: int, before: int, after: int) -> bool:
    """Whether a figure is where a change leads, by its verb alone: ``drops to 0.4``."""
    if _HANGUL.search(text[before:after]):
        return _CHANGES_KOREAN.match(text[end:after]) is not None
    return _REACHES.search(text[before:start]) is not None


_REACHES = re.compile(
    r"\b(?:rises?|rose|climb\w*|jump\w*|soar\w*|grows?|grew|drop\w*|falls?|fell|declin\w+|collaps\w+|plung\w+|plummet\w*|slump\w*|tumbl\w+|shrinks?|shrank|sinks?|sank|goes\s(?:up|down))"
    r"\sto\s(?:about\s|around\s|over\s|only\s|just\s|some\s)?[~$]?$"
)


_NOT_BEFORE = re.compile(
    r"\b(?:(?:does|do|did|is|are|was|were|can|could|will|would|has|have|had)(?:\snot|n['’]t)|cannot|never|fail(?:s|ed|ing)?\sto|unable\sto|"
    r"falls?\sshort\sof|fell\sshort\sof|neither|not)\s(?!(?:only|just|merely|limited)\b)"
    r"(?:(?!(?:only|just|merely|but|and|yet|so|while|or)\b)[\w-]+\s)?"
    r"(?:(?!(?:but|and|yet|so|while|or|have|has|had|is|are|was|were|gets?|scores|takes?|needs?)\b)[\w-]+\s){0,4}?"
    r"(?:(?:by|at|to|of|the|an?|up|even|about|over|more|than|any)\s){0,3}[$~+(]?$"
)
_NONE_BEFORE = re.compile(
    r"\b(?:no(?:body)?(?:\s[\w-]+){0,3}?|(?:none|neither)(?:\s[\w-]+){0,6}?)(?:,[^,;]{1,60},)?\s(?P<verb>(?:exceed|surpass|reach|achiev|attain|go|get|"
    r"scor|pass|clear|cross|top|lower|rais|improv|reduc)\w*|(?:comes?|ends?|finish(?:es|ed)?|climbs?|rises?|hits?|manages?)\b)[^;]{0,75}$",
    re.IGNORECASE,
)
_NO_GAIN = re.compile(
    r"\bno\s(?:(?:clear|real|significant|further|overall|such|new|longer)\s)*(?:improvements?|gains?|advantages?|benefits?|marks?|records?|milestones?|progress|better)\s"
    r"(?:(?:on|in|across|over|for|at|from)\s)(?:(?:any|all|most|either|each|of|the)\s){0,3}$"
)
"""What brings nothing better to so many things: ``sets no new mark on the 15``."""
_NOT_BACK = re.compile(
    r"\b(?:never|not|n['’]t|cannot)\s(?:[a-z]+ly\s)?(?:gets?|comes?|goes|go|climbs?|returns?|makes?\sit)\s(?:(?:back|up|anywhere|as|far|near|close|even|all|the|way)\s){0,4}(?:to|near|as)\s(?:(?:about|even)\s)?[~$]?$"
)
_NOT_AFTER = re.compile(
    # Up to four words that do not end in a connective, and the verb that is denied.
    r"\s?(?:[가-힣A-Za-z]{1,8}(?<![고며서도데만])\s){0,4}(?:[가-힣]{1,6}지(?:는|도|를)?\s(?:못(?:하[고며지]|한다|했|해)|않(?:는다|았|아|고|으며))"
    r"|못\s미치|못\s미친|미달|(?:것|게)(?:은|이)?\s아니(?:다|며|고|었))"
)


def denial(text: str, start: int, end: int, before: int, after: int) -> str:
    """How the sentence denies the figure: ``not``, or ``no`` where nothing goes beyond it; or empty."""
    none = _NONE_BEFORE.search(text[max(before, start - 140) : start])
    if none is not None:
        is_beyond = _MORE_THAN.search(text, max(before, start - 30), start) or (
            _BEYOND.fullmatch(none["verb"]) and not _AS_FAR_AS.search(text, max(before, start - 30), start)
        )
        return "no" if is_beyond else "not"
    if _NO_MORE_KOREAN.match(text[end:after]) or _NO_MORE.search(text[max(before, start - 70) : start]):
        return "no"
    if _NOT_LESS.search(text[max(before, start - 30) : start]):
        return ""
    is_denied = (
        _NOT_BEFORE.search(text[max(before, start - 70) : start]) is not None
        or _NO_GAIN.search(text[max(before, start - 70) : start]) is not None
        or _NOT_BACK.search(text[max(before, start - 70) : start]) is not None
        or _NOT_AFTER.match(text[end:after]) is not None
    )
    return "not" if is_denied else ""


def goes_beyond(text: str, start: int, end: int, before: int, after: int) -> bool:
    """Whether the sentence says that something goes beyond the figure."""
    return (
        re.search(
            r"\b(?:above|beyond|over|past|more than|exceed\w*|surpass\w*|clears?)\s(?:the\s|an?\s)?[~$(]?$",
            text[max(before, start - 25) : start],
        )
        is not None
        or re.match(r"\s?(?:포인트)?(?:을|를)?\s?(?:넘|초과|상회|웃돌|이상)(?!지)", text[end:after]) is not None
    )


_BEYOND = re.compile(r"(?:exceed|surpass|above|beyond|over|go|get|pass|clear|cross|top)\w*", re.IGNORECASE)
_MORE_THAN = re.compile(r"\b(?:more\sthan|past|beyond|above|over|higher\sthan|better\sthan)\s(?:about\s|the\s)?[~$(]?$")
_AS_FAR_AS = re.compile(r"\b(?:as\s(?:far|high|much)\sas|to|at|gets?|scores?)\s(?:even\s|about\s|the\s)?[~$(]?$")
_NOT_LESS = re.compile(
    r"\b(?:no|not|never|nor)\s(?:(?:less|fewer|lower|smaller|shorter)\sthan|under|below)\s(?:about\s)?[~$(]?$"
)
_NO_MORE = re.compile(
    r"\b(?:not|n['’]t|cannot|never)\s(?!(?:only|just|merely|limited)\b)(?:[\w-]+\s){0,3}?(?:(?:exceed|surpass|clear|cross)(?:s|es|ed)?"
    r"|(?:[a-z]+\s)?(?:by\s)?(?:beyond|past|above|over|more\sthan))\s(?:about\s|the\s|some\s)?[~$(]?$"
)
_NO_MORE_KOREAN = re.compile(
    r"\s?(?:포인트|개|명|건|장|종|편)?(?:을|를)?\s?(?:넘지|넘기지|초과하지|웃돌지|상회하지|못\s넘|(?:넘[는은긴]|초과[하한]는?|웃도는|상회하는)\s(?:[가-힣A-Za-z]+\s){0,3}?[가-힣A-Za-z]+(?:은|는|이|가|도)\s(?:하나도\s|전혀\s)?없)"
)


def passed(text: str, figure: tuple[int, int], until: int, after: int, methods: Sequence[Span]) -> frozenset[str]:
    """What a level is said to be better or worse than, so that it is none of theirs: ``52.6%, surpassing TideCache``.

    Args:
        text: the text.
        figure: where the figure stands.
        until: where the next figure begins, or the sentence ends.
        after: where the sentence ends.
        methods: the methods that the sentence names.
    """
    end = figure[1]
    if _HANGUL.search(text[end:until]):
        return frozenset(
            each.key
            for each in methods
            if end <= each.start < until
            and _ATTRIBUTE_OF.match(text[end : each.start]) is None
            and _RANKS_KOREAN.search(text[each.end : until]) is not None
        )
    found: frozenset[str] = frozenset()
    clause = re.search(r"[;:]|\b(?:while|whereas|but)\b", text[end:after])
    for pattern in (_IS_BEATEN, _LOSES, _BEATS):
        for match in pattern.finditer(text, end, end + clause.start() if clause else after):
            found |= _objects(text, match.end(), methods)
    return found


class Rank(NamedTuple):
    """Who is the better and who is the worse where a figure compares two."""

    better: frozenset[str] = frozenset()
    worse: frozenset[str] = frozenset()


_BEATS = re.compile(
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat(?:s|ing)?|outpac\w+|outscor\w+|ahead\sof|above|(?:better|faster|higher|more|greater|stronger|larger)\s"
    r"(?:[\w-]+\s){0,3}?than|improv\w+\s(?:up)?on|(?:gains?|improve\w*|advantages?|leads?|increase\w*|speed-?ups?|boosts?)\s(?:[\w%.+-]+\s){0,4}?over|superior\sto|over|tops)\s"
)
_LOSES = re.compile(
    r"\b(?:lag\w*\s(?:[\w-]+\s)?behind|behind|trail\w*|fall\w*\s(?:short\sof|behind)|underperform\w*|inferior\sto|(?:worse|slower|lower|less|fewer|weaker|smaller)\s"
    r"(?:[\w-]+\s){0,3}?than)\s"
)
_IS_BEATEN = re.compile(r"\b(?:is|are|was|were|being)\s(?:[\w-]+ly\s)?(?:outperformed|surpassed|exceeded|beaten)\sby\s")
_COMPARED = re.compile(r"\b(?:[Cc]ompared\s(?:with|to)|[Rr]elative\sto|[Vv]ersus|vs\.?)\s")
_OBJECT_GAP = re.compile(r"(?:the\s|both\s|even\s|a\s|an\s|its?\s|[a-z-]+,?\s){0,5}?[(]?")
_TIMES_AS = re.compile(r"\d배\s(?:더\s)?[가-힣]{1,6}(?:하다|하며|하고|한|했다|롭다)")
_SUBJECT = re.compile(r"(?:은|는|이|가|도)(?![가-힣])")
_THAN = re.compile(r"\s?(?:보다|대비|에\s?비해|에\s?비하여|와\s?비교)")
_OVER = re.compile(r"(?:을|를)(?![가-힣])")
_BEATS_KOREAN = re.compile(r"능가|앞서|앞선|앞섰|앞질|제치|제쳤|웃돌|이기|이겼|넘어|상회|따돌")
_BEHIND_KOREAN = re.compile(r"(?:에|에게|한테)(?:는|도)?(?![가-힣서])")
_ATTRIBUTE_OF = re.compile(r"\s?(?:포인트)?(?:의|인|에\s(?:그친|머문|달하는|이르는)|[을를]\s[가-힣]+[은는ㄴ한린])\s")
_RANKS_KOREAN = re.compile(
    r"(?:[와과]\s\S+)?(?:보다|[을를]\s|[와과]\s|에\s?비해).{0,25}?(?:능가|앞|제치|제쳤|웃돌|이기|이겼|넘어|상회|따돌|높|낮|뒤|나은|낫)"
)
_LOSES_KOREAN = re.compile(r"뒤처|뒤지|뒤진|뒤졌|뒤떨|밀리|밀렸|밀린|못\s?미|패")


def rank(text: str, before: int, after: int, figure: tuple[int, int], methods: Sequence[Span], merit: int) -> Rank:
    """Who is better than whom by a figure.

    Args:
        text: the text.
        before: where the sentence begins.
        after: where it ends.
        figure: where the figure stands.
        methods: the methods that the sentence names.
        merit: whether the figure is a change for the better (1), for the worse (-1) or not known (0).
    """
    if _HANGUL.search(text[before:after]):
        return _korean_rank(text, methods, after, merit)
    return _english_rank(text, before, after, figure, methods, merit)


def _english_rank(
    text: str, before: int, after: int, figure: tuple[int, int], methods: Sequence[Span], merit: int
) -> Rank:
    clause = _clause(text, before, after, figure)
    for pattern, sign in ((_IS_BEATEN, -1), (_LOSES, -1), (_BEATS, 1)):
        for match in sorted(pattern.finditer(text, *clause), key=lambda match: _distance(match, figure)):
            rivals = _by_figure(text, match.end(), figure, methods) or _objects(text, match.end(), methods)
            named = [each for each in methods if each.end <= match.start() and text[each.start - 1 : each.start] != "("]
            subjects = [each for each in named if each.start >= clause[0]] or named[:1]
            if not rivals:
                continue
            # The name right before the verb, or the one that opens the clause.
            ours = (
                frozenset({subjects[0].key if match.start() > figure[1] else subjects[-1].key})
                if subjects
                else frozenset()
            )
            if pattern is not _IS_BEATEN and merit and re.search(r"\b(?:than|over)\s$", match[0]):
                sign = merit  # noqa: PLW2901 - "4% lower error than": the metric decides
            elif pattern is not _IS_BEATEN and re.search(r"than\s$", match[0]):
                continue
            if ours & rivals:
                return Rank()  # what both have in their names tells neither
            return Rank(ours, rivals) if sign > 0 else Rank(rivals, ours)
    for match in _IS_AHEAD.finditer(text, *clause):
        ahead = [each.key for each in methods if clause[0] <= each.start and each.end + 1 == match.start()]
        if ahead and match.end() <= figure[0]:
            return Rank(better=frozenset(ahead))
    return _compared_rank(text, clause, figure[0], methods, merit)


def _distance(match: re.Match[str], figure: tuple[int, int]) -> int:
    """How far a verb stands from a figure: the one right behind it is meant, else the last one before it."""
    behind = match.start() - figure[1]
    return behind if behind >= 0 else max(0, figure[0] - match.end())


def _by_figure(text: str, at: int, figure: tuple[int, int], methods: Sequence[Span]) -> frozenset[str]:
    """The name that a figure says by how much it is surpassed: ``surpasses PlayNet by 3% and TideCache by 5%``."""
    return frozenset(
        each.key
        for each in methods
        if at <= each.start and _SURPASSED_BY.fullmatch(text, each.end, figure[0]) and _BY.search(text, at, each.start)
    )


_BY = re.compile(r"\bby\s[^,;]{0,15}?\d")
_SURPASSED_BY = re.compile(r"\sby\s(?:an?\s)?(?:(?:about|over|up\sto|around|nearly|average|of)\s){0,3}[~+]?")
_IS_AHEAD = re.compile(
    r"\b(?:tops|beats|leads|surpasses|outperforms|outdoes|exceeds|trumps|overtakes)\s(?:(?:it|them|this|that)\s)?by\s"
)
"""What it is ahead of was said before: ``which TideCache tops by``, ``TideCache leads it by``."""


def _compared_rank(text: str, clause: tuple[int, int], figure: int, methods: Sequence[Span], merit: int) -> Rank:
    """Who is better where one is only compared with another: ``Compared to TideCache, Gullwing cuts latency by 4%``."""
    for match in _COMPARED.finditer(text, *clause) if merit else ():
        rivals = _objects(text, match.end(), methods)
        opens = not any(clause[0] <= each.start < match.start() for each in methods)
        within = (match.end(), figure) if opens else (clause[0], match.start())
        subjects = [each.key for each in methods if within[0] <= each.start < within[1] and each.key not in rivals]
        if rivals and subjects:
            ours = frozenset(subjects[-1:] if opens else subjects[:1])
            return Rank(ours, rivals) if merit > 0 else Rank(rivals, ours)
    return Rank()


def _clause(text: str, before: int, after: int, figure: tuple[int, int]) -> tuple[int, int]:
    breaks = r"[;:]|,\s(?:and|while|whereas|but)\s|\b(?:while|whereas|but)\b"
    starts = [match.end() for match in re.finditer(breaks, text[before : figure[0]])]
    end = re.search(breaks, text[figure[1] : after])
    return before + (starts[-1] if starts else 0), figure[1] + end.start() if end else after


def _objects(text: str, at: int, methods: Sequence[Span]) -> frozenset[str]:
    """The names that follow at once, with those of the list that they begin."""
    found: list[str] = []
    for each in methods:
        if each.start < at:
            continue
        gap = text[at : each.start]
        fits = re.fullmatch(r"\s?(?:,|,?\sand|\sor|/)\s(?:the\s)?", gap) if found else _OBJECT_GAP.fullmatch(gap)
        if fits is None:
            break
        found.append(each.key)
        at = each.end
    return frozenset(found)


def _korean_rank(text: str, methods: Sequence[Span], after: int, merit: int) -> Rank:
    subjects: list[str] = []
    rivals: list[str] = []
    sign = merit
    for each, following in zip_longest(methods, methods[1:]):
        rest = text[each.end : min(after, each.end + 12)]
        # An object goes with the verb before the next name.
        tail = text[each.end : following.start if following else after]
        if _THAN.match(rest):
            rivals.append(each.key)
        elif _OVER.match(rest) and _BEATS_KOREAN.search(tail):
            rivals.append(each.key)
            sign = 1
        elif _BEHIND_KOREAN.match(rest) and _LOSES_KOREAN.search(tail):
            rivals.append(each.key)
            sign = -1
        elif _SUBJECT.match(rest):
            subjects.append(each.key)
    if rivals and not sign and _TIMES_AS.search(text, methods[-1].end, after):
        sign = 1  # "2.1배 다양하다"
    if not rivals or not sign:
        return Rank()
    ours, theirs = frozenset(subjects[-1:]), frozenset(rivals)
    return Rank(ours, theirs) if sign > 0 else Rank(theirs, ours)


__all__ = ["OWN", "Rank", "Way", "denial", "goes_beyond", "is_reached", "passed", "rank", "verb_of_change", "way"]
