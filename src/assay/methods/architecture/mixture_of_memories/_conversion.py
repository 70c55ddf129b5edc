"""A decoder with memories out of one with attention."""

from copy import deepcopy
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods._decoders import blocks_of
from assay.methods._traits import ATTENTION, refuse_traits
from assay.methods.architecture.mixture_of_memories._config import MomConfig, check_memories
from assay.methods.architecture.mixture_of_memories._model import MomForCausalLM

_TOLERANCE = 1e-3


@dataclass(frozen=True)
class MixtureOfMemories:
    """Make a model with memories out of a decoder with attention.

    ``new = MixtureOfMemories(num_memories=8).apply(model)`` returns a new model, since memories are another
    architecture; the decoder stays as it is, so there is nothing to revert. The fields are those of `MomConfig` that a
    decoder does not decide.

    Raises:
        ValueError: A number is out of its range, or there is no such rule or form.
    """

    num_memories: int = MomConfig.num_memories
    topk: int = MomConfig.topk
    shared_memory: bool = MomConfig.shared_memory
    single_kv_proj: bool = MomConfig.single_kv_proj
    expand_v: float = MomConfig.expand_v
    rule: str = MomConfig.rule
    form: str = MomConfig.form
    chunk_size: int = MomConfig.chunk_size
    conv_size: int = MomConfig.conv_size
    aux_loss_weight: float = MomConfig.aux_loss_weight

    title: ClassVar[str] = "Mixture of Memories"

    def __post_init__(self) -> None:
        check_memories(self)

    @torch.no_grad()
    def apply(self, model: PreTrainedModel) -> MomForCausalLM:
        """A new model with the embeddings, norms, MLPs and head of a Llama-like decoder, and memories for attention.

        Every memory starts from the projections of the attention that was there, key and value heads repeated where
        they were shared between queries, and from convolutions that pass the present token on. Biases, norms of queries
        and keys and rotary positions have no place in memories and are left behind, so what comes out must be trained
        further. With `expand_v` other than 1, values and what is projected from them start anew.

        Args:
            model: A pre-norm decoder of Llama's build (Llama, Qwen2, Qwen3, Mistral); it stays as it is.

        Raises:
            ValueError: The model is of another build, which is seen by what it computes without its attention.
        """
        blocks_of(model, method=self.title)
        refuse_traits(model, method=self.title, supports=ATTENTION)
        config = MomConfig(**_shape(model), **asdict(self))
        weights = model.state_dict()
        with torch.random.fork_rng(devices=[]):
            new: Any = MomForCausalLM(config)
        new.to(device=model.device, dtype=model.dtype)
        theirs = {name: weight.shape for name, weight in weights.items() if ".self_attn." not in name}
        ours = {name: weight.shape for name, weight in new.state_dict().items() if ".mixer." not in name}
        if others := sorted(name for name, _ in theirs.items() ^ ours.items()):
            raise ValueError(_refusal(model, f"its weights have another layout, {others[0]} for one"))
        new.load_state_dict({name: weights[name] for name in ours}, strict=False)
        for number, layer in enumerate(new.model.layers):
            self._start(layer.mixer, model, weights, f"model.layers.{number}.self_attn.")
        new.generation_config = deepcopy(model.generation_config)
        new.train(model.training)
        _compare(model, new)
        result: MomForCausalLM = new
        return result

    def _start(self, mixer: Any, model: PreTrainedModel, weights: dict[str, Tensor], path: str) -> None:
        """Start a mixer from an attention's projections."""
        heads, width = mixer.config.num_heads, mixer.config.head_dim
        for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
            weight, own = weights.get(f"{path}{name}.weight"), getattr(mixer, name).weight
            if weight is None:
                raise ValueError(_refusal(model, f"its attention has no {name}"))
            if self.expand_v != 1 and name in ("v_proj", "o_proj"):
                continue
            if name in ("k_proj", "v_proj") and heads * width % len(weight) == 0 == len(weight) % width:
                grouped = weight.unflatten(0, (-1, width))
                weight = grouped.repeat_interleave(heads // len(grouped), 0).flatten(0, 1).repeat(mixer.writers, 1)
            if weight.shape != own.shape:
                raise ValueError(_refusal(model, f"{path}{name} is {tuple(weight.shape)} and not {tuple(own.shape)}"))
            own.copy_(weight)
        for kernel in (mixer.q_conv, mixer.k_conv, mixer.v_conv):
            kernel.zero_()[:, -1] = 1


def _shape(model: PreTrainedModel) -> dict[str, Any]:
    """What the model's configuration decides of ours."""
    config = model.config
    try:
        heads = config.num_attention_heads
        shape = {
            "num_heads": heads,
            "head_dim": getattr(config, "head_dim", None) or config.hidden_size // heads,
            "tie_word_embeddings": config.tie_word_embeddings,
            "mlp_bias": getattr(config, "mlp_bias", False),
        }
        same = ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "hidden_act", "rms_norm_eps")
        ids = ("pad_token_id", "bos_token_id", "eos_token_id", "initializer_range")
        return shape | {name: getattr(config, name) for name in (*same, *ids)}
    except AttributeError as error:
        raise ValueError(_refusal(model, f"its configuration has no {error.name}")) from None


def _compare(model: PreTrainedModel, new: MomForCausalLM) -> None:
    """Refuse a model that, with attention silenced, is not what ours is with memories silenced."""
    ids = torch.arange(min(8, model.config.vocab_size), device=model.device)[None]
    logits = []
    for each, silenced in ((model, "self_attn"), (new, "mixer")):
        training = each.training
        each.eval()
        layers: Any = each.get_submodule("model.layers")
        hooks = [
            getattr(layer, silenced).register_forward_hook(lambda _, __, out: (torch.zeros_like(out[0]), *out[1:]))
            for layer in layers
        ]
        try:
            logits.append(each(input_ids=ids, use_cache=False).logits.float())
        finally:
            for hook in hooks:
                hook.remove()
            each.train(training)
    theirs, ours = logits
    if not torch.allclose(ours, theirs, rtol=_TOLERANCE, atol=_TOLERANCE * float(theirs.abs().max())):
        raise ValueError(_refusal(model, "it computes something else, even without its attention"))


def _refusal(model: PreTrainedModel, why: str) -> str:
    return f"{type(model).__name__} cannot take memories: {why}; decoders of Llama's build can (Llama, Qwen2, Mistral)"
