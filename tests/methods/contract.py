"""What a method's test module declares, so that the contract test puts it on every tiny family.

A test module ``tests/methods/<room>/test_<name>.py`` has one `CONTRACT`, of the kind that its grammar asks for. Nothing
is listed elsewhere: ``test_contract.py`` finds it there.
"""

import importlib.util
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from torch import Tensor, nn

Model = Any


@dataclass(frozen=True)
class ForAWhile:
    """A method that changes a model for a while: ``with Method(...)(model) as handle``."""

    neutral: Callable[[Model], AbstractContextManager[Any]]
    """Enters the method at a setting at which the model computes what it does without it, bit for bit or to 1e-5."""
    active: Callable[[Model], AbstractContextManager[Any]]
    """Enters it at a setting at which a prompt of 24 tokens is computed in another way."""


@dataclass(frozen=True)
class ForGood:
    """A method that changes a model for good: ``Method(...).apply(model)``."""

    apply: Callable[[Model], Model]
    """Applies it at a setting that fits a tiny model (2 to 4 layers, 32 wide, 40 tokens); returns the changed model."""
    revert: Callable[[Model], Model] | None = None
    """Takes it out again; ``None`` where there is no way back (the docstring says why)."""
    stir: Callable[[Model], None] = lambda model: None
    """Moves the method's new weights away from where they start, in place, so that they do something."""
    keeps_logits: bool = False
    """Whether `apply` alone leaves the logits as they were."""
    restores_logits: bool = True
    """Whether `revert` right after `apply` gives the logits back as they were."""
    trained: Callable[[], nn.Module] | None = None
    """Makes a model on which the method is trained, the same each time under a seed: it takes ``input_ids`` and
    ``labels`` and returns something with a ``loss``. It is trained in two processes, compiled, and in bfloat16."""


@dataclass(frozen=True)
class Decoding:
    """A way to decode that must write the tokens of greedy decoding."""

    generate: Callable[..., Tensor]
    """``generate(model, input_ids, attention_mask=..., max_new_tokens=..., **options)`` to ids with the new tokens."""


Contract = ForAWhile | ForGood | Decoding


@cache
def contracts() -> dict[str, Contract]:
    """The contract of each method, by its name; read from the test modules that declare one."""
    examples = {}
    for path in sorted(Path(__file__).parent.glob("*/test_*.py")):
        if "\nCONTRACT = " not in path.read_text(encoding="utf-8"):
            continue
        spec = importlib.util.spec_from_file_location(f"contract_of_{path.stem}", path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        examples[path.stem.removeprefix("test_")] = module.CONTRACT
    return examples
