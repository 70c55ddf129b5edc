"""What both trials of VISTA share: the arms' names, the figures of an arm, how a strength is chosen, what is shown."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from assay.methods._intervals import bootstrap_interval
from assay.methods.decoding.vista_steering import ChairReport, SelfLogits, VisualSteering
from assay.trials import Bench

PLAIN, STEERED = "greedy decoding", "VISTA, steering alone"
RANDOM, FOREIGN = "steered in a random direction", "steered by the vector of another"
MIXED, BOTH = "self-logits alone", "steering and self-logits"
RESIDUAL, LATE = "steered in the residual stream", "steered, prompt left as it is"

Figures = dict[str, float]
RECALL_GIVEN_UP, MOST_RECALL = 1.0, 1.5
"""Points of recall that a strength may cost where it is chosen, and where it is judged, which differs by luck. Who
names less makes up less, and that is no cut."""


@dataclass(frozen=True)
class Arm:
    """What an arm does to a model while it writes."""

    steering: VisualSteering | None = None
    vectors: Tensor | None = None
    mixing: SelfLogits | None = None

    def of_rows(self, rows: slice) -> "Arm":
        """The same for some of the rows."""
        return Arm(self.steering, None if self.vectors is None else self.vectors[:, rows], self.mixing)

    @contextmanager
    def __call__(self, model: Any) -> Iterator[None]:
        """Apply it for a block."""
        mixing = self.mixing or SelfLogits(layers=(0, 0), alpha=0.0)
        with mixing(model):
            if self.steering is None or self.vectors is None:
                yield
            else:
                with self.steering(model, self.vectors):
                    yield


def controls(vectors: Tensor, strength: float, seed: int) -> dict[str, Arm]:
    """The same push in directions that say nothing of the row: a random one, and that of another row."""
    steering = VisualSteering(strength)
    random = torch.randn(vectors.shape, generator=torch.Generator().manual_seed(seed)).to(vectors.device)
    return {RANDOM: Arm(steering, random), FOREIGN: Arm(steering, vectors.roll(1, dims=1))}


def figures_of(report: ChairReport) -> Figures:
    """In per cent, but for the length."""
    shares = {"CHAIR_I": report.chair_i, "CHAIR_S": report.chair_s, "recall": report.recall, "F1": report.f1}
    return {name: 100 * share for name, share in shares.items()} | {"words": report.length}


def counts_of(report: ChairReport) -> list[tuple[int, int]]:
    """What each text names, and what of that is made up."""
    return list(zip(map(len, report.mentions), report.hallucinated, strict=True))


def best_strength(plain: Figures, steered: Mapping[float, Figures]) -> float:
    """The strength at which least is made up, of those that keep recall; the smallest if none does."""
    keeps = [each for each, figures in steered.items() if figures["recall"] >= plain["recall"] - RECALL_GIVEN_UP]
    return min(keeps or [min(steered)], key=lambda each: (steered[each]["CHAIR_I"], each))


def claim_cut(bench: Bench, what: str, runs: Sequence[Mapping[str, Figures]], *, recall: float) -> None:
    """The claim, by runs that are pairs; beside it all other figures, of every arm.

    Args:
        bench: The trial's.
        what: What is made up, in words.
        runs: The figures of each arm: of each seed, or group of passages.
        recall: Points of recall that the method may cost.
    """
    by_figure = {name: {arm: [run[arm][name] for run in runs] for arm in runs[0]} for name in runs[0][PLAIN]}
    name = f"{what}, of all that are named (CHAIR_I)"
    bench.claim(bench.compare(name, by_figure["CHAIR_I"], candidate=STEERED, baseline=PLAIN, unit="%", better="lower"))
    bench.score("texts with any (CHAIR_S)", by_figure["CHAIR_S"], candidate=STEERED, unit="%", better="lower")
    bench.score("recall", by_figure["recall"], candidate=STEERED, unit="%", better="higher")
    bench.score("F1", by_figure["F1"], candidate=STEERED, unit="%", better="higher")
    bench.score("words of a text", by_figure["words"], candidate=STEERED, better="higher")
    lost = [run[PLAIN]["recall"] - run[STEERED]["recall"] for run in runs]
    bench.score("recall given up", sum(lost) / len(lost), unit="points", better="lower", at_most=recall)


def show_bootstrap(bench: Bench, counts: Mapping[str, Sequence[tuple[int, int]]], unit: str) -> None:
    """The relative cut of CHAIR_I of each arm over all texts, with its paired interval.

    Args:
        bench: The trial's.
        counts: For each arm and text, what is named and what of that is made up.
        unit: What was drawn: scenes, passages.
    """
    tables = {arm: np.array(rows, dtype=float) for arm, rows in counts.items()}
    for arm in (STEERED, FOREIGN, RANDOM):
        cut = partial(_cut, tables[PLAIN], tables[arm])
        interval = bootstrap_interval(cut, len(tables[PLAIN]), repeats=1_000)
        ends = {arm: interval.value, "low end of its 95 % interval": interval.low, "high end": interval.high}
        bench.score(f"cut of CHAIR_I over all {unit}, {arm}", ends, candidate=arm, unit="%", better="higher")


def _cut(plain: Any, other: Any, rows: Any) -> float:
    """How much less is made up in these rows of (named, made up), in per cent; NaN where nothing is."""
    (named, made_up), (others, other_made_up) = plain[rows].sum(0), other[rows].sum(0)
    if not made_up or not others:
        return float("nan")
    return float(100 * (1 - (other_made_up / others) / (made_up / named)))
