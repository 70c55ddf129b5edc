"""A model that writes lines of a few templates by heart, and a pupil of it."""

from copy import deepcopy
from functools import partial

import torch
from transformers import PreTrainedModel

from assay.methods.decoding.unified_consistency_decoding import JacobiAnswer, JacobiDecoding, TextConsistency, TextLoss
from assay.testbed.models import tiny
from assay.testbed.tasks.templated_lines import VOCABULARY, Line, draw_lines, line_batch
from assay.testbed.training import train, train_once
from assay.trials.decoding.unified_consistency_decoding._stepwise import Stepwise

BLOCK = 8
"""Tokens of a block."""


def line_writer(seed: int, steps: int) -> PreTrainedModel:
    """A model that has learnt the lines; kept in the cache."""

    def batch(step: int) -> dict[str, torch.Tensor]:
        return line_batch(draw_lines(48, torch.Generator().manual_seed(1_000_003 * (seed + 7) + step)))

    return train_once(
        {"what": "templated lines", "steps": steps, "seed": seed},
        partial(tiny, "llama", vocab_size=VOCABULARY, layers=2, seed=seed),
        batch, steps=steps, seed=seed, what="training on lines",
    )  # fmt: skip


def line_pupil(model: PreTrainedModel, known: list[Line], steps: int, seed: int) -> PreTrainedModel:
    """A copy of it, distilled on its own answers: in 4 segments, then in one."""
    answers = JacobiDecoding(block=BLOCK).write(model, [line.prompt for line in known], 12)
    pupil = deepcopy(model)
    for segments in (4, 1):
        course = Stepwise(pupil, partial(_loss, pupil, answers, TextConsistency(segments=segments)))
        train(course, course.batch, steps=steps // 2, lr=1e-3, seed=seed, what=f"distilling, {segments} segments")
    return pupil


def _loss(pupil: PreTrainedModel, answers: list[JacobiAnswer], consistency: TextConsistency, step: int) -> TextLoss:
    """Of some answers."""
    rows = torch.randint(len(answers), (16,), generator=torch.Generator().manual_seed(step)).tolist()
    return consistency(pupil, [answers[row] for row in rows], seed=step)
