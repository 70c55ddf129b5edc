"""Whether a summary gives a figure of a table of another row or column than the table does.

The row of a cell is its subject, the column its metric or data set. A rival's cell supports no sentence about the
paper's own method, and training seconds no accuracy.
"""

from collections.abc import Iterator

from assay.claims.meanings import things
from assay.claims.meanings.meaning import Meaning, Reading
from assay.claims.naming.named import OWN, are_one, same


def cell_disagreements(
    ours: Reading, cell: Meaning, *, own: str, rivals: frozenset[str]
) -> Iterator[tuple[str, str, str]]:
    """Yield in what a figure of a summary and a cell of its value disagree: the field, what ours is of, and the cell.

    Args:
        ours: the summary's figure as it was read.
        cell: what the cell is of.
        own: what the paper calls its own method.
        rivals: the names of what the paper compares it with.
    """
    subject, dataset = same(cell.subject), same(cell.dataset)
    methods = ours.method.own or ours.method.shared
    is_own = bool(own) and subject.startswith(same(own))
    if subject and not is_own and methods == {OWN} and any(are_one(subject, rival) for rival in rivals):
        yield "method", "the paper's own", cell.subject
    elif subject and methods and OWN not in methods and not any(are_one(subject, name) for name in methods):
        yield "method", " and ".join(sorted(methods)), cell.subject
    datasets = ours.dataset.own - {OWN}
    if dataset and datasets and not any(are_one(dataset, name) for name in datasets):
        yield "data set", " and ".join(sorted(datasets)), cell.dataset
    metrics = {span.key for span in things.metrics(cell.metric, 0, len(cell.metric))}
    apart = metrics and ours.metric.own and not metrics & ours.metric.own
    if apart and not any(things.are_kin(one, other) for one in metrics for other in ours.metric.own):
        yield "metric", " and ".join(sorted(ours.metric.own)), cell.metric
