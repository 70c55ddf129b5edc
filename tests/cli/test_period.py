"""``assay digest 2025-W09`` as a reader meets it."""

import json
from pathlib import Path

import pytest

from assay.papers.period import Period
from tests.cli.conftest import Run


def test_a_week_of_the_catalogue(assay: Run, tmp_path: Path) -> None:
    done = assay("digest", "2025-W09", "--json")
    assert (done.code, done.err) == (0, "")
    week = Period.model_validate_json(done.out)
    assert (week.count, str(week.papers[0].day)) == (22, "2025-02-26")
    assert week.papers[0].one_line.keys() == {"en", "ko"}
    assert week.largest["times"][0].paper == "2502.18364"
    out = tmp_path / "week.md"
    assert assay("digest", "2025-W09", "--format", "markdown", "--lang", "ko", "--out", out).code == 0
    assert out.read_text(encoding="utf-8").startswith("# 2025년 9주, 2025-02-24부터 2025-03-02까지\n")


def test_a_week_in_the_order_of_a_reader(assay: Run) -> None:
    nothing = assay("digest", "2025-W09", "--for", "me")
    assert (nothing.code, nothing.out) == (2, "")
    assert "nothing is kept of you yet" in nothing.err
    assay("read", "2502.18137")
    assert "so the order is that of votes" in assay("digest", "2025-W09", "--for", "me").err
    by_votes = Period.model_validate_json(assay("digest", "2025-W09", "--json").out).papers
    assay("follow", "phrase", "sparse attention")
    assay("hide", by_votes[0].id)
    week = Period.model_validate_json(assay("digest", "2025-W09", "--for", "me", "--json").out)
    assert week.is_own
    assert week.papers[0].id == "2502.18137"
    assert week.papers[0].why == ("has “sparse attention”",)
    assert by_votes[0].id not in {paper.id for paper in week.papers}
    assert "In your order" in assay("digest", "2025-W09", "--for", "me").out


def test_a_week_without_papers_is_trouble(assay: Run) -> None:
    done = assay("digest", "2001-W09")
    assert done.code == 1
    assert done.out.startswith("Week 9 of 2001, 2001-02-26 to 2001-03-04\n0 papers on 0 of 7 days")


@pytest.mark.parametrize("month", ["0001-01", "0001-02"])
def test_before_the_first_month_of_the_calendar_there_is_nothing_to_compare_with(assay: Run, month: str) -> None:
    done = assay("digest", month, "--json")
    assert done.code == 1
    assert Period.model_validate_json(done.out).compared is None


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["2025-W54"], "there is no week 2025-W54"),
        (["2025-13"], "there is no month 2025-13"),
        (["2025-W09", "--format", "bibtex"], "a week has no form 'bibtex' (there are: terminal, markdown, json)"),
        (["2025-02", "--brief"], "--brief, --full and --unread are for a day"),
        (["2025-02", "--for", "you"], "--for you: write --for me, and whose own things those are with --reader"),
        (["2025-02", "--out", "x.md"], "--out goes with --format markdown or json"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(assay: Run, words: list[str], error: str) -> None:
    done = assay("digest", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"assay: {error}\n"


def test_a_month_is_exported_too(assay: Run) -> None:
    done = assay("export", "2025-02", "--format", "csl-json")
    assert len(json.loads(done.out)) == 80
