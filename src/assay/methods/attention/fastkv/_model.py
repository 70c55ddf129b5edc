"""What FastKV needs of a model: its blocks, their attention, its masks, its work."""

import inspect
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, cast

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.masking_utils import causal_mask_function, create_causal_mask

from assay.methods._attention import AttentionCall, intercept_attention
from assay.methods._decoders import attention_layers, blocks_of, decoder_of
from assay.methods._traits import PLACEMENT, Trait, refuse_traits

if TYPE_CHECKING:
    from transformers import Cache

    from assay.methods._attention import Output

_METHOD = "FastKV"
_SUPPORTS = PLACEMENT | {Trait.ROPE_BY_LENGTH}
_KEYWORDS = {"attention_mask", "position_embeddings"}
"""What the blocks above the TSP layer are told anew; a block that is not told of positions cannot be."""


@dataclass(frozen=True, eq=False)
class Decoder:
    """The part of a model that FastKV works on; untyped, since each architecture has its own classes."""

    module: Any
    """What is called with ``input_ids``."""
    blocks: list[Any]
    attentions: list[Any]
    """That of each block."""

    @classmethod
    def of(cls, model: nn.Module) -> Self:
        """The decoder of a model.

        Raises:
            ValueError: It is not of the kind that FastKV works on.
        """
        module, blocks = decoder_of(model, method=_METHOD), blocks_of(model, method=_METHOD)
        refuse_traits(cast("PreTrainedModel", model), method=_METHOD, supports=_SUPPORTS)
        attentions = attention_layers(model, method=_METHOD)
        name = type(model).__name__
        if len(blocks) < 2:
            raise ValueError(f"{_METHOD} needs at least two layers: one that reads all and one that reads less")
        if sorted(attentions) != [*range(len(blocks))] or any(
            attentions[number] not in block.modules() for number, block in enumerate(blocks)
        ):
            raise ValueError(f"{_METHOD} needs one attention in each block, which {name} does not have")
        for block in blocks:
            if missing := _KEYWORDS - inspect.signature(type(block).forward).parameters.keys():
                raise ValueError(
                    f"{_METHOD} works on decoders of the Llama kind, which {name} is not: its blocks take no "
                    f"{min(missing)}"
                )
        return cls(module, blocks, [attentions[number] for number in range(len(blocks))])

    def observe(self, undo: ExitStack, observe: Callable[[AttentionCall], None]) -> None:
        """Have `observe` called after each call of attention, until `undo` is closed.

        Calls whose scores are not those of plain causal attention are refused with ValueError.
        """

        def attend(call: AttentionCall) -> "Output":
            _refuse_alterations(call)
            output = call.stock()
            observe(call)
            return output

        intercept_attention(undo, self.attentions, "fastkv", attend, make_mask=_plain_mask)

    def causal_mask(self, hidden: Tensor, past: int, real: Tensor | None) -> Any:
        """The model's own kind of mask for `hidden` (B, q, d) after `past` stored tokens; `real` (B, past + q)."""
        return create_causal_mask(
            config=self.module.config,
            inputs_embeds=hidden,
            attention_mask=real,
            past_key_values=cast("Cache", _Sizes(past)),
            layer_idx=0,
        )

    def flops(self, tokens: Sequence[int]) -> float:
        """What `prefill_flops` says."""
        config, total = self.module.config, 0.0
        for block, attention, count in zip(self.blocks, self.attentions, tokens, strict=True):
            head = _first(attention, "head_dim") or config.hidden_size // config.num_attention_heads
            width = head * config.num_attention_heads
            total += 2 * _weights(block, config) * count + 2 * 2 * width * count * (count + 1) / 2
        return total


def layer_scores(
    decoder: Decoder,
    rank: Callable[[Tensor, Tensor, Sequence[int], float], Tensor],
    lengths: Sequence[int],
    args: Any,
    inputs: Any,
) -> list[Tensor]:
    """For each block (B, n - w): a prompt's scores by `rank`, summed over KV heads. Nothing is dropped."""
    scores: list[Tensor] = []

    def observe(call: AttentionCall) -> None:
        scores.append(rank(call.query, call.key, lengths, call.scaling).sum(1).cpu())

    with ExitStack() as undo, torch.no_grad():
        decoder.observe(undo, observe)
        decoder.module(*args, **{**inputs, "use_cache": False})
    return scores


def prefill_flops(model: PreTrainedModel, tokens: Sequence[int]) -> float:
    """Multiplications and additions of reading a prompt of which layer l reads ``tokens[l]`` tokens.

    Counted are the linear maps of each layer, of experts those that a token goes to, and attention's two products over
    the causal half; not the embedding, the head, norms or FastKV's own scores (2 w Hq D per token).
    """
    return Decoder.of(model).flops(tokens)


def row_lengths(mask: Tensor | None, rows: int, columns: int) -> list[int]:
    """Tokens per row that are no padding.

    Raises:
        ValueError: The mask (B, n) is of another shape than the prompt, or has padding elsewhere than on the left.
    """
    if mask is None:
        return [columns] * rows
    if mask.shape != (rows, columns):
        raise ValueError(f"the attention mask has shape {tuple(mask.shape)}, the prompt {(rows, columns)}")
    real = mask.bool()
    if not bool(real[:, -1].all()) or bool((real[:, :-1] & ~real[:, 1:]).any()):
        raise ValueError("FastKV needs padding on the left only: set the tokenizer's padding_side to 'left'")
    lengths: list[int] = real.sum(1).tolist()
    return lengths


def _refuse_alterations(call: AttentionCall) -> None:
    """Refuse scores that are not those of plain attention, which is what tokens are ranked by."""
    if isinstance(call.mask, _OtherMask):
        how = "is given a mask that is not causal"
    elif call.alterations:
        how = f"takes {', '.join(call.alterations)}"
    elif isinstance(call.mask, Tensor) and call.mask.ndim == 4 and call.mask.shape[1] > 1:
        how = "has a mask for each head"
    else:
        return
    raise ValueError(f"FastKV ranks tokens by plain causal attention, and {type(call.module).__name__} {how}")


class _OtherMask:
    """In the place of a mask that is not plainly causal: some models make one that no layer uses."""


def _plain_mask(stock: Callable[..., Any], **keywords: Any) -> Any:
    plain = keywords.get("mask_function", causal_mask_function) is causal_mask_function
    return stock(**keywords) if plain else _OtherMask()


def _weights(block: nn.Module, config: Any) -> float:
    """How many weights of a block's linear maps a token is multiplied with."""
    maps = sum(module.in_features * module.out_features for module in block.modules() if isinstance(module, nn.Linear))
    # Experts stand in one tensor, (experts, out, in).
    experts = [weight for weight in block.parameters() if weight.ndim == 3]
    routes = _first(config, "num_experts_per_tok", "moe_topk", "moe_k") or 1
    return maps + sum(weight.numel() // len(weight) * min(routes, len(weight)) for weight in experts)


def _first(owner: Any, *names: str) -> Any:
    return next((getattr(owner, name) for name in names if getattr(owner, name, None)), None)


@dataclass(frozen=True)
class _Sizes:
    """As much of a cache as making a mask asks for: `past` tokens are stored before the new ones."""

    past: int
    is_compileable = False

    def get_query_offset(self, _: int) -> int:
        return self.past

    def get_mask_sizes(self, query_length: int, _: int) -> tuple[int, int]:
        return self.past + query_length, 0
