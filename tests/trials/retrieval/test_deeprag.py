"""The trial of DeepRAG runs, and notices a model that searches for what it knows and guesses what it does not."""

import math
from pathlib import Path
from typing import Any

import pytest
import torch

from assay.papers.verdict import Verdict
from assay.testbed.pretrained import load_language_model
from assay.testbed.tasks.country_facts import CountryFact
from assay.trials import discover, run_trial
from assay.trials.retrieval.deeprag import _arms, _facts, _training, pretrained
from tests.methods.capital_knower import Knower
from tests.trials.scores import claimed, score

# `peft` asks transformers by a name that transformers has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing. is deprecated:FutureWarning")


@pytest.fixture(autouse=True)
def _countries(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = tuple(CountryFact("capital", f"Realia{n}", f"City{n}") for n in range(40))
    monkeypatch.setattr(_facts, "country_facts", lambda _relation: facts)


def test_it_is_found() -> None:
    assert [(trial.claim, trial.pretrained) for trial in discover("2502.01142")] == [("answer-accuracy-gain", True)]


def test_training_and_test_have_no_country_in_common() -> None:
    learnt, tested = _facts.capitals(6, "training"), _facts.capitals(16, "test")
    assert not {each.country for each in learnt} & {each.country for each in tested}
    assert [sum(each.real for each in part) for part in (learnt, tested)] == [6, 16]
    assert len({each.country for each in tested}) == 32
    with pytest.raises(ValueError, match="30 countries for test: GeoNames has 20"):
        _facts.capitals(30, "test")


def test_a_share_of_what_is_found_is_wrong() -> None:
    tested = _facts.capitals(16, "test")
    make = _facts.searches(tested)
    noisy, perfect = make(0.3, seed=0), make(0.0, seed=0)
    assert all(perfect(fact.question, 1)[0].text == fact.passage for fact in tested)
    found = [noisy(fact.question, 1)[0].text for fact in tested]
    wrong = sum(text != fact.passage for text, fact in zip(found, tested, strict=True))
    assert 0 < wrong < 20
    assert found == [make(0.3, seed=0)(fact.question, 1)[0].text for fact in tested]


def test_worked_examples_show_both_ways() -> None:
    learnt = _facts.capitals(2, "training")
    text = _facts.worked_examples([learnt[0], learnt[-1]])
    assert text.count("Let's search") == 1
    assert f"Follow up: {learnt[0].question}\nIntermediate answer: {learnt[0].city}\nSo the final" in text
    assert f"[1] {learnt[-1].passage}\nIntermediate answer: {learnt[-1].city}\n" in text


def by_knower(*, contrary: bool) -> Any:
    """Rows of a model that knows what is real and is as confident in its guesses, by whether it decides rightly."""

    def measure(_lm: Any, size: _arms.Size, seed: int) -> tuple[dict[str, list[_arms.Row]], int]:
        asked = _facts.capitals(16, "test")
        knows = {fact.country: fact.city for fact in asked if fact.real}
        knower = Knower(knows, contrary=contrary, doubts=False)
        make = _facts.searches(asked)
        rows = _arms.by_rivals(_arms.Remembering(knower), make(0.4, seed=seed), asked, size.groups, seed)
        more = _arms.by_rivals(knower, make(0.0, seed=seed), asked, size.groups, seed)
        perfect = {name: more[arm] for arm, name in _arms.PERFECT.items()}
        return rows | perfect | dict.fromkeys((_arms.FIRST, _arms.SHOWN), rows[_arms.NEVER]), 16

    return measure


def run(monkeypatch: pytest.MonkeyPatch, tiny_model: Path, *, contrary: bool) -> Any:
    monkeypatch.setattr(pretrained, "measure", by_knower(contrary=contrary))
    return run_trial(pretrained.known_and_made_up, quick=True, model=tiny_model)


def test_it_sees_what_is_there_and_what_is_not(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    seen = run(monkeypatch, tiny_model, contrary=False)
    assert score(seen, "decisions that fit").candidate == 100
    assert score(seen, "searched for capitals that it knew").candidate == 0
    assert score(seen, "searched for capitals of made-up countries").candidate == 100
    assert score(seen, "right where it always reads").candidate == 100
    figures = {arm.name: arm.value for arm in claimed(seen).others}
    assert claimed(seen).candidate > max(figures.values())
    assert seen.verdict is Verdict.SEEN, seen.verdict_reason
    broken = run(monkeypatch, tiny_model, contrary=True)
    assert score(broken, "decisions that fit").candidate == 0
    assert broken.verdict is Verdict.NOT_SEEN, broken.verdict_reason


def test_the_threshold_is_chosen_on_other_questions() -> None:
    """Whichever is best on the others, on which the question's own group does not count."""
    right = [[{"right": float(place % 2 == which), "searches": which} for place in range(6)] for which in (0, 1)]
    chosen = _arms._chosen_on_others(right, 2)
    assert [row["right"] for row in chosen] == [0.0] * 6
    assert _arms._chosen_on_others(right, 1) == right[0]


def test_a_coin_falls_as_often_as_the_model_searches() -> None:
    tested = _facts.capitals(16, "test")
    knower = Knower({fact.country: fact.city for fact in tested if fact.real})
    rows = _arms.by_rivals(knower, _facts.searches(tested)(0.0, seed=0), tested, 4, 0)
    searches = {arm: sum(row["searches"] for row in rows[arm]) for arm in rows}
    assert searches[_arms.OURS] == 16
    assert searches[_arms.NEVER] == 0
    assert searches[_arms.ALWAYS] == 32
    assert 10 < searches[_arms.COIN] < 22


def test_the_preference_loss_is_that_of_its_equation() -> None:
    margins, reference = torch.tensor([1.0, -2.0]), torch.tensor([0.5, 0.0])
    expected = sum(math.log1p(math.exp(-0.4 * gain)) for gain in (0.5, -2.0)) / 2
    assert _training.preference_loss(margins, reference).item() == pytest.approx(expected)


def test_a_model_is_taught_in_two_stages(monkeypatch: pytest.MonkeyPatch, tiny_model: Path) -> None:
    """A model of random weights; whatever it says is taken for right, and what it asks itself is put into its mouth."""
    lm = load_language_model(tiny_model)
    before = {name: each.clone() for name, each in lm.model.state_dict().items()}
    margins: list[tuple[torch.Tensor, torch.Tensor]] = []
    loss = _training.preference_loss

    def keep(*each: torch.Tensor) -> torch.Tensor:
        margins.append((each[0], each[1]))
        return loss(*each)

    monkeypatch.setattr(_training, "preference_loss", keep)
    record = {"input_ids": lm.ids("abc").tolist(), "labels": lm.ids("abc").tolist()}
    model: Any = _training.imitate(lm, [record], steps=1, batch=1, rate=1e-2, seed=0)
    assert all(torch.equal(before[name], each) for name, each in lm.model.state_dict().items())
    pairs = [{"prompt": "ab\n", "chosen": "xyz", "rejected": "uv"}]
    tuned: Any = _training.calibrate(lm, model, pairs, steps=40, batch=1, rate=1e-2, seed=0)
    (first, reference), (last, _) = margins[0], margins[-1]
    assert first.item() == pytest.approx(reference.item(), abs=1e-4)
    assert last.item() > reference.item() + 1
    assert tuned is model


def test_a_model_that_learns_nothing_is_told(tiny_model: Path) -> None:
    measurement = run_trial(pretrained.known_and_made_up, quick=True, model=tiny_model)
    assert measurement.verdict is Verdict.NOT_TESTABLE
    assert "capitals that the model knows: it knows 0 of 4" in measurement.missing
