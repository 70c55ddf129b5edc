"""Results in a folder: out of a store, into another, and which of them are stale."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from assay.cli.trials import RESULTS
from assay.papers.catalogue import catalogue
from assay.papers.measurement import Machine, Measurement
from assay.papers.models import Claim
from assay.papers.verdict import Verdict
from assay.store import Store
from assay.trials import results as module
from assay.trials.declaration import Trial
from assay.trials.results import judge_again, read_results, stale, write_results
from tests.papers.measured import measurement

ENTRY = catalogue()["2502.18137"]
OLD = measurement(paper=ENTRY.id, claim=ENTRY.claims[0].key, claimed=ENTRY.claims[0], trial="one")
NEW = OLD.model_copy(update={"taken_at": OLD.taken_at + timedelta(hours=1)})


def on(machine: str) -> Measurement:
    return OLD.model_copy(update={"machine": Machine(name=machine, system="", processor="", cores=2, memory=1)})


def test_results_go_out_and_come_in(store: Store, tmp_path: Path) -> None:
    elsewhere = on("another-box")
    folder = tmp_path / "results"
    assert len(write_results(folder, [elsewhere, OLD])) == 2
    assert store.keep([NEW]) == [NEW]
    assert write_results(folder, store.measurements()) == [folder / NEW.machine.name / "2502.18137.json"]
    assert write_results(folder, [OLD]) == []  # the newer one stays
    assert read_results(folder) == [elsewhere, NEW]
    assert store.keep(read_results(folder)) == [elsewhere]
    assert store.measurements("2502.18137") == [elsewhere, NEW]
    assert store.measurements("2502.01068") == []
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["2502.18137.json"] * 2
    assert json.loads((folder / NEW.machine.name / "2502.18137.json").read_bytes())[0]["verdict"] == "seen"


def test_a_file_that_cannot_be_read_is_named_and_left(tmp_path: Path) -> None:
    (file,) = write_results(tmp_path, [OLD])
    content = json.loads(file.read_bytes())
    content[0]["comparison"]["ratio"] = "thrice"
    file.write_text(json.dumps(content), encoding="utf-8")
    for use in (lambda: read_results(tmp_path), lambda: write_results(tmp_path, [on("another-box"), NEW])):
        with pytest.raises(ValueError, match=r"2502.18137.json: 0.comparison.ratio: Input should be a valid number"):
            use()
    assert json.loads(file.read_bytes()) == content
    assert list(tmp_path.iterdir()) == [file.parent]


def test_a_measurement_in_the_wrong_file_is_refused(tmp_path: Path) -> None:
    (file,) = write_results(tmp_path, [OLD])
    file.rename(file.with_name("2502.01068.json"))
    with pytest.raises(ValueError, match=rf"belongs at {OLD.machine.name}/2502\.18137\.json"):
        read_results(tmp_path)


def test_stale_measurements_say_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here = Trial(ENTRY.id, OLD.claim, "assay.trials.attention.sparge_attn", "one", tmp_path / "sparge_attn.py", "")
    monkeypatch.setattr(module, "discover", lambda: (here,))
    monkeypatch.setattr(module, "source_hashes", lambda trials: {trial.id: "0" * 64 for trial in trials})
    fresh = OLD.model_copy(update={"trial": here.id})
    other = fresh.claimed.model_copy(update={"value": 9.0})
    cases = [
        fresh,
        fresh.model_copy(update={"claimed": other}),  # only judged anew
        fresh.model_copy(update={"source_hash": "1" * 64}),
        fresh.model_copy(update={"claim": "mochi-end-to-end"}),
        OLD,
    ]
    assert [(cases.index(each), reason) for each, reason in stale(cases)] == [
        (2, "measured with earlier code"),
        (3, "its trial now measures another claim"),
        (4, "its trial is no longer there"),
    ]


def test_what_was_measured_is_judged_by_the_claim_as_it_stands_today(tmp_path: Path) -> None:
    old = OLD.model_copy(update={"claimed": ENTRY.claims[0].model_copy(update={"value": 9.0})})
    assert (old.verdict, OLD.verdict) == (Verdict.DIRECTION_SEEN, Verdict.SEEN)
    assert judge_again([old]) == [OLD]
    (file,) = write_results(tmp_path, [old])
    assert json.loads(file.read_bytes())[0]["verdict"] == "seen"
    orphan = old.model_copy(update={"claim": "no-longer-there"})
    assert judge_again([orphan]) == [orphan]


def test_every_committed_result_carries_the_verdict_of_todays_rule() -> None:
    """So that who reads the files, and not this package, reads the same verdicts."""
    files = sorted(RESULTS.rglob("*.json"))
    assert files
    for file in files:
        for record in json.loads(file.read_bytes()):
            claim = next(claim for claim in catalogue()[record["paper"]].claims if claim.key == record["claim"])
            today = Measurement.model_validate(record | {"claimed": claim})
            assert Claim.model_validate(record["claimed"]) == claim, f"{file.name}: {claim.key}"
            words = [record["verdict"], record["verdict_between"], record["verdict_reason"]]
            assert words == [today.verdict, list(today.verdict_between), today.verdict_reason], (
                f"{file.name}: {claim.key}"
            )
            assert today.evidence is not None or today.missing


def test_results_are_read_without_torch() -> None:
    code = (
        "import sys, assay.trials, assay.trials.results, assay.papers.verdict; assay.trials.discover(); "
        "print('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
