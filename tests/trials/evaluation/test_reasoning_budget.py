"""The trials of reasoning budgets run, and notice a wrap-up that does not wrap up and phrases that are not found."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from assay.methods.evaluation.reasoning_budget import Labels, WrapUp
from assay.papers.verdict import Verdict
from assay.testbed.tasks.chain_of_thought import CHECK, END, FIRST, NONE, THINK, Chains
from assay.trials import discover, run_trial
from assay.trials.evaluation import reasoning_budget as trials
from assay.trials.evaluation.reasoning_budget import pretrained
from tests.trials.scores import claimed, score

WIDTH = Chains().prompt_length


class Thinker:
    """Writes what a model that has learnt the task perfectly would, with or without idling."""

    def __init__(self, task: Chains) -> None:
        self.task = task

    def to(self, device: Any) -> "Thinker":
        return self

    def generate(self, ids: Tensor, *, logits_processor: list[Any], max_new_tokens: int, **_: Any) -> Tensor:
        for _step in range(max_new_tokens):
            scores = torch.zeros(len(ids), self.task.vocabulary)
            for row, tokens in enumerate(ids.tolist()):
                scores[row, self.next(tokens)] = 9.0
            for processor in logits_processor:
                scores = processor(ids, scores)
            ids = torch.cat([ids, scores.argmax(-1, keepdim=True)], dim=1)
        return ids

    def next(self, tokens: list[int]) -> int:
        table, start, written = tokens[1 : WIDTH - 3], tokens[WIDTH - 2], tokens[WIDTH:]
        chain = [start]
        while (following := table[chain[-1] - FIRST]) != NONE:
            chain.append(following)
        hops = [each for each in written if each >= FIRST]
        if END in written:
            return (hops or [start])[-1]
        if len(hops) < len(chain) - 1:
            return chain[len(hops) + 1]
        idle = 4 + start % 20 if self.task.idle else 0
        return CHECK if written.count(CHECK) < idle else END


@pytest.fixture
def _learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_train", lambda task, *_: Thinker(task))


def test_they_are_found() -> None:
    assert {trial.function: (trial.claim, trial.pretrained) for trial in discover("2502.01584")} == {
        "over_thinking": ("accuracy-by-thinking", False),
        "chain_of_thought": ("accuracy-by-thinking", True),
    }


@pytest.mark.usefixtures("_learnt")
def test_a_wrap_up_keeps_what_truncation_loses() -> None:
    measurement = run_trial(trials.over_thinking, quick=True)
    assert measurement.verdict is Verdict.SEEN, measurement.verdict_reason
    assert claimed(measurement).candidate > 0
    share = score(measurement, "accuracy with 8 tokens of thinking")
    assert share.candidate == 100
    assert share.others[0].value < 50
    assert score(measurement, "largest gap between the two where nothing idles").candidate == 0


@pytest.mark.usefixtures("_learnt")
def test_a_wrap_up_that_does_nothing_wins_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WrapUp, "__call__", lambda self, ids, scores: scores)
    measurement = run_trial(trials.over_thinking, quick=True)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert not score(measurement, "accuracy with 8 tokens of thinking").met


@pytest.mark.usefixtures("_learnt")
def test_labels_that_find_nothing_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "label_trace", lambda trace: Labels(False, False, False, 0, not trace.finished))
    measurement = run_trial(trials.over_thinking, quick=True)
    assert not score(measurement, "precision and recall").met
    assert measurement.verdict is Verdict.NOT_SEEN


def test_a_model_that_learns_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "_WIDE", (2, 8, 40))
    assert run_trial(trials.over_thinking, quick=True).verdict is Verdict.UNDECIDED  # three steps teach nothing


def test_examples_are_what_they_should_be() -> None:
    task = Chains(idle=5.0)
    prompts, chains = task.items(20, torch.Generator().manual_seed(3))
    assert prompts.shape == (20, task.prompt_length)
    assert {len(chain) for chain in chains} == {2, 3, 4, 5, 6}
    assert all(
        Thinker(task).next([*row, *chain, END]) == chain[-1]
        for row, chain in zip(prompts.tolist(), chains, strict=True)
    )
    batch = task.batch(4, torch.Generator().manual_seed(3))
    assert (batch["input_ids"][:, task.prompt_length - 1] == THINK).all()
    assert (batch["labels"][:, : task.prompt_length] == -100).all()
    with pytest.raises(ValueError, match="chains of 2 to 6 hops do not fit into 6 things"):
        Chains(things=6)


def test_a_model_thinks_and_is_wrapped_up(tiny_model: Path) -> None:
    pytest.importorskip("reasoning_gym", reason="reasoning-gym, the extra `reasoning`, is not installed")
    measurement = run_trial(pretrained.chain_of_thought, quick=True, model=tiny_model)
    assert measurement.verdict is not Verdict.SEEN
    assert score(measurement, "accuracy, 2 tokens of thinking").candidate == 0


@pytest.mark.parametrize(
    ("text", "number"),
    [("3 * 4 = 12. So it is 12.0", "12"), ("1,234", "1234"), ("The answer is -5", "-5"), ("none", "")],
)
def test_the_last_number_is_the_answer(text: str, number: str) -> None:
    assert pretrained._last_number(text) == number
