"""What a run may cost and what it has cost; tokens are estimated where nobody counts them."""

import asyncio
import math
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

from assay.writing.answers import Usage
from assay.writing.errors import BudgetSpent


class Prices(NamedTuple):
    """Money for a million tokens, in whatever currency the budget is in."""

    tokens_in: float
    tokens_out: float

    def of(self, usage: Usage) -> float:
        """What a request costs."""
        return (usage.tokens_in * self.tokens_in + usage.tokens_out * self.tokens_out) / 1e6


@dataclass(frozen=True)
class Spent:
    """What a run has cost so far."""

    requests: int = 0
    """Requests sent, whatever came back."""
    tokens_in: int = 0
    tokens_out: int = 0
    cached: int = 0
    """Questions whose answer was recorded before, and cost nothing."""
    money: float | None = 0.0
    """``None`` if the price of any request is not known."""


class Budget:
    """What a run may spend; one budget can be shared by several endpoints.

    Before a request is sent, the most it can cost is set aside; afterwards what it did cost is booked, or again the
    most where nobody can say, because the answer broke off.

    Args:
        tokens: most tokens, read and written together; ``None`` for no limit.
        money: most money, in the currency of the prices; ``None`` for no limit.

    Raises:
        ValueError: if a limit is below zero.
    """

    def __init__(self, tokens: int | None = None, money: float | None = None) -> None:
        for name, limit in (("tokens", tokens), ("money", money)):
            if limit is not None and not limit >= 0:
                raise ValueError(f"a budget of {limit} {name} makes no sense; leave it out for no limit")
        self.tokens = tokens
        self.money = money
        self._spent = Spent()
        self._set_aside: list[Reservation] = []
        self._waiting: list[asyncio.Future[None]] = []

    @property
    def spent(self) -> Spent:
        """What has been spent up to now."""
        return self._spent

    def book_cached(self) -> None:
        """Count an answer that came from a recording."""
        self._spent = replace(self._spent, cached=self._spent.cached + 1)

    @asynccontextmanager
    async def reserve(self, most: Usage, prices: Prices | None) -> AsyncIterator["Reservation"]:
        """Set aside what a request can cost at most; book `Reservation.actual` at the end.

        If only what others have set aside stands in the way, this waits until they know what they needed.

        Raises:
            BudgetSpent: if the request could cost more than is left.
        """
        reservation = Reservation(most, prices)
        while over := self._over([reservation, *self._set_aside]):
            if alone := self._over([reservation]):
                raise BudgetSpent(alone)
            if not self._set_aside:
                raise BudgetSpent(over)
            freed = asyncio.get_running_loop().create_future()
            self._waiting.append(freed)
            await freed
        self._set_aside.append(reservation)
        try:
            yield reservation
        finally:
            self._set_aside.remove(reservation)
            self._book(reservation.actual, prices)

    def _over(self, reservations: list["Reservation"]) -> str:
        """What these requests would exceed, in words; empty if nothing."""
        tokens = sum(item.most.tokens_in + item.most.tokens_out for item in reservations)
        tokens_spent = self._spent.tokens_in + self._spent.tokens_out
        if self.tokens is not None and tokens_spent + tokens > self.tokens:
            return f"{tokens_spent} of {self.tokens} tokens are spent, and the next request could take {tokens}"
        if self.money is not None:
            if any(item.prices is None for item in reservations):
                return "there is a budget in money, but the endpoint has no prices"
            money = sum(item.prices.of(item.most) for item in reservations if item.prices)
            spent_money = self._spent.money or 0.0
            if spent_money + money > self.money:
                return f"{spent_money:.4f} of {self.money:.4f} is spent, and the next request could cost {money:.4f}"
        return ""

    def _book(self, actual: Usage | None, prices: Prices | None) -> None:
        before = self._spent
        if actual is not None:
            self._spent = replace(
                before,
                requests=before.requests + 1,
                tokens_in=before.tokens_in + actual.tokens_in,
                tokens_out=before.tokens_out + actual.tokens_out,
                money=None if before.money is None or prices is None else before.money + prices.of(actual),
            )
        waiting, self._waiting = self._waiting, []
        for freed in waiting:
            if not freed.done():
                freed.set_result(None)


@dataclass(eq=False)
class Reservation:
    """What one request may cost, and what it did."""

    most: Usage
    prices: Prices | None
    actual: Usage | None = None
    """``None`` as long as nothing was sent: then nothing is booked."""


def estimate_tokens(text: str) -> int:
    """How many tokens a text has, for whatever tokenizer: rather too many than too few.

    Tokenizers cut Latin words into few pieces, Hangul, kana and ideographs into about one for each character, and the
    older ones more; several take each digit apart.
    """
    pieces = ((len(pattern.findall(text)), each) for pattern, each in _PIECES)
    return math.ceil(sum(count * each for count, each in pieces))


_PIECES = (
    (re.compile(r"[A-Za-z]{1,5}"), 1.0),
    (re.compile(r"[0-9]"), 1.0),
    (re.compile(r"[\x00-\x08\x0e-\x1f!-/:-@\[-`{-\x7f]"), 1.0),
    (re.compile(r"[^\S ]+|  +"), 1.0),  # a single space belongs to the word behind it
    (re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7ff]"), 1.6),  # Hangul
    (re.compile(r"[\u3000-\u312f\u3190-\ua4cf\uf900-\ufaff\uff00-\uffff]"), 1.3),  # ideographs, kana
    (re.compile(r"[\x80-\u10ff\u1200-\u1fff\ua4d0-\uabff\ufb00-\ufeff]"), 1.0),  # other alphabets
    (re.compile(r"[\u2000-\u2fff]"), 1.6),  # signs, mathematical and typographic
    (re.compile(r"[\ud800-\uf8ff\U00010000-\U0010ffff]"), 3.0),  # emoji, mathematical letters, rare ideographs
)
