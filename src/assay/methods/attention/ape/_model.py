"""What of a model APE needs: which models it refuses, and how their attention is swapped for a while."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from assay.methods._patching import altered
from assay.methods.attention.ape._attention import APEConfig, ape_attention, ape_weights
from assay.methods.attention.ape._states import APECache, refuse_unsuitable

IMPLEMENTATION = "assay_ape"
"""The name in transformers' `AttentionInterface`."""


@dataclass(frozen=True)
class _Plan:
    """What an attention layer must know of a request."""

    contexts: tuple[int, int]
    config: APEConfig
    ragged: bool


def _attention_forward(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    *,
    scaling: float | None = None,
    dropout: float = 0.0,
    ape_plan: _Plan | None = None,
    **kwargs: Any,
) -> tuple[Tensor, Tensor | None]:
    if ape_plan is None:  # An ordinary request to the same model.
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **kwargs
        )
    if dropout:
        raise ValueError("APE is for inference: call model.eval(), so that attention has no dropout")
    how: dict[str, Any] = vars(ape_plan) | {"scaling": scaling, "mask": attention_mask}
    out = ape_attention(query, key, value, **how).transpose(1, 2).contiguous()
    return out, ape_weights(query, key, **how) if kwargs.get("output_attentions") else None


@contextmanager
def ape(model: PreTrainedModel, config: APEConfig | None = None) -> Iterator[PreTrainedModel]:
    """Let `model` attend by APE wherever it is given an `APECache`, in forward and generate, until the block ends.

    Calls with any other cache, or none, are ordinary calls through SDPA. The layers learn the request's lengths from
    its cache, so several requests may be under way at once.

    Raises:
        ValueError: The model cannot be used with APE (no RoPE, sliding windows, soft-capped logits ...), or is
            already inside such a block.
    """
    refuse_unsuitable(model)
    config = config or APEConfig()
    AttentionInterface.register(IMPLEMENTATION, _attention_forward)
    AttentionMaskInterface.register(IMPLEMENTATION, sdpa_mask)

    def supply(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        cache = kwargs.get("past_key_values")
        if isinstance(cache, APECache):
            given = next(x for x in (*args[:1], kwargs.get("input_ids"), kwargs.get("inputs_embeds")) if x is not None)
            if (more := given.shape[0] // cache.starts.shape[0]) > 1:  # Beams, or several answers to each question.
                cache.batch_repeat_interleave(more)
            kwargs |= cache.places(given.shape[1], kwargs.get("attention_mask"))
            kwargs["ape_plan"] = _Plan(
                contexts=(cache.prefix_length, cache.prefix_length + cache.context_length),
                config=config,
                ragged=cache.ragged,
            )
        return args, kwargs

    with altered(model, by="ape") as undo:
        undo.callback(model.set_attn_implementation, model.config._attn_implementation)  # noqa: SLF001 - no public name
        model.set_attn_implementation(IMPLEMENTATION)
        undo.callback(model.base_model.register_forward_pre_hook(supply, with_kwargs=True).remove)
        yield model
