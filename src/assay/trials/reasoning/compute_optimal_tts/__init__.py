"""Compute-optimal search in small: nets that walk through a table, as the control beside the pretrained model.

The policy is right about half the time; what it does not know, rewards may. Every method gets 16 lines a question and
its own best temperature on validation questions. The chooser learns from those, and is judged on others: with the
difficulty known, and guessed from four samples. Rewards differ in one thing at a time: labels as they are, 3 of 10 the
wrong way round, errors made up and none of the policy's own, and (on a GPU) the body of the policy itself, which has
never seen what the policy does not know.

The body of the good rewards knows the table, and so they are privileged: what is seen here says that search and
rewards work as they should, and little about language models. Budget: about four minutes on two cores, most of it
for training. A figure is of a quarter of the questions of a seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from statistics import fmean
from typing import Any

from assay.methods.reasoning.compute_optimal_tts import ComputeOptimal, Outcome, SearchConfig, Solution, search
from assay.testbed.training import one_thread
from assay.trials import Bench, trial
from assay.trials.reasoning.compute_optimal_tts._arms import (
    BEAM,
    BEST,
    CEILING,
    CHOSEN,
    DVTS,
    MAJORITY,
    ORACLE,
    SUMMED,
    TREES,
    Outcomes,
    Questions,
    any_right,
    area,
    best_temperature,
    choose_outcomes,
    grow,
    named,
    pass_rates,
    rescore,
    shares,
    signals,
    tokens,
    tree_outcomes,
    vote_outcomes,
)
from assay.trials.reasoning.compute_optimal_tts._walks import FOREIGN, GOOD, NOISY, OWN, Walks

_PAPER = "2502.06703"
_GREEDY, _LONGER = "greedy", "longer-trained net, greedy"
_ARMS = (MAJORITY, BEST, SUMMED, BEAM, DVTS)
_TOKENS = 14
"""Of an answer, at most: ten in the longest walk."""
_PARTS = 4
"""Of the questions of a seed, each with a figure of its own."""
Figures = dict[str, Any]


@dataclass(frozen=True)
class _Size:
    updates: tuple[int, int, int]
    rows: int
    questions: int
    temperatures: tuple[float, ...]
    n: tuple[int, ...] = (4, 16)
    places: int = 24


def _size(bench: Bench) -> _Size:
    return bench.pick(
        quick=_Size((50, 60, 20), 200, 20, (0.7,), n=(4,), places=8),
        cpu=_Size((260, 300, 400), 8_000, 100, (0.7, 1.0)),
        cuda=_Size((260, 300, 400), 24_000, 600, (0.5, 0.7, 1.0, 1.3)),
    )


@trial(_PAPER, claim="math500-1b-majority")
def chosen_search(bench: Bench) -> None:
    """The configuration that is chosen by difficulty against majority, on walks through a table."""
    size = _say(bench)
    with one_thread():
        runs = [bench.once(f"seed {seed}", partial(_run, size, seed)) for seed in bench.seeds(cpu=2, cuda=5)]
    for n in size.n:
        figures = {arm: _right(runs, n, arm) for arm in runs[0]["right"][str(n)]}
        how: dict[str, Any] = {"candidate": CHOSEN, "baseline": MAJORITY, "better": "higher", "unit": "%"}
        compared = bench.compare(f"questions answered correctly with {n} lines", figures, **how)
    bench.claim(compared)
    written = {arm: [run["tokens"][arm] for run in runs] for arm in runs[0]["tokens"]}
    bench.score(f"tokens written for a question with {n} lines", written, candidate=CHOSEN, better="lower")
    least = bench.pick(quick=0.0, cpu=0.6)
    aucs = [run["auc"] for run in runs]
    bench.score("AUC of rewards", aucs, better="higher", at_least=least, binds="measurement")
    _show_other_rewards(bench, size)


@trial(_PAPER, claim="math500-3b")
def small_against_longer(bench: Bench) -> None:
    """Search with a small net against greedy answers of the same net, trained for longer."""
    size = _say(bench)
    with one_thread():
        runs = [bench.once(f"seed {seed}", partial(_run, size, seed)) for seed in bench.seeds(cpu=2, cuda=5)]
    figures = {arm: _right(runs, size.n[-1], arm) for arm in (CHOSEN, MAJORITY, _GREEDY, _LONGER)}
    how: dict[str, Any] = {"candidate": CHOSEN, "baseline": _LONGER, "better": "higher", "unit": "%"}
    bench.claim(bench.compare("questions answered correctly", figures, **how))


def _right(runs: Sequence[Figures], n: int, arm: str) -> list[float]:
    return [share for run in runs for share in run["right"][str(n)][arm]]


def _say(bench: Bench) -> _Size:
    size = _size(bench)
    bench.setting(
        "trained here",
        model="Llama, 48 wide, 2 layers",
        differs=f"{size.questions} walks through a table of {size.places} places instead of MATH-500, {size.n[-1]} "
        "lines instead of 512; rewards whose body knows the table",
    )
    return size


@cache  # both trials need it, and rewards take long to train
def _run(size: _Size, seed: int) -> Figures:
    """All arms from one seed: their right answers by number of lines, and what they write."""
    world = Walks(seed, size.updates, size.rows, size.places)
    policy = world.policy(world.net(size.updates[0], evenly=False))
    longer = world.policy(world.net(size.updates[1], evenly=False))
    rewards = _rewards(size, seed, GOOD)
    validation, test = (world.draw(size.questions, seed=1_000 * (seed + 1) + at)[0] for at in range(2))
    tried = {t: _outcomes(policy, validation, rewards, size, t) for t in size.temperatures}
    best = {
        name: best_temperature({t: outcomes[name] for t, (outcomes, _) in tried.items()})
        for name in tried[size.temperatures[0]][0]
    }
    tested = {t: _outcomes(policy, test, rewards, size, t) for t in sorted(set(best.values()))}
    outcomes = {name: tested[t][0][name] for name, t in best.items()}
    known = {name: tried[t][0][name] for name, t in best.items()}
    base = best[f"{MAJORITY}, {size.n[-1]}"]
    rates, pool = pass_rates(test, tested[base][1]), tested[base][1]
    learnt = pass_rates(validation, tried[base][1])
    greedy = {name: _greedy(each, test) for name, each in ((_GREEDY, policy), (_LONGER, longer))}
    right, written = {}, {}
    for n in size.n:
        fitted = ComputeOptimal.fit(named(n), {name: known[name] for name in named(n)}, learnt, signals(tried[base][1]))
        arms = {arm: outcomes[f"{arm}, {n}"] for arm in _ARMS}
        for name, is_known in ((CHOSEN, False), (ORACLE, True)):
            arms[name] = choose_outcomes(fitted, outcomes, n, rates=rates, signal=signals(pool), known=is_known)
        single = max(named(n), key=lambda name: round(fmean(o.right for o in known[name]), 9))
        arms["best single configuration on validation"] = outcomes[single]
        arms |= greedy
        right[str(n)] = {arm: shares(each, _PARTS) for arm, each in arms.items()}
        right[str(n)][CEILING] = shares(any_right(test, pool, n), _PARTS)
        written = {arm: tokens(each) for arm, each in arms.items()}
    return {"right": right, "tokens": written, "auc": area(test, pool), "temperatures": best}


@cache
def _rewards(size: _Size, seed: int, kind: str) -> Any:
    world = Walks(seed, size.updates, size.rows, size.places)
    return world.rewards(kind, world.policy(world.net(size.updates[0], evenly=False)), world.body())


def _outcomes(
    policy: Any, questions: Questions, rewards: Any, size: _Size, temperature: float
) -> tuple[Outcomes, list[Solution]]:
    """What every configuration comes to at a temperature; and the pool of samples."""
    most = SearchConfig("majority", n=size.n[-1], temperature=temperature, tokens=_TOKENS)
    pool = grow(policy, questions, rewards, most, seed=1)
    outcomes: Outcomes = {}
    for n in size.n:
        for arm in _ARMS[:3]:
            outcomes[f"{arm}, {n}"] = vote_outcomes(policy, questions, pool, arm, n)
        for arm, how in TREES.items():
            config = replace(most, n=n, steps=_TOKENS, **how)
            outcomes[f"{arm}, {n}"] = tree_outcomes(questions, grow(policy, questions, rewards, config, seed=n))
    return outcomes, pool


def _greedy(policy: Any, questions: Questions) -> list[Outcome]:
    return tree_outcomes(questions, search(policy, questions.prompts, SearchConfig("greedy", tokens=_TOKENS)))


def _show_other_rewards(bench: Bench, size: _Size) -> None:
    """Each method by what its rewards have learnt, one thing changed at a time."""
    kinds = bench.pick(quick=(GOOD,), cpu=(GOOD, NOISY, FOREIGN), cuda=(GOOD, NOISY, FOREIGN, OWN))
    with one_thread():
        by_kind = {kind: bench.once(f"rewards: {kind}", partial(_other, size, bench.seed, kind)) for kind in kinds}
    for arm in ("AUC of rewards on the policy's own answers", *_ARMS):
        figures = {kind: by_kind[kind][arm] for kind in kinds}
        unit, name = ("%", f"{arm}, {size.n[-1]}, by what the rewards learnt from") if arm in _ARMS else ("", arm)
        bench.score(name, figures, candidate=GOOD, better="higher", unit=unit)


def _other(size: _Size, seed: int, kind: str) -> Figures:
    world = Walks(seed, size.updates, size.rows, size.places)
    policy = world.policy(world.net(size.updates[0], evenly=False))
    rewards = _rewards(size, seed, kind)
    test, _ = world.draw(size.questions, seed=5_000 + seed)
    lines = size.n[-1:]
    outcomes, pool = _outcomes(policy, test, rewards, replace(size, n=lines), 0.7)
    right = {arm: shares(outcomes[f"{arm}, {lines[0]}"], 1)[0] for arm in _ARMS}
    return {"AUC of rewards on the policy's own answers": area(test, rescore(policy, pool, rewards)), **right}
