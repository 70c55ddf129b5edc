"""``assay evaluate``: one report on a reader's own model, kept answers, and what is refused."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from assay.cli import app
from assay.methods.evaluation import Model, as_model
from assay.testbed.resources import NotFetchedError, resource
from assay.trials.evaluation import _instruments
from assay.trials.evaluation._instruments import Figure, Instrument
from tests.methods.test_models import Server, server  # noqa: F401 - a fixture
from tests.writing.real_servers import llama_server

FEW = [f"What is {number} and 1?" for number in range(5)]


def ask_few(model: Model, quick: bool, seed: int) -> list[Figure]:
    answers = model.answer(FEW[: 2 if quick else 5], tokens=4)
    share = sum("echo" in answer for answer in answers) / len(answers)
    return [Figure("echoes", 100 * share, 10.0, 100.0, "%", len(answers))]


def come_to_nothing(model: Model, quick: bool, seed: int) -> list[Figure]:
    raise ValueError("record 3 has no options")


@pytest.fixture
def _toys(monkeypatch: pytest.MonkeyPatch) -> None:
    toys = (Instrument("toy", "a few sums", ask_few), Instrument("broken", "nothing", come_to_nothing))
    monkeypatch.setattr(_instruments, "_INSTRUMENTS", toys)


def evaluate(home: Path, *arguments: str) -> Any:
    return CliRunner().invoke(app, ["--home", str(home), "evaluate", *arguments])


@pytest.mark.usefixtures("_toys")
def test_one_report_of_all_instruments_and_what_the_others_need(tmp_path: Path, server: Server) -> None:  # noqa: F811
    url = f"http://127.0.0.1:{server.server_port}/v1"
    page = tmp_path / "report.md"
    result = evaluate(tmp_path, "--base-url", url, "--model", "toy-model", "--json", "--out", str(page))
    assert result.exit_code == 1  # one instrument came to nothing
    report = json.loads(result.stdout)
    assert report["model"] == "toy-model"
    assert [row["figure"] for row in report["figures"]] == ["echoes"]
    assert report["failed"] == {"broken": "record 3 has no options"}
    assert set(report["needs"]) == {"preference_leakage", "prompt_to_leaderboard", "robustness_index"}
    assert (report["asked"], report["recorded"], report["empty"]) == (5, 0, 0)
    assert "| toy | echoes | 100.0 % | 10.0 to 100.0 % | 5 |" in page.read_text()
    assert "broken: record 3 has no options" in page.read_text()


@pytest.mark.usefixtures("_toys")
def test_what_was_answered_is_not_asked_again(tmp_path: Path, server: Server) -> None:  # noqa: F811
    url = f"http://127.0.0.1:{server.server_port}/v1"
    arguments = ("--base-url", url, "--model", "toy-model", "--only", "toy", "--json")
    assert json.loads(evaluate(tmp_path, *arguments, "--quick").stdout)["asked"] == 2
    again = json.loads(evaluate(tmp_path, *arguments).stdout)
    assert (again["asked"], again["recorded"], again["needs"]) == (3, 2, {})
    anew = json.loads(evaluate(tmp_path, *arguments, "--again").stdout)
    assert (anew["asked"], anew["recorded"]) == (5, 0)


@pytest.mark.usefixtures("_toys")
def test_the_report_is_a_table(tmp_path: Path, server: Server) -> None:  # noqa: F811
    url = f"http://127.0.0.1:{server.server_port}/v1"
    result = evaluate(tmp_path, "--base-url", url, "--model", "toy-model", "--only", "toy")
    assert result.exit_code == 0, result.output
    assert "toy-model at http" in result.stdout
    assert "5 answers asked for, 0 from before" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "no model to evaluate: give --base-url URL --model NAME"),
        (("--base-url", "http://127.0.0.1:9/v1"), "which model at http://127.0.0.1:9/v1? give --model NAME"),
        (("--base-url", "localhost", "--model", "x"), "base_url is 'localhost'"),
        (("--model", "x", "--only", "nix"), "no instrument is named 'nix': choose wicked, zebra_logic"),
        (("--base-url", "http://127.0.0.1:9/v1", "--model", "x"), "is the server running, and the address right?"),
    ],
)
def test_a_model_that_cannot_be_asked_is_told_of_in_a_line(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    result = evaluate(tmp_path, *arguments)
    assert isinstance(result.exception, ValueError)
    assert words in str(result.exception)


def test_every_paper_of_the_room_is_asked_or_says_what_it_needs() -> None:
    from assay.papers.catalogue import catalogue

    room = {entry.name for entry in catalogue().values() if entry.room == "evaluation"}
    assert set(_instruments.instruments()) | set(_instruments.NEEDS) == room
    assert not set(_instruments.instruments()) & set(_instruments.NEEDS)


@pytest.mark.parametrize("name", list(_instruments.instruments()))
def test_each_instrument_gives_figures_in_a_hurry(name: str) -> None:
    for data in ("geonames", "foldoc", "wordnet"):
        try:
            resource(data).fetch()
        except NotFetchedError as error:
            pytest.skip(str(error))
    figures = _instruments.instruments()[name].run(as_model(lambda prompt: f"B\n{prompt}", name="always B"), True, 0)
    assert figures
    for figure in figures:
        assert figure.low <= figure.value <= figure.high, figure
        assert figure.unit in {"", "%", "points"}
        assert figure.unit != "%" or -100 <= figure.low <= figure.high <= 100, figure


@pytest.mark.slow
def test_a_real_server_is_evaluated(tmp_path: Path) -> None:
    with llama_server() as url:
        result = evaluate(
            tmp_path, "--base-url", url, "--model", "smollm2", "--only", "llm_statistics", "--quick", "--json"
        )
    report = json.loads(result.stdout)
    assert result.exit_code == 0
    assert report["figures"][0]["figure"] == "accuracy"
    assert report["figures"][0]["items"] == 16
