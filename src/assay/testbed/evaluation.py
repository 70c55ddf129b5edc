"""What a language model makes of text that was held out: its loss, and how often its likeliest next token is right."""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy


def split_windows(text: Tensor, *, length: int, count: int) -> Tensor:
    """The first windows of a text, one behind the other.

    Args:
        text: Token ids [n].
        length: Tokens of a window.
        count: Number of windows.

    Returns:
        Token ids [count, length].

    Raises:
        ValueError: The text has fewer windows.
    """
    if len(text) < count * length:
        raise ValueError(f"a text of {len(text)} tokens has no {count} windows of {length}: take a longer text")
    return text[: count * length].view(count, length)


def evaluate_by_text(model: Any, texts: Tensor) -> dict[str, list[float]]:
    """The figures of `evaluate` for each text by itself, so that those of two models are pairs.

    Args:
        model: A causal language model of transformers' kind.
        texts: Token ids [texts, windows, length]; each window is read by itself.
    """
    figures = [evaluate(model, text) for text in texts]
    return {name: [each[name] for each in figures] for name in ("loss", "accuracy")}


@torch.no_grad()
def evaluate(model: Any, windows: Tensor, *, size: int = 64) -> dict[str, float]:
    """The ``loss`` of next tokens in nats, and in per cent the ``accuracy`` of the likeliest one.

    Args:
        model: A causal language model of transformers' kind.
        windows: Token ids [windows, length]; each is read by itself.
        size: Windows of a batch.
    """
    loss = right = 0.0
    for ids in windows.to(model.device).split(size):
        logits, answers = model(input_ids=ids).logits[:, :-1].flatten(0, 1).float(), ids[:, 1:].flatten()
        loss += float(cross_entropy(logits, answers, reduction="sum"))
        right += int((logits.argmax(-1) == answers).sum())
    tokens = windows[:, 1:].numel()
    return {"loss": loss / tokens, "accuracy": 100.0 * right / tokens}
