"""Reasoning budgets on a pretrained model: its chain of thought on arithmetic, wrapped up or truncated.

Budget: 6,000 sampled tokens and 30,000 read ones at most. The model thinks once, greedily, to the end. Under a budget
it writes the same up to there; the wrap-up goes on from that prefix with "The answer is", so that only these few tokens
are sampled anew. Truncation gets as many tokens in all as the wrap-up uses. The answer is the last number that was
written, alike for both arms.
"""

import re
from collections.abc import Sequence
from functools import partial
from statistics import mean
from typing import Any

import torch

from assay.methods.evaluation.reasoning_budget.wrap_up import WrapUp
from assay.testbed.pretrained import LanguageModel
from assay.testbed.tasks.reasoning import NotInstalledError, draw_questions
from assay.trials import Bench, trial

_WRAPPED, _CUT = "wrap-up", "truncation"
_ANSWER = 6
"""Tokens behind the closing."""
_TURN = 3
"""Tokens with which a turn of the model begins, after which it thinks."""
_TASKS: dict[str, dict[str, Any]] = {
    "products": {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1},
    "chain_sum": {"min_terms": 2, "max_terms": 3, "min_digits": 1, "max_digits": 1},
}
_REQUEST = "{question}\nThink step by step: first explain how to get there, and say the number at the end."

Figures = dict[str, list[list[float]]]
"""By arm and budget, whether each question is answered right, in per cent."""


@trial("2502.01584", claim="accuracy-by-thinking", pretrained=True)
def chain_of_thought(bench: Bench) -> None:
    """Arithmetic with a chain of thought: accuracy by tokens of thinking, with wrap-up and with truncation."""
    budgets = bench.pick(quick=[2, 4, 6], cpu=[2, 8, 16, 32, 64], cuda=[4, 8, 16, 32, 64, 128])
    each = bench.pick(quick=1, cpu=12, cuda=100)
    lm = bench.on_pretrained(
        f"{2 * each} sums and products of one digit, thought about in at most {budgets[-1]} tokens, instead of Sunday "
        "puzzles and DeepSeek R1"
    )
    figures = bench.once("answers", partial(_measure, bench, lm, budgets, each))
    name = "accuracy with wrap-up, along the tokens of thinking"
    bench.claim(bench.trend(name, along=budgets, values=figures[_WRAPPED], unit="%"))
    means = {arm: [mean(right) for right in by_budget] for arm, by_budget in figures.items()}
    bench.curve("accuracy by tokens of thinking", means, candidate=_WRAPPED, along="tokens of thinking", at=budgets,
                unit="%")  # fmt: skip
    for index, budget in enumerate(budgets):
        arms = {arm: values[index] for arm, values in means.items()}
        bench.score(f"accuracy, {budget} tokens of thinking", arms, candidate=_WRAPPED, unit="%", better="higher")
    bench.score("accuracy with all the thinking", means[_CUT][-1], unit="%", better="higher", at_least=20.0,
                binds="measurement")  # fmt: skip


def _measure(bench: Bench, lm: LanguageModel, budgets: Sequence[int], each: int) -> Figures:
    try:
        questions = [q for task, how in _TASKS.items() for q in draw_questions(task, each, seed=bench.seed, **how)]
    except NotInstalledError as error:
        bench.not_testable(str(error))
    rows = [lm.prompt(_REQUEST.format(question=question.prompt)).tolist() for question in questions]
    close = tuple(lm.ids("\nThe answer is").tolist())
    # Nothing marks thinking here: it begins with the model's turn, and ends with the text.
    start, end = tuple(rows[0][-_TURN:]), int(lm.tokenizer.eos_token_id)  # type: ignore[arg-type]
    wrap_up = WrapUp(budgets[-1], start, (end,), close)
    thoughts = _write(lm, rows, wrap_up.needed(_ANSWER))
    figures: Figures = {_WRAPPED: [], _CUT: []}
    for budget in bench.progress(budgets, "budgets"):
        limited = wrap_up.within(budget)
        prefixes = [row[:budget] for row in thoughts]
        more = _write(lm, [a + b for a, b in zip(rows, prefixes, strict=True)], len(close) + _ANSWER, limited)
        wrapped = [
            whole if end in prefix else prefix + new
            for whole, prefix, new in zip(thoughts, prefixes, more, strict=True)
        ]
        for arm, texts in ((_WRAPPED, wrapped), (_CUT, [row[: limited.needed(_ANSWER)] for row in thoughts])):
            said = [_last_number(str(lm.tokenizer.decode(ids, skip_special_tokens=True))) for ids in texts]
            figures[arm].append([100.0 * q.is_right(number) for q, number in zip(questions, said, strict=True)])
    return figures


@torch.no_grad()
def _write(lm: LanguageModel, rows: Sequence[list[int]], tokens: int, *processors: WrapUp) -> list[list[int]]:
    """What the model writes behind each row, the likeliest token each time."""
    generate: Any = lm.model.generate
    longest, pad = max(map(len, rows)), int(lm.tokenizer.eos_token_id)  # type: ignore[arg-type]
    ids = torch.tensor([[pad] * (longest - len(row)) + row for row in rows], device=lm.model.device)
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=ids.device)
    out: torch.Tensor = generate(ids, attention_mask=mask, do_sample=False, max_new_tokens=tokens, pad_token_id=pad,
                                 logits_processor=list(processors))  # fmt: skip
    written: list[list[int]] = out[:, longest:].tolist()
    return written


def _last_number(text: str) -> str:
    numbers = re.findall(r"-?\d+(?:\.\d+)?", text.replace(",", ""))
    return numbers[-1].removesuffix(".0") if numbers else ""
