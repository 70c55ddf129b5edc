"""Two figures agree by what they say, however it is put: what is saved and what remains, shares, multiples, times."""

import pytest

from assay.claims.numbers.agreement import Agreement, agreement, amount
from assay.claims.numbers.quantities import count_words, quantities

SAME, ROUNDED, WEAK, CONVERTED, NONE = (
    Agreement.SAME,
    Agreement.ROUNDED,
    Agreement.WEAK,
    Agreement.CONVERTED,
    Agreement.NONE,
)


def best_agreement(summary: str, paper: str) -> Agreement:
    ours, theirs = (
        [amount(text, each) for each in [*quantities(text, words=True), *count_words(text)]]
        for text in (summary, paper)
    )
    return max(agreement(figure, reference) for figure in ours for reference in theirs)


@pytest.mark.parametrize(
    ("summary", "paper", "expected"),
    [
        # what is saved, and what remains
        ("It saves 60% of the memory", "It needs only 40% of the memory", CONVERTED),
        ("It needs only 40% of the memory", "It reduces memory by 60%", CONVERTED),
        ("It takes 0.7x the training time", "Training takes 30% less time", CONVERTED),
        ("It takes 30% less training time", "It takes 0.7x the training time", CONVERTED),
        ("The cost falls by 75%", "It reduces FLOPs to 1/4 of dense caching", CONVERTED),
        ("It cuts the cost to a quarter", "It reduces cost by 75%", CONVERTED),
        ("It takes half the cost", "It has a 50% lower cost", CONVERTED),
        ("It takes half the memory", "It takes only 50% of the memory", CONVERTED),
        ("It is 25% lower", "It reduces the cost by a quarter", CONVERTED),
        ("It takes 33% less memory", "It cuts memory by a third", CONVERTED),
        ("It takes 24 times less memory", "It takes 1/24th of the memory", CONVERTED),
        ("It takes 26 times less memory", "It takes 1/24th of the memory", NONE),
        ("메모리를 40%만 쓴다", "It reduces memory by 60%", CONVERTED),
        ("메모리를 60% 절감한다", "It uses 40% of the memory", CONVERTED),
        ("메모리를 4분의 1로 줄인다", "It reduces memory by 75%", CONVERTED),
        ("비용을 절반으로 줄인다", "It reduces cost by 50%", CONVERTED),
        ("It reduces memory by 40%", "It reduces memory to 40% of the baseline", NONE),
        ("It takes 40% of the memory", "It saves 40% of the memory", NONE),
        ("Its accuracy is 62%", "It takes 38% less memory", NONE),
        ("It solves 60% of the questions", "It takes 40% fewer tokens", NONE),
        ("It saves 60% of the memory", "It saves 40% of the memory", NONE),
        ("It reduces token usage by 41%", "Token usage is reduced (-3% to -41%)", SAME),
        ("메모리를 40%까지 줄인다", "It reduces memory by 40%", SAME),
        ("메모리를 40%로 줄인다", "It reduces memory by 40%", NONE),
        ("It saves three quarters of the compute", "It takes up to 75% less compute", CONVERTED),
        ("연산량의 4분의 3을 아낀다", "It takes up to 75% less compute", CONVERTED),
        ("It is right on about half of ToyBench", "It is right on 49% of ToyBench", CONVERTED),
        ("It is right on half of ToyBench", "It is right on 41% of ToyBench", NONE),
        ("It is best in 93% of cases", "Its alignment is best (14/15)", CONVERTED),
        # what fails, and what does not
        ("It fails in 63% of the tasks", "It reaches 37% on the tasks", CONVERTED),
        ("풀지 못하는 문제는 4.9%뿐이다", "It solves 95.1% of the problems", CONVERTED),
        ("It gives up only 12% of the accuracy", "It keeps 88% of the accuracy", CONVERTED),
        ("It fails in 60% of the tasks", "It reaches 37% on the tasks", NONE),
        ("성공률이 31.9%포인트 오른다", "We see an increase of 0.319", ROUNDED),
        # multiples
        ("It is 2x faster", "It takes 50% less time", CONVERTED),
        ("It is 50% faster", "It is 1.5x faster", CONVERTED),
        ("It doubles the throughput", "It has a 100% higher throughput", CONVERTED),
        ("It takes 1.5x less memory", "It takes 50% less memory", NONE),
        ("It is twice as fast", "It is 2x faster", SAME),
        ("두 배 빠르다", "It is twice as fast", SAME),
        ("세 배 이상 빠르다", "It is more than three times faster", SAME),
        ("It is 10x faster", "It is an order of magnitude faster", SAME),
        ("It is 3x faster", "It was repeated 3 times", WEAK),
        # shares
        ("It solves 67% of the tasks", "It solves 30 of 45 tasks", CONVERTED),
        ("It solves 30 out of 45 tasks", "It solves 66.7% of the tasks", CONVERTED),
        ("It solves two thirds of the tasks", "It solves 30 of the 45 tasks", CONVERTED),
        ("45개 과제 중 30개를 푼다", "It solves 67% of the tasks", CONVERTED),
        ("It solves 57% of the tasks", "It solves 30 of 45 tasks", NONE),
        ("It is best on 78% of the tasks", "It is best on seven of nine tasks", CONVERTED),
        ("It is best on 7 of 9 tasks", "It is best on seven of the nine tasks", SAME),
        ("It is best on 7 of 12 tasks", "It is best on 7 of 9 tasks", NONE),
        # numerals, times, deviations
        ("12만 5천 개의 이미지", "It has 125,000 images", SAME),
        ("It takes 2 hours", "It takes two hours", SAME),
        ("It takes 120 minutes", "It takes two hours", ROUNDED),
        ("It takes at most 360 seconds", "It takes 4-6 minutes", ROUNDED),
        ("It takes 4-6 minutes", "It takes 240 to 360 seconds", ROUNDED),
        ("It takes 90 minutes", "It takes 1 h 30 min", SAME),
        ("It scores 83.7±0.2", "It scores 83.7 ± 0.2", SAME),
        ("It scores 83.7", "It scores 83.7 ± 0.2", SAME),
        ("It scores 83.7±0.9", "It scores 83.7 ± 0.2", NONE),
        # a count of things and the size of a model
        ("이미지 10억 개로 학습한다", "We train XL (1B)", CONVERTED),
        ("a 1B model", "We train XL (1B)", SAME),
        ("It compares 3 models", "It compares three models", SAME),
    ],
)
def test_agreement(summary: str, paper: str, expected: Agreement) -> None:
    assert best_agreement(summary, paper) is expected
