"""What it costs to answer under every budget, and what people do instead: tokens, passes, time; the same answers."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from time import process_time
from typing import Any

from assay.methods._branches import Branches, Usage
from assay.methods.reasoning.selective_qa import Attempt
from assay.methods.reasoning.selective_qa._chains import Chains
from assay.methods.reasoning.selective_qa._sweep import METHOD, prompt_ids, token_ids
from assay.testbed.pretrained import LanguageModel
from assay.trials.reasoning.selective_qa._facts import Size, all_facts, draw_samples, names, questions

OURS, ANEW, ONE, LONGEST = "the sweep", "every prefix read anew", "an answer at once", "the longest budget alone"
NONE = "no thinking"
SAMPLES = "samples of an answer"
Ways = dict[str, Callable[[Usage], list[Attempt]]]
"""By arm, what answers some questions and counts what that takes."""


def ways(lm: LanguageModel, size: Size, count: int) -> Ways:
    """Ways to answer the first `count` questions. What is read anew are the sweep's own chains, known already."""
    part = questions(all_facts(size)[:count])
    plain = questions(all_facts(size)[:count], "{question}")
    prompts = [prompt_ids(each["prompt"], lm.model, lm.tokenizer, chat=True) for each in part]
    wait = token_ids(lm.tokenizer, size.sweep().wait)
    branches = Branches.read(lm.model, prompts, method=METHOD)
    chains = Chains(branches, lm.tokenizer, end="", wait=wait, waits=size.sweep().waits)
    chains.think(size.budgets[-1])
    thought = [text[len(prompt) :] for text, prompt in zip(chains.branches.tokens, prompts, strict=True)]

    def run(rows: Sequence[dict[str, Any]], usage: Usage, budgets: tuple[int, ...]) -> list[Attempt]:
        sweep = size.sweep(budgets=budgets)
        return sweep.run(lm.model, rows, tokenizer=lm.tokenizer, is_right=names, usage=usage)

    def read_anew(usage: Usage) -> list[Attempt]:
        attempts = []
        for budget in size.budgets:
            cut = [prompt + chain[:budget] for prompt, chain in zip(prompts, thought, strict=True)]
            rows = [each | {"prompt": prefix} for each, prefix in zip(part, cut, strict=True)]
            attempts += [replace(each, budget=budget) for each in run(rows, usage, (0,))]
        return attempts

    def draw(usage: Usage) -> list[Attempt]:
        draw_samples(lm, size, plain, seed=0, usage=usage)
        return []

    return {
        OURS: lambda usage: run(part, usage, size.budgets),
        ANEW: read_anew,
        LONGEST: lambda usage: run(part, usage, size.budgets[-1:]),
        NONE: lambda usage: run(part, usage, (0,)),
        ONE: lambda usage: run(plain, usage, (0,)),
        SAMPLES: draw,
    }


def cost(lm: LanguageModel, *, size: Size, rounds: int, count: int = 16) -> dict[str, dict[str, list[float]]]:
    """Seconds of computing, tokens and passes by arm, in rounds; with what share of the answers two arms agree."""
    arms = ways(lm, size, count)
    figures: dict[str, dict[str, list[float]]] = {name: {} for name in ("seconds", "tokens", "passes", "same", "apart")}
    given: dict[str, list[Attempt]] = {}
    for _ in range(rounds):
        for arm, answer in arms.items():
            usage, began = Usage(), process_time()
            given[arm] = answer(usage)
            taken = {"seconds": (process_time() - began) / count, "tokens": usage.tokens / count}
            for name, value in (taken | {"passes": float(usage.passes)}).items():
                figures[name].setdefault(arm, []).append(value)
    others = {(each.id, each.budget): each for each in given[ANEW]}
    pairs = [(each, others[each.id, each.budget]) for each in given[OURS]]
    figures["same"][OURS] = [100.0 * sum(a.answer == b.answer for a, b in pairs) / len(pairs)]
    figures["apart"][OURS] = [max(abs(a.confidence - b.confidence) for a, b in pairs)]
    return figures
