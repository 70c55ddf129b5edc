"""The inside of the sandbox: makes the namespaces, builds the file system, starts the program and watches it.

`assay.methods.agents._sandbox` runs this file as a program, with what to do as JSON and the number of the pipe to
report to. It imports little, since it is started for every run.
"""

# To load pathlib would take longer than all the rest.
# ruff: noqa: PTH102, PTH103, PTH112, PTH114, PTH115, PTH120, PTH123, PTH208, PTH211

import ctypes
import json
import os
import resource
import signal
import sys
import time
from typing import Any

_NEW_MOUNTS, _NEW_NAMES, _NEW_IPC = 0x00020000, 0x04000000, 0x08000000
_NEW_USER, _NEW_PROCESSES, _NEW_NETWORK = 0x10000000, 0x20000000, 0x40000000
_BIND, _RECURSIVE, _PRIVATE, _NO_SETUID, _NO_DEVICES, _NO_PROGRAMS = 4096, 16384, 1 << 18, 2, 4, 8
_DETACH = 2
_DIE_WITH_PARENT, _NO_NEW_PRIVILEGES = 1, 38
_HERE, _WHOLE_TREE = -100, 0x8000
_READ_ONLY_ATTRIBUTES = 0x1 | 0x2  # read-only, no setuid
_MOUNT_SETATTR = 442  # the same number on all processors
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41, "riscv64": 41}
_ID = 1000  # whom the program believes to be: nobody with privileges
_LOOK_EVERY = 0.05
_FILES = 20_000

_libc = ctypes.CDLL(None, use_errno=True)


class _RefusedError(Exception):
    """The system does not allow a step."""


def main(plan: dict[str, Any], pipe: int) -> int:
    """Run a program shut in, and report how it ended."""
    os.set_inheritable(pipe, False)  # noqa: FBT003 - it takes no keyword
    try:
        _call("prctl", _DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        user, group = os.getuid(), os.getgid()
        _call("unshare", _NEW_USER | _NEW_MOUNTS | _NEW_NETWORK | _NEW_PROCESSES | _NEW_IPC | _NEW_NAMES)
        for file, line in (("setgroups", "deny"), ("uid_map", f"{_ID} {user} 1"), ("gid_map", f"{_ID} {group} 1")):
            _write(f"/proc/self/{file}", line)
    except (OSError, _RefusedError) as error:
        return _report(pipe, refused=str(error))
    if first := os.fork():  # only a child is inside the new namespace of processes
        os.waitpid(first, 0)
        return 0
    try:
        _call("prctl", _DIE_WITH_PARENT, signal.SIGKILL, 0, 0, 0)
        _build(plan)
        os.chdir(plan["root"])
        program = _find(plan["command"][0], plan["environment"]["PATH"])
    except (OSError, _RefusedError) as error:
        return _report(pipe, refused=str(error))
    return _report(pipe, **_watch(_start(program, plan), plan))


def _build(plan: dict[str, Any]) -> None:
    """Put a small file system in the place of the whole one: what the program may read, and its folder."""
    folder = plan["root"]
    _mount(None, "/", None, _RECURSIVE | _PRIVATE)
    _mount("tmpfs", folder, "tmpfs", _NO_SETUID | _NO_DEVICES, b"size=1m,mode=755")
    for name in ("old", "new"):
        os.mkdir(f"{folder}/{name}")
    _pivot(folder, f"{folder}/old")
    os.chdir("/")
    _mount("/new", "/new", None, _BIND)
    for path in [*plan["seen"], *plan["devices"]]:
        old, new = f"/old{path}", f"/new{path}"
        if os.path.lexists(new):
            continue
        os.makedirs(os.path.dirname(new), exist_ok=True)
        if os.path.islink(old):
            os.symlink(os.readlink(old), new)
            continue
        if os.path.isdir(old):
            os.mkdir(new)
        else:
            os.close(os.open(new, os.O_CREAT | os.O_WRONLY))
        _mount(old, new, None, _BIND | _RECURSIVE)
    os.makedirs("/new/proc")
    _mount("proc", "/new/proc", "proc", _NO_SETUID | _NO_DEVICES | _NO_PROGRAMS)
    _write("/new/proc/sys/user/max_user_namespaces", "0")  # none within this one, where it would have privileges again
    os.makedirs(f"/new{folder}", exist_ok=True)
    attributes = (ctypes.c_uint64 * 4)(_READ_ONLY_ATTRIBUTES, 0, 0, 0)
    _call("syscall", _MOUNT_SETATTR, _HERE, b"/new", _WHOLE_TREE, attributes, ctypes.sizeof(attributes))
    _mount(f"/old{folder}", f"/new{folder}", None, _BIND)
    os.chdir("/new")
    _pivot(".", ".")
    _call("umount2", b".", _DETACH)
    os.chdir("/")


def _start(program: str, plan: dict[str, Any]) -> int:
    """Start the program with its limits, and return its process."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    if child := os.fork():
        return child
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        os.setsid()
        os.nice(5)  # who watches comes first
        for kind, most in (
            (resource.RLIMIT_AS, plan["memory"]),
            (resource.RLIMIT_FSIZE, plan["file"]),
            (resource.RLIMIT_CPU, int(plan["seconds"]) + 2),
            (resource.RLIMIT_NPROC, 16 * plan["processes"]),  # with threads; the system's root is not held by it
            (resource.RLIMIT_CORE, 0),
        ):
            hard = resource.getrlimit(kind)[1]
            lower = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (lower, lower))
        _call("prctl", _NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        os.execve(program, plan["command"], plan["environment"])  # noqa: S606 - with no privileges from here on
    except BaseException as error:  # noqa: BLE001 - the other half of a fork must not go on
        os.write(2, f"{error}\n".encode())
    os._exit(127)


def _watch(child: int, plan: dict[str, Any]) -> dict[str, Any]:
    """Wait for the program; what it leaves running ends with this process."""
    next_look = time.monotonic() + _LOOK_EVERY
    while True:
        done, status = os.waitpid(-1, os.WNOHANG)
        if done == child:
            return {"exit": os.waitstatus_to_exitcode(status)}
        if time.monotonic() >= next_look:
            if over := _over(plan):
                return {"over": over}
            next_look = time.monotonic() + _LOOK_EVERY
        if not done:
            signal.sigtimedwait({signal.SIGCHLD}, _LOOK_EVERY)


def _over(plan: dict[str, Any]) -> str:
    """The limit that all processes together are over, if any."""
    others = [name for name in os.listdir("/proc") if name.isdigit() and name != "1"]
    if len(others) > plan["processes"]:
        return "processes"
    pages = 0
    for each in others:
        try:
            with open(f"/proc/{each}/statm", "rb") as file:
                pages += int(file.read().split()[1])
        except (OSError, IndexError):
            continue  # it has just ended
    if pages * resource.getpagesize() > plan["memory"]:
        return "memory"
    size = files = 0
    for where, folders, names in os.walk("."):
        files += len(names) + len(folders)
        for name in names:
            try:
                size += os.lstat(f"{where}/{name}").st_size
            except OSError:
                continue
        if size > plan["folder"] or files > _FILES:
            return "folder"
    return ""


def _find(program: str, path: str) -> str:
    """The whole path of a program."""
    for each in [program] if "/" in program else [f"{folder}/{program}" for folder in path.split(":")]:
        if os.access(each, os.X_OK) and not os.path.isdir(each):
            return each
    raise _RefusedError(f"there is no program {program!r} that it could see")


def _report(pipe: int, **told: Any) -> int:
    os.write(pipe, json.dumps(told).encode())
    return 0


def _write(path: str, line: str) -> None:
    with open(path, "w", encoding="ascii") as file:
        file.write(line)


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: bytes | None = None) -> None:
    texts = [each.encode() if each is not None else None for each in (source, target, kind)]
    _call("mount", *texts, ctypes.c_ulong(flags), data)


def _pivot(new: str, old: str) -> None:
    number = _PIVOT_ROOT.get(os.uname().machine)
    if number is None:
        raise _RefusedError(f"it is not made for processors of the kind {os.uname().machine}")
    _call("syscall", number, new.encode(), old.encode())


def _call(name: str, *arguments: Any) -> None:
    """Call a function of the C library.

    Raises:
        _RefusedError: It failed.
    """
    if getattr(_libc, name)(*arguments) < 0:
        raise _RefusedError(f"{name}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    sys.exit(main(json.loads(sys.argv[1]), int(sys.argv[2])))
