"""The trials of ENCORE on a pretrained model run on a tiny one with facts of its own, and notice when it is broken."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from assay.methods.editing.encore import Edit, Encore, Rule, are_stated, editor, ridge
from assay.methods.editing.encore import targets as searching
from assay.papers.comparison import Comparison
from assay.testbed.folders import cache_folder
from assay.testbed.pretrained import load_language_model
from assay.testbed.prose import Entry, Prose
from assay.trials import Bench, run_trial
from assay.trials.editing.encore import _corrections, pretrained
from tests.trials.scores import claimed, score

NAMES = [f"{first}{second} " for first in "ABCDEFGHKLMNPR" for second in "aeiou"]


@pytest.fixture(scope="module")
def facts(tiny_model: Path) -> dict[str, list[Any]]:
    """Of each relation, facts that the tiny model states and others; objects come right behind the subjects."""
    lm = load_language_model(tiny_model)
    ids = torch.stack([lm.ids(name) for name in NAMES])
    with torch.no_grad():
        says = [str(lm.tokenizer.decode([token])) for token in lm.model(ids).logits[:, -1].argmax(-1).tolist()]
    right = [pair for pair in zip(NAMES, says, strict=True) if pair[1].isascii() and pair[1].isalnum()]
    wrong = [(name, "xyz"[n % 3]) for n, name in enumerate(NAMES) if says[n] not in "xyz"]
    assert len(right) > 8
    edits = [SimpleNamespace(prompt="{}", paraphrase="In {}", subject=name, object=this) for name, this in wrong]
    stays = [SimpleNamespace(prompt="{}", paraphrase="In {}", subject=name, object=this) for name, this in right]
    return {"capital": stays[::2] + edits[:4], "currency": edits[4:8], "continent": stays[1::2]}


@pytest.fixture(autouse=True)
def _small(facts: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Made-up facts, a short text, and no stream of another test."""
    prose = Prose(
        "a text", [Entry(str(n), f"{n} is the number behind {n - 1}, and after it comes {n + 1}.") for n in range(500)]
    )
    monkeypatch.setattr(pretrained, "country_facts", lambda relation: tuple(facts[relation]))
    monkeypatch.setattr(pretrained, "foldoc", lambda: prose)
    monkeypatch.setattr(pretrained, "_STREAMS", {})
    monkeypatch.setattr(_corrections, "_seconds", _count_steps)


def _count_steps(call: Any) -> float:
    """A clock that what else the machine does cannot disturb."""
    return float(sum(call().steps))


def test_correcting_facts_takes_less_time(tiny_model: Path) -> None:
    measurement = run_trial(pretrained.speed_over_memit, quick=True, model=tiny_model)
    time = claimed(measurement)
    assert time.ratio is not None
    assert time.ratio > 1
    assert {arm.name for arm in time.others} == {"AlphaEdit"}
    assert score(measurement, "efficacy").met
    assert score(measurement, "efficacy").candidate == 100
    assert score(measurement, "gradient steps").candidate < 5
    assert {arm.name for arm in score(measurement, "perplexity").others} == {"MEMIT", "AlphaEdit", "not edited"}
    assert score(measurement, "capitals and continents").met
    assert measurement.evidence == "real model"
    assert measurement.differs[0].startswith("2 capitals and currencies that it gets wrong, corrected in batches of 1")
    again = _bench(tiny_model)
    pretrained.sequential(again)  # the stream is shared
    assert _figure(again, "perplexity") == score(measurement, "perplexity")
    assert [curve.at for curve in again.curves] == [(1, 2), (1, 2)]


def test_without_early_stopping_it_is_not_faster(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_corrections, "Encore", lambda layers, **how: Encore(layers, **how | {"patience": 0}))
    pretrained.speed_over_alphaedit(bench := _bench(tiny_model))
    assert bench.claimed is not None
    assert bench.claimed.ratio == 1


def test_an_editor_that_does_not_edit_is_not_fast(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def timid(lambda_preserve: float, lambda_norm: float) -> Rule:
        return ridge(lambda_preserve, lambda_norm * 1e9)  # MEMIT has no penalty

    monkeypatch.setattr(editor, "ridge", timid)
    pretrained.speed_over_memit(bench := _bench(tiny_model))
    assert _figure(bench, "efficacy on all edits").met is False


def _bench(model: Path) -> Bench:
    return Bench(torch.device("cpu"), quick=True, handed=load_language_model(model))


def _figure(bench: Bench, begins: str) -> Comparison:
    return next(each for each in bench.comparisons if each.metric.startswith(begins))


def test_settings_are_tried_on_one_search_an_arm(
    tiny_model: Path, facts: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    lm = load_language_model(tiny_model)
    before = {name: weight.clone() for name, weight in lm.model.state_dict().items()}
    searches: list[int] = []

    def search(model: Any, tokenizer: Any, block: Any, edits: Any, contexts: Any, settings: Any) -> searching.Targets:
        searches.append(settings.patience)
        return searching.find_targets(model, tokenizer, block, edits, contexts, settings)

    monkeypatch.setattr(_corrections, "find_targets", search)
    arms = _corrections.make_arms(lm, "Ada met Bo at the harbour. " * 20, layers=(0,), tokens=256, contexts=1, passes=6)
    edits = [Edit(fact.prompt, fact.subject, fact.object) for fact in facts["currency"]]
    kept = [Edit(fact.prompt, fact.subject, fact.object) for fact in facts["continent"]]
    best = arms.tune(_corrections.Subjects(edits, edits, kept))
    assert searches == [0, 2]
    assert all(best[arm] in settings for arm, settings in _corrections.SETTINGS.items())
    assert {len(settings) for settings in _corrections.SETTINGS.values()} == {3}
    assert all(torch.equal(weight, before[name]) for name, weight in lm.model.state_dict().items())
    assert list(cache_folder("covariances").glob("*/covariance.safetensors"))
    monkeypatch.setattr(_corrections, "fit_covariance", None)  # it is kept
    _corrections.make_arms(lm, "Ada met Bo at the harbour. " * 20, layers=(0,), tokens=256, contexts=1, passes=6)


def test_blocks_lie_as_deep_as_in_the_paper() -> None:
    def model(depth: int) -> Any:
        config = SimpleNamespace(num_hidden_layers=depth)
        return SimpleNamespace(config=SimpleNamespace(get_text_config=lambda: config))

    assert _corrections.layers_of(model(32)) == _corrections.layers_of(model(30)) == (4, 5, 6, 7, 8)
    assert _corrections.layers_of(model(2)) == (0,)


def test_what_is_edited_is_in_no_other_part(facts: dict[str, list[Any]]) -> None:
    size = pretrained._Size(
        blocks=1, edits=4, batch=2, look=1, tuning=2, countries=9, kept=2, contexts=1, passes=2, tokens=1, windows=1,
        margin=0,
    )  # fmt: skip
    known = {relation: [each.object not in "xyz" for each in those] for relation, those in facts.items()}
    stream, tuning = pretrained._choose({name: tuple(those) for name, those in facts.items()}, known, size)
    assert (len(stream.edits), len(tuning.edits), len(stream.kept), len(tuning.kept)) == (4, 2, 4, 4)
    parts = [
        {(each.subject, each.object) for each in part}
        for part in (stream.edits, tuning.edits, stream.kept, tuning.kept)
    ]
    assert sum(map(len, parts)) == len(set().union(*parts))
    assert [each.prompt for each in stream.paraphrases] == ["In {}"] * 4


def test_a_real_model_states_real_facts(smollm2: Path) -> None:
    lm = load_language_model(smollm2)
    facts = [
        Edit("The capital city of {} is", *pair)
        for pair in (("France", "Paris"), ("Japan", "Tokyo"), ("Egypt", "Giza"))
    ]
    assert are_stated(lm.model, lm.tokenizer, facts) == [True, True, False]
