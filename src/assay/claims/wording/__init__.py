"""Reads the words around a figure: what was measured, on what, against what, and which way it went.

English only, because papers are read here and not summaries. Everything works on the words of a sentence to the left
and to the right of the figure, and on nothing else; in doubt a field stays empty.
"""

from assay.claims.wording.baselines import baseline
from assay.claims.wording.changed import says_its_own
from assay.claims.wording.changes import beats, continues_list, direction, goes_on, is_absolute_change, is_change
from assay.claims.wording.counted import count_noun
from assay.claims.wording.datasets import dataset
from assay.claims.wording.metric_names import SIZES, better, lower_is_better
from assay.claims.wording.metrics import is_moved, metric
from assay.claims.wording.phrases import REACH, Around, phrase, reach
from assay.claims.wording.settings import contrasted, setting
from assay.claims.wording.subjects import subject

__all__ = [
    "REACH",
    "SIZES",
    "Around",
    "baseline",
    "beats",
    "better",
    "continues_list",
    "contrasted",
    "count_noun",
    "dataset",
    "direction",
    "goes_on",
    "is_absolute_change",
    "is_change",
    "is_moved",
    "lower_is_better",
    "metric",
    "phrase",
    "reach",
    "says_its_own",
    "setting",
    "subject",
]
