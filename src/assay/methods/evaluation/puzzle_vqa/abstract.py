"""The ten concepts of PuzzleVQA's first family, a kind each: colours, numbers, shapes, sizes, and pairs of them.

Each picture shows a pattern with one part missing, behind a question mark. The kinds are ours, of the paper's concepts.
"""

from collections.abc import Callable, Iterable, Sequence
from random import Random

from assay.methods.evaluation.puzzle_vqa.canvas import COLOURS, SIDES, UNLIKE, Canvas, ring
from assay.methods.evaluation.puzzle_vqa.puzzle import Draft, near_numbers

_SIZES = {"small": 4.0, "medium": 7.5, "large": 11.0}
_GREY = "#bbbbbb"


def colour_hexagon(rng: Random) -> Draft:
    """A hexagon of six sectors, whose opposite ones have one colour."""
    colours = _colours(rng, 3) * 2
    missing = rng.randrange(6)

    def draw(canvas: Canvas) -> None:
        corners, middles = ring(6), ring(6, radius=24, turn=_HALF_SECTOR)
        for place in range(6):
            fill = _GREY if place == missing else colours[place]
            canvas.polygon([(50, 50), corners[place], corners[(place + 1) % 6]], fill)
        canvas.text(*middles[missing], "?", 12)

    return Draft(
        "What is the missing colour of the part with the question mark?",
        colours[missing],
        _others(COLOURS, colours[missing]),
        f"A hexagon is divided into six sectors. Clockwise they are {_listed(colours, missing)}.",
        "Sectors that lie opposite each other have the same colour.",
        f"The sector opposite is {colours[missing]}, so the missing colour should be {colours[missing]}.",
        draw,
    )


def number_grid(rng: Random) -> Draft:
    """Nine numbers, whose rows have one sum."""
    total = rng.randint(12, 24)
    rows = []
    for _ in range(3):
        first, second = rng.randint(1, total // 2), rng.randint(1, total // 2 - 1)
        rows.append([first, second, total - first - second])
    row, column = rng.randrange(3), rng.randrange(3)
    answer = rows[row][column]
    words = [[str(each) for each in line] for line in rows]
    words[row][column] = "?"
    return Draft(
        "What is the missing number of the part with the question mark?",
        str(answer),
        near_numbers(answer),
        f"A grid of numbers. {_rows(words)}",
        "The numbers of each row have the same sum.",
        f"A full row comes to {total}, and the rest of this row to {total - answer}, so the missing number should be "
        f"{answer}.",
        lambda canvas: canvas.grid(words),
    )


def shape_cycle(rng: Random) -> Draft:
    """Eight shapes on a circle, four and the same four again."""
    names = [*SIDES, "circle"]
    shapes = rng.sample(names, 4) * 2
    missing = rng.randrange(8)

    def draw(canvas: Canvas) -> None:
        for place, (x, y) in enumerate(ring(8, radius=36)):
            if place == missing:
                canvas.text(x, y, "?", 14)
            else:
                canvas.shape(shapes[place], x, y, 9, "#cfe2f3")

    return Draft(
        "What is the missing shape of the part with the question mark?",
        shapes[missing],
        _others(names, shapes[missing]),
        f"Eight shapes stand on a circle. Clockwise they are {_listed(shapes, missing)}.",
        "After four shapes the same four follow again.",
        f"Four places on stands a {shapes[missing]}, so the missing shape should be {shapes[missing]}.",
        draw,
    )


def size_cycle(rng: Random) -> Draft:
    """Nine circles in a ring, in three sizes in turn."""
    order = rng.sample(list(_SIZES), 3) * 3
    missing = rng.randrange(9)

    def draw(canvas: Canvas) -> None:
        for place, (x, y) in enumerate(ring(9, radius=36)):
            if place == missing:
                canvas.text(x, y, "?", 14)
            else:
                canvas.circle(x, y, _SIZES[order[place]], "#cfe2f3")

    return Draft(
        "What is the size of the missing circle of the part with the question mark?",
        order[missing],
        _others(_SIZES, order[missing]),
        f"Nine circles stand in a ring. Clockwise they are {_listed(order, missing)}.",
        "Three sizes follow each other in turn.",
        f"Three places on stands a {order[missing]} circle, so the missing size should be {order[missing]}.",
        draw,
    )


def colour_number_grid(rng: Random) -> Draft:
    """Nine coloured squares with numbers; a colour always has the same number."""
    colours, numbers = _colours(rng, 3), rng.sample(range(1, 10), 3)
    places = [0, 0, 1, 1, 2, 2, *(rng.randrange(3) for _ in range(3))]
    rng.shuffle(places)
    missing = rng.randrange(9)
    words = [str(numbers[place]) for place in places]
    answer, words[missing] = words[missing], "?"
    named = [f"{colours[place]} with {word}" for place, word in zip(places, words, strict=True)]
    return Draft(
        "What is the missing number of the part with the question mark?",
        answer,
        near_numbers(int(answer)),
        f"A grid of coloured squares with numbers. {_rows(_threes(named))}",
        "Squares of one colour have the same number.",
        f"The other {colours[places[missing]]} squares have a {answer}, so the missing number should be {answer}.",
        lambda canvas: canvas.grid(_threes(words), fills=lambda i, j: colours[places[3 * i + j]]),
    )


def colour_shape_row(rng: Random) -> Draft:
    """Shapes in colours; a shape always has the same colour."""
    shapes, colours = rng.sample([*SIDES, "circle"], 3), _colours(rng, 3)
    places = [0, 0, 1, 1, 2, 2, *(rng.randrange(3) for _ in range(3))]
    rng.shuffle(places)
    missing = rng.randrange(9)
    answer = colours[places[missing]]
    named = [
        f"{colours[each]} {shapes[each]}" if n != missing else f"? {shapes[each]}" for n, each in enumerate(places)
    ]

    def draw(canvas: Canvas) -> None:
        for place, each in enumerate(places):
            x, y = _cell(place)
            canvas.shape(shapes[each], x, y, 12, "white" if place == missing else colours[each])
        canvas.text(*_cell(missing), "?", 12)

    return Draft(
        "What is the missing colour of the part with the question mark?",
        answer,
        _others(COLOURS, answer),
        f"A grid of coloured shapes. {_rows(_threes(named))}",
        "Shapes of one kind have the same colour.",
        f"The other shapes of its kind are {answer}, so the missing colour should be {answer}.",
        draw,
    )


def colour_size_grid(rng: Random) -> Draft:
    """Circles in colours and sizes; a size always has the same colour."""
    colours, names = _colours(rng, 3), list(_SIZES)
    places = [0, 0, 1, 1, 2, 2, *(rng.randrange(3) for _ in range(3))]
    rng.shuffle(places)
    missing = rng.randrange(9)
    answer = colours[places[missing]]
    named = [f"{names[each]} {colours[each]}" if n != missing else f"{names[each]} ?" for n, each in enumerate(places)]

    def draw(canvas: Canvas) -> None:
        for place, each in enumerate(places):
            canvas.circle(*_cell(place), _SIZES[names[each]], "white" if place == missing else colours[each])
        canvas.text(*_cell(missing), "?", 7)

    return Draft(
        "What is the missing colour of the part with the question mark?",
        answer,
        _others(COLOURS, answer),
        f"A grid of coloured circles. {_rows(_threes(named))}",
        "Circles of one size have the same colour.",
        f"The other circles of its size are {answer}, so the missing colour should be {answer}.",
        draw,
    )


def polygon_number_grid(rng: Random) -> Draft:
    """Polygons with numbers: each number goes with its polygon's sides."""
    factor, added = rng.randint(1, 3), rng.randint(0, 4)
    shapes = [*SIDES, *(rng.choice(list(SIDES)) for _ in range(5))]
    rng.shuffle(shapes)
    missing = rng.randrange(9)
    words = [str(factor * SIDES[shape] + added) for shape in shapes]
    answer, words[missing] = words[missing], "?"
    named = [f"{shape} with {word}" for shape, word in zip(shapes, words, strict=True)]

    def draw(canvas: Canvas) -> None:
        for place, shape in enumerate(shapes):
            canvas.shape(shape, *_cell(place), 13, "#fce5cd")
            canvas.text(*_cell(place), words[place], 8)

    rule = f"{factor} times the number of sides" + (f" plus {added}" if added else "")
    return Draft(
        "What is the missing number of the part with the question mark?",
        answer,
        near_numbers(int(answer)),
        f"A grid of polygons with numbers. {_rows(_threes(named))}",
        f"The number in a polygon is {rule}.",
        f"The polygon has {SIDES[shapes[missing]]} sides, so the missing number should be {answer}.",
        draw,
    )


def bar_number(rng: Random) -> Draft:
    """Bars with numbers: the number goes with the height."""
    factor = rng.randint(2, 9)
    heights = rng.sample(range(1, 8), 5)
    missing = rng.randrange(5)
    words = [str(factor * height) for height in heights]
    answer, words[missing] = words[missing], "?"
    named = [f"height {height} with {word}" for height, word in zip(heights, words, strict=True)]

    def draw(canvas: Canvas) -> None:
        for place, height in enumerate(heights):
            left = 8 + 17 * place
            canvas.rectangle(left, 80 - 10 * height, left + 14, 80, "#d9ead3")
            canvas.text(left + 7, 88, words[place], 9)

    return Draft(
        "What is the missing number of the part with the question mark?",
        answer,
        near_numbers(int(answer)),
        f"Five bars with numbers. From left to right they have {', '.join(named)}.",
        f"The number of a bar is {factor} times its height.",
        f"The bar is {heights[missing]} high, so the missing number should be {answer}.",
        draw,
    )


def shape_size_grid(rng: Random) -> Draft:
    """Rows of one shape each, columns of one size each."""
    names = [*SIDES, "circle"]
    shapes, sizes = rng.sample(names, 3), rng.sample(list(_SIZES), 3)
    missing = rng.randrange(9)
    cells = [f"{size} {shape}" for shape in shapes for size in sizes]
    answer = cells[missing]
    words = [cell if place != missing else "?" for place, cell in enumerate(cells)]

    def draw(canvas: Canvas) -> None:
        for place in range(9):
            if place != missing:
                canvas.shape(shapes[place // 3], *_cell(place), 1.2 * _SIZES[sizes[place % 3]], "#d9d2e9")
        canvas.text(*_cell(missing), "?", 14)

    return Draft(
        "What is the size and shape of the missing part with the question mark?",
        answer,
        [f"{size} {shape}" for size in _SIZES for shape in shapes if f"{size} {shape}" != answer],
        f"A grid of shapes. {_rows(_threes(words))}",
        "Each row has one shape, and each column one size.",
        f"The row has the shape {answer.split()[1]}, the column the size {answer.split()[0]}: it should be {answer}.",
        draw,
    )


ABSTRACT: dict[str, tuple[str, Callable[[Random], Draft]]] = {
    "colour_hexagon": ("colours", colour_hexagon),
    "number_grid": ("numbers", number_grid),
    "shape_cycle": ("shapes", shape_cycle),
    "size_cycle": ("sizes", size_cycle),
    "colour_number_grid": ("colours and numbers", colour_number_grid),
    "colour_shape_row": ("colours and shapes", colour_shape_row),
    "colour_size_grid": ("colours and sizes", colour_size_grid),
    "polygon_number_grid": ("numbers and shapes", polygon_number_grid),
    "bar_number": ("numbers and sizes", bar_number),
    "shape_size_grid": ("shapes and sizes", shape_size_grid),
}
"""The kinds of the family, with their concepts."""

_HALF_SECTOR = 3.141592653589793 / 6


def _colours(rng: Random, count: int) -> list[str]:
    while True:
        drawn = rng.sample(list(COLOURS), count)
        if not any(set(pair) <= set(drawn) for pair in UNLIKE):
            return drawn


def _others(names: Iterable[str], answer: str) -> list[str]:
    return [name for name in names if name != answer]


def _listed(names: Sequence[str], missing: int) -> str:
    return ", ".join("?" if place == missing else name for place, name in enumerate(names))


def _threes(cells: Sequence[str]) -> list[list[str]]:
    return [list(cells[start : start + 3]) for start in (0, 3, 6)]


def _rows(cells: Sequence[Sequence[str]]) -> str:
    return " ".join(f"Row {number}: {', '.join(row)}." for number, row in enumerate(cells, 1))


def _cell(place: int) -> tuple[float, float]:
    return 20 + 30 * (place % 3), 20 + 30 * (place // 3)
