"""Tiny models over transformers' own classes, with random weights from a seed."""

import math
from collections.abc import Callable
from typing import Any, cast

import torch
import transformers
from torch import nn
from transformers import PreTrainedModel

FAMILIES = {"llama": "Llama", "qwen2": "Qwen2", "qwen3": "Qwen3", "mistral": "Mistral"}
"""Names of families, and how their classes begin in transformers."""


def tiny(  # noqa: PLR0913 - all but the first are keywords
    family: str,
    *,
    vocab_size: int,
    hidden: int = 64,
    layers: int = 4,
    heads: int = 4,
    kv_heads: int = 2,
    intermediate: int | None = None,
    seed: int = 0,
    cls: type[PreTrainedModel] | None = None,
    **config: Any,
) -> PreTrainedModel:
    """A causal language model of a family, in fp32 and eval mode.

    Args:
        family: One of `FAMILIES`.
        vocab_size: Number of token ids; 0, 1 and 2 pad, begin and end.
        hidden: Width.
        layers: Number of blocks.
        heads: Query heads; each is `hidden` / `heads` wide.
        kv_heads: Key and value heads.
        intermediate: Width inside the feed-forward blocks; 2.5 times `hidden` rounded to eights if not given.
        seed: Of the weights.
        cls: The class of the model, where it is not the family's own but one that derives from it.
        config: Anything else that the family's configuration takes, such as ``rope_parameters``.

    Raises:
        ValueError: There is no such family, or the numbers of heads do not divide.
    """
    if family not in FAMILIES:
        raise ValueError(f"there is no tiny {family!r}; there are {', '.join(FAMILIES)}")
    if hidden % heads or heads % kv_heads:
        raise ValueError(f"{hidden} wide does not go into {heads} heads, or these into {kv_heads} key-value heads")
    settings: dict[str, Any] = {
        "vocab_size": vocab_size,
        "hidden_size": hidden,
        "intermediate_size": intermediate or round(hidden * 2.5 / 8) * 8,
        "num_hidden_layers": layers,
        "num_attention_heads": heads,
        "num_key_value_heads": kv_heads,
        "head_dim": hidden // heads,
        "max_position_embeddings": 8192,
        "pad_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
        # Both decide whether the tasks here are learnt in hundreds of steps or not at all, as trials of either showed:
        # at a width of 64 the usual 0.02 leaves the layers next to nothing, and a tied token is asked and answered.
        "initializer_range": hidden**-0.5,
        "tie_word_embeddings": False,
    }
    if family == "mistral":
        settings["sliding_window"] = None  # full attention, as the others have
    name = FAMILIES[family]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        make = cls or getattr(transformers, f"{name}ForCausalLM")
        model = make(getattr(transformers, f"{name}Config")(**settings | config))
    return cast("PreTrainedModel", model.eval())


def matching_width(new: Callable[[int], nn.Module], parameters: int) -> int:
    """The smallest width inside the feed-forward blocks at which a model has no fewer parameters than asked for.

    Args:
        new: Makes a model of such a width; its parameters grow by as many with each unit of it.
        parameters: How many it has at least.
    """
    one, two = (sum(parameter.numel() for parameter in new(width).parameters()) for width in (1, 2))
    return 1 + max(0, math.ceil((parameters - one) / (two - one)))
