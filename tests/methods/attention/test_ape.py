"""APE: exact where nothing is repaired, equal to plain formulas where something is, and undone afterwards."""

import re
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tests.methods.contract import ForAWhile
from tests.methods.families import FAMILIES, each, family_model, ids
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor
from transformers import DynamicCache, LlamaForCausalLM, PreTrainedTokenizerFast

from assay.methods.attention.ape import (
    APE,
    NEUTRAL,
    Example,
    KVStates,
    ParallelContext,
    _attention,
    _contexts,
    ape_attention,
    ape_attention_reference,
    ape_weights,
    encode_contexts,
    encode_prefix,
    fingerprint,
    join,
)

STRONG = APE(temperature=0.6, scale=0.7)
# Without a joined cache a model computes what it always does; with one, `test_one_context...` puts it on every family.
CONTRACT = ForAWhile(neutral=NEUTRAL, active=STRONG)


def row(length: int, seed: int) -> list[int]:
    return ids(length, seed=seed).tolist()  # type: ignore[no-any-return]


PREFIX, QUESTION = row(4, 1), row(6, 2)
CONTEXTS = [row(length, length) for length in (9, 17, 5)]
GREEDY = {"max_new_tokens": 8, "do_sample": False}


@pytest.fixture(scope="module")
def model() -> Any:
    return family_model("llama", max_position_embeddings=256)


@pytest.fixture(scope="module")
def prefix(model: Any) -> KVStates:
    return encode_prefix(model, PREFIX)


@pytest.fixture(scope="module")
def states(model: Any, prefix: KVStates) -> list[KVStates]:
    return encode_contexts(model, prefix, CONTEXTS)


@torch.no_grad()
def sequential(model: Any, *parts: list[int]) -> Tensor:
    """Logits of the last part."""
    logits: Tensor = model(torch.tensor([[token for part in parts for token in part]])).logits[:, -len(parts[-1]) :]
    return logits


@torch.no_grad()
def parallel(model: Any, prefix: KVStates, states: list[KVStates], ape: APE = NEUTRAL) -> Tensor:
    """Logits of the question."""
    with ape(model):
        logits: Tensor = model(**join(prefix, [states]).inputs(torch.tensor([QUESTION]))).logits
    return logits


# Without repair


@pytest.mark.parametrize("family", each(FAMILIES))
def test_one_context_is_ordinary_causal_encoding_or_refused(family: str) -> None:
    model = family_model(family)
    try:
        prefix = encode_prefix(model, PREFIX)
        ours = parallel(model, prefix, encode_contexts(model, prefix, CONTEXTS[:1]))
    except ValueError as error:
        assert str(error).startswith("APE ")  # noqa: PT017 - either is right
    else:
        theirs = sequential(model, PREFIX, CONTEXTS[0], QUESTION)
        assert (ours - theirs).abs().max() < 1e-4 * theirs.abs().max()


@pytest.mark.parametrize("family", ["llama", "phi", "llava"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-10), (torch.bfloat16, 0.1)])
def test_one_context_in_each_precision(family: str, dtype: torch.dtype, tolerance: float) -> None:
    model = family_model(family).to(dtype)
    prefix = encode_prefix(model, PREFIX)
    ours = parallel(model, prefix, encode_contexts(model, prefix, CONTEXTS[:1]))
    theirs = sequential(model, PREFIX, CONTEXTS[0], QUESTION)
    assert ours.dtype == dtype
    assert (ours - theirs).abs().max() <= tolerance * theirs.abs().max()


@pytest.mark.parametrize("beams", [1, 3])
def test_generation_from_one_context(model: Any, prefix: KVStates, states: list[KVStates], beams: int) -> None:
    options = GREEDY | {"num_beams": beams}
    with NEUTRAL(model):
        ours = model.generate(**join(prefix, [states[:1]]).inputs(torch.tensor([QUESTION])), **options)
    prompt = torch.tensor([PREFIX + CONTEXTS[0] + QUESTION])
    theirs = model.generate(prompt, attention_mask=torch.ones_like(prompt), **options)
    assert ours[0, len(QUESTION) :].tolist() == theirs[0, prompt.shape[1] :].tolist()


def test_several_contexts_are_a_block_diagonal_mask_over_reused_positions(
    model: Any, prefix: KVStates, states: list[KVStates]
) -> None:
    tokens = [*PREFIX, *(token for context in CONTEXTS for token in context), *QUESTION]
    groups = [(number, len(context)) for number, context in enumerate(CONTEXTS, start=1)]
    group = torch.tensor([0] * 4 + [number for number, length in groups for _ in range(length)] + [-1] * 6)
    mask = (group[:, None] == group) | (group == 0) | (group[:, None] == -1)
    mask &= torch.ones_like(mask).tril()
    positions = [*range(4), *(4 + place for _, length in groups for place in range(length)), *range(21, 27)]
    with torch.no_grad():
        logits = model(torch.tensor([tokens]), position_ids=torch.tensor([positions]), attention_mask=mask[None, None])
        outside = model(**join(prefix, [states]).inputs(torch.tensor([QUESTION]))).logits
    ours = parallel(model, prefix, states)
    assert torch.allclose(ours, logits.logits[:, -6:], atol=1e-4)
    assert torch.allclose(ours, outside, atol=1e-4)  # plain parallel encoding needs no block


# Attention


@given(
    batch=st.integers(1, 2), key_heads=st.integers(1, 2), share=st.integers(1, 3), queries=st.integers(1, 4),
    before=st.integers(1, 3), contexts=st.integers(0, 5), temperature=st.floats(0.2, 2), scale=st.floats(0.2, 2),
    masked=st.booleans(), rows=st.sampled_from([1, 2**26]), seed=st.integers(0, 99),
)  # fmt: skip
def test_one_softmax_is_two_groups_merged_by_their_masses(
    batch: int, key_heads: int, share: int, queries: int, before: int, contexts: int, temperature: float, scale: float,
    masked: bool, rows: int, seed: int,
) -> None:  # fmt: skip
    generator = torch.Generator().manual_seed(seed)
    keys = before + contexts + queries
    query = 2 * torch.randn(batch, key_heads * share, queries, 4, generator=generator)
    key, value = torch.randn(2, batch, key_heads, keys, 4, generator=generator)
    mask = torch.rand(batch, 1, queries, keys, generator=generator) < 0.6
    mask[..., 0] = True  # as a prefix is
    how: dict[str, Any] = {
        "contexts": (before, before + contexts), "temperature": temperature, "scale": scale, "scaling": 0.7,
        "mask": mask if masked else None,
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_attention, "_SCORES_AT_ONCE", rows)
        ours = ape_attention(query, key, value, **how)
    assert torch.allclose(ours, ape_attention_reference(query, key, value, **how), atol=1e-5)
    assert torch.allclose(ape_weights(query, key, **how).sum(-1), torch.ones(()), atol=1e-5)


def test_gradients_agree_with_the_reference() -> None:
    tensors = [torch.randn(1, 2, 3, 4, dtype=torch.float64, requires_grad=True) for _ in range(3)]
    how: dict[str, Any] = {"contexts": (1, 2), "temperature": 0.6, "scale": 0.7}
    ours = torch.autograd.grad(ape_attention(*tensors, **how).square().sum(), tensors)
    theirs = torch.autograd.grad(ape_attention_reference(*tensors, **how).square().sum(), tensors)
    for mine, other in zip(ours, theirs, strict=True):
        assert torch.allclose(mine, other, atol=1e-4)


def test_temperature_sharpens_inside_contexts_and_scale_takes_weight_from_them() -> None:
    query, key = torch.randn(2, 1, 1, 12, 8, generator=torch.Generator().manual_seed(0))

    def weights(temperature: float, scale: float) -> Tensor:
        how: dict[str, Any] = {"contexts": (2, 10), "temperature": temperature, "scale": scale}
        return ape_weights(query[:, :, :1], key, **how)[0, 0, 0, 2:10]

    plain, sharp, scaled = weights(1.0, 1.0), weights(0.5, 1.0), weights(1.0, 0.5)
    assert (sharp / sharp.sum()).max() > (plain / plain.sum()).max()
    assert scaled.sum() < plain.sum()
    assert torch.allclose(scaled / scaled.sum(), plain / plain.sum(), atol=1e-6)


# Order, batches, lengths


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_order_of_contexts_changes_no_bit(dtype: torch.dtype) -> None:
    model = family_model("qwen2").to(dtype)
    prefix = encode_prefix(model, PREFIX)
    states, again = (encode_contexts(model, prefix, contexts) for contexts in (CONTEXTS, CONTEXTS[::-1]))
    first = parallel(model, prefix, states, STRONG)
    assert torch.equal(first, parallel(model, prefix, states[::-1], STRONG))
    assert torch.equal(first, parallel(model, prefix, again, STRONG))
    in_turn = [sequential(model, PREFIX, *contexts, QUESTION) for contexts in (CONTEXTS, CONTEXTS[::-1])]
    assert not torch.equal(*in_turn)


@pytest.mark.parametrize("batch_tokens", [1, 30, 8192])
def test_contexts_encoded_in_batches_are_those_encoded_alone(model: Any, prefix: KVStates, batch_tokens: int) -> None:
    batches = encode_contexts(model, prefix, CONTEXTS, batch_tokens=batch_tokens)
    for context, states in zip(CONTEXTS, batches, strict=True):
        plain = DynamicCache()
        with torch.no_grad():
            model(input_ids=torch.tensor([PREFIX + context]), past_key_values=plain)
        for layer, (keys, values, _) in enumerate(plain):
            assert torch.allclose(states.keys[layer], keys[0, :, 4:], atol=1e-4)
            assert torch.allclose(states.values[layer], values[0, :, 4:], atol=1e-4)


def test_a_ragged_batch_answers_each_request_as_if_alone(model: Any, prefix: KVStates, states: list[KVStates]) -> None:
    requests = [[states[0], states[1]], [states[2]], [], states]
    questions = [QUESTION, QUESTION[:3], QUESTION[:2], QUESTION[:5]]
    padded = torch.tensor([[0] * (6 - len(question)) + question for question in questions])
    with STRONG(model), torch.no_grad():
        together = model.generate(**join(prefix, requests).inputs(padded, (padded > 0).long()), **GREEDY)
        logits = model(**join(prefix, requests).inputs(padded, (padded > 0).long())).logits
        for number, (request, question) in enumerate(zip(requests, questions, strict=True)):
            alone = model.generate(**join(prefix, [request]).inputs(torch.tensor([question])), **GREEDY)
            assert together[number, 6:].tolist() == alone[0, len(question) :].tolist()
            one = model(**join(prefix, [request]).inputs(torch.tensor([question]))).logits
            assert torch.allclose(logits[number, 6 - len(question) :], one[0], atol=1e-4)
        cache = join(prefix, requests)
        cache.batch_select_indices(torch.tensor([3]))
        assert torch.equal(model(**cache.inputs(torch.tensor([questions[3]]))).logits, one)


def test_decoding_step_by_step_is_one_forward(model: Any, prefix: KVStates, states: list[KVStates]) -> None:
    at_once, cache = parallel(model, prefix, states, STRONG), join(prefix, [states])
    with STRONG(model), torch.no_grad():
        steps = [model(input_ids=torch.tensor([[token]]), past_key_values=cache).logits for token in QUESTION]
        assert torch.allclose(torch.cat(steps, dim=1), at_once, atol=1e-4)
        cache.rewind()
        assert torch.equal(model(**cache.inputs(torch.tensor([QUESTION]))).logits, at_once)


def test_each_number_changes_what_contexts_do_and_nothing_else(
    model: Any, prefix: KVStates, states: list[KVStates]
) -> None:
    plain = parallel(model, prefix, states)
    for ape in (APE(temperature=0.5, scale=1.0), APE(temperature=1.0, scale=0.5)):
        assert not torch.allclose(parallel(model, prefix, states, ape), plain, atol=1e-2)
        assert torch.allclose(parallel(model, prefix, [], ape), sequential(model, PREFIX, QUESTION), atol=1e-5)


def test_weights_can_be_asked_for(model: Any, prefix: KVStates, states: list[KVStates]) -> None:
    inputs = join(prefix, [states]).inputs(torch.tensor([QUESTION]))
    with STRONG(model), torch.no_grad():
        weights = model(**inputs, output_attentions=True).attentions
    assert [tuple(layer.shape) for layer in weights] == [(1, 4, 6, 4 + 31 + 6)] * 2


def test_two_requests_at_once_do_not_disturb_each_other(model: Any, prefix: KVStates, states: list[KVStates]) -> None:
    requests = [[states[0]], states]
    expected = [parallel(model, prefix, request, STRONG) for request in requests]
    wrong: list[int] = []

    def ask(number: int) -> None:
        for _ in range(10):
            with torch.no_grad():
                logits = model(**join(prefix, [requests[number]]).inputs(torch.tensor([QUESTION]))).logits
            if not torch.allclose(logits, expected[number], atol=1e-5):
                wrong.append(number)

    with STRONG(model):
        threads = [Thread(target=ask, args=(number,)) for number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not wrong


def test_each_part_of_a_model_keeps_its_implementation() -> None:
    model = family_model("llava")
    model.set_attn_implementation({"text_config": "eager", "vision_config": "sdpa"})
    parts = (model.config.text_config, model.config.vision_config)
    own = fingerprint(model)
    with STRONG(model):
        assert parts[1]._attn_implementation == "sdpa"
        assert fingerprint(model) == own
    assert [part._attn_implementation for part in parts] == ["eager", "sdpa"]


# Refusals


@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_settings(value: float) -> None:
    with pytest.raises(ValueError, match="temperature must be a positive number"):
        APE(temperature=value)
    with pytest.raises(ValueError, match="scale must be a positive number"):
        APE(scale=value)
    with pytest.raises(FrozenInstanceError):
        NEUTRAL.scale = 0.5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("family", "config", "words"),
    [
        ("mistral_window", {}, "sliding window"),
        ("gpt2", {}, "no rotary positions"),
        ("gemma2", {"layer_types": ["full_attention"] * 2}, "soft-capped"),
        ("gpt_oss", {"layer_types": ["full_attention"] * 2}, "attention sinks"),
        ("llama_dynamic", {}, "rotary angles change with the length"),
        ("deepseek_v32", {}, "chooses its keys by an index"),
        ("t5", {}, "encoder-decoder"),
        ("bert", {}, "decoder-only"),
    ],
)
def test_models(family: str, config: dict[str, Any], words: str) -> None:
    model = family_model(family, **config)
    with pytest.raises(ValueError, match=words), STRONG(model):
        pass
    with pytest.raises(ValueError, match=words):
        encode_prefix(model, PREFIX)


def test_attention_that_is_not_of_queries_and_keys_alone() -> None:
    model = family_model("doge")
    prefix = encode_prefix(model, PREFIX)
    with pytest.raises(ValueError, match="DogeAttention takes numbers of its own"):
        parallel(model, prefix, encode_contexts(model, prefix, CONTEXTS))


def test_a_layer_that_ape_cannot_reach(prefix: KVStates, states: list[KVStates]) -> None:
    model = family_model("llama")
    model.model.layers[1].self_attn.forward = lambda hidden_states, **_: (hidden_states, None)
    with pytest.raises(ValueError, match="attention of layer 1 does not go through"):
        parallel(model, prefix, states)


def test_bad_input(model: Any, prefix: KVStates, states: list[KVStates]) -> None:
    with pytest.raises(ValueError, match="the prefix is empty"):
        encode_prefix(model, [])
    with pytest.raises(ValueError, match="context 1 is empty"):
        encode_contexts(model, prefix, [[3], []])
    with pytest.raises(ValueError, match=r"reaches position 304.* has 256"):
        encode_contexts(model, prefix, [row(300, 0)])
    with pytest.raises(ValueError, match="no request"):
        join(prefix, [])
    with pytest.raises(ValueError, match="behind another prefix"):
        join(encode_prefix(model, PREFIX[:2]), [states])
    with pytest.raises(ValueError, match="by another model"):
        join(encode_prefix(family_model("qwen2"), PREFIX), [states])
    with pytest.raises(ValueError, match=r"bfloat16 and the prefix in torch.float32"):
        join(prefix, [[replace(states[0], keys=states[0].keys.bfloat16())]])
    cache, question = join(prefix, [states]), torch.tensor([QUESTION])
    with pytest.raises(ValueError, match="2 questions for a cache of 1"):
        cache.inputs(torch.tensor([QUESTION] * 2))
    with pytest.raises(ValueError, match="mask of shape"):
        cache.inputs(question, torch.ones(1, 2))
    with STRONG(model):
        with pytest.raises(ValueError, match="does not cover the cache"):
            model(question, past_key_values=cache, attention_mask=torch.ones(1, 6))
        with pytest.raises(ValueError, match="pass it as past_key_values"):
            model.model(question, None, None, cache)
    model.train()
    try:
        with pytest.raises(ValueError, match=r"call model.eval"):
            encode_prefix(model, PREFIX)
    finally:
        model.eval()


# On disk


def test_states_survive_the_disk_bit_for_bit(states: list[KVStates], tmp_path: Path) -> None:
    file = tmp_path / "deep" / "one.safetensors"
    for state in (states[0], replace(states[0], keys=states[0].keys.bfloat16())):
        state.save(file)
        again = KVStates.load(file)
        assert torch.equal(again.keys, state.keys)
        assert torch.equal(again.values, state.values)
        assert (again.start, again.digest, again.model, again.behind) == (4, state.digest, state.model, state.behind)
    file.write_bytes(file.read_bytes()[:100])
    with pytest.raises(ValueError, match=f"{re.escape(str(file))} holds no encoded context, or is damaged"):
        KVStates.load(file)


def test_the_fingerprint_is_of_what_a_model_computes(model: Any, tmp_path: Path) -> None:
    own = fingerprint(model)
    model.save_pretrained(tmp_path)
    assert fingerprint(LlamaForCausalLM.from_pretrained(tmp_path)) == own
    with STRONG(model):
        assert fingerprint(model) == own
    other = family_model("llama", max_position_embeddings=256)
    assert fingerprint(other) == own
    with torch.no_grad():
        other.lm_head.weight[-1, -1] += 1e-3
    assert fingerprint(other) != own
    theta = {"rope_type": "default", "rope_theta": 5e5}
    assert fingerprint(family_model("llama", max_position_embeddings=256, rope_parameters=theta)) != own
    assert fingerprint(other.to(torch.bfloat16)) != own
    with pytest.raises(ValueError, match="without a model_id cannot be used with this LlamaForCausalLM"):
        fingerprint(other.to("meta"))


# Named contexts

NOTES = {"ada": "ada keeps bees", "bob": "bob keeps two goats and a hen", "cy": "cy keeps nothing"}


@pytest.fixture(scope="module")
def tokenizer() -> PreTrainedTokenizerFast:
    words = re.findall(r"\w+", " ".join(["who what answer from the notes", *NOTES.values()]))
    vocabulary = {word: n for n, word in enumerate(dict.fromkeys(["<pad>", "<s>", "</s>", "?", *words]))}
    inner = Tokenizer(models.WordLevel(vocabulary, "?"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    return PreTrainedTokenizerFast(tokenizer_object=inner, bos_token="<s>", eos_token="</s>", pad_token="<pad>")


def notes(model: Any, tokenizer: PreTrainedTokenizerFast, **options: Any) -> ParallelContext:
    return ParallelContext(model, tokenizer, **{"prefix": "answer from the notes", **options})


def test_named_contexts_answer_alone_as_in_a_batch(model: Any, tokenizer: PreTrainedTokenizerFast) -> None:
    contexts = notes(model, tokenizer)
    contexts.add_many(NOTES)
    questions, names = ["what keeps ada", "who"], [["ada", "cy"], ["bob"]]
    batch = contexts.generate_many(questions, names, **GREEDY)
    assert batch == [contexts.generate(q, n, **GREEDY) for q, n in zip(questions, names, strict=True)]
    assert batch[0] == contexts.generate(questions[0], ["cy", "ada"], **GREEDY)


def test_contexts_are_encoded_once_per_folder(
    model: Any, tokenizer: PreTrainedTokenizerFast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = notes(model, tokenizer, path=tmp_path)
    first.add_many({"ada": NOTES["ada"], "bob": NOTES["bob"]})
    calls: list[int] = []

    def count(*args: Any, **options: Any) -> list[KVStates]:
        calls.append(len(args[2]))
        return encode_contexts(*args, **options)

    monkeypatch.setattr(_contexts, "encode_contexts", count)
    second = notes(model, tokenizer, path=tmp_path)
    second.add_many(NOTES)
    assert calls == [1]
    assert torch.equal(second.contexts["bob"].keys, first.contexts["bob"].keys)
    for other in (notes(model, tokenizer, path=tmp_path, prefix="notes"), notes(family_model("qwen2"), tokenizer)):
        other.add("ada", NOTES["ada"])
    assert calls == [1, 1, 1]  # another prefix, another model
    assert len(list(tmp_path.iterdir())) == 4


def test_a_file_in_the_wrong_place(model: Any, tokenizer: PreTrainedTokenizerFast, tmp_path: Path) -> None:
    contexts = notes(model, tokenizer, path=tmp_path)
    contexts.add("ada", NOTES["ada"])
    (ada,) = tmp_path.iterdir()
    contexts.add("bob", NOTES["bob"])
    (bob,) = set(tmp_path.iterdir()) - {ada}
    bob.write_bytes(ada.read_bytes())
    with pytest.raises(ValueError, match="holds another model's, prefix's or context's states"):
        contexts.add("bob", NOTES["bob"])


def test_tuning_picks_the_setting_with_the_likeliest_answers(model: Any, tokenizer: PreTrainedTokenizerFast) -> None:
    contexts = notes(model, tokenizer)
    contexts.add_many(NOTES)
    examples = [Example("who keeps bees", "ada", ("ada", "bob")), Example("what keeps cy", "nothing a", ("cy",))]
    tuning = contexts.tune(examples, temperatures=(0.5, 1.0), scales=(0.5, 1.0))
    assert len(tuning.losses) == 4
    assert contexts.ape == tuning.best == min(tuning.losses, key=tuning.losses.__getitem__)
    assert contexts.answer_loss(examples) == tuning.losses[tuning.best]
    # One context without repair: the loss is that of the whole text in sequence.
    text = [*tokenizer("answer from the notes").input_ids, *tokenizer(NOTES["cy"]).input_ids]
    question, answer = tokenizer("what keeps cy").input_ids, tokenizer("nothing a").input_ids
    logits = sequential(model, text, question + answer)[0, len(question) - 1 : -1]
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(answer)).item()
    assert contexts.answer_loss(examples[1:], NEUTRAL) == pytest.approx(expected, abs=1e-5)


def test_bad_requests(model: Any, tokenizer: PreTrainedTokenizerFast) -> None:
    with pytest.raises(ValueError, match="the prefix is empty"):
        notes(model, tokenizer, prefix="")
    contexts = notes(model, tokenizer)
    contexts.add("ada", NOTES["ada"])
    for question, names, options, words in (
        ("who", ["bob"], {}, "no context is called 'bob'"),
        ("who", ["ada", "ada"], {}, "named twice"),
        ("", ["ada"], {}, "is empty"),
        ("who", ["ada"], {"num_return_sequences": 2}, "one answer to a question"),
    ):
        with pytest.raises(ValueError, match=words):
            contexts.generate(question, names, **options)
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
    assert capsys.readouterr().out
