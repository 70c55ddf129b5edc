"""What tests of trials share: a ledger of their own, away from the user's folders."""

from pathlib import Path

import pytest

from assay.trials.ledger import Ledger


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return Ledger(tmp_path / "measurements")
