"""Whether a summary exchanges who wins and who loses in so many cases: ``preferred over the old ones 79% of the time``.

By the words of winner and loser that both languages have, and by their names.
"""

import re
from typing import NamedTuple

from assay.claims.context import Figure
from assay.claims.judging.case import Case, Disagreement, is_in_korean
from assay.claims.judging.rivals import PLACE, words_of
from assay.claims.judging.sides import CLAUSE_KOREAN
from assay.claims.naming.bearers import PRONOUN, ROLE, UNSURE, Keys
from assay.claims.naming.named import OWN

__all__ = ["winner_exchanged"]


def winner_exchanged(case: Case) -> Disagreement | None:
    """The loser for the winner, or another loser, where a figure says in how many cases something wins."""
    is_korean = is_in_korean(case.figure)
    is_how_much = case.figure.is_change or case.figure.amount.unit == "x" or _BY.search(case.reference.before)
    if not is_korean or is_how_much or case.ours.denied or case.theirs.denied:
        return None
    ours, theirs = _korean_match(case.figure), _english_match(case.reference)
    return None if ours is None or theirs is None else _exchanged(case, ours, theirs)


def _exchanged(case: Case, ours: "_Match", theirs: "_Match") -> Disagreement | None:
    winner, loser = (words_of(phrase) for phrase in ours)
    beaten = words_of(theirs.loser) - words_of(theirs.winner)
    if (winner - loser) & beaten and not loser & beaten:
        return Disagreement("comparison", "", f"{theirs.loser.strip()} loses")
    here, there = _named(case, case.figure, ours.loser), _named(case, case.reference, theirs.loser)
    may_be_one = case.source.bearers.may_be_one
    are_one = any(may_be_one(a, b, frozenset()) for a in here for b in there)
    if not here or not there or are_one or not all(map(case.source.reader.knows, here)):
        return None
    return Disagreement("comparison", f"to {' and '.join(sorted(here))}", f"compared to {theirs.loser.strip()}")


_BY = re.compile(r"\bby\s(?:(?:an?|about|around|over|up|to|average|of|nearly)\s){0,4}[~+]?$")


class _Match(NamedTuple):
    """Who wins against whom, each as it is written, or empty."""

    winner: str
    loser: str


def _named(case: Case, figure: Figure, phrase: str) -> Keys:
    """The names of a phrase of a figure's sentence that may have a figure, but the paper's own."""
    text, at = figure.sentence.text, figure.sentence.text.find(phrase, figure.sentence.start)
    if not phrase.strip() or at < 0:
        return frozenset()
    spans = case.source.bearers.in_sentence(text, figure.sentence.start, figure.sentence.end)
    found = {each.key.removeprefix(UNSURE) for each in spans if at <= each.start and each.end <= at + len(phrase)}
    return frozenset() if any(each[:1] in {OWN, ROLE} or each == PRONOUN for each in found) else frozenset(found)


def _korean_match(figure: Figure) -> _Match | None:
    """The sides of the first verb of winning behind a figure, in its clause."""
    verb = _VERB.search(re.split(CLAUSE_KOREAN, figure.after)[0])
    if verb is None or any(
        0 < each.quantity.start - figure.quantity.end < verb.start() for each in figure.sentence.figures
    ):
        return None
    before = re.split(CLAUSE_KOREAN, figure.before)[-1]
    clause = f"{before}#{figure.after[: verb.start()]}"
    subject, rival, chosen = (_last(pattern, clause) for pattern in (_SUBJECT, _THAN, _OBJECT))
    if verb["choice"]:
        return _Match(chosen, rival) if chosen else None
    if verb["loss"]:
        return _Match(_last(_TO, clause), subject)
    return _Match(subject, rival or chosen) if rival or chosen else None


def _last(pattern: re.Pattern[str], clause: str) -> str:
    found = [match["phrase"] for match in pattern.finditer(clause)]
    return found[-1] if found else ""


_VERB = re.compile(
    r"(?<![가-힣])(?:(?P<choice>선호|택[하한했]|선택|고[르른]|골[랐라]|뽑[았은아힌혔]|꼽)"
    r"|(?P<loss>뒤[지진졌처쳤]|밀[리린렸]|졌다|패[하한했])"
    r"|(?:크게\s|더\s)?(?:앞[서선섰]|이[기긴겼]|누[르른]|눌[렀러]|제[치친쳤]|능가|웃[도돌돈]|뛰어넘|낫[다고]|나은|나았|좋[다고은았]|우수|뛰어[나난났]))"
)
_PHRASE = (
    r"(?:^|(?<=[\s#]))(?P<phrase>(?:[^\s,;:()#]+(?<![은는이가을를서로중고며])\s){0,2}"
    r"(?=[^\s,;:()#]*[A-Za-z가-힣])[^\s,;:()#]+?)"
)
_INNER = r"(?!\s[가-힣]*[쓴은는한린된던운낸친든]\s)"
"""Behind the subject of a clause that describes a noun: ``Granite가 쓴 데이터``."""
_SUBJECT = re.compile(rf"{_PHRASE}(?:은|는|(?:이|가){_INNER})(?=\s)")
_OBJECT = re.compile(rf"{_PHRASE}(?:을|를)(?=\s)")
_THAN = re.compile(rf"{_PHRASE}(?:보다|\s대신)(?=\s)")
_TO = re.compile(rf"{_PHRASE}(?:에|에게)(?=\s)")


def _english_match(figure: Figure) -> _Match | None:
    """The sides of the last verb of winning before a figure."""
    clause = re.split(_ENGLISH_CLAUSE, figure.before)[-1]
    wins = list(_WINS.finditer(clause))
    return _Match(clause[: wins[-1].start()], _PLACE.split(wins[-1]["loser"])[0]) if wins else None


_ENGLISH_CLAUSE = re.compile(r"[;:]\s|\b(?:while|whereas|but)\b")
_WINS = re.compile(
    r"\b(?:outperform\w*|surpass\w*|beat(?:s|ing)?|exceed\w*|outscor\w+|better\sthan|superior\sto"
    r"|(?:prefer\w*|favou?red|chosen|rated\shigher)\s(?:over|to|than)|(?:wins?|winning|won)\s(?:over|against))\s"
    r"(?P<loser>[^,;:()\d]{2}[^,;:()]{0,58})"
)
_PLACE = re.compile(rf"{PLACE.pattern}|\sa\b")
