"""How a server is asked that is busy, broken or not there: how often, how fast, for how much, and what is said."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from threading import Barrier

import pytest

from assay.sources.client import Client, Pace, SourceBusy
from assay.writing.answers import Answer
from assay.writing.budget import Budget, Prices
from assay.writing.chat import Chat
from assay.writing.errors import (
    BudgetSpent,
    Unreachable,
)
from tests.sources.server import Answer as SourceAnswer
from tests.sources.server import SourceServer
from tests.writing.asking import KEY, Summary, ask, endpoint_of, five, message_of, outcome_of, question, run
from tests.writing.server import (
    Behaviour,
    ModelServer,
    Request,
    Wire,
    broken,
    busy,
    drip,
    error_with_200,
    hang,
    reset,
    says,
    slow,
    stream,
    truncated_body,
    wire,
)

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
    assert all(line.endswith("; asking again") and server.url not in line for line in reports)
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


async def eight(chat: Chat) -> list[Answer[Summary] | BaseException]:
    return await asyncio.gather(*(chat.ask(question(n), Summary) for n in range(8)), return_exceptions=True)


@pytest.mark.parametrize("behaviour", [busy(503), broken(502), reset(), hang()])
def test_a_server_that_is_down_costs_patience_once(server: ModelServer, behaviour: Behaviour) -> None:
    server.always = behaviour
    began = time.monotonic()
    errors = run(eight, endpoint_of(server, patience=0.2, timeout=0.2, concurrency=1))
    assert {type(error) for error in errors} == {Unreachable}
    assert len({str(error) for error in errors}) == 1
    assert time.monotonic() - began < 60
    first, *others = server.requests
    assert all(request.body["messages"] == first.body["messages"] for request in others), "nobody else asks"


def test_a_question_that_a_server_fails_over_does_not_keep_others_from_asking(server: ModelServer) -> None:
    async def work(chat: Chat) -> None:
        await chat.ask(question(1), Summary)
        with pytest.raises(Unreachable) as error:
            await chat.ask(question(2), Summary)
        assert not error.value.down
        await chat.ask(question(3), Summary)

    server.always = lambda request, content: broken(500)(request, content) if "99902" in request.prompt else None
    run(work, endpoint_of(server, patience=0.1))


def test_a_server_that_goes_away_in_the_middle_is_waited_for(server: ModelServer) -> None:
    reports: list[str] = []

    async def work(chat: Chat) -> None:
        await chat.ask(question(1), Summary)  # in a stream, after which the connection is closed
        server.__exit__()
        with pytest.raises(Unreachable, match="no connection: nothing listens there") as error:
            await chat.ask(question(2), Summary)
        assert error.value.down

    server.then(stream())
    run(work, endpoint_of(server, patience=0.2), report=reports.append)
    assert reports


def test_patience_begins_anew_after_an_answer(server: ModelServer) -> None:
    async def work(chat: Chat) -> None:
        await chat.ask(question(1), Summary)
        await asyncio.sleep(0.4)
        await chat.ask(question(2), Summary)

    server.then(broken(), slow(0), broken())
    run(work, endpoint_of(server, patience=0.3))
    assert len(server.requests) == 4


# How many, how fast, for how much


def test_no_more_requests_are_open_than_allowed(server: ModelServer) -> None:
    async def work(chat: Chat) -> None:
        await chat.ask(question(0), Summary)
        server.always = answer_three
        await asyncio.gather(*(chat.ask(question(number), Summary) for number in range(1, 13)))

    together = Barrier(3)

    def answer_three(request: Request, content: str) -> Wire | None:
        together.wait(60)
        return slow(0.05)(request, content)

    run(work, endpoint_of(server, concurrency=3))
    assert server.most_at_once == 3
    assert len(server.requests) == 13


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
