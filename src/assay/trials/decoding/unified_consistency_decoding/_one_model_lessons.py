"""What one model learns that draws and describes, and what students of it learn.

The teacher learns three things at once: to fill in an image behind a request, to write the description of an image, and
sentences alone, the plain text of its small world. A student learns from the teacher's trajectories what the weights of
the losses say: to draw, to describe, or both in as many steps. Sentences alone are part of all of them.
"""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import PreTrainedModel

from assay.methods.decoding.unified_consistency_decoding import (
    ImageConsistency,
    JacobiAnswer,
    MaskedTrajectory,
    TextConsistency,
    UnifiedConsistency,
    image_denoiser,
)
from assay.testbed.cache import load_or_train
from assay.testbed.tasks.described_digits import description
from assay.testbed.training import train
from assay.trials.decoding.unified_consistency_decoding._digits import BEGIN, DECODING, LEVELS, TOKENS, mask_at_random
from assay.trials.decoding.unified_consistency_decoding._one_model import (
    END,
    IMAGE,
    UNASKED,
    asked,
    describe,
    draw,
    in_ids,
    judge,
    new_model,
    shown,
)
from assay.trials.decoding.unified_consistency_decoding._stepwise import Loss, Stepwise, drawn

TEACHER, BOTH, DRAWS, DESCRIBES = "teacher", "student of both", "student of images", "student of text"
_STUDENTS = {
    BOTH: UnifiedConsistency(),
    DRAWS: UnifiedConsistency(text=0.0),
    DESCRIBES: UnifiedConsistency(image=0.0),
}
_STAGES = ((8, 4), (1, 1))
"""Segments of images and of text: both ends of the paper's curriculum."""
_UNASKED_SHARE = 0.1
"""Of the teacher's images stand behind no request, so that it can be guided."""
_IMAGES, _TEXTS = 32, 16
"""Of a step of a student."""
_RATE, _STUDENT_RATE = 2e-3, 1e-3


@dataclass(frozen=True)
class Lessons:
    """How much is learnt, and for how long."""

    steps: int
    """Of the teacher."""
    student_steps: int
    """Of each stage of a student."""
    trajectories: int
    """Of images, and of text."""
    hidden: int = 64
    layers: int = 4
    block: int = 16
    """Of the trajectories of text (paper)."""
    decided_in: int = 16
    """Steps of the trajectories of images (the paper's script for 256 pixels)."""
    guidance: float = 1.75
    """Of these (the same script). Of 0, 0.5 and 1.75 it is the one with which the teacher draws what it should."""


def models(lessons: Lessons, *, seed: int) -> dict[str, PreTrainedModel]:
    """The teacher and its students."""
    students = {name: _student(lessons, weights, seed=seed) for name, weights in _STUDENTS.items()}
    return {TEACHER: _teacher(lessons, seed=seed)} | students


@cache  # all students begin with it, and all trajectories are its
def _teacher(lessons: Lessons, *, seed: int) -> PreTrainedModel:
    """The model that draws and describes step by step; kept in the cache."""

    def build() -> PreTrainedModel:
        known = _Known.read()
        model: Any = new_model(hidden=lessons.hidden, layers=lessons.layers, seed=seed)

        def image(step: int) -> Tensor:
            chance = drawn(seed, step)
            rows = torch.randint(len(known.codes), (_IMAGES,), generator=chance)
            codes = known.codes[rows]
            canvas = mask_at_random(codes, chance)
            alone = torch.rand(_IMAGES, generator=chance) < _UNASKED_SHARE
            prompts = [UNASKED if alone[at] else asked(known.traits[row]) for at, row in enumerate(rows.tolist())]
            masked = canvas == LEVELS
            return cross_entropy(image_denoiser(model, TOKENS, prompts)(canvas)[masked], codes[masked])

        def text(step: int) -> Tensor:
            rows = torch.randint(len(known.codes), (_IMAGES,), generator=drawn(seed + 1, step)).tolist()
            return _surprise(
                model, [JacobiAnswer(shown(known.codes[row]), known.described[row], images=(IMAGE,)) for row in rows]
            )

        loss = _weighed(UnifiedConsistency(text=1.0), image=image, text=text, language=_language(model, known, seed))
        what = "a model that draws and describes"
        train(Stepwise(model, loss), Stepwise.batch, steps=lessons.steps, lr=_RATE, seed=seed, what=what)
        trained: PreTrainedModel = model
        return trained

    return load_or_train({"what": "digits and sentences", "seed": seed, **asdict(lessons)}, build)


def _student(lessons: Lessons, weights: UnifiedConsistency, *, seed: int) -> PreTrainedModel:
    """A copy of the teacher that was distilled on its trajectories; kept in the cache."""

    def build() -> PreTrainedModel:
        model: Any = deepcopy(_teacher(lessons, seed=seed))
        for segments in _STAGES:
            loss = _distillation(model, lessons, weights, segments, seed)
            steps, what = lessons.student_steps, f"distilling, {segments[0]} and {segments[1]} segments"
            train(Stepwise(model, loss), Stepwise.batch, steps=steps, lr=_STUDENT_RATE, seed=seed, what=what)
        distilled: PreTrainedModel = model
        return distilled

    recipe = {"what": "digits and sentences, a student", "seed": seed, "weights": asdict(weights), **asdict(lessons)}
    return load_or_train(recipe, build)


def _distillation(
    model: Any, lessons: Lessons, weights: UnifiedConsistency, segments: tuple[int, int], seed: int
) -> Callable[[int], Loss]:
    """The loss of one stage of a student."""
    of_images, of_text = ImageConsistency(segments=segments[0]), TextConsistency(segments=segments[1])

    def image(step: int) -> Tensor:
        trajectory, prompts = _drawings(lessons, seed)
        rows = torch.randint(len(prompts), (_IMAGES,), generator=drawn(seed, step))
        denoise = image_denoiser(model, TOKENS, [prompts[row] for row in rows.tolist()])
        return of_images(denoise, trajectory.select(rows), seed=step)

    def text(step: int) -> Tensor:
        answers = _descriptions(lessons, seed)
        rows = torch.randint(len(answers), (_TEXTS,), generator=drawn(seed + 1, step)).tolist()
        return of_text(model, [answers[row] for row in rows], seed=step).loss

    return _weighed(weights, image=image, text=text, language=_language(model, _Known.read(), seed))


@cache
def _drawings(lessons: Lessons, seed: int) -> tuple[MaskedTrajectory, list[list[int]]]:
    """How the teacher drew images, guided, and the prompt of each."""
    traits = _Known.read().traits[: lessons.trajectories]
    decoding = replace(DECODING, steps=lessons.decided_in, guidance=lessons.guidance)
    return draw(_teacher(lessons, seed=seed), traits, decoding, seed=seed), [asked(each) for each in traits]


@cache
def _descriptions(lessons: Lessons, seed: int) -> list[JacobiAnswer]:
    """How the teacher described images."""
    model, images = _teacher(lessons, seed=seed), _Known.read().codes[: lessons.trajectories]
    return [answer for part in images.split(128) for answer in describe(model, part, block=lessons.block)]


@dataclass(frozen=True)
class _Known:
    """The digits that are learnt from."""

    codes: Tensor
    traits: list[list[int]]
    described: list[list[int]]
    """The ids of each one's description, and the end."""

    @staticmethod
    @cache
    def read() -> "_Known":
        codes, traits = judge().codes(judge().known), judge().traits_of(judge().known).tolist()
        return _Known(codes, traits, [[*in_ids(description(each)), END] for each in traits])


def _language(model: Any, known: _Known, seed: int) -> Callable[[int], Tensor]:
    """The loss of sentences alone."""

    def language(step: int) -> Tensor:
        rows = torch.randint(len(known.described), (_TEXTS,), generator=drawn(seed + 2, step)).tolist()
        return _surprise(model, [JacobiAnswer([BEGIN], known.described[row]) for row in rows])

    return language


def _surprise(model: Any, answers: Sequence[JacobiAnswer]) -> Tensor:
    """Cross-entropy of answers, in nats a token."""
    return TextConsistency().of_leaps(model, answers, [[]] * len(answers)).ar


def _weighed(weights: UnifiedConsistency, **losses: Callable[[int], Tensor]) -> Callable[[int], Loss]:
    """The weighed sum of a step's losses; what weighs nothing is not computed."""
    nothing = torch.zeros(())

    def loss(step: int) -> Loss:
        return Loss(weights(**{name: of(step) if getattr(weights, name) else nothing for name, of in losses.items()}))

    return loss
