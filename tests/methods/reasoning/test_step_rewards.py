"""Step rewards: what is trained is a token classifier that all else takes, and it learns what can be learnt."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForTokenClassification

from assay.methods._branches import Branches
from assay.methods.reasoning._step_rewards import (
    StepLabels,
    StepTraining,
    new_classifier,
    read_states,
    reduce_scores,
    score_steps,
    train_step_rewards,
)
from assay.testbed.models import tiny

# peft asks transformers by a name that is going away.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")

VOCAB = 24


def policy() -> Any:
    return tiny("llama", vocab_size=VOCAB, hidden=64, layers=1)


def rows(count: int, *, seed: int = 0) -> list[StepLabels]:
    """A step is good where its last token is even."""
    generator = torch.Generator().manual_seed(seed)
    texts = [torch.randint(3, VOCAB, (9 + at % 4,), generator=generator).tolist() for at in range(count)]
    return [StepLabels(text, [4, 7, len(text)], [float(text[k - 1] % 2 == 0) for k in (4, 7, len(text))])
            for text in texts]  # fmt: skip


def right(classifier: Any, labels: list[StepLabels]) -> float:
    scores = score_steps(classifier, [(row.tokens, row.ends) for row in labels], batch=5)
    pairs = [(s > 0.5) == (v > 0.5) for row, each in zip(labels, scores, strict=True)
             for s, v in zip(each, row.values, strict=True)]  # fmt: skip
    return sum(pairs) / len(pairs)


@pytest.mark.parametrize(
    ("training", "least"),  # random states tell the last token, but not well
    [
        (StepTraining(), 0.66),
        (StepTraining("lora", epochs=6, lr=1e-2), 0.9),
        (StepTraining("all", epochs=6, lr=3e-3), 0.9),
    ],
)
def test_it_learns_which_steps_are_good_and_leaves_the_policy_alone(training: StepTraining, least: float) -> None:
    model = policy()
    before = {name: each.clone() for name, each in model.named_parameters()}
    classifier = train_step_rewards(model, rows(100), training)
    assert right(classifier, rows(40, seed=1)) > least
    assert all(torch.equal(each, before[name]) for name, each in model.named_parameters())
    assert not classifier.training


def test_scores_are_those_of_a_row_read_alone_and_of_the_saved_model(tmp_path: Path) -> None:
    classifier = train_step_rewards(policy(), rows(30))
    few = rows(7, seed=2)
    together = score_steps(classifier, [(row.tokens, row.ends) for row in few])
    for row, scores in zip(few, together, strict=True):
        logits = classifier(input_ids=torch.tensor([row.tokens])).logits[0].detach().softmax(-1)[:, 1]
        assert scores == pytest.approx([float(logits[end - 1]) for end in row.ends], abs=1e-6)
    classifier.save_pretrained(tmp_path)
    loaded = AutoModelForTokenClassification.from_pretrained(tmp_path)
    assert loaded.config.id2label == {0: "bad", 1: "good"}
    again = score_steps(loaded, [(row.tokens, row.ends) for row in few])
    assert [s for each in again for s in each] == pytest.approx([s for each in together for s in each], abs=1e-6)


def test_states_that_were_read_give_the_same_head_and_the_same_scores() -> None:
    model, few = policy(), rows(20, seed=2)
    states = read_states(model, [row.tokens for row in few], batch=3)
    assert [len(each) for each in states] == [len(row.tokens) for row in few]
    pairs = [(row.tokens, row.ends) for row in few]
    classifiers = [train_step_rewards(model, few, states=each) for each in (None, states)]
    plain, shared = (score_steps(each, pairs) for each in classifiers)
    again = score_steps(classifiers[1], pairs, states=states)
    for one, two, three in zip(plain, shared, again, strict=True):
        assert one == pytest.approx(two, abs=1e-4)
        assert two == pytest.approx(three, abs=1e-5)


def test_it_is_read_on_branches_as_in_one_piece() -> None:
    classifier = new_classifier(policy(), copy=False)
    texts = [[5, 6, 7, 8], [9, 4, 3]]
    branches = Branches.read(classifier, texts, method="Scoring").select([0, 0, 1])
    branches.append([[10], [11, 12], [13]])
    whole = [[*texts[0], 10], [*texts[0], 11, 12], [*texts[1], 13]]
    plain = torch.stack([classifier(input_ids=torch.tensor([text])).logits[0, -1].detach() for text in whole])
    torch.testing.assert_close(branches.logits, plain, atol=1e-5, rtol=1e-5)


def test_answers_are_scored_by_their_steps() -> None:
    scores = [0.5, 0.2, 0.8]
    ways: dict[Any, float] = {"min": 0.2, "mean": 0.5, "max": 0.8, "last": 0.8, "product": 0.08}
    for how, value in ways.items():
        assert reduce_scores(scores, how) == pytest.approx(value)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda: StepLabels([1, 2], [3], [1.0]), "end after"),
        (lambda: StepLabels([1, 2], [1], []), "1 steps have 0 labels"),
        (lambda: StepLabels([1, 2], [1], [1.5]), "from 0 to 1"),
        (lambda: StepTraining(body="none"), "frozen, lora or all"),  # type: ignore[arg-type]
        (lambda: StepTraining(epochs=0), "1 or more"),
        (lambda: StepTraining(lr=0), "above 0"),
        (lambda: train_step_rewards(policy(), [StepLabels([5, 6], [1], [1.0])] * 3), "nothing can be learnt"),
        (lambda: reduce_scores([]), "no score"),
        (lambda: reduce_scores([1.0], "sum"), "reduced by"),  # type: ignore[arg-type]
    ],
)
def test_what_is_refused(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        wrong()
