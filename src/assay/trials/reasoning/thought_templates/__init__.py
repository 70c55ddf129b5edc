"""Thought templates in small: nets that do programs of table look-ups, as the control beside the pretrained model.

One net learns to name the tables of a program and to look up in one; its rivals, of the same shape and with as many
updates, answer at once or write the states on the way. A planned answer has more tokens than a chain of thought, so
that this one may vote over as many samples as fill them; whether it votes or not is settled on other programs. Once
more, it is trained twice as long. The number of updates was settled on two other seeds, where a chain of thought is
right for 33 and 93 % of the programs: a third more, and it is nearly always right, so that arms do not part. What is
seen here says that steps by named templates are learnt sooner than chains; nothing about mathematics, nor about 32B
parameters.

Stage 2 is DPO with a loss of our own, on pairs that the method builds: nets so small need no TRL. Its updates and beta
are chosen on validation programs; beside it stands SFT on the better plan of each pair, chosen alike.

The library of 400 templates is made up, too: how many right templates are found, at how many cosines.

Budget on two quiet cores: three seeds, some 80 s of one core for training, kept in the cache, 50 s for the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from statistics import fmean
from typing import Any

from assay.testbed.tasks.lookup_programs import LookupPrograms, Program
from assay.testbed.training import one_thread
from assay.trials import Bench, trial
from assay.trials.reasoning.thought_templates._arms import CHAIN, DIRECT, PLANNED, RANDOM, RandomLibrary, shares
from assay.trials.reasoning.thought_templates._programs import CHOSEN, DPO, SFT, Programs, right
from assay.trials.reasoning.thought_templates._search import show_search

GREEDY, VOTED, LONGER = "chain of thought, greedy", "chain of thought, vote", "chain of thought, twice the updates"
_BETAS = (0.1, 0.5)
_PARTS = 4
"""Of the programs of a seed, each with a figure of its own."""
Figures = dict[str, Any]


@dataclass(frozen=True)
class _Size:
    task: LookupPrograms
    updates: int
    programs: int
    """To be tested on, and half as many to settle things on."""
    learnt: int
    """Programs whose plans are paired."""
    alike: int
    """Programs that a plan is judged by."""
    dpo: tuple[int, ...]
    """Numbers of updates that are tried."""
    hidden: int = 64
    rows: int = 64
    """Of an update."""


@trial("2502.06772", claim="math-over-o1-preview")
def planned_programs(bench: Bench) -> None:
    """Programs of look-ups by plans over retrieved templates against chains of thought, by nets of one shape."""
    size = bench.pick(
        quick=_Size(LookupPrograms(3, 5, 2), 40, 48, 8, 2, (2, 4), hidden=32, rows=32),
        cpu=_Size(LookupPrograms(), 300, 240, 120, 6, (10, 30, 100)),
        cuda=_Size(LookupPrograms(), 300, 2_000, 400, 6, (10, 30, 100)),
    )
    bench.setting(
        "trained here",
        model="Llama, 64 wide, 2 layers",
        differs=f"programs of {size.task.steps} look-ups in {size.task.tables} tables of {size.task.states} states "
        "instead of MATH, a template for each table instead of 500; a net that thinks aloud instead of o1-preview",
    )
    with one_thread():
        runs = [bench.once(f"seed {seed}", partial(_run, size, seed)) for seed in bench.seeds(cpu=3, cuda=5)]
    figures = {arm: [share for run in runs for share in run["right"][arm]] for arm in runs[0]["right"]}
    how: dict[str, Any] = {"candidate": PLANNED, "better": "higher", "unit": "%"}
    bench.claim(bench.compare("programs answered rightly", figures, baseline=CHAIN, **how))
    for arm in (DIRECT, RANDOM):
        pair = {name: figures[name] for name in (PLANNED, arm)}
        bench.compare(f"programs answered rightly, against {arm}", pair, baseline=arm, **how)
    _show_rewards(bench, runs, size)
    tokens = {arm: [run["tokens"][arm] for run in runs] for arm in runs[0]["tokens"]}
    bench.compare("tokens read and written, a program", tokens, candidate=PLANNED, baseline=CHAIN, better="lower")
    look_ups = [run["look-ups"] for run in runs]
    least = bench.pick(quick=0.0, cpu=95.0)
    bench.score("single look-ups that are right", look_ups, better="higher", unit="%", at_least=least,
                binds="measurement")  # fmt: skip
    show_search(bench)


def _show_rewards(bench: Bench, runs: Sequence[Figures], size: _Size) -> None:
    """R(T) of sampled plans, before and after the net has learnt from pairs."""
    rewards = {arm: [run["rewards"][arm] for run in runs] for arm in (DPO, SFT, CHOSEN)}
    how: dict[str, Any] = {"candidate": DPO, "better": "higher", "unit": "%"}
    bench.compare("similar programs solved by a sampled plan, R(T)", rewards, baseline=SFT, **how)
    lines = {
        arm: [[run["curves"][arm][at] for run in runs] for at in range(len(size.dpo))] for arm in runs[0]["curves"]
    }
    bench.curve("R(T) by updates, on validation programs", lines, candidate=f"{DPO}, beta {_BETAS[-1]:g}",
                along="updates", at=size.dpo, unit="%")  # fmt: skip
    bench.score("pairs of plans learnt from", [run["pairs"] for run in runs], better="higher")
    bench.score("programs whose plans all tie", [run["ties"] for run in runs], better="lower", unit="%")


def _run(size: _Size, seed: int) -> Figures:
    """All arms from one seed."""
    world = Programs(seed, size.updates, size.task, size.hidden, size.rows)
    tested, settled = world.problems(size.programs, seed=0), world.problems(size.programs // 2, seed=2)
    net, thinking = world.net(PLANNED), world.net(CHAIN)
    reasoner = world.reasoner(net, net)
    problems = [each.problem for each in tested]
    solutions = reasoner.solve_many(problems)
    plans = [each.plan for each in solutions]
    at_random = world.reasoner(net, net, RandomLibrary).solve_many(problems, plans=plans)
    samples = ceil(world.tokens(PLANNED) / world.tokens(CHAIN))
    chains = _chains(world, thinking, tested, settled, samples)
    answers = {
        PLANNED: [each.answer for each in solutions],
        **chains,
        DIRECT: world.answer(DIRECT, world.net(DIRECT), tested),
        LONGER: world.answer(CHAIN, world.net(CHAIN, times=2), tested),
        RANDOM: [each.answer for each in at_random],
    }
    tokens = {arm: float(world.tokens(arm)) for arm in (PLANNED, DIRECT)} | {
        CHAIN: float(world.tokens(CHAIN, 1 if chains[CHAIN] is chains[GREEDY] else samples)),
        GREEDY: float(world.tokens(CHAIN)),
        VOTED: float(world.tokens(CHAIN, samples)),
    }
    return {
        "right": {arm: shares(right(tested, each), _PARTS) for arm, each in answers.items()},
        "tokens": tokens,
        "look-ups": _look_ups(world, net),
        **_learnt(world, net, tested, settled, size),
    }


def _chains(
    world: Programs, net: Any, tested: Sequence[Program], settled: Sequence[Program], samples: int
) -> dict[str, list[str]]:
    """Chains of thought, greedy and by vote, and which of the two is better on other programs."""

    def both(programs: Sequence[Program]) -> dict[str, list[str]]:
        return {
            GREEDY: world.answer(CHAIN, net, programs),
            VOTED: world.answer_by_vote(net, programs, samples),
        }

    before, answers = both(settled), both(tested)
    better = max(before, key=lambda arm: fmean(right(settled, before[arm])))
    return {CHAIN: answers[better], **answers}


def _look_ups(world: Programs, net: Any) -> float:
    """Per cent of all single look-ups that the net does rightly."""
    programs = world.problems(300, seed=4)
    asked = [f"<s> t{each.tables[0]} s{each.states[0]} =" for each in programs]
    said = world.model(net).answer(asked, tokens=2)
    return 100 * fmean(text == f"s{each.states[1]}" for text, each in zip(said, programs, strict=True))


def _learnt(world: Programs, net: Any, tested: Sequence[Program], settled: Sequence[Program], size: _Size) -> Figures:
    """R(T) of the net, and of what it becomes by DPO and by SFT on the better plans."""
    pairs, left_out = world.preferences(net, size.learnt, samples=8, alike=size.alike)

    def reward(navigator: Any, programs: Sequence[Program]) -> float:
        return 100 * fmean(world.rewards(navigator, net, programs, alike=size.alike))

    curves: dict[str, list[float]] = {}
    best: dict[str, tuple[float, Any]] = {}
    for kind, beta in ((DPO, _BETAS[0]), (DPO, _BETAS[1]), (CHOSEN, 0.0)):
        name = f"{kind}, beta {beta:g}" if kind == DPO else kind
        curves[name] = []
        for updates in size.dpo:
            learnt = world.learn(net, pairs, kind, updates=updates, beta=beta)
            curves[name].append(reward(learnt, settled))
            if curves[name][-1] > best.get(kind, (-1.0, None))[0]:
                best[kind] = (curves[name][-1], learnt)
    rewards = {kind: reward(learnt, tested) for kind, (_, learnt) in best.items()}
    return {
        "rewards": rewards | {SFT: reward(net, tested)},
        "curves": curves,
        "pairs": float(len(pairs)),
        "ties": 100 * left_out.ties / size.learnt,
    }
