"""What a report says that a figure is of: as the paper writes it, and with the figure that was meant."""

import pytest

from assay.claims.check import check
from assay.papers.models import Paper, Parts

ABSTRACT = (
    "TideKV-Large scores 41.2% on LakeBench-v2 and 52.6% on MMRiver. "
    "The offline planner succeeds in 71% of the trials, the online planner in 64%. "
    "A 13B model reaches an F1 of 0.77, a 7B model one of 0.69."
)


@pytest.mark.parametrize(
    ("text", "language", "given"),
    [
        ("It scores 41.2% on MMRiver.", "en", "LakeBench-v2, not MMRiver"),
        ("MMRiver에서 41.2%를 얻는다.", "ko", "LakeBench-v2, not MMRiver"),
        ("The 7B model has an F1 of 0.77.", "en", "13B, not 7B"),
        (
            "Offline planners succeed in 64% of the trials.",
            "en",
            "online, not succeed, trials and Offline (which has 71%)",
        ),
    ],
)
def test_it_is_told_in_the_words_of_the_texts(text: str, language: str, given: str) -> None:
    paper = Paper(id="9912.99901", title="A cache", abstract=ABSTRACT)
    found = check(Parts(result=text), paper, language=language).figures
    assert [each.given for each in found if each.state == "misattributed"] == [given]
