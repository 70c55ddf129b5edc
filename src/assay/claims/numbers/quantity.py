"""One number of a text as a record: its value, unit, sort and bound, and what belongs to it."""

from dataclasses import dataclass
from decimal import Decimal

from assay.claims.numbers.sorts import Sort
from assay.papers.models import Bound


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a text, or a range of numbers."""

    start: int
    end: int
    """``text[start:end]`` is the number with its unit and deviation, without the words that qualify it."""
    low: Decimal
    high: Decimal
    """Equal to ``low`` unless it is a range."""
    unit: str
    """``%``, ``points``, ``x``, a unit of measurement in one spelling (``ms``, ``GB``, ``USD``, ``tokens/s``), or
    empty."""
    sort: Sort
    bound: Bound = ""
    sign: str = ""
    """``+`` or ``-`` where one is written."""
    grain: Decimal = Decimal(0)
    """The value of one step of its last digit: 0.1 for ``12.5``, 1000 for ``205K``; 0 for a count in words."""
    deviation: Decimal | None = None
    """How far it varies, where the text says so: 0.2 of ``83.7±0.2``."""
    whole: Decimal | None = None
    """What it is a part of, where the text counts both: 45 of ``30 of 45``."""
    in_words: bool = False
    """Whether it is written in words: ``twice``, ``a third of``, ``절반``."""

    @property
    def value(self) -> Decimal:
        """The number; of a range, its upper end."""
        return self.high

    @property
    def is_range(self) -> bool:
        """Whether two ends are given."""
        return self.low != self.high
