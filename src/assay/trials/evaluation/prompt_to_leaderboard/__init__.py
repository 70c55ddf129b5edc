"""Prompt-to-Leaderboard in an arena with planted strengths: what prompts tell of who wins, and what routing gains.

The prompts are real, of six topics; the models are names with a strength for each topic, and votes are drawn from
these. So the truth is known: how far a leaderboard of each prompt's own gets from the marginal one to the planted
strengths, on prompts that nobody has learnt from, and how often a router's choice wins. An encoder that was made for
other things, frozen, reads the prompts; only the head is trained. The control has models that are as good at all
topics: there a leaderboard of each prompt's own has nothing to tell, and must not seem to.

The rating of a router is that of a model with as many wins against one drawn from the arena. Its gain depends on how
far strengths differ by topic, which was planted: that routing pays is what can be seen here, and not by how much.

Beside that, what the routing proxy adds to the time of an answer, before two servers that answer at once.

Budget on two quiet cores: one and a half minutes.
"""

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from assay.methods.evaluation.prompt_to_leaderboard import Router
from assay.testbed.resources import NotFetchedError
from assay.testbed.sentence_encoder import load_sentence_encoder
from assay.testbed.tasks.arena import plant_arena
from assay.testbed.training import one_thread
from assay.trials import Bench, trial
from assay.trials.evaluation.prompt_to_leaderboard._arena import (
    MARGINAL,
    ORACLE,
    P2L,
    SINGLE,
    Size,
    budgets,
    encode_prompts,
    fit,
    measure,
    split,
)
from assay.trials.evaluation.prompt_to_leaderboard._serving import added_milliseconds

_PAPER = "2502.14855"


@trial(_PAPER, claim="arena-rating-gain")
def routed(bench: Bench) -> None:
    """The best single model against a router that reads the prompt, by their rating in the arena."""
    size, runs = _runs(bench)
    show_gain(bench, runs)
    control = bench.once("models as good at all topics", lambda: _measured(size, bench.seed, 0.0, bench.device.type))
    gain = control["loss"][MARGINAL] - control["loss"][P2L]
    bench.score("nats gained where topics tell nothing", gain, better="lower", at_most=0.01)
    at = bench.pick(quick=(1.0, 10.0), cpu=(1.0, 1.5, 2.0, 3.0, 5.0, 10.0))
    ways = bench.once("routing within a budget", lambda: _budgets(size, bench.seed, tuple(at), bench.device.type))
    name, along = "wins that a router expects within a budget", "most that an answer costs"
    bench.curve(name, ways, candidate="optimal-lp", along=along, at=at, unit="%")
    ahead = min(lp - strict for lp, strict in zip(ways["optimal-lp"], ways["strict"], strict=True))
    bench.score("least advantage of the mix over the best model within the budget", ahead, unit="%", better="higher",
                at_least=-1e-6)  # fmt: skip
    added = bench.once("time that the proxy adds", lambda: _serve(size, bench.seed, bench.device.type))
    name = "time that the proxy adds to an answer, but for reading the prompt"
    bench.score(name, added["one for all"], unit="ms", better="lower", at_most=5.0)
    bench.score("time that it adds with all-MiniLM-L6-v2 reading", added["reads"], unit="ms", better="lower")


@trial(_PAPER, claim="vote-prediction-scaling")
def more_votes(bench: Bench) -> None:
    """Error in predicting held-out votes by the number of votes learnt from."""
    size, runs = _runs(bench)
    show_scaling(bench, size, runs)


def show_gain(bench: Bench, runs: Sequence[dict[str, Any]]) -> None:
    """The claim's figure and those beside it, of arenas with several seeds."""
    figures = {
        name: {arm: [run[name][arm] for run in runs] for arm in runs[0][name]} for name in ("rating", "wins", "loss")
    }
    bench.claim(
        bench.compare(
            "rating in the arena", figures["rating"], candidate=P2L, baseline=SINGLE, unit="points", better="higher"
        )
    )
    bench.score("wins against a model of the arena", figures["wins"], candidate=P2L, unit="%", better="higher")
    bench.score("log-loss of held-out votes", figures["loss"], candidate=P2L, unit="nats", better="lower")
    closed = [
        100 * (run["loss"][MARGINAL] - run["loss"][P2L]) / (run["loss"][MARGINAL] - run["loss"][ORACLE]) for run in runs
    ]
    bench.score(
        "of the way from one leaderboard to the planted strengths", closed, unit="%", better="higher", at_least=0.0
    )


def show_scaling(bench: Bench, size: Size, runs: Sequence[dict[str, Any]]) -> None:
    """The error by the number of votes, each step three or four times as many."""
    import numpy as np  # noqa: PLC0415

    losses = [list(each) for each in zip(*(run["by_votes"] for run in runs), strict=True)]
    along = [float(np.log10(count)) for count in size.votes]
    bench.claim(bench.trend("log-loss of held-out votes, along tenfold votes", along=along, values=losses, unit="nats"))
    lines = {P2L: losses, MARGINAL: [[run["loss"][MARGINAL] for run in runs]] * len(along),
             ORACLE: [[run["loss"][ORACLE] for run in runs]] * len(along)}  # fmt: skip
    bench.curve("log-loss by votes", lines, candidate=P2L, along="votes", at=size.votes, unit="nats")


def _runs(bench: Bench) -> tuple[Size, list[dict[str, Any]]]:
    size = bench.pick(
        quick=Size(24, 6, (200, 600, 1_800), 800, 20),
        cpu=Size(150, 12, (500, 2_000, 8_000), 3_000, 300),
        cuda=Size(180, 40, (1_000, 10_000, 100_000), 10_000, 300),
    )
    try:
        _encoder(size.per_topic, bench.device.type)
    except NotFetchedError as error:
        bench.not_testable(str(error))
    bench.setting(
        "simulated",
        model="all-MiniLM-L6-v2, frozen, and a head",
        differs=f"{size.votes[-1]:,} votes drawn from planted strengths of {size.models} models on "
        f"{6 * size.per_topic:,} prompts of six topics, instead of people's in Chatbot Arena; the encoder is not "
        "trained; rated by true chances to win on prompts that nobody has learnt from",
    )
    runs = [
        bench.once(f"arena {seed}", partial(_measured, size, seed, 1.0, bench.device.type))
        for seed in bench.progress(bench.seeds(cpu=3), "arenas")
    ]
    return size, runs


@cache
def _measured(size: Size, seed: int, by_topic: float, device: str) -> dict[str, Any]:
    with one_thread():
        return measure(size, _encoder(size.per_topic, device), seed, by_topic)


@cache
def _budgets(size: Size, seed: int, at: tuple[float, ...], device: str) -> dict[str, list[float]]:
    with one_thread():
        return budgets(size, _encoder(size.per_topic, device), seed, at)


@cache
def _encoder(per_topic: int, device: str) -> Callable[[Sequence[str]], Any]:
    with one_thread():
        return encode_prompts(per_topic, load_sentence_encoder(device=device).encode)


def _serve(size: Size, seed: int, device: str) -> dict[str, float]:
    """Milliseconds that the proxy adds, with a router that reads the prompt and one that does not."""
    arena = plant_arena(size.per_topic, models=size.models, by_topic=1.0, seed=seed)
    reads = fit(size, _encoder(size.per_topic, device), arena, size.votes[0], seed)
    reads.encoder = load_sentence_encoder(device=device).encode
    routers = {"one for all": Router(fit(size, None, arena, size.votes[0], seed)), "reads": Router(reads)}
    prompts = [arena.prompts[at] for at in split(arena)[1]]
    with one_thread():
        return added_milliseconds(routers, prompts, size.requests)
