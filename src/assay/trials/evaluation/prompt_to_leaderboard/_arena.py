"""What a prompt's own leaderboard is worth in an arena with planted strengths, by whatever encoder reads prompts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.methods.evaluation.prompt_to_leaderboard import PromptToLeaderboard, Router, Votes
from assay.testbed.tasks.arena import Arena, plant_arena

Floats = NDArray[np.float64]

P2L, MARGINAL, ORACLE = "P2L", "one leaderboard for all prompts", "planted strengths"
SINGLE = "best single model"
_POINTS = 400 / np.log(10)


@dataclass(frozen=True)
class Size:
    """Of an arena."""

    per_topic: int
    models: int
    votes: tuple[int, ...]
    """Numbers of votes that are learnt from, the largest last."""
    test_votes: int
    requests: int = 0
    """Sent to the proxy."""


def encode_prompts(per_topic: int, encoder: Callable[[Sequence[str]], Any]) -> Callable[[Sequence[str]], Floats]:
    """An encoder that has read the prompts of an arena once."""
    prompts = plant_arena(per_topic, models=2, by_topic=0.0, seed=0).prompts
    vectors = np.asarray(encoder(list(prompts)), dtype=np.float64)
    place = {prompt: at for at, prompt in enumerate(prompts)}
    return lambda texts: vectors[[place[text] for text in texts]]


def fit(
    size: Size, encoder: Callable[[Sequence[str]], Any] | None, arena: Arena, count: int, seed: int
) -> PromptToLeaderboard:
    """A leaderboard fitted to so many votes on four fifths of the prompts."""
    learnt, _ = split(arena)
    votes = Votes.from_records(arena.draw_votes(learnt, size.votes[-1], seed=seed)[:count], models=arena.models)
    return PromptToLeaderboard(encoder, head="bt").fit(votes)


def split(arena: Arena) -> tuple[list[int], list[int]]:
    """Numbers of the prompts that are learnt from, and of every fifth, which is not."""
    every = range(len(arena.prompts))
    return [at for at in every if at % 5], [at for at in every if not at % 5]


def measure(size: Size, encoder: Callable[[Sequence[str]], Any], seed: int, by_topic: float = 1.0) -> dict[str, Any]:
    """What comes of one planted arena.

    Returns:
        ``loss``, nats a vote by arm, on prompts that nobody has learnt from; ``by_votes``, P2L's at each number of
        votes; ``wins``, per cent against a model drawn from all by arm; ``rating``, the same in an arena's points.
    """
    arena = plant_arena(size.per_topic, models=size.models, by_topic=by_topic, seed=seed)
    _, unseen = split(arena)
    test = Votes.from_records(arena.draw_votes(unseen, size.test_votes, seed=seed + 1_000), models=arena.models)
    fitted = [fit(size, encoder, arena, count, seed) for count in size.votes]
    marginal = fit(size, None, arena, size.votes[-1], seed)
    truth = _planted(arena)
    losses = {P2L: fitted[-1], MARGINAL: marginal, ORACLE: truth}
    wins = arena.wins(unseen)
    texts = [arena.prompts[at] for at in unseen]
    rows = np.arange(len(unseen))
    routed = {
        P2L: wins[rows, fitted[-1].strengths(texts).argmax(1)],
        SINGLE: wins[:, marginal.strengths(texts[:1])[0].argmax()],
        ORACLE: wins[rows, arena.strengths[unseen].argmax(1)],
    }
    shares = {arm: float(each.mean()) for arm, each in routed.items()}
    return {
        "loss": {arm: each.log_loss(test).value for arm, each in losses.items()},
        "by_votes": [each.log_loss(test).value for each in fitted],
        "wins": {arm: 100 * share for arm, share in shares.items()},
        "rating": {arm: float(_POINTS * np.log(share / (1 - share))) for arm, share in shares.items()},
    }


def budgets(
    size: Size, encoder: Callable[[Sequence[str]], Any], seed: int, at: Sequence[float]
) -> dict[str, list[float]]:
    """Per cent of wins that a router expects at each budget, by its way; costs lie between 1 and 10."""
    arena = plant_arena(size.per_topic, models=size.models, by_topic=1.0, seed=seed)
    p2l = fit(size, encoder, arena, size.votes[-1], seed)
    drawn = 10 ** np.random.default_rng(seed).random(size.models)
    drawn[drawn.argmin()], drawn[drawn.argmax()] = 1.0, 10.0
    costs = dict(zip(arena.models, drawn.tolist(), strict=True))
    prompts = [arena.prompts[number] for number in split(arena)[1][::4]]
    ways: dict[str, list[float]] = {}
    for way in ("optimal-lp", "strict"):
        router = Router(p2l, costs=costs, way=way)
        values = [router.values(prompt) for prompt in prompts]
        ways[way] = [
            float(100 * np.mean([
                sum(share * value[name] for name, share in router.mix(prompt, max_cost=budget).items())
                for prompt, value in zip(prompts, values, strict=True)
            ]))
            for budget in at
        ]  # fmt: skip
    return ways


def _planted(arena: Arena) -> Any:
    """The truth in the shape of what was fitted."""
    place = dict(zip(arena.prompts, arena.strengths, strict=True))
    model = PromptToLeaderboard(lambda texts: np.stack([place[text] for text in texts]), head="bt")
    count = len(arena.models)
    model.models_, model.mean_, model.scale_ = arena.models, np.zeros(count), np.ones(count)
    model.weight_ = np.concatenate([np.eye(count), np.zeros((1, count))])
    return model
