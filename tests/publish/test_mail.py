"""A day as a mail: what arrives at a reader is what the day says, whatever stands in its titles."""

import re
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from typing import Any

import html5lib
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.papers.models import Day, DayState, Parts
from assay.papers.text import normalise
from assay.publish.labels import label
from assay.publish.letter import day_letter
from assay.publish.mail import Envelope, check_unsubscribe, parse_address, write_mail
from tests.publish.sample import HOSTILE_TITLES, day_paper, sample_day

ENVELOPE = Envelope(
    sender="Assay Ünlü <me@example.org>",
    recipient="Bo 보 <bo@bücher.example>",
    message_id="0123@example.org",
    sent_at=datetime(2099, 12, 3, 8, tzinfo=UTC),
    unsubscribe=("mailto:me@example.org?subject=unsubscribe", "https://example.org/leave?who={address}"),
)
LOADS = re.compile(r"\bsrc|url\(|@import|<link|<script|<img", re.IGNORECASE)


def day_mail(day: Day, languages: tuple[str, ...], envelope: Envelope, **options: Any) -> EmailMessage:
    return write_mail(day_letter(day, languages, **options), envelope)


def arrived(message: EmailMessage) -> EmailMessage:
    """A mail as a reader's program parses it."""
    return message_from_bytes(message.as_bytes(), policy=default)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def day_of(*titles: str, summary: str = "") -> Day:
    parts = {"en": Parts(one_line=summary)} if summary else {}
    papers = tuple(day_paper(number, title, summary=parts) for number, title in enumerate(titles, 1))
    return Day(date=date(2099, 12, 2), state=DayState.CLOSED, papers=papers)


class Seen(HTMLParser):
    """What a reader sees of HTML, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def __str__(self) -> str:
        return " ".join("".join(self.text).split())


@pytest.mark.parametrize("length", [20, 58, 62, 66, 70, 90])
def test_a_subject_of_any_length_begins_on_its_line(length: int) -> None:
    title = ("Attention " * 9)[:length].strip()
    message = day_mail(day_of(title), ("en",), ENVELOPE)
    assert b"Subject: 2099-12-02: Attention" in message.as_bytes()
    assert max(map(len, message.as_bytes().split(b"\r\n\r\n")[0].split(b"\r\n"))) <= 78
    assert arrived(message)["Subject"] == f"2099-12-02: {title}"


def test_the_headers_are_those_of_a_list() -> None:
    message = arrived(day_mail(sample_day(), ("en", "ko"), ENVELOPE))
    assert message["From"].addresses[0].display_name == "Assay Ünlü"
    [recipient] = message["To"].addresses
    assert (recipient.display_name, recipient.addr_spec) == ("Bo 보", "bo@xn--bcher-kva.example")
    assert message["Subject"] == "2099-12-02: ToyAttn skips blocks that a preview shows to be empty. and 12 more"
    assert message["Message-ID"] == "<0123@example.org>"
    assert message["Date"].datetime == ENVELOPE.sent_at
    assert message["List-Id"] == "Assay <papers.assay.example.org>"
    assert message["List-Unsubscribe"] == (
        "<mailto:me@example.org?subject=unsubscribe>, <https://example.org/leave?who=bo%40xn--bcher-kva.example>"
    )
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["References"] is None
    assert not [defect for name in message for defect in message[name].defects]
    assert day_mail(sample_day(), ("en",), ENVELOPE).as_bytes().isascii()


def test_one_click_needs_an_https_address() -> None:
    fields = vars(ENVELOPE)
    by_mail = day_mail(sample_day(), ("en",), Envelope(**fields | {"unsubscribe": ENVELOPE.unsubscribe[:1]}))
    assert "List-Unsubscribe-Post" not in by_mail
    assert by_mail["List-Unsubscribe"] == "<mailto:me@example.org?subject=unsubscribe>"
    without = day_mail(sample_day(), ("en",), Envelope(**fields | {"unsubscribe": ()}))
    assert "List-Unsubscribe" not in without
    assert label("mail.unsubscribe", "en") not in part(arrived(without), "plain")


def test_a_second_mail_about_a_day_belongs_to_the_first() -> None:
    second = Envelope(**vars(ENVELOPE) | {"message_id": "45@example.org", "follows": "0123@example.org"})
    message = arrived(day_mail(sample_day(), ("en",), second))
    assert (message["In-Reply-To"], message["References"]) == ("<0123@example.org>", "<0123@example.org>")


@pytest.mark.parametrize("languages", [("en", "ko"), ("ko",)])
def test_both_forms_say_the_same(languages: tuple[str, ...]) -> None:
    day = sample_day()
    message = arrived(day_mail(day, languages, ENVELOPE, why={"9912.00001": "like 3 you starred: <KV> cache"}))
    assert message.get_content_type() == "multipart/alternative"
    assert [each.get_content_type() for each in message.iter_parts()] == ["text/plain", "text/html"]
    text, html = part(message, "plain"), part(message, "html")
    html5lib.HTMLParser(strict=True).parse(html)
    assert f'<html lang="{languages[0]}">' in html
    seen = Seen(html)
    assert not seen.tags & {"script", "img", "link", "iframe", "form", "svg"}
    assert not LOADS.search(html), "nothing is loaded from elsewhere"
    assert {each.partition(":")[0] for each in seen.links} == {"https", "mailto"}
    assert "javascript" not in html
    wanted = {
        "en": ["ToyAttn skips blocks", "It is 2.5x faster on 8K (?) tokens.", "withdrawn on 2099-12-07", "added since"],
        "ko": ["ToyAttn은 미리 보기로", "8K 토큰에서 2.5배 (≠) 빠르다."],
    }
    for words in [word for language in languages for word in wanted[language]]:
        assert words in text, words
        assert words in str(seen), words
    assert label("mail.why", languages[0], why="like 3 you starred: <KV> cache") in text
    assert label("mail.why", languages[0], why="like 3 you starred: <KV> cache") in str(seen)
    for address in ("https://arxiv.org/abs/9912.00001", "https://example.org/toy_(attention)?a=1&b=<2>"):
        assert address in text
        assert address in seen.links
    assert "2.5–5x attention speed" in text


def test_a_summary_that_is_missing_is_said_once_at_most() -> None:
    text = part(arrived(day_mail(sample_day(), ("en", "ko"), ENVELOPE)), "plain")
    assert label("no_summary", "ko") not in text.partition("3. Nobody")[0]
    assert text.count(label("no_summary", "en")) == 1
    korean = part(arrived(day_mail(sample_day(), ("ko",), ENVELOPE)), "plain")
    assert f"{label('no_summary', 'ko')}\nRunning text | with <b>tags</b>." in korean


@pytest.mark.parametrize("title", HOSTILE_TITLES)
def test_a_hostile_title_is_only_text(title: str) -> None:
    check(title)


@settings(max_examples=150)
@given(st.text(min_size=1, max_size=300).filter(normalise))
def test_any_title_is_only_text(title: str) -> None:
    check(title)


def check(title: str) -> None:
    message = day_mail(day_of(title), ("en",), ENVELOPE)
    back = arrived(message)
    assert back.keys() == message.keys(), "no header was added"
    assert len(back["Subject"]) <= 110
    html = part(back, "html")
    html5lib.HTMLParser(strict=True).parse(html)
    headings = re.findall(r"<h2[^>]*>1\. <a [^>]*>(.*?)</a></h2>", html)
    assert len(headings) == 1
    assert str(Seen(headings[0])) in part(back, "plain")
    assert not Seen(headings[0]).tags


ATTACKS = ["a\r\nBcc: x@example.org", "a\nSubject: b", "a\x00b", "=?utf-8?q?=0D=0ABcc:?= x"]


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_header_can_be_smuggled_in(attack: str) -> None:
    message = arrived(day_mail(day_of(attack, summary=attack), ("en",), ENVELOPE))
    assert "Bcc" not in message
    assert message.get_all("Subject") == [message["Subject"]]
    for field in ("recipient", "sender"):
        envelope = Envelope(**vars(ENVELOPE) | {field: f"{attack} <bo@example.org>"})
        try:
            message = arrived(day_mail(day_of("Toy"), ("en",), envelope))
        except ValueError as error:
            assert "not a mail address" in str(error)  # noqa: PT017 - one of the two must hold
        else:
            assert "Bcc" not in message
    unsubscribe = (f"https://example.org/{attack}\r\nBcc: x@example.org",)
    with pytest.raises(ValueError, match="not an address to unsubscribe at"):
        day_mail(day_of("Toy"), ("en",), Envelope(**vars(ENVELOPE) | {"unsubscribe": unsubscribe}))


GOOD = {
    "me@example.org": "me@example.org",
    " Bo <bo@Example.org> ": "Bo <bo@example.org>",
    '"Sample, Bo" <bo+toys@example.org>': '"Sample, Bo" <bo+toys@example.org>',
    "보 <bo@한국.example>": "보 <bo@xn--3e0b707e.example>",
    "me@localhost": "me@localhost",
    "me@[127.0.0.1]": "me@[127.0.0.1]",
}
BAD = """a | a@ | @b | a@b@c | a b@c | x <a@b>, y <c@d> | group: a@b; | ü@b | "a b"@c | a@-b | a@b..c | a@b c | <a@b |
 a@b;c@d | a@exa_mple! | a@b> | (a)@b(c | a@"""


@pytest.mark.parametrize(("written", "read"), GOOD.items())
def test_an_address_as_people_write_it(written: str, read: str) -> None:
    assert str(parse_address(written)) == read


@pytest.mark.parametrize("written", ["", *(each.strip() for each in BAD.split("|"))])
def test_what_is_no_address(written: str) -> None:
    with pytest.raises(ValueError, match="not a mail address"):
        parse_address(written)


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_not(text: str) -> None:
    try:
        address = parse_address(text)
    except ValueError:
        return
    assert address.addr_spec.isascii()
    assert "\n" not in str(address)


@pytest.mark.parametrize(
    "address", ["http://example.org", "mailto:", "ftp://x", "https:", "https://", "https://a b", "x>"]
)
def test_where_nobody_can_unsubscribe(address: str) -> None:
    with pytest.raises(ValueError, match="unsubscribe"):
        check_unsubscribe(address)


def long_day(papers: int, words: int) -> Day:
    return day_of(*(f"Toy {number}" for number in range(papers)), summary="장난감 논문의 긴 요약입니다. " * words)


@pytest.mark.parametrize(
    ("papers", "words", "has_titles", "leaves_out"),
    [(40, 10, False, False), (200, 30, True, False), (3_000, 2, True, True)],
)
def test_a_mail_that_would_be_cut_off_is_shortened(papers: int, words: int, has_titles: bool, leaves_out: bool) -> None:
    day = long_day(papers, words)
    message = arrived(day_mail(day, ("en",), ENVELOPE, site="https://example.org/papers/"))
    html = message.get_body(("html",))
    assert html is not None
    assert len(html.as_bytes()) < 100_000
    text = part(message, "plain")
    told = re.findall(r"^(\d+)\. Toy", text, re.MULTILINE)
    assert told == [str(number) for number in range(1, len(told) + 1)]
    assert (label("mail.titles", "en") in text) == has_titles
    left = len(day.papers) - len(told)
    assert bool(left) == leaves_out
    assert (label("mail.left_out", "en", n=left) in text) == leaves_out
    assert f"{label('mail.all', 'en')}: https://example.org/papers/day/2099-12-02/" in text
    seen = Seen(str(html.get_content()))
    assert len([link for link in seen.links if "arxiv.org" in link]) == len(told)
    assert "https://example.org/papers/day/2099-12-02/" in seen.links
    if leaves_out:
        assert len(html.as_bytes()) > 95_000, "no more is left out than must be"


def test_a_day_without_papers_is_no_mail() -> None:
    with pytest.raises(ValueError, match="no papers"):
        day_mail(sample_day().model_copy(update={"papers": ()}), ("en",), ENVELOPE)
