"""What is said of a digit is what is to be seen."""

import torch

from assay.testbed.images import digits
from assay.testbed.tasks.described_digits import (
    LONGEST,
    TRAITS,
    WORDS,
    DigitJudge,
    asked_for,
    description,
    request,
    traits_told,
)

KNOWN, OTHERS = digits()
JUDGE = DigitJudge(KNOWN, 5)


def test_a_description_tells_all_traits_and_a_request_two() -> None:
    assert " ".join(description((7, 2, 2, 1, 0))) == (
        "this is a bold seven that leans to the left , drawn wide , with most of its ink at the top"
    )
    assert " ".join(request((7, 2, 1, 1, 0))) == "draw an odd digit that stands upright"
    traits = torch.cartesian_prod(*(torch.arange(len(words)) for words in TRAITS.values()))
    for each in traits.tolist():
        assert traits_told(description(each)) == each
        assert len(description(each)) <= LONGEST
        assert {*description(each), *request(each)} <= set(WORDS)
    assert asked_for(torch.tensor([[7, 2, 1, 1, 0]])).tolist() == [[1, 1]]


def test_nothing_is_told_by_silence_or_by_contradiction() -> None:
    assert traits_told("this is a thin bold seven".split()) == [7, -1, -1, -1, -1]


def test_traits_are_measured_of_what_is_to_be_seen() -> None:
    stroke = torch.zeros(8, 8, dtype=torch.long)
    for row in range(8):
        stroke[row, row // 2 + 2] = 4
    left, right, bold = stroke, stroke.flip(1), stroke.clone()
    bold[4:, 1:7] = 4
    seen = JUDGE.traits(torch.stack([left, right, bold]).flatten(1))
    assert seen[:, 2].tolist()[:2] == [2, 0]
    assert seen[:, 1].tolist() == [0, 0, 2]
    assert seen[2, 4] == 1
    assert JUDGE.traits(torch.zeros(1, 64, dtype=torch.long)).shape == (1, 5)


def test_words_for_a_measure_are_as_frequent_among_known_digits_and_digits_are_told_apart() -> None:
    traits = JUDGE.traits_of(KNOWN)
    for column, words in enumerate(list(TRAITS.values())[1:], start=1):
        shares = traits[:, column].bincount() / len(traits)
        assert shares.sub(1 / len(words)).abs().max() < 0.06
    assert (JUDGE.traits(JUDGE.codes(OTHERS))[:, 0] == OTHERS.labels).double().mean() > 0.95
