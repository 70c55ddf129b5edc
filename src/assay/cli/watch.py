"""``assay watch``: collects the day and sends it at the reader's hour, day after day."""

import logging
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from datetime import date, timedelta
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer
from filelock import FileLock, Timeout

from assay.cli import Json, Session, app, session
from assay.cli.log import Log, logged
from assay.papers.models import Noun

if TYPE_CHECKING:
    from assay.reader.schedule import Watch

_MOST_DAYS = 7
"""After a longer absence, no more days than this are collected."""
_STDERR = 2
_LONGEST_SLEEP = 60.0
"""Seconds between two looks at the clock: who sleeps for an hour oversleeps with the machine."""


class WatchReport(Noun):
    """What a watch did."""

    done: dict[str, bool]
    """By step, whether it went well; empty if nothing was due."""
    next: str
    """When there may be something to do again."""


@app.command()
def watch(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end: for cron and timers.")] = False,
    log: Log = None,
    as_json: Json = False,
) -> None:
    """Collect the day and send it at your hour, day after day, until it is stopped.

    The settings watch_at, watch_day and watch_do say when, which day, and what to do. Each day is done once: after a
    restart or a sleep, only the last that was due. What fails is tried again every ten minutes for an hour. With
    --once, exit code 1 says that a step failed; the next one tries it again.
    """
    here = session(context)
    if as_json and not once:
        raise ValueError("--json goes with --once")
    with logged(here, log):
        _begin(here, once=once, as_json=as_json)


def _begin(here: Session, *, once: bool, as_json: bool) -> None:
    home = here.settings.home
    home.mkdir(parents=True, exist_ok=True)
    lock = FileLock(home / "watch.lock", timeout=0)
    try:
        held = lock.acquire()
    except Timeout:
        raise ValueError(f"another assay watch is at work for {home}; it does what is due") from None
    with held:
        watching = _watch(here, quiet=as_json)
        if not once:
            _go_on(here, watching)
            return
        done = watching.do_what_is_due(is_patient=False)
        report = WatchReport(done=done, next=_local(here, watching))
    if as_json:
        here.json(report.model_dump_json())
    elif not done:
        here.tell(f"nothing is due until {report.next}", "nothing due", next=report.next)
    if not all(done.values()):
        raise typer.Exit(1)


def _watch(here: Session, *, quiet: bool) -> "Watch":
    """What is done when, as the settings say."""
    from zoneinfo import ZoneInfo

    from assay.reader.schedule import Schedule, Watch, parse_time

    settings = here.settings
    zone = ZoneInfo(settings.timezone) if settings.timezone else None
    steps = _steps(here, quiet=quiet)
    for step in steps:
        _command(here, step, date(2025, 2, 26), None)

    def run(step: str, due: date, before: date | None) -> bool:
        words = _command(here, step, due, before)
        line = shlex.join(words)
        if not quiet or here.is_logged:
            here.tell(f"{settings.now():%Y-%m-%d %H:%M}: assay {line}", "step begins", step=line)
        options = {"--home": here.home, "--reader": here.reader}
        given = [str(word) for name, value in options.items() if value is not None for word in (name, value)]
        # A step is a process of its own: what it breaks or leaks ends with it, and a newer Assay is used at once.
        command = [sys.executable, "-m", "assay", *given, *words]
        code = _run_logged(command) if here.is_logged else _run(command, quiet=quiet)
        if code:
            end = f"{settings.now():%Y-%m-%d %H:%M}: assay {words[0]} ended with exit code {code}"
            here.tell(end, "step failed", on=here.err, step=line, code=code)
        return code == 0

    return Watch(Schedule(parse_time(settings.watch_at), zone), steps, settings.home / "watch.json", run, settings.now)


def _run(command: list[str], *, quiet: bool) -> int:
    return subprocess.run(command, stdout=_STDERR if quiet else None, check=False).returncode  # noqa: S603 - our own


def _run_logged(command: list[str]) -> int:
    """Run a step whose every line goes into the log: those that it logs itself as they are, all others as text."""
    own = logging.getLogger("assay.watch")
    with subprocess.Popen(  # noqa: S603 - our own
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | {"ASSAY_LOG": "json"},
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        for line in process.stdout:
            if line.startswith('{"level": '):
                sys.stderr.write(line)
            elif line.strip():
                own.info("step says", extra={"line": line.rstrip()})
    return process.returncode


def _steps(here: Session, *, quiet: bool) -> list[str]:
    """What is to be done, as the settings say; where they say nothing, no mail if nobody is set who would get it."""
    settings = here.settings
    steps = [step for step in settings.watch_do if step]
    if "watch_do" in settings.model_fields_set or settings.mail_to:
        return steps
    if not quiet:
        here.tell("nothing is mailed, since mail_to is not set; the setting watch_do says what else to do")
    return [step for step in steps if not step.startswith("mail")]


def _command(here: Session, step: str, due: date, before: date | None) -> list[str]:
    """A step of the settings as the words of a command.

    Raises:
        ValueError: if it is no command of ours.
    """
    import typer.main
    from typer.core import TyperGroup

    later = timedelta(days=1 if here.settings.watch_day == "yesterday" else 0)
    day = due - later
    # Days that were missed are collected too; only the last is sent.
    first = (
        day
        if before is None
        else max(min(before - later + timedelta(days=1), day), day - timedelta(days=_MOST_DAYS - 1))
    )
    days = str(day) if first == day else f"{first}..{day}"
    try:
        words = [word.replace("{days}", days).replace("{day}", str(day)) for word in shlex.split(step)]
    except ValueError as error:
        raise ValueError(f"watch_do: {step!r}: {error}") from error
    if unknown := re.search(r"\{\w*\}", " ".join(words)):
        raise ValueError(f"watch_do: {step!r}: {unknown[0]} stands for nothing (write {{day}} or {{days}})")
    commands = typer.main.get_command(app)
    assert isinstance(commands, TyperGroup)  # noqa: S101 - there are many
    if not words or words[0] == "watch" or words[0] not in commands.commands:
        raise ValueError(f"watch_do: not a command that can be watched: {step!r} (write 'mail {{day}}')")
    return words


class _Stop(Exception):  # noqa: N818 - it is no error
    """Somebody asked to stop."""


class _Stopping:
    """Ends a sleep at once when somebody asks to stop, and lets a step that is under way end first."""

    def __init__(self) -> None:
        self._is_asked = False
        self._is_asleep = False
        signal.signal(signal.SIGTERM, self._ask)

    def is_asked(self) -> bool:
        """Whether somebody did."""
        return self._is_asked

    def sleep(self, seconds: float) -> None:
        """Sleep, unless somebody asked or asks."""
        self._is_asleep = True
        try:
            if not self._is_asked:
                time.sleep(seconds)
        except _Stop:
            pass
        finally:
            self._is_asleep = False

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._is_asked = True
        if self._is_asleep:
            self._is_asleep = False
            raise _Stop


def _go_on(here: Session, watching: "Watch") -> None:
    """Do what is due, wait, and so on, until asked to stop."""
    stopping = _Stopping()
    here.tell(f"watching for {here.settings.home} as process {os.getpid()}", "watching", process=os.getpid())
    told = ""
    while not stopping.is_asked():
        watching.do_what_is_due(is_patient=True, stop=stopping.is_asked)
        moment, words = watching.next_moment(), f"next at {_local(here, watching)}"
        if words != told and not stopping.is_asked():
            here.tell(told := words, "next", at=_local(here, watching))
        while not stopping.is_asked() and (wait := (moment - watching.now()).total_seconds()) > 0:
            stopping.sleep(min(wait, _LONGEST_SLEEP))
    here.tell("stopped; what is due is done when it is started again", "stopped")


def _local(here: Session, watching: "Watch") -> str:
    """When there may be something to do again, by the reader's clock."""
    return f"{watching.next_moment().astimezone(here.settings.now().tzinfo):%Y-%m-%d %H:%M}"
