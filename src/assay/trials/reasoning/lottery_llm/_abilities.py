"""The ability report of SmolLM2 or the reader's model, under compression without data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from assay.methods.reasoning.lottery_llm import ABILITIES, AbilityReport, Probes, Scores, compare, probe
from assay.testbed.compressed import prune_weights, round_weights
from assay.testbed.pretrained import LanguageModel
from assay.testbed.prose import gcide
from assay.testbed.text import pydoc_topics
from assay.trials import Bench

FULL, SHOWN = "full", "4 bits"
COMPRESSED: Mapping[str, Callable[[Any], Any]] = {
    "8 bits": partial(round_weights, bits=8),
    "6 bits": partial(round_weights, bits=6),
    "4 bits": partial(round_weights, bits=4),
    "3 bits": partial(round_weights, bits=3),
    "30 % pruned": partial(prune_weights, share=0.3),
    "50 % pruned": partial(prune_weights, share=0.5),
}
"""Rounded to nearest, 64 weights a scale; or the smallest of each layer set to zero. With 6 bits the perplexity rises a
little, where a loss could hide."""
UNSEEN, FALL = 1.05, 10.0
"""A rise of perplexity that is called none, and a fall in points that is called a loss."""
_HELD_OUT = 500
"""Entries of the dictionary; the library of the facts has others."""
_LEAST = 10_000


@dataclass(frozen=True)
class Size:
    """How much is asked."""

    items: int
    """Of each ability."""
    characters: int
    """Of the text whose perplexity is measured."""
    arms: tuple[str, ...] = tuple(COMPRESSED)
    abilities: tuple[str, ...] = ABILITIES


def show_abilities(bench: Bench, lm: LanguageModel, size: Size) -> dict[str, AbilityReport]:
    """Perplexity and abilities of the model and of its compressed copies, beside each other."""
    settings = Probes(items=size.items, seed=bench.seed)
    records = {
        arm: bench.once(f"abilities, {arm}", partial(_ask, lm, size, settings, arm))
        for arm in bench.progress((FULL, *size.arms), "abilities")
    }
    scores = {arm: _scores(record, settings) for arm, record in records.items()}
    reports = {arm: compare(scores[FULL], scores[arm]) for arm in size.arms}
    shown = SHOWN if SHOWN in reports else size.arms[0]
    ratios = {FULL: 1.0} | {arm: _ratio(report) for arm, report in reports.items()}
    bench.score("perplexity of prose, against the full model's", ratios, candidate=shown, better="lower", unit="x")
    for at, name in enumerate(size.abilities):
        rows = {arm: report.abilities[at] for arm, report in reports.items()}
        first = rows[shown]
        right = {FULL: 100 * first.original.value} | {arm: 100 * row.compressed.value for arm, row in rows.items()}
        right["guessing"] = 100 * first.chance
        bench.score(f"ability: {name}, right", right, candidate=shown, unit="%", better="higher")
        ends: dict[str, float] = {}
        for arm, row in rows.items():
            ends |= {arm: 100 * row.change.value, f"{arm}, low end": 100 * row.change.low,
                     f"{arm}, high end": 100 * row.change.high}  # fmt: skip
        bench.score(f"ability: {name}, change with its 95 % interval", ends, candidate=shown, unit="points",
                    better="higher")  # fmt: skip
    floor = [each.name for each in reports[shown].abilities if each.at_chance]
    bench.score("abilities in which the full model only guesses", float(len(floor)), better="lower")
    hidden = {arm: float(len(report.hidden(FALL, perplexity=UNSEEN))) for arm, report in reports.items()}
    name = f"abilities that fall by over {FALL:g} points, interval and all, while perplexity rises by less than 5 %"
    bench.score(name, hidden, candidate=shown, better="lower")
    lost = {arm: float(len(report.lost(FALL))) for arm, report in reports.items()}
    bench.score(f"abilities that fall by over {FALL:g} points, interval and all", lost, candidate=shown, better="lower")
    order = sorted(ratios, key=ratios.__getitem__)
    lines = {
        name: [100.0 if arm == FULL else 100 * (reports[arm].abilities[at].ratio or 0.0) for arm in order]
        for at, name in enumerate(size.abilities)
    }
    bench.curve("what is left of each ability, by perplexity", lines, candidate=size.abilities[0],
                along="perplexity against the full model's", at=[ratios[arm] for arm in order], unit="%")  # fmt: skip
    return reports


def _ask(lm: LanguageModel, size: Size, settings: Probes, arm: str) -> dict[str, Any]:
    model = lm.model if arm == FULL else COMPRESSED[arm](lm.model)
    scores = probe(model, lm.tokenizer, abilities=size.abilities, settings=settings, text=_text(size.characters))
    return {"right": scores.right, "loss": scores.loss, "read": scores.read}


def _text(characters: int) -> str:
    """Prose of a dictionary; for a quick run, which is not to wait for that, help texts of Python."""
    return gcide().split(_HELD_OUT)[1].text(characters) if characters >= _LEAST else pydoc_topics()[:characters]


def _scores(record: Mapping[str, Any], settings: Probes) -> Scores:
    items = {name: settings.draw(name) for name in record["right"]}
    return Scores(record["right"], items, {}, record["loss"], record["read"])


def _ratio(report: AbilityReport) -> float:
    ratio = report.perplexity_ratio
    return float("nan") if ratio is None else ratio
