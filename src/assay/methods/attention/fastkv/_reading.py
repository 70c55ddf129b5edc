"""Reading prompts and decoding FastKV's way: the hooks that stand in the model during a ``with`` block."""

from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from transformers import DynamicCache, PreTrainedModel

from assay.methods._attention import AttentionCall
from assay.methods.attention.fastkv._cache import RetainedLayer
from assay.methods.attention.fastkv._model import Decoder, layer_scores, row_lengths
from assay.methods.attention.fastkv._scores import first_layer, overlaps, select
from assay.methods.attention.fastkv._settings import Settings


@dataclass(frozen=True)
class Report:
    """What reading one batch of prompts cost; token counts are of its longest row."""

    prompt: int
    """Tokens of the prompt."""
    tsp_layer: int
    tokens: tuple[int, ...]
    """Tokens that each layer read."""
    entries: tuple[int, ...]
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
        return sum(self.entries) / (self.prompt * len(self.entries))

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
    survivors: Tensor | None = None
    """(B, L): the columns that go on, once the TSP layer has chosen them."""
    keywords: dict[str, Any] = field(default_factory=dict)
    """What the layers above are told of positions and mask."""
    tokens: list[int] = field(default_factory=list)
    entries: list[int] = field(default_factory=list)
    paddings: dict[tuple[torch.device, tuple[int, ...]], Tensor] = field(default_factory=dict)

    def padding(self, columns: list[int], device: torch.device) -> Tensor | None:
        """`columns` of padding per row as a tensor, the same one for the same numbers; ``None`` if there is none."""
        if not any(columns):
            return None
        return self.paddings.setdefault((device, tuple(columns)), torch.tensor(columns, device=device))


class Reading:
    """What happens inside one ``with press(model)`` block."""

    def __init__(self, press: Settings, decoder: Decoder) -> None:
        self.press = press
        self.tsp_layer: int | None = None if press.tsp_layer == "auto" else press.tsp_layer
        self._decoder = decoder
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
        length, layers = max(prompt.total), len(self._decoder.blocks)
        return Report(
            prompt=length,
            tsp_layer=layers - 1 if prompt.survivors is None or self.tsp_layer is None else self.tsp_layer,
            tokens=tuple(prompt.tokens),
            entries=tuple(prompt.entries),
            overlap=self._overlap,
            flops=self._decoder.flops(prompt.tokens),
            full_flops=self._decoder.flops([length] * layers),
        )

    def install(self, undo: ExitStack, model: PreTrainedModel) -> None:
        """Hang the hooks into the model, to be taken out by `undo`."""
        decoder = self._decoder
        decoder.observe(undo, self._after_attention)
        if decoder.module is not model:
            undo.callback(model.register_forward_pre_hook(self._before_head, with_kwargs=True).remove)
        undo.callback(decoder.module.register_forward_pre_hook(self._before, with_kwargs=True).remove)
        undo.callback(decoder.module.register_forward_hook(self._after).remove)
        for number, block in enumerate(decoder.blocks):
            before, after = partial(self._before_block, number), partial(self._after_block, number)
            undo.callback(block.register_forward_pre_hook(before, with_kwargs=True).remove)
            undo.callback(block.register_forward_hook(after).remove)

    def _before_head(self, _: nn.Module, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        if kwargs.get("labels") is not None:
            raise ValueError("FastKV gives the logits of a prompt's last tokens only, hence no loss: leave labels out")
        cache = kwargs.get("past_key_values")
        if cache is None or cache.get_seq_length() == 0:
            number = kwargs.get("logits_to_keep", 0)
            if not isinstance(number, int) or number > self.press.window:
                raise ValueError(
                    f"logits_to_keep is at most the window of {self.press.window} last tokens while FastKV reads a "
                    "prompt: the others may not have passed through every layer"
                )
            if self.press.tsp_rate < 1 or self.press.tsp_tokens is not None:
                kwargs["logits_to_keep"] = number or 1
        return args, kwargs

    def _before(self, decoder: Any, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        if self._measuring:
            return args, kwargs
        self._prompt = self._decoding = None
        tokens = args[0] if args else kwargs.get("input_ids")
        tokens = kwargs.get("inputs_embeds") if tokens is None else tokens
        if tokens is None:
            return args, kwargs  # the model has its own words for that
        for name in ("output_attentions", "output_hidden_states"):
            if kwargs.get(name) or getattr(decoder.config, name, False):
                raise ValueError(f"FastKV drops tokens on the way, so it cannot give {name}: leave it out")
        mask = kwargs.get("attention_mask")
        cache = kwargs.get("past_key_values")
        if cache is not None and (type(cache) is not DynamicCache or cache.offloading):
            raise ValueError(f"FastKV fills a DynamicCache on the model's device, not {type(cache).__name__}")
        if mask is not None and not (isinstance(mask, Tensor) and mask.ndim == 2):
            shape = tuple(mask.shape) if isinstance(mask, Tensor) else type(mask).__name__
            raise ValueError(f"FastKV needs the attention mask of shape (batch, tokens), not {shape}")
        if cache is None or cache.get_seq_length() == 0:
            self._begin(tokens, args, kwargs)
        else:
            self._continue(cache, tokens, kwargs)
        return args, kwargs

    def _begin(self, tokens: Tensor, args: Any, kwargs: dict[str, Any]) -> None:
        config = self._decoder.module.config
        rows, columns = tokens.shape[:2]
        lengths = row_lengths(kwargs.get("attention_mask"), rows, columns)
        entries = [self.press.retained(length) for length in lengths]
        onward = [self.press.propagated(length) for length in lengths]
        if not (config.use_cache if kwargs.get("use_cache") is None else kwargs["use_cache"]):
            if not entries == onward == lengths:
                raise ValueError("FastKV compresses the cache, so it needs use_cache=True")
            return
        if self.tsp_layer is None and onward != lengths:
            self._choose(lengths, args, kwargs)
        if kwargs.get("past_key_values") is None:
            kwargs["past_key_values"] = DynamicCache(config=config)
        layers = [RetainedLayer() for _ in self._decoder.blocks]
        kwargs["past_key_values"].layers[:] = layers
        self._prompt = _Prompt(layers, lengths, columns, lengths, columns)

    def _choose(self, lengths: list[int], args: Any, kwargs: dict[str, Any]) -> None:
        self._measuring = True
        try:
            inputs = {**kwargs, "past_key_values": None}
            scores = layer_scores(self._decoder, self.press.rank, lengths, args, inputs)
        finally:
            self._measuring = False
        keep, onward = zip(*map(self.press.compared, lengths), strict=True)
        curve = overlaps(scores, [length - self.press.window for length in lengths], keep, onward)
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

    def _before_block(self, number: int, _: Any, args: Any, kwargs: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        if self._decoding is not None:
            kwargs["attention_mask"] = self._decoding_mask(number, args[0])
        elif self._prompt is not None and self._prompt.survivors is not None:
            if not self._prompt.keywords:
                self._prompt.keywords = self._shortened(self._prompt, args[0], kwargs)
            kwargs |= self._prompt.keywords
        return args, kwargs

    def _after_block(self, number: int, _: Any, __: Any, output: Any) -> Any:
        prompt = self._prompt
        if prompt is None or prompt.survivors is None or number != self.tsp_layer:
            return output
        if isinstance(output, tuple):
            return (_gather(output[0], prompt.survivors), *output[1:])
        return _gather(output, prompt.survivors)

    def _after(self, *_: Any) -> None:
        if self._prompt is not None and len(self._prompt.tokens) < len(self._prompt.layers):
            raise ValueError(
                f"FastKV saw the attention of {len(self._prompt.tokens)} of {len(self._prompt.layers)} layers: another "
                "method computes it; enter FastKV's block inside of that method's"
            )
        if self._prompt is not None:
            self._last = replace(self._prompt, layers=[], keywords={})  # the cache is the caller's to keep or drop
        self._prompt = self._decoding = None
        self._masks.clear()

    def _after_attention(self, call: AttentionCall) -> None:
        """After a layer attended to a prompt: compress what it stored; at the TSP layer choose who goes on."""
        prompt, press, key = self._prompt, self.press, call.key
        if prompt is None:
            return
        layer = prompt.layers[call.layer]
        shape = None if layer.keys is None else layer.keys.shape[:3]
        if len(prompt.tokens) != call.layer or shape != key.shape[:3] or key.shape[2] != prompt.columns:
            raise ValueError(
                f"FastKV needs one call of attention in each layer, to the keys that it stores; "
                f"{type(call.module).__name__} makes others"
            )
        entries = [min(press.retained(total), here) for total, here in zip(prompt.total, prompt.lengths, strict=True)]
        onward = [press.propagated(total) for total in prompt.total] if call.layer == self.tsp_layer else prompt.lengths
        prompt.tokens.append(max(prompt.lengths))
        prompt.entries.append(max(entries))
        columns, padding = None, [prompt.columns - length for length in prompt.lengths]
        survivors = None
        if entries != prompt.lengths or onward != prompt.lengths:
            window = min(press.window, prompt.columns)
            scores = press.rank(call.query, key, prompt.lengths, call.scaling)
            if entries != prompt.lengths:
                columns, padding = select(scores, entries, prompt.lengths, window)
            if onward != prompt.lengths:
                survivors, _ = select(scores.sum(1, keepdim=True), onward, prompt.lengths, window)
        layer.retain(columns, prompt=prompt.width, padding=prompt.padding(padding, key.device))
        if survivors is not None:
            prompt.survivors, prompt.lengths, prompt.columns = survivors[:, 0], onward, survivors.shape[-1]

    def _shortened(self, prompt: _Prompt, hidden: Tensor, kwargs: dict[str, Any]) -> dict[str, Any]:
        """What the layers above T are told of positions and mask instead of what the model tells them."""
        survivors = prompt.survivors
        assert survivors is not None  # noqa: S101 - the caller asked
        angles = kwargs["position_embeddings"]
        keywords: dict[str, Any] = {"position_embeddings": tuple(_gather(part, survivors) for part in angles)}
        if kwargs.get("position_ids") is not None:
            keywords["position_ids"] = _gather(kwargs["position_ids"][..., None], survivors)[..., 0]
        padding = prompt.padding([prompt.columns - length for length in prompt.lengths], hidden.device)
        keywords["attention_mask"] = self._decoder.causal_mask(hidden, 0, _real(padding, prompt.columns))
        return keywords

    def _decoding_mask(self, number: int, hidden: Tensor) -> Any:
        assert self._decoding is not None  # noqa: S101 - the caller asked
        layers, mask = self._decoding
        layer = layers[number]
        after, _ = layer.get_mask_sizes(hidden.shape[1])
        if (after, id(layer.padding)) not in self._masks:
            real = _real(layer.padding, layer.entries)
            if real is not None:
                new = after - layer.entries
                tail = real.new_ones(len(real), new) if mask is None else mask[:, mask.shape[1] - new :].bool()
                real = torch.cat([real, tail.to(real.device)], dim=1)
            self._masks[after, id(layer.padding)] = self._decoder.causal_mask(hidden, after - hidden.shape[1], real)
        return self._masks[after, id(layer.padding)]


def _gather(values: Tensor, columns: Tensor) -> Tensor:
    """Columns (B, L) of `values` (..., B or 1, m, d)."""
    *outer, _, tokens, width = values.shape
    index = columns.to(values.device)[..., None].expand(*outer, *columns.shape, width)
    return values.expand(*outer, len(columns), tokens, width).gather(-2, index)


def _real(padding: Tensor | None, columns: int) -> Tensor | None:
    return None if padding is None else torch.arange(columns, device=padding.device) >= padding[:, None]
