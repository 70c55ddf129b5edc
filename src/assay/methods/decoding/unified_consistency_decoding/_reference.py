"""The method as one would write it on paper: plain loops, to hold the fast paths against."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, log_softmax

from assay.methods.decoding.unified_consistency_decoding._images import MaskedTrajectory
from assay.methods.decoding.unified_consistency_decoding._jacobi import JacobiAnswer
from assay.methods.decoding.unified_consistency_decoding._text import Leap


def jacobi_reference(model: Any, prompt: Sequence[int], guess: Sequence[int]) -> list[list[int]]:
    """Refine one block as the paper has it, each time by a pass over the whole text and without a cache.

    Args:
        model: Any causal language model.
        prompt: Token ids.
        guess: The first guess.

    Returns:
        The states, from the first guess to the one that does not change any more: what greedy decoding writes.
    """
    states = [list(guess)]
    while len(states) < 2 or states[-1] != states[-2]:
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([[*prompt, *states[-1]]]), use_cache=False).logits[0]
        states.append(logits[len(prompt) - 1 : -1].argmax(-1).tolist())
    return states[:-1]


def text_loss_reference(
    model: Any, answers: Sequence[JacobiAnswer], leaps: Sequence[Sequence[Leap]], *, ar_weight: float
) -> Tensor:
    """The loss of `TextConsistency`, every state of every block by a pass of its own over the whole text before it."""

    def logits(tokens: Sequence[int]) -> Tensor:
        out: Tensor = model(input_ids=torch.tensor([list(tokens)]), use_cache=False).logits[0]
        return out

    distances, surprises = [], []
    for answer, its in zip(answers, leaps, strict=True):
        whole = logits([*answer.prompt, *answer.tokens])
        for place, token in enumerate(answer.tokens, start=len(answer.prompt)):
            surprises.append(-log_softmax(whole[place - 1], -1)[token])
        for leap in its:
            before = [*answer.prompt, *answer.tokens[: leap.block.start]]
            student, teacher = logits([*before, *leap.state]), logits([*before, *leap.target]).detach()
            for place in leap.places:
                behind = len(before) + place - 1
                distances.append(cross_entropy(student[behind], teacher[behind].softmax(-1)))
    consistency = torch.stack(distances).mean() if distances else torch.zeros(())
    return consistency + ar_weight * torch.stack(surprises).mean()


def targets_reference(trajectory: MaskedTrajectory, end: int) -> Tensor:
    """`MaskedTrajectory.targets` place by place: what was held when it was decided, up to the end of a segment."""
    targets = torch.empty_like(trajectory.probabilities[0])
    for b in range(targets.shape[0]):
        for n in range(targets.shape[1]):
            for step in range(end):
                targets[b, n] = trajectory.probabilities[step, b, n]
                if trajectory.states[step + 1, b, n] != trajectory.mask:
                    break
    return targets
