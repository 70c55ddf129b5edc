"""The transformer on numpy computes what transformers' own BERT does with the same weights."""

from importlib.resources import files
from typing import Any

import numpy as np
import pytest

from assay.claims.encoders.transformer import Transformer, Weights


def test_it_computes_what_transformers_does_with_the_same_weights() -> None:
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    weights = Weights(files("assay.claims.choosing").joinpath("encoder.npz").read_bytes())
    model = _as_bert(weights, transformers, torch)
    texts, marked = [[2, 50, 60, 70, 3], [2, 500, 3]], [[(1, 2)], [(0, 0), (2, 2)]]
    states = Transformer(weights).read(texts, marked)
    for numbers, runs, ours in zip(texts, marked, states, strict=True):
        marks = torch.zeros(1, len(numbers), dtype=torch.long)
        for first, last in runs:
            marks[0, first : last + 1] = 1
        with torch.no_grad():
            reference = model(input_ids=torch.tensor([numbers]), token_type_ids=marks).last_hidden_state[0]
        np.testing.assert_allclose(ours[: len(numbers)], reference.numpy(), atol=2e-3)


def test_a_text_that_is_too_long_is_refused_in_words() -> None:
    weights = Weights(files("assay.claims.choosing").joinpath("encoder.npz").read_bytes())
    with pytest.raises(ValueError, match="a text of 141 pieces: the encoder has places for 140"):
        Transformer(weights).read([[2] * 141], [[(1, 1)]])


def _as_bert(weights: Weights, transformers: Any, torch: Any) -> Any:
    """The same weights in transformers' own model."""
    arrays = {name: weights.floats(name) for name in weights.names()}
    layers = sum(name.endswith(".out") for name in arrays)
    width, inner = len(arrays["norm"]), len(arrays["layer0.up.bias"])
    config = transformers.BertConfig(
        vocab_size=len(arrays["words"]), hidden_size=width, num_hidden_layers=layers, intermediate_size=inner,
        num_attention_heads=weights.heads(), max_position_embeddings=len(arrays["places"]),
    )  # fmt: skip
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    parts = {
        "embeddings.word_embeddings": "words", "embeddings.position_embeddings": "places",
        "embeddings.token_type_embeddings": "marks", "embeddings.LayerNorm": "norm",
    }  # fmt: skip
    state = {}
    for number in range(layers):
        here, name = f"encoder.layer.{number}.", f"layer{number}."
        for at, each in enumerate(("query", "key", "value")):
            rows = slice(at * width, (at + 1) * width)
            state[f"{here}attention.self.{each}.weight"] = arrays[f"{name}query_key_value"][rows]
            state[f"{here}attention.self.{each}.bias"] = arrays[f"{name}query_key_value.bias"][rows]
        parts |= {
            f"{here}attention.output.dense": f"{name}out", f"{here}intermediate.dense": f"{name}up",
            f"{here}output.dense": f"{name}down", f"{here}output.LayerNorm": f"{name}after_maps",
            f"{here}attention.output.LayerNorm": f"{name}after_attention",
        }  # fmt: skip
    for theirs, ours in parts.items():
        state[f"{theirs}.weight"] = arrays[ours]
        if f"{ours}.bias" in arrays:
            state[f"{theirs}.bias"] = arrays[f"{ours}.bias"]
    model.load_state_dict({name: torch.tensor(array) for name, array in state.items()})
    return model
