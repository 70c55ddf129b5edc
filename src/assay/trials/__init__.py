"""Trials: each measures one claim of a paper on this machine, beside the figure in the paper and today's baseline.

A trial is a function of a `Bench` that carries the `trial` decorator; its module stands in the room of its method,
``trials/<room>/<short name>.py``, and is found by being there. Nothing of torch is loaded before a trial is.

    @trial("2502.18137", claim="operator-speedup")
    def long_prefill(bench: Bench) -> None:
        \"\"\"Dense attention against SpargeAttn on locally smooth queries and keys.\"\"\"
        ...
"""

from importlib import import_module
from typing import TYPE_CHECKING

from assay.trials.declaration import Trial, discover, trial

if TYPE_CHECKING:
    from assay.trials.bench import Bench
    from assay.trials.overhead import show_overhead
    from assay.trials.running import run_trial

__all__ = ["Bench", "Trial", "discover", "run_trial", "show_overhead", "trial"]

_LOADS_TORCH = {
    "Bench": "assay.trials.bench",
    "run_trial": "assay.trials.running",
    "show_overhead": "assay.trials.overhead",
}


def __getattr__(name: str) -> object:
    if name in _LOADS_TORCH:
        return getattr(import_module(_LOADS_TORCH[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
