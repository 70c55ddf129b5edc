"""The trials of GIMMICK's protocol run, and notice intervals that forget clusters and groups that are mixed up."""

from pathlib import Path
from typing import Any

import pytest

from assay.methods.evaluation.gimmick import GroupReport
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.testbed.tasks.country_facts import CountryFact
from assay.trials import discover, run_trial
from assay.trials.evaluation import gimmick as trials
from assay.trials.evaluation.gimmick import pretrained
from tests.trials.scores import claimed, score


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.13766")} == {
        "unequal_data": "regional-gap",
        "capitals": "regional-gap",
    }


def test_unequal_data_leave_a_gap_that_is_found() -> None:
    measurement = run_trial(trials.unequal_data, quick=True)
    assert measurement.evidence is Evidence.TRAINED_HERE
    assert measurement.verdict is Verdict.SEEN
    assert score(measurement, "low end of its 95 % interval").met
    assert score(measurement, "gap of a model that read as much of each").met
    assert score(measurement, "coverage of 95 % intervals over clusters").met
    assert score(measurement, "coverage of such that take every question").met


def test_intervals_that_forget_clusters_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GroupReport, "_clusters", lambda self, members: list(map(str, members)))
    measurement = run_trial(trials.unequal_data, quick=True)
    assert measurement.verdict is Verdict.UNDECIDED
    assert not score(measurement, "coverage of 95 % intervals over clusters").met


def test_groups_that_are_mixed_up_are_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An item that counts by chance: there is no gap left to be seen."""
    members = GroupReport._members

    def mixed(self: GroupReport, group: str) -> list[int]:
        return (
            members(self, "all")[:: 2 if group == "rich" else 1] if group in {"rich", "poor"} else members(self, group)
        )

    monkeypatch.setattr(GroupReport, "_members", mixed)
    measurement = run_trial(trials.unequal_data, quick=True)
    assert measurement.verdict in {Verdict.UNDECIDED, Verdict.NOT_SEEN}


def test_a_model_that_knows_nothing_tells_nothing(tiny_model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "country_facts", _made_up)
    measurement = run_trial(pretrained.capitals, quick=True, model=tiny_model)
    assert measurement.evidence is Evidence.REAL_MODEL
    assert measurement.verdict is Verdict.UNDECIDED
    assert claimed(measurement).candidate == 0
    assert {"countries found by their capital, wrong ones from anywhere"} <= {
        each.metric for each in measurement.beside
    }


def _made_up(relation: str) -> tuple[Any, ...]:
    """Six countries of each continent, whose capitals nobody knows."""
    return tuple(
        CountryFact(relation, f"{continent}ia {i}", continent if relation == "continent" else f"Zq{continent}burg {i}")
        for i in range(6)
        for continent in ("Europe", "Africa")
    )
