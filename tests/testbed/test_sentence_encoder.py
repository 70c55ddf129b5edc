"""The real sentence encoder finds the passage that a question is about."""

import pytest
import torch

from assay.testbed.resources import NotFetchedError
from assay.testbed.sentence_encoder import SentenceEncoder, load_sentence_encoder

PASSAGES = [
    "A stack is a structure from which what was put in last is taken out first.",
    "Leaves turn light, water and carbon dioxide into glucose.",
    "Michelangelo decorated the Sistine Chapel.",
    "The train to the coast leaves at nine.",
]
QUESTIONS = ["What is a stack in computing?", "How do plants make sugar?", "Who painted the ceiling?"]


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    try:
        return load_sentence_encoder()
    except NotFetchedError as error:
        pytest.skip(str(error))


def test_each_question_finds_its_passage(encoder: SentenceEncoder) -> None:
    vectors = encoder.encode(PASSAGES)
    assert vectors.shape == (4, 384)
    assert torch.allclose(vectors.norm(dim=-1), torch.ones(4))
    assert (encoder.encode(QUESTIONS) @ vectors.T).argmax(-1).tolist() == [0, 1, 2]


def test_a_text_has_one_vector_in_any_batch(encoder: SentenceEncoder) -> None:
    together, alone = encoder.encode(PASSAGES), encoder.encode(PASSAGES, size=1)
    assert torch.allclose(together, alone, atol=1e-5)
    assert encoder.encode([]).shape == (0, 384)
