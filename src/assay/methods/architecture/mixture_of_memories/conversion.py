"""A decoder with memories out of one with attention."""

from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods.architecture.mixture_of_memories.config import MomConfig
from assay.methods.architecture.mixture_of_memories.model import MomForCausalLM

_TOLERANCE = 1e-3


@torch.no_grad()
def from_decoder(model: PreTrainedModel, **memories: Any) -> MomForCausalLM:
    """A new model with the embeddings, norms, MLPs and head of a Llama-like decoder, and memories for its attention.

    Every memory starts from the projections of the attention that was there, key and value heads repeated where they
    were shared between queries, and from convolutions that pass the present token on. Biases, norms of queries and keys
    and rotary positions have no place in memories and are left behind, so what comes out must be trained further.

    Args:
        model: A pre-norm decoder of Llama's build (Llama, Qwen2, Qwen3, Mistral); it stays as it is.
        memories: Settings of `MomConfig` other than those that the model decides.

    Raises:
        ValueError: The model is of another build, which is seen by what it computes without its attention, or a setting
            is the model's to decide.
    """
    taken = _shape(model)
    if both := sorted(taken.keys() & memories.keys()):
        raise ValueError(f"{both[0]} is decided by the model: leave it out, it is {taken[both[0]]}")
    config = MomConfig(**taken, **memories)
    weights = model.state_dict()
    with torch.random.fork_rng(devices=[]):
        new: Any = MomForCausalLM(config)
    new.to(device=model.device, dtype=model.dtype)
    rest = {name: weight for name, weight in weights.items() if ".self_attn." not in name}
    missing, unknown = new.load_state_dict(rest, strict=False)
    if unknown or any(".mixer." not in name for name in missing):
        raise ValueError(_refusal(model, f"its weights have another layout, {(unknown or missing)[0]} for one"))
    for number, layer in enumerate(new.model.layers):
        _take_over(layer.mixer, weights, f"model.layers.{number}.self_attn.")
    new.generation_config = model.generation_config
    new.train(model.training)
    _compare(model, new)
    converted: MomForCausalLM = new
    return converted


def _shape(model: PreTrainedModel) -> dict[str, Any]:
    """What the model's configuration decides of ours."""
    config = model.config
    try:
        heads = config.num_attention_heads
        shape = {
            "num_heads": heads,
            "head_dim": getattr(config, "head_dim", None) or config.hidden_size // heads,
            "tie_word_embeddings": config.tie_word_embeddings,
            "mlp_bias": getattr(config, "mlp_bias", False),
        }
        same = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "hidden_act", "rms_norm_eps")
        ids = ("pad_token_id", "bos_token_id", "eos_token_id", "initializer_range")
        return shape | {name: getattr(config, name) for name in (*same, *ids)}
    except AttributeError as error:
        raise ValueError(_refusal(model, f"its configuration has no {error.name}")) from None


def _take_over(mixer: Any, weights: dict[str, Tensor], path: str) -> None:
    """Start a mixer from an attention's projections, each where its shape allows it."""
    heads, width = mixer.config.num_heads, mixer.config.head_dim
    for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
        weight, own = weights[f"{path}{name}.weight"], getattr(mixer, name).weight
        if name in ("k_proj", "v_proj"):
            grouped = weight.unflatten(0, (-1, width))
            weight = grouped.repeat_interleave(heads // len(grouped), 0).flatten(0, 1).repeat(mixer.writers, 1)
        if weight.shape == own.shape:  # values may be wider than the attention's
            own.copy_(weight)
    for kernel in (mixer.q_conv, mixer.k_conv, mixer.v_conv):
        kernel.zero_()[:, -1] = 1


def _compare(model: PreTrainedModel, new: MomForCausalLM) -> None:
    """Refuse a model that, with attention silenced, is not what ours is with memories silenced."""
    ids = torch.arange(min(8, model.config.vocab_size), device=model.device)[None]
    logits = []
    for each, silenced in ((model, "self_attn"), (new, "mixer")):
        training = each.training
        each.eval()
        layers: Any = each.get_submodule("model.layers")
        hooks = [
            getattr(layer, silenced).register_forward_hook(lambda _, __, out: (torch.zeros_like(out[0]), *out[1:]))
            for layer in layers
        ]
        try:
            logits.append(each(input_ids=ids, use_cache=False).logits.float())
        finally:
            for hook in hooks:
                hook.remove()
            each.train(training)
    theirs, ours = logits
    if not torch.allclose(ours, theirs, rtol=_TOLERANCE, atol=_TOLERANCE * float(theirs.abs().max())):
        raise ValueError(_refusal(model, "it computes something else, even without its attention"))


def _refusal(model: PreTrainedModel, why: str) -> str:
    return f"{type(model).__name__} cannot take memories: {why}; decoders of Llama's build can (Llama, Qwen2, Mistral)"
