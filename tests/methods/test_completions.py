"""Completions with log-probabilities, of a server on loopback that computes with a model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from assay.methods._completions import Completion, complete
from assay.methods._models import ModelError
from tests.methods.completions_server import CompletionsServer, serving


@pytest.fixture(scope="module")
def tiny(tiny_model: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(tiny_model), AutoTokenizer.from_pretrained(tiny_model)


@pytest.fixture
def server(tiny: Any) -> Iterator[CompletionsServer]:
    with serving(*tiny) as running:
        yield running


def test_each_token_comes_with_the_models_log_probability(tiny: Any, server: CompletionsServer) -> None:
    model, tokenizer = tiny
    prompts = ["abc", "a longer one"]
    for prompt, completion in zip(prompts, complete(server.endpoint, prompts, tokens=5), strict=True):
        ids = tokenizer(prompt, add_special_tokens=False)["input_ids"]
        expected = []
        for _ in completion.tokens:
            logs = model(torch.tensor([ids])).logits[0, -1].detach().log_softmax(-1)
            expected.append(float(logs.max()))
            ids.append(int(logs.argmax()))
        assert completion.log_probs == pytest.approx(expected, abs=1e-4)
        assert completion.text == tokenizer.decode(ids[len(prompt) :])
        assert completion.ended in {"length", "stop"}
    assert {(body["model"], body["logprobs"], body["max_tokens"]) for body in server.bodies} == {("tiny", 1, 5)}


def test_a_stop_string_and_a_seed_are_handed_on(server: CompletionsServer) -> None:
    complete(server.endpoint, ["abc", "d"], tokens=3, stop=["\n"], temperature=0.5, seed=7)
    assert sorted(body["seed"] for body in server.bodies) == [7, 8]
    assert all(body["stop"] == ["\n"] for body in server.bodies)


def test_log_probabilities_may_come_as_chats_have_them(server: CompletionsServer) -> None:
    server.logprobs = {"content": [{"token": "x", "logprob": -0.5}]}
    (completion,) = complete(server.endpoint, ["abc"], tokens=3)
    assert (completion.tokens, completion.log_probs) == (("x",), (-0.5,))


@pytest.mark.parametrize(
    ("logprobs", "why"),
    [
        ({"tokens": ["a"], "token_logprobs": [-0.1, -0.2]}, "tells no log-probabilities"),
        ({"tokens": None}, "tells no log-probabilities"),
        ({"tokens": ["a"], "token_logprobs": [None]}, "log-probabilities that are no numbers"),
    ],
)
def test_a_server_that_tells_none_is_refused(server: CompletionsServer, logprobs: Any, why: str) -> None:
    server.logprobs = logprobs
    with pytest.raises(ModelError, match=why):
        complete(server.endpoint, ["abc"], tokens=3)


def test_an_error_is_told_and_a_busy_server_asked_again(server: CompletionsServer) -> None:
    server.statuses = [503, 200]
    assert complete(server.endpoint, ["abc"], tokens=1)[0].tokens
    server.statuses = [404]
    with pytest.raises(ModelError, match="/v1/completions answers 404"):
        complete(server.endpoint, ["abc"], tokens=1)


def test_a_beginning_splits_no_letter() -> None:
    completion = Completion("ab한c d", ("a", "b", "\ufffd", "\ufffd", "c", " d"), (-1.0,) * 6, "length")
    assert [completion.beginning(count) for count in range(8)] == [
        ("", 0), ("a", 1), ("ab", 2), ("ab", 2), ("ab", 2), ("ab한c", 5), ("ab한c d", 6), ("ab한c d", 6)
    ]  # fmt: skip
    assert Completion("ab", ("a", "x", "y"), (-1.0,) * 3, "length").beginning(3) == ("a", 1)
