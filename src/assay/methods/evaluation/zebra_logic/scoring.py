"""Reads the table out of a model's answer and scores it; chooses among several answers; rewards for training."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any, Literal

from assay.methods.evaluation.zebra_logic.puzzles import Puzzle

Table = Mapping[str, Any]
"""What stands under ``solution`` in an answer: by house the values by attribute."""
Mode = Literal["single", "best of n", "majority of cells", "most common", "reward"]

_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Score:
    """How right an answer is."""

    parsed: bool
    """Whether there was a table in it."""
    right: int
    """Cells; a missing one is wrong."""
    cells: int

    @property
    def cell_accuracy(self) -> float:
        """The share of right cells."""
        return self.right / self.cells

    @property
    def solved(self) -> bool:
        """Whether every cell is right."""
        return self.right == self.cells


def score(puzzle: Puzzle, output: str) -> Score:
    """Score one answer to a puzzle. An answer without a table is wrong, and no error."""
    return score_table(puzzle.header, puzzle.rows, read_table(output))


def score_table(header: Sequence[str], rows: Sequence[Sequence[str]], table: Table | None) -> Score:
    """Score a table against the header and the rows of the right one, `Puzzle.header` and `Puzzle.rows`."""
    found = _cells(table or {})
    right = sum(
        found.get((_plain(f"house {row[0]}"), _plain(name))) == _plain(value)
        for row in rows
        for name, value in zip(header[1:], row[1:], strict=True)
    )
    return Score(table is not None, right, len(rows) * (len(header) - 1))


def read_table(output: str) -> Table | None:
    """The table of the last complete JSON object in a text that has a ``solution``; ``None`` where there is none."""
    table, start = None, output.find("{")
    while start >= 0:
        try:
            value, end = _DECODER.raw_decode(output, start)
        except (ValueError, RecursionError):
            value, end = None, start + 1
        if isinstance(value, dict) and isinstance(value.get("solution"), dict):
            table = value["solution"]
        else:
            end = start + 1  # the object that has one may stand within this
        start = output.find("{", end)
    return table


def _cells(table: Table) -> dict[tuple[str, str], str]:
    """By house and attribute what stands in each cell, in lower case; of a list, its first element."""
    cells = {}
    for house, row in table.items():
        for name, value in row.items() if isinstance(row, dict) else ():
            first = value[0] if isinstance(value, list) and value else value
            if isinstance(first, str | int | float):
                cells[_plain(house), _plain(name)] = _plain(str(first))
    return cells


def _plain(text: str) -> str:
    return text.strip().strip("`").lower()


# Several answers to one puzzle


def select(puzzle: Puzzle, outputs: Sequence[str], mode: Mode = "single", *, rewards: Sequence[float] = ()) -> Score:
    """The score of what is chosen among several answers to one puzzle. Answers without a table are never chosen.

    Args:
        puzzle: What was asked.
        outputs: The answers.
        mode: ``single``: the first. ``best of n``: the one with most right cells, which only an oracle can tell.
            ``majority of cells``: for each cell what most answers have. ``most common``: the answer whose cells are
            shared by most others. ``reward``: the one with the highest of `rewards`. Of equals, the first.
        rewards: Of each answer, by a reward model.

    Raises:
        ValueError: There are no answers, no such mode, or not a reward for each.
    """
    named = f"puzzle {puzzle.id!r}"
    if not outputs:
        raise ValueError(f"{named} has no answers to select from")
    if mode == "reward" and len(rewards) != len(outputs):
        raise ValueError(f"{named} has {len(outputs)} answers and {len(rewards)} rewards: give one for each")
    tables = [read_table(each) for each in outputs]
    if mode == "single":
        return score_table(puzzle.header, puzzle.rows, tables[0])
    pairs = [(index, table) for index, table in enumerate(tables) if table is not None]
    if not pairs:
        return score_table(puzzle.header, puzzle.rows, None)
    votes: Counter[tuple[tuple[str, str], str]] = Counter(cell for _, table in pairs for cell in _cells(table).items())

    def value(pair: tuple[int, Table]) -> float:
        if mode == "best of n":
            return score_table(puzzle.header, puzzle.rows, pair[1]).right
        if mode == "most common":
            return sum(votes[cell] for cell in _cells(pair[1]).items())
        return rewards[pair[0]]

    if mode == "majority of cells":
        return score_table(puzzle.header, puzzle.rows, _majority(votes))
    if mode not in {"best of n", "most common", "reward"}:
        raise ValueError(f"mode is {mode!r}: choose single, best of n, majority of cells, most common or reward")
    return score_table(puzzle.header, puzzle.rows, max(pairs, key=value)[1])


def _majority(votes: Counter[tuple[tuple[str, str], str]]) -> Table:
    table: dict[str, dict[str, str]] = {}
    for ((house, name), value), _ in votes.most_common():  # of equals, what was counted first
        table.setdefault(house, {}).setdefault(name, value)
    return table


def pass_at(k: int, *, right: int, of: int) -> float:
    """The chance that one of `k` answers is right, from `right` ones `of` so many; without bias.

    Raises:
        ValueError: There are fewer answers than `k`.
    """
    if not 1 <= k <= of or not 0 <= right <= of:
        raise ValueError(f"{right} right of {of} answers tell nothing of the best of {k}: give 1 to {of}")
    return 1.0 - comb(of - right, k) / comb(of, k)


# Rewards


def cell_reward(
    completions: Sequence[Any], *, header: Sequence[Sequence[str]], rows: Sequence[Any], **_: Any
) -> list[float]:
    """The share of right cells in each completion: a reward in TRL's calling convention.

    ``GRPOTrainer(reward_funcs=[cell_reward], train_dataset=Dataset.from_list([p.as_record() for p in puzzles]), ...)``

    Args:
        completions: Texts, or lists of messages.
        header: Of each puzzle: the column of `Puzzle.as_record`.
        rows: Of each puzzle, likewise.

    Raises:
        ValueError: There is not a puzzle for each completion.
    """
    return [each.cell_accuracy for each in _scores(completions, header, rows)]


def puzzle_reward(
    completions: Sequence[Any], *, header: Sequence[Sequence[str]], rows: Sequence[Any], **_: Any
) -> list[float]:
    """1 for a completion in which every cell is right, and 0 for others; see `cell_reward`."""
    return [float(each.solved) for each in _scores(completions, header, rows)]


def _scores(completions: Sequence[Any], header: Sequence[Sequence[str]], rows: Sequence[Any]) -> list[Score]:
    if not len(completions) == len(header) == len(rows):
        raise ValueError(f"{len(completions)} completions are of {len(rows)} puzzles: give one of each")
    triples = enumerate(zip(completions, header, rows, strict=True))
    return [score_table(head, table, read_table(_text(each, place))) for place, (each, head, table) in triples]


def _text(completion: Any, place: int) -> str:
    if isinstance(completion, str):
        return completion
    try:
        return str(completion[-1]["content"])
    except (LookupError, TypeError):
        raise ValueError(f"completion {place} is {completion!r}: give a text, or a list of messages") from None
