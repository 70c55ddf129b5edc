"""The trials of MutaGReP run, and notice plans that lose their steps and a prompt that holds everything."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assay.methods.agents.repo_plan_search import Plan
from assay.papers.verdict import Verdict
from assay.testbed.pretrained import load_language_model
from assay.trials import discover, run_trial
from assay.trials.agents import repo_plan_search
from assay.trials.agents.repo_plan_search import MONOTONIC, PLAIN, UNCONSTRAINED, pretrained
from assay.trials.agents.repo_plan_search._grounding import Asked, ways
from assay.trials.agents.repo_plan_search._noise import NoisyProposer
from assay.trials.agents.repo_plan_search._tasks import LEAST, MOST, index_repository
from tests.trials.scores import claimed, score


def test_they_are_found() -> None:
    assert {(trial.claim, trial.pretrained) for trial in discover("2502.15872")} == {
        ("unconstrained-mutation-gain", False), ("context-tokens", False), ("unconstrained-mutation-gain", True),
    }  # fmt: skip


def test_what_a_task_needs_is_in_the_index_and_the_function_itself_is_not() -> None:
    indexed = index_repository("sklearn", "cluster", 6, 0)
    paths = {symbol.path for symbol in indexed.index.symbols}
    for task in indexed.tasks:
        assert LEAST <= len(task.needed) <= MOST
        assert set(task.needed) <= paths
        assert task.path not in paths
        assert task.request
    assert index_repository("sklearn", "cluster", 6, 1).tasks != indexed.tasks
    with pytest.raises(ValueError, match="is not installed"):
        index_repository("no_such_package", "", 6, 0)


@pytest.mark.parametrize("edits", ["monotonic", "several", "unconstrained"])
def test_the_script_proposes_the_same_again_and_keeps_what_it_must(edits: Any) -> None:
    indexed = index_repository("sklearn", "cluster", 6, 0)
    first, again = (NoisyProposer(indexed, indexed.tasks[0], edits, 0) for _ in range(2))
    plan = Plan("x")
    proposed = first(plan, 20)
    assert proposed == again(plan, 20)
    lengths = {len(each) for each in proposed}
    assert lengths == ({1} if edits == "monotonic" else lengths)
    if edits != "monotonic":
        assert max(lengths) > 1


def test_rewriting_finds_more_than_adding_a_step_and_not_if_most_of_a_plan_is_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    measurement = run_trial(repo_plan_search.searches, quick=True)
    # So few tasks leave open by how much.
    possible = {measurement.verdict, *(measurement.verdict_between or ())} - {Verdict.UNDECIDED}
    assert possible <= {Verdict.SEEN, Verdict.DIRECTION_SEEN}, measurement.verdict_reason
    assert measurement.evidence == "simulated"
    figures = claimed(measurement).figures
    assert claimed(measurement).candidate > figures[MONOTONIC]
    lines = {line.name: line.values for line in measurement.curves[0].lines}
    assert all(list(values) == sorted(values) for values in lines.values())  # what an oracle has found it keeps
    broken = dict(repo_plan_search._ARMS) | {UNCONSTRAINED: ("unconstrained", {"most_steps": 1})}
    monkeypatch.setattr(repo_plan_search, "_ARMS", broken)
    assert run_trial(repo_plan_search.searches, quick=True).verdict is Verdict.NOT_SEEN


def count_words(_bench: Any) -> Any:
    return lambda text: len(text.split())


def test_a_prompt_is_a_small_part_of_a_repository_and_not_if_it_holds_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repo_plan_search, "_counter", count_words)
    measurement = run_trial(repo_plan_search.prompts, quick=True)
    assert measurement.verdict in (Verdict.SEEN, Verdict.DIRECTION_SEEN), measurement.verdict_reason
    assert score(measurement, "needed symbols in the prompt").candidate >= 50
    assert score(measurement, "time to index sklearn").candidate > 0

    def with_everything(self: Plan, repository: Any, **_how: Any) -> str:
        return "\n".join(repository.source(symbol) for symbol in repository.symbols if symbol.kind == "class")

    monkeypatch.setattr(Plan, "to_prompt", with_everything)
    assert run_trial(repo_plan_search.prompts, quick=True).verdict is Verdict.NOT_SEEN


def test_symbols_are_found_by_sentences_that_the_index_has_not() -> None:
    asked = Asked.of(index_repository("sklearn", "cluster", 6, 0).index.repository)
    told = {way: hits for way, hits in ways(asked).items() if "MiniLM" not in way}
    shares = {way: sum(hits()) for way, hits in told.items()}
    assert len(shares) == 3
    assert all(share > 0 for share in shares.values())


def row(*, works: bool) -> dict[str, dict[str, float]]:
    """What a task comes to, with a search that works or does not."""
    arms = (UNCONSTRAINED, MONOTONIC)
    found = {UNCONSTRAINED: 0.6 if works else 0.1, MONOTONIC: 0.2, PLAIN: 0.3}
    return {"found": found, "asked": dict.fromkeys(arms, 4.0), "unreadable": dict.fromkeys(arms, 1.0)}


def test_searches_with_a_model_are_compared(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    monkeypatch.setattr(pretrained, "_try", lambda *_: row(works=True))
    measurement = run_trial(pretrained.proposed_by_a_model, quick=True, model=tiny_model)
    assert measurement.verdict is Verdict.SEEN, measurement.verdict_reason
    assert score(measurement, f"answers that held a plan, {UNCONSTRAINED}").candidate == 75
    monkeypatch.setattr(pretrained, "_try", lambda *_: row(works=False))
    assert run_trial(pretrained.proposed_by_a_model, quick=True, model=tiny_model).verdict is Verdict.NOT_SEEN


def test_the_model_is_shown_examples_and_heard_up_to_the_next(
    monkeypatch: pytest.MonkeyPatch, tiny_model: Path
) -> None:
    asked: list[str] = []

    class Model:
        name = "scripted"

        def answer(self, prompts: Sequence[str], **_how: Any) -> list[str]:
            asked.extend(prompts)
            return ["1. Validate the size.\n2. Find clusters.\n\nRequest: x\n1. Another." for _ in prompts]

    monkeypatch.setattr(pretrained, "as_model", lambda *_, **__: Model())
    indexed = index_repository("sklearn", "cluster", 6, 0)
    told = pretrained._try(load_language_model(tiny_model), indexed, indexed.tasks[0], 4, 0)
    assert set(told["found"]) == {UNCONSTRAINED, MONOTONIC, PLAIN}
    assert told["asked"] == {UNCONSTRAINED: 3, MONOTONIC: 3}
    assert told["unreadable"] == {UNCONSTRAINED: 0, MONOTONIC: 0}
    better, *_, following = asked
    assert better.endswith(f"Request: {indexed.tasks[0].request}\nSteps so far:\n(none)\nBetter steps:\n")
    assert following.endswith("Next step:\n")
    assert not any("Another" in prompt for prompt in asked)
