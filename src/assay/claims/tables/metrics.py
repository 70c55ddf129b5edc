"""Tells which names in a table are metrics, and of which metrics less is better."""

import re

from assay.claims.wording import lower_is_better

_METRIC = re.compile(
    r"\b(?:acc(?:uracy|uracies)?|prec(?:ision)?|recall|sensitivity|specificity|f-?(?:measure|score)|"
    r"f-?\s?[01](?:\.5)?|micro|macro|"
    r"bleu|rouge|meteor|cider|spice|chrf|bertscore|comet|nist|ppl|perplexity|err(?:or)?s?|loss|nll|bpc|bpb|[wctsp]er|"
    r"mrr|map|ndcg|"
    r"auc|auroc|auprc|roc|iou|miou|ap|fid|kid|is|psnr|ssim|lpips|em|exact match|scores?|rates?|times?|latency|memory|"
    r"speed(?:up)?|"
    r"throughput|flops|params|parameters|size|mae|mse|rmse|mape|eer|r2|corr(?:elation)?|spearman|pearson|kendall|"
    r"kappa|win|pass|hits?|top|b|r|cost|length|depth|diversity|fluency|coherence|relevance|uas|las|performance|"
    r"quality|perf|avg|average|mean|rmsd?|rewards?|returns?|delays?|collisions?|distances?"
    r")(?:[-@ ]?(?:\d+|[lkn]))?\b|^[PRF]$|[↑↓%#]",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"↓|\b(?:ppl|perplexit\w+|err(?:or)?s?|loss|nll|bpc|bpb|[wctp]er|ser|fid|kid|lpips|mae|mse|rmse|mape|eer|rmsd?|"
    r"rep(?:etition)?s?|"
    r"misses|miss(?:ed|ing)?|wrong|incor(?:rect)?|added?|invalid|latency|delay|times?|memory|cost|flops|params|parameters|toxicity|"
    r"bias|gap|violations?|"
    r"hallucinations?|false|distances?|delays?|collisions?|disfl\w*|energy|hours?|seconds?|minutes?|overhead)\b",
    re.IGNORECASE,
)
_SAVED = re.compile(r"\b(?:sav(?:ed|ings?)|reduc(?:ed|tions?)|decrease|drop)\b", re.IGNORECASE)
_NOT_SCORES = re.compile(
    r"#|^n$|\b(?:number|count|counts|size|params|parameters|length|words?|sents?|tokens|times?|hours?|seconds?|year|"
    r"epochs?|steps|samples|"
    r"flops|memory|total|std|stdev|gpus?|impv|improvement|effect|inc|delta|Δ)\b",
    re.IGNORECASE,
)


def is_metric(label: str) -> bool:
    """Whether a name in a table is that of a metric."""
    return _METRIC.search(label) is not None


_IN_PROSE = re.compile(
    r"\b(?:(?:macro|micro)[- ])?(?:accurac(?:y|ies)|precision|recall|F-?1|F-(?:measure|score)s?|BLEU(?:-\d)?|"
    r"ROUGE(?:-[12L])?|METEOR|CIDEr|"
    r"SPICE|perplexit(?:y|ies)|error rates?|WER|CER|TER|MRR|(?-i:m?AP|MAP)|NDCG(?:@\d+)?|(?:ROC[- ])?AUC|AUROC|m?IoU|"
    r"FID|PSNR|SSIM|LPIPS|"
    r"(?:mean|root|test(?:ing)?|validation|absolute|squared|prediction) (?:\w+ ){0,2}?errors?|"
    r"exact match|latency|throughput|MAE|RMSE|MSE|correlations?)(?![\w-])",
    re.IGNORECASE,
)


def find_metrics(text: str) -> list[str]:
    """The metrics that a sentence or a caption names, in order."""
    return [match[0] for match in _IN_PROSE.finditer(text)]


def less_is_better(label: str) -> bool:
    """Whether of two figures under this name the lower one is the better one."""
    if "↑" in label or _SAVED.search(label):
        return False
    return _LESS.search(label) is not None or lower_is_better(label)


def is_score(label: str) -> bool:
    """Whether a figure under this name says how good something is, and not how large, how long or how many."""
    return _NOT_SCORES.search(label) is None
