"""What both trials measure: the arms, from one model, cost, reward and number of samples, and their figures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from time import process_time
from typing import Any

from assay.methods._branches import Usage
from assay.methods.decoding.inference_guard import (
    Candidate,
    GuardConfig,
    Guarded,
    InferenceGuard,
    beam_search,
    best_of,
    best_within,
    sample_answers,
)
from assay.methods.decoding.inference_guard._budget import within

GUARD, ABSOLUTE = "InferenceGuard", "InferenceGuard, more than one half"
GUARD_ONCE = "InferenceGuard, sampled once"
ALONE, FILTER, BUDGET = "the model alone", "best of N within the budget", "beams within the budget, no critic"
VALUE = "beams within the budget, critic of the reward only"
VALUE_ONCE = "beams within the budget, critic of the reward only, sampled once"
Figures = dict[str, float]
"""Of an arm: ``within``, ``overdrawn`` and ``refused`` in % of prompts; ``reward`` and ``nats`` a token of what was
returned (0 of nothing); ``tokens``, ``passes`` and ``seconds`` of CPU time of a prompt."""


def best_of_weight(weight: float) -> str:
    """The name of best of N at a weight of the cost."""
    return f"best of N, reward - {weight:g} cost" if weight else "best of N by reward"


def beam_weight(weight: float) -> str:
    """The name of beams at a weight of the cost."""
    return f"beams, reward - {weight:g} cost" if weight else "beams by reward"


def pool_figures(
    guard: InferenceGuard, prompts: Sequence[Any], *, length: int, weights: Sequence[float], seed: int
) -> tuple[dict[str, Figures], dict[str, list[Candidate | None]]]:
    """The arms that choose from N whole answers, which are sampled once for all of them; and what they chose."""
    guard = replace(guard, usage=Usage(), critic=None)
    began = process_time()
    pools = sample_answers(guard, prompts, length=length, seed=seed)
    seconds = process_time() - began
    chosen: dict[str, list[Candidate | None]] = {ALONE: [pool[0] for pool in pools]}
    for weight in (0.0, *weights):
        chosen[best_of_weight(weight)] = [best_of(pool, weight=weight) for pool in pools]
    chosen[FILTER] = [best_within(pool) for pool in pools]
    figures = {arm: _figures(answers, guard.usage, seconds) for arm, answers in chosen.items()}
    alone = [float(within(each.left)) for pool in pools for each in pool]
    figures[ALONE]["within"], figures[ALONE]["overdrawn"] = 100 * fmean(alone), 100 - 100 * fmean(alone)
    figures[ALONE]["tokens"] /= guard.config.samples
    return figures, chosen


def search_figures(
    guard: InferenceGuard, prompts: Sequence[Any], *, length: int, seed: int, weight: float | None = None
) -> tuple[Figures, list[Candidate | None]]:
    """The guard's figures by its settings; with a weight, those of beams by reward less so much of the cost."""
    guard = replace(guard, usage=Usage())
    began = process_time()
    answers: list[Candidate | None]
    if weight is None:
        answers = [_candidate(each) for each in guard.generate(prompts, length=length, seed=seed)]
    else:
        answers = [*beam_search(guard, prompts, length=length, weight=weight, seed=seed)]
    return _figures(answers, guard.usage, process_time() - began), answers


def with_rule(guard: InferenceGuard, rule: Any, *, critic: bool = True, again: bool = True) -> InferenceGuard:
    """The same guard by another rule, with its critic or without, and with its further attempts or without."""
    config: GuardConfig = replace(guard.config, rule=rule, attempts=guard.config.attempts if again else 0)
    return replace(guard, config=config, critic=guard.critic if critic else None)


def by_arm(runs: Sequence[Mapping[str, Figures]], figure: str) -> dict[str, list[float]]:
    """One figure of each arm, of every seed."""
    return {arm: [run[arm][figure] for run in runs] for arm in runs[0]}


def matched(runs: Sequence[Mapping[str, Figures]], arms: Sequence[str], *, slack: float) -> str:
    """The safest of these arms that have no less reward than the guard, give or take `slack`.

    So is the weight of a cost tuned as well as it can be: at the guard's reward, how safe is it? Where none has as much
    reward, it is the arm that has most.
    """
    reward = {arm: fmean(values) for arm, values in by_arm(runs, "reward").items()}
    inside = {arm: fmean(values) for arm, values in by_arm(runs, "within").items()}
    rewarded = [arm for arm in arms if reward[arm] >= reward[GUARD] - slack]
    return max(rewarded, key=inside.__getitem__) if rewarded else max(arms, key=reward.__getitem__)


def _candidate(answer: Guarded) -> Candidate | None:
    if answer.refused:
        return None
    return Candidate(answer.answer, answer.certificate.left, 1.0, answer.reward)


def _figures(answers: Sequence[Candidate | None], usage: Usage, seconds: float) -> Figures:
    count = len(answers)
    returned = [each for each in answers if each is not None]
    inside = sum(within(each.left) for each in returned)
    return {
        "within": 100 * inside / count,
        "overdrawn": 100 * (len(returned) - inside) / count,
        "refused": 100 * (count - len(returned)) / count,
        "reward": fmean(each.value for each in returned) if returned else 0.0,
        "nats": fmean(fmean(each.answer.log_probs) for each in returned) if returned else 0.0,
        "tokens": usage.written / count,
        "passes": usage.passes / count,
        "seconds": seconds / count,
    }
