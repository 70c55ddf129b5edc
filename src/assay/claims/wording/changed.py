"""Reads from the words around a change what has changed."""

import re
from collections.abc import Iterator
from typing import Final

from assay.claims.wording.changes import (
    AND_BY,
    BEATING,
    CHANGE,
    CHANGE_OF,
    NOUN_OF_CHANGE,
    SAVES,
    VERBS_ON,
    apart,
    beats,
)
from assay.claims.wording.metric_names import (
    ACRONYM_AFTER,
    METRIC,
    METRIC_WORDS,
    NOUNS_AFTER,
    QUALITY_NAME,
    last_metric,
    last_quality,
    named,
)
from assay.claims.wording.phrases import STOP, Around, phrase


def metrics_of_change(around: Around, unit: str) -> Iterator[str]:
    """What may have changed, the likeliest first: named after the figure, before it, or by the verb alone."""
    left, near_left = around.left, around.near_left
    yield from _metrics_behind(around, unit)
    yield named(AND_BY.match(near_left) or _COMMA_BY.match(near_left)) if not beats(left) else ""
    risen = named(_AND_FROM.match(near_left))
    yield "" if _YEAR_SET.fullmatch(risen) else risen
    yield named(_IN_FRONT.search(near_left))
    yield named(_BRACKETED.search(near_left) or _WITH_DROPPING.search(near_left))
    yield last_metric(named(_SUBJECT_OF_CHANGE.search(near_left)))
    yield from _metrics_of_object(left)
    subject = named(_SUBJECT_OF_CHANGE.search(left))
    yield last_metric(subject) or last_metric(subject[:1].lower() + subject[1:])
    if match := _CHANGE_BEFORE.search(near_left) or _CHANGE_BEFORE.search(left):
        yield phrase(match["phrase"] or "") or match["modifier"] or last_metric(left)
    if unit == "x" and _SPEEDS.search(left[-60:]):
        yield "speed"
    if BEATING.search(left):
        yield from _metrics_of_beating(left, around.right, is_bare=not unit)


def _metrics_behind(around: Around, unit: str) -> Iterator[str]:
    """What the words behind a figure name, as far as the words before it let them."""
    right, near_left, near_right = around.right, around.near_left, around.near_right
    yield from _metrics_after(right, unit)
    yield named(_LOST_OF.match(right)) if _LOSES.search(near_left) else ""
    # "Raises recall by 3% in direct chat" says where, "gains 3% in direct recall" says what.
    is_said = bool(last_metric(named(_OBJECT.search(near_left))))
    if unit != "x":
        yield "" if is_said else named(_IN_METRIC.match(near_right) or _OWN_IN.match(near_right))
        yield named(ACRONYM_AFTER.match(near_right))
    yield "speed" if _SPEEDUP_OF.search(around.left[-60:]) else ""
    near = around.left[-70:]
    if not is_said and (CHANGE_OF.search(near) or SAVES.search(near)):
        name = phrase(named(_IN_NO_NAME.match(right)))
        yield "" if _CIRCUMSTANCE.search(name) or _MODELS.search(name) else name


def _metrics_of_object(left: str) -> Iterator[str]:
    """What is improved: ``raises the accuracy of its answers by``."""
    match = _OBJECT.search(left)
    if match is None or BEATING.search(match["phrase"]):
        return
    thing = re.sub(_YEAR_SET, "", re.split(r"\s(?:that|which)\s", match["phrase"])[0])
    name = last_metric(thing.split(" of ")[0]) or last_metric(thing)
    if _FASTER_VERB.match(match[0]) and not name:
        yield f"{thing} speed" if len(thing.split()) < _LONG else "speed"
    is_rival = _NO_OBJECT.search(thing) or _LOOKS_LIKE_A_SET.fullmatch(thing)
    yield name or ("" if is_rival else re.split(r"\s(?:of|in|on)\s", thing)[0])


def _metrics_of_beating(left: str, right: str, *, is_bare: bool) -> Iterator[str]:
    """In what a rival may be beaten; by a bare number in what was scored before: ``FID 1.2, beating it by 0.3``."""
    yield named(_IN_QUALITY.match(right))
    where = re.match(r"\s(?:in|on)\s(?P<phrase>[^,;.]{3,40})", right)
    scored = last_metric(left) if is_bare else last_quality(left)
    yield last_metric(named(where)) or scored or "performance"


def _metrics_after(right: str, unit: str) -> Iterator[str]:
    """What stands right behind a change: ``2x the epochs``, ``40% less memory``, ``3% gain in recall``."""
    if unit == "x":
        part = named(_SO_MUCH_OF.match(right))
        yield "" if _RIVALS.search(part) else part
    if match := _SPED_UP.match(right):
        yield match["phrase"] or f"{match['process']} speed"
    if unit in {"x", "%"} and _FASTER.match(right):
        yield "speed"
    if match := _COMPARED.match(right):
        yield _METRIC_OF_COMPARATIVE[match["word"]]
    yield named(_COMPRESSION.match(right))
    for pattern in (_CHANGE_IN, _COMPARATIVE):
        if match := pattern.match(right):
            name = phrase(match["phrase"])
            if not _CIRCUMSTANCE.search(name):
                yield name or next(iter(METRIC.findall(match["phrase"][:25])), "")
    changed = named(_METRIC_AND_CHANGE.match(right))
    yield "" if CHANGE.search(changed) else changed
    yield named(_STARTS_WITH_METRIC.match(right))


def says_its_own(around: Around) -> bool:
    """Whether a member of a list says itself what changed: ``5% more users and 3% fewer errors``."""
    patterns = (
        _OWN_IN,
        _IN_METRIC,
        ACRONYM_AFTER,
        _CHANGE_IN,
        _COMPARATIVE,
        _METRIC_AND_CHANGE,
        _STARTS_WITH_METRIC,
        _IN_QUALITY,
    )
    named_before = (
        AND_BY.match(around.near_left)
        or _COMMA_BY.match(around.near_left)
        or _NAMED_JUST_BEFORE.search(around.near_left)
    )
    noun = NOUNS_AFTER.match(around.near_right)
    return apart(around) != "" or (
        named_before is not None
        or any(pattern.match(around.near_right) for pattern in patterns)
        or (noun is not None and not _NO_NOUN.match(noun["phrase"]))
    )


_COMMA_BY = re.compile(
    r"^,\s(?P<phrase>(?!\w+(?:ing|s)\s)(?:(?!(?:and|or|is|are|was|it|we|which|that|while)\b)[\w-]+\s){1,4}?)by\s(?:(?:up\sto|over|about|nearly)\s)?[~+]?$"
)
"""``cuts the error by 33%, harmful answers by 82%``."""
_SPEEDS = re.compile(r"speed-?ups?|faster|accelerat", re.IGNORECASE)
_SPEEDUP_OF = re.compile(
    r"\b(?:speed-?ups?|acceleration)\s(?:of|by|is|reaching)\s(?:[\w-]+\s){0,3}[~]?$", re.IGNORECASE
)
_IN_NO_NAME = re.compile(r"\sin\s(?P<phrase>(?![A-Z][\w-]*\d).+)")
_MODELS = re.compile(r"\b(?:models|LLMs|agents)\b")
_RIVALS = re.compile(r"\b(?:models?|baselines?|methods?)$")
_STARTS_WITH_METRIC = re.compile(rf"\s?(?P<phrase>{METRIC_WORDS})(?![\w-])")
_OBJECT = re.compile(
    rf"\b(?:{VERBS_ON})\s(?P<phrase>(?:(?!\b(?:{VERBS_ON})\b)[^,;]){{3,110}}?)(?:,\s|\s\(|\s)(?:by|up\sto|from)\b"
    rf"(?:(?!\s(?:and|while)\s(?:{VERBS_ON})\b)[^,;])*$",
    re.IGNORECASE,
)
_NO_OBJECT = re.compile(
    r"^(?:over|upon|on|from|to|by|it|them|these|those)(?![\w-])|\bmodel\s[A-Z][\w.-]*$|\b(?:models?|baselines?|methods?|approach(?:es)?|LLMs?|systems?)$",
    re.IGNORECASE,
)
"""What is no metric where something improves it: a rival, or a thing that has many."""
_SUBJECT_OF_CHANGE = re.compile(
    r"(?P<phrase>(?:[\w@'’-]+\s){1,4}?)(?:is\s|are\s|was\s)?(?:improv\w+|increas\w+|ris\w+|rose|drop\w*|decreas\w+|fall\w*|fell|grow\w*|reduced)\s"
    r"(?:significantly\s|substantially\s|further\s)?(?:(?:by|from)\b[^,;]*|(?:only\s|about\s|over\s|up\sto\s)?[~]?)$",
    re.IGNORECASE,
)
_IN_FRONT = re.compile(rf"(?<![\w'’@-])(?P<phrase>{QUALITY_NAME}|{METRIC_WORDS})\s\((?:from\s)?[+~]?$")
"""``improves PSNR (9.9 to 16.0``."""
_BRACKETED = re.compile(
    r"\b(?:improved|reduced|increased|higher|lower|better|fewer|less)\s(?P<phrase>(?:[\w-]+\s){1,3})\([+~]?$"
)
"""``with reduced token usage (-3%``."""
_WITH_DROPPING = re.compile(
    r"\b(?:with|where)\s(?:the\s|its\s)?(?P<phrase>(?:[\w-]+\s){1,4}?)(?:drop|fall|ris|increas|decreas|improv|grow|shrink)\w*\s(?:by|from|to)\b[^,;]*$"
)
"""``with readability dropping by``: what does so is the metric, known or not."""
_AND_FROM = re.compile(
    r"^[^,;]{0,40}?,?\s?and\s(?:its\s|the\s)?(?P<phrase>(?!(?:on|in|at|for)\s)[\w@()'-]+(?:\s[\w@()'-]+){0,3})\sfrom\s[^,;]{0,15}$"
)
_FASTER = re.compile(r"\s?-?(?:[\w-]+\s){0,2}?(?:faster|speed-?ups?|speeds?\b|acceleration|quicker)", re.IGNORECASE)
_COMPARATIVE = re.compile(
    r"\s?-?(?:higher|lower|better|stronger|weaker|fewer|less|more|greater|larger|smaller|longer|shorter|reduced|increased|improved)\s(?P<phrase>.+)",
    re.IGNORECASE,
)
_CHANGE_IN = re.compile(
    rf"\s?-?(?:absolute\s|relative\s|average\s|further\s|additional\s|overall\s|greater\s|larger\s|higher\s|better\s)*(?:{NOUN_OF_CHANGE})\s(?:in|of|on\saverage\sin)\s(?P<phrase>.+)",
    re.IGNORECASE,
)
_METRIC_AND_CHANGE = re.compile(
    rf"\s?-?(?:absolute\s|relative\s|average\s|further\s|additional\s|consistent\s|overall\s)*(?!(?:with|while|and|for|without|to|in|on|at|over|of)\b)(?P<phrase>(?:(?!\d)[\w@.'’-]+\s){{1,4}}?)(?:{NOUN_OF_CHANGE})\b",
    re.IGNORECASE,
)
_CHANGE_BEFORE = re.compile(
    rf"\b(?P<modifier>(?:(?!(?:{STOP}|an?|the|average|relative|absolute)(?![\w-]))[\w@'’-]+\s){{0,3}})(?:{NOUN_OF_CHANGE})(?:\s(?:in|of)\s(?P<phrase>(?!up\sto|over|about)[^,;()]*?))?\s"
    r"(?:of|by|is|up\sto|to|reaching|exceeding)\b[^,;]*$",
    re.IGNORECASE,
)
_NAMED_JUST_BEFORE = re.compile(rf"(?<![\w'’@-])(?:{QUALITY_NAME}|{METRIC_WORDS})\s(?:of\s)?[~+(]?$")
_OWN_IN = re.compile(
    r"\sin\s(?P<phrase>[a-z][\w-]*(?:\s(?!(?:on|and|over|for|with|to|of)\b)[\w-]+){1,3}"
    r"(?<!settings)(?<!setting)(?<!scenarios)(?<!environments)(?<!conditions)(?<!tasks)(?<!domains)(?<!benchmarks)(?<!training)(?<!inference)"
    r"(?<!evaluation)(?<!languages))(?=[,.;)]|\s(?:on|and|over|for|with|to)\b|\s?$)"
)
"""A change says in what it is: ``and 13% in clean acceptance``."""
_LOSES = re.compile(
    r"\b(?:costs?|los(?:es?|t|ing)|sacrific\w+|gains?|drops?)\s(?:(?:only|just|about|over|up|to|less|than)\s)*[~]?$"
)
_LOST_OF = re.compile(r"\sof\s(?:the\s|its\s)?(?P<phrase>[a-z][\w-]*(?:\s(?!on\b|in\b|and\b|while\b)[\w-]+){0,3})")
"""``costs only 10 points of recall``."""
_NO_NOUN = re.compile(
    rf"(?:overall|respectively|absolute|relative|average|total|points|each|{NOUN_OF_CHANGE})\b|{CHANGE.pattern}",
    re.IGNORECASE,
)
"""What stands behind a member of a list without saying what it is of."""
_METRIC_OF_COMPARATIVE: Final = {
    "larger": "size",
    "bigger": "size",
    "smaller": "size",
    "longer": "length",
    "shorter": "length",
    "cheaper": "cost",
}
_COMPARED = re.compile(
    rf"\s?(?P<word>{'|'.join(_METRIC_OF_COMPARATIVE)})\b"
    r"(?=\s(?:models?|networks?|variants?|counterparts?|agents?)\b|(?!\s(?!(?:than|on|in|at|and|while|with|compared|for)\b)[a-z]))"
)
_IN_METRIC = re.compile(rf"\sin\s(?P<phrase>(?:[\w-]+\s)?(?:{METRIC_WORDS}))(?![\w-])")
_LOOKS_LIKE_A_SET = re.compile(r"(?=\S*(?:[a-z][A-Z]|-[A-Z]|\d))[A-Z][\w.-]*(?:\s[A-Z\d][\w.-]*)*")
"""A name that is no metric: what improves there is performance."""
_FASTER_VERB = re.compile(r"accelerat|speed", re.IGNORECASE)
_LONG: Final = 6
_YEAR_SET = re.compile(
    r"\b(?:[A-Z][\w-]*\s)?[A-Z][A-Za-z]+[\s-]?(?:20)?\d\d$"
    r"|\b(?:[A-Z][\w-]*\s)?[A-Z][\w-]*(?:Bench|QA|Eval|AIME|World|Arena)\b$"
)
"""A data set by its year or its ending: it is not what improves but where."""
_IN_QUALITY = re.compile(rf"\sin\s(?P<phrase>{QUALITY_NAME})")
_CIRCUMSTANCE = re.compile(
    r"\b(?:settings?|scenarios?|environments?|conditions?|setups?|tasks?|domains?|benchmarks?|datasets?|experiments?|regimes?|variants|subsets?|splits?|versions|cases|languages?)$"
)
"""What ends so says where something changed, and not what."""
_COMPRESSION = re.compile(
    r"\s(?P<phrase>(?:(?!(?:with|and|in|at|by|for)\b)[\w-]+\s){0,2}compression(?:\srat(?:io|e))?)\b"
)
_SO_MUCH_OF = re.compile(
    r"\s(?:of\s)?(?:the\s|its\s|(?<=of\s))(?P<phrase>(?!(?:standard|dense|full|vanilla|original|best|previous|prior)\b)(?:(?!(?:of|in|on|and)\b)[a-z][\w-]*\s){0,3}?[a-z][\w-]*)(?=\s(?:of|compared|as|than|in|on|with|while|and|from|to)\b|[,.;)]|\s?$)"
)
_SPED_UP = re.compile(
    r"\s(?:[\w-]+\s)?(?:(?P<phrase>throughput|FLOPs?)|(?P<process>training|inference|decoding|prefill(?:ing)?))\s(?:speed-?ups?|acceleration)\b"
)
