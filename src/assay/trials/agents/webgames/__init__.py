"""WebGames' idea with tasks of our own: does success fall with difficulty, and is a code worth what it says?

The tasks, 36 at three difficulties, are played in headless Chromium against a server on this machine. Agents that need
no model play them: one presses what it finds, one does anything to anything. What makes a benchmark worth reading is a
condition: who knows the solutions solves all, who leaves out the last action solves none, and eleven ways to cheat,
each with the winning moves in hand, get no code. The paper's passwords are constants of its pages; ours are not.

The figures of these agents say nothing of models. What SmolLM2 comes to stands beside them in `pretrained`.

Time is counted in actions, so that nothing depends on the machine's speed. How long an episode takes is shown beside.
Some tasks of MiniWoB++, whose package carries its pages, are played by the same agents.

Budget on two quiet cores: about 750 episodes, six minutes.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from assay.methods.agents.webgames import (
    Agent,
    Browser,
    GameServer,
    HeuristicAgent,
    NoBrowserError,
    Oracle,
    Played,
    RandomAgent,
    Report,
    WebGames,
    WebGamesEnv,
)
from assay.methods.agents.webgames.game import DIFFICULTIES, DOMAINS
from assay.testbed.resources import NotFetchedError
from assay.trials import Bench, trial
from assay.trials.agents.webgames._cheats import CONTROL, count_cheats
from assay.trials.agents.webgames._miniwob import play_peer

ORACLE, BROKEN, RANDOM, HEURISTIC = "knows the solution", "leaves out the last action", "random", "heuristic"
_IN_PAGE = ("switches", "menu", "chords", "hold", "consent", "maze", "dot", "forgery")


@dataclass(frozen=True)
class Size:
    """Of a run."""

    tasks: str | tuple[str, ...]
    steps: int
    """Of an episode of those who do not know the solution, at most."""
    known_at: str | tuple[str, ...]
    """Difficulties at which the solutions are played."""
    seeds: int
    """Of the heuristic agent; the others play one."""
    peer_seeds: int
    """Of each of the peer's tasks; none leaves the peer out."""


@trial("2502.18356", claim="success-by-difficulty")
def by_difficulty(bench: Bench) -> None:
    """Success of agents without a model at three difficulties, and what cheating gets."""
    size = bench.pick(quick=Size(("switches", "form"), 5, ("easy",), 1, 0), cpu=Size("all", 20, "all", 3, 3))
    bench.setting(
        "simulated",
        differs="agents that need no model, instead of models that see; tasks of our own, of the kinds of the paper's, "
        "with codes that a server gives; time counted in actions",
    )
    try:
        with Browser() as browser, GameServer() as server, WebGamesEnv(browser=browser, server=server) as env:
            runs = _play(bench, size, env)
            cheats = bench.once("cheats", partial(_cheat, bench, size.tasks, server, browser))
            _show(bench, runs, cheats)
            if size.peer_seeds:
                agents: dict[str, Agent] = {HEURISTIC: HeuristicAgent(), RANDOM: RandomAgent()}
                show_peer(bench, agents, size.peer_seeds, size.steps // 2, browser)
    except NoBrowserError as error:
        bench.not_testable(str(error))
    show_trend(bench, runs[HEURISTIC]["shares"], RANDOM, runs[RANDOM]["shares"])


def show_trend(bench: Bench, shares: Sequence[Sequence[float]], other: str, others: Sequence[Sequence[float]]) -> None:
    """The claim's slope, of shares in per cent by difficulty and seed, and the curve beside another agent's."""
    at = list(range(len(DIFFICULTIES)))
    bench.claim(bench.trend("success, along easy, base, hard", along=at, values=shares, unit="%"))
    arms = {"this agent": shares, other: others}
    bench.curve("success by difficulty", arms, candidate="this agent", along="0 easy, 1 base, 2 hard", at=at, unit="%")


def _play(bench: Bench, size: Size, env: WebGamesEnv) -> dict[str, dict[str, Any]]:
    """What each agent came to; see `summarise`."""
    agents: dict[str, tuple[Agent, int]] = {
        ORACLE: (Oracle(), 1),
        BROKEN: (Oracle(finish=False), 1),
        RANDOM: (RandomAgent(), 1),
        HEURISTIC: (HeuristicAgent(), size.seeds),
    }
    runs: dict[str, dict[str, Any]] = {}
    for name, (agent, seeds) in agents.items():
        knows = isinstance(agent, Oracle)
        suite = WebGames(size.tasks, size.known_at if knows else "all", range(bench.seed, bench.seed + seeds))
        steps = None if knows else size.steps
        runs[name] = bench.once(name, partial(_evaluate, bench, suite, agent, steps, env))
    return runs


def _evaluate(bench: Bench, suite: WebGames, agent: Agent, steps: int | None, env: WebGamesEnv) -> dict[str, Any]:
    episodes = bench.progress(suite.episodes(), f"episodes of {agent.name}")
    return summarise(suite.evaluate(agent, max_steps=steps, env=env, episodes=episodes))


def _show(bench: Bench, runs: Mapping[str, dict[str, Any]], cheats: Mapping[str, float]) -> None:
    """What makes the benchmark worth reading, what the agents did by domain, and how long it took."""
    oracle, broken = ([each for row in runs[name]["shares"] for each in row] for name in (ORACLE, BROKEN))
    got = max(share for name, share in cheats.items() if name != CONTROL)
    name = "won by the right moves with signed actions"
    bench.score("solved by who knows the solution", min(oracle), unit="%", better="higher", at_least=100.0)
    bench.score("solved without the last action", max(broken), unit="%", better="lower", at_most=0.0)
    bench.score(name, cheats[CONTROL], unit="%", better="higher", at_least=100.0)
    bench.score("codes got by the best of eleven cheats", got, unit="%", better="lower", at_most=0.0)
    for domain, share in runs[HEURISTIC]["domains"].items():
        arms = {HEURISTIC: share, RANDOM: runs[RANDOM]["domains"][domain]}
        bench.score(f"solved in {domain}", arms, candidate=HEURISTIC, unit="%", better="higher")
    seconds = {name: 90 * run["seconds"] for name, run in runs.items()}
    name = "time of 90 episodes, one after the other"
    bench.score(name, seconds, candidate=ORACLE, unit="s", better="lower")


def summarise(report: Report) -> dict[str, Any]:
    """Per cent solved by difficulty and seed, by domain, and the mean seconds of an episode."""
    played = report.episodes
    seeds = sorted({each.seed for each in played})
    levels = [level for level in DIFFICULTIES if any(each.difficulty == level for each in played)]

    def share(chosen: Iterable[Played]) -> float:
        solved = [each.solved for each in chosen]
        return 100 * sum(solved) / len(solved)

    return {
        "shares": [
            [share(e for e in played if (e.difficulty, e.seed) == (level, seed)) for seed in seeds] for level in levels
        ],
        "domains": {
            domain: share(e for e in played if e.domain == domain)
            for domain in DOMAINS
            if any(e.domain == domain for e in played)
        },
        "seconds": sum(each.seconds for each in played) / len(played),
        "outcomes": report.outcomes(),
    }


def _cheat(bench: Bench, tasks: str | tuple[str, ...], server: GameServer, browser: Browser) -> dict[str, float]:
    """Per cent of right answers by cheat."""
    suite = WebGames(tasks=tasks, difficulty="base", seeds=(bench.seed,))
    episodes = bench.progress(suite.episodes(), "tasks to cheat at")
    got = count_cheats(episodes, server, browser, lambda task: task in _IN_PAGE)
    return {name: 100 * sum(each) / len(each) for name, each in got.items() if each}


def show_peer(bench: Bench, agents: Mapping[str, Agent], seeds: int, steps: int, browser: Browser) -> None:
    """What agents do on a peer's tasks; the first of them is the candidate."""
    arms: dict[str, float] = {}
    try:
        for name, agent in agents.items():
            play = partial(play_peer, agent, browser, range(bench.seed, bench.seed + seeds), max_steps=steps)
            solved = [each for row in bench.once(f"MiniWoB++, {name}", play).values() for each in row]
            arms[name] = 100 * sum(solved) / len(solved)
    except NotFetchedError:
        return  # the peer is not to be had here; nothing of ours hangs on it
    bench.score("solved of eight tasks of MiniWoB++", arms, candidate=next(iter(agents)), unit="%", better="higher")
