"""`assay watch`, end to end: real commands in real processes, to a real server; nothing waits for an hour to come."""

import json
import os
import re
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from configparser import ConfigParser
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from assay.cli import Session
from assay.cli.settings import Settings
from assay.cli.watch import _command, _steps
from tests.cli.conftest import Run, environment_of
from tests.cli.fixtures import listing
from tests.cli.test_mail import BO, settings_for
from tests.sending.mail_server import Hang, MailBoxes, Say

Start = Callable[[], "subprocess.Popen[str]"]


@pytest.fixture
def boxes() -> Iterator[MailBoxes]:
    with MailBoxes() as server:
        yield server


@pytest.fixture
def noon() -> datetime:
    """A moment of now, in a zone where it is between twelve and one: no test is about midnight."""
    now = datetime.now(UTC)
    return now.astimezone(timezone(timedelta(hours=12 - now.hour)))


@pytest.fixture
def settings(boxes: MailBoxes, noon: datetime, assay: Run, tmp_path: Path) -> dict[str, str]:
    """Yesterday has papers, and is mailed at one in the morning."""
    yesterday = noon.date() - timedelta(days=1)
    (tmp_path / "day.json").write_text(listing(99901, listed_at=f"{yesterday}T07:30:00.000Z"))
    assert assay("import", "day.json").code == 0
    zone = f"Etc/GMT{datetime.now(UTC).hour - noon.hour:+d}"
    own = {"ASSAY_TIMEZONE": zone, "ASSAY_WATCH_AT": "01:00", "ASSAY_MAIL_TO": BO, "ASSAY_WATCH_DO": "mail {day}"}
    return settings_for(boxes, **own, ASSAY_PATIENCE="0")


@pytest.fixture
def start(home: Path, tmp_path: Path, settings: dict[str, str]) -> Iterator[Start]:
    """Start a watch in a process of its own, which does not outlive the test."""
    started: list[subprocess.Popen[str]] = []

    def run() -> "subprocess.Popen[str]":
        command = [sys.executable, "-u", "-m", "assay", "watch"]
        variables = environment_of(home, tmp_path) | settings
        started.append(
            subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        )
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def wait_for(process: "subprocess.Popen[str]", words: str) -> list[str]:
    """The lines that a process writes until one that has the words."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if words in line:
            return lines
    raise AssertionError(f"it ended without saying {words!r}: {lines}")


def test_what_is_due_is_done_once(assay: Run, settings: dict[str, str], boxes: MailBoxes, noon: datetime) -> None:
    first = assay("watch", "--once", "--json", **settings)
    assert first.code == 0, first
    tomorrow = f"{noon.date() + timedelta(days=1)} 01:00"
    assert json.loads(first.out) == {"done": {"mail {day}": True}, "next": tomorrow}
    [letter] = boxes.letters
    assert letter.message["Subject"].startswith(str(noon.date() - timedelta(days=1)))
    second = assay("watch", "--once", **settings)
    assert (second.code, second.out, second.err) == (0, f"nothing is due until {tomorrow}\n", "")
    assert len(boxes.letters) == 1


def test_what_fails_is_said_and_tried_by_the_next(assay: Run, settings: dict[str, str], boxes: MailBoxes) -> None:
    boxes.then("MAIL", Say("451 later"))
    failed = assay("watch", "--once", **settings)
    assert failed.code == 1
    assert "assay mail ended with exit code 1" in failed.err
    assert assay("watch", "--once", **settings).code == 0
    assert len(boxes.letters) == 1


def test_it_watches_until_it_is_told_to_stop(start: Start, boxes: MailBoxes, noon: datetime) -> None:
    process = start()
    lines = wait_for(process, "next at")
    assert lines[-1] == f"next at {noon.date() + timedelta(days=1)} 01:00\n"
    assert len(boxes.letters) == 1
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0
    assert wait_for(process, "stopped")


def test_told_to_stop_it_ends_the_step_that_is_under_way(start: Start, boxes: MailBoxes) -> None:
    boxes.then("CONNECT", Hang())
    process = start()
    assert boxes.reached["CONNECT"].wait(60)
    process.send_signal(signal.SIGTERM)
    [transport] = boxes.transports
    boxes._loop.call_soon_threadsafe(transport.abort)
    assert wait_for(process, "stopped")
    assert process.wait(60) == 0


def test_a_second_watch_refuses(assay: Run, settings: dict[str, str], start: Start) -> None:
    process = start()
    wait_for(process, "next at")
    for arguments in ((), ("--once",)):
        done = assay("watch", *arguments, **settings)
        assert done.code == 2
        assert done.err == "assay: another assay watch is at work for TMP/home; it does what is due\n"
    process.kill()
    process.wait()
    assert assay("watch", "--once", **settings).code == 0, "the lock ended with its process"


def test_killed_in_the_middle_the_next_one_goes_on(start: Start, boxes: MailBoxes) -> None:
    boxes.then("RCPT", Hang())
    process = start()
    assert boxes.reached["RCPT"].wait(60)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.exists():
        pytest.skip("this system does not say which processes are whose")
    for child in children.read_text().split():
        process.kill()
        os.kill(int(child), signal.SIGKILL)
    process.wait()
    wait_for(start(), "next at")
    assert len(boxes.letters) == 1


def words_of(step: str, before: date | None, **settings: str) -> list[str]:
    here = Session(None)
    here.__dict__["settings"] = here.settings.model_copy(update=settings)
    return _command(here, step, date(2025, 3, 10), before)


@pytest.mark.parametrize(
    ("before", "which", "words"),
    [
        (None, "yesterday", "collect 2025-03-09"),
        (date(2025, 3, 9), "yesterday", "collect 2025-03-09"),
        (date(2025, 3, 7), "yesterday", "collect 2025-03-07..2025-03-09"),
        (date(2025, 1, 1), "yesterday", "collect 2025-03-03..2025-03-09"),
        (date(2025, 3, 9), "today", "collect 2025-03-10"),
        (date(2025, 3, 8), "today", "collect 2025-03-09..2025-03-10"),
    ],
)
def test_days_that_were_missed_are_collected_too(before: date | None, which: str, words: str) -> None:
    assert " ".join(words_of("collect {days}", before, watch_day=which)) == words


def test_a_step_is_any_command_of_ours() -> None:
    assert words_of("post {day} --to team", None) == ["post", "2025-03-09", "--to", "team"]
    assert words_of("site build 'my site'", None) == ["site", "build", "my site"]
    for wrong in ("watch", "rm -rf", "mail 'x", "''", "mail {dya}"):
        with pytest.raises(ValueError, match="watch_do: "):
            words_of(wrong, None)


@pytest.mark.parametrize(
    ("variables", "arguments", "words"),
    [
        ({"ASSAY_WATCH_DO": "shout"}, ("--once",), "watch_do: not a command that can be watched: 'shout'"),
        ({"ASSAY_WATCH_AT": "8 am"}, ("--once",), "ASSAY_WATCH_AT: watch_at: not a time of day: '8 am' (write 08:00)"),
        ({}, ("--json",), "--json goes with --once"),
    ],
)
def test_a_mistake_is_said_in_one_line(
    assay: Run, variables: dict[str, str], arguments: tuple[str, ...], words: str
) -> None:
    done = assay("watch", *arguments, **variables)
    assert done.code == 2
    assert words in done.err
    assert done.err.count("\n") == 1


DOCUMENT = (Path(__file__).parents[2] / "docs" / "schedule.md").read_text(encoding="utf-8")


def test_the_forms_in_the_document_are_what_systems_read() -> None:
    yaml = pytest.importorskip("yaml")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    kinds = [kind for kind, _ in blocks]
    assert [kinds.count(kind) for kind in ("ini", "cron", "yaml", "toml")] == [3, 1, 1, 1]
    for kind, text in blocks:
        if kind == "ini":
            ConfigParser(interpolation=None).read_string(text)
        elif kind == "toml":
            for step in tomllib.loads(text)["watch_do"]:
                assert words_of(step, None)
        elif kind == "yaml":
            job = yaml.safe_load(text)["jobs"]["send"]
            settings = {name.removeprefix("ASSAY_").lower() for name in job["env"]}
            assert settings <= Settings.model_fields.keys()
            for step in job["env"]["ASSAY_WATCH_DO"].split(","):
                assert words_of(step, None)
        assert "assay watch" in text or kind == "toml" or "[Timer]" in text


def test_nobody_is_mailed_who_was_not_set(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def steps(**settings: str) -> list[str]:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in settings.items():
                patch.setenv(f"ASSAY_{name.upper()}", value)
            return _steps(Session(home), quiet=True)

    for name in [name for name in os.environ if name.startswith("ASSAY_")]:
        monkeypatch.delenv(name)
    assert steps() == ["collect {days}", "refresh"]
    assert steps(mail_to=BO) == ["collect {days}", "refresh", "mail {day}"]
    assert steps(watch_do="mail {day}") == ["mail {day}"]
    assert steps(watch_do="refresh,") == ["refresh"]
