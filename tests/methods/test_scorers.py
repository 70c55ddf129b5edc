"""Rewards, costs and verifiers: functions and classifiers give one shape, and what is no score is refused."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from transformers import BatchEncoding, LlamaConfig, LlamaForSequenceClassification, LlamaForTokenClassification

from assay.methods._scorers import ScoreError, as_scorer, as_step_scorer

SHAPE: dict[str, Any] = {
    "vocab_size": 40,
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "pad_token_id": 0,
}


class Letters:
    """A tokenizer of letters, as far as scoring asks one."""

    def __call__(self, text: Any, **how: Any) -> Any:
        if isinstance(text, str):
            return {"input_ids": [1 + ord(letter) % 39 for letter in text]}
        rows = [self(each)["input_ids"] for each in text]
        longest = max(map(len, rows))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
        return BatchEncoding({"input_ids": ids, "attention_mask": (ids > 0).long()})


def model(kind: Any, labels: int) -> Any:
    torch.manual_seed(0)
    how: Any = {**SHAPE, "num_labels": labels}
    return kind(LlamaConfig(**how)).eval()


def test_a_function_is_taken_as_it_is() -> None:
    assert as_scorer(lambda texts: [len(text) for text in texts])(["a", "bb"]) == [1.0, 2.0]
    assert as_scorer(lambda texts: np.array([True] * len(texts)))(["a"]) == [1.0]
    assert as_scorer(lambda texts: [])([]) == []
    assert as_step_scorer(lambda prompt, steps: [0.5] * len(steps))([("p", ["a", "b"]), ("p", [])]) == [[0.5, 0.5], []]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([1.0], "gave 1 scores for 2 texts"),
        (0.5, "gave 0.5 for 2 texts"),
        ([0.5, float("nan")], "gave nan for 'second'"),
        ([0.5, None], "gave None for 'second'"),
        (torch.zeros(2, 1), r"gave \[0.0\] for 'first'"),
    ],
)
def test_what_is_no_score_is_refused_with_its_text(given: Any, words: str) -> None:
    with pytest.raises(ScoreError, match=words):
        as_scorer(lambda texts: given, name="the reward")(["first", "second"])


def test_steps_without_a_score_each_are_refused() -> None:
    with pytest.raises(ScoreError, match="the verifier gave 1 scores for 2 texts"):
        as_step_scorer(lambda prompt, steps: [0.5])([("p", ["a", "b"])])


@pytest.mark.parametrize("labels", [1, 2])
def test_a_sequence_classifier_scores_texts_alike_alone_and_in_batches(labels: int) -> None:
    classifier = model(LlamaForSequenceClassification, labels)
    score = as_scorer(classifier, Letters())
    together = score(["abc", "defghi", "j"])
    assert together == pytest.approx([score([each])[0] for each in ("abc", "defghi", "j")], abs=1e-5)
    logits = classifier(**Letters()(["abc"])).logits[0].detach()
    assert together[0] == pytest.approx(float(logits[0] if labels == 1 else logits.softmax(-1)[1]), abs=1e-5)


def test_a_token_classifier_scores_a_step_at_its_last_token() -> None:
    classifier = model(LlamaForTokenClassification, 2)
    score = as_step_scorer(classifier, Letters())
    (scores, other) = score([("ab", ["cd", "e"]), ("abcdefg", ["h"])])
    whole = classifier(input_ids=torch.tensor([Letters()("abcde")["input_ids"]])).logits[0].detach().softmax(-1)[:, 1]
    assert scores == pytest.approx([float(whole[3]), float(whole[4])], abs=1e-5)
    assert other == pytest.approx(score([("abcdefg", ["h"])])[0], abs=1e-5)


def test_a_text_that_a_classifier_cannot_read_whole_is_refused() -> None:
    classifier = model(LlamaForSequenceClassification, 2)
    classifier.config.max_position_embeddings = 6
    assert as_scorer(classifier, Letters())(["abcdef"])
    with pytest.raises(ScoreError, match="'abcdefg' has 7 tokens, and LlamaForSequenceClassification reads 6"):
        as_scorer(classifier, Letters())(["abc", "abcdefg"])
    steps = model(LlamaForTokenClassification, 2)
    steps.config.max_position_embeddings = 6
    with pytest.raises(ScoreError, match="has 7 tokens"):
        as_step_scorer(steps, Letters())([("abcd", ["efg"])])


def test_labels_are_named_or_refused() -> None:
    classifier = model(LlamaForSequenceClassification, 3)
    with pytest.raises(ValueError, match="has 3 labels: say which"):
        as_scorer(classifier, Letters())
    with pytest.raises(ValueError, match="no label 'toxic'"):
        as_scorer(classifier, Letters(), label="toxic")
    by_name, by_number = (as_scorer(classifier, Letters(), label=label)(["ab"]) for label in ("LABEL_2", 2))
    assert by_name == by_number
    with pytest.raises(ValueError, match="without its tokenizer"):
        as_scorer(classifier)
    with pytest.raises(ValueError, match="SimpleNamespace scores nothing"):
        as_scorer(SimpleNamespace())
    with pytest.raises(ScoreError, match="has no token"):
        as_step_scorer(model(LlamaForTokenClassification, 2), Letters())([("ab", [""])])
