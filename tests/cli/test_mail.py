"""`assay mail`, end to end: with a real mail server, in processes that run at once and are killed."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from assay.reader.records import DeliveryState
from assay.reader.shelf import open_shelf
from tests.cli.conftest import Done, Run, environment_of
from tests.cli.fixtures import listing
from tests.sending.mail_server import Drop, Fault, Hang, MailBoxes, Say, make_certificate

DAY = "2099-12-02"
BO = "bo@example.org"
Mail = Callable[..., Done]


@pytest.fixture
def boxes() -> Iterator[MailBoxes]:
    with MailBoxes() as server:
        yield server


def settings_for(boxes: MailBoxes, **others: str) -> dict[str, str]:
    return {
        "ASSAY_SMTP_HOST": "127.0.0.1",
        "ASSAY_SMTP_PORT": str(boxes.port),
        "ASSAY_SMTP_TLS": boxes.tls,
        "ASSAY_SMTP_TIMEOUT": "600",
        "ASSAY_MAIL_FROM": "Assay <me@example.org>",
        "ASSAY_RETRY_WAIT": "0",
        "ASSAY_TIMEOUT": "600",
    } | others


@pytest.fixture
def day(assay: Run, tmp_path: Path) -> None:
    (tmp_path / "day.json").write_text(listing(99901, 99902, 99903))
    assert assay("import", "day.json").code == 0


@pytest.fixture
def mail(assay: Run, day: None, boxes: MailBoxes) -> Mail:
    def run(*arguments: str, **variables: str) -> Done:
        return assay("mail", DAY, *arguments, **(settings_for(boxes) | variables))

    return run


def start(home: Path, tmp_path: Path, boxes: MailBoxes, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "assay", "mail", DAY, "--to", BO, *arguments]
    variables = environment_of(home, tmp_path) | settings_for(boxes)
    return subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def text_of(boxes: MailBoxes) -> str:
    """The plain text of the first mail that arrived."""
    part = boxes.letters[0].message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def states(home: Path) -> list[DeliveryState]:
    with open_shelf(home / "readers.db") as shelf:
        return [each.state for each in shelf.deliveries()]


def test_a_day_arrives_in_both_forms_and_languages(mail: Mail, boxes: MailBoxes) -> None:
    done = mail("--to", f"Bo <{BO}>", "--lang", "en", "--lang", "ko")
    assert (done.code, done.out, done.err) == (0, f"{DAY} to {BO}: sent\n", "")
    [arrived] = boxes.letters
    message = arrived.message
    assert (arrived.sender, arrived.recipient) == ("me@example.org", BO)
    assert message["To"] == f"Bo <{BO}>"
    assert message["Subject"].startswith(f"{DAY}: ")
    for kind in ("plain", "html"):
        part = message.get_body((kind,))
        assert part is not None
        text = part.get_content()
        assert all(f"Toy Paper {number}" in text for number in (99901, 99902, 99903))
    assert "List-Unsubscribe" not in message


def test_it_is_sent_once_however_often_it_is_asked_for(mail: Mail, boxes: MailBoxes) -> None:
    assert mail("--to", BO).code == 0
    second = mail("--to", BO, "--to", "ada@example.org", "--to", BO.upper())
    assert second.code == 0
    assert f"{DAY} to {BO}: sent before: at " in second.out
    assert "; --again sends it again" in second.out
    assert f"{DAY} to ada@example.org: sent\n" in second.out
    assert [each.recipient for each in boxes.letters] == [BO, "ada@example.org"]
    assert mail("--to", BO, "--lang", "ko").out.endswith("sent\n"), "in another language it is another mail"


def test_a_mail_that_is_sent_again_belongs_to_the_first(mail: Mail, boxes: MailBoxes) -> None:
    mail("--to", BO)
    report = json.loads(mail("--to", BO, "--again", "--json").out)
    assert report == [{"recipient": BO, "outcome": "sent", "message": ""}]
    first, second = (each.message for each in boxes.letters)
    assert second["References"] == second["In-Reply-To"] == first["Message-ID"]
    assert second["Message-ID"] != first["Message-ID"]
    assert second["Subject"] == first["Subject"], "or mail programs would not keep them together"


def test_two_at_once_send_one(home: Path, tmp_path: Path, day: None, boxes: MailBoxes) -> None:
    boxes.then("END", Hang(keeps=True))
    first = start(home, tmp_path, boxes)
    assert boxes.reached["END"].wait(60)
    second = start(home, tmp_path, boxes)
    out, err = second.communicate(timeout=60)
    assert (second.returncode, out) == (1, f"{DAY} to {BO}: unsure: another process is sending it at this moment\n"), (
        err
    )
    first.kill()
    first.communicate()
    assert len(boxes.letters) == 1


STAGES = ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"]


@pytest.mark.parametrize("stage", STAGES)
def test_killed_before_it_leaves_it_is_sent_by_the_next(
    home: Path, tmp_path: Path, mail: Mail, boxes: MailBoxes, stage: str
) -> None:
    boxes.then(stage, Hang())
    first = start(home, tmp_path, boxes)
    assert boxes.reached[stage].wait(60)
    first.kill()
    first.communicate()
    assert states(home) == []
    assert mail("--to", BO).out == f"{DAY} to {BO}: sent\n"
    assert len(boxes.letters) == 1


@pytest.mark.parametrize("arrives", [True, False])
def test_killed_while_the_server_has_it_nobody_sends_it_twice(
    home: Path, tmp_path: Path, mail: Mail, boxes: MailBoxes, arrives: bool
) -> None:
    boxes.then("END", Hang(keeps=arrives))
    first = start(home, tmp_path, boxes)
    assert boxes.reached["END"].wait(60)
    first.kill()
    first.communicate()
    assert states(home) == [DeliveryState.LEAVING]
    for _ in range(2):
        done = mail("--to", BO)
        assert done.code == 1
        assert "unsure: sending it broke off at" in done.out
        assert "it may have arrived; --again sends it again" in done.out
    assert len(boxes.letters) == int(arrives)
    assert mail("--to", BO, "--again").out == f"{DAY} to {BO}: sent\n"
    ids = {each.message["Message-ID"] for each in boxes.letters}
    assert len(ids) == 1, "a mailbox sees that it has it"
    assert mail("--to", BO).out.startswith(f"{DAY} to {BO}: sent before")


@pytest.mark.parametrize("keeps", [True, False])
def test_cut_off_while_the_server_has_it_it_is_not_tried_again(mail: Mail, boxes: MailBoxes, keeps: bool) -> None:
    boxes.then("END", Drop(keeps=keeps))
    done = mail("--to", BO, "--to", "ada@example.org")
    assert done.code == 1
    assert "unsure: HOST had the whole mail and gave no answer" in done.out
    assert f"{DAY} to ada@example.org: sent\n" in done.out
    assert [each.recipient for each in boxes.letters] == [*([BO] if keeps else []), "ada@example.org"]


PASSING = [
    ("CONNECT", Drop()),
    ("EHLO", Drop()),
    ("MAIL", Say("451 4.3.0 later")),
    ("RCPT", Say("450 4.2.1 greylisted")),
    ("DATA", Drop()),
    ("END", Say("452 4.3.1 full")),
]


@pytest.mark.parametrize(("stage", "fault"), PASSING, ids=str)
def test_what_passes_is_waited_for(mail: Mail, boxes: MailBoxes, stage: str, fault: Fault) -> None:
    boxes.then(stage, fault, fault)
    done = mail("--to", BO, "--to", "ada@example.org", ASSAY_PATIENCE="600")
    assert (done.code, done.out) == (0, f"{DAY} to {BO}: sent\n{DAY} to ada@example.org: sent\n"), done.err
    assert "; asking again" in done.err
    assert sorted(each.recipient for each in boxes.letters) == ["ada@example.org", BO]


def test_a_server_that_stays_away_costs_the_patience_once(mail: Mail, home: Path) -> None:
    with MailBoxes() as gone:
        port = gone.port
    done = mail("--to", BO, "--to", "ada@example.org", ASSAY_SMTP_PORT=str(port), ASSAY_PATIENCE="0")
    assert done.code == 1
    assert done.out.count("failed: HOST broke off while it was asked to take a mail: Connection refused") == 2
    assert states(home) == []


def test_who_is_refused_is_named_and_the_others_get_it(mail: Mail, boxes: MailBoxes) -> None:
    boxes.refused = frozenset({"ada@example.org"})
    done = mail("--to", "ada@example.org", "--to", BO)
    assert done.code == 1
    assert "to ada@example.org: refused: HOST refused the recipient: 550 5.1.1 no such user here\n" in done.out
    assert f"{DAY} to {BO}: sent\n" in done.out
    assert boxes.stages.count("RCPT") == 2, "what will never go well is not tried again"


def test_the_password_is_a_setting_and_never_shown(assay: Run, day: None, home: Path, tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path)
    with MailBoxes(tls="starttls", certificate=certificate, login=("me", "toy secret")) as boxes:
        own = {
            "ASSAY_SMTP_HOST": "localhost",
            "ASSAY_SMTP_CERTIFICATES": str(certificate.file),
            "ASSAY_SMTP_USER": "me",
        }
        settings = settings_for(boxes, **own)
        wrong = assay("mail", DAY, "--to", BO, **settings, ASSAY_SMTP_PASSWORD="toy mistake")
        assert wrong.code == 1
        assert "refused: localhost:" in wrong.out
        assert "refused the login: 535" in wrong.out
        assert boxes.stages.count("MAIL") == 0
        (home / "config.toml").write_text('smtp_password = "toy secret"\n')
        right = assay("mail", DAY, "--to", BO, **settings)
        assert right.code == 0, right
        assert boxes.letters[0].encrypted
        assert "toy" not in wrong.out + wrong.err + right.out + right.err
    assert "password" not in " ".join(assay("mail", "--help").out.split()).replace("ASSAY_SMTP_PASSWORD", "")


def test_a_file_is_written_and_nothing_is_sent(mail: Mail, boxes: MailBoxes, home: Path, tmp_path: Path) -> None:
    done = mail("--to", BO, "--out", "day.eml", ASSAY_SMTP_HOST="", ASSAY_MAIL_UNSUBSCRIBE="https://example.org/u")
    assert (done.code, done.out, done.err) == (0, f"day.eml: {DAY} to {BO}, not sent\n", "")
    message = message_from_bytes((tmp_path / "day.eml").read_bytes(), policy=default)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["To"] == BO
    assert not boxes.stages
    assert not (home / "readers.db").exists()


def test_a_file_needs_no_settings(mail: Mail, boxes: MailBoxes, tmp_path: Path) -> None:
    done = mail("--to", BO, "--out", "day.eml", "--json", ASSAY_MAIL_FROM="", ASSAY_SMTP_HOST="")
    assert (done.code, done.out, done.err) == (0, "[]\n", f"day.eml: {DAY} to {BO}, not sent\n")
    message = message_from_bytes((tmp_path / "day.eml").read_bytes(), policy=default)
    assert message["From"] == message["To"] == BO
    assert not boxes.stages


def test_a_day_without_papers_is_not_mailed(assay: Run, boxes: MailBoxes, mail: Mail) -> None:
    weekend = assay("mail", "2099-12-05", "--to", BO, **settings_for(boxes))
    why = "weekend: nothing is listed on a Saturday"
    assert weekend.err == f"2099-12-05 has no papers ({why}), so there is nothing to mail\n"
    assert weekend.code == 0
    uncollected = assay("mail", "2099-12-04", "--to", BO, "--json", **settings_for(boxes))
    assert (uncollected.code, uncollected.out) == (1, "[]\n")
    assert "2099-12-04 has no papers (uncollected" in uncollected.err
    assert not boxes.stages


def test_a_week_is_mailed_too(assay: Run, boxes: MailBoxes, day: None) -> None:
    for _ in range(2):
        assert assay("mail", "2099-W49", "--to", BO, **settings_for(boxes)).code == 0
    [letter] = boxes.letters
    assert letter.message["Subject"].startswith("2099-W49: ")
    text = text_of(boxes)
    assert text.startswith("Week 49 of 2099, 2099-11-30 to 2099-12-06\n")
    assert all(f"Toy Paper {number}" in text for number in (99901, 99902, 99903))
    assert "What was measured of them\nNo claim of these papers was measured." in text
    empty = assay("mail", "2099-W48", "--to", BO, **settings_for(boxes))
    assert (empty.code, empty.err) == (1, "2099-W48 has no papers, so there is nothing to mail\n")


def test_a_day_of_her_own_is_in_her_order_with_reasons(assay: Run, boxes: MailBoxes, mail: Mail) -> None:
    assert assay("hide", "9912.99902").code == 0
    assert assay("follow", "phrase", "Toy99903").code == 0
    assert mail("--to", BO, "--for", "me").code == 0
    told = re.findall(r"^\d\. (.*)$", text_of(boxes), re.MULTILINE)
    assert told == ["Toy Paper 99903", "Toy Paper 99901"]
    assert re.search(r"^For you: .*Toy99903", text_of(boxes), re.MULTILINE)


def test_others_get_the_day_as_it_is(assay: Run, boxes: MailBoxes, mail: Mail) -> None:
    assay("hide", "9912.99902")
    assert mail("--to", BO).code == 0
    assert "Toy Paper 99902" in text_of(boxes)
    assert "For you" not in text_of(boxes)


def test_of_a_reader_of_whom_nothing_is_known_it_is_said(boxes: MailBoxes, mail: Mail) -> None:
    done = mail("--to", BO, "--for", "me")
    assert done.code == 0
    assert "votes" in done.err
    assert "For you" not in text_of(boxes)


def test_the_mail_links_to_her_site(boxes: MailBoxes, mail: Mail) -> None:
    assert mail("--to", BO, ASSAY_SITE_URL="https://example.org/papers/").code == 0
    assert f"https://example.org/papers/day/{DAY}/" in text_of(boxes)


WRONG = [
    ((), {}, "to whom? give --to ADDRESS"),
    (("--to", "bo"), {}, "not a mail address: 'bo'"),
    (("--to", BO), {"ASSAY_MAIL_FROM": ""}, "from whom? set mail_from"),
    (("--to", BO), {"ASSAY_MAIL_FROM": "me"}, "not a mail address: 'me'"),
    (("--to", BO), {"ASSAY_SMTP_HOST": ""}, "which mail server? set smtp_host"),
    (("--to", BO), {"ASSAY_SMTP_TLS": "ssl"}, "ASSAY_SMTP_TLS: smtp_tls: Input should be 'starttls', 'tls' or 'none'"),
    (("--to", BO), {"ASSAY_MAIL_UNSUBSCRIBE": "example.org"}, "not an address to unsubscribe at: 'example.org'"),
    (("--to", BO, "--for", "ada"), {}, "--for ada: write --for me"),
    (("--to", BO, "--to", "ada@example.org", "--out", "day.eml"), {}, "give --to once"),
]


@pytest.mark.parametrize(("arguments", "variables", "words"), WRONG)
def test_a_mistake_is_said_in_one_line(
    mail: Mail, boxes: MailBoxes, arguments: tuple[str, ...], variables: dict[str, str], words: str
) -> None:
    done = mail(*arguments, **variables)
    assert done.code == 2
    assert words in done.err
    assert done.err.count("\n") == 1
    assert not boxes.letters


def test_addresses_can_be_a_setting(mail: Mail, boxes: MailBoxes) -> None:
    assert mail(ASSAY_MAIL_TO=f"{BO}, ada@example.org").code == 0
    assert [each.recipient for each in boxes.letters] == [BO, "ada@example.org"]


def test_each_reader_has_her_own_mails(mail: Mail, boxes: MailBoxes) -> None:
    assert mail("--to", BO).code == 0
    assert mail("--to", BO, "--reader", "ada").out == f"{DAY} to {BO}: sent\n"
    assert len(boxes.letters) == 2
