"""The trials of agents from forms run, and notice rules that let everything pass and an engine that fires too soon."""

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from assay.methods.agents.zero_code_agents import Engine, SandboxError, ToolSandbox, read_workflow
from assay.papers.verdict import Verdict
from assay.testbed.tasks.country_facts import CountryFact
from assay.trials import discover, run_trial
from assay.trials.agents import zero_code_agents as trials
from assay.trials.agents.zero_code_agents import _faults as faults
from assay.trials.agents.zero_code_agents import _graphs as graphs
from assay.trials.agents.zero_code_agents import pretrained
from assay.trials.agents.zero_code_agents._polls import count_votes
from assay.trials.agents.zero_code_agents._tools import draw_tools, write_tool
from tests.methods.sandboxed import need_sandbox
from tests.trials.scores import claimed, score


def test_they_are_found() -> None:
    found = {(trial.claim, trial.pretrained) for trial in discover("2502.05957")}
    assert found == {("mended-without-hands", False), ("mended-without-hands", True)}


def test_exact_words_mend_what_bare_ones_do_not() -> None:
    need_sandbox()
    measurement = run_trial(trials.forms_and_tools, quick=True)
    assert measurement.verdict is Verdict.SEEN, measurement.verdict_reason
    valid = score(measurement, "valid forms after three repairs")
    assert valid.candidate > valid.figures[trials.FIRST] > valid.figures[trials.BARE]
    assert score(measurement, "tools that work").figures["written once"] == 0
    assert score(measurement, "of 40 graphs").candidate == 0


def test_rules_that_let_everything_pass_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for other in ("_show_tools", "_show_engine", "_show_polls"):  # of these nothing is broken
        monkeypatch.setattr(trials, other, lambda *_: None)
    monkeypatch.setattr("assay.methods.agents.zero_code_agents._reading.check_workflow", lambda *_: iter(()))
    measurement = run_trial(trials.forms_and_tools, quick=True)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert "faults refused by their kind and line" in measurement.verdict_reason


def test_an_engine_that_fires_too_soon_or_too_often_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [graphs.Graph.draw(seed) for seed in range(60)]
    read = [graphs.interpret(each) for each in drawn]
    assert all(graphs.alike(graphs.run_engine(each), rows) for each, rows in zip(drawn, read, strict=True))
    assert {type(rows) for rows in read} >= {list}
    stock = Engine._tell_listeners

    def forget(engine: Engine, run: Any, name: str) -> None:
        stock(engine, run, name)
        run.fresh.clear()

    monkeypatch.setattr(Engine, "_tell_listeners", forget)
    assert not all(graphs.alike(graphs.run_engine(each), rows) for each, rows in zip(drawn, read, strict=True))


def test_where_nothing_can_be_shut_in_it_is_not_testable(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise SandboxError("a program cannot be shut in on this system")

    monkeypatch.setattr(ToolSandbox, "use", refuse)
    monkeypatch.setattr(trials, "_mended", lambda *_: [[0.0], [50.0], [90.0], [100.0]])
    measurement = run_trial(trials.forms_and_tools, quick=True)
    assert measurement.verdict is Verdict.NOT_TESTABLE
    assert "cannot be shut in" in measurement.missing


def test_every_form_that_is_drawn_is_right_and_has_a_place_for_every_fault() -> None:
    for seed in range(20):
        clean = faults.draw_form(Random(seed)).to_xml()
        assert read_workflow(clean, known=faults.KNOWN).to_xml() == clean
        for kind in faults.kinds_that_fit():
            broken = faults.with_faults(clean, [faults.break_form(clean, kind)])
            assert broken != clean
            assert broken.count("\n") == clean.count("\n")


def test_every_tool_has_a_fault_that_is_seen_and_mended() -> None:
    drawn = draw_tools(20)
    assert len(drawn) == 20
    for entry, codes in drawn:
        (example,) = entry.examples
        assert _gives(codes[1], entry.name, dict(example.arguments)) == example.result
        assert _gives(codes[0], entry.name, dict(example.arguments)) != example.result
        assert write_tool(codes)("Write it.") == codes[0]


def _gives(code: str, name: str, arguments: dict[str, Any]) -> Any:
    scope: dict[str, Any] = {}
    exec(code.strip("`").removeprefix("python"), scope)
    try:
        return scope[name](**arguments)
    except (AttributeError, IndexError, TypeError) as error:
        return error


def test_votes_are_counted() -> None:
    prompt = "".join(
        f'<input name="vote_{n}">{vote}</input>' for n, vote in enumerate(("The Bern.", "Rome", "In Bern"))
    )
    assert count_votes(prompt) == "The Bern."
    assert count_votes(prompt, names_beside="In which city?") == "Bern"
    assert count_votes('<input name="vote_1">none</input>', names_beside="") == ""


def test_a_real_model_is_asked(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = (CountryFact("capital", "France", "Paris"),)
    monkeypatch.setattr(pretrained, "country_facts", lambda _: facts)
    measurement = run_trial(pretrained.forms_of_a_model, quick=True, model=tiny_model)
    assert measurement.evidence == "real model"
    assert measurement.verdict is Verdict.UNDECIDED  # it hands over no form that could be mended
    assert "answers that hold a form" in measurement.verdict_reason
    assert claimed(measurement).candidate == 0.0
    assert score(measurement, "answers that hold a form").candidate == 0.0
    assert len(score(measurement, "capitals that are right").figures) == 5


def test_forms_that_a_model_mends_are_seen_and_those_it_does_not_are_not(
    monkeypatch: pytest.MonkeyPatch, tiny_model: Path
) -> None:
    monkeypatch.setattr(pretrained, "country_facts", lambda _: ())
    monkeypatch.setattr(pretrained, "_polls", lambda *_: {"5 voters at temperature 0.2": 1.0})
    monkeypatch.setattr(pretrained, "_talks", lambda *_: [[True, True]])
    for attempts, verdict in (((1, 2, 2, 3), Verdict.SEEN), ((0, 0, 1, 1), Verdict.NOT_SEEN)):
        rows = [{"valid": each, "copied": False, "held": [True], "faults": [2]} for each in attempts]
        monkeypatch.setattr(pretrained, "_forms", lambda *_, rows=rows: rows)
        measurement = run_trial(pretrained.forms_of_a_model, quick=True, model=tiny_model)
        assert measurement.verdict is verdict, measurement.verdict_reason


class Script:
    """A model that answers by a rule, as many as it is asked."""

    name = "script"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def answer(self, prompts: Sequence[str], **_: Any) -> list[str]:
        self.batches.append(len(prompts))
        return [prompt.upper() for prompt in prompts]


def test_those_who_ask_at_once_are_answered_at_once() -> None:
    model = Script()
    together = pretrained.Together(model)

    def twice(word: str) -> str:
        (first,) = together.answer([word])
        (second,) = together.answer([f"{first} and {word}"])
        return second

    assert together.run([lambda: twice("a"), lambda: twice("b"), lambda: twice("a")]) == [
        "A AND A",
        "B AND B",
        "A AND A",
    ]
    assert model.batches == [2, 2]
