"""Trained models, kept so that the same one is never trained twice on a machine.

A model's place is the hash of its recipe and of the code that makes it, so that one which would come out otherwise is
never taken for it. Processes that want the same model wait for the one that trains it. A training that ends half-way,
however rudely, leaves nothing that could be taken for a model.
"""

import json
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any, cast

from transformers import PreTrainedModel

from assay.testbed.code import code_hash, content_hash
from assay.testbed.folders import cache_folder, make_once


def load_or_train(
    recipe: Mapping[str, Any], build: Callable[[], PreTrainedModel], *, folder: Path | None = None
) -> PreTrainedModel:
    """Load a trained model from the cache, or build and train it first; it is in eval mode, on the CPU.

    Args:
        recipe: Everything that decides what comes out, as JSON can hold it. What `build` holds in a closure, a
            default or a partial counts as well, and so does its code and what it calls of ours.
        build: Makes, trains and returns a model of transformers' classes, or of one of ours that derives from them.
        folder: Where models are kept, instead of ``ASSAY_CACHE`` or the platform's cache folder.

    Raises:
        ValueError: The recipe, or something that `build` holds, has no content to hash.
    """
    place = (folder or default_folder()) / content_hash([recipe, code_hash(build)])
    return _load(make_once(place, lambda unfinished: _train(unfinished, recipe, build)))


def default_folder() -> Path:
    """Where models are kept."""
    return cache_folder("models")


def _train(folder: Path, recipe: Mapping[str, Any], build: Callable[[], PreTrainedModel]) -> None:
    """Build a model and save it, with what it was made of."""
    began = perf_counter()
    model = build()
    cls = type(model)
    card = {"recipe": dict(recipe), "class": f"{cls.__module__}:{cls.__qualname__}", "seconds": perf_counter() - began}
    model.save_pretrained(folder)
    (folder / "assay.json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def _load(place: Path) -> PreTrainedModel:
    module, _, name = json.loads((place / "assay.json").read_text(encoding="utf-8"))["class"].partition(":")
    cls = getattr(import_module(module), name)
    return cast("PreTrainedModel", cls.from_pretrained(place).eval())
