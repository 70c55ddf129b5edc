"""Preference leakage: the paper's table from its own win rates, and how leakage grows with the share of synthetic data.

The table needs no model: the authors print how often each judge lets each student win, and the score of every cell is
computed from that. It shows that the score here is the paper's score, and nothing about the judges.

How leakage grows is measured on models from scratch. A language says which token follows which; three of them share
most of it, and each has a style. Two generators read texts of the first and second language. Their students are taught
with texts that the generator wrote, mixed with texts of the third language, which stands for what people write. The
generators then judge both students' answers to the same beginnings: the likelier answer wins. A judge of the third
language is kin to no student. Students of these students inherit what leaks.

Budget on two quiet cores: two minutes.
"""

from functools import partial
from statistics import mean
from typing import Any

from assay.trials import Bench, trial
from assay.trials.evaluation.preference_leakage._languages import FIRST, NEUTRAL, SECOND, Size, run
from assay.trials.evaluation.preference_leakage._published import (
    ALPACA_EVAL,
    ARENA_HARD,
    GEMINI,
    GPT,
    MISTRAL,
    PAIRS,
    QWEN,
    published_score,
)

_PAPER = "2502.01534"
_AGREE = "judges that agree"
_SHARES = "share of synthetic data"


@trial(_PAPER, claim="alpacaeval-leakage")
def table_alpacaeval(bench: Bench) -> None:
    """The score on AlpacaEval 2.0 from the win rates that the authors print."""
    _published(bench, (ALPACA_EVAL,))


@trial(_PAPER, claim="arena-hard-leakage")
def table_arena_hard(bench: Bench) -> None:
    """The score on Arena-Hard from the win rates that the authors print."""
    _published(bench, (ARENA_HARD,))


@trial(_PAPER, claim="mean-leakage")
def table_mean(bench: Bench) -> None:
    """The mean score of both benchmarks from the win rates that the authors print."""
    _published(bench, (ALPACA_EVAL, ARENA_HARD))


def _published(bench: Bench, benchmarks: tuple[str, ...]) -> None:
    bench.setting(
        "as claimed",
        model=f"{GPT} and {GEMINI} as the authors ran them",
        differs="computed from the win rates that the authors print; no judge was asked again",
    )
    cells = {
        f"{first} and {second}, {students} students": mean(
            published_score(benchmark, students, (first, second)) for benchmark in benchmarks
        )
        for students in (MISTRAL, QWEN)
        for first, second in PAIRS
    }
    ours = f"{GPT} and {GEMINI}, {MISTRAL} students"
    name = f"preference leakage score, {' and '.join(benchmarks)}"
    figures = cells | {_AGREE: 0.0}
    bench.claim(bench.compare(name, figures, candidate=ours, baseline=_AGREE, unit="%", better="lower"))


@trial(_PAPER, claim="leakage-by-synthetic-share")
def by_share(bench: Bench) -> None:
    """The score of students whose training data were written by a generator in part."""
    size, runs = _runs(bench)
    points = [100 * share for share in size.shares]
    scores = [list(each) for each in zip(*(each["scores"] for each in runs), strict=True)]
    bench.claim(bench.trend("preference leakage score", along=points, values=scores, unit="%"))
    bench.curve(
        "score by share", {"score": scores}, candidate="score", along="per cent of the data", at=points, unit="%"
    )
    wins = {
        judge: [list(each) for each in zip(*(each["wins"][judge] for each in runs), strict=True)]
        for judge in (FIRST, SECOND, NEUTRAL)
    }
    bench.curve("wins of the first student by judge", wins, candidate=FIRST, along="per cent of the data", at=points,
                unit="%")  # fmt: skip
    all_own, none = size.shares.index(1.0), size.shares.index(0.0)
    kinship = {"students": scores[all_own], "students of students": [each["inherited"] for each in runs]}
    bench.score("score by kinship to the judge", kinship, candidate="students", unit="%", better="lower")
    # Where judges differ without any kinship, or the neutral one leans to a side, a score tells nothing of kinship.
    bench.score("distance from no leakage where no data are synthetic", mean(map(abs, scores[none])), unit="%",
                better="lower", at_most=10.0, binds="measurement")  # fmt: skip
    lean = mean(abs(each - 50) for each in wins[NEUTRAL][all_own])
    bench.score("distance of the unrelated judge from an even verdict", lean, unit="%", better="lower", at_most=7.0,
                binds="measurement")  # fmt: skip


@trial(_PAPER, claim="little-synthetic-data-leakage")
def little_synthetic_data(bench: Bench) -> None:
    """The score of students with a tenth of synthetic data against that of students with nothing else."""
    size, runs = _runs(bench)
    scores = {
        f"{100 * share:.0f} % of the data": [each["scores"][at] for each in runs]
        for at, share in enumerate(size.shares)
    }
    little = f"{100 * min(share for share in size.shares if share):.0f} % of the data"
    metric = f"score by {_SHARES}"
    bench.claim(bench.compare(metric, scores, candidate=little, baseline="100 % of the data", unit="%", better="lower"))


def _runs(bench: Bench) -> tuple[Size, list[dict[str, Any]]]:
    size = bench.pick(
        quick=Size((0.0, 0.5, 1.0), 24, 0.4, 400, 300, 40, 24, 300, 24, 12),
        cpu=Size((0.0, 0.1, 0.5, 1.0), 48, 0.3, 3_000, 1_500, 200, 64, 400, 48, 24),
        cuda=Size((0.0, 0.1, 0.3, 0.5, 0.7, 1.0), 96, 0.3, 20_000, 10_000, 1_000, 256, 2_000, 128, 32),
    )
    bench.setting(
        "trained here",
        model=f"Llama, {size.width} wide, 1 layer",
        differs=f"languages of {size.tokens} tokens, of which {size.own:.0%} is a style of their own; generators "
        f"taught with {size.read:,} texts, students with {size.written:,}; the likelier of two answers wins, on "
        f"{size.prompts} prompts; instead of GPT-4o and Gemini-1.5 that are asked",
    )
    seeds = bench.seeds(cpu=3)
    runs = [
        bench.once(f"seed {seed}", partial(run, size, seed, bench.device.type))
        for seed in bench.progress(seeds, "seeds")
    ]
    return size, runs
