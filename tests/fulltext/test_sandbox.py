"""A parser that goes wrong in a process of its own, in every way that we could think of."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.fulltext import Limits, read
from tests.fulltext import gullwing

LIMITS = Limits(seconds=120, memory=400 * 2**20, output=2**20)
BAD = """
    import os, sys, time
    from assay.fulltext.model import FullText

    def spins(data, paper, version):
        while True:
            pass

    def grows(data, paper, version):
        pages = []
        while True:
            pages.append(bytes(2**20))

    def dies(data, paper, version):
        os.abort()

    def leaves(data, paper, version):
        os._exit(7)

    def babbles(data, paper, version):
        print("a page full of nonsense", flush=True)
        os._exit(0)

    def floods(data, paper, version):
        return FullText(paper=paper, form="html", abstract="x" * 2**22)

    def gushes(data, paper, version):
        while True:
            os.write(1, bytes(2**16))

    def stumbles(data, paper, version):
        return {}["a key"]

    def sinks(data, paper, version):
        return sinks(data, paper, version)

    def tells(data, paper, version):
        names = " ".join(sorted(os.environ)) + " | " + str(os.getsid(0) == os.getpid())
        return FullText(paper=paper, version=version, form="html", abstract=names, notes=(str(len(data)),))

    def tells_and_sleeps(data, paper, version):
        open(data.decode(), "x").close()
        time.sleep(1000)
"""


@pytest.fixture
def bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    (tmp_path / "bad_parsers.py").write_text(textwrap.dedent(BAD), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    return lambda name: {"html": f"bad_parsers:{name}"}


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("grows", "more than 400 MiB of memory"),
        ("dies", "ended by SIGABRT"),
        ("leaves", "ended with status 7"),
        ("babbles", "no valid full text"),
        ("floods", "has 1048576 bytes or more"),
        ("gushes", "has 1048576 bytes or more"),
        ("stumbles", "KeyError: 'a key'"),
        ("sinks", "nested too deeply"),
        ("is_not_there", "AttributeError"),
    ],
)
@pytest.mark.skipif(sys.platform in {"win32", "darwin"}, reason="the limits are those of Linux")
def test_one_line_for_each_way_to_fail(bad: Callable[[str], dict[str, str]], name: str, why: str) -> None:
    with pytest.raises(ValueError, match=why) as error:
        read(b"", "html", paper=gullwing.PAPER, limits=LIMITS, parsers=bad(name))
    assert "\n" not in str(error.value)


def test_a_parser_that_never_ends(bad: Callable[[str], dict[str, str]]) -> None:
    with pytest.raises(ValueError, match="took longer than 2 s"):
        read(b"", "html", paper=gullwing.PAPER, limits=Limits(seconds=2), parsers=bad("spins"))


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_parser_that_sleeps_is_gone_afterwards(
    bad: Callable[[str], dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    processes: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def start_process(*arguments: Any, **options: Any) -> subprocess.Popen[bytes]:
        processes.append(popen(*arguments, **options))
        return processes[-1]

    monkeypatch.setattr(subprocess, "Popen", start_process)
    mark = os.fsencode(tmp_path / "mark")
    with pytest.raises(ValueError, match="took longer than 2 s"):
        read(mark, "html", paper=gullwing.PAPER, limits=Limits(seconds=2), parsers=bad("tells_and_sleeps"))
    (process,) = processes
    with pytest.raises(ProcessLookupError):  # ended, and waited for as well
        os.kill(process.pid, 0)


def test_no_secrets_and_a_session_of_its_own(
    bad: Callable[[str], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOY_API_KEY", "hush")
    text = read(b"12345", "html", paper=gullwing.PAPER, version=3, limits=LIMITS, parsers=bad("tells"))
    names, _, alone = text.abstract.partition(" | ")
    assert set(names.split()) <= {
        *("PYTHONPATH", "PYTHONIOENCODING", "LC_CTYPE", "SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")
    }
    assert (alone, text.version, text.notes) == ("True", 3, ("5",))


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_the_process_goes_when_we_go(bad: Callable[[str], dict[str, str]], tmp_path: Path, how: signal.Signals) -> None:
    mark = tmp_path / "mark"
    code = f"""if True:
        import subprocess
        from assay.fulltext import Limits, read

        class Shown(subprocess.Popen):
            def __init__(self, *arguments, **named):
                super().__init__(*arguments, **named)
                print(self.pid, flush=True)

        subprocess.Popen = Shown
        parsers = {{"html": "bad_parsers:tells_and_sleeps"}}
        read({os.fsencode(mark)!r}, "html", paper="9912.99901", limits=Limits(seconds=3), parsers=parsers)
    """
    path = os.pathsep.join(filter(None, sys.path))
    with subprocess.Popen(
        [sys.executable, "-c", code], env={"PYTHONPATH": path}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as ours:
        assert ours.stdout is not None
        child = int(ours.stdout.readline())
        assert _within(60, lambda: mark.exists() or not _runs(child))  # a slow one may end without a mark
        ours.send_signal(how)
        ours.wait(60)
        assert _within(60, lambda: not _runs(child))


def test_the_real_parsers() -> None:
    assert read(gullwing.html(), "html", paper=gullwing.PAPER).form == "html"
    assert read(gullwing.latex(), "latex", paper=gullwing.PAPER).form == "latex"
    assert read(gullwing.as_pdf(), "pdf", paper=gullwing.PAPER).form == "pdf"
    with pytest.raises(ValueError, match="the html cannot be read: it is nested too deeply"):
        read(b"<div>" * 5_000 + b"x", "html", paper=gullwing.PAPER)


def _within(seconds: float, ask: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ask():
            return True
        time.sleep(0.05)
    return ask()


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # one whose parent is gone may wait for the system to bury it
