"""The source hash: what makes a kept result stale, and what does not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from assay.trials import source
from assay.trials.declaration import Trial
from assay.trials.source import source_hash, sources

FILES = {
    "methods/__init__.py": '"""Methods."""\n',
    "methods/_patching.py": "def altered(): return 1\n",
    "methods/attention/__init__.py": '"""The room."""\n',
    "methods/attention/sparge_attn/__init__.py": "from assay.methods.attention.sparge_attn.masks import mask\n",
    "methods/attention/sparge_attn/masks.py": (
        "from ..._patching import altered\ndef mask(x):\n    return x + 1  # why\n"
    ),
    "methods/attention/sparge_attn/unused.py": "A = 1\n",
    "methods/attention/other.py": "B = 1\n",
    "testbed/tasks.py": "from assay.testbed.training import train\nfrom assay.testbed import progress\n",
    "testbed/training.py": "def train():\n    'Trains.'\n    return 1\n",
    "testbed/progress.py": "C = 1\n",
    "testbed/text.py": "D = 1\n",
    "trials/bench.py": "E = 1\n",
    "trials/attention/_fields.py": "F = 1\n",
    "trials/attention/sparge_attn.py": (
        "from assay.testbed import tasks\n"
        "from assay.trials import Bench, trial\n"
        "from assay.trials.attention._fields import F\n"
        "def run(bench):\n"
        '    """Compares."""\n'
        "    from assay.methods.attention import sparge_attn\n"
        '    return """\n\n  # kept\n""", "#"\n'
    ),
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, content in FILES.items():
        file = tmp_path / "assay" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    monkeypatch.setattr(source, "PACKAGE", tmp_path / "assay")
    return tmp_path / "assay"


@pytest.fixture
def trial(package: Path) -> Trial:
    file = package / "trials/attention/sparge_attn.py"
    return Trial("2502.18137", "operator-speedup", "assay.trials.attention.sparge_attn", "run", file, "")


def test_the_hash_covers_method_trial_and_what_they_import(trial: Trial) -> None:
    assert list(sources(trial)) == [
        "assay.methods",
        "assay.methods._patching",
        "assay.methods.attention",
        "assay.methods.attention.sparge_attn",
        "assay.methods.attention.sparge_attn.masks",
        "assay.methods.attention.sparge_attn.unused",
        "assay.testbed.tasks",
        "assay.testbed.training",
        "assay.trials.attention._fields",
        "assay.trials.attention.sparge_attn",
    ]


def edit(package: Path, name: str, change: Callable[[str], str]) -> None:
    file = package / name
    before = file.read_text(encoding="utf-8")
    file.write_text(change(before), encoding="utf-8")
    assert file.read_text(encoding="utf-8") != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("methods/_patching.py", "1", "2"),
        ("methods/attention/__init__.py", '"""\n', '"""\nX = 1\n'),
        ("methods/attention/sparge_attn/masks.py", "+ 1", "+ 2"),
        ("methods/attention/sparge_attn/unused.py", "1", "2"),
        ("testbed/training.py", "1", "2"),
        ("trials/attention/_fields.py", "1", "2"),
        ("trials/attention/sparge_attn.py", "# kept", "# keep"),
        ("trials/attention/sparge_attn.py", '"#"', '"# "'),
    ],
)
def test_what_counts_makes_it_stale(package: Path, trial: Trial, name: str, old: str, new: str) -> None:
    before = source_hash(trial)
    edit(package, name, lambda text: text.replace(old, new))
    assert source_hash(trial) != before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("methods/attention/other.py", "1", "2"),
        ("testbed/progress.py", "1", "2"),
        ("testbed/text.py", "1", "2"),
        ("trials/bench.py", "1", "2"),
        ("methods/attention/__init__.py", "room", "same room"),
        ("methods/attention/sparge_attn/masks.py", "  # why", "\n\n    # because"),
        ("testbed/training.py", "'Trains.'", '"""Trains\n\n    well.\n    """'),
        ("trials/attention/sparge_attn.py", '"""Compares."""', '"""Compares fairly."""'),
        ("trials/attention/sparge_attn.py", "\n", "\r\n"),
    ],
)
def test_what_does_not_count_does_not(package: Path, trial: Trial, name: str, old: str, new: str) -> None:
    before = source_hash(trial)
    edit(package, name, lambda text: text.replace(old, new)) if new != "\r\n" else (package / name).write_bytes(
        (package / name).read_bytes().replace(b"\n", b"\r\n")
    )
    assert source_hash(trial) == before


def test_a_trial_before_its_method_is_there_has_a_hash(package: Path, trial: Trial) -> None:
    for file in (package / "methods/attention/sparge_attn").iterdir():
        file.unlink()
    assert len(source_hash(trial)) == 64


def test_a_trial_in_no_file_is_refused(trial: Trial) -> None:
    trial.file.unlink()
    with pytest.raises(ValueError, match="trial run is in no file"):
        source_hash(trial)
