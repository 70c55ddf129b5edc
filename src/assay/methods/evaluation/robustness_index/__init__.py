"""Robustness Index (de Jong et al. 2025, arXiv 2501.18055): do embeddings follow what is wanted, or its source?

**Idea.** Every record has two labels: a *target* that its embedding should tell (the kind of tissue, the topic, the
speaker) and a *confounder* that it should not (the hospital, the author, the microphone). Among the nearest neighbours
of each record it is counted how many share the one and how many the other. Nothing is trained, and nothing of the model
is needed but its embeddings.

**Steps.** For embeddings Z (records, width):

1. Rows are scaled to length 1. A record's neighbours are the k nearest by cosine (50, the paper's), without itself and
   without any record of its own *group* (the patches of its slide, the clips of its speaker).
2. Over all records and neighbours: SS share both labels, SO the target alone, OS the confounder alone, OO none.
3. ``ratio``: (SS + SO) / (SS + OS), from 0 to any size; above 1 the target organises the space. This paper's.
   ``share``: SO / (SO + OS), from 0 to 1; above 0.5 the target does. By the same authors' later code (PathoROB), under
   the same name: **figures of the two cannot be compared**, so everything here says which it is.
4. By a vote of the neighbours, how well each of the labels is told; and, of records whose target is voted wrongly, how
   many of the neighbours of other targets share the confounder: more than by chance, and it makes the errors.

**Chance.** What either index is for embeddings that know nothing depends on how common the labels are: the ratio is
then 1 only for as many targets as confounders, all alike common. It is computed for your labels and stands beside the
index. `balanced` draws as many records of each pair of labels.

**Intervals** are of the jackknife that leaves out a group at a time (a record, where there are no groups), as a record
with neighbours and as a neighbour of others. The later code draws records with their neighbours by bootstrap; that
forgets that the neighbours are drawn too: in simulations its 95 % cover 0.78, and these 0.98. Where records of a
confounder come from few hospitals or devices, no interval tells how the index would be with others.

**Shortcut test.** `shortcut_test` trains a linear classifier where target and confounder go together more and more, and
tests it where they do not. Departures: the later code chooses the strength of regularisation among 15 on a validation
set, here it is a parameter; and it reports the drop on hospitals that were not trained on as well.

**Use**::

    audit = RobustnessAudit(k=50).fit(embeddings, tissue, hospital, groups=slide)
    audit.index_, audit.chance_, audit.table()
    compare_models({"a": za, "b": zb}, tissue, hospital, groups=slide)      # rows for a table
"""

from assay.methods.evaluation.robustness_index.audit import (
    RobustnessAudit,
    compare_models,
    plot_over_k,
    robustness_index,
)
from assay.methods.evaluation.robustness_index.labels import balanced, subtract_means
from assay.methods.evaluation.robustness_index.shortcut import ShortcutResult, shortcut_test

__all__ = [
    "RobustnessAudit",
    "ShortcutResult",
    "balanced",
    "compare_models",
    "plot_over_k",
    "robustness_index",
    "shortcut_test",
    "subtract_means",
]
