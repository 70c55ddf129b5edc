"""Choosing the TSP layer: from which layer on the same tokens matter."""

from collections.abc import Sequence
from contextlib import ExitStack

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from assay.methods._patching import altered, swap
from assay.methods.attention.fastkv._model import Decoder, layer_scores, row_lengths
from assay.methods.attention.fastkv._press import FastKV
from assay.methods.attention.fastkv._scores import first_layer, overlaps


def token_scores(
    model: PreTrainedModel,
    input_ids: Tensor,
    *,
    attention_mask: Tensor | None = None,
    press: FastKV | None = None,
    layers: int | None = None,
) -> list[Tensor]:
    """How each layer ranks the tokens of prompts, all tokens reaching all layers.

    Args:
        model: Of the kind that FastKV works on; unchanged afterwards.
        input_ids: (B, n).
        attention_mask: (B, n), zeros at padding on the left.
        press: Its window, kernel, pooling and scorer are used.
        layers: Run only so many first layers.

    Returns:
        For each layer (B, n - w): the scores summed over KV heads.
    """
    press = press or FastKV()
    decoder = Decoder.of(model)
    lengths = row_lengths(attention_mask, *input_ids.shape)
    with altered(model, by="fastkv scores") as undo:
        if layers is not None:
            _shorten(undo, decoder, layers)
        inputs = {"input_ids": input_ids, "attention_mask": attention_mask}
        return layer_scores(decoder, press.rank, lengths, (), inputs)


def pick_tsp_layer(
    model: PreTrainedModel,
    prompts: Sequence[Tensor],
    *,
    top_k: int | None = None,
    min_overlap: float = 0.6,
    press: FastKV | None = None,
) -> int:
    """The first layer whose tokens are also those that the layers above it want.

    The overlap of layer l: of the tokens that a later layer stores, the share that layer l would hand on, averaged
    over later layers and prompts. The first layer that reaches `min_overlap` is picked; if none does, the last one
    that saves anything, where least is lost.

    Args:
        model: Of the kind that FastKV works on.
        prompts: Token ids (n,) or (B, n), such as the model will be given.
        top_k: Compare so many top tokens of both layers, as the paper does with 512, instead of what `press` would
            store and hand on; fewer than half a prompt's, or overlap by chance alone would decide.
        min_overlap: In (0, 1]. Ours.
        press: Its rates, window, kernel, pooling and scorer are used.

    Raises:
        ValueError: No prompts, or one of which nothing would be dropped or too little for `top_k`.
    """
    press = press or FastKV()
    if not prompts:
        raise ValueError("picking a layer needs at least one prompt")
    curves = []
    for ids in prompts:
        batch = ids if ids.ndim == 2 else ids[None]
        rows, length = batch.shape
        before = length - press.window
        if top_k is not None and before <= 2 * top_k:
            raise ValueError(
                f"a prompt of {length} tokens is too short to compare the top {top_k}: give prompts of more than "
                f"{2 * top_k + press.window} tokens, or lower top_k"
            )
        keep, onward = (top_k, top_k) if top_k else press.compared(length)
        curve = overlaps(token_scores(model, batch, press=press), [before] * rows, [keep] * rows, [onward] * rows)
        if curve is None:
            raise ValueError(f"of a prompt of {length} tokens all go on under {press}: give longer ones")
        curves.append(curve)
    return first_layer(torch.stack(curves).mean(0).tolist(), min_overlap)


def _shorten(undo: ExitStack, decoder: Decoder, layers: int) -> None:
    """Let the decoder run its first blocks alone."""
    for name, child in decoder.module.named_children():
        if isinstance(child, nn.ModuleList) and list(child) == decoder.blocks:
            swap(undo, decoder.module, name, child[:layers])
