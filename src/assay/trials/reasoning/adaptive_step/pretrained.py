"""AdaptiveStep on a real model: SmolLM2, tuned on worked sums until it is right about half the time, and its rewards.

Where it is unsure on sums of three to five terms is shown: most borders should be digits of results. Rewards are heads
on its frozen hidden states, fitted to labels of its own answers; arms differ in nothing but where answers are cut and
spend the same number of rollouts. All answers' ends are labelled too, in all arms, which costs no rollout. The cost of
an arm is how many rollouts it needs to choose as well as line breaks do with all of them. Borders are the lowest 5 % of
tokens, one or two of the 32 of an answer: the paper's 2 % of its longer answers are about as many.

Heads on frozen states tell hard sums from easy ones (an area under the curve of 0.75 with exact labels of 160 answers)
and hardly one answer to a sum from another. Whether they choose better than chance is therefore a condition, and the
answer that the policy itself finds likeliest, which costs nothing, is shown. Rewards that choose need their body
trained, which does not go into this budget.

The rewards of guided decoding are those of steps that end *at* an unsure token, since it asks for the value right
behind one; those of the paper's steps, which end before it, are shown beside them. Its threshold is the official
script's, 0.55.

Budget on two quiet cores: about three minutes in bf16. 72 answers to label and 144 to test on (7,000 tokens), 384
rollouts of some 16 tokens (6,000), three times 24 answers of greedy and guided decoding (2,300); 10,000 tokens are
read. The policy is tuned once for the whole room. The quick run does without: there the model itself writes, and an
answer counts as right if its characters are even in number, so that there is something to be learnt.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from functools import partial
from time import process_time
from typing import Any

import torch

from assay.methods._branches import Branches, Usage, Written
from assay.methods.reasoning._step_rewards import read_states
from assay.methods.reasoning.adaptive_step import (
    ConfidenceSplitter,
    GuidedDecoding,
    Rollouts,
    StepTraining,
    ends_after,
    ends_every,
)
from assay.testbed.pretrained import LanguageModel
from assay.testbed.tasks.worked_sums import draw_worked_sums
from assay.testbed.tuned_policy import step_ids, tuned_policy
from assay.trials import Bench, trial
from assay.trials.reasoning.adaptive_step import CLOSING, GREEDY, GUIDED, GUIDED_BEFORE
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
from assay.trials.reasoning.adaptive_step._sums import _KINDS, _kinds, _likeliest, _sureness

_PAPER = "2502.13943"
_QUANTILE = 0.05
_GROUPS = 6
"""Into which the questions are dealt: what differs between them is luck, and gives intervals."""

_MEASURED: dict[str, dict[str, Any]] = {}
"""What was measured in this process: both trials show it."""


@dataclass(frozen=True)
class _Size:
    terms: tuple[int, int]
    questions: tuple[int, int]
    """To label answers of, and to test on."""
    answers: tuple[int, int]
    """To each question of these."""
    chosen_from: int
    borders: tuple[int, ...]
    """Of an arm, gone on with; the last are all."""
    rollouts: int
    """Of each."""
    tokens: int
    """Of an answer, at most."""


@trial(_PAPER, claim="construction-cost", pretrained=True)
def cost_on_sums(bench: Bench) -> None:
    """Rollouts for labels of a real model's answers: cuts where it is unsure against line breaks and equal lengths."""
    size, run = _run(bench)
    budgets = [0, *(borders * size.rollouts for borders in size.borders)]
    chosen: dict[str, list[list[float]]] = {arm: run["chosen"][arm] for arm in run["chosen"]}
    last = {arm: _grouped(points[-1]) for arm, points in chosen.items()}
    last |= {ENDS: _grouped(chosen[ADAPTIVE][0]), "an answer at random": _grouped(run["random"])}
    last |= {"any answer is right": _grouped(run["oracle"])}
    reached: dict[str, list[float]] = {LINES: [], ADAPTIVE: [], CLOSING: []}
    for left_out in range(_GROUPS):  # all groups but one: what a figure of so few questions hangs on
        means = {arm: [_mean_without(point, left_out) for point in points] for arm, points in chosen.items()}
        for arm in (ADAPTIVE, CLOSING):
            reached[arm].append(rollouts_to_reach(means[LINES][-1], budgets, means[arm]))
        reached[LINES].append(float(budgets[-1]))
    name = "rollouts until as often right as with line breaks on the whole budget"
    bench.claim(bench.compare(name, reached, candidate=ADAPTIVE, baseline=LINES, unit="rollouts", better="lower"))
    name = f"right answers chosen from {size.chosen_from}, {budgets[-1]} rollouts, by groups of questions"
    bench.compare(name, last, candidate=ADAPTIVE, baseline=LINES, unit="%", better="higher")
    shares = {arm: _percent(points[-1]) for arm, points in chosen.items()}
    shares |= {ENDS: _percent(chosen[ADAPTIVE][0]), "an answer at random": _percent(run["random"])}
    shares |= {"any answer is right": _percent(run["oracle"]), "the likeliest answer": _percent(run["likeliest"])}
    name = f"right answers chosen from {size.chosen_from}, mean of all questions"
    bench.score(name, shares, candidate=ADAPTIVE, unit="%", better="higher")
    # How many rollouts a choice takes that is no better than chance tells nothing.
    gain = _percent(chosen[LINES][-1]) - _percent(run["random"])
    bounds: dict[str, Any] = {} if bench.quick else {"at_least": 0.0, "binds": "measurement"}
    bench.score("right answers chosen with line breaks, above chance", gain, unit="%", better="higher", **bounds)
    _show_borders(bench, run)
    written = {arm: run["written"][arm] for arm in run["written"]}
    bench.score("tokens sampled for labels", written, candidate=ADAPTIVE, unit="tokens", better="lower")


@trial(_PAPER, claim="guided-decoding-gsm8k", pretrained=True)
def guided_on_sums(bench: Bench) -> None:
    """Right answers of a real model that rewards guide at single tokens, against greedy decoding."""
    size, run = _run(bench)
    right = {arm: _grouped(run["right"][arm]) for arm in (GREEDY, GUIDED, GUIDED_BEFORE)}
    name = "right answers, by groups of questions"
    bench.claim(bench.compare(name, right, candidate=GUIDED, baseline=GREEDY, unit="%", better="higher"))
    shares = {arm: _percent(values) for arm, values in run["right"].items()}
    bench.score("right answers, mean of all questions", shares, candidate=GUIDED, unit="%", better="higher")
    for name, value in run["guiding"].items():
        bench.score(name, value, better="lower")
    ways = {arm: (run["seconds"][arm], _percent(values)) for arm, values in run["right"].items()}
    bench.spend(f"worked sums of {size.terms[0]} to {size.terms[1]} terms", ways, candidate=GUIDED)
    _show_borders(bench, run)


def _show_borders(bench: Bench, run: dict[str, Any]) -> None:
    shares = {kind: 100 * run["kinds"].get(kind, 0.0) for kind in _KINDS}
    name = f"borders of the least sure {_QUANTILE:.0%} of tokens"
    bench.score(name, shares, candidate=_KINDS[0], unit="%", better="higher")
    sure = {"line breaks": run["sure"][0], "borders": run["sure"][1]}
    bench.score("mean probability of tokens written", sure, candidate="borders", better="lower")
    name = "answers of a single sample that are right"
    bounds: dict[str, Any] = {} if bench.quick else {"at_least": 20.0, "at_most": 80.0, "binds": "measurement"}
    bench.score(name, _percent(run["random"]), unit="%", better="higher", **bounds)


def _run(bench: Bench) -> tuple[_Size, dict[str, Any]]:
    size = bench.pick(
        quick=_Size((2, 2), (2, 6), (2, 2), 2, (2,), 2, 8),
        cpu=_Size((3, 5), (18, 24), (4, 6), 4, (12, 24), 4, 56),
        cuda=_Size((3, 5), (200, 200), (8, 16), 16, (800, 1_600), 8, 72),
    )
    lm = bench.on_pretrained(
        f"tuned on worked sums; {size.questions[0] * size.answers[0]} answers to sums of {size.terms[0]} to "
        f"{size.terms[1]} terms labelled by {size.borders[-1] * size.rollouts} rollouts an arm, {size.questions[1]} "
        "other sums to test on, instead of GSM8K; rewards are heads on frozen states, and other cuts of the same "
        "answers stand for other people's reward models"
    )
    key = repr((size, lm.fingerprint, lm.dtype, str(lm.model.device), bench.seed))
    if key not in _MEASURED:
        _MEASURED[key] = bench.once("all arms", partial(_measure, bench, lm, size))
    return size, bench.once("all arms", lambda: _MEASURED[key])


def _measure(bench: Bench, lm: LanguageModel, size: _Size) -> dict[str, Any]:
    """All that is measured, question by question."""
    lm = lm if bench.quick else tuned_policy(lm)
    sums = draw_worked_sums(sum(size.questions), terms=size.terms, seed=bench.seed + 1)
    by_prompt = {each.prompt: each for each in sums}
    model: Any = deepcopy(lm.model)
    policy = Policy(
        model.to(torch.bfloat16),
        (lambda _, answer: len(answer) % 2 == 0)
        if bench.quick
        else (lambda prompt, answer: by_prompt[prompt].is_right(answer)),
        size.tokens,
        temperature=1.0,
        tokenizer=lm.tokenizer,
    )
    prompts = [step_ids(lm, [each.prompt]) for each in sums]
    few, others = prompts[: size.questions[0]], prompts[size.questions[0] :]
    source = _sample(bench, policy, few, size.answers[0], "answers to label")
    tested = _sample(bench, policy, others, size.answers[1], "answers to test on")
    before, closing = (
        ConfidenceSplitter.fit(source.log_probs(), _QUANTILE, boundary=side) for side in ("before", "after")
    )
    breaks = {
        token for each in source.answers for w in each for token in w.tokens if "\n" in lm.tokenizer.decode(token)
    }
    cuts: dict[str, Cut] = {
        ADAPTIVE: lambda each: before.ends(each.log_probs),
        CLOSING: lambda each: closing.ends(each.log_probs),
        LINES: lambda each: ends_after(each.tokens, breaks),
        FIXED: lambda each: ends_every(len(each.tokens), 8),
    }
    rows = [row for row, _ in source.rows(cuts[LINES])]
    states = read_states(policy.model, rows)
    tested_states = read_states(policy.model, [row for row, _ in tested.rows(cuts[LINES])])
    chosen: dict[str, list[list[float]]] = {}
    rewards: dict[str, Any] = {}
    written = {}
    rollouts = Rollouts(size.rollouts, temperature=1.0, tokens=size.tokens, batch=64)
    for arm, cut in bench.progress(cuts.items(), "arms"):
        usage = Usage()
        labels = label(
            policy, source.cut(cut), budget=size.borders[-1] * size.rollouts, rollouts=rollouts, seed=bench.seed,
            usage=usage,
        )  # fmt: skip
        written[arm] = float(usage.written)
        models = [
            train(policy, labels.within(borders * size.rollouts), StepTraining(), states=states)
            for borders in (0, *size.borders)
        ]
        chosen[arm] = [best_of_n(each, tested, cut, number=size.chosen_from, states=tested_states) for each in models]
        rewards[arm] = models[-1]
    return {
        "chosen": chosen,
        "written": written,
        "random": [sum(group) / len(group) for group in tested.right],
        "oracle": [float(any(group)) for group in tested.right],
        "likeliest": _likeliest(tested, size.chosen_from),
        "kinds": _kinds(lm, source, before),
        "sure": _sureness(source, before, breaks),
    } | _guide(policy, tested.prompts, rewards, size)


def _sample(bench: Bench, policy: Policy, prompts: Sequence[Sequence[int]], number: int, name: str) -> Sampled:
    """Answers, kept as they come."""

    def draw() -> list[list[dict[str, Any]]]:
        return [[asdict(each) for each in group] for group in policy.sample(prompts, number, seed=bench.seed).answers]

    groups = [[Written(**each) for each in group] for group in bench.once(name, draw)]
    right = [[policy.is_right(p, each.tokens) for each in group] for p, group in zip(prompts, groups, strict=True)]
    return Sampled(prompts, groups, right)


def _guide(policy: Policy, prompts: Sequence[Sequence[int]], rewards: dict[str, Any], size: _Size) -> dict[str, Any]:
    """Greedy and guided answers to the same questions, and what guiding costs."""
    settings = GuidedDecoding(threshold=0.55, tokens=size.tokens)
    read = Usage()
    ways: dict[str, Callable[[], Sequence[Any]]] = {
        GREEDY: lambda: Branches.read(policy.model, prompts, method=GREEDY).write(size.tokens),
        GUIDED: lambda: settings(policy.model, policy.tokenizer, prompts, rewards[CLOSING], rewards_usage=read),
        GUIDED_BEFORE: lambda: settings(policy.model, policy.tokenizer, prompts, rewards[ADAPTIVE]),
    }
    answers, seconds = {}, {}
    for arm, answer in ways.items():
        began = process_time()
        answers[arm] = answer()
        seconds[arm] = (process_time() - began) / len(prompts)
    guided: Sequence[Any] = answers[GUIDED]
    tokens = sum(len(each.tokens) for each in guided)
    return {
        "right": {
            arm: [float(policy.is_right(p, each.tokens)) for p, each in zip(prompts, those, strict=True)]
            for arm, those in answers.items()
        },
        "guiding": {
            "guided tokens of an answer": sum(len(each.guided) for each in guided) / len(guided),
            "of them, not the likeliest": sum(len(each.changed) for each in guided) / len(guided),
            "tokens that the rewards read for one written": read.read / tokens,
            "time of computing of guided decoding over that of greedy": seconds[GUIDED] / seconds[GREEDY],
        },
        "seconds": seconds,
    }


def _grouped(values: Sequence[float]) -> list[float]:
    """Per cent of each group of questions."""
    groups = [values[at::_GROUPS] for at in range(_GROUPS)]
    return [_percent(group) for group in groups]


def _percent(values: Sequence[float]) -> float:
    return 100 * sum(values) / len(values)


def _mean_without(values: Sequence[float], left_out: int) -> float:
    kept = [value for at, value in enumerate(values) if at % _GROUPS != left_out]
    return sum(kept) / len(kept)
