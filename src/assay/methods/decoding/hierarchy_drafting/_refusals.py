"""What cannot be decoded in trees without changing the output, said in words before anything runs."""

from typing import Any

from torch import Tensor
from transformers import DynamicCache, GenerationConfig, LogitsProcessorList, PreTrainedModel

from assay.methods import _branches
from assay.methods.decoding._processors import is_rowwise

_METHOD = "Hierarchy Drafting"
_PREPARED = {"attention_mask", "position_ids", "past_key_values", "use_cache", "logits_to_keep"}
"""What `generate` hands over by itself."""


def refuse_model(model: PreTrainedModel) -> None:
    """Models whose cache cannot be rearranged, and attention that takes no mask of ours."""
    _branches.refuse_model(model, method=_METHOD)


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
    if len(input_ids) > 1 and (unsure := [type(each).__name__ for each in processors if not is_rowwise(each)]):
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
    for layers in (DynamicCache(config=model.config), cache):
        _branches.refuse_layers(layers, method=_METHOD, longest=longest)
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
