"""The trials of thought templates run, and notice plans whose templates are any, and rewards that say nothing."""

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from assay.methods.reasoning.thought_templates import TemplateLibrary
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.testbed.tasks.lookup_programs import LookupPrograms, Program
from assay.testbed.tasks.technique_library import draw_library_queries, technique_names
from assay.testbed.tasks.word_chains import CHANGES, draw_word_chains, worked_chains
from assay.trials import discover, run_trial
from assay.trials.reasoning import thought_templates as trials
from assay.trials.reasoning.thought_templates import _programs, _search, pretrained
from tests.trials.scores import claimed, score


@pytest.fixture
def exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nets that know the task, but for a chain of thought that is half right: in so short a time none is learnt."""
    task = LookupPrograms(3, 5, 2)
    contents = task._contents

    def say(prompt: str) -> str:
        *words, mark = prompt.split()[1:]
        if words[0][0] == "t":
            return f"s{contents[int(words[0][1:])][int(words[1][1:])]}"
        tables = [int(word[1:]) // task.wordings for word in words[:-1]]
        if mark == "@":
            return " ".join(f"t{table}" for table in tables)
        state = int(words[-1][1:])
        for table in tables:
            state = contents[table][state]
        return f"s{state}" if sum(map(ord, prompt)) % 2 else "s9"

    class Known:
        name, tokenizer = "known", task.tokenizer()

        def answer(self, prompts: Sequence[str], **_: Any) -> list[str]:
            return [say(prompt) for prompt in prompts]

    monkeypatch.setattr(_programs.Programs, "net", lambda *_, **__: None)
    monkeypatch.setattr(_programs.Programs, "model", lambda *_: Known())
    monkeypatch.setattr(trials, "_learnt", lambda *_: {"rewards": {"after DPO": 80.0, "after SFT": 70.0,
                        "after more SFT, on the better plans": 80.0}, "pairs": 1.0, "ties": 0.0,
                        "curves": {"after DPO, beta 0.5": [1.0, 2.0]}})  # fmt: skip
    monkeypatch.setattr(trials, "show_search", lambda _: None)


def test_they_are_found() -> None:
    found = {(trial.function, trial.claim, trial.pretrained) for trial in discover("2502.06772")}
    assert found == {
        ("planned_programs", "math-over-o1-preview", False),
        ("planned_words", "math-over-o1-preview", True),
    }


@pytest.mark.usefixtures("exact")
def test_right_templates_are_seen_to_help_and_any_templates_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    measurement = run_trial(trials.planned_programs, quick=True)
    assert measurement.evidence is Evidence.TRAINED_HERE
    assert measurement.verdict is Verdict.SEEN
    assert claimed(measurement).candidate == 100
    against = score(measurement, "programs answered rightly, against planned, random templates")
    assert against.baseline is not None
    assert against.baseline.value < 60
    monkeypatch.setattr(TemplateLibrary, "search_many", _any_template(TemplateLibrary.search_many))
    assert run_trial(trials.planned_programs, quick=True).verdict is Verdict.NOT_SEEN


def _any_template(search: Any) -> Any:
    """A search that comes back with the library's last template, whatever it is asked for."""

    def broken(library: TemplateLibrary, queries: Any, **how: Any) -> Any:
        last = list(library)[-1]
        return [replace(hit, template=last) for hit in search(library, queries, **how)]

    return broken


def test_a_net_prefers_what_solves_similar_programs() -> None:
    """The pieces, on a net that cannot do anything yet: DPO raises the better plan over the worse."""
    world = _programs.Programs(0, 2, LookupPrograms(3, 5, 2), hidden=32, rows=8)
    net = world._new()
    programs = world.problems(8, seed=0)
    pairs = [(f"<s> {each.problem} @", each.plan, "t0 t0 t0") for each in programs if each.plan != "t0 t0 t0"]
    for kind in (_programs.DPO, _programs.CHOSEN):
        learnt = world.learn(net, pairs, kind, updates=8, beta=0.5)
        before, after = _gap(world, net, pairs), _gap(world, learnt, pairs)
        assert after > before if kind == _programs.DPO else after != before
    lines, left_out = world.preferences(net, 2, samples=2, alike=2)
    assert len(lines) == len(left_out.records)
    assert len(world.rewards(net, net, programs[:2], alike=2)) == 2


def _gap(world: _programs.Programs, net: Any, pairs: Sequence[tuple[str, str, str]]) -> float:
    with torch.no_grad():
        better, worse = (_programs.log_probs(net, *world._rows(pairs, at)) for at in (1, 2))
    return float((better - worse).mean())


def test_the_loss_of_preferences_is_the_papers() -> None:
    class Table(torch.nn.Module):
        def forward(self, input_ids: torch.Tensor) -> Any:
            return type("Out", (), {"logits": torch.log(torch.tensor([0.2, 0.8])).expand(*input_ids.shape, 2)})

    ids = torch.tensor([[0, 1, 1]])
    labels = torch.tensor([[-100, 1, 1]])
    worse = torch.tensor([[-100, 0, 1]])
    loss = _programs.Preference(Table(), 0.5)(
        better_ids=ids, better_labels=labels, better_before=torch.tensor([-1.0]), worse_ids=ids, worse_labels=worse,
        worse_before=torch.tensor([-2.0]),
    ).loss  # fmt: skip
    better, other = 2 * torch.log(torch.tensor(0.8)) + 1, torch.log(torch.tensor(0.16)) + 2
    assert float(loss) == pytest.approx(float(-torch.nn.functional.logsigmoid(0.5 * (better - other))), abs=1e-6)


def test_a_pretrained_model_plans_and_every_arm_is_measured(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "_SHOWN", {"answer at once": 1, "chain of thought": 1,
                                               "planned, retrieved templates": 1})  # fmt: skip
    measurement = run_trial(pretrained.planned_words, quick=True, model=tiny_model)
    assert measurement.evidence is Evidence.REAL_MODEL
    assert {arm.name for arm in claimed(measurement).others} == {
        "answer at once", "planned, random templates", "planned, no templates", "right plan, right templates",
    }  # fmt: skip


def test_searches_are_by_shelves_and_flat() -> None:
    figures = _search._search("tfidf", 20, (0.0, 0.5), 0)
    assert figures[_search.TWO]["comparisons"] == 20 + 2 * 4 + 2 * 2 * 5
    assert figures[_search.FLAT]["comparisons"] == 80 + 400
    assert figures[_search.TWO]["right"][0] > figures[_search.TWO]["right"][1]
    names = technique_names()
    assert sum(len(each) for sections in names.values() for each in sections.values()) == 400
    assert all(query.category for query in draw_library_queries(5, noise=1.0))


def test_chains_of_words_are_right_and_none_is_shown() -> None:
    chains, shown = draw_word_chains(96), worked_chains()
    assert all(each.is_right(f" {each.words[-1].upper()}.") for each in chains)
    assert len({(each.start, each.changes) for each in chains}) == 96
    taught = {word for each in CHANGES.values() for pair in each.examples for word in pair}
    taught |= {word for each in shown for word in (each.start, *each.words)}
    assert not taught & {word for each in chains for word in (each.start, *each.words)}
    assert chains[0].problem.startswith(f"Start with the word {chains[0].start}. First ")
    with pytest.raises(ValueError, match="chains of words, and not 1000"):
        draw_word_chains(1000)


def test_programs_are_what_their_tables_say() -> None:
    task = LookupPrograms(3, 5, 2)
    draw = random.Random(0)
    program = task.draw(draw)
    assert program.states[-1] == _end(task, program)
    alike = task.alike(program, 4, draw)
    assert all(each.tables == program.tables and each.states[0] != program.states[0] for each in alike)


def _end(task: LookupPrograms, program: Program) -> int:
    state = program.states[0]
    for table in program.tables:
        state = task._contents[table][state]
    return state
