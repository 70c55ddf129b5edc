"""A model as every evaluation takes it: a callable, an endpoint, a model of transformers; and its answers kept."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from assay.methods._models import LikelihoodModel, ModelError, likelihoods_of
from assay.methods.evaluation import Endpoint, Model, as_model
from assay.methods.evaluation._recording import Recorded


class Server(ThreadingHTTPServer):
    """A chat server that fails as it is told, then echoes."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.failures: list[int] = []
        self.bodies: list[dict[str, Any]] = []
        self.raw: bytes | None = None


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        status = self.server.failures.pop(0) if self.server.failures else 200
        content = body["messages"][-1]["content"]
        answer = {"choices": [{"message": {"content": f"echo {content}"}}]}
        out = self.server.raw or json.dumps(answer if status == 200 else {"error": "no such model"}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(out)))
        self.end_headers()
        self.wfile.write(out)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def endpoint(server: Server, **how: Any) -> Endpoint:
    return Endpoint(f"http://127.0.0.1:{server.server_port}/v1", "toy", **how)


@pytest.fixture(scope="module")
def tiny(tiny_model: Path) -> Any:
    from transformers import AutoModelForCausalLM, AutoTokenizer

    return AutoModelForCausalLM.from_pretrained(tiny_model), AutoTokenizer.from_pretrained(tiny_model)


def test_a_callable_answers_in_order_and_nothing_but_text() -> None:
    model = as_model(str.upper, name="shout")
    assert model.name == "shout"
    assert model.answer(["b", "a"]) == ["B", "A"]
    assert isinstance(model, Model)
    with pytest.raises(ModelError, match="len answers int, not text, to 'a'"):
        as_model(len).answer(["a"])


def test_what_is_no_model_is_refused() -> None:
    with pytest.raises(ValueError, match="int is no model: give a callable, an Endpoint"):
        as_model(3)


def test_a_model_without_its_tokenizer_is_refused(tiny: Any) -> None:
    with pytest.raises(ValueError, match="comes without its tokenizer"):
        as_model(tiny[0])


def test_a_model_keeps_the_settings_that_it_came_with(tiny: Any) -> None:
    plain = as_model(*tiny, chat=False, batch=3)
    assert as_model(plain) is plain
    assert as_model(plain, name="other").name == "other"


def test_only_some_models_tell_likelihoods(tiny: Any) -> None:
    assert isinstance(likelihoods_of(as_model(*tiny)), LikelihoodModel)
    with pytest.raises(ModelError, match="shout tells no likelihoods: score by letter"):
        likelihoods_of(as_model(str.upper, name="shout"))


def test_an_endpoint_answers_in_order_with_its_system_message(server: Server) -> None:
    prompts = [f"prompt {i}" for i in range(9)]
    assert endpoint(server, system="be brief").answer(prompts, tokens=5) == [f"echo {each}" for each in prompts]
    assert {body["max_tokens"] for body in server.bodies} == {5}
    assert all(body["messages"][0] == {"role": "system", "content": "be brief"} for body in server.bodies)


def test_a_busy_endpoint_is_asked_again_and_a_wrong_model_is_not(server: Server) -> None:
    server.failures = [503, 429]
    assert endpoint(server, wait=0.01).answer(["a"]) == ["echo a"]
    server.failures = [503] * 3
    with pytest.raises(ModelError, match="does not answer, asked 3 times: 503"):
        endpoint(server, wait=0.01, attempts=3).answer(["a"])
    server.bodies.clear()
    server.failures = [404]
    with pytest.raises(ModelError, match=r"/v1/chat/completions answers 404: .*no such model"):
        endpoint(server).answer(["a"])
    assert len(server.bodies) == 1


def test_a_page_that_is_no_completion_is_refused_in_words(server: Server) -> None:
    server.raw = b"<html>welcome</html>"
    with pytest.raises(ModelError, match="answers no chat completion: <html>welcome"):
        endpoint(server).answer(["a"])


def test_nobody_at_the_address_is_told_in_a_line() -> None:
    with pytest.raises(ModelError, match=r"does not answer: .*; is the server running"):
        Endpoint("http://127.0.0.1:9/v1", "toy").answer(["a"])
    with pytest.raises(ValueError, match="base_url is 'localhost'"):
        Endpoint("localhost", "toy")


def test_an_image_goes_with_its_prompt(server: Server) -> None:
    from PIL import Image

    endpoint(server).answer(["what is it?"], images=[Image.new("RGB", (2, 2))])
    picture, text = server.bodies[0]["messages"][0]["content"]
    assert picture["image_url"]["url"].startswith("data:image/png;base64,")
    assert text == {"type": "text", "text": "what is it?"}


def test_answers_of_a_batch_are_those_of_each_prompt_alone(tiny: Any) -> None:
    prompts = ["abc", "a much longer prompt than that", "x"]
    together = as_model(*tiny, batch=3).answer(prompts, tokens=6)
    assert together == [as_model(*tiny).answer([each], tokens=6)[0] for each in prompts]


def test_sampling_repeats_by_its_seed_and_leaves_other_random_numbers_alone(tiny: Any) -> None:
    import torch

    model = as_model(*tiny)
    before = torch.random.get_rng_state()
    first = model.answer(["abc"] * 4, tokens=8, temperature=1.0, seed=1)
    assert torch.equal(before, torch.random.get_rng_state())
    assert first == model.answer(["abc"] * 4, tokens=8, temperature=1.0, seed=1)
    assert len(set(first)) > 1
    assert first != model.answer(["abc"] * 4, tokens=8, temperature=1.0, seed=2)


def test_log_likelihoods_are_those_of_a_plain_loop(tiny: Any) -> None:
    import torch

    model, tokenizer = tiny
    teller = likelihoods_of(as_model(model, tokenizer))
    prompts, continuations = ["abc", "the capital"], [" d", " of it all"]
    for prompt, continuation, (total, count) in zip(
        prompts, continuations, teller.log_likelihoods(prompts, continuations), strict=True
    ):
        ids, start = tokenizer(prompt + continuation)["input_ids"], len(tokenizer(prompt)["input_ids"])
        logs = model(torch.tensor([ids])).logits[0].detach().log_softmax(-1)
        expected = sum(float(logs[at - 1, ids[at]]) for at in range(start, len(ids)))
        assert count == len(ids) - start
        assert total == pytest.approx(expected, abs=1e-4)
    with pytest.raises(ModelError, match="has no token for the continuation ''"):
        teller.log_likelihoods(["a"], [""])


def test_letters_behind_one_question_take_one_reading_of_it(tiny: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    model, tokenizer = tiny
    shapes: list[tuple[int, ...]] = []
    forward = model.forward

    def count(**inputs: Any) -> Any:
        shapes.append(tuple(inputs["input_ids"].shape))
        return forward(**inputs)

    monkeypatch.setattr(model, "forward", count)
    letters = likelihoods_of(as_model(model, tokenizer)).log_likelihoods(["Which?"] * 4 + ["Or?"] * 4, list("ABCD") * 2)
    assert sum(rows for rows, _ in shapes) == 2
    assert len(set(letters)) == 8


def test_a_real_models_likelihoods_know_a_capital(smollm2: Path) -> None:
    from assay.testbed.pretrained import load_language_model

    model = likelihoods_of(as_model(load_language_model()))
    right, wrong = model.log_likelihoods(["What is the capital of France?"] * 2, ["Paris", "Oslo"])
    assert right[0] > wrong[0]


def test_recorded_answers_outlive_a_kill(tmp_path: Path) -> None:
    asked: list[str] = []

    def shout(prompt: str) -> str:
        if prompt == "c" and not (tmp_path / "well").exists():
            raise KeyboardInterrupt
        asked.append(prompt)
        return prompt.upper()

    file = tmp_path / "answers.jsonl"
    with pytest.raises(KeyboardInterrupt):
        Recorded(as_model(shout), file, step=1).answer(["a", "b", "c"])
    with file.open("ab") as half:
        half.write(b'{"key": "half of a li')
    (tmp_path / "well").touch()
    again = Recorded(as_model(shout), file, step=1)
    assert again.answer(["a", "b", "c"]) == ["A", "B", "C"]
    assert asked == ["a", "b", "c"]
    assert again.reused == 2
    assert Recorded(as_model(shout), file).answer(["c"]) == ["C"]
    assert asked == ["a", "b", "c"]


def test_samples_of_one_prompt_are_recorded_each(tmp_path: Path) -> None:
    numbers = iter(range(100))
    recorded = Recorded(as_model(lambda prompt: f"{prompt} {next(numbers)}", name="counter"), tmp_path / "a.jsonl")
    assert recorded.answer(["x"] * 3, temperature=1.0) == ["x 0", "x 1", "x 2"]
    assert recorded.answer(["x"] * 3, temperature=1.0) == ["x 0", "x 1", "x 2"]
    assert recorded.answer(["x"] * 3, temperature=1.0, seed=1) == ["x 3", "x 4", "x 5"]


def test_samples_asked_after_an_interruption_have_seeds_of_their_own(tmp_path: Path) -> None:
    class Sampler:
        name = "sampler"

        def answer(self, prompts: Any, *, seed: int = 0, **_: Any) -> list[str]:
            return [f"sample {seed + at}" for at in range(len(prompts))]

    file = tmp_path / "answers.jsonl"
    first = Recorded(Sampler(), file).answer(["x"] * 3, temperature=1.0)
    again = Recorded(Sampler(), file)
    assert again.answer(["x"] * 6, temperature=1.0)[:3] == first
    assert len(set(again.answer(["x"] * 6, temperature=1.0))) == 6
    assert again.empty == 0


def test_empty_answers_are_counted(tmp_path: Path) -> None:
    recorded = Recorded(as_model(lambda prompt: " ", name="silent"), tmp_path / "a.jsonl")
    recorded.answer(["a", "b"])
    assert recorded.empty == 2
