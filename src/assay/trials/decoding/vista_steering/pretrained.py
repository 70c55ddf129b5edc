"""VISTA on a real model that sees no images: a passage takes the image's place.

A passage says of four countries what their capitals are in a game, and never what they are in the world; the model is
asked to tell a visitor about them (`assay.testbed.tasks.told_capitals`). Countries and capitals that it names and the
passage does not are made up, most of them from memory. The request was chosen from five before anything was steered,
as the one at which most is made up. The prompt without the passage is the same request in the same chat format.

The strength is chosen on other passages, as the one at which least is made up while recall falls by no more than a
point, and is then frozen. Controls are pushed as hard in a random direction, and by the vector of another passage.
Only names of a closed list are counted, so that places which are no places go unseen.

Beside them stands what costs nothing: a sentence that asks to keep to the passage.

Budget on two quiet cores: 48 passages in seven arms and 20 passages at five strengths, 40 tokens each, 17,400 tokens;
1,200 for the time. About four minutes of one core.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from assay.methods.decoding.vista_steering import ChairReport, SelfLogits, VisualSteering, chair, contrast
from assay.testbed.pretrained import LanguageModel
from assay.testbed.tasks.told_capitals import ToldCapitals, place_names, told_capitals
from assay.trials import Bench, trial
from assay.trials.decoding.vista_steering._arms import (
    BOTH,
    FOREIGN,
    MIXED,
    MOST_RECALL,
    PLAIN,
    RANDOM,
    STEERED,
    Arm,
    best_strength,
    claim_cut,
    controls,
    counts_of,
    figures_of,
    show_bootstrap,
)

_ALPHA = 0.1
"""Of the self-logits; at the official 0.3 three quarters of what was named in a first look was made up."""
_ASKED = "asked to keep to the passage"
_KEEP = "Name no place that is not in the text above."
_BATCH = 24
"""Texts that are written side by side."""
_CHOOSING, _TESTING = 10_000, 1_000
"""Passages from these numbers on choose the strength, and are judged."""


@dataclass(frozen=True)
class _Size:
    groups: int
    group: int
    choosing: int
    strengths: tuple[float, ...]
    tokens: int


@trial("2502.03628", claim="hallucination-cut", pretrained=True)
def told_places(bench: Bench) -> None:
    """Places that are named and not in the passage: steered, plain, and steered elsewhere."""
    size = bench.pick(
        quick=_Size(2, 1, 1, (0.02,), 3),
        cpu=_Size(8, 6, 20, (0.01, 0.02, 0.03, 0.05), 40),
        cuda=_Size(20, 20, 100, (0.005, 0.01, 0.02, 0.03, 0.05, 0.1), 64),
    )
    lm = bench.on_pretrained(
        f"{size.groups * size.group} passages of four capitals in the image's place, {size.tokens} tokens of text and "
        "places of a closed list, instead of image-text models that describe photographs"
    )
    tuning = bench.once("strength", partial(_tune, lm, size))
    strength = tuning["chosen"]
    passages = told_capitals(size.groups * size.group, first=_TESTING)
    texts = {arm: bench.once(arm, partial(_write, lm, passages, how, size.tokens))
             for arm, how in _arms(lm, passages, strength, bench.seed).items()}  # fmt: skip
    asked = [replace(each, request=f"{each.request} {_KEEP}") for each in passages]
    texts[_ASKED] = bench.once(_ASKED, partial(_write, lm, asked, Arm(), size.tokens))
    reports = {arm: _report(passages, each) for arm, each in texts.items()}
    groups = [range(start, start + size.group) for start in range(0, len(passages), size.group)]
    runs = [{arm: figures_of(report.part(group)) for arm, report in reports.items()} for group in groups]
    claim_cut(bench, "places that the passage does not name", runs, recall=bench.pick(quick=100.0, cpu=MOST_RECALL))
    if any(reports[PLAIN].hallucinated):
        counts = {arm: counts_of(reports[arm]) for arm in (PLAIN, STEERED, RANDOM, FOREIGN)}
        show_bootstrap(bench, counts, "passages")
    whole = {arm: 100 * report.chair_i for arm, report in reports.items()}
    bench.score("CHAIR_I over all passages", whole, candidate=STEERED, unit="%", better="lower")
    bench.score("made up without VISTA, over all passages", whole[PLAIN], unit="%", better="lower",
                at_least=bench.pick(quick=0.0, cpu=5.0), binds="measurement")  # fmt: skip
    at = [0.0, *size.strengths]
    for figure in ("CHAIR_I", "recall"):
        line = [row[figure] for row in tuning["figures"]]
        name = f"{figure} by strength, on the passages that it is chosen on"
        bench.curve(name, {STEERED: line}, candidate=STEERED, along="strength", at=at, unit="%")
    bench.score("strength that was chosen", strength, better="lower")
    if not bench.quick:
        _show_cost(bench, lm, passages[:8], strength)


def _tune(lm: LanguageModel, size: _Size) -> dict[str, Any]:
    """What each strength gives, none first, and the one that is chosen."""
    passages = told_capitals(size.choosing, first=_CHOOSING)
    vectors = _vectors(lm, passages)
    arms = [Arm(), *(Arm(VisualSteering(each), vectors) for each in size.strengths)]
    rows = [figures_of(_report(passages, _write(lm, passages, arm, size.tokens))) for arm in arms]
    return {"figures": rows, "chosen": best_strength(rows[0], dict(zip(size.strengths, rows[1:], strict=True)))}


def _arms(lm: LanguageModel, passages: Sequence[ToldCapitals], strength: float, seed: int) -> dict[str, Arm]:
    vectors = _vectors(lm, passages)
    steering, band = VisualSteering(strength), _band(lm)
    return {
        PLAIN: Arm(),
        STEERED: Arm(steering, vectors),
        **controls(vectors, strength, seed),
        MIXED: Arm(mixing=band),
        BOTH: Arm(steering, vectors, band),
    }


def _report(passages: Sequence[ToldCapitals], texts: Sequence[str]) -> ChairReport:
    return chair(texts, [each.places for each in passages], place_names())


def _band(lm: LanguageModel) -> SelfLogits:
    """The five layers before the last, or as many as there are."""
    last = max(0, lm.model.config.get_text_config().num_hidden_layers - 2)
    return SelfLogits(layers=(max(0, last - 4), last), alpha=_ALPHA)


def _vectors(lm: LanguageModel, passages: Sequence[ToldCapitals]) -> Tensor:
    """(layers, passages, width)."""
    return contrast(
        lm.model,
        _padded(lm, [each.prompt for each in passages]),
        _padded(lm, [each.request for each in passages]),
    )


def _padded(lm: LanguageModel, prompts: Sequence[str]) -> dict[str, Tensor]:
    """Prompts in the chat format, padded on the left."""
    rows = [lm.prompt(each) for each in prompts]
    longest = max(map(len, rows))
    ids = torch.stack([torch.nn.functional.pad(row, (longest - len(row), 0)) for row in rows])
    lengths = torch.tensor([len(row) for row in rows], device=ids.device)
    mask = torch.arange(longest, device=ids.device) >= longest - lengths[:, None]
    return {"input_ids": ids, "attention_mask": mask.long()}


def _write(lm: LanguageModel, passages: Sequence[ToldCapitals], arm: Arm, tokens: int) -> list[str]:
    """What the model tells, the likeliest token each time."""
    texts: list[str] = []
    generate: Any = lm.model.generate
    for start in range(0, len(passages), _BATCH):
        rows = slice(start, start + _BATCH)
        inputs = _padded(lm, [each.prompt for each in passages[rows]])
        with arm.of_rows(rows)(lm.model):
            ids = generate(**inputs, max_new_tokens=tokens, do_sample=False, pad_token_id=lm.tokenizer.eos_token_id)
        new = ids[:, inputs["input_ids"].shape[1] :]
        texts += lm.tokenizer.batch_decode(new, skip_special_tokens=True)
    return texts


def _show_cost(bench: Bench, lm: LanguageModel, passages: Sequence[ToldCapitals], strength: float) -> None:
    """Seconds by those of plain decoding, arms one after the other; and what is read for the vectors."""
    tokens = 16
    vectors = _vectors(lm, passages)
    steered = Arm(VisualSteering(strength), vectors)
    calls: dict[str, Callable[[], Any]] = {
        PLAIN: partial(_write, lm, passages, Arm(), tokens),
        STEERED: partial(_write, lm, passages, steered, tokens),
        BOTH: partial(_write, lm, passages, Arm(steered.steering, vectors, _band(lm)), tokens),
        "making the vectors": partial(_vectors, lm, passages),
    }
    seconds: dict[str, list[float]] = {arm: [] for arm in calls}
    for _ in range(3):
        for arm, call in calls.items():
            began = perf_counter()
            call()
            seconds[arm].append(perf_counter() - began)
    ratios = {
        arm: [each / plain for each, plain in zip(times, seconds[PLAIN], strict=True)]
        for arm, times in seconds.items()
        if arm != PLAIN
    }
    name = f"time of {tokens} tokens of {len(passages)} texts, by that of greedy decoding"
    bench.score(name, ratios, candidate=STEERED, unit="x", better="lower")
    read = [sum(int(_padded(lm, [each])["attention_mask"].sum()) for each in prompts)
            for prompts in ([one.prompt for one in passages], [one.request for one in passages])]  # fmt: skip
    bench.score("tokens read for the vectors, by those of the prompts", sum(read) / read[0], unit="x", better="lower")
