"""Header rows, headings between rows and columns of names are told from what is measured."""

from assay.claims.tables.headers import column_headers, count_header_rows, is_header, name_columns, section


def test_a_row_with_years_below_words_is_header_still() -> None:
    rows = [["Model", "BLEU", ""], ["", "2014", "2017"], ["TideMT", "27.1", "25.0"], ["Gullwing", "28.3", "26.4"]]
    assert count_header_rows(rows) == 2
    assert column_headers(rows[:2], [0], 3)[1:] == [("BLEU", "2014"), ("BLEU", "2017")]


def test_whole_numbers_head_columns_that_share_a_name() -> None:
    top = ["Model", "Small", "Small", "Large", "Large"]
    below = [["TideCache", "50.1", "55.2", "60.3", "65.4"]]
    assert count_header_rows([top, ["", "10", "20", "10", "20"], *below]) == 2
    assert count_header_rows([top, ["Osprey", "10", "20", "10", "21.5"], *below]) == 1  # a figure among them


def test_a_unit_belongs_to_the_name_above_it() -> None:
    rows = [["Model", "Memory", "Accuracy"], ["", "(GB)", "(%)"]]
    assert column_headers(rows, [0], 3)[1:] == [("Memory (GB)", ""), ("Accuracy (%)", "")]


def test_headings_between_rows() -> None:
    assert section(["Baselines", "", ""]) == "Baselines"
    assert section(["Baselines", "Baselines", "Baselines"]) == "Baselines"
    assert section(["", "Baselines", ""]) == ""
    assert section(["1.5", "", ""]) == ""


def test_a_header_within_a_table_is_all_words() -> None:
    assert is_header(["Error", "Small", "Large"], [0])
    assert not is_header(["Error", "Small", "1.5"], [0])
    assert not is_header(["Gullwing", "yes", "no"], [0])


def test_columns_of_names_hold_more_words_than_figures() -> None:
    body = [["ToyBench", "F1", "3.5"], ["LakeBench", "EM", "2.5"]]
    assert name_columns(body, 3) == [0, 1]
