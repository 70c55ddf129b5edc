"""Figures are read out of the cells of tables."""

from decimal import Decimal

import pytest

from assay.claims.tables.numerals import plain, read_figure


@pytest.mark.parametrize(
    ("text", "value", "unit", "decimals"),
    [
        ("1,024", "1024", "", 0),
        (".5", "0.5", "", 1),
        ("−2.1%", "-2.1", "%", 1),
        ("83.7 (0.2)", "83.7", "", 1),
        ("4m per epoch", "4", "m", 0),
        ("12.02∗", "12.02", "", 2),
        ("1.5B", "1500000000", "", 1),
    ],
)
def test_cells_that_are_figures(text: str, value: str, unit: str, decimals: int) -> None:
    assert read_figure(text) == (Decimal(value), unit, decimals)


@pytest.mark.parametrize("text", ["-", "54.8/55.5/53.2", "3D", "2.10-5", "yes"])
def test_cells_that_are_none(text: str) -> None:
    assert read_figure(text) is None


def test_marks_of_type_are_no_part_of_a_text() -> None:
    assert plain("[BOLD] 0.93") == "0.93"
    assert plain("**Gullwing** <sub>L</sub>") == "Gullwing L"
