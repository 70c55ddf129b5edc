"""``assay collect --backfill``: whole months, of which only what is missing is read."""

from collections.abc import Iterator
from datetime import date

import pytest

from assay.cli.backfill import months_of
from tests.cli.conftest import Run
from tests.cli.test_collect import live
from tests.sources.server import SourceServer, broken
from tests.sources.synthetic import entry

DAYS = (date(2024, 2, 1), date(2024, 2, 29))


@pytest.fixture
def server() -> Iterator[SourceServer]:
    with SourceServer() as server:
        server.listings = {day: [entry(99901 + number)] for number, day in enumerate(DAYS)}
        yield server


def test_a_month_is_read_once(assay: Run, server: SourceServer) -> None:
    first = assay("collect", "--backfill", "2024-02..2024-02", **live(server))
    assert first.code == 0
    lines = first.out.splitlines()
    assert (len(lines), lines[0], lines[-1]) == (
        29,
        "2024-02-01 huggingface: ok, 1 paper",
        "2024-02-29 huggingface: ok, 1 paper",
    )
    assert len(assay("claims", "--jsonl").out.splitlines()) > 2  # of the catalogue and of both papers
    asked = len(server.requests)
    again = assay("collect", "--backfill", "2024-02..2024-02", **live(server))
    assert (again.code, again.out, len(server.requests)) == (0, "", asked)
    assert again.err.strip() == "29 listings left out: read to the end before"


def test_days_that_broke_off_are_read_by_the_next(assay: Run, server: SourceServer) -> None:
    server.then(*[broken(500)] * 9)
    first = assay("collect", "--backfill", "2024-02..2024-02", **live(server))
    assert first.code == 1
    failed = [line.split()[0] for line in first.out.splitlines() if "failed" in line]
    assert failed
    again = assay("collect", "--backfill", "2024-02..2024-02", **live(server))
    assert again.code == 0
    assert [line.split()[0] for line in again.out.splitlines()] == failed


def test_months_and_their_days() -> None:
    today = date(2026, 11, 29)
    assert months_of("2024-02..2024-02", today)[-1] == date(2024, 2, 29)
    assert len(months_of("2024-01..2025-06", today)) == 366 + 181
    assert months_of("2026-10..2027-01", today)[-1] == today


@pytest.mark.parametrize(
    "text", ["2024", "2024-13..2025-01", "2024-01-01..2024-02-01", "2024-03..2024-01", "2199-01..2199-02"]
)
def test_what_is_no_span_of_months_is_refused(assay: Run, text: str) -> None:
    done = assay("collect", "--backfill", text)
    assert (done.code, done.out, len(done.err.splitlines())) == (2, "", 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["collect", "--on", "ray"], "--on is for the claims of many papers: give it with --backfill"),
        (["collect", "2024-02-01", "--backfill", "2024-02..2024-02"], "--backfill names the days itself"),
        (["run", "fastkv", "--cpus", "2"], "--cpus, --memory and --again are of trials on a cluster: give --on"),
        (["run", "fastkv", "--on", "somewhere"], "--on is 'somewhere': give ray (this machine alone)"),
    ],
)
def test_options_that_make_no_sense_together_are_refused(assay: Run, arguments: list[str], words: str) -> None:
    done = assay(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"assay: {words}")
