"""Questions to a language model behind any OpenAI-compatible chat endpoint, answered as JSON of a given shape.

::

    endpoint = Endpoint("http://127.0.0.1:11434/v1", "qwen3:8b")
    async with Chat(endpoint, budget=Budget(tokens=200_000), recordings=Recordings(folder)) as chat:
        answer = await chat.ask([{"role": "user", "content": "Summarise: ..."}], Summary)
        answer.value         # a Summary
        chat.budget.spent    # requests, tokens, money
        chat.shortcomings()  # what the server does not do: "it takes no seed ..."

Every way not to answer is an `assay.writing.errors.EndpointError`.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import Self, TypeVar

from pydantic import BaseModel

from assay.writing.answers import Answer, Completion, in_a_line, is_prose, read_answer
from assay.writing.budget import Budget
from assay.writing.cache import Recording, Recordings
from assay.writing.dialect import Dialect
from assay.writing.endpoint import Endpoint
from assay.writing.errors import (
    CutOff,
    EndpointError,
    NoAnswer,
    NotRecorded,
    NotUnderstood,
    TooLong,
    Unreachable,
    WrongShape,
)
from assay.writing.question import Message, Question, pose
from assay.writing.sender import Sender, actual_usage

T = TypeVar("T", bound=BaseModel)


class Chat:
    """Asks an endpoint questions, for one run. Use it as an asynchronous context manager.

    What one question learns about the endpoint holds for all later ones. The first goes ahead of the others, so that
    a wrong address, key or model costs one request.

    Args:
        endpoint: where the model is.
        budget: what may be spent, and the account of what was; shared with whoever else has it.
        recordings: where answers are stored and looked up; ``None`` stores none.
        report: called with one line whenever a request fails and is sent again.

    Raises:
        ValueError: if there is a budget in money and the endpoint has no prices.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        budget: Budget | None = None,
        recordings: Recordings | None = None,
        report: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.endpoint = endpoint
        self.budget = budget or Budget()
        if self.budget.money is not None and endpoint.prices is None:
            raise ValueError(f"{endpoint}: a budget in money needs the endpoint's prices for a million tokens")
        self.recorded: list[Recording] = []
        """The recordings that questions of this run were answered from."""
        self._recordings = recordings
        self._sender = Sender(endpoint, self.budget, report)
        self._first: asyncio.Event | None = None  # set when the first question is through
        self._counts_tokens = True
        self._other_models: set[str] = set()
        self._rejections: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._sender.close()

    async def ask(self, messages: Sequence[Message], schema: type[T]) -> Answer[T]:
        """Ask one question, and wait for the answer.

        The endpoint is asked for JSON of the schema in the strictest form that it understands. Busy and broken
        servers are asked again, and once more where the answer was cut off and there is room for a longer one.

        Args:
            messages: the conversation; the last turn is the user's.
            schema: what the answer must be.

        Raises:
            NoAnswer: if this question got no answer of that shape, by kind: `CutOff`, `Refused`, `Empty`,
                `WrongShape`, `TooLong`, `Unreachable`, `NotUnderstood`, `NotRecorded`.
            BudgetSpent: before a request is sent that might exceed the budget.
            Denied: if no question to this endpoint will be answered.
        """
        question = pose(self.endpoint, messages, schema)
        if answer := self._recorded_answer(question, schema):
            return answer
        room = self.endpoint.context_tokens - question.tokens
        if room < self.endpoint.max_output_tokens:
            raise self._sender.error(
                TooLong,
                f"a question of some {question.tokens} tokens and {self.endpoint.max_output_tokens} of output do"
                f" not fit into a context of {self.endpoint.context_tokens} (model_context in the settings)",
            )
        async with self._first_alone():
            return await self._ask(question, schema)

    @property
    def is_replay(self) -> bool:
        """Whether only recorded answers are used."""
        return self._recordings is not None and self._recordings.replay

    def shortcomings(self) -> list[str]:
        """What the server turned out not to do, and what it does otherwise than asked, each in words."""
        lines = list(self._sender.dialect.shortcomings())
        if not self._counts_tokens:
            lines.append("it counts no tokens, so that the counts are our own estimates")
        lines += [f"it says that {model.rpartition('/')[2]} answered" for model in sorted(self._other_models)]
        return lines

    def _recorded_answer(self, question: Question, schema: type[T]) -> Answer[T] | None:
        """The recorded answer, if there is one of the right shape."""
        if self._recordings is None:
            return None
        recording = self._recordings.find(question.name)
        if recording is not None:
            with suppress(ValueError):
                answer = _answer(schema.model_validate(json.loads(recording.text)), recording, question, cached=True)
                self.budget.book_cached()
                self.recorded.append(recording)
                return answer
        if self.is_replay:
            beginning = in_a_line(question.messages[-1]["content"])[:60]
            raise NotRecorded(
                f"no usable answer {question.name[:12]} of {self.endpoint.model} to {beginning!r}; record it first",
                where=str(self._recordings.folder),
            )
        return None

    @asynccontextmanager
    async def _first_alone(self) -> AsyncIterator[None]:
        """Let the first question go ahead until it is answered, or for as long as an error would take."""
        if self._first is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._first.wait(), _HEAD_START)
            self._first.set()
            yield
            return
        self._first = asyncio.Event()
        try:
            yield
        finally:
            self._first.set()

    async def _ask(self, question: Question, schema: type[T]) -> Answer[T]:
        """Send the question until there is an answer, in simpler dialects and with more room where that helps."""
        room = self.endpoint.max_output_tokens
        cut_off: CutOff | None = None
        while True:
            try:
                completion, dialect = await self._sender.send(question, room)
            except (NotUnderstood, TooLong, Unreachable) as error:
                if cut_off is not None and not isinstance(error, Unreachable):  # it would not give more room
                    raise cut_off from None
                raise self._deny_if_rejected_alike(error) from None
            self._notice(completion)
            try:
                value, text = read_answer(completion, schema)
            except NoAnswer as error:
                if self._ignores_schema(error, dialect):
                    self._sender.adopt(dialect, dialect.with_schema_in_prompt())
                    continue
                if not isinstance(error, CutOff):
                    raise self._sender.error(type(error), error.reason, text=error.text) from None
                # Twice, and not more: a model that repeats itself without end fills any room.
                more = min(2 * self.endpoint.max_output_tokens, self.endpoint.context_tokens - question.tokens)
                again = cut_off is None and more > room
                cut_off = self._sender.error(CutOff, error.reason + _whose_limit(completion, room), text=error.text)
                if not again:
                    raise cut_off from None
                room = more
                continue
            self._sender.is_understood = True
            return self._book(value, text, completion, question)

    def _ignores_schema(self, error: NoAnswer, dialect: Dialect) -> bool:
        """Whether an answer of the wrong shape shows that the server dropped the schema, which the model never saw."""
        if self._sender.is_understood or dialect.form != "json_schema":
            return False
        return isinstance(error, WrongShape) or (isinstance(error, CutOff) and is_prose(error.text))

    def _notice(self, completion: Completion) -> None:
        """Notice what the server does otherwise than asked, also where the answer is of no use."""
        self._counts_tokens &= completion.tokens_in is not None and completion.tokens_out is not None
        if completion.model and not _is_called(self.endpoint.model, completion.model):
            self._other_models.add(completion.model)

    def _book(self, value: T, text: str, completion: Completion, question: Question) -> Answer[T]:
        """The answer, recorded."""
        model = completion.model or self.endpoint.model
        usage = actual_usage(completion, question)
        recording = Recording(text, model, usage, datetime.now(UTC), self.endpoint.url)
        if self._recordings is not None:
            self._recordings.add(question.name, question.request, recording)
        return _answer(value, recording, question, cached=False)

    def _deny_if_rejected_alike(self, error: NoAnswer) -> EndpointError:
        """End the run where a server has answered nothing and rejects one question after another in the same words."""
        is_rejected = isinstance(error, NotUnderstood) or (isinstance(error, Unreachable) and error.own_fault)
        if self._sender.is_understood or not is_rejected:
            return error
        self._rejections[error.reason] += 1
        if self._rejections[error.reason] < _MOST_REJECTIONS:
            return error
        return self._sender.deny(
            f"{_MOST_REJECTIONS} questions were rejected alike ({error.reason}); check address, model name and key"
        )


_HEAD_START = 5.0  # seconds: errors come at once, answers take their time
_MOST_REJECTIONS = 3  # without a single answer: no accident any more


def _answer(value: T, recording: Recording, question: Question, *, cached: bool) -> Answer[T]:
    return Answer(
        value,
        recording.text,
        recording.model,
        recording.usage,
        recording.created,
        cached=cached,
        address=recording.address,
        question=question.name,
    )


def _whose_limit(completion: Completion, room: int) -> str:
    """Who stopped a model that was cut off: we, or the server by itself."""
    if completion.tokens_out is not None and completion.tokens_out < room:
        return f", by the server's own limit: it might write {room}; check the context that it was started with"
    return f": it may write {room} (model_output in the settings)"


def _is_called(asked: str, model: str) -> bool:
    """Whether the name that a server gives the model may be the name that was asked for, in another form."""
    one, other = ("".join(filter(str.isalnum, name.casefold().rpartition("/")[2])) for name in (asked, model))
    return one in other or other in one
