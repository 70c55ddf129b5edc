"""What a program can do in the sandbox: nothing but what it is allowed to, and where it cannot be shut in, nothing."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.methods.sandboxed import need_sandbox

from assay.methods.agents._sandbox import Finished, Limits, SandboxError, python_command, run_shut_in

MIB = 1 << 20


@pytest.fixture(autouse=True)
def _sandbox() -> None:
    need_sandbox()


def run(where: Path, code: str, *, environment: dict[str, str] | None = None, **limits: Any) -> Finished:
    """Run Python in the sandbox."""
    (where / "script.py").write_text(code)
    return run_shut_in(python_command("script.py"), where, limits=Limits(**limits), environment=environment)


def test_a_program_works_in_its_folder_and_sees_no_other(tmp_path: Path) -> None:
    (tmp_path / "given").write_text("abc")
    finished = run(tmp_path, "import os\nprint(open('given').read(), os.getcwd())\nopen('made', 'w').write('x')")
    assert finished.succeeded, finished
    assert finished.output.split() == ["abc", str(tmp_path)]
    assert (tmp_path / "made").read_text() == "x"
    for code in (
        "open('/etc/passwd')",
        "open('/etc/hostname')",
        f"open({__file__!r})",
        "open('/proc/1/environ').read(1)",
    ):
        assert "Error" in run(tmp_path, code).errors, code


def test_it_writes_nowhere_else(tmp_path: Path) -> None:
    folder = tmp_path / "inner"
    folder.mkdir()
    places = ["/tmp/x", "/usr/x", "/x", "/dev/x", str(tmp_path / "x"), f"{sys.prefix}/x", str(folder / ".." / "x")]
    code = f"""
for place in {places!r}:
    try:
        open(place, "w")
    except OSError:
        continue
    print(place)
"""
    finished = run(folder, code)
    assert (finished.output, finished.exit_code) == ("", 0), finished
    assert list(tmp_path.iterdir()) == [folder]


def test_there_is_no_network(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        socket.create_connection(address).close()  # it is there, from outside
        finished = run(tmp_path, f"import socket\nsocket.create_connection({address!r}, 2)")
        assert "unreachable" in finished.errors
        names = run(tmp_path, "import socket\nprint([name for _, name in socket.if_nameindex()])")
        assert names.output.strip() == "['lo']"


def test_its_environment_is_what_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", "secret")
    finished = run(tmp_path, "import os\nprint(sorted(os.environ.items()))", environment={"SIZE": "3"})
    assert "secret" not in finished.output
    assert sorted(name for name, _ in eval(finished.output)) == ["HOME", "LANG", "PATH", "SIZE", "TMPDIR"]


def test_it_has_no_privileges_and_gets_none(tmp_path: Path) -> None:
    finished = run(
        tmp_path,
        "import ctypes, os\n"
        "print(os.getuid(), [line.split()[1] for line in open('/proc/self/status') if line.startswith('CapEff')])\n"
        "libc = ctypes.CDLL(None)\n"
        "print(libc.unshare(0x10000000), libc.mount(b'tmpfs', b'/usr', b'tmpfs', 0, None), libc.umount2(b'/usr', 2))\n"
        "print([name for name in os.listdir('/proc') if name.isdigit()])",
    )
    assert finished.output.splitlines() == ["1000 ['0000000000000000']", "-1 -1 -1", "['1', '2']"]


def test_time_is_limited_and_nothing_goes_on_behind_it(tmp_path: Path) -> None:
    code = """
import os, time
if os.fork() == 0:
    os.setsid()
while True:
    open("beat", "a").write("x")
    time.sleep(0.01)
"""
    finished = run(tmp_path, code, seconds=1.0)
    assert (finished.ended, finished.succeeded) == ("time", False)
    assert finished.seconds >= 1.0
    size = (tmp_path / "beat").stat().st_size
    subprocess.run(["sleep", "0.1"], check=True)
    assert (tmp_path / "beat").stat().st_size == size > 0


def test_what_it_leaves_running_ends_with_it(tmp_path: Path) -> None:
    code = "import os, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(60)\n    open('late', 'w')"
    finished = run(tmp_path, code)
    assert finished.succeeded
    assert finished.seconds < 30


def forks(number: int, each: str) -> str:
    """Code of a program that makes so many processes, which then wait."""
    return f"""
import os, time
for _ in range({number}):
    if os.fork() == 0:
        kept = {each}
        time.sleep(60)
time.sleep(60)
"""


def test_memory_is_limited(tmp_path: Path) -> None:
    finished = run(tmp_path, f"x = bytearray({512 * MIB})", memory=256 * MIB)
    assert (finished.ended, finished.exit_code) == ("by itself", 1)
    assert "MemoryError" in finished.errors
    assert run(tmp_path, forks(4, f"b'1' * {100 * MIB}"), memory=256 * MIB).ended == "memory"


def test_processes_are_limited(tmp_path: Path) -> None:
    assert run(tmp_path, forks(9, "0"), processes=6).ended == "processes"


def test_files_are_limited(tmp_path: Path) -> None:
    finished = run(tmp_path, f"open('big', 'wb').write(b'1' * {2 * MIB})", file=MIB)
    assert "File too large" in finished.errors
    assert (tmp_path / "big").stat().st_size <= MIB
    code = f"import time\nfor n in range(9):\n    open(str(n), 'wb').write(b'1' * {MIB})\ntime.sleep(60)"
    assert run(tmp_path, code, folder=4 * MIB).ended == "folder"


def test_output_is_limited(tmp_path: Path) -> None:
    finished = run(tmp_path, "import sys\nsys.stdout.write('a' * 5000 + 'end')", output=1000)
    assert len(finished.output) == 1000
    assert finished.output.endswith("end")


def test_the_last_error_is_told(tmp_path: Path) -> None:
    finished = run(tmp_path, "1 / 0")
    assert str(finished) == "ended with exit code 1: ZeroDivisionError: division by zero"
    assert str(run(tmp_path, "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)")) == "ended with exit code -11"


def test_more_may_be_made_readable(tmp_path: Path) -> None:
    shown, folder = tmp_path / "shown", tmp_path / "folder"
    for each in (shown, folder):
        each.mkdir()
    (shown / "file").write_text("abc")
    command = ["cat", str(shown / "file")]
    assert run_shut_in(command, folder, readable=[shown]).output == "abc"
    assert run_shut_in(command, folder).exit_code != 0


@pytest.mark.parametrize(
    ("command", "folder", "words"),
    [
        (["no-such-program"], ".", "there is no program 'no-such-program'"),
        (["true"], "absent", "is no folder"),
        (["true"], "/", "holds the interpreter"),
        (["true"], sys.prefix, "holds the interpreter"),
    ],
)
def test_bad_input_is_refused(tmp_path: Path, command: list[str], folder: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        run_shut_in(command, tmp_path / folder)
    with pytest.raises(ValueError, match="seconds is 0"):
        Limits(seconds=0)


def test_where_it_cannot_be_shut_in_it_is_not_run(tmp_path: Path) -> None:
    """In a namespace that may make no further ones, as on systems that forbid them."""
    if shutil.which("unshare") is None:
        pytest.skip("no unshare here")
    code = f"""
from assay.methods.agents._sandbox import run_shut_in
try:
    run_shut_in(["touch", "made"], {str(tmp_path)!r})
except ValueError as error:
    print(error)
"""
    shell = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" -c "$1"'
    done = subprocess.run(
        ["unshare", "-Ur", "sh", "-c", shell, sys.executable, code], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("a program cannot be shut in on this system, and was not run: unshare")
    assert not list(tmp_path.iterdir())


def test_on_other_systems_it_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SandboxError, match="on Linux alone, and this is darwin"):
        run_shut_in(["true"], tmp_path)
