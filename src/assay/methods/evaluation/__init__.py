"""How good a model is: benchmarks that cannot be learnt by heart, audits, judges, leaderboards, statistics.

What is evaluated is a callable, an OpenAI-compatible endpoint or a model of transformers: `as_model` takes all three.
Extension points: tasks of lm-evaluation-harness and inspect_ai, rewards of TRL, scikit-learn's estimators.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assay.methods._models import Endpoint, Model, TransformersModel, as_model

__all__ = ["Endpoint", "Model", "TransformersModel", "as_model"]


def __getattr__(name: str) -> Any:
    """What a model is to this room, when it is first asked for."""
    if name in __all__:
        from assay.methods import _models  # noqa: PLC0415 - importing this package loads nothing heavy

        return getattr(_models, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
