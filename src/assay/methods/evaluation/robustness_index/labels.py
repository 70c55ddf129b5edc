"""Embeddings and labels as they are given: read, checked, balanced, and corrected in the simplest way."""

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]
Labels = Sequence[Hashable] | NDArray[Any]


def balanced(target: Labels, confounder: Labels, *, seed: int = 0) -> Numbers:
    """Numbers of records, as many of each pair of target and confounder as the rarest pair has, in their order.

    Raises:
        ValueError: A pair has no record.
    """
    targets, confounders = codes_of("target", target, len(target)), codes_of("confounder", confounder, len(target))
    cells = cells_of(targets, confounders)
    if not cells.min():
        i, j = np.argwhere(cells == 0)[0]
        names = _names(target)[i], _names(confounder)[j]
        raise ValueError(
            f"no record has the target {names[0]!r} and the confounder {names[1]!r}: leave one of them out"
        )
    shuffled = np.random.default_rng(seed).permutation(len(targets))
    pairs = targets[shuffled] * cells.shape[1] + confounders[shuffled]
    drawn = [shuffled[pairs == pair][: cells.min()] for pair in range(cells.size)]
    return np.sort(np.concatenate(drawn))


def subtract_means(embeddings: ArrayLike, confounder: Labels) -> Floats:
    """Embeddings without the mean of their confounder: the simplest correction, and often enough.

    It needs records of each confounder, and takes away what targets differ in where these are not alike common in each.
    """
    rows = np.array(checked_rows(embeddings))
    codes = codes_of("confounder", confounder, len(rows))
    for code in range(codes.max() + 1):
        rows[codes == code] -= rows[codes == code].mean(0)
    return rows


def checked_rows(embeddings: ArrayLike) -> Floats:
    """(records, width), all of them with a direction."""
    rows = np.asarray(embeddings, dtype=np.float64)
    if rows.ndim != 2 or not rows.size:
        raise ValueError(f"embeddings have the shape {rows.shape}: give (records, width)")
    if (bad := np.flatnonzero(~np.isfinite(rows).all(1))).size:
        raise ValueError(f"the embedding of record {bad[0]} has NaN or infinite values ({bad.size} such records)")
    if (bad := np.flatnonzero(~rows.any(1))).size:
        raise ValueError(f"the embedding of record {bad[0]} is all zero and has no direction ({bad.size} such records)")
    return rows


def codes_of(what: str, labels: Labels, count: int, *, fewest: int = 2) -> Numbers:
    """Each record's label as a number from 0, in the order of first appearance."""
    if len(labels) != count:
        raise ValueError(f"there are {count} embeddings and {len(labels)} {what}s: give one for each")
    numbers: dict[Hashable, int] = {}
    codes = []
    for place, label in enumerate(_plain(labels)):
        if label is None or label == "" or label != label:  # noqa: PLR0124 - NaN is not itself
            raise ValueError(f"record {place} has no {what}: it is {label!r}")
        codes.append(numbers.setdefault(label, len(numbers)))
    if len(numbers) < fewest:
        only = next(iter(numbers), None)
        raise ValueError(f"all records have the {what} {only!r}: give two or more {what}s")
    return np.array(codes, dtype=np.intp)


def cells_of(targets: Numbers, confounders: Numbers) -> Numbers:
    """(targets, confounders): how many records have each pair."""
    cells = np.zeros((targets.max() + 1, confounders.max() + 1), dtype=np.intp)
    np.add.at(cells, (targets, confounders), 1)
    return cells


def _names(labels: Labels) -> list[Hashable]:
    return list(dict.fromkeys(_plain(labels)))


def _plain(labels: Labels) -> Sequence[Hashable]:
    """Labels as Python has them: elements of a tensor are unequal as keys even where their values are the same."""
    return labels.tolist() if hasattr(labels, "tolist") else labels
