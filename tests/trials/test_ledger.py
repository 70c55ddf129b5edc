"""Measurements on disk: keeping, exporting, importing, and saying which are stale."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from assay.papers.catalogue import catalogue
from assay.papers.measurement import Arm, Machine, Measurement, Verdict, figure
from assay.trials import ledger as ledgers
from assay.trials.declaration import Trial
from assay.trials.ledger import Ledger, default_ledger, read_measurements, stale

MACHINE = Machine(name="a-box", system="Linux x86_64", processor="A Box", cores=2, memory=2**34)
NOON = datetime(2099, 1, 1, 12, tzinfo=UTC)


def measurement(trial: str = "one", *, hours: int = 0, quick: bool = False, machine: str = "a-box") -> Measurement:
    entry = catalogue()["2502.18137"]
    return Measurement(
        paper=entry.id,
        name=entry.name,
        claim="operator-speedup",
        trial=f"assay.trials.attention.sparge_attn:{trial}",
        claimed=entry.claims[0],
        metric="speed",
        unit="s",
        better="lower",
        baseline=Arm(name="dense", value=3.0),
        candidate=1.0,
        ratio=3.0,
        spread=(2.9, 3.1),
        verdict=Verdict.HOLDS,
        setting="scaled down: smaller",
        machine=MACHINE.model_copy(update={"name": machine}),
        device="cpu",
        threads=2,
        seed=0,
        repeats=9,
        quick=quick,
        versions={"torch": "2.13.0"},
        source_hash="0" * 64,
        taken_at=NOON + timedelta(hours=hours),
    )


def test_a_newer_measurement_takes_the_place_of_an_older_one(ledger: Ledger) -> None:
    old, new = measurement(), measurement(hours=1)
    quick, second = measurement(quick=True), measurement("two")
    for each in (old, quick, second, new):
        ledger.keep(each)
    assert ledger.of("https://arxiv.org/abs/2502.18137v3") == [new, quick, second]
    ledger.keep(old)
    assert ledger.all() == [new, quick, second]
    assert ledger.of("2502.01068") == []
    assert [path.name for path in (ledger.folder / "a-box").iterdir()] == ["2502.18137.json"]


def test_results_go_out_and_come_in(ledger: Ledger, tmp_path: Path) -> None:
    here, there = measurement(hours=1), measurement(machine="another-box")
    ledger.keep(here)
    results = tmp_path / "results"
    Ledger(results).keep(there)
    Ledger(results).keep(measurement())
    assert ledger.export(results) == [results / "a-box" / "2502.18137.json"]
    assert ledger.export(results) == []
    assert Ledger(results).all() == [here, there]
    assert ledger.bring_in(results, papers=["2502.01068"]) == []
    assert ledger.bring_in(results) == [ledger.folder / "another-box" / "2502.18137.json"]
    assert ledger.all() == [here, there]
    assert sorted(path.name for path in results.rglob("*") if path.is_file()) == ["2502.18137.json"] * 2
    assert json.loads((results / "a-box" / "2502.18137.json").read_text(encoding="utf-8"))[0]["verdict"] == "holds"


def test_a_file_that_cannot_be_read_is_named_and_left(ledger: Ledger, tmp_path: Path) -> None:
    results = tmp_path / "results"
    Ledger(results).keep(measurement())
    file = results / "a-box" / "2502.18137.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    content[0]["ratio"] = "thrice"
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ValueError, match=r"2502.18137.json: 0.ratio: Input should be a valid number"):
        ledger.bring_in(results)
    ledger.keep(measurement(hours=1))
    with pytest.raises(ValueError, match=r"0\.ratio"):
        ledger.export(results)
    assert json.loads(file.read_text(encoding="utf-8")) == content


def test_a_measurement_in_the_wrong_file_is_refused(ledger: Ledger) -> None:
    ledger.keep(measurement())
    file = ledger.folder / "a-box" / "2502.18137.json"
    wrong = ledger.folder / "a-box" / "2502.01068.json"
    file.rename(wrong)
    with pytest.raises(ValueError, match=r"belongs at a-box/2502\.18137\.json"):
        read_measurements(wrong)


def test_a_write_that_fails_leaves_the_old_file(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.keep(measurement())

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OSError, match="No space"):
        ledger.keep(measurement(hours=1))
    monkeypatch.undo()
    assert ledger.all() == [measurement()]
    assert len(list((ledger.folder / "a-box").iterdir())) == 1


def test_two_drafts_of_one_trial_are_refused(ledger: Ledger) -> None:
    with (
        ledger.draft({"trial": "one"}),
        pytest.raises(ValueError, match="running in another process"),
        ledger.draft({"trial": "one"}),
    ):
        pass


def test_the_ledger_is_where_the_home_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_HOME", str(tmp_path))
    assert default_ledger().folder == tmp_path / "measurements"
    assert default_ledger(tmp_path / "other").folder == tmp_path / "other" / "measurements"


def test_stale_measurements_say_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = Trial(
        "2502.18137", "operator-speedup", "assay.trials.attention.sparge_attn", "one", tmp_path / "sparge_attn.py", ""
    )
    monkeypatch.setattr(ledgers, "discover", lambda: (here,))
    monkeypatch.setattr(ledgers, "source_hash", lambda trial: "0" * 64)
    fresh = measurement()
    other = fresh.claimed.model_copy(update={"value": 9.0})
    reworded = fresh.claimed.model_copy(update={"metric": "speed of attention"})
    cases = [
        fresh,
        fresh.model_copy(update={"claimed": reworded}),
        fresh.model_copy(update={"source_hash": "1" * 64}),
        fresh.model_copy(update={"claimed": other}),
        measurement("gone"),
    ]
    assert [(cases.index(each), reason) for each, reason in stale(cases)] == [
        (2, "method, trial or testbed have changed since"),
        (3, "the catalogue now states another claim"),
        (4, "its trial is no longer there"),
    ]


def test_the_ledger_loads_no_torch() -> None:
    code = (
        "import sys, assay.trials, assay.trials.ledger, assay.trials.verdict; assay.trials.discover(); "
        "print('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.4123, "s", "412 ms"),
        (90.0, "s", "1.5 min"),
        (3.2e-7, "s", "0.32 µs"),
        (0.0, "s", "0 µs"),
        (1.5 * 2**30, "B", "1.5 GiB"),
        (512, "B", "512 B"),
        (2.94, "x", "2.94x"),
        (61.25, "%", "61.2 %"),
        (1234.5, "tokens", "1,234 tokens"),
        (-0.5, "nats", "-0.5 nats"),
        (0.061, "", "0.061"),
        (float("nan"), "%", "nan %"),
    ],
)
def test_figures_are_read_by_people(value: float, unit: str, text: str) -> None:
    assert figure(value, unit) == text
