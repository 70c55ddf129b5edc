"""One checkpoint for all widths: 8-bit codes of the nested layers, and everything else as it is."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import torch
import transformers
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods._files import written_whole
from assay.methods.compression.matquant._codes import Codes
from assay.methods.compression.matquant._layers import (
    Bits,
    CodedLinear,
    MatQuant,
    NestedLinear,
    Term,
    layers_of,
    replace_layer,
    set_bits,
)

_FILE, _FORMAT = "matquant.safetensors", 1


def save(model: PreTrainedModel, folder: str | Path) -> None:
    """Write a nested or loaded model as codes, whole or not at all: ``matquant.safetensors`` and the configuration.

    Raises:
        ValueError: The model has no nested layers, or weights that are not finite.
    """
    layers = layers_of(model)
    tensors = dict(model.state_dict())
    for path, layer in layers.items():
        if isinstance(layer, NestedLinear):
            if not layer.weight.isfinite().all():
                raise ValueError(f"{path} has weights that are not finite: there is no code for these")
            del tensors[f"{path}.weight"]
            tensors |= {f"{path}.{name}": tensor for name, tensor in layer.codes()._asdict().items()}
    kept, same = _once_each(tensors)
    card = {
        "format": _FORMAT,
        "class": type(model).__name__,
        "layers": {path: str(_dtype(layer)).removeprefix("torch.") for path, layer in layers.items()},
        "matquant": asdict(next(iter(layers.values())).matquant),
        "same": same,
    }
    with written_whole(folder) as unfinished:
        unfinished.mkdir()
        save_file(kept, unfinished / _FILE, metadata={"matquant": json.dumps(card)})
        model.config.save_pretrained(unfinished)
        if model.can_generate() and model.generation_config is not None:
            model.generation_config.save_pretrained(unfinished)


def load(
    folder: str | Path, bits: Bits | None = None, *, model_class: type[PreTrainedModel] | None = None
) -> PreTrainedModel:
    """The model that `save` wrote, in eval mode on the CPU, with `CodedLinear` layers read at `bits`.

    One byte is held for each of their weights; widths may be changed by `sliced` and `set_bits`, and ``fold(model,
    bits)`` makes a stock model of it.

    Args:
        folder: Where it was saved.
        bits: Of the layers; the full code if not given.
        model_class: Needed where the model's class is not one of transformers' own.

    Raises:
        ValueError: The folder has no such checkpoint, it is damaged or of another format, a width is wrong, or the
            class is not known.
    """
    file = Path(folder) / _FILE
    card, tensors = _read(file)
    model_class = model_class or getattr(transformers, card["class"], None)
    if model_class is None:
        raise ValueError(f"{card['class']} is not one of transformers' classes: pass it as `model_class`")
    fields = card["matquant"]
    matquant = MatQuant(**fields | {"terms": tuple(Term(**term) for term in fields["terms"])})
    config_class: Any = model_class.config_class
    with torch.random.fork_rng(devices=[]):
        model: Any = model_class(config_class.from_pretrained(folder))
    for path, dtype in card["layers"].items():
        codes = Codes(*(tensors[f"{path}.{name}"] for name in Codes._fields))
        bias = model.get_submodule(path).bias
        replace_layer(model, path, CodedLinear(codes, bias, matquant, getattr(torch, dtype)))
    try:
        model.load_state_dict(tensors, assign=True)
    except RuntimeError as error:
        raise ValueError(f"{file} does not fit {model_class.__name__}: {error}") from None
    model.tie_weights()
    if (Path(folder) / "generation_config.json").is_file():
        model.generation_config = transformers.GenerationConfig.from_pretrained(folder)
    set_bits(model, matquant.master if bits is None else bits)
    return cast("PreTrainedModel", model.eval())


def _read(file: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    if not file.is_file():
        raise ValueError(f"{file.parent} holds no checkpoint of `save`: there is no {file.name}")
    try:
        with safe_open(file, framework="pt") as opened:
            card = json.loads((opened.metadata() or {}).get("matquant", "{}"))
            tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - it is no mapping
    except SafetensorError as error:
        raise ValueError(f"{file} is damaged: {error}; save the model again") from None
    if card.get("format") != _FORMAT:
        raise ValueError(f"{file} is of format {card.get('format')}, and this reads {_FORMAT}: save the model again")
    return card, tensors | {name: tensors[first] for name, first in card["same"].items()}


def _once_each(tensors: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Tensors without those that share memory with an earlier one, and the names of these."""
    firsts: dict[tuple[Any, ...], str] = {}
    kept, same = {}, {}
    for name, tensor in tensors.items():
        key = (tensor.data_ptr(), tensor.shape, tensor.stride(), tensor.dtype) if tensor.numel() else (name,)
        if (first := firsts.setdefault(key, name)) != name:
            same[name] = first
        else:
            kept[name] = tensor.contiguous()
    return kept, same


def _dtype(layer: NestedLinear | CodedLinear) -> torch.dtype:
    return layer.weight.dtype if isinstance(layer, NestedLinear) else layer.dtype
