"""Makes puzzles of a given size that have one solution and not one clue too many; the same ones for the same seed."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import combinations
from math import log
from random import Random

from assay.methods.evaluation.zebra_logic.attributes import ATTRIBUTES
from assay.methods.evaluation.zebra_logic.puzzles import Attribute, Clue, Puzzle
from assay.methods.evaluation.zebra_logic.solving import Solution, solve, uniqueness

MOST = 6
"""Houses: so many values each attribute has."""

REMOVAL_WEIGHTS = {
    "found_at": 4.0,
    "not_at": 1.0,
    "same_house": 2.0,
    "direct_left": 1.0,
    "direct_right": 1.0,
    "side_by_side": 3.0,
    "left_of": 5.0,
    "right_of": 5.0,
    "one_between": 2.0,
    "two_between": 5.0,
}
"""What is heavier goes earlier, so that less of it stays. The paper gives no figures; its nearest public kin does."""

SIZES = tuple((houses, attributes) for houses in range(2, 7) for attributes in range(2, 7))
"""Houses and attributes of the paper's 25 kinds of puzzle."""


def generate(n_houses: int, n_attributes: int, *, seed: int = 0, item: int | str = 0) -> Puzzle:
    """Make one puzzle. It depends on seed, size and item alone, not on what else is made.

    Its solution is proved to be the only one by a search that had no part in making it.

    Args:
        n_houses: From 2 to 6.
        n_attributes: From 2 to 10, the name among them.
        seed: Of a whole suite.
        item: Which one of this size.

    Raises:
        ValueError: There are no puzzles of this size.
    """
    if not 2 <= n_houses <= MOST:
        raise ValueError(f"n_houses is {n_houses}: give 2 to {MOST}, for which there are values")
    if not 2 <= n_attributes <= len(ATTRIBUTES):
        raise ValueError(f"n_attributes is {n_attributes}: give 2 to {len(ATTRIBUTES)}")
    name = f"zebra-{n_houses}x{n_attributes}-{seed}-{item}"
    random = Random(sha256(name.encode()).digest())  # noqa: S311 - draws are to be the same again
    chosen = ["Name", *random.sample(list(ATTRIBUTES)[1:], n_attributes - 1)]
    attributes = tuple(
        Attribute(each, tuple(random.sample(ATTRIBUTES[each][0][:MOST], n_houses)), ATTRIBUTES[each][1])
        for each in chosen
    )
    solution = tuple(tuple(random.sample(range(n_houses), n_houses)) for _ in chosen)
    clues = minimise(true_clues(solution, random), solution, random)
    return proved(replace(Puzzle(attributes, tuple(clues), id=name), solution=solution))


def proved(puzzle: Puzzle) -> Puzzle:
    """The puzzle, if the plain search finds its solution and no other.

    Raises:
        ValueError: It does not.
    """
    if solve(puzzle).solution != puzzle.solution:
        raise ValueError(f"puzzle {puzzle.id!r} has another solution than it was made from")
    return puzzle


def generate_suite(*, per_size: int = 40, seed: int = 0, sizes: Iterable[tuple[int, int]] = SIZES) -> list[Puzzle]:
    """Make puzzles of several sizes: the paper's 1,000 if nothing is said.

    Args:
        per_size: Of each size; a smaller suite of the same seed is a part of a larger one.
        seed: Of all of them.
        sizes: Houses and attributes.

    Raises:
        ValueError: There would be none, or there are none of a size.
    """
    if per_size < 1:
        raise ValueError(f"per_size is {per_size}: give 1 or more")
    return [generate(*size, seed=seed, item=item) for size in sizes for item in range(per_size)]


def true_clues(solution: Solution, random: Random) -> list[Clue]:
    """Every clue that is true of a solution; of two that say the same from either side, one by chance."""
    houses = len(solution[0])
    place = {(n, value): house for n, row in enumerate(solution) for house, value in enumerate(row, 1)}
    clues = [
        Clue("found_at" if house == at else "not_at", thing, house)
        for thing, at in place.items()
        for house in range(1, houses + 1)
    ]
    for first, second in combinations(place, 2):
        pair = (first, second) if random.random() < 0.5 else (second, first)
        for kind in REMOVAL_WEIGHTS:
            clue = Clue(kind, *pair)
            if kind not in {"found_at", "not_at"} and clue.allows(place[pair[0]], place[pair[1]]):
                clues.append(clue)
    return clues


def minimise(clues: Sequence[Clue], solution: Solution, random: Random) -> list[Clue]:
    """Take clues away in weighted random order, each one that is not needed for the solution to be the only one.

    One after the other, by definition. Since a set that determines the solution still does with more clues, many can be
    tried at once: where all of them can go, each could; else halves are tried. The outcome is the same.

    Returns:
        What is left, in random order: without any one of them there is another solution.
    """
    order = sorted(clues, key=lambda clue: -log(1 - random.random()) / REMOVAL_WEIGHTS[clue.kind])
    kept = list(range(len(order)))
    with uniqueness(order, solution) as checker:

        def remove(tried: list[int]) -> None:
            nonlocal kept
            rest = sorted(set(kept) - set(tried))
            if checker.is_unique(rest):
                kept = rest
            elif len(tried) > 1:
                half = len(tried) // 2
                remove(tried[:half])
                remove(tried[half:])

        remove(list(kept))
    left = [order[index] for index in kept]
    random.shuffle(left)
    return left
