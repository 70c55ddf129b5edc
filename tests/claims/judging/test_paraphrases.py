"""Right figures in other words, and in another order, are supported; the wrong ones beside them are found."""

import pytest

from assay.claims.check import check
from assay.papers.models import Paper, Parts

SIZES = "Gullwing's speed-up over TideCache falls from 1.9x for 1B models to 1.2x for 13B models."
SETS = "Accuracy of Gullwing falls from 62.0% on ToyBench to 41.5% on LakeBench."
RIVALS = "On ToyBench, Gullwing scores 62.0%, ahead of TideCache at 57.5%; on LakeBench it scores 41.5% against 40.2%."
TIMES = "Inference takes 41 ms per image, 3.1x faster than TideCache, which needs 127 ms."
SHOTS = "Zero-shot accuracy is 0.61 for Danish and 0.48 for Finnish; few-shot prompting raises both to 0.74 and 0.66."


@pytest.mark.parametrize(
    ("abstract", "language", "text"),
    [
        # Each end of a change has a thing of its own.
        (SIZES, "en", "The speed-up goes from 1.9x for 1B models to 1.2x for 13B ones."),
        (SIZES, "en", "From 1.9x at 1B to 1.2x at 13B: the speed-up shrinks."),
        (SETS, "en", "Accuracy goes from 62.0% in ToyBench down to 41.5% in LakeBench."),
        # What a figure shares with the one before it is no sign for another one.
        (
            RIVALS,
            "en",
            "TideCache gets 57.5% on ToyBench and 40.2% on LakeBench, both behind Gullwing's 62.0% and 41.5%.",
        ),
        # What has the figure that is surpassed is itself surpassed.
        (TIMES, "ko", "이미지당 41 ms로 TideCache의 127 ms보다 3.1배 빠르다."),
        (TIMES, "ko", "TideCache가 걸리는 127 ms에 비해 3.1배 빠르다."),
        # A pronoun gives figures to what stands further off.
        (SHOTS, "en", "Danish stands at 0.61 and 0.74, Finnish at 0.48 and 0.66."),
        (SHOTS, "en", "Few-shot accuracy is 0.74 for Danish and 0.66 for Finnish."),
    ],
)
def test_what_is_right_is_supported_in_other_words(abstract: str, language: str, text: str) -> None:
    assert set(_states(abstract, language, text)) == {"supported"}


@pytest.mark.parametrize(
    ("abstract", "language", "text"),
    [
        (SIZES, "en", "From 1.2x at 1B to 1.9x at 13B: the speed-up grows."),
        (SETS, "en", "It drops from 62.0% on LakeBench to 41.5% on ToyBench."),
        (RIVALS, "en", "Gullwing scores 41.5% on ToyBench and 62.0% on LakeBench."),
        (TIMES, "ko", "TideCache는 Gullwing보다 3.1배 빠르다."),
        (SHOTS, "en", "Zero-shot accuracy is 0.48 for Danish and 0.61 for Finnish."),
    ],
)
def test_what_is_wrong_in_the_same_words_is_found(abstract: str, language: str, text: str) -> None:
    assert "misattributed" in _states(abstract, language, text)


def _states(abstract: str, language: str, text: str) -> list[str]:
    paper = Paper(id="9912.99903", title="Gullwing: counting by tides", abstract=abstract)
    return [each.state.value for each in check(Parts(result=text), paper, language=language).figures]
