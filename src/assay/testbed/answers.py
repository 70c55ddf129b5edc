"""What a model answered, kept: trials that need the same answers of the same model ask for them once on a machine."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch

from assay.testbed.code import code_hash, content_hash
from assay.testbed.folders import cache_folder, make_once
from assay.testbed.pretrained import LanguageModel

T = TypeVar("T")


def ask_once(lm: LanguageModel, recipe: Mapping[str, Any], ask: Callable[[LanguageModel], T]) -> T:
    """What `ask` gives of the model; from the cache if it was asked before.

    A process that is ended rudely loses the answers that it was asking for and no others: ask in parts.

    Args:
        lm: The model. Its weights, precision and device count, and how many threads compute with it.
        recipe: Everything else that decides what comes out, as JSON can hold it.
        ask: Gives what JSON can hold. Its code counts, and what it holds in a closure, a default or a partial.

    Raises:
        ValueError: The recipe, or something that `ask` holds, has no content to hash.
    """
    computed = {"dtype": lm.dtype, "device": str(lm.model.device), "threads": torch.get_num_threads()}
    place = cache_folder("answers") / content_hash([lm.fingerprint, computed, dict(recipe), code_hash(ask)])

    def keep(folder: Path) -> None:
        (folder / "answers.json").write_text(json.dumps(ask(lm)) + "\n", encoding="utf-8")

    answers: T = json.loads((make_once(place, keep) / "answers.json").read_text(encoding="utf-8"))
    return answers
