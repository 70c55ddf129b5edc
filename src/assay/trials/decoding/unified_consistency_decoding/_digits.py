"""Digits as images of 64 codes: a unified model that fills them in, its students, and how far what they draw is off."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from assay.methods.decoding.unified_consistency_decoding import (
    Denoiser,
    ImageConsistency,
    ImageTokens,
    MaskedDecoding,
    image_denoiser,
)
from assay.testbed.cache import load_or_train
from assay.testbed.images import digits
from assay.testbed.models import tiny
from assay.testbed.training import train
from assay.trials.decoding.unified_consistency_decoding._stepwise import Loss, drawn

LEVELS, PLACES = 5, 64
BEGIN = 1
TOKENS = ImageTokens(first=3, codes=LEVELS, mask=3 + LEVELS)
DECODING = MaskedDecoding(temperature=0.7, noise=0.3)
"""Of all arms and of the trajectories: of six settings that with which the teacher drew best in 8 steps."""
_BATCH = 32
_RATE, _STUDENT_RATE = 2e-3, 5e-4


@dataclass(frozen=True)
class Course:
    """What a teacher and its students learn, and how long."""

    steps: int
    """Of the teacher."""
    student_steps: int
    """Of each stage of the student."""
    trajectories: int
    hidden: int = 64
    layers: int = 4
    decided_in: int = 16
    """Steps of a trajectory."""


def real_digits() -> tuple[Tensor, Tensor]:
    """Codes (n, 64) of the digits to learn from, and of others."""
    known, held_out = (each.images.flatten(1).mul(LEVELS - 1).round().long() for each in digits())
    return known, held_out


class Painter(nn.Module):
    """A unified model with a loss: of the true codes of masked places, or of what a teacher held of them."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    @property
    def denoise(self) -> Denoiser:
        """Behind a prompt of one token, which says nothing: images have no condition."""
        return image_denoiser(self.model, TOKENS, [[BEGIN]])

    def forward(self, canvas: Tensor, target: Tensor) -> Loss:
        """Target: codes (B, N), or probabilities (B, N, C)."""
        if target.is_floating_point():
            return Loss(ImageConsistency().of_states(self.denoise, canvas, target, mask=LEVELS))
        masked = canvas == LEVELS
        return Loss(cross_entropy(self.denoise(canvas)[masked], target[masked]))


def teacher(known: Tensor, course: Course, *, seed: int) -> PreTrainedModel:
    """A model that has learnt to fill in digits of which any share is masked; kept in the cache."""

    def batch(step: int) -> dict[str, Tensor]:
        chance = drawn(seed, step)
        images = known[torch.randint(len(known), (_BATCH,), generator=chance)]
        return {"canvas": mask_at_random(images, chance), "target": images}

    def build() -> PreTrainedModel:
        vocabulary = TOKENS.mask + 1
        model = tiny("llama", vocab_size=vocabulary, hidden=course.hidden, layers=course.layers, seed=seed)
        return _train(model, batch, course.steps, _RATE, seed, "a teacher of digits")

    return load_or_train({"what": "digits, masked", "seed": seed, **asdict(course)}, build)


def student(known: Tensor, course: Course, stages: tuple[int, ...], *, seed: int) -> PreTrainedModel:
    """A copy of the teacher that went through stages of so many segments each; kept in the cache."""

    def build() -> PreTrainedModel:
        master = teacher(known, course, seed=seed)
        before = student(known, course, stages[:-1], seed=seed) if stages[:-1] else master
        blank = torch.full((course.trajectories, PLACES), LEVELS)
        decoding = MaskedDecoding(course.decided_in, DECODING.temperature, DECODING.noise)
        trajectory = decoding.trajectory(Painter(master).denoise, blank, mask=LEVELS, seed=seed + len(stages))
        consistency = ImageConsistency(segments=stages[-1])

        def batch(step: int) -> dict[str, Tensor]:
            rows = torch.randint(course.trajectories, (_BATCH,), generator=drawn(seed, step))
            canvas, target = consistency.draw(trajectory.select(rows), seed=step)
            return {"canvas": canvas, "target": target}

        what = f"a student, {stages[-1]} segments"
        return _train(deepcopy(before), batch, course.student_steps, _STUDENT_RATE, seed, what)

    recipe = {"what": "digits, a student", "seed": seed, "stages": list(stages), **asdict(course)}
    return load_or_train(recipe, build)


def mask_at_random(images: Tensor, chance: torch.Generator) -> Tensor:
    """Canvases of images (n, 64), any share of each masked, one place at least; large shares are frequent."""
    share = torch.cos(torch.pi / 2 * torch.rand(len(images), 1, generator=chance))
    noise = torch.rand(images.shape, generator=chance)
    masked = noise <= torch.maximum(share, noise.min(-1, keepdim=True).values)
    return images.masked_fill(masked, LEVELS)


def draw_images(model: PreTrainedModel, number: int, decoding: MaskedDecoding, *, seed: int) -> Tensor:
    """So many images, (number, 64) codes."""
    blank = torch.full((number, PLACES), LEVELS, device=model.device)
    return decoding(Painter(model).denoise, blank, mask=LEVELS, seed=seed)


def nearest_distance(images: Tensor, real: Tensor) -> float:
    """Mean distance of images to the real one nearest to each, of pixels from 0 to 1."""
    pixels, others = (each.cpu().double() / (LEVELS - 1) for each in (images, real))
    return float(torch.cdist(pixels, others).min(-1).values.mean())


def frechet_distance(images: Tensor, real: Tensor) -> float:
    """Between two normal distributions with the pixels' means and covariances; it grows where variety is lost."""
    ours, theirs = (each.cpu().numpy() / (LEVELS - 1) for each in (images, real))
    a, b = np.cov(ours.T), np.cov(theirs.T)
    # The trace of the root of a product of two such matrices is the sum of the roots of its eigenvalues.
    values = np.linalg.eigvals(a @ b).real.clip(min=0)
    apart = ((ours.mean(0) - theirs.mean(0)) ** 2).sum()
    return float(apart + np.trace(a) + np.trace(b) - 2 * np.sqrt(values).sum())


def _train(
    model: Any, batch: Callable[[int], dict[str, Tensor]], steps: int, rate: float, seed: int, what: str
) -> PreTrainedModel:
    """Train a model on canvases, in place."""
    painter = Painter(model)
    train(painter, batch, steps=steps, lr=rate, seed=seed, what=what)
    trained: PreTrainedModel = painter.model
    return trained
