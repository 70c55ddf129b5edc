"""Questions to a language model behind any OpenAI-compatible chat endpoint, answered as JSON of a given shape.

::

    endpoint = Endpoint("http://127.0.0.1:11434/v1", "qwen3:8b")
    async with Chat(endpoint, budget=Budget(tokens=200_000), recordings=Recordings(folder)) as chat:
        answer = await chat.ask([{"role": "user", "content": "Summarise: ..."}], Summary)
        answer.value       # a Summary
        chat.budget.spent  # requests, tokens, money

Every way not to answer is an `EndpointError`: `NoAnswer` for this question alone, by kind, `BudgetSpent` if it would
cost too much, `Denied` if no question will ever be answered.
"""

import asyncio
import json
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self, TypedDict, TypeVar

import httpx2
from pydantic import BaseModel, SecretStr

from assay import __version__
from assay.sources.politeness import Backoff, Rate, allow_retry, requested_wait, retry_async
from assay.writing.answers import (
    Answer,
    Broken,
    BudgetSpent,
    Completion,
    CutOff,
    Denied,
    Empty,
    EndpointError,
    Failed,
    NoAnswer,
    NotRecorded,
    NotUnderstood,
    Refused,
    TooLong,
    Unreachable,
    Usage,
    WrongShape,
    in_a_line,
    read_answer,
    read_completion,
)
from assay.writing.budget import Budget, Prices, Reservation, Spent, estimate_tokens
from assay.writing.cache import Recording, Recordings, hash_question

__all__ = [
    "Answer",
    "Budget",
    "BudgetSpent",
    "Chat",
    "CutOff",
    "Denied",
    "Empty",
    "Endpoint",
    "EndpointError",
    "Message",
    "NoAnswer",
    "NotRecorded",
    "NotUnderstood",
    "Prices",
    "Recordings",
    "Refused",
    "Spent",
    "TooLong",
    "Unreachable",
    "Usage",
    "WrongShape",
    "estimate_tokens",
]

T = TypeVar("T", bound=BaseModel)


class Message(TypedDict):
    """One turn of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class Endpoint:
    """Where a model is, its name, and how to ask it. All times are in seconds.

    Raises:
        ValueError: if a value makes no sense.
    """

    base_url: str
    """As the provider's pages give it, with or without a slash at its end. ``/v1`` is added to a bare host, and
    ``/chat/completions`` where it is missing."""
    model: str
    """As the endpoint calls it."""
    key: SecretStr | None = field(default=None, repr=False)
    """Sent as a bearer token; most local servers need none."""
    timeout: float = 300
    """For one answer from first to last byte: 2048 tokens at the 7 a second of a small model without a GPU."""
    concurrency: int = 4
    """Requests that are open at one time: as many as small local servers answer side by side."""
    requests_per_minute: float | None = None
    """As the provider's account page says."""
    tokens_per_minute: float | None = None
    """Read and written together; as the provider's account page says."""
    patience: float = 300
    """For asking a busy or broken endpoint again, from its first failure on; the same as for sources of papers."""
    retry_wait: float = 1
    """Before the first retry, if the endpoint does not say; it doubles with each, up to a minute."""
    max_output_tokens: int = 2048
    """Room for an answer, the model's thoughts included: a long Korean summary and as much again. An answer that is
    cut off is asked for once more with twice the room, if the context has it."""
    context_tokens: int = 8192
    """Question and answer together. What servers of small models are started with; some cut a longer question without
    a word, so that it is refused here."""
    temperature: float = 0
    """The likeliest words: summaries are to be the same tomorrow."""
    seed: int | None = 0
    """For the same reason, where the endpoint knows about seeds."""
    prices: Prices | None = None
    """For a million tokens; a budget in money needs them."""

    def __post_init__(self) -> None:
        url = _address(self.base_url)
        if not self.model.strip() or not self.model.isprintable():
            raise ValueError(f"{url}: the model needs a name in one line, not {self.model!r}")
        counts = [self.concurrency, self.max_output_tokens, self.context_tokens]
        rates = [rate for rate in (self.requests_per_minute, self.tokens_per_minute) if rate is not None]
        if not (min(counts) >= 1 and all(rate > 0 for rate in rates)):
            raise ValueError(f"{self}: concurrency, rates, output and context are above zero")
        waits = [self.timeout, self.patience, self.retry_wait, self.temperature, *(self.prices or ())]
        if not (min(waits) >= 0 and self.timeout > 0 and all(map(math.isfinite, waits))):
            raise ValueError(f"{self}: times, temperature and prices are not below zero, and the timeout is above it")
        if self.max_output_tokens >= self.context_tokens:
            raise ValueError(
                f"{self}: {self.max_output_tokens} tokens of output leave no room for a question in a context of"
                f" {self.context_tokens}"
            )
        key = self.key.get_secret_value().strip() if self.key else ""
        if not re.fullmatch(r"[!-~]*", key):
            raise ValueError(f"{self}: the key goes into a header, so it must be one word of ASCII")
        object.__setattr__(self, "key", SecretStr(key) if key else None)

    @property
    def url(self) -> str:
        """Where requests go."""
        return _address(self.base_url)

    def __str__(self) -> str:
        return f"{self.url} ({self.model})"


class Chat:
    """Asks an endpoint questions, for one run. Use it as an asynchronous context manager.

    What one question learns about the endpoint holds for all later ones.

    Args:
        endpoint: where the model is.
        budget: what may be spent, and the account of what was; shared with whoever else has it.
        recordings: where answers are stored and looked up; ``None`` stores none.
        report: called with one line whenever a request fails and is sent again.
        insist: whether an address at which nothing has answered yet is tried again for as long as there is patience; a
            command that somebody waits for gives it up at once.

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
        insist: bool = True,
    ) -> None:
        self.endpoint = endpoint
        self._insist = insist
        self.budget = budget or Budget()
        if self.budget.money is not None and endpoint.prices is None:
            raise ValueError(f"{endpoint}: a budget in money needs the endpoint's prices for a million tokens")
        self._recordings = recordings
        self._report = report
        self._key = endpoint.key.get_secret_value() if endpoint.key else ""
        headers = {"User-Agent": f"assay/{__version__}", "Content-Type": "application/json"}
        self._http = httpx2.AsyncClient(
            headers=headers | ({"Authorization": f"Bearer {self._key}"} if self._key else {}),
            timeout=httpx2.Timeout(endpoint.timeout, connect=min(_CONNECT, endpoint.timeout)),
        )
        self._slots = asyncio.Semaphore(endpoint.concurrency)
        self._requests = Rate(endpoint.requests_per_minute)
        self._tokens = Rate(endpoint.tokens_per_minute)
        self._dialect = _Dialect()
        self._understood = False  # whether an answer has come in that dialect
        self._not_before = 0.0
        self._failing_since: float | None = None
        self._denied = ""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

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
        question = _question(self.endpoint, messages, schema)
        if answer := self._recorded_answer(question, schema):
            return answer
        room = self.endpoint.context_tokens - question.tokens
        if room < self.endpoint.max_output_tokens:
            raise TooLong(
                self._message(
                    f"a question of some {question.tokens} tokens and {self.endpoint.max_output_tokens} of output do"
                    f" not fit into a context of {self.endpoint.context_tokens}"
                )
            )
        return await self._ask(question, schema)

    def _recorded_answer(self, question: "_Question", schema: type[T]) -> Answer[T] | None:
        """The recorded answer, if there is one of the right shape."""
        if self._recordings is None:
            return None
        recording = self._recordings.find(question.name)
        if recording is not None:
            try:
                value = schema.model_validate(json.loads(recording.text))
            except ValueError:
                recording = None
            else:
                self.budget.book_cached()
                return Answer(
                    value,
                    recording.text,
                    recording.model,
                    recording.usage,
                    recording.created,
                    cached=True,
                    question=question.name,
                )
        if self._recordings.replay:
            beginning = in_a_line(question.messages[-1]["content"])[:60]
            raise NotRecorded(
                f"{self._recordings.folder}: no usable answer {question.name[:12]} of {self.endpoint.model} to"
                f" {beginning!r}; record it first"
            )
        return None

    async def _ask(self, question: "_Question", schema: type[T]) -> Answer[T]:
        """Send the question until there is an answer, in simpler dialects and with more room where that helps."""
        room = self.endpoint.max_output_tokens
        cut_off: CutOff | None = None
        while True:
            dialect = self._dialect
            try:
                completion = await self._ask_patiently(question, dialect, room)
            except _Refusal as refusal:
                if dialect == self._dialect:  # else another question has found it out in the meantime
                    self._dialect = refusal.simpler
                continue
            except (NotUnderstood, TooLong):
                if cut_off is not None:  # it would not give more room
                    raise cut_off from None
                raise
            try:
                value, text = read_answer(completion, schema)
            except CutOff as error:
                # Twice, and not more: a model that repeats itself without end fills any room.
                more = min(2 * self.endpoint.max_output_tokens, self.endpoint.context_tokens - question.tokens)
                again, cut_off = cut_off is None and more > room, CutOff(self._message(str(error)), error.text)
                if not again:
                    raise cut_off from None
                room = more
                continue
            except NoAnswer as error:
                if isinstance(error, WrongShape) and not self._understood and dialect.form == "json_schema":
                    # A server that ignores the schema, which the model has never seen. Now it will.
                    if dialect == self._dialect:
                        self._dialect = dialect._replace(form="json_object")
                    continue
                raise type(error)(self._message(str(error)), error.text) from None
            self._understood = True
            model = completion.model or self.endpoint.model
            answer = Answer(
                value,
                text,
                model,
                _actual_usage(completion, question),
                datetime.now(UTC),
                cached=False,
                question=question.name,
            )
            if self._recordings is not None:
                recording = Recording(text, model, answer.usage, answer.created)
                self._recordings.add(question.name, question.request, recording)
            return answer

    async def _ask_patiently(self, question: "_Question", dialect: "_Dialect", room: int) -> Completion:
        """Send a request, and send it again while the endpoint is busy or broken and patience lasts."""
        backoff = Backoff(self.endpoint.retry_wait, jitter=self.endpoint.retry_wait)
        return await retry_async(lambda: self._ask_in_turn(question, dialect, room), backoff, self._patience(backoff))

    def _patience(self, backoff: Backoff) -> Callable[[Exception], bool | float]:
        """Decide for one request, after each failure, whether to send it again: yes, no, or in so many seconds.

        Patience is counted from the request's first failure, and from the first since anybody's last success: a
        server that is down costs a run its patience once, not for each question.
        """
        began: float | None = None
        times_busy = 0

        def decide(error: Exception) -> bool | float:
            nonlocal began, times_busy
            if not isinstance(error, Unreachable):
                return False
            if not self._insist and isinstance(error.__cause__, httpx2.ConnectError | httpx2.ConnectTimeout):
                return False
            now = time.monotonic()
            began = now if began is None else began
            self._failing_since = began if self._failing_since is None else self._failing_since
            wait = error.wait
            if error.busy:
                wait = backoff.wait(times_busy) if wait is None else wait
                times_busy += 1
                self._not_before = max(self._not_before, now + wait)  # for everybody
            since = min(began, self._failing_since)
            return allow_retry(error, self._report, wait=wait, since=since, patience=self.endpoint.patience)

        return decide

    async def _ask_in_turn(self, question: "_Question", dialect: "_Dialect", room: int) -> Completion:
        """Send one request as soon as there is a free place, money, and nobody has asked us to wait."""
        most = Usage(question.tokens, room, estimated=True)
        async with self._slots:
            try:
                async with self.budget.reserve(most, self.endpoint.prices) as reservation:
                    await self._turn(most)
                    if dialect != self._dialect:  # another question has found out more while this one waited
                        raise _Refusal(self._dialect)
                    return await self._post(question, dialect, room, reservation)
            except BudgetSpent as error:
                raise BudgetSpent(self._message(str(error))) from None

    async def _turn(self, most: Usage) -> None:
        await asyncio.sleep(max(self._requests.book(), self._tokens.book(most.tokens_in + most.tokens_out)))
        while (wait := self._not_before - time.monotonic()) > 0:
            if wait > self.endpoint.patience:
                raise Unreachable(self._message(f"busy for {math.ceil(wait)} s more, as it said"), busy=True, wait=wait)
            await asyncio.sleep(wait)
        if self._denied:
            raise Denied(self._denied)

    async def _post(
        self, question: "_Question", dialect: "_Dialect", room: int, reservation: Reservation
    ) -> Completion:
        """One request, one answer. Books what it cost."""
        # As long as nobody says otherwise it costs the most it can: who knows how far a model gets that breaks off.
        reservation.actual = reservation.most
        try:
            status, headers, text = await self._exchange(_body(self.endpoint, question, dialect, room))
        except httpx2.ConnectError as error:
            reservation.actual = _NOTHING
            raise Unreachable(self._message(f"no connection: {error}")) from error
        except (TimeoutError, httpx2.TimeoutException) as error:
            raise Unreachable(self._message(f"no whole answer within {self.endpoint.timeout:g} s")) from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise Unreachable(self._message(f"the answer broke off: {error}")) from error
        try:
            completion = read_completion(status, text)
        except Failed as error:
            reservation.actual = _NOTHING
            raise self._failure(error, headers, dialect) from None
        except Broken as error:
            raise Unreachable(self._message(str(error))) from None
        except ValueError as error:
            raise NotUnderstood(self._message(str(error))) from None
        reservation.actual = actual = _actual_usage(completion, question)
        self._tokens.give_back(reservation.most.tokens_in + reservation.most.tokens_out - sum(actual[:2]))
        self._failing_since = None
        return completion

    async def _exchange(self, body: Mapping[str, Any]) -> tuple[int, Mapping[str, str], str]:
        """Status, headers and body of one answer, within the time limit and the size limit."""
        # Half of a surrogate pair, which a text can hold that came from JSON, is sent as its escape.
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
        async with asyncio.timeout(self.endpoint.timeout):
            async with self._http.stream("POST", self.endpoint.url, content=content) as response:
                self._insist = True  # somebody is there
                data = bytearray()
                async for piece in response.aiter_bytes():
                    data += piece
                    if len(data) > _MAX_BYTES:
                        raise NotUnderstood(self._message(f"the answer is longer than {_MAX_BYTES} bytes"))
        return response.status_code, response.headers, data.decode("utf-8-sig", "replace")

    def _failure(self, failed: Failed, headers: Mapping[str, str], dialect: "_Dialect") -> Exception:
        """The exception for an error that the server sent."""
        status, everything = failed.status, f"{failed.marks} {failed.words}".lower()
        reason = f"{status}: {failed.words}" if failed.words else str(status)
        if status in {400, 403} and _FILTER.search(everything):
            return Refused(self._message(reason))
        hopeless = status in {401, 402, 403, 404, 405} or 300 <= status < 400
        if hopeless or (status < 500 and _NO_ACCOUNT.search(everything)):
            moved = f" (it has moved to {headers['location']})" if "location" in headers else ""
            self._denied = self._message(f"{reason}{moved}; check address, model name, key and account")
            return Denied(self._denied)
        if status in _OURS and (simpler := dialect.without(everything, status)):
            return _Refusal(simpler)
        if status in _OURS and _CONTEXT.search(everything):
            return TooLong(self._message(reason))
        return self._unreachable(status, reason, headers) or NotUnderstood(self._message(reason))

    def _unreachable(self, status: int, reason: str, headers: Mapping[str, str]) -> Unreachable | None:
        """The error for a server that is busy or broken; ``None`` for any other status."""
        if status in _BUSY:
            wait = requested_wait(headers)
            when = "" if wait is None else f"; come back in {math.ceil(wait)} s"
            return Unreachable(self._message(f"busy, {reason}{when}"), busy=True, wait=wait)
        if status >= 500 or status in {408, 409, 425}:
            return Unreachable(self._message(f"broken, {reason}"))
        return None

    def _message(self, what: str) -> str:
        """An error message of one line: the endpoint, then what happened, without the key if the server quoted it."""
        line = in_a_line(f"{self.endpoint}: {what}")
        line = line.replace(self._key, "***") if self._key else line  # before it is shortened, else half a key is left
        return line if len(line) <= _LONGEST_MESSAGE else f"{line[: _LONGEST_MESSAGE - 3]}..."


class _Dialect(NamedTuple):
    """The form of a request that the endpoint understands."""

    form: Literal["json_schema", "json_object", "text"] = "json_schema"
    """How the endpoint is asked for JSON; from the second on, the schema stands in the prompt."""
    room: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    unsupported: frozenset[str] = frozenset()
    """Those of temperature and seed that the endpoint refuses."""

    def without(self, complaint: str, status: int) -> "_Dialect | None":
        """The dialect without what the endpoint complains about, in lower case; ``None`` if that is nothing of this."""
        if self.room == "max_tokens" and "max_completion_tokens" in complaint:
            return self._replace(room="max_completion_tokens")
        if self.form != "text" and (status == 501 or _FORM.search(complaint)):
            return self._replace(form="json_object" if self.form == "json_schema" else "text")
        parameters = {
            name for name in ("temperature", "seed") if re.search(rf"\b{name}\b", complaint)
        } - self.unsupported
        return self._replace(unsupported=self.unsupported | parameters) if parameters else None


class _Refusal(Exception):  # noqa: N818 - it never leaves this module
    """The server does not understand the dialect; it may understand a simpler one."""

    def __init__(self, simpler: _Dialect) -> None:
        super().__init__(simpler)
        self.simpler = simpler


@dataclass(frozen=True)
class _Question:
    """A question with its size and the name of its recording."""

    messages: Sequence[Message]
    title: str
    schema: Mapping[str, Any]
    request: Mapping[str, Any]
    """Everything that decides the answer: what its hash is made of."""
    name: str
    tokens: int
    """Estimated, with the schema, which takes its place wherever it stands."""

    @property
    def with_schema(self) -> list[Message]:
        """The messages for an endpoint that does not take the schema apart from them."""
        *before, last = self.messages
        instruction = (
            "Answer with one JSON object and nothing else. It must fit this JSON schema:\n"
            f"{json.dumps(self.schema, ensure_ascii=False)}"
        )
        return [*before, {"role": last["role"], "content": f"{last['content']}\n\n{instruction}"}]


_CONNECT = 10.0  # seconds
_LONGEST_MESSAGE = 300
_MAX_BYTES = 8 * 2**20  # a hundred times the longest answer of any model
_TOKENS_AROUND = 8  # what a chat template puts around a message
_NOTHING = Usage(0, 0)

_BUSY = {429, 503, 529}
_OURS = {400, 413, 415, 422, 500, 501}  # where the fault may be in what we asked for
_FORM = re.compile(r"response.?format|json.?(schema|object|mode)|structured.?output|grammar|guided")
_FILTER = re.compile(r"content.?(filter|policy)|moderation|flagged|safety")
_NO_ACCOUNT = re.compile(
    r"insufficient.?(quota|balance|credit)|invalid.?api.?key|api.?key not valid"
    r"|model.?not.?(found|exist)|not a valid model|model .{0,80}(not found|not exist)"
)
_CONTEXT = re.compile(
    r"context.?(length|window|size)|(prompt|input|request|messages?).{0,40}too (long|large|many)|exceed"
)


def _question(endpoint: Endpoint, messages: Sequence[Message], schema: type[BaseModel]) -> _Question:
    if not messages:
        raise ValueError("a question has at least one message")
    title = re.sub(r"[^A-Za-z0-9_-]", "_", schema.__name__)[:64]
    strict = _strict(schema.model_json_schema())
    request: dict[str, Any] = {
        "model": endpoint.model,
        "messages": [dict(message) for message in messages],
        "schema": {"name": title, "schema": strict},
        "temperature": endpoint.temperature,
        "seed": endpoint.seed,
        "max_tokens": endpoint.max_output_tokens,
    }
    texts = [message["content"] for message in messages]
    tokens = sum(estimate_tokens(text) + _TOKENS_AROUND for text in [*texts, json.dumps(strict, ensure_ascii=False)])
    return _Question(messages, title, strict, request, hash_question(request), tokens)


def _strict(schema: Any) -> Any:
    """A JSON schema in the subset that strict servers take: all fields required, no others, and references bare."""
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    strict = {name: _strict(part) for name, part in schema.items() if name not in {"default", "title"}}
    for group in ("properties", "$defs"):
        if group in schema:  # whose keys are names, also if a field is called "title"
            strict[group] = {name: _strict(part) for name, part in schema[group].items()}
    if "properties" in schema:
        strict |= {"required": list(schema["properties"]), "additionalProperties": False}
    return strict


def _body(endpoint: Endpoint, question: _Question, dialect: _Dialect, room: int) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": endpoint.model,
        "messages": question.messages if dialect.form == "json_schema" else question.with_schema,
        dialect.room: room,
    }
    if endpoint.seed is not None:
        body["seed"] = endpoint.seed
    body["temperature"] = endpoint.temperature
    match dialect.form:
        case "json_schema":
            described = {"name": question.title, "schema": question.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": described}
        case "json_object":
            body["response_format"] = {"type": "json_object"}
    return {name: value for name, value in body.items() if name not in dialect.unsupported}


def _actual_usage(completion: Completion, question: _Question) -> Usage:
    if completion.tokens_in is not None and completion.tokens_out is not None:
        return Usage(completion.tokens_in, completion.tokens_out)
    return Usage(question.tokens, estimate_tokens(completion.text), estimated=True)


def _address(base_url: str) -> str:
    """Where requests go, from what people write.

    Raises:
        ValueError: if it is no web address, or holds what belongs elsewhere.
    """
    try:
        url = httpx2.URL(base_url.strip())
    except httpx2.InvalidURL:
        url = httpx2.URL("")
    if url.userinfo or url.query or url.fragment:
        raise ValueError(f"{url.host}: the endpoint's address has no user, query or fragment; a key is given apart")
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError(f"not a web address: {base_url!r} (it starts with https:// or http://)")
    path = url.path.rstrip("/")
    if not path.endswith("/chat/completions"):
        path = f"{path or '/v1'}/chat/completions"
    return f"{url.scheme}://{url.netloc.decode('ascii')}{path}"
