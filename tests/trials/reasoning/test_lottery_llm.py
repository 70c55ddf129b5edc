"""The trials of the lottery hypothesis run, and notice help that does not help and a loss that perplexity hides."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from assay.methods.reasoning.lottery_llm import AbilityReport, Probes
from assay.papers.verdict import Verdict
from assay.testbed.pretrained import load_language_model
from assay.testbed.tasks.country_documents import Library
from assay.testbed.tasks.country_facts import CountryFact
from assay.testbed.tasks.word_problems import WordProblem, draw_word_problems
from assay.trials import discover, run_trial
from assay.trials.reasoning import lottery_llm as trials
from assay.trials.reasoning.lottery_llm import _abilities, pretrained
from assay.trials.reasoning.lottery_llm._help import number_of
from tests.trials.scores import claimed, score

FACTS = [CountryFact("capital", f"Land {n}", f"City {n}") for n in range(10)]
LIBRARY = Library(
    tuple(f"Land {n}. The capital is City {n}." for n in range(10)), tuple(f"Land {n}" for n in range(10))
)


def shares(**arms: int) -> Any:
    """Rows in which each arm is right so many times in ten."""
    names = {"closed": pretrained.CLOSED, "found": pretrained.FOUND, "own": pretrained.OWN, "other": pretrained.OTHER,
             "tool": pretrained.TOOL, "chain": pretrained.CHAIN, "once": pretrained.AT_ONCE}  # fmt: skip
    rows = []
    for at in range(50):
        row: dict[str, Any] = {"hit": True, "refused": False}
        for arm, times in arms.items():
            row |= {names[arm]: at // 5 < times, f"tokens {names[arm]}": 50, f"seconds {names[arm]}": 1.0}
        rows.append(row)
    return rows


@pytest.fixture
def _facts_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = [CountryFact(relation, f"Land {n}", f"x{n}") for relation in ("capital", "currency") for n in range(20)]
    monkeypatch.setattr(pretrained, "country_facts", lambda relation: [f for f in facts if f.relation == relation])
    monkeypatch.setattr(pretrained, "country_library", lambda others: LIBRARY)
    monkeypatch.setattr(pretrained, "_spread", lambda facts, count: facts)


def test_they_are_found() -> None:
    found = {(trial.claim, trial.pretrained) for trial in discover("2502.17535")}
    assert found == {
        (claim, real) for claim in ("popqa-with-retrieval", "gsm8k-program-aided") for real in (False, True)
    }


@pytest.mark.usefixtures("_facts_at_hand")
@pytest.mark.parametrize(("found", "verdict"), [(8, Verdict.SEEN), (2, Verdict.NOT_SEEN)])
def test_retrieval_is_seen_to_help_where_it_does(
    monkeypatch: pytest.MonkeyPatch, tiny_model: Path, found: int, verdict: Verdict
) -> None:
    monkeypatch.setattr(pretrained, "ask_facts", lambda *_: shares(closed=3, found=found, own=8, other=1))
    monkeypatch.setattr(_abilities, "show_abilities", lambda *_: {})
    measurement = run_trial(pretrained.facts_about_countries, quick=True, model=tiny_model)
    assert measurement.verdict is verdict, measurement.verdict_reason
    assert score(measurement, "gain by retrieval").candidate == pytest.approx(10 * (found - 3))


@pytest.mark.parametrize(("tool", "verdict"), [(7, Verdict.SEEN), (1, Verdict.NOT_SEEN)])
def test_a_calculator_is_seen_to_help_where_it_does(
    monkeypatch: pytest.MonkeyPatch, tiny_model: Path, tool: int, verdict: Verdict
) -> None:
    monkeypatch.setattr(pretrained, "ask_problems", lambda *_: shares(tool=tool, chain=2, once=1))
    measurement = run_trial(pretrained.word_problems, quick=True, model=tiny_model)
    assert measurement.verdict is verdict, measurement.verdict_reason


def test_every_arm_is_asked(tiny_model: Path) -> None:
    lm = load_language_model(tiny_model)
    rows = pretrained.ask_facts(lm, FACTS[:3], LIBRARY, 3)
    assert all(row["hit"] for row in rows)
    assert all(row[f"tokens {pretrained.CLOSED}"] < row[f"tokens {pretrained.FOUND}"] for row in rows)
    problems = pretrained.ask_problems(lm, draw_word_problems(2), 1, 3)
    assert {pretrained.TOOL, pretrained.CHAIN, pretrained.AT_ONCE, "refused"} <= set(problems[0])


class Fixed:
    """A model that says one thing."""

    tokenizer = None
    name = "fixed"

    def __init__(self, text: str) -> None:
        self.text = text

    def answer(self, prompts: Sequence[str], **how: Any) -> list[str]:
        return [self.text for _ in prompts]


@pytest.mark.parametrize(
    ("said", "right"), [("12 * 34 trees", True), ("12 * 33", False), ("twelve", False), ("__import__('os')", False)]
)
def test_an_expression_is_calculated_and_nothing_else(monkeypatch: pytest.MonkeyPatch, said: str, right: bool) -> None:
    problem = WordProblem("How many?", "12 * 34", "408", "", 2)
    monkeypatch.setattr(pretrained, "Line", lambda model: Fixed(said))
    monkeypatch.setattr(pretrained, "TransformersModel", lambda *_, **__: None)
    (row,) = pretrained.ask_problems(load_nothing(), [problem], 4, 20)
    assert row[pretrained.TOOL] is right
    assert row["refused"] is (said in ("twelve", "__import__('os')"))


def load_nothing() -> Any:
    class Nothing:
        model = tokenizer = name = None

    return Nothing()


def test_numbers_and_names_are_taken_out_of_sentences() -> None:
    assert number_of("That is 1,234. The answer is 0408.") == "408"
    assert number_of("none") == ""
    assert pretrained.names("the Kenyan shillings", "shilling")
    assert not pretrained.names("Parisian", "Paris")
    assert trials.read_call("0 1 2 * 0 3 4") == "12 * 34"
    assert trials.read_call("0 1 2") == "0 1 2"


def record(rights: int, loss: float) -> dict[str, Any]:
    probes = Probes(items=2)
    return {"right": {"needle": [at < rights for at in range(len(probes.draw("needle")))]}, "loss": loss, "read": 1}


@pytest.mark.usefixtures("_facts_at_hand")
def test_a_loss_that_perplexity_hides_is_counted(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    asked = {"full": record(5, 2.0), "8 bits": record(0, 2.01)}
    monkeypatch.setattr(_abilities, "_ask", lambda lm, size, settings, arm: asked[arm])
    monkeypatch.setattr(pretrained, "ask_facts", lambda *_: shares(closed=3, found=8, own=8, other=1))
    monkeypatch.setattr(AbilityReport, "lost", lambda self, points: ["needle"])  # one context has no interval
    measurement = run_trial(pretrained.facts_about_countries, quick=True, model=tiny_model)
    assert score(measurement, "ability: needle, right").candidate == 0
    assert score(measurement, "abilities that fall by over 10 points, interval and all, while").candidate == 1
    asked["8 bits"] = record(0, 3.0)
    measurement = run_trial(pretrained.facts_about_countries, quick=True, model=tiny_model)
    assert score(measurement, "abilities that fall by over 10 points, interval and all, while").candidate == 0


def test_small_nets_gain_by_documents_and_calls() -> None:
    measurement = run_trial(trials.facts_by_heart, quick=True)
    assert measurement.comparison is not None
    assert score(measurement, "questions whose document").candidate > 50
    measurement = run_trial(trials.products, quick=True)
    assert [curve.name for curve in measurement.curves] == ["nested look-ups that are right, by depth"]
    assert claimed(measurement).candidate >= 0


def test_a_calculator_that_errs_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trials, "calculate", _wrong)
    measurement = run_trial(trials.products, quick=True)
    assert measurement.verdict is not Verdict.SEEN
    assert claimed(measurement).candidate == 0


def _wrong(expression: str) -> str:
    """Off by one."""
    return expression.partition("*")[0].strip() + "1"
