"""Terms are translated where the language has its own word, and stay where it has none."""

import pytest

from assay.publish.terms import term


@pytest.mark.parametrize(
    ("words", "language", "expected"),
    [
        ("accuracy", "ko", "정확도"),
        ("Accuracy", "ko", "정확도"),
        ("MMLU accuracy", "ko", "MMLU 정확도"),
        ("AIME 2024 accuracy", "ko", "AIME 2024 정확도"),
        ("training loss", "ko", "학습 손실"),
        ("final training loss", "ko", "final training loss"),  # half a term would be neither language
        ("FID", "ko", "FID"),
        ("accuracy", "en", "accuracy"),
        ("accuracy", "eo", "accuracy"),
    ],
)
def test_a_term_in_a_language(words: str, language: str, expected: str) -> None:
    assert term(words, language) == expected
