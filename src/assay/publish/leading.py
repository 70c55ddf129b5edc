"""Judges which claims that rules read out of a text may stand alone, as the figure by which a paper is known.

In a table of claims a reader has the sentence beside the figure and sees what it is of. Alone, a figure with the wrong
words beside it is simply wrong. So a claim leads only if its sentence bears out by itself what the figure is of; in
doubt it does not.
"""

import re
from collections.abc import Sequence
from typing import Final

from assay.papers.models import Claim
from assay.publish.around import NUMBER, Around, around_figure, sure_dataset


def may_lead(claim: Claim, claims: Sequence[Claim], own: str) -> bool:
    """Whether a claim may stand alone.

    Args:
        claim: one that was read out of a text.
        claims: all of its paper.
        own: words that name the paper's own method, such as its title.
    """
    around = around_figure(claim)
    if around is None or not _is_dealt(claim, claims) or _is_one_of_a_row(claim, around):
        return False
    refusals = (
        _says_nothing, _is_bare, _is_no_change, _gets_worse, _is_set_up, _is_elsewhere, _is_of_others, _counts, _takes,
    )  # fmt: skip
    return not any(refuses(claim, around, own) for refuses in refusals)


_MORE_BEFORE: Final = re.compile(r"\d\s?\\?%?\s?(?:points\s|x\s)?(?:,|,?\sand|,?\sor|/)\s?[~+]*$")
_MORE_AFTER: Final = re.compile(r"\s?(?:,|,?\sand|,?\sor|/)\s?[~+]*\d")


def _is_one_of_a_row(claim: Claim, around: Around) -> bool:
    """Whether figures stand side by side, and nothing says which is of what: ``by 17.7 and 24.5 points``."""
    if "respectively" in claim.quote:
        return False
    return _MORE_BEFORE.search(around.before) is not None or _MORE_AFTER.match(around.after) is not None


def is_change(claim: Claim) -> bool:
    """Whether the claim says how much something changed, and not only where it stands."""
    return claim.kind in {"relative", "points", "times"} or claim.between is not None


# ---- what it is of --------------------------------------------------------------------------------------------------

_VAGUE: Final = re.compile(
    r"(?:avg\.?|value|figure|performance|result|improvement|gain|change|gap|margin|rate|ratio|average|number|size|level|overall|data|"
    r"absolute|relative|single|table|task|benchmark|baseline|method|model|evaluation|metric|comparison|quality|efficiency|sota|training|inference|decoding|generation|held|validation|split|test|"
    r"variation|success(?:es)?|(?:model|batch|sample|group|vocabulary|data(?:\s?set)?)\s(?:size|scale)|"
    r"state[- ]of[- ]the[- ]art)s?",
    re.IGNORECASE,
)
"""What names no metric."""
_NAMES_ONE: Final = re.compile(
    r"\s?-?(?!(?:on|in|for|across|and|at|over|performance|scores?|overall\s(?:score|on)|average\s(?:score|on)|with|when|by|from|to|using)\b)[A-Za-z]"
)
"""What follows a score whose metric is named after all: ``96% SR on ToyBench``."""
_GENERIC: Final = re.compile(r"(?:(?:average|overall|mean|final|total)\s)?scores?", re.IGNORECASE)
"""What is a metric only together with the data set that defines it."""
SCORE: Final = "score"
_NO_NAME: Final = re.compile(
    r"(?:comparable|competitive|similar|same|equal|on|in|of|by|to|for|over|down|yield|achiev|reach|show|deliver|provid|offer|substantial|significant|consistent|notabl|up|about|additional|ranging|spanning|varying|art\b|non-)\w*\b|.*\w{3}ly$"
    r"|.*\b(?:achiev|yield|reach|deliver|outperform|surpass|exceed)\w*\b|.*\b(?:baseline|rang(?:es?|ed))\b",
    re.IGNORECASE,
)
_NO_NOUN: Final = re.compile(r".*\w+ing$|(?!time-)\w+-to-\w+$|[^()]*\([^()]*$")
"""What is done, a pair of things, or a name that was cut in a bracket."""
_NO_HEAD: Final = re.compile(
    r".*\b(?:setting|model|task|benchmark|scenario|condition|domain|environment|data\s?set|method|baseline|approach|agent|system)(?:s|es)?$"
    r"|.*\b(?:over|than|prior|sota|state[- ]of[- ]the[- ]art)\b",
    re.IGNORECASE,
)
"""What is a place or a rival and no metric."""
_A_NAME: Final = re.compile(r"\b[A-Z]\w*[a-z]\w*[\d.]*-[\w.]+|\w-?(?:Bench|Eval|QA)\b|^[A-Z]+-\d+(?:\.\d|[a-z])")
"""A model or a benchmark."""
_IN_OTHER_WORDS: Final = re.compile(r"(?:speed|time|memory|cost|length)s?", re.IGNORECASE)
"""Metrics that a sentence may name by other words: ``faster``, ``GB``."""


def is_a_score(claim: Claim) -> bool:
    """Whether a figure is what a benchmark gives, though the metric is not named: ``reaches 31% on ToyBench``."""
    return claim.kind == "absolute" and claim.between is None and claim.metric in {"performance", "value"}


def _says_nothing(claim: Claim, around: Around, _own: str) -> bool:
    """Whether the claim does not say what was measured, or the sentence does not have it."""
    metric = SCORE if is_a_score(claim) else claim.metric
    if (
        _VAGUE.fullmatch(metric)
        or _NO_NAME.match(metric)
        or _NO_HEAD.match(metric)
        or _A_NAME.search(metric)
        or _NO_NOUN.match(metric)
        or not re.search(r"[^\W\d_]{2}", metric)
    ):
        return True
    if _GENERIC.fullmatch(metric):
        return claim.kind == "times" or not sure_dataset(claim) or _NAMES_ONE.match(around.after) is not None
    if re.search(rf"{re.escape(metric)}\s(?:gains?|improvements?|drops?|gaps?)\s(?!of\b)", around.before):
        return True  # what changes is itself a change
    if _IN_OTHER_WORDS.fullmatch(metric):
        return False
    # Named before the figure, or after it before the next one.
    after = NUMBER.split(around.after)[0]
    return not all(_has_stem(around.before + " " + after, {stem}) for stem in _stems(metric))


_OF_CHANGE: Final = re.compile(
    r"improv|increas|gain|boost|rais|higher|better|faster|speed|accelerat|reduc|decreas|drop|lower|fewer|less|small|short|cheap|sav|cut|"
    r"lead|advantage|relative|absolute|margin|uplift|over|than|stronger|greater|quick|growth|on average|efficien",
    re.IGNORECASE,
)
_BEATS: Final = re.compile(r"\b(?:outperform|surpass|exceed|beat|lead|ahead|outscor|better)\w*\b", re.IGNORECASE)
_MORE: Final = re.compile(r"\s?-?(?:larger|bigger|longer|more|greater)\b", re.IGNORECASE)


def _is_elsewhere(claim: Claim, around: Around, _own: str) -> bool:
    """Whether the words right beside a change say that it is of something else than the claim has."""
    if not is_change(claim):
        return False
    stems = _stems(claim.metric)
    if claim.between is not None:
        return not (_is_said_before(around, stems) or _IN_OTHER_WORDS.fullmatch(claim.metric))
    return (
        _MORE.match(around.after) is not None  # 100x larger than other data sets
        or _leads_to(around.after, stems)
        or _names_another(around.after, claim.metric)
        or _beats_in(around, stems)
    )


def _leads_to(after: str, stems: set[str]) -> bool:
    """Whether the figure is followed by something else that it is of: ``3x extrapolation``, ``9% higher recall``."""
    beside = re.match(
        r"[\s-]*((?:(?!(?:on|in|of|for|with|and|or|over|to|at|by|across|while|when|from|compared|relative|than)\b)"
        r"[\w@/-]+\s?){0,4})",
        after,
    )
    following = beside[1].strip() if beside else ""
    is_named = not _OF_CHANGE.search(following) or _LEVEL.search(following) is not None
    return bool(following) and is_named and not _has_stem(following, stems)


def _beats_in(around: Around, stems: set[str]) -> bool:
    """Whether a rival is beaten by so much without a word of the metric: ``outperforms TideCache by 12%``."""
    rival = [match.end() for match in _BEATS.finditer(around.before)]
    if not rival or not re.search(r"\bby\s(?:\w+\s){0,3}?[~+]?$", around.before):
        return False
    clause = re.split(r"[,;]\s", around.after)[0]
    return not _has_stem(around.before[rival[-1] :] + clause, stems)


_IN_WHAT: Final = re.compile(
    r"\s(?:[\w-]+\s){0,3}?in\s(?:terms\sof\s)?(?:the\s|its\s|average\s|overall\s|mean\s)*(?P<what>(?:[a-zA-Z][\w@-]*\s?){1,3}?)(?=\s?(?:[,.;)]|$|(?:and|on|over|for|with|while|across|than|compared|relative|when|by|under|from|to|at)\b))"
)
_LEVELS: Final = (
    "accuracy|precision|recall|rates?|scores?|F1|FID|FVD|AUC|AUROC|PSNR|SSIM|mIoU|mAP|BLEU|perplexity|latency|"
    "throughput"
)
_LEVEL: Final = re.compile(rf"\b(?:{_LEVELS})\b", re.IGNORECASE)
"""What is measured, whatever is said of how it changed."""
_A_METRIC: Final = re.compile(
    rf"\b(?:{_LEVELS}|time|cost|memory|quality|similarity|consistency|fidelity|error|success|speed|performance|"
    r"reduction|increase)\b",
    re.IGNORECASE,
)


def _names_another(after: str, metric: str) -> bool:
    """Whether a change is said to be "in" another metric than the claim's, or in one of the same kind."""
    match = _IN_WHAT.match(after)
    if match is None or not _A_METRIC.search(match["what"]) or match["what"].lower().endswith(metric.lower()):
        return False
    return not all(_has_stem(metric, {stem}) for stem in _stems(match["what"]))


def _is_said_before(around: Around, stems: set[str]) -> bool:
    """Whether what rose or fell is named between the figure before the two ends of a change and the first of them."""
    numbers = list(NUMBER.finditer(around.before))
    start = numbers[-1].start() if numbers else len(around.before)
    opening = numbers[-2].end() if len(numbers) > 1 else 0
    following = re.split(r"[,;]|\sand\s|\d", around.after)[0]
    return _has_stem(around.before[opening:start] + following, stems)


def _stems(words: str) -> set[str]:
    """What words begin with that are of the same family; short ones are whole."""
    return {word if len(word) < 5 else word[:5] for word in re.findall(r"[a-z0-9@]{2,}", words.lower())}


def _has_stem(text: str, stems: set[str]) -> bool:
    words = re.findall(r"[a-z0-9@]{2,}", text.lower())
    return any(word in stems or word.rstrip("s") in stems or word[:5] in stems for word in words)


def _is_bare(claim: Claim, _around: Around, _own: str) -> bool:
    """Whether the claim is neither a change with a direction nor a score on a named data set."""
    if claim.kind in {"relative", "points"} or claim.between is not None:
        return not claim.direction
    if claim.kind == "times":
        return False
    return claim.kind == "count" or claim.unit not in {"", "%"} or not sure_dataset(claim)


_SPREADS: Final = re.compile(
    r"\b(?:rang|vary|vari|span|differ|fluctuat)\w*\b(?:\s(?:widely|greatly|significantly))?(?:\s(?:from|between))?\s[~$]?[-\d.,\\%]*"
    r"(?:\s(?:to|and)\s)?[~$]?$",
    re.IGNORECASE,
)
"""Before the ends of a range, which nothing rose or fell between: ``rates range from 17.5% to 97.3%``."""
_SPREAD: Final = re.compile(r"\s(?:[\w-]+\s)?(?:differences?|variations?|spreads?|ranges?)\b", re.IGNORECASE)
_SAYS_SO: Final = re.compile(
    rf"\b(?:{_OF_CHANGE.pattern}|by\b|gaps?\b|down\b|up\b|fall|fell\b|rise|rose\b)|[+\-−]\s?\$?$", re.IGNORECASE
)


_DOWN_TO: Final = re.compile(r"(?<!\bup\s)\bto\s(?:only\s|just\s|about\s)?[~$]?$")
"""Before what is left, which is no change."""
_WHOLE: Final = 100
"""Per cent: nothing falls by more."""


def _is_no_change(claim: Claim, around: Around, _own: str) -> bool:
    """Whether what was read as a change is a level, a range, or two counts."""
    if not is_change(claim):
        return False
    if _SPREADS.search(around.before) or _SPREAD.match(around.after) or re.search(r"=\s?[+−-]?$", around.before):
        return True
    falls = claim.kind == "relative" and claim.direction == "down"
    if falls and (_DOWN_TO.search(around.before) or abs(claim.ends[-1]) > _WHOLE):
        return True
    if claim.between is not None:
        return not claim.unit and all(end == int(end) for end in (*claim.between, *claim.ends))
    achieving = [match.end() for match in _ACHIEVES.finditer(around.before)]
    beside = around.before[max(achieving, default=0) :]
    is_said = _SAYS_SO.search(beside) or _SAYS_SO.search(NUMBER.split(around.after)[0])
    return claim.kind in {"relative", "points"} and not (is_said or _BEATS.search(beside))


def _is_dealt(claim: Claim, claims: Sequence[Claim]) -> bool:
    """Whether the figures of a sentence with "respectively" were told apart: each is of the next thing."""
    if "respectively" not in claim.quote:
        return True
    same = [each for each in claims if each.quote == claim.quote]
    for names in ([each.dataset for each in same], [each.metric for each in same]):
        if all(names) and len(set(names)) == len(names):
            places = [claim.quote.find(name) for name in names]
            return -1 not in places and places == sorted(places)
    return False


# ---- whose it is, and what for --------------------------------------------------------------------------------------

_FALLS_WELL: Final = re.compile(
    r"latenc|length|time\b|memory|cost|FLOP|parameters|compute|tokens|storage|footprint|overhead|bandwidth|cache|energy|emission|size|steps|"
    r"samples|operations|error",
    re.IGNORECASE,
)
"""What a paper is glad to have less of."""


_RISES: Final = re.compile(
    r"\b(?:(?:improv|increas|boost|rais|enhanc|gain|inflat|amplif)\w*|tak\w+\sup)\b", re.IGNORECASE
)
_FALLS: Final = re.compile(r"\b(?:reduc|decreas|lower|cut|sav|drop|shrink|diminish)\w*\b", re.IGNORECASE)
_DENIED: Final = re.compile(
    r"\b(?:rather\sthan|instead\sof|not|without|never|none|neither|cannot|no\slonger)\b", re.IGNORECASE
)


_COSTS: Final = re.compile(r"\bcosts\s(?:only\s|just\s|about\s|over\s|up\sto\s)*[~]?$", re.IGNORECASE)
"""What something costs is a loss: ``removing texture costs 37.6pp``."""
_LESS_THAN: Final = re.compile(r"\b(?:less\sthan|fewer\sthan|below|under)\s[~$]?$|(?:±|\\?\bpm)\s?\$?$", re.IGNORECASE)
"""Before a figure that is not reached, or a deviation."""


_TAKES_MORE: Final = re.compile(r"\b(?:comput\w*|overhead|parameters?|extra|additional)\b", re.IGNORECASE)
"""What nobody praises for growing: ``3.9% extra computation``."""
_TAKES: Final = re.compile(
    r"\b(?:us(?:es|ed|ing)|requir(?:es|ed|ing)|needs|needing|with|at)\s(?:only\s|just\s|merely\s|about\s)*[~]?$",
    re.IGNORECASE,
)
"""Before what is left of a cost, and not what is saved: ``using just 46.7% GPU memory``."""
_COUNTED: Final = re.compile(r"\s?(?:different|distinct|diverse|various|unseen|public|other|new)\s[a-z]")


def _counts(claim: Claim, around: Around, _own: str) -> bool:
    """Whether a bare whole number counts what follows it, whatever metric stands before: ``F1 on 4 different sets``."""
    is_whole = not claim.unit and all(end == int(end) for end in claim.ends)
    return is_whole and not is_change(claim) and _COUNTED.match(around.after) is not None


def _takes(claim: Claim, around: Around, _own: str) -> bool:
    """Whether the claim tells what something takes: more of it, or the share that is left."""
    if claim.kind == "relative" and claim.direction == "down":
        return _TAKES.search(around.before) is not None
    takes_more = claim.direction != "down" and claim.kind in {"relative", "times"}
    return takes_more and _TAKES_MORE.search(claim.metric) is not None


def _improves(claim: Claim, clause: str) -> bool:
    """Whether what goes down is said to improve: ``improves FID by 12%``."""
    return claim.direction == "down" and claim.better == "lower" and "improv" in clause.lower()


def _way(text: str) -> str:
    """Which way the last verb of a text goes; empty without one."""
    verbs = [
        (match.start(), way) for pattern, way in ((_RISES, "up"), (_FALLS, "down")) for match in pattern.finditer(text)
    ]
    return max(verbs)[1] if verbs else ""


def _gets_worse(claim: Claim, around: Around, _own: str) -> bool:
    """Whether the claim tells of a loss, which is more often a rival's than the paper's, or may go the other way."""
    if re.match(r"\s?(?:[\w-]+\s)?(?:drop|degradation|loss|decline|gap)\b", around.after):
        return True
    clause = re.split(r"[,;]\s", around.before)[-1]
    if is_change(claim) and _COSTS.search(clause) and not _FALLS.search(clause):
        return True
    if _DENIED.search(clause) or _LESS_THAN.search(around.before) or (claim.kind == "times" and claim.ends[-1] < 1):
        return True
    if is_change(claim) and claim.direction:
        way = _way(clause) or (_way(around.before) if claim.kind in {"relative", "points"} else "")
        if way and way != claim.direction and not _improves(claim, clause):
            return True
    if claim.direction != "down":
        falls = claim.better == "lower" or (claim.kind == "times" and _FALLS_WELL.search(claim.metric) is not None)
        return is_change(claim) and falls
    return not (_FALLS_WELL.search(claim.metric) or (claim.better == "lower" and claim.kind != "times"))


_SET_UP_METRIC: Final = re.compile(
    r"learning rate|sparsity|budget|batch|temperature|threshold|dropout|resolution$|epochs?|duration|context|window|"
    r"confidence|p-value|train(?:ing)? data|subset|of (?:the )?(?:data|training|parameters)",
    re.IGNORECASE,
)
_CONDITION: Final = re.compile(
    r"\b(?:when|if|despite|although|though|even\s(?:with|at|under))\b[^,;:]*$", re.IGNORECASE
)
"""A clause that opens with a condition and has not ended yet."""


_A_THRESHOLD: Final = re.compile(
    r"%\sof\s(?:(?!\b(?:while|and|by)\b)[^,;%])*$|\b(?:this|these|such)\s(?:[~>]\s?)?$", re.IGNORECASE
)
"""What so many of something reach, and what was told before."""
_WITH: Final = re.compile(r"\b(?:with|at|using|under)\s(?:an?\s)?$", re.IGNORECASE)
_A_SETTING: Final = re.compile(
    r"\s(?:[\w-]+\s){0,2}(?:compression|sparsity|quanti[sz]ation|pruning|downsampling|dropout|masking)\b", re.IGNORECASE
)


def _is_set_up(claim: Claim, around: Around, _own: str) -> bool:
    """Whether the figure says under which conditions something was done, not what came of it."""
    return bool(
        _SET_UP_METRIC.search(claim.metric)
        or _CONDITION.search(around.before)
        or _A_THRESHOLD.search(around.before)
        or (_WITH.search(around.before) and _A_SETTING.match(around.after))
    )


_ACHIEVES: Final = re.compile(
    r"\b(?:achiev|reach|obtain|attain|scor(?!es?\sof|e\b)|record|deliver|yield|solv|resolv|includ|establish)\w*\b",
    re.IGNORECASE,
)
_COMPARES: Final = re.compile(
    r"\b(?:than|compared|comparison|versus|vs|while|whereas|but|over|against|approach\w*|competitive|comparable|surpass\w*|outperform\w*|"
    r"exceed\w*|beat\w*|trail\w*|behind|above|below|only|merely|just|from|fail\w*|even|par|clos\w+|match\w*|human|experts?|"
    r"baselines?|existing|prior|previous|best-performing|strongest)\b",
    re.IGNORECASE,
)
_FALLS_SHORT: Final = re.compile(
    r"\b(?:only|merely|barely|even|best-performing|best\smodel|strongest|existing|current|frontier|leading|human|fail\w*|struggl\w+)\b|(?:while|whereas)\s(?!\w+ing\b)",
    re.IGNORECASE,
)


def _is_of_others(claim: Claim, around: Around, own: str) -> bool:
    """Whether the figure may be that of a baseline or a rival."""
    if re.search(r"\d", claim.subject) and not _is_named_in(claim.subject, own):
        return True  # a version or size of something that is not the paper's: GPT-4o, Qwen3-14B
    if is_change(claim):
        return False
    if re.match(r"\sof\s(?:the|its|our|full)\b", around.after):
        return True  # a share of another's
    if _of_the_one_before(around, claim.metric):
        return True
    achieving = [match.end() for match in _ACHIEVES.finditer(around.before)]
    if not achieving or _COMPARES.search(around.before, achieving[-1]):
        return True
    clause = re.split(r"[;,:]\s", around.before[: achieving[-1]])[-1]
    return _FALLS_SHORT.search(clause) is not None


def _of_the_one_before(around: Around, metric: str) -> bool:
    """Whether another metric is named between the figure before this one and this one."""
    numbers = list(NUMBER.finditer(around.before))
    between = around.before[numbers[-1].end() :] if numbers else ""
    named = _A_METRIC.search(between)
    return named is not None and not _has_stem(between, _stems(metric)) and not _GENERIC.fullmatch(metric)


def _is_named_in(subject: str, own: str) -> bool:
    """Whether the paper's own words have the name, or the stem of one such as ``ToyNet-7B``."""
    stem = re.split(r"[\s-]", subject)[0]
    return bool(stem) and re.search(rf"(?<!\w){re.escape(stem)}(?!\w)", own, re.IGNORECASE) is not None
