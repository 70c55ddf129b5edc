"""Show-o Turbo on one model that is trained here to draw and to describe, distilled for both at once.

scikit-learn's digits in 5 levels are 64 tokens of a transformer whose other tokens are words. It draws a digit that is
asked for (``draw an odd digit that leans to the left``) by filling in masked tokens, and describes one that it is shown
in 21 or 23 tokens from left to right. The teacher draws in 8 guided steps and describes token by token. Its student
learns both from the teacher's trajectories, by the paper's sum of losses; beside it stand two that learn one of both,
in as many steps. So it is seen whether one model keeps what two models have, and what each of the two forgets.

A drawing is judged by what was asked for, which a classifier and measures tell, and by Fréchet's distance; a
description by the traits of the image. Intervals are over groups of held-out digits; there is one model of each kind.

Budget on two quiet cores: 500 steps of the teacher and 240 of each of three students, once for all three trials, about
three minutes; 300 drawings and 300 descriptions by each arm, half a minute.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor
from transformers import PreTrainedModel

from assay.methods.decoding.unified_consistency_decoding import JacobiAnswer
from assay.testbed.images import digits
from assay.testbed.tasks.described_digits import asked_for, traits_told
from assay.testbed.training import one_thread
from assay.trials import Bench, trial
from assay.trials.decoding.unified_consistency_decoding._digits import DECODING, frechet_distance, nearest_distance
from assay.trials.decoding.unified_consistency_decoding._one_model import describe, draw, in_words, judge
from assay.trials.decoding.unified_consistency_decoding._one_model_lessons import (
    BOTH,
    DESCRIBES,
    DRAWS,
    TEACHER,
    Lessons,
    models,
)

_PAPER = "2502.05415"
_PLAIN, _BEFORE = "teacher, token by token", "teacher, Jacobi"
_GUIDED = "teacher, 8 steps, guided"
_GROUPS = 6
QUICK = Lessons(2, 1, 6, hidden=16, layers=1, decided_in=8)


@trial(_PAPER, claim="image-to-text-speedup")
def descriptions_of_one_model(bench: Bench) -> None:
    """Time of descriptions: Jacobi decoding of a student of text and images against its teacher token by token."""
    lessons, taught = _taught(bench)
    images, _ = _held_out(bench)
    timed = images[: bench.pick(quick=1, cpu=8)]
    writers = {
        _PLAIN: (TEACHER, 1),
        _BEFORE: (TEACHER, lessons.block),
        BOTH: (BOTH, lessons.block),
        DESCRIBES: (DESCRIBES, lessons.block),
        DRAWS: (DRAWS, lessons.block),
    }
    with one_thread():
        calls = {arm: partial(_one_by_one, taught[name], timed, block) for arm, (name, block) in writers.items()}
        calls = {arm: calls[arm] for arm in (_PLAIN, _BEFORE, BOTH, DESCRIBES)}
        bench.claim(bench.time(f"time of {len(timed)} descriptions", calls, candidate=BOTH, baseline=_PLAIN))
        written = {arm: _written(taught[name], images, block) for arm, (name, block) in writers.items()}
        own = {arm: _written(taught[arm], images, 1) for arm in (BOTH, DESCRIBES, DRAWS)}
    own[_BEFORE] = written[_PLAIN]
    rates = {
        arm: [sum(len(each.tokens) for each in its) / sum(each.passes for each in its) for its in _grouped(answers)]
        for arm, answers in written.items()
    }
    bench.compare("tokens a pass", rates, candidate=BOTH, baseline=DESCRIBES, better="higher")
    same = {
        arm: 100.0 * sum(a.tokens == b.tokens for a, b in zip(written[arm], its, strict=True)) / len(its)
        for arm, its in own.items()
    }
    same[BOTH] = min(same.values())
    name = "descriptions that are those of the model's own greedy decoding"
    bench.score(name, same, candidate=BOTH, unit="%", better="higher", at_least=100.0)


@trial(_PAPER, claim="mme-after-distillation")
def understanding_of_one_model(bench: Bench) -> None:
    """What descriptions of unseen digits get right before a model was distilled to draw and describe, and after."""
    lessons, taught = _taught(bench)
    images, traits = _held_out(bench)
    with one_thread():
        written = {name: _written(model, images, lessons.block) for name, model in taught.items()}
    told = {name: torch.tensor([traits_told(in_words(each.tokens)) for each in its]) for name, its in written.items()}
    right = {name: _shares(its == traits) for name, its in told.items()}
    name = "traits of a digit that are told right"
    bench.claim(bench.compare(name, right, candidate=BOTH, baseline=TEACHER, better="higher", unit="%"))
    named = {name: _shares(its[:, :1] == traits[:, :1]) for name, its in told.items()}
    bench.compare("digits that are named right", named, candidate=BOTH, baseline=TEACHER, better="higher", unit="%")


@trial(_PAPER, claim="geneval-4-steps")
def drawings_of_one_model(bench: Bench) -> None:
    """Digits as asked for: 4 steps of a student that also learnt to describe against 8 guided steps of its teacher."""
    lessons, taught = _taught(bench)
    _, traits = _held_out(bench)
    guided, short = replace(DECODING, steps=8, guidance=lessons.guidance), replace(DECODING, steps=4)
    painters = {
        BOTH: (BOTH, short),
        _GUIDED: (TEACHER, guided),
        "teacher, 4 steps, guided": (TEACHER, replace(guided, steps=4)),
        "teacher, 4 steps": (TEACHER, short),
        DRAWS: (DRAWS, short),
        DESCRIBES: (DESCRIBES, short),
        f"{BOTH}, 2 likeliest codes": (BOTH, replace(short, top_k=2)),
        f"{_GUIDED}, 2 likeliest codes": (TEACHER, replace(guided, top_k=2)),
    }

    def images(name: str, how: Any, wanted: Tensor) -> Tensor:
        return draw(taught[name], wanted.tolist(), how, seed=bench.seed).images.cpu()

    with one_thread():
        drawn = {arm: images(name, how, traits) for arm, (name, how) in painters.items()}
        some = traits[: bench.pick(quick=2, cpu=16)]
        calls = {arm: partial(images, *painters[arm], some) for arm in (BOTH, _GUIDED)}
        bench.time(f"time of {len(some)} drawings", calls, candidate=BOTH, baseline=_GUIDED)
    known = judge().codes(judge().known)
    right = {arm: _shares(asked_for(judge().traits(its)) == asked_for(traits)) for arm, its in drawn.items()}
    name = "what was asked for and is to be seen"
    bench.claim(bench.compare(name, right, candidate=BOTH, baseline=_GUIDED, better="higher", unit="%"))
    near = {arm: [nearest_distance(each, known) for each in _grouped(its)] for arm, its in drawn.items()}
    name = "distance to the nearest real digit"
    bench.compare(name, near, candidate=BOTH, baseline=_GUIDED, better="lower")
    variety = {arm: frechet_distance(its, known) for arm, its in drawn.items()}
    bench.score("Fréchet distance to real digits", variety, candidate=BOTH, better="lower")


def _taught(bench: Bench) -> tuple[Lessons, Mapping[str, PreTrainedModel]]:
    """The teacher and its students, and the setting said."""
    lessons = bench.pick(quick=QUICK, cpu=Lessons(500, 120, 512))
    bench.setting(
        "trained here",
        model=f"Llama with an image that sees itself both ways, {lessons.hidden} wide, {lessons.layers} layers",
        differs=f"digits of 8 x 8 in 5 levels that are asked for and described in a few words, instead of pictures and "
        f"questions about them; one student for both, distilled on {lessons.trajectories} trajectories of each kind in "
        f"{2 * lessons.student_steps} steps; guided by {lessons.guidance:g}; the baseline has a cache",
    )
    with one_thread():
        taught = models(lessons, seed=bench.seed)
    for model in taught.values():
        on_device: Any = model
        on_device.to(bench.device)
    return lessons, taught


def _held_out(bench: Bench) -> tuple[Tensor, Tensor]:
    """Codes (n, 64) of digits that no model has seen, and their traits (n, 5)."""
    _, others = digits()
    number = _GROUPS * bench.pick(quick=1, cpu=50)
    return judge().codes(others)[:number], judge().traits_of(others)[:number]


def _one_by_one(model: PreTrainedModel, images: Tensor, block: int) -> None:
    """Describe images as they come in, one at a time."""
    for image in images:
        describe(model, image[None], block=block)


def _written(model: PreTrainedModel, images: Tensor, block: int) -> list[JacobiAnswer]:
    return [answer for part in images.split(100) for answer in describe(model, part, block=block)]


def _grouped(items: Any) -> list[Any]:
    """As many groups as there are figures to an interval."""
    size = len(items) // _GROUPS
    return [items[at : at + size] for at in range(0, len(items), size)]


def _shares(hits: Tensor) -> list[float]:
    """Per cent of hits (n, k), of each group."""
    return [100.0 * float(group.double().mean()) for group in _grouped(hits)]
