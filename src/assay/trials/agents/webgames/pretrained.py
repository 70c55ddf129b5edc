"""A small language model at our web tasks: what it manages at three difficulties, and at a peer's tasks.

The model reads the page as a numbered text, and a list of actions of which it names one by its number: asked for an
action in its own words, SmolLM2 wrote none that could be taken. Tasks are those that need neither a picture nor typing.
Beside it stands an agent that acts by chance: what the model does better than that, it has understood.

Budget on two quiet cores: 108 calls of 600 tokens read on our tasks, and 48 on the peer's; five minutes.
"""

from functools import partial
from typing import Any

from assay.methods.agents.webgames import Agent, Browser, ModelAgent, NoBrowserError, RandomAgent, WebGames, WebGamesEnv
from assay.trials import Bench, trial
from assay.trials.agents.webgames import RANDOM, show_peer, show_trend, summarise

_TASKS = ("switches", "frames", "forgery", "alarm", "maze", "windows")


@trial("2502.18356", claim="success-by-difficulty", pretrained=True)
def model_by_difficulty(bench: Bench) -> None:
    """Success of a language model at three difficulties of our web tasks."""
    tasks = bench.pick(quick=_TASKS[:1], cpu=_TASKS)
    steps = bench.pick(quick=1, cpu=6, cuda=20)
    lm = bench.on_pretrained(
        f"it reads pages as text and names one of the actions that are listed; {len(tasks)} of our own tasks, {steps} "
        "actions at most; the paper's models see, are larger by far, and have 20 actions"
    )
    agent = ModelAgent(lm, look="choices", tokens=6, temperature=0.7, longest=1_500, history=2)
    agents: dict[str, Agent] = {"model": agent, RANDOM: RandomAgent()}
    try:
        with Browser() as browser, WebGamesEnv(browser=browser) as env:
            runs = {
                name: bench.once(name, partial(_evaluate, bench, each, tasks, steps, env))
                for name, each in agents.items()
            }
            if not bench.quick:
                show_peer(bench, agents, 2, 3, browser)
    except NoBrowserError as error:
        bench.not_testable(str(error))
    show_trend(bench, runs["model"]["shares"], RANDOM, runs[RANDOM]["shares"])
    best = max(share for shares in runs["model"]["shares"] for share in shares)
    # Where nothing is solved at any difficulty, nothing can fall.
    bench.score("solved at the difficulty where most is", best, unit="%", better="higher", at_least=1.0,
                binds="measurement")  # fmt: skip
    for outcome, count in runs["model"]["outcomes"].items():
        bench.score(f"episodes of the model that ended: {outcome}", float(count), better="lower")


def _evaluate(bench: Bench, agent: Agent, tasks: tuple[str, ...], steps: int, env: WebGamesEnv) -> dict[str, Any]:
    suite = WebGames(tasks=tasks, difficulty="all", seeds=(bench.seed,))
    episodes = bench.progress(suite.episodes(), "episodes")
    return summarise(suite.evaluate(agent, max_steps=steps, env=env, episodes=episodes))
