"""Solves every puzzle out of its words alone: by other ways than those by which it was made, to prove its answer.

A solver reads the caption and the question, as a reader would, and knows nothing of the generator's numbers.
"""

import re
from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import cache
from itertools import permutations, product
from typing import TypeVar

State = TypeVar("State", bound=Hashable)
Place = tuple[int, int]
Blocks = frozenset[tuple[str, frozenset[Place]]]
"""Each block with the squares that it covers."""

_SIDES = {"triangle": 3, "square": 4, "pentagon": 5, "hexagon": 6}


def solve(kind: str, caption: str, question: str) -> str:
    """The answer that follows from a puzzle's words.

    Raises:
        ValueError: There is no such kind, or nothing follows from the words.
    """
    if kind not in _SOLVERS:
        raise ValueError(f"no kind of puzzle is named {kind!r} (there are: {', '.join(_SOLVERS)})")
    return _SOLVERS[kind](caption, question)


# Patterns


def _cycle(caption: str, _: str) -> str:
    names = caption.rpartition(" they are ")[2].rstrip(".").split(", ")
    missing = names.index("?")
    for period in range(2, len(names)):
        classes = [set(names[start::period]) - {"?"} for start in range(period)]
        if all(len(each) == 1 for each in classes):
            return classes[missing % period].pop()
    raise ValueError(f"nothing repeats in {caption!r}")


def _equal_sums(caption: str, _: str) -> str:
    rows = [row.split(", ") for row in _rows(caption)]
    total = next(sum(map(int, row)) for row in rows if "?" not in row)
    return next(str(total - sum(int(each) for each in row if each != "?")) for row in rows if "?" in row)


def _same_as(known: str) -> Callable[[str, str], str]:
    """Of cells that have two parts, the one asked for is as it is in others that are alike in the known part."""

    def read(caption: str, _: str) -> str:
        cells = [re.split(r" with | ", cell) for row in _rows(caption) for cell in row.split(", ")]
        at = 0 if known == "first" else 1
        key = next(cell[at] for cell in cells if cell[1 - at] == "?")
        (value,) = {cell[1 - at] for cell in cells if cell[at] == key} - {"?"}
        return value

    return read


def _line(pairs: Iterable[tuple[int, str]]) -> str:
    """Where number goes with number along a line."""
    pairs = list(pairs)
    known = {x: int(y) for x, y in pairs if y != "?"}
    (x,) = [x for x, y in pairs if y == "?"]
    a, b = min(known), max(known)
    return str(known[a] + (known[b] - known[a]) * (x - a) // (b - a))


def _polygons(caption: str, _: str) -> str:
    return _line((_SIDES[shape], number) for shape, number in re.findall(r"(\w+) with (\d+|\?)", caption))


def _bars(caption: str, _: str) -> str:
    return _line((int(height), number) for height, number in re.findall(r"height (\d+) with (\S+?)[,.]", caption))


def _shape_and_size(caption: str, _: str) -> str:
    rows = [row.split(", ") for row in _rows(caption)]
    row = next(row for row in rows if "?" in row)
    column = row.index("?")
    size = next(each[column].split()[0] for each in rows if each is not row)
    return f"{size} {next(each.split()[1] for each in row if each != '?')}"


# The fewest steps


def _layers(start: State, after: Callable[[State], Iterable[State]], done: Callable[[State], bool]) -> str:
    """By sets of states, a step further each time."""
    layer, seen, steps = {start}, {start}, 0
    while layer:
        if any(map(done, layer)):
            return str(steps)
        layer = {state for each in layer for state in after(each)} - seen
        seen |= layer
        steps += 1
    raise ValueError("the end cannot be reached")


def _checkers(caption: str, _: str) -> str:
    start, end = (re.search(rf"{name}: ([GR_ ]+)\.", caption)[1].replace(" ", "") for name in ("Start", "End"))  # type: ignore[index]

    def after(row: str) -> Iterable[str]:
        for moving, moved in (("G_", "_G"), ("_R", "R_")):
            for at in range(len(row) - 1):
                if row[at : at + 2] == moving:
                    yield row[:at] + moved + row[at + 2 :]
        for at in range(len(row) - 2):
            first, over, last = row[at], row[at + 1], row[at + 2]
            if (first, last) in (("G", "_"), ("_", "R")):
                yield row[:at] + last + over + first + row[at + 3 :]

    return _layers(start, after, end.__eq__)


def _maze(caption: str, _: str) -> str:
    """By relaxation: each square is one more than the least around it, until nothing changes."""
    cells = _cells(caption)
    far = {at: 0 if each == "S" else 999 for at, each in cells.items() if each != "#"}
    changed = True
    while changed:
        changed = False
        for at, now in far.items():
            least = min((far[near] + 1 for near in _beside(at) if near in far), default=999)
            if least < now:
                far[at], changed = least, True
    return str(next(far[at] for at, each in cells.items() if each == "E"))


def _box(caption: str, _: str) -> str:
    cells = _cells(caption)
    free = {at for at, each in cells.items() if each != "#"}
    person, box, goal = (next(at for at, each in cells.items() if each == letter) for letter in "PBG")

    def after(state: tuple[Place, Place]) -> Iterable[tuple[Place, Place]]:
        (i, j), box = state
        for to in _beside((i, j)):
            beyond = (to[0] + to[0] - i, to[1] + to[1] - j)
            if to in free and to != box:
                yield to, box
            elif to == box and beyond in free:
                yield to, beyond

    return _layers((person, box), after, lambda state: state[1] == goal)


def _slide(caption: str, _: str) -> str:
    """By going deeper and deeper, with the tiles' distances from home as the least that is left."""
    board = "".join(row.replace(" ", "") for row in _rows(caption))

    def left(state: str) -> int:
        return sum(
            abs(at // 3 - (int(tile) - 1) // 3) + abs(at % 3 - (int(tile) - 1) % 3)
            for at, tile in enumerate(state)
            if tile != "_"
        )

    def within(state: str, steps: int, before: str) -> bool:
        if not left(state):
            return True
        if left(state) > steps:
            return False
        gap = state.index("_")
        for near in _beside((gap // 3, gap % 3)):
            if near[0] in range(3) and near[1] in range(3):
                tile = state[3 * near[0] + near[1]]
                following = state.translate(str.maketrans(f"{tile}_", f"_{tile}"))
                if following != before and within(following, steps - 1, state):
                    return True
        return False

    return str(next(steps for steps in range(40) if within(board, steps, "")))


def _hanoi(caption: str, _: str) -> str:
    stacks = re.findall(r"(?:left|middle|right): ([\d, ]+|none)", caption)
    start = tuple(tuple(int(disc) for disc in re.findall(r"\d+", stack)) for stack in stacks)

    def after(rods: tuple[tuple[int, ...], ...]) -> Iterable[tuple[tuple[int, ...], ...]]:
        for giver, taker in permutations(range(3), 2):
            if rods[giver] and (not rods[taker] or rods[taker][-1] > rods[giver][-1]):
                moved = list(rods)
                moved[taker] = (*rods[taker], rods[giver][-1])
                moved[giver] = rods[giver][:-1]
                yield tuple(moved)

    return _layers(start, after, lambda rods: not rods[0] and not rods[1])


def _jugs(caption: str, _: str) -> str:
    sizes, start, end = (tuple(map(int, each)) for each in re.findall(r"(\d+), (\d+), (\d+)", caption))

    def after(levels: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
        for giver, taker in permutations(range(3), 2):
            both = levels[giver] + levels[taker]
            filled = min(both, sizes[taker])
            if filled > levels[taker]:
                yield tuple(
                    filled if n == taker else both - filled if n == giver else each for n, each in enumerate(levels)
                )

    return _layers(start, after, end.__eq__)


def _wood(caption: str, _: str) -> str:
    def read(name: str) -> Blocks:
        rows = re.search(rf"{name}: ([A-Z_/ ]+)\.", caption)[1].split(" / ")  # type: ignore[index]
        at: dict[str, set[Place]] = {}
        for i, row in enumerate(rows):
            for j, block in enumerate(row):
                at.setdefault(block, set()).add((i, j))
        return frozenset((block, frozenset(cells)) for block, cells in at.items() if block != "_")

    def after(blocks: Blocks) -> Iterable[Blocks]:
        covered = {cell for _, cells in blocks for cell in cells}
        for block, cells in blocks:
            for down, right in ((0, 1), (0, -1), (1, 0), (-1, 0)):
                to = frozenset((i + down, j + right) for i, j in cells)
                inside = all(i in range(3) and j in range(4) for i, j in to)
                if inside and not to & (covered - cells):
                    yield blocks - {(block, cells)} | {(block, to)}

    return _layers(read("Start"), after, read("End").__eq__)


def _fruit(caption: str, _: str) -> str:
    """Minute by minute."""
    cells = _cells(caption)
    minutes = 0
    while "F" in cells.values():
        cells |= {at: "R" for at, each in cells.items() if each == "F" and "R" in [cells.get(n) for n in _beside(at)]}
        minutes += 1
        if minutes > len(cells):
            raise ValueError("some fruit stays fresh")
    return str(minutes)


# Counting


def _tiling(caption: str, _: str) -> str:
    white = frozenset(at for at, each in _cells(caption).items() if each == "-")

    @cache
    def fits(left: frozenset[Place]) -> bool:
        """The first square is covered by a domino to the right or downwards, or not at all."""
        if not left:
            return True
        i, j = min(left)
        return any(other in left and fits(left - {(i, j), other}) for other in ((i, j + 1), (i + 1, j)))

    return "Yes" if fits(white) else "No"


_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = "January February March April May June July August September October November December".split()


def _calendar(caption: str, question: str) -> str:
    """By the days of the months between, and the leap year."""
    shown, year, weekday = re.search(r"for (\w+) (\d+)\. The 1st is a (\w+)", caption).groups()  # type: ignore[union-attr]
    asked, day = re.search(r"is (\w+) (\d+) of", question).groups()  # type: ignore[union-attr]
    leap = int(year) % 4 == 0 and (int(year) % 100 != 0 or int(year) % 400 == 0)
    lengths = [31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    days = sum(lengths[: _MONTHS.index(asked)]) - sum(lengths[: _MONTHS.index(shown)]) + int(day) - 1
    return _DAYS[(_DAYS.index(weekday) + days) % 7]


def _chain(caption: str, question: str) -> str:
    """Over all ways to open some links of each piece: as many as the pieces that are left, or more."""
    pieces = [int(each) for each in re.findall(r"\d+", caption)]
    ways = {(0, 0)}
    for links in pieces:
        ways = {(opened + n, whole + (n < links)) for opened, whole in ways for n in range(links + 1)}
    fewest = min(opened for opened, whole in ways if opened >= whole and opened)
    return str(fewest * sum(int(each) for each in re.findall(r"costs (\d+)", question)))


def _clock(caption: str, question: str) -> str:
    """Hands moved by five minutes at a time."""
    hour, minute = (int(each) for each in re.search(r"(\d+):(\d+)", caption).groups())  # type: ignore[union-attr]
    hours, minutes = (int(each) for each in re.search(r"(\d+) hours and (\d+)", question).groups())  # type: ignore[union-attr]
    forward = 5 if "will it be" in question else -5
    for _ in range((60 * hours + minutes) // 5):
        minute += forward
        if minute in (60, -5):
            hour, minute = hour % 12 + 1 if forward > 0 else (hour - 2) % 12 + 1, minute % 60
    return f"{hour}:{minute:02}"


def _hue(caption: str, _: str) -> str:
    """By putting the lightest tile in its place, then the next."""
    tiles = [int(each) for each in caption.rpartition(": ")[2].rstrip(".").split(", ")]
    exchanges = 0
    for place in range(len(tiles)):
        at = tiles.index(place + 1)
        if at != place:
            tiles[at], tiles[place] = tiles[place], tiles[at]
            exchanges += 1
    return str(exchanges)


def _map(caption: str, _: str) -> str:
    """By trying all."""
    cells = _cells(caption)
    given = dict(re.findall(r"([A-F]) is (red|green|blue)", caption))
    white = sorted(set(cells.values()) - set(given))
    borders = {(cells[at], cells[near]) for at in cells for near in _beside(at) if near in cells}
    ways = 0
    for inks in product(("red", "green", "blue"), repeat=len(white)):
        colours = given | dict(zip(white, inks, strict=True))
        ways += all(a == b or colours[a] != colours[b] for a, b in borders)
    return str(ways)


def _queens(caption: str, question: str) -> str:
    """By trying all ways in which columns can be left over."""
    cells = _cells(caption)
    queens = {i: j for (i, j), each in cells.items() if each == "Q"}
    size = 1 + max(i for i, _ in cells)
    rows = [i for i in range(size) if i not in queens]
    columns = [j for j in range(size) if j not in queens.values()]
    found = [
        full
        for order in permutations(columns)
        if (full := queens | dict(zip(rows, order, strict=True)))
        and len({i + j for i, j in full.items()}) == len({i - j for i, j in full.items()}) == size
    ]
    (full,) = found
    return str(full[int(re.search(r"queen of row (\d+)", question)[1]) - 1] + 1)  # type: ignore[index]


_STRIPS = {
    "top": (("front", "012"), ("left", "012"), ("back", "012"), ("right", "012")),
    "bottom": (("front", "678"), ("right", "678"), ("back", "678"), ("left", "678")),
    "front": (("top", "678"), ("right", "036"), ("bottom", "210"), ("left", "852")),
    "back": (("top", "210"), ("left", "036"), ("bottom", "678"), ("right", "852")),
    "right": (("front", "258"), ("top", "258"), ("back", "630"), ("bottom", "258")),
    "left": (("front", "036"), ("bottom", "036"), ("back", "852"), ("top", "036")),
}
"""Around each face, the strips that a clockwise turn moves onto each other, in order; squares of a face are 0 to 8."""


def _cube(caption: str, question: str) -> str:
    """On the unfolded cube: the face turns, and four strips around it move on."""
    net = {name: squares.split(", ") for name, squares in re.findall(r"(\w+): ([a-z, ]+)\.", caption)}
    turn = re.search(r"The (\w+) face", question)[1]  # type: ignore[index]
    face, colour = re.search(r"of the (\w+) face are (\w+)", question).groups()  # type: ignore[union-attr]
    after = {name: list(squares) for name, squares in net.items()}
    after[turn] = [net[turn][place] for place in (6, 3, 0, 7, 4, 1, 8, 5, 2)]
    strips = _STRIPS[turn]
    for (source, out), (target, into) in zip(strips, (*strips[1:], strips[0]), strict=True):
        for one, other in zip(out, into, strict=True):
            after[target][int(other)] = net[source][int(one)]
    return str(after[face].count(colour))


_BELOW = {"A": "FD", "B": "DE", "C": "EH", "D": "FG", "E": "GH"}
"""Discs A to C above, D and E between, F to H below: where a ball goes to the left and to the right."""


def _dots(caption: str, question: str) -> str:
    colours = dict(zip("ABCDEFGH", re.findall(r"blue|yellow", caption), strict=True))

    def fall(disc: str) -> None:
        was = colours[disc]
        colours[disc] = "yellow" if was == "blue" else "blue"
        if disc in _BELOW:
            fall(_BELOW[disc][was != "blue"])

    balls = re.search(r"upper row: ([a-z, ]+)\.", question)[1].split(", ")  # type: ignore[index]
    for hole in balls:
        fall({"left": "A", "middle": "B", "right": "C"}[hole])
    return str(list(colours.values()).count("blue"))


def _wheel(caption: str, question: str) -> str:
    """A queue whose first is at the pointer: it is rotated a part at a time."""
    prizes = deque(caption.rpartition(" are ")[2].rstrip(".").split(", "))
    for way, degrees in re.findall(r"(counterclockwise|clockwise) by (\d+)", question):
        for _ in range(int(degrees) * len(prizes) // 360):
            prizes.rotate(1 if way == "clockwise" else -1)
    return prizes[0]


_SOLVERS: dict[str, Callable[[str, str], str]] = {
    "colour_hexagon": _cycle,
    "number_grid": _equal_sums,
    "shape_cycle": _cycle,
    "size_cycle": _cycle,
    "colour_number_grid": _same_as("first"),
    "colour_shape_row": _same_as("second"),
    "colour_size_grid": _same_as("first"),
    "polygon_number_grid": _polygons,
    "bar_number": _bars,
    "shape_size_grid": _shape_and_size,
    "checker_move": _checkers,
    "maze": _maze,
    "move_box": _box,
    "number_slide": _slide,
    "rotten_fruit": _fruit,
    "tower_of_hanoi": _hanoi,
    "water_jugs": _jugs,
    "wood_slide": _wood,
    "board_tiling": _tiling,
    "calendar": _calendar,
    "chain_link": _chain,
    "clock": _clock,
    "colour_hue": _hue,
    "map_colouring": _map,
    "n_queens": _queens,
    "rubik_cube": _cube,
    "think_a_dot": _dots,
    "wheel_of_fortune": _wheel,
}


def _rows(caption: str) -> list[str]:
    return re.findall(r"Row \d+: ([^.]*)\.", caption)


def _cells(caption: str) -> dict[Place, str]:
    return {(i, j): each for i, row in enumerate(_rows(caption)) for j, each in enumerate(row.split())}


def _beside(at: Place) -> Sequence[Place]:
    i, j = at
    return (i - 1, j), (i + 1, j), (i, j - 1), (i, j + 1)
