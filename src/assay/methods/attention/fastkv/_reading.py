"""Reading prompts and decoding FastKV's way: the hooks that stand in the model during a ``with`` block."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from transformers import DynamicCache, PreTrainedModel

from assay.methods.attention.fastkv._cache import RetainedLayer
from assay.methods.attention.fastkv._model import (
    causal_mask,
    layer_scores,
    observe_attention,
    prefill_flops,
    row_lengths,
)
from assay.methods.attention.fastkv._scores import first_layer, overlaps, select

if TYPE_CHECKING:
    from assay.methods.attention.fastkv._press import FastKV


@dataclass(frozen=True)
class Report:
    """What reading one batch of prompts cost; token counts are of its longest row."""

    prompt: int
    """Tokens of the prompt."""
    tsp_layer: int
    tokens: tuple[int, ...]
    """Tokens that each layer read."""
    stored: tuple[int, ...]
    """Tokens that each layer stored per KV head."""
    overlap: tuple[float, ...]
    """If the layer was chosen here: the share of what later layers store that each layer would hand on."""
    flops: float
    """Multiplications and additions of reading, as `prefill_flops` counts them."""
    full_flops: float
    """The same for the whole prompt in every layer."""

    @property
    def flop_ratio(self) -> float:
        """Full prefill's work over this one's: what the time to the first token can gain at most."""
        return self.full_flops / self.flops

    @property
    def cache_ratio(self) -> float:
        """Stored entries over those of a full cache."""
        return sum(self.stored) / (self.prompt * len(self.stored))

    def __str__(self) -> str:
        return (
            f"prompt of {self.prompt} tokens: layers 0-{self.tsp_layer} read all, those above {self.tokens[-1]}; "
            f"{self.cache_ratio:.1%} of the cache stored; {self.flop_ratio:.2f}x less work to read it"
        )


@dataclass
class _Prompt:
    """A batch of prompts while it is read."""

    layers: list[RetainedLayer]
    """Of its cache."""
    total: list[int]
    """Tokens of each row, padding not counted."""
    width: int
    """Columns of the batch."""
    lengths: list[int]
    """Tokens of each row that are present at the layer being run ..."""
    columns: int
    """... and the columns that hold them. Both shrink at the TSP layer."""
    chosen: Tensor | None = None
    """(B, L): the columns that went on, once they have been chosen."""
    given: dict[str, Any] = field(default_factory=dict)
    """What the layers above are told of positions and mask."""
    tokens: list[int] = field(default_factory=list)
    stored: list[int] = field(default_factory=list)
    paddings: dict[tuple[torch.device, tuple[int, ...]], Tensor] = field(default_factory=dict)

    def padding(self, columns: list[int], device: torch.device) -> Tensor | None:
        """`columns` of padding per row as a tensor, the same one for the same numbers; ``None`` if there is none."""
        if not any(columns):
            return None
        return self.paddings.setdefault((device, tuple(columns)), torch.tensor(columns, device=device))


class Reading:
    """What happens inside one ``with press(model)`` block."""

    def __init__(self, press: "FastKV", decoder: Any, layers: Sequence[Any]) -> None:
        self.press = press
        self.tsp_layer: int | None = None if press.tsp_layer == "auto" else press.tsp_layer
        self._decoder, self._layers = decoder, layers
        self._overlap: tuple[float, ...] = ()
        self._prompt: _Prompt | None = None
        self._decoding: tuple[list[RetainedLayer], Tensor | None] | None = None
        self._masks: dict[tuple[int, int], Any] = {}
        self._measuring = False
        self._last: _Prompt | None = None

    def report(self) -> Report:
        """What the last prompt read in the block cost.

        Raises:
            ValueError: None was read yet.
        """
        if (prompt := self._last) is None:
            raise ValueError("no prompt was read in this block yet")
        length, above = max(prompt.total), len(self._layers)
        return Report(
            prompt=length,
            tsp_layer=above - 1 if prompt.chosen is None or self.tsp_layer is None else self.tsp_layer,
            tokens=tuple(prompt.tokens),
            stored=tuple(prompt.stored),
            overlap=self._overlap,
            flops=prefill_flops(self._decoder, prompt.tokens),
            full_flops=prefill_flops(self._decoder, [length] * above),
        )

    def install(self, undo: ExitStack, model: PreTrainedModel) -> None:
        """Hang the hooks into the model, to be taken out by `undo`."""
        observe_attention(undo, self._decoder, self._layers, self._attended)
        if self._decoder is not model:
            undo.callback(model.register_forward_pre_hook(self._before_head, with_kwargs=True).remove)
        undo.callback(self._decoder.register_forward_pre_hook(self._before, with_kwargs=True).remove)
        undo.callback(self._decoder.register_forward_hook(self._after).remove)
        for layer in self._layers:
            undo.callback(layer.register_forward_pre_hook(self._before_layer, with_kwargs=True).remove)
            undo.callback(layer.register_forward_hook(self._after_layer).remove)

    def _before_head(self, _: nn.Module, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        if kwargs.get("labels") is not None:
            raise ValueError("FastKV gives the logits of a prompt's last tokens only, hence no loss: leave labels out")
        cache = kwargs.get("past_key_values")
        if cache is None or cache.get_seq_length() == 0:
            asked = kwargs.get("logits_to_keep", 0)
            if not isinstance(asked, int) or asked > self.press.window:
                raise ValueError(
                    f"logits_to_keep is at most the window of {self.press.window} last tokens while FastKV reads a "
                    "prompt: the others may not have passed through every layer"
                )
            if self.press.tsp_rate < 1 or self.press.tsp_tokens is not None:
                kwargs["logits_to_keep"] = asked or 1
        return args, kwargs

    def _before(self, decoder: Any, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        if self._measuring:
            return args, kwargs
        self._prompt = self._decoding = None
        tokens = args[0] if args else kwargs.get("input_ids")
        tokens = kwargs.get("inputs_embeds") if tokens is None else tokens
        if tokens is None:
            return args, kwargs  # the model has its own words for that
        for wanted in ("output_attentions", "output_hidden_states"):
            if kwargs.get(wanted) or getattr(decoder.config, wanted, False):
                raise ValueError(f"FastKV drops tokens on the way, so it cannot give {wanted}: leave it out")
        use_cache = kwargs.get("use_cache")
        if not (decoder.config.use_cache if use_cache is None else use_cache):
            raise ValueError("FastKV compresses the cache, so it needs use_cache=True")
        mask = kwargs.get("attention_mask")
        if mask is not None and mask.ndim != 2:
            raise ValueError(f"FastKV needs the attention mask of shape (batch, tokens), not {tuple(mask.shape)}")
        cache = kwargs.get("past_key_values")
        if cache is None:
            cache = kwargs["past_key_values"] = DynamicCache(config=decoder.config)
        if cache.get_seq_length() == 0:
            self._begin(cache, tokens, args, kwargs)
        else:
            self._continue(cache, tokens, kwargs)
        return args, kwargs

    def _begin(self, cache: Any, tokens: Tensor, args: Any, kwargs: dict[str, Any]) -> None:
        if type(cache) is not DynamicCache or cache.offloading:
            raise ValueError(f"FastKV fills a DynamicCache on the model's device, not {type(cache).__name__}")
        rows, columns = tokens.shape[:2]
        lengths = row_lengths(kwargs.get("attention_mask"), rows, columns)
        for length in set(lengths):
            self.press.retained(length)
            self.press.propagated(length)
        if self.tsp_layer is None and any(self.press.propagated(length) < length for length in lengths):
            self._choose(lengths, args, kwargs)
        layers = [RetainedLayer() for _ in self._layers]
        cache.layers[:] = layers
        self._prompt = _Prompt(layers, lengths, columns, lengths, columns)

    def _choose(self, lengths: list[int], args: Any, kwargs: dict[str, Any]) -> None:
        self._measuring = True
        try:
            inputs = {**kwargs, "past_key_values": None}
            scores = layer_scores(self._decoder, self._layers, self.press, lengths, args, inputs)
        finally:
            self._measuring = False
        keep, passed = zip(*map(self.press.compared, lengths), strict=True)
        curve = overlaps(scores, [length - self.press.window for length in lengths], keep, passed)
        if curve is not None:
            self._overlap = tuple(curve.tolist())
            self.tsp_layer = first_layer(self._overlap, self.press.min_overlap)

    def _continue(self, cache: Any, tokens: Tensor, kwargs: dict[str, Any]) -> None:
        if not all(isinstance(layer, RetainedLayer) for layer in cache.layers):
            raise ValueError(
                "this cache holds tokens read without FastKV: give the whole prompt at once, with an empty cache"
            )
        if tokens.shape[1] > 1 and not self.press.further_turns:
            raise ValueError(
                f"{tokens.shape[1]} tokens at once after a compressed prompt: a prompt cannot be read in chunks "
                "(it would be compressed by its first); if this is a further turn, set further_turns=True"
            )
        self._decoding = (cache.layers, kwargs.get("attention_mask"))
        self._masks.clear()
        kwargs["attention_mask"] = None  # layers differ in what they store, so each is given its own mask below

    def _before_layer(self, layer: Any, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        number: int = layer.self_attn.layer_idx
        if self._decoding is not None:
            kwargs["attention_mask"] = self._decoding_mask(number, args[0])
        elif self._prompt is not None and self._prompt.chosen is not None:
            if not self._prompt.given:
                self._prompt.given = self._shortened(self._prompt, args[0], kwargs)
            kwargs |= self._prompt.given
        return args, kwargs

    def _after_layer(self, layer: Any, _: Any, hidden: Tensor) -> Tensor:
        prompt = self._prompt
        if prompt is None or prompt.chosen is None or layer.self_attn.layer_idx != self.tsp_layer:
            return hidden
        return _gather(hidden, prompt.chosen)

    def _after(self, *_: Any) -> None:
        if self._prompt is not None:
            self._last = replace(self._prompt, layers=[], given={})  # the cache is the caller's to keep or drop
        self._prompt = self._decoding = None
        self._masks.clear()

    def _attended(self, number: int, query: Tensor, key: Tensor, scaling: float) -> None:
        """After layer `number` attended to a prompt: compress what it stored; at the TSP layer choose who goes on."""
        prompt, press = self._prompt, self.press
        if prompt is None:
            return
        stored = [min(press.retained(total), here) for total, here in zip(prompt.total, prompt.lengths, strict=True)]
        passed = [press.propagated(total) for total in prompt.total] if number == self.tsp_layer else prompt.lengths
        prompt.tokens.append(max(prompt.lengths))
        prompt.stored.append(max(stored))
        columns, padding = None, [prompt.columns - length for length in prompt.lengths]
        chosen = None
        if stored != prompt.lengths or passed != prompt.lengths:
            window = min(press.window, prompt.columns)
            scores = press.score(query[:, :, -window:], key, press, scaling, prompt.lengths)
            if stored != prompt.lengths:
                columns, padding = select(scores, stored, prompt.lengths, window)
            if passed != prompt.lengths:
                chosen, _ = select(scores.sum(1, keepdim=True), passed, prompt.lengths, window)
        prompt.layers[number].retain(columns, prompt=prompt.width, padding=prompt.padding(padding, key.device))
        if chosen is not None:
            prompt.chosen, prompt.lengths, prompt.columns = chosen[:, 0], passed, chosen.shape[-1]

    def _shortened(self, prompt: _Prompt, hidden: Tensor, kwargs: dict[str, Any]) -> dict[str, Any]:
        """What the layers above T are told of positions and mask instead of what the model tells them."""
        chosen = prompt.chosen
        assert chosen is not None  # noqa: S101 - the caller asked
        cos, sin = kwargs["position_embeddings"]
        if cos.ndim != 3:
            raise ValueError(f"FastKV needs rotary embeddings of shape (batch, tokens, D), not {tuple(cos.shape)}")
        given = {"position_embeddings": (_gather(cos, chosen), _gather(sin, chosen))}
        if kwargs.get("position_ids") is not None:
            given["position_ids"] = kwargs["position_ids"].expand(len(chosen), -1).gather(1, chosen)
        padding = prompt.padding([prompt.columns - length for length in prompt.lengths], hidden.device)
        given["attention_mask"] = causal_mask(self._decoder, hidden, 0, _real(padding, prompt.columns))
        return given

    def _decoding_mask(self, number: int, hidden: Tensor) -> Any:
        assert self._decoding is not None  # noqa: S101 - the caller asked
        layers, mask = self._decoding
        layer = layers[number]
        after, _ = layer.get_mask_sizes(hidden.shape[1])
        if (after, id(layer.padding)) not in self._masks:
            real = _real(layer.padding, layer.kept)
            if real is not None:
                new = after - layer.kept
                tail = real.new_ones(len(real), new) if mask is None else mask[:, mask.shape[1] - new :].bool()
                real = torch.cat([real, tail.to(real.device)], dim=1)
            self._masks[after, id(layer.padding)] = causal_mask(self._decoder, hidden, after - hidden.shape[1], real)
        return self._masks[after, id(layer.padding)]


def _gather(values: Tensor, columns: Tensor) -> Tensor:
    """Columns (B, L) of `values` (B or 1, m, d)."""
    rows, width = len(columns), values.shape[-1]
    index = columns.to(values.device)[..., None].expand(*columns.shape, width)
    return values.expand(rows, -1, -1).gather(1, index)


def _real(padding: Tensor | None, columns: int) -> Tensor | None:
    return None if padding is None else torch.arange(columns, device=padding.device) >= padding[:, None]
