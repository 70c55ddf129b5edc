"""VISTA: turned as the equation says, exact where nothing is to be turned, and rows that stay their own."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.contract import ForAWhile
from tests.methods.families import family_model, ids, with_other_vectors
from tests.methods.pages import run_example
from torch import Tensor
from transformers import (
    LlavaConfig,
    LlavaForConditionalGeneration,
    Qwen2VLConfig,
    Qwen2VLForConditionalGeneration,
    SmolVLMConfig,
    SmolVLMForConditionalGeneration,
)

from assay.methods._branches import Branches
from assay.methods._decoders import blocks_of
from assay.methods.decoding.vista_steering import (
    SelfLogits,
    VisualSteering,
    chair,
    contrast,
    steer,
    without_images,
)

LAYERS = 3
IMAGE = 2
TEXT: dict[str, Any] = {
    "vocab_size": 40, "hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 4, "num_key_value_heads": 2,
    "num_hidden_layers": LAYERS, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": None, "initializer_range": 0.15,
}  # fmt: skip
TOWER: dict[str, Any] = {
    "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 5, "num_attention_heads": 2, "patch_size": 4,
    "initializer_range": 0.5,
}  # fmt: skip
"""Of five layers: the longest list of modules in the model is not the decoder's."""


def direction(model: Any) -> Tensor:
    """One for all rows, of each layer."""
    width = model.config.get_text_config().hidden_size
    generator = torch.Generator().manual_seed(0)
    return torch.randn(len(blocks_of(model, method="VISTA")), width, generator=generator)


@contextmanager
def both(model: Any, vectors: Tensor, strength: float, alpha: float) -> Iterator[None]:
    """Self-logits of the first layer or two, and steering inside of them."""
    last = min(1, vectors.shape[0] - 1)
    with SelfLogits(layers=(0, last), alpha=alpha)(model), VisualSteering(strength)(model, vectors):
        yield


CONTRACT = ForAWhile(
    neutral=lambda model: both(model, direction(model), 0.0, 0.0),
    active=lambda model: both(model, direction(model), 0.4, 0.3),
)


# Image-text models


def llava() -> Any:
    tower = {"model_type": "clip_vision_model", "image_size": 8, "projection_dim": 16, **TOWER}
    return LlavaForConditionalGeneration(
        LlavaConfig(text_config={"model_type": "llama", **TEXT}, vision_config=tower, image_token_index=IMAGE,
                    image_seq_length=4, vision_feature_layer=-1)
    )  # fmt: skip


def qwen2_vl() -> Any:
    rope = {"rope_type": "default", "rope_theta": 1e4, "mrope_section": [1, 1, 2]}
    tower = {"depth": 5, "embed_dim": 16, "hidden_size": 32, "num_heads": 2, "mlp_ratio": 2, "patch_size": 4,
             "initializer_range": 0.5}  # fmt: skip
    return Qwen2VLForConditionalGeneration(
        Qwen2VLConfig(text_config={**TEXT, "rope_parameters": rope}, vision_config=tower, image_token_id=IMAGE,
                      video_token_id=3, vision_start_token_id=4, vision_end_token_id=5)
    )  # fmt: skip


def smolvlm() -> Any:
    return SmolVLMForConditionalGeneration(
        SmolVLMConfig(text_config={"model_type": "llama", **TEXT}, vision_config={"image_size": 16, **TOWER},
                      image_token_id=IMAGE, scale_factor=2)
    )  # fmt: skip


def pixels(name: str) -> dict[str, Tensor]:
    """Of two images."""
    generator = torch.Generator().manual_seed(0)
    match name:
        case "llava":
            return {"pixel_values": 3 * torch.randn(2, 3, 8, 8, generator=generator)}
        case "qwen2_vl":
            patches = 3 * torch.randn(2, 16, 96, generator=generator)
            return {"pixel_values": patches, "image_grid_thw": torch.tensor([[1, 4, 4], [1, 4, 4]])}
    return {"pixel_values": 3 * torch.randn(2, 1, 3, 16, 16, generator=generator)}


MODELS: dict[str, Callable[[], Any]] = {"llava": llava, "qwen2_vl": qwen2_vl, "smolvlm": smolvlm}


def seen(name: str, rows: tuple[int, ...] = (0, 1)) -> dict[str, Tensor]:
    """What a processor makes of an image and a prompt each; the second prompt is shorter, and padded if beside it."""
    image = [4, *[IMAGE] * 4, 5] if name == "qwen2_vl" else [IMAGE] * 4
    texts = [[*image, 10, 11, 12, 13], [*image, 20, 21]]
    longest = max(len(texts[row]) for row in rows)
    made = {key: value[list(rows)] for key, value in pixels(name).items()}
    if name == "qwen2_vl":
        made["pixel_values"] = made["pixel_values"].flatten(0, 1)
    tokens = torch.tensor([[0] * (longest - len(texts[row])) + texts[row] for row in rows])
    if name == "qwen2_vl":
        made["mm_token_type_ids"] = (tokens == IMAGE).int()
    return {"input_ids": tokens, "attention_mask": (tokens != 0).long(), **made}


@pytest.fixture(scope="module", params=MODELS)
def image_text(request: pytest.FixtureRequest) -> tuple[str, Any]:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return request.param, with_other_vectors(MODELS[request.param]().eval())


def written(model: Any, inputs: dict[str, Tensor], **how: Any) -> Tensor:
    """The logits (rows, 5, vocabulary) that five tokens were chosen by."""
    out = model.generate(
        **inputs, max_new_tokens=5, do_sample=False, output_logits=True, return_dict_in_generate=True, **how
    )
    return torch.stack(out.logits, 1)


def test_an_image_text_model_is_exact_at_neutral_and_steers_each_row_by_its_own_image(
    image_text: tuple[str, Any],
) -> None:
    name, model = image_text
    inputs = seen(name)
    plain = written(model, inputs)
    vectors = contrast(model, inputs, without_images(model, inputs))
    assert vectors.shape == (LAYERS, 2, 32)
    with both(model, vectors, 0.0, 0.0):
        assert torch.equal(written(model, inputs), plain)
    with both(model, vectors, 0.3, 0.3):
        together = written(model, inputs)
    with VisualSteering(0.3)(model, vectors), SelfLogits(layers=(0, 1), alpha=0.3)(model):
        assert torch.equal(written(model, inputs), together)
    for site in ("mlp", "residual"):
        with VisualSteering(0.5, site=site)(model, vectors) as steering:  # type: ignore[arg-type]
            steered = written(model, inputs)
        assert (steered - plain).abs().max() > 0.1
        assert steering.passes == 5
        assert steering.tokens == inputs["input_ids"].numel() + 4 * 2
        for row in range(2):
            alone = seen(name, (row,))
            mine = contrast(model, alone, without_images(model, alone))
            torch.testing.assert_close(mine, vectors[:, row : row + 1], atol=1e-4, rtol=1e-4)
            with VisualSteering(0.5, site=site)(model, mine):  # type: ignore[arg-type]
                torch.testing.assert_close(written(model, alone)[0], steered[row], atol=1e-3, rtol=1e-3)
    assert torch.equal(written(model, inputs), plain)


def test_the_tower_is_left_alone_though_it_has_more_layers(image_text: tuple[str, Any]) -> None:
    name, model = image_text
    features: list[Tensor] = []
    (tower,) = (module for path, module in model.named_modules() if path in ("model.vision_tower", "model.visual",
                                                                             "model.vision_model"))  # fmt: skip
    hook = tower.register_forward_hook(lambda _, __, out: features.append(out[0]))
    model(**seen(name))
    with VisualSteering(0.5)(model, direction(model)):
        model(**seen(name))
    hook.remove()
    assert torch.equal(*features)


def test_the_text_of_a_processors_inputs() -> None:
    model = llava()
    text = without_images(model, seen("llava"))
    assert text["input_ids"].tolist() == [[10, 11, 12, 13], [0, 0, 20, 21]]
    assert text["attention_mask"].tolist() == [[1, 1, 1, 1], [0, 0, 1, 1]]
    around = without_images(qwen2_vl(), seen("qwen2_vl"))
    assert around["input_ids"].tolist() == text["input_ids"].tolist()
    few = without_images(model, {"input_ids": torch.tensor([[7, IMAGE, 8, 9]])}, [IMAGE, 8])
    assert few["input_ids"].tolist() == [[7, 9]]
    with pytest.raises(ValueError, match="row 0 has no image token"):
        without_images(model, text)
    with pytest.raises(ValueError, match="image tokens alone"):
        without_images(model, {"input_ids": torch.tensor([[IMAGE, IMAGE]])})
    with pytest.raises(ValueError, match="names no image token"):
        without_images(family_model("llama"), text)


# Steering


@given(
    seed=st.integers(0, 999),
    strength=st.floats(0, 3),
    scale=st.sampled_from([1e-6, 1.0, 1e4]),
    dtype=st.sampled_from([torch.float32, torch.bfloat16]),
)
def test_turned_as_the_equation_says_and_of_the_same_norm(
    seed: int, strength: float, scale: float, dtype: torch.dtype
) -> None:
    generator = torch.Generator().manual_seed(seed)
    hidden = (scale * torch.randn(2, 3, 8, generator=generator)).to(dtype)
    v = torch.randn(2, 8, generator=generator)
    actual = steer(hidden, torch.nn.functional.normalize(v, dim=-1), strength)
    assert actual.dtype == dtype
    tolerance = 1e-5 if dtype == torch.float32 else 1e-2
    for row in range(2):
        for place in range(3):
            x = hidden[row, place].double()
            against = float(-(x @ v[row].double()) / (x.norm() * v[row].double().norm()))
            y = strength * (1 + max(0.0, against)) * v[row].double() / v[row].double().norm()
            turned = x / x.norm() + y
            expected = x.norm() * turned / turned.norm()
            torch.testing.assert_close(
                actual[row, place].double(), expected, atol=tolerance * float(x.norm()), rtol=10 * tolerance
            )
            assert float(actual[row, place].double().norm()) == pytest.approx(float(x.norm()), rel=tolerance)


def test_what_has_no_direction_stays() -> None:
    v = torch.nn.functional.normalize(torch.ones(4), dim=-1)
    hidden = torch.stack([torch.zeros(4), -v, 2 * v])[None]
    turned = steer(hidden, v, 0.5)  # -v / |v| + 0.5 * 2 * v / |v| is nothing
    torch.testing.assert_close(turned, hidden)
    assert torch.equal(steer(hidden, v, 0.0), hidden)


def test_a_model_is_steered_as_a_plain_loop_over_its_layers_would() -> None:
    model = family_model("llama", layers=LAYERS)
    tokens, v = ids(2, 9), torch.randn(LAYERS, 2, 32, generator=torch.Generator().manual_seed(3))
    units = torch.nn.functional.normalize(v, dim=-1)
    for site in ("mlp", "residual"):
        with torch.no_grad():
            hidden = model.model.embed_tokens(tokens)
            angles = model.model.rotary_emb(hidden, torch.arange(9)[None])
            mask = torch.full((9, 9), -math.inf).triu(1)[None, None]
            for layer, block in enumerate(model.model.layers):
                inner = hidden + block.self_attn(block.input_layernorm(hidden), angles, mask)[0]
                added = block.mlp(block.post_attention_layernorm(inner))
                if layer in (1, 2) and site == "mlp":
                    added = steer(added, units[layer], 0.3)
                hidden = inner + added
                if layer in (1, 2) and site == "residual":
                    hidden = steer(hidden, units[layer], 0.3)
            expected = model.lm_head(model.model.norm(hidden))
            with VisualSteering(0.3, layers=(1, 2), site=site)(model, v):  # type: ignore[arg-type]
                actual = model(tokens).logits
        torch.testing.assert_close(actual, expected, atol=1e-4, rtol=1e-4)


def test_vectors_are_the_difference_of_the_last_states() -> None:
    model = family_model("llama", layers=LAYERS)
    long, short = ids(2, 12), ids(2, 5, seed=1)
    padded = torch.cat([torch.zeros(2, 3, dtype=torch.long), short], 1)
    mask = torch.cat([torch.zeros(2, 3), torch.ones(2, 5)], 1).long()
    vectors = contrast(model, {"input_ids": long}, {"input_ids": padded, "attention_mask": mask})
    with torch.no_grad():
        states = [model(each, output_hidden_states=True).hidden_states for each in (long, short)]
    for layer in range(LAYERS - 1):  # the last of these has been through the final norm
        expected = states[0][layer + 1][:, -1] - states[1][layer + 1][:, -1]
        torch.testing.assert_close(vectors[layer], expected, atol=1e-4, rtol=1e-4)
    assert vectors[-1].norm() > 0


def test_the_prompt_may_be_left_as_it_is() -> None:
    model, prompt = family_model("llama", layers=LAYERS), {"input_ids": ids(2, 8), "attention_mask": torch.ones(2, 8)}
    plain = written(model, prompt)
    v = direction(model)
    with VisualSteering(0.6, decode_only=True)(model, v) as steering:
        late = written(model, prompt)
        assert steering.tokens == 4 * 2
    with VisualSteering(0.6)(model, v):
        whole = written(model, prompt)
    assert torch.equal(late[:, 0], plain[:, 0])
    assert not torch.allclose(late[:, 1:], plain[:, 1:], atol=0.01)
    assert not torch.allclose(late[:, 1:], whole[:, 1:], atol=0.01)
    with VisualSteering(0.6, decode_only=True)(model, v):
        with pytest.raises(ValueError, match="generate with one"):
            model(ids(2, 8), use_cache=False)
        cache = model(ids(2, 8)).past_key_values
        with pytest.raises(ValueError, match="2 tokens are read behind 8"):
            model(ids(2, 2), past_key_values=cache)


def test_beams_need_their_rows() -> None:
    model, tokens = family_model("llama", layers=LAYERS), ids(2, 8)
    vectors = contrast(model, {"input_ids": tokens}, {"input_ids": tokens[:, 4:]})
    how: dict[str, Any] = {"attention_mask": torch.ones(2, 8), "num_beams": 3, "do_sample": False, "max_new_tokens": 4}
    with VisualSteering(0.3)(model, vectors), pytest.raises(ValueError, match="vectors are of 2 rows and the batch"):
        model.generate(tokens, **how)
    with VisualSteering(0.3)(model, vectors.repeat_interleave(3, dim=1)):
        together = model.generate(tokens, **how)
    with VisualSteering(0.3)(model, vectors[:, 1:].repeat_interleave(3, dim=1)):
        alone = model.generate(tokens[1:], **how | {"attention_mask": torch.ones(1, 8)})
    assert together[1].tolist() == alone[0].tolist()


def test_branches_are_steered_as_generate_is() -> None:
    model, tokens = family_model("llama", layers=LAYERS), ids(2, 8)
    with VisualSteering(0.4, decode_only=True)(model, direction(model)):
        expected = model.generate(tokens, attention_mask=torch.ones(2, 8), max_new_tokens=6, do_sample=False)
        rows = Branches.read(model, tokens.tolist(), method="test").write(6)
    assert [row.tokens for row in rows] == expected[:, 8:].tolist()


def test_the_dtype_is_kept() -> None:
    model = family_model("llama").bfloat16()
    with VisualSteering(0.3)(model, direction(model)), SelfLogits(layers=(0, 0))(model):
        assert model(ids(1, 5)).logits.dtype == torch.bfloat16


# Self-logits


@pytest.mark.parametrize("family", ["llama", "gpt2", "gemma2", "mixtral", "falcon"])
@pytest.mark.parametrize("apply_norm", [True, False])
def test_self_logits_are_the_mean_of_what_the_head_makes_of_each_layer(family: str, apply_norm: bool) -> None:
    model, tokens = family_model(family, layers=LAYERS), ids(2, 7)
    decoder = model.get_decoder()
    norm = getattr(decoder, "norm", None) or decoder.ln_f
    states: list[Tensor] = []
    hooks = [
        block.register_forward_hook(lambda _, __, out: states.append(out if isinstance(out, Tensor) else out[0]))
        for block in blocks_of(model, method="test")[:2]
    ]
    with torch.no_grad():
        final = model(tokens, output_hidden_states=True).hidden_states[-1]
        head = model.get_output_embeddings()
        band = torch.stack([head(norm(each) if apply_norm else each) for each in states]).mean(0)
        expected = 0.7 * head(final) + 0.3 * band
        cap = getattr(model.config, "final_logit_softcapping", None)
        expected = cap * torch.tanh(expected / cap) if cap else expected
    for hook in hooks:
        hook.remove()
    with torch.no_grad(), SelfLogits(layers=(0, 1), alpha=0.3, apply_norm=apply_norm)(model):
        torch.testing.assert_close(model(tokens).logits, expected, atol=1e-4, rtol=1e-4)
        if family != "falcon":
            torch.testing.assert_close(model(tokens, logits_to_keep=2).logits, expected[:, -2:], atol=1e-4, rtol=1e-4)
            few = model(tokens, logits_to_keep=torch.tensor([1, 4])).logits
            torch.testing.assert_close(few, expected[:, [1, 4]], atol=1e-4, rtol=1e-4)


def test_self_logits_see_what_was_steered_in_whatever_order_both_are_entered() -> None:
    model, tokens = family_model("llama", layers=LAYERS), ids(2, 7)
    steering, mixing = VisualSteering(0.5, site="residual"), SelfLogits(layers=(0, 1))
    with torch.no_grad():
        with steering(model, direction(model)), mixing(model):
            one = model(tokens).logits
        with mixing(model), steering(model, direction(model)):
            other = model(tokens).logits
        with mixing(model):
            alone = model(tokens).logits
    assert torch.equal(one, other)
    assert not torch.allclose(one, alone, atol=0.01)


def test_self_logits_while_writing_are_those_of_whole_passes() -> None:
    model, prompt = family_model("llama", layers=LAYERS), ids(2, 8)
    with torch.no_grad(), SelfLogits(layers=(1, 2), alpha=0.5)(model):
        out = model.generate(prompt, attention_mask=torch.ones(2, 8), max_new_tokens=5, do_sample=False,
                             output_logits=True, return_dict_in_generate=True)  # fmt: skip
        whole = model(out.sequences[:, :-1]).logits[:, 7:]
    torch.testing.assert_close(torch.stack(out.logits, 1), whole, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("family", ["minicpm3", "gemma3n"])
def test_heads_that_read_something_else_are_refused(family: str) -> None:
    model = family_model(family)
    with SelfLogits(layers=(0, 0))(model), pytest.raises(ValueError, match="VISTA"):
        model(ids(2, 5))


# Refusals


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: VisualSteering(-0.1), "strength is -0.1"),
        (lambda: VisualSteering(math.nan), "strength is nan"),
        (lambda: VisualSteering(layers=(3, 1)), "the first and the last"),
        (lambda: VisualSteering(site="head"), "site is 'head'"),  # type: ignore[arg-type]
        (lambda: SelfLogits(layers=(2, 1)), "the first and the last"),
        (lambda: SelfLogits(layers=(-1, 1)), "the first and the last"),
        (lambda: SelfLogits(layers=(0, 1), alpha=1.1), "alpha is 1.1"),
        (lambda: SelfLogits(layers=(0, 1), alpha=math.nan), "alpha is nan"),
    ],
)
def test_settings_are_checked(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_vectors_that_are_none_are_refused() -> None:
    model = family_model("llama")
    v = direction(model)
    nothing, broken = v.clone(), v.clone()
    nothing[1], broken[1, 3] = 0, math.nan
    by_row = torch.stack([v, nothing], 1)
    for vectors, message in [
        (nothing, "vector of layer 1 is zero"),
        (by_row, "layer 1, row 1 is zero"),
        (broken, "layer 1 are not finite"),
        (v[:1], "2 layers|for this model give"),
        (v[:, :5], "for this model give"),
        (v[0], "for this model give"),
        (v.long(), "for this model give"),
    ]:
        with pytest.raises(ValueError, match=message), VisualSteering(0.1)(model, vectors):
            pass
    with VisualSteering(0.1, layers=(0, 0))(model, nothing):
        model(ids(1, 3))
    with pytest.raises(ValueError, match="layers 0 to 2 are not all there"), VisualSteering(0.1, (0, 2))(model, v):
        pass
    with pytest.raises(ValueError, match="layers 1 to 5 are not all there"), SelfLogits(layers=(1, 5))(model):
        pass


def test_one_image_is_not_taken_for_all_rows() -> None:
    model = family_model("llama")
    vectors = contrast(model, {"input_ids": ids(1, 6)}, {"input_ids": ids(1, 6)[:, 3:]})
    with VisualSteering(0.1)(model, vectors), pytest.raises(ValueError, match="of 1 rows and the batch has 2"):
        model(ids(2, 4))
    with VisualSteering(0.1)(model, vectors[:, 0]):  # said to be for all
        model(ids(2, 4))


def test_prompts_that_do_not_differ_are_refused() -> None:
    model, tokens = family_model("llama"), ids(2, 6)
    with pytest.raises(ValueError, match="row 0 is the same"):
        contrast(model, {"input_ids": tokens}, {"input_ids": tokens})
    padded = torch.cat([torch.zeros(2, 2, dtype=torch.long), tokens], 1)
    mask = torch.cat([torch.zeros(2, 2), torch.ones(2, 6)], 1).long()
    with pytest.raises(ValueError, match="row 0 is the same"):  # but for rounding
        contrast(model, {"input_ids": padded, "attention_mask": mask}, {"input_ids": tokens})
    with pytest.raises(ValueError, match="padded on the right"):
        contrast(model, {"input_ids": padded.flip(1), "attention_mask": mask.flip(1)}, {"input_ids": tokens})
    with pytest.raises(ValueError, match="2 positive rows and 1 negative"):
        contrast(model, {"input_ids": tokens}, {"input_ids": tokens[:1, :2]})
    with VisualSteering(0.1)(model, direction(model)), pytest.raises(ValueError, match="already altered"):
        contrast(model, {"input_ids": tokens}, {"input_ids": tokens[:, :2]})


def test_all_is_undone_after_an_error_and_neither_is_entered_twice() -> None:
    model, tokens = family_model("llama"), ids(2, 6)
    plain = model(tokens).logits
    with pytest.raises(RuntimeError), both(model, direction(model), 0.4, 0.4):
        raise RuntimeError
    assert torch.equal(model(tokens).logits, plain)
    with SelfLogits(layers=(0, 1))(model), pytest.raises(ValueError, match="already altered"):  # noqa: SIM117
        with SelfLogits(layers=(0, 1))(model):
            pass
    assert torch.equal(model(tokens).logits, plain)


@pytest.mark.parametrize(("family", "message"), [("bloom", "adds the residual"), ("mamba", 'steer at "residual"')])
def test_blocks_without_an_mlp_to_steer(family: str, message: str) -> None:
    model = family_model(family)
    with pytest.raises(ValueError, match=message), VisualSteering(0.1)(model, direction(model)):
        pass
    with VisualSteering(0.1, site="residual")(model, direction(model)):
        model(ids(2, 4))


# CHAIR

SYNONYMS = {"dog": ["puppy"], "hot dog": [], "bus": ["coach"], "person": ["people", "baby"], "city": []}


def test_chair_counts_mentions_captions_and_what_is_missed() -> None:
    captions = ["A puppy eats hot dogs near buses.", "People in cities; a person and a Dog's bone", "nothing at all"]
    report = chair(captions, [{"dog", "bus"}, {"person"}, {"city"}], SYNONYMS)
    assert report.mentions == (("dog", "hot dog", "bus"), ("person", "city", "person", "dog"), ())
    assert report.hallucinated == (1, 2, 0)
    assert report.chair_i == pytest.approx(3 / 7)
    assert report.chair_s == pytest.approx(2 / 3)
    assert report.recall == pytest.approx(3 / 4)
    assert report.precision == pytest.approx(3 / 6)
    assert report.f1 == pytest.approx(0.6)
    assert report.length == pytest.approx((7 + 9 + 3) / 3)
    assert report.part([2, 2]).chair_i == 0
    assert report.part([0, 0]).hallucinated == (1, 1)


def test_what_chair_cannot_score_is_refused() -> None:
    for captions, gold, synonyms, message in [
        (["a"], [], SYNONYMS, "give pairs"),
        ([], [], SYNONYMS, "give pairs"),
        (["a"], [{"cat"}], SYNONYMS, "synonyms lack 'cat'"),
        (["a"], [set()], {}, "synonyms are empty"),
        (["a"], [set()], {"dog": ["pet"], "cat": ["pet"]}, "means both"),
        (["a"], [set()], {"dog": "pet"}, "give a list"),
        (["a"], [set()], {"dog": ["!"]}, "has no word"),
    ]:
        with pytest.raises(ValueError, match=message):
            chair(captions, gold, synonyms)  # type: ignore[arg-type]


def test_the_page_on_it_runs() -> None:
    run_example("vista_steering")
