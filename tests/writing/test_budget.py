"""A budget is never exceeded, whatever happens at one time; and tokens are counted rather too many than too few."""

import asyncio
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.writing import budget as budget_module
from assay.writing.answers import Usage
from assay.writing.budget import Budget, Prices, Spent, estimate_tokens
from assay.writing.errors import BudgetSpent
from tests.writing.server import count


@given(
    st.integers(0, 3000),
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500), st.floats(0, 1)), max_size=12),
)
def test_requests_side_by_side_never_exceed_the_budget(limit: int, requests: list[tuple[int, int, float]]) -> None:
    budget = Budget(tokens=limit)
    open_now: list[int] = []

    async def one(tokens_in: int, tokens_out: int, share: float) -> None:
        async with budget.reserve(Usage(tokens_in, tokens_out), None) as reservation:
            open_now.append(tokens_in + tokens_out)
            assert sum(open_now) + budget.spent.tokens_in + budget.spent.tokens_out <= limit
            await asyncio.sleep(0)
            open_now.remove(tokens_in + tokens_out)
            reservation.actual = Usage(tokens_in, int(tokens_out * share))

    async def main() -> list[BaseException | None]:
        return await asyncio.wait_for(asyncio.gather(*(one(*each) for each in requests), return_exceptions=True), 5)

    outcomes = asyncio.run(main())
    assert {type(end) for end in outcomes} <= {type(None), BudgetSpent}
    assert budget.spent.requests == outcomes.count(None)
    if sum(tokens_in + tokens_out for tokens_in, tokens_out, _ in requests) <= limit:
        assert outcomes.count(None) == len(requests)


def test_who_gives_up_waiting_takes_nothing_with_it() -> None:
    budget = Budget(tokens=100)

    async def main() -> None:
        async with budget.reserve(Usage(60, 0), None):
            waiting = asyncio.create_task(budget.reserve(Usage(60, 0), None).__aenter__())
            await asyncio.sleep(0)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        async with budget.reserve(Usage(100, 0), None) as reservation:
            reservation.actual = Usage(90, 10)

    asyncio.run(main())
    assert budget.spent == Spent(requests=1, tokens_in=90, tokens_out=10, money=None)


def test_money_is_known_as_long_as_all_prices_are() -> None:
    budget = Budget(money=1)

    async def spend(prices: Prices | None) -> None:
        async with budget.reserve(Usage(1000, 500), prices) as reservation:
            reservation.actual = Usage(1000, 100)

    asyncio.run(spend(Prices(2, 10)))
    assert budget.spent.money == pytest.approx(0.003)
    with pytest.raises(BudgetSpent, match="the endpoint has no prices"):
        asyncio.run(spend(None))


@pytest.mark.parametrize("limits", [{"tokens": -1}, {"money": -0.1}, {"money": float("nan")}])
def test_a_budget_below_nothing_makes_no_sense(limits: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="makes no sense"):
        Budget(**limits)  # type: ignore[arg-type]


# The most tokens that any of four published tokenizers makes of it: cl100k, o200k, Claude's first and DeepSeek's.
@pytest.mark.parametrize(
    ("text", "most"),
    [
        (
            (
                "Gullwing halves the latency of long-context inference on ToyBench while keeping accuracy within 0.3"
                " points of ToyNet."
            ),
            27,
        ),
        (
            (
                "걸윙은 토이벤치에서 긴 문맥 추론의 지연 시간을 절반으로 줄이면서도"
                " 정확도는 토이넷과 0.3점 이내로 유지한다."
            ),
            65,
        ),
        ("我们提出了一种新的注意力机制，在三个基准上把推理速度提高了两倍，同时保持准确率不变。", 41),
        ("本研究では、推論を二倍速くする新しい注意機構を提案し、三つのベンチマークで精度が変わらないことを示す。", 60),
        ("Мы предлагаем механизм внимания, который ускоряет вывод вдвое.", 31),
        (
            (
                r"\[ \mathcal{L}(\theta) = -\sum_{t=1}^{T} \log p_\theta(x_t \mid x_{<t})"
                r" + \lambda \lVert \theta \rVert_2^2 \]"
            ),
            53,
        ),
        (
            "| Model | ToyBench | MiniQA |\n|---|---:|---:|\n| Gullwing | 71.4 | 88.25 |\n| ToyNet | 69.0 | 85.10 |",
            48,
        ),
        ('{"finding": "Gullwing is 2.5x faster", "figures": [1, 2.5, 40]}', 30),
        ("def attend(q, k, v):\n    scores = q @ k.transpose(-1, -2)\n    return scores.softmax(-1) @ v\n", 34),
    ],
)
def test_the_estimate_is_no_less_than_what_tokenizers_count(text: str, most: int) -> None:
    assert most <= estimate_tokens(text) <= 2 * most


@given(st.text(min_size=1).filter(str.strip))
def test_every_text_has_tokens(text: str) -> None:
    assert estimate_tokens(text) >= 1


@given(st.text(), st.text())
def test_a_longer_text_has_no_fewer(text: str, more: str) -> None:
    assert (
        estimate_tokens(text) <= estimate_tokens(f"{text}\n{more}") <= estimate_tokens(text) + estimate_tokens(more) + 2
    )


def test_every_character_counts() -> None:
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    classes = [pattern for pattern, _ in budget_module._PIECES]
    assert "".join(set(everything) - set("".join("".join(pattern.findall(everything)) for pattern in classes))) == " "
    assert estimate_tokens("가" * 100) == 160
    assert estimate_tokens("Gullwing beats ToyNet") >= count("Gullwing beats ToyNet")
