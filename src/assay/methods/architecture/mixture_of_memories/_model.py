"""A decoder of transformers with memories instead of attention, its balance loss, and where its tokens go."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoModelForCausalLM, Cache, GenerationMixin, PreTrainedModel
from transformers.modeling_layers import GradientCheckpointingLayer
from transformers.modeling_outputs import MoeCausalLMOutputWithPast, MoeModelOutputWithPast
from transformers.models.llama.modeling_llama import LlamaMLP, LlamaRMSNorm
from transformers.utils.generic import can_return_tuple

from assay.methods._packing import refuse_packed
from assay.methods.architecture.mixture_of_memories._cache import memory_cache
from assay.methods.architecture.mixture_of_memories._config import MomConfig
from assay.methods.architecture.mixture_of_memories._mixer import MomMixer


class MomLayer(GradientCheckpointingLayer):
    """A pre-norm block: memories, then an MLP."""

    def __init__(self, config: MomConfig, layer_idx: int) -> None:
        super().__init__()
        self.mixer = MomMixer(config, layer_idx)
        self.mlp = LlamaMLP(config)
        self.input_layernorm = LlamaRMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self.post_attention_layernorm = LlamaRMSNorm(config.hidden_size, eps=config.rms_norm_eps)

    def forward(
        self, hidden_states: Tensor, attention_mask: Tensor | None = None, past_key_values: Cache | None = None
    ) -> tuple[Tensor, Tensor]:
        """The stream after the block (B, T, C), and the router's logits (B, T, M)."""
        mixed, logits = self.mixer(self.input_layernorm(hidden_states), attention_mask, past_key_values)
        hidden_states = hidden_states + mixed
        return hidden_states + self.mlp(self.post_attention_layernorm(hidden_states)), logits


class MomPreTrainedModel(PreTrainedModel):
    """What transformers must know of these models."""

    config: MomConfig
    config_class = MomConfig
    base_model_prefix = "model"
    supports_gradient_checkpointing = True
    _no_split_modules = ["MomLayer"]  # noqa: RUF012 - transformers' own
    _skip_keys_device_placement = ["past_key_values"]  # noqa: RUF012
    _is_stateful = True

    @torch.no_grad()
    def _init_weights(self, module: nn.Module) -> None:
        super()._init_weights(module)  # type: ignore[no-untyped-call]
        if isinstance(module, MomMixer):
            module.reset_own_parameters()


class MomModel(MomPreTrainedModel):
    """The decoder without its head."""

    def __init__(self, config: MomConfig) -> None:
        super().__init__(config)
        self.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size, config.pad_token_id)
        self.layers = nn.ModuleList([MomLayer(config, index) for index in range(config.num_hidden_layers)])
        self.norm = LlamaRMSNorm(config.hidden_size, eps=config.rms_norm_eps)
        self.gradient_checkpointing = False
        self.post_init()

    @can_return_tuple  # type: ignore[untyped-decorator]
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        position_ids: Tensor | None = None,
        past_key_values: Cache | None = None,
        inputs_embeds: Tensor | None = None,
        use_cache: bool | None = None,  # noqa: FBT001 - transformers' own order
        output_hidden_states: bool | None = None,  # noqa: FBT001
        **kwargs: Any,
    ) -> MoeModelOutputWithPast:
        """Read tokens, from where the cache ends if there is one.

        Args:
            input_ids: (B, T).
            attention_mask: (B, T), or as long as all that was read so far; 0 where there is no token.
            position_ids: Taken for the sake of callers; the order of the tokens is all that counts.
            past_key_values: What an earlier call returned.
            inputs_embeds: (B, T, C), instead of `input_ids`.
            use_cache: Return a cache; not while training.
            output_hidden_states: Return the stream before each layer and after the last norm.
            kwargs: Of other models; those that mark packed documents are refused.

        Raises:
            ValueError: Documents are packed into a row, the mask is no mask of padding or has padding between tokens
                that are read now and those before them, or not exactly one of `input_ids` and `inputs_embeds` is given.
        """
        if (input_ids is None) == (inputs_embeds is None):
            raise ValueError("give the model either input_ids or inputs_embeds")
        x = self.embed_tokens(input_ids) if inputs_embeds is None else inputs_embeds
        mask = _padding(attention_mask, x.shape[1])
        refuse_packed(kwargs | {"position_ids": position_ids, "attention_mask": mask}, what="memories")
        _refuse_gaps(attention_mask, x.shape[1], past_key_values)
        if use_cache is None:
            use_cache = self.config.use_cache and not self.training
        if use_cache and past_key_values is None:
            past_key_values = memory_cache(self.config)
        hidden, logits = [x], []
        for layer in self.layers:
            x, routed = layer(x, mask, past_key_values)
            hidden.append(x)
            logits.append(routed)
        x = hidden[-1] = self.norm(x)
        if output_hidden_states is None:
            output_hidden_states = self.config.output_hidden_states
        return MoeModelOutputWithPast(
            last_hidden_state=x,
            past_key_values=past_key_values if use_cache else None,
            hidden_states=tuple(hidden) if output_hidden_states else None,
            router_logits=tuple(logits),
        )


class MomForCausalLM(MomPreTrainedModel, GenerationMixin):
    """The decoder with a language-modelling head."""

    _tied_weights_keys = {"lm_head.weight": "model.embed_tokens.weight"}  # noqa: RUF012

    def __init__(self, config: MomConfig) -> None:
        super().__init__(config)
        self.model = MomModel(config)
        self.lm_head = nn.Linear(config.hidden_size, config.vocab_size, bias=False)
        self.post_init()

    @can_return_tuple  # type: ignore[untyped-decorator]
    def forward(
        self,
        input_ids: Tensor | None = None,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        logits_to_keep: int | Tensor = 0,
        **kwargs: Any,
    ) -> MoeCausalLMOutputWithPast:
        """`MomModel.forward`, and logits (B, T, vocabulary).

        With ``labels`` (B, T), -100 where there is none, also the loss, in nats a token; in training mode the balance
        loss has been added to it, which is always returned by itself as ``aux_loss``.
        """
        to_loss = {name: kwargs.pop(name) for name in ("num_items_in_batch", "shift_labels") if name in kwargs}
        out = self.model(input_ids=input_ids, attention_mask=attention_mask, **kwargs | {"return_dict": True})
        positions = slice(-logits_to_keep, None) if isinstance(logits_to_keep, int) else logits_to_keep
        logits = self.lm_head(out.last_hidden_state[:, positions])
        mask = _padding(attention_mask, out.last_hidden_state.shape[1])
        aux_loss = balance_loss(out.router_logits, self.config.topk, mask)
        loss = None
        if labels is not None:
            loss = self.loss_function(logits=logits, labels=labels, vocab_size=self.config.vocab_size, **to_loss)
            if self.training:
                loss = loss + self.config.aux_loss_weight * aux_loss
        return MoeCausalLMOutputWithPast(
            loss=loss,
            aux_loss=aux_loss,
            logits=logits,
            past_key_values=out.past_key_values,
            hidden_states=out.hidden_states,
            router_logits=out.router_logits,
        )

    def _prepare_cache_for_generation(  # type: ignore[override]  # its bool is never returned there either
        self, generation_config: Any, model_kwargs: dict[str, Any], *_: Any, **__: Any
    ) -> None:
        """Give `generate` the one kind of cache that there is; its size is fixed whatever is asked for."""
        if generation_config.use_cache is not False and model_kwargs.get("past_key_values") is None:
            model_kwargs["past_key_values"] = memory_cache(self.config)


def balance_loss(router_logits: Sequence[Tensor], topk: int, attention_mask: Tensor | None = None) -> Tensor:
    """``M * sum_m f_m P_m`` over the tokens of all layers together; `topk` where all memories get alike.

    Args:
        router_logits: (B, T, M) of each layer.
        topk: Memories that each token is sent to.
        attention_mask: (B, T); what is 0 there does not count.
    """
    share, probability = _routing(torch.stack(tuple(router_logits)).float(), topk, attention_mask)
    return router_logits[0].shape[-1] * (share.mean(0) * probability.mean(0)).sum()


@torch.no_grad()
def router_load(model: MomForCausalLM, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
    """The share of tokens that each memory gets, (layers, M): `topk` in a row, and all alike where it is balanced.

    Raises:
        ValueError: There are no tokens.
    """
    if input_ids.numel() == 0:
        raise ValueError("router_load was given no tokens: there is no share of nothing")
    out = model.model(input_ids=input_ids, attention_mask=attention_mask, use_cache=False)
    return _routing(torch.stack(out.router_logits).float(), model.config.topk, attention_mask)[0]


def _routing(logits: Tensor, topk: int, mask: Tensor | None) -> tuple[Tensor, Tensor]:
    """Of logits (layers, B, T, M), by layer: the share of tokens of each memory, and its mean probability."""
    probabilities = logits.softmax(-1)
    which = probabilities.topk(topk, dim=-1).indices
    chosen = torch.zeros_like(probabilities).scatter(-1, which, 1.0)
    counts = torch.ones_like(logits[0, ..., :1]) if mask is None else mask[..., None].to(logits)
    return tuple((x * counts).sum((1, 2)) / counts.sum().clamp(min=1) for x in (chosen, probabilities))  # type: ignore[return-value]


def _padding(mask: Tensor | None, length: int) -> Tensor | None:
    """Of a mask (B, all that was read so far), the part of the `length` tokens that are read now."""
    if mask is None:
        return None
    if mask.dim() != 2:
        raise ValueError(
            f"a mask of {mask.dim()} dimensions says which token sees which: memories have no such choice, give the "
            "mask of padding, (batch, tokens)"
        )
    return mask[:, -length:]


def _refuse_gaps(mask: Tensor | None, length: int, cache: Cache | None) -> None:
    """Tokens with padding before them, and tokens before that, would be convolved with the padding."""
    if mask is None or length < 2 or torch.compiler.is_compiling():
        return
    real = mask.bool()
    earlier = real.cumsum(1) > 0
    if cache is not None and cache.get_seq_length() > mask.shape[1] - length:
        earlier = torch.ones_like(real)  # the mask does not tell of what was read before
    gaps = ~real[:, :-1] & real[:, 1:] & earlier[:, :-1]
    if bool(gaps[:, 1 - length :].any()):
        raise ValueError(
            "there is padding between the tokens of a row, which would be convolved with it: pad at the beginning or "
            "the end of a text, and hand over a mask of all that was read so far"
        )


AutoConfig.register(MomConfig.model_type, MomConfig, exist_ok=True)
AutoModel.register(MomConfig, MomModel, exist_ok=True)
AutoModelForCausalLM.register(MomConfig, MomForCausalLM, exist_ok=True)
