"""Where things stand in a transformers model: its decoder, its blocks, and the attention of each.

Every method that must find them asks here, and refuses in words what is not found.
"""

from typing import Any

from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel

_ATTENTION = ("self_attn", "attention", "attn", "self_attention", "temporal_block", "mixer")
"""What transformers' blocks call their attention."""


def text_config(model: PreTrainedModel) -> PreTrainedConfig:
    """The configuration of the part that reads text: of a model for images and text, its language model's."""
    return model.config.get_text_config(decoder=True)


def decoder_of(model: nn.Module, *, method: str) -> Any:
    """The decoder without its head: what is called with ``input_ids`` and returns hidden states.

    Raises:
        ValueError: The model is no decoder-only model of transformers.
    """
    _refuse_kind(model, method, encoders=False)
    return model.get_decoder()  # type: ignore[operator]


def blocks_of(model: nn.Module, *, method: str, encoders: bool = False) -> list[Any]:
    """The blocks of a model, from the first to the last; untyped, since each architecture has its own classes.

    Args:
        model: A decoder-only model of transformers.
        method: What asks, for the message.
        encoders: Encoders are welcome too.

    Raises:
        ValueError: The model is of another kind, or has no list of blocks as its configuration says.
    """
    transformer = _refuse_kind(model, method, encoders=encoders)
    number = getattr(text_config(transformer), "num_hidden_layers", None)
    # The outermost list comes first: a block may hold a list of as many experts.
    start = transformer if encoders else transformer.get_decoder()  # type: ignore[no-untyped-call]
    for module in start.modules():
        if isinstance(module, nn.ModuleList) and len(module) == number:
            return list(module)
    raise ValueError(
        f"{method} cannot be used with this {type(model).__name__}: it has no list of {number} blocks, as its "
        "configuration says"
    )


def attention_of(block: nn.Module) -> nn.Module | None:
    """The module of a block that holds its attention; ``None`` if it has none that is known here."""
    children = dict(block.named_children())
    return next((children[name] for name in _ATTENTION if name in children), None)


def attention_layers(model: nn.Module, *, method: str) -> dict[int, Any]:
    """The modules that call an attention implementation of transformers, by number of their layer.

    Of a model for images and text, those of its language model.

    Raises:
        ValueError: There are none: the model computes attention by code of its own, or has none.
    """
    can_set = getattr(model, "_can_set_attn_implementation", None)
    reader = model.get_decoder() if isinstance(model, PreTrainedModel) else model  # type: ignore[no-untyped-call]
    layers: dict[int, Any] = {
        module.layer_idx: module  # type: ignore[misc]
        for module in reader.modules()
        if isinstance(getattr(module, "layer_idx", None), int)
        and isinstance(getattr(module, "config", None), PreTrainedConfig)
        and (hasattr(module, "num_key_value_groups") or hasattr(module, "scaling"))
    }
    if not layers or can_set is None or not can_set():
        raise ValueError(
            f"{method} cannot be used with this {type(model).__name__}: its attention does not go through "
            "transformers' AttentionInterface"
        )
    return layers


def _refuse_kind(model: nn.Module, method: str, *, encoders: bool) -> PreTrainedModel:
    name = type(model).__name__
    if hasattr(model, "_orig_mod"):
        raise ValueError(f"{method} takes the model itself, not what torch.compile made of it: compile it afterwards")
    kinds = "decoders and encoders" if encoders else "decoder-only models"
    if not isinstance(model, PreTrainedModel):
        raise ValueError(f"{method} is for transformers' {kinds}, which {name} is not: unwrap the model first")
    if model.config.is_encoder_decoder:
        raise ValueError(f"{method} is for transformers' {kinds}, and {name} is an encoder-decoder")
    if not encoders and not model.can_generate() and not getattr(model.config, "is_decoder", False):
        base = model.base_model
        if base is not model or "ForCausalLM" not in str(getattr(model.config, "architectures", "")):
            raise ValueError(f"{method} is for transformers' {kinds}, and {name} writes no text")
    return model
