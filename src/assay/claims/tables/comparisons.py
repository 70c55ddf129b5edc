"""Reads what a sentence says of a table's names: who is better than whom, who is best, what rises when what changes.

A sentence is cut into clauses, and each clause is read as at most one statement. Only the words are read here;
`assay.claims.tables.statements` looks into the table.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from assay.claims.tables.metrics import find_metrics

Form = Literal["compared", "extreme", "changed"]
"""Two are compared; one is the best or worst of all; something goes up or down when something is added, removed or
increased."""
Sense = Literal["better", "worse", "up", "down", "equal"]
"""``better`` and ``worse`` as the metric has it; ``up`` and ``down`` as the figures themselves go."""


@dataclass(frozen=True)
class Statement:
    """What a clause says. The places are those of the clause's text."""

    form: Form
    sense: Sense
    negated: bool
    start: int
    end: int
    """Where its main word stands."""
    objects_at: int
    """From where on what is compared with is named; -1 if it is not after the main word."""
    passive: bool = False
    rank: int = 1
    """2 for the second best."""
    quantifier: Literal["", "all", "most"] = ""
    """Whether it says so of every case (``all``, ``both``, ``consistently``), or of most."""
    count: tuple[int, int] | None = None
    """In how many of how many cases, where it says so: ``7 of 9``."""
    hedged: bool = False
    """Whether it speaks of significance or size, which a table does not tell."""


@dataclass(frozen=True)
class Clause:
    """A part of a sentence that makes one statement, or gives figures."""

    start: int
    end: int
    text: str
    excepts: bool = False
    """Whether it makes an exception: ``all but the last``."""


_VERBS = (
    r"outperform\w*|surpass\w*|exceeds?|beats?|achiev\w+|obtain\w*|improv\w+|increas\w+|decreas\w+|drops?|reduc\w+|"
    r"degrad\w+|perform\w*|shows?"
)
_BREAK = re.compile(
    r";\s|(?:(?<=[a-z)%\d])|(?<=[A-Z][A-Z]))(?<!\bvs)(?<!\bal)(?<!\bcf)(?<!\bapprox)\.\s(?=[A-Za-z])"
    r"|,?\s\b(?:but|while|whereas|although|though|however|yet|nevertheless)\b,?\s"
    r"|,\s(?:and|which|who|where|with|as well as|so|thus|hence|resulting in|leading to)\s"
    rf"(?=(?:\w+\s){{0,6}}?(?:is|are|was|were|only|no|{_VERBS})\b)"
    rf"|\s(?:and|or)\s(?=(?:\w+ly\s)?(?:{_VERBS})\b)"
    r"|,?\sand\s(?=(?:[\w.%]+\s){0,2}(?:better|worse|higher|lower|superior|inferior)\s)"
    rf"|\swhich\s(?=(?:\w+\s){{0,2}}?(?:{_VERBS})\b)"
)
_ASIDE = re.compile(
    r",?\s(?:showing|indicating|suggesting|confirming|demonstrating|implying|proving|meaning|because|since|due to|"
    r"thanks to|as expected|despite the fact|which (?:shows?|indicates?|suggests?|confirms?|means?|demonstrates?|"
    r"implies|is (?:due|because)))\b"
)
_TABLE = r"(?:Tables?|Tab\.) ?\w+(?:\.\d+)?"
_FRAME = re.compile(
    r"^\W*(?:(?:As|Like) (?:we |it )?(?:can |could |is |are |was )?(?:be )?"
    r"(?:shown|seen|see|observed?|reported|presented|evident|expected|mentioned|noted)\b"
    rf"[^,]{{0,60}}?(?:,|{_TABLE},?)|(?:In|From|Analy[sz]ing|According to|Looking at) {_TABLE},?"
    rf"|[^,.;]{{0,60}}\b{_TABLE}[^,.;]{{0,45}}?"
    r"\b(?:shows?|indicates?|suggests?|demonstrates?|reports?|confirms?|reveals?)\b(?: clearly)?(?: that)?)\s?"
)
_WE_SEE = re.compile(
    r"^\W*(?:[^,.;]{0,60},? )?[Ww]e (?:can )?(?:also )?(?:see|observed?|note|noted|notice|noticed|find|found)\b"
    r"(?: from Table \w+)?(?: that)?\s"
)
_SUBORDINATE = re.compile(
    r"^\W*(?:Despite|Although|While|Though|Even though|Whereas|Unlike|Besides|In contrast to|Comparing|"
    r"[Ww]hen (?:comparing|compared)|Compared (?:to|with))\b[^,]*,\s"
)
EXCEPTION = re.compile(
    r"\b(?:except|exception|exceptions|excluding|apart from|other than|all (?:\w+ ){1,2}but)\b", re.IGNORECASE
)


def clauses(sentence: str) -> list[Clause]:
    """The parts of a sentence, without those that only introduce it, concede something or draw a conclusion."""
    excepts = EXCEPTION.search(sentence) is not None
    found = []
    at = 0
    for match in [*_BREAK.finditer(sentence), None]:
        end = match.start() if match else len(sentence)
        start, text = at, sentence[at:end]
        at = match.end() if match else end
        for opening in (_FRAME, _WE_SEE, _SUBORDINATE):
            if frame := opening.match(text):
                start, text = start + frame.end(), text[frame.end() :]
        if aside := _ASIDE.search(text):
            text = text[: aside.start()]
        if text.strip():
            found.append(Clause(start, start + len(text), text, excepts))
    return found


_SECOND = r"\b(?:(?P<second>second|2nd)[- ])?"
_OVER = (
    r"\b(?:improv\w+|boosts|increases|raises)\b(?: [^\s,;]+){0,4} (?:over|upon)\b|"
    r"\b(?:improvements?|gains?|margin|reductions?)\b(?: [^\s,;]+){0,7} over\b"
)
_FALLS = (
    r"\b(?:decreas(?:es?|ed|ing)|reduc(?:es?|ed|ing|tions?)|drop(?:s|ped)?|declin(?:es?|ed)|falls?|lowers|"
    r"diminish\w*)\b(?! the (?:number|amount|size))"
)
_ALIKE = (
    r"(?<!\bfor )(?<!\bat )"
    r"\b(?:comparabl[ey]|on (?:a )?par|similar(?:ly)?|competitive(?:ly)?|the same|equal(?:ly)?)\b"
)
_WORDS_OF: tuple[tuple[Form, Sense, str], ...] = (
    (
        "extreme",
        "better",
        _SECOND + r"(?:best|top[- ]performing|strongest|most accurate)\b|"
        r"\b(?P<only>(?:(?:ranks|comes|is|places) )?second (?:only )?to|(?:ranks|comes|is|places) second)\b",
    ),
    ("extreme", "worse", _SECOND + r"(?:worst|poorest)\b"),
    ("extreme", "up", _SECOND + r"(?:highest|largest|greatest|biggest|longest)\b"),
    ("extreme", "down", r"(?<!\bat )" + _SECOND + r"(?:lowest|smallest|shortest)\b"),
    (
        "compared",
        "better",
        (
            r"\b(?:outperform(?:s|ed|ing)?|surpass(?:es|ed|ing)?|exceed(?:s|ed|ing)?|beats?|beaten|dominates?|excels?|"
            r"overtakes?|overtook|(?:is|are|stays?|remains?|comes out) ahead of)\b"
        ),
    ),
    (
        "compared",
        "worse",
        (
            r"\b(?:underperform(?:s|ed|ing)?|lags? behind|lagging behind|(?:falls?|fell) (?:\w+ )?(?:behind|short of)|"
            r"trails?|trailed|(?:is|are|stays?|remains?) behind)\b"
        ),
    ),
    ("compared", "better", r"\b(?:better|superior|stronger|more accurate)\b"),
    ("compared", "worse", r"\b(?:worse|inferior|weaker|poorer|less accurate)\b"),
    ("compared", "up", r"\b(?:higher|larger|greater|bigger|longer|above)\b(?! (?:\w+ )?layers?)"),
    ("compared", "down", r"\b(?:lower|smaller|shorter|below)\b(?! (?:\w+ )?(?:layers?|portion|part|half))"),
    (
        "compared",
        "better",
        _OVER,
    ),
    (
        "compared",
        "equal",
        _ALIKE,
    ),
    (
        "changed",
        "better",
        r"\b(?:improv(?:es?|ed|ing|ements?)|boost(?:s|ed|ing)?|enhanc(?:es?|ed|ing)|benefit(?:s|ed)?|helps?)\b",
    ),
    ("changed", "worse", r"\b(?:degrad(?:es?|ed|ing|ation)|hurts?|harms?|deteriorat\w+|worsens?|suffers?)\b(?! from)"),
    ("changed", "up", r"\b(?:increas(?:es?|ed|ing)|rais(?:es|ed)|rises?|grows?)\b(?! the (?:number|amount|size))"),
    (
        "changed",
        "down",
        _FALLS,
    ),
)
_PATTERNS = [(form, sense, re.compile(words)) for form, sense, words in _WORDS_OF]
_RANKED = re.compile(
    r"(?:[\s(,]+[\w-]+){0,4}?[\s(,]+(?:performances?|results?|scores?|values?|systems?|models?|methods?|approach(?:es)?|"
    r"baselines?|rates?|performing|numbers?|quality|speed|cost|time|memory|[A-Z][A-Za-z]*[A-Z0-9@][\w@-]*)\b"
)
_RANKED_AT = re.compile(r"\W*$|\W+(?:in|on|for|among|of)\b")
_NO_RANK = re.compile(
    r"\W+(?:\w+\W+)?(?:improvements?|gains?|differences?|drops?|margins?|gaps?|increases?|jumps?|changes?|falls?|benefits?|impacts?|effects?|possible|practices?)\b"
)
_FEW_RIVALS_AFTER = re.compile(
    r"^\W+(?:\w+\W+)?(?:baselines?|previous|prior|published|reported|(?:achieved|obtained|reached) by)\b"
    r"|^[^,;]{0,40}\b(?:among|amongst|compared (?:to|with)|"
    r"(?:of|between) (?:the |these |those |our )?(?:two|three|four|both))\b"
    r"|^[^,;]{0,60}\b(?:marked|bold|boldface|highlighted|underlined|listed)\b"
)
_NO_RIVALS_BEFORE = re.compile(
    r"\b(?:report\w*|provid\w+|compar\w+|us(?:e|es|ed|ing)|cho\w+|select\w*|pick\w*|previous|prior|next|remaining|our|their|its|"
    r"second|than|over|to|with|by)\s(?:the\s)?(?:\w+\s)?$"
)
_OF_CHANGES = re.compile(
    r"\b(?:improvements?|gains?|gaps?|differences?|drops?|margins?|effects?)\b(?: [^\s,.;]+){0,6} "
    r"(?:is|are|was|were|becomes?|grows?|increases|decreases|shrinks)(?: \w+)? ?"
    r"(?:larger|bigger|higher|greater|smaller|lower|as|with)\b"
    r"|\b(?:degrad|drop|decreas|declin|increas|improv|benefit|suffer)\w* (?:\w+ )?"
    r"(?:more|less|most|least|faster|slower)\b"
)
_NEGATION = re.compile(
    r"\b(?:not|no|never|cannot|neither|nor|fail(?:s|ed)? to|unable to|rather than|hardly)\b|n['’]t\b"
)
_BARELY = re.compile(r"\b(?:hardly|barely|scarcely)\b")
_ALL = re.compile(r"\b(?:all|every|each|both|consistent(?:ly)?|always|any|across|throughout|regardless|never|none)\b")
_MOST = re.compile(r"\b(?:most|majority|mostly|largely|generally)\b")
_HEDGE = re.compile(
    r"\b(?:significan\w+|substantial\w*|considerabl[ey]|marginal\w*|slight\w*|noticeabl[ey]|clearly|far|large|small|"
    r"limited|relatively)\b"
)
_OBJECTS = re.compile(
    r"\b(?:than|over|upon|compared (?:to|with)|comparing (?:to|with)|in comparison (?:to|with)|relative to|versus|"
    r"vs\.?|"
    r"to|with|as|against|from|above|below)\b"
)
_STRONG_OBJECTS = re.compile(
    r"\b(?:than(?! \d)|compared (?:to|with)|in comparison (?:to|with)|relative to|versus|vs\.?)\s"
)
_VERB_WITH_OBJECT = re.compile(
    r"outperform|surpass|exceed|beat|dominate|excel|overt|under|lag|fall|fell|trail|improv|margin|gain|above|below|"
    r".*(?:ahead of|behind)$"
)
_NEGATION_REACH = 5
_WORDS = "one two three four five six seven eight nine ten eleven twelve".split()
_COUNTED = rf"(\d{{1,2}}|{'|'.join(_WORDS)})"
_COUNT = re.compile(rf"\b(?:on|in|for|across)\s{_COUNTED}\s?(?:out of|of|/)\s?(?:the\s|all\s)?{_COUNTED}\b")


def _number(word: str) -> int:
    return int(word) if word.isdigit() else _WORDS.index(word) + 1


def read(clause: str, measures: Collection[str] = ()) -> list[Statement]:
    """What a clause may say: one statement for each of its main words, first those that compare, in order.

    Args:
        clause: the words.
        measures: what can be high or low, in lower case: the words of a table's metrics.
    """
    if _OF_CHANGES.search(clause) or _BARELY.search(clause):
        return []
    found = sorted(_statements(clause, measures), key=lambda statement: statement.start)
    found = [each for each in found if each.form != "extreme" or _is_open_contest(clause, each)]
    return [each for each in found if each.form != "changed"] or found


def _is_open_contest(clause: str, statement: Statement) -> bool:
    """Whether the best of all is meant: not the best of three, of the baselines or of earlier work, nor a typeface."""
    before, after = clause[: statement.start], clause[statement.end :]
    return not (_NO_RIVALS_BEFORE.search(before) or _FEW_RIVALS_AFTER.search(after))


def denies(clause: str) -> bool:
    """Whether a clause denies something."""
    return (
        _NEGATION.search(clause) is not None
        or re.search(r"\bno\b|\bonly (?:a )?(?:small|marginal|limited|slight)", clause) is not None
    )


def says_something(sentence: str) -> bool:
    """Whether a sentence compares anything."""
    return next(_statements(sentence), None) is not None


def _statements(clause: str, measures: Collection[str] = ()) -> Iterator[Statement]:
    for form, sense, pattern in _PATTERNS:
        for match in pattern.finditer(clause):
            after = clause[match.end() :]
            if form == "extreme" and "second" not in match[0] and not _is_ranked(after, measures):
                continue
            yield _statement(form, sense, match, clause)
            break


def _is_ranked(after: str, measures: Collection[str]) -> bool:
    """Whether the words after *best* or *highest* say that it is a result, and not *the best hyphenation*."""
    if _NO_RANK.match(after):
        return False
    words = re.findall(r"[\w-]+", after.lower())[:4]
    is_measure = any(word in measures or word.rstrip("s") in measures for word in words)
    return is_measure or bool(_RANKED.match(after) or find_metrics(after[:40]) or _RANKED_AT.match(after))


def _statement(form: Form, sense: Sense, match: re.Match[str], clause: str) -> Statement:
    before, after = clause[: match.start()], clause[match.end() :]
    negation = list(_NEGATION.finditer(before))
    negated = bool(negation) and len(before[negation[-1].end() :].split()) <= _NEGATION_REACH
    objects_at = -1
    if (form == "compared" and _VERB_WITH_OBJECT.match(match[0])) or match[0].endswith(" to"):
        objects_at = match.end()
    elif form != "extreme":
        pattern = _OBJECTS if form == "compared" else _STRONG_OBJECTS
        objects = pattern.search(clause, match.end())
        objects_at = objects.end() if objects else -1
    is_passive = re.search(
        r"\b(?:is|are|was|were|been|being|be) (?:\w+ly |even |also |still |often |only )?$", before
    ) and re.match(r" by\b", after)
    is_second = form == "extreme" and any(match.re.groupindex.get(name) and match[name] for name in ("second", "only"))
    count = _COUNT.search(clause)
    return Statement(
        form=form,
        sense=sense,
        negated=negated,
        start=match.start(),
        end=match.end(),
        objects_at=objects_at,
        passive=bool(is_passive),
        rank=2 if is_second else 1,
        quantifier="most" if _MOST.search(clause) else "all" if _ALL.search(clause) else "",
        count=(_number(count[1]), _number(count[2])) if count else None,
        hedged=_HEDGE.search(clause) is not None,
    )
