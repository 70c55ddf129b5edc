"""LM2's memory: its equations, strictly causal, the same in chunks and in beams; and what it refuses."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from tests.methods.contract import ForGood
from tests.methods.families import VOCAB, ids, tiny_model
from tests.methods.pages import run_example
from torch import Tensor, nn
from transformers.generation.configuration_utils import CompileConfig

from assay.methods.architecture.lm2_memory import GatedMemory, LM2Memory, cache_with_memory, memory_state

SEGMENT = 4
SIZES: dict[str, Any] = {"slots": 6, "heads": 4, "segment": SEGMENT}


def stir(module: Any) -> Any:
    """Give memories weights as training may leave them, so that reading and writing both matter."""
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for memory in module.modules():
            if isinstance(memory, GatedMemory):
                for parameter in memory.parameters():
                    parameter.add_(torch.randn(parameter.shape, generator=generator) * 0.05)
    return module


def build(family: str = "llama", method: LM2Memory | None = None, **settings: Any) -> Any:
    torch.manual_seed(0)
    return stir((method or LM2Memory(**SIZES)).apply(tiny_model(family, **settings)))


def trained() -> nn.Module:
    # Without a cache it compiles as one graph. As a memory begins, nothing is read, and nothing of it learns.
    model: nn.Module = build(use_cache=False)
    return model


CONTRACT = ForGood(
    apply=LM2Memory(slots=6, heads=4, segment=3).apply,
    revert=LM2Memory.revert,
    stir=stir,
    keeps_logits=True,
    trained=trained,
)


@torch.no_grad()
def logits(model: Any, tokens: Tensor, **inputs: Any) -> Tensor:
    out: Tensor = model(tokens, use_cache=False, **inputs).logits
    return out


def equations(memory: GatedMemory, x: Tensor) -> tuple[Tensor, Tensor]:
    """One row and token at a time: what each reads (T, d), and the memory after the last whole segment (N, d)."""

    def attend(part: Any, queries: Tensor, others: Tensor) -> Tensor:
        q, k, v = queries @ part.query.weight.T, others @ part.key.weight.T, others @ part.value.weight.T
        size = q.shape[-1] // part.heads
        heads = []
        for head in range(part.heads):
            here = slice(head * size, (head + 1) * size)
            heads.append(torch.softmax(q[:, here] @ k[:, here].T / size**0.5, -1) @ v[:, here])
        out: Tensor = torch.cat(heads, -1) @ part.output.weight.T
        return out

    def gate(linear: Any, value: Tensor) -> Tensor:
        return torch.sigmoid(value @ linear.weight.T + linear.bias)

    slots: Tensor = memory.initial
    read = []
    for number, token in enumerate(x, 1):
        values = attend(memory.read, token[None], slots)
        read.append(gate(memory.output_gate, values) * values)
        if number % memory.segment == 0:
            new = attend(memory.write, slots, x[number - memory.segment : number])
            both = torch.cat([new, slots], -1)
            slots = gate(memory.input_gate, both) * torch.tanh(new) + gate(memory.forget_gate, both) * slots
    return torch.cat(read), slots


# The memory of a block


@pytest.mark.parametrize("length", [1, 3, 4, 5, 8, 11])
@torch.no_grad()
def test_it_computes_the_equations(length: int) -> None:
    torch.manual_seed(1)
    memory, x = stir(GatedMemory(16, **SIZES)), torch.randn(2, length, 16)
    read, state = memory(x)
    for row in range(2):
        expected, slots = equations(memory, x[row])
        torch.testing.assert_close(read[row], expected, rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(state.memory[row], slots, rtol=1e-4, atol=1e-5)
    assert torch.equal(state.pending, x[:, length // SEGMENT * SEGMENT :])


@settings(max_examples=15)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=6))
@torch.no_grad()
def test_any_chunks_give_what_the_whole_gives(lengths: list[int]) -> None:
    torch.manual_seed(1)
    memory, x = stir(GatedMemory(16, **SIZES)), torch.randn(2, sum(lengths), 16)
    whole, last = memory(x)
    state, parts = None, []
    for chunk in x.split(lengths, dim=1):
        read, state = memory(chunk, state)
        parts.append(read)
    assert state is not None
    torch.testing.assert_close(torch.cat(parts, 1), whole, rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(state.memory, last.memory, rtol=1e-4, atol=1e-5)


def test_more_slots_than_features_begin_orthogonal_and_fewer_as_the_identity() -> None:
    assert torch.equal(GatedMemory(16, **SIZES).initial, torch.eye(6, 16))
    many = GatedMemory(16, slots=20).initial
    torch.testing.assert_close(many.T @ many, torch.eye(16), rtol=0, atol=1e-5)


def test_gradients_reach_the_first_segment_unless_they_are_cut() -> None:
    torch.manual_seed(1)
    x = torch.randn(1, 13, 16)
    for every, reached in ((None, True), (3, True), (2, False)):
        memory = stir(GatedMemory(16, slots=6, segment=SEGMENT, detach_every=every))
        begun = x.clone().requires_grad_()
        memory(begun)[0][:, -1].sum().backward()
        assert begun.grad is not None
        assert bool(begun.grad[:, :SEGMENT].any()) is reached


# In a model


@pytest.mark.parametrize(("family", "dtype"), [("llama", torch.float32), ("mistral", torch.bfloat16)])
def test_no_token_sees_a_later_one(family: str, dtype: torch.dtype) -> None:
    model, tokens = build(family).to(dtype), ids(2, 14)
    before = logits(model, tokens)
    assert before.isfinite().all()
    for place in range(14):
        other = tokens.clone()
        other[:, place] = (other[:, place] - 2) % (VOCAB - 3) + 3
        after = logits(model, other)
        assert torch.equal(after[:, :place], before[:, :place])
        assert not torch.equal(after[:, place:], before[:, place:])


def test_what_the_window_cannot_reach_comes_through_the_memory() -> None:
    tokens = ids(1, 24)
    other = tokens.clone()
    other[:, 1] = (other[:, 1] - 2) % (VOCAB - 3) + 3
    model = build("mistral", sliding_window=4)
    assert not torch.equal(logits(model, tokens)[:, -1], logits(model, other)[:, -1])
    LM2Memory.revert(model)
    assert torch.equal(logits(model, tokens)[:, -1], logits(model, other)[:, -1])


def test_rows_of_a_batch_do_not_know_of_each_other() -> None:
    model, tokens = build(), ids(3, 14)
    other = tokens.clone()
    other[1:] = ids(2, 14, seed=1)
    assert torch.equal(logits(model, tokens)[0], logits(model, other)[0])
    torch.testing.assert_close(logits(model, tokens)[:1], logits(model, tokens[:1]), rtol=1e-4, atol=1e-4)


def test_only_the_layers_that_were_named_have_a_memory() -> None:
    model = build(method=LM2Memory(slots=6, segment=SEGMENT, layers=(1,)), layers=3)
    assert [hasattr(layer.self_attn, "memory") for layer in model.model.layers] == [False, True, False]
    cache = model(ids(1, 6)).past_key_values
    assert memory_state(cache).keys() == {"1.memory", "1.pending"}


def test_generation_with_and_without_a_cache_is_one() -> None:
    model, tokens = build("mistral", sliding_window=8), ids(2, 6)
    for options in ({}, {"num_beams": 2, "num_return_sequences": 2}):
        with_cache, without = (
            model.generate(tokens, max_new_tokens=9, do_sample=False, use_cache=use, **options) for use in (True, False)
        )
        assert torch.equal(with_cache, without), options


@torch.no_grad()
def test_rows_of_the_cache_are_selected_repeated_and_forgotten_with_their_memory() -> None:
    model, tokens = build(), ids(2, 7)
    cache = model(tokens).past_key_values
    cache.batch_repeat_interleave(2)
    cache.reorder_cache(torch.tensor([2, 0, 3, 1]))
    cache.batch_select_indices(torch.tensor([0, 1]))
    next_ids = ids(2, 5, seed=1)
    expected = logits(model, torch.cat([tokens[[1, 0]], next_ids], 1))[:, 7:]
    torch.testing.assert_close(model(next_ids, past_key_values=cache).logits, expected, rtol=1e-3, atol=1e-4)
    cache.reset()
    again = model(tokens, past_key_values=cache).logits
    torch.testing.assert_close(again, logits(model, tokens), rtol=1e-3, atol=1e-4)


@torch.no_grad()
def test_a_memory_alone_is_kept_and_goes_on(tmp_path: Path) -> None:
    """A window of one layer's reach: what was read is then in the memory alone."""
    model, tokens = build("mistral", layers=1, sliding_window=4), ids(2, 11)
    save_file(memory_state(model(tokens).past_key_values), tmp_path / "memory.safetensors")
    cache = cache_with_memory(model, load_file(tmp_path / "memory.safetensors"))
    assert cache.get_seq_length() == 0
    more = ids(2, 6, seed=1)
    remembered = model(more, past_key_values=cache).logits
    expected = logits(model, torch.cat([tokens, more], 1))[:, 11:]
    torch.testing.assert_close(remembered[:, 3:], expected[:, 3:], rtol=1e-3, atol=1e-4)
    assert not torch.allclose(remembered, logits(model, more), atol=1e-2)


def test_gradient_checkpointing_gives_the_same_gradients() -> None:
    tokens, gradients = ids(2, 13), []
    for checkpointing in (False, True):
        model = build().train()
        if checkpointing:
            model.activation_checkpointing_enable({"use_reentrant": False})
        model(tokens, labels=tokens, use_cache=False).loss.backward()
        gradients.append(model.model.layers[0].self_attn.memory.initial.grad)
    torch.testing.assert_close(*gradients)


def test_it_compiles_whole() -> None:
    """As one graph; by other backends it is compiled with the other methods that are trained."""
    model, tokens = build(layers=1), ids(2, 13)
    compiled = torch.compile(model, backend="eager", fullgraph=True)
    torch.testing.assert_close(logits(compiled, tokens), logits(model, tokens), rtol=1e-4, atol=1e-4)


def test_a_static_cache_gives_what_a_dynamic_one_gives() -> None:
    """Before anything is read, too: the cache's masks leave out the places that are still empty."""
    for model in (LM2Memory(**SIZES).apply(tiny_model("llama")), build()):
        torch.testing.assert_close(static(model, disable_compile=True), static(model, None), rtol=1e-3, atol=1e-4)


def test_generation_compiles_around_the_memory() -> None:
    model, anywhere = build(layers=1), CompileConfig(backend="eager", mode=None)  # type: ignore[arg-type]
    anywhere._compile_all_devices = True  # type: ignore[assignment]
    compiled = static(model, compile_config=anywhere)
    torch.testing.assert_close(compiled, static(model, disable_compile=True), rtol=1e-3, atol=1e-4)


def static(model: Any, kind: str | None = "static", **options: Any) -> Tensor:
    """The logits of six tokens, on a cache of this kind."""
    options |= {"cache_implementation": kind, "output_logits": True, "return_dict_in_generate": True}
    return torch.stack(model.generate(ids(1, 10), max_new_tokens=6, do_sample=False, **options).logits)


# What is refused


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"slots": 0}, "slots is 0: at least one"),
        ({"heads": 0}, "heads is 0"),
        ({"segment": -1}, "segment is -1"),
        ({"detach_every": 0}, "detach_every is 0"),
        ({"layers": "some"}, "layers is 'some': give 'all'"),
        ({"layers": ()}, "at least one is needed, and each once"),
        ({"layers": (1, 1)}, "each once"),
    ],
)
def test_settings_that_make_no_memory(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LM2Memory(**settings)


@pytest.mark.parametrize(
    ("family", "method", "settings", "message"),
    [
        ("llama", LM2Memory(heads=5), {}, "5 heads do not divide a width of 32"),
        ("llama", LM2Memory(layers=(0, 2)), {}, "no layer 2 in this LlamaForCausalLM: it has 2"),
        ("llama", LM2Memory(), {"max_position_embeddings": 64}, "128 tokens is longer than the 64 positions"),
        ("mistral", LM2Memory(), {"sliding_window": 64}, "longer than the window of 64"),
        ("bert", LM2Memory(**SIZES), {}, "BertForSequenceClassification writes no text"),
        ("gemma3n", LM2Memory(**SIZES), {}, "some of its layers share their keys and values"),
        ("llama4", LM2Memory(**SIZES), {}, "anew after every 6 tokens, and segments of 4 would not end there"),
    ],
)
def test_models_that_it_does_not_go_with(
    family: str, method: LM2Memory, settings: dict[str, Any], message: str
) -> None:
    model = tiny_model(family, **settings)
    names = list(model.state_dict())
    with pytest.raises(ValueError, match=message):
        method.apply(model)
    assert list(model.state_dict()) == names


def test_padding_before_tokens_and_packed_documents() -> None:
    model, tokens = build(), ids(2, 9)
    mask = torch.ones_like(tokens)
    mask[1, :3] = 0
    with pytest.raises(ValueError, match="padding before tokens"):
        model(tokens, attention_mask=mask)
    for options in ({}, {"cache_implementation": "static"}, {"prefill_chunk_size": 3}):
        with pytest.raises(ValueError, match="padding before tokens"):
            model.generate(tokens, attention_mask=mask, max_new_tokens=2, disable_compile=True, **options)
    with pytest.raises(ValueError, match="an attention mask of two dimensions"):
        model(tokens, attention_mask=torch.ones(2, 1, 9, 9, dtype=torch.bool).tril())
    with pytest.raises(ValueError, match="one document a row, not packed"):
        model(tokens, position_ids=torch.tensor([[0, 1, 2, 3, 0, 1, 2, 3, 4]]))
    padded = logits(model, tokens, attention_mask=mask.flip(1))
    torch.testing.assert_close(padded[1, :6], logits(model, tokens[1:, :6])[0], rtol=1e-4, atol=1e-4)


def test_states_of_another_memory() -> None:
    model = build()
    with pytest.raises(ValueError, match="no memory in this cache"):
        memory_state(tiny_model("llama")(ids(1, 5)).past_key_values)
    cache = model(ids(2, 7)).past_key_values
    state = memory_state(cache)
    assert state["0.memory"].shape == (2, 6, 32)
    assert state["0.pending"].shape == (2, 3, 32)
    with pytest.raises(ValueError, match="last 1 tokens cannot be taken back"):
        cache.crop(-1)
    with pytest.raises(ValueError, match="the memory is that of 2 rows, and the batch has 1"):
        model(ids(1, 3), past_key_values=cache_with_memory(model, state))
    for method, message in (
        (LM2Memory(slots=5, segment=SEGMENT), r"a memory of \(5, 32\) slots and features, and the state one of"),
        (LM2Memory(slots=6, segment=3), "3 tokens are pending in the state, which a segment of 3 would have"),
        (LM2Memory(slots=6, layers=(1,)), r"state is that of layers \[0, 1\], .* memory in layers \[1\]"),
    ):
        with pytest.raises(ValueError, match=message):
            cache_with_memory(build(method=method), state)


# On your model


def test_the_page_on_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_example("lm2_memory")
