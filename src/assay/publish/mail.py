"""Writes a letter as one mail: plain text and HTML, as mail programs show it.

One mail tells each paper in every language that was asked for, as all other outputs do: who reads two languages reads
them side by side, and the list once. Who wants a mail for each language sends two.

The HTML is tables with inline styles, dark where the reader's program is, without script or picture, so that opening
it tells nobody. It is kept under 100 kB as it travels, since Gmail cuts off what is longer: papers that do not fit are
told by their title, and those that do not fit even so are counted; a line says which.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.errors import MessageError
from email.headerregistry import Address, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from assay.papers.text import normalise
from assay.publish.labels import label
from assay.publish.letter import Letter

_MOST_BYTES = 100_000
"""The longest HTML, as it is encoded for the way; Gmail shows 102 kB."""
_LONGEST_SUBJECT = 110


class _Subject(UniqueUnstructuredHeader):
    """A subject that begins on the line of its name: one that fills a line would else stand below, behind a space."""

    @classmethod
    def parse(cls, value: str, kwds: dict[str, Any]) -> None:
        super().parse(value, kwds)
        kwds["parse_tree"].syntactic_break = False


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("subject", _Subject)  # type: ignore[arg-type]  # typeshed knows of no header's own class
_POLICY = SMTP.clone(cte_type="7bit", header_factory=_HEADERS)  # every server takes it


@dataclass(frozen=True)
class Envelope:
    """From whom a mail comes, to whom it goes, and how it is told from other mails."""

    sender: str
    """``me@example.org`` or ``Assay <me@example.org>``."""
    recipient: str
    message_id: str
    """Without angle brackets."""
    sent_at: datetime
    follows: str = ""
    """The message id of the first mail about the same day, which this one comes after."""
    unsubscribe: tuple[str, ...] = ()
    """Where a reader takes herself off the list: ``mailto:`` and ``https:`` addresses, in which ``{address}`` stands
    for hers."""


def write_mail(letter: Letter, envelope: Envelope) -> EmailMessage:
    """The letter as one mail to one reader.

    Raises:
        ValueError: if an address cannot be one.
    """
    message = _addressed(envelope)
    message["Subject"] = _literal(letter.subject(_LONGEST_SUBJECT))
    unsubscribe = [_fill(address, envelope) for address in envelope.unsubscribe]
    fitting = _fit(letter, unsubscribe)
    message.set_content(_text(fitting, unsubscribe))
    message.add_alternative(_html(fitting, unsubscribe), subtype="html")
    return message


def parse_address(text: str) -> Address:
    """A mail address as people write it: ``me@example.org``, or with a name, ``Ada Example <me@example.org>``.

    Raises:
        ValueError: if it is not one address, or needs what most servers do not take.
    """
    shown = normalise(text) or text
    try:
        header = SMTP.header_factory("To", text)
        is_one = text.isprintable() and not header.defects and len(header.addresses) == 1
        is_one = is_one and not any(group.display_name for group in header.groups)
    except (IndexError, MessageError, ValueError):  # the ways in which the parser refuses some of what is no address
        is_one = False
    if not is_one:
        raise ValueError(f"not a mail address: {shown!r} (write me@example.org)")
    [address] = header.addresses
    if not re.fullmatch(r"[\w.!#$%&'*+/=?^`{|}~-]+", address.username, re.ASCII):
        raise ValueError(f"not a mail address that every server takes: {shown!r} (before the @ only ASCII, unquoted)")
    try:
        domain = address.domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        domain = ""
    if not re.fullmatch(r"(?!-)[a-z0-9-]+(\.[a-z0-9-]+)*|\[[0-9a-f.:]+\]", domain):
        raise ValueError(f"not a mail address: {shown!r} (what stands behind the @ is no host)")
    return Address(_literal(address.display_name), address.username, domain)


def _literal(text: str) -> str:
    """A text for a header, of which nothing is taken for a code word.

    Python's own library reads ``=?utf-8?q?=0D=0ABcc:?=`` in a text and writes out the header that is hidden in it.
    """
    return normalise(text).replace("=?", "=\u2060?")


def check_unsubscribe(address: str) -> str:
    """An address to unsubscribe at, as it may stand in a mail.

    Raises:
        ValueError: if it is neither ``mailto:`` nor ``https:``, or has what a header cannot hold.
    """
    scheme, rest = address.partition(":")[::2]
    is_whole = rest.startswith("//") and urlsplit(address).netloc if scheme == "https" else "@" in rest
    if scheme not in {"https", "mailto"} or not is_whole or not re.fullmatch(r"[!-;=?-~]+", address):
        raise ValueError(
            f"not an address to unsubscribe at: {address!r} (write mailto:me@example.org?subject=unsubscribe or https://...)"
        )
    return address


def _addressed(envelope: Envelope) -> EmailMessage:
    """A mail with every header but its subject."""
    sender, recipient = parse_address(envelope.sender), parse_address(envelope.recipient)
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = recipient
    message["Date"] = format_datetime(envelope.sent_at)
    message["Message-ID"] = f"<{envelope.message_id}>"
    if envelope.follows:
        message["In-Reply-To"] = f"<{envelope.follows}>"
        message["References"] = f"<{envelope.follows}>"
    message["List-Id"] = f"Assay <papers.assay.{sender.domain.strip('[]').replace(':', '-')}>"
    addresses = [_fill(address, envelope) for address in envelope.unsubscribe]
    if addresses:
        message["List-Unsubscribe"] = ", ".join(f"<{address}>" for address in addresses)
    if any(address.startswith("https:") for address in addresses):
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    return message


def _fill(address: str, envelope: Envelope) -> str:
    """An address to unsubscribe at, with the reader's own in it."""
    return check_unsubscribe(address.replace("{address}", quote(parse_address(envelope.recipient).addr_spec, safe="")))


def _fit(letter: Letter, unsubscribe: Sequence[str]) -> Letter:
    """The letter, with as many papers in full as fit, then as many titles."""
    papers = letter.papers

    def shortened(full: int, titles: int) -> Letter:
        return replace(
            letter, papers=papers[:full], titles=papers[full : full + titles], left_out=len(papers) - full - titles
        )

    def fits(candidate: Letter) -> bool:
        part = EmailMessage(policy=_POLICY)
        part.set_content(_html(candidate, unsubscribe), subtype="html")
        return len(part.as_bytes()) <= _MOST_BYTES

    count = len(papers)
    if fits(letter):
        return letter
    full = _most(count, lambda number: fits(shortened(number, count - number)))
    if full is not None:
        return shortened(full, count - full)
    return shortened(0, _most(count, lambda number: fits(shortened(0, number))) or 0)


def _most(count: int, holds: Callable[[int], bool]) -> int | None:
    """The largest number up to ``count`` for which it holds, where it holds for all below; ``None`` if for none."""
    low, high = -1, count
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low if low >= 0 else None


def _text(letter: Letter, unsubscribe: Sequence[str]) -> str:
    """The letter as plain text. Paragraphs are lines, which mail programs wrap as wide as they are."""
    language = letter.language
    blocks = [letter.heading, " · ".join(letter.status)]
    for paper in letter.papers:
        lines = [f"{paper.place}. {paper.title}", *filter(None, [paper.notice, " · ".join(paper.particulars)])]
        if paper.why:
            lines.append(label("mail.why", language, why=paper.why))
        for told in paper.told:
            lines += [*told.lines, *([f"({told.origin})"] if told.origin else [])]
        lines += [f"▸ {figure} {what}" for figure, what in paper.figures]
        lines += [paper.address, *(f"{name}: {address}" for name, address in paper.links.items())]
        blocks.append("\n".join(lines))
    if letter.titles:
        titles = "\n".join(f"{paper.place}. {paper.title}\n{paper.address}" for paper in letter.titles)
        blocks += [label("mail.titles", language), titles]
    if letter.left_out:
        blocks.append(label("mail.left_out", language, n=letter.left_out))
    for section in letter.sections:
        lines = [f"- {' '.join(filter(None, line))}" for line in section.lines]
        blocks.append("\n".join([section.heading, *filter(None, [section.note]), *lines]))
    if letter.more:
        blocks.append(f"{label('mail.all', language)}: {letter.more}")
    leave = [f"{label('mail.unsubscribe', language)}: {address}" for address in unsubscribe]
    blocks.append("\n".join(["-- ", label("site.read_by", language), *leave]))
    return "\n\n".join(blocks) + "\n"


def _html(letter: Letter, unsubscribe: Sequence[str]) -> str:
    template = _environment().get_template("mail.html")
    return template.render(letter=letter, lang=letter.language, unsubscribe=unsubscribe, t=_in(letter.language))


def _in(language: str) -> Callable[..., str]:
    return lambda name, **values: label(name, language, **values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("assay.publish"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
