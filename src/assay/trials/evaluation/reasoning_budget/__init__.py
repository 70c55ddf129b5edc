"""Reasoning budgets on a model trained here that over-thinks: wrap-up against truncation, at equal numbers of tokens.

The model follows a chain of two to six hops, one token a hop, and then idles before it ends its thinking. So it is
known how much thinking is needed (six tokens at most) and how much is wasted. A control is trained without idling:
there is nothing to win behind the last hop, and both ways must coincide. Truncation stops the model after as many
tokens as the wrap-up uses with closing and answer; what has not answered by then is wrong, as it is in the paper.

The labels of the trace analyser are counted on traces in which the phrases are planted, so that it is known which are
there. They are regular expressions, and that they find what is planted says no more than that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import product
from statistics import mean
from typing import Any

import torch
from transformers import PreTrainedModel

from assay.methods.evaluation.reasoning_budget.traces import Trace, label_trace
from assay.methods.evaluation.reasoning_budget.wrap_up import WrapUp, generate_within
from assay.testbed.models import tiny
from assay.testbed.tasks.chain_of_thought import END, THINK, Chains
from assay.testbed.training import one_thread, train_once
from assay.trials import Bench, trial

_WRAPPED, _CUT = "wrap-up", "truncation"
_RISING, _WIDE = (1, 2, 3, 4, 5, 6), (2, 4, 6, 8, 12, 20, 40)
_ENOUGH = 8
"""Tokens that hold the longest chain."""

Figures = dict[str, list[float]]
"""By arm, the accuracy in per cent at each budget."""


@trial("2502.01584", claim="accuracy-by-thinking")
def over_thinking(bench: Bench) -> None:
    """A model that idles in its thoughts: accuracy by budget, with wrap-up and with truncation."""
    steps, items = bench.pick(quick=3, cpu=900, cuda=4_000), bench.pick(quick=12, cpu=300, cuda=2_000)
    bench.setting(
        "trained here",
        model="Llama, 64 wide, 2 layers",
        differs="chains of two to six hops, followed in thoughts that idle afterwards, instead of Sunday puzzles and "
        f"DeepSeek R1; {items} chains, {steps:,} steps of training",
    )
    budgets = sorted({*_RISING, *_WIDE})
    idling, prompt = (
        bench.once(f"accuracy {name}", partial(_measure, Chains(idle=idle), steps, items, budgets, bench))
        for name, idle in (("with idling", 10.0), ("without idling", 0.0))
    )
    wrapped, cut = (dict(zip(budgets, idling[arm], strict=True)) for arm in (_WRAPPED, _CUT))
    name = "accuracy with wrap-up, along the tokens of thinking, up to the longest chain"
    bench.claim(bench.trend(name, along=_RISING, values=[wrapped[b] for b in _RISING], unit="%"))
    for figures, words in ((idling, "a model that idles"), (prompt, "a control that does not")):
        curve = f"accuracy by tokens of thinking, {words}"
        bench.curve(curve, figures, candidate=_WRAPPED, along="tokens of thinking", at=budgets, unit="%")
    full = wrapped[_WIDE[-1]]
    bench.score("accuracy with all the thinking", {_WRAPPED: full, _CUT: cut[_WIDE[-1]]}, candidate=_WRAPPED, unit="%",
                better="higher", at_least=80.0, binds="measurement")  # fmt: skip
    bench.score("smallest gain of wrap-up over truncation", min(wrapped[b] - cut[b] for b in budgets), unit="points",
                better="higher", at_least=-2.0)  # fmt: skip
    shares = {b: 100 * wrapped[b] / full if full else 0.0 for b in budgets}
    name = "accuracy with 8 tokens of thinking, of that with 40"
    bench.score(name, {_WRAPPED: shares[_ENOUGH], _CUT: 100 * cut[_ENOUGH] / full if full else 0.0},
                candidate=_WRAPPED, unit="%", better="higher", at_least=95.0)  # fmt: skip
    bench.score("accuracy with 2 tokens of thinking, of that with 40", shares[2], unit="%", better="lower",
                at_most=50.0)  # fmt: skip
    apart = [abs(a - b) for at, a, b in zip(budgets, prompt[_WRAPPED], prompt[_CUT], strict=True) if at >= _RISING[-1]]
    name = "largest gap between the two where nothing idles, from 6 tokens on"
    bench.score(name, max(apart), unit="points", better="lower", at_most=3.0)
    _show_labels(bench)


def _measure(task: Chains, steps: int, items: int, budgets: Sequence[int], bench: Bench) -> Figures:
    """Train a model, and let it answer under each budget."""
    model: Any = _train(task, steps, bench)
    model.to(bench.device)
    prompts, chains = task.items(items, torch.Generator().manual_seed(1_000 + bench.seed))
    answers = [chain[-1] for chain in chains]
    figures: Figures = {_WRAPPED: [], _CUT: []}
    whole = _write(model, prompts, WrapUp(max(budgets), (THINK,), (END,)), bench)
    for budget in bench.progress(budgets, "budgets"):
        wrap_up = WrapUp(budget, (THINK,), (END,))
        texts = _write(model, prompts, wrap_up, bench)
        figures[_WRAPPED].append(_share_right(texts, answers))
        figures[_CUT].append(_share_right([text[: wrap_up.needed(answer=1)] for text in whole], answers))
    return figures


def _train(task: Chains, steps: int, bench: Bench) -> PreTrainedModel:
    recipe = {"task": asdict(task), "steps": steps, "seed": bench.seed}
    new = partial(tiny, "llama", vocab_size=task.vocabulary, layers=2, seed=bench.seed)
    batches = partial(_batch, asdict(task), bench.seed)
    with one_thread():
        return train_once(recipe, new, batches, device=bench.device, steps=steps, lr=3e-3, seed=bench.seed)


def _batch(task: dict[str, Any], seed: int, step: int) -> Mapping[str, torch.Tensor]:
    return Chains(**task).batch(48, torch.Generator().manual_seed(1_000_003 * seed + step))


def _write(model: Any, prompts: torch.Tensor, wrap_up: WrapUp, bench: Bench) -> list[list[int]]:
    """What the model writes behind each prompt, sampled; the same random numbers for every budget."""
    with torch.random.fork_rng(), torch.no_grad(), one_thread():
        torch.manual_seed(bench.seed)
        ids = prompts.to(bench.device)
        out = generate_within(model, ids, wrap_up, answer=1, do_sample=True, temperature=1.0, top_k=0,
                              attention_mask=torch.ones_like(ids), pad_token_id=0)  # fmt: skip
    texts: list[list[int]] = out[:, prompts.shape[1] :].tolist()
    return texts


def _share_right(texts: Sequence[Sequence[int]], answers: Sequence[int]) -> float:
    def is_right(text: Sequence[int], answer: int) -> bool:
        return END in text[:-1] and text[text.index(END) + 1] == answer

    return 100 * mean(is_right(text, answer) for text, answer in zip(texts, answers, strict=True))


# Labels

_OPENINGS = (
    "Let me think of cities on a river. Lyon comes to mind, and Paris, and Vienna.",
    "The letters are seven. Could it be Paris? Or Vienna, which has six.",
    "First I list candidates: Vienna, Lyon, Paris, Oslo.",
)
_PLANTED: dict[str, tuple[str, ...]] = {
    "gave_up": ("I give up.", "I'm stuck.", "I can't find it.", "I'll just guess.", "I have to give up here."),
    "knows_wrong": ("Paris doesn't fit.", "But Paris is not a real word.", "Paris does not work.",
                    "Paris? That isn't a valid answer."),
    "out_of_thin_air": ("",),
    "unfinished": ("",),
}  # fmt: skip
_HARMLESS = ("So it fits.", "I should not give in now.", "Finding it is a matter of time.", "That works.")


def _planted() -> list[tuple[Trace, str]]:
    """200 traces, and what is planted in each; nothing in half of them."""
    traces: list[tuple[Trace, str]] = []
    for label, phrases in _PLANTED.items():
        makers: list[tuple[str, str]] = list(product(_OPENINGS, phrases))
        traces += [(_plant(*makers[n % len(makers)], label), label) for n in range(25)]
    harmless = list(product(_OPENINGS, _HARMLESS))
    return traces + [(_plant(*harmless[n % len(harmless)], ""), "") for n in range(100)]


def _plant(opening: str, phrase: str, label: str) -> Trace:
    answer = {"out_of_thin_air": "Prague", "unfinished": ""}.get(label, "Paris")
    return Trace(f"{opening}\n{phrase}\nThat leaves one.", answer, 30, label != "unfinished", ("Paris",))


def _show_labels(bench: Bench) -> None:
    """Precision and recall of each label on what is planted."""
    labelled = [(label_trace(trace), label) for trace, label in _planted()]
    shares = []
    for name in _PLANTED:
        found = [planted == name for labels, planted in labelled if getattr(labels, name)]
        shares += [100 * sum(found) / max(1, len(found)),
                   100 * sum(found) / sum(planted == name for _, planted in labelled)]  # fmt: skip
    name = "precision and recall on planted phrases, the least of all labels"
    bench.score(name, min(shares), unit="%", better="higher", at_least=100.0)
