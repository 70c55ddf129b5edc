"""The measure of sentences about tables counts what it says, and real sentences are judged as well as documented."""

import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "scitab.py"


@pytest.fixture
def measure(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    specification = importlib.util.spec_from_file_location("scitab", BENCHMARK)
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)

    def run(file: Path, *options: str) -> str:
        module.main([str(file), *options])
        return capsys.readouterr().out

    return run


def record(claim: str, label: str) -> dict[str, object]:
    return {
        "paper": "Gullwing: pruning a cache by tides",
        "paper_id": "9912.99901v1",
        "table_id": "1",
        "table_caption": "Table 1: Accuracy.",
        "table_column_names": ["Model", "ToyBench", "LakeBench"],
        "table_content_values": [["TideCache", "61.0", "52.0"], ["Gullwing", "[BOLD] 70.0", "[BOLD] 64.0"]],
        "claim": claim,
        "label": label,
    }


def test_right_and_decided_are_shares(tmp_path: Path, measure: Callable[..., str]) -> None:
    file = tmp_path / "sentences.json"
    records = [
        record("Gullwing outperforms TideCache on both benchmarks.", "supports"),
        record("TideCache outperforms Gullwing on ToyBench.", "refutes"),
        record("Gullwing reaches 61.0 on ToyBench.", "refutes"),
        record("Gullwing is better than TideCache.", "not enough info"),  # decided, and so wrong
        record("Heron is better than Osprey on PondBench.", "not enough info"),
        record("We thank our reviewers.", "supports"),  # neither a figure nor a comparison
    ]
    file.write_text(json.dumps(records), encoding="utf-8")
    assert measure(file) == "right 0.75\ndecided 0.80\n"
    assert measure(file, "--curve").count("\n") == 9


def test_descriptions_of_tables_are_sentences_that_hold(tmp_path: Path, measure: Callable[..., str]) -> None:
    file = tmp_path / "descriptions.json"
    table = {name: value for name, value in record("", "").items() if name not in {"claim", "label"}}
    text = "Gullwing outperforms TideCache on both benchmarks. TideCache reaches 64.0 on LakeBench."
    file.write_text(json.dumps({"0": {**table, "text": text}}), encoding="utf-8")
    assert measure(file) == "right 0.50\ndecided 1.00\n"


def test_real_sentences_about_real_tables(shared: Path, measure: Callable[..., str]) -> None:
    file = shared / "corpus" / "scitab" / "dev.json"
    if not file.is_file():
        pytest.skip("no SciTab beside the recorded corpus")
    found = re.fullmatch(r"right (0\.\d\d)\ndecided (0\.\d\d)\n", measure(file, "--half", "development"))
    assert found
    assert float(found[1]) >= 0.95
    assert float(found[2]) >= 0.34
