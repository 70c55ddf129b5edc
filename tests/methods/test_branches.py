"""Branches of one cache: each row is written as if it stood alone, on every model, or the model is refused."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.methods._branches import Branches, Sampling, Usage, Written, stop_at
from tests.methods.families import DECODERS, TABLE, VOCAB, each, family_model, ids, logits

METHOD = "Search"
NOT_REARRANGEABLE = {"alibi", "chunked", "linear", "local", "no_cache", "rope_by_length", "shared_kv", "sparse"}
"""What a model may bring that makes its cache one that cannot be rearranged."""


def prompts(*lengths: int) -> list[list[int]]:
    return [ids(length, seed=length).tolist() for length in lengths or (1, 5, 3)]


def alone(model: Any, prompt: list[int], new: int) -> list[int]:
    """Greedy tokens, each by a whole pass over the text so far."""
    text = list(prompt)
    for _ in range(new):
        text.append(int(logits(model, torch.tensor([text]))[0, -1].argmax()))
    return text[len(prompt) :]


@pytest.fixture(scope="module")
def llama() -> Any:
    return family_model("llama")


@pytest.mark.parametrize("family", each(DECODERS))
def test_rows_are_written_as_if_each_stood_alone_or_the_model_is_refused(family: str) -> None:
    model, texts = family_model(family), prompts(1, 2, 1)
    try:
        branches = Branches.read(model, texts, method=METHOD)
        written = branches.write([2, 1, 2])
        again = branches.select([2, 0]).write(1)
    except ValueError as refusal:
        assert set(TABLE[family].traits) & NOT_REARRANGEABLE, refusal  # noqa: PT017 - only these are refused
        return
    expected = [alone(model, text, 3) for text in texts]
    assert [each.tokens for each in written] == [expected[0][:2], expected[1][:1], expected[2][:2]]
    assert [each.tokens for each in again] == [expected[2][2:], expected[0][2:]]


@given(
    lengths=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    steps=st.lists(
        st.tuples(st.sampled_from(["select", "append", "ahead", "back", "write", "put"]), st.integers(0, 99)),
        max_size=7,
    ),
)
@settings(max_examples=40, deadline=None)
def test_whatever_was_done_the_next_token_is_that_of_the_text(
    llama: Any, lengths: list[int], steps: list[tuple[str, int]]
) -> None:
    branches = Branches.read(llama, [ids(n, seed=n).tolist() for n in lengths], method=METHOD)
    for step, seed in steps:
        draw = torch.Generator().manual_seed(seed)
        size = len(branches)
        counts = torch.randint(0, 4, (size,), generator=draw).tolist()
        rows = [torch.randint(1, VOCAB, (count,), generator=draw).tolist() for count in counts]
        if step == "select":
            branches = branches.select(torch.randint(0, size, (1 + seed % 5,), generator=draw).tolist())
        elif step == "append":
            branches.append(rows)
        elif step == "ahead":
            ahead = branches.read_ahead(rows)
            for text, new, after in zip(branches.tokens, rows, ahead, strict=True):
                whole = logits(llama, torch.tensor([text]))[0, len(text) - len(new) - 1 :]
                torch.testing.assert_close(after, whole, atol=1e-4, rtol=1e-4)
        elif step == "back":
            branches.take_back([min(c, len(text) - 1) for c, text in zip(counts, branches.tokens, strict=True)])
        elif step == "write":
            branches.write([count + 1 for count in counts], sampling=Sampling(1.0), seed=seed)
        else:
            other = branches.select([seed % size])
            other.write(2, sampling=Sampling(1.0), seed=seed)
            branches.put([(seed + 1) % size], other)
    expected = torch.stack([logits(llama, torch.tensor([text]))[0, -1] for text in branches.tokens])
    torch.testing.assert_close(branches.logits, expected, atol=1e-4, rtol=1e-4)


def test_rows_that_take_back_more_than_others_do_not_widen_the_cache_without_end(llama: Any) -> None:
    branches = Branches.read(llama, prompts(6, 6), method=METHOD)
    for turn in range(20):
        branches.read_ahead([[5, 6, 7, 8]] * 2)
        branches.take_back([4, 3] if turn % 2 else [3, 4])
    longest = max(map(len, branches.tokens))
    assert longest == 16
    assert branches.real.shape[1] <= longest * 5 // 4
    expected = torch.stack([logits(llama, torch.tensor([text]))[0, -1] for text in branches.tokens])
    torch.testing.assert_close(branches.logits, expected, atol=1e-4, rtol=1e-4)


def test_branching_reads_a_prompt_once_and_the_last_token_costs_no_pass(llama: Any) -> None:
    usage = Usage()
    branches = Branches.read(llama, [ids(30, seed=1).tolist()], method=METHOD, usage=usage).select([0] * 8)
    branches.write(5, sampling=Sampling(1.0))
    assert (usage.read, usage.passes, usage.written) == (30, 5, 40)


def test_log_probabilities_are_those_of_the_model_whatever_the_temperature(llama: Any) -> None:
    branches = Branches.read(llama, [[3, 4, 5]], method=METHOD)
    (written,) = branches.write(6, sampling=Sampling(2.0, top_p=0.9, top_k=12), seed=5)
    whole = logits(llama, torch.tensor(branches.tokens))[0].log_softmax(-1)
    expected = [float(whole[2 + i, token]) for i, token in enumerate(written.tokens)]
    assert written.log_probs == pytest.approx(expected, abs=1e-4)


def test_rows_end_at_the_end_token_at_a_stop_and_at_their_budget(llama: Any) -> None:
    branches = Branches.read(llama, [[3, 4, 5]] * 3, method=METHOD)
    plain = alone(llama, [3, 4, 5], 8)

    written = branches.write([8, 3, 0], stop=lambda tokens: len(tokens) == 5)

    assert [each.ended for each in written] == ["stop", "length", "length"]
    assert [each.tokens for each in written] == [plain[:5], plain[:3], []]
    llama.generation_config.eos_token_id = plain[1]
    try:
        (ended,) = branches.select([2]).write(8)
    finally:
        llama.generation_config.eos_token_id = None
    assert ended == Written(plain[:2], ended.log_probs, "eos")


def test_sampling_follows_the_probabilities_and_the_seed() -> None:
    logits = torch.tensor([[0.0, 1.0, 2.0, -1.0]]).repeat(4000, 1)
    draw = torch.Generator().manual_seed(0)
    shares = torch.bincount(Sampling(0.5).choose(logits, draw), minlength=4) / 4000
    torch.testing.assert_close(shares, (logits[0] / 0.5).softmax(-1), atol=0.03, rtol=0)
    assert set(Sampling(1.0, top_k=2).choose(logits, draw).tolist()) == {1, 2}
    assert set(Sampling(1.0, top_p=0.6).choose(logits, draw).tolist()) == {2}
    assert set(Sampling(1.0, top_p=0.7).choose(logits, draw).tolist()) == {1, 2}


def test_hidden_states_are_those_of_the_last_token(llama: Any) -> None:
    branches = Branches.read(llama, prompts(), method=METHOD, keeps_states=True)
    branches.write(2)
    expected = [llama.get_decoder()(torch.tensor([text])).last_hidden_state[0, -1] for text in branches.tokens]
    torch.testing.assert_close(branches.states, torch.stack(expected), atol=1e-4, rtol=1e-4)
    branches.take_back([1, 0, 0])
    with pytest.raises(ValueError, match="no hidden states are kept"):
        Branches.read(llama, prompts(), method=METHOD).states  # noqa: B018


def test_stop_strings_are_found_over_the_borders_of_tokens() -> None:
    class Letters:
        def decode(self, tokens: list[int], **_: Any) -> str:
            return "".join(map(chr, tokens))

    stop = stop_at(Letters(), ["\n\n", "END"])
    assert [stop([ord(c) for c in text]) for text in ("a\n", "a\n\n", "x" * 40 + "END", "EN", "D")] == [
        False,
        True,
        True,
        False,
        False,
    ]
    with pytest.raises(ValueError, match="none of them empty"):
        stop_at(Letters(), [""])


@pytest.mark.parametrize(
    ("how", "words"),
    [({"temperature": -1}, "temperature is -1"), ({"top_p": 0}, "top_p is 0"), ({"top_k": -2}, "top_k is -2")],
)
def test_sampling_that_means_nothing_is_refused(how: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Sampling(**how)


def test_bad_input_is_refused_in_words(llama: Any) -> None:
    with pytest.raises(ValueError, match="Search needs prompts of a token at least"):
        Branches.read(llama, [[3], []], method=METHOD)
    branches = Branches.read(llama, [[3, 4]], method=METHOD)
    with pytest.raises(ValueError, match=r"rows 0 to 0, and is asked for \[1\]"):
        branches.select([1])
    with pytest.raises(ValueError, match="cannot take back"):
        branches.take_back([2])
    with pytest.raises(ValueError, match="beyond the sliding window"):
        Branches.read(family_model("mistral_window"), [[3]], method=METHOD).write(50)
