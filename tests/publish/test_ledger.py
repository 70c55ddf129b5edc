"""The ledger as a file: what a program reads back is what went in, and a spreadsheet runs none of it."""

import csv
import io
import json

import pytest
from rich.console import Console

from assay.papers.models import Claim
from assay.publish.ledger import COLUMNS, ledger_csv, ledger_jsonl, ledger_table
from assay.store import LedgerLine
from tests.publish.sample import CLAIMS, SEEN, sample_ledger


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def line(**fields: object) -> LedgerLine:
    claim = Claim.model_validate(
        {"key": "k", "value": 1, "unit": "", "kind": "count", "metric": "m", "source": "both"} | fields
    )
    return LedgerLine(paper="9912.00001", title="T", origin="extracted", claim=claim)


def test_csv_has_fixed_columns_and_every_claim() -> None:
    text = ledger_csv(sample_ledger())
    assert text.splitlines()[0] == (
        "day,paper,title,key,figure,low,high,unit,kind,metric,better,bound,direction,from,to,subject,dataset,baseline,"
        "baseline_value,setting,stands,origin,quote,text_version,withdrawn"
    )
    assert text.endswith("\r\n")
    first = rows(text)[0]
    assert tuple(first) == tuple(COLUMNS)
    expected = {"day": "2099-12-02", "figure": "2.5–5x", "low": "2.5", "high": "5.0", "baseline": "dense attention"}
    assert expected.items() <= first.items()
    assert (first["from"], first["stands"], first["origin"]) == ("", "both", "catalogue")


@pytest.mark.parametrize("sign", ["=", "+", "-", "@"])
def test_no_text_is_a_formula_to_a_spreadsheet(sign: str) -> None:
    text = f'{sign}HYPERLINK("x"), "quoted"'
    row = rows(ledger_csv([line(metric=text, quote=text, dataset=text, baseline=text, unit=text)]))[0]
    for column in ("metric", "quote", "dataset", "baseline", "unit"):
        assert row[column] == f"'{text}", column


def test_a_number_below_zero_stays_a_number() -> None:
    row = rows(ledger_csv([line(value=-3.5, between=(-1, 2))]))[0]
    assert (row["low"], row["from"], row["to"]) == ("-3.5", "-1.0", "2.0")


def test_json_lines_come_back_as_they_went_in() -> None:
    text = ledger_jsonl(sample_ledger())
    assert [LedgerLine.model_validate_json(each) for each in text.splitlines()] == sample_ledger()
    assert json.loads(text.splitlines()[0])["claim"]["value"] == list(CLAIMS[0].ends)


@pytest.mark.parametrize("width", [60, 100])
def test_the_table_fits_and_shows_where_a_claim_stands(width: int) -> None:
    out = Console(file=io.StringIO(), width=width, color_system=None)
    out.print(ledger_table([*sample_ledger(), line(metric="a\x1b[31mb")], "en"))
    assert isinstance(out.file, io.StringIO)
    text = out.file.getvalue()
    assert max(map(len, text.splitlines())) <= width
    assert "in abstract and digest" in " ".join(text.split()) or width == 60
    assert "2.5–5x" in text
    assert "\x1b" not in text


def test_a_withdrawn_paper_and_the_version_of_a_full_text_are_told() -> None:
    from_text = line(source="paper", text_version=2).model_copy(update={"withdrawn": SEEN})
    row = rows(ledger_csv([from_text]))[0]
    assert (row["text_version"], row["withdrawn"]) == ("2", "2099-12-02")
    console = Console(file=io.StringIO(), width=100)
    console.print(ledger_table([from_text], "en"))
    assert isinstance(console.file, io.StringIO)
    shown = " ".join(console.file.getvalue().split())
    assert "in the full text of v2" in shown
    assert "withdrawn on 2099-12-02" in shown
