"""What a report says that a figure is of: as the paper writes it, and with the figure that was meant."""

import pytest

from assay.claims.check import check
from assay.papers.models import Paper, Parts

ABSTRACT = (
    "TideKV-Large scores 41.2% on LakeBench-v2 and 52.6% on MMRiver. "
    "The offline planner succeeds in 71% of the trials, the online planner in 64%. "
    "A 13B model reaches an F1 of 0.77, a 7B model one of 0.69."
)


NAMES = (
    "Qwen3-VL-235B-A22B-Instruct scores 61.2% on Café-Net and 81.2% on "
    "Naïve-Bench. The 0.5B model has a recall of 0.61, the 1500M model one of 0.79."
)


@pytest.mark.parametrize(
    ("abstract", "text", "language", "given"),
    [
        (ABSTRACT, "It scores 41.2% on MMRiver.", "en", "LakeBench-v2, not MMRiver"),
        (ABSTRACT, "MMRiver에서 41.2%를 얻는다.", "ko", "LakeBench-v2, not MMRiver"),
        (ABSTRACT, "The 7B model has an F1 of 0.77.", "en", "13B, not 7B"),
        (
            ABSTRACT,
            "Offline planners succeed in 64% of the trials.",
            "en",
            "online, not succeed, trials and Offline (which has 71%)",
        ),
        (NAMES, "Naïve-Bench gives it 61.2%.", "en", "Café-Net, not Naïve-Bench"),
        ("It cuts memory by 70% and latency by 26%.", "메모리를 26% 줄인다.", "ko", "latency, not memory"),
        (NAMES, "The 0.5B model has a recall of 0.79.", "en", "1500M, not 0.5B"),
    ],
)
def test_it_is_told_in_the_words_of_the_texts(abstract: str, text: str, language: str, given: str) -> None:
    paper = Paper(id="9912.99901", title="A cache", abstract=abstract)
    found = check(Parts(result=text), paper, language=language).figures
    assert [each.given for each in found if each.state == "misattributed"] == [given]
