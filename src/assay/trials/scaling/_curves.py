"""Curves by which people extrapolate an accuracy end to end: the rivals of whoever foretells it otherwise."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares  # type: ignore[import-untyped]

Floats = NDArray[np.float64]
Curve = Callable[[Floats, Floats], Floats]
"""Parameters and logarithms of compute to accuracies."""


def _power_law(p: Floats, logs: Floats) -> Floats:
    top, drop, exponent = p
    return np.asarray(top - drop * np.exp(-exponent * logs))


def _sigmoid(p: Floats, logs: Floats) -> Floats:
    low, rise, slope, middle = p
    return np.asarray(low + rise / (1 + np.exp(-slope * (logs - middle))))


def _broken_power_law(p: Floats, logs: Floats) -> Floats:
    """The error rate by Caballero et al. (2210.14891) with one break."""
    end, drop, before, more, middle, width = p
    error = end + drop * np.exp(-before * logs - more * width * np.logaddexp(0, (logs - middle) / width))
    return np.asarray(1 - error)


# Curve, lower and upper ends of its parameters, and those from which it is fitted.
CURVES: dict[str, tuple[Curve, Sequence[float], Sequence[float], list[tuple[float, ...]]]] = {
    "power law": (_power_law, (0, 0, 0), (1, 2, 5), [(t, 0.5, b) for t in (0.7, 0.95) for b in (0.1, 0.4, 1.0)]),
    "sigmoid": (
        _sigmoid, (0, 0, 0, -10), (1, 1, 10, 20), [(0.1, 0.8, k, m) for k in (0.3, 1.0, 3.0) for m in (1.0, 4.0)],
    ),
    "broken power law": (
        _broken_power_law, (0, 0, 0, 0, -10, 0.05), (1, 2, 5, 5, 20, 5),
        [(0.1, 0.7, 0.2, k, m, w) for k in (0.2, 1.0) for m in (1.0, 3.0) for w in (0.3, 1.0)],
    ),
}  # fmt: skip


def extrapolate(name: str, compute: Floats, accuracy: Floats, large: float) -> float:
    """The accuracy at a large compute, by a curve of that name fitted by least squares from several starts.

    Args:
        name: One of `CURVES`.
        compute: (models,): of the small models.
        accuracy: (models,): theirs, from 0 to 1.
        large: The compute of the large model.
    """
    curve, low, high, starts = CURVES[name]
    logs = np.log(compute / compute[0])
    fits = [
        least_squares(lambda p: curve(p, logs) - accuracy, start, bounds=(low, high), ftol=1e-6, max_nfev=100)
        for start in starts
    ]
    best = min(fits, key=lambda fit: float(fit.cost)).x
    return float(np.clip(curve(best, np.log([large / compute[0]]))[0], 0, 1))
