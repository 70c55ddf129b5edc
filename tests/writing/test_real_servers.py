"""Real servers: llama.cpp's, which holds a small model to the schema, and LiteLLM's proxy, which refuses in its words.

They are started once. ``make model-servers`` installs them; without them everything here is skipped.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr

from assay.papers.models import Sighting
from assay.store import open_store
from assay.writing.answers import Answer
from assay.writing.chat import Chat
from assay.writing.endpoint import Endpoint
from assay.writing.errors import CutOff, Denied, EndpointError, TooLong, Unreachable
from assay.writing.question import Message
from tests.cli.conftest import Run, assay, home
from tests.writing import toys
from tests.writing.real_servers import KEY, litellm_proxy, llama_server

__all__ = ["assay", "home"]


class Finding(BaseModel):
    """So narrow that a small model answers in a few tokens."""

    figures: list[Literal["2.1x", "41.1%"]] = Field(min_length=1, max_length=1)
    verdict: Literal["faster", "slower"]


QUESTION: list[Message] = [
    {"role": "system", "content": "You read papers."},
    {"role": "user", "content": "Gullwing decodes 2.1x faster than DenseToy. What is it?"},
]
ANSWERS = {
    "gullwing": '{"figures": ["2.1x"], "verdict": "faster"}',
    "toy-record": json.dumps(toys.record(1)),
    "toy-prose": "Gullwing is twice as fast.",
    "toy-busy": "litellm.RateLimitError",
    "toy-long": "litellm.ContextWindowExceededError",
    "toy-broken": "litellm.InternalServerError",
}


@pytest.fixture(scope="module")
def llama() -> Iterator[str]:
    with llama_server(context=512) as url:
        yield url


@pytest.fixture(scope="module")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with litellm_proxy(tmp_path_factory.mktemp("litellm"), ANSWERS) as url:
        yield url


def ask(url: str, model: str, messages: list[Message] = QUESTION, **changes: Any) -> tuple[Answer[Finding], Chat]:
    """The answer to one question, with the chat that it came in."""
    usual: dict[str, Any] = {"key": SecretStr(KEY), "patience": 0.2, "retry_wait": 0.05, "max_output_tokens": 60}

    async def main() -> tuple[Answer[Finding], Chat]:
        async with Chat(Endpoint(url, model, **usual | changes)) as chat:
            try:
                return await chat.ask(messages, Finding), chat
            except EndpointError as error:
                error.add_note(f"{chat.budget.spent.requests} requests")
                raise

    return asyncio.run(main())


def test_llama_holds_the_model_to_the_schema_in_its_order(llama: str) -> None:
    answer, chat = ask(llama, "gullwing")
    assert list(json.loads(answer.text)) == ["figures", "verdict"]
    assert chat.budget.spent.requests == 1
    assert not answer.usage.estimated
    assert answer.usage.tokens_in > 20
    assert chat.shortcomings() == ["it says that SmolLM2-135M-Instruct.Q4_1.gguf answered"]


def test_llama_is_asked_no_more_where_it_has_no_endpoint(llama: str) -> None:
    with pytest.raises(Denied, match=r"there is no chat endpoint .*; check the address") as error:
        ask(f"{llama}/v2", "gullwing")
    assert error.value.__notes__ == ["1 requests"]


def test_llama_has_less_context_than_we_think(llama: str) -> None:
    long = [QUESTION[0], Message(role="user", content="tide " * 600)]
    with pytest.raises(TooLong, match=r"400: .*check model_context in the settings"):
        ask(llama, "gullwing", long)


def test_llama_is_cut_off_by_us(llama: str) -> None:
    with pytest.raises(CutOff, match=r"cut off after \d+ tokens: it may write \d+ \(model_output in the settings\)"):
        ask(llama, "gullwing", max_output_tokens=2)


def test_litellm_answers(litellm: str) -> None:
    answer, chat = ask(litellm, "gullwing")
    assert answer.value == Finding(figures=["2.1x"], verdict="faster")
    assert (chat.budget.spent.requests, chat.shortcomings()) == (1, [])


@pytest.mark.parametrize(
    ("model", "key", "reason"),
    [
        ("gullwing-2", KEY, "it does not have the model (400: "),
        ("gullwing", "sk-wrong", "the key is refused (400: No connected db.); check the key"),
        ("gullwing", "", "it wants a key (401: "),
    ],
)
def test_litellm_does_not_know_the_model_or_the_key(litellm: str, model: str, key: str, reason: str) -> None:
    with pytest.raises(Denied) as error:
        ask(litellm, model, key=SecretStr(key))
    assert error.value.reason.startswith(reason)
    assert error.value.__notes__ == ["1 requests"]


@pytest.mark.parametrize(
    ("model", "kind", "reason"),
    [
        ("toy-busy", Unreachable, "busy, 429: "),
        ("toy-broken", Unreachable, "broken, 500: "),
        ("toy-long", TooLong, "400: "),
    ],
)
def test_litellm_fails_for_the_model_behind_it(
    litellm: str, model: str, kind: type[EndpointError], reason: str
) -> None:
    with pytest.raises(EndpointError) as error:
        ask(litellm, model)
    assert type(error.value) is kind
    assert error.value.reason.startswith(reason)


def test_litellm_passes_on_what_a_model_says_that_knows_no_schema(litellm: str) -> None:
    with pytest.raises(EndpointError, match=r"no JSON object in .Gullwing is twice as fast\.") as error:
        ask(litellm, "toy-prose")
    assert error.value.__notes__ == ["2 requests"], "once with the schema beside the question, once with it in there"


def test_a_paper_is_summarised_through_litellm(litellm: str, assay: Run, home: Path) -> None:
    home.mkdir(exist_ok=True)
    with open_store(home / "assay.db") as store:
        paper = toys.paper(1)
        sighting = Sighting(paper=paper.id, source="huggingface", day="2099-12-02", rank=1)
        store.add(source="huggingface", papers=[paper], sightings=[sighting])
    model = ("--model", "toy-record", "--base-url", litellm)
    done = assay("summarise", "--paper", paper.id, *model, ASSAY_MODEL_KEY=KEY)
    assert done.code == 0, done
    assert done.out.startswith("1 paper summarised by toy-record\n1 request, ")
    wrong = assay("summarise", "--paper", paper.id, "--again", *model, ASSAY_MODEL_KEY="sk-wrong")
    assert (wrong.code, wrong.out, wrong.err.count("\n")) == (2, "", 1)
    assert "the key is refused (400: No connected db.)" in wrong.err
