"""The names of metrics: which words are one, which is the last of a statement, and what a unit may be of."""

import re
from typing import Final, Literal

from assay.claims.wording.phrases import STOP
from assay.papers.models import ClaimKind

_ADJECTIVE = (
    r"(?:(?!(?:[Ii]t|[Ww]e|its|the|an?|that|which|of|in|on|and|with|by|to|for|from|at|is|are|as|maintaining|preserving|"
    r"keeping|matching|improving|sacrificing|losing)\b)[\w-]+\s)?"
)
QUALITY_NAME = (
    r"(?:[A-Z][a-z]+\s){0,2}(?:[A-Z]\w*)?(?:Error\sRate|Success\sRate|Reward|Score|Degree|Quality|Following|Consistency|Accuracy|Fidelity|Alignment|"
    r"Similarity|Smoothness|Correlation|Coverage|Diversity|Recall|Precision)\b"
)
"""The name of a metric by its ending: ``Dynamic Degree``, ``ToyReward``."""
METRIC_WORDS = (
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
METRIC = re.compile(rf"(?<![\w'’(@-])(?:{METRIC_WORDS})(?![\w-])")
ACRONYM_AFTER = re.compile(
    r"\s(?P<phrase>[A-Z]{2,6})(?=[,.;)]|\s?$|\s(?:on|in|for|at|by|with|while|and|over|across)\b)"
)
NOUNS_AFTER = re.compile(
    rf"\s(?P<phrase>(?!\w+(?:ly|er|-shot|s)\s(?:the|than|an?|to)\b)(?!\w+ing\b)"
    rf"(?:(?!(?:{STOP}|the|an?|all|more|less|not|so|simply|there|they|such)(?![\w-]))[a-z][\w-]*(?<!ly)(?<!-shot)\s?){{1,3}})"
    rf"(?=[,.;)]|\s?$|\s?\b(?:{STOP})\b)"
)
"""What follows a share at once is what it is of: ``83% raw agreement``."""


def is_metric(name: str) -> bool:
    """Whether a name is that of a metric: ``BERTScore``, ``Pass@4``, ``SAD`` is none that is known."""
    spellings = (name, name[:1].lower() + name[1:])
    return any(form.fullmatch(each) for form in (METRIC, _QUALITY, _FORM_OF_METRIC) for each in spellings)


_QUALITY = re.compile(QUALITY_NAME)
_FORM_OF_METRIC = re.compile(r"[\w-]+@\d+|[\w-]*[Ss]core|F1")
SIZES: Final = frozenset({"size", "length", "cost"})
"""What a comparison of models may be of, which their scores are not."""
_TIME: Final = dict.fromkeys(("ms", "s", "min", "h", "days", "weeks", "months"), "time")
MEMORY: Final = dict.fromkeys(("KB", "MB", "GB", "TB"), "memory")
METRIC_OF_UNIT: Final = {
    **_TIME,
    **MEMORY,
    "USD": "cost",
    "Hz": "frequency",
    "tokens/s": "throughput",
    "FPS": "frame rate",
}
OF_ITS_KIND: Final = {
    "time": re.compile(r"latency|time|delay|speed|cost|rate", re.IGNORECASE),
    "memory": re.compile(r"memory|size|footprint|storage|cache|V?RAM|HBM|cost|bandwidth", re.IGNORECASE),
    "cost": re.compile(r"cost|price", re.IGNORECASE),
    "frequency": re.compile(r"frequency|rate|speed|Hz", re.IGNORECASE),
    "throughput": re.compile(r"throughput|speed", re.IGNORECASE),
    "frame rate": re.compile(r"frame rate|speed(?!-?up)|FPS|throughput", re.IGNORECASE),
}
"""The metrics that a figure with such a unit may be of."""


def last_metric(left: str) -> str:
    """The last metric named in an open statement: what stood in brackets, or before "while", is another's."""
    left = _OTHER_STATEMENT.sub("", left)
    if left[1:2].islower():  # "Scores average 40%"
        left = left[0].lower() + left[1:]
    matches = list(METRIC.finditer(left))
    return matches[-1][0] if matches else ""


_OTHER_STATEMENT = re.compile(r"\([^()]*\)|^.*(?:;|,\s(?:while|whereas|but)\s)")


def last_quality(left: str) -> str:
    """The last metric of how good something is: one does not beat a rival by its size."""
    named = [match[0] for match in METRIC.finditer(left) if not lower_is_better(match[0])]
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
NO_METRIC: Final = {
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
NOUN_OF: Final = {"accurate": "accuracy", "efficient": "efficiency", "expensive": "cost", "robust": "robustness"}
_NAME_SCORES = re.compile(
    r"(?!CLIP|F1|BERT|BLEU|ROUGE|Elo|Mean|Overall|Average|Final|Total|[A-Z]{3,}\s)[A-Z][\w.+-]*\s(?:scores?|rates?|costs?)"
)
_NAME_AND_VERB = re.compile(
    r"[A-Z][\w.+-]*\s(?:achiev\w+|obtain\w*|attain\w*|deliver\w*|yield\w*|gets?|brings?|shows?|reports?|records?|gains?|sees?|reach\w*)(?:\s|$)"
)
_UP_TO_VERB = re.compile(r"^(?:[\w-]+\s){1,4}(?:achiev|obtain|attain|deliver|yield|reach|show|exhibit)(?:e?s|ing|ed)\s")
_PREPOSITION = re.compile(r"(?:vs\.?|versus|per|on|in|at|for|across|of|to|with|by|over)\s")
_ENDS_IN_VERB = re.compile(
    r"(?<=\w)\s(?:up|increased|decreased|improved|reduced|dropped|increases|decreases|improves|drops)$"
)


def tidy(text: str) -> str:
    """A phrase without the words that belong to no metric: verbs, articles, praise; empty where nothing is left."""
    text = re.split(r"\s(?:compared|relative|over|than|but|while|whereas)\s", text)[0].strip(_MARGIN)
    if _NAME_SCORES.fullmatch(text) and not METRIC.fullmatch(text.split()[0]):
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


def better(metric_name: str, kind: ClaimKind) -> Literal["higher", "lower"]:
    """Which way of a metric is better; of a factor or a count, more of it."""
    return "lower" if lower_is_better(metric_name) and kind not in {"times", "count"} else "higher"


def fits_unit(name: str, unit: str) -> bool:
    """Whether a figure in ``unit`` may be of the metric: seconds are of no accuracy."""
    kind = METRIC_OF_UNIT.get(unit)
    return kind is None or OF_ITS_KIND[kind].search(name) is not None


def named(match: re.Match[str] | None) -> str:
    """The phrase that a match names; empty where there is none."""
    return match["phrase"] if match else ""
