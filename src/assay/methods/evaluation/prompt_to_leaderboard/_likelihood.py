"""How likely votes are, by the strengths of two models: the four heads of the paper."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

HEADS = ("bt", "bt-tie", "rk", "grk")
WITH_ETA = ("rk", "grk")
"""Heads that have a width of ties beside the strengths."""
GROUNDED = ("grk",)
"""Heads whose strengths have a zero."""
_SHIFT, _SOFTNESS, _LEAST_WIDTH = 22.5, 0.1, 0.02
_LEAST_CHANCE = {"rk": 1e-3, "grk": 1e-6}


def outcome_chances(head: str, first: "Tensor", second: "Tensor", eta: "Tensor | None" = None) -> "Tensor":
    """The chances of what a vote comes to.

    Args:
        head: One of `HEADS`.
        first: (n,) strengths of the first model.
        second: (n,) strengths of the second.
        eta: (n,) of `WITH_ETA`.

    Returns:
        (n, 4): the first wins, the second wins, a tie, both bad; 0 for what a head does not know.

    Raises:
        ValueError: There is no such head, or eta is missing.
    """
    import torch  # noqa: PLC0415 - for who fits or asks a model

    gap = first - second
    nothing = torch.zeros_like(gap)
    if head in {"bt", "bt-tie"}:
        return torch.stack([gap.sigmoid(), (-gap).sigmoid(), nothing, nothing], -1)
    if eta is None:
        raise ValueError(f"the head {head!r} needs eta" if head in WITH_ETA else f"there is no head {head!r}")
    if head == "rk":
        width = torch.nn.functional.softplus(eta - _SHIFT, beta=_SOFTNESS).clamp(min=_LEAST_WIDTH)
        wins, losses = (gap - width).sigmoid(), (-gap - width).sigmoid()
        return torch.stack([wins, losses, 1 - wins - losses, nothing], -1)
    if head != "grk":
        raise ValueError(f"there is no head {head!r}: choose one of {', '.join(HEADS)}")
    one, two, theta = first.exp(), second.exp(), eta.exp() + 1.000001
    wins, losses = one / (one + theta * two + 1), two / (two + theta * one + 1)
    bad = 1 / (1 + one + two)
    return torch.stack([wins, losses, 1 - wins - losses - bad, bad], -1)


def vote_losses(head: str, beta: "Tensor", eta: "Tensor | None", winner: Any, loser: Any, end: Any) -> "Tensor":
    """(votes,): the negative log-likelihood of each vote in nats.

    Args:
        head: One of `HEADS`.
        beta: (votes, models) strengths.
        eta: (votes,) of `WITH_ETA`.
        winner: (votes,) numbers of models.
        loser: (votes,).
        end: (votes,): 0 a win, 1 a tie, 2 both bad. A head that does not tell the last two apart takes both for a tie.
    """
    import torch  # noqa: PLC0415

    first, second = (beta.gather(1, each[:, None])[:, 0] for each in (winner, loser))
    if head in {"bt", "bt-tie"}:
        lost = -torch.nn.functional.logsigmoid(first - second)
        return torch.where(end == 0, lost, (lost - torch.nn.functional.logsigmoid(second - first)) / 2)
    column = torch.tensor([0, 2, 3 if head == "grk" else 2], device=beta.device)[end]
    chances = outcome_chances(head, first, second, eta).gather(1, column[:, None])[:, 0]
    return -chances.clamp(min=_LEAST_CHANCE[head]).log()
