"""The tiny families are as their table says: they run, decode, and have the traits that it claims and no others."""

import re
import sys
from collections.abc import Callable
from inspect import signature
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from tests.methods import families
from tests.methods.families import DECODERS, FAMILIES, SAMPLE, TABLE, TRAITS, each, family_model, ids, inputs

PROMPT = 6  # tokens: no more than a window, and fewer than where RoPE's frequencies change
NEW = 8
Observer = Callable[[str, Any], bool]
"""Whether a family's model shows a trait."""

WITHOUT_EFFECT = {
    "deepseek_v32": r"indexer",  # it picks keys, through which no gradient goes
    "ernie4_5_moe": r"e_score_correction_bias",  # it picks experts
    "llava": r"vision_tower.post_layernorm",  # of the image's token of class, which LLaVA leaves out
    "whisper": r"encoder.embed_positions",  # a fixed table
}
"""Parameters that a family has and that have no gradient."""


def run(model: Any, **given: Tensor) -> Tensor:
    with torch.no_grad():
        out: Tensor = model(**given).logits
    return out


def test_every_trait_has_a_family_and_an_observer() -> None:
    assert frozenset[str]().union(*(row.traits for row in TABLE.values())) == TRAITS.keys()
    assert OBSERVERS.keys() == TRAITS.keys()
    assert len(FAMILIES) >= 100
    assert set(SAMPLE) <= set(FAMILIES)


def test_selectors_pick_by_traits() -> None:
    assert families.with_traits("sinks", "sliding") == ["gpt_oss", "granite_swa", "mimo"]
    assert {*families.with_traits("rope"), *families.without_traits("rope")} == {*FAMILIES}
    assert families.with_traits("rope", "alibi") == []
    with pytest.raises(ValueError, match="no traits of families: sink; TRAITS has them all"):
        families.with_traits("sink")
    with pytest.raises(ValueError, match="no traits of families: sink; TRAITS has them all"):
        families.without_traits("rope", "sink")


@pytest.mark.parametrize("family", each())
def test_a_family_runs_and_is_the_same_for_a_seed(family: str) -> None:
    state = torch.random.get_rng_state()
    model, given = family_model(family), inputs(family)
    out = run(model, **given)
    assert torch.equal(state, torch.random.get_rng_state())
    assert out.isfinite().all()
    assert out.std() > 0.05
    assert torch.equal(out, run(family_model(family), **given))
    assert not torch.allclose(out, run(family_model(family, seed=1), **given), atol=1e-2)
    row = run(model, **{name: value[1:] for name, value in given.items()})
    torch.testing.assert_close(out[1:], row, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", each())
def test_every_parameter_has_an_effect(family: str) -> None:
    model = family_model(family)
    cache = {} if family not in DECODERS else {"use_cache": False}  # RWKV's is written in place
    model(**inputs(family, 8, 24), **cache).logits.pow(2).sum().backward()
    idle = [name for name, weights in model.named_parameters() if weights.grad is None or not weights.grad.any()]
    assert [name for name in idle if not re.search(WITHOUT_EFFECT.get(family, "^$"), name)] == []


@pytest.mark.parametrize("family", each(DECODERS))
def test_cached_decoding_is_that_of_whole_passes(family: str) -> None:
    model, tokens = family_model(family), ids(2, PROMPT)
    first, again = (
        model.generate(tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=NEW, do_sample=False,
            output_logits=True, return_dict_in_generate=True)
        for _ in range(2)
    )  # fmt: skip
    assert first.sequences.shape == (2, PROMPT + NEW)
    assert torch.equal(first.sequences, again.sequences)
    ends = range(PROMPT, PROMPT + NEW)
    whole = torch.stack([run(model, input_ids=first.sequences[:, :end])[:, -1] for end in ends], 1)
    if TABLE[family].inexact_cache:
        assert (torch.stack(first.logits, 1) - whole).abs().max() > 1e-3
    else:
        torch.testing.assert_close(torch.stack(first.logits, 1), whole, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", each())
def test_a_model_has_the_traits_that_the_table_claims_and_no_others(family: str) -> None:
    model = family_model(family)
    assert {trait for trait, shows in OBSERVERS.items() if shows(family, model)} == TABLE[family].traits


def by_parameter(pattern: str) -> Observer:
    return lambda family, model: any(
        re.search(pattern, name) and "vision" not in name for name, _ in model.named_parameters()
    )


def by_module(pattern: str) -> Observer:
    """By the name of a module, or of its class."""
    return lambda family, model: any(
        re.search(pattern, f"{name} {type(module).__name__}") for name, module in model.named_modules()
    )


def by_setting(**neutral: Any) -> Observer:
    """A setting of one of these names that is there and not neutral."""

    def shows(family: str, model: Any) -> bool:
        config = model.config.get_text_config()
        return any(getattr(config, name, None) not in (None, value) for name, value in neutral.items())

    return shows


def chunked(family: str, model: Any) -> bool:
    return "chunked_attention" in (getattr(model.config.get_text_config(), "layer_types", None) or ())


def sliding(family: str, model: Any) -> bool:
    """By the settings, or by the cache that it makes."""
    if "sliding_attention" in (getattr(model.config.get_text_config(), "layer_types", None) or ()):
        return True
    return not chunked(family, model) and any("Sliding" in type(layer).__name__ for layer in cached(family, model))


def sinusoidal_positions(family: str, model: Any) -> bool:
    return any(
        hasattr(module, "pos_encoding") or "Sinusoidal" in type(module).__name__ for module in model.modules()
    ) or any("embed_positions" in name and not weights.requires_grad for name, weights in model.named_parameters())


def tied(family: str, model: Any) -> bool:
    outer: Any = model.get_output_embeddings()
    return outer is not None and outer.weight is model.get_input_embeddings().weight


def bias(family: str, model: Any) -> bool:
    """In a block, of a layer whose weights are a matrix."""
    return any(
        isinstance(module, nn.Linear | Conv1D)
        and getattr(module, "bias", None) is not None
        and re.search(r"\.\d+\.", name)
        for name, module in model.named_modules()
        if "vision" not in name
    )


def encoder(family: str, model: Any) -> bool:
    """The first place feels the last token, or there are no tokens."""
    given = inputs(family)
    name = "decoder_input_ids" if "decoder_input_ids" in given else "input_ids"
    if name not in given:
        return True
    other = torch.cat([given[name][:, :-1], 42 - given[name][:, -1:]], 1)
    change = (run(model, **given) - run(model, **{**given, name: other})).flatten(1)
    return bool(change[:, :10].abs().max() > 1e-4)


def logit_softcap(family: str, model: Any) -> bool:
    """However large the output layer's weights are, the logits are not."""
    large = family_model(family)
    if (outer := large.get_output_embeddings()) is None:
        return False
    with torch.no_grad():
        outer.weight.mul_(1e6)
    return bool(run(large, **inputs(family)).abs().max() < 100)


def frequencies(model: Any) -> list[Tensor]:
    return [values for name, values in model.named_buffers() if re.search(r"(?<!original_)inv_freq$", name)]


def partial_rope(family: str, model: Any) -> bool:
    config = model.config.get_text_config()
    if by_parameter("kv_a_proj")(family, model):
        return True
    width = getattr(config, "rotary_dim", None) or min((2 * len(values) for values in frequencies(model)), default=None)
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads if width else 0
    return width is not None and width < head


def rope_by_length(family: str, model: Any) -> bool:
    """The same places are turned otherwise in a longer text."""
    run(model, **inputs(family, length=5))
    short = [values.clone() for values in frequencies(model)]
    run(model, **inputs(family, length=24))
    return any(not torch.equal(one, other) for one, other in zip(short, frequencies(model), strict=True))


def cached(family: str, model: Any) -> list[Any]:
    """The layers of the cache of a decoder."""
    if "input_ids" not in signature(model.forward).parameters or {"encoder", "encoder_decoder"} & TABLE[family].traits:
        return []
    with torch.no_grad():
        return list(getattr(model(ids(1, 4)).get("past_key_values"), "layers", ()))


def keys(family: str, model: Any) -> list[Tensor]:
    """The cached keys of each layer that has some."""
    return [layer.keys for layer in cached(family, model) if isinstance(getattr(layer, "keys", None), Tensor)]


def grouped_heads(family: str, model: Any) -> bool:
    """By the cache, or where keys enter it once for each head of queries, by the width of the layers."""
    if by_parameter("kv_a_proj")(family, model):
        return False
    widths = {name: layer.out_features for name, layer in model.named_modules() if isinstance(layer, nn.Linear)}
    return (
        any(layer.shape[1] < 4 for layer in keys(family, model))
        or any(width < widths.get(name.replace("k_proj", "q_proj"), 0) for name, width in widths.items())
        or any(width < 3 * 32 for name, width in widths.items() if name.endswith("query_key_value"))
    )


def gated_attention(family: str, model: Any) -> bool:
    """Queries come with as many gates."""
    config = model.config.get_text_config()
    wide = 2 * config.num_attention_heads * (getattr(config, "head_dim", None) or 8) if keys(family, model) else 0
    return any(name.endswith("attn.q_proj") and layer.out_features == wide for name, layer in model.named_modules())


def no_cache(family: str, model: Any) -> bool:
    """A pass hands out nothing to go on from, nor is there a state in the model."""
    if family not in DECODERS or OBSERVERS["linear"](family, model):
        return False
    with torch.no_grad():
        return not {"past_key_values", "cache_params", "state"} & model(ids(1, 4), use_cache=True).keys()


def turns(family: str, model: Any) -> int:
    """How often a pass turns queries and keys, or one of them."""
    count = 0

    def counted(turn: Callable[..., Any]) -> Callable[..., Any]:
        def call(*values: Any, **named: Any) -> Any:
            nonlocal count
            count += 1
            return turn(*values, **named)

        return call

    with pytest.MonkeyPatch.context() as monkeypatch:
        for code in {sys.modules[type(module).__module__] for module in model.modules()}:
            for name in [name for name in vars(code) if name.startswith("apply_rotary")]:
                monkeypatch.setattr(code, name, counted(getattr(code, name)))
        run(model, **inputs(family))
    return count


def rope(family: str, model: Any) -> bool:
    return turns(family, model) > 0


def no_positions(family: str, model: Any) -> bool:
    """Fewer layers turn queries and keys than keep keys, and no table or distance tells of places either."""
    if any(OBSERVERS[other](family, model) for other in (*ADDED, "alibi")):
        return False
    return turns(family, model) < len(keys(family, model))


def alibi(family: str, model: Any) -> bool:
    """In one layer the order of earlier tokens matters, though nothing turns or adds positions."""
    if family not in DECODERS or any(OBSERVERS[other](family, model) for other in (*ADDED, "rope", "linear")):
        return False
    one, tokens = family_model(family, layers=1), ids(1, 9)
    other = torch.cat([tokens[:, :-1].flip(1), tokens[:, -1:]], 1)
    return bool((run(one, input_ids=tokens) - run(one, input_ids=other))[:, -1].abs().max() > 1e-4)


ADDED = ("learned_positions", "sinusoidal_positions", "relative_bias")


def block(model: Any) -> tuple[nn.Module, nn.Module, nn.Module | None] | None:
    """The last block of the stack, its attention, and its MLP or the first layer of that."""
    *_, last = (
        module[-1]
        for name, module in model.named_modules()
        if isinstance(module, nn.ModuleList)
        and re.search(r"(^|\.)(layers?|h|blocks?)$", name)
        and not re.search(r"vision|block\.\d", name)
    )
    parts = dict(last.named_children())
    if isinstance(layers := parts.get("layer"), nn.ModuleList):  # T5
        parts = {
            "attention": layers[0].get_submodule("SelfAttention"),
            "mlp": layers[-1].get_submodule("DenseReluDense"),
        }
    attention = [part for name, part in parts.items() if re.search(ATTENTION, name)]
    mlp = [part for name, part in parts.items() if re.search(MLP, name)]
    return (last, attention[0], mlp[0] if mlp else None) if attention else None


ATTENTION = r"^(self_)?attn$|^attention$|^self_attention$|^multi_head_attention$|^temporal_block$"
MLP = r"^(shared_)?mlp(_block)?$|^ffn$|^feed_forward$|^fc1$|^block_sparse_moe$|^intermediate$"


def inputs_of(model: Any, family: str, *modules: nn.Module | None) -> list[Tensor]:
    """What these modules read in a pass, and what the first of them returns."""
    reads: dict[int, Tensor] = {}

    def keep(place: int) -> Callable[..., None]:
        def hook(module: nn.Module, values: tuple[Any, ...], named: dict[str, Any]) -> None:
            reads[place] = values[0] if values else named["hidden_states"]

        return hook

    def keep_out(module: nn.Module, values: tuple[Any, ...], out: Any) -> None:
        reads[len(modules)] = out if isinstance(out, Tensor) else out[0]

    handles = [
        module.register_forward_pre_hook(keep(place), with_kwargs=True)
        for place, module in enumerate(modules)
        if module is not None
    ]
    first = modules[0]
    assert first is not None
    handles.append(first.register_forward_hook(keep_out))
    run(model, **inputs(family))
    for handle in handles:
        handle.remove()
    return [reads[place] for place in sorted(reads)]


def times(factor: float, attention: nn.Module) -> Any:
    """Multiply what an attention returns."""

    def hook(module: nn.Module, values: tuple[Any, ...], out: Any) -> Any:
        return out * factor if isinstance(out, Tensor) else type(out)([out[0] * factor, *out[1:]])

    return attention.register_forward_hook(hook)


def post_norm(family: str, model: Any) -> bool:
    if (parts := block(model)) is None:
        return False
    reads = inputs_of(model, family, *parts[:2])
    return reads[0].shape == reads[1].shape and torch.equal(reads[0], reads[1])


def sandwich_norm(family: str, model: Any) -> bool:
    """A norm stands before attention, and after it, so that the scale of its output does not matter."""
    if (parts := block(model)) is None or post_norm(family, model):
        return False
    before = inputs_of(model, family, parts[0])[-1]
    handle = times(3.0, parts[1])
    after = inputs_of(model, family, parts[0])[-1]
    handle.remove()
    return bool((before - after).abs().max() < 1e-2)


def parallel(family: str, model: Any) -> bool:
    """The MLP reads the same without attention."""
    if (parts := block(model)) is None or parts[2] is None:
        return False
    before = inputs_of(model, family, parts[0], parts[2])[1]
    handle = times(0.0, parts[1])
    after = inputs_of(model, family, parts[0], parts[2])[1]
    handle.remove()
    return torch.equal(before, after)


OBSERVERS: dict[str, Observer] = {
    "alibi": alibi,
    "bias": bias,
    "chunked": chunked,
    "conv1d": by_module("Conv1D$"),
    "differential": by_parameter("lambda_q1"),
    "dynamic_mask": by_parameter(r"self_attn\.A$"),
    "encoder": encoder,
    "encoder_decoder": lambda family, model: bool(model.config.is_encoder_decoder),
    "fused_qkv": by_module(r"(qkv|c_attn|query_key_value|(?<!\w)kv_proj)"),
    "gated_attention": gated_attention,
    "grouped_heads": grouped_heads,
    "learned_positions": by_parameter(
        r"(wpe|position_embeddings?|positions_embed|(?<!encoder\.)embed_positions)(\.weight)?$"
    ),
    "linear": by_module("Mixer$|MambaLayer$|DeltaNet|LightningAttention|ShortConv|RecurrentBlock|RwkvSelfAttention"),
    "local": lambda family, model: any(getattr(m, "attention_type", None) == "local" for m in model.modules()),
    "logit_softcap": logit_softcap,
    "mla": by_parameter("kv_a_proj"),
    "moe": by_module("Experts|SparseMoe|MoE$"),
    "multimodal": lambda family, model: bool({"pixel_values", "input_features"} & inputs(family).keys()),
    "no_cache": no_cache,
    "no_positions": no_positions,
    "parallel": parallel,
    "partial_rope": partial_rope,
    "post_norm": post_norm,
    "qk_norm": by_module(r"(?<!indexer\.)((\b|_)[qk]_?(layer)?norm|query_(layer)?norm|qk_norm) "),
    "relative_bias": by_parameter("relative_attention_bias"),
    "rope": rope,
    "rope_by_length": rope_by_length,
    "sandwich_norm": sandwich_norm,
    "scaled_residual": by_setting(residual_multiplier=1.0, scale_depth=None, full_attn_alpha_factor=1),
    "shared_kv": by_setting(num_kv_shared_layers=0),
    "sinks": by_parameter("sink"),
    "sinusoidal_positions": sinusoidal_positions,
    "sliding": sliding,
    "softcap": by_setting(attn_logit_softcapping=None),
    "sparse": by_module("Indexer"),
    "tied": tied,
}
"""How each trait shows in the model itself."""
