"""The arms of compute-optimal search: what each configuration answers, what it costs, and which one a chooser takes.

What is sampled whole is sampled once: majority and best of N read the same pool, so that they differ by the vote alone,
and a smaller N is a part of a larger one.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Any

from assay.methods.reasoning.compute_optimal_tts import (
    Candidate,
    ComputeOptimal,
    Outcome,
    Policy,
    SearchConfig,
    Solution,
    check_rewards,
    decide,
    difficulty_of,
    read_signal,
    score_again,
    search,
)

MAJORITY, BEST, SUMMED = "majority", "best of N by highest score", "best of N by summed scores"
BEAM, DVTS = "beam", "DVTS"
CHOSEN, ORACLE = "chosen by guessed difficulty", "chosen by known difficulty"
CEILING = "any of N is right"
VOTES: Mapping[str, Any] = {
    MAJORITY: {"method": "majority"},
    BEST: {"method": "best_of_n", "vote": "max"},
    SUMMED: {"method": "best_of_n", "vote": "sum"},
}
TREES: Mapping[str, Any] = {BEAM: {"method": "beam"}, DVTS: {"method": "dvts"}}

Outcomes = dict[str, list[Outcome]]
"""By configuration, of each question."""


@dataclass(frozen=True)
class Questions:
    """What is asked, and how an answer is checked."""

    prompts: Sequence[Any]
    is_right: Callable[[int, str], bool]
    """Of a question's number and an answer."""

    def part(self, numbers: Sequence[int]) -> "Questions":
        """Some of them."""
        numbers = list(numbers)
        return Questions([self.prompts[at] for at in numbers], lambda at, answer: self.is_right(numbers[at], answer))


def groups(solution: Solution, n: int) -> list[Solution]:
    """Candidates of a pool, n at a time."""
    candidates = solution.candidates
    return [
        Solution(solution.prompt, candidates[at : at + n], tokens=sum(len(c.tokens) for c in candidates[at : at + n]))
        for at in range(0, len(candidates) - n + 1, n)
    ]


def vote_outcomes(policy: Policy, questions: Questions, pool: Sequence[Solution], arm: str, n: int) -> list[Outcome]:
    """What a vote over each n samples of a pool comes to, on average, for each question."""
    config = SearchConfig(n=n, width=1, **VOTES[arm])
    outcomes = []
    for number, solution in enumerate(pool):
        decided = [decide(policy, config, group) for group in groups(solution, n)]
        right = fmean(questions.is_right(number, each.answer) for each in decided)
        outcomes.append(Outcome(float(right), fmean(each.tokens for each in decided)))
    return outcomes


def tree_outcomes(questions: Questions, solutions: Sequence[Solution]) -> list[Outcome]:
    """What a search came to for each question."""
    return [
        Outcome(float(questions.is_right(number, each.answer)), float(each.tokens))
        for number, each in enumerate(solutions)
    ]


def pass_rates(questions: Questions, pool: Sequence[Solution]) -> list[float]:
    """How often one sample is right, for each question."""
    return [
        fmean(float(each.is_finished and questions.is_right(number, each.answer)) for each in solution.candidates)
        for number, solution in enumerate(pool)
    ]


def any_right(questions: Questions, pool: Sequence[Solution], n: int) -> list[float]:
    """Whether any of n samples is right, on average, for each question: no choice among them does better."""
    return [
        fmean(
            float(any(c.is_finished and questions.is_right(number, c.answer) for c in group.candidates))
            for group in groups(solution, n)
        )
        for number, solution in enumerate(pool)
    ]


def grow(policy: Policy, questions: Questions, rewards: Any, config: SearchConfig, *, seed: int) -> list[Solution]:
    """Search every question."""
    return search(policy, questions.prompts, config, rewards, seed=seed)


def rescore(policy: Policy, pool: Sequence[Solution], rewards: Any) -> list[Solution]:
    """The same samples under other rewards."""
    return score_again(policy, pool, rewards)


def area(questions: Questions, pool: Sequence[Solution], *, most: int = 8) -> float:
    """The chance that a right answer of this policy has a better score than a wrong one; 0.5 if all are of one kind."""
    chosen = [(at, each) for at, solution in enumerate(pool) for each in solution.candidates[:most] if each.scores]
    right = [each.is_finished and questions.is_right(at, each.answer) for at, each in chosen]
    if all(right) or not any(right):
        return 0.5
    return check_rewards([each for _, each in chosen], right, prompts=[at for at, _ in chosen]).auc.value


def best_temperature(outcomes: Mapping[float, Sequence[Outcome]]) -> float:
    """Where most is right; of equals, the lowest."""
    return max(sorted(outcomes), key=lambda each: round(fmean(o.right for o in outcomes[each]), 9))


def signals(pool: Sequence[Solution], *, probe: int = 4) -> list[float]:
    """How easy each question looks by its first few samples."""
    return [read_signal(groups(solution, probe)[0]) for solution in pool]


def choose_outcomes(
    fitted: ComputeOptimal, outcomes: Outcomes, n: int, *, rates: Sequence[float], signal: Sequence[float], known: bool
) -> list[Outcome]:
    """What the chosen configuration comes to for each question; a guess is paid for with four samples more."""
    chosen = []
    for at, (rate, each) in enumerate(zip(rates, signal, strict=True)):
        outcome = outcomes[fitted.choose(n, difficulty_of(rate) if known else fitted.guess(each))][at]
        chosen.append(outcome)
    return chosen


def named(n: int, arms: Sequence[str] = (MAJORITY, BEST, SUMMED, BEAM, DVTS)) -> dict[str, SearchConfig]:
    """A configuration of n lines for each arm, by its name with its number."""
    settings = {**VOTES, **TREES}
    return {f"{arm}, {n}": SearchConfig(n=n, **settings[arm]) for arm in arms}


def shares(outcomes: Sequence[Outcome] | Sequence[float], parts: int) -> list[float]:
    """Per cent of right answers in so many parts of the questions, each as large: what intervals are over."""
    right = [each.right if isinstance(each, Outcome) else each for each in outcomes]
    return [100.0 * fmean(right[part::parts]) for part in range(parts)]


def tokens(outcomes: Sequence[Outcome]) -> float:
    """Written for a question."""
    return fmean(each.tokens for each in outcomes)


def record(solutions: Sequence[Solution]) -> list[Any]:
    """Solutions as JSON can hold them."""
    return [
        [
            s.prompt,
            s.answer,
            s.tokens,
            [[c.steps, c.scores, c.ended, c.text, c.answer, len(c.tokens)] for c in s.candidates],
        ]
        for s in solutions
    ]


def restore(records: Sequence[Any]) -> list[Solution]:
    """What was recorded; tokens of a candidate are kept as their number alone."""
    solutions = []
    for prompt, answer, written, rows in records:
        candidates = [
            Candidate([0] * count, steps, scores, 0.0, ended, text, own)
            for steps, scores, ended, text, own, count in rows
        ]
        finished = any(each.is_finished for each in candidates)
        solutions.append(Solution(prompt, candidates, answer, is_finished=finished, tokens=written))
    return solutions


def with_temperature(config: SearchConfig, temperature: float) -> SearchConfig:
    """The same at another temperature."""
    return replace(config, temperature=temperature)
