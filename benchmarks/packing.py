"""Packs what was learnt with torch for the encoders that Assay carries: matrices in eight bits, the rest in sixteen."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn


def pack(pieces: Sequence[str], bert: Any, heads: Mapping[str, nn.Linear], **others: NDArray[np.float32]) -> bytes:
    """The bytes of a file that `assay.claims.encoders.transformer.Weights` reads.

    Args:
        pieces: What its text is cut into.
        bert: The encoder, of transformers.
        heads: What reads its states, by name.
        others: Arrays that are kept as they are.
    """
    arrays: dict[str, NDArray[Any]] = {"pieces": np.frombuffer("\n".join(pieces).encode(), np.uint8), **others}
    arrays["heads"] = np.array(bert.config.num_attention_heads, np.uint8)
    vectors = bert.embeddings
    arrays |= _in_eight_bits("words", vectors.word_embeddings.weight)
    arrays["places"] = _in_sixteen_bits(vectors.position_embeddings.weight)
    arrays["marks"] = _in_sixteen_bits(vectors.token_type_embeddings.weight)
    arrays |= _norm("norm", vectors.LayerNorm)
    for number, layer in enumerate(bert.encoder.layer):
        name, attention = f"layer{number}", layer.attention
        three = [getattr(attention.self, each) for each in ("query", "key", "value")]
        weight, bias = (torch.cat([getattr(each, part) for each in three]) for part in ("weight", "bias"))
        arrays |= _linear(f"{name}.query_key_value", weight, bias)
        arrays |= _linear(f"{name}.out", attention.output.dense.weight, attention.output.dense.bias)
        arrays |= _norm(f"{name}.after_attention", attention.output.LayerNorm)
        arrays |= _linear(f"{name}.up", layer.intermediate.dense.weight, layer.intermediate.dense.bias)
        arrays |= _linear(f"{name}.down", layer.output.dense.weight, layer.output.dense.bias)
        arrays |= _norm(f"{name}.after_maps", layer.output.LayerNorm)
    for name, linear in heads.items():
        arrays |= _linear(name, linear.weight, linear.bias)
    written = BytesIO()
    np.savez_compressed(written, allow_pickle=False, **arrays)
    return written.getvalue()


def _linear(name: str, weight: Tensor, bias: Tensor) -> dict[str, NDArray[Any]]:
    return _in_eight_bits(name, weight) | {f"{name}.bias": _in_sixteen_bits(bias)}


def _norm(name: str, norm: nn.LayerNorm) -> dict[str, NDArray[Any]]:
    return {name: _in_sixteen_bits(norm.weight), f"{name}.bias": _in_sixteen_bits(norm.bias)}


def _in_eight_bits(name: str, weight: Tensor) -> dict[str, NDArray[Any]]:
    values = weight.detach().numpy()
    scale = np.abs(values).max(1).clip(1e-8) / 127
    scale = scale.astype(np.float16).clip(np.finfo(np.float16).tiny)
    eight = np.rint(values / scale.astype(np.float32)[:, None]).clip(-127, 127).astype(np.int8)
    return {name: eight, f"{name}.scale": scale}


def _in_sixteen_bits(values: Tensor) -> NDArray[np.float16]:
    return values.detach().numpy().astype(np.float16)
