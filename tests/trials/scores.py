"""The comparisons of a measurement, by name."""

from assay.papers.comparison import Comparison
from assay.papers.measurement import Measurement


def score(measurement: Measurement, begins: str) -> Comparison:
    """The one figure beside the claim's that has this name, or else the one whose name begins so."""
    scores = measurement.beside
    matches = [each for each in scores if each.metric == begins]
    matches = matches or [each for each in scores if each.metric.startswith(begins)]
    names = ", ".join(repr(each.metric) for each in scores)
    assert len(matches) == 1, f"{len(matches)} figures are named or begin with {begins!r}; there are {names or 'none'}"
    return matches[0]


def claimed(measurement: Measurement) -> Comparison:
    """The claim's own comparison."""
    assert measurement.comparison is not None, measurement.missing
    return measurement.comparison
