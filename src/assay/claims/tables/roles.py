"""Tells what each name in a clause does there: who is spoken of, whom it is compared with, by what means, and on what.

A preposition gives the names after it their role, down a list to its end. What stands before the main word without one
is who is spoken of, what stands after a verb without one is whom that is done to.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from assay.claims.tables.clauses import Clause
from assay.claims.tables.comparisons import Form, Statement
from assay.claims.tables.names import Mention

Role = Literal["subject", "object", "means", "agent", "scope"]


@dataclass(frozen=True)
class Placed:
    """A name with its role in a clause."""

    mention: Mention
    role: Role
    is_before: bool
    """Whether it stands before the main word."""


def place(clause: Clause, statement: Statement, mentions: Sequence[Mention], sentence: str) -> list[Placed]:
    """The names of a clause with their roles in what it states.

    Args:
        clause: the part of the sentence.
        statement: what it states.
        mentions: the names in it, in order.
        sentence: the whole sentence.
    """
    at, end = clause.start + statement.start, clause.start + statement.end
    word = clause.text[statement.start : statement.end]
    placed: list[Placed] = []
    for mention in mentions:
        is_before = mention.start < at
        beside = [each for each in placed if each.is_before == is_before]
        if beside and beside[-1].mention.start == mention.start:
            role = beside[-1].role
        else:
            since = beside[-1].mention.end if beside else clause.start if is_before else end
            gap = sentence[since : mention.start]
            rest = sentence[mention.end : at if is_before else clause.end]
            goes_on = beside and _goes_on(beside[-1], mention, gap, rest)
            is_second = beside and _SECOND.fullmatch(gap) and _COMPARING.search(sentence[clause.start : since])
            role = (
                "object"
                if is_second
                else beside[-1].role
                if goes_on
                else _role(gap, word, statement.form, is_first=not beside, is_before=is_before)
            )
        placed.append(Placed(mention, role, is_before))
    return placed


def _goes_on(last: Placed, mention: Mention, gap: str, rest: str) -> bool:
    """Whether a name has the role of the one before it: in a list, as its genitive, or beside it in one phrase."""
    if _GENITIVE.fullmatch(gap) or _COMPOUND.fullmatch(gap):
        return True
    if last.mention.dimension != mention.dimension or not _LIST.fullmatch(gap):
        return False
    # "Compared to A, B is better": a comma ends the words in front, unless another one does.
    is_bare = not re.search(r"\b(?:and|or|nor|as well as)\b|[&/+]", gap)
    return not (is_bare and last.is_before and last.role != "subject" and "," not in rest)


def _role(gap: str, word: str, form: Form, *, is_first: bool, is_before: bool) -> Role:
    """The role of a name by the main word and the words before it, back to the name before."""
    if not is_before and is_first and _TAKES_TO.search(word) and (word.endswith(" to") or _TO.match(gap)):
        return "object"
    if not is_before and is_first and _GAINS.match(word) and _FROM.match(gap):
        return "object"
    if not is_before and form == "extreme" and (_IS.search(gap) or word.startswith("peak")):
        return "agent"
    closed = _CLOSED if is_before else _CLOSED_BEHIND
    markers = [match for match in _MARKER.finditer(gap) if not closed.search(gap[match.end() :])]
    if markers:
        direct = [match for match in markers if match["object"] and _DIRECT.fullmatch(gap[match.end() :])]
        role = _kind((direct or markers)[-1])
        return "subject" if is_before and role == "agent" else role  # "the answers given by Gullwing"
    if is_before:
        return "subject"
    return "object" if is_first and _TAKES_OBJECT.search(word) else "scope"


def _kind(marker: re.Match[str]) -> Role:
    for role, _ in _MARKERS:
        if marker[role]:
            return role
    raise AssertionError(marker)


_OBJECT = (
    r"compar(?:ed|ing|ison|e)(?: (?:it|them|this|our [\w-]+))? (?:to|with|against)|in contrast (?:to|with)|"
    r"unlike|relative to|as opposed to|rather than|instead of|than|versus|vs\.?|against|"
    r"(?:on (?:a )?par|comparabl[ey]|competitive|similar(?:ly)?|equal|identical|close|superior|inferior)"
    r"(?: \w+){0,2} (?:to|with|as)|as (?:good|well|high|low|strong) as|over|upon|above|below"
)
_SCOPE = (
    r"in terms of|with respect to|w\.?r\.?t\.?|with regards? to|when (?:it comes to|evaluated|tested|measured)|"
    r"regarding|comparing|on(?! (?:top|average|the (?:other|contrary)))|"
    r"in(?! (?:particular|general|fact|addition|turn|total|summary|short|other words|contrast\b(?! (?:to|with))))|"
    r"for(?! (?:example|instance))|under|across|at(?! (?:least|most|all|the same time))|within|throughout|among|"
    r"amongst|during|from|as(?! (?:expected|shown|seen|can|we|a result|well))|"
    r"(?:reach|achiev|obtain|scor|yield)ing"
)
_MEANS = (
    r"using|us(?:e|age) of|uses?|with|without|w/o|via|through|by \w+ing|add(?:ing|ed)|addition of|"
    r"incorporat(?:ing|ed)|combin(?:ing|ed)|introduc(?:ing|ed)|appl(?:ying|ied)|employ(?:ing|ed|s)|has|have|having|"
    r"remov(?:ing|al of|ed)|replac(?:ing|ed)|based on|train(?:ed|ing) (?:on|with|using|by)|on top of|when"
)
_MARKERS: tuple[tuple[Role, str], ...] = (
    ("object", _OBJECT),
    ("scope", _SCOPE),
    ("means", _MEANS),
    ("agent", r"by"),
)
_MARKER = re.compile("|".join(rf"(?P<{role}>\b(?:{words})(?![\w/]))" for role, words in _MARKERS), re.IGNORECASE)
_CLOSED = re.compile(
    r":|\((?:i{1,3}|iv|v|\d|[a-e])\)|"
    r"[,;](?!\s?(?:such as|e\.g\.|i\.e\.|namely|like|especially|particularly|including)\b)|"
    r"(?<!\bthan )(?<!\bto )(?<!\bwith )(?<!\bover )\bthat\s|^\s(?:these|those|this|all|both|most|other) \w+\s$"
)
_CLOSED_BEHIND = re.compile(r";|,\s?(?:which|where|who|so|show|indicat|suggest|because|since|as|but)\w*\b")
_DIRECT = re.compile(
    r"\s(?:(?:the|that|those|of|on|in|for|with|when|using|a|an|our|any|all|both|either|other|one|only|just|\w+ing|model|"
    r"models|results?|performance|ones?|strong(?:er|est)?|simple|standard|vanilla|original|"
    r"comparable|previous|existing|current|best|corresponding|baselines?|counterparts?|variants?|by|such as|like|"
    r"e\.g\.,?)[\s(]+)*[\"'“(]?",
    re.IGNORECASE,
)
_COMPARING = re.compile(r"\b[Cc]omparing\b[^,;]*$")
_SECOND = re.compile(r"\s(?:with|to|against|and)\s(?:the\s|our\s)?[\"“']?")
_GENITIVE = re.compile(
    r"['’]s?\s(?:own\s)?|\s(?:scores?|values?|performance|results?|models?)?\s?of\s(?:the\s|our\s|a\s)?"
)
_COMPOUND = re.compile(r"[\s(\"'“-]{0,2}")
_LIST = re.compile(
    r"(?:\s\w+)?(?:\)|\(\w+\))?\s?"
    r"(?:,|,?\s?(?:and|or|nor|as well as|but also|/|&|\+)(?:\s(?:on|in|for|with|of|over|than|using))?)\s?"
    r"(?:(?:the|our|all|both|even|also|especially|a|an)\s)*[\"'“(]?"
)
_TAKES_OBJECT = re.compile(
    r"outperform|surpass|exceed|beat|dominat|excel|lag|fall|"
    r"(?:improv|enhanc|degrad|increas|decreas|reduc|rais)(?:es?|ed|ing)\b|boost|help|hurt|harm|drops|lowers|over$|upon$|above|below"
)
_TAKES_TO = re.compile(r"compar|par\b|similar|competitive|same|equal|superior|inferior|only to|close|second")
_TO = re.compile(r"(?:\s\w+){0,2}\s(?:to|with|as)\s")
_GAINS = re.compile(r"improvements?|gains?|increases?|boosts?")
_FROM = re.compile(r"\s(?:from|over)\s(?!using|adding|the use)")
_IS = re.compile(r"\b(?:is|are|was|were)\b")
