"""Statistics for language models: whether each procedure keeps what it promises, beside what people use instead.

The survey has no experiments. What can be tested of it is the promise of the procedures that it points to: sets,
intervals and thresholds hold at the rate one asks for. Sets are tried on images of digits with probabilities that a
classifier taught on too few of them gives; intervals, statements and marks on draws whose truth is known. The rivals
are what is done without calibration: options until their probabilities add up to the rate, a judge's mean taken for
people's, the human labels alone, all statements kept.

Peers are run on the same draws where they are installed (the extra ``evaluation``): ppi-python and crepes.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from statistics import mean
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assay.methods.evaluation.llm_statistics import ConformalFactuality, SplitConformal, ppi_mean
from assay.methods.evaluation.llm_statistics.watermark import _test
from assay.trials import Bench, trial

Floats = NDArray[np.float64]

LEVELS = (0.6, 0.7, 0.8, 0.9, 0.95)
OURS, ADDED_UP = "calibrated sets", "options until they add up to the rate"
_PPI, _LABELS, _JUDGE = "labels and judge", "labels alone", "judge alone"
_KEPT, _ALL = "statements that stay", "all statements"


@trial("2502.17814", claim="coverage-by-level")
def coverage(bench: Bench) -> None:
    """How often answer sets hold the right option, by the rate asked for; and what the other procedures promise."""
    bench.setting(
        "simulated", differs="sets on images of digits, the rest on draws of known truth; the survey has no experiments"
    )
    splits, draws = bench.pick(quick=(12, 60), cpu=(60, 1_500), cuda=(60, 1_500))
    held = _held(bench, splits)
    shares = [[mean(part) for part in np.array_split(held[OURS][level], 5)] for level in LEVELS]
    bench.claim(bench.trend("answer sets that hold the right option", along=LEVELS, values=shares))
    curves = {arm: [mean(held[arm][level]) for level in LEVELS] for arm in (OURS, ADDED_UP)}
    bench.curve("answer sets that hold the right option, by rate", curves, candidate=OURS, along="rate", at=LEVELS)
    off = {
        arm: max(abs(share - level) for share, level in zip(curve, LEVELS, strict=True))
        for arm, curve in curves.items()
    }
    tolerance = bench.pick(quick=0.05, cpu=0.02)
    bench.score("distance from the rate, at most", off, candidate=OURS, better="lower", at_most=tolerance)
    _show_intervals(bench, draws, tolerance)
    _show_statements(bench, draws // 5, tolerance)
    _show_marks(bench, draws // 5)


def _held(bench: Bench, splits: int) -> dict[str, dict[float, list[float]]]:
    """By arm and level, for each split, the share of sets that hold the right digit."""
    from sklearn.datasets import load_digits  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load
    from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped] # noqa: PLC0415

    images, digits = load_digits(return_X_y=True)
    rng = np.random.default_rng(bench.seed)
    held: dict[str, dict[float, list[float]]] = {arm: {level: [] for level in LEVELS} for arm in (OURS, ADDED_UP)}
    for _ in bench.progress(range(splits), "splits"):
        order = rng.permutation(len(images))
        taught, calibrated, tested = order[:100], order[100:400], order[400:]
        # Noise makes the digits hard to tell: a set of one option says nothing of sets.
        noisy = images / 16 + rng.normal(0, 0.8, images.shape)
        model = LogisticRegression(max_iter=300).fit(noisy[taught], digits[taught])
        p = model.predict_proba(noisy)
        rows = np.arange(len(tested))
        for level in LEVELS:
            sets = SplitConformal(1 - level).fit(p[calibrated], digits[calibrated]).predict_set(p[tested])
            held[OURS][level].append(float(sets[rows, digits[tested]].mean()))
            held[ADDED_UP][level].append(float(_added_up(p[tested], level)[rows, digits[tested]].mean()))
    if find_spec("crepes"):
        _show_crepes(bench, p, digits, calibrated, tested)
    return held


def _added_up(p: Floats, level: float) -> NDArray[np.bool_]:
    """The likeliest options until their probabilities add up to the level."""
    order = np.argsort(-p, axis=1)
    before = np.take_along_axis(p, order, 1).cumsum(1) - np.take_along_axis(p, order, 1)
    sets = np.zeros(p.shape, dtype=bool)
    np.put_along_axis(sets, order, before < level, 1)
    return sets


def _show_crepes(bench: Bench, p: Floats, digits: Any, calibrated: Any, tested: Any) -> None:
    scores = 1 - p[calibrated, digits[calibrated]]
    peer = import_module("crepes").ConformalClassifier()
    peer.fit(scores)
    theirs, their_time = _timed(lambda: peer.predict_set(1 - p[tested], confidence=0.9, smoothing=False))
    ours, our_time = _timed(lambda: SplitConformal(0.1).fit(p[calibrated], digits[calibrated]).predict_set(p[tested]))
    differing = float((ours != theirs.astype(bool)).mean())
    bench.score("options on which sets and those of crepes differ", differing, better="lower", at_most=0.0)
    bench.score("time of sets, crepes over ours", their_time / our_time, unit="x", better="higher")


def _show_intervals(bench: Bench, draws: int, tolerance: float) -> None:
    """Intervals of 90 % for what people say, with a judge that agrees with them 85 % of the time."""
    rng = np.random.default_rng(bench.seed + 1)
    hits: dict[str, list[float]] = {_PPI: [], _LABELS: [], _JUDGE: []}
    widths: dict[str, list[float]] = {_PPI: [], _LABELS: []}
    farthest, times = 0.0, [0.0, 0.0]
    for number in bench.progress(range(draws), "draws of labels"):
        human, judge, rest = _labels(rng)
        for arm, weight in ((_PPI, None), (_LABELS, 0.0)):
            estimate = ppi_mean(human, judge, rest, confidence=0.9, weight=weight)
            hits[arm].append(float(estimate.low <= _TRUTH <= estimate.high))
            widths[arm].append(estimate.high - estimate.low)
        reach = 1.645 * rest.std() / np.sqrt(len(rest))
        hits[_JUDGE].append(float(abs(rest.mean() - _TRUTH) <= reach))
        if number < 20 and find_spec("ppi_py"):
            peer = import_module("ppi_py").ppi_mean_ci
            ours, our_time = _timed(lambda: ppi_mean(human, judge, rest, confidence=0.9))  # noqa: B023 - called here
            (low, high), their_time = _timed(lambda: peer(human, judge, rest, alpha=0.1))  # noqa: B023
            farthest = max(farthest, abs(ours.low - float(low[0])), abs(ours.high - float(high[0])))
            times = [times[0] + our_time, times[1] + their_time]
    name = "intervals of 90 % that hold what people say"
    shares = {arm: 100.0 * mean(values) for arm, values in hits.items()}
    bench.score(name, shares, candidate=_PPI, unit="%", better="higher", at_least=100 * (0.9 - tolerance))
    name = "width of these intervals"
    bench.score(name, {arm: mean(values) for arm, values in widths.items()}, candidate=_PPI, better="lower")
    if times[1]:
        bench.score("farthest end from that of ppi-python", farthest, better="lower", at_most=1e-9)
        bench.score("time of an interval, ppi-python over ours", times[1] / times[0], unit="x", better="higher")


_TRUTH = 0.6


def _labels(rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
    """200 human labels, a judge's on these, and on 5,000 more."""
    truth = (rng.random(5_200) < _TRUTH).astype(np.float64)
    judge = np.where(rng.random(5_200) < 0.85, truth, 1 - truth)
    return truth[:200], judge[:200], judge[200:]


def _show_statements(bench: Bench, draws: int, tolerance: float) -> None:
    """Answers of 3 to 11 statements, four of five right, with a confidence that tells a little."""
    rng = np.random.default_rng(bench.seed + 2)
    right: dict[str, list[float]] = {_KEPT: [], _ALL: []}
    kept = []
    for _ in bench.progress(range(draws), "draws of answers"):
        labels = [rng.random(rng.integers(3, 12)) < 0.8 for _ in range(200)]
        confidences = [each + 0.5 * rng.standard_normal(len(each)) for each in labels]
        masks = ConformalFactuality(0.1).fit(confidences[:100], labels[:100]).keep(confidences[100:])
        right[_KEPT].append(mean(float(each[mask].all()) for mask, each in zip(masks, labels[100:], strict=True)))
        right[_ALL].append(mean(float(each.all()) for each in labels[100:]))
        kept.append(float(np.concatenate(masks).mean()))
    name = "answers all of whose statements are right, at 90 % asked for"
    shares = {arm: 100.0 * mean(values) for arm, values in right.items()}
    bench.score(name, shares, candidate=_KEPT, unit="%", better="higher", at_least=100 * (0.9 - tolerance))
    bench.score("statements that stay", 100.0 * mean(kept), unit="%", better="higher")


def _show_marks(bench: Bench, draws: int) -> None:
    """Marked texts of 200 tokens of two kinds, one nine times as likely, that are missed at 1 % false alarms."""
    rng = np.random.default_rng(bench.seed + 3)
    missed: dict[str, float] = {}
    alarms: dict[str, float] = {}
    for statistic in ("ars", "log"):
        missed[statistic] = 100.0 * mean(
            float(_test(_marked(rng, 200), statistic, 0.1)[1] > 0.01) for _ in range(draws)
        )
        alarms[statistic] = 100.0 * mean(float(_test(rng.random(200), statistic, 0.1)[1] <= 0.01) for _ in range(draws))
    name = "marked texts of 200 tokens that are missed at 1 % false alarms"
    bench.score(name, missed, candidate="ars", unit="%", better="lower")
    bench.score("false alarms where 1 % is asked for", alarms, candidate="ars", unit="%", better="lower", at_most=3.0)


def _marked(rng: np.random.Generator, tokens: int) -> Floats:
    """The numbers of written tokens, where each of the two has its own and the law is (0.9, 0.1)."""
    numbers = rng.random((tokens, 2))
    written = (np.log(numbers) / np.array([0.9, 0.1])).argmax(1)
    pivots: Floats = numbers[np.arange(tokens), written]
    return pivots


def _timed(compute: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and the seconds of the processor that it took."""
    start = process_time()
    value = compute()
    return value, max(process_time() - start, 1e-6)
