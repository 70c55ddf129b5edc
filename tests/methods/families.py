"""Tiny models of a hundred families, on which every method is tried: two layers, 32 wide, 40 tokens, wide weights.

`TABLE` has a row a family, with its traits: what it brings that a method may trip over, in the words of `TRAITS`.
`FAMILIES` are all names, `DECODERS` those that continue a text, and `SAMPLE` a dozen with most of the traits.
`with_traits` and `without_traits` pick; `each` makes of names the parameters of a test, of which `make test` runs the
sample and `make families` the rest.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
import transformers
from torch import Tensor

VOCAB = 40
WINDOW = 6
"""How many tokens, itself among them, a token sees in a sliding, local or chunked layer."""

SHAPE: dict[str, Any] = {
    "vocab_size": VOCAB,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": None,  # so that nothing ends generation early
    "initializer_range": 0.15,  # so that every layer does something
}
"""What most families' configurations are given, but for the number of layers."""

TRAITS = {
    "alibi": "Scores are lowered by distance, and there are no other positions.",
    "bias": "Some linear layer of a block has a bias.",
    "chunked": "Some layers see only their own chunk of the text, as in Llama 4.",
    "conv1d": "Linear layers are GPT-2's `Conv1D`, whose weights are transposed.",
    "differential": "A second attention map is subtracted from the first.",
    "dynamic_mask": "A number made from each earlier token's value is added to its scores, as in Doge.",
    "encoder": "Every token sees all others; there is nothing to decode.",
    "encoder_decoder": "A decoder reads what an encoder made of another text.",
    "fused_qkv": "One linear layer makes queries, keys and values, or two of them.",
    "gated_attention": "A gate made from the attention's input multiplies its output.",
    "grouped_heads": "There are fewer heads of keys and values than of queries.",
    "learned_positions": "A table of positions is added to the tokens' vectors.",
    "linear": "Some layers keep a state of fixed size, not keys and values: state spaces, linear attention.",
    "local": "Some layers see a window that only their own mask knows of, as in GPT-Neo.",
    "logit_softcap": "Logits are squeezed by tanh.",
    "mla": "Keys and values are made from one narrow vector a token.",
    "moe": "A router picks experts in place of one MLP.",
    "multimodal": "The model reads images beside tokens.",
    "no_cache": "The model keeps nothing between tokens.",
    "no_positions": "Some layer of attention knows no positions.",
    "parallel": "Attention and MLP read the same input, side by side.",
    "partial_rope": "RoPE turns a part of each head only.",
    "post_norm": "A block's attention reads the residual stream without a norm; norms come after.",
    "qk_norm": "Queries and keys are normed.",
    "relative_bias": "A learned bias by distance is added to the scores.",
    "rope": "Positions turn queries and keys.",
    "rope_by_length": "RoPE's frequencies depend on how long the text is.",
    "sandwich_norm": "Norms stand before attention and MLP, and on their outputs too.",
    "scaled_residual": "What attention and MLP add to the residual stream is multiplied by a number.",
    "shared_kv": "Some layers use the keys and values of another.",
    "sinks": "A learned score a head takes part in each softmax and stands for no token.",
    "sinusoidal_positions": "A fixed table of positions is added to the tokens' vectors.",
    "sliding": "Some layers see a window of the last tokens.",
    "softcap": "Scores are squeezed by tanh before the softmax.",
    "sparse": "Each token picks few of the earlier tokens and attends to these alone.",
    "tied": "The embedding is the output layer too.",
}
"""The words for what a family brings, and what each means."""


class _Cycle(tuple[Any, ...]):
    """A setting with a value for each layer, which begins anew where it ends."""

    __slots__ = ()


@dataclass(frozen=True)
class Family:
    """One row: how a tiny model is configured, and what it brings."""

    model: str
    """The name of its class in transformers."""
    traits: frozenset[str]
    settings: dict[str, Any] = field(repr=False)
    depth: str
    """The settings that hold the number of layers."""
    layers: int
    """As few as show every trait."""
    inexact_cache: str
    """Why its cached decoding differs from whole passes; empty where it does not."""


def _row(
    model: str,
    traits: str,
    shape: dict[str, Any] = SHAPE,
    *,
    depth: str = "num_hidden_layers",
    layers: int = 2,
    inexact_cache: str = "",
    **settings: Any,
) -> Family:
    return Family(model, frozenset(traits.split()), {**shape, **settings}, depth, layers, inexact_cache)


_UNGROUPED: dict[str, Any] = {key: value for key, value in SHAPE.items() if key != "num_key_value_heads"}
_TOKENS: dict[str, Any] = {key: SHAPE[key] for key in ("vocab_size", "pad_token_id", "bos_token_id", "eos_token_id")}
_WIDE: dict[str, Any] = {"initializer_range": 0.15}
_GPT: dict[str, Any] = {**_TOKENS, "n_embd": 32, "n_head": 4}
_EXPERTS: dict[str, Any] = {**SHAPE, "num_experts_per_tok": 2}
_DEEPSEEK: dict[str, Any] = {
    **_EXPERTS,
    "num_key_value_heads": 4,
    "q_lora_rank": 16,
    "kv_lora_rank": 16,
    "qk_nope_head_dim": 8,
}
_DEEPSEEK |= {"qk_rope_head_dim": 8, "v_head_dim": 8}
_ROUTED: dict[str, Any] = {
    "n_routed_experts": 4,
    "n_shared_experts": 1,
    "moe_intermediate_size": 24,
    "n_group": 1,
    "topk_group": 1,
}
_GRANITE: dict[str, Any] = {
    "residual_multiplier": 0.6,
    "embedding_multiplier": 2.0,
    "attention_multiplier": 0.3,
    "logits_scaling": 0.7,
}
_GEMMA: dict[str, Any] = {**SHAPE, "head_dim": 8, "sliding_window": WINDOW}
_MAMBA: dict[str, Any] = {**_TOKENS, **_WIDE, "hidden_size": 32, "state_size": 8, "expand": 2}
_MAMBA_LAYERS: dict[str, Any] = {"mamba_n_heads": 4, "mamba_d_head": 16, "mamba_d_state": 8, "mamba_chunk_size": 8}
_DELTA: dict[str, Any] = {
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
}
_IMAGE = 2  # a token that `ids` never draws
_WINDOWS = _Cycle(["sliding_attention", "full_attention"])
_FULL = _Cycle(["full_attention"])
_ROPE: dict[str, Any] = {"rope_theta": 10_000.0}
_BY_LENGTH = "keys that are in the cache keep the frequencies of the length at which they entered"

# fmt: off
TABLE: dict[str, Family] = {
    # The first ten: plain decoders, and one encoder.
    "llama": _row("LlamaForCausalLM", "rope grouped_heads"),
    "qwen2": _row("Qwen2ForCausalLM", "rope grouped_heads bias"),
    "qwen3": _row("Qwen3ForCausalLM", "rope grouped_heads qk_norm", head_dim=8),
    "mistral": _row("MistralForCausalLM", "rope grouped_heads", sliding_window=None),
    "olmo2": _row("Olmo2ForCausalLM", "rope grouped_heads qk_norm post_norm"),
    "gpt_neox": _row("GPTNeoXForCausalLM", "rope partial_rope fused_qkv bias parallel"),
    "opt": _row("OPTForCausalLM", "learned_positions bias tied", ffn_dim=48, word_embed_proj_dim=32),
    "gpt2": _row("GPT2LMHeadModel", "learned_positions fused_qkv conv1d bias tied", _GPT, depth="n_layer", **_WIDE),
    "gptj": _row("GPTJForCausalLM", "rope partial_rope bias parallel", _GPT, depth="n_layer", rotary_dim=4),
    "bert": _row("BertForSequenceClassification", "learned_positions bias post_norm encoder", _UNGROUPED),
    # Llama and its near kin.
    "arcee": _row("ArceeForCausalLM", "rope grouped_heads"),
    "bitnet": _row("BitNetForCausalLM", "rope grouped_heads"),
    "cwm": _row("CwmForCausalLM", "rope grouped_heads sliding", head_dim=8, sliding_window=WINDOW, layer_types=_WINDOWS,
        rope_parameters={"rope_type": "default", **_ROPE}),
    "diffllama": _row("DiffLlamaForCausalLM", "rope grouped_heads differential"),
    "doge": _row("DogeForCausalLM", "rope grouped_heads qk_norm dynamic_mask"),
    "ernie4_5": _row("Ernie4_5ForCausalLM", "rope grouped_heads tied", head_dim=8),
    "exaone4": _row("Exaone4ForCausalLM", "rope no_positions grouped_heads qk_norm post_norm sliding",
        sliding_window=WINDOW, layer_types=_WINDOWS),
    "gemma": _row("GemmaForCausalLM", "rope grouped_heads tied", head_dim=8),
    "helium": _row("HeliumForCausalLM", "rope grouped_heads", head_dim=8),
    "hunyuan": _row("HunYuanDenseV1ForCausalLM", "rope grouped_heads qk_norm", head_dim=8),
    "llama_bias": _row("LlamaForCausalLM", "rope grouped_heads bias", attention_bias=True, mlp_bias=True),
    "llama_dynamic": _row("LlamaForCausalLM", "rope rope_by_length grouped_heads", max_position_embeddings=8,
        rope_parameters={"rope_type": "dynamic", "factor": 2.0, **_ROPE}, inexact_cache=_BY_LENGTH),
    "llama_yarn": _row("LlamaForCausalLM", "rope grouped_heads", rope_parameters={"rope_type": "yarn", "factor": 4.0,
        "original_max_position_embeddings": 8, **_ROPE}),
    "llama_tied": _row("LlamaForCausalLM", "rope grouped_heads tied", tie_word_embeddings=True),
    "llama_ungrouped": _row("LlamaForCausalLM", "rope", num_key_value_heads=4),
    "ministral": _row("MinistralForCausalLM", "rope grouped_heads sliding", head_dim=8, sliding_window=WINDOW,
        layer_types=_WINDOWS, rope_parameters={"rope_type": "default", **_ROPE}),
    "mistral_window": _row("MistralForCausalLM", "rope grouped_heads sliding", sliding_window=WINDOW),
    "nanochat": _row("NanoChatForCausalLM", "rope grouped_heads qk_norm logit_softcap"),
    "nemotron": _row("NemotronForCausalLM", "rope partial_rope grouped_heads"),
    "olmo": _row("OlmoForCausalLM", "rope grouped_heads", clip_qkv=0.5),
    "olmo3": _row("Olmo3ForCausalLM", "rope grouped_heads qk_norm post_norm sliding", sliding_window=WINDOW,
        layer_types=_WINDOWS),
    "apertus": _row("ApertusForCausalLM", "rope grouped_heads qk_norm"),
    "qwen2_windows": _row("Qwen2ForCausalLM", "rope grouped_heads bias sliding", use_sliding_window=True,
        sliding_window=WINDOW, max_window_layers=1),
    "seed_oss": _row("SeedOssForCausalLM", "rope grouped_heads bias", head_dim=8),
    "smollm3": _row("SmolLM3ForCausalLM", "rope no_positions grouped_heads tied", no_rope_layers=_Cycle([1, 0])),
    "starcoder2": _row("Starcoder2ForCausalLM", "rope grouped_heads bias tied"),
    # Gemma's later ones, with windows, soft caps and norms on both sides.
    "gemma2": _row("Gemma2ForCausalLM", "rope grouped_heads softcap logit_softcap sliding sandwich_norm tied", _GEMMA,
        query_pre_attn_scalar=8, attn_logit_softcapping=1.0),
    "gemma2_full": _row("Gemma2ForCausalLM", "rope grouped_heads softcap logit_softcap sandwich_norm tied", _GEMMA,
        query_pre_attn_scalar=8, attn_logit_softcapping=1.0, layer_types=_FULL),
    "gemma3": _row("Gemma3ForCausalLM", "rope grouped_heads qk_norm sliding sandwich_norm tied", _GEMMA,
        query_pre_attn_scalar=8, layer_types=_WINDOWS),
    "gemma3n": _row("Gemma3nForCausalLM",
        "rope grouped_heads qk_norm logit_softcap sliding shared_kv sandwich_norm tied", _GEMMA, layers=4,
        layer_types=_WINDOWS, num_kv_shared_layers=2, activation_sparsity_pattern=_Cycle([0.0]),
        intermediate_size=_Cycle([48]), laurel_rank=8, altup_num_inputs=2, hidden_size_per_layer_input=8,
        vocab_size_per_layer_input=VOCAB),
    "vaultgemma": _row("VaultGemmaForCausalLM", "rope grouped_heads softcap logit_softcap sliding tied", _GEMMA,
        query_pre_attn_scalar=8, attn_logit_softcapping=1.0),
    # Sinks.
    "gpt_oss": _row("GptOssForCausalLM", "rope grouped_heads sinks sliding moe bias", _EXPERTS, head_dim=8,
        num_local_experts=4, sliding_window=WINDOW, layer_types=_WINDOWS),
    "gpt_oss_full": _row("GptOssForCausalLM", "rope grouped_heads sinks moe bias", _EXPERTS, head_dim=8,
        num_local_experts=4, layer_types=_FULL),
    "granite_swa": _row("GraniteSWAForCausalLM", "rope grouped_heads sinks sliding scaled_residual tied", **_GRANITE,
        sliding_window=WINDOW, layer_types=_WINDOWS),
    "mimo": _row("MiMoV2FlashForCausalLM", "rope partial_rope grouped_heads sinks sliding moe", _EXPERTS, head_dim=8,
        v_head_dim=8, sliding_window=WINDOW, n_routed_experts=4, moe_intermediate_size=24, layer_types=_WINDOWS,
        mlp_layer_types=_Cycle(["dense", "sparse"])),
    # GPT-2's and GPT-J's kin, and others from before Llama.
    "biogpt": _row("BioGptForCausalLM", "learned_positions bias tied", _UNGROUPED),
    "bloom": _row("BloomForCausalLM", "alibi fused_qkv bias tied", _TOKENS, depth="n_layer", hidden_size=32, n_head=4,
        **_WIDE),
    "codegen": _row("CodeGenForCausalLM", "rope partial_rope fused_qkv bias parallel", _GPT, depth="n_layer",
        rotary_dim=4, **_WIDE),
    "ctrl": _row("CTRLLMHeadModel", "sinusoidal_positions bias tied", _GPT, depth="n_layer", dff=48, **_WIDE),
    "falcon": _row("FalconForCausalLM", "rope grouped_heads fused_qkv parallel tied", _UNGROUPED, num_kv_heads=2,
        new_decoder_architecture=True),
    "falcon_alibi": _row("FalconForCausalLM", "alibi fused_qkv bias tied", _UNGROUPED, alibi=True, multi_query=False,
        parallel_attn=False, bias=True),
    "gpt2_scaled": _row("GPT2LMHeadModel", "learned_positions fused_qkv conv1d bias tied", _GPT, depth="n_layer",
        scale_attn_by_inverse_layer_idx=True, reorder_and_upcast_attn=True, **_WIDE),
    "gpt_bigcode": _row("GPTBigCodeForCausalLM", "learned_positions grouped_heads fused_qkv bias tied", _GPT,
        depth="n_layer", **_WIDE),
    "gpt_neo": _row("GPTNeoForCausalLM", "learned_positions local bias tied", _TOKENS, depth="num_layers",
        hidden_size=32, intermediate_size=48, num_heads=4, window_size=WINDOW, attention_types=_Cycle([[["global"], 1],
        [["local"], 1]]), **_WIDE),
    "gpt_neox_serial": _row("GPTNeoXForCausalLM", "rope partial_rope fused_qkv bias", use_parallel_residual=False),
    "mpt": _row("MptForCausalLM", "alibi fused_qkv tied", _TOKENS, depth="n_layers", d_model=32, n_heads=4,
        use_cache=True, **_WIDE),
    "openai_gpt": _row("OpenAIGPTLMHeadModel", "learned_positions fused_qkv conv1d bias post_norm no_cache tied", _GPT,
        depth="n_layer", **_WIDE),
    "opt_post_norm": _row("OPTForCausalLM", "learned_positions bias post_norm tied", ffn_dim=48, word_embed_proj_dim=16,
        do_layer_norm_before=False),
    "persimmon": _row("PersimmonForCausalLM", "rope partial_rope qk_norm fused_qkv bias", _UNGROUPED),
    "phi": _row("PhiForCausalLM", "rope partial_rope grouped_heads bias parallel"),
    "phi_qk_norm": _row("PhiForCausalLM", "rope partial_rope grouped_heads qk_norm bias parallel", qk_layernorm=True),
    "phi3": _row("Phi3ForCausalLM", "rope grouped_heads fused_qkv"),
    # `generate` starts its cache anew where the frequencies change, so that it alone decodes as whole passes do.
    "phi3_longrope": _row("Phi3ForCausalLM", "rope rope_by_length grouped_heads fused_qkv", max_position_embeddings=32,
        original_max_position_embeddings=8, rope_parameters={"rope_type": "longrope", "short_factor": [1.0] * 4,
        "long_factor": [1.0, 2.0, 3.0, 4.0], "original_max_position_embeddings": 8, **_ROPE}),
    "stablelm": _row("StableLmForCausalLM", "rope partial_rope grouped_heads bias parallel", use_qkv_bias=True,
        use_parallel_residual=True),
    "stablelm_qk_norm": _row("StableLmForCausalLM", "rope partial_rope grouped_heads qk_norm", qk_layernorm=True),
    "xglm": _row("XGLMForCausalLM", "sinusoidal_positions bias tied", _TOKENS, depth="num_layers", d_model=32,
        ffn_dim=48, attention_heads=4, init_std=0.15),
    # Blocks of another build.
    "cohere": _row("CohereForCausalLM", "rope grouped_heads parallel tied", logit_scale=1.0),
    "cohere_qk_norm": _row("CohereForCausalLM", "rope grouped_heads qk_norm parallel tied", use_qk_norm=True,
        logit_scale=1.0),
    "cohere2": _row("Cohere2ForCausalLM", "rope no_positions grouped_heads sliding parallel tied", logit_scale=1.0,
        sliding_window=WINDOW, layer_types=_WINDOWS),
    "glm4": _row("Glm4ForCausalLM", "rope partial_rope grouped_heads bias sandwich_norm", head_dim=8),
    "granite": _row("GraniteForCausalLM", "rope grouped_heads scaled_residual", **_GRANITE),
    "modernbert_decoder": _row("ModernBertDecoderForCausalLM", "rope sliding tied", _UNGROUPED,
        local_attention=2 * WINDOW, layer_types=_WINDOWS),
    # Keys and values from a narrow vector.
    "deepseek_v2": _row("DeepseekV2ForCausalLM", "rope partial_rope mla moe", _DEEPSEEK, first_k_dense_replace=1,
        **_ROUTED),
    "deepseek_v3": _row("DeepseekV3ForCausalLM", "rope partial_rope mla moe", _DEEPSEEK, first_k_dense_replace=1,
        **_ROUTED),
    "deepseek_v32": _row("DeepseekV32ForCausalLM", "rope partial_rope mla moe sparse", _DEEPSEEK,
        first_k_dense_replace=1, index_topk=WINDOW, index_head_dim=16, index_n_heads=16, **_ROUTED),
    "minicpm3": _row("MiniCPM3ForCausalLM", "rope partial_rope mla scaled_residual tied", _DEEPSEEK, dim_model_base=16,
        scale_emb=2),
    # Experts.
    "dbrx": _row("DbrxForCausalLM", "rope grouped_heads fused_qkv moe", _TOKENS, depth="n_layers", d_model=32,
        n_heads=4, initializer_range=0.15, attn_config={"kv_n_heads": 2, "clip_qkv": 8, "rope_theta": 10_000.0},
        ffn_config={"ffn_hidden_size": 48, "moe_num_experts": 4, "moe_top_k": 2, "hidden_size": 32}),
    "dots1": _row("Dots1ForCausalLM", "rope grouped_heads qk_norm moe", _EXPERTS, head_dim=8, first_k_dense_replace=1,
        **_ROUTED),
    "ernie4_5_moe": _row("Ernie4_5_MoeForCausalLM", "rope grouped_heads moe tied", moe_intermediate_size=24, moe_k=2,
        moe_num_experts=4, moe_num_shared_experts=1, moe_layer_start_index=1),
    "glm4_moe": _row("Glm4MoeForCausalLM", "rope partial_rope grouped_heads qk_norm bias moe", _EXPERTS, head_dim=8,
        use_qk_norm=True, attention_bias=True, first_k_dense_replace=1, **_ROUTED),
    "granitemoe": _row("GraniteMoeForCausalLM", "rope grouped_heads scaled_residual moe", _EXPERTS, num_local_experts=4,
        **_GRANITE),
    "hunyuan_moe": _row("HunYuanMoEV1ForCausalLM", "rope grouped_heads qk_norm moe", head_dim=8, num_experts=4,
        moe_topk=2),
    "jetmoe": _row("JetMoeForCausalLM", "rope grouped_heads fused_qkv moe tied", {**_TOKENS, **_WIDE}, hidden_size=32,
        intermediate_size=48, num_key_value_heads=2, kv_channels=8, num_local_experts=4, num_experts_per_tok=2),
    "llama4": _row("Llama4ForCausalLM", "rope no_positions grouped_heads qk_norm chunked moe", _EXPERTS, head_dim=8,
        num_local_experts=4, intermediate_size_mlp=48, attention_chunk_size=WINDOW, no_rope_layers=_Cycle([1, 0]),
        layer_types=_Cycle(["chunked_attention", "full_attention"]), interleave_moe_layer_step=2, floor_scale=4),
    "mixtral": _row("MixtralForCausalLM", "rope grouped_heads moe", _EXPERTS, num_local_experts=4),
    "olmoe": _row("OlmoeForCausalLM", "rope grouped_heads qk_norm moe", _EXPERTS, num_experts=4),
    "phimoe": _row("PhimoeForCausalLM", "rope grouped_heads bias moe", _EXPERTS, num_local_experts=4,
        attention_bias=True),
    "qwen2_moe": _row("Qwen2MoeForCausalLM", "rope grouped_heads bias moe", _EXPERTS, num_experts=4,
        moe_intermediate_size=24, shared_expert_intermediate_size=24),
    "qwen3_moe": _row("Qwen3MoeForCausalLM", "rope grouped_heads qk_norm moe", _EXPERTS, head_dim=8, num_experts=4,
        moe_intermediate_size=24),
    # States of fixed size.
    "bamba": _row("BambaForCausalLM", "rope partial_rope grouped_heads linear", attn_layer_indices=[1],
        **_MAMBA_LAYERS),
    "falcon_h1": _row("FalconH1ForCausalLM", "rope grouped_heads linear", mamba_d_ssm=64, **_MAMBA_LAYERS),
    "granitemoehybrid": _row("GraniteMoeHybridForCausalLM", "no_positions grouped_heads linear scaled_residual moe",
        _EXPERTS, num_local_experts=4, shared_intermediate_size=24, layer_types=_Cycle(["mamba", "attention"]),
        **_MAMBA_LAYERS, **_GRANITE),
    "jamba": _row("JambaForCausalLM", "no_positions grouped_heads bias linear moe", _EXPERTS, num_experts=4,
        attn_layer_period=2, attn_layer_offset=1, expert_layer_period=2, expert_layer_offset=1, use_mamba_kernels=False,
        mamba_d_state=8, mamba_dt_rank=4),
    "lfm2": _row("Lfm2ForCausalLM", "rope grouped_heads qk_norm linear tied", layer_types=_Cycle(["conv",
        "full_attention"]), block_auto_adjust_ff_dim=False),
    "mamba": _row("MambaForCausalLM", "bias linear tied", _MAMBA),
    "mamba2": _row("Mamba2ForCausalLM", "linear", _MAMBA, num_heads=4, head_dim=16, n_groups=1, chunk_size=8),
    "minimax": _row("MiniMaxForCausalLM", "rope grouped_heads fused_qkv linear scaled_residual moe", _EXPERTS,
        num_local_experts=4, block_size=4, layer_types=_Cycle(["linear_attention", "full_attention"]),
        full_attn_alpha_factor=0.7, linear_attn_beta_factor=1.3),
    "nemotron_h": _row("NemotronHForCausalLM", "no_positions grouped_heads linear moe", _EXPERTS, depth="", layers=4,
        head_dim=8, layers_block_type=["mamba", "attention", "mlp", "moe"], ssm_state_size=8, mamba_num_heads=4,
        mamba_head_dim=16, n_groups=1, chunk_size=8, n_routed_experts=4, moe_intermediate_size=24,
        moe_shared_expert_intermediate_size=24),
    "olmo_hybrid": _row("OlmoHybridForCausalLM", "rope grouped_heads qk_norm post_norm linear",
        layer_types=_Cycle(["linear_attention", "full_attention"]), **_DELTA),
    "qwen3_next": _row("Qwen3NextForCausalLM",
        "rope partial_rope grouped_heads qk_norm fused_qkv gated_attention linear moe", _EXPERTS, head_dim=8,
        num_experts=4, moe_intermediate_size=24, shared_expert_intermediate_size=24,
        layer_types=_Cycle(["linear_attention", "full_attention"]), **_DELTA),
    "recurrent_gemma": _row("RecurrentGemmaForCausalLM",
        "rope partial_rope grouped_heads bias linear sliding logit_softcap tied", layers=3, lru_width=32,
        attention_window_size=WINDOW),
    "rwkv": _row("RwkvForCausalLM", "linear", {**_TOKENS, "hidden_size": 32, "attention_hidden_size": 32,
        "intermediate_size": 48, "context_length": 64},
        inexact_cache="in a batch of several rows, the last token of each is mixed into all"),
    "zamba2": _row("Zamba2ForCausalLM", "no_positions linear tied", _UNGROUPED, layers=4,
        layers_block_type=_Cycle(["mamba", "hybrid"]), mamba_d_state=8, n_mamba_heads=4, mamba_headdim=16,
        num_mem_blocks=1, chunk_size=8),
    # Encoders, decoders that read an encoder, images.
    "bart": _row("BartForConditionalGeneration", "learned_positions bias post_norm encoder_decoder tied", _TOKENS,
        depth="encoder_layers decoder_layers", d_model=32, encoder_attention_heads=4, decoder_attention_heads=4,
        encoder_ffn_dim=48, decoder_ffn_dim=48, init_std=0.15, decoder_start_token_id=1, forced_eos_token_id=None,
        max_position_embeddings=64),
    "llava": _row("LlavaForConditionalGeneration", "rope grouped_heads multimodal", {},
        depth="text_config.num_hidden_layers vision_config.num_hidden_layers", text_config={"model_type": "llama",
        **SHAPE}, vision_config={"model_type": "clip_vision_model", "hidden_size": 16, "intermediate_size": 24,
        "num_attention_heads": 2, "image_size": 8, "patch_size": 4, "projection_dim": 16}, image_token_index=_IMAGE,
        image_seq_length=4, vision_feature_layer=-1, pad_token_id=0),
    "modernbert": _row("ModernBertForMaskedLM", "rope fused_qkv sliding encoder tied", _UNGROUPED,
        local_attention=WINDOW, layer_types=_WINDOWS),
    "t5": _row("T5ForConditionalGeneration", "relative_bias encoder_decoder tied", _TOKENS, depth="num_layers",
        d_model=32, d_kv=8, d_ff=48, num_heads=4, decoder_start_token_id=1),
    "vit": _row("ViTForImageClassification", "learned_positions bias encoder multimodal", _WIDE, hidden_size=32,
        intermediate_size=48, num_attention_heads=4, image_size=8, patch_size=4),
    "whisper": _row("WhisperForConditionalGeneration",
        "learned_positions sinusoidal_positions bias encoder_decoder multimodal tied", _TOKENS,
        depth="encoder_layers decoder_layers", d_model=32, encoder_attention_heads=4, decoder_attention_heads=4,
        encoder_ffn_dim=48, decoder_ffn_dim=48, init_std=0.15, num_mel_bins=8, max_source_positions=8,
        max_target_positions=64, decoder_start_token_id=1, suppress_tokens=None, begin_suppress_tokens=None),
}
# fmt: on
"""A row a family."""

FAMILIES = list(TABLE)
"""Every family by name."""

SAMPLE = [
    "llama",  # the plain decoder that every method should take
    "gpt2",  # transposed weights, one layer for queries, keys and values, biases, a table of positions, tied embeddings
    "gpt_neo",  # local attention that only the model's own mask knows of
    "gpt_oss",  # sinks, windows, experts with biases
    "gemma2",  # soft caps on scores and logits, norms on both sides, windows in half of the layers
    "falcon_alibi",  # ALiBi
    "phi",  # attention and MLP side by side, RoPE on half of each head
    "phi3_longrope",  # RoPE that depends on length, fused queries, keys and values
    "olmo2",  # norms on what layers add, and on queries and keys
    "deepseek_v32",  # MLA, chosen keys, experts
    "llama4",  # chunks, layers without positions, experts
    "qwen3_next",  # linear attention beside gated attention, experts
    "t5",  # an encoder and a decoder, and learned biases by distance
    "llava",  # images: the decoder is a part of the model
]
"""Families that between them have most of the traits, each for what its comment says."""


def with_traits(*traits: str) -> list[str]:
    """The families that have all of these traits."""
    return [family for family, row in TABLE.items() if _known(traits) <= row.traits]


def without_traits(*traits: str) -> list[str]:
    """The families that have none of these traits."""
    return [family for family, row in TABLE.items() if not _known(traits) & row.traits]


def _known(traits: tuple[str, ...]) -> frozenset[str]:
    if unknown := frozenset(traits) - TRAITS.keys():
        raise ValueError(f"no traits of families: {', '.join(sorted(unknown))}; TRAITS has them all")
    return frozenset(traits)


DECODERS = without_traits("encoder", "encoder_decoder", "multimodal")
"""The families that continue a text and read nothing else."""


def each(families: Iterable[str] = FAMILIES) -> list[Any]:
    """Parameters of a test, one a family; those outside of the sample run with `-m families` alone."""
    return [pytest.param(name, marks=() if name in SAMPLE else pytest.mark.families) for name in families]


def tiny_model(family: str, layers: int | None = None, **config: Any) -> Any:
    """A new model of a family in eval mode, from torch's seed as it stands; `config` goes over what the table says."""
    row = TABLE[family]
    depth = row.layers if layers is None else layers
    settings = {name: _of_each_layer(value, depth) for name, value in row.settings.items()}
    for name in row.depth.split():
        outer, _, inner = name.rpartition(".")
        if outer:
            settings[outer] = {**settings[outer], inner: depth}
        else:
            settings[name] = depth
    model: Any = getattr(transformers, row.model)
    return model(model.config_class(**{**settings, **config})).eval()


def _of_each_layer(value: Any, layers: int) -> Any:
    return list(itertools.islice(itertools.cycle(value), layers)) if isinstance(value, _Cycle) else value


def family_model(family: str, seed: int = 0, layers: int | None = None, **config: Any) -> Any:
    """The model of a family for a seed, with no vector left at zeros or ones, so that each has an effect."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return with_other_vectors(tiny_model(family, layers, **config))


def inputs(family: str, rows: int = 2, length: int = 12, seed: int = 0) -> dict[str, Tensor]:
    """What a family's forward pass reads: token ids, and images, sound or the decoder's tokens where it reads them."""
    generator = torch.Generator().manual_seed(seed)
    images = {"pixel_values": torch.randn(rows, 3, 8, 8, generator=generator)}
    tokens = ids(rows, length, seed=seed)
    match family:
        case "vit":
            return images
        case "llava":
            return {"input_ids": torch.cat([torch.full((rows, 4), _IMAGE), tokens], 1), **images}
        case "whisper":
            return {"input_features": torch.randn(rows, 8, 16, generator=generator), "decoder_input_ids": tokens}
        case _ if "encoder_decoder" in TABLE[family].traits:
            return {"input_ids": ids(rows, 9, seed=seed + 1), "decoder_input_ids": tokens}
    return {"input_ids": tokens}


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
    saved = model.state_dict().keys()
    buffers = [buffer for name, buffer in model.named_buffers() if name in saved and buffer.is_floating_point()]
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1 or _is_constant(parameter):
                parameter.add_(torch.randn(parameter.shape, generator=generator) / 5)
        for buffer in buffers:
            if buffer.dim() > 0 and _is_constant(buffer):
                buffer.add_(torch.randn(buffer.shape, generator=generator) / 5)
    return model


def _is_constant(tensor: Tensor) -> bool:
    return tensor.numel() > 1 and bool((tensor == tensor.flatten()[0]).all())
