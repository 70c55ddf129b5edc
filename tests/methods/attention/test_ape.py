"""APE: exact where nothing is repaired, equal to plain formulas where something is, and undone afterwards."""

import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor
from transformers import (
    DynamicCache,
    Gemma2Config,
    Gemma2ForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
)

from assay.methods.attention.ape import (
    NEUTRAL,
    APECache,
    APEConfig,
    Encoded,
    Example,
    ParallelContext,
    _attention,
    _contexts,
    ape,
    ape_attention,
    ape_attention_reference,
    ape_weights,
    encode_contexts,
    encode_prefix,
    fingerprint,
    join,
)

VOCABULARY = 61
FAMILIES: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "llama": (LlamaConfig, LlamaForCausalLM, {}),
    "qwen2": (Qwen2Config, Qwen2ForCausalLM, {}),
    "mistral": (MistralConfig, MistralForCausalLM, {"sliding_window": None}),
}


def tiny(family: str = "llama", dtype: torch.dtype = torch.float32, **settings: Any) -> PreTrainedModel:
    config, model, own = FAMILIES[family]
    torch.manual_seed(0)
    made = model(
        config(
            vocab_size=VOCABULARY, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
            num_key_value_heads=2, max_position_embeddings=256, pad_token_id=0, bos_token_id=1, eos_token_id=2,
            **{**own, **settings},
        )
    )  # fmt: skip
    with torch.no_grad():
        for weight in made.parameters():
            if weight.dim() > 1:
                weight.mul_(5)  # Freshly made weights attend to everything alike, which would hide mistakes.
    ready: PreTrainedModel = made.eval().to(dtype)
    return ready


@pytest.fixture(scope="module")
def llama() -> PreTrainedModel:
    return tiny()


def ids(length: int, seed: int) -> list[int]:
    return torch.randint(3, VOCABULARY, (length,), generator=torch.Generator().manual_seed(seed)).tolist()


def generate(model: PreTrainedModel, *prompt: Tensor, **options: Any) -> Tensor:
    run: Any = model.generate
    out: Tensor = run(*prompt, **options)
    return out


PREFIX, QUESTION = ids(4, 1), ids(6, 2)
CONTEXTS = [ids(length, 10 + length) for length in (9, 17, 5)]


@torch.no_grad()
def sequential(model: PreTrainedModel, *parts: list[int]) -> Tensor:
    """Logits of the last part."""
    row = [token for part in parts for token in part]
    logits: Tensor = model(input_ids=torch.tensor([row])).logits[:, -len(parts[-1]) :]
    return logits


@torch.no_grad()
def parallel(
    model: PreTrainedModel, contexts: list[Encoded], config: APEConfig = NEUTRAL, prefix: Encoded | None = None
) -> Tensor:
    cache = join(prefix or encode_prefix(model, PREFIX), [contexts])
    with ape(model, config):
        logits: Tensor = model(**cache.inputs(torch.tensor([QUESTION]))).logits
    return logits


# --- exact at the neutral setting ------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-11), (torch.float32, 1e-4), (torch.bfloat16, 0.1)])
def test_one_context_without_repair_is_ordinary_causal_encoding(
    family: str, dtype: torch.dtype, tolerance: float
) -> None:
    model = tiny(family, dtype)
    prefix = encode_prefix(model, PREFIX)
    ours = parallel(model, encode_contexts(model, prefix, [CONTEXTS[0]]), prefix=prefix)
    theirs = sequential(model, PREFIX, CONTEXTS[0], QUESTION)
    assert ours.dtype == dtype
    assert (ours - theirs).abs().max() <= tolerance * theirs.abs().max()


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("beams", [1, 3])
def test_generation_from_one_context_is_ordinary_generation(family: str, beams: int) -> None:
    model = tiny(family)
    prefix = encode_prefix(model, PREFIX)
    cache = join(prefix, [encode_contexts(model, prefix, [CONTEXTS[0]])])
    options = {"max_new_tokens": 12, "do_sample": False, "num_beams": beams}
    with ape(model, NEUTRAL):
        ours = generate(model, **cache.inputs(torch.tensor([QUESTION])), **options)
    prompt = torch.tensor([PREFIX + CONTEXTS[0] + QUESTION])
    theirs = generate(model, prompt, attention_mask=torch.ones_like(prompt), **options)
    assert ours[0, len(QUESTION) :].tolist() == theirs[0, prompt.shape[1] :].tolist()


def test_no_context_at_all_is_prefix_and_question(llama: PreTrainedModel) -> None:
    assert torch.allclose(parallel(llama, [], APEConfig(0.5, 0.5)), sequential(llama, PREFIX, QUESTION), atol=1e-5)


def test_several_contexts_without_repair_are_a_block_diagonal_mask_over_reused_positions(
    llama: PreTrainedModel,
) -> None:
    prefix = encode_prefix(llama, PREFIX)
    states = encode_contexts(llama, prefix, CONTEXTS)
    row = PREFIX + [token for context in CONTEXTS for token in context] + QUESTION
    group = torch.tensor(
        [0] * len(PREFIX) + [n + 1 for n, context in enumerate(CONTEXTS) for _ in context] + [-1] * len(QUESTION)
    )
    sees = (group[:, None] == group[None]) | (group[None] == 0) | (group[:, None] == -1)
    sees &= torch.ones(len(row), len(row), dtype=torch.bool).tril()
    positions = [*range(len(PREFIX))]
    for context in CONTEXTS:
        positions += range(len(PREFIX), len(PREFIX) + len(context))
    longest = len(PREFIX) + max(map(len, CONTEXTS))
    positions += range(longest, longest + len(QUESTION))
    with torch.no_grad():
        masked = llama(
            input_ids=torch.tensor([row]), position_ids=torch.tensor([positions]), attention_mask=sees[None, None]
        ).logits[:, -len(QUESTION) :]
    assert torch.allclose(parallel(llama, states, prefix=prefix), masked, atol=1e-4)


def test_without_the_block_a_joined_cache_is_plain_parallel_encoding(llama: PreTrainedModel) -> None:
    prefix = encode_prefix(llama, PREFIX)
    states = encode_contexts(llama, prefix, CONTEXTS)
    with torch.no_grad():
        outside = llama(**join(prefix, [states]).inputs(torch.tensor([QUESTION]))).logits
    assert torch.allclose(outside, parallel(llama, states, prefix=prefix), atol=1e-5)


# --- attention -------------------------------------------------------------------------------------------------------


@given(
    batch=st.integers(1, 2), key_heads=st.integers(1, 2), share=st.integers(1, 3), queries=st.integers(1, 4),
    before=st.integers(1, 3), contexts=st.integers(0, 5), temperature=st.floats(0.2, 2), scale=st.floats(0.2, 2),
    masked=st.booleans(), rows=st.sampled_from([1, 2**26]), seed=st.integers(0, 99),
)  # fmt: skip
def test_one_softmax_is_two_groups_merged_by_their_masses(
    batch: int,
    key_heads: int,
    share: int,
    queries: int,
    before: int,
    contexts: int,
    temperature: float,
    scale: float,
    masked: bool,
    rows: int,
    seed: int,
) -> None:
    generator = torch.Generator().manual_seed(seed)
    keys = before + contexts + queries
    query = 2 * torch.randn(batch, key_heads * share, queries, 4, generator=generator)
    key, value = torch.randn(2, batch, key_heads, keys, 4, generator=generator)
    mask = None
    if masked:
        mask = torch.rand(batch, 1, queries, keys, generator=generator) < 0.6
        mask[..., 0] = True  # As a prefix is.
    how: dict[str, Any] = {
        "contexts": (before, before + contexts), "config": APEConfig(temperature, scale), "mask": mask, "scaling": 0.7,
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_attention, "_SCORES_AT_ONCE", rows)
        ours = ape_attention(query, key, value, **how)
    assert torch.allclose(ours, ape_attention_reference(query, key, value, **how), atol=1e-5)
    assert torch.allclose(ape_weights(query, key, **how).sum(-1), torch.ones(()), atol=1e-5)


def test_fully_padded_contexts_take_no_weight_and_do_no_harm() -> None:
    query, key, value = torch.randn(3, 1, 2, 3, 4)
    key, value = (torch.cat([x, torch.full((1, 2, 2, 4), torch.nan)], dim=2) for x in (key, value))
    mask = torch.tensor([True, True, True, False, False]).expand(1, 1, 3, 5)
    value = value.nan_to_num()
    key = key.nan_to_num(1e4)
    out = ape_attention(query, key, value, contexts=(3, 5), config=APEConfig(0.5, 0.5), mask=mask)
    assert torch.allclose(
        out, torch.nn.functional.scaled_dot_product_attention(query, key[:, :, :3], value[:, :, :3]), atol=1e-5
    )


def test_gradients_agree_with_the_reference() -> None:
    tensors = [torch.randn(1, 2, 3, 4, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    how: dict[str, Any] = {"contexts": (1, 2), "config": APEConfig(0.6, 0.7)}
    ours = torch.autograd.grad(ape_attention(*tensors, **how).square().sum(), tensors)
    theirs = torch.autograd.grad(ape_attention_reference(*tensors, **how).square().sum(), tensors)
    for mine, other in zip(ours, theirs, strict=True):
        assert torch.allclose(mine, other, atol=1e-4)


def test_temperature_sharpens_inside_contexts_and_scale_takes_weight_from_them() -> None:
    query, key = torch.randn(2, 1, 1, 12, 8, generator=torch.Generator().manual_seed(0))

    def weights(config: APEConfig) -> Tensor:
        return ape_weights(query[:, :, :1], key, contexts=(2, 10), config=config)[0, 0, 0]

    plain, sharp, scaled = weights(NEUTRAL), weights(APEConfig(0.5, 1.0)), weights(APEConfig(1.0, 0.5))
    inside = slice(2, 10)
    assert (sharp[inside] / sharp[inside].sum()).max() > (plain[inside] / plain[inside].sum()).max()
    assert scaled[inside].sum() < plain[inside].sum()
    assert torch.allclose(scaled[inside] / scaled[inside].sum(), plain[inside] / plain[inside].sum(), atol=1e-6)


# --- order, batches, ragged lengths ----------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_order_of_contexts_changes_no_bit(dtype: torch.dtype) -> None:
    model = tiny("qwen2", dtype)
    prefix = encode_prefix(model, PREFIX)
    states = encode_contexts(model, prefix, CONTEXTS)
    again = encode_contexts(model, prefix, CONTEXTS[::-1])
    first = parallel(model, states, APEConfig(), prefix)
    assert torch.equal(first, parallel(model, states[::-1], APEConfig(), prefix))
    assert torch.equal(first, parallel(model, again, APEConfig(), prefix))
    assert not torch.equal(
        sequential(model, PREFIX, *CONTEXTS, QUESTION), sequential(model, PREFIX, *CONTEXTS[::-1], QUESTION)
    )


@pytest.mark.parametrize("batch_tokens", [1, 30, 8192])
def test_contexts_encoded_in_batches_are_those_encoded_alone(llama: PreTrainedModel, batch_tokens: int) -> None:
    prefix = encode_prefix(llama, PREFIX)
    for context, states in zip(
        CONTEXTS, encode_contexts(llama, prefix, CONTEXTS, batch_tokens=batch_tokens), strict=True
    ):
        plain = DynamicCache()
        with torch.no_grad():
            llama(input_ids=torch.tensor([PREFIX + context]), past_key_values=plain)
        for layer, (keys, values, _) in enumerate(plain):
            assert torch.allclose(states.keys[layer], keys[0, :, len(PREFIX) :], atol=1e-4)
            assert torch.allclose(states.values[layer], values[0, :, len(PREFIX) :], atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_ragged_batch_answers_each_request_as_if_alone(family: str) -> None:
    model = tiny(family)
    prefix = encode_prefix(model, PREFIX)
    states = encode_contexts(model, prefix, CONTEXTS)
    requests = [[states[0], states[1]], [states[2]], [], states]
    questions = [QUESTION, QUESTION[:3], QUESTION[:2], QUESTION[:5]]
    config, options = APEConfig(0.7, 0.8), {"max_new_tokens": 8, "do_sample": False, "pad_token_id": 0}
    longest = max(map(len, questions))
    padded = torch.tensor([[0] * (longest - len(question)) + question for question in questions])
    seen = torch.tensor([[0] * (longest - len(question)) + [1] * len(question) for question in questions])
    with ape(model, config), torch.no_grad():
        together = generate(model, **join(prefix, requests).inputs(padded, seen), **options)
        logits = model(**join(prefix, requests).inputs(padded, seen)).logits
        for row, (request, question) in enumerate(zip(requests, questions, strict=True)):
            alone = generate(model, **join(prefix, [request]).inputs(torch.tensor([question])), **options)
            one = model(**join(prefix, [request]).inputs(torch.tensor([question]))).logits
            assert torch.allclose(logits[row, longest - len(question) :], one[0], atol=1e-4)
            new = alone[0, len(question) :].tolist()
            assert together[row, longest : longest + len(new)].tolist() == new


def test_decoding_step_by_step_is_one_forward(llama: PreTrainedModel) -> None:
    prefix = encode_prefix(llama, PREFIX)
    states = encode_contexts(llama, prefix, CONTEXTS)
    config = APEConfig(0.7, 0.8)
    at_once = parallel(llama, states, config, prefix)
    cache = join(prefix, [states])
    with ape(llama, config), torch.no_grad():
        steps = [llama(input_ids=torch.tensor([[token]]), past_key_values=cache).logits for token in QUESTION]
        assert torch.allclose(torch.cat(steps, dim=1), at_once, atol=1e-4)
        cache.rewind()
        assert torch.equal(llama(**cache.inputs(torch.tensor([QUESTION]))).logits, at_once)


def test_repair_at_one_half_changes_what_is_seen(llama: PreTrainedModel) -> None:
    prefix = encode_prefix(llama, PREFIX)
    states = encode_contexts(llama, prefix, CONTEXTS)
    plain = parallel(llama, states, NEUTRAL, prefix)
    for config in (APEConfig(0.5, 1.0), APEConfig(1.0, 0.5)):
        assert not torch.allclose(parallel(llama, states, config, prefix), plain, atol=1e-2)
    assert torch.equal(parallel(llama, states, APEConfig(), prefix), parallel(llama, states, APEConfig(), prefix))


def test_weights_can_be_asked_for(llama: PreTrainedModel) -> None:
    prefix = encode_prefix(llama, PREFIX)
    cache = join(prefix, [encode_contexts(llama, prefix, CONTEXTS)])
    with ape(llama), torch.no_grad():
        weights = llama(**cache.inputs(torch.tensor([QUESTION])), output_attentions=True).attentions
    columns = len(PREFIX) + sum(map(len, CONTEXTS)) + len(QUESTION)
    assert [tuple(layer.shape) for layer in weights] == [(1, 4, len(QUESTION), columns)] * 2


def test_two_requests_at_once_do_not_disturb_each_other(llama: PreTrainedModel) -> None:
    prefix = encode_prefix(llama, PREFIX)
    states = encode_contexts(llama, prefix, CONTEXTS)
    requests = [[states[0]], states]
    config = APEConfig(0.6, 0.7)
    expected = [parallel(llama, request, config, prefix) for request in requests]
    wrong: list[int] = []

    def ask(number: int) -> None:
        for _ in range(10):
            with torch.no_grad():
                logits = llama(**join(prefix, [requests[number]]).inputs(torch.tensor([QUESTION]))).logits
            if not torch.allclose(logits, expected[number], atol=1e-5):
                wrong.append(number)

    with ape(llama, config):
        threads = [Thread(target=ask, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


# --- undone, refused -------------------------------------------------------------------------------------------------


def test_the_model_is_as_before_afterwards_also_after_an_error(llama: PreTrainedModel) -> None:
    before = sequential(llama, PREFIX, QUESTION)
    with ape(llama):
        assert torch.allclose(sequential(llama, PREFIX, QUESTION), before, atol=1e-5)
    with pytest.raises(RuntimeError, match="on purpose"), ape(llama):
        raise RuntimeError("on purpose")
    assert llama.config._attn_implementation == "sdpa"
    assert not llama.model._forward_pre_hooks
    assert "_assay_altered_by" not in vars(llama)
    assert torch.equal(sequential(llama, PREFIX, QUESTION), before)


def test_entering_twice_is_refused(llama: PreTrainedModel) -> None:
    with ape(llama), pytest.raises(ValueError, match="already altered by ape"), ape(llama):
        pass


@pytest.mark.parametrize(
    ("name", "value"),
    [("temperature", 0), ("temperature", -1), ("scale", 0), ("scale", float("nan")), ("scale", float("inf"))],
)
def test_a_setting_that_is_no_positive_number_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a positive number"):
        APEConfig(**{name: value})
    with pytest.raises(FrozenInstanceError):
        APEConfig().scale = 1.0  # type: ignore[misc]


def small(config: Any, **settings: Any) -> Any:
    sizes = {"vocab_size": 16, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "head_dim": 8}
    return config(**sizes, num_key_value_heads=1, intermediate_size=16, **settings)


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (lambda: MistralForCausalLM(small(MistralConfig, sliding_window=8)), "sliding window"),
        (lambda: GPT2LMHeadModel(GPT2Config(vocab_size=16, n_embd=16, n_layer=1, n_head=2)), "no rotary positions"),
        (lambda: Gemma2ForCausalLM(small(Gemma2Config, layer_types=["full_attention"] * 2)), "logits are capped"),
        (
            lambda: LlamaForCausalLM(
                small(LlamaConfig, rope_parameters={"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e4})
            ),
            "rotary angles change",
        ),
    ],
)
def test_a_model_that_ape_would_get_wrong_is_refused(model: Callable[[], PreTrainedModel], why: str) -> None:
    made = model().eval()
    with pytest.raises(ValueError, match=why), ape(made):
        pass
    with pytest.raises(ValueError, match=why):
        encode_prefix(made, [1])


def test_bad_input_is_refused_in_words(llama: PreTrainedModel) -> None:
    prefix = encode_prefix(llama, PREFIX)
    states = encode_contexts(llama, prefix, CONTEXTS)
    with pytest.raises(ValueError, match="the prefix is empty"):
        encode_prefix(llama, [])
    with pytest.raises(ValueError, match="context 1 is empty"):
        encode_contexts(llama, prefix, [[3], []])
    with pytest.raises(ValueError, match=r"reaches position 304.* has 256"):
        encode_contexts(llama, prefix, [ids(300, 0)])
    with pytest.raises(ValueError, match="no request"):
        join(prefix, [])
    with pytest.raises(ValueError, match="behind another prefix"):
        join(encode_prefix(llama, PREFIX[:2]), [states])
    with pytest.raises(ValueError, match="by another model"):
        join(encode_prefix(tiny("qwen2"), PREFIX), [states])
    with pytest.raises(ValueError, match=r"bfloat16 and the prefix in torch.float32"):
        join(prefix, [[replace(states[0], keys=states[0].keys.bfloat16())]])
    cache = join(prefix, [states])
    with pytest.raises(ValueError, match="2 questions for a cache of 1"):
        cache.inputs(torch.tensor([QUESTION] * 2))
    with pytest.raises(ValueError, match="mask of shape"):
        cache.inputs(torch.tensor([QUESTION]), torch.ones(1, 2))
    with ape(llama), pytest.raises(ValueError, match="does not cover the cache"):
        llama(input_ids=torch.tensor([QUESTION]), past_key_values=cache, attention_mask=torch.ones(1, 6))
    llama.train()
    try:
        with pytest.raises(ValueError, match=r"call model.eval"):
            encode_prefix(llama, PREFIX)
    finally:
        llama.eval()


# --- on disk ---------------------------------------------------------------------------------------------------------


def test_states_survive_the_disk_bit_for_bit(tmp_path: Path) -> None:
    for dtype in (torch.float32, torch.bfloat16):
        model = tiny(dtype=dtype)
        (state,) = encode_contexts(model, encode_prefix(model, PREFIX), CONTEXTS[:1])
        state.save(tmp_path / "deep" / "one.safetensors")
        back = Encoded.load(tmp_path / "deep" / "one.safetensors")
        assert torch.equal(back.keys, state.keys)
        assert torch.equal(back.values, state.values)
        assert (back.start, back.digest, back.model, back.behind) == (4, state.digest, state.model, state.behind)
        assert [file.name for file in (tmp_path / "deep").iterdir()] == ["one.safetensors"]


def test_a_damaged_file_is_named(tmp_path: Path, llama: PreTrainedModel) -> None:
    (state,) = encode_contexts(llama, encode_prefix(llama, PREFIX), CONTEXTS[:1])
    file = tmp_path / "one.safetensors"
    state.save(file)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ValueError, match=f"{re.escape(str(file))} holds no encoded context, or is damaged"):
        Encoded.load(file)


def test_the_fingerprint_is_of_what_a_model_computes(tmp_path: Path, llama: PreTrainedModel) -> None:
    llama.save_pretrained(tmp_path)
    assert fingerprint(LlamaForCausalLM.from_pretrained(tmp_path)) == fingerprint(llama)
    with ape(llama):
        inside = fingerprint(llama)
    assert inside == fingerprint(llama)
    assert fingerprint(tiny(dtype=torch.bfloat16)) != fingerprint(llama)
    assert fingerprint(tiny(rope_parameters={"rope_type": "default", "rope_theta": 5e5})) != fingerprint(llama)
    other = tiny()
    with torch.no_grad():
        other.lm_head.weight[-1, -1] += 1e-3
    assert fingerprint(other) != fingerprint(llama)


# --- ParallelContext -------------------------------------------------------------------------------------------------

NOTES = {"ada": "ada keeps bees", "bob": "bob keeps two goats and a hen", "cy": "cy keeps nothing"}


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    words = re.findall(r"\w+", " ".join(["who what answer from the notes", *NOTES.values()]))
    inner = Tokenizer(
        models.WordLevel({word: n for n, word in enumerate(dict.fromkeys(["<pad>", "<s>", "</s>", "?", *words]))}, "?")
    )
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=inner, bos_token="<s>", eos_token="</s>", pad_token="<pad>")


def notes(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, **options: Any) -> ParallelContext:
    return ParallelContext(model, tokenizer, prefix="answer from the notes", **options)


def test_named_contexts_answer_alone_as_in_a_batch(llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
    contexts = notes(llama, tokenizer)
    contexts.add_many(NOTES)
    options = {"max_new_tokens": 6, "do_sample": False}
    questions, named = ["what keeps ada", "who"], [["ada", "cy"], ["bob"]]
    batch = contexts.generate_many(questions, named, **options)
    assert batch == [contexts.generate(q, n, **options) for q, n in zip(questions, named, strict=True)]
    assert batch[0] == contexts.generate(questions[0], ["cy", "ada"], **options)


def test_contexts_are_encoded_once_per_folder(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = notes(llama, tokenizer, path=tmp_path)
    first.add_many({"ada": NOTES["ada"], "bob": NOTES["bob"]})
    assert len(list(tmp_path.iterdir())) == 2
    encoded: list[int] = []

    def count(*args: Any, **options: Any) -> list[Encoded]:
        encoded.append(len(args[2]))
        return encode_contexts(*args, **options)

    monkeypatch.setattr(_contexts, "encode_contexts", count)
    second = notes(llama, tokenizer, path=tmp_path)
    second.add_many(NOTES)
    assert encoded == [1]
    assert torch.equal(second.contexts["bob"].keys, first.contexts["bob"].keys)
    options = {"max_new_tokens": 6, "do_sample": False}
    assert second.generate("who", ["ada", "bob"], **options) == first.generate("who", ["ada", "bob"], **options)


def test_a_folder_serves_several_models_and_prefixes(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    for model, prefix in ((llama, "notes"), (llama, "answer"), (tiny("qwen2"), "notes")):
        contexts = ParallelContext(model, tokenizer, prefix=prefix, path=tmp_path)
        contexts.add("ada", NOTES["ada"])
        fresh = ParallelContext(model, tokenizer, prefix=prefix)
        fresh.add("ada", NOTES["ada"])
        assert torch.equal(contexts.contexts["ada"].keys, fresh.contexts["ada"].keys)
    assert len(list(tmp_path.iterdir())) == 3


def test_a_file_in_the_wrong_place_is_refused(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    contexts = notes(llama, tokenizer, path=tmp_path)
    contexts.add("ada", NOTES["ada"])
    (ada,) = tmp_path.iterdir()
    contexts.add("bob", NOTES["bob"])
    (bob,) = set(tmp_path.iterdir()) - {ada}
    bob.write_bytes(ada.read_bytes())
    with pytest.raises(ValueError, match="holds another model's, prefix's or context's states"):
        contexts.add("bob", NOTES["bob"])


def test_tuning_finds_the_setting_with_the_likeliest_answers(
    llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast
) -> None:
    contexts = notes(llama, tokenizer)
    contexts.add_many(NOTES)
    examples = [Example("who keeps bees", "ada", ("ada", "bob")), Example("what keeps cy", "nothing a", ("cy",))]
    tuning = contexts.tune(examples, temperatures=(0.5, 1.0), scales=(0.5, 1.0))
    assert len(tuning.losses) == 4
    assert contexts.config == tuning.best == min(tuning.losses, key=tuning.losses.__getitem__)
    assert contexts.answer_loss(examples) == tuning.losses[tuning.best]
    # One context without repair: the loss is that of the whole text in sequence.
    text = [*tokenizer("answer from the notes").input_ids, *tokenizer(NOTES["cy"], add_special_tokens=False).input_ids]
    question, answer = tokenizer("what keeps cy").input_ids, tokenizer("nothing a").input_ids
    logits = sequential(llama, text, question + answer)[0, len(question) - 1 : -1]
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(answer)).item()
    assert contexts.answer_loss(examples[1:], NEUTRAL) == pytest.approx(expected, abs=1e-5)


def test_bad_requests_are_refused_in_words(llama: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(ValueError, match="the prefix is empty"):
        ParallelContext(llama, tokenizer, prefix="")
    contexts = notes(llama, tokenizer)
    contexts.add("ada", NOTES["ada"])
    for question, named, options, why in (
        ("who", ["bob"], {}, "no context is called 'bob'"),
        ("who", ["ada", "ada"], {}, "named twice"),
        ("", ["ada"], {}, "is empty"),
        ("who", ["ada"], {"num_return_sequences": 2}, "one answer to a question"),
    ):
        with pytest.raises(ValueError, match=why):
            contexts.generate(question, named, **options)
    with pytest.raises(ValueError, match="no examples"):
        contexts.tune([])
    with pytest.raises(ValueError, match="2 questions, but contexts for 1"):
        contexts.generate_many(["who", "who"], [["ada"]])
    contexts.forget("ada")
    with pytest.raises(ValueError, match="no context is called"):
        contexts.generate("who", ["ada"])


def test_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "methods" / "ape.md").read_text(encoding="utf-8")
    snippets = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    monkeypatch.chdir(tmp_path)
    exec(compile("\n".join(snippets), "ape.md", "exec"), {})
    assert snippets
    assert capsys.readouterr().out


def test_caches_keep_rows_together(llama: PreTrainedModel) -> None:
    prefix = encode_prefix(llama, PREFIX)
    states = encode_contexts(llama, prefix, CONTEXTS)
    cache = join(prefix, [states[:1], states])
    cache.batch_select_indices(torch.tensor([1]))
    assert isinstance(cache, APECache)
    with ape(llama), torch.no_grad():
        picked = llama(**cache.inputs(torch.tensor([QUESTION]))).logits
    assert torch.allclose(picked, parallel(llama, states, APEConfig(), prefix), atol=1e-5)
