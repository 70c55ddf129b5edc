"""Phrases in Korean are read by a dictionary, word by word, and find the English that they stand for."""

import pytest

from assay.reader import korean
from assay.reader.interests import Phrase
from assay.reader.phrases import wordings
from assay.reader.terms import words_of
from assay.writing.terms import read_glossary

GLOSSARY = read_glossary("ko")


@pytest.mark.parametrize(
    ("phrase", "english"),
    [
        ("월드 모델", "world model"),
        ("이미지 편집", "image editing"),
        ("멀티모달 대형 언어 모델", "multimodal large language model"),
        ("수학적 추론", "mathematical reasoning"),
        ("도구사용", "tool use"),
        ("가우시안 스플래팅", "gaussian splatting"),
        ("3D 재구성", "3d reconstruction"),
        ("자율 주행", "autonomous driving"),
        ("보상", "reward"),
        ("LLM 에이전트", "llm agent"),
    ],
)
def test_a_korean_phrase_is_read_whole(phrase: str, english: str) -> None:
    assert " ".join(words_of(english)) in wordings(Phrase(text=phrase), GLOSSARY)


def test_a_phrase_with_a_word_that_nobody_knows_stands_for_itself_alone() -> None:
    assert wordings(Phrase(text="쿼카 모델"), GLOSSARY) == ["쿼카 모델"]


def test_every_row_of_the_dictionary_says_something_once() -> None:
    rows = [row.split(" | ") for row in korean.ROWS.strip().splitlines()]
    assert [english for english, _ in rows] == sorted({english for english, _ in rows})
    for english, words in rows:
        assert english.isascii()
        assert all(map(words_of, english.split(", ")))
        assert len(set(words.split())) == len(words.split())
        assert not any(word.isascii() for word in words.split())
