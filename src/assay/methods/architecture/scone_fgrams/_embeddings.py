"""The seam to a causal language model of transformers: token ids go in, ``inputs_embeds`` go on.

The model stays of its class. It gets a submodule ``fgrams``, so that its parameters are trained, moved and saved with
it, and hooks around its forward pass. The tokens read so far are part of the cache, so that f-grams reach back into
them, whoever decodes and in whatever pieces.
"""

from typing import Any, NamedTuple, cast

import numpy as np
import torch
from torch import Tensor, nn
from transformers import Cache, PreTrainedModel

from assay.methods._cache import cache_among, keep_mask, set_state, state_of
from assay.methods._patching import unwrap, wrap
from assay.methods.architecture.scone_fgrams._encoder import FGramSource
from assay.methods.architecture.scone_fgrams._table import FGramTable
from assay.methods.architecture.scone_fgrams._vocabulary import NOTHING, FGramVocab

_MEDIA = ("pixel_", "image_", "video_", "input_features", "audio_")


class ReadTokens(NamedTuple):
    """What a cache has read so far."""

    ids: Tensor
    """(B, P): -1 for padding."""
    starts: Tensor
    """(B, P): true where a text begins."""

    @property
    def croppable(self) -> bool:
        """Whether tokens can be taken back."""
        return True

    def crop(self, tokens: int) -> "ReadTokens":
        """Without the last tokens."""
        return ReadTokens(self.ids[:, :-tokens], self.starts[:, :-tokens])


class FGrams(nn.Module):
    """Input embeddings of token ids: the vector of the longest f-gram that ends at a token, or else the token's own."""

    hooks: tuple[Any, ...] = ()
    """The model's, to be removed with this."""
    tokens: ReadTokens | None = None
    """What has been read when the forward pass ends that has begun."""

    def __init__(self, source: FGramSource | FGramTable) -> None:
        super().__init__()
        self.source = source

    @property
    def vocab(self) -> FGramVocab:
        """The f-grams."""
        return self.source.vocab

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def forward(
        self, embed: nn.Module, ids: Tensor, context: Tensor | None = None, starts: Tensor | None = None
    ) -> Tensor:
        """(B, T, d): the embeddings of `ids`.

        Args:
            embed: The model's token embedding.
            ids: (B, T).
            context: (B, P + T): the tokens before `ids` and these themselves, -1 for padding; `ids` if not given.
            starts: (B, P + T), true where a text begins: no f-gram reaches across.
        """
        out: Tensor = embed(ids)
        # What stands further back can be in no f-gram.
        seen = (ids if context is None else context)[:, -(ids.shape[1] + self.vocab.max_n - 1) :]
        begins = None if starts is None else starts[:, -seen.shape[1] :].numpy(force=True)
        rows = self.vocab.match(seen.numpy(force=True), starts=begins)[:, seen.shape[1] - ids.shape[1] :]
        if (rows < 0).all():
            return out
        # Each n-gram once, however often it is there.
        distinct, which = np.unique(rows[rows >= 0], return_inverse=True)
        vectors = self.source(distinct, embed).to(out.device, out.dtype)[torch.from_numpy(which).to(out.device)]
        places = torch.from_numpy(rows >= 0).to(out.device).unsqueeze(-1).expand_as(out)
        return out.masked_scatter(places, vectors)


def put_in(model: PreTrainedModel, source: FGramSource | FGramTable) -> None:
    """Have a model make its input embeddings from f-grams."""
    weight = embedding_of(model).weight
    fgrams = FGrams(source.to(weight.device, weight.dtype))
    model.add_module("fgrams", fgrams)
    fgrams.hooks = (
        model.register_forward_pre_hook(_embed, with_kwargs=True),
        model.register_forward_hook(_remember, with_kwargs=True),
    )
    if model.base_model is not model:
        fgrams.hooks += (model.base_model.register_forward_pre_hook(_refuse_ids, with_kwargs=True),)
    wrap(model, "prepare_inputs_for_generation", keep_mask)


def take_out(model: PreTrainedModel) -> None:
    """Have it make them as before."""
    for hook in fgrams_of(model).hooks:
        hook.remove()
    del model.fgrams
    unwrap(model, "prepare_inputs_for_generation")


def embedding_of(model: PreTrainedModel) -> nn.Embedding:
    """The token embedding of a model."""
    return cast("nn.Embedding", model.get_input_embeddings())


def fgrams_of(model: PreTrainedModel) -> FGrams:
    """The f-grams of a model.

    Raises:
        ValueError: It has none.
    """
    fgrams = getattr(model, "fgrams", None)
    if not isinstance(fgrams, FGrams):
        raise ValueError(f"this {type(model).__name__} has no f-grams: apply Scone or SconeTable first")
    return fgrams


def _refuse_ids(decoder: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    """The hook before the decoder inside: whoever calls it with ids would get it without f-grams."""
    if (args and args[0] is not None) or kwargs.get("input_ids") is not None:
        raise ValueError(
            f"this {type(decoder).__name__} is the inside of a model with f-grams, which the whole model makes from "
            "ids: call that"
        )


@torch.compiler.disable  # type: ignore[untyped-decorator]
def _embed(model: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The hook before the model's forward pass: token ids become embeddings."""
    inputs = dict(kwargs)
    ids = args[0] if args else inputs.pop("input_ids", None)
    if ids is None or inputs.get("inputs_embeds") is not None:
        raise ValueError("a model with f-grams makes the embeddings itself: hand it input_ids, not inputs_embeds")
    if media := next((name for name in inputs if name.startswith(_MEDIA) and inputs[name] is not None), None):
        raise ValueError(f"a model with f-grams reads text alone, and was handed {media}")
    tokens = _new_tokens(ids, inputs.get("attention_mask"), inputs.get("position_ids"))
    cache = cache_among((*inputs.values(), *args))
    before = None if cache is None else _read_before(cache)
    if before is not None:
        if len(before.ids) != len(ids):
            raise ValueError(f"the cache is that of {len(before.ids)} rows, and the batch has {len(ids)}")
        tokens = ReadTokens(*(torch.cat([old.to(ids.device), new], 1) for old, new in zip(before, tokens, strict=True)))
    model.fgrams.tokens = tokens
    inputs["inputs_embeds"] = model.fgrams(model.get_input_embeddings(), ids, *tokens)
    return args[1:] and (None, *args[1:]), inputs


@torch.compiler.disable  # type: ignore[untyped-decorator]
def _remember(model: Any, _: tuple[Any, ...], inputs: dict[str, Any], output: Any) -> None:
    """The hook after it: the cache takes along what has been read."""
    outputs = output.values() if isinstance(output, dict) else output
    cache = cache_among((*inputs.values(), *outputs))
    if cache is not None and cache.layers:
        set_state(cache, 0, model.fgrams.tokens)
    model.fgrams.tokens = None


def _new_tokens(ids: Tensor, mask: Any, positions: Any) -> ReadTokens:
    starts = torch.zeros_like(ids, dtype=torch.bool)
    if isinstance(positions, Tensor):
        starts = (positions[0] if positions.dim() == 3 else positions).eq(0).expand(ids.shape)
    if isinstance(mask, Tensor) and mask.dim() == 2:
        ids = ids.masked_fill(mask[:, -ids.shape[1] :] == 0, NOTHING)
    return ReadTokens(ids, starts)


def _read_before(cache: Cache) -> ReadTokens | None:
    """The tokens that a cache has read; ``None`` if it is new."""
    tokens = state_of(cache, 0, ReadTokens)
    if tokens is None and any(map(_has_read, cache.layers)):
        raise ValueError("this cache was filled without f-grams, which reach back into what it has read: begin anew")
    return tokens


def _has_read(layer: Any) -> bool:
    if getattr(layer, "is_initialized", False) and hasattr(layer, "get_seq_length"):
        return int(layer.get_seq_length()) > 0
    return any(getattr(layer, "has_previous_state", {}).values())
