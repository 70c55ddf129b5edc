"""Tells whether a sentence speaks of more than its table: of other names, metrics or tables, or of a part of data."""

import re
from collections.abc import Sequence

from assay.claims.naming.names import Vocabulary, names
from assay.claims.tables.comparisons import Clause, Statement
from assay.claims.tables.metrics import find_metrics
from assay.claims.tables.names import FUNCTION_WORDS, GENERIC, key, same_metric
from assay.claims.tables.reading import Reading


def strange_names(reading: Reading) -> list[str]:
    """The names and metrics of a sentence that neither the table nor its caption has."""
    table = reading.table
    labels = [label for names in table.dimensions.values() for label in names]
    text = " ".join((table.caption, reading.own, *labels, *table.headings.values()))
    known = Vocabulary([text])
    words = [name.text for name in names(reading.sentence) if not known.has(name.text)]
    metrics = [
        metric
        for metric in find_metrics(reading.sentence)
        if not any(same_metric(metric, label) for label in (table.caption, *labels))
    ]
    return words + metrics


def supposes(reading: Reading) -> bool:
    """Whether a sentence tells what would be, and not what is."""
    return _SUPPOSES.search(reading.sentence) is not None


def gives_reason(reading: Reading) -> bool:
    """Whether a sentence gives a reason, or speaks of significance where the table has no mark of it."""
    is_told = _SIGNIFICANCE.search(reading.table.caption) or re.search(r"[*†‡∗]", "".join(reading.table.lines))
    return bool(_REASON.search(reading.sentence) or (_SIGNIFICANCE.search(reading.sentence) and not is_told))


def unread(reading: Reading, clause: Clause, statements: Sequence[Statement]) -> list[str]:
    """The words of a clause that compare, or tell a change, and are the main word of none of these statements."""
    text = reading.said(clause)
    mentions = reading.inside(clause.start, clause.end)
    spans = [(each.start, each.end) for each in statements]
    spans += [(each.start - clause.start, each.end - clause.start) for each in mentions]
    alone = [
        match[0]
        for match in _ONLY.finditer(text)
        if any(0 <= start - match.end() <= 30 for start, _ in spans[len(statements) :])
    ]
    return alone + [
        match[0]
        for match in _COMPARES.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in spans)
    ]


_ONLY = re.compile(
    r"\b[Oo]nly\b(?! to\b)|\b(?:but|though|and) not\b|^\W*not\b|\bnot (?=(?:on|in|for|according|with|at)\b)"
)


def unknown_measure(reading: Reading, clause: Clause, statement: Statement) -> str:
    """What a clause says to be higher or less, if the table has no such thing: ``a shorter delay``; or empty."""
    if statement.form == "changed" or statement.sense not in {"up", "down"}:
        return ""
    table = reading.table
    labels = [label for names in table.dimensions.values() for label in names]
    own = (table.caption, *labels, *table.headings.values())
    word = clause.text[statement.start : statement.end]
    noun = _NOUN.match(clause.text, statement.end)
    words = [each for each in key(noun[0]) if each not in GENERIC | FUNCTION_WORDS | _SAYS_NOTHING] if noun else []
    if noun and words:
        known = set(key(" ".join(own)))
        is_known = any(each in known or any(same_metric(each, label) for label in own) for each in words)
        is_named = reading.inside(clause.start + statement.end, clause.start + noun.end())
        return "" if is_known or is_named else noun[0].strip()
    return word if _OF_TIME.match(word) and not any(map(_TAKES_TIME.search, own)) else ""


_NOUN = re.compile(
    r"\s(?:(?!(?:than|on|in|for|with|compared|when|to|at|by|across|and|or|but|over|is|are|was|were|as|if|while|from)\b)"
    r"[A-Za-z][\w@-]*\s?){1,4}"
)
_OF_TIME = re.compile(r"(?:short|long|fast|slow)", re.IGNORECASE)
_TAKES_TIME = re.compile(
    r"\b(?:times?|latency|delays?|duration|lengths?|speed\w*|steps?|words?|tokens?|\d*m?s|secs?|seconds?|min|minutes?|"
    r"hours?|days?|epochs?|fps|runtime|size|distances?)\b",
    re.IGNORECASE,
)
_SUPPOSES = re.compile(r"\b(?:would|could|might|if)\b")
_REASON = re.compile(
    r"\b(?:because|due to|thanks to|owing to|(?:stem|come|result)s? from|caused by|explain\w*|"
    r"by (?:benefiting|exploiting|leveraging)|since (?:it|they|its|their|the))\b"
)
_SIGNIFICANCE = re.compile(r"\bstatistical\w*|\bsignificance\b|\bp ?[<=≤] ?0?\.")
_COMPARES = re.compile(
    r"\b(?:(?:more|less|fewer|lower|higher|smaller|larger|greater)\b"
    r"(?! than (?:about |over )?(?:\d|one|two|three|half|an?\b))|"
    r"better|worse|bigger|longer|shorter|faster|slower|stronger|weaker|poorer|superior|inferior|worst|lowest|largest|"
    r"smallest|greatest|fewest|strongest|weakest|fastest|slowest|longest|shortest|ahead|behind|wins?|won|winning|"
    r"leads?(?! to)|leading(?! to)|trails?|twice|half|thrice|times|double[sd]?|outperform\w*|surpass\w*|exceed\w*|"
    r"beats?|second (?:best|highest|place|only|on|in|after|to)|rank\w*|underperform\w*|drops?|dropped|fall|falls|fell|"
    r"rises?|rose|increas\w+|decreas\w+|improv\w+|degrad\w+|vanish\w*|remains?|similar|comparabl[ey]|equal\w*|par|"
    r"close|competitive)\b"
)


def other_tables(reading: Reading) -> list[str]:
    """The numbers of tables that a sentence speaks of, where none of them is that of this table."""
    own = re.match(r"\s?(?:TABLE|Table|Tab\.)\s(\w+)", reading.table.caption)
    said = re.findall(r"\bTables?\s(\d+)(?:\sand\s(\d+))?", reading.sentence)
    numbers = [number for pair in said for number in pair if number]
    return numbers if own and own[1].isdigit() and numbers and own[1] not in numbers else []


def unknown_scope(reading: Reading, clause: Clause) -> str:
    """Words that narrow a clause down to what the table does not tell apart: ``on longer sentences``; or empty."""
    table = reading.table
    labels = [label for names in table.dimensions.values() for label in names]
    known = set(key(" ".join((table.caption, *labels, *table.headings.values()))))
    mentions = reading.inside(clause.start, clause.end)
    for match in _WITHIN.finditer(clause.text):
        start, end = clause.start + match.start(), clause.start + match.end()
        words = [
            word for word in key(match[1]) if len(word) > 3 and word not in GENERIC | FUNCTION_WORDS | _SAYS_NOTHING
        ]
        if words and not set(words) <= known and not any(start <= each.start < end for each in mentions):
            return match[0]
    return ""


_WITHIN = re.compile(r"\b(?:on|in|for(?! \w+ing\b)|under|across|within|when|at)\s((?:[\w'-]+\s?){1,4})", re.IGNORECASE)
_SAYS_NOTHING = (
    GENERIC
    | FUNCTION_WORDS
    | frozenset(
        """
    term general particular case experiment comparison respect contrast addition evaluation benchmark margin point
    percent large significant significantly fact order practice turn every several compared comparing small wide metric
    hand once example instance contrary respectively first second
    """.split()
    )
)
