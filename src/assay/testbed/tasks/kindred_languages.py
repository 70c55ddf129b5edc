"""Languages of a few dozen tokens that have most of their habits in common, each with a style of its own.

A language says which token follows which. Two of them share so much that a text of one is a fair text of the other, and
differ enough that a model which has read one finds its texts likelier.
"""

from typing import Any

import torch
from torch import Generator, Tensor

from assay.testbed.tasks.task import BEGIN, FIRST
from assay.testbed.training import Batches

_SHARPNESS = 1.5
"""Of what follows a token: the spread of the logarithm of its chances."""


def draw_languages(count: int, *, tokens: int, shared: float, seed: int) -> Tensor:
    """Chances (count, tokens, tokens) of what follows each token, in each language.

    Args:
        count: Number of languages.
        tokens: Of their vocabulary.
        shared: How much of them is the same in all, within [0, 1].
        seed: Of what they are.
    """
    generator = Generator().manual_seed(seed)
    habits = (_SHARPNESS * torch.randn(count + 1, tokens, tokens, generator=generator)).softmax(-1)
    return shared * habits[:1] + (1 - shared) * habits[1:]


def vocabulary(tokens: int) -> int:
    """Number of ids of such languages."""
    return FIRST + tokens


def write_texts(language: Tensor, count: int, *, length: int, generator: Generator) -> Tensor:
    """Texts (count, length) of a language, the first token being the one that begins."""
    texts = torch.full((count, length), BEGIN)
    texts[:, 1] = torch.randint(len(language), (count,), generator=generator) + FIRST
    for at in range(2, length):
        chances = language[texts[:, at - 1] - FIRST]
        texts[:, at] = torch.multinomial(chances, 1, generator=generator)[:, 0] + FIRST
    return texts


def text_batches(texts: Tensor, *, size: int, seed: int) -> Batches:
    """The batch of each step of a training: so many of the texts (n, length), drawn anew each time."""

    def of_step(step: int) -> dict[str, Tensor]:
        generator = Generator().manual_seed(1_000_003 * seed + step)
        ids = texts[torch.randint(len(texts), (size,), generator=generator)]
        return {"input_ids": ids, "labels": ids}

    return of_step


@torch.no_grad()
def continue_texts(model: Any, beginnings: Tensor, *, length: int, generator: Generator) -> Tensor:
    """Texts (n, length) that a model writes on from beginnings (n, less), each token drawn by its chance."""
    texts = beginnings
    while texts.shape[1] < length:
        logits = model(input_ids=texts.to(model.device)).logits[:, -1].float().cpu()
        logits[:, :FIRST] = -torch.inf
        texts = torch.cat([texts, torch.multinomial(logits.softmax(-1), 1, generator=generator)], dim=1)
    return texts


@torch.no_grad()
def likelihood_of_texts(model: Any, texts: Tensor, *, start: int) -> Tensor:
    """(n,): the mean log-likelihood of a token from position `start` on, in nats."""
    logits = model(input_ids=texts.to(model.device)).logits[:, start - 1 : -1].float().log_softmax(-1).cpu()
    means: Tensor = logits.gather(-1, texts[:, start:, None])[..., 0].mean(1)
    return means
