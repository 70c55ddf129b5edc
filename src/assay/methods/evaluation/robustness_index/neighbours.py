"""The neighbours of embeddings, what they share with a record, and what they would share by chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from assay.methods.evaluation.robustness_index.labels import Floats, Numbers

Flags = NDArray[np.bool_]
Definition = Literal["ratio", "share"]

_AT_ONCE = 2**24
"""Similarities that are held at once."""


def nearest_outside(rows: Floats, groups: Numbers, k: int) -> Numbers:
    """(records, k): the nearest by cosine, nearest first, that are of another group.

    A group is left out by its number and not by its distance, so that records which are equal are neighbours.
    """
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    step = max(1, _AT_ONCE // len(unit))
    found = []
    for start in range(0, len(unit), step):
        likeness = unit[start : start + step] @ unit.T
        likeness[groups[start : start + step, None] == groups[None, :]] = -np.inf
        nearest = np.argpartition(-likeness, k - 1, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(likeness, nearest, 1), axis=1, kind="stable")
        found.append(np.take_along_axis(nearest, order, 1))
    return np.concatenate(found)


@dataclass(frozen=True)
class Chances:
    """(records,) each: how likely a record outside of the group, drawn blindly, is SS, SO, OS or OO."""

    ss: Floats
    so: Floats
    os: Floats
    oo: Floats

    @classmethod
    def of(cls, targets: Numbers, confounders: Numbers, groups: Numbers) -> "Chances":
        """Of records with these labels."""

        def alike(*labels: Numbers) -> Floats:
            """How many records outside of the group have all of these labels as the record has them."""
            _, code = np.unique(np.stack(labels), axis=1, return_inverse=True)
            _, within = np.unique(np.stack([code, groups]), axis=1, return_inverse=True)
            return (np.bincount(code)[code] - np.bincount(within)[within]).astype(np.float64)

        outside = len(groups) - np.bincount(groups)[groups]
        both, target, confounder = alike(targets, confounders), alike(targets), alike(confounders)
        counts = (both, target - both, confounder - both, outside - target - confounder + both)
        return cls(*(each / outside for each in counts))

    def totals(self) -> tuple[float, ...]:
        """The sums over records, in that order."""
        return tuple(float(each.sum()) for each in (self.ss, self.so, self.os, self.oo))


def kinds_of(same_target: Flags, same_confounder: Flags) -> tuple[Flags, ...]:
    """Which neighbours are SS, SO, OS and OO."""
    return (
        same_target & same_confounder,
        same_target & ~same_confounder,
        ~same_target & same_confounder,
        ~same_target & ~same_confounder,
    )


def totals_without(kinds: Sequence[Flags], groups: Numbers, nearest: Numbers, k: int) -> list[Floats]:
    """For each kind (groups,): how many of the k nearest of all records are of it if one group were not there.

    Its records count no more, and where it was among the neighbours of others, the next ones move up.

    Args:
        kinds: (records, more than k) each: whether a neighbour is of the kind, nearest first.
        groups: (records,): numbers from 0.
        nearest: (records, more than k): the neighbours.
        k: How many count.
    """
    many = int(groups.max()) + 1
    counts = [each[:, :k].sum(1) for each in kinds]
    totals: list[Floats] = [each.sum() - np.bincount(groups, each, many) for each in counts]
    theirs = groups[nearest]
    for rank in range(k):
        group = theirs[:, rank]
        first = np.flatnonzero((theirs[:, :rank] != group[:, None]).all(1))
        stay = theirs[first] != group[first, None]
        stay &= stay.cumsum(1, dtype=np.int32) <= k
        for kind, (flags, count) in enumerate(zip(kinds, counts, strict=True)):
            totals[kind] += np.bincount(group[first], (flags[first] & stay).sum(1) - count[first], many)
    return totals


def index_of(definition: Definition, ss: Any, so: Any, os: Any, _: Any) -> Any:
    """The index of counts of the four kinds; NaN where it is undefined."""
    above, below = (ss + so, ss + os) if definition == "ratio" else (so, so + os)
    return quotient(above, below)


def quotient(above: Any, below: Any) -> Any:
    """The first by the second; NaN where there is nothing to divide by."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.asarray(below) > 0, np.divide(above, below), np.nan)[()]


def check_enough(k: int, groups: Numbers) -> None:
    """Refuse where a record has fewer than k others outside of its group."""
    outside = len(groups) - np.bincount(groups)[groups]
    record = int(outside.argmin())
    if outside[record] < k:
        raise ValueError(
            f"k is {k}, but record {record} has {outside[record]} others outside of its group: give k up to that"
        )
