"""Tells which names in a table are metrics, and of which metrics less is better."""

import re

from assay.claims.tables.words import key
from assay.claims.wording import lower_is_better

_METRIC = re.compile(
    r"\b(?:acc(?:uracy|uracies|ur)?|prec(?:ision)?|recall|sensitivity|specificity|f-?(?:measure|score)|"
    r"f-?\s?[01](?:\.5)?|micro|macro|"
    r"s?bleu|rouge|meteor|mtr|cider|spice|chrf|bertscore|bleurt|comet|nist(?!\s?\d)|ppl|perplexity|err(?:or)?s?|loss|nll|bpc|"
    r"bpb|bpd|(?-i:[WCTSPDJ]ER|HTER|MAP|m?AP|EM|IS|ADE|FDE|EPE|MED|MUC|LEA|ARI|NMI|MCC|[TF][PN]R|TER|SER)|"
    r"mrr|ndcg|[pr](?=@)|hits?|top(?=[- ]?[\dk]\b)|mean rank|"
    r"auc|auroc|auprc|roc|[mg]?iou|dice|fid|kid|psnr|ssim|lpips|exact match|scores?|rates?|times?|latency|"
    r"memory|speed(?:up)?|"
    r"throughput|flops|params|parameters|size|mae|mse|rmse|mape|eer|ece|brier|r2|corr(?:elation)?|spearman|pearson|"
    r"kendall|purity|ceaf\w?|blanc|mota|idf1|"
    r"kappa|agreement|(?:win|pass)(?=@| ?rate| ?%|ed\b)|success|cost|length|depth|diversity|distinct|fluency|coherence|"
    r"relevance|adequacy|informativeness|naturalness|readability|uas|las|performance|"
    r"quality|perf|avg|average|mean|rmsd?|rewards?|returns?|regret|delays?|collisions?|distances?|divergence"
    r")(?:[-@ ]?(?:\d+|[lkn]))?\b|^[PRFBr]$|\b[BRP]-?(?:\d|L|SU\d?)$|[↑↓%#]",
    re.IGNORECASE,
)
_LESS = re.compile(
    r"↓|\b(?:ppl|perplexit\w+|err(?:or)?s?|loss|nll|bpc|bpb|bpd|[wctpdj]er|hter|ser|fid|kid|lpips|mae|mse|rmse|mape|eer|"
    r"ece|brier|rmsd?|ade|fde|epe|fpr|fnr|med|regret|mean rank|rep(?:etition)?s?|misses|miss(?:ed|ing)?|wrong|"
    r"incor(?:rect)?|added?|invalid|latency|delay|times?|memory|cost|flops|params|parameters|toxicity|bias|gap|violations?|"
    r"hallucinations?|false|distances?|delays?|collisions?|disfl\w*|energy|hours?|seconds?|minutes?|overhead)\b",
    re.IGNORECASE,
)
_UNITS = r"\((?:m?s|secs?|mins?|h|hrs?|[kmg]?b)\.?\)"
_TIMED = re.compile(_UNITS, re.IGNORECASE)
_SAVED = re.compile(r"\b(?:sav(?:ed|ings?)|reduc(?:ed|tions?)|decrease|drop)\b", re.IGNORECASE)
_NOT_SCORES = re.compile(
    rf"#|^n$|{_UNITS}|"
    r"\b(?:number|count|counts|size|params|parameters|length|words?|sents?|tokens|times?|hours?|seconds?|year|"
    r"epochs?|steps|samples|"
    r"flops|memory|total|std|stdev|sd|s\.d\.|variance|gpus?|impv|improvement|effect|inc|delta|Δ)\b",
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
    return _LESS.search(label) is not None or _TIMED.search(label) is not None or lower_is_better(label)


def is_score(label: str) -> bool:
    """Whether a figure under this name says how good something is, and not how large, how long or how many."""
    return _NOT_SCORES.search(label) is None


_SYNONYMS = {
    "p": ("precision",),
    "prec": ("precision",),
    "precision": ("p", "prec"),
    "r": ("recall",),
    "rec": ("recall",),
    "recall": ("r", "rec"),
    "f": ("f measure", "f score", "f1", "f 1"),
    "f 1": ("f measure", "f score", "f1"),
    "f measure": ("f1", "f score", "f"),
    "f score": ("f 1", "f measure"),
    "acc": ("accuracy",),
    "accuracy": ("acc",),
    "ppl": ("perplexity",),
    "perplexity": ("ppl",),
    "mtr": ("meteor",),
    "err": ("error", "error rate"),
    "em": ("exact match",),
    "avg": ("average", "overall"),
    "corr": ("correlation",),
    "overall": ("average",),
    "average": ("overall",),
    "auc": ("roc auc", "auroc"),
    "params": ("parameter",),
    "o": ("overall",),
}


def metric_synonyms(name: str) -> tuple[str, ...]:
    """What else a metric is called, by its words: ``recall`` for ``r``."""
    return _SYNONYMS.get(name, ())


def same_metric(metric: str, name: str) -> bool:
    """Whether a table's name, or a part of it, is a metric of a sentence: ``accuracy`` and ``Test Acc.``."""
    words, own = key(name), key(metric)
    own = own[1:] if own[0] in {"macro", "micro", "roc"} else own
    wanted = {own, *(key(other) for other in metric_synonyms(" ".join(own)))}
    return any(words[at : at + len(each)] == each for each in wanted for at in range(len(words)))
