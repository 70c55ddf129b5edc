"""Tells whether a character goes on with a line, and whether it is set raised or lowered there."""

from dataclasses import dataclass

from assay.fulltext.pdf.characters import HYPHEN, Character

SAME_LINE = 0.25
"""Baselines this far apart, in sizes of the text, are one."""


@dataclass(slots=True)
class Following:
    """Where a line has come to: what the next character is told by.

    What is raised and what is lowered at the same place follow each other in the file, and the second one begins where
    the first one did.
    """

    base: Character
    """The latest character that stands on the line."""
    last: Character
    script: Character | None = None
    """The first of those that are raised, or lowered, at the base."""
    reached: float = 0.0
    """How far to the right the line has come."""
    is_second: bool = False
    """Whether something stands above or below the latest script already."""

    @classmethod
    def begin(cls, first: Character) -> "Following":
        """A line that has one character."""
        return cls(first, first, None, first.right)

    def goes_on(self, each: Character) -> bool:
        """Whether a character goes on with the line."""
        base, last = self.base, self.last
        if each.hidden != last.hidden or last.text == HYPHEN:
            return False
        if (each.left, each.right, each.baseline) == (last.left, last.right, last.baseline):
            return True  # two letters of one ligature
        if self.is_opposite(each):
            return True
        if each.left < self._edge(each) - 0.5 * max(base.size, each.size):
            return False
        if abs(each.baseline - base.baseline) < SAME_LINE * min(base.size, each.size):
            return True
        return self.is_script(each) and self.gap(each) < 0.5 * max(base.size, each.size)

    def is_script(self, each: Character) -> bool:
        """Whether a character is raised or lowered: smaller than the base, and off its line by less than its height.

        Text of the smallest size has nothing smaller, so there it is what touches the character before it.
        """
        base = self.base
        if each.baseline == base.baseline:
            return False
        shift = abs(each.baseline - base.baseline) / base.size
        if each.size < 0.88 * base.size:
            return 0.08 < shift < 0.75
        touches = abs(each.left - self._edge(each)) < 0.15 * base.size or self.is_opposite(each)
        return touches and abs(each.size - base.size) < 0.02 * base.size and 0.25 < shift < 0.6

    def is_opposite(self, each: Character) -> bool:
        """Whether a character begins what is lowered below what was raised at the same place, or raised above."""
        if self.script is None or self.is_second or each.left > self.last.right - 0.1 * each.size:
            return False
        rise, script_rise = each.baseline - self.base.baseline, self.script.baseline - self.base.baseline
        return (
            rise * script_rise < 0
            and abs(rise) < 0.75 * self.base.size
            and abs(each.left - self.script.left) < 0.3 * self.base.size
            and abs(each.size - self.script.size) < 0.1 * self.script.size
        )

    def gap(self, each: Character) -> float:
        """How far a character is from what it follows."""
        return each.left - self._edge(each)

    def step(self, each: Character) -> None:
        """Come to a character that goes on with the line."""
        if not self.is_script(each):
            self.base, self.script, self.is_second = each, None, False
        elif self.is_opposite(each):
            self.script, self.is_second = each, True
        elif self.script is None:
            self.script = each
        self.reached = max(self.reached, each.right) if self.script is not None else each.right
        self.last = each

    def _edge(self, each: Character) -> float:
        """Where a character would stand that follows without a gap: in the second of two scripts, at its own end."""
        if self.is_second and self.script is not None:
            is_on_its_side = (each.baseline - self.base.baseline) * (self.script.baseline - self.base.baseline) > 0
            if is_on_its_side and abs(each.size - self.script.size) < 0.1 * self.script.size:
                return self.last.right
        return max(self.reached, self.last.right)
