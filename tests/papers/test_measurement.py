"""Figures as people read them."""

import pytest

from assay.papers.measurement import figure


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.4123, "s", "412 ms"),
        (90.0, "s", "1.5 min"),
        (3.2e-7, "s", "0.32 µs"),
        (0.0, "s", "0 µs"),
        (1.5 * 2**30, "B", "1.5 GiB"),
        (512, "B", "512 B"),
        (2.94, "x", "2.94x"),
        (61.25, "%", "61.2 %"),
        (1234.5, "tokens", "1,234 tokens"),
        (-0.5, "nats", "-0.5 nats"),
        (0.061, "", "0.061"),
        (float("nan"), "%", "nan %"),
    ],
)
def test_figures_are_read_by_people(value: float, unit: str, text: str) -> None:
    assert figure(value, unit) == text
