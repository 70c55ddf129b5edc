"""VISTA on a small image-text model trained here, whose captions taught it to name what is not in the picture.

A LLaVA of four layers describes pictures of one to three objects of each of two groups; the captions that it learnt
from also name each unseen member of a shown group three times in ten (`assay.testbed.tasks.scenes`). Noise is set so
that about an eighth of what it names is made up, as in the paper. The strength is chosen on other scenes, as the one
at which least is made up while recall falls by no more than a point, and is then frozen; so is that at the other site.

Controls are pushed as hard in a random direction, and by the vector of another scene. Whoever names less makes up less:
recall and length stand beside every figure, and the recall that is given up is a condition.

Budget on two quiet cores: five models of about 25 s of one core, kept in the cache; then 13 arms on 2,000 scenes each,
about a minute. No token is sampled: all arms are greedy.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any, Literal

import torch
from torch import Tensor

from assay.methods.decoding.vista_steering import ChairReport, SelfLogits, VisualSteering, chair, contrast
from assay.testbed.tasks.scenes import (
    NAMES,
    Scenes,
    draw_scenes,
    in_words,
    scene_batches,
    tiny_captioner,
)
from assay.testbed.tasks.task import held_out_generator
from assay.testbed.training import one_thread, train_once
from assay.trials import Bench, trial
from assay.trials.decoding.vista_steering._arms import (
    BOTH,
    FOREIGN,
    LATE,
    MIXED,
    MOST_RECALL,
    PLAIN,
    RANDOM,
    RESIDUAL,
    STEERED,
    Arm,
    Figures,
    best_strength,
    claim_cut,
    controls,
    counts_of,
    figures_of,
    show_bootstrap,
)

_BATCH = 500
_SITES: tuple[Literal["mlp", "residual"], ...] = ("mlp", "residual")
_RAW = "self-logits alone, without the final norm"
_SYNONYMS: Mapping[str, list[str]] = {name: [] for name in NAMES}


@trial("2502.03628", claim="hallucination-cut")
def captions(bench: Bench) -> None:
    """Objects that are named and not there: steered, plain, and steered elsewhere."""
    scenes = bench.pick(quick=200, cpu=2_000, cuda=10_000)
    strengths = bench.pick(quick=(0.05, 0.2), cpu=(0.01, 0.02, 0.05, 0.1, 0.2, 0.4))
    width, layers = bench.pick(quick=(48, 2), cpu=(48, 4), cuda=(512, 12))
    bench.setting(
        "trained here",
        model=f"LLaVA, {width} wide, {layers} layers, its tower of one",
        differs=f"{scenes} pictures of 20 kinds of objects a seed instead of photographs of COCO, captions of four "
        "words or so, a model that has read nothing else instead of four image-text models of 7B and more",
    )
    runs = [bench.once(f"seed {seed}", partial(_run, bench, scenes, width, layers, strengths, seed))
            for seed in bench.seeds(cpu=5)]  # fmt: skip
    claim_cut(bench, "objects that are not there", [run["figures"] for run in runs],
              recall=bench.pick(quick=100.0, cpu=MOST_RECALL))  # fmt: skip
    pooled = {arm: [row for run in runs for row in run["counts"][arm]] for arm in runs[0]["counts"]}
    show_bootstrap(bench, pooled, "scenes")
    made_up = sum(run["figures"][PLAIN]["CHAIR_I"] for run in runs) / len(runs)
    bench.score("made up without VISTA", made_up, unit="%", better="lower", at_least=5.0, binds="measurement")
    at = [0.0, *strengths]
    for figure in ("CHAIR_I", "recall"):
        lines: dict[str, Any] = {
            site: [[run["tuning"][site][place][figure] for run in runs] for place in range(len(at))] for site in _SITES
        }
        name = f"{figure} by strength, on the scenes that it is chosen on"
        bench.curve(name, lines, candidate="mlp", along="strength", at=at, unit="%")
    chosen: dict[str, list[float]] = {site: [run["chosen"][site] for run in runs] for site in _SITES}
    bench.score("strength that was chosen", chosen, candidate="mlp", better="lower")


def _run(bench: Bench, size: int, width: int, layers: int, strengths: tuple[float, ...], seed: int) -> dict[str, Any]:
    """All arms of one model, and how its strengths were chosen."""
    model = _captioner(bench, width, layers, seed)
    generator = held_out_generator(seed)
    choosing, scenes = draw_scenes(max(100, size // 4), generator), draw_scenes(size, generator)
    vectors = _vectors(model, choosing)
    plain = figures_of(_describe(model, choosing, Arm()))
    tuning: dict[str, list[Figures]] = {}
    chosen: dict[str, float] = {}
    for site in _SITES:
        steered = {
            each: figures_of(_describe(model, choosing, Arm(VisualSteering(each, site=site), vectors)))
            for each in strengths
        }
        tuning[site], chosen[site] = [plain, *steered.values()], best_strength(plain, steered)
    vectors, strength = _vectors(model, scenes), chosen["mlp"]
    band = SelfLogits(layers=(layers - 2, layers - 2))
    steering = VisualSteering(strength)
    arms = {
        PLAIN: Arm(),
        STEERED: Arm(steering, vectors),
        **controls(vectors, strength, seed),
        RESIDUAL: Arm(VisualSteering(chosen["residual"], site="residual"), vectors),
        LATE: Arm(VisualSteering(strength, decode_only=True), vectors),
        MIXED: Arm(mixing=band),
        _RAW: Arm(mixing=SelfLogits(band.layers, apply_norm=False)),
        BOTH: Arm(steering, vectors, band),
    }
    reports = {arm: _describe(model, scenes, how) for arm, how in arms.items()}
    return {
        "figures": {arm: figures_of(report) for arm, report in reports.items()},
        "counts": {arm: counts_of(reports[arm]) for arm in (PLAIN, STEERED, RANDOM, FOREIGN)},
        "tuning": tuning,
        "chosen": chosen,
    }


def _captioner(bench: Bench, width: int, layers: int, seed: int) -> Any:
    steps = bench.pick(quick=120, cpu=1_000, cuda=4_000)
    with one_thread():
        model: Any = train_once(
            {"task": "scenes", "width": width, "layers": layers, "steps": steps, "seed": seed},
            partial(tiny_captioner, hidden=width, layers=layers, seed=seed),
            scene_batches(32, seed=seed),
            steps=steps,
            seed=seed,
            what="a captioner",
            device=bench.device,
        )
    return model.to(bench.device)


def _vectors(model: Any, scenes: Scenes) -> Tensor:
    """(layers, scenes, width)."""
    prompts = (_on(model, scenes.prompts(with_images=each)) for each in (True, False))
    return contrast(model, *prompts)


def _describe(model: Any, scenes: Scenes, arm: Arm) -> ChairReport:
    """What the model names of each scene, the likeliest word each time."""
    told: list[str] = []
    prompts = _on(model, scenes.prompts())
    length = prompts["input_ids"].shape[1]
    for start in range(0, len(scenes.shown), _BATCH):
        rows = slice(start, start + _BATCH)
        with one_thread(), arm.of_rows(rows)(model):
            ids = model.generate(**{name: each[rows] for name, each in prompts.items()}, max_new_tokens=16,
                                 do_sample=False)  # fmt: skip
        told += in_words(ids[:, length:].tolist())
    return chair(told, scenes.gold(), _SYNONYMS)


def _on(model: Any, inputs: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: torch.as_tensor(each, device=model.device) for name, each in inputs.items()}
