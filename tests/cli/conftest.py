"""Run the real command, with a home of its own."""

import io
import os
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from assay.cli import main


@dataclass
class Done:
    """What a command did."""

    code: int
    out: str
    err: str

    def __repr__(self) -> str:
        """The form in which snapshots keep it."""
        return f"exit code: {self.code}\n--- stdout\n{self.out}--- stderr\n{self.err}"


Run = Callable[..., Done]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def environment_of(home: Path, tmp_path: Path) -> dict[str, str]:
    """What a command sees: nothing of the tester's own settings."""
    own = {key: value for key, value in os.environ.items() if not key.startswith("ASSAY_")}
    plain = {"COLUMNS": "80", "NO_COLOR": "1", "TERM": "dumb", "XDG_CACHE_HOME": str(tmp_path / "cache")}
    return own | plain | {"ASSAY_HOME": str(home)}


@pytest.fixture
def assay(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``assay("digest", "2025-02-26", ASSAY_LANGUAGES="ko")``: the whole command, in this process to save time.

    Tests that kill it or run two at once start processes; see `environment_of`.
    """
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path, **variables: str) -> Done:
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            for name in os.environ.keys() - environment_of(home, tmp_path).keys():
                patch.delenv(name)
            for name, value in (environment_of(home, tmp_path) | variables).items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["assay", *map(str, arguments)])
            try:
                main()
                code = 0
            except SystemExit as stop:
                code = int(stop.code or 0)
        return Done(code, _steady(out.getvalue(), tmp_path), _steady(err.getvalue(), tmp_path))

    return run


def _steady(text: str, tmp_path: Path) -> str:
    text = text.replace(str(tmp_path), "TMP")
    return re.sub(r"127\.0\.0\.1:\d+", "HOST", text)
