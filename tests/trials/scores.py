"""The comparisons of a measurement, by name."""

from assay.papers.comparison import Comparison
from assay.papers.measurement import Measurement


def score(measurement: Measurement, begins: str) -> Comparison:
    """The one figure beside the claim's that has this name, or else the one whose name begins so."""
    shown = measurement.beside
    named = [each for each in shown if each.metric == begins]
    named = named or [each for each in shown if each.metric.startswith(begins)]
    names = ", ".join(repr(each.metric) for each in shown)
    assert len(named) == 1, f"{len(named)} figures are named or begin with {begins!r}; there are {names or 'none'}"
    return named[0]


def claimed(measurement: Measurement) -> Comparison:
    """The claim's own comparison."""
    assert measurement.comparison is not None, measurement.missing
    return measurement.comparison
