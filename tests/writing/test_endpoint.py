"""What a question comes back with, what it costs, and what is said, for each way in which a model server can behave."""

import asyncio
import json
import logging
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Barrier
from typing import Any, TypeVar

import pytest
from pydantic import BaseModel, Field, SecretStr

from assay.sources.client import Client, Pace, SourceBusy
from assay.writing import endpoint as module
from assay.writing.endpoint import (
    Answer,
    Budget,
    BudgetSpent,
    Chat,
    CutOff,
    Denied,
    Empty,
    Endpoint,
    Message,
    NoAnswer,
    NotRecorded,
    NotUnderstood,
    Prices,
    Recordings,
    Refused,
    Spent,
    TooLong,
    Unreachable,
    WrongShape,
)
from tests.sources.server import Answer as SourceAnswer
from tests.sources.server import SourceServer
from tests.writing.server import (
    Behaviour,
    ModelServer,
    Request,
    Wire,
    broken,
    busy,
    cut_off,
    denied,
    drip,
    empty_choices,
    error_with_200,
    fenced,
    filtered,
    hang,
    html_page,
    huge,
    ignores_schema,
    in_parts,
    needs_room,
    no_json_schema,
    null_content,
    prose,
    prose_around,
    refuses,
    refuses_parameter,
    reset,
    says,
    slow,
    stream,
    thinks_aloud,
    tool_call,
    truncated_body,
    wire,
    without_usage,
    wrong_schema,
)
from tests.writing.server import (
    error as error_of,
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


@pytest.fixture
def server() -> Iterator[ModelServer]:
    with ModelServer() as running:
        yield running


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo

    def guarded(host: Any, *arguments: Any, **named: Any) -> Any:
        assert host in {"127.0.0.1", "localhost", b"127.0.0.1"}, f"a test went out to {host}"
        return resolve(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", guarded)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")


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


def test_an_answer_of_the_right_shape(server: ModelServer) -> None:
    before = datetime.now(UTC)
    budget = Budget()
    answer = ask(server, budget=budget, max_output_tokens=77, seed=5)
    assert answer.value.finding == "Gullwing is twice as fast as ToyNet on ToyBench."
    assert json.loads(answer.text)["baseline"] == {"name": answer.value.baseline.name}
    assert (answer.model, answer.cached) == ("toy-1-0601", False)
    assert before <= answer.created <= datetime.now(UTC)
    (request,) = server.requests
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.body["messages"] == question()
    sampling = {name: request.body[name] for name in ("model", "temperature", "seed", "max_tokens")}
    assert sampling == {"model": "toy-1", "temperature": 0, "seed": 5, "max_tokens": 77}
    assert budget.spent == Spent(1, answer.usage.tokens_in, answer.usage.tokens_out, 0, None)
    assert not answer.usage.estimated


def test_the_schema_is_in_the_subset_of_strict_servers(server: ModelServer) -> None:
    ask(server)
    described = server.requests[0].body["response_format"]["json_schema"]
    assert (described["name"], described["strict"]) == ("Summary", True)
    schema = described["schema"]
    assert schema["additionalProperties"] is False
    assert schema["required"] == ["finding", "title", "baseline", "figures"] == list(schema["properties"])
    assert schema["properties"]["baseline"] == {"$ref": "#/$defs/Baseline"}
    assert schema["$defs"]["Baseline"]["required"] == ["name"]
    assert "default" not in json.dumps(schema)


@pytest.mark.parametrize(
    "behaviour",
    [
        prose_around(),
        fenced(),
        thinks_aloud(),
        in_parts(),
        stream(),
        stream(usage=False),
        without_usage(),
        drip(0.0001),
    ],
)
def test_the_same_answer_in_other_clothes(server: ModelServer, behaviour: Behaviour) -> None:
    answer = ask(server, behaviour)
    assert answer.value.finding == "Gullwing is twice as fast as ToyNet on ToyBench."
    assert len(server.requests) == 1
    assert answer.usage.tokens_in > 0 < answer.usage.tokens_out


def test_usage_that_is_not_told_is_estimated_and_never_too_small(server: ModelServer) -> None:
    actual, estimated = ask(server).usage, ask(server, without_usage()).usage
    assert estimated.estimated
    assert estimated.tokens_in >= actual.tokens_in
    assert estimated.tokens_out >= actual.tokens_out * 0.8


def test_more_room_that_is_not_to_be_had(server: ModelServer) -> None:
    with pytest.raises(CutOff) as error:
        ask(server, cut_off(), wire(error_of(400, "max_tokens is too large: 300")), max_output_tokens=150)
    assert error.value.text.startswith('{"finding": "Gullwing')
    full = module._question(endpoint_of(server), question(), Summary).tokens + 150
    with pytest.raises(CutOff):
        ask(server, cut_off(), max_output_tokens=150, context_tokens=full)
    assert [request.body["max_tokens"] for request in server.requests] == [150, 300, 150]


def test_a_cut_off_answer_is_asked_for_again_with_more_room(server: ModelServer) -> None:
    assert ask(server, needs_room(200), needs_room(200), max_output_tokens=150).value.finding
    assert [request.body["max_tokens"] for request in server.requests] == [150, 300]


@pytest.mark.parametrize(
    ("behaviours", "kind", "reason", "requests"),
    [
        ([cut_off(), cut_off()], CutOff, "cut off after", 2),
        ([null_content()], Empty, "it ended without an answer", 1),
        ([says("")], Empty, "it ended without an answer", 1),
        ([says("<think>I wonder")], Empty, "it ended without an answer", 1),
        ([tool_call()], Empty, "it ended without an answer (tool_calls)", 1),
        ([refuses()], Refused, "the model refused: I cannot help with that.", 1),
        ([filtered()], Refused, "kept back by a filter (content_filter)", 1),
        ([wire(error_of(400, "Flagged", code="content_filter"))], Refused, "400: Flagged", 1),
        ([wrong_schema()] * 2, WrongShape, "finding: Field required", 2),
        ([says('{"finding": "abc"}')] * 2, WrongShape, "finding: String should have at least 5 characters", 2),
        ([prose()] * 2, WrongShape, "no JSON object in 'Gullwing is twice as fast as ToyNet.'", 2),
        ([says('{"finding": "Gullwing is')] * 2, WrongShape, "no JSON object in", 2),
        ([html_page()], NotUnderstood, "no chat completion: Chat Welcome to ToyChat", 1),
        ([empty_choices()], NotUnderstood, "a chat completion without choices", 1),
        ([wire(error_of(400, "Bad Request"))], NotUnderstood, "400: Bad Request", 1),
        ([wire(error_of(400, "too long", code="context_length_exceeded"))], TooLong, "400: too long", 1),
        ([error_with_200(400)], NotUnderstood, "400: Upstream", 1),
    ],
)
def test_a_question_without_an_answer(
    server: ModelServer,
    tmp_path: Path,
    behaviours: list[Behaviour],
    kind: type[NoAnswer],
    reason: str,
    requests: int,
) -> None:
    with pytest.raises(NoAnswer) as error:
        ask(server, *behaviours, recordings=Recordings(tmp_path / "answers"))
    assert type(error.value) is kind
    assert message_of(error).startswith(f"{server.url}/chat/completions (toy-1): {reason}")
    assert len(server.requests) == requests
    assert not (tmp_path / "answers").exists()


def test_a_wrong_answer_can_be_shown_to_the_model(server: ModelServer) -> None:
    with pytest.raises(WrongShape) as error:
        ask(server, wrong_schema(), wrong_schema())
    assert error.value.text == '{"title": "Gullwing", "score": "high"}'


def test_an_answer_has_a_size(server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_BYTES", 100_000)
    with pytest.raises(NotUnderstood, match="longer than 100000 bytes"):
        ask(server, huge(200_000))


def test_a_key_is_hidden_before_a_message_is_shortened(server: ModelServer) -> None:
    for before in range(120, 300, 7):
        with pytest.raises(NotUnderstood) as error:
            ask(server, wire(error_of(400, f"{'x' * before} {KEY}")))
        assert KEY[:8] not in message_of(error)


def test_nothing_is_logged_that_holds_the_key(server: ModelServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(Denied):
        ask(server, broken(), busy(), denied())
    assert caplog.records
    assert KEY not in "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)


def test_a_question_that_does_not_fit_is_not_sent(server: ModelServer) -> None:
    with pytest.raises(
        TooLong, match=r"a question of some \d+ tokens and 150 of output do not fit into a context of 200"
    ):
        ask(server, context_tokens=200, max_output_tokens=150)
    assert not server.requests


# What the endpoint understands


def five(chat: Chat) -> Coroutine[Any, Any, list[Answer[Summary]]]:
    async def work() -> list[Answer[Summary]]:
        return await asyncio.gather(*(chat.ask(question(number), Summary) for number in range(5)))

    return work()


@pytest.mark.parametrize(
    ("habit", "forms"),
    [
        (no_json_schema(), ["json_schema", *["json_object"] * 5]),
        (no_json_schema(422), ["json_schema", *["json_object"] * 5]),
        (no_json_schema(501), ["json_schema", *["json_object"] * 5]),
        (no_json_schema(also="json_object"), ["json_schema", "json_object", *["text"] * 5]),
        (ignores_schema(), ["json_schema", *["json_object"] * 5]),
    ],
)
def test_a_form_that_is_not_understood_costs_one_request_in_a_run(
    server: ModelServer, habit: Behaviour, forms: list[str]
) -> None:
    server.always = habit
    answers = run(five, endpoint_of(server, concurrency=1))
    assert [answer.value.finding for answer in answers] == ["Gullwing is twice as fast as ToyNet on ToyBench."] * 5
    assert [request.form for request in server.requests] == forms
    assert "JSON schema" in server.requests[-1].prompt
    assert "JSON schema" not in server.requests[0].prompt


def test_questions_asked_at_once_find_out_together(server: ModelServer) -> None:
    server.always = no_json_schema()
    answers = run(five, endpoint_of(server, concurrency=4))
    assert len(answers) == 5
    forms = [request.form for request in server.requests]
    assert forms.count("json_object") == 5
    assert forms.count("json_schema") <= 4


def test_one_wrong_answer_later_does_not_change_the_form(server: ModelServer) -> None:
    async def work(chat: Chat) -> None:
        await chat.ask(question(1), Summary)
        with pytest.raises(WrongShape):
            await chat.ask(question(2), Summary)
        await chat.ask(question(3), Summary)

    server.then(fenced(), wrong_schema())
    run(work, endpoint_of(server))
    assert [request.form for request in server.requests] == ["json_schema"] * 3


@pytest.mark.parametrize(
    ("name", "words", "instead"),
    [
        ("temperature", "'temperature' does not support 0 with this model.", None),
        ("seed", "Unrecognized request argument supplied: seed", None),
        ("max_tokens", "Use 'max_completion_tokens' instead.", "max_completion_tokens"),
    ],
)
def test_a_parameter_that_is_not_understood_is_left_out_from_then_on(
    server: ModelServer, name: str, words: str, instead: str | None
) -> None:
    server.always = refuses_parameter(name, words)
    run(five, endpoint_of(server, concurrency=1))
    assert [name in request.body for request in server.requests] == [True] + [False] * 5
    assert instead is None or all(instead in request.body for request in server.requests[1:])
    assert [request.form for request in server.requests] == ["json_schema"] * 6


# Busy and broken


@pytest.mark.parametrize(
    "behaviour",
    [
        busy(429),
        busy(503),
        busy(429, retry_after="0"),
        broken(500),
        broken(502),
        broken(504),
        reset(),
        truncated_body(),
        stream(ends=False),
        error_with_200(502),
        says('{"finding": "Gull', "error"),
    ],
)
def test_a_busy_or_broken_server_is_asked_again(server: ModelServer, behaviour: Behaviour) -> None:
    reports: list[str] = []
    assert ask(server, behaviour, behaviour, report=reports.append).value.finding
    assert len(server.requests) == 3
    assert len(reports) == 2
    assert all(line.startswith(f"{server.url}/chat/completions (toy-1): ") for line in reports)
    assert KEY not in "".join(reports)


@pytest.mark.parametrize("silence", [hang(), drip(1)])
def test_an_answer_has_a_time_limit(server: ModelServer, silence: Behaviour) -> None:
    began = time.monotonic()
    with pytest.raises(Unreachable, match=r"no whole answer within 0\.2 s"):
        ask(server, silence, silence, timeout=0.2, patience=0.1)
    assert time.monotonic() - began < 60
    assert len(server.requests) <= 2


@pytest.mark.parametrize(
    "headers",
    [
        {"retry_after": "0.4"},
        {"retry_after_ms": "400"},
        {"x_ratelimit_remaining_tokens": "0", "x_ratelimit_reset_tokens": "400ms"},
        {
            "x_ratelimit_remaining_requests": "0",
            "x_ratelimit_reset_requests": "0.4s",
            "x_ratelimit_reset_tokens": "9m0s",
        },
    ],
)
def test_it_waits_as_long_as_it_is_told(server: ModelServer, headers: dict[str, str]) -> None:
    assert ask(server, busy(429, **headers)).value.finding
    first, second = server.requests
    assert 0.4 <= second.at - first.at < 60


@pytest.mark.parametrize(
    "headers",
    [{"Retry-After": "3600"}, {"Retry-After-Ms": "3600000"}, {"RateLimit": '"api";r=0;t=3600'}, {"Retry-After": "1h"}],
)
def test_sources_and_endpoints_wait_by_the_same_rules(
    server: ModelServer, tmp_path: Path, headers: dict[str, str]
) -> None:
    with pytest.raises(Unreachable) as error:
        ask(server, wire(Wire(b"later", 429, headers=headers)))
    with SourceServer() as papers, Client(locks=tmp_path, pace=Pace(patience=60)) as client:
        papers.then(SourceAnswer(b"later", 429, headers=headers))
        with pytest.raises(SourceBusy) as refusal:
            client.get(f"{papers.url}/api/daily_papers", source="toy")
    assert (error.value.wait, refusal.value.wait) == (3600, 3600)


def test_it_waits_until_a_date(server: ModelServer) -> None:
    date = (datetime.now(UTC) + timedelta(seconds=2)).replace(microsecond=0)
    then = time.monotonic() + (date - datetime.now(UTC)).total_seconds()
    assert ask(server, busy(503, retry_after=format_datetime(date, usegmt=True))).value.finding
    assert len(server.requests) == 2
    assert then - 0.1 < server.requests[1].at < then + 60


def test_a_server_that_asks_for_more_patience_than_there_is(server: ModelServer) -> None:
    with pytest.raises(Unreachable) as error:
        ask(server, busy(429, retry_after="3600"))
    assert message_of(error).endswith("(toy-1): busy, 429: Rate limit reached; come back in 3600 s")
    assert (error.value.busy, error.value.wait) == (True, 3600)
    assert len(server.requests) == 1


def test_all_questions_pause_together(server: ModelServer) -> None:
    async def work(chat: Chat) -> None:
        await chat.ask(question(0), Summary)
        server.then(busy(429, retry_after="0.5"))
        await asyncio.gather(*(chat.ask(question(number), Summary) for number in range(1, 9)))

    moments: list[float] = []
    server.latency = 0.05
    run(work, endpoint_of(server, concurrency=2), report=lambda _: moments.append(time.monotonic()))
    times = [request.at for request in server.requests]
    assert len(times) == 10
    (moment,) = moments
    # One was open when that answer came, and one may have slipped in beside it; then silence.
    assert len([at for at in times if moment < at < moment + 0.5]) <= 2


def test_a_server_that_is_down_costs_patience_once(server: ModelServer) -> None:
    async def work(chat: Chat) -> list[Answer[Summary] | BaseException]:
        return await asyncio.gather(*(chat.ask(question(n), Summary) for n in range(8)), return_exceptions=True)

    began = time.monotonic()
    budget = Budget()
    with socket.socket() as deaf:  # it has a port, and nobody listens
        deaf.bind(("127.0.0.1", 0))
        port = deaf.getsockname()[1]
        endpoint = endpoint_of(server, base_url=f"http://127.0.0.1:{port}", patience=0.5)
        errors = run(work, endpoint, budget=budget)
    assert {type(error) for error in errors} == {Unreachable}
    assert str(errors[0]).startswith(f"http://127.0.0.1:{port}/v1/chat/completions (toy-1): no connection")
    assert time.monotonic() - began < 60
    assert (budget.spent.tokens_in, budget.spent.tokens_out) == (0, 0)


def test_who_does_not_insist_gives_up_an_address_where_nobody_is(server: ModelServer) -> None:
    reports: list[str] = []
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        endpoint = endpoint_of(server, base_url=f"http://127.0.0.1:{deaf.getsockname()[1]}", patience=600)
        with pytest.raises(Unreachable, match="no connection"):
            run(lambda chat: chat.ask(question(), Summary), endpoint, insist=False, report=reports.append)
    assert reports == []
    # One who is there and busy is waited for.
    server.then(broken(), busy(retry_after="0"), reset())
    run(lambda chat: chat.ask(question(), Summary), endpoint_of(server), insist=False)
    assert len(server.requests) == 4


def test_patience_begins_anew_after_an_answer(server: ModelServer) -> None:
    async def work(chat: Chat) -> None:
        await chat.ask(question(1), Summary)
        await asyncio.sleep(0.4)
        await chat.ask(question(2), Summary)

    server.then(broken(), slow(0), broken())
    run(work, endpoint_of(server, patience=0.3))
    assert len(server.requests) == 4


@pytest.mark.parametrize("status", [401, 402, 403, 404])
def test_a_wrong_key_or_model_stops_the_run(server: ModelServer, status: int) -> None:
    async def work(chat: Chat) -> list[Answer[Summary] | BaseException]:
        return await asyncio.gather(*(chat.ask(question(n), Summary) for n in range(8)), return_exceptions=True)

    server.always = denied(status)
    errors = run(work, endpoint_of(server))
    assert {type(error) for error in errors} == {Denied}
    (message,) = {str(error) for error in errors}
    assert message == (
        f"{server.url}/chat/completions (toy-1): {status}: Not valid: Bearer ***; check address, model name, key and"
        " account"
    )
    assert len(server.requests) <= 4


@pytest.mark.parametrize(
    "behaviour",
    [
        wire(error_of(429, "You exceeded your current quota", code="insufficient_quota")),
        wire(error_of(400, "Model Not Exist")),
    ],
)
def test_an_account_that_is_empty_is_no_reason_to_wait(server: ModelServer, behaviour: Behaviour) -> None:
    with pytest.raises(Denied):
        ask(server, behaviour)
    assert len(server.requests) == 1


def test_an_address_that_has_moved_gets_no_key(server: ModelServer) -> None:
    moved = error_of(308, "Moved")
    object.__setattr__(moved, "headers", {"Location": f"{server.url}/elsewhere"})
    with pytest.raises(Denied, match="it has moved to"):
        ask(server, wire(moved))
    assert len(server.requests) == 1


# How many, how fast, for how much


def test_no_more_requests_are_open_than_allowed(server: ModelServer) -> None:
    async def work(chat: Chat) -> None:
        await asyncio.gather(*(chat.ask(question(number), Summary) for number in range(12)))

    together = Barrier(3)

    def answer_three(request: Request, content: str) -> Wire | None:
        together.wait(60)
        return slow(0.05)(request, content)

    server.always = answer_three
    run(work, endpoint_of(server, concurrency=3))
    assert server.most_at_once == 3
    assert len(server.requests) == 12


def test_requests_are_spread_over_the_minute(server: ModelServer) -> None:
    began = time.monotonic()
    run(five, endpoint_of(server, requests_per_minute=600))
    assert 0.4 <= server.requests[-1].at - began < 60


def test_tokens_are_spread_over_the_minute(server: ModelServer) -> None:
    began = time.monotonic()
    rate = {"tokens_per_minute": 120_000, "max_output_tokens": 60_000, "context_tokens": 100_000, "concurrency": 1}
    run(five, endpoint_of(server, **rate))
    # At 2000 a second, the 150 and less that a question takes; the 60,000 that it might have taken are given back.
    assert 0.1 < server.requests[-1].at - began < 60


def test_a_budget_of_tokens_stops_before_the_request(server: ModelServer) -> None:
    budget = Budget(tokens=900)

    async def work(chat: Chat) -> list[Answer[Summary] | BaseException]:
        return [await outcome_of(chat.ask(question(number), Summary)) for number in range(9)]

    outcomes = run(work, endpoint_of(server, max_output_tokens=300), budget=budget)
    kinds = [type(one) for one in outcomes]
    assert kinds[0] is Answer
    assert kinds[-1] is BudgetSpent
    assert kinds.count(Answer) == len(server.requests) == budget.spent.requests
    assert budget.spent.tokens_in + budget.spent.tokens_out <= 900
    assert "of 900 tokens are spent" in str(outcomes[-1])


def test_a_budget_of_money_stops_before_the_request(server: ModelServer) -> None:
    prices = Prices(1.0, 10.0)
    budget = Budget(money=0.004)
    endpoint = endpoint_of(server, max_output_tokens=300, prices=prices)
    answer = run(lambda chat: chat.ask(question(), Summary), endpoint, budget=budget)
    assert budget.spent.money == pytest.approx(answer.usage.tokens_in / 1e6 + answer.usage.tokens_out * 10 / 1e6)
    poor = Budget(money=0.002)
    with pytest.raises(BudgetSpent, match=r"0\.0000 of 0\.0020 is spent, and the next request could cost 0\.003"):
        run(lambda chat: chat.ask(question(), Summary), endpoint, budget=poor)
    assert len(server.requests) == 1
    with pytest.raises(ValueError, match="needs the endpoint's prices"):
        Chat(endpoint_of(server), budget=poor)


def test_what_others_may_need_is_waited_for_and_not_taken(server: ModelServer) -> None:
    """Two reservations exceed the budget, two answers do not: the second question waits for the first."""
    budget = Budget(tokens=1500)
    server.latency = 0.05
    answers = run(
        lambda chat: asyncio.wait_for(five(chat), 60), endpoint_of(server, max_output_tokens=500), budget=budget
    )
    assert len(answers) == 5
    assert server.most_at_once == 1


def test_an_answer_that_never_came_is_booked_in_full(server: ModelServer) -> None:
    budget = Budget()
    with pytest.raises(Unreachable):
        ask(server, hang(), budget=budget, timeout=0.2, patience=0, max_output_tokens=500)
    assert (budget.spent.requests, budget.spent.tokens_out) == (1, 500)


async def outcome_of(asking: Coroutine[Any, Any, R]) -> R | BaseException:
    try:
        return await asking
    except BudgetSpent as error:
        return error


# Recordings


def test_no_question_is_paid_for_twice(server: ModelServer, tmp_path: Path) -> None:
    first = ask(server, recordings=Recordings(tmp_path))
    budget = Budget(tokens=0)
    second = ask(server, recordings=Recordings(tmp_path), budget=budget)
    assert len(server.requests) == 1
    assert second.cached
    assert (second.value, second.model, second.usage, second.created) == (
        first.value,
        first.model,
        first.usage,
        first.created,
    )
    assert budget.spent == Spent(cached=1, money=0.0)


def test_a_recording_holds_the_question_and_no_key(server: ModelServer, tmp_path: Path) -> None:
    answer = ask(server, recordings=Recordings(tmp_path))
    (file,) = tmp_path.iterdir()
    recording = json.loads(file.read_text(encoding="utf-8"))
    assert file.name == f"{answer.question}.json"
    assert recording["asked"]["messages"] == question()
    assert recording["answer"]["finding"] == answer.value.finding
    assert set(recording) == {"question", "model", "created", "usage", "answer", "asked"}
    assert KEY not in file.read_text(encoding="utf-8")
    assert server.url not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("changes", [{"model": "toy-2"}, {"temperature": 0.5}, {"seed": 9}, {"max_output_tokens": 99}])
def test_another_model_or_sampling_is_another_question(
    server: ModelServer, tmp_path: Path, changes: dict[str, Any]
) -> None:
    ask(server, recordings=Recordings(tmp_path))
    assert not ask(server, recordings=Recordings(tmp_path), **changes).cached
    assert ask(server, recordings=Recordings(tmp_path), concurrency=1, key=None, timeout=9).cached


def test_replay_needs_no_server(server: ModelServer, tmp_path: Path) -> None:
    first = ask(server, recordings=Recordings(tmp_path))
    server.__exit__()
    replayed = run(
        lambda chat: chat.ask(question(), Summary), endpoint_of(server), recordings=Recordings(tmp_path, replay=True)
    )
    assert replayed.value == first.value
    with pytest.raises(NotRecorded) as error:
        run(
            lambda chat: chat.ask(question(2), Summary),
            endpoint_of(server),
            recordings=Recordings(tmp_path, replay=True),
        )
    assert message_of(error).startswith(f"{tmp_path}: no usable answer ")
    assert message_of(error).endswith("of toy-1 to 'Summarise 9912.99902.'; record it first")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"question": 1}', b"\xff\xfe", b"[" * 100_000])
def test_a_recording_that_cannot_be_read_is_made_anew(server: ModelServer, tmp_path: Path, content: bytes) -> None:
    ask(server, recordings=Recordings(tmp_path))
    (file,) = tmp_path.iterdir()
    whole = file.read_bytes()
    file.write_bytes(content or whole[: len(whole) // 2])
    assert not ask(server, recordings=Recordings(tmp_path)).cached
    assert json.loads(file.read_bytes())["answer"] == json.loads(whole)["answer"]


def test_a_recording_under_another_name_is_none(server: ModelServer, tmp_path: Path) -> None:
    ask(server, recordings=Recordings(tmp_path))
    (file,) = tmp_path.iterdir()
    assert Recordings(tmp_path).find(file.stem) is not None
    file.rename(tmp_path / f"{'0' * 64}.json")
    assert Recordings(tmp_path).find("0" * 64) is None


def test_a_recording_of_another_shape_is_made_anew(server: ModelServer, tmp_path: Path) -> None:
    ask(server, recordings=Recordings(tmp_path))
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text(encoding="utf-8").replace('"finding":', '"found":'), encoding="utf-8")
    assert not ask(server, recordings=Recordings(tmp_path)).cached


def test_what_no_file_can_hold_is_recorded_all_the_same(server: ModelServer, tmp_path: Path) -> None:
    odd = says('{"finding": "게르마늄 Gullwing", "note": "\\ud83d", "\u2028": 1}')
    first = ask(server, odd, recordings=Recordings(tmp_path))
    again = ask(server, recordings=Recordings(tmp_path))
    assert again.cached
    assert again.value == first.value
    assert "게르마늄" in next(tmp_path.iterdir()).read_text(encoding="utf-8")


def test_stopping_leaves_nothing_half_done(server: ModelServer, tmp_path: Path) -> None:
    async def work(chat: Chat) -> None:
        await chat.ask(question(0), Summary)
        asking = [asyncio.create_task(chat.ask(question(number), Summary)) for number in range(1, 8)]
        while len(server.requests) < 3:
            await asyncio.sleep(0.01)
        for task in asking:
            task.cancel()
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
        assert {type(end) for end in outcomes} == {asyncio.CancelledError}
        assert (await chat.ask(question(9), Summary)).value.finding

    server.then(slow(0), *[hang()] * 2)
    budget = Budget()
    began = time.monotonic()
    run(work, endpoint_of(server, concurrency=2, max_output_tokens=100), budget=budget, recordings=Recordings(tmp_path))
    assert time.monotonic() - began < 60
    assert len(list(tmp_path.iterdir())) == 2
    assert all(json.loads(file.read_bytes())["answer"] for file in tmp_path.iterdir())
    # Two were open and may have cost all they could; five were not sent.
    assert budget.spent.requests == 4
    assert budget.spent.tokens_out >= 200


def test_ctrl_c_ends_a_run_at_once(server: ModelServer, tmp_path: Path) -> None:
    server.then(slow(0), *[hang()] * 4)
    script = """if True:
        import asyncio, sys
        from pathlib import Path
        from pydantic import BaseModel
        from assay.writing.endpoint import Chat, Endpoint, Recordings

        class Toy(BaseModel):
            finding: str

        async def main():
            async with Chat(Endpoint(sys.argv[1], "toy-1"), recordings=Recordings(Path(sys.argv[2]))) as chat:
                questions = [[{"role": "user", "content": str(number)}] for number in range(8)]
                await asyncio.gather(*(chat.ask(question, Toy) for question in questions))

        asyncio.run(main())
    """
    arguments = [sys.executable, "-c", script, server.url, str(tmp_path / "answers")]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as process:
        while len(server.requests) < 5 and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
    assert stderr.rstrip().endswith("KeyboardInterrupt")
    assert "never retrieved" not in stderr
    (file,) = (tmp_path / "answers").iterdir()
    assert json.loads(file.read_bytes())["answer"]


# What can be set


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://h:8", "http://h:8/v1/chat/completions"),
        ("http://h:8/", "http://h:8/v1/chat/completions"),
        ("http://h:8/v1", "http://h:8/v1/chat/completions"),
        ("http://h:8/v1/", "http://h:8/v1/chat/completions"),
        ("https://h/v1beta/openai/", "https://h/v1beta/openai/chat/completions"),
        ("https://h/chat/completions", "https://h/chat/completions"),
        ("https://h/v1/chat/completions/", "https://h/v1/chat/completions"),
    ],
)
def test_addresses_as_people_write_them(base: str, url: str) -> None:
    assert Endpoint(base, "toy-1").url == url


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"base_url": "h:8000/v1"}, "not a web address"),
        ({"base_url": "http://"}, "not a web address"),
        ({"base_url": f"https://user:{KEY}@h/v1"}, "no user, query or fragment"),
        ({"base_url": f"https://h/v1?key={KEY}"}, "no user, query or fragment"),
        ({"model": " "}, "the model needs a name"),
        ({"key": SecretStr(f"{KEY} {KEY}")}, "one word of ASCII"),
        ({"key": SecretStr(f"{KEY}é")}, "one word of ASCII"),
        ({"concurrency": 0}, "above zero"),
        ({"requests_per_minute": 0}, "above zero"),
        ({"timeout": 0}, "the timeout is above it"),
        ({"timeout": float("nan")}, "the timeout is above it"),
        ({"prices": Prices(-1, 2)}, "not below zero"),
        ({"max_output_tokens": 9000}, "leave no room for a question in a context of 8192"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_at_once(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as error:
        Endpoint(**{"base_url": "https://h/v1", "model": "toy-1"} | changes)
    message_of(error)


def test_the_key_is_not_shown() -> None:
    endpoint = Endpoint("http://h/v1", "toy-1", SecretStr(f" {KEY}\n"))
    assert KEY not in f"{endpoint} {endpoint!r} {vars(endpoint)}"
    assert endpoint.key is not None
    assert endpoint.key.get_secret_value() == KEY
    assert Endpoint("http://h/v1", "toy-1", SecretStr(" ")).key is None
