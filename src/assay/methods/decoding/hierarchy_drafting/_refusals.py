"""What cannot be decoded in trees without changing the output, said in words before anything runs."""

import inspect
from typing import Any

from torch import Tensor
from transformers import DynamicCache, GenerationConfig, LogitsProcessorList, PreTrainedModel
from transformers.cache_utils import DynamicLayer, DynamicSlidingWindowLayer

from assay.methods._decoders import decoder_of, text_config
from assay.methods._traits import PLACEMENT, Trait, refuse_traits
from assay.methods.decoding._processors import _is_rowwise

_METHOD = "Hierarchy Drafting"
_SUPPORTS = (PLACEMENT - {Trait.WEIGHTLESS}) | {
    Trait.SINKS,
    Trait.SOFTCAP,
    Trait.SLIDING,  # as far as `refuse_cache` lets the text grow
    Trait.SHARED_STATES,
    Trait.NO_ROPE,
    Trait.LATENT,
}
"""A token attends to what a mask shows it, and stands where its position says."""
_PREPARED = {"attention_mask", "position_ids", "past_key_values", "use_cache", "logits_to_keep"}
"""What `generate` hands over by itself."""


def refuse_model(model: PreTrainedModel) -> None:
    """Models that are no decoders, attention that takes no mask of ours, positions that cannot be given."""
    decoder_of(model, method=_METHOD)
    refuse_traits(model, method=_METHOD, supports=_SUPPORTS)
    attention = text_config(model)._attn_implementation  # noqa: SLF001 - there is no public name for it
    if attention not in {"eager", "sdpa"}:
        raise ValueError(
            f"attention {attention!r} takes no tree mask: load the model with attn_implementation='sdpa' or 'eager'"
        )
    missing = {"attention_mask", "position_ids", "past_key_values"} - set(inspect.signature(model.forward).parameters)
    if missing:
        raise ValueError(
            f"{type(model).__name__} takes no {' or '.join(sorted(missing))}, which a tree of drafts needs"
        )


def refuse_call(
    input_ids: Tensor, processors: LogitsProcessorList, generation: GenerationConfig, kwargs: dict[str, Any]
) -> None:
    """Beams, outputs that nothing keeps, inputs other than tokens, processors that need the batch as a whole."""
    if generation.num_beams != 1:
        raise ValueError(f"Hierarchy Drafting decodes greedily or samples, not with {generation.num_beams} beams")
    outputs = ("output_scores", "output_logits", "output_attentions", "output_hidden_states")
    if generation.return_dict_in_generate and (lost := [name for name in outputs if getattr(generation, name)]):
        raise ValueError(f"{', '.join(lost)} cannot be returned by Hierarchy Drafting: leave it out")
    if foreign := sorted(name for name, value in kwargs.items() if name not in _PREPARED and value is not None):
        raise ValueError(f"Hierarchy Drafting takes token ids only; it would not know what to do with {foreign}")
    if len(input_ids) > 1 and (unsure := [type(each).__name__ for each in processors if not _is_rowwise(each)]):
        raise ValueError(f"{', '.join(unsure)} may mix the sequences of a batch: decode them one at a time")


def refuse_cache(
    model: PreTrainedModel, kwargs: dict[str, Any], input_ids: Tensor, mask_length: int, longest: int
) -> None:
    """Caches from which tokens cannot be taken back, and texts that outgrow a sliding window.

    Args:
        model: Whose layers say which cache they need.
        kwargs: As `generate` prepared them.
        input_ids: (B, L).
        mask_length: Of the attention mask.
        longest: The most tokens that the cache may have to hold.
    """
    cache = kwargs.get("past_key_values")
    if cache is None or not kwargs.get("use_cache", True):
        raise ValueError("Hierarchy Drafting needs the key-value cache: leave use_cache=True")
    croppable = (DynamicLayer, DynamicSlidingWindowLayer)
    needed = DynamicCache(config=model.config)
    for layer in [*needed.layers, *cache.layers]:
        if type(layer) not in croppable:
            raise ValueError(f"tokens cannot be taken back from a {type(layer).__name__}: use a plain DynamicCache")
        window = getattr(layer, "sliding_window", longest + 1)
        if longest >= window:
            raise ValueError(
                f"prompt, answer and drafts may reach {longest} tokens, beyond the sliding window of {window}: "
                "set a smaller max_new_tokens"
            )
    if cache.offloading:
        raise ValueError("an offloaded cache cannot be rearranged: use a plain DynamicCache")
    if mask_length != input_ids.shape[1] or cache.get_seq_length() >= input_ids.shape[1]:
        raise ValueError(
            f"the cache holds {cache.get_seq_length()} tokens: pass the whole text as input_ids, cached part included, "
            "with at least one token more"
        )
    positions = kwargs.get("position_ids")
    if positions is not None and positions.shape != input_ids.shape:
        raise ValueError(f"position ids are (batch, length) = {tuple(input_ids.shape)}, not {tuple(positions.shape)}")
