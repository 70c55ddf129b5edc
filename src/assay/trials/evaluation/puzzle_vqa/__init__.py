"""What options are worth to a small model that learns to see a puzzle, and captions to one that learns to read it.

The paper's models are behind their makers' interfaces. Here a convolutional network learns the colour hexagon from
pictures, and after each epoch the same logits are read in both formats: over all colours, and over the four options.
With options it cannot be worse, since the right answer is among them; what is measured is by how much it is better.
The figure is taken at the first epoch with half of the open answers right, which is as good as the paper's models
are; the curve has all epochs. No puzzle that is asked was learnt from. Beside it a transformer learns from captions,
and one that is shown none.

A scripted model tries the protocol: seven of ten answers name one option, two name two and one gives the colour
alone; asked again, it picks the right letter nineteen times of twenty.

The budget on two cores: three networks and six transformers, two minutes together.
"""

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch

from assay.methods.evaluation.puzzle_vqa import Puzzle, TwoStage, evaluate, make, prompt_of
from assay.trials import Bench, trial
from assay.trials.evaluation.puzzle_vqa._learners import by_format, learn, pictures, reader, sight, split, words

OPEN, CHOICE = "without options", "with options"
_KIND = "colour_hexagon"
_READ, _BLIND = "reads the caption", "is shown no caption"
_ENOUGH = 50.0
"""Per cent of open answers right, from which the gap is taken."""

Figures = dict[str, Any]


@dataclass(frozen=True)
class _Size:
    learnt: int
    asked: int
    epochs: int
    read: int
    """Captions to learn from."""
    read_epochs: int


@trial("2502.01081", claim="abstract-format-gap")
def seen_with_and_without_options(bench: Bench) -> None:
    """A network that learns to see: its answers over all colours against those among the options."""
    size = bench.pick(
        quick=_Size(learnt=300, asked=100, epochs=8, read=500, read_epochs=8),
        cpu=_Size(learnt=900, asked=300, epochs=30, read=900, read_epochs=12),
    )
    bench.setting(
        "trained here",
        model="a network of three convolutions",
        differs=f"one kind of puzzle, learnt from {size.learnt:,} pictures, instead of GPT and o1 on twenty kinds",
    )
    seeds = bench.seeds(cpu=3)
    runs = [bench.once(f"sight, seed {seed}", partial(_see, size, seed)) for seed in bench.progress(seeds, "networks")]
    at = [next((place for place, each in enumerate(run[OPEN]) if each >= _ENOUGH), size.epochs - 1) for run in runs]
    arms = {arm: [run[arm][place] for run, place in zip(runs, at, strict=True)] for arm in (OPEN, CHOICE)}
    bench.claim(bench.compare("accuracy", arms, candidate=OPEN, baseline=CHOICE, unit="%", better="higher"))
    bench.score("epochs until then", [place + 1 for place in at], better="lower")
    last = {arm: [run[arm][-1] for run in runs] for arm in (OPEN, CHOICE)}
    bench.score("accuracy after the last epoch", last, candidate=OPEN, unit="%", better="higher")
    lines = {arm: [list(each) for each in zip(*(run[arm] for run in runs), strict=True)] for arm in (OPEN, CHOICE)}
    epochs = range(1, size.epochs + 1)
    bench.curve("accuracy of a network that learns to see", lines, candidate=OPEN, along="epochs", at=epochs, unit="%")
    read = [
        bench.once(f"captions, seed {seed}", partial(_read, size, seed)) for seed in bench.progress(seeds, "readers")
    ]
    captions = {arm: [run[arm] for run in read] for arm in (_READ, _BLIND)}
    name = "accuracy with options of a transformer taught on captions"
    # Captions from which nothing can be learnt would make the ladder's rung worth nothing.
    bench.score(name, captions, candidate=_READ, unit="%", better="higher", at_least=40.0, binds="measurement")
    staged = {name: _scripted(stages, size.asked) for name, stages in (("two stages", 2), ("one stage", 1))}
    bench.score("accuracy of a scripted model", staged, candidate="two stages", unit="%", better="higher",
                at_least=95.0, binds="measurement")  # fmt: skip


def _see(size: _Size, seed: int) -> Figures:
    learnt, asked, names = _puzzles(size.learnt, size.asked, seed)
    shown = pictures(asked)
    figures: Figures = {OPEN: [], CHOICE: []}

    def look(model: torch.nn.Module) -> None:
        for arm, value in zip((OPEN, CHOICE), by_format(model, shown, asked, names), strict=True):
            figures[arm].append(value)

    learn(sight(len(names)), pictures(learnt), _answers(learnt, names), epochs=size.epochs, seed=seed, look=look)
    return figures


def _read(size: _Size, seed: int) -> Figures:
    learnt, asked, names = _puzzles(size.read, size.asked, seed)
    known = sorted({word for puzzle in (*learnt, *asked) for word in split(puzzle)})
    figures: Figures = {}
    for arm, blind in ((_READ, False), (_BLIND, True)):
        inputs, shown = (words(puzzles, known, blind=blind) for puzzles in (learnt, asked))
        values: list[float] = []

        def look(model: torch.nn.Module, shown: torch.Tensor = shown, values: list[float] = values) -> None:
            values.append(by_format(model, shown, asked, names)[1])

        model = reader(len(known), inputs.shape[1], len(names))
        learn(model, inputs, _answers(learnt, names), epochs=size.read_epochs, seed=seed, look=look, rate=2e-3)
        figures[arm] = values[-1]
    return figures


def _puzzles(learnt: int, asked: int, seed: int) -> tuple[list[Puzzle], list[Puzzle], list[str]]:
    """Puzzles to learn from and others to be asked: none of these is among those under another number."""
    distinct = list({puzzle.caption: puzzle for puzzle in make([_KIND], 4 * (learnt + asked), seed=seed)}.values())
    return distinct[asked:][:learnt], distinct[:asked], sorted({puzzle.answer for puzzle in distinct})


def _answers(puzzles: list[Puzzle], names: list[str]) -> torch.Tensor:
    return torch.tensor([names.index(puzzle.answer) for puzzle in puzzles])


def _scripted(stages: int, count: int) -> float:
    """Per cent right of a model whose answers are often unclear."""
    puzzles = make([_KIND], count)
    by_prompt = {prompt_of(each, "choice", rung="caption"): (place, each) for place, each in enumerate(puzzles)}
    asked_again = iter(range(count))

    def model(prompt: str) -> str:
        place, puzzle = by_prompt[prompt.partition("step by step.")[0] + "step by step."]
        right = "ABCD"[puzzle.choices.index(puzzle.answer)]
        if "Therefore, among" in prompt:
            return f"({right})" if next(asked_again) % 20 else f"({'BA'[right == 'B']})"
        other = "ABCD"[(puzzle.choices.index(puzzle.answer) + 1) % 4]
        said = [f"It is ({right})."] * 7 + [f"It may be ({right}) or ({other})."] * 2 + [f"It is {puzzle.answer}."]
        return said[place % 10]

    how = TwoStage(stages=stages)
    return (
        100
        * evaluate(model, items=puzzles, formats=["choice"], rungs=["caption"], protocol=how).accuracy("choice").value
    )
