"""Sends questions to one model server: in turn, within the budget, again where that may help, and never in vain.

What one question learns about the server holds for all later ones: what it does not understand, that it asks for
patience, that nobody is there, that key, model or account are wrong.
"""

import asyncio
import json
import math
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

import httpx2

from assay import __version__
from assay.papers.text import shorten
from assay.sources.politeness import Backoff, Rate, allow_retry, requested_wait, retry_async
from assay.writing.answers import Broken, Completion, Failed, NoCompletion, Usage, in_a_line, read_completion
from assay.writing.budget import Budget, Reservation, estimate_tokens
from assay.writing.dialect import Dialect
from assay.writing.endpoint import Endpoint
from assay.writing.errors import BudgetSpent, Denied, EndpointError, NotUnderstood, Refused, TooLong, Unreachable
from assay.writing.failures import (
    BUSY,
    REQUEST,
    denial_by_status,
    denial_by_words,
    is_filtered,
    is_over_one_question,
    is_passing,
    is_too_long,
    no_connection,
    no_endpoint,
)
from assay.writing.question import Question

E = TypeVar("E", bound=EndpointError)


class Sender:
    """Sends questions to an endpoint for one run.

    Args:
        endpoint: where the model is.
        budget: what may be spent.
        report: called with one line whenever a request fails and is sent again.

    Attributes:
        dialect: what the server understands, as far as is known.
        is_understood: whether an answer of the right shape has come; whoever reads the answers says so.
    """

    def __init__(self, endpoint: Endpoint, budget: Budget, report: Callable[[str], None]) -> None:
        self.endpoint = endpoint
        self.dialect = Dialect()
        self.is_understood = False
        self._budget = budget
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
        self._is_there = False  # whether a server has answered anything
        self._not_before = 0.0
        self._failing_since: float | None = None
        self._denied = ""
        self._down = ""

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def send(self, question: Question, room: int) -> tuple[Completion, Dialect]:
        """Send a question until there is a completion; also returns the dialect that the question was asked in.

        It is sent again in simpler dialects where the server does not understand, and while the server is busy or
        broken and patience lasts.

        Args:
            question: what is asked.
            room: most tokens for the answer.
        """
        while True:
            dialect = self.dialect
            with suppress(_OtherDialect):
                return await self._send_patiently(question, dialect, room), dialect

    def adopt(self, dialect: Dialect, simpler: Dialect) -> None:
        """Ask in a simpler dialect from now on, unless another question has found one in the meantime."""
        if dialect == self.dialect:
            self.dialect = simpler

    def deny(self, reason: str) -> Denied:
        """The exception that ends the run: no question will be answered."""
        error = self.error(Denied, reason)
        self._denied = error.reason
        return error

    def error(self, kind: type[E], reason: str, **more: Any) -> E:
        """An error of one line, without the key if the server quoted it."""
        return kind(shorten(self._hide_key(reason), _LONGEST_REASON), where=str(self.endpoint), **more)

    async def _send_patiently(self, question: Question, dialect: Dialect, room: int) -> Completion:
        backoff = Backoff(self.endpoint.retry_wait, jitter=self.endpoint.retry_wait)
        return await retry_async(lambda: self._send_in_turn(question, dialect, room), backoff, self._patience(backoff))

    def _patience(self, backoff: Backoff) -> Callable[[Exception], bool | float]:
        """Decide for one request, after each failure, whether to send it again: yes, no, or in so many seconds.

        Patience is counted from the request's first failure, and from the first since anybody's last success: a
        server that is down costs a run its patience once, not for each question.
        """
        began: float | None = None
        times_busy = 0

        def decide(error: Exception) -> bool | float:
            nonlocal began, times_busy
            if not isinstance(error, Unreachable) or error.down:
                return False
            now = time.monotonic()
            began = now if began is None else began
            self._failing_since = now if self._failing_since is None else self._failing_since
            wait = error.wait
            if error.busy:
                wait = backoff.wait(times_busy) if wait is None else wait
                times_busy += 1
                self._not_before = max(self._not_before, now + wait)  # for everybody
            since, patience = min(began, self._failing_since), self.endpoint.patience
            allowed = allow_retry(EndpointError(error.reason), self._report, wait=wait, since=since, patience=patience)
            if not allowed and not error.own_fault and now + (wait or 0) - self._failing_since >= patience:
                error.down, self._down = True, error.reason
            return allowed

        return decide

    async def _send_in_turn(self, question: Question, dialect: Dialect, room: int) -> Completion:
        """Send one request as soon as there is a free place, money, and nobody has asked us to wait."""
        longest = room if dialect.limit else self.endpoint.context_tokens - question.tokens
        most = Usage(question.tokens, longest, estimated=True)
        async with self._slots:
            try:
                async with self._budget.reserve(most, self.endpoint.prices) as reservation:
                    await self._turn(most)
                    if dialect != self.dialect:  # another question has found out more while this one waited
                        raise _OtherDialect
                    return await self._post(question, dialect, room, reservation)
            except BudgetSpent as error:
                raise self.error(BudgetSpent, error.reason) from None

    async def _turn(self, most: Usage) -> None:
        await asyncio.sleep(max(self._requests.book(), self._tokens.book(most.tokens_in + most.tokens_out)))
        while (wait := self._not_before - time.monotonic()) > 0 and not (self._down or self._denied):
            if wait > self.endpoint.patience:
                raise self.error(Unreachable, f"busy for {math.ceil(wait)} s more, as it said", busy=True, wait=wait)
            await asyncio.sleep(wait)
        if self._denied:
            raise Denied(self._denied, where=str(self.endpoint))
        if self._down:
            raise Unreachable(self._down, where=str(self.endpoint), down=True)

    async def _post(self, question: Question, dialect: Dialect, room: int, reservation: Reservation) -> Completion:
        """One request, one answer. Books what it cost."""
        # As long as nobody says otherwise it costs the most it can: who knows how far a model gets that breaks off.
        reservation.actual = reservation.most
        try:
            status, headers, text = await self._exchange(dialect.body(self.endpoint, question, room))
        except (TimeoutError, httpx2.TransportError, httpx2.DecodingError) as error:
            if isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.ProxyError):
                reservation.actual = _NOTHING
            raise self._network_failure(error) from error
        try:
            completion = read_completion(status, text)
        except Failed as error:
            reservation.actual = _NOTHING
            failed = Failed(self._hide_key(error.words), error.marks, error.status, is_page=error.is_page)
            raise self._failure(failed, headers, dialect) from None
        except Broken as error:
            raise self.error(Unreachable, str(error)) from None
        except NoCompletion as error:
            if self.is_understood:
                raise self.error(NotUnderstood, str(error)) from None
            raise self.deny(no_endpoint(str(error))) from None
        except ValueError as error:
            raise self.error(NotUnderstood, str(error)) from None
        reservation.actual = actual = actual_usage(completion, question)
        self._tokens.give_back(reservation.most.tokens_in + reservation.most.tokens_out - sum(actual[:2]))
        self._failing_since = None
        return completion

    async def _exchange(self, body: Mapping[str, Any]) -> tuple[int, Mapping[str, str], str]:
        """Status, headers and body of one answer, within the time limit and the size limit."""
        # Half of a surrogate pair, which a text can hold that came from JSON, is sent as its escape.
        content = json.dumps(body, ensure_ascii=False).encode("utf-8", "backslashreplace")
        async with asyncio.timeout(self.endpoint.timeout):
            async with self._http.stream("POST", self.endpoint.url, content=content) as response:
                self._is_there = True
                data = bytearray()
                async for piece in response.aiter_bytes():
                    data += piece
                    if len(data) > _MAX_BYTES:
                        raise self.error(NotUnderstood, f"the answer is longer than {_MAX_BYTES} bytes")
        return response.status_code, response.headers, data.decode("utf-8-sig", "replace")

    def _network_failure(self, error: Exception) -> EndpointError:
        """The exception for a request that got no whole answer. Where nobody ever was, nobody is waited for."""
        reason = no_connection(error) if isinstance(error, httpx2.TransportError) else ""
        if reason:
            return self.error(Unreachable, reason) if self._is_there else self.deny(reason)
        if isinstance(error, TimeoutError | httpx2.TimeoutException):
            limit = f"{self.endpoint.timeout:g} s (model_timeout in the settings)"
            return self.error(Unreachable, f"no whole answer within {limit}")
        return self.error(Unreachable, f"the answer broke off: {str(error).rstrip('.')}")

    def _failure(self, failed: Failed, headers: Mapping[str, str], dialect: Dialect) -> Exception:
        """The exception for an error that the server sent."""
        error: Exception
        if is_filtered(failed):
            error = self.error(Refused, failed.brief)
        elif denial := self._denial_by_words(failed):
            error = self.deny(denial)
        elif simpler := self._simpler(dialect, failed):
            self.adopt(dialect, simpler)
            error = _OtherDialect()
        elif is_too_long(failed):
            error = self.error(TooLong, f"{failed.brief}; check model_context in the settings against the server's own")
        elif denial := denial_by_status(failed, headers, model=self.endpoint.model):
            error = self.deny(denial)
        elif failed.status in BUSY:
            wait = requested_wait(headers)
            when = "" if wait is None else f"; come back in {math.ceil(wait)} s"
            error = self.error(Unreachable, f"busy, {failed.brief}{when}", busy=True, wait=wait)
        elif is_passing(failed.status):
            own_fault = is_over_one_question(failed.status)
            error = self.error(Unreachable, f"broken, {failed.brief}", own_fault=own_fault)
        else:
            why = failed.brief if failed.words else f"an answer of status {failed.status} without a word"
            error = self.error(NotUnderstood, why)
        return error

    def _denial_by_words(self, failed: Failed) -> str:
        """Why nothing will be answered; of a server that has answered before, its own faults are not taken for that."""
        if failed.status >= 500 and self.is_understood:
            return ""
        return denial_by_words(failed, has_key=bool(self._key))

    def _simpler(self, dialect: Dialect, failed: Failed) -> Dialect | None:
        """The dialect without what the server complains about, if that is what it does."""
        if failed.status not in REQUEST or failed.is_page:
            return None
        return dialect.without(failed.everything, failed.status)

    def _hide_key(self, text: str) -> str:
        """A text in one line without the key; done before it is shortened, else half a key is left."""
        line = in_a_line(text)
        return line.replace(self._key, "***") if self._key else line


class _OtherDialect(Exception):  # noqa: N818 - it never leaves this module
    """The question is to be asked in the dialect that was found meanwhile."""


_CONNECT = 10.0  # seconds
_LONGEST_REASON = 300
_MAX_BYTES = 8 * 2**20  # a hundred times the longest answer of any model
_NOTHING = Usage(0, 0)


def actual_usage(completion: Completion, question: Question) -> Usage:
    """The tokens of a request, estimated where the server did not count them."""
    if completion.tokens_in is not None and completion.tokens_out is not None:
        return Usage(completion.tokens_in, completion.tokens_out)
    return Usage(question.tokens, estimate_tokens(completion.text), estimated=True)
