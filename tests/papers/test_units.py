"""Numbers and units as siunitx sets them."""

import pytest

from assay.papers.units import (
    NumberStyle,
    number_style,
    write_angle,
    write_number,
    write_quantity,
    write_series,
    write_unit,
)

APART = NumberStyle(spread_apart=True)


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("1024", "1024"),
        (".5", "0.5"),
        ("-3,5", "-3.5"),
        ("1.2e9", "1.2×10^9"),
        ("3E-4", "3×10^-4"),
        ("e6", "10^6"),
        ("91.2 +- 0.3", "91.2 ± 0.3"),
        (r"91.2 \pm 0.3", "91.2 ± 0.3"),
        ("1.2 +- 0.1 e3", "(1.2 ± 0.1)×10^3"),
        ("12.3(4)", "12.3(4)"),
        ("<0.001", "<0.001"),
        ("3 x 4", "3 × 4"),
        ("1,024,000", "1024000"),
        ("n/a", "n/a"),
        ("12 of 13", "12 of 13"),
        ("–", "–"),
        ("", ""),
    ],
)
def test_numbers(typed: str, printed: str) -> None:
    assert write_number(typed) == printed


@pytest.mark.parametrize(
    ("typed", "printed"),
    [("12.3(4)", "12.3 ± 0.4"), ("12.34(56)", "12.34 ± 0.56"), ("120(3)", "120 ± 3"), ("1.2(3)e5", "(1.2 ± 0.3)×10^5")],
)
def test_a_spread_in_brackets_is_of_the_last_digits(typed: str, printed: str) -> None:
    assert write_number(typed, APART) == printed


def test_styles_are_read_out_of_options() -> None:
    assert number_style("detect-all, separate-uncertainty = true").spread_apart
    assert number_style("uncertainty-mode=separate").spread_apart
    assert not number_style("separate-uncertainty=false").spread_apart
    assert write_number("12,345", number_style("input-ignore={,}, input-decimal-markers=.")) == "12345"
    assert write_number("12,345") == "12.345"  # a comma is a decimal mark unless the paper says otherwise


@pytest.mark.parametrize(
    ("unit", "printed"),
    [
        (r"\giga \byte", "GB"),
        (r"\milli\second", "ms"),
        (r"\percent", "%"),
        (r"\kilo\watt\hour", "kWh"),
        (r"\meter\per\second", "m/s"),
        (r"\meter\per\second\squared", "m/s^2"),
        (r"\joule\per\kilogram\per\kelvin", "J/(kg·K)"),
        (r"\per\second", "1/s"),
        (r"\square\meter", "m^2"),
        (r"\micro\meter", "µm"),
        (r"\GHz", "GHz"),
        (r"\meter\tothe{4}", "m^4"),
        ("TB/s", "TB/s"),
        (r"\degreeCelsius", "°C"),
        ("", ""),
    ],
)
def test_units(unit: str, printed: str) -> None:
    from assay.fulltext.tex.tokens import tokens

    assert write_unit(list(tokens(unit))) == printed


def test_quantities_ranges_and_lists_never_run_together() -> None:
    assert write_quantity("80", "GB") == "80 GB"
    assert write_quantity("12.5", "%") == "12.5%"
    assert write_series(["10", "20"], "%", is_range=True) == "10% to 20%"
    assert write_series(["1", "2", "3"], "", is_range=False) == "1, 2 and 3"
    assert write_angle("45") == "45°"
    assert write_angle("1;2;3") == "1°2′3″"
