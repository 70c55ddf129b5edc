"""What options are worth to a real model that reads captions of puzzles, and what a second stage makes of its words.

SmolLM2-135M-Instruct sees nothing, so that it is asked on the ladder's rung of captions: with options in two stages,
and without. It is too small to solve many: beside what it gets right with options stands what a guess among them
gets. Figures are shares of rounds, each of which has one puzzle of every kind of the family.

The budget: 30 puzzles of ten kinds and 36 of eighteen, 32 tokens for each answer in either format and 12 for a letter,
some 6,500 tokens sampled.
"""

from functools import partial
from typing import Any

from assay.methods._models import as_model
from assay.methods.evaluation.puzzle_vqa import Puzzle, Reply, TwoStage, evaluate, make
from assay.trials import Bench, trial
from assay.trials.evaluation.puzzle_vqa import CHOICE, OPEN

_GUESS = "a guess among the options"
_SEEN, _FOLLOWS = "told what is seen", "told the rule and what follows"

Rounds = list[float]
"""Per cent right, in each round."""


@trial("2502.01081", claim="abstract-format-gap", pretrained=True)
def abstract_captions(bench: Bench) -> None:
    """Captions of abstract puzzles: answers without options against answers with options."""
    rounds = bench.pick(quick=1, cpu=3, cuda=30)
    figures = _measure(bench, "abstract", rounds)
    if not bench.quick:
        more = bench.once("told more", partial(_rung, bench, "deduction", rounds))
        rungs = {_FOLLOWS: more, _SEEN: figures["choice"]}
        bench.score("accuracy with options, on the ladder", rungs, candidate=_FOLLOWS, unit="%", better="higher")


@trial("2502.01081", claim="algorithmic-format-gap", pretrained=True)
def algorithmic_captions(bench: Bench) -> None:
    """Captions of algorithmic puzzles: answers without options against answers with options."""
    _measure(bench, "algorithmic", bench.pick(quick=1, cpu=2, cuda=15))


def _measure(bench: Bench, family: str, rounds: int) -> dict[str, Rounds]:
    bench.on_pretrained(
        f"captions of {rounds} puzzles of each kind instead of pictures; kinds made anew, and open answers read at "
        "their end instead of graded by a model"
    )
    figures = bench.once(f"{family} puzzles", partial(_asked, bench, family, rounds))
    arms = {OPEN: figures["open"], CHOICE: figures["choice"]}
    bench.claim(bench.compare("accuracy", arms, candidate=OPEN, baseline=CHOICE, unit="%", better="higher"))
    chosen = {CHOICE: figures["choice"], _GUESS: figures["guess"]}
    # Of a model that only guesses, the gap is that of guessing: it tells nothing of what options give away.
    least = sum(figures["guess"]) / rounds
    bench.score("accuracy with options", chosen, candidate=CHOICE, unit="%", better="higher", at_least=least,
                binds="measurement")  # fmt: skip
    stages = {"two stages": figures["choice"], "one stage": figures["at once"]}
    bench.score("accuracy with options, by stages", stages, candidate="two stages", unit="%", better="higher")
    bench.score("answers that need the second stage", figures["unclear"], unit="%", better="lower")
    bench.score("answers that name no option after it", figures["unread"], unit="%", better="lower")
    return figures


def _asked(bench: Bench, family: str, rounds: int) -> dict[str, Rounds]:
    puzzles = make(family, rounds, seed=bench.seed)
    if bench.quick:
        puzzles = puzzles[:4]
    report = evaluate(as_model(bench.pretrained), items=puzzles, rungs=["caption"], protocol=_protocol(bench))
    choice = [reply for reply in report.replies if reply.format == "choice"]
    opened = [reply for reply in report.replies if reply.format == "open"]
    return {
        "open": _by_round(opened, [bool(reply.right) for reply in opened]),
        "choice": _by_round(choice, [bool(reply.right) for reply in choice]),
        "at once": _by_round(choice, [reply.right_at_once for reply in choice]),
        "unclear": _by_round(choice, [bool(reply.second_prompt) for reply in choice]),
        "unread": _by_round(choice, [reply.chosen is None for reply in choice]),
        "guess": _by_round(choice, [1 / len(reply.puzzle.choices) for reply in choice]),
    }


def _rung(bench: Bench, rung: Any, rounds: int) -> Rounds:
    puzzles = make("abstract", rounds, seed=bench.seed)
    how = _protocol(bench)
    report = evaluate(as_model(bench.pretrained), items=puzzles, formats=["choice"], rungs=[rung], protocol=how)
    return _by_round(report.replies, [bool(reply.right) for reply in report.replies])


def _protocol(bench: Bench) -> TwoStage:
    return bench.pick(
        quick=TwoStage(tokens=4, extraction_tokens=8),
        cpu=TwoStage(tokens=32, extraction_tokens=12),
        cuda=TwoStage(tokens=256, extraction_tokens=12),
    )


def _by_round(replies: Any, values: list[Any]) -> Rounds:
    rounds: dict[int, list[float]] = {}
    for reply, value in zip(replies, values, strict=True):
        rounds.setdefault(_round_of(reply), []).append(float(value))
    return [100 * sum(each) / len(each) for each in rounds.values()]


def _round_of(reply: Reply) -> int:
    puzzle: Puzzle = reply.puzzle
    return int(puzzle.id.rpartition("-")[2])
