"""The suite: which tasks, how hard, from which seeds; and what comes of letting an agent loose on them."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from assay.methods._files import written_whole
from assay.methods._intervals import Estimate, mean_interval
from assay.methods.agents.webgames.agents import Agent
from assay.methods.agents.webgames.browser import Browser
from assay.methods.agents.webgames.env import WebGamesEnv
from assay.methods.agents.webgames.game import CLOCKS, DIFFICULTIES, DOMAINS
from assay.methods.agents.webgames.tasks import TASKS, choose


@dataclass(frozen=True)
class Played:
    """An episode that is over."""

    task: str
    domain: str
    difficulty: str
    seed: int
    outcome: str
    """``right``, or why not."""
    steps: int
    seconds: float

    @property
    def solved(self) -> bool:
        """Whether the code was right."""
        return self.outcome == "right"


@dataclass(frozen=True)
class Report:
    """What an agent came to."""

    agent: str
    clock: str
    episodes: tuple[Played, ...]

    def success(self, **of: str) -> Estimate:
        """The share of solved episodes with its 95 % interval; tasks are the draws, for episodes of one are alike.

        Args:
            of: ``task``, ``domain`` or ``difficulty`` that they must have.

        Raises:
            ValueError: There is no such episode.
        """
        chosen = [each for each in self.episodes if all(getattr(each, name) == value for name, value in of.items())]
        if not chosen:
            raise ValueError(f"the report has no episode of {of}")
        return mean_interval([each.solved for each in chosen], [each.task for each in chosen])

    def table(self) -> list[dict[str, Any]]:
        """A row for all, each difficulty and each domain: solved of how many, the share and its interval."""
        groups: list[dict[str, str]] = [
            {},
            *({"difficulty": d} for d in DIFFICULTIES),
            *({"domain": d} for d in DOMAINS),
        ]
        rows = []
        for of in groups:
            chosen = [each for each in self.episodes if all(getattr(each, k) == v for k, v in of.items())]
            if chosen:
                share = self.success(**of)
                solved = sum(each.solved for each in chosen)
                rows.append({"of": "".join(of.values()) or "all", "solved": solved, "episodes": len(chosen),
                             "share": share.value, "low": share.low, "high": share.high})  # fmt: skip
        return rows

    def outcomes(self) -> dict[str, int]:
        """How many episodes ended how, the most frequent first."""
        return dict(Counter(each.outcome for each in self.episodes).most_common())

    @property
    def seconds(self) -> float:
        """Of an episode, the median."""
        return median(each.seconds for each in self.episodes)

    def save(self, path: str | Path) -> None:
        """Write the report as JSON, whole or not at all."""
        record = {"agent": self.agent, "clock": self.clock, "table": self.table(), "outcomes": self.outcomes(),
                  "episodes": [asdict(each) for each in self.episodes]}  # fmt: skip
        with written_whole(path) as unfinished:
            unfinished.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


@dataclass(frozen=True)
class WebGames:
    """Tasks, difficulties and seeds to play.

    Raises:
        ValueError: There is no such task, domain, difficulty or clock, or a list is empty.
    """

    tasks: str | Sequence[str] = "all"
    """``all``, domains, tasks."""
    difficulty: str | Sequence[str] = "base"
    """``all``, or one or several of ``easy``, ``base``, ``hard``."""
    seeds: Iterable[int] = (0,)
    clock: str = "steps"
    """``steps``: time passes with actions. ``real``: it passes by itself, and the agent's own time counts. The two are
    different tests; a report is of one of them."""

    def __post_init__(self) -> None:
        choose(self.tasks if isinstance(self.tasks, str) else list(self.tasks))
        for each in self.difficulties:
            if each not in DIFFICULTIES:
                raise ValueError(f"no difficulty is named {each!r}; there are all, {', '.join(DIFFICULTIES)}")
        if self.clock not in CLOCKS:
            raise ValueError(f"no clock is named {self.clock!r}; there are {', '.join(CLOCKS)}")
        object.__setattr__(self, "seeds", tuple(self.seeds))
        if not self.seeds or not self.difficulties:
            raise ValueError("there is nothing to play: give a difficulty and a seed at least")

    @property
    def difficulties(self) -> tuple[str, ...]:
        """Those that are played."""
        if self.difficulty == "all":
            return DIFFICULTIES
        return (self.difficulty,) if isinstance(self.difficulty, str) else tuple(self.difficulty)

    def episodes(self) -> list[tuple[str, str, int]]:
        """Task, difficulty and seed of each episode, in the order in which they are played."""
        names = choose(self.tasks if isinstance(self.tasks, str) else list(self.tasks))
        return [(name, how, seed) for how in self.difficulties for seed in self.seeds for name in names]

    def evaluate(
        self,
        agent: Agent,
        *,
        max_steps: int | None = None,
        browser: Browser | None = None,
        env: WebGamesEnv | None = None,
        episodes: Iterable[tuple[str, str, int]] | None = None,
    ) -> Report:
        """Let an agent play.

        Args:
            agent: See `agents`.
            max_steps: Of an episode; each task's own number by default.
            browser: One that runs already.
            env: An environment that agents share, one after the other: it spares each of them a window of its own.
            episodes: Which ones, where it is not all; pass them through a progress bar, say.
        """
        played = []
        with ExitStack() as stack:
            env = env or stack.enter_context(WebGamesEnv(browser=browser))
            env.clock, env.pictures, env.max_steps = self.clock, agent.pictures, max_steps
            for task, difficulty, seed in self.episodes() if episodes is None else episodes:
                began = time.perf_counter()
                outcome, steps = play(env, agent, task, difficulty, seed)
                seconds = time.perf_counter() - began
                played.append(Played(task, TASKS[task].domain, difficulty, seed, outcome, steps, seconds))
        return Report(agent.name, self.clock, tuple(played))


def play(env: WebGamesEnv, agent: Agent, task: str, difficulty: str, seed: int) -> tuple[str, int]:
    """One episode: how it ended, and after how many actions."""
    observation, info = env.reset(seed=seed, options={"task": task, "difficulty": difficulty})
    agent.begin(env, seed)
    ended = False
    while not ended:
        observation, _, terminated, truncated, info = env.step(agent.act(observation))
        ended = terminated or truncated
    return info["task_info"]["outcome"], info["task_info"]["steps"]
