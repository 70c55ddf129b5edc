"""Which trials are run, and in which order, when there is not time for all."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from assay.papers.catalogue import catalogue
from assay.papers.measurement import Measurement
from assay.trials.declaration import Trial
from assay.trials.plan import TimeBox, seconds_of, sort_by_worth
from tests.papers.measured import measurement

PAPER = catalogue()["2502.01068"]
HEADLINE, SECOND = PAPER.claims[0].key, PAPER.claims[1].key
HERE = {"machine": "toy-cpu-2", "device": "cpu"}


def trial(name: str, claim: str = SECOND) -> Trial:
    return Trial(PAPER.id, claim, "assay.trials.attention.fastkv", name, Path("fastkv.py"), "")


LONG, SHORT, NEW, HEAD = trial("long"), trial("short"), trial("new"), trial("head", HEADLINE)
TRIALS = [LONG, SHORT, NEW, HEAD]


def result(of: Trial, seconds: float | None, **changes: object) -> Measurement:
    return measurement(trial=of.id, seconds=seconds, **changes)


def test_headlines_come_first_then_what_has_no_result_then_the_shortest() -> None:
    results = [result(LONG, 300), result(SHORT, 20), result(HEAD, 900)]
    assert sort_by_worth(TRIALS, results, **HERE) == [HEAD, NEW, SHORT, LONG]


def test_a_result_of_another_device_or_machine_is_none_of_this_one() -> None:
    elsewhere = measurement().machine.model_copy(update={"name": "another-box"})
    results = [
        result(LONG, 300),
        result(SHORT, 20, machine=elsewhere),
        result(NEW, 10, device="cuda"),
        result(HEAD, 1),
    ]
    assert sort_by_worth(TRIALS, results, **HERE) == [HEAD, NEW, SHORT, LONG]


def test_a_quick_run_is_no_result() -> None:
    assert sort_by_worth([LONG, NEW], [result(LONG, 3, quick=True), result(NEW, 60)], **HERE) == [LONG, NEW]


def test_durations_are_those_of_here_and_now_and_the_usual_one_where_none_is_known() -> None:
    elsewhere = measurement().machine.model_copy(update={"name": "another-box"})
    earlier = {"taken_at": datetime(2099, 1, 1, tzinfo=UTC)}
    results = [
        result(LONG, 300),
        result(LONG, 299, **earlier),
        result(LONG, 30, machine=elsewhere),
        result(LONG, 3, quick=True),
        result(SHORT, 20, device="cuda"),
        result(SHORT, None),
        result(HEAD, 40),
    ]
    assert seconds_of(TRIALS, results, machine="toy-cpu-2", device="cpu", size="cpu") == {
        LONG.id: 300,
        SHORT.id: 20,
        NEW.id: 40,
        HEAD.id: 40,
    }
    assert seconds_of([LONG, NEW], results, machine="toy-cpu-2", device="cpu", size="quick") == {
        LONG.id: 3,
        NEW.id: 3,
    }
    assert seconds_of([NEW], [], machine="toy-cpu-2", device="cpu", size="cpu")[NEW.id] > 0


@pytest.mark.parametrize(
    ("span", "runs", "remainder"),
    [
        (400, [LONG, SHORT, NEW], []),
        (330, [LONG, SHORT], [NEW]),
        (60, [SHORT, NEW], [LONG]),
        (0, [], [LONG, SHORT, NEW]),
    ],
)
def test_no_trial_begins_that_would_end_too_late(span: float, runs: list[Trial], remainder: list[Trial]) -> None:
    now = 0.0
    seconds = {LONG.id: 300.0, SHORT.id: 20.0, NEW.id: 40.0}
    box = TimeBox(span, clock=lambda: now)
    run = []
    for each in box.fitting([LONG, SHORT, NEW], seconds):
        run.append(each)
        now += seconds[each.id]
    assert (run, box.remainder) == (runs, remainder)


def test_a_trial_that_takes_longer_than_expected_leaves_less_for_the_others() -> None:
    now = 0.0
    box = TimeBox(100, clock=lambda: now)
    for _ in box.fitting([SHORT, NEW], {SHORT.id: 20.0, NEW.id: 40.0}):
        now += 70
    assert box.remainder == [NEW]


def test_trials_are_told_apart_by_their_function() -> None:
    assert replace(LONG, function="short").id == SHORT.id
