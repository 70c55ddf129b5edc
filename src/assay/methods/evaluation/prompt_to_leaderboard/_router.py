"""The router: which model answers a prompt, within a budget."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from assay.methods.evaluation.prompt_to_leaderboard._estimator import PromptToLeaderboard, win_rates
from assay.methods.evaluation.prompt_to_leaderboard._likelihood import GROUNDED

Floats = NDArray[np.float64]

WAYS = ("optimal-lp", "simple-lp", "strict")


class UnfulfillableError(ValueError):
    """No mix of the models is as cheap as asked for."""


@dataclass(frozen=True, eq=False)
class Router:
    """Chooses the model for a prompt: the best, or the best mix that costs no more than so much on the average."""

    p2l: PromptToLeaderboard
    costs: Mapping[str, float] = field(default_factory=dict)
    """Of an answer, in any one unit (price of a token times mean length, say), for each model that is routed to."""
    opponents: Mapping[str, float] = field(default_factory=dict)
    """How often each model is met in the votes; all alike if empty."""
    way: str = "optimal-lp"
    """``optimal-lp``: most wins against the opponents. ``simple-lp``: the most s(strength), for a grounded head.
    ``strict``: one model, none that costs more."""

    def __post_init__(self) -> None:
        if self.way not in WAYS:
            raise ValueError(f"the way is {self.way!r}: choose one of {', '.join(WAYS)}")
        if self.way == "simple-lp" and self.p2l.head not in GROUNDED:
            raise ValueError(f"simple-lp needs absolute strengths, of the head grk; this one is {self.p2l.head}")
        known = set(self.p2l.models_)
        for what, table in (("cost", self.costs), ("opponent", self.opponents)):
            for name, value in table.items():
                if name not in known:
                    raise ValueError(f"there is a {what} of {name!r}, which was in no vote")
                if not 0 <= value < np.inf:
                    raise ValueError(f"the {what} of {name!r} is {value}: give a number of 0 or more")
        if self.opponents and not sum(self.opponents.values()) > 0:
            raise ValueError("no opponent is ever met: give one a weight above 0")

    @property
    def models(self) -> tuple[str, ...]:
        """Those that are routed to: the ones that have a cost, or all if none has."""
        return tuple(name for name in self.p2l.models_ if not self.costs or name in self.costs)

    def values(self, prompt: str) -> dict[str, float]:
        """What is maximised, by model: the chance to win against an opponent, or of a usable answer."""
        strengths = self.p2l.strengths([prompt])[0]
        if self.way == "simple-lp":
            values = 1 / (1 + np.exp(-strengths))
        else:
            q = np.array([self.opponents.get(name, 0.0) if self.opponents else 1.0 for name in self.p2l.models_])
            values = win_rates(strengths) @ (q / q.sum())
        return {name: float(values[self.p2l.models_.index(name)]) for name in self.models}

    def mix(self, prompt: str, *, max_cost: float | None = None) -> dict[str, float]:
        """The chances with which models are to be sampled; of at most two.

        Args:
            prompt: The user's turns.
            max_cost: Of an answer, on the average; ``strict``: of any. No limit if left out.

        Raises:
            UnfulfillableError: Every model costs more.
        """
        values = self.values(prompt)
        if max_cost is None:
            return {max(values, key=lambda name: values[name]): 1.0}
        if not self.costs:
            raise ValueError("the router knows no costs: give costs=, or no max_cost")
        cheapest = min(self.models, key=lambda name: self.costs[name])
        if not max_cost >= self.costs[cheapest]:
            raise UnfulfillableError(
                f"no model answers for {max_cost:g}: the cheapest is {cheapest} for {self.costs[cheapest]:g}"
            )
        if self.way == "strict":
            able = [name for name in self.models if self.costs[name] <= max_cost]
            return {max(able, key=lambda name: values[name]): 1.0}
        costs = [self.costs[name] for name in self.models]
        shares = best_mix(np.array(list(values.values())), np.array(costs), max_cost)
        return {name: float(share) for name, share in zip(self.models, shares, strict=True) if share > 0}

    def route(self, prompt: str, *, max_cost: float | None = None, seed: int | None = None) -> str:
        """The model that answers a prompt, sampled from the mix; with a seed, the same each time."""
        mix = self.mix(prompt, max_cost=max_cost)
        return str(np.random.default_rng(seed).choice(list(mix), p=list(mix.values())))


def best_mix(values: Floats, costs: Floats, budget: float) -> Floats:
    """The shares p that maximise p' values with p' costs <= budget, p >= 0 and sum p = 1; none of three or more models.

    Raises:
        UnfulfillableError: There are none.
    """
    from scipy.optimize import linprog  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    # Costs are put in units of the dearest, so that the solver's tolerances mean the same for all.
    unit = max(float(costs.max()), 1e-300)
    found = linprog(
        -values, A_ub=costs[None] / unit, b_ub=[budget / unit], A_eq=np.ones((1, len(values))), b_eq=[1.0],
        bounds=(0, 1), method="highs-ds",
    )  # fmt: skip
    if found.status != 0:
        raise UnfulfillableError(f"no mix of models costs {budget:g} or less: {found.message}")
    shares = np.where(found.x < 1e-9, 0.0, found.x)
    mixed: Floats = shares / shares.sum()
    return mixed
