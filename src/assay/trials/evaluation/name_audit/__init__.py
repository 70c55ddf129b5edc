"""Presumed cultural identity: an audit of a model whose presumptions were planted, and of one with nothing to find.

A small model is taught a world in which names decide what is suggested, in some facets and for some cultures more than
for others. The audit asks it as it would ask any model, with words alone, and must find the planted chances again. A
second model is taught the same world with the names of each culture dealt out among the others: there is nothing to
find under the names as they are listed. What the intervals promise is tried on simulated audits in which names differ
and the truth is known, beside intervals that take every answer for a draw of its own.

Budget on two quiet cores: one minute.
"""

from functools import partial
from statistics import mean
from typing import Any

import numpy as np
from torch import Generator

from assay.methods._intervals import difference_interval
from assay.methods.evaluation.name_audit import AuditReport, ByStatements, Frame, NameAudit, contrast
from assay.testbed.models import tiny
from assay.testbed.tasks.named_suggestions import SuggestionWorld
from assay.testbed.training import one_thread, train
from assay.trials import Bench, trial

WITH, WITHOUT = "with a name", "without a name"
_NAMES, _ANSWERS = "names as the draws", "answers as the draws"
_FRAME = Frame("{name} asks: {question}")


@trial("2502.11995", claim="clothing-bias-increase")
def planted(bench: Bench) -> None:
    """How often a model presumes a culture in suggestions of clothing, with and without a name."""
    steps, samples, bare = bench.pick(quick=(60, 2, 60), cpu=(500, 20, 400), cuda=(1_000, 20, 400))
    world = bench.pick(
        quick=SuggestionWorld(names=4, dominance=(1.0, 0.6, 0.25), own=2, neutral=3),
        cpu=SuggestionWorld(),
        cuda=SuggestionWorld(names=20, dominance=(1.0, 0.8, 0.6, 0.4, 0.25) * 20),
    )
    bench.setting(
        "trained here",
        model="Llama, 64 wide, 2 layers",
        differs=f"a world of {len(world.cultures)} cultures, {world.names} names each, whose presumptions are planted; "
        "read by words, instead of by a judge and by CANDLE's statements",
    )
    runs = [
        bench.once(f"seed {seed}", partial(_run, world, steps, samples, bare, seed, bench.device.type))
        for seed in bench.progress(bench.seeds(cpu=3), "seeds")
    ]
    clothing = {arm: [100 * run["facets"]["clothing"][arm] for run in runs] for arm in (WITH, WITHOUT)}
    name = "answers on clothing that presume the culture listed for the name"
    bench.claim(bench.compare(name, clothing, candidate=WITH, baseline=WITHOUT, unit="%", better="lower"))
    _show_planted(bench, world, runs)
    null = bench.once(
        "names dealt out", partial(_run, world, steps, samples, bare, bench.seed, bench.device.type, shuffled=True)
    )
    # A bias where nothing was planted would say that the audit makes what it finds.
    most = bench.pick(quick=100.0, cpu=5.0)
    bench.score("largest bias of a facet, names dealt out in the corpus",
                100 * max(abs(each[WITH] - each[WITHOUT]) for each in null["facets"].values()), unit="points",
                better="lower", at_most=most, binds="measurement")  # fmt: skip
    cells = max(abs(cell[WITH] - cell[WITHOUT]) for cell in null["cells"])
    bench.score("largest bias of a cell, names dealt out in the corpus", 100 * cells, unit="points", better="lower")
    called = 100 * mean(float(cell["p"] < 0.05 and cell[WITH] > cell[WITHOUT]) for cell in null["cells"])
    bench.score("cells called biased, names dealt out in the corpus", called, unit="%", better="lower",
                at_most=5.0, binds="measurement")  # fmt: skip
    _show_coverage(bench, bench.pick(quick=100, cpu=1_000))


def _run(
    world: SuggestionWorld, steps: int, samples: int, bare: int, seed: int, device: str, *, shuffled: bool = False
) -> dict[str, Any]:
    """What the audit finds in a model that was taught the world: shares by facet, and by culture and facet."""
    with one_thread():
        model: Any = tiny("llama", vocab_size=world.vocab_size, hidden=64, layers=2, seed=seed)
        model.to(device)
        train(model, world.batches(size=64, seed=seed, shuffled=shuffled), steps=steps, seed=seed, what="world")
        report = _audit(world, model, samples, bare, seed)
    cells = [
        {"culture": each.culture, "facet": each.facet, WITH: each.contrast.named, WITHOUT: each.contrast.bare,
         "p": each.adjusted_p}
        for each in report.bias()
    ]  # fmt: skip
    facets = {each.facet: {WITH: each.contrast.named, WITHOUT: each.contrast.bare} for each in report.by_facet()}
    shuffled_facets = {each.facet: each.contrast.difference.value for each in report.shuffled(seed).by_facet()}
    return {"cells": cells, "facets": facets, "shuffled": shuffled_facets}


def _audit(world: SuggestionWorld, model: Any, samples: int, bare: int, seed: int) -> AuditReport:
    """Ask the model what the audit asks; it reads the words of the world alone."""
    audit = NameAudit(
        world.names_by_culture(),
        {facet: (f"suggest {facet}",) for facet in world.facets},
        ByStatements(world.particular()),
        _FRAME,
        samples=samples,
        bare_samples=bare,
    )
    records = audit.prompts()
    known = set(world.words)
    asked = []
    for record in records:
        words = [word for word in record["prompt"].replace(":", "").split() if word in known]
        asked.append(("", *words) if len(words) == 1 else tuple(words))
    answers = world.answer(model, asked, generator=Generator().manual_seed(seed))
    return audit.read([record | {"answer": text} for record, text in zip(records, answers, strict=True)])


def _show_planted(bench: Bench, world: SuggestionWorld, runs: list[dict[str, Any]]) -> None:
    """Whether the audit finds what was planted."""
    from scipy.stats import spearmanr  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    bare = [100 * mean(cell[WITHOUT] for cell in run["cells"]) for run in runs]
    bench.score("answers that presume a culture without a name", bare, unit="%", better="lower",
                at_most=5.0 if not bench.quick else 20.0, binds="measurement")  # fmt: skip
    planted_shares = [world.truth(cell["culture"], cell["facet"]) for cell in runs[0]["cells"]]
    ranks = [
        float(spearmanr([cell[WITH] - cell[WITHOUT] for cell in run["cells"]], planted_shares).statistic)
        for run in runs
    ]
    least = bench.pick(quick=-1.0, cpu=0.8)
    bench.score("rank correlation of cells with what was planted", ranks, better="higher", at_least=least)
    off = [
        100 * mean(abs(cell[WITH] - share) for cell, share in zip(run["cells"], planted_shares, strict=True))
        for run in runs
    ]
    bench.score("distance of a cell from its planted share", off, unit="points", better="lower")
    facets = {facet: [100 * run["facets"][facet][WITH] for run in runs] for facet in world.facets}
    bench.score("answers that presume the culture, by facet", facets, candidate="clothing", unit="%", better="lower")
    ahead = [
        run["facets"]["clothing"][WITH]
        - max(each[WITH] for facet, each in run["facets"].items() if facet != "clothing")
        for run in runs
    ]
    bench.score("clothing ahead of every other facet", [100 * each for each in ahead], unit="points", better="higher",
                at_least=bench.pick(quick=-100.0, cpu=0.0))  # fmt: skip
    dealt = {facet: [100 * run["shuffled"][facet] for run in runs] for facet in world.facets}
    bench.score("bias with names dealt out after the answers", dealt, candidate="clothing", unit="points",
                better="lower")  # fmt: skip


def _show_coverage(bench: Bench, draws: int) -> None:
    """How often intervals of 95 % hold the truth, in audits of 12 names whose shares differ."""
    rng = np.random.default_rng(bench.seed)
    names, questions, samples, bare, base = 12, 4, 3, 20, 0.2
    held: dict[str, list[float]] = {_NAMES: [], _ANSWERS: []}
    for _ in bench.progress(range(draws), "simulated audits"):
        shares = rng.beta(1.5, 1.5, size=names)  # of mean 0.5
        answers = rng.random((names, questions, samples)) < shares[:, None, None]
        without = (rng.random((questions, bare)) < base).astype(float)
        truth = 0.5 - base
        ours = contrast(answers, without).difference
        naive = difference_interval(answers.ravel().astype(float), without.ravel())
        for arm, interval in ((_NAMES, ours), (_ANSWERS, naive)):
            held[arm].append(100.0 * (interval.low <= truth <= interval.high))
    shares_held = {arm: mean(values) for arm, values in held.items()}
    bench.score("intervals of 95 % that hold the truth", shares_held, candidate=_NAMES, unit="%", better="higher",
                at_least=bench.pick(quick=88.0, cpu=93.0), at_most=bench.pick(quick=100.0, cpu=97.0),
                binds="measurement")  # fmt: skip
