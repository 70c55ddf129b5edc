"""The same figure is found however it is written, in English and in Korean, and none is found in a name."""

import re
import time
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay.claims.numbers.quantities import Figure, Quantity, count_words, figures, quantities
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


@pytest.mark.parametrize(
    "text",
    [
        "9" * 100_000,
        "9,999" * 2_000,
        "two to " * 1_500,
        "a third half " * 1_500,
        "두세 " * 1_500,
        "1-" * 1_500,
        "1 " * 1_500,
        "9." * 2_000,
    ],
)
def test_long_runs_of_digits_take_no_minute(text: str) -> None:
    start = time.process_time()
    figures(text)
    quantities(text, words=True)
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
        ("a width of 4 bits; 8 bits per weight", "4 bits setting, 8 bits setting"),
        ("4 bit quantization, 4비트 모델", "4 bit setting, 4비트 setting"),
        ("4비트 이하", "4비트 setting"),
        ("160 to 650 bits per second", "160 to 650 bits per second figure"),
        ("a 4-bit model in 3D at 720p", "4-bit setting, 3 label, 720p setting"),
        ("Table 2 and (1) show top-5", "2 label, 1 label"),
        ("published in 2024", "2024 year"),
        ("the 1990s", "1990s year"),
        ("Claude 3.5 Sonnet and HippoRAG 2", "3.5 version, 2 version"),
        ("AlpacaEval 2.0 directly", "2.0 version"),
        ("a score of 8.69/10", "8.69 figure"),
        ("1/4 of the FLOPs", "1/4 figure"),
        ("at a rate of 3e-7", ""),
        ("below 8.4e-9, a GPT-4e5 of 5e", "8.4e-9 figure"),
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
        ("200만 개 이상", "2E+6", "2E+6", "", "at least"),
    ],
)
def test_value_unit_and_bound(text: str, low: str, high: str, unit: str, bound: str) -> None:
    (quantity,) = quantities(text)
    assert (quantity.low, quantity.high, quantity.unit, quantity.bound) == (Decimal(low), Decimal(high), unit, bound)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"ToyNet is $\sim$3x faster than PlayNet and wins $>$90\% of games.", "about 3x, at least 90%"),
        (r"A query costs $3\times 10^{-4}$ dollars.", "0.0003USD"),
        (r"It scores 83.7$\pm$0.2 and 84.7±0.3.", "83.7±0.2, 84.7±0.3"),
        (r"Accuracy rises from $71.2_{\pm 0.3}$ to $83.7_{\pm 0.2}$.", "71.2±0.3, 83.7±0.2"),
        ("It scores 83.7 ± 0.2%, 71.2% (±0.3%) or 84.1 (SD 0.4).", "83.7%±0.2, 71.2%±0.3, 84.1±0.4"),
        ("It scores 83.7 (0.2), and 0.749 (+30.9%).", "83.7±0.2, 0.749, 30.9%"),
        (r"It needs $\sim$10 GB of memory.", "about 10GB"),
        (r"It gains $\approx$5 points over PlayNet.", "about 5points"),
        (r"It reaches $\geq$ 95% accuracy.", "at least 95%"),
        (r"It cuts cost by $\times$3.", "3x"),
        (r"Training costs \$500 and takes $\sim$2 hours.", "500USD, about 2h"),
        (r"Accuracy improves by 5\%--10\% over the baseline.", "5-10%"),
        (r"1\,000 images and 12 345 kites", "1000, 12345"),
        ("ＧＰＴ－４も玩具で使う。", ""),
        ("５％ 개선", "5%"),
        ("an error of 3.69 × 10−31, of 3×10⁻⁴ and of 10⁻⁴", "3.69E-31, 0.0003, 0.0001"),
        ("5020 times, compared to 4143 times", "5020, 4143"),
        ("It was repeated 3 times, and is 3 times faster.", "3, 3x"),
        ("30 of 45 tasks and 7 out of the 9 sets", "30 of 45, 45, 7 of 9, 9"),
        ("45개 과제 중 30개", "45, 30 of 45"),
        ("12만 5천 개와 1억 4천만 개, 이미지 10억 개", "125000, 140000000, 1000000000"),
        ("12만 개, 5천 명", "120000, 5000"),
        ("4분의 1과 3분의 2, 1/4만 쓴다", "0.25x, 0.6667x, 0.25x"),
        ("1/24th of the cost", "0.0417x"),
        ("by a factor of 3, by factors of up to 2.5", "3x, at most 2.5x"),
        ("3만2천 개, 30만 5,300개, 1조 2천억 토큰", "32000, 305300, 1200000000000"),
        ("1.5억 개, 2백만 개, 5천 개", "150000000, 2000000, 5000"),
        ("3.2 GB/s, 400 W, 5 kWh, €30, $3M", "3.2GB/s, 400W, 5kWh, 30EUR, 3000000USD"),
        ("$2^{10}$ rows, 3-fold cross-validation, 3-fold gains", "3, 3x"),
        ("It calls the tool 3 times per day.", "3"),
        ("100분의 1로, 10분 5초", "0.01x, 605s"),
        ("1 h 30 min, 2분 30초", "90min, 150s"),
        ("2 배치와 3배포", "2, 3"),
        ("n=640 prompts", "640"),
        ("values in {-1, 0, 1}", ""),
        ("DCPO는 DAPO(13.3)와 GRPO(20.5)를 앞선다.", "13.3, 20.5"),
        ("14 ways to fail, a 5-way choice", "14"),
        ("a 16K-token generation of a 20B-level model", "16000, 20000000000"),
    ],
)  # fmt: skip
def test_what_a_sentence_says(text: str, expected: str) -> None:
    assert ", ".join(map(_describe, quantities(text))) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("twice as fast", "2x"), ("a two-fold gain", "2x"), ("halving the cost", "0.5x"), ("tripled", "3x"),
        ("ten times fewer", "10x"), ("a fivefold increase", "5x"), ("more than three times faster", "at least 3x"),
        ("two and a half times faster", "2.5x"), ("two to three times faster", "2-3x"),
        ("an order of magnitude", "10x"), ("two orders of magnitude", "100x"),
        ("1 to 2 orders of magnitude", "10-100x"),
        ("a third of the cost", "0.3333x"), ("two thirds", "0.6667x"), ("one-third fewer steps", "0.3333x"),
        ("three quarters", "0.75x"), ("half the accuracy", "0.5x"), ("cut in half", "0.5x"),
        ("nearly half of it", "about 0.5x"),
        ("half a million images", "500000"), ("two million images", "2000000"), ("half an hour", "0.5h"),
        ("two hours", "2h"),
        ("fifty percent", "50%"), ("triples the speed", "3x"), ("a five-second clip", "5s"),
        ("두 배 빠르다", "2x"), ("세배", "3x"), ("두세 배", "2-3x"), ("열 배 이상", "at least 10x"),
        ("절반으로 줄었다", "0.5x"),
        ("삼분의 일 수준", "0.3333x"), ("다섯 시간", "5h"), ("절반 가까이", "about 0.5x"),
        ("by a factor of two", "2x"), ("between two and three times faster", "2-3x"),
        ("five percentage points", "5points"),
        ("one-tenth the cost", "0.1x"), ("double the win rate", "2x"), ("a quarter of the data", "0.25x"),
        # none of these gives a number
        ("the Pick-Double set and a double-check", ""), ("our contributions are threefold", ""),
        ("several times faster", ""),
        ("object triples of a graph", ""), ("it doubles as a critic", ""), ("we ran it twice", ""),
        ("a third stage", ""),
        ("the second half", ""), ("dozens of tools", ""), ("at two points in time", ""), ("half-precision", ""),
        ("ten-fold cross-validation", ""), ("두 자릿수 향상", ""),
        ("a third-party tool", ""), ("수십 배", ""), ("몇 배", ""), ("첫 번째와 두 번째", ""), ("모두 배치했다", ""),
        ("두 배치", ""),
    ],
)  # fmt: skip
def test_numbers_in_words(text: str, expected: str) -> None:
    found = quantities(text, words=True)
    assert ", ".join(map(_describe, found)) == expected
    assert all(quantity.in_words for quantity in found)
    assert quantities(re.sub(r"\d", "", text)) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("two models and eleven tasks", [2, 11]),
        ("twenty-five tasks, a dozen models, a hundred toys", [25, 12, 100]),
        ("two hours, three times faster, half of it", []),
        ("one of them, hundreds of toys, a two-fold gain", []),
        ("세 가지 과제와 열두 개의 모델, 두 모델", [3, 12, 2]),
        ("보고서 천 편과 과제 셋, 모델군은 둘이다.", [1000, 3, 2]),
        ("첫 번째, 두 번째, 한 가지, 세 배", []),
    ],
)
def test_counts_in_words(text: str, expected: list[int]) -> None:
    assert [int(quantity.value) for quantity in count_words(text)] == expected
    assert all(quantity.grain == 0 for quantity in count_words(text))


def test_shares_in_words() -> None:
    shares = [
        (int(each.value), each.whole) for each in count_words("on seven of the nine tasks and five out of 12 sets")
    ]
    assert shares == [(7, 9), (9, None), (5, 12)]


def _describe(quantity: Quantity) -> str:
    value = f"{quantity.low:.5g}-{quantity.high:.5g}" if quantity.is_range else f"{quantity.high.normalize()}"
    if not quantity.is_range and quantity.high == quantity.high.to_integral_value():
        value = f"{quantity.high:.0f}"
    whole = f" of {quantity.whole}" if quantity.whole else ""
    deviation = f"±{quantity.deviation}" if quantity.deviation is not None else ""
    return f"{quantity.bound} {value}{quantity.unit}{whole}{deviation}".strip()


def test_offsets_are_those_of_the_text_with_its_latex() -> None:
    text = r"From $71.2_{\pm 0.3}$ to **83.7**\%, $\sim$3x and \$500."
    found = [text[quantity.start : quantity.end] for quantity in quantities(text)]
    assert found == [r"71.2_{\pm 0.3}", r"83.7**\%", "3x", r"\$500"]
