"""Vocabularies of whole words for small nets: a tokenizer, and batches of prompts with their answers."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch

from assay.testbed.tasks.task import IGNORED, Batch
from assay.testbed.training import Batches

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

Pair = tuple[str, str]
"""A prompt and the answer behind it."""

_SPECIAL = ("<pad>", "<s>", "</s>")


@dataclass(frozen=True)
class Words:
    """A vocabulary of whole words."""

    words: tuple[str, ...]

    @property
    def size(self) -> int:
        """Token ids."""
        return len(_SPECIAL) + len(self.words)

    @cached_property
    def tokenizer(self) -> "PreTrainedTokenizerFast":
        """Reads words with spaces between them."""
        from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415 - ids alone need no tokenizers
        from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

        vocabulary = {word: at for at, word in enumerate((*_SPECIAL, *self.words))}
        tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=_SPECIAL[0]))
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()  # type: ignore[assignment]
        marks = dict(zip(("pad_token", "bos_token", "eos_token"), _SPECIAL, strict=True))
        return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks)  # type: ignore[no-untyped-call]

    def batches(self, draw: Callable[[random.Random], Pair], size: int, *, seed: int) -> Batches:
        """The batch of each step of a training: pairs, of which the answers and an end carry labels."""
        number = {word: at for at, word in enumerate((*_SPECIAL, *self.words))}

        def of_step(step: int) -> Batch:
            chance = random.Random(1_000_003 * seed + step)  # noqa: S311 - a draw, not a secret
            rows = []
            for _ in range(size):
                prompt, answer = ([number[word] for word in text.split()] for text in draw(chance))
                rows.append((len(prompt) + 1, [number["<s>"], *prompt, *answer, number["</s>"]]))
            longest = max(len(ids) for _, ids in rows)
            ids = torch.tensor([ids + [0] * (longest - len(ids)) for _, ids in rows])
            labels = ids.masked_fill(ids == 0, IGNORED)
            for row, (start, _) in enumerate(rows):
                labels[row, :start] = IGNORED
            return {"input_ids": ids, "labels": labels}

        return of_step
