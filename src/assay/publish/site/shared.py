"""What templates call of that which every other output shares: how a record is put into words."""

from collections.abc import Callable
from typing import Any

from assay.papers.measurement import figure
from assay.papers.models import FIVE_PARTS, THREE_PARTS, utc
from assay.publish.checks import explain, list_findings, state_word, tally, warnings
from assay.publish.chips import chip_comparison, chip_dataset, chip_figure, chips_of
from assay.publish.claims import (
    claim_figure,
    comparison_line,
    conflict_line,
    fact_line,
    metric,
    source_label,
    where_it_stands,
)
from assay.publish.errata import disagreement, since_when, what_changed
from assay.publish.labels import label, origin_line, reason, state
from assay.publish.ledger import bounds
from assay.publish.measurements import (
    arms,
    condition,
    condition_mark,
    curve_rows,
    row,
    setting,
    verdict_label,
)
from assay.publish.once import rest_of_abstract, summary_once
from assay.publish.particulars import keywords, links, listed_before, older_text, remarks, withdrawal
from assay.publish.prose import mark_figures, words_of_formulas

SHARED_FUNCTIONS: dict[str, Any] = {
    "utc": utc,
    "five": FIVE_PARTS,
    "three": THREE_PARTS,
    "metric": metric,
    "chips_of": chips_of,
    "chip_dataset": chip_dataset,
    "remarks": remarks,
    "figure": figure,
    "bounds": bounds,
    "mark_figures": mark_figures,
    "words_of_formulas": words_of_formulas,
    "list_findings": list_findings,
    "origin_line": origin_line,
    "arms": arms,
    "condition": condition,
    "mark": condition_mark,
    "curve_rows": curve_rows,
}
"""What templates call, the same in every language."""
SHARED_WRITERS: dict[str, Callable[..., Any]] = {
    "t": label,
    "state": state,
    "reason": reason,
    "verdict": verdict_label,
    "row": row,
    "setting": setting,
    "claim_figure": claim_figure,
    "chip_figure": chip_figure,
    "chip_comparison": chip_comparison,
    "summary_once": summary_once,
    "rest_of_abstract": rest_of_abstract,
    "fact_line": fact_line,
    "source_label": source_label,
    "where_it_stands": where_it_stands,
    "withdrawal": withdrawal,
    "own_links": links,
    "listed_before": listed_before,
    "keywords": keywords,
    "older_text": older_text,
    "comparison_line": comparison_line,
    "conflict_line": conflict_line,
    "tally": tally,
    "warnings": warnings,
    "state_word": state_word,
    "explain": explain,
    "changed": what_changed,
    "since_when": since_when,
    "disagreement": disagreement,
}
"""What templates call without a language, and gets the page's as its second argument."""
