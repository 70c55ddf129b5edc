"""Whether two figures of a summary's sentence have changed places."""

from assay.claims.context import Figure
from assay.claims.meanings.meaning import Reading
from assay.claims.naming.named import OWN
from assay.claims.source import Source


def takes_its_place(figure: Figure, field: str, pair: tuple[Figure, Figure], source: Source) -> bool:
    """Whether the paper gives the second of a pair of what the summary gives ``figure`` of.

    Args:
        figure: the summary's figure, which is of something else.
        field: in what it is.
        pair: another figure of the summary's sentence, and the paper's that has its value.
        source: the paper.
    """
    other, reference = pair
    ours, beside = (_of(field, source.reader.read(each)) for each in (figure, other))
    if figure.amount.unit != other.amount.unit or ours & beside:
        return False
    if not beside and sum(each.amount.unit == other.amount.unit for each in other.sentence.figures) > len(pair):
        return False
    return any(reference in source.figures_of.get(thing, ()) for thing in ours)


def _of(field: str, reading: Reading) -> frozenset[str]:
    """What a figure is of in one field, if that field names things."""
    ties = {"metric": reading.metric, "data set": reading.dataset, "method": reading.method, "name": reading.other}
    return ties[field].own - {OWN} if field in ties else frozenset()
