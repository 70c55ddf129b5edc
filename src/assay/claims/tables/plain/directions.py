"""Tells which way is better: of metrics whose whole name is known, or whose best figures are bold; of no others."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from assay.claims.tables.metrics import find_metrics
from assay.claims.tables.table import Cell, Table


def less_is_better(table: Table, cell: Cell, dimension: str) -> bool | None:
    """Whether less is better in a cell; None if that is not known.

    Args:
        table: the table.
        cell: one of its cells.
        dimension: whose names are compared, so that they are no metrics.
    """
    names = [label for at, label in cell.labels.items() if at not in {dimension, "section"}]
    known = {each for name in names if (each := _of_name(name)) is not None}
    if not known:
        is_lent = not _has_metrics(table, dimension) and not any(map(_OBSCURE.search, names))
        whole = _of_name(caption_metric(table)) if is_lent else None
        known = {whole} if whole is not None else set()
    marked = _low_is_bold(table, dimension).get(_metric_of(table, cell))
    if marked is not None and not any(map(_OBSCURE.search, names)):
        known.add(marked)
    return known.pop() if len(known) == 1 else None


@lru_cache(maxsize=256)
def caption_metric(table: Table) -> str:
    """The metric of the whole table, if the caption names one and speaks of it, not of how it changes or spreads."""
    caption = _OVER_RUNS.sub(" ", table.caption)
    if _OF_CHANGE.search(re.sub(r"\([^)]*\)", " ", caption)):
        return ""
    for text in (re.sub(r"\([^)]*\)", " ", caption), " ".join(re.findall(r"\([^)]*\)", caption))):
        found = {match[0].lower(): match[0] for match in _IN_CAPTION.finditer(text)}
        found |= {match.lower(): match for match in find_metrics(text)}
        whole = [each for each in found if not any(each in other for other in found if other != each)]
        if found:
            return found[whole[0]] if len(whole) == 1 else ""
    return ""


def is_other_measure(label: str) -> bool:
    """Whether a name among those of benchmarks or methods is that of a size, a time, a year, a test or a change."""
    return _MEASURE.fullmatch(label.strip()) is not None and not may_be_measure(label)


def may_be_measure(label: str) -> bool:
    """Whether a name may be that of a measure or of what is tested: *Memory*, without a unit."""
    return _BARE.fullmatch(label.strip()) is not None


@lru_cache(maxsize=256)
def _low_is_bold(table: Table, dimension: str) -> Mapping[str, bool]:
    """Of each metric of which the best figures are bold, whether these are the lowest, by whom is compared."""
    contests: dict[tuple[str, ...], list[Cell]] = defaultdict(list)
    for cell in table.cells:
        where = (label for at, label in sorted(cell.labels.items()) if at not in {dimension, "section"})
        contests[(_metric_of(table, cell), cell.labels.get("section", ""), *where)].append(cell)
    low, high = set(), set()
    for (metric, *_), cells in contests.items():
        bold = [cell.value for cell in cells if cell.bold]
        rest = [cell.value for cell in cells if not cell.bold]
        if bold and rest and max(bold) <= min(rest):
            low.add(metric)
        elif bold and rest and min(bold) >= max(rest):
            high.add(metric)
        elif bold and rest:
            low.add(metric)
            high.add(metric)  # bold says something else here
    return {metric: metric in low for metric in low ^ high}


def _metric_of(table: Table, cell: Cell) -> str:
    return cell.labels.get(table.metric_dimension, "")


def _of_name(label: str) -> bool | None:
    """Whether less is better of a metric by its whole name; None if it is not known."""
    if "↑" in label or "↓" in label:
        return "↓" in label
    text = _UNIT.sub(" ", label).strip(" :,")
    if may_be_measure(label):
        return None
    if _LESS.fullmatch(text):
        return True
    return False if _MORE.fullmatch(text) else None


def _has_metrics(table: Table, dimension: str) -> bool:
    """Whether a name of the table is that of a metric, so that the caption's is not the metric of every column."""
    others = [label for at, names in table.dimensions.items() if at not in {dimension, "section"} for label in names]
    return any(_of_name(label) is not None for label in others if not is_other_measure(label))


_UNIT: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]|[%†‡*]")
_BEFORE = (
    r"(?:(?:test|dev|val|validation|development|top-?\s?\d|average|averaged|avg\.?|macro|micro|weighted|mean|overall|joint|"
    r"goal|balanced|clean|standard|final|zero-shot|few-shot|word|label|relative|absolute|in-domain|sentence|corpus|"
    r"state|slot|intent|node|graph|image|text|video|frame|pixel|character|token|answer|span|entity|relation|unlabeled|"
    r"labeled|box|mask|object)[\s-]+)*"
)
_MORE: Final = re.compile(
    _BEFORE + r"(?:acc(?:\.|uracy|uracies)?|f-?\s?[01](?:[\s-]?scores?)?|f-?(?:measure|score)|f|p|r|prec(?:\.|ision)?|"
    r"rec(?:\.|all)?|sensitivity|specificity|bleu(?:-?\d)?|s?acrebleu|rouge(?:-?[\dls]+)?|r-[12l]|meteor|cider|spice|"
    r"chrf(?:\+\+)?|comet|bertscore|auc|auroc|auprc?|roc[\s-]auc|m?ap(?:@?\d+)?|m?iou|dice(?: score| coefficient)?|"
    r"psnr|ssim|mrr(?:@\d+)?|ndcg(?:@\d+)?|(?:hits?|h|recall|r|p|precision|acc|pass|exact|em|maj|ndcg|map)\s?@\s?\d+|"
    r"em|exact[\s-]match|success(?:[\s-]rate)?|win[\s-]rate|pass[\s-]rate|completion[\s-]rate|returns?|rewards?|mos|"
    r"uas|las|spearman(?:'s ρ)?|pearson|correlation|cohen's kappa|kappa|throughput|fps|speed-?up|smatch|r2|r²|"
    r"fever score|inception score)(?: scores?)?",
    re.IGNORECASE,
)
_LESS: Final = re.compile(
    _BEFORE + r"(?:errors?(?:[\s-]rates?)?|err\.?|wer|cer|ter|eer|ppl|perplexit(?:y|ies)|loss|nll|bpc|bpb|mse|rmse|mae|"
    r"mape|fid|kid|lpips|ece|rmsd|(?:(?:inference|run|training|decoding|wall-clock)[\s-]?)?(?:time|latency)|latency|runtime|"
    r"memory|peak memory|(?:displacement|squared|absolute|prediction|localization|reconstruction) errors?|ade|fde)",
    re.IGNORECASE,
)
_MEASURE: Final = re.compile(
    r"#.*|Δ.*|"
    r"(?:(?:training|inference|run|decoding|total|peak|wall-clock|gpu|model|num\.?|number of|avg\.?|average|mean|"
    r"relative|trainable|active|test|time)[\s-]+)*"
    r"(?:params?\.?|parameters?|time|runtime|latency|memory|g?flops|macs?|size|speed|throughput|fps|cost|price|"
    r"(?:gpu[\s-])?hours?|epochs?|steps?|years?|tokens|samples|examples|classes|layers|rank|p-?\s?values?|gains?|"
    r"improvements?|imp\.|difference|std\.?|variance)"
    r"\s*(?:\([^)]*\)|\[[^\]]*\]|↑|↓)*",
    re.IGNORECASE,
)
_BARE: Final = re.compile(
    r"(?:memory|time|cost|price|size|speed|steps?|tokens|samples|examples|classes|layers|rank|gains?|improvements?|"
    r"difference|variance|hours?)",
    re.IGNORECASE,
)
_OBSCURE: Final = re.compile(
    r"\b(?:rank|brier|self-bleu|attack\w*|jailbreak|harm\w*|fail\w*|forget\w*|copy|drop|gap|reduction|degradation|bias|"
    r"toxic\w*|violations?|intervention|to failure|turns)\b",
    re.IGNORECASE,
)
"""Measures of which less is better although their names say otherwise, or nobody knows."""
_IN_CAPTION: Final = re.compile(
    r"(?<![\w-])(?:[Ss]uccess rates?|[Ww]in rates?|[Pp]ass rates?|(?:pass|[Hh]its|[Rr]ecall|[nN]?DCG|MRR)@\d+|"
    r"chrF(?:\+\+)?|ROC-AUC|AUROC|AUPRC?|mAP|mIoU|Dice|MAPE|ECE|MOS|LPIPS|SSIM|PSNR)(?![\w-])"
)
_OVER_RUNS: Final = re.compile(
    r"\(?\bmean (?:±|and|\+/-) (?:one )?standard (?:deviation|error)\)?|± (?:one )?standard (?:deviation|error)"
)
_OF_CHANGE: Final = re.compile(
    r"\b(?:drops?|degradations?|deviations?|variances?|number of|needed|attack\w*|adversar\w*|lower is|higher is|"
    r"less is|improvements?|gains?|relative|differences?|decreases?|increases?|changes?|reductions?|forgetting)\b|Δ",
    re.IGNORECASE,
)
