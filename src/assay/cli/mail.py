"""``assay mail``: sends a day, week or month as a mail, to each address once, or writes it to a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli import Json, Reader, Session, app, session
from assay.cli.issue import Issue, Whose, is_trouble, patience_of, read_issue

if TYPE_CHECKING:
    from email.message import EmailMessage

    from assay.cli.settings import Settings
    from assay.publish.letter import Letter
    from assay.sending.mailing import Ids, MailReport
    from assay.sending.smtp import MailServer


@app.command()
def mail(
    context: typer.Context,
    day: Annotated[
        str, typer.Argument(metavar="[DAY]", help="2025-02-26, today, yesterday; a week 2025-W09, a month 2025-02.")
    ] = "today",
    to: Annotated[
        list[str] | None, typer.Option("--to", help="Address to send to; may be given again. Default: mail_to.")
    ] = None,
    lang: Annotated[
        list[str] | None, typer.Option("--lang", "-l", help="Language to write in; may be given again.")
    ] = None,
    whose: Whose = None,
    again: Annotated[bool, typer.Option("--again", help="Send also what was sent, or may have been.")] = False,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write the mail to a file instead.")] = None,
    _reader: Reader = None,
    as_json: Json = False,
) -> None:
    """Send the papers of a day, a week or a month as a mail, as text and HTML, to each address once.

    The mail server and its login are settings (smtp_host, smtp_user and so on) or variables (ASSAY_SMTP_PASSWORD).
    The same command does not send a day twice, however it ended. Only if it was stopped while the server had the whole
    mail and had not answered, it cannot tell: it says so, and leaves it to you to send it again. Exit code 1 says that
    an address did not get the mail, or may not have.
    """
    import json

    from assay.cli.settings import settings_file
    from assay.publish.mail import parse_address

    here = session(context)
    recipients = [parse_address(address) for address in to or here.settings.mail_to]
    if not recipients:
        raise ValueError(f"to whom? give --to ADDRESS, or set mail_to in {settings_file(here.home)}")
    if out is not None and len(recipients) != 1:
        raise ValueError("--out writes the mail to one address; give --to once")
    if here.settings.mail_from:
        parse_address(here.settings.mail_from)
    elif out is None:
        raise ValueError(
            f"from whom? set mail_from in {settings_file(here.home)}, or ASSAY_MAIL_FROM, to your own address"
        )
    server = None if out is not None else server_of(here.settings)
    issue = read_issue(here, day, lang, whose)
    if issue.letter is None:
        here.say(f"{issue.empty}, so there is nothing to mail")
        if as_json:
            here.json("[]")
        raise typer.Exit(issue.code)
    if out is not None:
        message = _written(here, issue.letter, str(recipients[0]))
        here.write(out, message.as_bytes(), f"{issue.key} to {recipients[0]}, not sent", as_json=as_json)
        if as_json:
            here.json("[]")
        return
    assert server is not None  # noqa: S101 - there is one unless there is a file
    # To whom it was sent is remembered without regard to case, as mailboxes have it.
    names = {address.addr_spec.lower(): str(address) for address in recipients}
    reports = _send(here, server, issue, issue.letter, names, again=again)
    if as_json:
        here.json(json.dumps([report.model_dump(mode="json") for report in reports], ensure_ascii=False))
    else:
        for report in reports:
            why = f": {report.message}" if report.message else ""
            here.out.print(
                f"{issue.key} to {report.recipient}: {report.outcome.value}{why}", markup=False, soft_wrap=True
            )
    if any(is_trouble(report.outcome) for report in reports):
        raise typer.Exit(1)


def server_of(settings: "Settings") -> "MailServer":
    """The mail server of the settings.

    Raises:
        ValueError: if none is set.
    """
    from assay.sending.smtp import MailServer

    if not settings.smtp_host:
        raise ValueError("which mail server? set smtp_host (or ASSAY_SMTP_HOST); --out FILE writes the mail instead")
    return MailServer(
        host=settings.smtp_host,
        tls=settings.smtp_tls,
        port=settings.smtp_port,
        user=settings.smtp_user,
        password=settings.smtp_password,
        certificates=settings.smtp_certificates,
        timeout=settings.timeout,
        patience_at_end=settings.smtp_timeout,
    )


def _send(
    here: Session, server: "MailServer", issue: Issue, letter: "Letter", names: dict[str, str], *, again: bool
) -> "list[MailReport]":
    """Send the mail to each address, by its name."""
    from assay.publish.mail import parse_address
    from assay.sending.mailing import Mailing, send_mails

    mailing = Mailing(
        issue=issue.key,
        languages=issue.languages,
        write=lambda address, ids: _mail(here.settings, letter, names[address], ids),
        domain=parse_address(here.settings.mail_from).domain,
        again=again,
    )
    with here.shelf() as shelf:
        return send_mails(shelf, server, mailing, list(names), patience_of(here))


def _mail(settings: "Settings", letter: "Letter", recipient: str, ids: "Ids") -> "EmailMessage":
    from assay.publish.mail import Envelope, write_mail

    envelope = Envelope(
        sender=settings.mail_from or recipient,
        recipient=recipient,
        message_id=ids.message_id,
        sent_at=settings.now(),
        follows=ids.follows,
        unsubscribe=settings.mail_unsubscribe,
    )
    return write_mail(letter, envelope)


def _written(here: Session, letter: "Letter", recipient: str) -> "EmailMessage":
    """The mail as a file has it, from the reader to herself where nobody is set: nothing is sent or remembered."""
    from assay.publish.mail import parse_address
    from assay.reader.deliveries import new_message_id
    from assay.sending.mailing import Ids

    domain = parse_address(here.settings.mail_from or recipient).domain
    return _mail(here.settings, letter, recipient, Ids(f"{new_message_id()}@{domain}"))
