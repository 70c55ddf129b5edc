"""The scores of a measurement, by name."""

from assay.papers.measurement import Measurement, Score


def score(measurement: Measurement, begins: str) -> Score:
    """The one score of this name, or else the one whose name begins so."""
    found = [each for each in measurement.scores if each.name == begins]
    found = found or [each for each in measurement.scores if each.name.startswith(begins)]
    names = ", ".join(repr(each.name) for each in measurement.scores)
    assert len(found) == 1, f"{len(found)} scores are named or begin with {begins!r}; there are {names or 'none'}"
    return found[0]
