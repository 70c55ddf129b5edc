"""Reads from the words around a figure what was measured or counted."""

import re
from collections.abc import Iterator
from typing import Final

from assay.claims.wording.changes import AND_BY, BEATING, CHANGE, CHANGE_OF, NOUN_OF_CHANGE, SAVES, VERBS_ON, beats
from assay.claims.wording.phrases import MODEL_NAME, STOP, Around, phrase

_ADJECTIVE = (
    r"(?:(?!(?:[Ii]t|[Ww]e|its|the|an?|that|which|of|in|on|and|with|by|to|for|from|at|is|are|as|maintaining|preserving|"
    r"keeping|matching|improving|sacrificing|losing)\b)[\w-]+\s)?"
)
QUALITY_NAME = (
    r"(?:[A-Z][a-z]+\s){0,2}(?:[A-Z]\w*)?(?:Error\sRate|Success\sRate|Reward|Score|Degree|Quality|Following|Consistency|Accuracy|Fidelity|Alignment|"
    r"Similarity|Smoothness|Correlation|Coverage|Diversity|Recall|Precision)\b"
)
"""The name of a metric by its ending: ``Dynamic Degree``, ``ToyReward``."""
_METRIC_WORDS = (
    rf"{_ADJECTIVE}success\srates?|attack\ssuccess\srates?|win(?:ning)?\srates?|{_ADJECTIVE}error\srates?|{_ADJECTIVE}accurac(?:y|ies)|"
    rf"solve\srates?|pass\srates?|[\w-]+@\d+(?:\sscores?)?|[A-Z][\w-]*Score|[\w-]*recall(?:@\d+)?|precision|(?:macro-|micro-|{_ADJECTIVE})F1(?:[\s-]scores?)?|mAP(?:@[\d.]+)?|mIoU|IoU|AUC|AUROC|"
    r"NDCG(?:@\d+)?|[rg]?FIDs?|FVD|PSNR|SSIM|LPIPS|BLEU|ROUGE(?:-\w)?|CIDEr|CLIP[\s-]?scores?|perplexity|PPL|MRR|AUPRC|TTFT|WER|CER|MSE|MAE|RMSE|"
    r"Elo|Spearman|Pearson|correlations?|[Kk]appa|throughput|latency|inference\s(?:speed|time|cost)|training\s(?:time|cost|speed)|"
    r"run\s?time|FPS|frame\srate|FLOPs|MFU|(?:GPU\s)?memory(?:\s(?:usage|footprint|consumption|cost))?|KV\scache(?:\ssize)?|"
    rf"parameters|{_ADJECTIVE}scores?|costs?|bandwidth|storage(?:\scost)?|speed-?ups?|speed|compression\srat(?:io|es?)|hit\srate|"
    rf"resolution\srate|resolve\srate|{_ADJECTIVE}rates?|{_ADJECTIVE}similarity|performance|quality|efficiency|Acc@[\d.]+|loss|ratings?|"
    r"success|overhead|HBM|V?RAM|percentile|agreement|consistency|coverage|diversity|robustness|[\w-]*fidelity|faithfulness|helpfulness|"
    r"(?:(?:ROC|PR)-)?AU(?:RO)?C|MAP|EM|ECE|[Mm]acro-F_?1|[Mm]icro-F_?1|F_1"
)
_METRIC = re.compile(rf"(?<![\w'’(@-])(?:{_METRIC_WORDS})(?![\w-])")
_STARTS_WITH_METRIC = re.compile(rf"\s?(?:{_METRIC_WORDS})(?![\w-])")
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
_METRIC_OF = re.compile(
    rf"(?<![\w'’@-])(?P<phrase>{QUALITY_NAME}|{_METRIC_WORDS})(?:\s\([A-Za-z@\d-]{{2,12}}\))?\s(?:of|is|was|reaches|reaching|at|to|scores?\sof|:|=)?\s?(?:up\sto\s|over\s|about\s|only\s|as\s\w+\sas\s|[\w-]+\s)?[~(+]?$"
)
_METRIC_IS = re.compile(
    rf"(?<![\w'’@-])(?P<phrase>{QUALITY_NAME}|{_METRIC_WORDS})(?:\s\([A-Za-z@\d-]{{2,12}}\))?\s?(?:of|is|was|at|reaches|=|:)\s?(?:up\sto\s|over\s|about\s|only\s)?[~(+]?$"
)
_SCORES_OF = re.compile(
    r"\b[A-Z\d][\w@-]*\sscores\b[^,;]*$|\bscores\s(?:\([^()]*\)\s)?(?:of|is|was|at|to|reaching|:|=)[^,;]*$"
)
_NAMED_JUST_BEFORE = re.compile(rf"(?<![\w'’@-])(?:{QUALITY_NAME}|{_METRIC_WORDS})\s(?:of\s)?[~+(]?$")
_NAME_IS = re.compile(
    r"(?<![\w-])(?P<phrase>(?!(?:[GC]PT|LLM|AI|S[Oo]TA)\b)[A-Z][A-Z\d]+(?:[a-z]*(?:-[A-Z\d]+)?|-[a-z]\w*)?|[A-Z]\w*[Ss]core)"
    r"(?:\s?\([\w, -]+\))?\s(?:of|=)\s[~]?$"
)
"""What is named and has a value is a metric, known or not: ``ICC = 0.45``, ``BERTScore of 0.91``."""
_ACRONYM_AFTER = re.compile(
    r"\s(?P<phrase>[A-Z]{2,6})(?=[,.;)]|\s?$|\s(?:on|in|for|at|by|with|while|and|over|across)\b)"
)
_NOUNS_AFTER = re.compile(
    rf"\s(?P<phrase>(?!\w+(?:ly|er|-shot|s)\s(?:the|than|an?|to)\b)(?!\w+ing\b)"
    rf"(?:(?!(?:{STOP}|the|an?|all|more|less|not|so|simply|there|they|such)(?![\w-]))[a-z][\w-]*(?<!ly)(?<!-shot)\s?){{1,3}})"
    rf"(?=[,.;)]|\s?$|\s?\b(?:{STOP})\b)"
)
"""What follows a share at once is what it is of: ``83% raw agreement``."""
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
_SOME_OF = re.compile(
    r"\b(?:an?|the|its)\s(?P<phrase>(?:[\w-]+\s){0,2}?[\w-]+)\sof\s(?:(?:up\sto|over|about|only|nearly|around|at\sleast|at\smost|(?:less|more)\sthan|under)\s)?[~]?$"
)
_SHARE = re.compile(r"\sof\s(?P<phrase>.+)")
_PART_OF_THINGS = re.compile(
    r"\sof\s(?:the\s|its\s|all\s)?(?P<phrase>(?:(?!(?:the|of|in|on|and|that|which|for)\b)[\w-]+\s){0,3}?[a-z][\w-]*[^s\W]s)(?=[,.;)]|\s(?:in|on|that|which|at|with|and|to|when|by|for|can|are|is|while)\b|\s?$)"
)
"""What a share is of: ``40-60% of questions``."""
_METRIC_BEHIND_COLON = re.compile(
    rf"\((?:best\s|mean\s|average\s|max\s)?(?P<phrase>(?:[\w-]+\s){{0,2}}?(?:{_METRIC_WORDS}))[\s:=]{{1,3}}[~]?$"
)
"""``(best F1: 30.3``."""
_SYMBOL_IS = re.compile(r"(?<![\w-])(?P<phrase>(?:partial\s|mean\s|max\s)?[rRρτκ][²2s]?(?:\^2)?)\s?(?:=|≈|≥|>)\s?[~]?$")
"""A statistic by its letter: ``(ρ = 0.72)``."""
_SPACE = re.compile(r"\sof\s(?P<phrase>(?:[\w-]+\s){0,2}(?:memory|space|storage|V?RAM|disk))\b")
_METRIC_BEHIND = re.compile(
    rf"\s(?:(?!(?:with|and|in|on|for|at)\b)[\w-]+\s){{0,3}}?(?P<phrase>{_METRIC_WORDS})(?![\w-])"
)
_COUNTSTOP = re.compile(rf"^(?:{STOP})$", re.IGNORECASE)


_COUNT_WORD = re.compile(r"(?P<word>(?:[A-Za-z]|\dD\b|\d+-[a-z])[\w'’-]*)(?P<after>[,/]?\s?|$)")


def is_metric(name: str) -> bool:
    """Whether a name is that of a metric: ``BERTScore``, ``Pass@4``, ``SAD`` is none that is known."""
    spellings = (name, name[:1].lower() + name[1:])
    return any(form.fullmatch(each) for form in (_METRIC, _QUALITY, _FORM_OF_METRIC) for each in spellings)


_QUALITY = re.compile(QUALITY_NAME)
_FORM_OF_METRIC = re.compile(r"[\w-]+@\d+|[\w-]*[Ss]core|F1")


def count_noun(right: str) -> str:
    """What is counted: the noun phrase after the number, up to its plural head; empty if no noun follows."""
    right = re.sub(r"^\+?\s?-?(?:out\sof\s(?:\d+|all)\s|of\s(?:the\s)?)?", "", right)
    words: list[str] = []
    at = 0
    while len(words) < 7 and (match := _COUNT_WORD.match(right, at)):
        word = match["word"]
        joins = word == "and" and words and re.match(r"(?:[\w-]+\s){1,3}?[\w-]*[^s\W]s\b", right[match.end() :])
        modifies = word.endswith("ed") and all(each.endswith("ly") for each in words)
        if _COUNTSTOP.match(word) and not joins and not modifies:
            break
        words.append(word)
        at = match.end()
        plural = re.search(r"[^su]s$", word) is not None and not word.endswith("is")
        if plural and not re.match(rf"(?!(?:{STOP})\b)[\w-]+s\b", right[at:]):
            return " ".join(words)
        if not match["after"]:
            break
    if words and re.search(r"(?:ed|ing|ly)$", words[0]) and len(words) == 1:
        return ""
    return " ".join(words)


SIZES: Final = frozenset({"size", "length", "cost"})
"""What a comparison of models may be of, which their scores are not."""


def is_moved(around: Around) -> bool:
    """Whether a figure is what a metric was brought to: ``cuts memory to 12 GB``; what is kept there was not."""
    match = _MOVED_TO.search(around.near_left)
    return match is not None and CHANGE.match(match[0]) is not None


def says_its_own(around: Around) -> bool:
    """Whether a member of a list says itself what changed: ``5% more users and 3% fewer errors``."""
    patterns = (
        _OWN_IN,
        _IN_METRIC,
        _ACRONYM_AFTER,
        _CHANGE_IN,
        _COMPARATIVE,
        _METRIC_AND_CHANGE,
        _STARTS_WITH_METRIC,
        _IN_QUALITY,
    )
    named_before = AND_BY.match(around.near_left) or _NAMED_JUST_BEFORE.search(around.near_left)
    noun = _NOUNS_AFTER.match(around.near_right)
    return (
        named_before is not None
        or any(pattern.match(around.near_right) for pattern in patterns)
        or (noun is not None and not _NO_NOUN.match(noun["phrase"]))
    )


_NO_NOUN = re.compile(
    rf"(?:overall|respectively|absolute|relative|average|total|points|each|{NOUN_OF_CHANGE})\b|{CHANGE.pattern}",
    re.IGNORECASE,
)
"""What stands behind a member of a list without saying what it is of."""


def metric(around: Around, *, kind: str, unit: str, has_start: bool = False) -> str:
    """What was measured, in the sentence's own words as far as possible; empty if it does not say."""
    if kind == "count":
        return _tidy(count_noun(around.right))
    metrics = filter(None, map(_tidy, _metrics(around, kind=kind, unit=unit, has_start=has_start)))
    fits = _OF_ITS_KIND.get(_METRIC_OF_UNIT.get(unit, ""), _ANYTHING)
    return next(
        (
            _NOUN_OF.get(each, each)
            for each in metrics
            if each.lower() not in _NO_METRIC
            and not MODEL_NAME.match(each)
            and (fits.search(each) or not is_metric(each))
        ),
        "",
    )


def _metrics(around: Around, *, kind: str, unit: str, has_start: bool) -> Iterator[str]:
    """What may be the metric, the likeliest first."""
    right, left = around.right, around.left
    if kind in {"times", "relative", "points"} or has_start:
        yield from _metrics_of_change(around, unit)
    if kind == "absolute" and (match := _MOVED_TO.search(around.near_left)):
        fits = unit not in _METRIC_OF_UNIT or _OF_ITS_KIND[_METRIC_OF_UNIT[unit]].search(match["phrase"])
        yield match["phrase"] if fits else ""
    if match := _SYMBOL_IS.search(around.near_left):
        yield match["phrase"]
    if unit in _MEMORY and (match := _SPACE.match(right)):
        yield match["phrase"]
    if match := _METRIC_IS.search(left) or _NAME_IS.search(left):
        yield match["phrase"]
    if unit == "%" and kind == "absolute" and (match := _METRIC_BEHIND_COLON.search(around.near_left)):
        yield match["phrase"]
    if match := re.match(rf"\s?(?:[\w-]+\s)?(?:{_METRIC_WORDS})(?![\w-])", right):
        yield match[0]
    if unit == "%" and kind == "absolute" and (match := _PART_OF_THINGS.match(right)):
        yield match["phrase"]
    if match := _METRIC_OF.search(left):
        is_verb = match["phrase"].endswith(" scores") and not _SCORES_OF.search(left)
        yield "score" if is_verb else match["phrase"]
    if unit in {"%", ""} and kind == "absolute" and (match := _ACRONYM_AFTER.match(right) or _NOUNS_AFTER.match(right)):
        yield match["phrase"]
    if unit in _METRIC_OF_UNIT:
        if (match := _METRIC_BEHIND.match(right)) and _OF_ITS_KIND[_METRIC_OF_UNIT[unit]].search(match["phrase"]):
            yield match["phrase"]
        named = _last_metric(left[-60:])
        yield named if _OF_ITS_KIND[_METRIC_OF_UNIT[unit]].search(named) else _METRIC_OF_UNIT[unit]
    elif unit not in {"", "%", "points", "x"}:
        yield unit
    if unit == "%" and kind == "absolute" and (match := _SHARE.match(right)):
        yield phrase(match["phrase"])
    yield from _METRIC.findall(re.split(r"[,;]|\sand\san?\s", around.near_right[:60])[0])
    if (match := _SOME_OF.search(left)) and not re.search(
        rf"\b(?:{NOUN_OF_CHANGE}|total|average|set|number)$", match["phrase"]
    ):
        yield match["phrase"]
    yield _last_metric(left)
    if kind in {"relative", "points"}:
        yield "performance"
    yield from _METRIC.findall(re.split(r"[,;(]", right)[0])
    if re.search(r"\b(?:scor|achiev|attain|reach|obtain|record)\w*\b", left):
        yield "score"


_TIME: Final = dict.fromkeys(("ms", "s", "min", "h", "days", "weeks", "months"), "time")
_MEMORY: Final = dict.fromkeys(("KB", "MB", "GB", "TB"), "memory")
_METRIC_OF_UNIT: Final = {
    **_TIME,
    **_MEMORY,
    "USD": "cost",
    "Hz": "frequency",
    "tokens/s": "throughput",
    "FPS": "frame rate",
}
_OF_ITS_KIND: Final = {
    "time": re.compile(r"latency|time|delay|speed|cost|rate", re.IGNORECASE),
    "memory": re.compile(r"memory|size|footprint|storage|cache|V?RAM|HBM|cost|bandwidth", re.IGNORECASE),
    "cost": re.compile(r"cost|price", re.IGNORECASE),
    "frequency": re.compile(r"frequency|rate|speed|Hz", re.IGNORECASE),
    "throughput": re.compile(r"throughput|speed", re.IGNORECASE),
    "frame rate": re.compile(r"frame rate|speed(?!-?up)|FPS|throughput", re.IGNORECASE),
}
"""The metrics that a figure with such a unit may be of."""
_ANYTHING = re.compile("")
_METRIC_OF_COMPARATIVE: Final = {
    "larger": "size",
    "bigger": "size",
    "smaller": "size",
    "longer": "length",
    "shorter": "length",
    "cheaper": "cost",
}


def _metrics_of_change(around: Around, unit: str) -> Iterator[str]:
    """What may have changed: named after the figure, before it, or by the verb alone."""
    left, right = around.left, around.right
    yield from _metrics_after(right, unit)
    thing = _OBJECT.search(around.near_left)
    of_thing = thing is not None and bool(_last_metric(thing["phrase"]))
    if (match := _LOST_OF.match(right)) and _LOSES.search(around.near_left):
        yield match["phrase"]
    own_in = None if of_thing else _OWN_IN.match(around.near_right)
    if unit != "x" and (match := own_in or _ACRONYM_AFTER.match(around.near_right)):
        yield match["phrase"]
    if re.search(
        r"\b(?:speed-?ups?|acceleration)\s(?:of|by|is|reaching)\s(?:[\w-]+\s){0,3}[~]?$", left[-60:], re.IGNORECASE
    ):
        yield "speed"
    if (CHANGE_OF.search(left[-70:]) or SAVES.search(left[-70:])) and (
        match := re.match(r"\sin\s(?P<phrase>(?![A-Z][\w-]*\d).+)", right)
    ):
        named = phrase(match["phrase"])
        yield "" if _CIRCUMSTANCE.search(named) or re.search(r"\b(?:models|LLMs|agents)\b", named) else named
    if (match := AND_BY.match(around.near_left)) and not beats(left):
        yield match["phrase"]
    if (match := _AND_FROM.match(around.near_left)) and not _YEAR_SET.fullmatch(match["phrase"]):
        yield match["phrase"]
    if match := _BRACKETED.search(around.near_left) or _WITH_DROPPING.search(around.near_left):
        yield match["phrase"]
    if match := _SUBJECT_OF_CHANGE.search(around.near_left):
        yield _last_metric(match["phrase"])
    if (match := _OBJECT.search(left)) and not BEATING.search(match["phrase"]):
        thing = re.sub(_YEAR_SET, "", re.split(r"\s(?:that|which)\s", match["phrase"])[0])
        if _FASTER_VERB.match(match[0]) and not _last_metric(thing):
            yield f"{thing} speed" if len(thing.split()) < _LONG else "speed"
        yield (
            _last_metric(thing.split(" of ")[0])
            or _last_metric(thing)
            or (
                ""
                if _NO_OBJECT.search(thing) or _LOOKS_LIKE_A_SET.fullmatch(thing)
                else re.split(r"\s(?:of|in|on)\s", thing)[0]
            )
        )
    if match := _SUBJECT_OF_CHANGE.search(left):
        yield _last_metric(match["phrase"]) or _last_metric(match["phrase"][:1].lower() + match["phrase"][1:])
    if match := _CHANGE_BEFORE.search(left):
        yield phrase(match["phrase"] or "") or match["modifier"] or _last_metric(left)
    if unit == "x" and re.search(r"speed-?ups?|faster|accelerat", left[-60:], re.IGNORECASE):
        yield "speed"
    if BEATING.search(left):
        yield from _metrics_of_beating(left, right)


def _metrics_of_beating(left: str, right: str) -> Iterator[str]:
    """In what a rival may be beaten."""
    if match := _IN_QUALITY.match(right):
        yield match["phrase"]
    named = re.match(r"\s(?:in|on)\s(?P<phrase>[^,;.]{3,40})", right)
    yield (_last_metric(named["phrase"]) if named else "") or _last_quality(left) or "performance"


_IN_METRIC = re.compile(rf"\sin\s(?:[\w-]+\s)?(?:{_METRIC_WORDS})(?![\w-])")
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


def _metrics_after(right: str, unit: str) -> Iterator[str]:
    if unit == "x":
        yield from _metrics_of_fraction(right)
    if (match := _SPED_UP.match(right)) is not None:
        yield match["phrase"]
    if unit in {"x", "%"} and _FASTER.match(right):
        yield "speed"
    if match := re.match(
        rf"\s?(?P<word>{'|'.join(_METRIC_OF_COMPARATIVE)})\b(?!\s(?!(?:than|on|in|at|and|while|with|compared|for)\b)[a-z])",
        right,
    ):
        yield _METRIC_OF_COMPARATIVE[match["word"]]
    if match := _COMPRESSION.match(right):
        yield match["phrase"]
    if re.match(r"\s(?:smaller|larger|bigger)\s(?:models?|networks?|variants?|counterparts?|agents?)\b", right):
        yield "size"
    for pattern in (_CHANGE_IN, _COMPARATIVE):
        if match := pattern.match(right):
            named = phrase(match["phrase"])
            if not _CIRCUMSTANCE.search(named):
                yield named or next(iter(_METRIC.findall(match["phrase"][:25])), "")
    if (match := _METRIC_AND_CHANGE.match(right)) and not CHANGE.search(match["phrase"]):
        yield match["phrase"]
    if match := _STARTS_WITH_METRIC.match(right):
        yield match[0]


_COMPRESSION = re.compile(
    r"\s(?P<phrase>(?:(?!(?:with|and|in|at|by|for)\b)[\w-]+\s){0,2}compression(?:\srat(?:io|e))?)\b"
)


def _metrics_of_fraction(right: str) -> Iterator[str]:
    """What there is twice or half of: ``twice the epochs of``, ``over half of the questions``."""
    match = _SO_MUCH_OF.match(right)
    if match and not re.search(r"\b(?:models?|baselines?|methods?)$", match["phrase"]):
        yield match["phrase"]


_SO_MUCH_OF = re.compile(
    r"\s(?:of\s)?(?:the\s|its\s|(?<=of\s))(?P<phrase>(?!(?:standard|dense|full|vanilla|original|best|previous|prior)\b)(?:(?!(?:of|in|on|and)\b)[a-z][\w-]*\s){0,3}?[a-z][\w-]*)(?=\s(?:of|compared|as|than|in|on|with|while|and|from|to)\b|[,.;)]|\s?$)"
)
_SPED_UP = re.compile(
    r"\s(?:[\w-]+\s)?(?P<phrase>throughput|FLOPs?|training|inference|decoding|prefill(?:ing)?)\s(?:speed-?ups?|acceleration)\b"
)


def _last_metric(left: str) -> str:
    """The last metric named in an open statement: what stood in brackets, or before "while", is another's."""
    left = _OTHER_STATEMENT.sub("", left)
    matches = list(_METRIC.finditer(left))
    return matches[-1][0] if matches else ""


_OTHER_STATEMENT = re.compile(r"\([^()]*\)|^.*(?:;|,\s(?:while|whereas|but)\s)")


def _last_quality(left: str) -> str:
    """The last metric of how good something is: one does not beat a rival by its size."""
    named = [match[0] for match in _METRIC.finditer(left) if not lower_is_better(match[0])]
    return named[-1] if named else ""


_NOT_OF_A_METRIC = re.compile(
    r"^(?:(?:percent|(?:models|agents|LLMs)(?=\sscores?)|an?|the|its|their|our|average|overall|mean|absolute|relative|further|additional|very|little|in|of|only|and|up|to|with|by|for|at|from|down|ranging|"
    r"improv\w+|increas\w+|boost\w*|rais\w+|enhanc\w+|reduc\w+|decreas\w+|lower\w*|accelerat\w+|degrad\w+|achiev\w+|attain\w+|"
    r"state-of-the-art|new|best|highest|lowest|competitive|final|higher|strong|superior|high|larger|greater|bigger|better|smaller|"
    r"represent\w+|correspond\w+|mark(?:s|ing)|constitut\w+|translat\w+|significant|substantial|notable|remarkable|consistent|impressive|dramatic|considerable|marked|modest|large|"
    r"reach\w+|obtain\w+|yield\w*|deliver\w*|provid\w+|demonstrat\w+|showing|shows?|produced|having|has)(?:\s|$))+",
    re.IGNORECASE,
)


_MARGIN: Final = " ,.;:()[]-–'’\""
_MOVED_TO = re.compile(
    rf"\b(?:{VERBS_ON}|keep\w*|kept|bring\w*|push\w*|maintain\w*|limit\w*|hold\w*|driv\w+)\s(?:the\s|its\s|their\s)?"
    rf"(?P<phrase>(?:(?!(?:{STOP})\b)[\w@'’-]+\s){{1,5}})(?:of\s[^,;()]{{2,40}}?\s)?(?:down\s)?(?:to|at|below|under|within)\s(?:(?:only|just|merely|about|over|nearly|as\slow\sas)\s)?[~]?$",
    re.IGNORECASE,
)
"""What is brought to where it stands: ``keeping relative drift to 0.13``, ``increases the depth of its cache to 9``."""
_NO_METRIC: Final = {
    "model",
    "models",
    "method",
    "methods",
    "results",
    "it",
    "them",
    "system",
    "baselines",
    "s",
    "comparison",
    "contrast",
    "addition",
    "total",
    "average",
    "fact",
    "sota",
    "state-of-the-art",
    "new state of the art",
}
_NOUN_OF: Final = {"accurate": "accuracy", "efficient": "efficiency", "expensive": "cost", "robust": "robustness"}


_NAME_SCORES = re.compile(
    r"(?!CLIP|F1|BERT|BLEU|ROUGE|Elo|Mean|Overall|Average|Final|Total)[A-Z][\w.+-]*\s(?:scores?|rates?|costs?)"
)
_NAME_AND_VERB = re.compile(
    r"[A-Z][\w.+-]*\s(?:achiev\w+|obtain\w*|attain\w*|deliver\w*|yield\w*|gets?|brings?|shows?|reports?|records?|gains?|sees?|reach\w*)(?:\s|$)"
)


_UP_TO_VERB = re.compile(r"^(?:[\w-]+\s){1,4}(?:achiev|obtain|attain|deliver|yield|reach|show|exhibit)(?:e?s|ing|ed)\s")
_PREPOSITION = re.compile(r"(?:vs\.?|versus|per|on|in|at|for|across|of|to|with|by|over)\s")
_ENDS_IN_VERB = re.compile(
    r"(?<=\w)\s(?:up|increased|decreased|improved|reduced|dropped|increases|decreases|improves|drops)$"
)


def _tidy(text: str) -> str:
    text = re.split(r"\s(?:compared|relative|over|than|but|while|whereas)\s", text)[0].strip(_MARGIN)
    if _NAME_SCORES.fullmatch(text) and not _METRIC.fullmatch(text.split()[0]):
        text = text.split()[-1].removesuffix("s")
    text = _UP_TO_VERB.sub("", _ENDS_IN_VERB.sub("", _NAME_AND_VERB.sub("", text)))
    text = _NOT_OF_A_METRIC.sub("", text).strip(_MARGIN)
    return "" if _PREPOSITION.match(text) else text


_LOWER = re.compile(
    r"latenc|time\b|memory|cost|error|loss\b|perplexity|\b[rg]?FIDs?\b|FVD|LPIPS|\bW?CER\b|\bWER\b|MSE|MAE|parameters|FLOPs|tokens|collision|"
    r"hallucination|storage|footprint|overhead|toxic|attack success|bandwidth|cache|degradation|\bdata\b|distance|"
    r"energy|delay",
    re.IGNORECASE,
)


_RATE = re.compile(r"tokens\s?(?:/|per)|per\ssecond|throughput", re.IGNORECASE)


def lower_is_better(metric_name: str) -> bool:
    """Whether a metric of this name is better when it is lower."""
    return _LOWER.search(metric_name) is not None and not _RATE.search(metric_name)
