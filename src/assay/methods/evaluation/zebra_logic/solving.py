"""Two solvers of a puzzle, apart from each other: a SAT solver (python-sat), and a plain search that needs nothing.

The SAT solver has a variable for each thing and house. The search keeps for each thing the houses that are left to it,
rules out what clues and the other values of the attribute forbid until nothing changes (which is all that a reasoner
without guesses can do), and then guesses.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from random import Random
from typing import Any

from assay.methods.evaluation.zebra_logic.puzzles import Clue, Puzzle

Houses = list[int]
"""For each thing, by attribute and value, the houses that are left to it: bit h for house h + 1."""
Solution = tuple[tuple[int, ...], ...]


class NotUniqueError(ValueError):
    """The clues of a puzzle allow no solution, or several."""


def solve(puzzle: Puzzle) -> Puzzle:
    """The puzzle with its solution, which must be the only one. Found by the plain search.

    Raises:
        NotUniqueError: The clues contradict each other, or leave two solutions, which are then told apart.
    """
    named = f"puzzle {puzzle.id!r}" if puzzle.id else "the puzzle"
    search = Search(puzzle.clues, houses=puzzle.houses, attributes=len(puzzle.attributes))
    solutions = [each for each, _ in zip(search.solutions(), range(2), strict=False)]
    if not solutions:
        raise NotUniqueError(f"{named} has no solution: its clues contradict each other")
    if len(solutions) > 1:
        first, second = (replace(puzzle, solution=each).rows for each in solutions)
        house = next(h for h in range(puzzle.houses) if first[h] != second[h])
        raise NotUniqueError(
            f"{named} has more than one solution: in house {house + 1} may be {', '.join(first[house][1:])}, "
            f"or {', '.join(second[house][1:])}"
        )
    return replace(puzzle, solution=solutions[0])


def find_needless(puzzle: Puzzle) -> list[Clue]:
    """The clues of a puzzle each of which could go alone, and still leave one solution."""
    needless = []
    for index, clue in enumerate(puzzle.clues):
        fewer = (*puzzle.clues[:index], *puzzle.clues[index + 1 :])
        search = Search(fewer, houses=puzzle.houses, attributes=len(puzzle.attributes))
        if len([each for each, _ in zip(search.solutions(), range(2), strict=False)]) == 1:
            needless.append(clue)
    return needless


@dataclass
class Search:
    """The plain search for solutions."""

    clues: Sequence[Clue]
    houses: int
    attributes: int
    budget: int | None = None
    """Guesses after which it gives up; ``None`` never does, and 0 guesses nothing."""
    guesses: int = 0

    def __post_init__(self) -> None:
        everywhere = range(1, self.houses + 1)
        self._start: Houses = [(1 << self.houses) - 1] * (self.houses * self.attributes)
        self._pairs: list[tuple[int, int, list[int], list[int]]] = []
        for clue in self.clues:
            a = self._number(clue.a)
            if isinstance(clue.b, int):
                self._start[a] &= _bits(h for h in everywhere if clue.allows(h, clue.b))
                continue
            forth = [_bits(g for g in everywhere if clue.allows(h, g)) for h in everywhere]
            back = [_bits(h for h in everywhere if clue.allows(h, g)) for g in everywhere]
            self._pairs.append((a, self._number(clue.b), forth, back))

    def reason(self) -> Houses | None:
        """What follows without a guess; ``None`` where the clues contradict each other."""
        return self._narrow(list(self._start))

    def solutions(self) -> Iterator[Solution]:
        """Every solution, once."""
        start = self.reason()
        return iter(()) if start is None else self._from(start)

    def _from(self, left: Houses) -> Iterator[Solution]:
        counts = [each.bit_count() for each in left]
        if max(counts) == 1:
            yield self._as_solution(left)
            return
        thing = min((i for i, count in enumerate(counts) if count > 1), key=counts.__getitem__)
        for house in range(self.houses):
            if not left[thing] >> house & 1:
                continue
            if self.budget is not None and self.guesses >= self.budget:
                return
            self.guesses += 1
            guess = list(left)
            guess[thing] = 1 << house
            if (narrowed := self._narrow(guess)) is not None:
                yield from self._from(narrowed)

    def _narrow(self, left: Houses) -> Houses | None:
        """Rule out houses until nothing changes; ``None`` where a thing has none left."""
        before: Houses = []
        while left != before:
            before = list(left)
            for a, b, forth, back in self._pairs:
                left[b] &= _reached(forth, left[a])
                left[a] &= _reached(back, left[b])
            for first in range(0, len(left), self.houses):
                self._deal(left, range(first, first + self.houses))
            if not all(left):
                return None
        return left

    def _deal(self, left: Houses, values: range) -> None:
        """Each house has one value of an attribute, and each value one house."""
        for value in values:
            if left[value].bit_count() == 1:
                for other in values:
                    if other != value:
                        left[other] &= ~left[value]
        for house in range(self.houses):
            here = [value for value in values if left[value] >> house & 1]
            if len(here) == 1:
                left[here[0]] = 1 << house
            elif not here:
                left[values[0]] = 0  # nobody could live there

    def _number(self, thing: tuple[int, int]) -> int:
        return thing[0] * self.houses + thing[1]

    def _as_solution(self, left: Houses) -> Solution:
        rows = []
        for first in range(0, len(left), self.houses):
            at = {left[first + value].bit_length() - 1: value for value in range(self.houses)}
            rows.append(tuple(at[house] for house in range(self.houses)))
        return tuple(rows)


def _bits(houses: Iterator[int]) -> int:
    return sum(1 << (house - 1) for house in houses)


def _reached(allowed: list[int], houses: int) -> int:
    """The houses of one thing that clues allow, given those that are left to the other."""
    reached = 0
    for house, mask in enumerate(allowed):
        if houses >> house & 1:
            reached |= mask
    return reached


class Sat:
    """A SAT solver that is asked again and again whether some of the clues leave another solution than the given one.

    Each clue's clauses hold only where its selector does, so that one solver, with all that it has learnt, serves for
    every set of clues.
    """

    def __init__(self, clues: Sequence[Clue], solution: Solution, seed: int | None = None) -> None:
        houses, attributes = len(solution[0]), len(solution)
        self._houses = houses
        things = houses * attributes
        self._order = list(range(1, things * houses + 1))
        clauses = list(self._dealt(attributes))
        clauses.append(
            [-self._at((n, value), house) for n, row in enumerate(solution) for house, value in enumerate(row)]
        )
        self._selectors = range(things * houses + 1, things * houses + 1 + len(clues))
        for selector, clue in zip(self._selectors, clues, strict=True):
            clauses += [[-selector, *clause] for clause in self._clauses(clue)]
        if seed is not None:  # the same problem with other names, of which conflicts are counted
            random = Random(seed)  # noqa: S311 - draws are to be the same again
            random.shuffle(clauses)
            names = list(self._order)
            random.shuffle(names)
            new = dict(zip(self._order, names, strict=True))
            clauses = [[(1 if x > 0 else -1) * new.get(abs(x), abs(x)) for x in clause] for clause in clauses]
        self._solver: Any = import_module("pysat.solvers").Solver(name="m22", bootstrap_with=clauses)

    def __enter__(self) -> "Sat":
        return self

    def __exit__(self, *_: object) -> None:
        self._solver.delete()

    def is_unique(self, kept: Sequence[int]) -> bool:
        """Whether the clues of these numbers leave no other solution."""
        return not self._solver.solve(assumptions=[self._selectors[index] for index in kept])

    @property
    def conflicts(self) -> int:
        """That it met so far."""
        return int(self._solver.accum_stats()["conflicts"])

    def _at(self, thing: tuple[int, int], house: int) -> int:
        """The variable of a thing in a house, both from 0."""
        return 1 + (thing[0] * self._houses + thing[1]) * self._houses + house

    def _dealt(self, attributes: int) -> Iterator[list[int]]:
        everywhere = range(self._houses)
        for attribute in range(attributes):
            grid = [[self._at((attribute, value), house) for house in everywhere] for value in everywhere]
            for line in (*grid, *map(list, zip(*grid, strict=True))):
                yield line
                yield from ([-line[i], -line[j]] for i in everywhere for j in range(i))

    def _clauses(self, clue: Clue) -> Iterator[list[int]]:
        everywhere = range(self._houses)
        if isinstance(clue.b, int):
            yield from ([-self._at(clue.a, h)] for h in everywhere if not clue.allows(h + 1, clue.b))
            return
        for h in everywhere:
            yield [-self._at(clue.a, h), *(self._at(clue.b, g) for g in everywhere if clue.allows(h + 1, g + 1))]
            yield [-self._at(clue.b, h), *(self._at(clue.a, g) for g in everywhere if clue.allows(g + 1, h + 1))]


class _PlainSat:
    """What `Sat` does, by the plain search: for where python-sat is not installed."""

    def __init__(self, clues: Sequence[Clue], solution: Solution) -> None:
        self._clues, self._solution = clues, solution

    def __enter__(self) -> "_PlainSat":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def is_unique(self, kept: Sequence[int]) -> bool:
        clues = [self._clues[index] for index in kept]
        search = Search(clues, houses=len(self._solution[0]), attributes=len(self._solution))
        return all(each == self._solution for each in search.solutions())


def uniqueness(clues: Sequence[Clue], solution: Solution) -> Sat | _PlainSat:
    """What tells whether some of the clues leave one solution: python-sat, or the plain search without it."""
    try:
        return Sat(clues, solution)
    except ImportError:
        return _PlainSat(clues, solution)


def conflicts(puzzle: Puzzle, *, orders: int = 8) -> float:
    """How often a SAT solver runs into a contradiction until it has proved the solution the only one, on the average.

    Args:
        puzzle: With its solution.
        orders: In which variables and clauses are given; what a solver meets depends on that.

    Raises:
        ValueError: python-sat is not installed.
    """
    counts = []
    for seed in range(orders):
        try:
            solver = Sat(puzzle.clues, puzzle.solution, seed)
        except ImportError:
            raise ValueError("conflicts are counted by python-sat: pip install python-sat") from None
        with solver:
            solver.is_unique(range(len(puzzle.clues)))
            counts.append(solver.conflicts)
    return sum(counts) / len(counts)
