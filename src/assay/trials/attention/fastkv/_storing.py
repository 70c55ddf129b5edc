"""One reading of a prompt, stored in many ways, and answered from all of them at once.

Reading takes most of the time of a trial on a real model, and how much a layer stores does not change how the prompt is
read. So what is stored at any share comes out of one reading, of SnapKV with any window too. The stores are the rows of
one padded batch while the answers are written.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import pad
from transformers import DynamicCache

from assay.methods.attention.fastkv import FastKV, RetainedLayer, select


@dataclass(frozen=True, eq=False)
class Layer:
    """What a layer computed of a prompt: all that choosing and storing needs."""

    query: Tensor
    """(1, Hq, w, D), of the last tokens."""
    keys: Tensor
    """(1, Hkv, m, D), of the m tokens that were present."""
    values: Tensor
    """(1, Hkv, m, D)."""
    scaling: float

    def choose(self, press: FastKV, prompt: int) -> Tensor:
        """The places (Hkv, C) among those present that a press stores of a prompt of so many tokens."""
        heads, present = self.keys.shape[1:3]
        count = min(press.retained(prompt), present)
        if count == present:
            return torch.arange(present, device=self.keys.device).expand(heads, present)
        scores = press.rank(self.query, self.keys, [present], self.scaling)
        return select(scores, [count], [present], press.window).columns[0]

    def share_for(self, press: FastKV, places: Sequence[int]) -> float:
        """The share of the tokens present that must go on from here so that all of these do, the window not counted."""
        present = self.keys.shape[2]
        scores = press.rank(self.query, self.keys, [present], self.scaling).sum(1)[0]
        return int((scores >= scores[list(places)].min()).sum()) / present


@dataclass(frozen=True, eq=False)
class Prefill:
    """A prompt that was read."""

    length: int
    first: int
    """The first token of the answer."""
    layers: Sequence[Layer]


@dataclass(frozen=True, eq=False)
class Store:
    """What a press stores of a prompt that was read."""

    prefill: Prefill
    press: FastKV


@torch.no_grad()
def read_prompt(model: Any, ids: Tensor, press: FastKV) -> Prefill:
    """Read a prompt the press's way.

    Args:
        model: Of the kind that FastKV works on.
        ids: Token ids [n].
        press: With a number for `tsp_layer`, or a `tsp_rate` of 1. It must store fewer tokens than any layer sees; how
            many does not matter. What is stored later takes its window from it, or a shorter one where every layer
            reads all.
    """
    cache = DynamicCache(config=model.config)
    layers: list[Layer] = []

    def note(query: Tensor, key: Tensor, lengths: Sequence[int], scaling: float, *rest: Any) -> Tensor:
        stored: Any = cache.layers[len(layers)]
        layers.append(Layer(query, stored.keys, stored.values, scaling))
        return press.score(query, key, lengths, scaling, *rest)

    with replace(press, score=note)(model):
        out = model(ids[None], past_key_values=cache, logits_to_keep=1)
    if len(layers) != len(cache.layers):
        raise ValueError(f"{len(layers)} of {len(cache.layers)} layers chose what to store: store less")
    return Prefill(len(ids), int(out.logits[0, -1].argmax()), layers)


@torch.no_grad()
def write_answers(model: Any, stores: Sequence[Store], *, new: int) -> list[list[int]]:
    """The tokens that a model goes on with from each store of one prompt, the likeliest each time, without the end.

    Args:
        model: The model that read the prompt.
        stores: Of one prompt, each a row of the batch.
        new: At most so many tokens.
    """
    cache = DynamicCache(config=model.config)
    cache.layers[:] = [_stack(stores, number) for number in range(len(stores[0].prefill.layers))]
    device = stores[0].prefill.layers[0].keys.device
    end = model.generation_config.eos_token_id
    end = end if isinstance(end, list) else [] if end is None else [end]
    tokens = torch.tensor([[store.prefill.first] for store in stores], device=device)
    written = [tokens]
    with stores[0].press(model):  # whatever its setting: it only has to know that the cache is short
        while len(written) < new and not _all_ended(written, end):
            tokens = model(tokens, past_key_values=cache).logits[:, -1].argmax(-1, keepdim=True)
            written.append(tokens)
    return [_up_to(end, row) for row in torch.cat(written, dim=1).tolist()]


def _stack(stores: Sequence[Store], number: int) -> RetainedLayer:
    """A layer of the stores as rows, those that store less padded on the left."""
    rows = []
    for store in stores:
        layer = store.prefill.layers[number]
        places = layer.choose(store.press, store.prefill.length)[None, ..., None]
        rows.append([each.gather(2, places.expand(-1, -1, -1, each.shape[-1])) for each in (layer.keys, layer.values)])
    widths = [keys.shape[2] for keys, _ in rows]
    keys, values = (
        torch.cat([pad(row[part], (0, 0, max(widths) - row[part].shape[2], 0)) for row in rows]) for part in (0, 1)
    )
    stacked = RetainedLayer()
    stacked.update(keys, values)
    padding = torch.tensor([max(widths) - width for width in widths], device=keys.device)
    stacked.retain(None, prompt=stores[0].prefill.length, padding=padding if bool(padding.any()) else None)
    return stacked


def _all_ended(written: Sequence[Tensor], end: Sequence[int]) -> bool:
    ended = torch.isin(torch.cat(list(written), dim=1), torch.tensor(end, device=written[0].device))
    return bool(ended.any(1).all())


def _up_to(end: Sequence[int], tokens: list[int]) -> list[int]:
    """The tokens before the first that ends."""
    return tokens[: next((place for place, token in enumerate(tokens) if token in end), len(tokens))]
