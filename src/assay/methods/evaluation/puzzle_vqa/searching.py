"""Algorithmic kinds that ask for the fewest steps: found by breadth-first search when a puzzle is made."""

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cache, partial
from random import Random
from typing import TypeVar

from assay.methods.evaluation.puzzle_vqa.canvas import Canvas
from assay.methods.evaluation.puzzle_vqa.puzzle import Draft, near_numbers

State = TypeVar("State", bound=Hashable)
_AROUND = ((0, 1), (0, -1), (1, 0), (-1, 0))


def distances(start: State, after: Callable[[State], Iterable[State]], *, most: int = 60) -> dict[State, int]:
    """The fewest steps to every state that can be reached, in their order."""
    found, waiting = {start: 0}, deque([start])
    while waiting:
        state = waiting.popleft()
        if found[state] == most:
            break
        for following in after(state):
            if following not in found:
                found[following] = found[state] + 1
                waiting.append(following)
    return found


def _drawn(rng: Random, reached: dict[State, int], *, least: int) -> State:
    """A state at a random distance: most states are far away, and a guess would be that."""
    steps = rng.randint(least, min(max(reached.values()), least + 8))
    return rng.choice([state for state, far in reached.items() if far == steps])


def checker_move(rng: Random) -> Draft:
    """Green checkers go right and red ones left, by a step or a jump: so many moves from one row to another."""
    while True:
        row = ["G"] * rng.randint(2, 3) + ["R"] * rng.randint(2, 3) + ["_"]
        rng.shuffle(row)
        reached = distances(tuple(row), _checkers_after)
        if max(reached.values()) >= 3:
            break
    end = _drawn(rng, reached, least=3)

    def draw(canvas: Canvas) -> None:
        side = 84 / len(row)
        for top, state, name in ((18, tuple(row), "start"), (60, end, "end")):
            canvas.text(50, top - 6, name, 7)
            for place, each in enumerate(state):
                canvas.square(8 + place * side, top, side)
                if each != "_":
                    middle = 8 + (place + 0.5) * side
                    canvas.circle(middle, top + side / 2, 0.4 * side, "green" if each == "G" else "red")

    return Draft(
        "Green checkers move to the right only and red ones to the left only: to the next square if it is empty, or "
        "over one checker to the square behind it if that is empty. How many moves at least lead from the start to "
        "the end?",
        str(reached[end]),
        near_numbers(reached[end]),
        f"A row of checkers. Start: {' '.join(row)}. End: {' '.join(end)}. G is green, R red and _ empty.",
        "Search from the start, a move at a time, and never come back to a row that was seen.",
        f"The end is first seen after as many moves as the answer says, so it should be {reached[end]}.",
        draw,
    )


def _checkers_after(row: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    empty = row.index("_")
    for reach, colour in ((-1, "G"), (-2, "G"), (1, "R"), (2, "R")):
        place = empty + reach
        if 0 <= place < len(row) and row[place] == colour:
            moved = list(row)
            moved[empty], moved[place] = colour, "_"
            yield tuple(moved)


def maze(rng: Random) -> Draft:
    """The fewest steps from S to E through a maze."""
    while True:
        rows = [["#" if rng.random() < 0.32 else "-" for _ in range(6)] for _ in range(6)]
        start, end = rng.sample([(i, j) for i in range(6) for j in range(6)], 2)
        rows[start[0]][start[1]], rows[end[0]][end[1]] = "S", "E"
        steps = distances(start, partial(_free_around, rows)).get(end, 0)
        if steps >= 5:
            break
    return Draft(
        "A step goes up, down, left or right and never onto a dark square. How many steps at least lead from S to E?",
        str(steps),
        near_numbers(steps),
        f"A maze in which # is dark and - free. {_lines(rows)}",
        "Count outwards from S, square by square, around what is dark.",
        f"E is first counted at the answer, so it should be {steps}.",
        lambda canvas: canvas.grid(
            _letters(rows, "SE"), fills=lambda i, j: "#444444" if rows[i][j] == "#" else "white"
        ),
    )


def _free_around(rows: Sequence[Sequence[str]], at: tuple[int, int]) -> Iterator[tuple[int, int]]:
    for down, right in _AROUND:
        i, j = at[0] + down, at[1] + right
        if 0 <= i < len(rows) and 0 <= j < len(rows[0]) and rows[i][j] != "#":
            yield i, j


def move_box(rng: Random) -> Draft:
    """A person P pushes a box B to a goal G, in the fewest steps of the person."""
    while True:
        rows = [["#" if rng.random() < 0.15 else "-" for _ in range(5)] for _ in range(5)]
        (person, box, goal) = places = rng.sample([(i, j) for i in range(5) for j in range(5)], 3)
        for (i, j), letter in zip(places, "PBG", strict=True):
            rows[i][j] = letter
        reached = distances((person, box), partial(_pushed, rows))
        steps = min((count for (_, at), count in reached.items() if at == goal), default=0)
        if steps >= 3:
            break
    return Draft(
        "The person P goes up, down, left or right, a square at a time and never onto a dark square; going towards "
        "the box B pushes it one square on, if that is free. How many steps at least does P take until the box is on "
        "G?",
        str(steps),
        near_numbers(steps),
        f"A room in which # is dark and - free. {_lines(rows)}",
        "Search over where person and box are.",
        f"The box is first on G after the answer's steps, so it should be {steps}.",
        lambda canvas: canvas.grid(
            _letters(rows, "PBG"), fills=lambda i, j: "#444444" if rows[i][j] == "#" else "white"
        ),
    )


def _pushed(
    rows: Sequence[Sequence[str]], state: tuple[tuple[int, int], tuple[int, int]]
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    person, box = state
    for to in _free_around(rows, person):
        if to != box:
            yield to, box
        else:
            behind = (2 * to[0] - person[0], 2 * to[1] - person[1])
            if behind in set(_free_around(rows, to)):
                yield to, behind


def number_slide(rng: Random) -> Draft:
    """Eight tiles and a gap: the fewest moves until they are in order."""
    state = _drawn(rng, _slides(), least=3)
    steps = _slides()[state]
    rows = [["_" if not each else str(each) for each in state[start : start + 3]] for start in (0, 3, 6)]
    return Draft(
        "A tile next to the gap can be slid into it. How many moves at least bring the tiles into the order 1 2 3, 4 "
        "5 6, 7 8 and the gap?",
        str(steps),
        near_numbers(steps),
        f"A board of tiles with a gap _. {_lines(rows)}",
        "Search backwards from the order.",
        f"This board is first met after the answer's moves, so it should be {steps}.",
        lambda canvas: canvas.grid([[each.strip("_") for each in row] for row in rows]),
    )


@cache
def _slides() -> dict[tuple[int, ...], int]:
    return distances((1, 2, 3, 4, 5, 6, 7, 8, 0), _slid, most=9)


def _slid(state: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    gap = state.index(0)
    for down, right in _AROUND:
        i, j = gap // 3 + down, gap % 3 + right
        if 0 <= i < 3 and 0 <= j < 3:
            moved = list(state)
            moved[gap], moved[3 * i + j] = moved[3 * i + j], 0
            yield tuple(moved)


def tower_of_hanoi(rng: Random) -> Draft:
    """Discs on three rods, to be brought to the right one."""
    discs = rng.randint(3, 4)
    while True:
        rods = [rng.randrange(3) for _ in range(discs)]  # of disc 1, the smallest, and so on
        steps = _hanoi(rods, 2)
        if steps:
            break
    stacks = [[disc + 1 for disc in reversed(range(discs)) if rods[disc] == rod] for rod in range(3)]

    def draw(canvas: Canvas) -> None:
        for rod, stack in enumerate(stacks):
            x = 18 + 32 * rod
            canvas.line([(x, 30), (x, 80)], 1.5)
            canvas.line([(x - 14, 80), (x + 14, 80)], 1.5)
            for level, disc in enumerate(stack):
                canvas.rectangle(x - 3 * disc, 73 - 9 * level, x + 3 * disc, 80 - 9 * level, "orange")
                canvas.text(x, 76.5 - 9 * level, str(disc), 5)

    told = "; ".join(
        f"{name}: {', '.join(map(str, stack)) or 'none'}"
        for name, stack in zip(("left", "middle", "right"), stacks, strict=True)
    )
    return Draft(
        "The upper disc of a rod can be moved onto another rod, but never onto a smaller disc. How many moves at least "
        "bring all discs onto the right rod?",
        str(steps),
        near_numbers(steps),
        f"Three rods with discs, listed from the lowest; disc 1 is the smallest. {told}.",
        "A disc can go where it belongs once all smaller ones are out of the way, on the third rod.",
        f"From the largest disc down this comes to the answer, so it should be {steps}.",
        draw,
    )


def _hanoi(rods: Sequence[int], target: int) -> int:
    """From the largest disc down: where one is in the wrong place, the smaller ones have to go to the third rod."""
    steps = 0
    for disc in reversed(range(len(rods))):
        if rods[disc] != target:
            steps += 2**disc
            target = 3 - rods[disc] - target
    return steps


def water_jugs(rng: Random) -> Draft:
    """Three jugs: the fewest pourings from one filling to another."""
    while True:
        sizes = tuple(sorted(rng.sample(range(3, 13), 3), reverse=True))
        start: tuple[int, ...] = (sizes[0], 0, 0)
        reached = distances(start, partial(_poured, sizes))
        if max(reached.values()) >= 2:
            break
    end = _drawn(rng, reached, least=2)

    def draw(canvas: Canvas) -> None:
        for left, state, name in ((4, start, "start"), (54, end, "end")):
            canvas.text(left + 21, 10, name, 7)
            for place, (size, level) in enumerate(zip(sizes, state, strict=True)):
                x = left + 15 * place
                canvas.rectangle(x, 85 - 5 * size, x + 11, 85)
                canvas.rectangle(x, 85 - 5 * level, x + 11, 85, "#9fc5e8")
                canvas.text(x + 5.5, 92, f"{level}/{size}", 5)

    return Draft(
        "Water is poured from one jug into another until the first is empty or the second is full. How many pourings "
        "at least lead from the start to the end?",
        str(reached[end]),
        near_numbers(reached[end]),
        f"Jugs that hold {_told(sizes)} litres. Start: {_told(start)}. End: {_told(end)}.",
        "Search over how much is in each jug.",
        f"The end is first met after the answer's pourings, so it should be {reached[end]}.",
        draw,
    )


def _poured(sizes: tuple[int, ...], state: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    for giver in range(len(sizes)):
        for taker in range(len(sizes)):
            amount = min(state[giver], sizes[taker] - state[taker])
            if giver != taker and amount:
                after = list(state)
                after[giver] -= amount
                after[taker] += amount
                yield tuple(after)


def wood_slide(rng: Random) -> Draft:
    """Wooden blocks of one and of two squares on a board with two gaps: the fewest slides from one board to another."""
    start = _tiled(rng)
    reached = distances(start, _blocks_slid, most=5)
    end = _drawn(rng, reached, least=2)

    def draw(canvas: Canvas) -> None:
        for left, state, name in ((3, start, "start"), (53, end, "end")):
            canvas.text(left + 22, 14, name, 7)
            for block in sorted(set("".join(state)) - {"_"}):
                cells = [(i, j) for i, row in enumerate(state) for j, each in enumerate(row) if each == block]
                (top, first), (bottom, last) = cells[0], cells[-1]
                canvas.rectangle(left + 11 * first, 28 + 11 * top, left + 11 * last + 11, 39 + 11 * bottom, "#e0b070")
                canvas.text(left + 5.5 * (first + last) + 5.5, 33.5 + 5.5 * (top + bottom), block, 6)

    return Draft(
        "A slide moves one block by one square into gaps. How many slides at least lead from the start to the end?",
        str(reached[end]),
        near_numbers(reached[end]),
        f"A board of blocks; a letter is a block and _ a gap. Start: {' / '.join(start)}. End: {' / '.join(end)}.",
        "Search from the start, a slide at a time.",
        f"The end is first met after the answer's slides, so it should be {reached[end]}.",
        draw,
    )


Board = tuple[str, ...]
"""Rows of letters."""


def _tiled(rng: Random) -> Board:
    """Three rows of four: two blocks of two squares, six of one, two gaps; some slide must be possible."""
    while True:
        cells: dict[tuple[int, int], str] = {}
        for block in "AB":
            i, j = rng.randrange(3), rng.randrange(4)
            other = rng.choice([(i + 1, j), (i, j + 1)])
            if other[0] > 2 or other[1] > 3 or {(i, j), other} & set(cells):
                break
            cells[i, j] = cells[other] = block
        else:
            free = [(i, j) for i in range(3) for j in range(4) if (i, j) not in cells]
            rng.shuffle(free)
            cells |= dict(zip(free, "__CDEFGH", strict=True))
            board = tuple("".join(cells[i, j] for j in range(4)) for i in range(3))
            if max(distances(board, _blocks_slid, most=3).values()) == 3:
                return board


def _blocks_slid(board: Board) -> Iterator[Board]:
    for block in sorted(set("".join(board)) - {"_"}):
        cells = [(i, j) for i, row in enumerate(board) for j, each in enumerate(row) if each == block]
        for down, right in _AROUND:
            to = [(i + down, j + right) for i, j in cells]
            if all(0 <= i < len(board) and 0 <= j < len(board[0]) and board[i][j] in ("_", block) for i, j in to):
                yield tuple(
                    "".join(block if (i, j) in to else "_" if each == block else each for j, each in enumerate(row))
                    for i, row in enumerate(board)
                )


def rotten_fruit(rng: Random) -> Draft:
    """Fruit that rots from square to square: the minutes until none is fresh."""
    while True:
        rows = [[rng.choices("FR-", (6, 1, 2))[0] for _ in range(4)] for _ in range(4)]
        rotten = [(i, j) for i in range(4) for j in range(4) if rows[i][j] == "R"]
        fresh = [(i, j) for i in range(4) for j in range(4) if rows[i][j] == "F"]
        walls = [["#" if each == "-" else each for each in row] for row in rows]
        ways = [distances(at, partial(_free_around, walls)) for at in rotten]
        times = [min((way[at] for way in ways if at in way), default=-1) for at in fresh]
        if fresh and rotten and min(times) > 0 and max(times) >= 2:
            break
    colours = {"F": "green", "R": "#7f5530"}

    def draw(canvas: Canvas) -> None:
        canvas.grid([[""] * 4] * 4)
        for i, row in enumerate(rows):
            for j, each in enumerate(row):
                if each != "-":
                    canvas.circle(20 + 20 * j, 20 + 20 * i, 7, colours[each])

    return Draft(
        "Each minute, fresh fruit next to rotten fruit, above, below, left or right, becomes rotten. After how many "
        "minutes is none fresh?",
        str(max(times)),
        near_numbers(max(times)),
        f"A box of fruit; F is fresh, R rotten and - empty. {_lines(rows)}",
        "Fruit rots after as many minutes as the nearest rotten one is steps away.",
        f"The last one is as far as the answer says, so it should be {max(times)}.",
        draw,
    )


SEARCHING: dict[str, Callable[[Random], Draft]] = {
    each.__name__: each
    for each in (
        checker_move, maze, move_box, number_slide, rotten_fruit, tower_of_hanoi, water_jugs, wood_slide
    )
}  # fmt: skip


def _lines(rows: Sequence[Sequence[str]]) -> str:
    return " ".join(f"Row {number}: {' '.join(row)}." for number, row in enumerate(rows, 1))


def _letters(rows: Sequence[Sequence[str]], shown: str) -> list[list[str]]:
    return [[each if each in shown else "" for each in row] for row in rows]


def _told(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
