"""Zebra puzzles of reasoning-gym, the generator that people use today, as puzzles that our solver reads."""

from importlib import import_module
from random import Random
from typing import Any

from assay.methods.evaluation.zebra_logic.puzzles import Attribute, Clue, Puzzle
from assay.testbed.tasks.reasoning import NotInstalledError

_KINDS = {
    "found_at": "found_at",
    "not_at": "not_at",
    "same_house": "same_house",
    "consecutive": "direct_left",
    "beside": "side_by_side",
    "left_of": "left_of",
    "right_of": "right_of",
    "one_between": "one_between",
    "two_between": "two_between",
}


def peer_puzzle(houses: int, attributes: int, seed: int) -> Puzzle:
    """A puzzle of reasoning-gym, with the clues that it shows; its draw is that of the data set's item `seed`.

    Raises:
        NotInstalledError: reasoning-gym is not here.
    """
    try:
        module = import_module("reasoning_gym.logic.contrib.logic_puzzle.generate")
    except ImportError as error:
        raise NotInstalledError(f"zebra puzzles of reasoning-gym need the extra `reasoning`: {error}") from None
    record, puzzle = module.generate_puzzle(Random(seed), houses, attributes)  # noqa: S311 - as its data set does
    by_class: dict[Any, list[Any]] = {}
    for literal in puzzle.solution:
        by_class.setdefault(type(literal), []).append(literal)
    things = {literal: (n, v) for n, each in enumerate(by_class.values()) for v, literal in enumerate(each)}
    kinds = tuple(
        Attribute(kind.__name__, tuple(f"{kind.__name__} {literal.name}" for literal in each))
        for kind, each in by_class.items()
    )
    clues = tuple(_as_clue(clue, things) for clue in puzzle.clues)
    rows = [[puzzle.solution[literal] for literal in each] for each in by_class.values()]
    solution = tuple(tuple(row.index(house) for house in range(1, houses + 1)) for row in rows)
    return Puzzle(kinds, clues, solution, f"reasoning-gym {record['size']} {seed}")


def _as_clue(clue: Any, things: dict[Any, tuple[int, int]]) -> Clue:
    parts = [value for name, value in vars(clue).items() if name != "houses"]
    first, second = parts
    return Clue(_KINDS[type(clue).__name__], things[first], second if isinstance(second, int) else things[second])
