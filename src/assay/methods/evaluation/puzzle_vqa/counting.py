"""Algorithmic kinds that ask what something comes to: counted, simulated or worked out when a puzzle is made."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from random import Random

from assay.methods.evaluation.puzzle_vqa.canvas import COLOURS, Canvas, ring
from assay.methods.evaluation.puzzle_vqa.puzzle import Draft, near_numbers

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
_AROUND = ((0, 1), (0, -1), (1, 0), (-1, 0))
Place = tuple[int, int]


def board_tiling(rng: Random) -> Draft:
    """A board without some squares: whether dominoes can cover the rest."""
    wanted = rng.random() < 0.5
    while True:
        height, width = rng.randint(3, 5), rng.randint(4, 6)
        squares = [(i, j) for i in range(height) for j in range(width)]
        removed = rng.sample(squares, 2 + height * width % 2 + 2 * (rng.random() < 0.5))
        left = [square for square in squares if square not in removed]
        if (2 * _matched(left) == len(left)) is wanted:
            break
    rows = [["#" if (i, j) in removed else "-" for j in range(width)] for i in range(height)]
    answer = "Yes" if wanted else "No"
    return Draft(
        "Can dominoes, of two squares each, cover all the white squares without overlapping and without covering a "
        "dark one?",
        answer,
        ["No" if wanted else "Yes"],
        f"A board in which # is dark and - white. {_lines(rows)}",
        "Dominoes pair each square with one beside it, and the two are of different colours on a chessboard.",
        f"Look for such a pairing of all {len(left)} white squares; the answer should be {answer}.",
        lambda canvas: canvas.grid(
            [[""] * width] * height, fills=lambda i, j: "#444444" if rows[i][j] == "#" else "white"
        ),
    )


def _matched(squares: Sequence[Place]) -> int:
    """How many dominoes fit at most, by augmenting paths."""
    partner: dict[Place, Place] = {}

    def place(square: Place, tried: set[Place]) -> bool:
        for down, right in _AROUND:
            other = (square[0] + down, square[1] + right)
            if other in squares and other not in tried:
                tried.add(other)
                if other not in partner or place(partner[other], tried):
                    partner[other] = square
                    return True
        return False

    return sum(place(square, set()) for square in squares if sum(square) % 2 == 0)


def calendar(rng: Random) -> Draft:
    """The page of a month: the weekday of a day of another month of that year."""
    year = rng.randint(1990, 2060)
    shown, asked = rng.sample(range(1, 13), 2)
    first = date(year, shown, 1)
    day = date(year, asked, rng.randint(1, 28))
    answer = WEEKDAYS[day.weekday()]
    length = ((first + timedelta(days=32)).replace(day=1) - first).days

    def draw(canvas: Canvas) -> None:
        canvas.text(50, 8, f"{MONTHS[shown - 1]} {year}", 8)
        for place, name in enumerate(WEEKDAYS):
            canvas.text(14 + 12 * place, 20, name[:2], 5)
        for number in range(length):
            row, column = divmod(number + first.weekday(), 7)
            canvas.text(14 + 12 * column, 31 + 12 * row, str(number + 1), 6)

    return Draft(
        f"Which day of the week is {MONTHS[asked - 1]} {day.day} of the same year?",
        answer,
        [name for name in WEEKDAYS if name != answer],
        f"The page of a calendar for {MONTHS[shown - 1]} {year}. The 1st is a {WEEKDAYS[first.weekday()]}.",
        "Seven days on is the same day of the week.",
        f"The day is {(day - first).days} days from the 1st that is shown, so the day should be {answer}.",
        draw,
    )


def chain_link(rng: Random) -> Draft:
    """Pieces of chain: the least cost of one closed ring."""
    pieces = [rng.randint(1, 6) for _ in range(rng.randint(3, 6))]
    opening, closing = rng.randint(1, 4), rng.randint(2, 5)
    opened = _fewest_opened(pieces)
    answer = opened * (opening + closing)

    def draw(canvas: Canvas) -> None:
        for row, links in enumerate(pieces):
            for place in range(links):
                canvas.circle(12 + 9 * place, 14 + 14 * row, 5.5, "#cccccc")
                canvas.circle(12 + 9 * place, 14 + 14 * row, 3.2)

    return Draft(
        f"Opening a link costs {opening} and closing an opened one costs {closing}. What does it cost at least to "
        f"make one closed ring of all links?",
        str(answer),
        [str(each * (opening + closing)) for each in range(1, len(pieces) + 4) if each != opened],
        f"Pieces of chain with {', '.join(map(str, pieces))} links.",
        "An opened link joins two ends, and links of short pieces leave fewer pieces to be joined.",
        f"So {opened} links have to be opened, and the cost should be {answer}.",
        draw,
    )


def _fewest_opened(pieces: Sequence[int]) -> int:
    """Of the shortest pieces, opened link by link: as many as there are pieces left that they have to join."""
    opened, whole = 0, len(pieces)
    for links in sorted(pieces):
        for used in range(1, links + 1):
            # Taken from an end, the rest of the piece stays one piece, until none is left.
            if opened + used >= whole - (used == links):
                return opened + used
        opened, whole = opened + links, whole - 1
    return opened


def clock(rng: Random) -> Draft:
    """A clock's face: the time some hours and minutes later or earlier."""
    now = 5 * rng.randrange(144)
    hours, minutes = rng.randint(1, 11), 5 * rng.randint(1, 11)
    later = rng.random() < 0.5
    then = (now + (1 if later else -1) * (60 * hours + minutes)) % 720

    def draw(canvas: Canvas) -> None:
        canvas.circle(50, 50, 44)
        for number, (x, y) in enumerate(ring(12, radius=37)):
            canvas.text(x, y, str(number or 12), 7)
        canvas.line([(50, 50), ring(720, radius=21)[now]], 2.5)
        canvas.line([(50, 50), ring(60, radius=31)[now % 60]], 1.2)

    span = f"{hours} hours and {minutes} minutes"
    question = f"What time will it be in {span}?" if later else f"What time was it {span} ago?"
    slips = (60, -60, minutes, -minutes, 360, 30, -30, 5, -5)
    wrong = dict.fromkeys(time_of(then + slip) for slip in slips)
    return Draft(
        question,
        time_of(then),
        [each for each in wrong if each != time_of(then)],
        f"A clock that shows {time_of(now)}.",
        "Sixty minutes make an hour, and twelve hours bring the hands back.",
        f"Add or take away {60 * hours + minutes} minutes: the time should be {time_of(then)}.",
        draw,
    )


def time_of(minutes: int) -> str:
    """Minutes after twelve, as a clock with hands tells them."""
    hour, minute = divmod(minutes % 720, 60)
    return f"{hour or 12}:{minute:02}"


def colour_hue(rng: Random) -> Draft:
    """Tiles of one colour from light to dark, in disorder: the fewest exchanges that bring them into order."""
    count = rng.randint(6, 9)
    order = list(range(count))
    while order == sorted(order):
        for _ in range(rng.randint(2, count - 2)):
            i, j = rng.sample(range(count), 2)
            order[i], order[j] = order[j], order[i]
    seen: set[int] = set()
    cycles = 0
    for start in range(count):
        cycles += start not in seen
        while start not in seen:
            seen.add(start)
            start = order[start]  # noqa: PLW2901 - goes round the cycle
    answer = count - cycles

    def draw(canvas: Canvas) -> None:
        side = 90 / count
        for place, shade in enumerate(order):
            light = 235 - round(200 * shade / (count - 1))
            canvas.rectangle(5 + side * place, 40, 5 + side * (place + 1), 60, f"rgb({light},{light},255)")

    return Draft(
        "Two tiles anywhere can be exchanged. How many exchanges at least bring the tiles in order from the lightest "
        "on the left to the darkest on the right?",
        str(answer),
        near_numbers(answer),
        f"A strip of blue tiles, 1 the lightest and {count} the darkest. From left to right: "
        f"{', '.join(str(each + 1) for each in order)}.",
        "Tiles that stand in each other's places form circles; a circle of n needs n - 1 exchanges.",
        f"There are {cycles} circles among {count} tiles, so the number should be {answer}.",
        draw,
    )


def map_colouring(rng: Random) -> Draft:
    """A map with some regions coloured: in how many ways three colours finish it."""
    while True:
        owner = _regions(rng, 6)
        names = sorted(set(owner.values()))
        borders = {
            (a, b)
            for (i, j), a in owner.items()
            for b in (owner.get((i + 1, j)), owner.get((i, j + 1)))
            if b is not None and a != b
        }
        given = {name: rng.choice(_INKS) for name in rng.sample(names, 2)}
        answer = sum(1 for _ in _colourings(names, borders, dict(given)))
        if answer:
            break
    rows = [[owner[i, j] for j in range(4)] for i in range(4)]
    return Draft(
        "Each white region gets one of the colours red, green and blue, so that regions with a common border differ. "
        "In how many ways can this be done?",
        str(answer),
        near_numbers(answer),
        f"A map; squares of one letter are a region. {_lines(rows)} "
        f"{', '.join(f'{name} is {colour}' for name, colour in given.items())}, and the others are white.",
        "Colour one region after the other, with every colour that its neighbours do not have.",
        f"Count all that come out: the number should be {answer}.",
        lambda canvas: canvas.grid(rows, fills=lambda i, j: given.get(rows[i][j], "white")),
    )


_INKS = ("red", "green", "blue")


def _regions(rng: Random, count: int) -> dict[Place, str]:
    """A square of sixteen, shared out among regions that grow from a square each."""
    owner = dict(zip(rng.sample([(i, j) for i in range(4) for j in range(4)], count), "ABCDEF", strict=True))
    while len(owner) < 16:
        (i, j), name = rng.choice(sorted(owner.items()))
        down, right = rng.choice(_AROUND)
        square = (i + down, j + right)
        if square not in owner and 0 <= square[0] < 4 and 0 <= square[1] < 4:
            owner[square] = name
    return owner


def _colourings(names: Sequence[str], borders: set[tuple[str, str]], given: dict[str, str]) -> Iterator[dict[str, str]]:
    if any(a in given and given[a] == given.get(b) for a, b in borders):
        return
    white = next((name for name in names if name not in given), None)
    if white is None:
        yield given
        return
    for ink in _INKS:
        yield from _colourings(names, borders, given | {white: ink})


def n_queens(rng: Random) -> Draft:
    """A board with all queens but three: where the one of a row must stand."""
    size = rng.randint(6, 8)
    while True:
        queens = _queens(rng, size)
        hidden = rng.sample(range(size), 3)
        shown = {row: column for row, column in enumerate(queens) if row not in hidden}
        if len(list(_completed(size, shown))) == 1:
            break
    row = rng.choice(hidden)
    rows = [["Q" if shown.get(i) == j else "-" for j in range(size)] for i in range(size)]
    answer = str(queens[row] + 1)
    return Draft(
        f"Three more queens are put on the board, so that no two share a row, a column or a diagonal. In which "
        f"column does the queen of row {row + 1} stand? Rows count from the top and columns from the left.",
        answer,
        [str(column) for column in range(1, size + 1) if str(column) != answer],
        f"A chessboard with queens Q. {_lines(rows)}",
        "Each row and each column has one queen, and a diagonal one at most.",
        f"Only one square of row {row + 1} leaves room for the others, so the column should be {answer}.",
        lambda canvas: canvas.grid(_letters(rows, "Q"), fills=lambda i, j: "#eeeeee" if (i + j) % 2 else "white"),
    )


def _queens(rng: Random, size: int) -> list[int]:
    """A full board, a random one: the column of each row's queen."""
    while True:
        queens: list[int] = []
        for row in range(size):
            free = [column for column in range(size) if not _attacked(dict(enumerate(queens)), row, column)]
            if not free:
                break
            queens.append(rng.choice(free))
        if len(queens) == size:
            return queens


def _attacked(queens: dict[int, int], row: int, column: int) -> bool:
    return any(column == other or abs(column - other) == abs(row - at) for at, other in queens.items() if at != row)


def _completed(size: int, queens: dict[int, int]) -> Iterator[dict[int, int]]:
    row = next((each for each in range(size) if each not in queens), None)
    if row is None:
        yield queens
        return
    for column in range(size):
        if not _attacked(queens, row, column):
            yield from _completed(size, queens | {row: column})


def rubik_cube(rng: Random) -> Draft:
    """A cube unfolded: how many squares of a colour a face has after a turn."""
    cube = {(place, face): COLOUR_OF[face] for face in NORMALS for place in _places(face)}
    for _ in range(rng.randint(1, 3)):
        cube = _turned(cube, rng.choice(list(NORMALS)))
    turn, face = rng.sample(list(NORMALS), 2)
    after = _turned(cube, turn)
    colours = [after[place, face] for place in _places(face)]
    colour = rng.choice(sorted(set(colours)))
    answer = colours.count(colour)
    net = {name: [cube[place, name] for place in _places(name)] for name in NORMALS}

    def draw(canvas: Canvas) -> None:
        corners = {
            "top": (26, 4),
            "left": (3, 27),
            "front": (26, 27),
            "right": (49, 27),
            "back": (72, 27),
            "bottom": (26, 50),
        }
        for name, (x, y) in corners.items():
            for place, each in enumerate(net[name]):
                canvas.square(x + 7 * (place % 3), y + 7 * (place // 3), 7, each)
        canvas.text(50, 84, "top; left, front, right, back; bottom", 4)

    told = " ".join(f"{name}: {', '.join(net[name])}." for name in net)
    return Draft(
        f"The {turn} face of the cube is turned clockwise by a quarter, as seen by who looks at that face. How many "
        f"squares of the {face} face are {colour} then?",
        str(answer),
        near_numbers(answer, least=0),
        f"A cube unfolded, each face row by row. {told}",
        "A turn moves the squares of the face and the three nearest of each face around it.",
        f"Move them, and count: the number should be {answer}.",
        draw,
    )


NORMALS = {"top": (0, 1, 0), "left": (-1, 0, 0), "front": (0, 0, 1), "right": (1, 0, 0), "back": (0, 0, -1),
           "bottom": (0, -1, 0)}  # fmt: skip
"""The faces with their directions: x to the right, y up, z to who looks at the front."""
COLOUR_OF = {"top": "white", "left": "orange", "front": "green", "right": "red", "back": "blue", "bottom": "yellow"}
Vector = tuple[int, int, int]


def _places(face: str) -> list[Vector]:
    """The nine squares of a face as the net shows them, row by row."""
    where: dict[str, Callable[[int, int], Vector]] = {
        "top": lambda r, c: (c, 1, r),
        "bottom": lambda r, c: (c, -1, -r),
        "front": lambda r, c: (c, -r, 1),
        "back": lambda r, c: (-c, -r, -1),
        "right": lambda r, c: (1, -r, -c),
        "left": lambda r, c: (-1, -r, c),
    }
    return [where[face](r, c) for r in (-1, 0, 1) for c in (-1, 0, 1)]


def _turned(cube: dict[tuple[Vector, str], str], turn: str) -> dict[tuple[Vector, str], str]:
    """The cube after a face has gone a quarter clockwise: its layer rotates around its direction."""
    axis = NORMALS[turn]
    faces = {normal: name for name, normal in NORMALS.items()}
    after = dict(cube)
    for (place, face), colour in cube.items():
        if _dot(place, axis) == 1:
            after[_rotated(place, axis), faces[_rotated(NORMALS[face], axis)]] = colour
    return after


def _rotated(vector: Vector, axis: Vector) -> Vector:
    """Clockwise, as seen from where the axis points to: along the axis it stays, the rest goes to vector x axis."""
    along = _dot(vector, axis)
    (x, y, z), (a, b, c) = vector, axis
    return (y * c - z * b + along * a, z * a - x * c + along * b, x * b - y * a + along * c)


def _dot(one: Vector, other: Vector) -> int:
    return sum(a * b for a, b in zip(one, other, strict=True))


def think_a_dot(rng: Random) -> Draft:
    """Eight discs that send balls left or right and flip: how many are blue after some balls."""
    discs = [rng.random() < 0.5 for _ in range(8)]
    holes = [rng.randrange(3) for _ in range(rng.randint(2, 4))]
    blue = list(discs)
    for hole in holes:
        at = hole
        while at >= 0:
            to = _WAYS[at][0 if blue[at] else 1]
            blue[at] = not blue[at]
            at = to
    answer = sum(blue)

    def draw(canvas: Canvas) -> None:
        for place, (x, y) in enumerate(_DISCS):
            canvas.circle(x, y, 8, "blue" if discs[place] else "yellow")
        for x in (20, 50, 80):
            canvas.line([(x - 5, 5), (x, 11), (x + 5, 5)], 1)

    names = ["blue" if each else "yellow" for each in discs]
    return Draft(
        "A ball that comes to a blue disc goes on to the next disc below on its left, one that comes to a yellow "
        "disc to the one on its right; from an outer disc of the upper row it falls past the middle row where "
        "nothing is on that side. Below the lower row it leaves. Each disc that it passes changes its colour. Balls "
        f"are dropped onto the upper row: {', '.join(('left', 'middle', 'right')[each] for each in holes)}. How many "
        f"discs are blue then?",
        str(answer),
        near_numbers(answer, least=0),
        f"Eight discs. Upper row: {', '.join(names[:3])}. Middle row: {', '.join(names[3:5])}. Lower row: "
        f"{', '.join(names[5:])}.",
        "Follow one ball after the other.",
        f"After the last ball the number should be {answer}.",
        draw,
    )


_WAYS = ((5, 3), (3, 4), (4, 7), (5, 6), (6, 7), (-1, -1), (-1, -1), (-1, -1))
"""From each disc, where a ball goes to the left and to the right: 0 to 2 above, 3 and 4 between, 5 to 7 below."""
_DISCS = ((20, 22), (50, 22), (80, 22), (35, 50), (65, 50), (20, 78), (50, 78), (80, 78))


_PRIZES = ("book", "lamp", "kite", "drum", "cup", "ring", "coat", "bell", "vase", "doll", "boat", "clock")


def wheel_of_fortune(rng: Random) -> Draft:
    """A wheel with prizes: which one is at the pointer after some turns."""
    count = rng.choice((6, 8, 9, 10, 12))
    prizes = rng.sample(_PRIZES, count)
    turns = [(rng.random() < 0.5, 360 // count * rng.randint(1, 2 * count)) for _ in range(2)]
    # Clockwise by one part brings to the top what stood one part before it.
    parts = sum((1 if clockwise else -1) * degrees * count // 360 for clockwise, degrees in turns)
    answer = prizes[-parts % count]

    def draw(canvas: Canvas) -> None:
        edges, middles = ring(count, turn=-3.14159265 / count), ring(count, radius=29)
        fills = list(COLOURS)
        for place in range(count):
            canvas.polygon([(50, 50), edges[place], edges[(place + 1) % count]], fills[place % len(fills)])
            canvas.text(*middles[place], prizes[place], 5)
        canvas.polygon([(46, 2), (54, 2), (50, 11)], "black")

    told = ", then ".join(
        f"{'clockwise' if way else 'counterclockwise'} by {degrees} degrees" for way, degrees in turns
    )
    return Draft(
        f"The wheel is turned {told}. Which prize is at the pointer then?",
        answer,
        [prize for prize in prizes if prize != answer],
        f"A wheel of {count} equal parts, with a pointer at its top. Clockwise from the one at the pointer the "
        f"prizes are {', '.join(prizes)}.",
        "A clockwise turn brings to the pointer what stands before it.",
        f"The turns come to {parts} parts clockwise, so the prize should be {answer}.",
        draw,
    )


COUNTING: dict[str, Callable[[Random], Draft]] = {
    each.__name__: each
    for each in (
        board_tiling, calendar, chain_link, clock, colour_hue, map_colouring, n_queens, rubik_cube, think_a_dot,
        wheel_of_fortune,
    )
}  # fmt: skip


def _lines(rows: Sequence[Sequence[str]]) -> str:
    return " ".join(f"Row {number}: {' '.join(row)}." for number, row in enumerate(rows, 1))


def _letters(rows: Sequence[Sequence[str]], shown: str) -> list[list[str]]:
    return [[each if each in shown else "" for each in row] for row in rows]
