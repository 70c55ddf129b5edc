"""Putting mixtures in the place of a model's feed-forward networks, and loading a model that has them."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import nn
from transformers import AutoConfig, PreTrainedModel

from assay.methods.architecture.soft_moe_ffn.layers import GatedTwiceMLP, SoftMoE, SoftMoEConfig, Surroundings

_PREFIX = "soft_moe_"


@dataclass
class Conversion:
    """The way back from `convert_ffn`."""

    replaced: dict[str, nn.Module]
    """What stood where, by path in the model."""
    _undo: list[Callable[[], None]] = field(repr=False)

    def undo(self) -> None:
        """Put everything back that was replaced, with the weights that it had.

        Raises:
            ValueError: It is undone already.
        """
        if not self._undo:
            raise ValueError("this conversion is undone already")
        while self._undo:
            self._undo.pop()()


def convert_ffn(model: PreTrainedModel, config: SoftMoEConfig, *, allow_leak: bool = False) -> Conversion:
    """Replace the feed-forward network of every block in place, before an optimizer holds the parameters.

    Works on transformers' models whose blocks have an ``mlp`` (Llama, Qwen2, Qwen3, Mistral, GPT-2, GPT-NeoX, ViT ...)
    or, as BERT's, an ``intermediate`` and an ``output``. New weights are drawn from torch's generator.
    `save_pretrained` then writes a ``model_type`` of its own, which the Auto classes refuse. A stock class called by
    its name loads the folder all the same, with new feed-forward networks and a report of what it left out.

    Args:
        model: A decoder or an encoder.
        config: What to put there.
        allow_leak: Let ``sequence`` into a decoder all the same, whose tokens then see those after them.

    Raises:
        ValueError: ``sequence`` on a decoder without `allow_leak`, or where sequences are fed forward in pieces;
            ``prefix`` on an encoder; an encoder-decoder, blocks without a feed-forward network that is known here, or a
            model that is converted already. Nothing was changed then.
    """
    replaced, undo = _replace(model, config, allow_leak=allow_leak)
    return Conversion(replaced, [*undo, _name_it(model, config)])


def load_converted(folder: str | Path, *, allow_leak: bool = False, **options: Any) -> PreTrainedModel:
    """A model that was converted and then saved with `save_pretrained`, in eval mode.

    Args:
        folder: Where it was saved.
        allow_leak: As in `convert_ffn`, where the model has ``sequence`` in a decoder.
        options: Anything that `from_pretrained` takes, such as ``dtype``.

    Raises:
        ValueError: The folder holds no such model, or weights are missing or left over.
    """
    file = Path(folder) / "config.json"
    if not file.is_file():
        raise ValueError(f"{folder} holds no config.json: name a folder that save_pretrained has written")
    settings = json.loads(file.read_text(encoding="utf-8"))
    kind = settings.pop("model_type", "")
    if not kind.startswith(_PREFIX) or "soft_moe" not in settings:
        raise ValueError(f"{folder} holds a plain {kind or 'model'}: load it with its own class, then convert_ffn")
    stock: Any = getattr(transformers, settings["architectures"][0])

    change = SoftMoEConfig(**settings.pop("soft_moe"))

    class Converted(stock):  # type: ignore[misc]
        def __init__(self, config: Any, *args: Any, **kwargs: Any) -> None:
            super().__init__(config, *args, **kwargs)
            _replace(self, change, allow_leak=allow_leak)

    # Under the stock class's name, by which transformers knows how weights are renamed as they are loaded.
    Converted.__module__, Converted.__name__ = stock.__module__, stock.__name__
    model, report = Converted.from_pretrained(
        folder, config=AutoConfig.for_model(kind.removeprefix(_PREFIX), **settings), output_loading_info=True, **options
    )
    if wrong := sorted({*report["missing_keys"], *report["unexpected_keys"]}):
        raise ValueError(
            f"{folder} does not fit its config.json: {wrong[0]} is missing or left over, as are {len(wrong) - 1} other "
            "weights"
        )
    model.__class__ = stock
    _name_it(model, change)
    loaded: PreTrainedModel = model.eval()
    return loaded


def _replace(
    model: PreTrainedModel, config: SoftMoEConfig, *, allow_leak: bool
) -> tuple[dict[str, nn.Module], list[Callable[[], None]]]:
    """Replace the networks and hook what they must know; what stood where, and what puts it back."""
    blocks, name = _blocks(model), type(model).__name__
    if any(isinstance(module, (SoftMoE, GatedTwiceMLP)) for module in model.modules()):
        raise ValueError(f"this {name} is converted already: undo that first")
    decoder = _is_decoder(model)
    if config.mode == "sequence" and decoder and not allow_leak:
        raise ValueError(
            f"{name} is a decoder, in which mode 'sequence' lets every token see those after it: its loss would be no "
            "likelihood, and decoding another function. Use 'token' or 'prefix', or pass allow_leak=True to study it"
        )
    if config.mode == "sequence" and getattr(model.config, "chunk_size_feed_forward", None):
        raise ValueError(
            f"this {name} hands its feed-forward networks a sequence in pieces, and mode 'sequence' mixes all of it: "
            "set chunk_size_feed_forward to 0 where the model is made"
        )
    if config.mode == "prefix" and not decoder:
        raise ValueError(f"{name} is no decoder: mode 'prefix' is for tokens in order; use 'sequence' or 'token'")
    places = [_place(block) for block in blocks]
    paths = {module: path for path, module in model.named_modules()}
    replaced: dict[str, nn.Module] = {}
    undo: list[Callable[[], None]] = []
    surroundings = Surroundings()
    for number, (block, place) in enumerate(zip(blocks, places, strict=True)):
        old = [block.get_submodule(path) for path in place]
        new = _network(model, config, old, number, surroundings)
        for path, before, after in zip(place, old, [new, nn.Identity()], strict=False):
            replaced[f"{paths[block]}.{path}"] = before
            block.set_submodule(path, after)
            undo.append(partial(block.set_submodule, path, before))
        if config.mode == "prefix":
            undo.append(block.register_forward_pre_hook(surroundings.see_cache, with_kwargs=True).remove)
            undo.append(block.register_forward_hook(surroundings.leave_cache).remove)
    if config.mode in ("prefix", "sequence"):
        names = list(signature(model.base_model.forward).parameters)
        surroundings.mask_at = names.index("attention_mask") if "attention_mask" in names else len(names)
        undo.append(model.base_model.register_forward_pre_hook(surroundings.see_padding, with_kwargs=True).remove)
    return replaced, undo


def _network(
    model: PreTrainedModel, config: SoftMoEConfig, old: list[nn.Module], layer: int, surroundings: Surroundings
) -> nn.Module:
    """What stands in the place of a block's network, where that was and in its dtype."""
    like = next(parameter for module in old for parameter in module.parameters())
    hidden: int = model.config.hidden_size
    width = config.width or (getattr(model.config, "intermediate_size", None) or 4 * hidden) // 4

    def expert() -> nn.Module:
        if config.expert == "copy":
            copies = [deepcopy(module) for module in old]
            return copies[0] if len(copies) == 1 else nn.Sequential(*copies)
        return GatedTwiceMLP(hidden, width, std=getattr(model.config, "initializer_range", 0.02))

    with torch.device(like.device):
        if config.mode == "dense":
            return expert().to(like.dtype)
        mixture = SoftMoE(
            hidden, mode=config.mode, expert=expert, experts=config.experts, slots=config.slots, layer=layer,
            surroundings=surroundings,
        )  # fmt: skip
    return mixture.to(like.dtype)


def _name_it(model: PreTrainedModel, config: SoftMoEConfig) -> Callable[[], None]:
    """Write the change into the model's configuration, under a type of its own; returns what takes it out again."""
    settings: Any = model.config
    stock = type(settings)
    settings.soft_moe = asdict(config)
    settings.__class__ = type(stock.__name__, (stock,), {"model_type": _PREFIX + stock.model_type})

    def undo() -> None:
        settings.__class__ = stock
        del settings.soft_moe

    return undo


def _blocks(model: nn.Module) -> list[nn.Module]:
    """The model's blocks, in order."""
    name = type(model).__name__
    if not isinstance(model, PreTrainedModel) or model.config.is_encoder_decoder:
        raise ValueError(f"{name} is neither a decoder nor an encoder of transformers: pass one alone")
    number = getattr(model.config, "num_hidden_layers", None)
    # The outermost comes first: a block may hold a list of as many experts.
    for module in model.modules():
        if isinstance(module, nn.ModuleList) and len(module) == number:
            return list(module)
    raise ValueError(f"{name} has no list of {number} blocks, as its configuration says")


def _place(block: nn.Module) -> list[str]:
    """Where a block's feed-forward network stands: at one path, or over two of which the second then passes on."""
    if isinstance(getattr(block, "mlp", None), nn.Module):
        return ["mlp"]
    if hasattr(block, "intermediate") and hasattr(getattr(block, "output", None), "dense"):
        return ["intermediate", "output.dense"]
    raise ValueError(f"{type(block).__name__} has neither an mlp nor an intermediate and an output to replace")


def _is_decoder(model: PreTrainedModel) -> bool:
    said = [getattr(model.config, "is_decoder", False), model.can_generate()]
    return any(said) or any(bool(getattr(module, "is_causal", False)) for module in model.modules())
