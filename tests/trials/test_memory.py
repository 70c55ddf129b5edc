"""Memory of a training step of a model that has sizes and no weights."""

import torch
from transformers import PreTrainedModel

from assay.testbed.models import tiny
from assay.trials.memory import step_memory


def sized() -> PreTrainedModel:
    with torch.device("meta"):
        return tiny("llama", vocab_size=64, hidden=64, layers=4)


def test_a_step_takes_weights_gradients_moments_and_activations() -> None:
    model = sized()
    parameters = sum(parameter.nbytes for parameter in model.parameters())
    one, four = (step_memory(model, texts=texts, tokens=32, checkpoints=False) for texts in (1, 4))
    assert one > 4 * parameters  # weights, gradients, and two moments
    assert four > one


def test_checkpoints_save_activations_and_frozen_weights_their_moments() -> None:
    stored = step_memory(sized(), texts=8, tokens=64, checkpoints=False)
    assert step_memory(sized(), texts=8, tokens=64, checkpoints=True) < stored
    frozen = sized()
    for parameter in list(frozen.parameters())[:-1]:
        parameter.requires_grad = False
    assert step_memory(frozen, texts=8, tokens=64, checkpoints=False) < stored
