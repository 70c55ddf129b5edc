"""Whether a figure is given to another side than the paper's, where the sides are phrases and no names.

``The diffusion model reaches 2.04``, ``closed models (64.2%)``, ``3.2% better than the statistical ones``, ``a 400M
encoder outperforms a 1B decoder``: the words of either phrase tell, where the paper uses them for another figure.
"""

import re
from collections.abc import Callable, Iterator

from assay.claims.context import Figure, content_stems
from assay.claims.judging.case import Case, Disagreement
from assay.claims.judging.rivals import BEATS
from assay.claims.naming.named import are_one, same
from assay.claims.numbers.agreement import agreement, are_of_one_unit
from assay.claims.numbers.sorts import Sort

__all__ = ["another_container", "another_group", "another_phrase", "winner_for_loser"]


def another_group(case: Case) -> Disagreement | None:
    """The level of one group for that of another, of which the paper has a level too: open models and closed ones."""
    if case.is_change or case.figure.is_number or case.reference.is_number:
        return None
    return _another(case, "name", _group)


def another_phrase(case: Case) -> Disagreement | None:
    """A change over one rival for that over another, of which the paper has a change too, by the words for either."""
    if not case.is_change:
        return None
    return _another(case, "comparison", _rival)


_Phrase = Callable[[Figure], str]


def _another(case: Case, field: str, phrase: _Phrase) -> Disagreement | None:
    """What differs where the summary's phrase has words of the paper's phrase for another figure, and not for this."""
    here, there = (_words(phrase(each)) for each in (case.figure, case.reference))
    if not here or not there:
        return None
    for _, rival in case.source.abstract():
        if not _is_alike(case, rival):
            continue
        its = _words(phrase(rival))
        if here & (its - there) and there - its and not here & (there - its):
            return Disagreement(field, " ".join(sorted(here & (its - there))), " ".join(sorted(there - its)), rival)
    return None


def _is_alike(case: Case, rival: Figure) -> bool:
    """Whether another figure of the paper is of one kind with the one at hand, and has another value."""
    return (
        rival is not case.reference
        and are_of_one_unit(rival.amount, case.reference.amount)
        and _is_change(rival) == _is_change(case.reference)
        and rival.is_number == case.reference.is_number
        and not agreement(case.figure.amount, rival.amount)
    )


def _is_change(figure: Figure) -> bool:
    """Whether it says by how much something changed; so does what goes on with a list of such: ``by 12% and 31%``."""
    figures = figure.sentence.figures
    at = figures.index(figure)
    before = figures[at - 1] if at else figure
    is_listed = at and _AND.fullmatch(figure.sentence.text, before.quantity.end, figure.quantity.start) is not None
    return figure.is_change or bool(is_listed and before.is_change and before.amount.unit == figure.amount.unit)


def _words(phrase: str) -> frozenset[str]:
    return frozenset(stem for _, stem in content_stems(phrase, 0, len(phrase))) - _SAY_LITTLE


_SAY_LITTLE = frozenset(
    "model models method system approa baseli other others ones best strong averag versio varian".split()
)
_ADVERB = r"(?:also\s|still\s|only\s|even\s|already\s|[a-z]+ly\s)?"
_HAS = (
    r"(?:reach|achiev|attain|obtain|scor|get|solv|resolv|answer|stand|stay|remain|keep|need|take|use|run|cost|yield|show|record|produc)"
    r"(?:e?s|ed|e)?|got|has|have|had|(?:is|are|was|were)\sat|stood|took|kept"
)
_NO_SUBJECT = (
    r"(?:[Ii]t|[Tt]hey|[Ww]e|[Oo]n|[Ii]n|[Aa]t|[Bb]y|[Ww]ith|[Ff]or|[Tt]o|[Oo]f|[Ff]rom|"
    r"[Aa]cross|[Oo]ver|[Uu]nder|[Aa]fter|which|who)"
)
_SUBJECT = re.compile(
    rf"(?:^|[,;:—]\s|\b(?:and|but|while|whereas|where|that)\s)(?:[Tt]he\s|[Oo]ur\s|[Ii]ts\s|[Aa]n?\s)?"
    rf"(?P<phrase>(?:(?!{_NO_SUBJECT}\b)[A-Za-z][\w-]*\s){{1,4}}?){_ADVERB}(?:{_HAS})\b(?P<rest>[^;:]*)$"
)
_OTHER_SIDE = re.compile(
    r"\b(?:than|over|against|versus|vs|compared|from|exceed\w*|surpass\w*|outperform\w*|ahead|behind|while|whereas|where|but|for|"
    r"without|beat\w*)\b|\d\s?\)?,?\s(?:and|which)\s(?:[\w-]+\s){1,4}(?:is|are|has|have)\b"
)
_TIGHT = re.compile(r"(?:^|(?<!\d)(?<!\d[KMB%])[\s(])(?P<phrase>(?:[A-Za-z][\w-]*\s){1,3})\((?:about\s|only\s)?[~<>]?$")
_BEHIND = re.compile(
    r"\)?\s(?:for|by|among)\s(?:the\s|our\s|an?\s)?(?P<phrase>(?:[a-z][\w-]*\s?){1,3})(?=[,.;:()]|\sand\b|$)"
)


def _group(figure: Figure) -> str:
    """The phrase for what has a level: right before its bracket, right behind it, or the subject of its clause."""
    if (found := _TIGHT.search(figure.before)) and re.match(r"[^()]{0,12}\)", figure.after):
        return found["phrase"]
    if found := _BEHIND.match(figure.after):
        return found["phrase"]
    figures = figure.sentence.figures
    at = figures.index(figure)
    gap = figure.sentence.text[figures[at - 1].quantity.end : figure.quantity.start] if at else ""
    parts = _PARTS.split(gap)[1:]
    if parts and (found := _ELLIPTICAL.fullmatch(parts[-1])):
        return found["phrase"]  # "open models reach 46.8%, closed ones 64.2%"
    found = next(_subjects(figure), None)
    if found is None or _OTHER_SIDE.search(found["rest"]):
        return ""
    goes_on = all(part == "" or _GOES_ON.match(part) for part in _PARTS.split(found["rest"])[1:])
    return found["phrase"] if goes_on else ""


_PARTS = re.compile(r",\s(?:and\s|but\s)?|\s(?:and|but)\s|[;:]\s")
_ELLIPTICAL = re.compile(
    r"(?:the\s|our\s)?(?P<phrase>(?:[A-Za-z][\w-]*\s){1,2}(?:ones?|models?|agents?|systems?|methods?)\s)(?:at\s|with\s|only\s)?"
)
_GOES_ON = re.compile(r"(?:on|in|for|at|with|under|after|to|by|still|even|only|then)\b|[~$+]?(?:\d|$)")


def _subjects(figure: Figure) -> Iterator[re.Match[str]]:
    """The subjects before a figure with their verbs, the nearest first."""
    starts = [
        match.start() for match in re.finditer(r"^|[,;:—]\s|\b(?:and|but|while|whereas|where|that)\s", figure.before)
    ]
    for start in reversed(starts):
        if found := _SUBJECT.match(figure.before, start):
            yield found


def _rival(figure: Figure) -> str:
    """The phrase for what a change is measured against; of a list of rivals, that of its place."""
    if listed := _listed(figure):
        return listed
    for pattern in (_THAN, _AGAINST):
        if found := pattern.match(figure.after):
            return found["rival"]
    clause = re.split(r"[;:]\s|\b(?:while|whereas|but)\b|(?<=\d%),\s|(?<=\d),\s", figure.before)[-1]
    found = BEATS.search(clause) or _LEADS.search(clause)
    return found["rival"] if found else ""


def _listed(figure: Figure) -> str:
    """The rival of a figure where two rivals go with two figures, one by one."""
    figures = figure.sentence.figures
    at = figures.index(figure)
    for first, second in ((at, at + 1), (at - 1, at)):
        if first < 0 or second >= len(figures):
            continue
        one, other = figures[first], figures[second]
        text = figure.sentence.text
        is_list = _AND.fullmatch(text, one.quantity.end, other.quantity.start) is not None
        if not is_list or one.amount.unit != other.amount.unit:
            continue
        found = _TWO.search(one.before)
        if found is None and not _PLACES.match(other.after):
            found = _TWO_BEHIND.match(other.after)
        if found is not None:
            return found["first" if figure is one else "second"]
    return ""


_AND = re.compile(r"\s(?:and|or)\s(?:by\s)?")
_RIVAL = r"(?:outperform\w*|surpass\w*|exceed\w*|beat(?:s|ing)?|over|than|against|compared\s(?:to|with)|relative\sto)"
_MEMBER = r"(?:(?!(?:and|by|on|in)\b)[\w'’-]+\s){0,4}?(?!(?:and|by|on|in)\b)[\w'’-]+"
_TWO = re.compile(
    rf"\b{_RIVAL}\s(?:both\s)?(?:the\s)?(?P<first>{_MEMBER})\sand\s(?:the\s)?(?P<second>{_MEMBER})"
    r"(?:,\s(?:[a-z]+ing)\s[^,;:()\d]{3,50})?\s(?:by|of)\s(?:an?\saverage\sof\s|about\s|up\sto\s)?[~+]?$"
)
_TWO_BEHIND = re.compile(
    rf"[^,;:()\d]{{0,50}}?\b{_RIVAL}\s(?:both\s)?(?:the\s)?(?P<first>{_MEMBER})\sand\s(?:the\s)?(?P<second>{_MEMBER})(?=[,.;]|$)"
)
_PLACES = re.compile(r"[^,;:()\d]{0,30}\b(?:on|in|for|at)\s[^,;:()\d]{3,30}\sand\s")
_THAN = re.compile(
    r"[^,;:()\d]{0,40}?\b(?:than|over)\s(?:that\sof\s|those\sof\s)?(?:the\s|any\s|an?\s)?(?P<rival>[^,;:.()\d]{3,50}?)"
    r"(?=[,;:.()]|\s(?:and|on|in|at|with|for|when|by)\b|$)"
)
_AGAINST = re.compile(
    r"[^,;:()\d]{0,40}?\b(?:against|compared\s(?:to|with)|relative\sto)\s(?:the\s|an?\s)?(?P<rival>[^,;:.()\d]{3,50}?)"
    r"(?=[,;:.()]|\s(?:and|on|in|at|with|for|when|by)\b|$)"
)
_LEADS = re.compile(
    r"(?:^|[,;:]\s|\band\s)(?:[Aa]gainst|[Oo]ver|[Cc]ompared\s(?:to|with)|[Rr]elative\sto)\s(?:the\s|an?\s)?"
    r"(?P<rival>(?:(?!(?:the|it|and)\b)[\w'’-]+\s){0,4}?[\w'’-]+)(?:,?\s(?:the\s|it\s|by\s)[^,;:()\d]{0,60}|\s)$"
)


def winner_for_loser(case: Case) -> Disagreement | None:
    """So large a model said to be better, where the paper says that one is worse, or the reverse."""
    if case.ours.denied or case.theirs.denied or case.figure.sentence.words.count("%") > _MANY:
        return None
    ours, theirs = map(_side, (case.figure, case.reference))
    if not ours or not theirs or ours == theirs:
        return None
    words = {1: "of what is better", -1: "of what is worse"}
    return Disagreement("comparison", words[ours], words[theirs])


_MANY = 3


def _side(figure: Figure) -> int:
    """Whether what a size or a multiple belongs to is said to be better (1) or worse (-1) than another thing."""
    if figure.amount.sort is not Sort.SIZE and figure.amount.unit != "x":
        return 0
    if re.search(r"\b(?:by|up\sto|to|of\sonly)\s(?:about\s)?$", figure.before):
        return 0
    for pattern, is_before, side in _SIDES:
        if pattern.search(figure.before) if is_before else pattern.match(figure.after):
            return side
    return 0


_BEAT = (
    r"(?:outperform(?:s|ed|ing)?|outdo(?:es|ing)?|outdid|surpass(?:es|ed|ing)?|exceed(?:s|ed|ing)?|beat(?:s|ing)?|"
    r"outscor(?:e|es|ed|ing)|overtak(?:es?|ing)|overtook)"
)
_LAG = (
    r"(?:trail(?:s|ed|ing)?|lag(?:s|ged|ging)?(?:\sbehind)?|"
    r"(?:is|are|falls?|fell|stays?)\s(?:far\s|well\s)?behind|loses?\sto)"
)
_BEATEN = (
    r"(?:(?:is|are|was|were|gets?)\s(?:[a-z]+ly\s)?"
    r"(?:outperformed|outdone|surpassed|exceeded|beaten|outscored|overtaken)\sby)"
)
_WORDS = r"(?:(?!(?:by|on|with|for|and|but|while|than|to)\b)[\w'’-]+\s){0,8}"
_TO_VERB = (
    r"(?:(?!(?:by|on|with|for|and|but|while|than|to|over)\b)[\s-]?[A-Za-z][\w'’-]*+){0,5}?"
    r"\s(?:[a-z]+ly\s|even\s|also\s)?"
)
_SIDES = (
    (re.compile(rf"\b{_BEAT}\s(?!by\b){_WORDS}$"), True, -1),
    (re.compile(rf"\b(?:{_LAG}|{_BEATEN})\s{_WORDS}$"), True, 1),
    (re.compile(rf"{_TO_VERB}{_BEAT}\b(?!\sby)"), False, 1),
    (re.compile(rf"{_TO_VERB}(?:{_LAG}|{_BEATEN})\b"), False, -1),
)


def another_container(case: Case) -> Disagreement | None:
    """So many things of one set for those of another, of which the paper counts the same things too."""
    counted = case.theirs.counted
    if not counted or case.ours.counted != counted:
        return None
    ours, theirs = map(_container, (case.figure, case.reference))
    if not ours or not theirs or are_one(ours, theirs) or ours in same(case.reference.before):
        return None
    for _, rival in case.source.abstract():
        its = _container(rival)
        is_count = case.source.reader.read(rival).counted == counted and rival.is_number == case.reference.is_number
        if its == ours and is_count and not agreement(case.figure.amount, rival.amount):
            return Disagreement("data set", ours, theirs, rival)
    return None


def _container(figure: Figure) -> str:
    """The name of what has so many of something: the subject of the last verb of content before them."""
    found = [match["name"] for match in _CONTAINS.finditer(figure.before)]
    return same(found[-1]) if found else ""


_CONTAINS = re.compile(
    r"(?<![\w-])(?P<name>[A-Z][\w-]*[A-Z0-9][\w-]*(?:\s[A-Z][a-z]+)?)\s(?:(?:only|also)\s)?"
    r"(?:contains?|comprises?|includes?|ha(?:s|ve)|holds?|offers?|spans?|covers?|provides?|consists?\sof|features?|is\s(?:an?|the)\s)"
)
