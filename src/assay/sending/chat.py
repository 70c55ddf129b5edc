"""Posts to chats through apprise, each post once: Slack, Discord, Telegram, Matrix, webhooks and a hundred more.

A chat is an address with secrets in it, which settings or the environment hold under a name; only the name is ever
shown or kept. The shelf remembers each post with the ids of the papers in it: when a later one fails, or the command is
killed, the same command goes on with the papers that were not posted, however the day is ordered by then.
"""

import logging
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from pydantic import SecretStr

from assay.papers.models import Noun
from assay.reader.deliveries import NotSentError, Sending
from assay.reader.records import DeliveryState
from assay.reader.shelf import Shelf
from assay.sending.trying import NotTakenError, Outcome, Patience, UnsureError

CHANNEL = "chat"


class Post(Protocol):
    """One message for a chat, as `assay.publish.chat` writes it."""

    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def body(self) -> str: ...  # noqa: D102
    @property
    def papers(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def shortened(self) -> bool: ...  # noqa: D102


Write = Callable[[Callable[[str, str], bool], Collection[str]], Sequence[Post]]
"""Writes a day as posts, given what the chat takes and the papers to leave out."""


class PostReport(Noun):
    """What came of one post."""

    papers: tuple[str, ...]
    outcome: Outcome
    shortened: bool = False
    """Whether it has a paper that was too long, and was cut."""
    message: str = ""
    """In words, where it was not posted just now."""


class Chat:
    """One chat, by its name in the settings.

    Args:
        name: what it is called there.
        address: in apprise's form, such as ``slack://...``.
        timeout: seconds to wait for its answer.

    Raises:
        ValueError: if apprise is not installed, or the address is none of its forms, or of several chats at once.
    """

    def __init__(self, name: str, address: SecretStr, timeout: float) -> None:
        try:
            import apprise  # noqa: PLC0415 - only who posts needs it
        except ModuleNotFoundError:
            raise ValueError("posting to chats needs apprise: pip install 'assay-papers[chat]'") from None
        self.name = name
        asset = apprise.AppriseAsset(app_id="Assay", app_desc="Assay", app_url="", image_url_mask="", image_url_logo="")
        with _listening() as lines:
            service = apprise.Apprise.instantiate(address.get_secret_value(), asset=asset)
        if not isinstance(service, apprise.NotifyBase):
            why = "apprise does not know its form" if not lines else "apprise cannot read it"
            raise ValueError(f"the address of the chat {name!r}: {why} (see its list of services)")
        if len(service) > 1:
            raise ValueError(f"the address of the chat {name!r} is of several at once; give each a name of its own")
        service.socket_read_timeout = timeout
        self._service = service
        self._text = apprise.NotifyFormat.TEXT

    def fits(self, title: str, body: str) -> bool:
        """Whether it takes a post with this title and body whole."""
        service, text = self._service, self._text
        # What is sent is longer than what is written: each service escapes in its own way.
        calls = list(service._build_send_calls(title=title, body=body, body_format=text))  # noqa: SLF001 - none public
        lengths = [_units(call["title"]) + _units(call["body"]) for call in calls]
        titles = [len(call["title"]) for call in calls]
        lines = service.body_max_line_count
        return (
            len(calls) == 1
            and lengths[0] <= service.body_maxlen
            and (service.title_maxlen <= 0 or titles[0] <= service.title_maxlen)
            and (lines <= 0 or body.count("\n") + 2 <= lines)
        )

    def post(self, post: Post) -> None:
        """Post a message, which fits.

        Raises:
            UnsureError: if it may have arrived or not.
            NotTakenError: if it did not arrive.
        """
        with _listening() as lines:
            accepted = self._service.notify(title=post.title, body=post.body, body_format=self._text)
        if not accepted:
            raise _failure(self.name, " ".join(lines))


def post_issue(
    shelf: Shelf,
    chat: Chat,
    issue: str,
    languages: Sequence[str],
    write: Write,
    patience: Patience,
    *,
    again: bool = False,
) -> list[PostReport]:
    """Post what the chat has not had of an issue, and stop at the first post that fails.

    Args:
        shelf: of the reader whose digest it is; it remembers what was posted.
        chat: where to.
        issue: a day, a week, or any other key.
        languages: those it is written in.
        write: writes it as posts.
        patience: how long a busy chat is tried again.
        again: also what was posted, or may have been.
    """
    reports: list[PostReport] = []

    def send(post: Post) -> tuple[Outcome, str]:
        key = f"{issue} {' '.join(post.papers)}"
        with shelf.deliver(CHANNEL, chat.name, key, languages, again=again) as sending:
            try:
                patience.retry(lambda: _post(chat, post, sending))
            except UnsureError as error:
                return Outcome.UNSURE, f"{error}; --again posts all papers again"
            except NotTakenError as error:
                return Outcome.FAILED if error.is_passing else Outcome.REFUSED, str(error)
            return Outcome.SENT, ""

    try:
        # Held to the end, so that no other process posts this issue meanwhile; it is never begun itself.
        with shelf.deliver(CHANNEL, chat.name, issue, languages, again=True):
            reports += [] if again else _posted_before(shelf, chat.name, issue, tuple(languages))
            posts = list(write(chat.fits, [paper for each in reports for paper in each.papers]))
            while posts:
                post = posts.pop(0)
                outcome, why = send(post)
                reports.append(PostReport(papers=post.papers, outcome=outcome, shortened=post.shortened, message=why))
                if outcome is not Outcome.SENT:
                    break
            if left := tuple(paper for post in posts for paper in post.papers):
                reports.append(PostReport(papers=left, outcome=Outcome.FAILED, message="not tried after that"))
    except NotSentError as error:
        reports.append(PostReport(papers=(), outcome=Outcome.UNSURE, message=str(error)))
    return reports


def _post(chat: Chat, post: Post, sending: Sending) -> None:
    sending.begin()
    try:
        chat.post(post)
    except NotTakenError:
        sending.release()
        raise
    sending.confirm()


def _posted_before(shelf: Shelf, name: str, issue: str, languages: tuple[str, ...]) -> Iterator[PostReport]:
    """The posts of an issue that were posted, or may have been."""
    for each in shelf.deliveries():
        key, _, papers = each.issue.partition(" ")
        if (each.channel, each.recipient, key, each.languages) == (CHANNEL, name, issue, languages) and papers:
            if each.state is DeliveryState.SENT:
                yield PostReport(papers=tuple(papers.split()), outcome=Outcome.SENT_BEFORE)
            else:
                why = "posting broke off, and it may have arrived; --again posts all papers again"
                yield PostReport(papers=tuple(papers.split()), outcome=Outcome.UNSURE, message=why)


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What apprise logs meanwhile; kept, with the secrets that are in it, from the terminal and from all other logs."""
    lines: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    listener = Listener()
    loggers = [logging.getLogger(name) for name in ("apprise", "urllib3")]
    before = [(logger.level, logger.propagate) for logger in loggers]
    for logger in loggers:
        logger.addHandler(listener)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False
    try:
        yield lines
    finally:
        for logger, (level, propagates) in zip(loggers, before, strict=True):
            logger.removeHandler(listener)
            logger.setLevel(level)
            logger.propagate = propagates


def _failure(name: str, log: str) -> NotTakenError | UnsureError:
    """What a failed post came to. Apprise says only that it failed; its log has the status, or that nobody was there.

    A post is taken for refused only where the service said so, or was never reached.
    """
    status = re.search(r"error=([1-5]\d\d)\b", log)
    code = int(status[1]) if status else 0
    if 400 <= code < 500:
        return NotTakenError(f"{name} refused the post (status {code})", is_passing=code in {408, 425, 429})
    if code == 503:
        return NotTakenError(f"{name} is busy (status {code})", is_passing=True)
    if not status and _NEVER_REACHED.search(log):
        return NotTakenError(f"{name} cannot be reached", is_passing=True)
    what = f"answered with status {code}" if code else "gave no answer that can be read"
    return UnsureError(f"{name} {what}: the post may have arrived")


_NEVER_REACHED = re.compile(
    r"NewConnectionError|ConnectTimeoutError|NameResolutionError|CERTIFICATE_VERIFY_FAILED|Connection refused"
)


def _units(text: str) -> int:
    """Its length as the strictest services count: in UTF-16."""
    return len(text.encode("utf-16-le")) // 2
