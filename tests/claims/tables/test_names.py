"""The names of a table are found in sentences, in full, abbreviated, or as the work that they are cited from."""

import pytest

from assay.claims.tables.names import names_of
from assay.claims.tables.table import table_of
from tests.claims.tables.samples import CITED, DENIED, SCORES
from assay.claims.tables.table import read_table


def found(sentence: str, table: str) -> list[tuple[str, list[str], int]]:
    mentions = names_of(read_table(table)).find(sentence)
    return [(sentence[each.start : each.end], sorted(each.labels), each.boldness) for each in mentions]


@pytest.mark.parametrize(
    ("written", "label"),
    [
        ("BiLSTM CRF", "BiLSTM-CRF (Lagoon et al., 2016)"),
        ("BiLSTMCRF", "BiLSTM-CRF (Lagoon et al., 2016)"),
        ("Reef and Tide (2017)", "Reef and Tide (2017)"),
    ],
)
def test_names_that_are_joined_parted_or_cited(written: str, label: str) -> None:
    assert found(f"Gullwing is better than {written}.", CITED)[1][1] == [label]


def test_the_work_that_a_name_is_cited_from_is_bolder_than_the_name() -> None:
    sentence = "Lagoon et al. (2016) reach 90.9 with BiLSTM-CRF."
    assert [boldness for _, _, boldness in found(sentence, CITED)] == [1, 0]


def test_a_whole_name_is_no_part_of_another() -> None:
    assert found("Pretraining is better than no pretraining.", DENIED) == [
        ("Pretraining", ["pretraining"], 0),
        ("no pretraining", ["no pretraining"], 0),
    ]


def test_what_is_ours_and_what_is_left_out() -> None:
    assert found("Gullwing does well.", SCORES) == [("Gullwing", ["Gullwing (ours)"], 0)]
    table = "F1.\nVariant | F1\nGullwing | 80.0\nw/o tides | 76.0"
    assert found("Tides help.", table) == [("Tides", ["w/o tides"], 0)]


def test_metrics_have_other_names() -> None:
    rows = [["Model", "P", "Rec.", "Macro F1"], ["Gullwing", "1.5", "2.5", "3.5"]]
    names = names_of(table_of("Results.", rows))
    assert [sorted(each.labels) for each in names.find("Its precision, recall and macro-averaged F1 are high.")] == [
        ["P"],
        ["Rec."],
        ["Macro F1"],
    ]


def test_captions_tell_what_is_short_for_what() -> None:
    rows = [["Model", "R-2", "LR"], ["Gullwing", "1.5", "2.5"]]
    names = names_of(table_of("ROUGE-2 (R-2) and length ratio (LR).", rows))
    assert [sorted(each.labels) for each in names.find("The length ratio is close to one.")] == [["LR"]]


def test_numbers_are_named_with_what_stands_above_them() -> None:
    rows = [["# layers", "F1"], ["2", "70.5"], ["4", "72.5"]]
    names = names_of(table_of("Results.", rows))
    assert [sorted(each.labels) for each in names.find("With 4 layers it is better than with 3.")] == [["4"]]
