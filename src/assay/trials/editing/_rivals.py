"""Editors that people use beside ours: AlphaEdit's rule of an update, and fine-tuning on the edits alone."""

from collections.abc import Sequence

import torch
from torch import Tensor
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from assay.methods.editing.encore import Edit, Rule
from assay.methods.editing.encore.prompts import encode
from assay.methods.editing.encore.sites import find_sites
from assay.testbed.tasks import IGNORED


def null_space_rule(free: float, penalty: float) -> Rule:
    """AlphaEdit's rule: updates live where ordinary keys hardly reach, in the `free` part of their directions."""
    projections: dict[float, Tensor] = {}  # one for each layer, whose covariance is known by its trace

    def rule(keys: Tensor, ordinary: Tensor, previous: Tensor) -> Tensor:
        layer = float(ordinary.trace())
        if layer not in projections:
            projections[layer] = _least(ordinary, free)
        p = projections[layer]
        system = p @ (keys @ keys.T + previous) + penalty * torch.eye(len(keys)).to(keys)
        solution: Tensor = torch.linalg.solve(system, p @ keys)
        return solution

    return rule


def _least(matrix: Tensor, part: float) -> Tensor:
    """The projection onto that part of the directions in which `matrix` is least."""
    vectors: Tensor = torch.linalg.eigh(matrix).eigenvectors[:, : round(part * len(matrix))]
    return vectors @ vectors.T


class FineTuning:
    """Adam on the edited projections of a model, on each batch of edits alone."""

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerFast,
        layers: Sequence[int],
        *,
        rate: float,
        steps: int,
        contexts: Sequence[str],
    ) -> None:
        self.model, self.tokenizer = model, tokenizer
        self.rate, self.steps, self.contexts = rate, steps, contexts
        self.weights = [site.weight for site in find_sites(model, layers)]
        self.before = [weight.detach().clone() for weight in self.weights]
        for parameter in model.parameters():
            parameter.requires_grad = False

    def write(self, edits: Sequence[Edit]) -> float:
        """Write a batch into the weights; returns the gradient steps an edit."""
        rows = encode(self.tokenizer, edits, self.contexts, self.model.device)
        row, place = torch.nonzero(rows.labels != IGNORED, as_tuple=True)
        for weight in self.weights:
            weight.requires_grad = True
        adam = torch.optim.Adam(self.weights, lr=self.rate)
        for _ in range(self.steps):
            logits = rows.logits(self.model)[row, place]
            adam.zero_grad()
            torch.nn.functional.cross_entropy(logits, rows.labels[row, place]).backward()
            adam.step()
        for weight in self.weights:
            weight.requires_grad = False
        return self.steps / len(edits)

    @torch.no_grad()
    def undo(self) -> None:
        """Put the weights back as they were."""
        for weight, base in zip(self.weights, self.before, strict=True):
            weight.copy_(base)
