"""Whether a summary exchanges the two sides of a comparison that have no names: what is better, and than what.

``Optical reasoning takes 1.96 times as many as text reasoning``: by the words of either side that both languages have.
"""

import re
from typing import NamedTuple

from assay.claims.context import Figure
from assay.claims.judging.case import Case, Disagreement, is_in_korean
from assay.claims.judging.rivals import BEATS, PLACE, words_of
from assay.claims.meanings.meaning import Reading

__all__ = ["is_told_from_other_side", "sides_exchanged"]


class Sides(NamedTuple):
    """The two sides of a comparison, by their words."""

    subject: frozenset[str]
    rival: frozenset[str]


def sides_exchanged(case: Case) -> Disagreement | None:
    """The better and the worse of a change exchanged, as far as the words of both sides tell."""
    is_part = _is_part_of_other(case.figure) and _is_part_of_other(case.reference)
    if case.figure.amount.unit != case.reference.amount.unit or not (is_part or (case.is_change and _signs(case) > 0)):
        return None
    crossed = _crossed(case)
    return Disagreement("comparison", "", f"compared to {' '.join(sorted(crossed))}") if crossed else None


def _is_part_of_other(figure: Figure) -> bool:
    """Whether a figure says how many times, or what part of, something else the subject has: ``0.4x the rival's``."""
    return figure.amount.unit in {"x", "%"} and any(
        pattern.search(text)
        for pattern, text in (
            (_TIMES_OF, figure.before),
            (_AS_MANY, figure.after),
            (_TIMES_THE, figure.after if figure.amount.unit == "x" else ""),
        )
    )


def is_told_from_other_side(case: Case) -> bool:
    """Whether one says that A is better than B and the other that B is worse than A."""
    return _signs(case) < 0 and bool(_crossed(case))


def _crossed(case: Case) -> frozenset[str]:
    """The words of the summary's subject that are those of the paper's rival, where the sides are exchanged."""
    ours, theirs = _sides(case.figure), _sides(case.reference)
    if ours is None or theirs is None or ours.rival & theirs.rival:
        return frozenset()
    subject, rival = ours.subject & theirs.rival, ours.rival & theirs.subject
    is_told = len(subject) >= _MANY and not ours.subject & theirs.subject
    return subject if (subject and rival) or is_told else frozenset()


_MANY = 2


def _signs(case: Case) -> int:
    """Whether both say the same of their subjects (1) or the opposite (-1); 0 where one leaves that open."""
    return _sign(case.figure, case.ours) * _sign(case.reference, case.theirs)


def _sign(figure: Figure, reading: Reading) -> int:
    """Whether more is said of the subject (1) or less (-1); a multiple says more, if nothing else."""
    sign = reading.way.merit or reading.way.direction
    return sign or int(figure.amount.unit == "x" and figure.amount.high > 1)


def _sides(figure: Figure) -> Sides | None:
    """What a figure compares, each side without the words of the other; ``None`` where only one is told."""
    found = _korean(figure) if is_in_korean(figure) else _english(figure)
    if found is None:
        return None
    subject, rival = map(words_of, found)
    return Sides(subject - rival, rival - subject) if subject - rival and rival - subject else None


def _english(figure: Figure) -> tuple[str, str] | None:
    clause = _CLAUSE.split(figure.before)[-1]
    if beaten := BEATS.search(clause):
        return clause[: beaten.start()], PLACE.split(beaten["rival"])[0]
    for pattern in (_AS_MANY, _THAN, *((_TIMES_THAT, _TIMES_THE) if figure.amount.unit == "x" else ())):
        if behind := pattern.match(figure.after):
            rest = figure.after[behind.end() :] if pattern is _AS_MANY else ""
            return _subject(figure, clause, rest), PLACE.split(behind["rival"])[0]
    return None


def _subject(figure: Figure, clause: str, rest: str) -> str:
    """The words of the subject: those of the clause, or of the one before or behind it where it has none."""
    if _OPENS_WITH.match(clause) and (behind := _NEXT_SUBJECT.match(rest)):
        return behind["subject"]
    if _PARTICIPLE.fullmatch(clause):
        subjects = [_FINITE.split(each)[0] for each in _CLAUSE.split(figure.before) if _FINITE.search(each)]
        return subjects[-1] if subjects else clause
    return clause


_OPENS_WITH = re.compile(r"(?:With|At|Using|On)\s")
_NEXT_SUBJECT = re.compile(
    r",\s(?P<subject>(?:(?:[oO]ur|[tT]he)\s\w+|[A-Z][\w+-]*)(?:\s(?:[A-Z][\w+-]*|v\d[\w.]*)){0,3})"
)
_PARTICIPLE = re.compile(r"\w+ing\s(?:[a-z]+\s){0,3}")
_FINITE = re.compile(
    r"\b(?:can|may|could|will|is|are|was|were|has|have|achieves?|reduces?|improves?|match(?:es)?|outperforms?|surpass(?:es)?"
    r"|exceeds?|attains?|delivers?|obtains?|uses?|gets?|takes?|needs?)\b"
)


_CLAUSE = re.compile(r"[;:]\s|,\s(?:and\s|while\s|whereas\s|but\s)?|\b(?:while|whereas|but)\b")
_THAN = re.compile(r"[^,;:()\d]{0,50}?\b(?:than|over|compared\s(?:to|with)|relative\sto)\s(?P<rival>[^,;:.()\d]{3,50})")
_AS_MANY = re.compile(
    r"\sas\s(?:many|much|large|long|fast|small|few)\s[^,;:.()\d]{0,40}?\bas\s(?P<rival>[^,;:.()]{2,40})"
)
_TIMES_THE = re.compile(r"\s(?:that\sof\s)?the\s(?P<rival>[^,;:.()\d]{3,40})")
_TIMES_THAT = re.compile(r"\sthe\s[^,;:.()\d]{3,40}?\sof\s(?P<rival>[^,;:.()\d]{3,40})")


def _korean(figure: Figure) -> tuple[str, str] | None:
    clause = CLAUSE_KOREAN.split(figure.before)[-1]
    rival = _THAN_KOREAN.search(clause) or (_TIMES_OF.search(clause) if figure.amount.unit in {"x", "%"} else None)
    if rival is None:
        return None
    return clause[: rival.start()] + " " + clause[rival.end() :], rival["rival"]


CLAUSE_KOREAN = re.compile(r"(?<=[고며])\s|지만\s|[;:]\s|,\s")
_WORD = r"(?:[A-Za-z][\w.+-]*|[^\s,;:()\d]+)"
_PHRASE = rf"(?P<rival>(?:{_WORD}(?<![은는이가을를에])\s){{0,2}}{_WORD})"
_THAN_KOREAN = re.compile(rf"(?:^|\s){_PHRASE}(?:보다|에\s?비해|\s?대비)")
_TIMES_OF = re.compile(rf"(?:^|\s){_PHRASE}의\s(?:약\s|최대\s)?$")
