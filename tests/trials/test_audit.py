"""The audit of our own trials finds what it is told to find, and nothing certain in what is committed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assay.papers.comparison import Arm, Comparison
from assay.papers.measurement import Curve, Line, Measurement, QuickRun
from assay.trials.audit import (
    RESULTS,
    Answer,
    answers_table,
    audit,
    audit_measurements,
    audit_source,
    leave_open,
    main,
    read_answers,
)
from assay.trials.results import read_results, write_results

CERTAIN = {"error hidden", "size never read", "one expression for two arms", "draws without a seed", "one size"}


@pytest.fixture(scope="module")
def measurement() -> Measurement:
    """A committed one."""
    return next(each for each in read_results(RESULTS) if each.comparison and each.quick_run)


def kinds(measurement: Measurement, **changes: Any) -> set[str]:
    """The kinds of doubt about a measurement with other figures."""
    empty = {"comparison": comparison(), "beside": (), "curves": (), "quick_run": None}
    return {each.kind for each in audit_measurements([measurement.model_copy(update=empty | changes)])}


def comparison(**changes: Any) -> Comparison:
    """One that nobody doubts."""
    fields = {"metric": "score", "better": "higher", "candidate": 3.25, "baseline": Arm(name="other", value=2.5)}
    return Comparison(**fields | changes)


def curve(*lines: tuple[float, ...]) -> Curve:
    """One of so many arms."""
    at = tuple(map(float, range(len(lines[0]))))
    named = tuple(Line(name=f"arm {n}" if n else "", values=v, low=v, high=v) for n, v in enumerate(lines))
    return Curve(name="loss", along="steps", at=at, lines=named)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, ""),
        ({"comparison": comparison(baseline=Arm(name="other", value=3.25))}, "arms alike"),
        ({"beside": (comparison(candidate=float("nan")),)}, "no number"),
        ({"comparison": comparison(interval=(3.25, 3.25))}, "seeds move nothing"),
        ({"comparison": comparison(metric="seconds an answer")}, "no unit"),
        ({"comparison": comparison(unit="%", at_most=100.0)}, "bound cannot be missed"),
        ({"curves": (curve((1.0, 2.0), (1.0, 3.0)),)}, ""),
        ({"curves": (curve((1.0, 2.0), (1.0, 2.0)),)}, "arms alike"),
        ({"curves": (curve((1.0, 1.0, 1.0), (2.0, 2.0, 2.0)),)}, "does not move"),
    ],
)
def test_figures_are_doubted(measurement: Measurement, changes: dict[str, Any], kind: str) -> None:
    assert kinds(measurement, **changes) == ({kind} if kind else set())


def test_figures_that_no_size_moves_are_doubted(measurement: Measurement) -> None:
    figure = 1.2345678912
    same = {"comparison": comparison(candidate=figure), "quick_run": QuickRun(figures={"score": figure})}
    assert kinds(measurement, **same) == {"size moves nothing"}
    assert kinds(measurement, **same | {"quick_run": QuickRun(figures={"score": 2.0})}) == set()
    third = 100 / 3  # a share that a small count may well give twice
    assert (
        kinds(measurement, comparison=comparison(candidate=third), quick_run=QuickRun(figures={"score": third}))
        == set()
    )


def test_figures_of_another_paper_are_doubted(measurement: Measurement) -> None:
    figure = comparison(candidate=1.2345678912)
    one = measurement.model_copy(update={"comparison": figure, "beside": (), "curves": (), "quick_run": None})
    other = one.model_copy(update={"paper": "2502.99999"})
    assert "same figure in two papers" in {each.kind for each in audit_measurements([one, other])}


def test_results_and_source_are_read_together(measurement: Measurement, tmp_path: Path) -> None:
    doubted = measurement.model_copy(update={"comparison": comparison(candidate=float("nan")), "beside": ()})
    write_results(tmp_path / "results", [doubted])
    room = tmp_path / "trials" / "room"
    room.mkdir(parents=True)
    (room / "trial.py").write_text(SOURCE)
    doubts = audit(tmp_path / "results", tmp_path / "trials")
    assert {"no number", "one size"} <= {each.kind for each in doubts}
    assert doubts[0].file.read_text().splitlines()[doubts[0].line - 1].startswith("def ")


SOURCE = """
def a_trial(bench):
    tokens = bench.pick(quick=3, cpu=4)
    rows = bench.pick(quick=3, cpu=3)
    unread = bench.seeds(cpu=3)
    bench.setting("simulated", differs=f"{tokens} tokens")
    rng = np.random.default_rng()
    try:
        value = rng.random(rows)
    except Exception:
        pass
    bench.compare("score", {"a": value, "b": value}, candidate="a", better="higher")
    bench.score("other", {"a": value, "b": -0.5}, candidate="a", better="higher")
    bench.score("bare", 3.0, better="higher")
"""


def test_source_is_doubted(tmp_path: Path) -> None:
    file = tmp_path / "trial.py"
    file.write_text(SOURCE)
    assert [(each.line, each.kind) for each in audit_source(file)] == [
        (3, "size told and not used"),
        (4, "one size"),
        (5, "size never read"),
        (7, "draws without a seed"),
        (10, "error hidden"),
        (12, "one expression for two arms"),
        (13, "typed figure"),
        (14, "typed figure"),
    ]
    assert str(audit_source(file)[1]) == f"{file}:4: one size: every size is 3"
    file.write_text("def")
    with pytest.raises(ValueError, match="line 1"):
        audit_source(file)


def test_every_doubt_about_what_is_committed_has_been_answered() -> None:
    doubts, answers = audit(), read_answers()
    assert all(each.file.is_file() and each.line for each in doubts)
    assert not [str(each) for each in leave_open(doubts, answers)]
    assert not [str(each) for each in doubts if each.kind in CERTAIN]  # of these no reason is a good one
    table = answers_table(doubts, answers)
    assert all(each.why in table for each in answers)


def test_a_doubt_is_told_until_it_is_answered_and_an_answer_while_it_has_one(measurement: Measurement) -> None:
    broken = measurement.model_copy(update={"comparison": comparison(candidate=float("nan")), "beside": ()})
    (doubt,) = (each for each in audit_measurements([broken]) if each.kind == "no number")
    answer = Answer(measurement.paper, "no number", "'score'", "a toy")
    assert leave_open([doubt], []) == [doubt]
    assert leave_open([doubt], [answer]) == []
    for other in (replace(answer, paper="2502.99999"), replace(answer, kind="no unit"), replace(answer, about="loss")):
        assert [each.kind for each in leave_open([doubt], [other])] == ["no number", "answers nothing"]


def test_answers_that_lack_something_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "doubts.toml"
    file.write_text('[[answer]]\npaper = "2502.99999"\nkind = "no unit"\n')
    with pytest.raises(ValueError, match="about"):
        read_answers(file)


def test_the_command_ends_with_the_doubts_that_are_left(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("assay.trials.audit.audit_age", lambda _: [])
    assert main() == 0
    assert "no open doubts" in capsys.readouterr().out
    monkeypatch.setattr("assay.trials.audit.read_answers", list)
    assert main() == 1
    assert "arms alike" in capsys.readouterr().out
