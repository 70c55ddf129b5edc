"""Mixtures in the place of a model's feed-forward networks."""

from copy import deepcopy
from dataclasses import dataclass
from inspect import signature
from typing import Any, ClassVar, Literal, get_args

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from assay.methods._cache import keep_mask
from assay.methods._changes import Change
from assay.methods._decoders import blocks_of, text_config
from assay.methods._patching import unwrap, wrap
from assay.methods._traits import ATTENTION, Trait, refuse_traits
from assay.methods.architecture.soft_moe_ffn._layers import GatedTwiceMLP, Mode, SoftMoELayer, Surroundings

Expert = Literal["gated_twice", "copy"]


@dataclass(frozen=True)
class SoftMoE(Change):
    """Put a soft mixture of experts in the place of the feed-forward network of every block.

    For transformers' models whose blocks have an ``mlp`` that is called with the tokens alone (Llama, Qwen2, Qwen3,
    Mistral, GPT-2, GPT-NeoX, ViT ...) or, as BERT's, an ``intermediate`` and an ``output``. New weights are drawn from
    torch's generator. `revert` puts the networks back that were replaced, as they were; they stay in memory for it.
    They are not saved: a model that was loaded has no way back.

    Raises:
        ValueError: There is no such mode or expert, a number is not positive, or the mode has no use for it. `apply`:
            ``sequence`` on a decoder without `allow_leak`, or where sequences are fed forward in pieces; ``prefix`` on
            an encoder, or where layers share a cache; ``copy`` of networks that have experts themselves; an
            encoder-decoder, or blocks without a feed-forward network that is known here.
    """

    mode: Mode = "token"
    """Ours: the paper has ``sequence``, which leaks in a decoder."""
    experts: int = 6
    """The paper's, Table 1."""
    slots: int = 1
    """Of each expert; the released model's. Only ``prefix`` and ``sequence`` have slots."""
    expert: Expert = "gated_twice"
    """The paper's; ``copy`` begins each expert as a copy of the network that is replaced."""
    width: int | None = None
    """Inside a gated-twice expert; a quarter of the model's ``intermediate_size`` if not given, as released."""
    allow_leak: bool = False
    """Let ``sequence`` into a decoder all the same, whose tokens then see those after them."""

    title: ClassVar[str] = "Soft MoE"

    def __post_init__(self) -> None:
        if self.mode not in get_args(Mode) or self.expert not in get_args(Expert):
            raise ValueError(
                f"mode {self.mode!r} and expert {self.expert!r}: there are {', '.join(get_args(Mode))}, and "
                f"{', '.join(get_args(Expert))}"
            )
        for name in ("experts", "slots", "width"):
            value = getattr(self, name)
            if value is not None and (not isinstance(value, int) or value < 1):
                raise ValueError(f"{name} is {value}: at least 1 is needed")
        if self.slots > 1 and self.mode in ("dense", "token"):
            raise ValueError(f"mode {self.mode!r} has no slots: {self.slots} of them want prefix or sequence")
        if self.mode == "dense" and (self.experts > 1 or self.expert == "copy"):
            raise ValueError("mode 'dense' is one gated-twice network: pass experts=1, and no copies")
        if self.expert == "copy" and self.width is not None:
            raise ValueError(f"a copy has the width of what it copies: width={self.width} is for gated_twice")

    def check(self, model: PreTrainedModel) -> None:
        name, decoder = type(model).__name__, _is_decoder(model)
        if self.mode == "sequence" and decoder and not self.allow_leak:
            raise ValueError(
                f"{name} is a decoder, in which mode 'sequence' lets every token see those after it: its loss would be "
                "no likelihood, and decoding another function. Use 'token' or 'prefix', or pass allow_leak=True to "
                "study it"
            )
        if self.mode == "sequence" and getattr(model.config, "chunk_size_feed_forward", None):
            raise ValueError(
                f"this {name} hands its feed-forward networks a sequence in pieces, and mode 'sequence' mixes all of "
                "it: set chunk_size_feed_forward to 0 where the model is made"
            )
        if self.mode == "prefix" and not decoder:
            raise ValueError(f"{name} is no decoder: mode 'prefix' is for tokens in order; use 'sequence' or 'token'")
        if self.mode == "prefix":
            refuse_traits(model, method=f"{self.title} of mode 'prefix'", supports=ATTENTION - {Trait.SHARED_STATES})
        for block in self._blocks(model):
            _refuse_network(model, block)
            if self.expert == "copy" and any("experts" in path for path, _ in block.named_modules()):
                raise ValueError(
                    f"{type(block).__name__} has experts of its own, and copies of those would be saved under names "
                    "that transformers does not load: pass expert='gated_twice'"
                )

    def insert(self, model: PreTrainedModel) -> None:
        surroundings = Surroundings()
        original = _Original({}, [])
        for number, block in enumerate(self._blocks(model)):
            networks = {path: block.get_submodule(path) for path in _places(block)}
            new = self._network(model, list(networks.values()), number, surroundings)
            for path, after in zip(networks, (new, nn.Identity()), strict=False):
                block.set_submodule(path, after)
            original.networks[number] = networks
            if self.mode == "prefix":
                original.hooks.append(block.register_forward_pre_hook(surroundings.see_cache, with_kwargs=True))
                original.hooks.append(block.register_forward_hook(surroundings.leave_cache))
        if self.mode in ("prefix", "sequence"):
            base: Any = model.base_model
            surroundings.names = tuple(signature(base.forward).parameters)
            original.hooks.append(base.register_forward_pre_hook(surroundings.see_inputs, with_kwargs=True))
            if model.can_generate():
                wrap(model, "prepare_inputs_for_generation", keep_mask)
        holder: Any = model
        holder.soft_moe = original

    def remove(self, model: PreTrainedModel) -> None:
        """Put the networks back that were replaced, where the mixtures are now and in their dtype.

        Raises:
            ValueError: The model was loaded from disk, where they are not.
        """
        holder: Any = model
        original: _Original = holder.soft_moe
        if any(weight.is_meta for networks in original.networks.values() for weight in _weights(networks)):
            raise ValueError(
                f"this {type(model).__name__} was loaded with its mixtures, and the networks that they replaced were "
                "not saved: load the stock model that it came from"
            )
        for number, block in enumerate(self._blocks(model)):
            networks = original.networks[number]
            new = next(block.get_submodule(next(iter(networks))).parameters())
            for path, network in networks.items():
                network.train(block.training)
                if _placement(next(iter(_weights(networks)))) != _placement(new):
                    network.to(device=new.device, dtype=new.dtype)
                block.set_submodule(path, network)
        for hook in original.hooks:
            hook.remove()
        if self.mode in ("prefix", "sequence") and model.can_generate():
            unwrap(model, "prepare_inputs_for_generation")
        del holder.soft_moe

    def _blocks(self, model: PreTrainedModel) -> list[nn.Module]:
        return blocks_of(model, method=self.title, encoders=not model.can_generate())

    def _network(
        self, model: PreTrainedModel, replaced: list[nn.Module], layer: int, surroundings: Surroundings
    ) -> nn.Module:
        """What stands in the place of a block's network, where that was and in its dtype."""
        config: Any = text_config(model)
        like = next(parameter for module in replaced for parameter in module.parameters())
        inner = getattr(config, "intermediate_size", None) or 4 * config.hidden_size
        width = self.width or max(1, (inner if isinstance(inner, int) else inner[layer]) // 4)

        def expert() -> nn.Module:
            if self.expert == "copy":
                copies = [deepcopy(module) for module in replaced]
                return copies[0] if len(copies) == 1 else nn.Sequential(*copies)
            return GatedTwiceMLP(config.hidden_size, width, std=getattr(config, "initializer_range", 0.02))

        with torch.device(like.device):
            if self.mode == "dense":
                return expert().to(like.dtype)
            mixture = SoftMoELayer(
                config.hidden_size, mode=self.mode, expert=expert, experts=self.experts, slots=self.slots, layer=layer,
                surroundings=surroundings,
            )  # fmt: skip
        return mixture.to(like.dtype)


@dataclass
class _Original:
    """What a model had before, and hooks that it had not; not among its modules, so that it is not saved."""

    networks: dict[int, dict[str, nn.Module]]
    """By number of the block, and path in it."""
    hooks: list[Any]


def _places(block: nn.Module) -> list[str]:
    """Where a block's feed-forward network stands: at one path, or over two of which the second then passes on."""
    if isinstance(getattr(block, "mlp", None), nn.Module):
        return ["mlp"]
    if hasattr(block, "intermediate") and hasattr(getattr(block, "output", None), "dense"):
        return ["intermediate", "output.dense"]
    raise ValueError(f"{type(block).__name__} has neither an mlp nor an intermediate and an output to replace")


@torch.no_grad()
def _refuse_network(model: PreTrainedModel, block: nn.Module) -> None:
    """Refuse a network that is not called with tokens alone, or does not return as many."""
    networks = [block.get_submodule(path) for path in _places(block)]
    like = next(parameter for network in networks for parameter in network.parameters())
    tokens = torch.zeros(1, 2, text_config(model).hidden_size, device=like.device, dtype=like.dtype)
    out: Any = tokens
    with torch.random.fork_rng():
        for network in networks:
            try:
                signature(network.forward).bind(out)
            except TypeError:
                raise ValueError(
                    f"the {type(network).__name__} of {type(block).__name__} is called with more than the tokens: a "
                    "mixture cannot take its place"
                ) from None
            out = network(out)
    if not isinstance(out, Tensor) or out.shape != tokens.shape:
        raise ValueError(
            f"the {type(networks[-1]).__name__} of {type(block).__name__} returns something else than a vector for "
            "each token: a mixture cannot take its place"
        )


def _weights(networks: dict[str, nn.Module]) -> list[Tensor]:
    return [weight for network in networks.values() for weight in network.parameters()]


def _placement(weight: Tensor) -> tuple[torch.device, torch.dtype]:
    return weight.device, weight.dtype


def _is_decoder(model: PreTrainedModel) -> bool:
    if model.can_generate() or getattr(model.config, "is_decoder", False):
        return True
    return any(bool(getattr(module, "is_causal", False)) for module in model.modules())
