"""What the commands share that ask a language model: the endpoint, the recordings, and what to say in the end."""

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from assay.cli import Session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assay.writing.endpoint import Budget, Endpoint, Recordings, Spent


def endpoint_of(
    here: Session,
    model: str | None,
    base_url: str | None,
    *,
    concurrency: int | None = None,
    price_in: float | None = None,
    price_out: float | None = None,
    offline: bool = False,
) -> "Endpoint":
    """The endpoint that options and settings name, the options first; ``offline``, it needs no address.

    Raises:
        ValueError: if there is no model or no address, or a price without the other.
    """
    from assay.writing.endpoint import Endpoint, Prices

    settings = here.settings
    name = model or settings.model
    # Neither address nor key is part of a recording, so a replay needs none.
    url = base_url or settings.model_url or ("http://localhost" if offline else "")
    if not (name and url):
        raise ValueError("no model to ask: give --model NAME --base-url URL, or set model and model_url in config.toml")
    prices = [
        setting if option is None else option
        for option, setting in ((price_in, settings.price_in), (price_out, settings.price_out))
    ]
    if prices.count(None) == 1:
        raise ValueError("prices come in pairs: give --price-in and --price-out, or neither")
    return Endpoint(
        url,
        name,
        key=settings.model_key,
        timeout=settings.model_timeout,
        concurrency=concurrency or settings.model_concurrency,
        requests_per_minute=settings.model_requests_per_minute,
        tokens_per_minute=settings.model_tokens_per_minute,
        patience=settings.model_patience,
        retry_wait=settings.retry_wait,
        max_output_tokens=settings.model_output,
        context_tokens=settings.model_context,
        prices=Prices(*(price for price in prices if price is not None)) if None not in prices else None,
    )


def recordings_in(folder: Path, *, replay: bool = False, anew: bool = False) -> "Recordings":
    """The recorded answers in a folder: looked up and added to, only looked up, or only added to."""
    from assay.writing.endpoint import Recordings

    class Anew(Recordings):
        """Recordings that are only written, so that every question is asked again."""

        def find(self, question: str) -> None:
            """Return no answer: the question is asked, and its answer replaces the old one."""

    return Anew(folder) if anew else Recordings(folder, replay=replay)


@contextmanager
def report_interruption(here: Session, budget: "Budget", start: float, what_is_kept: str) -> "Iterator[None]":
    """Where somebody interrupts, say what it has cost, what is kept, and that the same command goes on."""
    try:
        yield
    except KeyboardInterrupt:
        here.say(totals(budget.spent, time.monotonic() - start))
        here.say(f"interrupted: {what_is_kept}, the same command goes on with the rest")
        raise typer.Exit(130) from None


def totals(spent: "Spent", seconds: float) -> str:
    """What a run has cost, in a line."""
    money = "" if not spent.money else f", {spent.money:.4f} of money"
    return (
        f"{spent.requests} requests, {spent.tokens_in:,} tokens in and {spent.tokens_out:,} out{money}; "
        f"{spent.cached} answers were recorded before; {seconds:.1f} s"
    )
