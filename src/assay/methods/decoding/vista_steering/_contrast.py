"""The direction in which a condition, such as an image, pushes: two readings of a prompt, with it and without."""

import inspect
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from assay.methods._decoders import text_config
from assay.methods._patching import altered, evaluating
from assay.methods.decoding.vista_steering._sites import STEERING, find_blocks, hidden_of

_LEAST = 1e-5
"""Of the length of a state: a smaller difference is what rounding leaves of equal prompts."""
_PLACEHOLDERS = ("image_token_id", "image_token_index", "vision_start_token_id", "vision_end_token_id", "boi_token_id",
                 "eoi_token_id")  # fmt: skip
"""What configurations call the tokens that stand for an image and around it."""


def contrast(model: PreTrainedModel, positive: Mapping[str, Any], negative: Mapping[str, Any]) -> Tensor:
    """The vectors (layers, rows, width) from prompts without a condition to the same prompts with it, in float32.

    Args:
        model: A decoder of transformers, alone or within an image-text model.
        positive: Its inputs with the condition: ``input_ids``, ``attention_mask``, ``pixel_values`` ...
        negative: Its inputs without, of as many rows: the same chat format and words, the image's tokens taken out
            and not blanked; see `without_images`.

    Raises:
        ValueError: The model is of a kind that this cannot work on, or is being steered; rows differ in number or are
            padded on the right; a row is the same in both.
    """
    blocks = find_blocks(model)
    with altered(model, by=STEERING) as undo, evaluating(model), torch.no_grad():
        states: list[Tensor] = []
        width = text_config(model).hidden_size
        for block in blocks:
            undo.callback(block.register_forward_hook(partial(_keep_last, states, width)).remove)
        ends = []
        for what, inputs in (("positive", positive), ("negative", negative)):
            _check_inputs(what, inputs)
            states.clear()
            model(**inputs, use_cache=False, **_last_logits(model))
            ends.append(torch.stack(states))
    with_it, without = ends
    if with_it.shape != without.shape:
        raise ValueError(f"there are {with_it.shape[1]} positive rows and {without.shape[1]} negative: give pairs")
    vectors = with_it - without
    moved = (vectors.norm(dim=-1) > _LEAST * with_it.norm(dim=-1)).any(0)
    if not bool(moved.all()):
        row = int(moved.long().argmin())
        raise ValueError(
            f"row {row} is the same in positive and negative, so that its vector would be zero: leave the image (or "
            "the passage) out of the negative one"
        )
    return vectors


def without_images(
    model: PreTrainedModel, inputs: Mapping[str, Any], tokens: Sequence[int] | None = None
) -> dict[str, Tensor]:
    """The text of a processor's inputs, with the tokens of images taken out: ``input_ids`` and ``attention_mask``.

    Rows that become shorter than others are padded on the left. The tokens behind an image move up.

    Args:
        model: An image-text model; its configuration says which tokens stand for images.
        inputs: As a processor makes them, images included.
        tokens: The tokens to take out, where the configuration does not say, or does not say all (such as those
            that some processors put around the parts of an image).

    Raises:
        ValueError: No tokens are known, a row has none of them, or nothing else.
    """
    drop = set(_placeholders(model) if tokens is None else tokens)
    if not drop:
        raise ValueError(f"the configuration of {type(model).__name__} names no image token: pass tokens=[...]")
    ids: Tensor = inputs["input_ids"]
    given = inputs.get("attention_mask")
    real = torch.ones_like(ids) if given is None else given
    rows = []
    for number, (row, here) in enumerate(zip(ids.tolist(), real.tolist(), strict=True)):
        text = [token for token, is_real in zip(row, here, strict=True) if is_real]
        rest = [token for token in text if token not in drop]
        if len(rest) == len(text):
            raise ValueError(f"row {number} has no image token ({sorted(drop)}): there is nothing to take out")
        if not rest:
            raise ValueError(f"row {number} has image tokens alone: without them no prompt is left")
        rows.append(rest)
    longest = max(map(len, rows))
    pad = text_config(model).pad_token_id
    filler = pad if isinstance(pad, int) and pad >= 0 else 0
    return {
        "input_ids": torch.tensor([[filler] * (longest - len(row)) + row for row in rows], device=ids.device),
        "attention_mask": torch.tensor(
            [[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=ids.device
        ),
    }


def _placeholders(model: PreTrainedModel) -> list[int]:
    named = [getattr(model.config, name, None) for name in _PLACEHOLDERS]
    return [each for each in named if isinstance(each, int)]


def _check_inputs(what: str, inputs: Mapping[str, Any]) -> None:
    mask = inputs.get("attention_mask")
    if isinstance(mask, Tensor) and not bool((mask[..., -1] != 0).all()):
        raise ValueError(f"a {what} row is padded on the right, where its last token is looked for: pad on the left")


def _last_logits(model: PreTrainedModel) -> dict[str, Any]:
    """Ask for the logits of the last token alone, where a model can be asked."""
    return {"logits_to_keep": 1} if "logits_to_keep" in inspect.signature(model.forward).parameters else {}


def _keep_last(states: list[Tensor], width: int, _: nn.Module, __: Any, out: Any) -> None:
    last = hidden_of(out, width)[:, -1].float()
    states.append(last.to(states[0].device) if states else last)
