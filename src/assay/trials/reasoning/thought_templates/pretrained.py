"""Thought templates on a pretrained model: words that go through three small changes, planned or thought through.

SmolLM2-135M-Instruct is at the floor in reasoning proper. But it knows forms of words, and gets about half of the
chains of three changes behind worked examples, so that arms can part. It is navigator and reasoner at once, untrained,
where the paper trains its navigator. It writes no JSON and copies no phrase of a problem; so it plans in a line, which
is put into JSON for it. That, and what a chain of thought and a template look like, was settled on 24 other chains.
Templates hold the sentences that a chain of thought consists of, so that both say the same.

At equal tokens: a chain of thought is shown as many worked problems as bring it to no fewer tokens, read and written,
than plan and steps together. Random templates are others of the same library, with the same plans.

Budget on two quiet cores: 72 chains, 110,000 tokens read and 5,000 written, about three minutes.
"""

from collections.abc import Sequence
from functools import partial
from statistics import fmean
from time import process_time
from typing import Any

from assay.methods.reasoning.thought_templates import Plan, TemplateLibrary, read_plan
from assay.testbed.tasks.word_chains import draw_word_chains
from assay.trials import Bench, trial
from assay.trials.reasoning.thought_templates._arms import (
    BARE,
    BEST,
    CHAIN,
    DIRECT,
    PLANNED,
    RANDOM,
    RandomLibrary,
    shares,
)
from assay.trials.reasoning.thought_templates._words import Answers, Words

_SHOWN = {DIRECT: 6, CHAIN: 6, PLANNED: 4}
"""Worked problems: of a chain of thought so many that it has no fewer tokens than a plan and its steps."""
_SETTLED = 24
"""Chains that prompts were settled on."""
_PARTS = 3
"""Of the chains, each with a figure of its own: no more, or their median strays from the share of all."""
Figures = dict[str, Any]


@trial("2502.06772", claim="math-over-o1-preview", pretrained=True)
def planned_words(bench: Bench) -> None:
    """Chains of words by plans over retrieved templates against chains of thought, on a real model."""
    number, encoder = bench.pick(quick=(1, "tfidf"), cpu=(72, "minilm"), cuda=(84, "minilm"))
    lm = bench.on_pretrained(
        f"{number} chains of three changes of a word instead of MATH; a library of 18 templates instead of 500; one "
        "untrained model of 135M parameters as navigator and reasoner instead of a trained one of 32B; its own chain "
        "of thought instead of o1-preview"
    )
    shown = bench.pick(quick=dict.fromkeys(_SHOWN, 1), cpu=_SHOWN)
    words = Words(lm, draw_word_chains(_SETTLED + number, seed=bench.seed)[_SETTLED:], encoder, shown)
    planned = bench.once(PLANNED, partial(_plan, words))
    plans = [read_plan(text, most=4) if text else None for text in planned["plans"]]
    arms: dict[str, Figures] = {PLANNED: planned}
    for arm, answer in _others(words, plans).items():
        arms[arm] = bench.once(arm, partial(_score, words, answer))
    right = {arm: shares(each["right"], _PARTS) for arm, each in arms.items()}
    how: dict[str, Any] = {"candidate": PLANNED, "better": "higher", "unit": "%"}
    bench.claim(bench.compare("chains solved", right, baseline=CHAIN, **how))
    bench.compare("chains solved by the same plans", {arm: right[arm] for arm in (PLANNED, RANDOM, BARE)},
                  baseline=RANDOM, **how)  # fmt: skip
    pair = {arm: right[arm] for arm in (BEST, CHAIN)}
    bench.compare("chains solved, had the plan been right", pair, candidate=BEST, baseline=CHAIN, better="higher",
                  unit="%")  # fmt: skip
    bench.score("chains whose steps all got the templates that they need", 100 * planned["right templates"],
                unit="%", better="higher")  # fmt: skip
    tokens = {arm: fmean(each["read"]) + fmean(each["written"]) for arm, each in arms.items()}
    bench.compare("tokens read and written, a chain", tokens, candidate=PLANNED, baseline=CHAIN, better="lower")
    most = bench.pick(quick=100.0, cpu=1.0)  # the quick run shows each arm one worked problem
    bench.score("tokens of planned answers by those of chains of thought", tokens[PLANNED] / tokens[CHAIN],
                better="lower", at_most=most, binds="measurement")  # fmt: skip
    ways = {arm: (arms[arm]["seconds"], 100 * fmean(arms[arm]["right"])) for arm in (DIRECT, CHAIN, PLANNED, BEST)}
    bench.spend("three changes of a word, one after the other", ways, candidate=PLANNED)
    written = {arm: fmean(each["written"]) for arm, each in arms.items()}
    bench.score("tokens written, a chain", written, candidate=PLANNED, better="lower")
    solved, least = 100 * fmean(arms[CHAIN]["right"]), bench.pick(quick=0.0, cpu=20.0)
    bench.score("chains solved by a chain of thought, all together", solved, unit="%", better="higher",
                at_least=least, at_most=95.0, binds="measurement")  # fmt: skip


def _others(words: Words, plans: Sequence[Plan | None]) -> dict[str, Any]:
    """How every arm beside the planned one answers."""
    return {
        CHAIN: partial(words.at_once, CHAIN),
        DIRECT: partial(words.at_once, DIRECT),
        RANDOM: partial(words.follow, plans, RandomLibrary),
        BARE: partial(words.follow, plans, TemplateLibrary, least_confidence=1.0),
        BEST: lambda: words.follow(words.right_plans(), TemplateLibrary),
    }


def _plan(words: Words) -> Figures:
    began = process_time()
    answers, solutions = words.planned()
    seconds = process_time() - began
    plans = [each.plan.text if each.plan else "" for each in solutions]
    more = {"plans": plans, "right templates": words.right_templates(solutions)}
    return _figures(words, answers, seconds) | more


def _score(words: Words, answer: Any) -> Figures:
    began = process_time()
    answers = answer()
    return _figures(words, answers, process_time() - began)


def _figures(words: Words, answers: Answers, seconds: float) -> Figures:
    right = [float(chain.is_right(each)) for chain, each in zip(words.chains, answers.answers, strict=True)]
    return {"right": right, "read": answers.read, "written": answers.written, "seconds": seconds / len(right)}
