"""KV states of a prefix and of contexts: encoded apart from each other, and kept on disk."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from transformers import DynamicCache, PreTrainedModel

from assay.methods._decoders import attention_layers, blocks_of
from assay.methods._files import written_whole
from assay.methods._traits import PLACEMENT, Trait, refuse_traits

_METHOD = "APE"
_SUPPORTS = frozenset({Trait.LATENT, Trait.ADAPTERS, Trait.QUANTISED})
"""All layers attend in full, to keys that are turned by positions alone."""


@dataclass(frozen=True, eq=False)
class KVStates:
    """KV states of a prefix or a context, with what they are bound to."""

    keys: Tensor
    """(layers, key heads, tokens, head size), rotated to the positions they were encoded at."""
    values: Tensor
    """As `keys`."""
    start: int
    """Position of the first token."""
    digest: str
    """Hash of the token ids."""
    model: str
    """`fingerprint` of the model."""
    behind: str = ""
    """`digest` of the prefix it was encoded behind; empty for a prefix."""

    @property
    def end(self) -> int:
        """The position after the last token."""
        return self.start + self.keys.shape[2]

    def to(self, device: torch.device | str) -> Self:
        """The same states on another device."""
        return replace(self, keys=self.keys.to(device), values=self.values.to(device))

    def save(self, path: Path) -> None:
        """Write a safetensors file, whole or not at all."""
        meta = {"start": str(self.start), "digest": self.digest, "model": self.model, "behind": self.behind}
        with written_whole(path) as file:
            save_file({"keys": self.keys.contiguous(), "values": self.values.contiguous()}, file, metadata=meta)

    @classmethod
    def load(cls, path: Path, device: torch.device | str = "cpu") -> Self:
        """Read what `save` wrote.

        Raises:
            ValueError: The file is damaged, or is no file of encoded contexts.
        """
        try:
            with safe_open(path, framework="pt", device=str(device)) as file:
                meta = file.metadata() or {}
                return cls(
                    keys=file.get_tensor("keys"),
                    values=file.get_tensor("values"),
                    start=int(meta["start"]),
                    digest=meta["digest"],
                    model=meta["model"],
                    behind=meta["behind"],
                )
        except (SafetensorError, KeyError) as error:
            raise ValueError(f"{path} holds no encoded context, or is damaged ({error}): delete it") from error


def fingerprint(model: PreTrainedModel) -> str:
    """A hash of what a model computes: its configuration, and every bit and dtype of its weights.

    Stored states are bound to it. It reads all weights, some seconds for billions of parameters: take it once.

    Raises:
        ValueError: The weights do not show it: the model has adapters, or is quantised, offloaded or without weights.
    """
    refuse_traits(model, method="APE without a model_id", supports=frozenset(Trait) - PLACEMENT)
    settings = json.dumps(_essential(model.config.to_dict()), sort_keys=True, default=str)
    digest = hashlib.sha256(settings.encode())
    for name, weight in model.state_dict().items():
        digest.update(f"{name} {tuple(weight.shape)} {weight.dtype}".encode())
        digest.update(weight.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


_INCIDENTAL = {"transformers_version", "use_cache", "dtype", "architectures"}


def _essential(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        key: _essential(value) if isinstance(value, dict) else value
        for key, value in settings.items()
        if key not in _INCIDENTAL and not str(key).startswith("_")
    }


def digest_of(ids: Sequence[int]) -> str:
    """Hash of token ids."""
    return hashlib.sha256(" ".join(map(str, ids)).encode()).hexdigest()


def encode_prefix(model: PreTrainedModel, ids: Sequence[int], *, model_id: str | None = None) -> KVStates:
    """Encode what stands before every context: at least the BOS token, with instructions or a chat header if any.

    Args:
        model: Any model that `APE` takes.
        ids: Token ids.
        model_id: A name for these very weights; their `fingerprint` if left out.

    Raises:
        ValueError: The prefix is empty or too long, or the model is not one for APE.
    """
    layers_of(model)
    if not ids:
        raise ValueError("the prefix is empty: contexts need a common start, at least the BOS token")
    _refuse_beyond(model, len(ids), "the prefix")
    cache = _forward(model, torch.tensor([list(ids)]), DynamicCache(config=model.config))
    keys = torch.stack([key[0] for key, _, _ in cache])
    values = torch.stack([value[0] for _, value, _ in cache])
    return KVStates(keys, values, start=0, digest=digest_of(ids), model=model_id or fingerprint(model))


def encode_contexts(
    model: PreTrainedModel, prefix: KVStates, contexts: Sequence[Sequence[int]], *, batch_tokens: int = 8192
) -> list[KVStates]:
    """Encode each context alone behind `prefix`, several to a batch, right-padded.

    Args:
        model: The model that encoded `prefix`.
        prefix: From `encode_prefix`.
        contexts: Token ids of each context, without special tokens.
        batch_tokens: Tokens in one batch, padding and the prefix counted; a context longer than that goes alone.

    Returns:
        The contexts' states, in the order given.

    Raises:
        ValueError: A context is empty, or reaches beyond the positions that the model has.
    """
    for number, context in enumerate(contexts):
        if not context:
            raise ValueError(f"context {number} is empty")
        _refuse_beyond(model, prefix.end + len(context), f"context {number} behind its prefix")
    # Neighbours in length share a batch; ties are broken by content, so that batches do not depend on the order given.
    order = sorted(range(len(contexts)), key=lambda number: (len(contexts[number]), list(contexts[number])))
    states: dict[int, KVStates] = {}
    while order:
        longest = prefix.end + len(contexts[order[-1]])
        rows = [order.pop() for _ in range(min(len(order), max(1, batch_tokens // longest)))]
        lengths = [len(contexts[row]) for row in rows]
        # What pads on the right is behind every token of the context, so that causal attention never sees it.
        ids = torch.zeros(len(rows), lengths[0], dtype=torch.long)
        for place, row in enumerate(rows):
            ids[place, : lengths[place]] = torch.tensor(contexts[row])
        past = DynamicCache(config=model.config)
        for index, (key, value) in enumerate(zip(prefix.keys, prefix.values, strict=True)):
            past.update(
                key.to(model.device).expand(len(rows), -1, -1, -1),
                value.to(model.device).expand(len(rows), -1, -1, -1),
                index,
            )
        cache = _forward(model, ids, past, start=prefix.end)
        for place, row in enumerate(rows):
            part = slice(prefix.end, prefix.end + lengths[place])
            states[row] = KVStates(
                keys=torch.stack([key[place, :, part] for key, _, _ in cache]),
                values=torch.stack([value[place, :, part] for _, value, _ in cache]),
                start=prefix.end,
                digest=digest_of(contexts[row]),
                model=prefix.model,
                behind=prefix.digest,
            )
    return [states[number] for number in range(len(contexts))]


def layers_of(model: PreTrainedModel) -> dict[int, Any]:
    """The attention of each layer of a model that APE can be used with, by number.

    Raises:
        ValueError: It cannot; the message says why.
    """
    blocks = blocks_of(model, method=_METHOD)
    refuse_traits(model, method=_METHOD, supports=_SUPPORTS)
    layers = attention_layers(model, method=_METHOD)
    if sorted(layers) != [*range(len(blocks))]:
        raise ValueError(f"{_METHOD} needs one attention in each block, which {type(model).__name__} does not have")
    return layers


@torch.no_grad()
def _forward(model: PreTrainedModel, ids: Tensor, cache: DynamicCache, *, start: int = 0) -> DynamicCache:
    if model.training:
        raise ValueError("APE is for inference: call model.eval() first")
    model.base_model(
        input_ids=ids.to(model.device),
        position_ids=torch.arange(start, start + ids.shape[1], device=model.device)[None],
        past_key_values=cache,
        use_cache=True,
    )
    return cache


def _refuse_beyond(model: PreTrainedModel, end: int, what: str) -> None:
    limit = getattr(model.config.get_text_config(decoder=True), "max_position_embeddings", None)
    if limit is not None and end > limit:
        raise ValueError(f"{what} reaches position {end}, and this {type(model).__name__} has {limit}: split it")
