"""What the papers propose, as library code: one room per thing they change, one module per paper.

This package imports nothing else of Assay, so that it can be lifted out. A method works on any Hugging Face model of
its kind, through the ecosystem's own extension point. There are three ways to use one:

- what changes a model for a while: ``with FastKV(retain_rate=0.1)(model) as reading: ...``;
- what changes it for good: ``LM2Memory(slots=32).apply(model)`` and ``LM2Memory.revert(model)``; saved with
  ``model.save_pretrained(folder)`` and loaded with ``assay.methods.load(folder)``;
- what changes no model is a plain function, or an object like scikit-learn's.

Hyper-parameters are the fields of the frozen dataclass that is called.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.methods._changes import load, register

__all__ = ["load", "register"]


def __getattr__(name: str) -> Any:
    """`load` and `register`, which need torch, when they are first asked for."""
    if name in __all__:
        from assay.methods import _changes  # noqa: PLC0415 - importing this package loads no torch

        return getattr(_changes, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
