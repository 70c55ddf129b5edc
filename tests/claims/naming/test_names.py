"""Names are distinguished from words, amounts and acronyms."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.claims.naming.names import Vocabulary, names


def name_texts(text: str) -> list[str]:
    return [name.text for name in names(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We compare GPT-4o and o1-mini on MATH-500 and AIME24.", ["GPT-4o", "o1-mini", "MATH-500", "AIME24"]),
        ("It builds on Qwen2.5-VL-7B, LLaMA-3 and ImageNet.", ["Qwen2.5-VL-7B", "LLaMA-3", "ImageNet"]),
        ("VBench와 GPT-4o에서 Gullwing-2B가 앞선다.", ["VBench", "GPT-4o", "Gullwing-2B"]),
        ("It solves 41% of SWE-bench Verified.", ["SWE-bench Verified"]),
        ("Llama 3.1 70B and Qwen 2.5 are used.", ["Llama 3.1", "Qwen 2.5"]),
        ("RL with SFT and DPO trains an LLM; MLLMs and VLMs answer QA by CoT on GPUs.", []),
        ("The Transformer of Section 4 is 2.5x faster on a 7B model with a 128K context, 8-bit and 3D.", []),
        ("Stage III of Fig. 2 uses Top-5 and a 16-step, LLM-based Text-to-Image pipeline.", []),
        ("Code is at https://example.org/ToyBench2 today.", []),
        ("ＧＰＴ－４も玩具で使う。", ["ＧＰＴ－４"]),
        ("An ordinary Sentence With Capitals, As Titles Have.", []),
    ],
)
def test_names(text: str, expected: list[str]) -> None:
    assert name_texts(text) == expected


@given(st.text(max_size=80))
def test_names_stand_where_they_are_said_to(text: str) -> None:
    at = 0
    for name in names(text):
        assert text[name.start : name.end] == name.text
        assert at <= name.start < name.end
        at = name.end


def test_what_does_not_stand_in_the_paper() -> None:
    paper = Vocabulary(
        ["We train Gullwing on Qwen2.5 with Tidal Cache Pruning and compare with GPT-4o on ToyBench and Image Net."]
    )
    summary = "Gullwing-7B (Qwen2.5-7B, TCP) beats GPT4o and GPT-40 on ToyBench-Hard, ImageNet and OddSet."
    assert [(name.text, slip) for name, slip in paper.foreign(summary)] == [("GPT-40", "GPT-4o"), ("OddSet", "")]


def test_a_slip_that_the_paper_makes_too_is_none() -> None:
    assert list(Vocabulary(["We ask GPT-40."]).foreign("They ask GPT-40.")) == []
