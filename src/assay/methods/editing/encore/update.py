"""The second step: the update of one projection, in closed form."""

from collections.abc import Callable

import torch
from torch import Tensor

Rule = Callable[[Tensor, Tensor, Tensor], Tensor]
"""From keys K (d_ff, n), the covariance of ordinary keys and the sum over earlier edits, both (d_ff, d_ff), all in
float64, the factor A (d_ff, n) of the update R A^T. Rivals of ENCORE's rule may be handed to an editor in its place."""

_GREATEST_ERROR = 1e-6


def ridge(lambda_preserve: float, lambda_norm: float) -> Rule:
    """ENCORE's rule: A = (lambda_preserve E + P + lambda_norm I + K K^T)^-1 K.

    The rule raises a ValueError when the system is singular, or so nearly that its solution is wrong.
    """

    def rule(keys: Tensor, covariance: Tensor, previous: Tensor) -> Tensor:
        system = lambda_preserve * covariance + previous + keys @ keys.T
        system.diagonal().add_(lambda_norm)
        factor, failed = torch.linalg.cholesky_ex(system)
        solution = torch.cholesky_solve(keys, factor)
        error = float((system @ solution - keys).norm() / keys.norm().clamp_min(1e-300))
        if int(failed) or not error < _GREATEST_ERROR:
            raise ValueError(
                f"the least-squares problem is ill-conditioned (condition number {_condition(system):.1e}): raise "
                "lambda_norm or lambda_preserve, or take the covariance on more text"
            )
        return solution

    return rule


def reference_update(
    keys: Tensor, lacking: Tensor, covariance: Tensor, previous: Tensor, lambda_preserve: float, lambda_norm: float
) -> Tensor:
    """The same update R A^T (d, d_ff) as the plain least-squares problem that it solves, row by row of its terms.

    The roots of covariance and earlier keys are stacked upon the new ones; the zeros beside them say "no change here".
    """
    width = len(keys)
    stack = [lambda_preserve**0.5 * _root(covariance), _root(previous), lambda_norm**0.5 * torch.eye(width).to(keys)]
    demand = torch.cat([*(torch.zeros(width, len(lacking)).to(keys) for _ in stack), lacking.T])
    solution: Tensor = torch.linalg.lstsq(torch.cat([*stack, keys.T]), demand, driver="gelsd").solution
    return solution.T


def _root(matrix: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(matrix)
    root: Tensor = values.clamp_min(0).sqrt()[:, None] * vectors.T
    return root


def _condition(system: Tensor) -> float:
    return float(torch.linalg.cond(system)) if bool(system.isfinite().all()) else float("nan")
