"""From an adapter of the small model to one of the full model."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from assay.methods._files import written_whole
from assay.methods.compression.loram._blocks import INPUTS_PRUNED
from assay.methods.compression.loram._plan import NAME, PruningPlan

CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_FACTOR = re.compile(r"^base_model\.model\.(?P<path>.+)\.lora_(?P<factor>[AB])\.weight$")
_PROJECTION = re.compile(
    r"(?:^|\.)layers\.(?P<layer>\d+)\.(?:self_attn|mlp)\.(?P<name>[qkvo]_proj|(?:gate|up|down)_proj)$"
)
_INITS = (True, False, "gaussian", "eva")
"""Ways to begin that leave the base weights alone; the others move a part of these into the adapter."""
_UNKNOWN = ("layer_replication", "target_parameters", "use_bdlora", "use_qalora", "arrow_config", "kasa_config")


def recover_adapter(
    folder: str | Path, plan: PruningPlan, out: str | Path, *, unverified: bool = False
) -> dict[str, Tensor]:
    """Write an adapter of the full model from one that was trained on the small model; returns its tensors.

    The result loads with ``PeftModel.from_pretrained(full_model, out)``. Its rank, scale and targets are the adapter's
    own; on everything that was pruned it changes nothing, exactly.

    Args:
        folder: Where `peft` saved the adapter.
        plan: By which the small model was made.
        out: A folder for the recovered adapter, written whole.
        unverified: Go on where the adapter does not say by which plan its model was made, as when that model was
            renamed. Another plan of the same sizes would put every row in the wrong place, and nothing would tell.

    Raises:
        ValueError: There is no such adapter; it is of a kind that is more than two factors at linear layers; it was
            trained on a model of another plan, or on one that does not say which; its sizes are not the plan's.
    """
    config, state = _read(Path(folder))
    _refuse(config, state)
    _check_plan(config, plan, unverified=unverified)
    whole = recover(state, plan)
    with written_whole(out) as unfinished:
        unfinished.mkdir()
        save_file(whole, unfinished / WEIGHTS, metadata={"format": "pt"})
        card = config | {"base_model_name_or_path": plan.base or None, "revision": None}
        (unfinished / CONFIG).write_text(json.dumps(card, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    return whole


def recover(state: Mapping[str, Tensor], plan: PruningPlan) -> dict[str, Tensor]:
    """An adapter's tensors, by their names in `peft`'s files, with zeros wherever the plan had removed a feature.

    B (features, r) of a layer whose outputs were pruned gets rows of zeros, A (r, features) of one whose inputs were
    pruned gets columns; the other factor stays, and so does everything outside of the blocks.

    Raises:
        ValueError: A tensor is not of the size that the plan left, or of a layer that the plan does not have.
    """
    whole = dict(state)
    for key, layer, name, factor in _factors(state):
        if layer >= plan.shape.layers:
            raise ValueError(f"{key}: the plan is for a model of {plan.shape.layers} layers")
        side = 1 if name in INPUTS_PRUNED else 0
        features, tensor = plan.features(layer, name), state[key]
        pruned = factor == ("A" if side else "B")
        left = len(features) if pruned else plan.shape.hidden
        size = tensor.shape[1 if factor == "A" else 0]
        if size != left:
            raise ValueError(f"{key} is for {size} features, and the plan left {left}: it is of another model")
        if pruned:
            full = list(tensor.shape)
            full[side] = plan.shape.features(name)
            whole[key] = tensor.new_zeros(full).index_copy_(side, features.to(tensor.device), tensor)
    return {key: tensor.contiguous() for key, tensor in whole.items()}


def _factors(state: Mapping[str, Tensor]) -> Iterator[tuple[str, int, str, str]]:
    """Key, layer, projection and factor of all tensors that are within a block."""
    for key in state:
        factor = _FACTOR.match(key)
        projection = factor and _PROJECTION.search(factor["path"])
        if factor and projection:
            yield key, int(projection["layer"]), projection["name"], factor["factor"]


def _read(folder: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    for name in (CONFIG, WEIGHTS):
        if not (folder / name).is_file():
            raise ValueError(f"{folder} holds no adapter of peft: there is no {name}")
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        return config, load_file(folder / WEIGHTS)
    except (SafetensorError, json.JSONDecodeError) as error:
        raise ValueError(f"the adapter in {folder} is damaged: {error}") from None


def _refuse(config: Mapping[str, Any], state: Mapping[str, Tensor]) -> None:
    """Whatever is not two factors beside the weights of a linear layer."""
    if (kind := config.get("peft_type")) != "LORA":
        raise ValueError(f"an adapter of type {kind} cannot be recovered: only LORA")
    if config.get("use_dora"):
        raise ValueError("DoRA cannot be recovered: it has a norm for each row, and pruned rows were never trained")
    if config.get("modules_to_save") or config.get("trainable_token_indices"):
        raise ValueError("the adapter has modules_to_save or token indices: their weights are the small model's own")
    if config.get("bias", "none") != "none" or config.get("lora_bias"):
        raise ValueError("the adapter trained biases, which are the small model's own: train with bias='none'")
    if (init := config.get("init_lora_weights", True)) not in _INITS:
        raise ValueError(
            f"init_lora_weights={init!r} moves a part of the base weights into the adapter, which the full model does "
            "not lack: train with the default"
        )
    if unknown := [name for name in _UNKNOWN if config.get(name)]:
        raise ValueError(f"the adapter uses {', '.join(unknown)}, which LoRAM does not know how to recover")
    if others := [key for key in state if not _FACTOR.match(key)]:
        raise ValueError(f"{others[0]} is neither factor of a linear layer: LoRAM does not know how to recover it")
    if not any(True for _ in _factors(state)):
        raise ValueError("the adapter has no factors within the blocks of a decoder: there is nothing to recover")


def _check_plan(config: Mapping[str, Any], plan: PruningPlan, *, unverified: bool) -> None:
    name = config.get("base_model_name_or_path") or ""
    trained_on = name.removeprefix(NAME) if name.startswith(NAME) else _plan_of(Path(name) / "config.json")
    if trained_on is None and not unverified:
        raise ValueError(
            f"the adapter was trained on {name or 'a model without a name'}, which does not say by which plan it was "
            "pruned: pass unverified=True if you know that it was this one"
        )
    if trained_on not in (None, plan.hash):
        raise ValueError(f"the adapter's model was pruned by the plan {trained_on[:12]}, not by {plan.hash[:12]}")


def _plan_of(file: Path) -> str | None:
    """The plan that the configuration of a saved model names, if there is such a file on this machine."""
    if not file.is_file():
        return None
    named: str | None = json.loads(file.read_text(encoding="utf-8")).get("loram_plan")
    return named
