"""Tiny models over transformers' own classes, with random weights from a seed."""

import math
from collections.abc import Callable
from typing import Any, cast

import torch
import transformers
from torch import Tensor, nn
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedModel

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


def grow_llama(
    model: Any, *, hidden: int, intermediate: int, layers: int, dtype: torch.dtype = torch.float32
) -> LlamaForCausalLM:
    """A larger Llama that computes what `model` computes, with as many more operations and bytes as its size says.

    The old weights stand in the corner of the new ones and zeros elsewhere, so the new part of the hidden state stays
    zero; added layers add zero. A mean square over D instead of d entries is smaller by d / D: the norms' weights and
    epsilon make up for it. Heads keep their width, and queries stay with their keys.

    Args:
        model: A Llama.
        hidden: New width, a multiple of the old one.
        intermediate: New width inside the feed-forward blocks.
        layers: New number of blocks.
        dtype: Of the new weights.

    Raises:
        ValueError: The new width is no multiple of the old one, or something would shrink.
    """
    small = model.config
    wider, rest = divmod(hidden, small.hidden_size)
    if rest or intermediate < small.intermediate_size or layers < small.num_hidden_layers:
        raise ValueError(
            f"a Llama {small.hidden_size} wide with {small.num_hidden_layers} layers, {small.intermediate_size} wide "
            f"inside, does not grow to {hidden}, {layers} and {intermediate}: give a multiple of its width and no less"
        )
    settings = small.to_dict() | {
        "hidden_size": hidden,
        "intermediate_size": intermediate,
        "num_hidden_layers": layers,
        "num_attention_heads": small.num_attention_heads * wider,
        "num_key_value_heads": small.num_key_value_heads * wider,
        "rms_norm_eps": small.rms_norm_eps / wider,
    }
    with torch.device(model.device):
        large: Any = LlamaForCausalLM(LlamaConfig(**settings))
    old = dict(model.named_modules())
    with torch.no_grad():
        for name, module in large.named_modules():
            weight = getattr(module, "weight", None)
            if weight is None:
                continue
            is_norm = not isinstance(module, nn.Linear | nn.Embedding)
            weight.fill_(float(is_norm))
            if name in old:
                before: Tensor = old[name].weight
                corner = tuple(slice(length) for length in before.shape)
                weight[corner] = before / wider**0.5 if is_norm else before
    return cast("LlamaForCausalLM", large.to(dtype).eval())
