"""What the papers propose, as library code: one room per thing they change, one module per paper.

This package imports nothing else of Assay, so that it can be lifted out. A method works on any Hugging Face model of
its kind, through the ecosystem's own extension point. There are three ways to use one:

- what changes a model for a while: ``with FastKV(retain_rate=0.1)(model) as reading: ...``;
- what changes it for good: ``LM2Memory(slots=32).apply(model)`` and ``LM2Memory.revert(model)``; saved with
  ``model.save_pretrained(folder)`` and loaded with ``assay.methods.load(folder)``;
- what changes no model is a plain function, or an object like scikit-learn's.

Hyper-parameters are the fields of the frozen dataclass that is called.

A method that asks a model takes what `as_model` makes of a callable, a model of transformers or an `Endpoint`;
`read_prompts_once` makes likelihoods of several continuations of one prompt cheaper.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.methods._changes import load, register
    from assay.methods._models import Endpoint, as_model
    from assay.methods._prompts_once import read_prompts_once

__all__ = ["Endpoint", "as_model", "load", "read_prompts_once", "register"]

_FROM = {
    "load": "_changes",
    "register": "_changes",
    "Endpoint": "_models",
    "as_model": "_models",
    "read_prompts_once": "_prompts_once",
}


def __getattr__(name: str) -> Any:
    """One of `__all__`, some of which need torch, when it is first asked for."""
    if name in _FROM:
        return getattr(import_module(f"assay.methods.{_FROM[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
