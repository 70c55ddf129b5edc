"""Mails an issue of a digest to its recipients, to each once.

A recipient is claimed on the reader's shelf before a server is asked anything, and the shelf knows that a mail leaves
before its first byte does. So a command that is killed at any time, or runs twice at once, sends nothing twice. Killed
or cut off while a server has the whole mail and has not answered, it may have arrived or not: such a mail is never sent
again on our own account, and said to be in doubt each time, until the reader has it sent again. It then has the same
message id, by which mailboxes know a mail that they have.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage

from assay.papers.models import Noun, utc
from assay.reader.deliveries import AlreadySentError, BeingSentError, PerhapsSentError
from assay.reader.records import DeliveryState
from assay.reader.shelf import Shelf
from assay.sending.smtp import MailConnection, MailError, MailServer
from assay.sending.trying import Outcome, Patience, UnsureError

CHANNEL = "mail"
_AGAIN = "--again sends it again"


class MailReport(Noun):
    """What came of the mail to one recipient."""

    recipient: str
    outcome: Outcome
    message: str = ""
    """In words, where it was not sent just now."""


@dataclass(frozen=True)
class Ids:
    """By what a mail is known."""

    message_id: str
    follows: str = ""
    """The mail about the same issue that was sent before."""


@dataclass(frozen=True)
class Mailing:
    """An issue that is mailed."""

    issue: str
    """A day, a week, or any other key."""
    languages: Sequence[str]
    write: Callable[[str, Ids], EmailMessage]
    """Writes the mail to an address."""
    domain: str
    """Of the sender; message ids end with it."""
    again: bool = False
    """Whether to send also what was sent, or may have been."""


@dataclass
class _Round:
    """The recipients who are left, and what came of the others."""

    left: list[str]
    before: dict[str, str]
    """By recipient, the message id of the same mail as it was sent before."""
    reports: dict[str, MailReport] = field(default_factory=dict)
    trouble: dict[str, str] = field(default_factory=dict)
    """By recipients who are left, why."""

    def settle(self, address: str, outcome: Outcome, message: str = "") -> None:
        self.left.remove(address)
        self.reports[address] = MailReport(recipient=address, outcome=outcome, message=message)


def send_mails(
    shelf: Shelf,
    server: MailServer,
    mailing: Mailing,
    recipients: Sequence[str],
    patience: Patience,
) -> list[MailReport]:
    """Send the mail to each address that has not had it, and again where it was not taken for a passing reason.

    Args:
        shelf: of the reader whose digest it is; it remembers what was sent.
        server: where mails are handed in.
        mailing: what is sent.
        recipients: bare addresses.
        patience: how long a busy server is tried again.
    """
    addresses = list(dict.fromkeys(recipients))
    state = _Round(list(addresses), _sent_before(shelf, mailing))

    def send_left() -> None:
        with MailConnection(server) as connection:
            for address in list(state.left):
                _send(shelf, connection, mailing, address, state)
        if state.left:
            raise MailError("; ".join(dict.fromkeys(state.trouble.values())), is_passing=True)

    try:
        patience.retry(send_left)
    except MailError as error:
        for address in list(state.left):
            outcome = Outcome.FAILED if error.is_passing else Outcome.REFUSED
            state.settle(address, outcome, state.trouble.get(address) or str(error))
    return [state.reports[address] for address in addresses]


def _send(shelf: Shelf, connection: MailConnection, mailing: Mailing, address: str, state: _Round) -> None:
    """Send one mail; a recipient who may be tried again stays among those who are left.

    Raises:
        MailError: if the server takes no mail for anybody now.
    """
    try:
        with shelf.deliver(CHANNEL, address, mailing.issue, mailing.languages, again=mailing.again) as sending:
            before = state.before.get(address, "")
            ids = Ids(f"{sending.message_id}@{mailing.domain}", f"{before}@{mailing.domain}" if before else "")
            try:
                connection.send(mailing.write(address, ids), sending.begin)
            except UnsureError as error:
                state.settle(address, Outcome.UNSURE, f"{error}: it may have arrived; {_AGAIN}")
            except MailError as error:
                sending.release()
                state.trouble[address] = str(error)
                if not error.is_of_recipient:
                    raise
                if not error.is_passing:
                    state.settle(address, Outcome.REFUSED, str(error))
            else:
                sending.confirm()
                state.settle(address, Outcome.SENT)
    except AlreadySentError as error:
        state.settle(address, Outcome.SENT_BEFORE, f"at {utc(error.delivery.at)}; {_AGAIN}")
    except PerhapsSentError as error:
        why = f"sending it broke off at {utc(error.delivery.at)}, and it may have arrived; {_AGAIN}"
        state.settle(address, Outcome.UNSURE, why)
    except BeingSentError:
        state.settle(address, Outcome.UNSURE, "another process is sending it at this moment")


def _sent_before(shelf: Shelf, mailing: Mailing) -> dict[str, str]:
    """By recipient, the message id of the same mail as it was sent before."""
    issue = CHANNEL, mailing.issue, tuple(mailing.languages)
    return {
        each.recipient: each.message_id
        for each in shelf.deliveries()
        if (each.channel, each.issue, each.languages) == issue and each.state is DeliveryState.SENT
    }
