"""KV states: encoded apart, kept on disk, joined into the cache of a request."""

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
from transformers.cache_utils import DynamicLayer

from assay.methods._files import written_whole


@dataclass(frozen=True, eq=False)
class Encoded:
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
        ValueError: The weights are not loaded (meta device).
    """
    told = {key: value for key, value in model.config.to_dict().items() if key not in _INCIDENTAL and key[0] != "_"}
    digest = hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode())
    for name, weight in model.state_dict().items():
        if weight.is_meta:
            raise ValueError(f"the weights of this {type(model).__name__} are not loaded: {name} is on the meta device")
        digest.update(f"{name} {tuple(weight.shape)} {weight.dtype}".encode())
        digest.update(weight.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


_INCIDENTAL = {"transformers_version", "use_cache", "dtype", "architectures"}


def digest_of(ids: Sequence[int]) -> str:
    """Hash of token ids."""
    return hashlib.sha256(" ".join(map(str, ids)).encode()).hexdigest()


def encode_prefix(model: PreTrainedModel, ids: Sequence[int], *, model_id: str | None = None) -> Encoded:
    """Encode what stands before every context: at least the BOS token, with instructions or a chat header if any.

    Args:
        model: Any model that `ape` takes.
        ids: Token ids.
        model_id: A name for these very weights; their `fingerprint` if left out.

    Raises:
        ValueError: The prefix is empty or too long, or the model is not one for APE.
    """
    refuse_unsuitable(model)
    if not ids:
        raise ValueError("the prefix is empty: contexts need a common start, at least the BOS token")
    _refuse_beyond(model, len(ids), "the prefix")
    cache = _forward(model, torch.tensor([list(ids)]), DynamicCache(config=model.config))
    keys = torch.stack([key[0] for key, _, _ in cache])
    values = torch.stack([value[0] for _, value, _ in cache])
    return Encoded(keys, values, start=0, digest=digest_of(ids), model=model_id or fingerprint(model))


def encode_contexts(
    model: PreTrainedModel, prefix: Encoded, contexts: Sequence[Sequence[int]], *, batch_tokens: int = 8192
) -> list[Encoded]:
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
    found: dict[int, Encoded] = {}
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
            found[row] = Encoded(
                keys=torch.stack([key[place, :, part] for key, _, _ in cache]),
                values=torch.stack([value[place, :, part] for _, value, _ in cache]),
                start=prefix.end,
                digest=digest_of(contexts[row]),
                model=prefix.model,
                behind=prefix.digest,
            )
    return [found[number] for number in range(len(contexts))]


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


class APECache(DynamicCache):
    """States of a batch of requests: the prefix, each request's contexts (padded to equal length), what follows.

    `join` makes it. What follows the contexts is appended as to any `DynamicCache`; `rewind` takes it away again, so
    that the next question can be put to the same contexts.
    """

    def __init__(
        self, keys: Tensor, values: Tensor, *, prefix_length: int, starts: Tensor, context_seen: Tensor
    ) -> None:
        """Wrap joined states.

        Args:
            keys: (layers, batch, key heads, prefix + contexts, head size).
            values: As `keys`.
            prefix_length: Tokens of the prefix.
            starts: (batch,) the position at which each request's question begins.
            context_seen: (batch, contexts) whether a context column holds a token, and not padding.
        """
        super().__init__()
        for key, value in zip(keys, values, strict=True):
            layer = DynamicLayer()
            layer.lazy_initialization(key, value)
            layer.keys, layer.values = key, value  # Not through `update`, which would copy them.
            self.layers.append(layer)
        self.prefix_length = prefix_length
        self.starts = starts
        self.context_seen = context_seen
        self.ragged = not bool(context_seen.all())

    @property
    def context_length(self) -> int:
        """Columns that contexts take, padding included."""
        return self.context_seen.shape[1]

    def rewind(self) -> None:
        """Forget what came after the contexts."""
        self.crop(self.prefix_length + self.context_length - self.get_seq_length())

    def inputs(self, question: Tensor, attention_mask: Tensor | None = None) -> dict[str, Any]:
        """What ``model(...)`` or ``model.generate(...)`` must be called with to put a question.

        Args:
            question: (batch, tokens) ids, left-padded where lengths differ.
            attention_mask: (batch, tokens), 0 where `question` is padding.

        Raises:
            ValueError: The batch is another than the cache's, or the mask is not the question's.
        """
        if question.shape[0] != self.starts.shape[0]:
            raise ValueError(f"{question.shape[0]} questions for a cache of {self.starts.shape[0]} requests")
        own = torch.ones_like(question) if attention_mask is None else attention_mask.to(question)
        if own.shape != question.shape:
            raise ValueError(f"a mask of shape {tuple(own.shape)} for questions of shape {tuple(question.shape)}")
        seen = torch.cat([self._columns_seen().to(own), own], dim=1)
        return {"input_ids": question, "past_key_values": self} | self.places(question.shape[1], seen)

    def places(self, tokens: int, attention_mask: Tensor | None) -> dict[str, Tensor]:
        """Mask and positions for the next `tokens` tokens.

        Args:
            tokens: How many are about to be put in.
            attention_mask: (batch, all columns up to and including these), or nothing if the question has no padding.

        Raises:
            ValueError: The mask has another shape.
        """
        stored = self.get_seq_length()
        fixed = self.prefix_length + self.context_length
        batch = self.starts.shape[0]
        if attention_mask is None:
            seen = self._columns_seen()
            attention_mask = torch.cat([seen, seen.new_ones(batch, stored + tokens - fixed)], dim=1)
        if attention_mask.shape != (batch, stored + tokens):
            raise ValueError(
                f"an attention mask of shape {tuple(attention_mask.shape)} does not cover the cache: "
                f"{(batch, stored + tokens)} is needed, as APECache.inputs() makes it"
            )
        before = attention_mask[:, fixed:].long().cumsum(dim=1)[:, -tokens:] - 1
        return {"attention_mask": attention_mask, "position_ids": self.starts[:, None] + before.clamp(min=0)}

    def _columns_seen(self) -> Tensor:
        return torch.cat(
            [self.context_seen.new_ones(self.starts.shape[0], self.prefix_length), self.context_seen], dim=1
        ).long()

    def reorder_cache(self, beam_idx: torch.LongTensor) -> None:
        """Reorder the batch, for beam search."""
        super().reorder_cache(beam_idx)
        self._take(beam_idx)

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeat every row."""
        super().batch_repeat_interleave(repeats)
        self._take(torch.arange(self.starts.shape[0]).repeat_interleave(repeats))

    def batch_select_indices(self, indices: Tensor) -> None:
        """Keep some rows."""
        super().batch_select_indices(indices)
        self._take(indices)

    def _take(self, rows: Tensor) -> None:
        rows = rows.to(self.starts.device)
        self.starts, self.context_seen = self.starts[rows], self.context_seen[rows]


def join(
    prefix: Encoded, requests: Sequence[Sequence[Encoded]], *, device: torch.device | str | None = None
) -> APECache:
    """Put the prefix, once, and each request's contexts together into one cache.

    Args:
        prefix: From `encode_prefix`.
        requests: For each request of the batch its contexts; their number and lengths may differ.
        device: Where the model is; the prefix's device if left out.

    Raises:
        ValueError: There is no request, or a context was encoded by another model, in another dtype or behind another
            prefix.
    """
    if not requests:
        raise ValueError("there is no request to join contexts for")
    for context in (context for contexts in requests for context in contexts):
        for what, theirs, ours in (
            ("by another model", context.model, prefix.model),
            ("behind another prefix", context.behind, prefix.digest),
            (f"in {context.keys.dtype} and the prefix in {prefix.keys.dtype}", context.keys.dtype, prefix.keys.dtype),
        ):
            if theirs != ours:
                raise ValueError(f"a context was encoded {what}: encode it again")
    device = prefix.keys.device if device is None else torch.device(device)
    lengths = [sum(context.keys.shape[2] for context in contexts) for contexts in requests]
    ordered = [sorted(contexts, key=lambda context: context.digest) for contexts in requests]
    states = []
    for part in ("keys", "values"):
        first = getattr(prefix, part).to(device)
        rows = []
        for contexts, length in zip(ordered, lengths, strict=True):
            padding = first.new_zeros(*first.shape[:2], max(lengths) - length, first.shape[3])
            own = [getattr(context, part).to(device, non_blocking=True) for context in contexts]
            rows.append(torch.cat([first, *own, padding], dim=2))
        states.append(torch.stack(rows, dim=1) if len(rows) > 1 else rows[0][:, None])
    starts = [max([prefix.end, *(context.end for context in contexts)]) for contexts in requests]
    return APECache(
        *states,
        prefix_length=prefix.keys.shape[2],
        starts=torch.tensor(starts, device=device),
        context_seen=torch.arange(max(lengths), device=device)[None] < torch.tensor(lengths, device=device)[:, None],
    )


def refuse_unsuitable(model: PreTrainedModel) -> None:
    config = model.config.get_text_config(decoder=True)
    rope = getattr(config, "rope_parameters", None) or {}
    cache = DynamicCache(config=config)
    capped = getattr(config, "attn_logit_softcapping", None)
    reasons = {
        "it is an encoder-decoder": model.config.is_encoder_decoder,
        "it has no rotary positions (RoPE)": not rope,
        f"its rotary angles change with the length of the input (rope type {rope.get('rope_type')!r}), which stored "
        "keys cannot follow": rope.get("rope_type") in {"dynamic", "longrope"},
        "some of its layers have a sliding window or attend in chunks": any(cache.is_sliding),
        "some of its layers are linear attention or share KV states": any(cache.is_linear) or any(cache.is_dummy),
        f"its attention logits are capped (attn_logit_softcapping = {capped})": capped is not None,
        "its attention does not go through transformers' AttentionInterface": not model._supports_attention_backend,  # noqa: SLF001
    }
    for reason, applies in reasons.items():
        if applies:
            raise ValueError(f"APE cannot be used with this {type(model).__name__}: {reason}")
