"""A change of a model for good: noted, saved, loaded, taken out again, and refused in words."""

import json
import pickle
import subprocess
import sys
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from torch import nn
from transformers import (
    AutoConfig,
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    LlamaForCausalLM,
    LlamaModel,
)

import assay.methods
from assay.methods import load
from assay.methods._changes import Change, changes_of
from assay.methods.architecture.layernorm_scaling import LayerNormScaling, fold
from assay.methods.architecture.lm2_memory import LM2Memory
from tests.methods.families import ids, logits, tiny_model


@pytest.fixture
def model() -> Any:
    torch.manual_seed(0)
    return tiny_model("llama")


@pytest.fixture
def changed(model: Any) -> Any:
    return LM2Memory(slots=4, heads=2, segment=4).apply(LayerNormScaling().apply(model))


def test_a_model_says_which_changes_it_has_and_with_which_settings(changed: Any) -> None:
    scaling, memory = changes_of(changed)
    assert scaling == LayerNormScaling()
    assert memory == LM2Memory.of(changed) == LM2Memory(slots=4, heads=2, segment=4)
    assert changed.config.model_type == "llama"
    assert type(changed) is LlamaForCausalLM


def test_the_last_change_is_reverted_first(changed: Any) -> None:
    with pytest.raises(ValueError, match="was put on top of LayerNorm Scaling: revert it first"):
        LayerNormScaling.revert(changed)
    LayerNormScaling.revert(LM2Memory.revert(changed))
    assert changes_of(changed) == []
    assert type(changed.config) is type(tiny_model("llama").config)


def test_several_changes_are_saved_and_loaded_in_their_order(changed: Any, tmp_path: Path) -> None:
    changed.save_pretrained(tmp_path)
    settings = json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))
    assert (settings["model_type"], settings["assay_model_type"]) == ("assay", "llama")
    expected = logits(changed, ids(2, 9))
    for loaded in (load(tmp_path), AutoModelForCausalLM.from_pretrained(tmp_path)):
        assert type(loaded) is LlamaForCausalLM
        assert changes_of(loaded) == changes_of(changed)
        assert torch.equal(logits(loaded, ids(2, 9)), expected)
    fresh = AutoModelForCausalLM.from_config(changed.config)
    assert changes_of(fresh) == changes_of(changed)
    assert fresh.state_dict().keys() == changed.state_dict().keys()


def test_a_configuration_is_copied_and_pickled(changed: Any) -> None:
    for copy in (deepcopy(changed.config), pickle.loads(pickle.dumps(changed.config))):
        assert type(copy) is type(changed.config)
        assert copy.to_json_string() == changed.config.to_json_string()


def test_a_copy_is_reverted_alone(changed: Any) -> None:
    copy = LM2Memory.revert(deepcopy(changed))
    assert len(changes_of(copy)) == 1
    assert len(changes_of(changed)) == 2


def test_a_folder_without_changes_is_loaded_by_the_class_that_it_names(model: Any, tmp_path: Path) -> None:
    fold(LayerNormScaling().apply(model)).save_pretrained(tmp_path)
    assert json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))["model_type"] == "llama"
    assert torch.equal(logits(load(tmp_path), ids(2, 9)), logits(model, ids(2, 9)))


def test_weights_that_are_not_those_of_the_configuration_are_refused(model: Any, tmp_path: Path) -> None:
    LayerNormScaling().apply(model).save_pretrained(tmp_path)
    tiny_model("llama").save_pretrained(tmp_path / "plain")
    (tmp_path / "plain" / "model.safetensors").replace(tmp_path / "model.safetensors")
    with pytest.raises(ValueError, match=r"are not those of its config\.json: .* is missing, left over"):
        load(tmp_path)


@pytest.mark.parametrize(("edit", "message"), [
    (lambda notes: notes[0].update(method="architecture.gone:Gone"), "gone:Gone', which this version of Assay"),
    (lambda notes: notes[0].update(method="_changes:load"), "'_changes:load', which this version of Assay"),
    (lambda notes: notes[0].update(method="architecture.lm2_memory._model:LM2Memory"), "which this version of Assay"),
    (lambda notes: notes[0].update(settings={"allow_trained": "perhaps"}), "settings of LayerNorm Scaling in"),
    (lambda notes: notes[0]["settings"].update(later=1), "are not those of this version of Assay: later for one"),
    (lambda notes: notes[0]["settings"].clear(), "are not those of this version of Assay: allow_trained for one"),
    (lambda notes: notes.append(notes[0]), "notes a change twice"),
    (lambda notes: notes.append("lm2"), "is no list of changes"),
])  # fmt: skip
def test_a_change_that_is_not_known_is_refused(model: Any, tmp_path: Path, edit: Any, message: str) -> None:
    LayerNormScaling().apply(model).save_pretrained(tmp_path)
    file = tmp_path / "config.json"
    settings = json.loads(file.read_text(encoding="utf-8"))
    edit(settings["assay_changes"])
    file.write_text(json.dumps(settings), encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        load(tmp_path)


def test_classes_that_pass_over_the_changes_do_not_load_the_folder(changed: Any, tmp_path: Path) -> None:
    changed.save_pretrained(tmp_path)
    for kind in (AutoModel, AutoModelForSequenceClassification, LlamaForCausalLM, LlamaModel):
        # Which words depends on whether a changed model with another head was loaded before.
        with pytest.raises(ValueError, match=r"quant_method|Unrecognized configuration|are not those|writes no text"):
            kind.from_pretrained(tmp_path)
    with pytest.raises(ValueError, match="quant_method"):
        LlamaForCausalLM.from_pretrained(tmp_path, config=AutoConfig.from_pretrained(tmp_path))
    file = tmp_path / "config.json"
    settings = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(settings | {"model_type": "llama", "quantization_config": None}), encoding="utf-8")
    with pytest.raises(ValueError, match="notes changes and is not of model_type 'assay'"):
        load(tmp_path)


def test_a_model_that_shares_the_configuration_of_a_changed_one_has_no_changes() -> None:
    config = tiny_model("llama").config
    one, other = LlamaForCausalLM(config), LlamaForCausalLM(config)
    LayerNormScaling().apply(one)
    assert changes_of(other) == changes_of(one.model) == []
    for model in (other, one.model):
        with pytest.raises(ValueError, match="has no LayerNorm Scaling to take out"):
            LayerNormScaling.revert(model)


def test_what_else_from_pretrained_takes_goes_through(changed: Any, tmp_path: Path) -> None:
    changed.save_pretrained(tmp_path)
    loaded = load(tmp_path, use_cache=False, dtype=torch.bfloat16, attn_implementation="eager")
    assert loaded.config.use_cache is False
    assert loaded.dtype == torch.bfloat16
    assert loaded.config._attn_implementation == "eager"
    with pytest.raises(ValueError, match="load takes no output_loading_info"):
        load(tmp_path, output_loading_info=True)


def test_a_stock_folder_that_lacks_weights_is_refused(model: Any, tmp_path: Path) -> None:
    weights = model.state_dict()
    del weights["model.layers.1.mlp.up_proj.weight"]
    model.save_pretrained(tmp_path, state_dict=weights)
    with pytest.raises(ValueError, match=r"model\.layers\.1\.mlp\.up_proj\.weight is missing"):
        load(tmp_path)


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere does not exist"):
        load(tmp_path / "nowhere")
    with pytest.raises(ValueError, match=r"holds no config\.json: name a folder that save_pretrained has written"):
        load(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "assay"}', encoding="utf-8")
    with pytest.raises(ValueError, match="it is damaged"):
        load(tmp_path)


# peft asks transformers for something under its old name.
@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")
def test_models_that_are_wrapped_or_kept_elsewhere_are_refused(model: Any) -> None:
    from accelerate import cpu_offload
    from peft import LoraConfig, get_peft_model

    tuned = get_peft_model(deepcopy(model), LoraConfig(target_modules=["q_proj"]))
    for given, message in (
        (nn.Linear(2, 2), "goes into models of transformers, which Linear is not"),
        (torch.compile(model, backend="eager"), "not into what torch.compile made of it"),
        (tuned, "which PeftModel is not: unwrap"),
        (tuned.base_model.model, "it has adapters"),
        (
            cpu_offload(deepcopy(model), execution_device=torch.device("cpu")),
            "some of its weights are not on its device",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            LayerNormScaling().apply(given)  # type: ignore[type-var]


def test_what_is_refused_is_left_as_it_was(model: Any) -> None:
    @dataclass(frozen=True)
    class Picky(Change):
        title: ClassVar[str] = "Picky"

        def check(self, model: Any) -> None:
            raise ValueError("never")

    before = model.config.to_json_string()
    with pytest.raises(ValueError, match="never"):
        Picky().apply(model)
    assert model.config.to_json_string() == before


def test_code_that_does_not_know_assay_refuses_the_folder(model: Any, tmp_path: Path) -> None:
    LayerNormScaling().apply(model).save_pretrained(tmp_path)
    script = f"from transformers import AutoModelForCausalLM; AutoModelForCausalLM.from_pretrained({str(tmp_path)!r})"
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "model type `assay`" in ended.stderr


def test_the_package_offers_load_and_nothing_else() -> None:
    assert assay.methods.load is load
    with pytest.raises(AttributeError, match="has no attribute 'unload'"):
        assay.methods.unload  # noqa: B018
