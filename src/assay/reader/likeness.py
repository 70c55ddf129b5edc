"""Learns from the papers that a reader chose which others she would choose: a linear model over their terms.

The terms are weighed before the model sees them. Thousands of terms set three starred papers apart from all others,
nearly all of them by accident; what two or three of them share is what she starred them for. So a term counts the more,
the more of her papers have it, and the rarer it is among the others.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log, sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scipy.sparse import csr_array  # type: ignore[import-untyped]

Terms = Counter[str]
"""The terms of a text, with how often each stands there; see `assay.reader.terms`."""

_C = 0.1
"""Of the support vector machine. Chosen on the development half of `benchmarks/ranking.py`, like all that is here."""


@dataclass(frozen=True)
class Likeness:
    """How like a reader's papers another paper is, once that was learnt; one of nothing finds none like the other."""

    worths: Mapping[str, float] = field(default_factory=dict)
    """What each term is worth, in standard deviations of papers that are not hers."""
    mean: float = 0.0
    """The mean of those papers."""

    def score(self, terms: Terms) -> float:
        """How many standard deviations a paper is above the mean of papers that are not hers."""
        return sum(self.shares(terms).values()) - self.mean

    def shares(self, terms: Terms) -> dict[str, float]:
        """What each term of a paper adds to its score, or takes from it."""
        length = _length(terms)
        known = sorted(terms.keys() & self.worths.keys())
        return {term: _frequency(terms[term]) * self.worths[term] / length for term in known}


def learn(wanted: Sequence[tuple[Terms, float]], unwanted: Sequence[Terms], others: Sequence[Terms]) -> Likeness:
    """Learn by a linear support vector machine what sets the papers that a reader chose apart from all others.

    Args:
        wanted: those that she chose, each with a weight between 0 and 1.
        unwanted: those that she put aside; together they weigh as much as the others.
        others: papers that she did not choose.
    """
    from sklearn.svm import LinearSVC  # type: ignore[import-untyped]  # noqa: PLC0415 - takes a while to load

    weights = _weigh_terms(wanted, unwanted, others)
    if not (others and weights):
        return Likeness()
    features = _features([terms for terms, _ in wanted] + [*unwanted, *others], weights)
    # So that her own papers have a length of about one.
    unit = sqrt(features[: len(wanted) + len(unwanted)].power(2).sum(axis=1).mean())
    # With nothing that she chose, what she put aside stands against all that she did not.
    labels = [True] * len(wanted) + [False] * len(unwanted) + [not wanted] * len(others)
    share = 0.25 if wanted and unwanted else 0.5
    importance = _share(0.5, [weight for _, weight in wanted])
    importance += _share(share, [1.0] * len(unwanted)) + _share(share, [1.0] * len(others))
    model = LinearSVC(C=_C * len(labels), random_state=0, max_iter=10_000)
    model.fit(features / unit, labels, sample_weight=importance)
    coefficients = model.coef_[0] / unit
    values = features[-len(others) :] @ coefficients
    spread = float(values.std()) or 1.0
    worths = {
        term: weight * float(coefficient) / spread
        for (term, weight), coefficient in zip(weights.items(), coefficients, strict=True)
    }
    return Likeness(worths, float(values.mean()) / spread)


def _weigh_terms(
    wanted: Sequence[tuple[Terms, float]], unwanted: Sequence[Terms], others: Sequence[Terms]
) -> dict[str, float]:
    """The terms that are commoner among her papers of either kind than among others, each with how much it tells."""
    chosen: dict[str, float] = {}
    for terms, weight in wanted:
        for term in terms:
            chosen[term] = chosen.get(term, 0.0) + weight
    put_aside = Counter(term for terms in unwanted for term in terms)
    known = chosen.keys() | put_aside.keys()
    elsewhere = Counter(term for terms in others for term in terms.keys() & known)
    weights: dict[str, float] = {}
    for counts, size in ((chosen, sum(weight for _, weight in wanted)), (put_aside, len(unwanted))):
        for term, count in counts.items():
            # She is taken to have chosen one paper more, in which the term is as likely as in any other.
            usual = (elsewhere[term] + 0.5) / (len(others) + 1)
            excess = log((count + usual) / (size + 1) / usual)
            if excess > 0:
                weights[term] = max(weights.get(term, 0.0), excess * count * count / (count + 1))
    return dict(sorted(weights.items()))


def _features(texts: Sequence[Terms], weights: Mapping[str, float]) -> "csr_array":
    """A row for each text, a column for each term."""
    import numpy as np  # noqa: PLC0415 - takes a while to load
    from scipy.sparse import csr_array  # noqa: PLC0415

    columns = {term: column for column, term in enumerate(weights)}
    ends, places, values = [0], [], []
    for terms in texts:
        length = _length(terms)
        for term in sorted(terms.keys() & columns.keys()):
            places.append(columns[term])
            values.append(_frequency(terms[term]) * weights[term] / length)
        ends.append(len(places))
    # scikit-learn wants indices of 32 bits.
    rows = (np.array(values), np.array(places, dtype=np.int32), np.array(ends, dtype=np.int32))
    return csr_array(rows, shape=(len(texts), len(columns)))


def _frequency(count: int) -> float:
    return 1 + log(count)


def _length(terms: Terms) -> float:
    return sqrt(len(terms) or 1)


def _share(whole: float, weights: Sequence[float]) -> list[float]:
    """The whole, dealt out by weight."""
    return [whole * weight / sum(weights) for weight in weights]
