"""Documents that are packed into one row, where a method would carry what it keeps of one into the next."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

_BOUNDS = ("cu_seq_lens_q", "seq_idx")


def refuse_packed(inputs: Mapping[str, Any], *, what: str) -> None:
    """Refuse the inputs of a model that say where documents begin within a row.

    Positions are not looked at under `torch.compile`, where what is done cannot depend on them.

    Args:
        inputs: By their names: ``position_ids``, ``attention_mask`` and whatever else there is.
        what: What would leak from one document to the next, for the message.

    Raises:
        ValueError: They do: by a name for it, or by positions that begin again where both tokens are real.
    """
    marks = [name for name in _BOUNDS if inputs.get(name) is not None]
    if not marks and not torch.compiler.is_compiling() and _begins_again(inputs):
        marks = ["position_ids"]
    if marks:
        raise ValueError(
            f"{marks[0]} says that documents are packed into one row, and {what} would leak from one to the next: "
            "give each a row of its own, with padding"
        )


def _begins_again(inputs: Mapping[str, Any]) -> bool:
    positions, mask = inputs.get("position_ids"), inputs.get("attention_mask")
    if not isinstance(positions, Tensor) or positions.dim() != 2:
        return False
    again = positions[:, 1:] <= positions[:, :-1]
    if isinstance(mask, Tensor) and mask.dim() == 2:
        real = mask[:, -positions.shape[1] :].bool()
        again = again & real[:, 1:] & real[:, :-1]
    return bool(again.any())
