"""Reads the words around a figure: what was measured, on what, against what, and which way it went.

English only, because papers are read here and not summaries. Everything works on the words of a sentence to the left
and to the right of the figure, and on nothing else; in doubt a field stays empty.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple


class Around(NamedTuple):
    """A figure's surroundings within its sentence."""

    left: str
    right: str
    near_left: str
    """What stands between the figure before this one and this one; all of ``left`` for the first."""
    near_right: str
    """What stands between this one and the next; all of ``right`` for the last."""


_STOP = (
    r"on|for|across|over|compared|while|when|whereas|with|and|or|to|by|than|at|from|in|using|under|without|against|as|that|"
    r"which|who|is|are|was|were|be|has|have|had|can|could|may|will|but|relative|versus|vs|via|through|during|of|if|after|before|"
    r"respectively|averaged|per|where|both|we|it|its|our|their|this|these|those|only|even|achieves?|outperforms?|among|within|"
    r"demonstrating|showing|surpassing|exceeding|indicating|covering|spanning|comprising|collected|including|paired|designed|"
    r"sourced|generated|drawn|derived|annotated|ranging|enabling|making"
)
_WORD = r"[A-Za-z][\w@.'’/+-]*\w|[A-Za-z]"
_PHRASE = rf"(?:(?!(?:{_STOP})\b)(?:{_WORD})\s?){{1,5}}"
_LEAD = r"(?:(?:a|an|the|its|their|our|this|all|other|average|overall|mean|total|up|consistent|significant)\s)*"


def phrase(text: str) -> str:
    """The noun phrase at the beginning of ``text``, articles left out; empty if there is none."""
    match = re.match(rf"\s*{_LEAD}(?P<phrase>{_PHRASE})", text)
    return "" if match is None else match["phrase"].strip()


# ---- which way ----------------------------------------------------------------------------------------------------

_UP_WORDS = (
    r"improv\w+|increas\w+|gains?|gained|gaining|boost\w*|rais\w+|rises?|rose|enhanc\w+|higher|better|faster|more|larger|greater|"
    r"longer|speed-?ups?|speeds?\sup|speeding\sup|accelerat\w+|outperform\w*|surpass\w*|exceed\w*|beat\w*|advantage|leads?|uplift|"
    r"stronger|double[sd]?|doubling|twice|triple[sd]?|margin|acceleration|growth"
)
_DOWN_WORDS = (
    r"reduc\w+|decreas\w+|drop\w*|degrad\w+|declin\w+|lower\w*|fewer|less|smaller|shorter|cheaper|sav(?:es?|ed|ings?)|cut\w*|"
    r"shrink\w*|compress\w+|loss|lag\w*|fall\w*|fell|slower|worse|halv\w+|behind|slow-?down|minimi[sz]\w+|diminish\w*|underperform\w*"
)
_DOWN = re.compile(rf"\b(?:{_DOWN_WORDS})\b", re.IGNORECASE)
_CHANGE = re.compile(rf"\b(?:{_UP_WORDS}|{_DOWN_WORDS})\b", re.IGNORECASE)
_BY = re.compile(
    r"\bby\s(?:(?:up\sto|over|about|around|approximately|nearly|almost|more\sthan|at\sleast|as\smuch\sas|an?|average|"
    r"averag\w+|of|on|roughly|only|just|a\sfactor)\s)*[~+(]?$",
    re.IGNORECASE,
)
_CHANGE_OF = re.compile(
    r"\b(?:improvements?|increases?|gains?|boosts?|reductions?|decreases?|drops?|degradations?|declines?|savings?|speed-?ups?|"
    r"leads?|advantages?|margins?|accelerations?|changes?|differences?|gaps?|loss(?:es)?|uplift|growth)\s"
    r"(?:[\w-]+\s){0,4}?(?:of|by|is|up\sto|exceeding|reaching)\s(?:(?:up\sto|over|about|around|approximately|nearly|"
    r"more\sthan|at\sleast|an?|average|roughly)\s)*[~+(]?$",
    re.IGNORECASE,
)
_SAVES = re.compile(
    r"\b(?:sav(?:es?|ed|ing)|cut(?:s|ting)?|gain(?:s|ed|ing)|los(?:es?|ing))\s(?:(?:up\sto|over|about|around|only|nearly)\s)?[~]?$"
)
_CHANGE_AFTER = re.compile(
    r"\s?-?\(?(?:(?!(?:and|or|on|of|while|with|to|for|which|but|from|by)\b)[\w@/.-]+\s){0,3}?(?:improvements?|increases?|gains?|boosts?|"
    r"higher|better|faster|more|larger|greater|longer|speed-?ups?|leads?|advantages?|reductions?|decreases?|drops?|degradations?|"
    r"declines?|lower|fewer|less|smaller|shorter|cheaper|savings?|loss|slower|worse|relative|margin|uplift|acceleration|improved|"
    r"reduced|increased)\b",
    re.IGNORECASE,
)
_CHANGE_NOUN_AFTER = re.compile(
    r"\s?-?(?:[\w@.'-]+\s){0,3}?(?:improvements?|increases?|gains?|boosts?|drops?|leads?|reductions?)\b"
)


def is_change(around: Around, *, signed: bool, bare: bool) -> bool:
    """Whether a figure says how much something changed, not where it stands; a ``bare`` one has no unit."""
    if signed or any(pattern.search(around.left[-70:]) for pattern in (_BY, _CHANGE_OF, _SAVES)):
        return True
    if re.match(r"\s?(?:of|on)\b", around.right):
        return False
    return (_CHANGE_NOUN_AFTER if bare else _CHANGE_AFTER).match(around.right) is not None


def is_absolute_change(around: Around) -> bool:
    """Whether a change in per cent is said to be absolute: ``an absolute gain of 3.4%``."""
    return re.search(r"\babsolute\s(?:(?:[\w-]+\s){1,4}(?:of|by)\s(?:[\w-]+\s){0,2}?)?[~+]?$", around.left) is not None


_NEW_CLAUSE = re.compile(
    r"\b(?:achiev\w+|while|with|which|compar\w+|reach\w+|reduc\w+|improv(?:es|ed|ing)|is|are|was|were|has|have|by|than|to|from|"
    r"obtain\w*|respectively|using|we|it)\b|[;:]",
    re.IGNORECASE,
)


def continues_list(between: str) -> bool:
    """Whether two figures with these words between them stand in one list: ``5.7% on A, 10.3% on B``."""
    ends = re.search(r"(?:,|,?\s?\band|,?\s?\bor|&|/|\()\s?(?:up\sto\s|over\s|about\s)?[~+(]?\s?$", between)
    return ends is not None and len(between) < 90 and _NEW_CLAUSE.search(between) is None


def says_its_own(around: Around) -> bool:
    """Whether a member of a list says itself what changed: ``5% more users and 3% fewer errors``."""
    patterns = (_CHANGE_IN, _COMPARATIVE, _METRIC_AND_CHANGE, _STARTS_WITH_METRIC)
    return any(pattern.match(around.near_right) for pattern in patterns) or _AND_BY.match(around.near_left) is not None


def direction(around: Around, figure: str) -> Literal["", "up", "down"]:
    """Which way a change goes: by the ``figure`` itself (``doubling``), else by the cue nearest to it."""
    if (own := _CHANGE.fullmatch(figure)) is not None:
        return "down" if _DOWN.fullmatch(own[0]) else "up"
    right = re.match(r"[^,.;]{0,45}", around.near_right)
    right_text = right[0] if right else ""
    first = _CHANGE.search(right_text)
    if first is not None and first.start() < 26:
        return "down" if _DOWN.match(first[0]) else "up"
    cues = list(_CHANGE.finditer(around.left))
    if cues:
        return "down" if _DOWN.match(cues[-1][0]) else "up"
    return "" if first is None else "down" if _DOWN.match(first[0]) else "up"


# ---- what was measured --------------------------------------------------------------------------------------------

_ADJECTIVE = r"(?:(?!(?:[Ii]t|[Ww]e|its|the|an?|that|which|of|in|on|and|with|by|to|for|from|at|is|are|as)\b)[\w-]+\s)?"
_METRIC_WORDS = (
    rf"{_ADJECTIVE}success\srates?|attack\ssuccess\srates?|win(?:ning)?\srates?|{_ADJECTIVE}error\srates?|{_ADJECTIVE}accurac(?:y|ies)|"
    rf"solve\srates?|pass\srates?|pass@\d+|[\w-]*recall(?:@\d+)?|precision|{_ADJECTIVE}F1(?:[\s-]scores?)?|mAP(?:@[\d.]+)?|mIoU|IoU|AUC|AUROC|"
    r"NDCG(?:@\d+)?|[rg]?FIDs?|FVD|PSNR|SSIM|LPIPS|BLEU|ROUGE(?:-\w)?|CIDEr|CLIP[\s-]?scores?|perplexity|WER|CER|MSE|MAE|RMSE|"
    r"Elo|Spearman|Pearson|correlations?|kappa|throughput|latency|inference\s(?:speed|time|cost)|training\s(?:time|cost|speed)|"
    r"run\s?time|FPS|frame\srate|FLOPs|MFU|(?:GPU\s)?memory(?:\s(?:usage|footprint|consumption|cost))?|KV\scache(?:\ssize)?|"
    rf"parameters|{_ADJECTIVE}scores?|costs?|bandwidth|storage(?:\scost)?|speed-?ups?|speed|compression\srat(?:io|es?)|hit\srate|"
    rf"resolution\srate|resolve\srate|{_ADJECTIVE}rates?|{_ADJECTIVE}similarity|performance|quality|efficiency|Acc@[\d.]+|loss|ratings?|"
    r"HBM|V?RAM|percentile|agreement|consistency|coverage|diversity|robustness"
)
_METRIC = re.compile(rf"(?<![\w'’-])(?:{_METRIC_WORDS})(?![\w-])")
_STARTS_WITH_METRIC = re.compile(rf"\s?(?:{_METRIC_WORDS})\b")
_VERBS_ON = (
    r"improv\w+|increas\w+|boost\w*|rais\w+|enhanc\w+|reduc\w+|decreas\w+|lower\w*|cut\w*|accelerat\w+|speed\w*(?:\sup)?|degrad\w+|"
    r"shrink\w*|sav\w+|compress\w+|minimi[sz]\w+|elevat\w+|advanc\w+|drop\w*"
)
_OBJECT = re.compile(
    rf"\b(?:{_VERBS_ON})\s(?P<phrase>(?:(?!\b(?:{_VERBS_ON})\b)[^,;]){{3,110}}?)\s(?:by|up\sto|from)\b[^,;]*$",
    re.IGNORECASE,
)
_SUBJECT_OF_CHANGE = re.compile(
    r"(?P<phrase>(?:[\w@'’-]+\s){1,4}?)(?:is\s|are\s|was\s)?(?:improv\w+|increas\w+|ris\w+|rose|drop\w*|decreas\w+|fall\w*|fell|grow\w*|reduced)\s"
    r"(?:significantly\s|substantially\s|further\s)?(?:by|from)\b[^,;]*$",
    re.IGNORECASE,
)
_FASTER = re.compile(r"\s?-?(?:[\w-]+\s){0,2}?(?:faster|speed-?ups?|speeds?\b|acceleration|quicker)", re.IGNORECASE)
_COMPARATIVE = re.compile(
    r"\s?-?(?:higher|lower|better|fewer|less|more|greater|larger|smaller|longer|shorter|reduced|increased|improved)\s(?P<phrase>.+)",
    re.IGNORECASE,
)
_NOUN_OF_CHANGE = (
    r"improvements?|increases?|gains?|boosts?|reductions?|decreases?|drops?|degradations?|declines?|savings?|leads?|"
    r"advantages?|margins?|uplift|growth|speed-?ups?|acceleration|loss"
)
_CHANGE_IN = re.compile(
    rf"\s?-?(?:absolute\s|relative\s|average\s|further\s|additional\s|overall\s)*(?:{_NOUN_OF_CHANGE})\s(?:in|of|on\saverage\sin)\s(?P<phrase>.+)",
    re.IGNORECASE,
)
_METRIC_AND_CHANGE = re.compile(
    rf"\s?-?(?:absolute\s|relative\s|average\s|further\s|additional\s|consistent\s|overall\s)*(?!(?:with|while|and|for|without|to|in|on|at|over|of)\b)(?P<phrase>(?:[\w@.'’-]+\s){{1,4}}?)(?:{_NOUN_OF_CHANGE})\b",
    re.IGNORECASE,
)
_CHANGE_BEFORE = re.compile(
    rf"\b(?P<modifier>(?:(?!(?:{_STOP}|an?|the|average|relative|absolute)\b)[\w@'’-]+\s){{0,3}})(?:{_NOUN_OF_CHANGE})(?:\s(?:in|of)\s(?P<phrase>(?!up\sto|over|about)[^,;()]*?))?\s"
    r"(?:of|by|is|up\sto|to|reaching|exceeding)\b[^,;]*$",
    re.IGNORECASE,
)
_BEATING = re.compile(
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat\w*|lag\w*|underperform\w*|ahead\sof|behind)\b", re.IGNORECASE
)
_METRIC_OF = re.compile(
    rf"(?<![\w'’-])(?P<phrase>{_METRIC_WORDS})\s(?:of|is|was|reaches|reaching|at|to|scores?\sof|:|=)?\s?(?:up\sto\s|over\s|about\s|only\s|as\s\w+\sas\s|[\w-]+\s)?[~(+]?$"
)
_SHARE = re.compile(r"\sof\s(?P<phrase>.+)")
_COUNT_STOP = re.compile(rf"^(?:{_STOP})$", re.IGNORECASE)


_COUNT_WORD = re.compile(r"(?P<word>(?:[A-Za-z]|\dD\b)[\w'’-]*)(?P<after>[,/]?\s?|$)")


def count_noun(right: str) -> str:
    """What is counted: the noun phrase after the number, up to its plural head; empty if no noun follows."""
    right = re.sub(r"^\+?\s?-?(?:out\sof\s(?:\d+|all)\s|of\s(?:the\s)?)?", "", right)
    words: list[str] = []
    at = 0
    while len(words) < 7 and (match := _COUNT_WORD.match(right, at)):
        word = match["word"]
        joins = word == "and" and words and re.match(r"(?:[\w-]+\s){1,3}?[\w-]*[^s\W]s\b", right[match.end() :])
        if _COUNT_STOP.match(word) and not joins:
            break
        words.append(word)
        at = match.end()
        plural = re.search(r"[^su]s$", word) is not None and not word.endswith("is")
        if plural and not re.match(r"[\w-]+s\b", right[at:]):
            return " ".join(words)
        if not match["after"]:
            break
    if words and re.search(r"(?:ed|ing|ly)$", words[0]) and len(words) == 1:
        return ""
    return " ".join(words)


def metric(around: Around, *, kind: str, unit: str) -> str:
    """What was measured, in the sentence's own words as far as possible; empty if it does not say."""
    if kind == "count":
        return _tidy(count_noun(around.right))
    metrics = filter(None, map(_tidy, _metrics(around, kind=kind, unit=unit)))
    return next((_NOUN_OF.get(each, each) for each in metrics if each.lower() not in _NO_METRIC), "")


def _metrics(around: Around, *, kind: str, unit: str) -> Iterator[str]:
    """What may be the metric, the likeliest first."""
    right, left = around.right, around.left
    if kind in {"times", "relative", "points"}:
        yield from _metrics_of_change(around, unit)
    if match := _METRIC_OF.search(left):
        yield match["phrase"]
    if match := re.match(rf"\s?(?:[\w-]+\s)?(?:{_METRIC_WORDS})\b", right):
        yield match[0]
    if unit in _METRIC_OF_UNIT:
        yield _last_metric(left[-60:]) or _METRIC_OF_UNIT[unit]
    elif unit not in {"", "%", "points", "x"}:
        yield unit
    if unit == "%" and kind == "absolute" and (match := _SHARE.match(right)):
        yield phrase(match["phrase"])
    yield from _METRIC.findall(around.near_right[:60])
    yield _last_metric(left)
    if kind in {"relative", "points"}:
        yield "performance"
    yield from _METRIC.findall(right)
    if re.search(r"\b(?:scor|achiev|attain|reach|obtain|record)\w*\b", left):
        yield "score"


_TIME: Final = dict.fromkeys(("ms", "s", "min", "h", "days", "weeks", "months"), "time")
_MEMORY: Final = dict.fromkeys(("KB", "MB", "GB", "TB"), "memory")
_METRIC_OF_UNIT: Final = {**_TIME, **_MEMORY, "USD": "cost"}
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
    yield from _metrics_after(around.right, unit)
    left = around.left
    if _CHANGE_OF.search(left[-70:]) and (match := re.match(r"\sin\s(?P<phrase>.+)", around.right)):
        yield phrase(match["phrase"])
    if (match := _AND_BY.match(around.near_left)) and not _beats(left):
        yield match["phrase"]
    if match := _OBJECT.search(left):
        thing = re.split(r"\s(?:that|which)\s", match["phrase"])[0]
        yield _last_metric(thing) or re.split(r"\s(?:of|in|on)\s", thing)[0]
    if match := _SUBJECT_OF_CHANGE.search(left):
        yield _last_metric(match["phrase"])
    if match := _CHANGE_BEFORE.search(left):
        yield phrase(match["phrase"] or "") or match["modifier"] or _last_metric(left)
    if unit == "x" and re.search(r"speed-?ups?|faster|accelerat", left[-60:], re.IGNORECASE):
        yield "speed"
    if _BEATING.search(left):
        yield _last_metric(around.near_left) or "performance"


def _metrics_after(right: str, unit: str) -> Iterator[str]:
    if unit in {"x", "%"} and _FASTER.match(right):
        yield "speed"
    if match := re.match(rf"\s?(?P<word>{'|'.join(_METRIC_OF_COMPARATIVE)})\b(?!\s[a-z])", right):
        yield _METRIC_OF_COMPARATIVE[match["word"]]
    for pattern in (_CHANGE_IN, _COMPARATIVE):
        if match := pattern.match(right):
            yield phrase(match["phrase"]) or next(iter(_METRIC.findall(match["phrase"][:25])), "")
    if (match := _METRIC_AND_CHANGE.match(right)) and not _CHANGE.search(match["phrase"]):
        yield match["phrase"]
    if match := _STARTS_WITH_METRIC.match(right):
        yield match[0]


def _last_metric(left: str) -> str:
    matches = list(_METRIC.finditer(left))
    return matches[-1][0] if matches else ""


_NOT_OF_A_METRIC = re.compile(
    r"^(?:(?:an?|the|its|their|our|average|overall|mean|absolute|relative|further|additional|very|little|in|of|only|and|up|to|with|by|for|at|from|"
    r"improv\w+|increas\w+|boost\w*|rais\w+|enhanc\w+|reduc\w+|decreas\w+|lower\w*|accelerat\w+|degrad\w+|achiev\w+|attain\w+|"
    r"reach\w+|obtain\w+|showing|shows?|produced|having|has)(?:\s|$))+",
    re.IGNORECASE,
)


_MARGIN: Final = " ,.;:()[]-–'’\""
_NO_METRIC: Final = {"model", "models", "method", "methods", "results", "it", "them", "system", "baselines", "s"}
_NOUN_OF: Final = {"accurate": "accuracy", "efficient": "efficiency", "expensive": "cost", "robust": "robustness"}


def _tidy(text: str) -> str:
    text = re.split(r"\s(?:compared|relative|over|than)\s", text)[0]
    return _NOT_OF_A_METRIC.sub("", text.strip(_MARGIN)).strip(_MARGIN)


_LOWER = re.compile(
    r"latenc|time\b|memory|cost|error|loss\b|perplexity|\bFIDs?\b|FVD|LPIPS|\bW?CER\b|\bWER\b|MSE|MAE|parameters|FLOPs|tokens|collision|"
    r"hallucination|storage|footprint|overhead|toxic|attack success|bandwidth|cache|degradation|\bdata\b|distance",
    re.IGNORECASE,
)


def lower_is_better(metric_name: str) -> bool:
    """Whether a metric of this name is better when it is lower."""
    return _LOWER.search(metric_name) is not None


# ---- on what, against what, whose -----------------------------------------------------------------------------------

_PROPER = (
    r"(?!(?:Our|The|We|This|These|It|In|On|For|With|To|A|An|Its|Their|All|Each|Both|LLMs?|AI)\b)"
    r"(?:[A-Z][\w@.+'-]*|[a-z]+[A-Z][\w.+-]*|[a-z]+\d[\w.+-]*)"
    r"(?:(?:\s|-)(?:[A-Z][\w@.+'-]*|\d+(?:\.\d+)?(?![\w%])|v\d+))*"
)
_DATASET_WORD = r"(?:benchmarks?|data\s?sets?|leaderboards?|test\ssets?|suite|corpus|tasks?|problems?|dataset)"
_ON = re.compile(
    r"\b(?:[Oo]n|[Aa]cross|from|in|at)\s(?:the\s|both\s|our\s|standard\s|challenging\s|popular\s)*"
    rf"(?P<phrase>{_PROPER}(?:(?:,\s|\sand\s|,\sand\s){_PROPER})*)"
)
_SET_NAME = re.compile(
    rf"(?P<phrase>{_PROPER})\s{_DATASET_WORD}\b|\b(?:data\s?set|benchmark|corpus|suite|test\sset)s?(?:\s(?:called|named))?,?\s(?P<after>{_PROPER})"
)
_MODEL = re.compile(
    r"(?:GPT|Llama|Qwen|Mistral|Gemini|Claude|DeepSeek|Gemma|Phi|OpenAI|o\d|[GC]PU|NVIDIA|RTX|A100|H100|"
    r"Stable Diffusion|FLUX|LLM)",
    re.IGNORECASE,
)
_APPOSITION = re.compile(
    rf"(?P<phrase>{_PROPER}),?\s(?:is\s)?(?:a|an|the|our)\s[^,;.]{{0,70}}?\b(?:data\s?set|benchmark|corpus|suite|test\sset|collection)\b"
)
_OUR_SET = re.compile(
    r"\b(?:[Oo]ur|[Tt]his|[Tt]he)\s(?:[\w-]+\s){0,2}?(?:data\s?set|benchmark|corpus|suite|test\sset)\b|^It\s"
)
_JUST_BEFORE = re.compile(
    rf"(?:[(,:]|\band|\bon)\s?(?P<phrase>{_PROPER}):?\s\(?$"
    rf"|(?P<after>{_PROPER})\s(?:scores?|accuracy|success\srate|win\srate|overall\sscore)\s(?:of\s)?(?:over\s|about\s|up\sto\s)?$"
)
_IN_BRACKETS = re.compile(r"^\s?\((?P<phrase>[A-Z][\w@.+-]+(?:\s[A-Z0-9][\w.+-]*)?(?:\sand\s[A-Z][\w.-]+)?)\)")


def dataset(around: Around, name: str, *, count: bool) -> str:
    """The benchmark or data set named for a figure; empty if none is. ``name`` is the paper's own name."""
    return next(_datasets(around, name, count=count), "")


def _datasets(around: Around, name: str, *, count: bool) -> Iterator[str]:
    """What may be the data set, the likeliest first."""
    if count:
        yield from reversed(_dataset_names(_APPOSITION, around.left) or _dataset_names(_SET_NAME, around.left))
        if name and _OUR_SET.search(around.left):
            yield name
    yield from _dataset_names(_JUST_BEFORE, around.near_left)
    yield from _dataset_names(_ON, around.near_right)
    yield from _dataset_names(_IN_BRACKETS, around.right[:60])
    for text in (around.near_left, around.left):
        for pattern in (_ON, _SET_NAME):
            yield from reversed(_dataset_names(pattern, text))


def _dataset_names(pattern: re.Pattern[str], text: str) -> list[str]:
    """The names that ``pattern`` finds, those of models left out."""
    names = [
        (match["phrase"] or match.groupdict().get("after") or "").strip(" .,;:'") for match in pattern.finditer(text)
    ]
    return [name for name in names if not _MODEL.match(name)]


_AGAINST_RIGHT = re.compile(
    r"\b(?:compared\s(?:to|with)|over|than|versus|vs\.?|against|relative\sto|in\scomparison\s(?:to|with)|behind|that\sof)\s(?P<phrase>.+)",
    re.IGNORECASE,
)
_AGAINST_LEFT = re.compile(
    r"\b(?:outperform\w*|surpass\w*|exceed\w*|beat(?:s|ing)?|lag\w*\sbehind|behind|over|than|compared\s(?:to|with)|ahead\sof|underperform\w*)\s"
    r"(?P<phrase>[^;]+?)(?:,|\son\s|\sin\s|\sacross\s|\sby\b|\swith\b|\sfor\s|$)",
    re.IGNORECASE,
)
_AGAINST_FIRST = re.compile(r"\b(?:Compared|In\scomparison|Relative)\s(?:to|with)\s(?P<phrase>[^,;]+),", re.IGNORECASE)


def _beats(left: str) -> bool:
    """Whether the last verb before a figure compares with a rival, and does not change a thing."""
    rivals = [match.start() for match in _BEATING.finditer(left)]
    things = [match.start() for match in re.finditer(rf"\b(?:{_VERBS_ON})\s", left, re.IGNORECASE)]
    return bool(rivals) and rivals[-1] > max(things, default=-1)


_AND_BY = re.compile(r"^\s?,?\s?and\s(?P<phrase>[^,;]+?)\sby\s(?:up\sto\s|over\s)?[~+]?$")


def baseline(around: Around) -> str:
    """What a change is measured against; empty if the sentence does not say."""
    match = _AND_BY.match(around.near_left)
    if match and _beats(around.left) and (rival := _rival(match["phrase"])):
        return rival
    clause = re.match(
        r"(?:(?!\sand\s(?:even|also|further|can|is|are|\w+s\s(?:a|an|the)\b))[^,;]|,(?=\d)|,\s(?=compared|relative|versus|vs|over|against|outperforming|surpassing))*",
        around.near_right,
    )
    match = _AGAINST_RIGHT.search(clause[0] if clause else "")
    if match and (rival := _rival(match["phrase"])):
        return rival
    for text in (around.near_left, around.left):
        matches = [m for m in _AGAINST_LEFT.finditer(text) if _rival(m["phrase"])]
        if matches:
            return _rival(matches[-1]["phrase"])
    match = _AGAINST_FIRST.search(around.left)
    return _rival(match["phrase"]) if match else ""


_RIVAL = re.compile(
    r"(?:[^,.;()]|\.(?=\S))*?(?=\s(?:on|in|by|while|when|with|across|and\sthe|at|for|under|using|without|as|from|is|are|was|to)\b"
    r"|[,;()]|\.(?:\s|$)|$)"
)


def _rival(text: str) -> str:
    """The thing compared with at the beginning of ``text``; empty for mere numbers (``over 12 tasks``)."""
    text = re.sub(r"^\s*(?:both\s|even\s)?(?:the|a|an|its|their|all|other|that\sof)\s", "", text)
    if re.match(
        r"[\d~]|(?:average|time|baseline\sof|two|three|four|five|six|seven|eight|nine|ten|multiple|several)\b(?!-)",
        text,
    ):
        return ""
    match = _RIVAL.match(text)
    rival = re.sub(r"\s(?:and|or|both|even)$", "", match[0].strip()) if match else ""
    return rival if 0 < len(rival.split()) <= 8 else ""


_OURS = re.compile(
    r"\b(?:our|this|the\sproposed)\s(?:[\w-]+\s)?(?:method|approach|model|framework|system|algorithm|pipeline|technique|"
    r"benchmark|dataset)s?\b",
    re.IGNORECASE,
)
_NAME_AND_VERB = re.compile(
    rf"(?!(?:Results|Experiments|Evaluation)\b)(?P<phrase>{_PROPER})\s"
    r"(?:further\s|also\s|consistently\s|significantly\s|successfully\s|even\s)*"
    r"(?:achiev\w+|outperform\w*|improv\w+|surpass\w*|reduc\w+|attain\w*|reach\w*|yields?|obtain\w*|deliver\w*|exceeds?|"
    r"gains?|boosts?|increas\w+|accelerat\w+|comprises|contains|consists|includes|scores?|solves?|generates?|offers|provides|"
    r"requires|exhibits|shows|enables|lag)\b"
)


def subject(around: Around, name: str) -> str:
    """Whose figure it is: the name before the verb, else the paper's own ``name``, else ``our method`` and the like."""
    if match := re.match(rf"\s?\((?P<phrase>{_PROPER})\)", around.right):
        return match["phrase"]
    if matches := list(_NAME_AND_VERB.finditer(around.left)):
        return matches[-1]["phrase"]
    ours = list(_OURS.finditer(around.left))
    return name or (ours[-1][0] if ours else "")


_SETTING = re.compile(
    r"\b[Pp]ass@\d+|\b(?:on|with|using|for)\s(?:a\s|an\s|the\s)?(?:single\s)?(?P<model>(?:GPT|Llama|LLaMA|Qwen|Mistral|Gemini|"
    r"Claude|DeepSeek|Gemma|Phi)[\w.-]*(?:\s[\d.]+\w*)?)"
    r"|\b\d*x?(?:NVIDIA\s)?(?:A100|H100|H200|H800|L40S?|RTX\s\d{4}|V100)s?\b(?:\sGPUs?)?"
    r"|\b(?:zero|few|\d+)-shot\b|\bin\s\d+\ssteps?\b|\b(?:on|across)\s(?P<tasks>[a-z][\w\s-]{3,40}?\stasks?)\b"
    r"|\bunder\s(?P<under>[a-z][\w\s-]{3,40}?)(?=[,.;]|\swith\b|$)"
)


def setting(around: Around, sizes: Sequence[str]) -> str:
    """Model, hardware, length, tasks or protocol that the sentence names beside a figure."""
    settings = [
        match["model"] or match["tasks"] or match["under"] or match[0]
        for match in _SETTING.finditer(f"{around.left} | {around.right}")
    ]
    return ", ".join(dict.fromkeys([*settings, *sizes]))
