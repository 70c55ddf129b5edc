"""The layer: projections, convolution, router, memories, gated norm."""

import math
from functools import reduce
from operator import add
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import normalize, silu, softplus
from transformers import Cache

from assay.methods.architecture.mixture_of_memories._cache import MemoryCacheLayer
from assay.methods.architecture.mixture_of_memories._config import RULES, MomConfig
from assay.methods.architecture.mixture_of_memories._rule import Read, chunked, gathered, recurrent


class MomMixer(nn.Module):
    """What stands in a decoder where attention stood; also of use alone.

    The shared memory is the last one: chosen by every token, and read with weight 1.
    """

    def __init__(self, config: MomConfig, layer_idx: int = 0) -> None:
        super().__init__()
        self.config, self.layer_idx = config, layer_idx
        width, heads = config.hidden_size, config.num_heads
        keys, values = heads * config.head_dim, heads * config.value_head_dim
        self.writers = 1 if config.single_kv_proj else config.states
        self.decays, self.erases = RULES[config.rule]
        self.router = nn.Linear(width, config.num_memories, bias=False)
        self.q_proj = nn.Linear(width, keys, bias=False)
        self.k_proj = nn.Linear(width, self.writers * keys, bias=False)
        self.v_proj = nn.Linear(width, self.writers * values, bias=False)
        self.b_proj = nn.Linear(width, self.writers * heads, bias=False)
        self.g_proj = nn.Linear(width, values, bias=False)
        self.o_proj = nn.Linear(values, width, bias=False)
        self.o_norm = nn.RMSNorm(config.value_head_dim, eps=config.rms_norm_eps)
        self.q_conv, self.k_conv, self.v_conv = (
            nn.Parameter(torch.empty(channels, config.conv_size)) for channels in (keys, keys, values)
        )
        if self.decays:
            self.a_proj = nn.Linear(width, self.writers * heads, bias=False)
            self.A_log, self.dt_bias = nn.Parameter(torch.empty(heads)), nn.Parameter(torch.empty(heads))
        self.reset_own_parameters()

    @torch.no_grad()
    def reset_own_parameters(self) -> None:
        """Set what is no linear layer as at the start: decays as in Mamba2, convolutions as PyTorch's."""
        for kernel in (self.q_conv, self.k_conv, self.v_conv):
            nn.init.uniform_(kernel, -(self.config.conv_size**-0.5), self.config.conv_size**-0.5)
        if self.decays:
            nn.init.uniform_(self.A_log, 0.01, 16).log_()  # 0.01 and not 0, so that no logarithm is infinite
            step = nn.init.uniform_(self.dt_bias, math.log(1e-3), math.log(0.1)).exp()
            self.dt_bias.copy_(step + (-(-step).expm1()).log())  # softplus makes the step of it

    def forward(
        self, hidden_states: Tensor, attention_mask: Tensor | None = None, past_key_values: Cache | None = None
    ) -> tuple[Tensor, Tensor]:
        """Mix tokens with what came before them.

        Args:
            hidden_states: (B, T, C).
            attention_mask: (B, T), 0 where there is no token: nothing is written there, on whichever side it is.
            past_key_values: What `memory_cache` made for the configuration; it is read and brought up to date.

        Returns:
            What the layer adds to the stream (B, T, C), and the router's logits (B, T, M).

        Raises:
            ValueError: The mask is not of this shape, or the cache is one for attention.
        """
        x = hidden_states
        batch, length, _ = x.shape
        real = torch.ones(batch, length, dtype=torch.bool, device=x.device)
        if attention_mask is not None:
            if attention_mask.shape != real.shape:
                raise ValueError(
                    f"the mask of {batch} x {length} tokens is {tuple(attention_mask.shape)}: only padding can be "
                    "masked, with 0, in a mask of that shape"
                )
            real = attention_mask.bool()
            x = x * real[..., None]
        past = self._past(past_key_values)
        logits = self.router(x)
        weights, chosen = self._route(logits, real)
        q, k, v = self._convolved(x, real, past)
        beta = self._per_memory(self.b_proj(x).float().sigmoid()).squeeze(-1)
        log_decay = torch.zeros_like(beta)
        if self.decays:
            step = self.a_proj(x).float().unflatten(-1, (self.writers, -1)) + self.dt_bias.float()
            log_decay = self._per_memory((-self.A_log.float().exp() * softplus(step)).flatten(2)).squeeze(-1)
        off = ~chosen[:, :, None]  # (B, N, 1, T)
        gates = beta.masked_fill(off, 0), log_decay.masked_fill(off, 0)

        with torch.autocast(x.device.type, enabled=False):  # states are fp32
            read, state = self._memories(q.float(), k.float(), v.float(), *gates, self._state(q, past), chosen)
            o = torch.einsum("bnhtd,bnt->bthd", read, weights)
        if past is not None:
            past.update_recurrent_state(state)
            past.tokens += length
        gated = self.o_norm(o.to(x.dtype)) * silu(self.g_proj(x)).unflatten(-1, (self.config.num_heads, -1))
        return self.o_proj(gated.flatten(2)), logits

    def _past(self, cache: Cache | None) -> MemoryCacheLayer | None:
        """What the cache has of this layer."""
        if cache is None:
            return None
        past = cache.layers[self.layer_idx] if len(cache.layers) > self.layer_idx else None
        if not isinstance(past, MemoryCacheLayer):
            raise ValueError(
                f"layer {self.layer_idx} finds no memories in this {type(cache).__name__}: give it what "
                "memory_cache(config) makes, or none"
            )
        return past

    def _route(self, logits: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """With what weight each memory is read, in fp32, and which ones are chosen: both (B, N, T)."""
        best, which = logits.float().softmax(-1).topk(self.config.topk, dim=-1)
        weights = torch.zeros_like(logits, dtype=torch.float32).scatter(-1, which, best / best.sum(-1, keepdim=True))
        chosen = torch.zeros_like(logits, dtype=torch.bool).scatter(-1, which, value=True)
        if self.config.shared_memory:
            weights, chosen = (nn.functional.pad(each, (0, 1), value=1) for each in (weights, chosen))
        return weights.mT, (chosen & real[..., None]).mT

    def _convolved(self, x: Tensor, real: Tensor, past: MemoryCacheLayer | None) -> tuple[Tensor, Tensor, Tensor]:
        """Queries (B, 1, H, T, d_k), keys and values (B, N, H, T, d)."""
        config, keep = self.config, self.config.conv_size - 1
        streams = torch.cat([self.q_proj(x), self.k_proj(x), self.v_proj(x)], dim=-1)
        kernels = torch.cat([self.q_conv, self.k_conv.repeat(self.writers, 1), self.v_conv.repeat(self.writers, 1)])
        before = streams.new_zeros(len(x), keep, streams.shape[-1])
        if past is not None and past.tokens:
            before = cast("Tensor", past.conv_states[0]).mT
        streams = torch.cat([before.to(streams.dtype), streams], dim=1)
        if past is not None:
            # The last tokens that are real, wherever the padding is.
            last = nn.functional.pad(real.int(), (keep, 0), value=1).argsort(dim=1, stable=True)[:, -keep:]
            tail = streams.gather(1, last[..., None].expand(-1, -1, streams.shape[-1]))
            past.update_conv_state(tail.mT)
        windows = (streams[:, i : i + x.shape[1]] * kernels[:, i] for i in range(config.conv_size))
        mixed = silu(reduce(add, windows))
        keys, values = config.num_heads * config.head_dim, config.num_heads * config.value_head_dim
        q, k, v = mixed.split([keys, self.writers * keys, self.writers * values], dim=-1)
        q = normalize(q.unflatten(-1, (1, config.num_heads, -1)).permute(0, 2, 3, 1, 4), dim=-1) * config.head_dim**-0.5
        return q, normalize(self._per_memory(k), dim=-1), self._per_memory(v)

    def _per_memory(self, x: Tensor) -> Tensor:
        """(B, T, writers * H * d) as (B, N, H, T, d)."""
        shape = (self.writers, self.config.num_heads, -1)
        each: Tensor = x.unflatten(-1, shape).permute(0, 2, 3, 1, 4)  # type: ignore[no-untyped-call]
        return each.expand(-1, self.config.states, -1, -1, -1)

    def _state(self, q: Tensor, past: MemoryCacheLayer | None) -> Tensor:
        if past is not None and past.tokens:
            return cast("Tensor", past.recurrent_states[0])
        config = self.config
        shape = (len(q), config.states, config.num_heads, config.head_dim, config.value_head_dim)
        return torch.zeros(shape, device=q.device)

    def _memories(
        self, q: Tensor, k: Tensor, v: Tensor, beta: Tensor, log_decay: Tensor, state: Tensor, chosen: Tensor
    ) -> Read:
        everything = (q, k, v, beta, log_decay, state)
        form, size, erase = self.config.form, self.config.chunk_size, self.erases
        if form == "recurrent" or q.shape[-2] == 1:
            return recurrent(*everything, erase=erase)
        if form == "dense":
            return chunked(*everything, erase=erase, size=size)
        routed, seen = self.config.num_memories, chosen.shape[1]
        everything = (q.expand(*k.shape), *everything[1:])
        read, state = gathered(*(x[:, :routed] for x in everything), chosen=chosen[:, :routed], erase=erase, size=size)
        if seen > routed:  # the shared memory gets all tokens: nothing to gather
            rest = chunked(*(x[:, routed:] for x in everything), erase=erase, size=size)
            read, state = torch.cat([read, rest[0]], dim=1), torch.cat([state, rest[1]], dim=1)
        return read, state
