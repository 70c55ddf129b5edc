"""What comes of a mail, with a real server that goes wrong at every stage."""

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
from pydantic import SecretStr

from assay.sending.smtp import MailConnection, MailError, MailServer, Tls
from assay.sending.trying import UnsureError
from tests.sending.mail_server import Certificate, Drop, Fault, Hang, Late, MailBoxes, Say, make_certificate


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def boxes() -> Iterator[MailBoxes]:
    with MailBoxes() as server:
        yield server


def letter(body: str = "Toy papers.\n", to: str = "bo@example.org") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Assay <me@example.org>", f"Bo <{to}>", "Toys"
    message.set_content(body)
    return message


def server_of(boxes: MailBoxes, **options: object) -> MailServer:
    fields = {"host": "127.0.0.1", "port": boxes.port, "tls": boxes.tls, "timeout": 5.0, "patience_at_end": 5.0}
    return MailServer(**(fields | options))  # type: ignore[arg-type]


def send(server: MailServer, *messages: EmailMessage) -> int:
    """Send mails over one connection. Returns how often one was about to leave."""
    leaving: list[bool] = []
    with MailConnection(server) as connection:
        for message in messages or (letter(),):
            connection.send(message, lambda: leaving.append(True))
    return len(leaving)


def test_mails_arrive_as_they_were_written_over_one_connection(boxes: MailBoxes) -> None:
    body = ".hidden dot\n..\n.\nlast line: 한국어\n"
    assert send(server_of(boxes), letter(body), letter("two", to="ada@example.org")) == 2
    assert [each.recipient for each in boxes.letters] == ["bo@example.org", "ada@example.org"]
    assert boxes.letters[0].sender == "me@example.org"
    assert boxes.letters[0].message.get_content().replace("\r\n", "\n") == body
    assert boxes.stages.count("EHLO") == 1


FAULTS = [
    *((stage, fault) for stage in ("CONNECT", "EHLO", "MAIL", "RCPT", "DATA") for fault in (Drop(), Hang())),
    *((stage, Say(words)) for stage in ("CONNECT", "MAIL", "RCPT", "DATA") for words in ("451 later", "554 never")),
]


@pytest.mark.parametrize(("stage", "fault"), FAULTS, ids=str)
def test_before_the_whole_mail_is_sent_nothing_has_arrived(boxes: MailBoxes, stage: str, fault: Fault) -> None:
    boxes.then(stage, fault)
    began: list[bool] = []
    with MailConnection(server_of(boxes, timeout=0.3)) as connection:
        with pytest.raises(MailError) as caught:
            connection.send(letter(), lambda: began.append(True))
        assert caught.value.is_passing == (fault != Say("554 never"))
        assert not began, "it had not begun to leave"
        connection.send(letter(), lambda: began.append(True))
    assert len(boxes.letters) == 1, "the next one goes through, whatever became of the connection"


@pytest.mark.parametrize("fault", [Drop(), Drop(keeps=True), Hang(), Hang(keeps=True), Say("what?")], ids=repr)
def test_an_answer_that_never_comes_leaves_it_open(boxes: MailBoxes, fault: Fault) -> None:
    boxes.then("END", fault)
    with pytest.raises(UnsureError, match="had the whole mail and gave no answer"):
        send(server_of(boxes, patience_at_end=0.3))
    assert len(boxes.letters) == int(getattr(fault, "keeps", False)), "it may have arrived or not, and nobody can tell"


@pytest.mark.parametrize(("words", "is_passing"), [("452 4.2.2 mailbox full", True), ("550 5.7.1 spam", False)])
def test_what_the_server_answers_is_certain(boxes: MailBoxes, words: str, is_passing: bool) -> None:
    boxes.then("END", Say(words))
    with pytest.raises(MailError, match=words) as caught:
        send(server_of(boxes))
    assert (caught.value.is_passing, caught.value.is_of_recipient) == (is_passing, True)
    assert not boxes.letters


def test_a_slow_answer_is_waited_for(boxes: MailBoxes) -> None:
    boxes.then("END", Late(1.0))
    send(server_of(boxes, timeout=0.5, patience_at_end=30))
    assert len(boxes.letters) == 1


def test_a_refused_recipient_keeps_nobody_else_from_the_mail(boxes: MailBoxes) -> None:
    boxes.refused = frozenset({"bo@example.org"})
    with MailConnection(server_of(boxes)) as connection:
        with pytest.raises(MailError, match=r"refused the recipient: 550 5\.1\.1 no such user here") as caught:
            connection.send(letter(), lambda: None)
        assert caught.value.is_of_recipient
        connection.send(letter(to="ada@example.org"), lambda: None)
    assert [each.recipient for each in boxes.letters] == ["ada@example.org"]
    assert boxes.stages.count("EHLO") == 1


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_login_over_an_encrypted_connection(certificate: Certificate, tls: Tls) -> None:
    with MailBoxes(tls=tls, certificate=certificate, login=("me", "toy secret")) as boxes:
        own = {"host": "localhost", "user": "me", "certificates": certificate.file}
        send(server_of(boxes, password=SecretStr("toy secret"), **own))
        [arrived] = boxes.letters
        assert (arrived.encrypted, arrived.user) == (True, "me")

        with pytest.raises(MailError, match=r"refused the login: 535 5\.7\.8") as refused:
            send(server_of(boxes, password=SecretStr("toy mistake"), **own))
        assert not refused.value.is_passing
        assert "toy mistake" not in str(refused.value)

        boxes.then("AUTH", *[Say("454 4.7.0 later")] * 2)  # for each way to log in
        with pytest.raises(MailError, match="refused the login: 454") as later:
            send(server_of(boxes, password=SecretStr("toy secret"), **own))
        assert later.value.is_passing

        with pytest.raises(MailError, match="certificate is not trusted") as untrusted:
            send(server_of(boxes, host="localhost"))
        assert not untrusted.value.is_passing
        assert len(boxes.letters) == 1


def test_a_certificate_of_another_name_is_not_trusted(certificate: Certificate) -> None:
    own = MailBoxes(tls="tls", certificate=certificate)
    with own as boxes, pytest.raises(MailError, match=r"not trusted .*127\.0\.0\.1"):
        send(server_of(boxes, certificates=certificate.file))


def test_encryption_that_was_asked_for_is_not_done_without(boxes: MailBoxes) -> None:
    with pytest.raises(MailError, match="STARTTLS") as caught:
        send(server_of(boxes, tls="starttls"))
    assert not caught.value.is_passing
    assert not boxes.letters


def test_a_password_does_not_go_where_others_can_read_it(boxes: MailBoxes) -> None:
    server = server_of(boxes, host="127.0.0.1.example.org", user="me", password=SecretStr("toy"))
    with MailConnection(server) as connection, pytest.raises(MailError, match="others can read"):
        connection._log_in(None)  # type: ignore[arg-type]
    with pytest.raises(MailError, match="ASCII"):
        send(server_of(boxes, user="me", password=SecretStr("tøy")))
    assert "AUTH" not in boxes.stages


def test_a_server_that_is_not_there() -> None:
    with MailBoxes() as boxes:
        port = boxes.port
    with pytest.raises(MailError, match="refused") as caught:
        send(MailServer("127.0.0.1", tls="none", port=port, timeout=5))
    assert caught.value.is_passing


def test_a_file_without_certificates_is_named(tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_text("nothing")
    with pytest.raises(ValueError, match=r"own\.pem: holds no certificates"):
        MailConnection(MailServer("127.0.0.1", certificates=tmp_path / "own.pem"))
    with pytest.raises(ValueError, match=r"none\.pem"):
        MailConnection(MailServer("127.0.0.1", certificates=tmp_path / "none.pem"))
