"""The audit of embeddings: the index, its curve, votes and the errors that a confounder makes."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator  # type: ignore[import-untyped]

from assay.methods._files import written_whole
from assay.methods._intervals import CONFIDENCE, Estimate, mean_interval
from assay.methods.evaluation.robustness_index.labels import (
    Floats,
    Labels,
    Numbers,
    cells_of,
    checked_rows,
    codes_of,
)
from assay.methods.evaluation.robustness_index.neighbours import (
    Chances,
    Definition,
    Flags,
    check_enough,
    index_of,
    kinds_of,
    nearest_outside,
    quotient,
    totals_without,
)

_ALIKE = 1.1
"""Pairs of labels that are so many times as common as others are taken as alike common."""


class RobustnessAudit(BaseEstimator):  # type: ignore[misc]
    """Tells whether the neighbours of embeddings share the label that is wanted or the one that is not.

    Args:
        k: Neighbours of each record: 50, the paper's.
        definition: ``ratio``, this paper's index, or ``share``, its successor's.

    Attributes:
        index_: The index at k neighbours, with its interval.
        chance_: What it would be for embeddings that know nothing of either label.
        curve_: (k,): the index over the nearest 1 to k; NaN where it is undefined.
        target_accuracy_: How often a vote of the neighbours tells the target.
        confounder_accuracy_: The same of the confounder.
        error_share_: Of the neighbours with another target, around a record whose target is voted wrongly, the share
            with the same confounder; the mean over such records, and ``None`` where there are none.
        error_chance_: What that share would be by chance; NaN where no vote is wrong.
        companions_: Further figures of the later code, at k neighbours; see `_companions`.
        neighbours_: (records, k): their numbers, nearest first.
        same_target_: (records, k): whether each shares the target; ``same_confounder_`` the confounder.
        groups_: (records,): each one's group, as a number.
        left_out_: (groups,): the index without each of them.
        warnings_: What speaks against the figures.
    """

    def __init__(self, *, k: int = 50, definition: Definition = "ratio") -> None:
        self.k = k
        self.definition = definition

    def fit(self, embeddings: ArrayLike, target: Labels, confounder: Labels, groups: Labels | None = None) -> Self:
        """Find the neighbours and count what they share.

        Args:
            embeddings: (records, width), finite, no row all zero.
            target: (records,): the label that embeddings should tell.
            confounder: (records,): the label that they should not.
            groups: (records,): what is no neighbour of its own kind, since it is known to be alike: the slide, the
                patient, the document. Each record is a group of its own if left out.

        Raises:
            ValueError: A row is no embedding, a label is missing, there is one target or one confounder only, or
                records have fewer than k others outside of their group; the first of them is named.
        """
        self._check_parameters()
        rows = checked_rows(embeddings)
        targets = codes_of("target", target, len(rows))
        confounders = codes_of("confounder", confounder, len(rows))
        own = np.arange(len(rows)) if groups is None else codes_of("group", groups, len(rows), fewest=1)
        check_enough(self.k, own)
        further = min(2 * self.k, len(own) - int(np.bincount(own).max()))
        nearest = nearest_outside(rows, own, further)  # those behind the k-th move up where a group is left out
        self.neighbours_ = nearest[:, : self.k]
        self.same_target_ = targets[self.neighbours_] == targets[:, None]
        self.same_confounder_ = confounders[self.neighbours_] == confounders[:, None]
        self.groups_ = own
        chances = Chances.of(targets, confounders, own)
        self.chance_ = float(index_of(self.definition, *chances.totals()))
        self.curve_ = index_of(self.definition, *(each.cumsum() for each in self.counts(axis=0)))
        if np.isnan(self.curve_[-1]):
            shared = "the confounder" if self.definition == "ratio" else "one of the labels alone"
            raise ValueError(f"the index ({self.definition}) has no value: no neighbour shares {shared}")
        kinds = kinds_of(targets[nearest] == targets[:, None], confounders[nearest] == confounders[:, None])
        self.left_out_ = index_of(self.definition, *totals_without(kinds, own, nearest, self.k))
        self.index_ = self._estimate(float(self.curve_[-1]), self.left_out_, 0.0)
        self.companions_ = _companions(*(each.sum() for each in self.counts()))
        self.target_accuracy_, wrong = self._vote(targets)
        self.confounder_accuracy_, _ = self._vote(confounders)
        self._attribute_errors(wrong, chances)
        self.warnings_ = tuple(_doubts(targets, confounders))
        for message in self.warnings_:
            warnings.warn(message, UserWarning, stacklevel=2)
        return self

    def table(self) -> list[dict[str, Any]]:
        """The figures as rows with ``figure``, ``value``, ``low``, ``high`` and ``chance`` (``None``: not computed)."""
        estimates: dict[str, tuple[Estimate | None, float | None]] = {
            f"robustness index ({self.definition}) at {self.k} neighbours": (self.index_, self.chance_),
            "accuracy of the target by vote": (self.target_accuracy_, None),
            "accuracy of the confounder by vote": (self.confounder_accuracy_, None),
            "same confounder among wrong neighbours of wrong votes": (self.error_share_, self.error_chance_),
        }
        return [
            {"figure": name, "value": each.value, "low": each.low, "high": each.high, "chance": chance}
            for name, (each, chance) in estimates.items()
            if each is not None
        ]

    def exceeds(self, other: "RobustnessAudit") -> Estimate:
        """By how much this index is above that of another model on the same records: a paired difference.

        Raises:
            ValueError: The other has other records, groups, k or definition.
        """
        if (self.k, self.definition) != (other.k, other.definition) or not np.array_equal(self.groups_, other.groups_):
            raise ValueError(
                "two audits can be compared on the same records and groups, with the same k and definition"
            )

        gap = self.index_.value - other.index_.value
        return self._estimate(gap, self.left_out_ - other.left_out_, -np.inf)

    def counts(self, *, axis: int = 1) -> tuple[Floats, ...]:
        """SS, SO, OS and OO: (records,) each, over neighbours; or with ``axis=0`` (k,) each, over records by rank."""
        return tuple(each.sum(axis, dtype=np.float64) for each in kinds_of(self.same_target_, self.same_confounder_))

    def _estimate(self, value: float, left_out: Floats, least: float) -> Estimate:
        """A figure with the interval of the delete-a-group jackknife; no bounds where it has no value without one."""
        from scipy.stats import t  # type: ignore[import-untyped]  # noqa: PLC0415 - slow to load

        count = len(left_out)
        error = np.sqrt((count - 1) / count * ((left_out - left_out.mean()) ** 2).sum())
        reach = np.inf if np.isnan(error) else float(t.ppf((1 + CONFIDENCE) / 2, count - 1) * error)
        return Estimate(value, max(value - reach, least), value + reach, len(self.groups_), count)

    def _vote(self, labels: Numbers) -> tuple[Estimate, Flags]:
        """How often most of the neighbours have the record's label, and where they do not; the nearest breaks ties."""
        votes = np.zeros((len(labels), labels.max() + 1))
        for rank in range(self.k):
            # Rank weighs less than a vote, over all ranks together.
            votes[np.arange(len(labels)), labels[self.neighbours_[:, rank]]] += 1 + 0.5 ** (rank + 2)
        wrong = votes.argmax(1) != labels
        return mean_interval((~wrong).astype(np.float64), self.groups_.tolist()), wrong

    def _attribute_errors(self, wrong: Flags, chances: Chances) -> None:
        self.error_share_: Estimate | None = None
        self.error_chance_ = float("nan")
        if not wrong.any():
            return
        _, _, same, other = (each[wrong] for each in self.counts())
        self.error_share_ = mean_interval(same / (same + other), self.groups_[wrong].tolist())
        self.error_chance_ = float((chances.os / (chances.os + chances.oo))[wrong].mean())

    def _check_parameters(self) -> None:
        if self.k < 1:
            raise ValueError(f"k is {self.k}: give 1 or more")
        if self.definition not in ("ratio", "share"):
            raise ValueError(
                f"definition is {self.definition!r}: give 'ratio' (this paper's) or 'share' (its successor's)"
            )


def robustness_index(
    embeddings: ArrayLike,
    target: Labels,
    confounder: Labels,
    groups: Labels | None = None,
    *,
    k: int = 50,
    definition: Definition = "ratio",
) -> Estimate:
    """The index alone, with its interval: see `RobustnessAudit`."""
    settings = RobustnessAudit(k=k, definition=definition)
    index: Estimate = settings.fit(embeddings, target, confounder, groups).index_
    return index


def compare_models(
    embeddings: Mapping[str, ArrayLike],
    target: Labels,
    confounder: Labels,
    groups: Labels | None = None,
    **settings: Any,
) -> list[dict[str, Any]]:
    """Audit several models on the same records: the rows of `RobustnessAudit.table`, each with its ``model``.

    Args:
        embeddings: By model.
        target: See `RobustnessAudit.fit`, as the next two.
        confounder: The label that is not wanted.
        groups: What is left out of its own neighbours.
        settings: Of `RobustnessAudit`.
    """
    audits = {
        name: RobustnessAudit(**settings).fit(each, target, confounder, groups) for name, each in embeddings.items()
    }
    return [{"model": name} | row for name, audit in audits.items() for row in audit.table()]


def plot_over_k(audits: Mapping[str, RobustnessAudit], file: str | Path) -> None:
    """Draw the index over the number of neighbours, a line for each model, and what it is by chance.

    Args:
        audits: Fitted, by model.
        file: Ends in .png, .svg or .pdf; written whole or not at all.

    Raises:
        ValueError: There are none, or they have different definitions.
    """
    from matplotlib.figure import Figure  # noqa: PLC0415 - only who plots needs it

    if len({audit.definition for audit in audits.values()}) != 1:
        raise ValueError("a plot takes one or more audits, all of one definition")
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name, audit in audits.items():
        (line,) = axes.plot(np.arange(1, audit.k + 1), audit.curve_, label=name)
        axes.axhline(audit.chance_, color=line.get_color(), linestyle=":", linewidth=1)
    definition = next(iter(audits.values())).definition
    axes.axhline(1.0 if definition == "ratio" else 0.5, color="black", linewidth=0.5)
    axes.set(xlabel="nearest neighbours", ylabel=f"robustness index ({definition}); dotted: by chance")
    axes.legend()
    with written_whole(file) as unfinished:
        figure.savefig(unfinished, format=Path(file).suffix.removeprefix(".") or "png")


def _companions(ss: float, so: float, os: float, oo: float) -> dict[str, float]:
    """What the later code reports beside the index, by its names."""
    return {
        "prediction": float(quotient(ss + so, ss + so + os + oo)),
        "confounder insensitivity": float(quotient(so + oo, ss + os)),
        "in-distribution": float(quotient(ss, ss + os)),
        "out-of-distribution": float(quotient(so, so + oo)),
        "generalisation": float(quotient(ss * so + so * os, ss * so + ss * oo)),
    }


def _doubts(targets: Numbers, confounders: Numbers) -> list[str]:
    cells = cells_of(targets, confounders)
    if cells.max() <= _ALIKE * cells.min():
        return []
    sizes = f"pairs of target and confounder have {cells.min()} to {cells.max()} records"
    return [f"{sizes}: the index depends on how common they are; see chance_, or take balanced(target, confounder)"]
