"""The same figure is found however it is written, in English and in Korean, and none is found in a name."""

import time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.claims.quantities import Figure, figures
from tests.papers.formats.hostile import hostile_text

whole = st.integers(0, 10**7)
numbers = st.decimals(0, 10_000, places=2, allow_nan=False, allow_infinity=False)
SAME = [
    ("%", ["{}%", "{} %", "{}\\%", "${}\\%$", "{} percent", "{} per cent"], ["{}%", "{}퍼센트"]),
    ("points", ["{} points", "{} percentage points", "{}%p"], ["{}%p", "{}포인트", "{} 퍼센트포인트"]),
    ("x", ["{}x", "{}×", "{} times", "{}-fold", "${}\\times$"], ["{}배", "{} 배"]),
]


@pytest.mark.parametrize(("unit", "english", "korean"), SAME)
@given(number=numbers)
def test_every_spelling_in_both_languages_is_the_same_figure(
    unit: str, english: list[str], korean: list[str], number: Decimal
) -> None:
    expected = [Figure(number, unit)]
    for form in english:
        assert figures(f"It gains {form.format(number)} on ToyBench.") == expected, form
    for form in korean:
        assert figures(f"ToyBench에서 {form.format(number)}의 향상을 보였다.") == expected, form


@given(whole)
def test_separators_and_scales_do_not_matter(number: int) -> None:
    assert figures(f"{number:,} tokens") == figures(f"{number} tokens") == [Figure(Decimal(number), "")]
    assert figures(f"{number}K") == figures(f"{number * 1000}") == figures(f"{number}K개")
    assert figures(f"{number}M 토큰") == figures(f"{number * 10**6:,}")


@pytest.mark.parametrize(
    "text",
    [
        "GPT-4o",
        "Llama3.1",
        "Qwen2-VL-72B",
        "Qwen2.5-VL",
        "L40",
        "A100",
        "o1-mini",
        "S2R",
        "K-LoRA",
        "BM25",
        "CIFAR-100",
        "Mistral-7B-Instruct-v0.3",
        "Llama3.1에서",
        "GPT-4와",
        "SWE_bench_2",
        "",
    ],
)
def test_a_name_holds_no_figure(text: str) -> None:
    assert figures(text) == []
    assert figures(f"We use {text}, then.") == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("between 2 and 3", ["2", "3"]),
        ("2-3%", ["2%", "3%"]),
        ("2.5x to 5x", ["2.5x", "5x"]),
        ("2.5 to 5x", ["2.5x", "5x"]),
        ("2.5배에서 5배", ["2.5x", "5x"]),
        ("from 0.572 to 0.749 (+30.9%)", ["0.572", "0.749", "30.9%"]),
        ("on GPT-4 to 5%", ["5%"]),
        ("4,096 by 16,384", ["4096", "16384"]),
        ("a 7B model", ["7000000000"]),
        ("1.5 points above 2.0", ["1.5points", "2"]),
        ("(3), [4], 5.", ["3", "4", "5"]),
    ],
)
def test_figures_in_prose(text: str, expected: list[str]) -> None:
    assert [str(figure) for figure in figures(text)] == expected


@given(hostile_text | st.text())
def test_any_text_has_some_figures_or_none(text: str) -> None:
    for figure in figures(text):
        assert figure.value >= 0
        assert figure.unit in {"", "%", "points", "x"}
        assert figures(str(figure)) in ([figure], [Figure(figure.value.normalize(), figure.unit)])


@pytest.mark.parametrize("text", ["9" * 20_000, "9,999" * 2_000, "1-" * 2_000, "1 " * 2_000, "9." * 2_000])
def test_long_runs_of_digits_take_no_time(text: str) -> None:
    start = time.perf_counter()
    figures(text)
    assert time.perf_counter() - start < 2
