"""Compute-optimal search on a pretrained model: SmolLM2-135M-Instruct, tuned on worked sums.

The policy is the testbed's, whose steps are lines and can be checked exactly. The rewards are a head on the frozen body
of a copy that was tuned a little further, fitted to labels of the policy's own answers; that copy itself, answering
greedily, is what search is also held against. Ten more updates with a fresh optimiser turned out to make it worse: what
stands there as longer-trained is no better model, and whether search beats one stays open. Beside rewards that know the
policy's errors stand two that should be of less use: 3 of 10 labels wrong, and labels of made-up errors alone.

Majority and best of N read one pool of samples and differ by the vote alone; a smaller N is the mean over parts of the
pool. Its temperature is majority's best on validation questions, the beam's is its own. The configuration is chosen by
difficulty on one half of the questions and judged on the other, in turn. DVTS, and the chooser on more than a handful
of questions, are left to the control, whose nets are small; pools of 64 to a GPU.

Budget on two quiet cores: about 40,000 sampled tokens in bf16 and as many read by the rewards, five minutes, and more
where the policy is not tuned yet. 16 questions, so that only arms that differ by half of the questions are told apart.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean
from time import process_time
from typing import Any

import torch

from assay.methods._answers import same_answer
from assay.methods.reasoning.compute_optimal_tts import (
    ComputeOptimal,
    Outcome,
    Policy,
    SearchConfig,
    Solution,
    StepLabels,
    label_steps,
    search,
    train_step_rewards,
)
from assay.testbed.code import content_hash
from assay.testbed.pretrained import LanguageModel
from assay.testbed.tasks.worked_sums import WorkedSum, draw_worked_sums
from assay.testbed.tuned_policy import step_ids, tuned_policy
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

_GREEDY, _LONGER = "greedy", "after ten more updates, greedy"
_GOOD, _NOISY, _FOREIGN = "labels of the policy's own answers", "3 of 10 labels wrong", "labels of made-up errors"
_ARMS = (MAJORITY, BEST, SUMMED, BEAM)
_MORE = 10
"""Updates beyond the policy's."""


@dataclass(frozen=True)
class _Size:
    rollouts: tuple[int, int]
    """Questions that rewards learn from, and samples of each."""
    validation: tuple[int, int]
    test: int
    n: tuple[int, int]
    pool: int
    parts: int
    temperatures: tuple[float, ...]
    terms: tuple[int, int]
    tokens: int = 64


@dataclass(frozen=True)
class _World:
    """Policies and rewards."""

    policy: Policy
    longer: Policy
    rewards: dict[str, Any]
    size: _Size

    def tree(self, n: int, temperature: float = 0.7) -> SearchConfig:
        """A beam of n lines."""
        return replace(self.whole(n, temperature), method="beam", width=min(4, n), steps=12, step_tokens=24)

    def whole(self, n: int, temperature: float = 0.7) -> SearchConfig:
        """So many samples."""
        return SearchConfig("majority", n=n, temperature=temperature, tokens=self.size.tokens)


@trial("2502.06703", claim="math500-1b-majority", pretrained=True)
def searched_sums(bench: Bench) -> None:
    """Search with rewards of steps against majority of as many samples, on sums that a tuned SmolLM2 works out."""
    size = bench.pick(
        quick=_Size((2, 2), (2, 4), 2, (4, 8), 8, 1, (0.7,), (3, 3), tokens=8),
        cpu=_Size((24, 4), (6, 4), 16, (4, 16), 16, 4, (0.7, 1.2), (5, 6)),
        cuda=_Size((200, 8), (100, 16), 200, (4, 16), 64, 10, (0.5, 0.7, 1.0), (3, 6)),
    )
    lm = bench.on_pretrained(
        f"{size.test} sums of one digit instead of MATH-500, up to {size.pool} samples instead of 512; policy and "
        "rewards tuned here for the task, and no Llama of 1B"
    )
    world = _world(bench, lm, size)
    test = _draw(size.test, size, seed=3)
    warm = _temperatures(bench, world)
    pool = _pool(bench, world, test, warm[MAJORITY])
    first = [replace(each, candidates=each.candidates[: size.n[1]]) for each in pool]
    outcomes: Outcomes = {}
    for n in size.n:
        for arm in _ARMS[:3]:
            outcomes[f"{arm}, {n}"] = vote_outcomes(world.policy, test, pool, arm, n)
        config = world.tree(n, warm[BEAM])
        outcomes[f"{BEAM}, {n}"] = _searched(bench, world, test, f"beam of {n}", config, _GOOD)
    rates, most = pass_rates(test, pool), size.n[1]
    _show_claim(bench, world, test, pool, outcomes, rates)
    bench.score("samples of the policy that are right", 100 * fmean(rates), unit="%", better="higher",
                at_least=bench.pick(quick=0.0, cpu=20.0), at_most=80.0, binds="measurement")  # fmt: skip
    _show_rewards(bench, world, test, first, warm)
    for name, arm in {"pool": MAJORITY, "beam": BEAM}.items():
        bench.score(f"temperature of the {name}, by validation", warm[arm], better="lower")
    seconds = bench.once("time of a question", partial(_seconds, world, test, warm))
    _show_cost(bench, world, test, pool, outcomes, seconds)
    written = {name: tokens(each) for name, each in outcomes.items() if name.endswith(f", {most}")}
    bench.score("tokens written for a question", written, candidate=f"{BEAM}, {most}", better="lower")


def _show_claim(
    bench: Bench, world: _World, test: Questions, pool: Sequence[Solution], outcomes: Outcomes, rates: Sequence[float]
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
    bench: Bench, world: _World, test: Questions, pool: Sequence[Solution], warm: dict[str, float]
) -> None:
    """What rewards that know less come to."""
    n, few = world.size.n[1], world.size.n[0]
    aucs, votes, best, trees = {}, {}, {}, {}
    for kind in world.rewards:
        scored = restore(bench.once(f"scores by {kind}", partial(_scores, world, pool, kind)))
        aucs[kind] = area(test, scored)
        best[kind] = 100 * fmean(o.right for o in vote_outcomes(world.policy, test, scored, BEST, n))
        votes[kind] = 100 * fmean(o.right for o in vote_outcomes(world.policy, test, scored, SUMMED, n))
        config, name = world.tree(few, warm[BEAM]), f"beam of {few}" + f" by {kind}" * (kind != _GOOD)
        trees[kind] = 100 * fmean(o.right for o in _searched(bench, world, test, name, config, kind))
    least = bench.pick(quick=0.0, cpu=0.6)
    how: dict[str, Any] = {"candidate": _GOOD, "better": "higher"}
    bench.score("AUC of rewards on the policy's own answers", aucs, at_least=least, binds="measurement", **how)
    bench.score(f"{BEST}, {n}, by what the rewards learnt from", best, unit="%", **how)
    bench.score(f"{SUMMED}, {n}, by what the rewards learnt from", votes, unit="%", **how)
    bench.score(f"{BEAM}, {few}, by what the rewards learnt from", trees, unit="%", **how)


def _show_cost(
    bench: Bench,
    world: _World,
    test: Questions,
    pool: Sequence[Solution],
    outcomes: Outcomes,
    seconds: dict[str, list[float]],
) -> None:
    """Time by that of a greedy answer; and what votes come to at as many tokens, and as much time, as the beam."""
    n = world.size.n[1]
    beam = f"{BEAM}, {n}"
    mean = {arm: fmean(each) for arm, each in seconds.items()}
    times = {arm: [s / g for s, g in zip(each, seconds[_GREEDY], strict=True)] for arm, each in seconds.items()}
    bench.score("time of a question, by that of a greedy answer", times, candidate=BEAM, better="lower", unit="x")
    passes = {"greedy answers": 1000 * mean[_GREEDY], "beam": 1000 * mean[BEAM]}
    bench.score("time of a question", passes, candidate="beam", better="lower", unit="ms")
    sample = tokens(outcomes[f"{MAJORITY}, {n}"]) / n
    slope = (mean[MAJORITY] - mean[_GREEDY]) / (n - 1)
    equal = {
        "tokens": tokens(outcomes[beam]) / sample,
        "time": 1 + (mean[BEAM] - mean[_GREEDY]) / slope if slope > 0 else n,
    }
    for what, number in equal.items():
        samples = max(1, min(world.size.pool, round(number)))
        figures = {BEAM: 100 * fmean(o.right for o in outcomes[beam])}
        for arm in _ARMS[:3]:
            figures[arm] = 100 * fmean(o.right for o in vote_outcomes(world.policy, test, pool, arm, samples))
        bench.score(f"questions answered correctly at equal {what}", figures, candidate=BEAM, better="higher", unit="%")


# Policies, rewards and questions


def _world(bench: Bench, lm: LanguageModel, size: _Size) -> _World:
    if bench.quick:  # too little time to tune anything: what comes out means nothing, and shows that it runs
        tuned = longer = lm
    else:
        tuned = tuned_policy(lm)
        base = replace(tuned, fingerprint=content_hash([tuned.fingerprint, tuned.name]))
        longer = tuned_policy(base, steps=_MORE)
        for each in (tuned, longer):
            model: Any = each.model
            model.to(torch.bfloat16)
    world = _World(_policy(tuned), _policy(longer), {}, size)
    for kind, rows in _labels(bench, world, tuned).items():
        world.rewards[kind] = train_step_rewards(longer.model, rows)
    return world


def _policy(lm: LanguageModel) -> Policy:
    return Policy(lm.model, lm.tokenizer, step_end="\n", is_whole=lambda text: "\n" in text.partition("Answer:")[2])


def _sums(number: int, size: _Size, *, seed: int) -> list[WorkedSum]:
    return draw_worked_sums(number, terms=size.terms, seed=seed)


def _draw(number: int, size: _Size, *, seed: int) -> Questions:
    sums = _sums(number, size, seed=seed)
    return Questions([each.prompt for each in sums], lambda at, answer: same_answer(answer, sums[at].answer))


def _labels(bench: Bench, world: _World, lm: LanguageModel) -> dict[str, list[StepLabels]]:
    """Steps with exact labels, by where they come from."""
    number, each = world.size.rollouts
    sums = _sums(number, world.size, seed=1)
    config = world.whole(each, temperature=1.0)
    sample = lambda: record(search(world.policy, [one.prompt for one in sums], config, seed=1))  # noqa: E731
    sampled = restore(bench.once("answers that rewards learn from", sample))
    check = lambda at, steps: [float(right) for right in sums[at].right_steps(steps)]  # noqa: E731
    own = label_steps(world.policy, sampled, check)
    made_up = [_with_error(lm, one, 10 * at + copy) for at, one in enumerate(sums) for copy in range(each)]
    own += made_up[:4] if bench.quick else []  # so that labels are not all alike
    draw = random.Random(bench.seed)  # noqa: S311 - noise, not a secret
    noisy = [replace(row, values=[1 - v if draw.random() < 0.3 else v for v in row.values]) for row in own]
    return {_GOOD: own, _NOISY: noisy, _FOREIGN: made_up}


def _with_error(lm: LanguageModel, one: WorkedSum, seed: int) -> StepLabels:
    """The worked solution; in two of three, one line's result is off by one or two, and the rest as it was."""
    draw, steps = random.Random(seed), list(one.steps)  # noqa: S311
    if draw.random() < 2 / 3:
        at = draw.randrange(len(steps))
        head, _, value = steps[at].rpartition(" ")
        steps[at] = f"{head} {int(value) + draw.choice((-2, -1, 1, 2))}\n"
    ids, ends = step_ids(lm, [one.prompt]), []
    for step in steps:
        ids += step_ids(lm, [step])
        ends.append(len(ids))
    return StepLabels(ids, ends, [float(right) for right in one.right_steps(steps)])


# Sampling and searching, each part kept


def _temperatures(bench: Bench, world: _World) -> dict[str, float]:
    """The best temperature of majority and of the beam, on questions of their own."""
    number, samples = world.size.validation
    validation = _draw(number, world.size, seed=2)
    votes, trees = {}, {}
    for temperature in world.size.temperatures:
        config = world.whole(samples, temperature)
        sample = partial(_recorded, world, validation, config, None, 2)
        pool = restore(bench.once(f"validation: samples at {temperature:g}", sample))
        votes[temperature] = vote_outcomes(world.policy, validation, pool, MAJORITY, samples)
        name = f"validation: beam at {temperature:g}"
        trees[temperature] = _searched(bench, world, validation, name, world.tree(world.size.n[0], temperature), _GOOD)
    return {MAJORITY: best_temperature(votes), BEAM: best_temperature(trees)}


def _pool(bench: Bench, world: _World, test: Questions, temperature: float, size: int = 5) -> list[Solution]:
    """The samples of every question, with the scores of good rewards; a few questions at once."""
    config, pool = world.whole(world.size.pool, temperature), []
    for start in bench.progress(range(0, len(test.prompts), size), "samples"):
        part = test.part(range(start, min(start + size, len(test.prompts))))
        sample = partial(_recorded, world, part, config, _GOOD, 3 + start)
        pool += restore(bench.once(f"samples of questions {start} on", sample))
    return pool


def _recorded(world: _World, questions: Questions, config: SearchConfig, kind: str | None, seed: int) -> list[Any]:
    rewards = None if kind is None else world.rewards[kind]
    return record(search(world.policy, questions.prompts, config, rewards, seed=seed))


def _searched(
    bench: Bench, world: _World, questions: Questions, name: str, config: SearchConfig, kind: str
) -> list[Outcome]:
    solutions = bench.once(name, partial(_recorded, world, questions, config, kind, 5))
    return tree_outcomes(questions, restore(solutions))


def _scores(world: _World, pool: Sequence[Solution], kind: str) -> list[Any]:
    return record(rescore(world.policy, pool, world.rewards[kind]))


def _greedy(bench: Bench, world: _World, test: Questions, name: str, policy: Policy) -> list[Outcome]:
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


def _seconds(world: _World, test: Questions, warm: dict[str, float]) -> dict[str, list[float]]:
    """CPU time of single questions, in turns."""
    n, rewards = world.size.n[1], world.rewards[_GOOD]
    whole = world.whole(n, warm[MAJORITY])
    arms: dict[str, tuple[SearchConfig, Any]] = {
        _GREEDY: (SearchConfig("greedy", tokens=world.size.tokens), None),
        MAJORITY: (whole, None),
        SUMMED: (replace(whole, method="best_of_n"), rewards),
        BEAM: (world.tree(n, warm[BEAM]), rewards),
    }
    seconds: dict[str, list[float]] = {arm: [] for arm in arms}
    for prompt in test.prompts[:3]:
        for arm, (config, scores) in arms.items():
            began = process_time()
            search(world.policy, [prompt], config, scores, seed=9)
            seconds[arm].append(process_time() - began)
    return {arm: each[1:] or each for arm, each in seconds.items()}  # the first warms up
