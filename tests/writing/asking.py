"""Questions to a model server of the tests, and what comes back."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel, Field, SecretStr

from assay.writing.answers import Answer
from assay.writing.chat import Chat
from assay.writing.endpoint import Endpoint
from assay.writing.errors import (
    BudgetSpent,
)
from assay.writing.question import Message
from tests.writing.server import (
    Behaviour,
    ModelServer,
)

R = TypeVar("R")
KEY = "sk-toy-0123456789abcdef"


class Baseline(BaseModel):
    """What it is compared with."""

    name: str = "ToyNet"


class Summary(BaseModel):
    """A schema with all that strict servers are particular about."""

    finding: str = Field(min_length=5, description="One sentence.")
    title: str | None = None
    baseline: Baseline = Field(default_factory=Baseline, description="Beside a reference.")
    figures: list[int] = []


def endpoint_of(server: ModelServer, **changes: Any) -> Endpoint:
    usual: dict[str, Any] = {"timeout": 60, "patience": 60, "retry_wait": 0.02, "key": SecretStr(KEY)}
    return Endpoint(**{"base_url": server.url, "model": "toy-1"} | usual | changes)


def question(number: int = 1) -> list[Message]:
    return [
        {"role": "system", "content": "You read papers."},
        {"role": "user", "content": f"Summarise 9912.9990{number}."},
    ]


def run(work: Callable[[Chat], Coroutine[Any, Any, R]], endpoint: Endpoint, **options: Any) -> R:
    async def main() -> R:
        async with Chat(endpoint, **options) as chat:
            return await work(chat)

    return asyncio.run(main())


def ask(server: ModelServer, *behaviours: Behaviour, **options: Any) -> Answer[Summary]:
    """One question to a server that behaves so; options of `Endpoint` and of `Chat` alike."""
    server.then(*behaviours)
    chat = {name: options.pop(name) for name in ("budget", "recordings", "report") if name in options}
    return run(lambda chat: chat.ask(question(), Summary), endpoint_of(server, **options), **chat)


def message_of(error: pytest.ExceptionInfo[BaseException]) -> str:
    """The message; the key is not in it, nor in anything that a traceback would show."""
    message = str(error.value)
    assert "\n" not in message
    cause: BaseException | None = error.value
    while cause is not None:
        assert KEY not in f"{cause!r} {cause} {cause.__dict__}"
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return message


def five(chat: Chat) -> Coroutine[Any, Any, list[Answer[Summary]]]:
    async def work() -> list[Answer[Summary]]:
        return await asyncio.gather(*(chat.ask(question(number), Summary) for number in range(5)))

    return work()


async def outcome_of(asking: Coroutine[Any, Any, R]) -> R | BaseException:
    try:
        return await asking
    except BudgetSpent as error:
        return error
