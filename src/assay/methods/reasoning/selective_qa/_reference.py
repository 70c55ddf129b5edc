"""The sweep as a plain loop: no cache, no batch, every prefix read anew. What the fast one must agree with."""

from collections.abc import Mapping, Sequence
from typing import Any

from assay.methods._answers import same_answer
from assay.methods._branches import end_tokens
from assay.methods.reasoning.selective_qa._answers import Taken
from assay.methods.reasoning.selective_qa._attempts import Attempt
from assay.methods.reasoning.selective_qa._sweep import (
    BudgetSweep,
    Forced,
    IsRight,
    as_question,
    attempt_of,
    prompt_ids,
    token_ids,
)


def reference_sweep(
    sweep: BudgetSweep,
    model: Any,
    questions: Sequence[Mapping[str, Any]],
    *,
    tokenizer: Any,
    is_right: IsRight = same_answer,
) -> list[Attempt]:
    """What `BudgetSweep.run` gives at temperature 0, for answers that are written."""
    attempts = []
    for at, record in enumerate(questions, 1):
        question = as_question(record, at, sweep.extract, sweep.suffix)
        prompt = prompt_ids(question.prompt, model, tokenizer, chat=sweep.chat)
        for budget in sweep.budgets:
            chain, natural = _think(sweep, model, tokenizer, prompt, budget)
            taken = _answer(sweep, model, tokenizer, [*prompt, *chain, *token_ids(tokenizer, question.suffix)])
            attempts.append(attempt_of(question, budget, Forced(taken, len(chain), natural), is_right))
    return attempts


def _answer(sweep: BudgetSweep, model: Any, tokenizer: Any, text: list[int]) -> Taken:
    tokens: list[int] = []
    logs: list[float] = []
    while len(tokens) < sweep.answer_tokens:
        token, log = _next(model, text + tokens)
        tokens.append(token)
        logs.append(log)
        if token in end_tokens(model):
            return sweep.take(tokenizer, tokens, logs, ended=True)
        if any(stop in tokenizer.decode(tokens) for stop in sweep.stops):
            break
    return sweep.take(tokenizer, tokens, logs, ended=False)


def _think(sweep: BudgetSweep, model: Any, tokenizer: Any, prompt: list[int], budget: int) -> tuple[list[int], bool]:
    """The chain of this budget, and whether it ended by itself."""
    chain: list[int] = []
    waits = sweep.waits
    while len(chain) < budget:
        token, _ = _next(model, prompt + chain)
        chain.append(token)
        text = tokenizer.decode(chain)
        if token in end_tokens(model):
            chain.pop()
        elif sweep.end and sweep.end in text:
            while len(tokenizer.decode(chain)) > text.find(sweep.end):
                chain.pop()
        else:
            continue
        if not waits:
            return chain, True
        waits -= 1
        chain += token_ids(tokenizer, sweep.wait)
    return chain[:budget], False


def _next(model: Any, text: list[int]) -> tuple[int, float]:
    """The likeliest next token and its log-probability, by a whole pass."""
    import torch  # noqa: PLC0415

    with torch.no_grad():
        logs = model(torch.tensor([text], device=model.device), use_cache=False).logits[0, -1].float().log_softmax(-1)
    return int(logs.argmax()), float(logs.max())
