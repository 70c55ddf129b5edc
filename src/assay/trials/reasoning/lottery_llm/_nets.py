"""Small nets that were trained here, as models that the solver asks."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from assay.methods._branches import Branches, Sampling
from assay.testbed.models import tiny
from assay.testbed.tasks.words import Pair, Words
from assay.testbed.training import train_once

_BEGIN, _END = 1, 2
_BATCH = 128


@dataclass(frozen=True, eq=False)
class Net:
    """A net that goes on with words."""

    model: Any
    words: Words
    name: str
    new: int
    """Words of an answer, at most."""

    def answer(
        self,
        prompts: Sequence[str],
        *,
        tokens: int = 256,
        temperature: float = 0.0,
        seed: int = 0,
        images: Sequence[Any] | None = None,  # noqa: ARG002 - it reads none
    ) -> list[str]:
        """See `assay.methods._models.Model.answer`."""
        answers: list[str] = []
        for start in range(0, len(prompts), _BATCH):
            ids = [[_BEGIN, *self.words.tokenizer(text)["input_ids"]] for text in prompts[start : start + _BATCH]]
            rows = Branches.read(self.model, ids, method="A small net")
            written = rows.write(min(tokens, self.new), sampling=Sampling(temperature), seed=seed)
            answers += [
                str(self.words.tokenizer.decode([token for token in each.tokens if token != _END])) for each in written
            ]
        return answers


@dataclass(frozen=True)
class Shape:
    """Of a net and its training."""

    hidden: int
    layers: int
    updates: int
    batch: int = 128


def train_net(
    name: str, words: Words, draw: Callable[[random.Random], Pair], shape: Shape, *, new: int, seed: int, device: str
) -> Net:
    """A net trained on pairs of prompt and answer; from the cache if it was trained before."""
    recipe = {"what": name, "words": words.size, "hidden": shape.hidden, "layers": shape.layers,
              "updates": shape.updates, "batch": shape.batch, "seed": seed, "draw": repr(draw)}  # fmt: skip
    model: Any = train_once(
        recipe,
        partial(tiny, "llama", vocab_size=words.size, hidden=shape.hidden, layers=shape.layers, seed=seed),
        words.batches(draw, shape.batch, seed=seed),
        device=device,
        steps=shape.updates,
        lr=3e-3,
        seed=seed,
        what=f"training {name}",
    )
    return Net(model.to(device), words, name, new)
