"""Finds what a sentence says its figures are of: metrics and counted things, in English and Korean, and names."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from assay.claims.meanings.terms import METRICS, NOUNS, TOPICS
from assay.claims.span import Span

_ACRONYMS = (
    r"(?:[Rr]econstruction |[Gg]eneration )?[rg]?FID|FVD|KID|PSNR|SSIM|LPIPS|BLEU(?:-\d)?|ROUGE(?:-\w)?|METEOR|CIDEr|"
    r"SPICE|BERTScore|COMET|chrF(?:\+\+)?|"
    r"CLIP[- ]?(?:Score|score|sim)|"
    r"mAP(?:@[\d.]+)?|AP\d*|mIoU|IoU|AUROC|AUPRC|AUC|NDCG(?:@\d+)?|MRR(?:@\d+)?|MSE|MAE|RMSE|WER|CER|EER|Elo|ELO|MOS|DSC|Dice|MCC|EM|"
    r"[A-Z][A-Za-z]{2,30}Score|FPS|PESQ|STOI|SI-SDR|NFE|GPU[- ]hours"
)
_AT = re.compile(
    r"\b(?P<name>[Pp]ass|[Aa]cc|[Ee]xact|[Hh]its?|[Mm]aj|[Bb]est|[Aa]vg|[Cc]ons|[Aa]verage|[Mm]ean|[Rr]ecall|[Pp]recision|[A-Z]{1,6})\s?(?P<sign>@|\^)\s?(?P<k>\d+(?:\.\d+)?|k)\b",
    re.ASCII,
)


_TABLES: Final = {"metric": METRICS, "noun": NOUNS, "topic": TOPICS}


@cache
def _scanner(kind: str, *, korean: bool) -> re.Pattern[str]:
    """One pattern for all things of a kind in one language, a group each."""
    groups = "|".join(f"(?P<k{n}>{words[korean]})" for n, words in enumerate(_TABLES[kind].values()))
    # A task may be the first word of another: "tool-use", "image-level".
    end = r"(?!\w)" if kind == "topic" else r"(?![\w-])"
    start = r"(?:(?<![\w-])|(?<=\d[BMK]-))" if kind == "topic" else r"(?<![\w-])"  # "a 0.6B-encoder"
    return re.compile(groups if korean else rf"{start}(?i:{groups}){end}", re.ASCII)


def metrics(text: str, start: int, end: int) -> Iterator[Span]:
    """The metrics that a sentence names, by word or by acronym."""
    spans = list(acronyms(text, start, end))
    taken = [(span.start, span.end) for span in spans]
    for span in _scan("metric", text, start, end):
        if all(span.end <= a or b <= span.start for a, b in taken):
            spans.append(span)  # noqa: PERF401 - reads better
    yield from sorted(spans)


_ACRONYM = re.compile(rf"(?<![\w-])(?:{_ACRONYMS})(?:s|(?=\s?(?:[-가-힣]|scores?)))?(?![A-Za-z0-9])")


def _key(acronym: str) -> str:
    name = re.sub(r"\W", "", acronym).removesuffix("s").upper()
    return name.replace("RECONSTRUCTION", "R").replace("GENERATION", "G")


def counted(text: str, start: int, end: int) -> Iterator[Span]:
    """The things that a sentence may count."""
    yield from _scan("noun", text, start, end)


def topics(text: str, start: int, end: int) -> Iterator[Span]:
    """The tasks, fields, languages and phases that a sentence names."""
    yield from _scan("topic", text, start, end)


def acronyms(text: str, start: int, end: int) -> Iterator[Span]:
    """The metrics that a sentence names as names are spelt: ``FID``, ``pass@1``."""
    spans = [Span(match.start(), match.end(), _key(match[0])) for match in _ACRONYM.finditer(text, start, end)]
    yield from spans
    for m in _AT.finditer(text, start, end):
        if any(span.start < m.end() and m.start() < span.end for span in spans):
            continue
        yield Span(m.start(), m.end(), f"{m['name'].lower()}{m['sign']}{m['k']}")


def _scan(kind: str, text: str, start: int, end: int) -> Iterator[Span]:
    keys = tuple(_TABLES[kind])
    spans: list[Span] = []
    for korean in (True, False) if _HANGUL.search(text, start, end) else (False,):
        for match in _scanner(kind, korean=korean).finditer(text, start, end):
            if all(match.end() <= span.start or span.end <= match.start() for span in spans):
                spans.append(Span(match.start(), match.end(), keys[int((match.lastgroup or "k0")[1:])]))
    yield from sorted(spans)


_HANGUL = re.compile("[가-힣]")


_LOWER: Final = frozenset(
    (
        "error",
        "false positives",
        "attack success",
        "perplexity",
        "training time",
        "training cost",
        "inference cost",
        "latency",
        "time",
        "communication",
        "memory",
        "storage",
        "energy",
        "carbon",
        "compute",
        "parameters",
        "cost",
        "token count",
        "hallucination",
        "toxicity",
        "bias",
        "collision",
        "size",
        "length",
        "data",
        "FID",
        "RFID",
        "GFID",
        "FVD",
        "KID",
        "LPIPS",
        "MSE",
        "MAE",
        "RMSE",
        "WER",
        "CER",
        "EER",
        "NFE",
        "GPUHOUR",
    )
)
_NEUTRAL: Final = frozenset(("length", "size", "sparsity", "refusal", "data", "token count", "resolution"))


def better(metric: str) -> int:
    """Whether more of a metric is better (1), worse (-1), or neither as far as can be told (0)."""
    return 0 if metric in _NEUTRAL else -1 if metric in _LOWER else 1


_KIN: Final = (
    frozenset(("latency", "throughput", "speed", "time", "training time", "acceptance")),
    frozenset(
        (
            "cost",
            "training cost",
            "inference cost",
            "compute",
            "training time",
            "time",
            "data",
            "token count",
            "energy",
            "length",
            "GPUHOUR",
        )
    ),
    frozenset(("memory", "storage", "size", "parameters", "compression", "compute")),
    frozenset(
        (
            "accuracy",
            "success rate",
            "F1",
            "precision",
            "recall",
            "win rate",
            "pass@1",
            "EM",
            "detection",
            "quality",
            "robustness",
            "agreement",
            "preference",
            "consistency",
            "coverage",
        )
    ),
    frozenset(("error", "accuracy", "hallucination", "WER", "CER", "false positives")),
    frozenset(("safety", "attack success", "toxicity", "refusal", "robustness", "bias")),
    frozenset(
        (
            "quality",
            "FID",
            "FVD",
            "diversity",
            "consistency",
            "coherence",
            "fluency",
            "faithfulness",
            "preference",
            "resolution",
            "LPIPS",
            "PSNR",
            "SSIM",
        )
    ),
    frozenset(("faithfulness", "hallucination", "relevance", "consistency", "accuracy")),
    frozenset(("agreement", "correlation", "similarity", "consistency")),
    frozenset(("data", "parameters", "size", "token count", "length")),
    frozenset(("win rate", "preference", "success rate")),
    frozenset(("attack success", "success rate")),
    frozenset(("speed", "FPS", "throughput")),
)
"""Metrics that one sentence may name for another: they differ only where the paper has figures of both."""


def are_kin(one: str, other: str) -> bool:
    """Whether one metric may stand for the other in a paraphrase."""
    return bool({"efficiency", "score", "performance"} & {one, other}) or any(
        one in kin and other in kin for kin in _KIN
    )


def is_one_of(kind: str, metric: str) -> bool:
    """Whether a metric is of a kind that has a name of its own: RMSE is an error, ``recall@5`` a recall."""
    return metric in _KINDS.get(kind, ()) or re.fullmatch(rf"{re.escape(kind)}(?:[@^]\w+|\d+)", metric) is not None


_KINDS: Final = {"error": frozenset(("MSE", "MAE", "RMSE", "WER", "CER", "EER"))}


def is_symbol(metric: str) -> bool:
    """Whether a metric is written as a symbol, which no paraphrase exchanges for another: ``pass@3``, ``pass^3``."""
    return "@" in metric or "^" in metric


_EXACT: Final = frozenset(("recall", "precision", "F1", "perplexity", "EM", "AUC", "BLEU", "WER", "CER", "FID", "FVD"))
_PHASES: Final = (frozenset(("training time", "training cost")), frozenset(("latency", "inference cost")))


def may_be_loose(ours: str, theirs: str) -> bool:
    """Whether a summary that names one metric may mean the other: recall is no accuracy, training no latency."""
    if ours in _EXACT and theirs in _EXACT | {"accuracy", "error"}:
        return False
    return not any(ours in one and theirs in other for one, other in (_PHASES, _PHASES[::-1]))


def count_alike(one: str, other: str) -> bool:
    """Whether two numbers may count one thing, by the keys of what they count: types are called categories."""
    return bool(one) and (one == other or {one, other} <= _SORTS)


_SORTS: Final = frozenset(("category", "type", "topic"))
ALL: Final = frozenset((*METRICS, *NOUNS))
"""The keys that are words and no names."""
