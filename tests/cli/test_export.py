"""``assay export`` as a reader meets it."""

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest
import rispy  # type: ignore[import-untyped]
from bibtexparser.entrypoint import parse_string as parse_bibtex
from pydantic import TypeAdapter

from assay.cli.export import ExportReport
from tests.cli.conftest import Run
from tests.cli.fixtures import write_archive


@pytest.fixture
def archive(assay: Run, tmp_path: Path) -> Run:
    """The command, with a day of our own beside the catalogue."""
    assert assay("import", write_archive(tmp_path / "archive")).code == 1  # one of its files is broken
    return assay


def test_days_spans_papers_and_queries_are_exported_each_paper_once(archive: Run) -> None:
    def keys(*words: str) -> list[str]:
        done = archive("export", *words)
        assert (done.code, done.err) == (0, "")
        return [entry.key for entry in parse_bibtex(done.out).entries]

    day = keys("2099-12-02")
    assert sorted(day) == ["example2099_9912_99901", "example2099_9912_99903", "third2099_9912_99902"]
    assert keys("2099-12-01..2099-12-03") == day
    assert keys("arXiv:9912.99902v1", "2099-12-02", "sparge_attn")[0::3] == [
        "third2099_9912_99902",
        "zhang2025_2502_18137",
    ]
    assert keys("--query", "author:Third") == ["third2099_9912_99902"]
    assert keys("--query", "author:Third", "2099-12-02") == day


def test_each_form_is_read_by_a_program_of_its_kind(archive: Run) -> None:
    def text(form: str) -> str:
        done = archive("export", "2099-12-02", "--format", form)
        assert (done.code, done.err) == (0, "")
        return done.out

    ids = [entry["id"] for entry in rispy.loads(text("ris"))]
    assert [item["id"] for item in json.loads(text("csl-json"))] == ids
    assert [row["key"] for row in csv.DictReader(io.StringIO(text("csv")))] == ids
    assert [json.loads(line)["key"] for line in text("jsonl").splitlines()] == ids


def test_my_list_is_exported(archive: Run) -> None:
    assert archive("export", "--mine").err == "assay: no papers to export\n"
    assert archive("star", "9912.99902").code == 0
    assert "third2099_9912_99902" in archive("export", "--mine", "--format", "bibtex").out


def test_of_my_list_a_part_is_exported(archive: Run) -> None:
    archive("star", "9912.99902", "9912.99903")
    archive("tag", "9912.99902", "later")
    archive("tag", "9912.99901", "later")

    def keys(*words: str) -> list[str]:
        return sorted(entry.key[-5:] for entry in parse_bibtex(archive("export", *words).out).entries)

    assert keys("--mine") == ["99901", "99902", "99903"]
    assert keys("--starred") == keys("--mine", "--starred") == ["99902", "99903"]
    assert keys("--tag", "later") == ["99901", "99902"]
    assert keys("--starred", "--tag", "LATER") == ["99902"]
    assert archive("export", "--tag", "never").err == "assay: no papers to export\n"


def test_a_vault_keeps_what_the_reader_wrote(archive: Run, tmp_path: Path) -> None:
    vault = tmp_path / "vault"
    first = archive("export", "2099-12-02", "--format", "obsidian", "--out", vault)
    assert (first.code, first.out) == (0, "TMP/vault: 3 papers, 4 files written\n")
    note = vault / "papers" / "third2099_9912_99902.md"
    note.write_text(note.read_text(encoding="utf-8") + "Read on the train.\n", encoding="utf-8")
    again = archive("export", "2099-12-02", "--format", "obsidian", "--out", vault, "--json", "--lang", "ko")
    report = json.loads(again.out)
    jsonschema.validate(report, TypeAdapter(ExportReport).json_schema(mode="serialization"))
    assert report == {"papers": 3, "written": 4, "unchanged": 0, "left_alone": {}}
    assert note.read_text(encoding="utf-8").endswith("\nRead on the train.\n")
    assert "2099-12-02의 논문" in (vault / "days" / "Papers 2099-12-02.md").read_text(encoding="utf-8")
    note.write_text("mine now\n", encoding="utf-8")
    third = archive("export", "2099-12-02", "--format", "obsidian", "--out", vault)
    assert third.code == 1
    assert third.err == "left alone: TMP/vault/papers/third2099_9912_99902.md: its properties at the top are gone\n"
    assert note.read_text(encoding="utf-8") == "mine now\n"


def test_a_file_is_written_whole_and_only_if_it_changed(archive: Run, tmp_path: Path) -> None:
    out = tmp_path / "papers.ris"
    assert archive("export", "2099-12-02", "--format", "ris", "--out", out).out == (
        "TMP/papers.ris: 3 papers, 1 file written\n"
    )
    assert archive("export", "2099-12-02", "--format", "ris", "--out", out).out == (
        "TMP/papers.ris: 3 papers, 0 files written, 1 unchanged\n"
    )


def test_a_span_may_be_as_long_as_the_calendar(archive: Run) -> None:
    all_of_it = archive("export", "1000-01-01..9999-12-31")
    assert all_of_it.code == 0
    assert all_of_it.out == archive("export", "2025-02-01..2099-12-31").out


def test_papers_that_are_not_stored_are_named_and_left_out(archive: Run) -> None:
    done = archive("export", "9912.99902", "9911.00001")
    assert done.code == 0
    assert done.err == "9911.00001 is not in the store, and left out; `assay add` brings a paper in\n"
    assert len(parse_bibtex(done.out).entries) == 1


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], "export what? Name days, spans or papers, or give --query or --mine"),
        (["2001-01-01"], "no papers are listed on 2001-01-01; collect or import it"),
        (["2001-01-01..2001-01-09"], "no papers are listed in 2001-01-01..2001-01-09; collect or import it"),
        (["2001-01-09..2001-01-01"], "the first day is after the last: 2001-01-09 to 2001-01-01"),
        (["2001-13-01"], "not a day: '2001-13-01'"),
        (["nonsense"], "'nonsense' is neither an arXiv id"),
        (["2025-02-26", "--format", "obsidian"], "name the folder with --out"),
        (
            ["2025-02-26", "--lang", "en", "--lang", "ko"],
            "--lang is given once with --format bibtex; a vault takes several",
        ),
        (["2025-02-26", "--json"], "--json goes with --out"),
        (["--query", "zzzqqq"], "no papers to export"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(assay: Run, words: list[str], error: str) -> None:
    done = assay("export", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"assay: {error}")
    assert done.err.count("\n") == 1
