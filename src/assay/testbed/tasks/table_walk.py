"""Walks through a table that a model has to know by heart: a task whose every thinking budget has an answer.

``n5 s3 s17 s4 s9 s2 s4 s11 = s11``: the prompt says how many steps there are (5) and where the walk begins; each step
goes to what the table has for the last two places; the answer is where it ends. One token a step, so that a model
thinks step by step. Asked early, behind ``=``, it must leap over the steps that it has not taken, which so small a net
cannot do: it has to guess, and should know that it does. Walks to be trained on end at any step for that.

Beginnings to be trained on are drawn by Zipf's law, those to be tested on evenly: of rare places the model is unsure.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Generator, Tensor

from assay.testbed.tasks.task import IGNORED

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_PAD, _BEGIN, _END, _IS = range(4)


@dataclass(frozen=True)
class TableWalk:
    """The task's sizes, and its table."""

    places: int = 24
    steps: tuple[int, int] = (2, 8)
    """Of a walk, at least and at most, each as likely."""
    seed: int = 0
    """Of the table."""

    @property
    def vocabulary(self) -> int:
        """Token ids: four marks, the numbers of steps, the places."""
        return 4 + self.steps[1] + 1 + self.places

    def tokenizer(self) -> "PreTrainedTokenizerFast":
        """Reads the words of a walk, with spaces between them."""
        from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415 - ids alone need no tokenizers
        from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

        words = ["<pad>", "<s>", "</s>", "="]
        words += [f"n{count}" for count in range(self.steps[1] + 1)] + [f"s{place}" for place in range(self.places)]
        tokenizer = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token=words[0]))
        tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()  # type: ignore[assignment]
        marks = {"pad_token": "<pad>", "bos_token": "<s>", "eos_token": "</s>"}
        return PreTrainedTokenizerFast(tokenizer_object=tokenizer, **marks)  # type: ignore[no-untyped-call]

    def walks(self, size: int, generator: Generator, *, evenly: bool = True) -> list[list[int]]:
        """Token ids of so many walks: the number of steps, two places to begin at, and each step's place.

        Args:
            size: How many.
            generator: Of everything random.
            evenly: Whether each beginning is as likely, or by Zipf's law.
        """
        table = torch.randint(
            self.places, (self.places, self.places), generator=torch.Generator().manual_seed(self.seed)
        )
        beginnings = torch.randperm(self.places**2, generator=torch.Generator().manual_seed(self.seed + 1))
        weights = torch.ones(self.places**2) if evenly else 1 / torch.arange(1.0, self.places**2 + 1)
        drawn = beginnings[torch.multinomial(weights, size, replacement=True, generator=generator)].tolist()
        counts = torch.randint(self.steps[0], self.steps[1] + 1, (size,), generator=generator).tolist()
        first = self.vocabulary - self.places
        walks = []
        for begin, count in zip(drawn, counts, strict=True):
            places = list(divmod(begin, self.places))
            for _ in range(count):
                places.append(int(table[places[-2], places[-1]]))
            walks.append([4 + count, *(first + place for place in places)])
        return walks

    def batch(self, size: int, generator: Generator) -> Mapping[str, Tensor]:
        """Walks to be trained on, half of them broken off: what says that a walk ends there is not learnt then."""
        length = self.steps[1] + 7
        ids, labels = torch.full((size, length), _PAD), torch.full((size, length), IGNORED)
        for row, walk in enumerate(self.walks(size, generator, evenly=False)):
            count = len(walk) - 3
            kept = int(torch.randint(count + 1, (1,), generator=generator))
            whole = bool(torch.rand(1, generator=generator) < 0.5)
            shown = walk if whole else walk[: 3 + kept]
            text = [_BEGIN, *shown, _IS, walk[-1], _END]
            ids[row, : len(text)] = torch.tensor(text)
            labels[row, 4 : len(text)] = ids[row, 4 : len(text)]
            if not whole:
                labels[row, len(text) - 3] = IGNORED
        return {"input_ids": ids, "labels": labels}
