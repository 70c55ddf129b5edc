"""The same figure is found however it is written, in English and in Korean, and none is found in a name."""

import time
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.claims.quantities import Figure, figures, quantities
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
@example("9" * 2_000_000)
@example(f"0.{'0' * 400}1%")
def test_any_text_has_some_figures_or_none(text: str) -> None:
    for figure in figures(text):
        assert figure.value >= 0
        assert figure.unit in {"", "%", "points", "x"}
        assert figures(str(figure)) in ([figure], [Figure(figure.value.normalize(), figure.unit)])


@pytest.mark.parametrize("text", ["9" * 100_000, "9,999" * 10_000, "1-" * 10_000, "1 " * 10_000, "9." * 10_000])
def test_long_runs_of_digits_take_no_minute(text: str) -> None:
    start = time.process_time()
    figures(text)
    assert time.process_time() - start < 60  # less than a second; minutes, if time went with the square of the length


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a 7B model", "7B size"),
        ("with 1.5 billion parameters", "1.5 billion size"),
        ("1 billion, 8 billion and 46.7 billion parameters", "1 billion size, 8 billion size, 46.7 billion size"),
        ("a sub-10B model", "10B size"),
        ("trained on 800 billion tokens", "800 billion figure"),
        ("a context of 128K tokens", "128K length"),
        ("at 32K, it fails", "32K length"),
        ("12K questions", "12K figure"),
        ("512x512 images", "512 setting, 512 setting"),
        ("on 8xA100", "8 setting"),
        ("an 8-step schedule of 5-second clips", "8 setting, 5-second setting"),
        ("a 4-bit model in 3D", "4 label, 3 label"),
        ("Table 2 and (1) show top-5", "2 label, 1 label"),
        ("published in 2024", "2024 year"),
        ("the 1990s", "1990s year"),
        ("Claude 3.5 Sonnet and HippoRAG 2", "3.5 version, 2 version"),
        ("AlpacaEval 2.0 directly", "2.0 version"),
        ("a score of 8.69/10", "8.69 figure"),
        ("1/4 of the FLOPs", "1/4 figure"),
        ("at a rate of 3e-7", "" ),
        ("10^7 rows", "10^7 figure, 7 label"),
        ("see https://example.org/v2/x7 and arXiv:2411.04330v2", ""),
        ("GPU 4대로 90시간", "4 figure, 90시간 figure"),
    ],
)  # fmt: skip
def test_what_a_number_is_there_for(text: str, expected: str) -> None:
    descriptions = [f"{text[q.start : q.end]} {q.sort}" for q in quantities(text, labels=True)]
    assert ", ".join(descriptions) == expected


@pytest.mark.parametrize(
    ("text", "low", "high", "unit", "bound"),
    [
        (r"$12.5\%$", "12.5", "12.5", "%", ""),
        (r"$2.3\times$ faster", "2.3", "2.3", "x", ""),
        ("**85.67**%", "85.67", "85.67", "%", ""),
        ("15.81times less", "15.81", "15.81", "x", ""),
        ("sim5x faster", "5", "5", "x", "about"),
        ("(leq3B parameters)", "3E+9", "3E+9", "", "at most"),
        ("by up to an average of 5%", "5", "5", "%", "at most"),
        ("more than 600,000 examples", "600000", "600000", "", "at least"),
        ("an improvement over 12 baselines", "12", "12", "", ""),
        ("2.5x-5x", "2.5", "5", "x", ""),
        ("between 2 and 3 hours", "2", "3", "h", ""),
        ("10-20K samples", "10000", "20000", "", ""),
        ("an absolute 5% absolute gain", "5", "5", "points", ""),
        ("-3.6 points", "-3.6", "-3.6", "points", ""),
        ("a cost of $0.02", "0.02", "0.02", "USD", ""),
        ("약 2.5배에서 5배", "2.5", "5", "x", "about"),
        ("200만 개 이상", "2E+6", "2E+6", "", ""),
    ],
)
def test_value_unit_and_bound(text: str, low: str, high: str, unit: str, bound: str) -> None:
    (quantity,) = quantities(text)
    assert (quantity.low, quantity.high, quantity.unit, quantity.bound) == (Decimal(low), Decimal(high), unit, bound)


@pytest.mark.parametrize(
    ("text", "value"),
    [("twice as fast", 2), ("a two-fold gain", 2), ("halving the cost", Decimal("0.5")), ("an order of magnitude", 10),
     ("ten times fewer", 10), ("tripled", 3)],
)  # fmt: skip
def test_multiples_in_words(text: str, value: Decimal) -> None:
    (quantity,) = quantities(text, words=True)
    assert (quantity.value, quantity.unit) == (value, "x")
    assert quantities(text) == []


def test_names_hold_no_multiples() -> None:
    assert quantities("the Pick-Double set and a double-check", words=True) == []
