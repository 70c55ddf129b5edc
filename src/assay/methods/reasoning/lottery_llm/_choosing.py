"""Which of a few words a model finds likeliest: contexts are read once and branched, and one more pass tells all steps.

`choose` is the fast way, over one cache; `choose_plainly` reads the whole text anew for each option.
"""

from collections.abc import Sequence
from typing import Any

from assay.methods._branches import Branches, Usage
from assay.methods._patching import evaluating
from assay.methods.reasoning.lottery_llm._probes import Item

TITLE = "The ability report"


def choose(
    model: Any, tokenizer: Any, items: Sequence[Item], *, batch: int = 16, usage: Usage | None = None
) -> list[tuple[str, ...]]:
    """The likeliest option of each step of each item.

    Args:
        model: A causal language model of transformers.
        tokenizer: Its.
        items: Those of one context are best neighbours.
        batch: Rows at once.
        usage: To count on.

    Raises:
        ValueError: The model cannot be read row by row so that the result is exact.
    """
    usage = usage or Usage()
    return [
        words
        for start in range(0, len(items), batch)
        for words in _choose(model, tokenizer, items[start : start + batch], usage)
    ]


def choose_plainly(model: Any, tokenizer: Any, items: Sequence[Item]) -> list[tuple[str, ...]]:
    """The same by reading the whole text anew for each option."""
    import torch  # noqa: PLC0415

    chosen = []
    for item in items:
        before, words = context_ids(tokenizer, item.context), []
        for step in item.steps:
            before = before + _ids(tokenizer, step.lead)
            scores = []
            for option in step.options:
                new = _ids(tokenizer, f" {option}")
                with torch.no_grad(), evaluating(model):
                    ids = torch.tensor([before + new], device=model.device)
                    logs = model(input_ids=ids).logits[0].float().log_softmax(-1)
                scores.append(sum(float(logs[len(before) - 1 + at, token]) for at, token in enumerate(new)))
            words.append(step.options[scores.index(max(scores))])
            before = before + _ids(tokenizer, f" {step.answer}")
        chosen.append(tuple(words))
    return chosen


def context_ids(tokenizer: Any, text: str) -> list[int]:
    """With the token that the tokenizer begins a text with, if it does, and without one that it ends it with."""
    ids = [int(token) for token in tokenizer(text)["input_ids"]]
    return ids[:-1] if len(ids) > 1 and ids[-1] == tokenizer.eos_token_id != ids[0] else ids


def item_tokens(tokenizer: Any, item: Item) -> int:
    """How many tokens an item has with all of its answers."""
    return len(context_ids(tokenizer, item.context)) + sum(
        len(_ids(tokenizer, text)) for step in item.steps for text in (step.lead, f" {step.answer}")
    )


def _choose(model: Any, tokenizer: Any, items: Sequence[Item], usage: Usage) -> list[tuple[str, ...]]:
    contexts = list(dict.fromkeys(item.context for item in items))
    read = Branches.read(model, [context_ids(tokenizer, each) for each in contexts], method=TITLE, usage=usage)
    home = [contexts.index(item.context) for item in items]
    texts = [_steps(tokenizer, item) for item in items]
    # The last answer is not read: nothing is asked behind it.
    ahead = read.select(home).read_ahead([text[: ends[-1]] for text, ends in texts])
    scores: dict[tuple[int, int], list[float]] = {}
    longer: list[tuple[int, int, list[int], list[int]]] = []
    for row, (item, (_, ends)) in enumerate(zip(items, texts, strict=True)):
        logs = ahead[row].float().log_softmax(-1)
        for number, (step, end) in enumerate(zip(item.steps, ends, strict=True)):
            options = [_ids(tokenizer, f" {option}") for option in step.options]
            scores[row, number] = [float(logs[end, option[0]]) for option in options]
            longer += [
                (row, number, [at, end], option) for at, option in enumerate(options) if len(option) > 1
            ]  # fmt: skip
    if longer:
        _add_further_tokens(read.select([home[row] for row, *_ in longer]), texts, longer, scores)
    return [
        tuple(
            step.options[max(range(len(step.options)), key=scores[row, number].__getitem__)]
            for number, step in enumerate(item.steps)
        )
        for row, item in enumerate(items)
    ]


def _add_further_tokens(
    rows: Branches,
    texts: Sequence[tuple[list[int], list[int]]],
    longer: Sequence[tuple[int, int, list[int], list[int]]],
    scores: dict[tuple[int, int], list[float]],
) -> None:
    """What the tokens of an option behind its first one add to its score."""
    ahead = rows.read_ahead([texts[row][0][:end] + option[:-1] for row, _, (_, end), option in longer])
    for (row, number, (at, end), option), logits in zip(longer, ahead, strict=True):
        logs = logits[end + 1 :].float().log_softmax(-1)
        scores[row, number][at] += sum(float(each[token]) for each, token in zip(logs, option[1:], strict=True))


def _steps(tokenizer: Any, item: Item) -> tuple[list[int], list[int]]:
    """The tokens of leads and answers in a row, and for each step how many of them stand before its answer."""
    text: list[int] = []
    ends = []
    for step in item.steps:
        text += _ids(tokenizer, step.lead)
        ends.append(len(text))
        text += _ids(tokenizer, f" {step.answer}")
    return text, ends


def _ids(tokenizer: Any, text: str) -> list[int]:
    return [int(token) for token in tokenizer(text, add_special_tokens=False)["input_ids"]] if text else []
