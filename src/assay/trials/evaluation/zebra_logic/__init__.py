"""ZebraLogic on a reasoner whose bounds are known, and its puzzles beside those of reasoning-gym.

The reasoner reads a puzzle's text and draws conclusions, with no guess, two or eight. What it solves must fall with the
search space, as the paper says of language models; a reasoner with more guesses stands for one that thinks longer. All
puzzles of the paper's 25 sizes are proved to have one solution and no needless clue, by a search that had no part in
making them, and conflicts of the SAT solver must rise with the search space.

reasoning-gym makes zebra puzzles for training and evaluation, too. Both are looked at alike, at the same sizes: how
many solutions, how many clues that could go, how long it takes to make one, and how much two suites of neighbouring
seeds have in common.
"""

from collections.abc import Callable, Sequence
from functools import partial
from math import log10
from statistics import mean
from time import process_time
from typing import Any

from assay.methods.evaluation.zebra_logic.evaluating import evaluate
from assay.methods.evaluation.zebra_logic.generating import SIZES, generate
from assay.methods.evaluation.zebra_logic.puzzles import BUCKETS, Puzzle
from assay.methods.evaluation.zebra_logic.solving import Search, conflicts
from assay.testbed.tasks.reasoning import NotInstalledError
from assay.trials import Bench, trial
from assay.trials.evaluation.zebra_logic._peer import peer_puzzle
from assay.trials.evaluation.zebra_logic._reasoner import Reasoner

_OURS, _PEER = "ours", "reasoning-gym"
_REASONERS = {"no guess": 0, "2 guesses": 2, "8 guesses": 8}
_BOUNDED = "no guess"

Figures = dict[str, Any]


@trial("2502.01100", claim="accuracy-by-search-space")
def bounded_reasoner(bench: Bench) -> None:
    """Puzzles of 25 sizes that a reasoner without guesses solves, along the size of the search space."""
    sizes = bench.pick(quick=[(2, 2), (4, 3), (4, 6), (6, 5)], cpu=list(SIZES))
    per_size = bench.pick(quick=5, cpu=12, cuda=40)
    bench.setting(
        "simulated",
        model="a reasoner that draws conclusions and does not guess",
        differs=f"a reasoner of known bounds instead of language models; {per_size} puzzles of each of {len(sizes)} "
        "sizes instead of 40 of 25",
    )
    by_size = [
        bench.once(f"puzzles of {size}", partial(_look, size, per_size, bench.seed))
        for size in bench.progress(sizes, "sizes")
    ]
    spaces = [each["space"] for each in by_size]
    solved = [100 * mean(each["solved"][_BOUNDED]) for each in by_size]
    name = "puzzles solved completely, along the decimal logarithm of the search space"
    bench.claim(bench.trend(name, along=spaces, values=solved, unit="%"))
    _show_buckets(bench, by_size)
    bench.score("rank correlation of conflicts with the search space, over sizes",
                _rank_correlation(spaces, [mean(each["conflicts"]) for each in by_size]),
                better="higher", at_least=0.8)  # fmt: skip
    _show_puzzles(bench, by_size, _peers(bench, sizes[: bench.pick(quick=2, cpu=25)], bench.pick(quick=1, cpu=4)))


def _look(size: tuple[int, int], number: int, seed: int) -> Figures:
    """What there is to know of puzzles of one size."""
    generate(2, 2)  # loads the solver
    puzzles, seconds = _timed([partial(generate, *size, seed=seed, item=item) for item in range(number)])
    return {
        "bucket": puzzles[0].bucket,
        "space": log10(puzzles[0].search_space),
        "conflicts": [conflicts(each) for each in puzzles],
        "solved": {
            name: [each.scores[0].solved for each in evaluate(Reasoner(guesses), puzzles=puzzles).attempts]
            for name, guesses in _REASONERS.items()
        },
        **_count(puzzles, seconds),
    }


def _peers(bench: Bench, sizes: Sequence[tuple[int, int]], number: int) -> list[Figures]:
    """The same of reasoning-gym's puzzles; nothing where that is not installed."""

    def of_size(size: tuple[int, int]) -> Figures:
        peer_puzzle(2, 2, 0)  # loads what it is made with
        seeds = range(bench.seed, bench.seed + number)
        return _count(*_timed([partial(peer_puzzle, *size, seed) for seed in seeds]))

    try:
        return [
            bench.once(f"reasoning-gym's of {size}", partial(of_size, size))
            for size in bench.progress(sizes, "sizes of reasoning-gym")
        ]
    except NotInstalledError:
        return []


def _timed(makers: Sequence[Callable[[], Puzzle]]) -> tuple[list[Puzzle], float]:
    """Puzzles, and the seconds of computing that each took."""
    began = process_time()
    puzzles = [make() for make in makers]
    return puzzles, (process_time() - began) / len(puzzles)


def _count(puzzles: Sequence[Puzzle], seconds: float) -> Figures:
    def is_unique(puzzle: Puzzle, without: int | None = None) -> bool:
        clues = [clue for index, clue in enumerate(puzzle.clues) if index != without]
        search = Search(clues, houses=puzzle.houses, attributes=len(puzzle.attributes))
        return [each for each, _ in zip(search.solutions(), range(2), strict=False)] == [puzzle.solution]

    return {
        "puzzles": len(puzzles),
        "unique": sum(map(is_unique, puzzles)),
        "clues": sum(len(each.clues) for each in puzzles),
        "needless": sum(is_unique(each, index) for each in puzzles for index in range(len(each.clues))),
        "seconds": seconds,
    }


def _show_buckets(bench: Bench, by_size: Sequence[Figures]) -> None:
    """What reasoners solve of each bucket; the one without guesses must lose from each to the next."""
    groups = [[each for each in by_size if each["bucket"] == name] for name, _ in BUCKETS]
    shares = {arm: [100 * mean(mean(each["solved"][arm]) for each in group) for group in groups] for arm in _REASONERS}
    for index, (name, _) in enumerate(BUCKETS):
        figures = {arm: values[index] for arm, values in shares.items()}
        bench.score(f"puzzles solved, {name}", figures, candidate=_BOUNDED, unit="%", better="higher")
    falls = [before - after for before, after in zip(shares[_BOUNDED], shares[_BOUNDED][1:], strict=False)]
    bench.score("smallest fall from one bucket to the next", min(falls), unit="points", better="higher", at_least=1.0)
    middles = [mean(each["space"] for each in group) for group in groups]
    name = "puzzles solved, by bucket"
    bench.curve(name, shares, candidate=_BOUNDED, along="decimal logarithm of the search space", at=middles, unit="%")


def _show_puzzles(bench: Bench, ours: Sequence[Figures], peers: Sequence[Figures]) -> None:
    """Both generators, side by side. What is not a proper puzzle tells nothing of a reasoner."""
    arms = {_OURS: ours} | ({_PEER: peers} if peers else {})

    def share(part: str, whole: str) -> dict[str, float]:
        return {arm: 100 * sum(each[part] for each in rows) / sum(each[whole] for each in rows)
                for arm, rows in arms.items()}  # fmt: skip

    bench.score("puzzles with exactly one solution", share("unique", "puzzles"), candidate=_OURS, unit="%",
                better="higher", at_least=100.0, binds="measurement")  # fmt: skip
    bench.score("clues that could go alone", share("needless", "clues"), candidate=_OURS, unit="%",
                better="lower", at_most=0.0, binds="measurement")  # fmt: skip
    clues = {arm: sum(each["clues"] for each in rows) / sum(each["puzzles"] for each in rows)
             for arm, rows in arms.items()}  # fmt: skip
    bench.score("clues of a puzzle", clues, candidate=_OURS, better="lower")
    times = {arm: 1_000 * mean(each["seconds"] for each in rows) for arm, rows in arms.items()}
    bench.score("CPU time of making a puzzle", times, candidate=_OURS, unit="ms", better="lower")
    largest = {arm: 1_000 * rows[-1]["seconds"] for arm, rows in arms.items()}
    bench.score("CPU time of making the largest", largest, candidate=_OURS, unit="ms", better="lower")
    bench.score("puzzles that suites of two neighbouring seeds share", _shared(bool(peers)), candidate=_OURS, unit="%",
                better="lower")  # fmt: skip


def _shared(with_peer: bool) -> dict[str, float]:  # noqa: FBT001 - a private helper of one caller
    """Of suites of eight 3x3 puzzles each, from seeds 1 and 2."""

    def of(suite: Callable[[int], set[Any]]) -> float:
        return 100 * len(suite(1) & suite(2)) / 8

    def our_suite(seed: int) -> set[Any]:
        return {generate(3, 3, seed=seed, item=item).text for item in range(8)}

    def peer_suite(seed: int) -> set[Any]:  # the item of a suite is drawn from the sum of its seed and number
        puzzles = [peer_puzzle(3, 3, seed + item) for item in range(8)]
        return {(each.attributes, each.solution, frozenset(each.clues)) for each in puzzles}

    return {_OURS: of(our_suite)} | ({_PEER: of(peer_suite)} if with_peer else {})


def _rank_correlation(first: Sequence[float], second: Sequence[float]) -> float:
    from scipy.stats import spearmanr  # type: ignore[import-untyped] # noqa: PLC0415 - slow to load

    return float(spearmanr(first, second).statistic)
