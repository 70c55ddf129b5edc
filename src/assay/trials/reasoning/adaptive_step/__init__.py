"""AdaptiveStep on a language whose choices are known: are they where it cuts, and what are labels there worth?

A small Llama learns a language in which three tokens of an answer are choices and all others follow from the question
(`assay.testbed.tasks.crossroads`). Line breaks stand where nothing is decided, and so do the ends of steps of eight
tokens, unless by chance. Models of step rewards are trained, from the policy's weights, on labels of its own answers;
arms differ in nothing but where answers are cut, and spend the same number of rollouts. What an arm needs to choose
among eight answers as well as line breaks do on the whole budget is its cost, as the claim has it.

The quantile is 10 %, since 9.4 % of the tokens are choices; the paper's 2 % is shown. Rewards of steps that end *at* an
unsure token stand beside the paper's, which end before it: guided decoding asks for the value right behind such a
token, where the paper's have no label. So its candidate here is the former, and both are shown.

Budget on two quiet cores: a minute and a half. For each of two seeds a policy (10 s, kept in the cache), 51,200
rollouts of some 15 tokens (10 s), and eight models of rewards of 4 s each.
"""

from dataclasses import dataclass
from functools import cache, partial
from math import exp
from typing import Any

from assay.methods._branches import Branches, Usage
from assay.methods.reasoning.adaptive_step import (
    ConfidenceSplitter,
    GuidedDecoding,
    Rollouts,
    StepTraining,
    ends_after,
    ends_every,
)
from assay.testbed.models import tiny
from assay.testbed.tasks.crossroads import BREAK, LENGTH, Crossroads
from assay.testbed.training import one_thread, train_once
from assay.trials import Bench, trial
from assay.trials.reasoning.adaptive_step._arms import (
    ADAPTIVE,
    ENDS,
    FIXED,
    LINES,
    Cut,
    Policy,
    Sampled,
    best_of_n,
    label,
    rollouts_to_reach,
    train,
)

_PAPER = "2502.13943"
CLOSING = "AdaptiveStep, steps end at the unsure token"
GREEDY, GUIDED = "greedy decoding", "guided decoding"
GUIDED_BEFORE = "guided by rewards of steps that end before it"
_QUANTILES = (0.02, 0.05, 0.1)
_TASK = Crossroads()
_TOKENS = LENGTH + 2
_UNSURE = 0.9
"""Below this highest probability the rewards choose: choices of the language lie below, and nothing else does."""


@dataclass(frozen=True)
class _Size:
    hidden: int
    steps: int
    """Updates of the policy."""
    batch: int
    rate: float
    questions: tuple[int, int]
    """To label answers of, and to test on."""
    answers: tuple[int, int]
    """To each question of these."""
    budgets: tuple[int, ...]
    """Rollouts."""
    epochs: int
    """Of the rewards' training."""


@trial(_PAPER, claim="construction-cost")
def cost_of_labels(bench: Bench) -> None:
    """Rollouts for labels: cuts where the policy is unsure against line breaks and steps of equal length."""
    size, runs = _runs(bench)
    arms = (ADAPTIVE, LINES, FIXED, CLOSING)
    accuracy = {arm: [run["best of n"][arm] for run in runs] for arm in arms}
    reached = {
        arm: [
            rollouts_to_reach(run["best of n"][LINES][-1], (0, *size.budgets), (run["ends"], *run["best of n"][arm]))
            for run in runs
        ]
        for arm in (ADAPTIVE, CLOSING)
    }
    reached[LINES] = [float(size.budgets[-1])] * len(runs)
    name = "rollouts until the best of 8 is as often right as with line breaks on the whole budget"
    bench.claim(bench.compare(name, reached, candidate=ADAPTIVE, baseline=LINES, unit="rollouts", better="lower"))
    last = {arm: [each[-1] for each in values] for arm, values in accuracy.items()}
    last |= {
        ENDS: [run["ends"] for run in runs],
        "an answer at random": [run["random"] for run in runs],
        "any answer is right": [run["oracle"] for run in runs],
    }
    name = f"right answers chosen from 8, {size.budgets[-1]:,} rollouts"
    bench.compare(name, last, candidate=ADAPTIVE, baseline=LINES, unit="%", better="higher")
    if len(size.budgets) > 1:
        curves = {arm: [list(points) for points in zip(*values, strict=True)] for arm, values in accuracy.items()}
        how: dict[str, Any] = {"candidate": ADAPTIVE, "along": "rollouts", "at": size.budgets, "unit": "%"}
        bench.curve("right answers chosen from 8", curves, **how)
    _show_cuts(bench, runs)


@trial(_PAPER, claim="guided-decoding-gsm8k")
def guided(bench: Bench) -> None:
    """Right answers of decoding that rewards guide at single tokens, against greedy decoding."""
    _, runs = _runs(bench)
    arms = (GREEDY, GUIDED, GUIDED_BEFORE)
    right = {arm: [run["right"][arm] for run in runs] for arm in arms}
    right["best of 8 by the same rewards"] = [run["best of n"][CLOSING][-1] for run in runs]
    bench.claim(bench.compare("right answers", right, candidate=GUIDED, baseline=GREEDY, unit="%", better="higher"))
    tokens = [run["guided tokens"] for run in runs]
    bench.score("tokens of an answer that are guided", tokens, better="lower")
    read = [run["read"] for run in runs]
    bench.score("tokens that the rewards read for one written", read, better="lower")
    _show_cuts(bench, runs)


def _show_cuts(bench: Bench, runs: list[dict[str, Any]]) -> None:
    """How many borders are choices; if few are, nothing was cut where the language decides."""
    for quantile in _QUANTILES:
        precision = [run["cuts"][f"{quantile}"][0] for run in runs]
        bounds: dict[str, Any] = {"at_least": 80.0, "binds": "measurement"} if quantile == _QUANTILES[0] else {}
        name = f"borders that are choices, at a quantile of {quantile:.0%}"
        bench.score(name, precision, unit="%", better="higher", **bounds)
        recall = [run["cuts"][f"{quantile}"][1] for run in runs]
        bench.score(f"choices that are borders, at {quantile:.0%}", recall, unit="%", better="higher")
    sure = {"line breaks": [run["sure"][0] for run in runs], "choices": [run["sure"][1] for run in runs]}
    bench.score("mean probability of tokens written", sure, candidate="choices", better="lower")


def _runs(bench: Bench) -> tuple[_Size, list[dict[str, Any]]]:
    size = bench.pick(
        quick=_Size(32, 300, 32, 6e-3, (12, 12), (4, 4), (64,), 1),
        cpu=_Size(48, 500, 64, 3e-3, (400, 300), (4, 8), (6_400, 12_800), 6),
        cuda=_Size(64, 2_000, 64, 3e-3, (800, 1_000), (4, 8), (6_400, 12_800, 25_600), 8),
    )
    seeds = bench.seeds(cpu=2, cuda=5)
    bench.setting(
        "trained here",
        model=f"Llama, {size.hidden} wide, 2 layers",
        differs=f"a made-up language with three choices an answer; {size.questions[0] * size.answers[0]:,} answers "
        f"labelled by up to {size.budgets[-1]:,} rollouts, {size.questions[1]:,} other questions to test on; against "
        "other cuts of the same answers instead of other people's reward models",
    )
    device = str(bench.device)
    return size, [bench.once(f"seed {seed}", partial(_run, size, seed, device)) for seed in seeds]


@cache  # both trials show it
def _run(size: _Size, seed: int, device: str) -> dict[str, Any]:
    """All that is measured from one seed, in per cent."""
    policy = Policy(_policy(size, seed, device), _TASK.is_right, _TOKENS, temperature=1.0)
    source = policy.sample(_TASK.questions(size.questions[0], seed=2 * seed + 1), size.answers[0], seed=seed)
    tested = policy.sample(_TASK.questions(size.questions[1], seed=2 * seed + 2), size.answers[1], seed=seed + 1)
    before, closing = (ConfidenceSplitter.fit(source.log_probs(), 0.1, boundary=side) for side in ("before", "after"))
    cuts: dict[str, Cut] = {
        ADAPTIVE: lambda each: before.ends(each.log_probs),
        CLOSING: lambda each: closing.ends(each.log_probs),
        LINES: lambda each: ends_after(each.tokens, {BREAK}),
        FIXED: lambda each: ends_every(len(each.tokens), 8),
    }
    training = StepTraining("all", epochs=size.epochs, lr=3e-3, batch=32)
    rollouts = Rollouts(number=8, temperature=1.0, tokens=_TOKENS, batch=512)
    chosen: dict[str, list[float]] = {}
    rewards: dict[str, Any] = {}
    with one_thread():
        for arm, cut in cuts.items():
            labels = label(policy, source.cut(cut), budget=size.budgets[-1], rollouts=rollouts, seed=seed)
            budgets = size.budgets[-1:] if arm == FIXED else size.budgets
            models = [train(policy, labels.within(budget), training, seed=seed) for budget in budgets]
            scores = [_percent(best_of_n(model, tested, cut)) for model in models]
            chosen[arm] = [float("nan")] * (len(size.budgets) - len(budgets)) + scores
            rewards[arm] = models[-1]
        ends = train(policy, labels.within(0), training, seed=seed)
    return {
        "best of n": chosen,
        "ends": _percent(best_of_n(ends, tested, lambda each: [len(each.tokens)])),
        "random": _percent([float(each) for group in tested.right for each in group]),
        "oracle": _percent([float(any(group)) for group in tested.right]),
        "cuts": {f"{quantile}": _choices_cut(source, quantile) for quantile in _QUANTILES},
        "sure": _sureness(source),
    } | _guide(policy, tested, rewards)


def _guide(policy: Policy, tested: Sampled, rewards: dict[str, Any]) -> dict[str, Any]:
    """Greedy and guided answers to the same questions, and what guiding costs."""
    settings, usage = GuidedDecoding(threshold=_UNSURE, tokens=_TOKENS), Usage()
    plain = Branches.read(policy.model, tested.prompts, method="Greedy decoding").write(_TOKENS)
    answers = {GREEDY: [each.tokens for each in plain]}
    guided = settings(policy.model, None, tested.prompts, rewards[CLOSING], rewards_usage=usage)
    answers[GUIDED] = [each.tokens for each in guided]
    answers[GUIDED_BEFORE] = [each.tokens for each in settings(policy.model, None, tested.prompts, rewards[ADAPTIVE])]
    right = {
        arm: _percent([float(policy.is_right(p, t)) for p, t in zip(tested.prompts, tokens, strict=True)])
        for arm, tokens in answers.items()
    }
    written = sum(len(each.tokens) for each in guided)
    return {
        "right": right,
        "guided tokens": sum(len(each.guided) for each in guided) / len(guided),
        "read": usage.read / written,
    }


def _choices_cut(source: Sampled, quantile: float) -> tuple[float, float]:
    """How many borders are choices, and how many choices are borders."""
    splitter = ConfidenceSplitter.fit(source.log_probs(), quantile)
    borders = choices = both = 0
    for prompt, group in zip(source.prompts, source.answers, strict=True):
        for each in group:
            places = set(splitter.borders(each.log_probs))
            borders, choices = borders + len(places), choices + 3
            both += len(places & set(_TASK.choices(prompt)))
    return 100 * both / max(1, borders), 100 * both / choices


def _sureness(source: Sampled) -> tuple[float, float]:
    """The mean probability of line breaks and of choices, as they were written."""
    breaks, choices = [], []
    for prompt, group in zip(source.prompts, source.answers, strict=True):
        for each in group:
            pairs = enumerate(zip(each.tokens, each.log_probs, strict=True))
            for place, (token, log) in pairs:
                if token == BREAK:
                    breaks.append(exp(log))
                elif place in _TASK.choices(prompt):
                    choices.append(exp(log))
    return sum(breaks) / max(1, len(breaks)), sum(choices) / max(1, len(choices))


def _percent(right: list[float]) -> float:
    return 100 * sum(right) / len(right)


def _policy(size: _Size, seed: int, device: str) -> Any:
    with one_thread():
        model: Any = train_once(
            {"task": repr(_TASK), "size": repr(size), "seed": seed},
            lambda: tiny("llama", vocab_size=_TASK.vocab_size, hidden=size.hidden, layers=2, seed=seed),
            _TASK.batches(size.batch, seed=seed),
            device=device,
            steps=size.steps,
            lr=size.rate,
            seed=seed,
            what="a policy",
        )
    return model.to(device)
