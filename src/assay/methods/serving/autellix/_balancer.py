"""The balancer: which of several engines gets a call."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from assay.methods.serving.autellix._policy import Row

RULES = ("locality", "least used", "round robin")


@dataclass
class Balancer:
    """Chooses an engine for each call: long calls go where their program's keys and values are."""

    rule: str = "locality"
    """``locality``: short calls go to the least used engine, long ones to their program's. ``least used``, ``round
    robin``: what servers do that know no programs."""
    short: int = 2048
    """Tokens up to which a call is short (an implementation by others; the paper's own figure is not known to us)."""
    _turn: int = field(default=0, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"the rule is {self.rule!r}: choose one of {', '.join(RULES)}")
        if self.short < 0:
            raise ValueError(f"short is {self.short}: give tokens, 0 or more")

    def choose(self, row: Row, tokens: int, loads: Mapping[str, float]) -> str:
        """The engine of a call; a program's first long call is remembered in its row.

        Args:
            row: The program.
            tokens: Of the call: what it reads, and what it writes where that is known.
            loads: How much each engine has to do, of those that can be chosen; of equal ones the first counts as least.

        Raises:
            ValueError: There is no engine.
        """
        if not loads:
            raise ValueError("no engine can be chosen: all of them are away")
        if self.rule == "round robin":
            self._turn += 1
            return list(loads)[(self._turn - 1) % len(loads)]
        least = min(loads, key=lambda engine: loads[engine])
        if self.rule == "least used" or tokens <= self.short:
            return least
        if row.engine not in loads:
            row.engine = least
        return str(row.engine)
