"""What templates call: claims beside their measurements, and words in the page's language."""

from assay.papers.models import OtherValue
from assay.publish.site.words import digest_said, measured_claims, metric_words, origin_words, other_claims, tally_of
from tests.papers.measured import measurement
from tests.publish.sample import CLAIMS, sample_day
from tests.publish.site.sample import NOT_SEEN, SEEN_HERE, TREND


def test_each_claim_stands_beside_its_measurements() -> None:
    gone = measurement(claim="gone")
    assert measured_claims(CLAIMS, [NOT_SEEN, SEEN_HERE, gone]) == [
        (CLAIMS[0], [NOT_SEEN, SEEN_HERE]),
        (gone.claimed, [gone]),
    ]
    assert other_claims(CLAIMS, [NOT_SEEN, gone]) == [CLAIMS[1]]


def test_a_metric_in_the_language_of_the_page() -> None:
    assert metric_words(TREND, "ko") == "정확도 with tokens"
    assert metric_words(CLAIMS[1], "ko") == "오차 ↓"
    assert metric_words(CLAIMS[1], "en") == "error ↓"


def test_only_a_digest_that_differs_from_the_paper_is_quoted() -> None:
    assert digest_said(CLAIMS[0]) == ""
    assert digest_said(CLAIMS[1]) == "30.9%"
    assert digest_said(CLAIMS[1].model_copy(update={"source": "digest"})) == ""
    assert digest_said(CLAIMS[1].model_copy(update={"conflicts": (OtherValue(value=1.0, source="paper"),)})) == ""


def test_how_a_summary_came_about_is_said_in_the_language_of_the_page() -> None:
    english = sample_day().papers[3]
    assert origin_words(english, "ko") == "초록의 문장 그대로"
    assert origin_words(english, "en") == "sentences of the abstract, verbatim"


def test_a_tally_has_a_sign_beside_each_colour() -> None:
    assert tally_of([SEEN_HERE, SEEN_HERE, NOT_SEEN]) == [("reached", "✓", 2), ("missed", "✗", 1)]
