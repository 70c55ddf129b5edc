"""Why a paper stands where it does, in English and in Korean."""

import pytest

from assay.publish.labels import languages
from assay.publish.reasons import reason_words, tell_reasons
from assay.reader.reasons import Reason, ReasonKind

REASONS = (
    Reason(kind=ReasonKind.STARRED, values=("KV cache", "eviction"), count=3),
    Reason(kind=ReasonKind.AUTHOR, values=("J. Zhang",)),
    Reason(kind=ReasonKind.PHRASE, values=("diffusion",), against=True),
)


def test_reasons_stand_on_one_line_the_weightiest_first() -> None:
    assert (
        tell_reasons(REASONS, "en", most=2)
        == "like 3 papers you starred: KV cache, eviction; by J. Zhang, whom you follow"
    )
    assert tell_reasons(REASONS, "ko", most=2) == (
        "별표한 논문 3편과 비슷함: KV cache, eviction; 팔로우하는 저자: J. Zhang"
    )
    assert tell_reasons(REASONS[2:], "en") == "has “diffusion”, which you do not want"
    assert tell_reasons(REASONS[2:], "ko") == "원하지 않는 ‘diffusion’ 포함"


def test_one_paper_is_no_plural_and_votes_alone_are_no_reason_to_tell() -> None:
    one = Reason(kind=ReasonKind.LIBRARY, values=("lakes",), count=1)
    assert reason_words(one, "en") == "like 1 work in your library: lakes"
    assert tell_reasons([Reason(kind=ReasonKind.VOTES, count=7)], "en") == ""


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("kind", ReasonKind)
def test_every_kind_of_reason_has_words(kind: ReasonKind, language: str) -> None:
    reason = Reason(kind=kind, values=("lakes",), count=2, against=kind is ReasonKind.HIDDEN)
    assert ("2" if kind is ReasonKind.VOTES else "lakes") in reason_words(reason, language)
