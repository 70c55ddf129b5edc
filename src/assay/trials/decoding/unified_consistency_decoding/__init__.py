"""Show-o Turbo's recipe on models that are trained here: digits drawn in fewer steps, lines written in fewer passes.

**Digits.** scikit-learn's digits in 5 levels are 64 tokens of a unified model, an image behind a text that says
nothing: a condition would make it too easy, since a class alone settles nine tenths of a digit. So there is no guidance
either. The teacher fills images in within 16 steps; the student learns from its trajectories in 4 segments, then in
one. How good an image is, is how near it is to a real digit; Fréchet's distance says beside it how much variety is
lost. All arms draw alike, by settings that suit the teacher best, so that what parts them are the weights. The interval
is over groups of images; there is one teacher.

**Lines.** The control beside SmolLM2 (see `pretrained`): a Llama of two layers that knows three kinds of lines by
heart, distilled on its own answers. A pass of so small a model takes as long with eight tokens as with one, as it does
on a GPU.

Budget on two quiet cores: 1,700 steps of 0.07 s for digits and 1,100 of 0.02 s for lines, about three minutes.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from transformers import PreTrainedModel

from assay.methods.decoding.unified_consistency_decoding import JacobiAnswer, JacobiDecoding
from assay.testbed.tasks.templated_lines import Line, draw_lines
from assay.testbed.training import one_thread
from assay.trials import Bench, trial
from assay.trials.decoding.unified_consistency_decoding._digits import (
    DECODING,
    LEVELS,
    PLACES,
    Course,
    Painter,
    draw_images,
    frechet_distance,
    nearest_distance,
    real_digits,
    student,
    teacher,
)
from assay.trials.decoding.unified_consistency_decoding._lines import BLOCK, line_pupil, line_writer

_PAPER = "2502.05415"
_TEACHER, _FIRST, _STUDENT = "teacher", "student, 4 segments", "student, 4 segments, then 1"
_STEPS = (2, 4, 8, 16)
_WHAT = "distance to the nearest real digit"
_PLAIN, _BEFORE, _AFTER = "token by token", "Jacobi, before distillation", "Jacobi, distilled"
_SLOW = "distilled, token by token"


@trial(_PAPER, claim="geneval-4-steps")
def images_in_four_steps(bench: Bench) -> None:
    """Digits that a student draws in 4 steps against those of its teacher in 8."""
    models = _painters(bench)
    drawn = _draw(bench, models, _STEPS)
    _compare(bench, drawn, candidate=(_STUDENT, 4), baseline=(_TEACHER, 8))
    near = {name: [_distances(drawn[name, steps]) for steps in _STEPS] for name in models}
    bench.curve(f"{_WHAT}, by steps", near, candidate=_STUDENT, along="steps", at=_STEPS)
    few = {"student, 4 steps": (_STUDENT, 4), "teacher, 8 steps": (_TEACHER, 8)}
    sharp = {
        arm: _distances(_draw(bench, {name: models[name]}, (steps,), top_k=2)[name, steps])
        for arm, (name, steps) in few.items()
    }
    bench.score(f"{_WHAT}, from the 2 likeliest codes", sharp, candidate="student, 4 steps", better="lower")
    known, held_out = real_digits()
    bench.score(f"{_WHAT} of other real digits", nearest_distance(held_out, known), better="lower")


@trial(_PAPER, claim="geneval-2-steps")
def images_in_two_steps(bench: Bench) -> None:
    """Digits that a student draws in 2 steps against those of its teacher in 2."""
    drawn = _draw(bench, _painters(bench), (2,))
    _compare(bench, drawn, candidate=(_STUDENT, 2), baseline=(_TEACHER, 2))


@trial(_PAPER, claim="seconds-per-image")
def time_of_images(bench: Bench) -> None:
    """Time of an image: a student's 4 steps without guidance against a teacher's 8 steps with guidance."""
    models = _painters(bench)
    number = bench.pick(quick=2, cpu=16, cuda=64)
    blank = torch.full((number, PLACES), LEVELS, device=bench.device)
    master, pupil = (Painter(models[name]).denoise for name in (_TEACHER, _STUDENT))
    # Without a condition both halves of guidance are the same; what is timed are the passes.
    guided = replace(DECODING, steps=8, guidance=5.0)
    ours, theirs = "student, 4 steps", "teacher, 8 steps, guided"
    arms = {
        ours: partial(replace(DECODING, steps=4), pupil, blank, mask=LEVELS),
        theirs: partial(guided, master, blank, mask=LEVELS, unconditional=master),
        "teacher, 8 steps": partial(replace(DECODING, steps=8), master, blank, mask=LEVELS),
    }
    bench.claim(bench.time(f"time of {number} images", arms, candidate=ours, baseline=theirs))
    near = {
        ours: _distances(_draw(bench, {_STUDENT: models[_STUDENT]}, (4,))[_STUDENT, 4]),
        theirs: _distances(_draw(bench, {_TEACHER: models[_TEACHER]}, (8,))[_TEACHER, 8]),
    }
    bench.compare(_WHAT, near, candidate=ours, baseline=theirs, better="lower")


@trial(_PAPER, claim="image-to-text-speedup")
def lines_by_heart(bench: Bench) -> None:
    """Time of lines of a few templates: Jacobi decoding of a distilled model against token by token."""
    taught, steps = bench.pick(quick=(6, 2), cpu=(600, 400))
    bench.setting(
        "trained here",
        model="Llama, 64 wide, 2 layers",
        differs=f"lines of three templates instead of captions; distilled on {taught} own answers in {steps} steps; "
        f"blocks of {BLOCK} tokens; the baseline has a cache",
    )
    generator = torch.Generator().manual_seed(bench.seed)
    known = draw_lines(taught, generator)
    asked = draw_lines(bench.pick(quick=3, cpu=90), generator)
    with one_thread():
        model = line_writer(bench.seed, bench.pick(quick=40, cpu=700))
        pupil = line_pupil(model, known, steps, bench.seed)
        _compare_writers(bench, model, pupil, asked)


def _compare_writers(bench: Bench, model: PreTrainedModel, pupil: PreTrainedModel, asked: list[Line]) -> None:
    """Times, passes and right lines of a model and its pupil, token by token and in blocks."""

    def write(writer: PreTrainedModel, block: int) -> list[JacobiAnswer]:
        return [JacobiDecoding(block=block).write(writer, [line.prompt], 12)[0] for line in asked]

    writers = {
        _PLAIN: (model, 1),
        _BEFORE: (model, BLOCK),
        _AFTER: (pupil, BLOCK),
        _SLOW: (pupil, 1),
    }
    calls = {arm: partial(write, *how) for arm, how in writers.items()}
    answers = {arm: call() for arm, call in calls.items()}
    bench.claim(bench.time(f"time of {len(asked)} lines", calls, candidate=_AFTER, baseline=_PLAIN))
    rates = {arm: _by_kind(its) for arm, its in answers.items()}
    bench.compare("tokens a pass, by template", rates, candidate=_AFTER, baseline=_BEFORE, better="higher")
    right = {
        arm: _share([a.tokens == b.answer for a, b in zip(its, asked, strict=True)]) for arm, its in answers.items()
    }
    bench.compare("lines that are right", right, candidate=_AFTER, baseline=_PLAIN, better="higher", unit="%")
    pairs = ((_BEFORE, _PLAIN), (_AFTER, _SLOW))
    same = [a.tokens == b.tokens for arm, other in pairs for a, b in zip(answers[arm], answers[other], strict=True)]
    name = "answers that are those of the model's own greedy decoding"
    bench.score(name, _share(same), unit="%", better="higher", at_least=100.0)
    # Where the model has not learnt its lines, its answers say nothing of either way to write them.
    name, least = "lines that the model itself gets right", 0.0 if bench.quick else 60.0
    bench.score(name, right[_PLAIN], unit="%", better="higher", at_least=least, binds="measurement")


Drawn = dict[tuple[str, int], list[torch.Tensor]]
"""Groups of images (n, 64), by model and steps."""


def _compare(bench: Bench, drawn: Drawn, *, candidate: tuple[str, int], baseline: tuple[str, int]) -> None:
    """The claim's figure of two models at so many steps, and the variety of all."""
    arms = {each: f"{each[0]}, {each[1]} steps" for each in drawn}
    near = {arms[each]: _distances(drawn[each]) for each in (candidate, baseline)}
    bench.claim(bench.compare(_WHAT, near, candidate=arms[candidate], baseline=arms[baseline], better="lower"))
    known, _ = real_digits()
    variety = {arms[each]: frechet_distance(torch.cat(groups), known) for each, groups in drawn.items()}
    bench.score("Fréchet distance to real digits", variety, candidate=arms[candidate], better="lower")


def _draw(bench: Bench, models: dict[str, PreTrainedModel], at: Sequence[int], *, top_k: int = 0) -> Drawn:
    """Images of every model in each number of steps."""
    groups, size = bench.pick(quick=(2, 4), cpu=(5, 64), cuda=(10, 500))
    drawn: Drawn = {}
    with one_thread():
        for steps, name in bench.progress([(steps, name) for steps in at for name in models], "images"):
            decoding = replace(DECODING, steps=steps, top_k=top_k)
            images = draw_images(models[name], groups * size, decoding, seed=bench.seed + steps)
            drawn[name, steps] = list(images.split(size))
    return drawn


def _distances(groups: Sequence[torch.Tensor]) -> list[float]:
    known, _ = real_digits()
    return [nearest_distance(images, known) for images in groups]


def _painters(bench: Bench) -> dict[str, PreTrainedModel]:
    """The teacher and its students, and the setting said."""
    course = bench.pick(
        quick=Course(4, 2, 8, hidden=16, layers=1),
        cpu=Course(1_000, 350, 768),
        cuda=Course(8_000, 2_000, 8_192, hidden=256, layers=8),
    )
    bench.setting(
        "trained here",
        model=f"Llama with an image that sees itself both ways, {course.hidden} wide, {course.layers} layers",
        differs=f"digits of 8 x 8 in {LEVELS} levels without any condition, so that guidance has nothing to go by, "
        f"instead of 512 x 512 pixels after a text; {course.trajectories} sampled trajectories of {course.decided_in} "
        f"steps, {course.student_steps} steps of distillation a stage",
    )
    known, _ = real_digits()
    with one_thread():
        models = {
            _TEACHER: teacher(known, course, seed=bench.seed),
            _FIRST: student(known, course, (4,), seed=bench.seed),
            _STUDENT: student(known, course, (4, 1), seed=bench.seed),
        }
    for model in models.values():
        on_device: Any = model
        on_device.to(bench.device)
    return models


def _by_kind(answers: list[JacobiAnswer]) -> list[float]:
    """Tokens a pass of each kind of line."""
    kinds = [answers[kind::3] for kind in range(3)]
    return [sum(len(each.tokens) for each in its) / sum(each.passes for each in its) for its in kinds]


def _share(hits: list[bool]) -> float:
    """Per cent."""
    return 100.0 * sum(hits) / len(hits)
