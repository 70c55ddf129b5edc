"""ZebraLogic on a pretrained model: what it solves along the search space, and with the best of N answers.

Budget: 8,000 sampled tokens and 60,000 read ones at most. The answer is the table alone: a model this small has no use
for room to think, and at a temperature of 1 writes none. A model that solves none of the smallest puzzles has nothing
to lose with their size; then nothing is told.
"""

from collections.abc import Sequence
from math import log10
from statistics import mean
from typing import Any

from assay.methods.evaluation import as_model
from assay.methods.evaluation.zebra_logic.evaluating import ZebraReport, evaluate
from assay.methods.evaluation.zebra_logic.generating import generate_suite
from assay.methods.evaluation.zebra_logic.puzzles import bucket
from assay.methods.evaluation.zebra_logic.scoring import Mode, select
from assay.trials import Bench, trial

_TEMPERATURE = 0.5
_MODES: tuple[Mode, ...] = ("single", "majority of cells", "most common", "best of n")


@trial("2502.01100", claim="accuracy-by-search-space", pretrained=True)
def solved_by_size(bench: Bench) -> None:
    """Puzzles that a real model solves, along the size of the search space."""
    sizes: list[tuple[int, int]] = bench.pick(
        quick=[(2, 2), (2, 3), (3, 2)], cpu=[(2, 2), (3, 2), (3, 3), (4, 4)], cuda=[(n, n) for n in range(2, 7)]
    )
    per_size, samples = bench.pick(quick=1, cpu=4, cuda=40), bench.pick(quick=2, cpu=4, cuda=16)
    lm = bench.on_pretrained(
        f"{per_size} puzzles of each of the sizes {', '.join(f'{n}*{m}' for n, m in sizes)}, answered {samples} times "
        f"at temperature {_TEMPERATURE} by the table alone, instead of 40 of each of 25 sizes with room for reasoning"
    )
    model = as_model(lm)
    reports = []
    for size in bench.progress(sizes, "sizes"):
        raw = bench.once(f"answers to {size}", lambda size=size: _ask(bench, model, size, per_size, samples))  # type: ignore[misc]
        reports.append(_report(model.name, raw, size, bench.seed))
    spaces = [log10(each.attempts[0].puzzle.search_space) for each in reports]
    name = "puzzles solved completely, along the decimal logarithm of the search space"
    bench.claim(bench.trend(name, along=spaces, values=[_solved(each) for each in reports], unit="%"))
    name = "puzzles solved, of the smallest"
    bench.score(name, _solved(reports[0]), unit="%", better="higher", at_least=10.0, binds="measurement")
    for size, report in zip(sizes, reports, strict=True):
        words = f"{size[0]}*{size[1]}, {bucket(*size)}"
        for what, estimate in (("cells right", report.cells()), ("answers with a table", report.parsed())):
            bench.score(f"{what}, {words}", estimate.scaled(100).value, unit="%", better="higher")
    _show_selection(bench, reports, samples)


def _ask(bench: Bench, model: Any, size: tuple[int, int], per_size: int, samples: int) -> list[list[str]]:
    """Answers to each puzzle of a size."""
    # As many tokens as a table takes, and a third house more: the example has three.
    tokens = bench.pick(quick=8, cpu=10 * max(size[0], 3) * size[1] + 30)
    report = evaluate(model, per_size=per_size, sizes=[size], samples=samples, tokens=tokens, temperature=_TEMPERATURE,
                      reasoning=False, seed=bench.seed)  # fmt: skip
    return [list(each.outputs) for each in report.attempts]


def _report(name: str, answers: Sequence[Sequence[str]], size: tuple[int, int], seed: int) -> ZebraReport:
    """The report of answers that were given before."""
    puzzles = generate_suite(per_size=len(answers), sizes=[size], seed=seed)
    given = {puzzle.prompt(reasoning=False): iter(own) for puzzle, own in zip(puzzles, answers, strict=True)}
    model = as_model(lambda prompt: next(given[prompt]), name=name)
    return evaluate(model, puzzles=puzzles, samples=len(answers[0]), reasoning=False, temperature=1.0)


def _solved(report: ZebraReport) -> list[float]:
    return [100 * each.pass_at(1) for each in report.attempts]


def _show_selection(bench: Bench, reports: Sequence[ZebraReport], samples: int) -> None:
    """What ways of choosing among the answers to a puzzle reach on the smallest puzzles, and the best of N."""
    attempts = [each for report in reports[:3] for each in report.attempts]
    chosen = {
        mode: [100 * select(each.puzzle, each.outputs, mode).cell_accuracy for each in attempts] for mode in _MODES
    }
    arms: dict[str, float] = {mode: mean(values) for mode, values in chosen.items()}
    bench.score("right cells of what is chosen, on the three smallest sizes", arms, candidate="best of n", unit="%",
                better="higher")  # fmt: skip
    counts = [n for n in (1, 2, 4, 8, 16) if n <= samples]
    curves = {
        f"{size} puzzles": [100 * report.solved_by_one_of(n).value for n in counts]
        for size, report in ((each.attempts[0].puzzle.size, each) for each in reports)
    }
    name = "puzzles solved by the best of N answers"
    bench.curve(name, curves, candidate=next(iter(curves)), along="answers", at=counts, unit="%")
