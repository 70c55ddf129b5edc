"""Tasks of thinking: remembering and reckoning."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise

from assay.methods.agents.webgames.game import WORDS, Game, Move, Step, button, items, say, text_field


class Answered(Game):
    """A task with a text, one field or several, and a button."""

    def set_up(self, level: int) -> None:
        """Draw the text and the answers."""
        self.lines: list[str] = []
        self.answers: dict[str, str] = {}
        self.draw(level)

    def draw(self, level: int) -> None:
        """Write `lines`, and `answers` by the labels of their fields."""
        raise NotImplementedError

    def show(self) -> str:
        """The text and the fields."""
        fields = "".join(f"<p>{text_field(f'f{n}', label)}</p>" for n, label in enumerate(self.answers))
        return items(self.lines) + fields + button("enter", "Enter")

    def play(self, move: Move) -> None:
        """Compare numbers as numbers, texts as they are."""
        if (move.kind, move.target) == ("click", "enter"):
            given = [move.fields.get(f"f{n}", "") for n in range(len(self.answers))]
            self.done = all(_equal(*pair) for pair in zip(given, self.answers.values(), strict=True))

    def solve(self) -> Iterator[Step]:
        """Fill, enter."""
        for n, answer in enumerate(self.answers.values()):
            yield ("fill", f"f{n}", answer)
        yield ("click", "enter")


def _equal(given: str, wanted: str) -> bool:
    try:
        return Fraction(given.strip()) == Fraction(wanted)
    except (ValueError, ZeroDivisionError):
        return False


class Basket(Answered):
    """What a basket costs."""

    name, domain = "basket", "cognition"
    goal = "What does the basket cost? Enter the sum."
    levels = (2, 4, 6)
    steps = 10

    def draw(self, level: int) -> None:
        """So many lines; from four on with a discount."""
        total = 0
        for word in self.rng.sample(WORDS, level):
            price, count = self.rng.randrange(2, 10 * level), self.rng.randrange(1, 2 * level)
            self.lines.append(f"{count} x {word} at {price} each")
            total += price * count
        if level > 2:
            off = self.rng.randrange(5, 20)
            self.lines.append(f"minus {off} for a friend")
            total -= off
        if level > 4:
            total *= 2
            self.lines.append("all of it twice, the discount too")
        self.answers = {"Sum": str(total)}


class Recipe(Answered):
    """A recipe for another number of guests."""

    name, domain = "recipe", "cognition"
    goal = "How much of each is needed for the guests who come? Decimals with a point."
    levels = (1, 3, 5)
    steps = 10

    def draw(self, level: int) -> None:
        """So many ingredients."""
        base, guests = 4, self.rng.choice((6, 10, 14))
        self.lines = [f"The recipe is for {base}; {guests} guests come."]
        for word in self.rng.sample(WORDS, level):
            amount = 2 * self.rng.randrange(1, 20 * level)
            self.lines.append(f"{amount} g of {word}")
            self.answers[f"{word}, g"] = str(amount * guests // base)


class Vault(Answered):
    """A number lock, whose digits are told by clues."""

    name, domain = "vault", "cognition"
    goal = "Find the digits that the clues tell, and enter them as one number."
    levels = (2, 4, 6)
    steps = 10

    def draw(self, level: int) -> None:
        """So many digits, each told by another one that was told before; clues in any order."""
        digits = [self.rng.randrange(1, 10) for _ in range(level)]
        order = self.rng.sample(range(level), level)
        self.lines = [f"Digit {order[0] + 1} is {digits[order[0]]}."]
        for known, told in pairwise(order):
            difference = digits[told] - digits[known]
            words = f"{abs(difference)} {'more' if difference > 0 else 'less'} than" if difference else "the same as"
            self.lines.append(f"Digit {told + 1} is {words} digit {known + 1}.")
        self.rng.shuffle(self.lines)
        self.answers = {"Number": "".join(map(str, digits))}


class Parade(Game):
    """Words that pass by once."""

    name, domain = "parade", "cognition"
    goal = "Words are shown one at a time. When all have passed, enter them in order, with spaces between."
    levels = (2, 4, 7)

    def set_up(self, level: int) -> None:
        """So many words."""
        self.words = self.rng.sample(WORDS, level)
        self.at = -1

    def show(self) -> str:
        """A word, or the field."""
        if self.at < 0:
            return button("next", "Begin")
        if self.at < len(self.words):
            return say(self.words[self.at]) + button("next", "Next")
        return text_field("words", "Words") + button("enter", "Enter")

    def play(self, move: Move) -> None:
        """Go on, or compare."""
        if (move.kind, move.target) == ("click", "next"):
            self.at = min(self.at + 1, len(self.words))
        elif (move.kind, move.target) == ("click", "enter") and self.at == len(self.words):
            self.done = move.fields.get("words", "").lower().split() == self.words

    def solve(self) -> Iterator[Step]:
        """Look, enter."""
        for _ in range(len(self.words) + 1):
            yield ("click", "next")
        yield ("fill", "words", " ".join(self.words))
        yield ("click", "enter")
