"""The report on checked summaries tells of a comparison which table speaks of it, and shows the rows."""

from io import StringIO

import pytest
from rich.console import Console

from assay.claims.check import check
from assay.claims.report import CheckedSummary, CheckReport
from assay.papers.findings import Opinion
from assay.papers.models import Paper, Parts
from assay.papers.passages import Passage
from assay.publish.brief import tell_paper
from assay.publish.check_report import Detail, print_report
from assay.publish.checks import warnings
from tests.publish.sample import day_paper

PAPER = Paper(id="9912.99901", title="Gullwing: pruning a cache by tides", abstract="Gullwing prunes a cache.")
TABLE = Passage("Table 1", "Table 1: Accuracy.\nModel | ToyBench\nTideCache | 61.0\nGPT-4o | 75.0\nGullwing | 70.0")
SUMMARY = Parts(
    result="Gullwing outperforms GPT-4o on ToyBench. Gullwing outperforms TideCache on ToyBench. "
    "Gullwing is better than GPT-4o on longer texts."
)
CHECK = check(SUMMARY, PAPER, language="en", passages=[TABLE])


def printed(report: CheckReport, detail: Detail) -> str:
    out = StringIO()
    print_report(Console(file=out, width=160), report, detail=detail)
    return out.getvalue()


def report(opinion: Opinion | None = None) -> CheckReport:
    comparisons = (*CHECK.comparisons[:2], CHECK.comparisons[2].model_copy(update={"opinion": opinion}))
    checked = CHECK.model_copy(update={"comparisons": comparisons})
    return CheckReport(summaries=(CheckedSummary(source="toy", title=PAPER.title, check=checked),))


def test_a_wrong_comparison_stands_with_the_rows_that_tell() -> None:
    text = printed(report(), "trouble")
    assert "“Gullwing outperforms GPT-4o on ToyBench.”  Table 1 tells otherwise" in text
    assert [line.strip() for line in text.splitlines() if "|" in line] == [
        "Model | ToyBench", "GPT-4o | 75.0", "Gullwing | 70.0"
    ]  # fmt: skip
    assert "TideCache" not in text


def test_the_totals_count_comparisons_by_state() -> None:
    lines = [
        line.split() for line in printed(report(), "normal").splitlines() if line.strip().startswith("comparisons")
    ]
    assert [line[:3] for line in lines] == [
        ["comparisons", "borne", "out"], ["comparisons", "wrong", "1"], ["comparisons", "unchecked", "1"]
    ]  # fmt: skip


def test_all_of_them_can_be_listed() -> None:
    text = printed(report(), "all")
    assert "✓ “Gullwing outperforms TideCache on ToyBench.”  Table 1 bears it out" in text
    assert "– “Gullwing is better than GPT-4o on longer texts.”  no table tells" in text


@pytest.mark.parametrize(("state", "is_shown"), [("contradicted", True), ("supported", False)])
def test_a_model_that_speaks_against_an_unchecked_one_is_heard(state: str, is_shown: bool) -> None:
    quote = {"text": "GPT-4o | 75.0", "place": {"part": "Table 1", "start": 9, "end": 22}}
    opinion = Opinion.model_validate({"model": "toy-1", "state": state, "quotes": [quote]})
    assert ("toy-1 says: contradicted" in printed(report(opinion), "trouble")) is is_shown


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Table 1 of the paper tells otherwise"), ("ko", "논문의 Table 1은(는) 다르게 말함")],
)
def test_pages_warn_of_a_wrong_comparison(language: str, words: str) -> None:
    [warning] = warnings(CHECK, language)
    assert warning == f"{words}: “Gullwing outperforms GPT-4o on ToyBench.”"


def test_mail_and_chat_tell_of_a_wrong_comparison() -> None:
    paper = day_paper(1, title=PAPER.title, summary={"en": SUMMARY}, checks={"en": CHECK})
    lines = tell_paper(paper, ["en"]).told[0].lines
    assert lines[1:] == ("Table 1 of the paper tells otherwise: “Gullwing outperforms GPT-4o on ToyBench.”",)
