"""Posts through apprise, to a real server on loopback: what arrives, what does not, and what nobody can know."""

import json
import logging
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from urllib.parse import parse_qs
from xml.etree import ElementTree as ET

import pytest
from pydantic import SecretStr

from assay.publish.chat import Post, write_posts
from assay.publish.letter import day_letter
from assay.reader.records import DeliveryState
from assay.reader.shelf import Shelf, open_shelf
from assay.sending.chat import Chat, PostReport, post_issue
from assay.sending.trying import Outcome, Patience
from assay.sources.politeness import Backoff
from tests.publish.sample import HOSTILE_TITLES, sample_day
from tests.sending.chat_server import DROP, ChatServer

pytest.importorskip("apprise")
pytestmark = pytest.mark.filterwarnings(
    "ignore:'imghdr' is deprecated:DeprecationWarning"
)  # one of its services uses it
TOKEN = "3ccdd113474722377935511fc85d3dd4"
READERS: dict[str, Callable[[bytes], str]] = {
    "json://{}/hook/secret": lambda body: json.loads(body)["message"],
    "xml://{}/hook/secret": lambda body: ET.fromstring(body).find(".//Message").text or "",  # type: ignore[union-attr]
    "form://{}/hook/secret": lambda body: parse_qs(body.decode())["message"][0],
    "ntfy://{}/toys": lambda body: json.loads(body)["message"],
    f"mmost://{{}}/{TOKEN}": lambda body: json.loads(body)["text"],
    "gotify://{}/secret": lambda body: json.loads(body)["message"],
}


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as server:
        yield server


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    with open_shelf(tmp_path / "readers.db") as shelf:
        yield shelf


def chat_at(address: str, timeout: float = 60) -> Chat:
    return Chat("team", SecretStr(address), timeout)


def hook(server: ChatServer) -> Chat:
    return chat_at(f"json://{server.host}/hook/secret")


Write = Callable[[Callable[[str, str], bool], Collection[str]], list[Post]]


def in_posts_of(most: int) -> Write:
    """The sample day, in posts of so many characters."""

    def write(fits: Callable[[str, str], bool], but: Collection[str]) -> list[Post]:
        letter = day_letter(sample_day(), ("en",))
        return write_posts(letter, lambda title, body: fits(title, body) and len(body) < most, but)

    return write


def post(shelf: Shelf, chat: Chat, most: int = 600, *, patience: float = 0, again: bool = False) -> list[PostReport]:
    quiet = Patience(patience, Backoff(0, jitter=0), lambda _: None)
    return post_issue(shelf, chat, "2099-12-02", ("en",), in_posts_of(most), quiet, again=again)


def outcomes(reports: list[PostReport]) -> list[Outcome]:
    return [report.outcome for report in reports]


@pytest.mark.parametrize(("address", "read"), READERS.items(), ids=[each.partition(":")[0] for each in READERS])
def test_what_arrives_is_what_was_written(
    server: ChatServer, shelf: Shelf, address: str, read: Callable[[bytes], str]
) -> None:
    chat = chat_at(address.format(server.host))
    [report] = post(shelf, chat, 100_000) if "mmost" not in address else post(shelf, chat, 3_900)
    assert report.outcome is Outcome.SENT
    [arrived] = server.posts
    text = read(arrived.body).replace("\r\n", "\n")
    [written] = in_posts_of(100_000)(chat.fits, ())
    assert text.endswith(written.body)
    assert "<script>alert(1)</script>" in text, "as plain text"


ADDRESSES = {
    "discord": f"discord://123456789012345678/{'a' * 68}",
    "slack": "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
    "telegram": "tgram://123456789:abcdefghijklmnopqrstuvwxyz/12345",
    "matrix": "matrix://user:pass@localhost/#room",
    "mattermost": f"mmost://localhost/{TOKEN}",
    "ntfy": "ntfy://localhost/toys",
    "pushover": f"pover://{'u' * 30}@{'a' * 30}",
}


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_every_post_is_within_the_limits_of_its_service(address: str) -> None:
    chat = chat_at(address)
    day = sample_day()
    papers = [
        each.model_copy(
            update={"id": f"9912.{number:05}", "title": HOSTILE_TITLES[number % 9] + " toy & <toy>" * (number % 40)}
        )
        for number, each in enumerate((*day.papers,) * 10, 1)
    ]
    letter = day_letter(day.model_copy(update={"papers": tuple(papers)}), ("en", "ko"))
    posts = write_posts(letter, chat.fits)
    assert [paper for each in posts for paper in each.papers] == [paper.id for paper in papers]
    service = chat._service
    for each in posts:
        [call] = service._build_send_calls(body=each.body, title=each.title, body_format=chat._text)
        size = len(call["body"].encode("utf-16-le")) // 2
        assert size + len(call["title"]) * service.overflow_amalgamate_title <= service.body_maxlen
        assert service.title_maxlen <= 0 or len(call["title"]) <= service.title_maxlen


def test_nothing_is_posted_twice(server: ChatServer, shelf: Shelf) -> None:
    assert set(outcomes(post(shelf, hook(server)))) == {Outcome.SENT}
    first = len(server.posts)
    assert first > 3
    assert set(outcomes(post(shelf, hook(server)))) == {Outcome.SENT_BEFORE}
    assert len(server.posts) == first
    assert set(outcomes(post(shelf, hook(server), again=True))) == {Outcome.SENT}
    assert len(server.posts) == 2 * first


@pytest.mark.parametrize(("status", "outcome"), [(404, Outcome.REFUSED), (429, Outcome.FAILED), (503, Outcome.FAILED)])
def test_after_a_post_that_failed_it_goes_on_there(
    server: ChatServer, shelf: Shelf, status: int, outcome: Outcome
) -> None:
    server.answers.extend([200, 200, status])
    reports = post(shelf, hook(server))
    assert outcomes(reports) == [Outcome.SENT, Outcome.SENT, outcome, Outcome.FAILED]
    assert f"(status {status})" in reports[2].message
    assert reports[3].message == "not tried after that"
    again = post(shelf, hook(server), 2_000)
    assert set(outcomes(again)) == {Outcome.SENT_BEFORE, Outcome.SENT}, "in longer posts this time"
    posted = [paper for report in again for paper in report.papers]
    assert posted == [paper.id for paper in sample_day().papers]


def test_a_busy_chat_is_waited_for(server: ChatServer, shelf: Shelf) -> None:
    server.answers.extend([429, 503, 429])
    assert set(outcomes(post(shelf, hook(server), patience=600))) == {Outcome.SENT}
    assert server.tried == len(server.posts) + 3


@pytest.mark.parametrize("answer", [DROP, 500, 504])
def test_what_may_have_arrived_is_not_posted_again(server: ChatServer, shelf: Shelf, answer: int) -> None:
    server.answers.extend([200, answer])
    first = post(shelf, hook(server), patience=600)
    assert outcomes(first) == [Outcome.SENT, Outcome.UNSURE, Outcome.FAILED]
    assert "may have arrived; --again posts all papers again" in first[1].message
    second = post(shelf, hook(server))
    assert outcomes(second)[:3] == [Outcome.SENT_BEFORE, Outcome.UNSURE, Outcome.SENT]
    arrived = "".join(json.loads(each.body)["message"] for each in server.posts)
    assert not any(f"abs/{paper}" in arrived for paper in first[1].papers)
    assert [each.state for each in shelf.deliveries()].count(DeliveryState.LEAVING) == 1


def test_a_chat_that_is_not_there(shelf: Shelf) -> None:
    with ChatServer() as server:
        gone = hook(server)
    reports = post(shelf, gone)
    assert outcomes(reports) == [Outcome.FAILED, Outcome.FAILED]
    assert reports[0].message == "team cannot be reached"
    assert shelf.deliveries() == []


def test_secrets_reach_neither_terminal_nor_log(
    server: ChatServer, shelf: Shelf, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.answers.append(404)
    reports = post(shelf, chat_at(f"json://user:hushush@{server.host}/hook/gulpgulp"))
    errors = []
    for wrong in ("foo://hushush/gulpgulp", "slack://hushush/gulpgulp", "hushush gulpgulp"):
        with pytest.raises(ValueError, match="the address of the chat 'team'") as error:
            chat_at(wrong)
        errors.append(str(error.value))
    shown = "".join([*capfd.readouterr(), caplog.text, *errors, *(report.message for report in reports)])
    assert "gulpgulp" not in shown
    assert "hushush" not in shown
    assert logging.getLogger("apprise").propagate


def test_one_name_is_one_chat() -> None:
    with pytest.raises(ValueError, match="of several at once; give each a name of its own"):
        chat_at("ntfy://localhost/one/two")
