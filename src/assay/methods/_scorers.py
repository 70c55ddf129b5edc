"""One shape for what scores texts: rewards, costs and verifiers that are functions or classifiers of transformers.

`as_scorer` takes a function of many texts or a model with a head that classifies sequences; `as_step_scorer` takes a
function of a prompt and its steps or a model with a head that classifies tokens. Whatever comes back is checked: a
score that is missing or no finite number is refused with the text that it was given for.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

Scorer = Callable[[Sequence[str]], list[float]]
"""The score of each text."""
StepScorer = Callable[[Sequence[tuple[str, Sequence[str]]]], list[list[float]]]
"""The score of each step, of prompts with their steps so far."""


class ScoreError(ValueError):
    """A reward, cost or verifier gave what is no score; the message says what, and for which text."""


def as_scorer(
    scorer: Any, tokenizer: Any = None, *, label: str | int | None = None, batch: int = 32, name: str = "the scorer"
) -> Scorer:
    """Take what scores texts in whatever form there is.

    Args:
        scorer: A function of a list of texts that gives one score for each; or a sequence classifier of transformers.
        tokenizer: Of the classifier.
        label: Its class whose probability is the score; by default that of a model with one output (the raw output), or
            the second of two.
        batch: Texts at once.
        name: For messages.

    Raises:
        ValueError: It is neither, or has no such label.
    """
    if hasattr(scorer, "config") and hasattr(scorer, "parameters"):
        if tokenizer is None:
            raise ValueError(f"{type(scorer).__name__} comes without its tokenizer")
        index = _label(scorer, label)
        return _checked(lambda texts: _classify(scorer, tokenizer, texts, index, batch), name)
    if not callable(scorer):
        raise ValueError(f"{type(scorer).__name__} scores nothing: give a function of texts or a classifier")
    return _checked(scorer, name)


def as_step_scorer(
    scorer: Any, tokenizer: Any = None, *, label: str | int | None = None, batch: int = 16, name: str = "the verifier"
) -> StepScorer:
    """Take what scores the steps of an answer in whatever form there is.

    Args:
        scorer: A function of (prompt, steps) that gives one score for each step; or a token classifier of transformers,
            whose score of a step is read at the step's last token.
        tokenizer: Of the classifier; it must give offsets.
        label: As for `as_scorer`.
        batch: Answers at once.
        name: For messages.

    Raises:
        ValueError: It is neither, or has no such label.
    """
    if hasattr(scorer, "config") and hasattr(scorer, "parameters"):
        if tokenizer is None:
            raise ValueError(f"{type(scorer).__name__} comes without its tokenizer")
        index = _label(scorer, label)
        return _steps_checked(lambda answers: _classify_steps(scorer, tokenizer, answers, index, batch), name)
    if not callable(scorer):
        raise ValueError(
            f"{type(scorer).__name__} scores nothing: give a function of prompt and steps, or a classifier"
        )
    return _steps_checked(lambda answers: [scorer(prompt, steps) for prompt, steps in answers], name)


def check_scores(scores: Any, texts: Sequence[str], *, name: str) -> list[float]:
    """The scores as plain numbers, one for each text.

    Raises:
        ScoreError: There are more or fewer, or one is no finite number; the message names the text.
    """
    values = scores.tolist() if hasattr(scores, "tolist") else scores
    if isinstance(values, str) or not isinstance(values, Sequence) or len(values) != len(texts):
        shape = (
            f"{len(values)} scores" if isinstance(values, Sequence) and not isinstance(values, str) else repr(values)
        )
        raise ScoreError(
            f"{name} gave {shape} for {len(texts)} texts, one of them {_shorten(texts[0] if texts else '')!r}"
        )
    for value, text in zip(values, texts, strict=True):
        if isinstance(value, bool):
            continue
        if not isinstance(value, int | float) or not math.isfinite(value):
            raise ScoreError(f"{name} gave {value!r} for {_shorten(text)!r}: a score is a finite number")
    return [float(value) for value in values]


def _checked(function: Callable[[Sequence[str]], Any], name: str) -> Scorer:
    return lambda texts: check_scores(function(list(texts)), list(texts), name=name) if texts else []


def _steps_checked(function: Callable[[Any], Any], name: str) -> StepScorer:
    def score(answers: Sequence[tuple[str, Sequence[str]]]) -> list[list[float]]:
        given = function(list(answers))
        if len(given) != len(answers):
            raise ScoreError(f"{name} gave scores for {len(given)} answers of {len(answers)}")
        return [check_scores(each, list(steps), name=name) for each, (_, steps) in zip(given, answers, strict=True)]

    return score


def _label(model: Any, label: str | int | None) -> int | None:
    """Which output is the score; ``None`` for the raw output of a model that has one."""
    names = dict(model.config.id2label)
    if label is None:
        if len(names) > 2:
            raise ValueError(f"{type(model).__name__} has {len(names)} labels: say which is the score, of {names}")
        return None if len(names) == 1 else 1
    index = next((i for i, name in names.items() if label in (i, name)), None)
    if index is None:
        raise ValueError(f"{type(model).__name__} has no label {label!r}: its labels are {names}")
    return int(index)


def _classify(model: Any, tokenizer: Any, texts: Sequence[str], index: int | None, batch: int) -> list[float]:
    import torch  # noqa: PLC0415 - for who scores with a model alone

    from assay.methods._patching import evaluating  # noqa: PLC0415

    scores: list[float] = []
    with torch.no_grad(), evaluating(model):
        for start in range(0, len(texts), batch):
            part = list(texts[start : start + batch])
            inputs = tokenizer(part, return_tensors="pt", padding=True)
            mask = inputs.get("attention_mask", inputs["input_ids"] >= 0)
            for text, tokens in zip(part, mask.sum(-1).tolist(), strict=True):
                _refuse_length(model, text, tokens)
            logits = model(**inputs.to(model.device)).logits.float()
            scores += (logits[:, 0] if index is None else logits.softmax(-1)[:, index]).tolist()
    return scores


def _classify_steps(
    model: Any, tokenizer: Any, answers: Sequence[tuple[str, Sequence[str]]], index: int | None, batch: int
) -> list[list[float]]:
    import torch  # noqa: PLC0415

    from assay.methods._patching import evaluating  # noqa: PLC0415

    scores: list[list[float]] = []
    with torch.no_grad(), evaluating(model):
        for start in range(0, len(answers), batch):
            rows = [_ends(tokenizer, prompt, steps) for prompt, steps in answers[start : start + batch]]
            longest = max(len(ids) for ids, _ in rows)
            for (prompt, _), (tokens, _) in zip(answers[start : start + batch], rows, strict=True):
                _refuse_length(model, prompt, len(tokens))
            # Padded behind, where a decoder sees nothing of it.
            ids = torch.tensor([[*row, *[0] * (longest - len(row))] for row, _ in rows], device=model.device)
            mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row, _ in rows], device=model.device)
            logits = model(input_ids=ids, attention_mask=mask).logits.float()
            values = logits[..., 0].sigmoid() if index is None else logits.softmax(-1)[..., index]
            scores += [values[row, ends].tolist() for row, (_, ends) in enumerate(rows)]
    return scores


def _ends(tokenizer: Any, prompt: str, steps: Sequence[str]) -> tuple[list[int], list[int]]:
    """Token ids of prompt and steps, and the place of the last token of each step.

    Each step is coded by itself, so that its tokens are the same whatever follows.
    """
    ids: list[int] = tokenizer(prompt, add_special_tokens=False)["input_ids"]
    ends = []
    for step in steps:
        new = tokenizer(step, add_special_tokens=False)["input_ids"]
        if not new:
            raise ScoreError(f"the step {step!r} of {_shorten(prompt)!r} has no token to be scored at")
        ids = [*ids, *new]
        ends.append(len(ids) - 1)
    return ids, ends


def _refuse_length(model: Any, text: str, tokens: int) -> None:
    """Refuse a text that the model cannot read whole: what is cut off would be scored as if it were not there."""
    longest = getattr(model.config, "max_position_embeddings", None)
    if longest and tokens > longest:
        raise ScoreError(f"{_shorten(text)!r} has {tokens} tokens, and {type(model).__name__} reads {longest}")


def _shorten(text: str, longest: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[:longest]}..."
