"""The trials of WebGames run, in a real browser, and notice a server that believes whatever a page reports."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from assay.methods.agents.webgames import Browser, GameServer, HeuristicAgent, NoBrowserError
from assay.methods.agents.webgames.trace import Trace
from assay.papers.measurement import Evidence
from assay.papers.verdict import Verdict
from assay.testbed.resources import NotFetchedError
from assay.trials import discover, run_trial
from assay.trials.agents import webgames as trials
from assay.trials.agents.webgames import _cheats, _miniwob, pretrained
from tests.trials.scores import claimed, score

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all trials of this module: while it runs, no other test of the process may run an event loop."""
    try:
        with Browser() as browser:
            yield browser
    except NoBrowserError as error:
        pytest.skip(str(error))


@pytest.fixture
def _one_browser(monkeypatch: pytest.MonkeyPatch, browser: Browser) -> None:
    for module in (trials, pretrained):
        monkeypatch.setattr(module, "Browser", lambda: nullcontext(browser))


def test_they_are_found() -> None:
    assert {trial.function: trial.claim for trial in discover("2502.18356")} == {
        "by_difficulty": "success-by-difficulty",
        "model_by_difficulty": "success-by-difficulty",
    }


@pytest.mark.usefixtures("_one_browser")
def test_success_falls_and_nobody_cheats() -> None:
    measurement = run_trial(trials.by_difficulty, quick=True)
    assert measurement.verdict is Verdict.SEEN, measurement.verdict_reason
    assert measurement.evidence is Evidence.SIMULATED
    assert claimed(measurement).candidate < 0
    assert score(measurement, "solved by who knows the solution").candidate == 100.0
    assert score(measurement, "solved without the last action").candidate == 0.0


@pytest.mark.usefixtures("_one_browser")
def test_a_server_that_believes_every_page_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Trace, "allows", lambda self, move: True)
    shares = {"shares": [[100.0], [50.0], [0.0]], "domains": {"fluency": 50.0}, "seconds": 0.1, "outcomes": {}}
    known = {True: [[100.0]], False: [[0.0]]}

    def evaluate(bench: object, suite: object, agent: object, *_: object) -> dict[str, object]:
        """What the agents came to in the test above: here it is the cheats that count."""
        finish = getattr(agent, "finish", None)
        return shares if finish is None else shares | {"shares": known[finish]}

    monkeypatch.setattr(trials, "_evaluate", evaluate)
    measurement = run_trial(trials.by_difficulty, quick=True)
    assert measurement.verdict is Verdict.NOT_SEEN
    assert score(measurement, "codes got by the best of eleven cheats").candidate == 100.0


def test_every_cheat_is_tried_and_none_wins_where_honest_moves_do(browser: Browser) -> None:
    episodes = [("menu", "hard", 2), ("forgery", "base", 2), ("dot", "hard", 2), ("chords", "hard", 2)]
    with GameServer() as server:
        got = _cheats.count_cheats(episodes, server, browser, lambda task: task in {"menu", "chords"})
    assert got.pop(_cheats.CONTROL) == [True] * 4
    assert len(got) == 11
    assert not [name for name, wins in got.items() if any(wins) or not wins]


@pytest.mark.usefixtures("_one_browser")
def test_a_model_that_knows_nothing_solves_nothing(tiny_model: Path) -> None:
    measurement = run_trial(pretrained.model_by_difficulty, quick=True, model=tiny_model)
    assert measurement.verdict is Verdict.UNDECIDED
    assert "not a sound measurement" in measurement.verdict_reason
    assert measurement.evidence is Evidence.REAL_MODEL
    assert score(measurement, "episodes of the model that ended: out of steps").candidate == 3.0


def test_a_peers_tasks_are_played(browser: Browser) -> None:
    try:
        done = _miniwob.play_peer(HeuristicAgent(), browser, range(1), max_steps=3, tasks=("click-test", "enter-text"))
    except NotFetchedError as error:
        pytest.skip(str(error))
    assert done == {"click-test": [True], "enter-text": [False]}
