"""What the commands share that ask a language model: their options, the chat with it, and what to say in the end."""

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Session
from assay.papers.text import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from assay.writing.budget import Budget, Spent
    from assay.writing.cache import Recordings
    from assay.writing.chat import Chat
    from assay.writing.endpoint import Endpoint

Model = Annotated[str | None, typer.Option(help="The model to ask, by its name at the endpoint.")]
BaseUrl = Annotated[str | None, typer.Option(help="The endpoint's base URL, such as http://127.0.0.1:11434/v1.")]
Concurrency = Annotated[int | None, typer.Option(min=1, help="Requests open at one time.")]
BudgetTokens = Annotated[int | None, typer.Option(min=0, help="Most tokens, read and written together.")]
Record = Annotated[Path | None, typer.Option(file_okay=False, help="Folder to keep answers in, instead of our own.")]
Replay = Annotated[
    Path | None,
    typer.Option(file_okay=False, exists=True, help="Use answers recorded there and nothing else; no network."),
]
Again = Annotated[bool, typer.Option("--again", help="Ask anew, whatever has been answered and recorded before.")]


def open_chat(
    here: Session,
    model: str | None,
    base_url: str | None,
    *,
    concurrency: int | None = None,
    budget_tokens: int | None = None,
    budget_money: float | None = None,
    prices: tuple[float | None, float | None] = (None, None),
    record: Path | None = None,
    replay: Path | None = None,
    again: bool = False,
    report: "Callable[[str], None] | None" = None,
) -> "Chat":
    """The chat with the model that options and settings name, the options first.

    Args:
        here: the session.
        model: as the endpoint calls it.
        base_url: of the endpoint; a replay needs none.
        concurrency: requests open at one time.
        budget_tokens: most tokens.
        budget_money: most money.
        prices: for a million tokens read and written.
        record: folder of recorded answers that are used and added to.
        replay: folder of the only answers that are used.
        again: whether recorded answers are left aside, and replaced.
        report: called with one line whenever a request is sent again.

    Raises:
        ValueError: if there is no model or no address, a price without the other, or options exclude each other.
    """
    from assay.writing.budget import Budget
    from assay.writing.chat import Chat

    if record is not None and replay is not None:
        raise ValueError("--record and --replay exclude each other")
    if again and replay is not None:
        raise ValueError("--again and --replay exclude each other: a replay asks nobody")
    settings = here.settings
    folder = record or replay or settings.home / "answers"
    return Chat(
        _endpoint(here, model, base_url, concurrency=concurrency, prices=prices, offline=replay is not None),
        budget=Budget(
            tokens=settings.budget_tokens if budget_tokens is None else budget_tokens,
            money=settings.budget_money if budget_money is None else budget_money,
        ),
        recordings=_recordings(folder, replay=replay is not None, anew=again),
        report=report or here.say,
    )


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
    requests = counted(spent.requests, "request")
    return f"{requests}, {spent.tokens_in:,} tokens in and {spent.tokens_out:,} out{money}; {seconds:.1f} s"


def remarks(chat: "Chat") -> "Iterator[str]":
    """What a reader should know of the answers of a run: which were recorded, and what the server does not do."""
    if chat.recorded:
        answers = counted(len(chat.recorded), "answer")
        days = sorted({recording.created.date() for recording in chat.recorded})
        when = f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]}"
        elsewhere = sorted({recording.address for recording in chat.recorded} - {chat.endpoint.url, ""})
        where = f", by {' and '.join(elsewhere)}" if elsewhere and not chat.is_replay else ""
        yield f"{answers} from the recording of {when}{where}" + ("" if chat.is_replay else "; --again asks anew")
    if shortcomings := chat.shortcomings():
        yield f"the server: {'; '.join(shortcomings)}"


def _endpoint(
    here: Session,
    model: str | None,
    base_url: str | None,
    *,
    concurrency: int | None,
    prices: tuple[float | None, float | None],
    offline: bool,
) -> "Endpoint":
    from assay.writing.budget import Prices
    from assay.writing.endpoint import Endpoint

    settings = here.settings
    name = model or settings.model
    # A question is known by neither address nor key, so a replay needs none.
    url = base_url or settings.model_url or ("http://localhost" if offline else "")
    if not (name and url):
        raise ValueError("no model to ask: give --model NAME --base-url URL, or set model and model_url in config.toml")
    price_in, price_out = (
        setting if option is None else option
        for option, setting in zip(prices, (settings.price_in, settings.price_out), strict=True)
    )
    if (price_in is None) != (price_out is None):
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
        prices=None if price_in is None or price_out is None else Prices(price_in, price_out),
    )


def _recordings(folder: Path, *, replay: bool, anew: bool) -> "Recordings":
    """The recorded answers in a folder: looked up and added to, only looked up, or only added to."""
    from assay.writing.cache import Recordings

    class Anew(Recordings):
        """Recordings that are only written, so that every question is asked again."""

        def find(self, question: str) -> None:
            """Return no answer: the question is asked, and its answer replaces the old one."""

    return Anew(folder) if anew else Recordings(folder, replay=replay)
