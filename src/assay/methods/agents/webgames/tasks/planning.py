"""Tasks of thinking: finding a way, and going it."""

from collections import deque
from collections.abc import Iterator
from itertools import combinations

from assay.methods.agents.webgames.game import Game, Move, Step, button, say


class Discs(Game):
    """The tower of discs that must be moved from one peg to another."""

    name, domain = "discs", "cognition"
    goal = "Move all discs to peg C: press the peg to take from, then the peg to put on. No disc lies on a smaller one."
    levels = (1, 2, 4)
    steps = 50

    def set_up(self, level: int) -> None:
        """So many discs."""
        self.pegs = [list(range(level, 0, -1)), [], []]
        self.taken: int | None = None

    def show(self) -> str:
        """The pegs with their discs."""
        hand = "Nothing is taken." if self.taken is None else f"Taking from peg {'ABC'[self.taken]}."
        return say(hand) + "".join(
            button(f"p{n}", f"Peg {'ABC'[n]}: {' '.join(map(str, discs)) or 'empty'}")
            for n, discs in enumerate(self.pegs)
        )

    def play(self, move: Move) -> None:
        """Take, or put where it may lie."""
        if move.kind != "click" or move.target not in {"p0", "p1", "p2"}:
            return
        peg = int(move.target[1])
        if self.taken is None:
            self.taken = peg if self.pegs[peg] else None
            return
        source, self.taken = self.pegs[self.taken], None
        if not self.pegs[peg] or self.pegs[peg][-1] > source[-1]:
            self.pegs[peg].append(source.pop())
        self.done = not self.pegs[0] and not self.pegs[1]

    def solve(self) -> Iterator[Step]:
        """As everybody knows."""
        for source, target in _moves(len(self.pegs[0]), 0, 2):
            yield ("click", f"p{source}")
            yield ("click", f"p{target}")


def _moves(discs: int, source: int, target: int) -> Iterator[tuple[int, int]]:
    if discs:
        other = 3 - source - target
        yield from _moves(discs - 1, source, other)
        yield source, target
        yield from _moves(discs - 1, other, target)


class Ferry(Game):
    """A river to cross with those who must not be left alone with each other."""

    name, domain = "ferry", "cognition"
    goal = (
        "Bring all over the river. The boat takes you and so many as the page says; press a name to board or to leave, "
        "then Row."
    )
    levels = ((2, 1), (3, 1), (5, 2))
    steps = 50

    def set_up(self, level: tuple[int, int]) -> None:
        """So many passengers, of whom each eats the next one, and so many seats; of two, neither eats."""
        count, self.seats = level
        self.names = self.rng.sample(("badger", "fox", "goose", "heron", "lynx", "mouse", "toad", "wren"), count)
        self.eats = [(n, n + 1) for n in range(count - 1)] if count > 2 else []
        self.here = frozenset(range(count))
        self.aboard: frozenset[int] = frozenset()
        self.far = False

    def show(self) -> str:
        """Who is where."""

        def name(group: frozenset[int]) -> str:
            return ", ".join(self.names[n] for n in sorted(group)) or "nobody"

        everybody = frozenset(range(len(self.names)))
        rules = "".join(say(f"Left alone, the {self.names[a]} eats the {self.names[b]}.") for a, b in self.eats)
        near, over = (everybody - self.here, self.here) if self.far else (self.here, everybody - self.here)
        state = say(f"Boat: {'far' if self.far else 'near'} side, seats {self.seats}, aboard: {name(self.aboard)}.")
        banks = say(f"Near side: {name(near)}.") + say(f"Far side: {name(over)}.")
        board = "".join(button(f"n{n}", self.names[n]) for n in sorted(self.here))
        return rules + state + banks + board + button("row", "Row")

    def play(self, move: Move) -> None:
        """Board, leave or row; where somebody would be eaten, the boat stays."""
        if move.kind != "click":
            return
        if move.target == "row":
            if self._may_leave(self.here - self.aboard):
                everybody = frozenset(range(len(self.names)))
                self.here = everybody - self.here | self.aboard
                self.aboard, self.far = frozenset(), not self.far
                self.done = self.far and self.here == everybody
            return
        for n in self.here:
            if move.target == f"n{n}" and (n in self.aboard or len(self.aboard) < self.seats):
                self.aboard ^= {n}

    def _may_leave(self, group: frozenset[int]) -> bool:
        return not any(a in group and b in group for a, b in self.eats)

    def solve(self) -> Iterator[Step]:
        """The shortest way, found by breadth."""
        for group in self._crossings():
            for n in sorted(group):
                yield ("click", f"n{n}")
            yield ("click", "row")

    def _crossings(self) -> list[tuple[int, ...]]:
        everybody = frozenset(range(len(self.names)))
        start = (everybody, False)
        ways: dict[tuple[frozenset[int], bool], list[tuple[int, ...]]] = {start: []}
        queue = deque([start])
        while queue:
            near, far = state = queue.popleft()
            if far and not near:
                return ways[state]
            here = everybody - near if far else near
            for size in range(self.seats + 1):
                for group in combinations(sorted(here), size):
                    if self._may_leave(here - set(group)):
                        after = (near | set(group) if far else near - set(group), not far)
                        if after not in ways:
                            ways[after] = [*ways[state], group]
                            queue.append(after)
        raise AssertionError("the ferry cannot be solved")


class Maze(Game):
    """A maze of which only the doors of one's own room are seen."""

    name, domain = "maze", "cognition"
    goal = (
        "Find the way out. You see the doors of the room that you are in; the exit is in the room farthest south-east."
    )
    levels = (2, 4, 6)
    steps = 120

    def set_up(self, level: int) -> None:
        """So many rooms wide and high, joined by a random tree of doors."""
        self.size = level
        self.at = (0, 0)
        self.doors: dict[tuple[int, int], set[str]] = {(0, 0): set()}
        path = [(0, 0)]
        while path:
            ways = [way for way in _WAYS if self._inside(spot := _step(path[-1], way)) and spot not in self.doors]
            if not ways:
                path.pop()
                continue
            way = self.rng.choice(ways)
            spot = _step(path[-1], way)
            self.doors[path[-1]].add(way)
            self.doors[spot] = {_BACK[way]}
            path.append(spot)

    def _inside(self, spot: tuple[int, int]) -> bool:
        return all(0 <= each < self.size for each in spot)

    def show(self) -> str:
        """The doors of this room."""
        row, column = self.at
        words = f"You are {row} rooms south and {column} rooms east of the entrance."
        return say(words) + "".join(button(way, f"Go {way}") for way in _WAYS if way in self.doors[self.at])

    def play(self, move: Move) -> None:
        """Through a door."""
        if move.kind == "click" and move.target in self.doors[self.at]:
            self.at = _step(self.at, move.target)
            self.done = self.at == (self.size - 1, self.size - 1)

    def solve(self) -> Iterator[Step]:
        """The only way that does not turn back."""
        ways: dict[tuple[int, int], list[str]] = {self.at: []}
        queue = deque([self.at])
        while queue:
            spot = queue.popleft()
            for way in self.doors[spot]:
                if _step(spot, way) not in ways:
                    ways[_step(spot, way)] = [*ways[spot], way]
                    queue.append(_step(spot, way))
        for way in ways[self.size - 1, self.size - 1]:
            yield ("click", way)


_WAYS = {"north": (-1, 0), "south": (1, 0), "west": (0, -1), "east": (0, 1)}
_BACK = {"north": "south", "south": "north", "west": "east", "east": "west"}


def _step(spot: tuple[int, int], way: str) -> tuple[int, int]:
    return spot[0] + _WAYS[way][0], spot[1] + _WAYS[way][1]


class Windows(Game):
    """Windows of a house, of which each switches its neighbors too."""

    name, domain = "windows", "cognition"
    goal = "Make all windows dark. A window that is pressed changes, and those beside, above and below it change too."
    levels = ((2, 1), (3, 3), (4, 6))
    steps = 60

    def set_up(self, level: tuple[int, int]) -> None:
        """So many windows wide and high, all dark before so many of them were pressed."""
        self.size, presses = level
        self.pressed = set(self.rng.sample(range(self.size**2), presses))
        self.lit: set[int] = set()
        for n in self.pressed:
            self._press(n)

    def _press(self, n: int) -> None:
        row, column = divmod(n, self.size)
        for r, c in ((row, column), (row - 1, column), (row + 1, column), (row, column - 1), (row, column + 1)):
            if 0 <= r < self.size and 0 <= c < self.size:
                self.lit ^= {r * self.size + c}

    def show(self) -> str:
        """A row a line."""
        rows = [range(start, start + self.size) for start in range(0, self.size**2, self.size)]
        words = {True: "lit", False: "dark"}
        return "".join(f"<div>{''.join(button(f'w{n}', words[n in self.lit]) for n in row)}</div>" for row in rows)

    def play(self, move: Move) -> None:
        """Change."""
        for n in range(self.size**2):
            if (move.kind, move.target) == ("click", f"w{n}"):
                self._press(n)
                self.pressed ^= {n}
        self.done = not self.lit

    def solve(self) -> Iterator[Step]:
        """What was pressed is pressed again."""
        for n in sorted(self.pressed):
            yield ("click", f"w{n}")
