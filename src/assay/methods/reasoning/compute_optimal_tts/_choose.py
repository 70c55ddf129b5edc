"""The chooser: which method does best for a difficulty and a number of lines, learnt on questions with answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import Any, Literal

import numpy as np

from assay.methods._branches import Usage
from assay.methods._files import written_whole
from assay.methods.reasoning._step_rewards import reduce_scores
from assay.methods.reasoning.compute_optimal_tts._policy import Policy, Prompt, Solution
from assay.methods.reasoning.compute_optimal_tts._search import SearchConfig, search

Difficulty = Literal["easy", "medium", "hard"]
DIFFICULTIES: tuple[Difficulty, ...] = ("easy", "medium", "hard")
_LEAST: tuple[tuple[float, Difficulty], ...] = ((0.5, "easy"), (0.1, "medium"))


def difficulty_of(pass_rate: float) -> Difficulty:
    """Easy where one sample is right half the time, medium from a tenth on, hard below (paper)."""
    if not 0 <= pass_rate <= 1:
        raise ValueError(f"a pass rate is {pass_rate}: give a share from 0 to 1")
    return next((name for least, name in _LEAST if pass_rate >= least), "hard")


def read_signal(solution: Solution) -> float:
    """How easy a question looks without its answer: the mean score of its candidates, or how far they agree (ours)."""
    scores = [reduce_scores(each.scores, "last") for each in solution.candidates if each.scores]
    return fmean(scores) if scores else solution.share


@dataclass(frozen=True)
class Outcome:
    """What a configuration came to on a validation question."""

    right: float
    """1 or 0, or a share over several runs."""
    tokens: float
    """That it wrote."""


@dataclass(frozen=True)
class ComputeOptimal:
    """Chooses a configuration by difficulty and number of lines. Make it with `fit`."""

    configs: Mapping[str, SearchConfig]
    best: Mapping[int, Mapping[str, str]]
    """By number of lines and difficulty, the name of a configuration."""
    signals: tuple[float, ...] = ()
    """Points of the line that tells a pass rate from a signal, rising."""
    pass_rates: tuple[float, ...] = ()

    @classmethod
    def fit(
        cls,
        configs: Mapping[str, SearchConfig],
        outcomes: Mapping[str, Sequence[Outcome]],
        pass_rates: Sequence[float],
        signals: Sequence[float] | None = None,
        *,
        least: int = 5,
    ) -> "ComputeOptimal":
        """Learn on validation questions; none of them may be among those that are measured.

        Args:
            configs: By name. Those of equal `n` compete.
            outcomes: Of each configuration, for every question.
            pass_rates: How often one sample is right, of each question.
            signals: What `read_signal` gave of a few samples of each; without them difficulty must be known.
            least: A difficulty with fewer questions takes what is best over all of them (ours).

        Raises:
            ValueError: Something is missing.
        """
        if not configs or set(configs) != set(outcomes) or not pass_rates:
            raise ValueError(f"outcomes of {sorted(outcomes)} do not fit configurations {sorted(configs)}")
        count = len(pass_rates)
        if any(len(each) != count for each in outcomes.values()) or (signals is not None and len(signals) != count):
            raise ValueError(f"{count} questions need an outcome of each configuration, and a signal if there are any")
        bins = [difficulty_of(rate) for rate in pass_rates]
        best: dict[int, dict[str, str]] = {}
        for number in sorted({config.n for config in configs.values()}):
            names = [name for name, config in configs.items() if config.n == number]
            for difficulty in DIFFICULTIES:
                of_bin = [at for at, each in enumerate(bins) if each == difficulty]
                questions = of_bin if len(of_bin) >= least else range(count)
                best.setdefault(number, {})[difficulty] = max(names, key=lambda name: _worth(outcomes[name], questions))
        points = ((), ()) if signals is None else _rising(signals, pass_rates)
        return cls(dict(configs), best, *points)

    def choose(self, n: int, difficulty: Difficulty) -> str:
        """The name of the best configuration of so many lines.

        Raises:
            ValueError: None of that number was measured.
        """
        if n not in self.best:
            raise ValueError(f"no configuration of {n} lines was measured: choose of {sorted(self.best)}")
        return self.best[n][difficulty]

    def guess(self, signal: float) -> Difficulty:
        """The difficulty that a signal speaks for.

        Raises:
            ValueError: It was fitted without signals.
        """
        if not self.signals:
            raise ValueError("no signals were given to fit: give them, or use choose with a difficulty that is known")
        return difficulty_of(float(np.interp(signal, self.signals, self.pass_rates)))

    def __call__(  # noqa: PLR0913 - most are keywords
        self,
        policy: Policy,
        prompts: Sequence[Prompt],
        n: int,
        rewards: Any = None,
        *,
        probe: int = 4,
        temperature: float = 0.7,
        seed: int = 0,
        usage: Usage | None = None,
        rewards_usage: Usage | None = None,
        **how: Any,
    ) -> list[Solution]:
        """Guess each prompt's difficulty from a few samples, and search by what is best for it.

        Args:
            policy: What writes.
            prompts: Texts or token ids.
            n: Lines of each; the samples of the probe come on top, and are counted in `tokens`.
            rewards: As for `search`.
            probe: Samples of a prompt that difficulty is guessed from; as many as for the signals of `fit`.
            temperature: Of these samples.
            seed: Of all sampling.
            usage: What the policy costs.
            rewards_usage: What the rewards cost.
            how: What else `search` takes.
        """
        ids = [policy.ids(prompt) for prompt in prompts]
        sample = SearchConfig("majority", n=probe, temperature=temperature)
        costs = {"usage": usage, "rewards_usage": rewards_usage, **how}
        probes = search(policy, ids, sample, rewards, seed=seed, **costs)
        names = [self.choose(n, self.guess(read_signal(each))) for each in probes]
        solutions: dict[int, Solution] = {}
        for name in dict.fromkeys(names):
            mine = [at for at, each in enumerate(names) if each == name]
            searched = search(policy, [ids[at] for at in mine], self.configs[name], rewards, seed=seed + 1, **costs)
            solutions |= dict(zip(mine, searched, strict=True))
        return [replace(solutions[at], tokens=solutions[at].tokens + probes[at].tokens) for at in range(len(prompts))]

    def save(self, file: str | Path) -> None:
        """Write it as JSON."""
        record = asdict(self) | {"best": [[n, dict(names)] for n, names in self.best.items()]}
        with written_whole(Path(file)) as part:
            part.write_text(json.dumps(record, indent=1), encoding="utf-8")

    @classmethod
    def load(cls, file: str | Path) -> "ComputeOptimal":
        """Read it back."""
        record = json.loads(Path(file).read_text(encoding="utf-8"))
        configs = {name: SearchConfig(**config) for name, config in record["configs"].items()}
        best = {int(n): names for n, names in record["best"]}
        return cls(configs, best, tuple(record["signals"]), tuple(record["pass_rates"]))


def _worth(outcomes: Sequence[Outcome], questions: Sequence[int]) -> tuple[float, float]:
    """How often it is right; of equals, the one that writes less is worth more."""
    right = fmean(outcomes[at].right for at in questions)
    return round(right, 9), -fmean(outcomes[at].tokens for at in questions)


def _rising(signals: Sequence[float], pass_rates: Sequence[float]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """The rising steps that fit pass rates best (isotonic regression): one point for each signal that was seen."""
    from scipy.optimize import isotonic_regression  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    at = np.array(sorted(set(signals)))
    groups = [[rate for signal, rate in zip(signals, pass_rates, strict=True) if signal == each] for each in at]
    fitted = isotonic_regression([fmean(group) for group in groups], weights=[len(group) for group in groups]).x
    return tuple(at.tolist()), tuple(np.clip(fitted, 0.0, 1.0).tolist())
