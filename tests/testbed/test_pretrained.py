"""A pretrained model is loaded from a folder, a GGUF file or a package; whatever is none is refused in a line."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from transformers import BertConfig, BertModel

from assay.testbed.models import tiny
from assay.testbed.pretrained import load_language_model
from assay.testbed.resources import NotFetchedError, resource, resources
from assay.testbed.text import byte_tokenizer


def test_a_folder(tiny_model: Path) -> None:
    loaded = load_language_model(tiny_model)
    assert (loaded.name, loaded.dtype, loaded.quantisation) == ("tiny", "float32", "")
    assert loaded.parameters == sum(each.numel() for each in loaded.model.parameters())
    assert not loaded.model.training
    again = load_language_model(str(tiny_model))
    assert again.fingerprint == loaded.fingerprint
    assert loaded.description.startswith("tiny, ")
    assert torch.equal(loaded.prompt("hello"), loaded.ids("hello"))  # it has no chat format
    assert isinstance(loaded.answer(loaded.ids("hello"), new=3), str)


def test_one_other_weight_is_another_model(tiny_model: Path, tmp_path: Path) -> None:
    before = load_language_model(tiny_model)
    with torch.no_grad():
        before.model.lm_head.weight[0, 0] += 1  # type: ignore[operator, index, union-attr]
    folder = tmp_path / "tiny"
    before.model.save_pretrained(folder)
    before.tokenizer.save_pretrained(folder)
    after = load_language_model(folder)
    assert after.name == before.name
    assert after.fingerprint != before.fingerprint


def test_a_precision_of_ones_own(tiny_model: Path) -> None:
    loaded = load_language_model(tiny_model, dtype="bfloat16")
    assert (loaded.dtype, loaded.model.dtype) == ("bfloat16", torch.bfloat16)
    with pytest.raises(ValueError, match="dtype is 'int8'"):
        load_language_model(tiny_model, dtype="int8")


def test_what_is_no_model_is_refused_in_a_line(tiny_model: Path, tmp_path: Path) -> None:
    encoder = tmp_path / "encoder"
    BertModel(
        BertConfig(vocab_size=20, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
    ).save_pretrained(encoder)
    wordless = tmp_path / "wordless"
    tiny("llama", vocab_size=99, layers=1).save_pretrained(wordless)
    torn = tmp_path / "torn"
    shutil.copytree(tiny_model, torn)
    (torn / "model.safetensors").write_bytes((torn / "model.safetensors").read_bytes()[:100])
    part = tmp_path / "part"
    shutil.copytree(tiny_model, part)
    config = json.loads((part / "config.json").read_text())
    (part / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
    empty = tmp_path / "empty"
    empty.mkdir()
    two = tmp_path / "two"
    two.mkdir()
    for name in ("a", "b"):
        (two / f"{name}.gguf").write_bytes(b"GGUF")
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + bytes(100))
    for source, message in {
        encoder: "a model of another kind, BertModel",
        wordless: "gives no tokenizer",
        torn: "gives no causal language model",
        part: "its weights lack 9 tensors",
        empty: "neither config.json nor a GGUF file",
        two: "2 GGUF files: name one",
        text: "is no model",
        broken: "gives no ",
        tmp_path / "nowhere": "is not there",
    }.items():
        with pytest.raises(ValueError, match=message) as caught:
            load_language_model(source)
        assert "\n" not in str(caught.value), source


def test_a_hubs_id_without_a_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ValueError, match="neither a file or folder here nor in the hub's cache") as caught:
        load_language_model("no-such-person/no-such-model")
    assert "\n" not in str(caught.value)


def test_a_resource_that_writes_no_text_is_refused() -> None:
    with pytest.raises(ValueError, match="all-minilm-l6-v2 is a sentence encoder"):
        load_language_model("all-minilm-l6-v2")


def test_without_a_network_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path))
    monkeypatch.setenv("ASSAY_OFFLINE", "1")
    with pytest.raises(NotFetchedError, match="smollm2-135m-instruct is not here and cannot be fetched: ASSAY_OFFLINE"):
        load_language_model()
    assert not resource("smollm2-135m-instruct").is_here


def test_every_resource_is_pinned_and_in_the_documents() -> None:
    page = (Path(__file__).parents[2] / "docs" / "real-models.md").read_text(encoding="utf-8")
    for each in resources().values():
        assert len(each.sha256) == 64
        assert each.files
        for words in (each.name, each.package, each.version, each.licence.partition(" ")[0].partition(";")[0]):
            assert words in page, f"docs/real-models.md says nothing of {words}"


def test_the_real_one(smollm2: Path) -> None:
    loaded = load_language_model(smollm2)
    assert loaded.quantisation == "Q4_1"
    assert loaded.parameters == 134_515_008
    assert "Paris" in loaded.answer(loaded.prompt("What is the capital of France?"), new=8)
    (file,) = resource("smollm2-135m-instruct").fetch()
    assert load_language_model(file).fingerprint == loaded.fingerprint


def test_byte_tokens_are_one_a_byte(tiny_model: Path) -> None:
    assert load_language_model(tiny_model).ids("héllo").tolist() == byte_tokenizer()("héllo")["input_ids"]
