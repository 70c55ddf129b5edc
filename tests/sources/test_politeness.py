"""How long to wait, when to ask again, how fast to ask: the rules that sources and endpoints share."""

import asyncio
import math
import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.sources.politeness import (
    LONGEST_WAIT,
    Backoff,
    Rate,
    allow_retry,
    hold_turn,
    remember_wait,
    remembered_wait,
    requested_wait,
    retry,
    retry_async,
)


class Busy(Exception):  # noqa: N818 - it says what is the matter
    """A failure that passes."""


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "17"}, 17),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "6m1s"}, 361),
        ({"retry-after-ms": "400"}, 0.4),
        ({"retry-after-ms": "400", "retry-after": "17"}, 0.4),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "999999999999"}, LONGEST_WAIT),
        ({"retry-after": "9" * 400}, LONGEST_WAIT),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "60, 3600"}, 3600),
        ({"retry-after": "soon, 60"}, 60),
        ({"retry-after": "soon, later"}, None),
        ({"retry-after": "Wed, 02 Dec 1999 07:30:00 GMT"}, 0),
        ({"ratelimit": '"api";r=0;t=17'}, 17),
        ({"ratelimit": '"pages";r=12;t=250, "api";r=0;t=17'}, 17),
        ({"ratelimit": '"pages";r=12;t=250'}, None),
        ({"retry-after": "1", "ratelimit": '"api";r=0;t=300'}, 1),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "400ms"}, 0.4),
        ({"x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "400ms"}, None),
        ({"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9s", "ratelimit": '"api";r=0;t=17'}, 17),
    ],
)
def test_a_server_says_how_long_to_wait(headers: dict[str, str], wait: float | None) -> None:
    assert requested_wait(headers) == (wait if wait is None else pytest.approx(wait))


def test_a_server_says_until_when_to_wait() -> None:
    moment = datetime.now(UTC) + timedelta(hours=1)
    waits = [format_datetime(moment, usegmt=True), str(moment.timestamp()), str(int(1000 * moment.timestamp()))]
    waits += [f"{waits[0]}, {waits[0]}", moment.isoformat(), f"{moment:%Y-%m-%dT%H:%M:%SZ}"]
    for text in waits:
        wait = requested_wait({"retry-after": text})
        assert wait is not None
        assert 3500 < wait <= 3600


@given(st.integers(1, 10_000), st.text(max_size=50))
def test_an_unreadable_wait_is_no_wait(number: int, text: str) -> None:
    wait = requested_wait({"retry-after": f"{number}{text}"})
    assert wait is None or 0 <= wait <= LONGEST_WAIT


def test_the_backoff_doubles_up_to_a_limit() -> None:
    assert [Backoff(first=1.5, longest=10).wait(retries) for retries in (0, 1, 2, 3, 5000)] == [1.5, 3, 6, 10, 10]


@pytest.mark.parametrize(
    ("since", "wait", "patience", "decision"),
    [
        (0, 17, 60, 17),
        (0, None, 60, True),
        (0, 0, 60, True),
        (0, 61, 60, False),
        (50, 17, 60, False),
        (9, 7, math.inf, 7),
    ],
)
def test_patience_decides(since: float, wait: float | None, patience: float, decision: bool | float) -> None:
    lines: list[str] = []
    began = time.monotonic() - since
    answer = allow_retry(Busy("busy"), lines.append, wait=wait, since=began, patience=patience)
    assert (type(answer), answer) == (type(decision), decision)
    assert lines == (["busy; asking again"] if decision else [])


def test_a_request_is_sent_until_it_is_answered() -> None:
    failures = [Busy("one"), Busy("two")]

    def send() -> str:
        if failures:
            raise failures.pop(0)
        return "answer"

    async def send_async() -> str:
        return send()

    lines: list[str] = []
    backoff = Backoff(first=0, jitter=0)
    assert retry(send, backoff, lambda error: allow_retry(error, lines.append)) == "answer"
    failures += [Busy("three")]
    answer = retry_async(send_async, backoff, lambda error: allow_retry(error, lines.append))
    assert asyncio.run(answer) == "answer"
    assert lines == ["one; asking again", "two; asking again", "three; asking again"]


def test_a_failure_that_is_final_is_raised() -> None:
    def send() -> str:
        raise Busy("for ever")

    async def send_async() -> str:
        return send()

    with pytest.raises(Busy, match="for ever"):
        retry(send, Backoff(first=0, jitter=0), lambda _: False)
    with pytest.raises(Busy, match="for ever"):
        asyncio.run(retry_async(send_async, Backoff(first=0, jitter=0), lambda _: False))


def test_turns_at_a_host_keep_their_distance(tmp_path: Path) -> None:
    times = []
    for _ in range(3):
        with hold_turn("toy", tmp_path / "pace", interval=0.05, timeout=60):
            times.append(time.monotonic())
    assert min(later - earlier for earlier, later in pairwise(times)) >= 0.05


@given(st.lists(st.integers(1, 50), min_size=1, max_size=20), st.integers(1, 10_000))
def test_a_rate_gives_each_its_time(amounts: list[int], per_minute: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("assay.sources.politeness.time", SimpleNamespace(monotonic=lambda: 7.0))
        rate = Rate(per_minute)
        waits = [rate.book(amount) for amount in amounts]
        assert waits[0] == 0
        for amount, (before, after) in zip(amounts, pairwise(waits), strict=False):
            assert after - before == pytest.approx(amount * 60 / per_minute)
        rate.give_back(sum(amounts))
        assert rate.book() == pytest.approx(0, abs=1e-6)


def test_no_rate_is_no_wait() -> None:
    rate = Rate(None)
    assert [rate.book(1000) for _ in range(3)] == [0, 0, 0]


def test_nothing_else_retries() -> None:
    """A second module that uses `stamina` or reads ``Retry-After`` would be a second set of rules."""
    root = Path(assay.__file__).parent
    rules = re.compile(r"^\s*(?:import|from) (?:stamina|tenacity)\b|\"retry-after", re.MULTILINE | re.IGNORECASE)
    # The app is a server, which tells its clients when to ask again; methods know nothing else of ours, and the gateway
    # among them heeds its backends.
    others = {"web", "methods", "trials"}
    files = [file for file in root.rglob("*.py") if others.isdisjoint(file.relative_to(root).parts)]
    modules = [file for file in files if rules.search(file.read_text(encoding="utf-8"))]
    assert [file.relative_to(root).as_posix() for file in modules] == ["sources/politeness.py"]


def test_a_wait_is_remembered_until_it_is_over(tmp_path: Path) -> None:
    assert remembered_wait("toy", tmp_path / "pace") == 0
    remember_wait("toy", tmp_path / "pace", 60)
    assert 0 < remembered_wait("toy", tmp_path / "pace") <= 60
    assert remembered_wait("other", tmp_path / "pace") == 0
    remember_wait("toy", tmp_path / "pace", 0)
    assert remembered_wait("toy", tmp_path / "pace") == 0


def test_no_wait_is_remembered_for_longer_than_a_day(tmp_path: Path) -> None:
    remember_wait("toy", tmp_path, LONGEST_WAIT)
    assert 0 < remembered_wait("toy", tmp_path) <= 24 * 3600
    (tmp_path / "toy.until").write_text(str(time.time() + 25 * 3600), encoding="ascii")  # by a clock that was ahead
    assert remembered_wait("toy", tmp_path) == 0
    (tmp_path / "toy.until").write_text("soon", encoding="ascii")
    assert remembered_wait("toy", tmp_path) == 0
