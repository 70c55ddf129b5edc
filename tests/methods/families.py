"""Tiny models of many families, one of each, on which methods are tried: 40 tokens, 32 wide, all weights wide."""

from typing import Any

import torch
import transformers
from torch import Tensor

VOCAB = 40
SHAPE: dict[str, Any] = {
    "vocab_size": VOCAB,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "initializer_range": 0.15,  # so that every layer does something
}
"""What most families' configurations are given, but for the number of layers."""

_GPT = {"vocab_size": VOCAB, "n_embd": 32, "n_head": 4, "bos_token_id": 1, "eos_token_id": 2}
_WITHOUT_GROUPS = {key: value for key, value in SHAPE.items() if key != "num_key_value_heads"}
_OPT = {**SHAPE, "ffn_dim": 48, "word_embed_proj_dim": 32}

_MADE_OF: dict[str, tuple[str, str, dict[str, Any]]] = {
    "llama": ("LlamaForCausalLM", "num_hidden_layers", SHAPE),
    "qwen2": ("Qwen2ForCausalLM", "num_hidden_layers", SHAPE),
    "qwen3": ("Qwen3ForCausalLM", "num_hidden_layers", {**SHAPE, "head_dim": 8}),
    "mistral": ("MistralForCausalLM", "num_hidden_layers", {**SHAPE, "sliding_window": None}),
    "olmo2": ("Olmo2ForCausalLM", "num_hidden_layers", SHAPE),
    "gpt_neox": ("GPTNeoXForCausalLM", "num_hidden_layers", SHAPE),
    "opt": ("OPTForCausalLM", "num_hidden_layers", _OPT),
    "gpt2": ("GPT2LMHeadModel", "n_layer", {**_GPT, "initializer_range": 0.15}),
    "gptj": ("GPTJForCausalLM", "n_layer", {**_GPT, "rotary_dim": 4}),
    "bert": ("BertForSequenceClassification", "num_hidden_layers", _WITHOUT_GROUPS),
}
FAMILIES = list(_MADE_OF)


def tiny_model(family: str, layers: int = 2, **config: Any) -> Any:
    """A new model of a family in eval mode, from torch's seed as it stands; `config` goes over what `SHAPE` says."""
    name, depth, settings = _MADE_OF[family]
    model: Any = getattr(transformers, name)
    return model(model.config_class(**{**settings, depth: layers, **config})).eval()


def ids(*shape: int, seed: int = 0) -> Tensor:
    """Token ids of this shape, none of them special; the same for a seed."""
    return torch.randint(3, VOCAB, shape, generator=torch.Generator().manual_seed(seed))


def logits(model: Any, tokens: Tensor) -> Tensor:
    """Without gradients."""
    with torch.no_grad():
        out: Tensor = model(tokens).logits
    return out


def with_other_vectors(model: Any) -> Any:
    """The model with its norms, scales and biases as training may leave them."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:
                parameter.add_(torch.randn(parameter.shape, generator=generator) / 5)
    return model
