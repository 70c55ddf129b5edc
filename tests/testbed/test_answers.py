"""What a model was asked is kept, and asked anew where anything else is asked."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from assay.testbed.answers import ask_once
from assay.testbed.pretrained import LanguageModel, load_language_model


def name_of(lm: LanguageModel, *, twice: bool = False) -> list[Any]:
    return [lm.name] * (2 if twice else 1)


def test_the_same_is_asked_once(tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path))
    lm = load_language_model(tiny_model)
    assert ask_once(lm, {"seed": 1}, name_of) == ask_once(lm, {"seed": 1}, name_of) == [lm.name]
    kept = tmp_path / "answers"
    assert len(list(kept.glob("*/answers.json"))) == 1
    ask_once(lm, {"seed": 2}, name_of)
    assert len(ask_once(lm, {"seed": 2}, partial(name_of, twice=True))) == 2
    assert len(list(kept.glob("*/answers.json"))) == 3
    with pytest.raises(ValueError, match="have a content hash"):
        ask_once(lm, {"seed": object()}, name_of)
