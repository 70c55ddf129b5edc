"""Compute-optimal search on a pretrained model: SmolLM2-135M-Instruct, tuned on worked sums (see `_sums`).

Search is also held against greedy answers of the copy that was tuned for longer, 100 updates instead of 70.

Majority and best of N read one pool of samples and differ by the vote alone; a smaller N is the mean over parts of the
pool. Its temperature is majority's best on validation questions, the beam's is its own. The configuration is chosen by
difficulty on one half of the questions and judged on the other, in turn. DVTS is left to the control, whose nets are
small, and to a GPU.

Budget on two quiet cores: about 90,000 sampled tokens in bf16, most of them the pool of 64, and as many read by the
rewards, ten minutes, and seven more where the policies are not tuned yet. 20 questions, so that only arms that differ
by a third of the questions are told apart.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from statistics import fmean
from typing import Any

from assay.methods.reasoning.compute_optimal_tts import ComputeOptimal, Outcome, Policy, SearchConfig, Solution, search
from assay.trials import Bench, trial
from assay.trials.reasoning.compute_optimal_tts._arms import (
    BEAM,
    BEST,
    CEILING,
    CHOSEN,
    MAJORITY,
    ORACLE,
    SUMMED,
    Outcomes,
    Questions,
    any_right,
    area,
    best_temperature,
    choose_outcomes,
    named,
    pass_rates,
    record,
    rescore,
    restore,
    shares,
    signals,
    tokens,
    tree_outcomes,
    vote_outcomes,
)
from assay.trials.reasoning.compute_optimal_tts._sums import (
    GOOD,
    Size,
    World,
    draw_questions,
    make_world,
    search_trees,
    time_questions,
)

_GREEDY, _LONGER = "greedy", "tuned for longer, greedy"
_ARMS = (MAJORITY, BEST, SUMMED, BEAM)


@trial("2502.06703", claim="math500-1b-majority", pretrained=True)
def searched_sums(bench: Bench) -> None:
    """Search with rewards of steps against majority of as many samples, on sums that a tuned SmolLM2 works out."""
    size = bench.pick(
        quick=Size((2, 2), (2, 4), 2, (4, 8), 8, 1, (0.7,), (3, 3), tokens=4, steps=2, step_tokens=2),
        cpu=Size((60, 4), (10, 8), 20, (4, 16), 64, 5, (0.7, 1.0), (5, 6)),
        cuda=Size((200, 8), (100, 16), 200, (4, 16), 64, 10, (0.5, 0.7, 1.0), (3, 6)),
    )
    lm = bench.on_pretrained(
        f"{size.test} sums of one digit instead of MATH-500, up to {size.pool} samples instead of 512; policy and "
        "rewards tuned here for the task, and no Llama of 1B"
    )
    world = make_world(bench, lm, size)
    test = draw_questions(size.test, size, seed=3)
    warm = _temperatures(bench, world)
    pool = _pool(bench, world, test, warm[MAJORITY])
    first = [replace(each, candidates=each.candidates[: size.n[1]]) for each in pool]
    outcomes: Outcomes = {}
    for n in size.n:
        for arm in _ARMS[:3]:
            outcomes[f"{arm}, {n}"] = vote_outcomes(world.policy, test, pool, arm, n)
        config = world.tree(n, warm[BEAM])
        outcomes[f"{BEAM}, {n}"] = search_trees(bench, world, test, f"beam of {n}", config)
    rates, most = pass_rates(test, pool), size.n[1]
    _show_claim(bench, world, test, pool, outcomes, rates)
    bench.score("samples of the policy that are right", 100 * fmean(rates), unit="%", better="higher",
                at_least=bench.pick(quick=0.0, cpu=20.0), at_most=80.0, binds="measurement")  # fmt: skip
    _show_rewards(bench, world, test, first, warm)
    for name, arm in {"pool": MAJORITY, "beam": BEAM}.items():
        bench.score(f"temperature of the {name}, by validation", warm[arm], better="lower")
    seconds = bench.once("time of a question", partial(_seconds, world, test, warm))
    outcomes[_GREEDY] = _greedy(bench, world, test, _GREEDY, world.policy)
    _show_cost(bench, world, test, pool, outcomes, seconds)
    written = {name: tokens(each) for name, each in outcomes.items() if name.endswith(f", {most}")}
    bench.score("tokens written for a question", written, candidate=f"{BEAM}, {most}", better="lower")


def _show_claim(
    bench: Bench, world: World, test: Questions, pool: Sequence[Solution], outcomes: Outcomes, rates: Sequence[float]
) -> None:
    size = world.size
    for n in size.n:
        signal = signals(pool, probe=size.n[0])
        chosen = {
            CHOSEN: _cross_fit(outcomes, n, rates, signal, known=False),
            ORACLE: _cross_fit(outcomes, n, rates, signal, known=True),
        }
        arms = {**chosen, **{arm: outcomes[f"{arm}, {n}"] for arm in _ARMS}}
        for name, policy in ((_GREEDY, world.policy), (_LONGER, world.longer)):
            arms[name] = _greedy(bench, world, test, name, policy)
        figures = {arm: shares(each, size.parts) for arm, each in arms.items()}
        figures[CEILING] = shares(any_right(test, pool, n), size.parts)
        how: dict[str, Any] = {"candidate": CHOSEN, "baseline": MAJORITY, "better": "higher", "unit": "%"}
        compared = bench.compare(f"questions answered correctly with {n} lines", figures, **how)
        if n == size.n[1]:
            bench.claim(compared)
    if size.pool > size.n[1]:
        at = [*size.n, size.pool]
        lines = {
            arm: [100 * fmean(o.right for o in vote_outcomes(world.policy, test, pool, arm, n)) for n in at]
            for arm in _ARMS[:3]
        }
        lines[BEAM] = [100 * fmean(o.right for o in outcomes[f"{BEAM}, {n}"]) for n in size.n] + [float("nan")]
        lines[CEILING] = [100 * fmean(any_right(test, pool, n)) for n in at]
        bench.curve("questions answered correctly", lines, candidate=BEAM, along="lines", at=at, unit="%")


def _show_rewards(
    bench: Bench, world: World, test: Questions, pool: Sequence[Solution], warm: dict[str, float]
) -> None:
    """What rewards that know less come to."""
    n, few = world.size.n[1], world.size.n[0]
    aucs, votes, best, trees = {}, {}, {}, {}
    for kind in world.rewards:
        scored = restore(bench.once(f"scores by {kind}", partial(_scores, world, pool, kind)))
        aucs[kind] = area(test, scored)
        best[kind] = 100 * fmean(o.right for o in vote_outcomes(world.policy, test, scored, BEST, n))
        votes[kind] = 100 * fmean(o.right for o in vote_outcomes(world.policy, test, scored, SUMMED, n))
        config, name = world.tree(few, warm[BEAM]), f"beam of {few}" + f" by {kind}" * (kind != GOOD)
        trees[kind] = 100 * fmean(o.right for o in search_trees(bench, world, test, name, config, kind))
    least = bench.pick(quick=0.0, cpu=0.6)
    how: dict[str, Any] = {"candidate": GOOD, "better": "higher"}
    bench.score("AUC of rewards on the policy's own answers", aucs, at_least=least, binds="measurement", **how)
    bench.score(f"{BEST}, {n}, by what the rewards learnt from", best, unit="%", **how)
    bench.score(f"{SUMMED}, {n}, by what the rewards learnt from", votes, unit="%", **how)
    bench.score(f"{BEAM}, {few}, by what the rewards learnt from", trees, unit="%", **how)


def _show_cost(
    bench: Bench,
    world: World,
    test: Questions,
    pool: Sequence[Solution],
    outcomes: Outcomes,
    seconds: dict[str, list[float]],
) -> None:
    """Time by that of a greedy answer; and what votes come to at as many tokens, and as much time, as the beam."""
    n = world.size.n[1]
    beam, votes = f"{BEAM}, {n}", f"{MAJORITY}, {n}"
    mean = {arm: fmean(each) for arm, each in seconds.items()}
    times = {arm: [s / g for s, g in zip(each, seconds[_GREEDY], strict=True)] for arm, each in seconds.items()}
    bench.score("time of a question, by that of a greedy answer", times, candidate=beam, better="lower", unit="x")
    ways = {arm: (each, 100 * fmean(o.right for o in outcomes[arm])) for arm, each in seconds.items()}
    bench.spend(f"worked sums of {world.size.terms[0]} and {world.size.terms[1]} terms", ways, candidate=beam)
    sample = tokens(outcomes[votes]) / n
    slope = (mean[votes] - mean[_GREEDY]) / (n - 1)
    equal = {
        "tokens": tokens(outcomes[beam]) / sample,
        "time": 1 + (mean[beam] - mean[_GREEDY]) / slope if slope > 0 else n,
    }
    for what, number in equal.items():
        samples = max(1, min(world.size.pool, round(number)))
        figures = {BEAM: 100 * fmean(o.right for o in outcomes[beam])}
        for arm in _ARMS[:3]:
            figures[arm] = 100 * fmean(o.right for o in vote_outcomes(world.policy, test, pool, arm, samples))
        bench.score(f"questions answered correctly at equal {what}", figures, candidate=BEAM, better="higher", unit="%")


def _temperatures(bench: Bench, world: World) -> dict[str, float]:
    """The best temperature of majority and of the beam, on questions of their own."""
    number, samples = world.size.validation
    validation = draw_questions(number, world.size, seed=2)
    votes, trees = {}, {}
    for temperature in world.size.temperatures:
        config = world.whole(samples, temperature)
        sample = partial(world.sample, validation, config, None, 2)
        pool = restore(bench.once(f"validation: samples at {temperature:g}", sample))
        votes[temperature] = vote_outcomes(world.policy, validation, pool, MAJORITY, samples)
        name = f"validation: beam at {temperature:g}"
        trees[temperature] = search_trees(bench, world, validation, name, world.tree(world.size.n[0], temperature))
    return {MAJORITY: best_temperature(votes), BEAM: best_temperature(trees)}


def _pool(bench: Bench, world: World, test: Questions, temperature: float, size: int = 5) -> list[Solution]:
    """The samples of every question, with the scores of good rewards; a few questions at once."""
    config, pool = world.whole(world.size.pool, temperature), []
    for start in bench.progress(range(0, len(test.prompts), size), "samples"):
        part = test.part(range(start, min(start + size, len(test.prompts))))
        sample = partial(world.sample, part, config, GOOD, 3 + start)
        pool += restore(bench.once(f"samples of questions {start} on", sample))
    return pool


def _scores(world: World, pool: Sequence[Solution], kind: str) -> list[Any]:
    return record(rescore(world.policy, pool, world.rewards[kind]))


def _greedy(bench: Bench, world: World, test: Questions, name: str, policy: Policy) -> list[Outcome]:
    config = SearchConfig("greedy", tokens=world.size.tokens)
    return tree_outcomes(
        test, restore(bench.once(f"answers: {name}", lambda: record(search(policy, test.prompts, config))))
    )


def _cross_fit(
    outcomes: Outcomes, n: int, rates: Sequence[float], signal: Sequence[float], *, known: bool
) -> list[Outcome]:
    """What is chosen for each question by what was best for the other half."""
    configs = named(n, _ARMS)
    chosen: dict[int, Outcome] = {}
    for half in range(2):
        mine, other = (list(range(start, len(rates), 2)) for start in (half, 1 - half))
        part = {name: [outcomes[name][at] for at in other] for name in configs}
        fitted = ComputeOptimal.fit(configs, part, [rates[at] for at in other], [signal[at] for at in other])
        own = {name: [outcomes[name][at] for at in mine] for name in configs}
        picked = choose_outcomes(
            fitted, own, n, rates=[rates[at] for at in mine], signal=[signal[at] for at in mine], known=known
        )
        chosen |= dict(zip(mine, picked, strict=True))
    return [chosen[at] for at in range(len(rates))]


def _seconds(world: World, test: Questions, warm: dict[str, float]) -> dict[str, list[float]]:
    """CPU time of single questions, by arm and number of lines."""
    rewards = world.rewards[GOOD]
    arms: dict[str, tuple[SearchConfig, Any]] = {_GREEDY: (SearchConfig("greedy", tokens=world.size.tokens), None)}
    for n in world.size.n:
        whole = world.whole(n, warm[MAJORITY])
        arms[f"{MAJORITY}, {n}"] = whole, None
        arms[f"{SUMMED}, {n}"] = replace(whole, method="best_of_n"), rewards
        arms[f"{BEAM}, {n}"] = world.tree(n, warm[BEAM]), rewards
    return time_questions(world, test.part(range(1 if len(test.prompts) < 4 else 4)), arms)
