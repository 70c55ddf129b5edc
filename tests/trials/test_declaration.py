"""Trials declare themselves and are found by reading."""

import ast
import re
import sys
from pathlib import Path

import pytest
import torch

from assay.papers.models import ends_of
from assay.trials import Bench, discover, trial
from assay.trials import declaration as declarations
from assay.trials.declaration import read_trials, trial_of

GOOD = '''
"""A trial."""
import a_package_that_is_not_installed
from assay.trials import Bench, trial
import assay.trials

PAPER = "2502.18137"

@trial(PAPER, claim="operator-speedup")
def one(bench: Bench) -> None:
    """Dense against sparse.

    At length.
    """

@trial(PAPER, claim="operator-speedup", pretrained=True, long=True)
def handed(bench): ...

@assay.trials.trial(paper="https://arxiv.org/abs/2502.18137v2", claim="llama-throughput")
def two(bench): ...

def helper(): ...
'''


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(declarations, "FOLDER", tmp_path)
    return tmp_path


def write(folder: Path, name: str, content: str = GOOD) -> None:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")


@pytest.mark.parametrize("name", ["attention/sparge_attn.py", "attention/sparge_attn/__init__.py"])
def test_trials_are_found_by_being_there_and_not_imported(folder: Path, name: str) -> None:
    write(folder, name)
    write(folder, "attention/__init__.py", '"""The room."""')
    write(folder, "attention/_fields.py", GOOD)
    write(folder, "bench.py", GOOD)
    trials = discover()
    assert [(each.id, each.paper, each.claim, each.what) for each in trials] == [
        ("assay.trials.attention.sparge_attn:one", "2502.18137", "operator-speedup", "Dense against sparse."),
        ("assay.trials.attention.sparge_attn:handed", "2502.18137", "operator-speedup", ""),
        ("assay.trials.attention.sparge_attn:two", "2502.18137", "llama-throughput", ""),
    ]
    assert [(each.pretrained, each.long) for each in trials] == [(False, False), (True, True), (False, False)]
    assert trials[0].entry.name == "sparge_attn"
    assert discover("arxiv.org/abs/2502.18137") == trials
    assert discover("2502.01068") == ()
    assert "a_package_that_is_not_installed" not in sys.modules


def test_a_package_has_trials_in_each_of_its_modules(folder: Path) -> None:
    write(folder, "attention/sparge_attn/__init__.py", '"""Nothing here."""')
    write(folder, "attention/sparge_attn/pretrained.py")
    write(folder, "attention/sparge_attn/_parts.py")
    assert [each.id for each in discover()] == [
        f"assay.trials.attention.sparge_attn.pretrained:{name}" for name in ("one", "handed", "two")
    ]


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("attention/sparge_attn.py", '"operator-speedup"', '"faster"', "names the claim 'faster'; 2502.18137 has:"),
        ("attention/sparge_attn.py", '= "2502.18137"', '= "9912.99901"', "of 9912.99901, which the catalogue lacks"),
        ("attention/sparge_attn.py", "@trial(PAPER", "@trial(ELSEWHERE", "sparge_attn.py: line 9: write the paper"),
        ("attention/sparge_attn.py", "def helper(): ...", "def helper(:", "sparge_attn.py: line 22: "),
        ("attention/sparge_attn.py", "pretrained=True", "pretrained='yes'", "line 16: write .* pretrained and long as"),
        ("decoding/sparge_attn.py", "", "", "belongs in attention.sparge_attn"),
        ("attention/sparse.py", "", "", "belongs in attention.sparge_attn"),
    ],
)
def test_a_wrong_declaration_is_named(folder: Path, name: str, old: str, new: str, message: str) -> None:
    write(folder, name, GOOD.replace(old, new))
    with pytest.raises(ValueError, match=message):
        discover()


def test_our_own_trials_are_as_they_should_be() -> None:
    trials = discover()
    assert len({each.id for each in trials}) == len(trials)
    assert [each.id for each in trials if not each.what] == []


@trial("https://arxiv.org/abs/2502.18137v1", claim="operator-speedup")
def here(bench: Bench) -> None:
    """One line.

    More.
    """


def test_the_decorator_and_the_reader_say_the_same() -> None:
    this = trial_of(here)
    assert (this.paper, this.claim, this.function, this.what) == (
        "2502.18137",
        "operator-speedup",
        "here",
        "One line.",
    )
    assert list(read_trials(Path(__file__), __name__)) == [this]
    assert this.load() is here


def test_a_trial_stands_where_it_was_written_whatever_wraps_it() -> None:
    wrapped = trial("2502.18137", claim="operator-speedup")(torch.inference_mode()(lambda bench: None))
    assert trial_of(wrapped).file == Path(__file__)


def test_only_trials_are_trials() -> None:
    with pytest.raises(ValueError, match="write is not a trial: decorate it"):
        trial_of(write)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="arXiv"):
        trial("not a paper", claim="it")


def test_no_figure_of_a_paper_is_typed_into_its_trial() -> None:
    """What a trial shows was measured: the claim's figures stand in the catalogue, and nowhere else."""
    for each in {each.file: each for each in discover()}.values():
        stated = [(*c.ends, *(c.between or ()), *ends_of(c.baseline_value)) for c in each.entry.claims]
        # Of three digits at least: a trial may well have four layers or a threshold of 0.5.
        printed = {f"{end:.10g}" for ends in stated for end in ends}
        figures = {figure for figure in printed if len(figure.replace(".", "").strip("0")) >= 3}
        tree = ast.parse(each.file.read_text(encoding="utf-8"))
        first = [node.body[0] for node in ast.walk(tree) if isinstance(node, ast.Module | ast.FunctionDef)]
        prose = {id(statement.value) for statement in first if isinstance(statement, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in prose and not isinstance(node.value, bool):
                typed = set(re.findall(r"\d+(?:\.\d+)?", repr(node.value).replace(",", "").replace("_", "")))
                assert not typed & figures, f"{each.file.name}:{node.lineno}: {typed & figures}"
