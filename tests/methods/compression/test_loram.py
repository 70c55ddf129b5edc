"""LoRAM: small models are rows and columns of the full one, recovery puts each back in its place, NF4 is QLoRA's."""

import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import load_file, save_file
from tests.methods.contract import ForGood
from tests.methods.families import ids, logits, tiny_model
from tests.methods.pages import run_example
from torch import nn
from transformers import AutoModelForCausalLM, LlamaForCausalLM, LlamaForSequenceClassification

from assay.methods import load
from assay.methods.compression.loram import (
    NF4,
    Alignment,
    NF4Linear,
    PrunedSizes,
    Pruning,
    PruningPlan,
    Selection,
    Shape,
    align,
    nf4_levels,
    recover,
    recover_adapter,
    stored_bytes,
)

ROWS, COLUMNS = ("q_proj", "k_proj", "v_proj", "gate_proj", "up_proj"), ("o_proj", "down_proj")
TARGETS = [*ROWS, *COLUMNS]

# `peft` asks transformers by a name that transformers has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


def build(family: str = "llama", layers: int = 3, **config: Any) -> Any:
    """The same model each time; biases are not zero."""
    torch.manual_seed(0)
    model = tiny_model(family, layers, **config)
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            nn.init.normal_(parameter, std=0.1)
    return model


def batch() -> dict[str, torch.Tensor]:
    return {"input_ids": ids(2, 9), "labels": ids(2, 9)}


def plan_of(model: Any, **pruning: Any) -> PruningPlan:
    config: dict[str, Any] = {"ratio": 0.5, "layers": (1, None), "score": "random"} | pruning
    return PruningPlan.structured(model, Pruning(**config), [batch()])


def small_of(model: Any, **pruning: Any) -> Any:
    return plan_of(model, **pruning).apply(model)


def adapter(model: Any, folder: Path, **config: Any) -> Any:
    """A model with an adapter that does something, saved."""
    torch.manual_seed(1)
    lora = LoraConfig(**{"r": 4, "lora_alpha": 6, "target_modules": TARGETS, **config})
    tuned: Any = get_peft_model(model, lora).eval()
    for name, parameter in tuned.named_parameters():
        if "lora_B" in name:
            nn.init.normal_(parameter, std=0.3)
    tuned.save_pretrained(str(folder), save_embedding_layers=False)
    return tuned


def trained() -> nn.Module:
    small = small_of(tiny_model("llama"), layers=(0, None), score="magnitude")
    tuned: nn.Module = get_peft_model(small, LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False))
    return tuned


# Half of the last layer: the sizes differ, and no configuration of transformers can say them. A small model does not
# hold what was pruned, so that there is no way back.
CONTRACT = ForGood(apply=small_of, trained=trained)


# Planning and pruning


@pytest.mark.parametrize(
    ("family", "score"),
    [*(("llama", score) for score in ("taylor", "magnitude")), *((each, "random") for each in ("qwen2", "qwen3"))],
)
def test_a_small_model_computes_as_the_full_one_with_nothing_where_it_was_pruned(family: str, score: str) -> None:
    """Neurons and groups whose outputs are zeroed in the full model are as good as removed."""
    full = build(family)
    before = {name: tensor.clone() for name, tensor in full.state_dict().items()}
    plan = plan_of(full, score=score)
    small: Any = plan.apply(full)
    assert type(small) is type(full)
    assert all(torch.equal(tensor, before[name]) for name, tensor in full.state_dict().items())
    assert all(parameter.grad is None for parameter in full.parameters())
    for number, layer in enumerate(full.model.layers):
        neurons, groups = (set(ids.tolist()) for ids in plan.selections[number])
        with torch.no_grad():
            layer.mlp.down_proj.weight[:, [n for n in range(48) if n not in neurons]] = 0
            for group in {0, 1} - groups:
                layer.self_attn.o_proj.weight[:, 16 * group : 16 * (group + 1)] = 0
    torch.testing.assert_close(logits(small, ids(2, 9)), logits(full, ids(2, 9)), atol=1e-5, rtol=1e-5)
    attention = small.model.layers[1].self_attn
    assert (attention.q_proj.out_features, attention.k_proj.out_features) == (16, 8)
    assert small.model.layers[1].mlp.down_proj.in_features == 24
    assert small.model.layers[0].mlp.down_proj.in_features == 48


def test_the_taylor_score_finds_what_the_loss_needs() -> None:
    """A neuron without an output cannot matter, however large its inputs are; by magnitude it would."""
    full = build()
    with torch.no_grad():
        mlp = full.model.layers[1].mlp
        mlp.down_proj.weight[:, :24] = 0
        mlp.gate_proj.weight[:24] *= 10
        attention = full.model.layers[1].self_attn
        attention.o_proj.weight[:, :16] = 0
        attention.v_proj.weight[:8] *= 10
    taylor, magnitude = (plan_of(full, score=score).selections[1] for score in ("taylor", "magnitude"))
    assert (taylor.neurons >= 24).all()
    assert taylor.groups.tolist() == [1]
    assert (magnitude.neurons < 24).all()
    assert magnitude.groups.tolist() == [0]


def test_the_taylor_score_is_weight_times_gradient() -> None:
    full = build()
    plan = plan_of(full, score="taylor")
    full(**batch()).loss.backward()
    layer = full.model.layers[2]
    change = {name: (p * p.grad).abs().detach() for name, p in layer.named_parameters() if "proj.weight" in name}
    mlp = [change[f"mlp.{name}_proj.weight"] for name in ("gate", "up", "down")]
    worth = torch.stack([mlp[0][n].sum() + mlp[1][n].sum() + mlp[2][:, n].sum() for n in range(48)])
    assert plan.selections[2].neurons.tolist() == sorted(worth.argsort(descending=True)[:24].tolist())


def test_sizes_are_those_of_the_paper() -> None:
    assert 28_672 - Pruning().prunes(28_672) == 4301
    assert 8 - Pruning().prunes(8) == 2
    assert Pruning(ratio=0.29).prunes(100) == 29
    assert Pruning(ratio=0.99).prunes(1) == 0  # something is always left
    assert range(80)[slice(*Pruning().layers)] == range(4, 78)


def test_a_plan_is_saved_with_its_hash(tmp_path: Path) -> None:
    full, file = build(), tmp_path / "plan.safetensors"
    full.config.name_or_path = "publisher/full"
    plan, other = plan_of(full), plan_of(full, seed=1)
    plan.save(file)
    loaded = PruningPlan.load(file)
    assert loaded.hash == plan.hash != other.hash
    assert (loaded.shape, loaded.base) == (plan.shape, "publisher/full")
    tensors = load_file(file)
    card = {"loram": json.dumps({"format": 1, "shape": plan.shape._asdict(), "base": "", "hash": other.hash})}
    save_file(tensors, tmp_path / "altered", metadata=card)
    save_file(tensors, tmp_path / "unmarked")
    (tmp_path / "short").write_bytes(b"short")
    for name, words in {
        "altered": "was altered since it was written",
        "unmarked": "is no plan of format 1: it says None",
        "short": "is damaged",
        "none": "there is no plan at",
    }.items():
        with pytest.raises(ValueError, match=words):
            PruningPlan.load(tmp_path / name)


def test_where_all_layers_have_the_same_sizes_it_is_a_stock_model(tmp_path: Path) -> None:
    full = build("qwen2", tie_word_embeddings=True)
    small = small_of(full, layers=(0, None))
    small.save_pretrained(tmp_path)
    for loaded in (load(tmp_path), AutoModelForCausalLM.from_pretrained(tmp_path).eval()):
        assert type(loaded.config) is type(full.config)
        assert torch.equal(logits(loaded, ids(2, 9)), logits(small, ids(2, 9)))
    assert json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))["model_type"] == "qwen2"
    # Three heads are left, and 32 is no multiple of 3: Llama's configuration does not allow it.
    assert PrunedSizes.of(small_of(build(num_key_value_heads=4), ratio=0.25, layers=(0, None))).groups == (3, 3, 3)


def test_a_classifier_is_pruned_too(tmp_path: Path) -> None:
    """A reward model, say."""
    full: Any = LlamaForSequenceClassification(build().config).eval()
    small = small_of(full)
    small.save_pretrained(tmp_path)
    loaded: Any = load(tmp_path)
    assert type(loaded) is LlamaForSequenceClassification
    assert torch.equal(logits(loaded, ids(2, 9)), logits(small, ids(2, 9)))


def test_a_small_model_has_no_way_back() -> None:
    small = small_of(build())
    with pytest.raises(ValueError, match="does not hold what was pruned: take the full model again"):
        PrunedSizes.revert(small)
    with pytest.raises(ValueError, match="LoRAM prunes by a plan, into a copy"):
        PrunedSizes((48, 24, 24), (2, 1, 1)).apply(build())


def test_the_meta_device_tells_sizes() -> None:
    with torch.device("meta"):
        full = build(layers=4)
    small, real = small_of(full), small_of(build(layers=4))
    assert stored_bytes(small) == stored_bytes(real)
    assert stored_bytes(NF4().apply(small)) == stored_bytes(NF4().apply(real))
    with pytest.raises(ValueError, match="no weights for the magnitude score"):
        plan_of(full, score="magnitude")


@pytest.mark.filterwarnings("ignore:.*should not be instantiated:DeprecationWarning")  # torch's compiler does it
def test_a_packed_layer_compiles() -> None:
    """As one graph; the layers around it are stock ones."""
    packed, x = NF4Linear(nn.Linear(32, 48)), torch.randn(3, 32)
    torch.compiler.reset()
    compiled = torch.compile(packed, backend="eager", fullgraph=True)
    with torch.no_grad():
        torch.testing.assert_close(compiled(x), packed(x), atol=1e-5, rtol=1e-5)


# Alignment


def test_alignment_trains_all_but_the_head() -> None:
    full = build()
    small = small_of(full)
    for parameter in small.parameters():
        parameter.requires_grad_(False)
    before = {name: parameter.clone() for name, parameter in small.named_parameters()}
    losses = align(small, [batch()] * 12, Alignment(lr=1e-2))
    assert losses[-1] < losses[0] - 0.5
    changed = {name for name, parameter in small.named_parameters() if not torch.equal(parameter, before[name])}
    assert changed == set(before) - {"lm_head.weight"}
    assert not any(parameter.requires_grad for parameter in small.parameters())
    assert not small.training


# Recovery


@pytest.mark.parametrize(("family", "dtype"), [("llama", torch.bfloat16), ("qwen3", torch.float32)])
def test_the_change_is_the_small_models_where_it_stays_and_zero_elsewhere(
    family: str, dtype: torch.dtype, tmp_path: Path
) -> None:
    full = build(family).to(dtype)
    plan = plan_of(full)
    small: Any = plan.apply(full)
    tuned = adapter(small, tmp_path / "small")
    recover_adapter(tmp_path / "small", plan, tmp_path / "whole")
    whole: Any = PeftModel.from_pretrained(build(family).to(dtype), str(tmp_path / "whole"))
    for number in range(3):
        for name in TARGETS:
            part = "self_attn" if name in TARGETS[:3] or name == "o_proj" else "mlp"
            path = f"base_model.model.model.layers.{number}.{part}.{name}"
            wide, narrow = whole.get_submodule(path), tuned.get_submodule(path)
            change, small_change = (m.get_delta_weight("default").detach() for m in (wide, narrow))
            features, side = plan.features(number, name), 1 if name in COLUMNS else 0
            torch.testing.assert_close(change.index_select(side, features), small_change)
            gone = torch.ones(change.shape[side], dtype=torch.bool)
            gone[features] = False
            assert not change.index_select(side, gone.nonzero().flatten()).any()
            # The rows that carry the change are those that the small model had.
            base = wide.get_base_layer().weight
            assert torch.equal(base.index_select(side, features), narrow.get_base_layer().weight)
    if dtype == torch.float32:
        # Prune the tuned model, and it is the tuned small model.
        again = plan.apply(whole.merge_and_unload())
        torch.testing.assert_close(logits(again, ids(2, 9)), logits(tuned, ids(2, 9)), atol=1e-4, rtol=1e-4)


def test_without_pruning_nothing_changes(tmp_path: Path) -> None:
    full = build()
    plan = plan_of(full, ratio=0.0)
    small: Any = plan.apply(full)
    assert torch.equal(logits(small, ids(2, 9)), logits(full, ids(2, 9)))
    assert not {p.data_ptr() for p in small.parameters()} & {p.data_ptr() for p in full.parameters()}
    adapter(small, tmp_path / "small", target_modules=[*TARGETS, "lm_head"])
    before = load_file(tmp_path / "small" / "adapter_model.safetensors")
    after = recover_adapter(tmp_path / "small", plan, tmp_path / "whole")
    assert before.keys() == after.keys() == load_file(tmp_path / "whole" / "adapter_model.safetensors").keys()
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_scales_stay(tmp_path: Path) -> None:
    full = build()
    plan = plan_of(full)
    patterns = {"rank_pattern": {"down_proj": 2}, "alpha_pattern": {"q_proj": 3}}
    adapter(plan.apply(full), tmp_path / "small", use_rslora=True, **patterns)
    recover_adapter(tmp_path / "small", plan, tmp_path / "whole")
    whole: Any = PeftModel.from_pretrained(full, str(tmp_path / "whole"))
    layer = whole.get_submodule("base_model.model.model.layers.1")
    assert layer.mlp.up_proj.scaling["default"] == pytest.approx(6 / 4**0.5)
    assert layer.self_attn.q_proj.scaling["default"] == pytest.approx(3 / 4**0.5)
    assert layer.mlp.down_proj.scaling["default"] == pytest.approx(6 / 2**0.5)


@settings(max_examples=30)
@given(st.data())
def test_recovery_by_hand(data: st.DataObject) -> None:
    """Against a loop over features, for any plan of one layer."""
    kv, per, dim, wide = 3, 2, 2, 5
    choose = lambda of: sorted(data.draw(st.sets(st.integers(0, of - 1), min_size=1)))  # noqa: E731
    groups, neurons = choose(kv), choose(wide)
    shape = Shape(1, 4, wide, kv * per, kv, dim)
    plan = PruningPlan(shape, (Selection(torch.tensor(neurons), torch.tensor(groups)),))
    heads = [head for head in range(kv * per) if head // per in groups]
    features = {
        "self_attn.q_proj": [dim * head + i for head in heads for i in range(dim)],
        "self_attn.v_proj": [dim * group + i for group in groups for i in range(dim)],
        "mlp.up_proj": neurons,
    }
    key = "base_model.model.model.layers.0.{}.lora_B.weight".format
    state = {key(path): torch.randn(len(numbers), 2) for path, numbers in features.items()}
    full = {"self_attn.q_proj": kv * per * dim, "self_attn.v_proj": kv * dim, "mlp.up_proj": wide}
    for path, numbers in features.items():
        whole = recover(state, plan)[key(path)]
        assert whole.shape == (full[path], 2)
        for feature in range(full[path]):
            row = state[key(path)][numbers.index(feature)] if feature in numbers else torch.zeros(2)
            assert torch.equal(whole[feature], row)


def test_an_adapter_of_another_plan_is_refused(tmp_path: Path) -> None:
    full = build()
    plan, other, narrow = plan_of(full), plan_of(full, seed=3), plan_of(full, ratio=0.8)
    small: Any = plan.apply(full)
    small.save_pretrained(tmp_path / "model")
    for name, model in {"fresh": small, "loaded": load(tmp_path / "model")}.items():
        adapter(model, tmp_path / name)
        recover_adapter(tmp_path / name, plan, tmp_path / "whole")
        with pytest.raises(ValueError, match=f"was pruned by the plan {plan.hash[:12]}, not by {other.hash[:12]}"):
            recover_adapter(tmp_path / name, other, tmp_path / "no")
    unnamed = plan.apply(full)
    unnamed.name_or_path = "publisher/small"
    adapter(unnamed, tmp_path / "unnamed")
    with pytest.raises(ValueError, match="trained on publisher/small, which does not say by which plan"):
        recover_adapter(tmp_path / "unnamed", plan, tmp_path / "no")
    recover_adapter(tmp_path / "unnamed", plan, tmp_path / "whole", unverified=True)
    with pytest.raises(ValueError, match="is for 24 features, and the plan left 10: it is of another model"):
        recover_adapter(tmp_path / "unnamed", narrow, tmp_path / "no", unverified=True)
    with pytest.raises(ValueError, match="the plan is for a model of 2 layers"):
        recover_adapter(tmp_path / "unnamed", plan_of(build(layers=2)), tmp_path / "no", unverified=True)
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"use_dora": True}, "DoRA cannot be recovered"),
        ({"bias": "all"}, "the adapter trained biases"),
        ({"modules_to_save": ["lm_head"]}, "the adapter has modules_to_save"),
        ({"init_lora_weights": "olora"}, "init_lora_weights='olora' moves a part of the base weights"),
        ({"target_modules": ["lm_head"]}, "no factors within the blocks"),
        ({"target_modules": ["up_proj", "embed_tokens"]}, "neither factor of a linear layer"),
    ],
)
def test_other_adapters_are_refused(config: dict[str, Any], words: str, tmp_path: Path) -> None:
    full = build("qwen2")
    plan = plan_of(full)
    adapter(plan.apply(full), tmp_path / "small", **config)
    with pytest.raises(ValueError, match=words):
        recover_adapter(tmp_path / "small", plan, tmp_path / "no")
    assert not (tmp_path / "no").exists()


def test_what_is_no_adapter_is_refused(tmp_path: Path) -> None:
    full = build()
    plan = plan_of(full)
    with pytest.raises(ValueError, match=r"holds no adapter of peft: there is no adapter_config\.json"):
        recover_adapter(tmp_path, plan, tmp_path / "no")
    adapter(plan.apply(full), tmp_path / "small")
    file = tmp_path / "small" / "adapter_config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    trained = {"lora_bias": True}, "the adapter trained biases"
    for change, words in (trained, ({"peft_type": "IA3"}, "type IA3"), ({"kasa_config": {"a": 1}}, "uses kasa_config")):
        file.write_text(json.dumps(config | change), encoding="utf-8")
        with pytest.raises(ValueError, match=words):
            recover_adapter(tmp_path / "small", plan, tmp_path / "no")
    (tmp_path / "small" / "adapter_model.safetensors").write_bytes(b"short")
    with pytest.raises(ValueError, match="is damaged"):
        recover_adapter(tmp_path / "small", plan, tmp_path / "no")


# Refusals of plans


ONE_LAYER = Shape(1, 4, 3, 2, 2, 2)


def plan_by_groups(groups: list[int]) -> PruningPlan:
    return PruningPlan(ONE_LAYER, (Selection(torch.arange(3), torch.tensor(groups, dtype=torch.long)),))


def broken() -> Any:
    model = build()
    with torch.no_grad():
        model.lm_head.weight[0, 0] = float("nan")
    return model


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Pruning(ratio=-0.1), "a ratio of -0.1 prunes nothing or all"),
        (lambda: Pruning(ratio=1.0), "a ratio of 1.0 prunes nothing or all"),
        (lambda: Pruning(score="wanda"), "there is no score 'wanda'"),
        (lambda: plan_of(build(), layers=(4, -2)), r"layers \(4, -2\) are none of the 3"),
        (lambda: PruningPlan.structured(build(), Pruning(layers=(0, None))), "the taylor score wants text"),
        (lambda: PruningPlan(ONE_LAYER, ()), "a plan for 0 layers does not fit a model of 1"),
        *(
            (lambda groups=groups: plan_by_groups(groups), "of layer 0 are not ascending numbers from 0 to 1")
            for groups in ([], [1, 0], [0, 0], [2], [-1])
        ),
        (lambda: align(build(), []), "alignment wants text"),
        (lambda: Alignment(lr=0), "a rate of 0 aligns nothing"),
        (lambda: Alignment(warmup=-1), "a warm-up of -1 steps"),
        (lambda: align(broken(), [batch()]), "the loss is nan at step 0 of the alignment"),
        (lambda: plan_of(broken(), score="taylor"), "the loss of batch 1 is nan"),
    ],
)
def test_wrong_settings_are_refused(call: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()


def test_wrong_models_are_refused() -> None:
    full = build()
    plan = plan_of(full)
    wrapped: Any = get_peft_model(build(), LoraConfig(target_modules=TARGETS))
    for model, words in {
        build("gpt2"): "q_proj of layer 0 of this GPT2LMHeadModel is missing",
        nn.Linear(2, 2): "LoRAM is for transformers' decoders and encoders, which Linear is not",
        wrapped: "which PeftModel is not: unwrap the model first",
        wrapped.base_model.model: r"it has adapters \(model\.layers\.0\.self_attn\.q_proj",
        NF4().apply(build()): "q_proj of layer 0 of this LlamaForCausalLM is a NF4Linear",
        plan.apply(full): "differ in size: it is pruned already",
        # Attention that knows its heads in other ways than by the sizes of its layers.
        build("olmo2"): r"q_norm\.weight of layer 0 of this Olmo2ForCausalLM belongs to heads",
        build("stablelm"): "of this StableLmForCausalLM reckons with a number of heads of its own",
        build("cohere_qk_norm"): r"q_norm\.weight of layer 0 of this CohereForCausalLM belongs to heads",
        build("bitnet"): "of this BitNetForCausalLM belongs to heads or neurons in a way",
    }.items():
        with pytest.raises(ValueError, match=words):
            plan_of(model)
    with pytest.raises(ValueError, match="the plan is for Shape"):
        plan.apply(build(intermediate_size=64))
    with pytest.raises(ValueError, match="the plan is for Shape"):
        plan.apply(small_of(full, layers=(0, None)))


def test_weights_that_are_on_disk_are_neither_pruned_nor_packed(tmp_path: Path) -> None:
    build().save_pretrained(tmp_path)
    places = dict.fromkeys(["model.embed_tokens", "model.layers.0", "model.layers.1", "model.norm", "lm_head"], "cpu")
    places |= {"model.rotary_emb": "cpu", "model.layers.2": "disk"}
    model: Any = LlamaForCausalLM.from_pretrained(tmp_path, device_map=places, offload_folder=tmp_path / "offload")
    for change in (plan_of(build()).apply, NF4().apply, plan_of):
        with pytest.raises(ValueError, match="some of its weights are not on its device"):
            change(model)


# Four bits


def test_the_levels_are_those_of_qlora() -> None:
    """To five digits, as its appendix prints them."""
    printed = [-1, -0.69619, -0.52507, -0.39492, -0.28444, -0.18477, -0.09105, 0, 0.07958, 0.16093, 0.24611, 0.33792,
               0.44071, 0.56262, 0.72296, 1]  # fmt: skip
    torch.testing.assert_close(nf4_levels(), torch.tensor(printed, dtype=torch.float32), atol=1e-5, rtol=0)


@pytest.mark.parametrize("shape", [(48, 64), (5, 7), (300, 70)])
def test_codes_are_the_nearest_levels(shape: tuple[int, int]) -> None:
    torch.manual_seed(0)
    layer = nn.Linear(shape[1], shape[0])
    packed = NF4Linear(layer)
    weight, read = layer.weight.detach().flatten(), packed.unpacked().flatten()
    levels = nf4_levels()
    for block, back in zip(weight.split(64), read.split(64), strict=True):
        scale = float(back.abs().max())  # the largest of a block is read as its scale
        assert scale == pytest.approx(float(block.abs().max()), rel=0.05)
        nearest = (block[:, None] - scale * levels).abs().min(1).values
        torch.testing.assert_close((block - back).abs(), nearest, atol=1e-6, rtol=1e-5)
    assert float((weight - read).norm() / weight.norm()) < 0.12


def test_bits_are_those_of_qlora() -> None:
    """Four, 8 / 64 for a scale and 32 / (64 * 256) for the scale of scales, when nothing is left over."""
    layer = nn.Linear(512, 512, bias=False)
    packed = NF4Linear(layer)
    bits = 8 * (stored_bytes(packed) - packed.levels.nbytes - packed.mean.nbytes) / layer.weight.numel()
    assert bits == pytest.approx(4 + 8 / 64 + 32 / (64 * 256))


def test_gradients_go_through_to_the_adapter_alone() -> None:
    packed = NF4().apply(small_of(build("qwen2")))
    assert type(packed.lm_head) is nn.Linear
    plain = deepcopy(packed)
    for path, module in list(plain.named_modules()):
        if isinstance(module, NF4Linear):
            unpacked = nn.Linear(module.in_features, module.out_features, bias=module.bias is not None)
            unpacked.weight.data = module.unpacked()
            unpacked.bias = module.bias
            plain.set_submodule(path, unpacked)
    torch.testing.assert_close(logits(packed, ids(2, 9)), logits(plain, ids(2, 9)), atol=1e-5, rtol=1e-5)
    gradients = []
    for model in (packed, plain):
        torch.manual_seed(0)
        tuned: Any = get_peft_model(model, LoraConfig(target_modules=TARGETS, init_lora_weights=False))
        tuned(**batch()).loss.backward()
        gradients.append({name: p.grad for name, p in tuned.named_parameters() if p.requires_grad})
    assert gradients[0].keys() == gradients[1].keys()
    for name, gradient in gradients[0].items():
        torch.testing.assert_close(gradient, gradients[1][name], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=["fp32", "bf16"])
def test_packed_models_are_saved_and_loaded(dtype: torch.dtype, tmp_path: Path) -> None:
    full = build("qwen2")
    for parameter in full.parameters():  # as `from_pretrained` does it: what rotates stays in fp32
        parameter.data = parameter.data.to(dtype)
    packed = NF4().apply(small_of(full))
    packed.save_pretrained(tmp_path)
    loaded: Any = load(tmp_path)
    assert torch.equal(logits(loaded, ids(2, 9)), logits(packed, ids(2, 9)))
    assert stored_bytes(loaded) == stored_bytes(packed)
    assert isinstance(loaded.model.layers[1].mlp.up_proj, NF4Linear)


def test_packing_refuses() -> None:
    full = build()
    tuned: Any = get_peft_model(build(), LoraConfig(target_modules=TARGETS))
    infinite = build()
    with torch.no_grad():
        infinite.model.layers[1].mlp.up_proj.weight[0, 0] = float("inf")
    NF4().apply(full)
    with pytest.raises(ValueError, match="holds its weights in 4 bits alone: load the original again"):
        NF4.revert(full)
    for model, words in {
        full: "this LlamaForCausalLM has NF4 already",
        tuned: "NF4 goes into models of transformers, which PeftModel is not: unwrap",
        tuned.base_model.model: "it has adapters",
        infinite: "up_proj of layer 1 has weights that are not finite",
    }.items():
        with pytest.raises(ValueError, match=words):
            NF4().apply(model)


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_example("loram")
